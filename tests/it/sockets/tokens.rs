//! Tokens at every kind of socket of a daemon that asks for them, shown by clients that others wrote.

use crate::{
    house::{House, PATIENCE},
    sockets::others::{Client, Maker, Over, Registers},
};
use futures_util::StreamExt;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use sonocode::config::{AuthConfig, Mode, Secret};
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

const SECRET: &str = "a secret of these tests, long enough";

async fn guarded(mode: Mode) -> House {
    let auth = AuthConfig { mode, secret: Some(Secret::new(SECRET)), ..AuthConfig::default() };
    House::build().config(|config| config.auth = auth).start().await
}

/// A token that ends so many seconds from now, signed with this secret.
fn signed(user: &str, role: &str, seconds: i64, secret: &str) -> String {
    let exp = jiff::Timestamp::now().as_second() + seconds;
    let claims = json!({"sub": user, "role": role, "exp": exp});
    encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn token(user: &str) -> String {
    signed(user, "user", 600, SECRET)
}

/// Tokens for ada that are not good, and the codes of their refusals.
fn bad() -> [(String, &'static str); 3] {
    [
        (signed("ada", "user", -600, SECRET), "token_expired"),
        (signed("ada", "user", 600, "another secret, which is long enough"), "signature_invalid"),
        ("not.a.token".into(), "token_malformed"),
    ]
}

/// Pushes with a service's token.
async fn push(house: &House, user: &str, payload: Value) {
    let request = house.http.post(format!("{}/sendPayload", house.url));
    let request = request.bearer_auth(signed("judge", "service", 600, SECRET));
    let body = json!({"userId": user, "payload": payload});
    let reply = request.json(&body).send().await.unwrap();
    assert_eq!(reply.status(), 200, "{}", reply.text().await.unwrap());
}

/// What a client registers with.
fn registers(emit: Value) -> Registers {
    Registers { emit, each: true }
}

/// An event `error`, and the end that follows it.
async fn refused(client: &mut Client, code: &str) {
    let error = client.event("error").await["args"][0].clone();
    assert_eq!(error["code"], code, "{client}");
    assert!(error["message"].as_str().is_some_and(|words| !words.is_empty()), "{error}");
    // Official clients take this for a decision, and do not come back by themselves.
    let reason = client.on("disconnect").await["reason"].clone();
    assert!(reason.as_str().unwrap().contains("server disconnect"), "{client}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_lets_its_user_in_and_nobody_else() {
    let house = guarded(Mode::Required).await;
    let (maker, url) = (Maker::Official, &house.url);
    for over in [Over::WebSocket, Over::Polling, Over::Upgrade] {
        let shown = |user: &str| json!({"auth": {"token": token(user)}});
        let emit = registers(json!(["setUserId", "ada"]));
        let mut ada = Client::start_with(maker, over, url, &emit, &shown("ada"));
        let emit = registers(json!(["register_user", {"userId": "bob", "token": token("bob")}]));
        let mut bob = Client::start(maker, over, url, &emit);
        let socket = ada.on("connect").await["id"].clone();
        bob.on("connect").await;
        assert_eq!(ada.connection_id("ada").await, socket);
        assert!(bob.connection_id("bob").await.is_string());
        // Where another is, is not for everyone.
        assert_eq!(ada.connection_id("bob").await, Value::Null);
        push(&house, "bob", json!("for bob")).await;
        push(&house, "ada", json!("for ada")).await;
        for (client, own) in [(&mut ada, "for ada"), (&mut bob, "for bob")] {
            assert_eq!(client.event("submissionPayloadResponse").await["args"][0], own);
        }
        // A question that is answered tells that all that was to come before has come.
        for (client, user) in [(&mut ada, "ada"), (&mut bob, "bob")] {
            client.connection_id(user).await;
            assert_eq!(client.heard().len(), 1, "{client}");
        }
        ada.emit(json!(["setUserId", "bob"])).await;
        refused(&mut ada, "user_mismatch").await;
        bob.emit(json!(["register_user", {"userId": "ada", "token": token("bob")}])).await;
        refused(&mut bob, "user_mismatch").await;
        push_to_nobody(&house, "ada").await;
    }
    house.stop().await;
}

/// A user is not connected any more.
async fn push_to_nobody(house: &House, user: &str) {
    let request = house.http.post(format!("{}/sendPayload", house.url));
    let request = request.bearer_auth(signed("judge", "service", 600, SECRET));
    let reply = request.json(&json!({"userId": user, "payload": 1})).send().await.unwrap();
    assert_eq!(reply.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_refused_with_their_code() {
    for mode in [Mode::Required, Mode::Optional] {
        let house = guarded(mode).await;
        for (token, code) in bad() {
            // At the handshake: official clients tell `connect_error` with the code, and stay out.
            let shown = json!({"auth": {"token": token}});
            let emit = registers(json!(["setUserId", "ada"]));
            let over = Over::WebSocket;
            let mut client = Client::start_with(Maker::Official, over, &house.url, &emit, &shown);
            let error = client.on("error").await;
            assert_eq!(error["data"]["code"], code, "{client}");
            assert!(client.said.iter().all(|line| line["on"] != "connect"), "{client}");
            // At registration.
            let emit = registers(json!(["register_user", {"userId": "ada", "token": token}]));
            let mut client = Client::start(Maker::Official, over, &house.url, &emit);
            refused(&mut client, code).await;
        }
        let emit = registers(json!(["register_user", {"userId": "ada", "token": bad()[0].0}]));
        let mut client = Client::start(Maker::Python, Over::Polling, &house.url, &emit);
        assert_eq!(client.event("error").await["args"][0]["code"], "token_expired", "{client}");
        let mut client =
            Client::start(Maker::Official, Over::WebSocket, &house.url, &Registers::once("ada"));
        if mode == Mode::Required {
            refused(&mut client, "token_missing").await;
        } else {
            // Who shows none is believed, and cannot do more than that.
            client.on("connect").await;
            assert!(client.connection_id("ada").await.is_string());
            let reply = house.post("/sendPayload", json!({"userId": "ada", "payload": 1})).await;
            assert_eq!(reply.status, 401, "{reply:?}");
            push(&house, "ada", json!("for ada")).await;
            client.event("submissionPayloadResponse").await;
        }
        let metrics = house.get("/metrics").await.body;
        for (_, code) in bad() {
            let line = format!("sonocode_auth_failures_total{{code=\"{code}\"}} ");
            assert!(metrics.as_str().unwrap().contains(&line), "{line}: {metrics}");
        }
        house.stop().await;
    }
}

/// Opens a WebSocket with a token; the first text, or the status of the refusal.
async fn first(house: &House, path: &str, token: Option<&str>) -> Result<Value, u16> {
    let url = format!("{}{path}", house.url.replace("http:", "ws:"));
    let mut request = url.into_client_request().unwrap();
    if let Some(token) = token {
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let mut socket = match connect_async(request).await {
        Ok((socket, _)) => socket,
        Err(tungstenite::Error::Http(reply)) => return Err(reply.status().as_u16()),
        Err(error) => panic!("{error}"),
    };
    loop {
        let next = timeout(PATIENCE, socket.next()).await.expect("nothing comes");
        if let Message::Text(text) = next.unwrap().unwrap() {
            return Ok(serde_json::from_str(&text).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_and_the_streams_are_their_users_own() {
    let house = guarded(Mode::Required).await;
    let (ada, bob) = (token("ada"), token("bob"));
    let service = signed("judge", "service", 600, SECRET);
    for user in ["bob", "ada"] {
        let request = house.http.post(format!("{}/api/v1/runs", house.url));
        let body = json!({"code": "print(1)", "language": "python"});
        let reply = request.bearer_auth(token(user)).json(&body).send().await.unwrap();
        assert_eq!(reply.status(), 201);
    }
    for path in ["/ws", "/api/v1/events"] {
        assert_eq!(first(&house, path, None).await, Err(401), "{path}");
        for (bad, _) in bad() {
            assert_eq!(first(&house, path, Some(&bad)).await, Err(401), "{path}");
            let query = format!("{path}?token={bad}");
            assert_eq!(first(&house, &query, None).await, Err(401), "{path}");
        }
    }
    for (query, shown, user) in [
        ("/ws".to_owned(), Some(&ada), "ada"),
        (format!("/ws?token={bob}"), None, "bob"),
        ("/ws?userId=eve".to_owned(), Some(&service), "eve"),
    ] {
        let open = first(&house, &query, shown.map(String::as_str)).await.unwrap();
        assert_eq!((&open["type"], &open["userId"]), (&json!("CONNECTION_OPEN"), &json!(user)));
    }
    assert_eq!(first(&house, "/ws?userId=bob", Some(&ada)).await, Err(403));
    // The first event is bob's, the first that ada hears her own.
    assert_eq!(first(&house, "/api/v1/events", Some(&ada)).await.unwrap()["user"], "ada");
    let query = format!("/api/v1/events?token={ada}");
    assert_eq!(first(&house, &query, None).await.unwrap()["user"], "ada");
    assert_eq!(first(&house, "/api/v1/events", Some(&service)).await.unwrap()["user"], "bob");
    assert_eq!(first(&house, "/api/v1/events?user=bob", Some(&ada)).await, Err(403));
    assert_eq!(first(&house, "/api/v1/submissions/1/events", Some(&ada)).await, Err(403));
    assert_eq!(first(&house, "/api/v1/submissions/1/events", Some(&bob)).await.unwrap()["seq"], 1);

    let sse = async |path: &str, token: Option<&str>| {
        let request = house.http.get(format!("{}{path}", house.url));
        let request = request.header("accept", "text/event-stream");
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let mut reply = request.send().await.unwrap();
        let mut text = String::new();
        // To the end of the first event; another kind of reply ends by itself.
        while !text.contains("data: ")
            && let Some(bytes) = timeout(PATIENCE, reply.chunk()).await.unwrap().unwrap()
        {
            text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        (reply.status().as_u16(), text)
    };
    assert_eq!(sse("/api/v1/events", None).await.0, 401);
    assert_eq!(sse(&format!("/api/v1/events?token={}", bad()[0].0), None).await.0, 401);
    for (path, shown) in [("/api/v1/events", Some(&*ada)), (&*query, None)] {
        let (status, text) = sse(path, shown).await;
        assert_eq!(status, 200);
        assert!(text.contains(r#""user":"ada""#) && !text.contains(r#""user":"bob""#), "{text}");
    }
    house.stop().await;
}
