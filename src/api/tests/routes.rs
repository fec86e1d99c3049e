use super::{super::*, *};
use crate::hub::count_verdicts;
use serde_json::json;
use std::{collections::BTreeSet, sync::atomic::Ordering};

#[tokio::test]
async fn a_run_is_accepted_shown_cancelled_and_queued_again() {
    let house = House::new();
    let body = json!({"code": "x", "language": "GCC", "input": "1", "extra": {"deep": [1]}});
    let data = house.json("POST", "/api/v1/runs", body.to_string()).await.data(201);
    let submission = &data["submission"];
    assert_eq!(submission["id"], "1");
    assert_eq!(submission["userId"], "anonymous");
    assert_eq!(submission["language"], "c");
    assert_eq!(submission["kind"], "run");
    assert_eq!(submission["input"], "1");
    assert_eq!(submission["code"], "x");
    assert_eq!(submission["status"], "queued");

    for path in ["/api/v1/submissions/1", "/api/v1/submission/1"] {
        assert_eq!(house.get(path).await.data(200), *submission);
    }
    let cancel = "/api/v1/submissions/1/cancel";
    let data = house.send(request("POST", cancel, "")).await.data(200);
    assert_eq!(data["status"], "cancelled");
    house.send(request("POST", cancel, "")).await.error(409, "conflict");
    let rejudge = "/api/v1/submissions/1/rejudge";
    let data = house.send(request("POST", rejudge, "")).await.data(200);
    assert_eq!(data["status"], "queued");
}

#[tokio::test]
async fn numbers_that_are_none_are_not_found() {
    let house = House::new();
    house.submission("ada").await;
    for id in ["2", "0", "-1", "+1", "%231", "1.0", "abc", "99999999999999999999", "%ff", "1%00"] {
        let path = format!("/api/v1/submissions/{id}");
        house.get(&path).await.error(404, "not_found");
        house.get(&format!("{path}/events")).await.error(404, "not_found");
        for verb in ["rejudge", "cancel"] {
            let request = request("POST", &format!("{path}/{verb}"), "");
            house.send(request).await.error(404, "not_found");
        }
    }
}

#[tokio::test]
async fn lists_go_page_by_page() {
    let house = House::new();
    for n in 0..120 {
        house.submission(if n % 2 == 0 { "ada" } else { "bob" }).await;
    }
    let ids = |data: &Value| -> Vec<i64> {
        let list = data["submissions"].as_array().unwrap().iter();
        list.map(|s| s["id"].as_str().unwrap().parse().unwrap()).collect()
    };
    let data = house.get("/api/v1/submissions").await.data(200);
    assert_eq!(ids(&data), (1..=100).collect::<Vec<_>>());
    assert_eq!(data["next"], "100");
    let data = house.get("/api/v1/submissions?after=100&limit=20&user=").await.data(200);
    assert_eq!(ids(&data), (101..=120).collect::<Vec<_>>());
    assert_eq!(data["next"], Value::Null);
    let data = house.get("/api/v1/submissions?user=bob&limit=2&status=queued").await.data(200);
    assert_eq!(ids(&data), [2, 4]);
    assert_eq!(data["next"], "4");
    for none in ["user=eve", "status=running", "problem=two-sum", "after=120"] {
        let data = house.get(&format!("/api/v1/submissions?{none}")).await.data(200);
        assert_eq!(data, json!({"submissions": [], "next": null}));
    }
    let newest = house.get("/api/v1/submissions?order=desc&limit=2").await.data(200);
    let (first, next) = (&newest["submissions"][0]["id"], newest["next"].as_str().unwrap());
    assert_eq!((first, next), (&json!("120"), "119"));
    let older = house.get("/api/v1/submissions?order=desc&limit=1&after=119").await.data(200);
    assert_eq!(older["submissions"][0]["id"], "118");
    let answer = house.get("/api/v1/submissions?order=newest").await;
    assert_eq!(answer.blamed(400, "validation"), ["order"]);
    let bad = "/api/v1/submissions?limit=501&after=x&status=done&problem=Two%20Sum";
    let mut fields = house.get(bad).await.blamed(400, "validation");
    fields.sort();
    assert_eq!(fields, ["after", "limit", "problem", "status"]);
    for limit in ["0", "-1", "x", "1e3"] {
        let path = format!("/api/v1/submissions?limit={limit}");
        assert_eq!(house.get(&path).await.blamed(400, "validation"), ["limit"]);
    }
}

