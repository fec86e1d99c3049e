//! SIGTERM while clients are connected: nobody new is let in, whoever is there hears what still happens and is sent
//! away so that it comes back, and the next daemon tells it the rest, once.

use crate::{
    house::Package,
    process::Serve,
    sockets::{
        RIGHT,
        loss::quiet_port,
        others::{Client, Heard, Maker, Over, Registers},
        proxy::seed,
        raw::{ENDS, replay},
        submit,
    },
};
use rustix::process::Signal;
use sonocode::judge::EventBody;
use std::sync::atomic::AtomicU64;

/// A right program that takes a while, so that the daemon drains for as long.
const SLOW: &str = "import time\ntime.sleep(4)\nprint(sum(map(int, input().split())))";

const KINDS: [(Maker, Over); 4] = [
    (Maker::Official, Over::WebSocket),
    (Maker::Official, Over::Polling),
    (Maker::Official, Over::Upgrade),
    (Maker::Python, Over::WebSocket),
];

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_sent_away_and_come_back_to_the_next_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let addr = format!("127.0.0.1:{}", quiet_port(&AtomicU64::new(seed())));
    let args = ["--addr", addr.as_str(), "--workers", "1"];
    let first = Serve::start(dir.path(), &args).await;
    let limits = "[limits]\ntime_ms = 60000\nwall_ms = 120000\n";
    first.house.add(&Package::new("sum").manifest(limits).test("01", "1 2\n", "3\n")).await;
    let mut clients = Vec::new();
    for (maker, over) in KINDS {
        // All of one user. The Python client knows no recovery and registers each time.
        let registers = Registers { each: maker == Maker::Python, ..Registers::once("ada") };
        let mut client = Client::start(maker, over, &first.house.url, &registers);
        client.on("connect").await;
        assert!(client.connection_id("ada").await.is_string());
        clients.push(client);
    }
    let slow = submit(&first.house, "ada", SLOW).await;
    let waits = submit(&first.house, "ada", RIGHT).await;
    let mut journal = first.house.watch(&format!("/api/v1/submissions/{slow}/events")).await;
    journal.until(|event| matches!(event.body, EventBody::Compiled { .. })).await;

    first.signal(Signal::TERM);
    first.says("draining").await;
    let poll = "/socket.io/?EIO=4&transport=polling";
    for path in [poll, "/socket.io/?EIO=4&transport=websocket", "/readyz"] {
        let reply = first.house.get(path).await;
        assert_eq!(reply.status, 503, "{path}: {reply:?}");
        assert_eq!(reply.retry_after.is_some(), path != "/readyz", "{path}: {reply:?}");
    }
    let stream = first.house.http.get(format!("{}/api/v1/events", first.house.url));
    let stream = stream.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(stream.status(), 503);
    assert!(stream.headers().contains_key("retry-after"));
    // What is not a connection that stays is answered still, and what is submitted is kept.
    let late = submit(&first.house, "ada", RIGHT).await;
    assert_eq!(first.house.get(&format!("/api/v1/submissions/{late}")).await.status, 200);
    journal.until(|event| event.body.is_final()).await;
    assert_eq!(first.ended().await.code(), Some(0));
    for ((maker, _), client) in KINDS.into_iter().zip(&mut clients) {
        // Whoever was there saw the end of what ran, and then was sent away.
        while !ENDS.iter().all(|end| heard(client, end, &slow)) {
            let line = client.next().await;
            assert_ne!(line["on"], "disconnect", "before it heard the end: {client}");
        }
        let reason = client.on("disconnect").await["reason"].clone();
        // A reason with which clients come back by themselves; the Python client has a word of its own.
        let known = if maker == Maker::Official { "transport close" } else { "transport error" };
        assert_eq!(reason, known, "{client}");
    }

    let second = Serve::start(dir.path(), &args).await;
    for client in &mut clients {
        client.on("connect").await;
        while !ENDS.iter().all(|end| heard(client, end, &waits) && heard(client, end, &late)) {
            client.next().await;
        }
        client.connection_id("ada").await;
    }
    let heard = clients[0].heard();
    let (epoch, _) = heard[0].place.split_once(':').unwrap();
    let whole = replay(&second.house.url, "ada", epoch, 3).await;
    for ((maker, over), client) in KINDS.iter().zip(&clients) {
        assert_eq!(once(client.heard(), *maker), whole, "{maker:?} {over:?}: {client}");
    }
    second.drain().await;
}

/// Whether a client has heard this event of a submission.
fn heard(client: &Client, name: &str, id: &str) -> bool {
    let mut events = client.said.iter().filter(|line| line["name"] == name);
    events.any(|line| ["submissionId", "id"].iter().any(|key| line["args"][0][key] == id))
}

/// What a client heard. One without recovery may get again what it had not confirmed, under the same place.
fn once(mut heard: Vec<Heard>, maker: Maker) -> Vec<Heard> {
    if maker == Maker::Python {
        let mut seen = std::collections::BTreeSet::new();
        heard.retain(|heard| seen.insert(heard.place.clone()));
    }
    heard
}
