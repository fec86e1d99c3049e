use super::*;
use axum::body::Bytes;
use futures_util::stream;
use serde_json::json;
use std::convert::Infallible;

const RUNS: &str = "/api/v1/runs";
const PROBLEMS: &str = "/api/v1/problems";

#[tokio::test]
async fn every_mistake_is_named_in_one_reply() {
    let house = House::new();
    let answer = house.json("POST", "/api/v1/submissions", "{}").await;
    assert_eq!(answer.blamed(400, "validation"), ["code", "language", "problemId"]);
    let wrong = json!({"userId": 5, "problemId": 7, "code": ["x"], "language": null});
    let answer = house.json("POST", "/api/v1/submissions", wrong.to_string()).await;
    assert_eq!(answer.blamed(400, "validation"), ["userId", "code", "language", "problemId"]);
    assert!(answer.text.contains("invalid type: integer `5`, expected a string"), "{answer:?}");

    let mistake = async |key: &str, value: Value| {
        let mut body = json!({"code": "x", "language": "c"});
        body[key] = value;
        house.json("POST", RUNS, body.to_string()).await.blamed(400, "validation")
    };
    for user in [json!(""), json!("a\nb"), json!("\u{0}"), json!("é".repeat(129)), json!({})] {
        assert_eq!(mistake("userId", user).await, ["userId"]);
    }
    for code in [json!(""), json!(" \n\t"), json!(1e300), Value::Null] {
        assert_eq!(mistake("code", code).await, ["code"]);
    }
    for language in [json!(""), json!("cobol"), json!(true), json!("c".repeat(1000))] {
        assert_eq!(mistake("language", language).await, ["language"]);
    }
    assert_eq!(mistake("input", json!([1])).await, ["input"]);
    for (args, fields) in [
        (json!("x"), vec!["args"]),
        (json!(["x", 5]), vec!["args[1]"]),
        (json!(["a\0", "b", "\0"]), vec!["args[0]", "args[2]"]),
        (json!(vec!["x"; 65]), vec!["args"]),
    ] {
        assert_eq!(mistake("args", args).await, fields);
    }
    let named = |names: &[&str]| {
        let files = names.iter().map(|name| json!({"name": name, "content": "x"}));
        files.collect::<Value>()
    };
    for (files, fields) in [
        (json!({}), vec!["files"]),
        (json!([{"name": "a"}]), vec!["files[0]"]),
        (json!([{"name": "a", "content": 1}]), vec!["files[0].content"]),
        (named(&["a.h", "a.h"]), vec!["files[1].name"]),
        (named(&["main.c"]), vec!["files[0].name"]),
        (
            named(&["ok", "../x", "a/b", "", ".x"]),
            vec!["files[1].name", "files[2].name", "files[3].name", "files[4].name"],
        ),
        (named(&["x"; 17]), vec!["files"]),
    ] {
        assert_eq!(mistake("files", files).await, fields);
    }
    assert_eq!(mistake("compare", json!("Two Sum")).await, ["compare"]);
    let unknown = json!({"code": "x", "language": "c", "compare": "nowhere"});
    let answer = house.json("POST", RUNS, unknown.to_string()).await;
    assert_eq!(answer.blamed(404, "not_found"), ["compare"]);
    let unknown = json!({"code": " ", "language": "c", "compare": "nowhere"});
    let answer = house.json("POST", RUNS, unknown.to_string()).await;
    assert_eq!(answer.blamed(400, "validation"), ["code", "compare"]);
    for user in [Value::Null, json!("é".repeat(128)), json!("a b/c#?%")] {
        let body = json!({"userId": user, "code": "x", "language": "Language C"});
        house.json("POST", RUNS, body.to_string()).await.data(201);
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let house = House::new();
    let deep = "[".repeat(100_000);
    let nested = format!("{{\"code\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    let bad: [&[u8]; 13] = [
        b"",
        b" ",
        b"{",
        b"[]",
        b"null",
        b"\"x\"",
        b"{\"code\":\"x\"} {}",
        b"{\"code\": 1e999}",
        b"{\"code\":\"\xff\xfe\"}",
        b"{\"code\":\"\\ud800\"}",
        b"\xef\xbb\xbf{}",
        &deep.as_bytes()[..60_000],
        nested.as_bytes(),
    ];
    for body in bad {
        let paths = [("POST", RUNS), ("POST", "/api/v1/submissions"), ("POST", PROBLEMS)];
        for (method, path) in paths.into_iter().chain([("PUT", "/api/v1/problems/x")]) {
            house.json(method, path, body.to_vec()).await.error(400, "bad_request");
        }
    }
}

#[tokio::test]
async fn a_source_over_the_limit() {
    let house = House::new();
    let run = |code: String| json!({"code": code, "language": "c"}).to_string();
    house.json("POST", RUNS, run("x".repeat(1024))).await.data(201);
    // A source within its limit is accepted however its escapes blow up the body.
    house.json("POST", RUNS, run("\"".repeat(1024))).await.data(201);
    let answer = house.json("POST", RUNS, run("x".repeat(1025))).await;
    assert_eq!(answer.blamed(413, "too_large"), ["code"]);
    assert!(answer.text.contains("1 KiB"), "{answer:?}");
    let with_file = |length: usize| {
        let file = json!({"name": "a.h", "content": "\"".repeat(length)});
        json!({"code": "\"".repeat(1024), "language": "c", "files": [file]}).to_string()
    };
    house.json("POST", RUNS, with_file(1024)).await.data(201);
    let answer = house.json("POST", RUNS, with_file(1025)).await;
    assert_eq!(answer.blamed(413, "too_large"), ["files"]);
    let long = json!({"code": "x", "language": "c", "args": ["x".repeat((64 << 10) + 1)]});
    let answer = house.json("POST", RUNS, long.to_string()).await;
    assert_eq!(answer.blamed(413, "too_large"), ["args"]);
}

/// A body whose length is not known beforehand.
fn chunked(chunk: usize, count: usize) -> Body {
    let chunk = Bytes::from(vec![b' '; chunk]);
    Body::from_stream(stream::iter(vec![Ok::<_, Infallible>(chunk); count]))
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_limit_named() {
    let house = House::new();
    for body in [Body::from(vec![b' '; 70_000]), chunked(1000, 70), chunked(1 << 20, 100)] {
        let answer = house.json("POST", RUNS, body).await;
        answer.error(413, "too_large");
        assert!(answer.text.contains("68 KiB"), "{answer:?}");
    }
    for kind in ["application/x-tar", "application/json; charset=utf-8"] {
        for body in
            [Body::from(vec![0; (1 << 20) + 1]), Body::from(vec![0; 20 << 20]), chunked(1 << 20, 3)]
        {
            let mut request = request("POST", PROBLEMS, body);
            request.headers_mut().insert("content-type", kind.parse().unwrap());
            let answer = house.send(request).await;
            answer.error(413, "too_large");
            assert!(answer.text.contains("1 MiB"), "{answer:?}");
        }
    }
    assert_eq!(std::fs::read_dir(&house.app.about.data_dir).unwrap().count(), left_by_the_store());
}

/// What a fresh problem store makes in its folder.
fn left_by_the_store() -> usize {
    let dir = tempfile::tempdir().unwrap();
    ProblemStore::open(dir.path(), std::sync::Arc::default()).unwrap();
    std::fs::read_dir(dir.path()).unwrap().count()
}

#[tokio::test]
async fn a_client_that_is_still_sending_sees_the_refusal() {
    let house = House::new();
    let url = format!("http://{}{RUNS}", house.serve().await);
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let response = client.post(url).body(vec![b' '; 4 << 20]).send().await.unwrap();
    assert_eq!(response.status(), 413);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "too_large");
}

#[tokio::test]
async fn a_body_that_breaks_off() {
    let house = House::new();
    let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))]);
    let answer = house.json("POST", RUNS, Body::from_stream(broken)).await;
    answer.error(400, "bad_request");
}

