//! What clients do by mistake or on purpose. Afterwards the daemon serves everyone else as before, and has not grown.

use crate::{house::PATIENCE, process::Serve, sockets::raw::Raw};
use futures_util::{StreamExt, future::join_all, stream};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What a daemon may have grown by after everything that is done to it here, in KiB.
const GROWTH: u64 = 96 << 10;

/// No bound that stands in the way of a thousand clients at one address; the bounds have tests of their own.
const OPEN: &str = "[hub]
messages_per_second = 0
max_connections_per_user = 0
max_connections_per_address = 0
";

/// A daemon, and what it was like at the beginning.
struct Target {
    serve: Serve,
    before: u64,
    _dir: tempfile::TempDir,
}

impl Target {
    async fn start(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("sonocode.toml"), settings).unwrap();
        let serve = Serve::start(dir.path(), &[]).await;
        serve.ready().await;
        let mut target = Self { serve, before: 0, _dir: dir };
        // What a first client makes it allocate is no growth.
        target.serves("warm-up").await;
        target.before = target.memory();
        target
    }

    fn url(&self) -> &str {
        &self.serve.house.url
    }

    fn addr(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// Resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = Path::new("/proc").join(self.serve.pid.to_string()).join("status");
        let status = fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// A client registers and hears what is pushed to it.
    async fn serves(&self, user: &str) {
        let mut client = Raw::join(self.url(), Value::Null).await;
        assert_eq!(client.register(user).await, client.joined["sid"]);
        self.push(user, json!({"for": user})).await;
        let event = client.event().await.expect("hung up");
        assert_eq!(event[0], "submissionPayloadResponse", "{event}");
        assert_eq!(event[1], json!({"for": user}), "{event}");
    }

    async fn push(&self, user: &str, payload: Value) {
        let push = json!({"userId": user, "payload": payload});
        let reply = self.serve.house.post("/sendPayload", push).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// It serves as before, has not grown, and ends when it is told to.
    async fn withstood(self) {
        self.serves("afterwards").await;
        let (before, after) = (self.before, self.memory());
        eprintln!("{before} KiB before, {after} KiB after");
        assert!(after < before + GROWTH, "it grew from {before} to {after} KiB");
        self.serve.drain().await;
    }

    /// Sends bytes over a connection of their own; what comes back until it is closed or there is a whole head.
    async fn bytes(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.addr()).await.unwrap();
        // It may be closed before all was sent, which the reply tells better.
        let _ = stream.write_all(bytes).await;
        let mut reply = Vec::new();
        let read = async {
            while !reply.windows(4).any(|four| four == b"\r\n\r\n") {
                if matches!(stream.read_buf(&mut reply).await, Ok(0) | Err(_)) {
                    break;
                }
            }
        };
        timeout(PATIENCE, read).await.expect("no reply and no end");
        String::from_utf8_lossy(&reply).into_owned()
    }
}

/// The head of a request to upgrade, with more lines.
fn upgrade(host: &str, path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c29ub2NvZGUtYXR0YWNrcw==\r\n{more}\r\n"
    )
}

const SOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
const POLL: &str = "/socket.io/?EIO=4&transport=polling";

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_come_in_nowhere() {
    let target = Target::start("").await;
    for path in [SOCKET, "/ws?userId=ada", "/api/v1/events"] {
        for origin in ["http://evil.example", "null", "http://127.0.0.1.evil.example"] {
            let origin = format!("Origin: {origin}\r\n");
            let reply = target.bytes(upgrade(target.addr(), path, &origin).as_bytes()).await;
            assert!(reply.starts_with("HTTP/1.1 403 "), "{path} {origin}{reply}");
        }
        // A name that was rebound to this address.
        let reply = target.bytes(upgrade("evil.example", path, "").as_bytes()).await;
        assert!(reply.starts_with("HTTP/1.1 403 "), "{path}: {reply}");
        let own = format!("Origin: {}\r\n", target.url());
        let reply = target.bytes(upgrade(target.addr(), path, &own).as_bytes()).await;
        assert!(reply.starts_with("HTTP/1.1 101 "), "{path}: {reply}");
    }
    let host = target.addr();
    let poll =
        format!("GET {POLL} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\n\r\n");
    let reply = target.bytes(poll.as_bytes()).await;
    assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
    target.withstood().await;
}

