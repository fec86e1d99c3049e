//! The push routes: the seed systems' replies, word for word, and what is in the log after each.

use super::*;
use crate::{
    config::Dialect,
    hub::presence::Connection,
    judge::{Audience, Channel, Entry, Message, NewMessage},
    ledger::{Receipt, Whose},
};
use jiff::Timestamp;
use serde_json::json;
use std::sync::atomic::Ordering;

async fn connect(house: &House, user: &str, dialect: &'static str) {
    let connection = Connection {
        socket: format!("socket of {user}"),
        user: user.into(),
        transport: "websocket",
        dialect,
        address: "127.0.0.1:9".into(),
        since: Timestamp::UNIX_EPOCH,
        instance: "here".into(),
    };
    house.app.hub.presence.register(&connection).await;
}

async fn messages(house: &House) -> Vec<Message> {
    let log = house.ledger.log(&Whose::All, 0, 1000).await.unwrap();
    log.into_iter()
        .map(|entry| match entry {
            Entry::Message(message) => message,
            Entry::Event(event) => panic!("{event:?}"),
        })
        .collect()
}

fn holding() -> House {
    House::with_hub(HubConfig { hold_for_offline: true, ..HubConfig::default() })
}

const SENT: &str = r#"{"message":"Payload sent successfully"}"#;

#[tokio::test]
async fn a_payload_is_written_to_the_users_log_as_it_came() {
    let house = House::new();
    connect(&house, "42", "sonocode").await;
    let body = r#"{"payload": {"z": 1.0, "a": [1 ,2]}, "userId": 42}"#;
    for method in ["POST", "GET"] {
        let answer = house.json(method, "/sendPayload", body).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (StatusCode::OK, "Payload sent successfully")
        );
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    }
    let written = messages(&house).await;
    assert_eq!(written.len(), 2);
    assert_eq!(written[1].to, Audience::User("42".into()));
    assert_eq!(written[1].topic, "submissionPayloadResponse");
    assert_eq!(written[1].payload, r#"{"z": 1.0, "a": [1 ,2]}"#);
}

#[tokio::test]
async fn a_topic_is_the_event_and_the_rest_its_payload() {
    let house = House::new();
    connect(&house, "ada", "codewar").await;
    let body = r#"{"topic":"submissionUpdate","status":"IN_PROGRESS","userId":"ada","progress":{"testCase":5,"total":15},"payload":null}"#;
    for method in ["POST", "GET"] {
        let answer = house.json(method, "/sendPayload", body).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, SENT));
        assert_eq!(answer.headers["content-type"], "application/json");
        let id = answer.headers["x-message-id"].to_str().unwrap().to_owned();
        let status = house.get(&format!("/api/v1/messages/{id}")).await.data(200);
        assert_eq!(status["status"], "pending");
    }
    let written = messages(&house).await;
    assert_eq!(written[0].topic, "submissionUpdate");
    assert_eq!(
        written[0].payload,
        r#"{"status":"IN_PROGRESS","progress":{"testCase":5,"total":15},"payload":null}"#
    );
    // A body without a Content-Type, and a topic alone.
    let answer =
        house.send(request("POST", "/sendPayload", r#"{"topic":"ping","userId":"ada"}"#)).await;
    assert_eq!(answer.text, SENT);
    assert_eq!(messages(&house).await[2].payload, "{}");
}

#[tokio::test]
async fn who_is_not_connected_gets_nothing_unless_it_is_held() {
    let house = House::new();
    connect(&house, "bob", "sonocode").await;
    connect(&house, "ada", "chat").await;
    let text = r#"{"userId":"ada","payload":1}"#;
    let json = r#"{"userId":"ada","topic":"t","n":1}"#;
    let answer = house.json("POST", "/sendPayload", text).await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::NOT_FOUND, "User not connected")
    );
    let answer = house.json("POST", "/sendPayload", json).await;
    let body: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(
        (&body["error"], &body["code"]),
        (&json!("User not connected"), &json!("USER_NOT_FOUND"))
    );
    assert_eq!(body["details"], json!({"userId": "ada", "action": "sendPayload"}));
    assert!(body["timestamp"].as_str().unwrap().parse::<Timestamp>().is_ok());
    house.json("POST", "/api/v1/results", text).await.error(404, "not_found");
    assert!(messages(&house).await.is_empty(), "it was dropped");

    let house = holding();
    let answer = house.json("POST", "/sendPayload", text).await;
    assert_eq!(answer.status, 202);
    assert!(answer.headers.contains_key("x-message-id"));
    let answer = house.json("POST", "/sendPayload", json).await;
    assert_eq!(answer.status, 202);
    house.json("POST", "/api/v1/results", text).await.data(202);
    assert_eq!(messages(&house).await.len(), 3);
}