#[tokio::test]
async fn other_forms_are_refused() {
    let house = House::new();
    let with = async |method: &str, path: &str, kind: Option<&str>| {
        let mut request = request(method, path, "{}");
        if let Some(kind) = kind {
            request.headers_mut().insert("content-type", kind.parse().unwrap());
        }
        house.send(request).await
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/x-tar", "é", ""] {
        for path in [RUNS, "/api/v1/submissions"] {
            let answer = with("POST", path, Some(kind)).await;
            assert_eq!(answer.blamed(415, "unsupported_media_type"), ["Content-Type"]);
        }
    }
    for kind in [None, Some("text/plain"), Some("application/gzip")] {
        for (method, path) in [("POST", PROBLEMS), ("PUT", "/api/v1/problems/x")] {
            let answer = with(method, path, kind).await;
            assert_eq!(answer.blamed(415, "unsupported_media_type"), ["Content-Type"]);
            assert!(answer.text.contains("application/x-tar"), "{answer:?}");
        }
    }
    // A missing Content-Type is taken for JSON where nothing else is read.
    with("POST", RUNS, None).await.error(400, "validation");
}

#[tokio::test]
async fn parameters_of_adding_a_problem() {
    let house = House::new();
    let answer = house.json("POST", "/api/v1/problems?slug=Two%20Sum&force=yes", "{}").await;
    assert_eq!(answer.blamed(400, "validation"), ["slug", "force"]);
    for slug in ["Two%20Sum", "%00", &"x".repeat(65), &"%C3%A9".repeat(500)] {
        let answer = house.json("PUT", &format!("/api/v1/problems/{slug}"), "{}").await;
        assert_eq!(answer.blamed(400, "validation"), ["slug"]);
        assert!(answer.text.len() < 1000, "{answer:?}");
    }
}
