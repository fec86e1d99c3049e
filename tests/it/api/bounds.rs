//! Bounds on what clients may send, and ids that are nobody's.

use super::{RIGHT, act, data, patient, refused};
use crate::house::{House, Reply};
use reqwest::Method;
use serde_json::json;

/// A daemon that judges nothing, so that what waits goes on waiting.
async fn idle(queue: u64) -> House {
    let house = House::build().config(|config| {
        config.limits.queue = queue;
        config.limits.source_kib = 4;
        config.limits.package_mib = 1;
        config.sandbox.docker_host = Some("unix:///nowhere/docker.sock".into());
    });
    let house = house.start().await;
    house.add(&patient()).await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_again() {
    let house = idle(3).await;
    let body = json!({"problemId": "sum", "language": "python", "code": RIGHT});
    let run = json!({"language": "python", "code": RIGHT});
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(house.submit("sum", "python", RIGHT).await);
    }
    for (path, body) in
        [("/api/v1/submissions", &body), ("/api/v1/submission", &body), ("/api/v1/runs", &run)]
    {
        let reply = refused(house.post(path, body.clone()).await, 429, "queue_full");
        assert_eq!(reply.retry_after.as_deref(), Some("1"));
        assert!(
            reply.body["message"].as_str().unwrap().contains("3 submissions wait"),
            "{reply:?}"
        );
    }
    // Mistakes are told before the queue is looked at; and what is refused leaves no trace.
    let bad = json!({"problemId": "sum", "language": "cobol", "code": RIGHT});
    refused(house.post("/api/v1/submissions", bad).await, 400, "validation");
    assert_eq!(data(house.get("/api/v1/status").await)["counts"]["queued"], 3);
    data(act(&house, &ids[1], "cancel").await);
    assert_eq!(house.post("/api/v1/runs", run.clone()).await.status, 201);
    refused(house.post("/api/v1/runs", run).await, 429, "queue_full");
    let waiting = data(house.get("/api/v1/submissions?status=queued").await);
    let waiting: Vec<_> = waiting["submissions"].as_array().unwrap().iter().collect();
    let expected = [ids[0].as_str(), &ids[2], "4"];
    assert_eq!(waiting.iter().map(|s| &s["id"]).collect::<Vec<_>>(), expected);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_refused() {
    let house = idle(10).await;
    let fits = "#".repeat(4096);
    house.submit("sum", "python", &fits).await;
    let long = json!({"problemId": "sum", "language": "python", "code": fits + "#"});
    let reply = refused(house.post("/api/v1/submissions", long).await, 413, "too_large");
    assert_eq!(reply.fields(), ["code"]);
    assert!(reply.body["message"].as_str().unwrap().contains("4 KiB"), "{reply:?}");
    // A body that is longer than any source could make it is not read to its end.
    let huge = json!({"problemId": "sum", "language": "python", "code": "#".repeat(200 << 10)});
    refused(house.post("/api/v1/submissions", huge.clone()).await, 413, "too_large");
    refused(house.post("/api/v1/runs", huge).await, 413, "too_large");
    for media in ["application/x-tar", "application/json"] {
        let request = house.http.post(format!("{}/api/v1/problems", house.url));
        let request = request.header("content-type", media).body(vec![b' '; (1 << 20) + 1]);
        refused(Reply::of(request.send().await.unwrap()).await, 413, "too_large");
    }
    assert_eq!(data(house.get("/api/v1/status").await)["counts"]["queued"], 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_with_mistakes_name_every_field() {
    let house = idle(10).await;
    let post = async |body: &'static str| {
        let request = house.http.post(format!("{}/api/v1/submissions", house.url));
        let request = request.header("content-type", "application/json").body(body);
        Reply::of(request.send().await.unwrap()).await
    };
    for body in ["", "{", "[]", "null", "\"x\"", "{\"code\": \"\u{fffd}\"", "\u{0}"] {
        refused(post(body).await, 400, "bad_request");
    }
    for (body, fields) in [
        ("{}", &["code", "language", "problemId"][..]),
        (
            r#"{"code": " \n", "language": 7, "problemId": "../etc"}"#,
            &["code", "language", "problemId"],
        ),
        (
            r#"{"code": "x", "language": "python", "problemId": "sum", "userId": "a\u0000b"}"#,
            &["userId"],
        ),
        (
            r#"{"code": null, "language": "", "problemId": "nothing"}"#,
            &["code", "language", "problemId"],
        ),
    ] {
        assert_eq!(refused(post(body).await, 400, "validation").fields(), fields, "{body}");
    }
    let reply = refused(
        post(r#"{"code": "x", "language": "c", "problemId": "gone"}"#).await,
        404,
        "not_found",
    );
    assert_eq!(reply.fields(), ["problemId"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let house = idle(10).await;
    for id in
        ["1", "0", "-1", "9223372036854775807", "99999999999999999999", "x", "1x", "%00", "%ff"]
    {
        for path in ["", "/events"] {
            let path = format!("/api/v1/submissions/{id}{path}");
            refused(house.get(&path).await, 404, "not_found");
        }
        for action in ["cancel", "rejudge"] {
            refused(act(&house, id, action).await, 404, "not_found");
        }
    }
    for slug in ["nothing", "Sum", "..%2f..%2fetc", "%ff"] {
        refused(house.get(&format!("/api/v1/problems/{slug}")).await, 404, "not_found");
    }
    refused(house.get("/api/v1/nothing").await, 404, "not_found");
    let reply = house.call(Method::DELETE, "/api/v1/submissions", None).await;
    refused(reply, 405, "method_not_allowed");
    // Pages of other origins, and names that were rebound to this address.
    for (header, value) in [("origin", "http://evil.example"), ("host", "evil.example")] {
        let request = house.http.get(format!("{}/api/v1/status", house.url)).header(header, value);
        refused(Reply::of(request.send().await.unwrap()).await, 403, "forbidden");
    }
    house.stop().await;
}
