//! The chat over real sockets and a real ledger: receipts, returns, restarts, and clients that do wrong.

use crate::house::{House, PATIENCE, Package};
use futures_util::{SinkExt, StreamExt};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};

/// A connection to the chat.
struct Chat {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    open: Value,
}

impl Chat {
    /// Connects with this query.
    async fn open(house: &House, query: &str) -> Self {
        let url = format!("{}/ws?{query}", house.url.replace("http:", "ws:"));
        let (socket, _) = connect_async(url).await.unwrap();
        let mut chat = Self { socket, open: Value::Null };
        chat.open = chat.next().await;
        assert_eq!(chat.open["type"], "CONNECTION_OPEN", "{}", chat.open);
        chat
    }

    // By value, since every caller makes one in place.
    #[allow(clippy::needless_pass_by_value)]
    async fn say(&mut self, frame: Value) {
        self.raw(&frame.to_string()).await;
    }

    async fn raw(&mut self, text: &str) {
        // Whether the daemon still listens is seen when something is read.
        let _ = self.socket.send(Message::text(text)).await;
    }

    /// The next frame; `None` at the end. Pings are answered by the library as this reads.
    async fn frame(&mut self) -> Option<Value> {
        let read = async {
            loop {
                match self.socket.next().await? {
                    Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        };
        timeout(PATIENCE, read).await.expect("no frame comes")
    }

    async fn next(&mut self) -> Value {
        self.frame().await.expect("the connection ended")
    }

    /// The next frame, which must be of this type.
    async fn expect(&mut self, kind: &str) -> Value {
        let frame = self.next().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Sends a message and waits for its acknowledgement.
    async fn send(&mut self, frame: Value) -> Value {
        self.say(frame).await;
        self.expect("MESSAGE_SENT").await
    }

    /// The error that a frame gets.
    async fn refused(&mut self, text: &str, code: &str) -> String {
        self.raw(text).await;
        let error = self.expect("ERROR").await;
        assert_eq!(error["code"], code, "{error}");
        error["message"].as_str().unwrap().to_owned()
    }

    /// Reads to the end, and gives the words of the `CONNECTION_CLOSE` before it.
    async fn end(&mut self) -> Value {
        let mut last = Value::Null;
        while let Some(frame) = self.frame().await {
            last = frame;
        }
        assert_eq!(last["type"], "CONNECTION_CLOSE", "{last}");
        last
    }
}

fn message(to: &str, content: &str) -> Value {
    json!({"type": "SEND_MESSAGE", "to": to, "content": content})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_acknowledged_delivered_and_read() {
    let house = House::build().start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    let mut ada_too = Chat::open(&house, "userId=ada").await;
    let mut bob = Chat::open(&house, "userId=bob").await;
    let mut eve = Chat::open(&house, "userId=eve").await;
    assert_eq!((&ada.open["userId"], &ada.open["resumed"]), (&json!("ada"), &json!(true)));

    ada.say(json!({"type": "TYPING", "to": "bob"})).await;
    let typing = bob.expect("TYPING").await;
    assert_eq!(typing, json!({"type": "TYPING", "from": "ada", "isTyping": true}));

    let hello =
        json!({"type": "SEND_MESSAGE", "to": "bob", "content": "hello\n<b>", "clientId": "c1"});
    let sent = ada.send(hello).await;
    assert_eq!((&sent["clientId"], &sent["to"]), (&json!("c1"), &json!("bob")));
    let id = sent["messageId"].clone();
    let came = bob.expect("NEW_MESSAGE").await;
    assert_eq!((&came["messageId"], &came["from"]), (&id, &json!("ada")));
    assert_eq!(came["content"], "hello\n<b>");
    assert_eq!(came.get("clientId"), None);
    // Bob's library answers the ping that follows, as he reads on.
    bob.say(json!({"type": "MESSAGE_READ", "messageId": id})).await;
    let echo = bob.expect("MESSAGE_READ").await;
    assert_eq!(echo["by"], "bob");
    for ada in [&mut ada, &mut ada_too] {
        let mut words = BTreeSet::new();
        while words.len() < 3 {
            let frame = ada.next().await;
            assert_eq!(frame["messageId"], id, "{frame}");
            words.insert(frame["type"].as_str().unwrap().to_owned());
            if words.len() == 2 && !words.contains("MESSAGE_SENT") {
                words.insert("MESSAGE_SENT".into());
            }
        }
        let all = ["MESSAGE_DELIVERED", "MESSAGE_READ", "MESSAGE_SENT"].map(str::to_owned);
        assert_eq!(words, BTreeSet::from(all));
    }
    // Nobody else heard of it: the next thing that eve gets is her own.
    let own = eve.send(message("eve", "to myself")).await;
    assert_eq!(own["content"], "to myself");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_gets_what_came_meanwhile_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    for n in 0..200 {
        ada.say(message("bob", &n.to_string())).await;
        ada.expect("MESSAGE_SENT").await;
    }
    drop(ada);
    // Cut at any point, on either side of a restart.
    let (mut house, mut seen, mut place) = (Some(house), Vec::new(), None::<String>);
    while seen.len() < 200 {
        if seen.len() > 90
            && let Some(old) = house.take()
        {
            old.stop().await;
        }
        let now = match house.take() {
            Some(house) => house,
            None => House::build().data_dir(dir.path()).start().await,
        };
        let after = place.as_ref().map(|place| format!("&after={place}")).unwrap_or_default();
        let mut bob = Chat::open(&now, &format!("userId=bob{after}")).await;
        assert_eq!(bob.open["resumed"], true);
        for _ in 0..=getrandom::u64().unwrap() % 40 {
            let came = bob.expect("NEW_MESSAGE").await;
            seen.push(came["content"].as_str().unwrap().parse::<u32>().unwrap());
            place = Some(came["place"].as_str().unwrap().to_owned());
            if seen.len() == 200 {
                break;
            }
        }
        house = Some(now);
    }
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
    let house = house.unwrap();
    // The pong of the last frame may have been lost with the connection; the place says the same.
    let last = place.unwrap();
    let bob = Chat::open(&house, &format!("userId=bob&after={last}")).await;
    assert_eq!(bob.open["place"], last);
    // The sender, who was away for all of it, is told of each once.
    let mut ada = Chat::open(&house, "userId=ada").await;
    let mut delivered = BTreeSet::new();
    while delivered.len() < 200 {
        let frame = ada.next().await;
        if frame["type"] == "MESSAGE_DELIVERED" {
            assert_eq!(frame["by"], "bob");
            assert!(delivered.insert(frame["messageId"].as_str().unwrap().to_owned()), "{frame}");
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_received_is_not_pending_any_more() {
    let house = House::build().start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    ada.send(message("bob", "first")).await;
    let mut bob = Chat::open(&house, "userId=bob").await;
    assert_eq!(bob.expect("NEW_MESSAGE").await["content"], "first");
    // The receipt went out as bob read on, and is written before the sender is told again.
    bob.send(message("bob", "note")).await;
    ada.expect("MESSAGE_DELIVERED").await;
    ada.send(message("bob", "second")).await;
    assert_eq!(bob.expect("NEW_MESSAGE").await["content"], "second");
    bob.send(message("bob", "note")).await;
    ada.expect("MESSAGE_DELIVERED").await;
    drop(bob);
    ada.send(message("bob", "third")).await;
    let mut bob = Chat::open(&house, "userId=bob").await;
    let mut came = bob.next().await;
    // What of his own notes had no receipt yet may come again.
    while came["type"] == "MESSAGE_SENT" {
        came = bob.next().await;
    }
    assert_ne!(came["content"], "first");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_acknowledged_and_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    let hello = json!({"type": "SEND_MESSAGE", "to": "bob", "content": "hi", "clientId": "c1"});
    // At one time over several sockets, as if each had lost its acknowledgement.
    let mut ids = BTreeSet::new();
    let mut sockets = Vec::new();
    for _ in 0..4 {
        let mut ada = Chat::open(&house, "userId=ada").await;
        ada.say(hello.clone()).await;
        sockets.push(ada);
    }
    for ada in &mut sockets {
        ids.insert(ada.expect("MESSAGE_SENT").await["messageId"].to_string());
    }
    drop(sockets);
    house.stop().await;
    let house = House::build().data_dir(dir.path()).start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    ids.insert(ada.send(hello.clone()).await["messageId"].to_string());
    assert_eq!(ids.len(), 1, "{ids:?}");
    // The same id of somebody else is another message.
    let mut eve = Chat::open(&house, "userId=eve").await;
    ids.insert(eve.send(hello).await["messageId"].to_string());
    let mut bob = Chat::open(&house, "userId=bob").await;
    assert_eq!(bob.expect("NEW_MESSAGE").await["from"], "ada");
    assert_eq!(bob.expect("NEW_MESSAGE").await["from"], "eve");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_not_known_is_answered() {
    let house = House::build().start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    let sent = ada.send(message("bob", "hi")).await;
    let own = sent["place"].as_str().unwrap();
    let epoch = own.split_once(':').unwrap().0;
    for (place, word) in
        [("ffffffffffffffff:1".to_owned(), "another log"), (format!("{epoch}:99999"), "after")]
    {
        let mut bob = Chat::open(&house, &format!("userId=bob&after={place}")).await;
        assert_eq!(bob.open["resumed"], false);
        assert!(bob.open["reason"].as_str().unwrap().contains(word), "{}", bob.open);
        // Then everything that is pending; nothing was received, for nobody read on.
        assert_eq!(bob.expect("NEW_MESSAGE").await["content"], "hi");
    }
    for (query, field) in
        [("userId=bob&after=x", "after"), ("", "userId"), ("userId=bob&role=king", "role")]
    {
        let url = format!("{}/ws?{query}", house.url.replace("http:", "ws:"));
        let tungstenite::Error::Http(response) = connect_async(url).await.unwrap_err() else {
            panic!("{query}")
        };
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body: Value = serde_json::from_slice(response.body().as_deref().unwrap()).unwrap();
        assert_eq!(body["error"]["fields"][0]["field"], field, "{body}");
    }
    for name in ["@setters", "@everyone", "%0A", &"x".repeat(129)] {
        let reply = house.get(&format!("/ws?userId={name}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}: {reply:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_reach_setters_and_answers_who_asked_or_everyone() {
    let house = House::build().start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    let mut eve = Chat::open(&house, "userId=eve").await;
    let mut root = Chat::open(&house, "userId=root&role=setter").await;
    assert_eq!(root.open["role"], "setter");
    let ask = json!({"type": "SEND_MESSAGE", "problem": "sum", "content": "Negative?"});
    let asked = ada.send(ask).await;
    assert_eq!((&asked["to"], &asked["problem"]), (&json!("@setters"), &json!("sum")));
    let id = asked["messageId"].as_str().unwrap();
    assert_eq!(root.expect("NEW_MESSAGE").await["messageId"], id);

    let unanswered = "/api/v1/clarifications?unanswered=true&problem=sum";
    let list = house.get(unanswered).await.body;
    assert_eq!(list["data"]["clarifications"][0]["content"], "Negative?");
    let own = house.get("/api/v1/clarifications?user=eve").await.body;
    assert_eq!(own["data"]["clarifications"], json!([]));
    let closed = house.get(&format!("/api/v1/clarifications/{id}?user=eve")).await;
    assert_eq!(closed.status, StatusCode::NOT_FOUND);

    let answer = json!({"type": "SEND_MESSAGE", "thread": id, "content": "No."});
    let private = root.send(answer).await;
    assert_eq!((&private["to"], &private["problem"]), (&json!("ada"), &json!("sum")));
    let path = format!("/api/v1/clarifications/{id}/answers");
    let body = json!({"userId": "root", "content": "Never.", "everyone": true, "clientId": "a1"});
    let reply = house.post(&path, body.clone()).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    assert_eq!(house.post(&path, body).await.status, StatusCode::OK);
    // What eve gets first is what went to everyone, with the question that she has not seen.
    let public = eve.expect("NEW_MESSAGE").await;
    assert_eq!((&public["quote"], &public["content"]), (&json!("Negative?"), &json!("Never.")));
    assert_eq!((&public["thread"], &public["to"]), (&json!(id), &json!("@everyone")));

    let lunch = json!({"userId": "root", "content": "Lunch."});
    assert_eq!(house.post("/api/v1/announcements", lunch).await.status, StatusCode::CREATED);
    assert_eq!(eve.expect("NEW_MESSAGE").await["content"], "Lunch.");
    assert_eq!(house.get(unanswered).await.body["data"]["clarifications"], json!([]));
    let list = house.get("/api/v1/clarifications?limit=1").await.body;
    assert_eq!(list["data"]["clarifications"][0]["kind"], "announcement");
    let next = list["data"]["next"].as_str().unwrap();
    let rest = house.get(&format!("/api/v1/clarifications?before={next}")).await.body;
    let question = &rest["data"]["clarifications"][0];
    assert_eq!((&question["id"], &question["answered"]), (&json!(id), &json!(true)));
    assert_eq!(question["replies"].as_array().unwrap().len(), 2);
    // Of somebody else's question only what went to everyone is shown.
    let seen = house.get(&format!("/api/v1/clarifications/{id}?user=eve")).await.body;
    assert_eq!(seen["data"]["replies"].as_array().unwrap().len(), 1);

    for (path, body, status) in [
        ("clarifications", json!({"content": "x", "problem": "none"}), 404),
        ("clarifications", json!({"content": " "}), 400),
        ("clarifications", json!({"problem": "sum"}), 400),
        ("clarifications", json!({"content": 7}), 400),
        ("clarifications", json!({"content": "x", "userId": "@setters"}), 400),
        ("clarifications", json!({"content": "x".repeat((16 << 10) + 1)}), 413),
        ("clarifications/999999/answers", json!({"content": "x"}), 404),
        ("clarifications/x/answers", json!({"content": "x"}), 404),
    ] {
        let reply = house.post(&format!("/api/v1/{path}"), body).await;
        assert_eq!(reply.status.as_u16(), status, "{path} {reply:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_with_mistakes_are_answered_and_change_nothing() {
    let house = House::build().start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    let mut bob = Chat::open(&house, "userId=bob").await;
    let asked = ada.send(message("@setters", "why?")).await;
    let private = ada.send(message("ada", "a note")).await;
    let spoofed = json!({"type": "SEND_MESSAGE", "from": "ada", "to": "ada", "content": "x"});
    for (frame, code) in [
        ("{".to_owned(), "bad_frame"),
        ("[1]".to_owned(), "bad_frame"),
        (r#"{"type":"SEND_MESSAGE","to":{"a":1},"content":"x"}"#.to_owned(), "bad_frame"),
        (r#"{"type":"NEW_MESSAGE","to":"ada","content":"x"}"#.to_owned(), "bad_frame"),
        (spoofed.to_string(), "forbidden"),
        (message("ada", &"x".repeat(20_000)).to_string(), "too_large"),
        (
            json!({"type": "MESSAGE_READ", "messageId": private["messageId"]}).to_string(),
            "not_found",
        ),
        (json!({"type": "MESSAGE_READ", "messageId": asked["messageId"]}).to_string(), "not_found"),
        (json!({"type": "TYPING", "to": "@everyone"}).to_string(), "bad_frame"),
    ] {
        let said = bob.refused(&frame, code).await;
        assert!(!said.is_empty(), "{frame}");
    }
    // The connection goes on, and ada has heard nothing but what is hers.
    bob.send(message("ada", "hello")).await;
    assert_eq!(ada.expect("NEW_MESSAGE").await["content"], "hello");
    bob.say(json!({"type": "CONNECTION_CLOSE"})).await;
    assert_eq!(bob.end().await["code"], "closed");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_and_oversize_are_cut_with_a_reason() {
    let house = House::build().start().await;
    let mut flood = Chat::open(&house, "userId=eve").await;
    for _ in 0..300 {
        flood.raw("nonsense").await;
    }
    assert_eq!(flood.end().await["code"], "flood");

    let mut fast = Chat::open(&house, "userId=eve").await;
    for _ in 0..300 {
        fast.say(json!({"type": "TYPING", "to": "eve"})).await;
    }
    let mut limited = false;
    loop {
        let frame = fast.next().await;
        limited |= frame["code"] == "rate_limited";
        if frame["type"] == "CONNECTION_CLOSE" {
            assert_eq!(frame["code"], "flood");
            break;
        }
    }
    assert!(limited);

    let mut large = Chat::open(&house, "userId=eve").await;
    large.raw(&message("bob", &"x".repeat(2 << 20)).to_string()).await;
    while large.frame().await.is_some() {}

    let mut binary = Chat::open(&house, "userId=eve").await;
    binary.socket.send(Message::binary(vec![0; 10])).await.unwrap();
    assert_eq!(binary.end().await["code"], "unreadable");

    // Bytes that are no WebSocket frame.
    let mut broken = Chat::open(&house, "userId=eve").await;
    broken.socket.get_mut().write_all(&[0xff; 64]).await.unwrap();
    while broken.frame().await.is_some() {}

    // None of it was written, and others are served.
    let mut bob = Chat::open(&house, "userId=bob").await;
    let own = bob.send(message("bob", "still here")).await;
    assert_eq!(own["content"], "still here");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_reads_slows_nobody_and_is_told_nothing_as_received() {
    let house = House::build()
        .config(|config| (config.hub.ping_interval_ms, config.hub.ping_timeout_ms) = (200, 800))
        .start()
        .await;
    let slow = Chat::open(&house, "userId=bob").await;
    let mut fast = Chat::open(&house, "userId=bob").await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    let text = "x".repeat(16 << 10);
    for n in 0..100 {
        ada.say(message("bob", &format!("{n:03}{}", &text[3..]))).await;
        loop {
            let frame = ada.next().await;
            assert_ne!(frame["type"], "ERROR", "{frame}");
            if frame["type"] == "MESSAGE_SENT" {
                break;
            }
        }
        assert!(
            fast.expect("NEW_MESSAGE").await["content"]
                .as_str()
                .unwrap()
                .starts_with(&format!("{n:03}"))
        );
    }
    // It answers no ping, so it is cut; what it was sent and did not read is nobody's receipt.
    let MaybeTlsStream::Plain(mut bytes) = slow.socket.into_inner() else { panic!("no TLS here") };
    let mut all = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut bytes, &mut all);
    let _ = timeout(PATIENCE, read).await.expect("it is never cut");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_stops_tells_when_to_come_back() {
    let house = House::build().start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    let stopped = tokio::spawn(house.stop());
    let close = ada.end().await;
    assert_eq!(close["code"], "daemon_stops");
    assert!((500..2500).contains(&close["retryAfterMs"].as_u64().unwrap()), "{close}");
    stopped.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_frames_are_refused_and_a_flood_is_cut() {
    let limits = |config: &mut sonocode::config::Config| {
        config.hub.messages_per_second = 1;
        config.hub.burst = 3;
    };
    let house = House::build().config(limits).start().await;
    let mut ada = Chat::open(&house, "userId=ada").await;
    let mut bob = Chat::open(&house, "userId=bob").await;
    for number in 0..40 {
        ada.say(json!({"type": "TYPING", "to": "bob", "thread": number})).await;
    }
    let mut refused = 0;
    let end = loop {
        let frame = ada.next().await;
        match frame["type"].as_str().unwrap() {
            "ERROR" => {
                assert_eq!(frame["code"], "rate_limited", "{frame}");
                refused += 1;
            }
            _ => break frame,
        }
    };
    assert_eq!((&end["type"], &end["code"]), (&json!("CONNECTION_CLOSE"), &json!("flood")));
    assert!(refused > 0, "cut without a word before");
    // What was let through has come, and others are served.
    bob.expect("TYPING").await;
    bob.say(message("bob", "to myself")).await;
    let mut own = bob.next().await;
    while own["type"] == "TYPING" {
        own = bob.next().await;
    }
    assert_eq!(own["content"], "to myself", "{own}");
    let metrics = house.get("/metrics").await.body;
    let cut = r#"sonocode_hub_cuts_total{reason="flood"} 1"#;
    assert!(metrics.as_str().unwrap().contains(cut), "{metrics}");
    house.stop().await;
}