#[tokio::test]
async fn a_list_ends_early_when_its_sources_are_long() {
    let mut house = House::new();
    house.app.limits.source_kib = 4096;
    for _ in 0..4 {
        let body = json!({"code": "x".repeat(3 << 20), "language": "c"});
        house.json("POST", "/api/v1/runs", body.to_string()).await.data(201);
    }
    let data = house.get("/api/v1/submissions").await.data(200);
    assert_eq!(data["submissions"].as_array().unwrap().len(), 3);
    assert_eq!(data["next"], "3");
    let data = house.get("/api/v1/submissions?after=3").await.data(200);
    assert_eq!(data["next"], Value::Null);
}

#[tokio::test]
async fn unknown_problems() {
    let house = House::new();
    for path in ["/api/v1/submissions", "/api/v1/submission"] {
        let good = json!({"problemId": "nowhere", "code": "x", "language": "c"});
        let answer = house.json("POST", path, good.to_string()).await;
        assert_eq!(answer.blamed(404, "not_found"), ["problemId"]);
    }
    let path = "/api/v1/submissions";
    let bad = json!({"problemId": "Two Sum", "code": "x", "language": "c"});
    let answer = house.json("POST", path, bad.to_string()).await;
    assert_eq!(answer.blamed(400, "validation"), ["problemId"]);
    let bad = json!({"problemId": "nowhere", "code": "x", "language": "cobol"});
    let answer = house.json("POST", path, bad.to_string()).await;
    assert_eq!(answer.blamed(400, "validation"), ["language", "problemId"]);
    assert!(answer.text.contains("c, python"), "{answer:?}");

    for slug in ["nowhere", "Two%20Sum", "..%2Fx", "%ff"] {
        let path = format!("/api/v1/problems/{slug}");
        house.get(&path).await.error(404, "not_found");
        house.get(&format!("{path}/solutions")).await.error(404, "not_found");
        house.send(request("DELETE", &path, "")).await.error(404, "not_found");
        house.json("PATCH", &path, "{}").await.error(404, "not_found");
    }
    assert_eq!(house.get("/api/v1/problems").await.data(200), json!({"problems": []}));
}

#[tokio::test]
async fn a_full_queue_and_a_broken_ledger() {
    let mut house = House::new();
    house.app.limits.queue = 1;
    let run = json!({"code": "x", "language": "c"}).to_string();
    house.json("POST", "/api/v1/runs", run.clone()).await.data(201);
    let answer = house.json("POST", "/api/v1/runs", run).await;
    answer.error(429, "queue_full");
    assert_eq!(answer.headers["retry-after"], "1");

    house.ledger.broken.store(true, Ordering::SeqCst);
    for path in ["submissions/1", "submissions", "submissions/1/events", "events", "status"] {
        house.get(&format!("/api/v1/{path}")).await.error(500, "internal");
    }
    house.get("/metrics").await.error(500, "internal");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_allowed() {
    let house = House::new();
    for path in ["/nowhere", "/api/v1/nowhere", "/api/v2/submissions", "//", "/api/v1/runs/"] {
        house.get(path).await.error(404, "not_found");
        house.json("POST", path, "{").await.error(404, "not_found");
    }
    let answer = house.send(request("DELETE", "/api/v1/submissions", "")).await;
    answer.error(405, "method_not_allowed");
    let allowed = answer.headers["allow"].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    let answer = house.send(request("BREW", "/livez", "")).await;
    answer.error(405, "method_not_allowed");
}

#[tokio::test]
async fn a_panic_is_a_reply() {
    async fn boom() -> &'static str {
        panic!("boom")
    }
    let house = House::new();
    let router = with_routes(house.app.clone(), vec![("/boom", get(boom))]);
    answer(router, request("GET", "/boom", "")).await.error(500, "internal");
}

