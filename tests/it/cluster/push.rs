//! Pushes to one daemon, and sockets at another.

use super::{daemon, deaf::Deaf, over};
use crate::{
    house::{House, PATIENCE, Reply},
    process::Serve,
    redis::RedisServer,
    sockets::{
        others::{Client, Maker, Over, Registers},
        raw::Raw,
    },
};
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{connect_async, tungstenite::Message};

async fn push(house: &House, user: &str, payload: Value) -> Reply {
    house.post("/sendPayload", json!({"userId": user, "payload": payload})).await
}

async fn joined(house: &House, user: &str) -> Raw {
    let mut socket = Raw::join(&house.url, Value::Null).await;
    socket.register(user).await;
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_reaches_a_user_at_another_daemon() {
    let server = RedisServer::start();
    let (here, there) = (daemon(&server).await, daemon(&server).await);
    let mut ada = joined(&here, "ada").await;

    let sent = push(&there, "ada", json!({"z": 1, "a": 2})).await;
    assert_eq!((sent.status.as_u16(), &sent.body), (200, &json!("Payload sent successfully")));
    let event = ada.event().await.unwrap();
    assert_eq!(event[0], "submissionPayloadResponse");
    assert_eq!(event[1].to_string(), r#"{"z":1,"a":2}"#);

    let topic = json!({"userId": "ada", "topic": "customRunService", "n": 1});
    for method in [Method::POST, Method::GET] {
        let sent = there.call(method, "/sendPayload", Some(topic.clone())).await;
        let words = json!({"message": "Payload sent successfully"});
        assert_eq!((sent.status.as_u16(), &sent.body), (200, &words));
        let event = ada.event().await.unwrap();
        assert_eq!((&event[0], &event[1]), (&json!("customRunService"), &json!({"n": 1})));
    }
    let result = json!({"userId": "ada", "submissionId": "7", "status": "Success"});
    let sent = there.post("/api/v1/results", result.clone()).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    assert_eq!(ada.event().await.unwrap()[1], result);
    let id = sent.body["data"]["messageId"].as_str().unwrap().to_owned();
    // Where a user is, any daemon knows.
    let mut eve = joined(&there, "eve").await;
    eve.emit(&json!(["getConnectionId", "ada"])).await;
    let known = eve.event().await.unwrap();
    assert_eq!((&known[0], &known[1]), (&json!("connectionId"), &ada.joined["sid"]));
    // She answers the ping after the result as she reads on; any daemon tells of her receipt.
    ada.emit(&json!(["getConnectionId", "ada"])).await;
    assert_eq!(ada.event().await.unwrap()[1], ada.joined["sid"]);
    while there.get(&format!("/api/v1/messages/{id}")).await.body["data"]["status"] != "delivered" {
    }
    let mut second = joined(&there, "ada").await;
    ada.emit(&json!(["getConnectionId", "ada"])).await;
    assert_eq!(ada.event().await.unwrap()[1], second.joined["sid"], "the newest");
    assert_eq!(push(&here, "ada", json!(3)).await.status, 200);
    for socket in [&mut ada, &mut second] {
        assert_eq!(socket.event().await.unwrap()[1], 3);
    }

    // Who is nowhere is nowhere at both; and who has gone from one is gone for the other.
    for house in [&here, &there] {
        let refused = push(house, "nobody", json!(1)).await;
        assert_eq!((refused.status.as_u16(), &refused.body), (404, &json!("User not connected")));
    }
    drop((ada, second));
    while push(&there, "ada", json!(4)).await.status != 404 {}
    here.stop().await;
    drop(eve);
    there.stop().await;
    // Daemons that have drained leave nobody there.
    let left = server.cli(&["KEYS", "*at:*"]);
    assert_eq!(left, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_comes_at_whichever_daemon() {
    let server = RedisServer::start();
    let hold =
        || over(&server.url()).workers(0).config(|config| config.hub.hold_for_offline = true);
    let (here, there) = (hold().start().await, hold().start().await);
    let held = push(&there, "ada", json!(1)).await;
    assert_eq!(held.status, 202, "{held:?}");
    let mut ada = Raw::join(&here.url, Value::Null).await;
    ada.emit(&json!(["setUserId", "ada"])).await;
    assert_eq!(ada.event().await.unwrap()[1], 1);
    // A chat's socket takes no pushes, at another daemon neither.
    let chat = format!("{}/ws?userId=bob", here.url.replace("http:", "ws:"));
    let (_chat, _) = connect_async(chat).await.unwrap();
    assert_eq!(push(&there, "bob", json!(1)).await.status, 202);
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_others_at_one_daemon_hear_what_is_pushed_at_another() {
    const PUSHES: u64 = 20;
    let server = RedisServer::start();
    let (here, there) = (daemon(&server).await, daemon(&server).await);
    for (user, maker, over) in [
        ("js-ws", Maker::Official, Over::WebSocket),
        ("js-up", Maker::Official, Over::Upgrade),
        ("js-poll", Maker::Official, Over::Polling),
        ("py-ws", Maker::Python, Over::WebSocket),
    ] {
        let mut client = Client::start(maker, over, &here.url, &Registers::once(user));
        let socket = client.on("connect").await["id"].clone();
        assert_eq!(client.connection_id(user).await, socket);
        for n in 0..PUSHES {
            let sent = push(&there, user, json!({ "n": n })).await;
            assert_eq!(sent.status, 200, "{user}: {sent:?}");
        }
        for n in 0..PUSHES {
            let came = client.event("submissionPayloadResponse").await;
            assert_eq!(came["args"][0]["n"], n, "{user}");
        }
        client.close().await;
    }
    here.stop().await;
    there.stop().await;
}

/// The daemon with the socket is killed; what is pushed then is at the other one for the client that comes back there.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_on_at_another_daemon_after_its_own_was_killed() {
    let server = RedisServer::start();
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let url = server.url();
    let args = ["--redis", &url, "--workers", "0"];
    let dies = Serve::start(dirs[0].path(), &args).await;
    let lives = Serve::start(dirs[1].path(), &args).await;
    let mut ada = joined(&dies.house, "ada").await;
    assert_eq!(push(&lives.house, "ada", json!(1)).await.status, 200);
    let first = ada.event().await.unwrap();
    assert_eq!(first[1], 1);
    let (pid, offset) = (ada.joined["pid"].clone(), first[2].clone());
    dies.kill().await;
    ada.ends("its daemon was killed").await;
    // It is not known to be gone yet, or it is: then the push is refused and said to be.
    let mut expected = Vec::new();
    for n in 2..6 {
        let sent = push(&lives.house, "ada", json!(n)).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        expected.push(json!(n));
    }
    let mut ada = Raw::join(&lives.house.url, json!({"pid": pid, "offset": offset})).await;
    assert_eq!(ada.joined["pid"], pid, "it is recovered");
    for expected in expected {
        assert_eq!(ada.event().await.unwrap()[1], expected);
    }
    ada.emit(&json!(["getConnectionId", "ada"])).await;
    let known = ada.event().await.unwrap();
    assert_eq!((&known[0], &known[1]), (&json!("connectionId"), &ada.joined["sid"]));
    lives.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wake_ups_that_are_lost_lose_nothing() {
    let server = RedisServer::start();
    let deaf = Deaf::start(&server.socket());
    let (here, there) = (over(&deaf.url()).workers(0).start().await, daemon(&server).await);
    let mut ada = joined(&here, "ada").await;
    for n in 0..3 {
        assert_eq!(push(&there, "ada", json!(n)).await.status, 200);
    }
    for n in 0..3 {
        assert_eq!(ada.event().await.unwrap()[1], n);
    }
    assert!(deaf.swallowed() > 0, "it heard everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_outlive_their_redis() {
    let mut server = RedisServer::durable();
    let (here, there) = (daemon(&server).await, daemon(&server).await);
    let mut ada = joined(&here, "ada").await;
    server.kill();
    let refused = push(&there, "ada", json!(0)).await;
    assert_eq!(refused.status, 503, "nobody knows whether she is there: {refused:?}");
    assert!(refused.retry_after.is_some(), "{refused:?}");
    ada.emit(&json!(["getConnectionId", "ada"])).await;
    assert_eq!(ada.event().await.unwrap()[1], ada.joined["sid"], "her own daemon knows");
    server.start_again();
    // One that was answered with 503 may be written all the same.
    let mut n = 1;
    while push(&there, "ada", json!(n)).await.status == 503 {
        n += 1;
    }
    let last = async { while ada.event().await.expect("the socket ended")[1] != n {} };
    timeout(PATIENCE, last).await.expect("the push never comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_spans_daemons() {
    let server = RedisServer::start();
    let (here, there) = (daemon(&server).await, daemon(&server).await);
    let open = async |house: &House, user: &str| {
        let url = format!("{}/ws?userId={user}", house.url.replace("http:", "ws:"));
        let mut socket = connect_async(url).await.unwrap().0;
        let open = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(open.contains("CONNECTION_OPEN"), "{open}");
        socket
    };
    let (mut ada, mut bob) = (open(&here, "ada").await, open(&there, "bob").await);
    let say = |frame: Value| Message::text(frame.to_string());
    let hello = json!({"type": "SEND_MESSAGE", "to": "bob", "content": "hello"});
    ada.send(say(hello)).await.unwrap();
    // The next frame of this type; the chat tells of other things between.
    let next = async |socket: &mut tokio_tungstenite::WebSocketStream<_>, kind: &str| -> Value {
        let read = async {
            loop {
                if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if frame["type"] == kind {
                        return frame;
                    }
                }
            }
        };
        timeout(PATIENCE, read).await.unwrap_or_else(|_| panic!("no {kind} comes"))
    };
    let came = next(&mut bob, "NEW_MESSAGE").await;
    assert_eq!((&came["from"], &came["content"]), (&json!("ada"), &json!("hello")));
    let read = json!({"type": "MESSAGE_READ", "messageId": came["messageId"]});
    bob.send(say(read)).await.unwrap();
    // Bob's library answers the ping after the message while he reads on.
    let reads_on = tokio::spawn(async move { while let Some(Ok(_)) = bob.next().await {} });
    let told = next(&mut ada, "MESSAGE_READ").await;
    assert_eq!(told["messageId"], came["messageId"]);
    here.stop().await;
    there.stop().await;
    reads_on.await.unwrap();
}

/// Long-polling needs a balancer that keeps a client at its daemon, and the daemon says so.
#[tokio::test(flavor = "multi_thread")]
async fn polling_at_two_daemons_says_what_the_balancer_needs() {
    let server = RedisServer::start();
    let (here, there) = (daemon(&server).await, daemon(&server).await);
    let text = async |url: String| {
        let reply = here.http.get(url).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    };
    let path = "socket.io/?EIO=4&transport=polling";
    let (status, open) = text(format!("{}/{path}", here.url)).await;
    assert_eq!(status, 200);
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let (status, refused) = text(format!("{}/{path}&sid={sid}", there.url)).await;
    let refused: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!(status, 400);
    assert_eq!((&refused["code"], &refused["message"]), (&json!(1), &json!("Session ID unknown")));
    let hint = refused["hint"].as_str().unwrap();
    assert!(hint.contains("sticky") && hint.contains("WebSocket"), "{hint}");
    here.stop().await;
    there.stop().await;
}