#[tokio::test]
async fn a_result_is_sent_whole() {
    let house = House::new();
    connect(&house, "ada", "sonocode").await;
    let body = r#"{"submissionId":"7","userId":"ada","status":"Success"}"#;
    let answer = house.json("POST", "/api/v1/results", body).await;
    let id = answer.data(200)["messageId"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers["x-message-id"], id);
    let written = messages(&house).await.remove(0);
    assert_eq!((written.topic.as_str(), written.payload.as_str()), ("submission:result", body));
    assert_eq!(
        house.json("POST", "/api/v1/results", "{}").await.blamed(400, "validation"),
        ["userId"]
    );
    house.json("POST", "/api/v1/results", "[]").await.error(400, "bad_request");
}

#[tokio::test]
async fn a_message_tells_whether_it_arrived() {
    let house = holding();
    let answer = house.json("POST", "/sendPayload", r#"{"userId":"ada","payload":1}"#).await;
    let path = format!("/api/v1/messages/{}", answer.headers["x-message-id"].to_str().unwrap());
    let status = house.get(&path).await.data(200);
    assert_eq!((&status["status"], &status["user"]), (&json!("pending"), &json!("ada")));
    let pos = messages(&house).await[0].pos;
    house.ledger.receive(vec![Receipt { user: "bob".into(), pos }]).await.unwrap();
    assert_eq!(house.get(&path).await.data(200)["status"], "pending");
    house.ledger.receive(vec![Receipt { user: "ada".into(), pos }]).await.unwrap();
    assert_eq!(house.get(&path).await.data(200)["status"], "delivered");

    let message = NewMessage {
        to: Audience::Everyone,
        channel: Channel::Chat,
        topic: "NEW_MESSAGE".into(),
        payload: "{}".into(),
    };
    let pos = house.ledger.post(vec![message]).await.unwrap()[0];
    let status = house.get(&format!("/api/v1/messages/{pos}")).await.data(200);
    assert_eq!((&status["status"], &status["user"]), (&json!("broadcast"), &Value::Null));
    for path in ["/api/v1/messages/99", "/api/v1/messages/0", "/api/v1/messages/x"] {
        house.get(path).await.error(404, "not_found");
    }
    let house = House::with_hub(HubConfig {
        pending_hours: 0,
        hold_for_offline: true,
        ..HubConfig::default()
    });
    let answer = house.json("POST", "/sendPayload", r#"{"userId":"ada","payload":1}"#).await;
    let path = format!("/api/v1/messages/{}", answer.headers["x-message-id"].to_str().unwrap());
    assert_eq!(house.get(&path).await.data(200)["status"], "expired");
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_the_form_of_its_dialect() {
    let house = House::new();
    for user in ["ada", "0"] {
        connect(&house, user, "codewar").await;
    }
    let long = "x".repeat(129);
    for body in [
        String::new(),
        "not JSON".into(),
        "[]".into(),
        "null".into(),
        r#"{"userId":"ada"}"#.into(),
        r#"{"userId":"ada","payload":null}"#.into(),
        r#"{"userId":"ada","payload":""}"#.into(),
        r#"{"payload":1}"#.into(),
        r#"{"userId":"","payload":1}"#.into(),
        r#"{"userId":null,"payload":1}"#.into(),
        r#"{"userId":{},"payload":1}"#.into(),
        r#"{"userId":true,"payload":1}"#.into(),
        r#"{"userId":"a\u0000b","payload":1}"#.into(),
        format!(r#"{{"userId":"{long}","payload":1}}"#),
        format!(r#"{{"userId":"ada","payload":{}}}"#, "[".repeat(5000) + &"]".repeat(5000)),
        r#"{"userId":"ada","payload":1"#.into(),
    ] {
        let answer = house.json("POST", "/sendPayload", body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text.as_str()),
            (400, "Invalid request"),
            "{body:.99}"
        );
    }
    let long = "x".repeat(129);
    for (body, words) in [
        (r#"{"topic":"t"}"#.to_owned(), "Missing topic, payload or userId"),
        (r#"{"topic":"","userId":"ada"}"#.into(), "Missing topic, payload or userId"),
        (r#"{"topic":7,"userId":"ada"}"#.into(), "Missing topic, payload or userId"),
        (r#"{"topic":null,"userId":"ada"}"#.into(), "Missing topic, payload or userId"),
        (r#"{"topic":"t","userId":[],"a":1}"#.into(), "Missing topic, payload or userId"),
        (r#"{"topic":"connect","userId":"ada"}"#.into(), "reserved"),
        (r#"{"topic":"connect_error","userId":"ada"}"#.into(), "reserved"),
        (r#"{"topic":"disconnect","userId":"ada"}"#.into(), "reserved"),
        (r#"{"topic":"disconnecting","userId":"ada"}"#.into(), "reserved"),
        (r#"{"topic":"newListener","userId":"ada"}"#.into(), "reserved"),
        (r#"{"topic":"removeListener","userId":"ada"}"#.into(), "reserved"),
        (r#"{"topic":"a\nb","userId":"ada"}"#.into(), "control characters"),
        (format!(r#"{{"topic":"{long}","userId":"ada"}}"#), "128 characters"),
    ] {
        let answer = house.json("POST", "/sendPayload", body.clone()).await;
        let reply: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(answer.status, 400, "{body}");
        assert!(reply["error"].as_str().unwrap().contains(words), "{body}: {reply}");
        assert_eq!(reply["code"], "INVALID_REQUEST");
    }
    assert!(messages(&house).await.is_empty());
    // Where only codewar is spoken, everything is answered as it does.
    let only = HubConfig { dialects: vec![Dialect::Codewar], ..HubConfig::default() };
    let answer = House::with_hub(only).json("POST", "/sendPayload", "{}").await;
    assert!(
        answer.text.starts_with(r#"{"error":"Missing topic, payload or userId""#),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_what_fails_is_told() {
    let house = House::with_hub(HubConfig { max_payload_kib: 1, ..HubConfig::default() });
    connect(&house, "ada", "sonocode").await;
    let of_length = |length: usize| {
        let frame = r#"{"userId":"ada","payload":""}"#.len();
        format!(r#"{{"userId":"ada","payload":"{}"}}"#, "x".repeat(length - frame))
    };
    for path in ["/sendPayload", "/api/v1/results"] {
        house.json("POST", path, of_length(1025)).await.error(413, "too_large");
        assert_eq!(house.json("POST", path, of_length(1024)).await.status, 200);
    }
    house.ledger.broken.store(true, Ordering::SeqCst);
    for path in ["/sendPayload", "/api/v1/results"] {
        house.json("POST", path, of_length(99)).await.error(500, "internal");
    }
    house.ledger.broken.store(false, Ordering::SeqCst);
    assert_eq!(messages(&house).await.len(), 2);
}
