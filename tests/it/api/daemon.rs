//! What a daemon says of itself: languages, status, figures, its own description.

use super::data;
use crate::house::{House, expect};
use serde_json::Value;
use sonocode::judge::Verdict;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn every_language_has_a_toolchain_here() {
    let house = House::build().start().await;
    let languages = data(house.get("/api/v1/languages").await)["languages"].clone();
    let languages = languages.as_array().unwrap();
    let ids: BTreeSet<_> = languages.iter().map(|l| l["id"].as_str().unwrap()).collect();
    let own = sonocode::templates::languages(&[]).unwrap();
    assert_eq!(ids, own.iter().map(|language| language.id.as_str()).collect());
    // The toolchains of two are large, and only installed when they are asked for.
    let large =
        |language: &&Value| ["haskell", "kotlin"].contains(&language["id"].as_str().unwrap());
    for language in languages.iter().filter(|language| !large(language)) {
        let text =
            |key: &str| language[key].as_str().unwrap_or_else(|| panic!("{key}: {language}"));
        assert_eq!(text("source"), "host", "{language}");
        assert!(text("version").contains(|c: char| c.is_ascii_digit()), "{language}");
        assert!(!text("name").is_empty() && text("place").starts_with('/'), "{language}");
        // Any of its names will do where a language is asked for.
        for alias in language["aliases"].as_array().unwrap() {
            let body = serde_json::json!({"code": "x", "language": alias});
            assert_eq!(house.post("/api/v1/runs", body).await.status, 201, "{alias}");
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_count_what_was_judged() {
    let house = House::with_sum().await;
    let right = "print(sum(map(int, input().split())))";
    for (code, verdict) in [
        (right, Verdict::Accepted),
        (right, Verdict::Accepted),
        ("print(3)", Verdict::WrongAnswer),
        ("print(", Verdict::CompileError),
        // The figures follow the journal as any reader does: when this is judged, the others are counted.
        ("exit(1)", Verdict::RuntimeError),
    ] {
        expect(&house.judge("sum", "python", code).await, verdict);
    }
    let status = data(house.get("/api/v1/status").await);
    assert_eq!(status["counts"]["finished"], 5);
    assert_eq!((&status["workers"], &status["problems"]), (&1.into(), &1.into()));
    assert_eq!(status["pid"], std::process::id());
    assert!(status["engine"]["name"].as_str().unwrap().starts_with("Docker "), "{status}");
    assert_eq!(status["engineError"], Value::Null);

    let text = house.get("/metrics").await.body;
    let text = text.as_str().unwrap();
    for line in [
        "sonocode_verdicts_total{verdict=\"AC\"} 2",
        "sonocode_verdicts_total{verdict=\"WA\"} 1",
        "sonocode_verdicts_total{verdict=\"CE\"} 1",
        "sonocode_submissions{state=\"finished\"} 5",
        "sonocode_submissions{state=\"queued\"} 0",
        "sonocode_queue_depth 0",
        "sonocode_ready 1",
        "sonocode_http_requests_total{method=\"POST\",route=\"/api/v1/submissions\",status=\"201\"} 5",
    ] {
        assert!(text.lines().any(|found| found == line), "`{line}` is missing:\n{text}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_every_address_and_no_other() {
    let house = House::build().start().await;
    let document = house.get("/openapi.json").await.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        // An address that were not there would say so in these words.
        let real = path.replace("{id}", "1").replace("{slug}", "nothing");
        let reply = house.get(&real).await;
        let message = reply.body["message"].as_str().unwrap_or_default();
        assert!(!message.contains("there is nothing at"), "{path}: {reply:?}");
        let allowed = reply.status != 405;
        assert_eq!(allowed, methods.get("get").is_some(), "GET {path}: {reply:?}");
    }
    for path in ["/api/v1/submissions", "/api/v1/runs", "/api/v1/problems/{slug}", "/readyz"] {
        assert!(paths.contains_key(path), "{path}");
    }
    house.stop().await;
}