#[tokio::test]
async fn strangers_are_kept_out() {
    let house = House::new();
    let from = async |method: &str, path: &str, headers: [(&'static str, &str); 2]| {
        let mut request = request(method, path, "");
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        house.send(request).await
    };
    let own = ("host", "localhost:7878");
    for path in ["/", "/livez", "/metrics", "/api/v1/status", "/nowhere"] {
        let rebound = from("GET", path, [("host", "evil.example"), ("accept", "*/*")]).await;
        assert_eq!(rebound.blamed(403, "forbidden"), ["Host"]);
        let foreign = from("GET", path, [own, ("origin", "http://evil.example")]).await;
        assert_eq!(foreign.blamed(403, "forbidden"), ["Origin"]);
    }
    let answer = from("GET", "/livez", [own, ("origin", "http://localhost:7878")]).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    let friend = ("origin", "https://judge.example");
    for path in ["/livez", "/nowhere"] {
        let answer = from("GET", path, [own, friend]).await;
        assert_eq!(answer.headers["access-control-allow-origin"], "https://judge.example");
    }
    let answer = from("OPTIONS", "/api/v1/runs", [own, friend]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://judge.example");
    assert!(answer.headers["access-control-allow-methods"].to_str().unwrap().contains("PATCH"));
}

#[tokio::test]
async fn options_without_origins_is_a_method_like_any_other() {
    let mut house = House::new();
    house.app.cors_origins.clear();
    let answer = house.send(request("OPTIONS", "/api/v1/runs", "")).await;
    answer.error(405, "method_not_allowed");
}

#[tokio::test]
async fn readiness_follows_the_engine() {
    let house = House::new();
    let ready = async || {
        let answer = house.get("/readyz").await;
        (answer.status.as_u16(), answer.text)
    };
    let (status, text) = ready().await;
    assert_eq!(status, 503, "{text}");
    let (reason, mend) = ("no engine".to_owned(), "run `systemctl start docker`".to_owned());
    house.health.send_replace(Health::Unavailable { reason, mend });
    let (status, text) = ready().await;
    assert_eq!(status, 503);
    assert!(text.contains("no engine; run `systemctl start docker`"), "{text}");
    let data = house.get("/api/v1/status").await.data(200);
    assert_eq!(data["engine"], Value::Null);
    assert_eq!(data["engineError"], "no engine; run `systemctl start docker`");
    house.health.send_replace(Health::Ready(engine()));
    assert_eq!(ready().await, (200, "ready".to_owned()));
    for path in ["/livez", "/health"] {
        let answer = house.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "ok"));
    }
    let index = house.get("/").await;
    assert!(index.text.contains("/openapi.json") && index.text.contains("1.2.3"), "{index:?}");
}

#[tokio::test]
async fn status() {
    let house = House::new();
    house.submission("ada").await;
    house.health.send_replace(Health::Ready(engine()));
    let mut data = house.get("/api/v1/status").await.data(200);
    assert!(data["uptimeMs"].is_u64());
    data["uptimeMs"] = Value::Null;
    let dir = house.app.about.data_dir.display().to_string();
    assert_eq!(
        data,
        json!({
            "version": "1.2.3", "pid": 42, "dataDir": dir, "ephemeral": true,
            "url": "http://127.0.0.1:7878", "uptimeMs": null,
            "roles": ["api", "hub", "worker"], "workers": 3, "busyWorkers": 1,
            "engine": {"name": "Docker 1", "cgroup_version": 2, "idle_cells": 1, "missing": [],
                "means": [], "host_toolchains": true},
            "engineError": null, "problems": 0,
            "counts": {"queued": 1, "running": 0, "finished": 0, "cancelled": 0, "last_pos": 3},
            "auth": "off",
            "hub": {"connections": [], "users": 0, "events": 0, "receipts": 0, "resumes": 0,
                "cuts": 0, "refused": 0, "authFailures": 0},
            "cluster": {"members": [], "leases": [], "sockets": 0, "users": 0, "redis": null,
                "waiting": {"runs": 0, "submissions": 1, "rejudges": 0}},
        })
    );
}

