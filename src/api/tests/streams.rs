use super::*;
use crate::{
    hub::{follow, tail, ws},
    judge::{Audience, Channel, Event, NewMessage},
    ledger::Cursor,
};
use axum::{extract::WebSocketUpgrade, routing::any};
use futures_util::{SinkExt, Stream, StreamExt, stream};
use std::{collections::HashMap, sync::atomic::Ordering, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, protocol::frame::coding::CloseCode},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(addr: SocketAddr, path: &str) -> Socket {
    connect_async(format!("ws://{addr}{path}")).await.unwrap().0
}

/// What came over a socket next.
#[derive(Debug, PartialEq)]
enum Came {
    Event(Box<Event>),
    Close(u16, String),
}

async fn next(socket: &mut Socket) -> Came {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return Came::Event(serde_json::from_str(&text).unwrap()),
            Message::Close(frame) => {
                let frame = frame.unwrap();
                return Came::Close(frame.code.into(), frame.reason.to_string());
            }
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn event(socket: &mut Socket) -> Event {
    match next(socket).await {
        Came::Event(event) => *event,
        Came::Close(code, reason) => panic!("closed with {code} {reason}"),
    }
}

fn closed(code: CloseCode, reason: &str) -> Came {
    Came::Close(code.into(), reason.into())
}

fn events(id: SubmissionId) -> String {
    format!("/api/v1/submissions/{id}/events")
}

/// Small numbers in an order that looks random and is always the same.
fn dice() -> impl FnMut(u64) -> u64 {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    move |sides| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % sides
    }
}

#[tokio::test]
async fn a_page_is_what_is_there_now() {
    let house = House::new();
    let id = house.submission("ada").await;
    house.submission("bob").await;
    house.ledger.record(id, (0..1500).map(numbered));
    let data = house.get(&events(id)).await.data(200);
    assert_eq!(data["events"].as_array().unwrap().len(), 1000);
    assert_eq!(data["next"], 1000);
    assert_eq!(data["events"][0]["type"], "queued");
    let data = house.get(&format!("{}?after=1500", events(id))).await.data(200);
    assert_eq!((data["events"].as_array().unwrap().len(), &data["next"]), (1, &1501.into()));
    let data = house.get(&format!("{}?after=9999", events(id))).await.data(200);
    assert_eq!(data, serde_json::json!({"events": [], "next": 9999}));

    let data = house.get("/api/v1/events?user=bob").await.data(200);
    assert_eq!(data["events"].as_array().unwrap().len(), 1);
    assert_eq!(data["next"], data["events"][0]["pos"]);
    let data = house.get("/api/v1/events?after=3&user=").await.data(200);
    assert_eq!(data["events"][0]["submission"], "2");
    for bad in ["x", "-1", "1.5", "99999999999999999999"] {
        for path in [events(id), "/api/v1/events".to_owned()] {
            let answer = house.get(&format!("{path}?after={bad}")).await;
            assert_eq!(answer.blamed(400, "validation"), ["after"]);
        }
    }
}