/// Frames as no WebSocket client sends them.
const FRAMES: [(&str, &[u8]); 8] = [
    ("not masked", &[0x81, 0x01, b'2']),
    ("a reserved kind", &[0x83, 0x80, 0, 0, 0, 0]),
    ("reserved bits", &[0xf1, 0x81, 0, 0, 0, 0, b'3']),
    ("half an exabyte", &[0x81, 0xff, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("a length with a sign", &[0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("a long ping", &LONG_PING),
    ("no UTF-8", &[0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]),
    ("a middle without a beginning", &[0x80, 0x81, 0, 0, 0, 0, b'3']),
];

/// 256 bytes, where 125 are the most.
const LONG_PING: [u8; 264] = {
    let mut frame = [0; 264];
    (frame[0], frame[1], frame[2]) = (0x89, 0xfe, 0x01);
    frame
};

/// Texts that are no packets of Engine.IO or Socket.IO.
const TEXTS: [&str; 14] = [
    "",
    "9",
    "x",
    "hello",
    "49",
    "4x",
    "42",
    "42{",
    "42[",
    "42[]",
    "42[1,",
    "42[\"a\"]x",
    "451-",
    "4599999999999999999999-[\"a\"]",
];

#[tokio::test(flavor = "multi_thread")]
async fn frames_and_packets_that_are_none_end_their_connection_only() {
    let target = Target::start(OPEN).await;
    let mut witness = Raw::join(target.url(), Value::Null).await;
    witness.register("witness").await;
    for (what, frame) in FRAMES {
        let mut attacker = Raw::join(target.url(), Value::Null).await;
        attacker.bytes(frame).await;
        attacker.ends(what).await;
    }
    for text in TEXTS {
        let mut attacker = Raw::join(target.url(), Value::Null).await;
        attacker.say(text).await;
        attacker.ends(text).await;
    }
    // Deeper than any stack.
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("42[\"a\",{}1{}]", open.repeat(50_000), close.repeat(50_000));
        let mut attacker = Raw::join(target.url(), Value::Null).await;
        attacker.say(&deep).await;
        attacker.emit(&json!(["getConnectionId", "witness"])).await;
        // Refused or left alone, but nothing worse.
        attacker.event().await;
    }
    assert!(witness.register("witness").await.is_string());
    target.withstood().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_without_being_kept() {
    let target = Target::start(OPEN).await;
    let large = "x".repeat(2 << 20);
    let mut attacker = Raw::join(target.url(), Value::Null).await;
    attacker.emit(&json!(["getConnectionId", large])).await;
    assert_eq!(attacker.close_code().await, 1009, "the code of a message that is too big");

    // Claimed but never sent: nothing may be set aside for it.
    let claims = (0..200).map(|_| async {
        let mut attacker = Raw::join(target.url(), Value::Null).await;
        attacker.bytes(&[0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 0, 0, 0, 0]).await;
        attacker
    });
    let claims = join_all(claims).await;
    assert!(target.memory() < target.before + GROWTH, "set aside: {} KiB", target.memory());

    let (sid, host) = (polling(&target).await, target.addr());
    let head =
        format!("POST {POLL}&sid={sid} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\n");
    // Announced only: the answer does not wait for it.
    let announced = format!("{head}Content-Length: {}\r\n\r\n", large.len() + 1);
    let reply = target.bytes(announced.as_bytes()).await;
    assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
    let post = format!("{head}Content-Length: {}\r\n\r\n4{large}", large.len() + 1);
    let reply = target.bytes(post.as_bytes()).await;
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 4"), "{reply}");

    let push = json!({"userId": "warm-up", "payload": large});
    let reply = target.serve.house.post("/sendPayload", push).await;
    assert_eq!(reply.status, 413, "{reply:?}");
    drop(claims);
    target.withstood().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_questions_are_answered_in_order() {
    const QUESTIONS: usize = 10_000;
    let target = Target::start(OPEN).await;
    let mut client = Raw::join(target.url(), Value::Null).await;
    let own = client.register("ada").await;
    for number in 0..QUESTIONS {
        let user = if number % 2 == 0 { "ada" } else { "nobody" };
        client.emit(&json!(["getConnectionId", user])).await;
    }
    for number in 0..QUESTIONS {
        let event = client.event().await.expect("hung up");
        assert_eq!(event[0], "connectionId", "{event}");
        let expected = if number % 2 == 0 { own.clone() } else { Value::Null };
        assert_eq!(event[1], expected, "answer {number}");
    }
    target.withstood().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_cut_with_a_reason_and_others_are_served() {
    let target = Target::start("").await;
    let floods = (0..10).map(|number| {
        let url = target.url().to_owned();
        tokio::spawn(async move {
            let mut attacker = Raw::join(&url, Value::Null).await;
            for _ in 0..5_000 {
                attacker.emit(&json!(["setUserId", format!("flood-{number}")])).await;
            }
            // What it hears before the end.
            let mut errors = Vec::new();
            while let Some(packet) = attacker.packet().await {
                errors.extend(packet.starts_with("42[\"error\"").then_some(packet));
            }
            errors
        })
    });
    let floods: Vec<_> = floods.collect();
    target.serves("meanwhile").await;
    for flood in join_all(floods).await {
        let errors = flood.unwrap();
        assert!(!errors.is_empty(), "cut without a word");
    }
    target.withstood().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_back_to_back_is_heard_in_order() {
    const CONNECTS: usize = 1_000;
    let target = Target::start(OPEN).await;
    let url = target.url();
    let connects = stream::iter(0..CONNECTS).map(|number| async move {
        let user = format!("user-{}", number % 20);
        let mut client = Raw::open(url).await;
        client.say("40").await;
        let joined = client.packet().await.expect("hung up");
        let joined: Value = serde_json::from_str(joined.strip_prefix("40").unwrap()).unwrap();
        // In one write, with nothing in between; several sockets of a user come and go meanwhile.
        client.emit_at_once(&[json!(["setUserId", user]), json!(["getConnectionId", user])]).await;
        let answer = client.event().await.expect("hung up");
        (answer[1].is_string(), answer[1] == joined["sid"])
    });
    let answers: Vec<_> = connects.buffer_unordered(20).collect().await;
    // Another socket of the same user may be the newest by then, but there is always one.
    let none = answers.iter().filter(|(some, _)| !some).count();
    assert_eq!((answers.len(), none), (CONNECTS, 0));
    let alone = stream::iter(0..CONNECTS).map(|number| async move {
        let mut client = Raw::join(url, Value::Null).await;
        let user = format!("alone-{number}");
        client.emit_at_once(&[json!(["setUserId", user]), json!(["getConnectionId", user])]).await;
        let answer = client.event().await.expect("hung up");
        answer[1] == client.joined["sid"]
    });
    let own = alone.buffer_unordered(20).filter(|own| std::future::ready(*own)).count().await;
    assert_eq!(own, CONNECTS);
    target.withstood().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_never_reads_is_cut_and_slows_nobody() {
    const PUSHES: usize = 400;
    let target = Target::start(&format!("{OPEN}send_timeout_ms = 2000\n")).await;
    let mut deaf = Raw::join(target.url(), Value::Null).await;
    deaf.register("deaf").await;
    let mut other = Raw::join(target.url(), Value::Null).await;
    other.register("other").await;
    // More than all buffers between the two hold.
    let large = "x".repeat(64 << 10);
    for number in 0..PUSHES {
        let push = json!({"userId": "deaf", "payload": {"n": number, "large": large}});
        let reply = target.serve.house.post("/sendPayload", push).await;
        // Once it was cut it is not connected any more.
        assert!([200, 404].contains(&reply.status.as_u16()), "{reply:?}");
        target.push("other", json!({"n": number})).await;
        let event = other.event().await.expect("hung up");
        assert_eq!(event[1]["n"], number, "{event}");
    }
    let grown = target.memory();
    assert!(grown < target.before + GROWTH, "it keeps what nobody reads: {grown} KiB");

    while target.serve.house.cuts("slow consumer").await == 0 {}
    // What it reads in the end is the beginning without a gap.
    let (mut next, mut last) = (0, String::new());
    while let Some(event) = deaf.event().await {
        assert_eq!(event[1]["n"], next, "a gap");
        next += 1;
        last = event[2].as_str().unwrap().to_owned();
    }
    assert!(next < PUSHES, "it was never cut");
    // Whoever comes back with the last that it has gets the rest of what was accepted.
    let resume = json!({"pid": deaf.joined["pid"], "offset": last});
    let mut back = Raw::join(target.url(), resume).await;
    assert_eq!(back.joined["pid"], deaf.joined["pid"], "not recovered");
    target.push("deaf", json!({"n": "end"})).await;
    loop {
        let event = back.event().await.expect("hung up");
        if event[1]["n"] == "end" {
            break;
        }
        assert_eq!(event[1]["n"], next, "a gap after it came back");
        next += 1;
    }
    eprintln!("{next} of {PUSHES} were accepted");
    target.withstood().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_never_get_anywhere_keep_nobody_out() {
    let target = Target::start(OPEN).await;
    let host = target.addr();
    let mut held = Vec::new();
    let (whole, half) = (upgrade(host, SOCKET, ""), "GET /socket.io/?EIO=4&transport=web");
    // Nothing at all, half a request, a request that is upgraded and then silent.
    for bytes in ["", half, &whole] {
        for _ in 0..200 {
            let mut stream = TcpStream::connect(host).await.unwrap();
            stream.write_all(bytes.as_bytes()).await.unwrap();
            held.push(stream);
        }
    }
    // Bodies that come byte by byte, to sessions that nobody polls.
    for _ in 0..200 {
        let sid = polling(&target).await;
        let mut stream = TcpStream::connect(host).await.unwrap();
        let head = format!(
            "POST {POLL}&sid={sid} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\n4"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    for round in 0..20 {
        for stream in held.iter_mut().rev().take(200) {
            // The daemon may have had enough of it.
            let _ = stream.write_all(b"2").await;
        }
        timeout(PATIENCE, target.serves(&format!("round-{round}"))).await.expect("kept out");
    }
    // Cut off without a word, as a cable does.
    for stream in held {
        let _ = stream.set_zero_linger();
    }
    target.withstood().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_nobody_polls_end() {
    let target = Target::start(
        "[hub]\nping_interval_ms = 300\nping_timeout_ms = 200\nconnect_timeout_ms = 1000\n",
    )
    .await;
    let sids = stream::iter(0..300).map(|_| polling(&target)).buffer_unordered(20);
    let sids: Vec<String> = sids.collect().await;
    for sid in sids {
        let url = format!("{}{POLL}&sid={sid}", target.url());
        // A poll is answered with what is pending, a ping or the end; never with a pong from here.
        let ended = async {
            loop {
                let reply = target.serve.house.http.get(&url).send().await.unwrap();
                let (status, text) = (reply.status(), reply.text().await.unwrap());
                if status == 400 && text.contains("Session ID unknown") {
                    return;
                }
            }
        };
        timeout(Duration::from_secs(60), ended).await.expect("a session that never ends");
    }
    target.withstood().await;
}

/// Opens a session over polling; its id.
async fn polling(target: &Target) -> String {
    let url = format!("{}{POLL}", target.url());
    let open = target.serve.house.http.get(url).send().await.unwrap().text().await.unwrap();
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    open["sid"].as_str().unwrap().to_owned()
}
