//! Sockets that stop reading while others are served: `SONOCODE_DEAF`, 200 unless it is set.

use super::{Gate, body, memory, number};
use crate::{
    house::{House, PATIENCE, Package},
    sockets::raw::Raw,
    stub::Cells,
};
use futures_util::{SinkExt, StreamExt, future::join_all, stream};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// Sockets of each kind that go on reading.
const HEALTHY: usize = 5;

/// Submissions that are judged meanwhile.
const SUBMISSIONS: usize = 100;

/// How long a socket may take nothing, in milliseconds.
const TAKES_NOTHING: u64 = 4_000;

/// Bytes of each push beside its number.
const PUSH: usize = 8 << 10;

/// By how much the process, its clients included, may grow for each deaf socket and once for all, in KiB.
const GROWTH: (u64, u64) = (1024, 96 << 10);

type Deaf = WebSocketStream<TcpStream>;

/// Opens a connection that takes little before it is read.
async fn narrow_stream(house: &House) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.connect(house.daemon.as_ref().unwrap().addr.unwrap()).await.unwrap()
}

/// The same for a WebSocket.
async fn narrow(house: &House, path: &str) -> Deaf {
    let stream = narrow_stream(house).await;
    let addr = stream.peer_addr().unwrap();
    client_async(format!("ws://{addr}{path}"), stream).await.unwrap().0
}

/// Asks for server-sent events, and reads nothing after the status.
async fn deaf_sse(house: &House, path: &str) -> TcpStream {
    let mut stream = narrow_stream(house).await;
    let addr = stream.peer_addr().unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = *b"HTTP/1.1 ...";
    timeout(PATIENCE, stream.read_exact(&mut status)).await.expect("no answer").unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}

/// Registers over Socket.IO, and reads nothing after the answer to that.
async fn deaf_socketio(house: &House) -> Deaf {
    let mut socket = narrow(house, "/socket.io/?EIO=4&transport=websocket").await;
    for text in ["40", r#"42["setUserId","ada"]"#, r#"42["getConnectionId","ada"]"#] {
        socket.send(Message::text(text)).await.unwrap();
    }
    let registered = async {
        while let Some(Ok(message)) = socket.next().await {
            if message.into_text().unwrap().contains("connectionId") {
                return;
            }
        }
        panic!("the hub hung up");
    };
    timeout(PATIENCE, registered).await.expect("no answer");
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_stop_reading_are_cut_and_slow_nobody() {
    let count = number("SONOCODE_DEAF", 200);
    let gate = Gate::shut();
    let house = House::build().sandbox(Arc::new(Cells(gate.clone()))).config(|config| {
        config.hub.send_buffer_kib = 64;
        config.hub.send_timeout_ms = TAKES_NOTHING;
        // No socket of Socket.IO is cut because a pong is missing.
        config.hub.ping_timeout_ms = 3_600_000;
        config.hub.max_connections_per_user = 0;
        config.hub.max_connections_per_address = 0;
    });
    let house = house.start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    gate.open();
    gate.let_go(SUBMISSIONS);
    let before = memory("VmRSS");

    let log = "/api/v1/events?user=ada&after=0";
    let of_socketio = stream::iter(0..count / 2).map(|_| deaf_socketio(&house));
    let of_socketio: Vec<Deaf> = of_socketio.buffer_unordered(20).collect().await;
    let of_log = stream::iter(0..count / 4).map(|_| narrow(&house, log));
    let of_log: Vec<Deaf> = of_log.buffer_unordered(20).collect().await;
    let of_sse = stream::iter(count / 2 + count / 4..count).map(|_| deaf_sse(&house, log));
    let of_sse: Vec<TcpStream> = of_sse.buffer_unordered(20).collect().await;
    let mut hearing = Vec::new();
    for _ in 0..HEALTHY {
        let mut client = Raw::join(&house.url, Value::Null).await;
        client.register("ada").await;
        hearing.push(tokio::spawn(pushes_over_socketio(client)));
        hearing.push(tokio::spawn(pushes_of_the_log(narrow(&house, log).await)));
    }

    let submissions = async {
        for _ in 0..SUBMISSIONS {
            let reply = house.post("/api/v1/submissions", body("ada", "3")).await;
            assert_eq!(reply.status, 201, "{reply:?}");
        }
    };
    let pushes = async {
        let mut n = 0;
        while house.cuts("slow consumer").await + house.cuts("ping timeout").await < count {
            for _ in 0..20 {
                push(&house, json!({"n": n, "large": "x".repeat(PUSH)})).await;
                n += 1;
            }
        }
        push(&house, json!({"n": n, "end": true})).await;
        n + 1
    };
    let pushes = async { timeout(PATIENCE, pushes).await.expect("some are never cut") };
    let ((), pushed) = tokio::join!(submissions, pushes);
    let slow = house.cuts("slow consumer").await;
    println!("{count} cut after {pushed} pushes of {PUSH} bytes, {slow} as slow consumers");
    // A WebSocket of the log may be dropped as silent before the kernel's buffers are full.
    assert!(slow >= of_socketio.len() + of_sse.len(), "{slow} slow consumers");
    for heard in join_all(hearing).await {
        assert_eq!(heard.unwrap(), pushed, "pushes heard in order");
    }
    let (each, once) = GROWTH;
    let (grown, bound) = (memory("VmHWM").saturating_sub(before), once + each * count as u64);
    println!("grown by {grown} KiB at most, {} KiB for each that is deaf", grown / count as u64);
    assert!(grown < bound, "the process grew by {grown} KiB, more than {bound}");

    drop((of_socketio, of_log, of_sse));
    house.stop().await;
}

async fn push(house: &House, payload: Value) {
    let reply = house.post("/sendPayload", json!({"userId": "ada", "payload": payload})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// Reads until the last push and the last verdict; how many pushes came, each in its place.
async fn pushes_over_socketio(mut client: Raw) -> usize {
    let (mut next, mut verdicts, mut over) = (0, 0, false);
    while !over || verdicts < SUBMISSIONS {
        let event = client.event().await.expect("the hub hung up");
        match event[0].as_str() {
            Some("submissionPayloadResponse") if event[1]["n"].is_number() => {
                assert_eq!(event[1]["n"], next, "a push is missing");
                next += 1;
                over |= event[1]["end"] == true;
            }
            Some("submission:result") => verdicts += 1,
            _ => {}
        }
    }
    next
}

/// The same of one who follows the user's log.
async fn pushes_of_the_log(mut socket: Deaf) -> usize {
    let (mut next, mut verdicts, mut over) = (0, 0, false);
    while !over || verdicts < SUBMISSIONS {
        let message = timeout(PATIENCE, socket.next()).await.expect("nothing comes");
        let Message::Text(text) = message.expect("the stream ended").unwrap() else { continue };
        let entry: Value = serde_json::from_str(&text).unwrap();
        if entry["type"] == "message" {
            assert_eq!(entry["payload"]["n"], next, "a push is missing");
            next += 1;
            over |= entry["payload"]["end"] == true;
        } else {
            verdicts += usize::from(entry["type"] == "finished");
        }
    }
    next
}