/// Reads one submission over sockets that are dropped and opened again at any moment.
async fn read_with_reconnects(addr: SocketAddr, id: SubmissionId, total: u64) -> Vec<u64> {
    let mut dice = dice();
    let mut seen = Vec::new();
    loop {
        let after = seen.last().copied().unwrap_or(0);
        let mut socket = connect(addr, &format!("{}?after={after}", events(id))).await;
        for _ in 0..dice(90) {
            match next(&mut socket).await {
                Came::Event(event) => seen.push(event.seq),
                close @ Came::Close(..) => {
                    assert_eq!(close, closed(CloseCode::Normal, "end"));
                    assert_eq!(seen.len() as u64, total);
                    return seen;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_then_live_without_loss_or_repeat() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let other = house.submission("bob").await;
    let ledger = house.ledger.clone();
    let writer = tokio::spawn(async move {
        let mut dice = dice();
        for n in 0..1000 {
            ledger.record(id, [numbered(n)]);
            ledger.record(other, [numbered(n)]);
            if dice(3) == 0 {
                tokio::task::yield_now().await;
            }
        }
        ledger.end(id, outcome(Verdict::Accepted));
    });
    let shutdown = house.app.shutdown.clone();
    let wide = tail(house.ledger.clone(), Cursor::All { after: 0 }, shutdown.clone());
    let user = Cursor::User { user: "bob".into(), after: 0 };
    let users = tail(house.ledger.clone(), user, shutdown);
    let read = async |events, count| -> Vec<Event> {
        let events = Box::pin(events) as stream::BoxStream<Result<Event, _>>;
        events.take(count).map(Result::unwrap).collect().await
    };
    let (seen, wide, users, done) = tokio::join!(
        read_with_reconnects(addr, id, 1002),
        read(wide.boxed(), 2003),
        read(users.boxed(), 1001),
        writer
    );
    done.unwrap();
    assert_eq!(seen, (1..=1002).collect::<Vec<_>>());
    assert!(wide.windows(2).all(|pair| pair[0].pos < pair[1].pos));
    assert_eq!(wide.len(), 2003);
    assert!(users.iter().zip(1..).all(|(event, seq)| event.user == "bob" && event.seq == seq));
}

#[tokio::test]
async fn a_stream_ends_when_the_submission_rests_and_only_then() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let mut socket = connect(addr, &events(id)).await;
    assert_eq!(event(&mut socket).await.body, house_queued());
    // A wake-up without news sends nothing.
    house.ledger.wake();
    house.ledger.end(id, outcome(Verdict::WrongAnswer));
    assert_eq!(event(&mut socket).await.seq, 2);
    assert_eq!(next(&mut socket).await, closed(CloseCode::Normal, "end"));
    assert!(socket.next().await.is_none());

    // A reader that has seen the final event gets the end at once; one beyond it waits.
    let mut seen = connect(addr, &format!("{}?after=2", events(id))).await;
    assert_eq!(next(&mut seen).await, closed(CloseCode::Normal, "end"));
    let mut beyond = connect(addr, &format!("{}?after=4", events(id))).await;

    // Queued again: the old final event does not end the stream.
    house.ledger.rejudge(id).await.unwrap();
    let mut socket = connect(addr, &events(id)).await;
    let mut late = connect(addr, &format!("{}?after=2", events(id))).await;
    for seq in 1..=3 {
        assert_eq!(event(&mut socket).await.seq, seq);
    }
    assert_eq!(event(&mut late).await.seq, 3);
    house.ledger.cancel(id).await.unwrap();
    for socket in [&mut socket, &mut late] {
        assert_eq!(event(socket).await.body, EventBody::Cancelled);
        assert_eq!(next(socket).await, closed(CloseCode::Normal, "end"));
    }
    house.ledger.rejudge(id).await.unwrap();
    assert_eq!(event(&mut beyond).await.seq, 5);
}

fn house_queued() -> EventBody {
    EventBody::Queued { problem: None, language: "c".into(), source_bytes: 12 }
}

#[tokio::test]
async fn a_rejudge_between_the_end_and_the_look_is_seen() {
    let house = House::new();
    let id = house.submission("ada").await;
    house.ledger.end(id, outcome(Verdict::Accepted));
    let mut events = follow(house.ledger.clone(), id, 0, house.app.shutdown.clone()).boxed();
    for seq in 1..=2 {
        assert_eq!(events.next().await.unwrap().unwrap().seq, seq);
    }
    house.ledger.rejudge(id).await.unwrap();
    house.ledger.end(id, outcome(Verdict::Accepted));
    for seq in 3..=4 {
        assert_eq!(events.next().await.unwrap().unwrap().seq, seq);
    }
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_unknown_submission_is_refused_before_the_upgrade() {
    let house = House::new();
    let addr = house.serve().await;
    for (path, status) in [
        ("/api/v1/submissions/7/events", 404),
        ("/api/v1/submissions/x/events", 404),
        ("/api/v1/events?after=x", 400),
    ] {
        let refused = connect_async(format!("ws://{addr}{path}")).await.unwrap_err();
        let tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
        assert_eq!(response.status(), status);
        let body: Value = serde_json::from_slice(response.body().as_deref().unwrap()).unwrap();
        assert_eq!(body["success"], false);
    }
    let mut broken = request("GET", "/api/v1/events", "");
    broken.headers_mut().insert("upgrade", "websocket".parse().unwrap());
    house.send(broken).await.error(400, "bad_request");
}

#[tokio::test]
async fn shutdown_closes_every_stream() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let mut sockets = vec![
        connect(addr, &events(id)).await,
        connect(addr, "/api/v1/events").await,
        connect(addr, "/api/v1/events?user=ada").await,
    ];
    for socket in &mut sockets {
        assert_eq!(event(socket).await.seq, 1);
    }
    let sse = sse(addr, &events(id), &[]).await;
    let text = tokio::spawn(sse.text());
    house.app.shutdown.cancel();
    for mut socket in sockets {
        assert_eq!(next(&mut socket).await, closed(CloseCode::Away, "daemon stops"));
    }
    let text = text.await.unwrap().unwrap();
    assert!(!text.contains("event: end"), "{text}");
    // Each was told before the tracker lets the daemon go.
    house.app.sockets.close();
    house.app.sockets.wait().await;
}

#[tokio::test]
async fn what_came_before_the_shutdown_is_told() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let paths = [events(id), "/api/v1/events".to_owned()];
    let mut sockets = [connect(addr, &paths[0]).await, connect(addr, &paths[1]).await];
    for socket in &mut sockets {
        assert_eq!(event(socket).await.seq, 1);
    }
    let sse = tokio::spawn(sse(addr, &paths[1], &[]).await.text());
    house.ledger.end(id, outcome(Verdict::Accepted));
    house.app.shutdown.cancel();
    for mut socket in sockets {
        assert_eq!(event(&mut socket).await.seq, 2);
        assert_eq!(next(&mut socket).await, closed(CloseCode::Away, "daemon stops"));
    }
    let text = sse.await.unwrap().unwrap();
    assert!(text.contains("event: finished"), "{text}");
}

#[tokio::test]
async fn a_failing_ledger_is_told() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let mut socket = connect(addr, "/api/v1/events").await;
    assert_eq!(event(&mut socket).await.seq, 1);
    let text = tokio::spawn(sse(addr, &events(id), &[]).await.text());
    house.ledger.broken.store(true, Ordering::SeqCst);
    house.ledger.wake();
    let Came::Close(code, _) = next(&mut socket).await else { panic!("an event") };
    assert_eq!(code, u16::from(CloseCode::Error));
    let text = text.await.unwrap().unwrap();
    assert!(text.contains("event: error\n") && !text.contains("event: end"), "{text}");
}

#[tokio::test]
async fn what_clients_say_is_ignored_up_to_a_bound() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let mut socket = connect(addr, &events(id)).await;
    assert_eq!(event(&mut socket).await.seq, 1);
    socket.send(Message::text("x".repeat(60_000))).await.unwrap();
    socket.send(Message::binary(vec![0; 100])).await.unwrap();
    socket.send(Message::Ping("hello".into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong("hello".into()));
    house.ledger.record(id, [requeued("still there")]);
    assert_eq!(event(&mut socket).await.seq, 2);
    // The server may hang up before all of it is sent.
    let _ = socket.send(Message::text("x".repeat(70_000))).await;
    assert!(!matches!(socket.next().await, Some(Ok(Message::Text(_)))));
}

#[tokio::test]
async fn a_client_that_says_goodbye_is_answered() {
    let house = House::new();
    let addr = house.serve().await;
    let mut socket = connect(addr, "/api/v1/events").await;
    socket.close(None).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    assert!(socket.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_slows_only_itself_and_loses_nothing() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let mut slow = connect(addr, &events(id)).await;
    let mut fast = connect(addr, &events(id)).await;
    let long = "x".repeat(50_000);
    // Far more than the system's socket buffers hold.
    for _ in 0..4 {
        house.ledger.record(id, (0..100).map(|_| requeued(&long)));
    }
    house.ledger.end(id, outcome(Verdict::Accepted));
    for reader in [&mut fast, &mut slow] {
        for seq in 1..=402 {
            assert_eq!(event(reader).await.seq, seq);
        }
        assert_eq!(next(reader).await, closed(CloseCode::Normal, "end"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_does_not_wait_for_a_reader_that_stalls() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    let long = "x".repeat(50_000);
    house.ledger.record(id, (0..400).map(|_| requeued(&long)));
    let mut stalled = connect(addr, &events(id)).await;
    assert_eq!(event(&mut stalled).await.seq, 1);
    house.app.shutdown.cancel();
    house.app.sockets.close();
    house.app.sockets.wait().await;
    // It gets what was on the way, and then the end in one form or another.
    let mut last = 1;
    while let Some(Ok(message)) = stalled.next().await {
        if let Message::Text(text) = message {
            let event: Event = serde_json::from_str(&text).unwrap();
            last += 1;
            assert_eq!(event.seq, last);
        }
    }
    assert!(last < 401, "{last} events came after the shutdown");
}

/// Serves endless silence over sockets with this pulse.
async fn silence(pulse: ws::Pulse) -> SocketAddr {
    let upgrade = async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |socket| {
            let end = CancellationToken::new();
            let ended = ws::serve(socket, stream::pending(), end, pulse).await;
            assert!(matches!(ended, ws::Ended::Left | ws::Ended::Cut("ping timeout")), "{ended:?}");
        })
    };
    serve(Router::new().route("/", any(upgrade))).await
}

#[tokio::test]
async fn peers_are_pinged() {
    let (ping, silence_max) = (Duration::from_millis(1), Duration::from_secs(600));
    let addr = silence(ws::Pulse { ping, silence: silence_max }).await;
    let mut socket = connect(addr, "/").await;
    for _ in 0..5 {
        assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
    }
}

#[tokio::test]
async fn a_peer_that_does_not_answer_is_dropped() {
    let (ping, silence_max) = (Duration::from_millis(20), Duration::from_secs(2));
    let addr = silence(ws::Pulse { ping, silence: silence_max }).await;
    let socket = connect(addr, "/").await;
    // Reads the bytes without answering any ping; the end of them is what is waited for.
    let MaybeTlsStream::Plain(mut bytes) = socket.into_inner() else { panic!("no TLS here") };
    let mut all = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut bytes, &mut all).await;
    assert!(all.starts_with(&[0x89, 0]), "pings came first: {all:?}");
}

async fn sse(addr: SocketAddr, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let mut request = client.get(format!("http://{addr}{path}"));
    request = request.header("accept", "text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// Reads server-sent events as a browser does: the fields of each, by name.
fn messages(
    response: reqwest::Response,
) -> impl Stream<Item = HashMap<String, String>> + Unpin + Send {
    let state = (response.bytes_stream().boxed(), String::new());
    Box::pin(stream::unfold(state, |(mut bytes, mut text)| async move {
        loop {
            if let Some(end) = text.find("\n\n") {
                let message: String = text.drain(..end + 2).collect();
                let fields = message.lines().filter_map(|line| line.split_once(": "));
                let fields: HashMap<_, _> =
                    fields.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
                // Without data it is no event: what a stream says first of itself.
                if !fields.contains_key("data") {
                    continue;
                }
                return Some((fields, (bytes, text)));
            }
            text += std::str::from_utf8(&bytes.next().await?.unwrap()).unwrap();
        }
    }))
}

#[tokio::test]
async fn server_sent_events_go_on_after_the_last_id() {
    let house = House::new();
    let addr = house.serve().await;
    let id = house.submission("ada").await;
    house.ledger.record(id, (0..5).map(numbered));
    let response = sse(addr, &events(id), &[]).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut all = messages(response);
    for seq in 1..=6 {
        let message = all.next().await.unwrap();
        assert_eq!(message["id"], seq.to_string());
        assert_eq!(message["event"], if seq == 1 { "queued" } else { "requeued" });
        let event: Event = serde_json::from_str(&message["data"]).unwrap();
        assert_eq!(event.seq, seq);
    }
    house.ledger.end(id, outcome(Verdict::Accepted));
    assert_eq!(all.next().await.unwrap()["event"], "finished");
    let end = all.next().await.unwrap();
    assert_eq!((end["event"].as_str(), end["data"].as_str()), ("end", "{}"));
    assert!(!end.contains_key("id"));
    assert!(all.next().await.is_none());

    for (query, last, first) in [
        ("", "4", "5"),
        ("?after=2", "4", "5"),
        ("?after=4", "2", "5"),
        ("?after=4", "", "5"),
        ("?after=0", "0", "1"),
    ] {
        let path = format!("{}{query}", events(id));
        let mut rest = messages(sse(addr, &path, &[("last-event-id", last)]).await);
        assert_eq!(rest.next().await.unwrap()["id"], first);
    }
    // Nothing is left: only the end comes, so that a browser that connects again can stop.
    let text = sse(addr, &events(id), &[("last-event-id", "7")]).await.text().await.unwrap();
    let (first, rest) = text.split_once("\n\n").unwrap();
    let retry: u64 = first.strip_prefix("retry:").unwrap().trim().parse().unwrap();
    assert!((500..2500).contains(&retry), "{retry}");
    assert_eq!(rest, "event: end\ndata: {}\n\n");
}

#[tokio::test]
async fn a_last_event_id_must_be_a_number() {
    let house = House::new();
    let id = house.submission("ada").await;
    for path in [events(id), "/api/v1/events".to_owned()] {
        for bad in ["x", "-1", "1.0", "é"] {
            let mut request = request("GET", &path, "");
            let headers = request.headers_mut();
            headers.insert("accept", "text/html, text/event-stream;q=0.9".parse().unwrap());
            headers.insert("last-event-id", bad.parse().unwrap());
            let answer = house.send(request).await;
            assert_eq!(answer.blamed(400, "validation"), ["Last-Event-ID"]);
        }
        // It means nothing to the other forms.
        let mut page = request("GET", &path, "");
        page.headers_mut().insert("last-event-id", "x".parse().unwrap());
        house.send(page).await.data(200);
    }
}

#[tokio::test]
async fn wide_streams_carry_places() {
    let house = House::new();
    let addr = house.serve().await;
    let place = |pos: u64| format!("{}:{pos}", house.ledger.epoch());
    let (ada, bob) = (house.submission("ada").await, house.submission("bob").await);
    let mut wide = messages(sse(addr, "/api/v1/events", &[]).await);
    let mut bobs = messages(sse(addr, "/api/v1/events?user=bob", &[]).await);
    assert_eq!(wide.next().await.unwrap()["id"], place(3));
    assert_eq!(wide.next().await.unwrap()["id"], place(6));
    assert_eq!(bobs.next().await.unwrap()["id"], place(6));
    house.ledger.end(ada, outcome(Verdict::Accepted));
    house.ledger.end(bob, outcome(Verdict::Accepted));
    assert_eq!(wide.next().await.unwrap()["id"], place(9));
    assert_eq!(bobs.next().await.unwrap()["id"], place(12));
    // With the log's name or without it, in the header, in the address, or in both: the later counts.
    for (query, last) in [
        (String::new(), "9".to_owned()),
        (String::new(), place(9)),
        (place(9), String::new()),
        ("9".to_owned(), String::new()),
        (place(3), place(9)),
        (place(9), place(3)),
        ("3".to_owned(), place(9)),
    ] {
        let path = format!("/api/v1/events?after={query}");
        let mut rest = messages(sse(addr, &path, &[("last-event-id", &last)]).await);
        assert_eq!(rest.next().await.unwrap()["id"], place(12), "{query} {last}");
    }
    let data = house.get(&format!("/api/v1/events?after={}", place(6))).await.data(200);
    assert_eq!((&data["next"], &data["place"]), (&12.into(), &place(12).into()));
    assert_eq!(data["events"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_users_log_has_messages_among_the_events() {
    let house = House::new();
    let addr = house.serve().await;
    let ada = house.submission("ada").await;
    let new = |to: Audience, payload: &str| NewMessage {
        to,
        channel: Channel::Push,
        topic: "greeting".into(),
        payload: payload.into(),
    };
    let messages_sent = vec![
        new(Audience::User("ada".into()), r#"{"z":1,"a":[2.50]}"#),
        new(Audience::User("bob".into()), "2"),
        new(Audience::Everyone, "3"),
    ];
    let posted = house.ledger.post(messages_sent).await.unwrap();
    house.ledger.end(ada, outcome(Verdict::Accepted));
    let data = house.get("/api/v1/events?user=ada").await.data(200);
    let kinds: Vec<_> = data["events"].as_array().unwrap().iter().map(|e| &e["type"]).collect();
    assert_eq!(kinds, ["queued", "message", "message", "finished"]);
    assert_eq!(data["events"][1]["pos"], posted[0]);
    assert_eq!(data["events"][2].get("user"), None);

    let mut log = messages(sse(addr, "/api/v1/events?user=ada", &[]).await);
    assert_eq!(log.next().await.unwrap()["event"], "queued");
    let sent = log.next().await.unwrap();
    assert_eq!(sent["event"], "message");
    // The payload is as it was sent: its keys in their order, its numbers as they were written.
    assert!(sent["data"].ends_with(r#""payload":{"z":1,"a":[2.50]}}"#), "{}", sent["data"]);
    assert_eq!(log.next().await.unwrap()["id"], format!("{}:{}", house.ledger.epoch(), posted[2]));
    assert_eq!(log.next().await.unwrap()["event"], "finished");
    // Live as well, and the journal alone has no messages.
    house.ledger.post(vec![new(Audience::Everyone, "4")]).await.unwrap();
    assert_eq!(log.next().await.unwrap()["event"], "message");
    let all = house.get("/api/v1/events").await.data(200);
    assert!(all["events"].as_array().unwrap().iter().all(|event| event["type"] != "message"));
}

#[tokio::test]
async fn a_place_that_is_not_known_is_answered() {
    let house = House::new();
    let addr = house.serve().await;
    house.submission("ada").await;
    let (own, beginning) = (house.ledger.epoch(), format!("{}:0", house.ledger.epoch()));
    for (after, word) in [
        ("ffffffffffffffff:3".to_owned(), "another log"),
        (format!("{own}:4"), "after the last place"),
        ("4".to_owned(), "after the last place"),
    ] {
        for user in ["", "ada"] {
            let path = format!("/api/v1/events?user={user}&after={after}");
            let error = house.get(&path).await.error(410, "unknown_place");
            assert!(error["fields"][0]["message"].as_str().unwrap().contains(word), "{error}");

            let mut stream = messages(sse(addr, &path, &[]).await);
            let reset = stream.next().await.unwrap();
            assert_eq!((&reset["event"], &reset["id"]), (&"reset".to_owned(), &beginning));
            let data: Value = serde_json::from_str(&reset["data"]).unwrap();
            assert_eq!(data["after"], beginning);
            assert!(data["reason"].as_str().unwrap().contains(word), "{data}");
            assert_eq!(stream.next().await.unwrap()["event"], "queued");

            let mut socket = connect(addr, &path).await;
            let Message::Text(text) = socket.next().await.unwrap().unwrap() else { panic!() };
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), data);
            assert_eq!(event(&mut socket).await.seq, 1);
        }
    }
    // The last place of all is known, and nothing follows it yet.
    let data = house.get(&format!("/api/v1/events?after={own}:3")).await.data(200);
    assert_eq!((&data["events"], &data["next"]), (&serde_json::json!([]), &3.into()));
    for bad in ["x:", ":3", "a:-1", "a:01"] {
        let answer = house.get(&format!("/api/v1/events?after={bad}")).await;
        assert_eq!(answer.blamed(400, "validation"), ["after"]);
    }
}