#[tokio::test]
async fn metrics_are_each_daemons_own() {
    let (house, other) = (House::new(), House::new());
    let id = house.submission("ada").await;
    house.submission("ada").await;
    house.ledger.end(id, outcome(Verdict::WrongAnswer));
    house.get("/api/v1/submissions/77").await;
    house.get("/nowhere/at/all").await;
    let client = house.app.metrics.socket("sse", "journal");
    house.ledger.close();
    let ledger = house.ledger.clone();
    count_verdicts(house.app.metrics.clone(), ledger, 0, house.app.shutdown.clone()).await.unwrap();

    let answer = house.get("/metrics").await;
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    for line in [
        r#"sonocode_submissions{state="queued"} 1"#,
        r#"sonocode_submissions{state="finished"} 1"#,
        "sonocode_queue_depth 1",
        r#"sonocode_workers{state="busy"} 1"#,
        r#"sonocode_workers{state="idle"} 2"#,
        "sonocode_ready 0",
        "sonocode_late_verdicts_total 4",
        r#"sonocode_hub_connections{transport="sse",dialect="journal"} 1"#,
        r#"sonocode_verdicts_total{verdict="WA"} 1"#,
        r#"sonocode_http_requests_total{method="GET",route="/api/v1/submissions/{id}",status="404"} 1"#,
        r#"sonocode_http_requests_total{method="GET",route="unknown",status="404"} 1"#,
        r#"sonocode_http_request_seconds_count{route="/api/v1/submissions/{id}"} 1"#,
    ] {
        assert!(answer.text.lines().any(|own| own == line), "{line}\n{}", answer.text);
    }
    drop(client);
    house.health.send_replace(Health::Ready(engine()));
    let text = house.get("/metrics").await.text;
    let none = r#"sonocode_hub_connections{transport="sse",dialect="journal"} 0"#;
    assert!(text.contains(none), "{text}");
    assert!(text.contains("sonocode_ready 1"), "{text}");
    let text = other.get("/metrics").await.text;
    assert!(!text.contains("sonocode_verdicts_total{"), "{text}");
    assert!(!text.contains("/api/v1/submissions/{id}"), "{text}");
}

#[tokio::test]
async fn the_document_names_every_route_and_no_other() {
    let house = House::new();
    let document: Value = serde_json::from_str(&house.get("/openapi.json").await.text).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    let named: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    let served: BTreeSet<&str> = routes().iter().map(|(path, _)| *path).collect();
    assert_eq!(named, served);
    let mut operations = BTreeSet::new();
    for path in served {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let described = paths[path].get(method.to_lowercase());
            let concrete = path.replace("{id}", "9").replace("{slug}", "nowhere");
            let answer = house.send(request(method, &concrete, "")).await;
            let served = answer.status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(described.is_some(), served, "{method} {path}");
            if let Some(operation) = described {
                let id = operation["operationId"].as_str().unwrap();
                assert!(operations.insert(id.to_owned()), "{id} comes twice");
                let mut responses = operation["responses"].as_object().unwrap().values();
                assert!(responses.all(|response| response["description"] != ""), "{operation}");
            }
        }
    }
    references_resolve(&document, &document);
}

/// Every `$ref` leads to something.
fn references_resolve(part: &Value, document: &Value) {
    match part {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get("$ref") {
                let target = target.strip_prefix('#').unwrap();
                assert!(document.pointer(target).is_some(), "{target}");
            }
            object.values().for_each(|value| references_resolve(value, document));
        }
        Value::Array(values) => values.iter().for_each(|value| references_resolve(value, document)),
        _ => {}
    }
}

#[tokio::test]
async fn the_address_for_a_browser() {
    let house = House::new();
    let url = |addr: &str| {
        let own = &house.app.about;
        let addr = addr.parse().unwrap();
        let (data_dir, busy) = (own.data_dir.clone(), own.busy.clone());
        About { data_dir, addr, busy, late: own.late.clone(), ..**own }.url()
    };
    assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
    assert_eq!(url("[::]:80"), "http://[::1]:80");
    assert_eq!(url("10.0.0.1:1"), "http://10.0.0.1:1");
}
