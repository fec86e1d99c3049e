//! Engine.IO and Socket.IO as they are on the wire: everything that the official protocol suites check, and what
//! they leave out. By hand, over HTTP and `WebSockets`, against the server of `sonocode serve --protocol-suite`.

use crate::house::PATIENCE;
use axum::serve::ListenerExt;
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sonocode::hub::{socketio::Settings, suite};
use std::{net::SocketAddr, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Bytes, Message,
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server with the suites' namespaces; it ends with this.
struct Server {
    addr: SocketAddr,
    http: reqwest::Client,
    shutdown: CancellationToken,
    _end: DropGuard,
}

impl Server {
    /// Patient: what is not about heartbeats must not fail on a slow machine.
    async fn start() -> Self {
        Self::with(|settings| {
            settings.engine.ping_interval = PATIENCE;
            settings.engine.ping_timeout = PATIENCE;
            settings.connect_timeout = PATIENCE;
        })
        .await
    }

    /// With the suites' settings, changed.
    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let shutdown = CancellationToken::new();
        let mut settings = suite::settings(shutdown.clone());
        change(&mut settings);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let app = suite::router(settings).into_make_service_with_connect_info::<SocketAddr>();
        let ended = shutdown.clone().cancelled_owned();
        // As the daemon has it: an event is small and must not wait for another.
        let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
        tokio::spawn(async { axum::serve(listener, app).with_graceful_shutdown(ended).await });
        let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
        Self { addr, http, _end: shutdown.clone().drop_guard(), shutdown }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> (u16, String) {
        let sent = self.http.request(method, self.url(path)).body(body).send();
        let reply = timeout(PATIENCE, sent).await.expect("no answer").unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask(Method::GET, path, "").await
    }

    /// A session that polls, at `/engine.io/` or `/socket.io/`.
    async fn poll(&self, path: &str) -> Poller<'_> {
        let (status, open) = self.get(&format!("{path}?EIO=4&transport=polling")).await;
        assert_eq!(status, 200, "{open}");
        let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        let sid = open["sid"].as_str().unwrap().to_owned();
        Poller {
            server: self,
            query: format!("{path}?EIO=4&transport=polling&sid={sid}"),
            sid,
            open,
        }
    }

    /// A WebSocket; its first packet is not read yet.
    async fn socket(&self, path: &str) -> Option<Socket> {
        let url = format!("ws://{}{path}", self.addr);
        let (socket, _) = connect_async(url).await.ok()?;
        Some(Socket(socket))
    }

    /// An Engine.IO session over a WebSocket, its handshake read.
    async fn engine(&self) -> Socket {
        let mut socket = self.socket("/engine.io/?EIO=4&transport=websocket").await.unwrap();
        assert!(socket.text().await.starts_with("0{"));
        socket
    }

    /// A Socket.IO client in `/`, everything of its beginning read.
    async fn client(&self) -> Socket {
        let mut socket = self.socket("/socket.io/?EIO=4&transport=websocket").await.unwrap();
        assert!(socket.text().await.starts_with("0{"));
        socket.send("40").await;
        assert!(socket.text().await.starts_with("40{\"sid\":\""));
        assert_eq!(socket.text().await, r#"42["auth",{}]"#);
        socket
    }
}

/// A session that polls.
struct Poller<'s> {
    server: &'s Server,
    query: String,
    sid: String,
    open: Value,
}

impl Poller<'_> {
    async fn get(&self) -> (u16, String) {
        self.server.get(&self.query).await
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        self.server.ask(Method::POST, &self.query, body).await
    }

    async fn is_gone(&self) {
        let gone = r#"{"code":1,"message":"Session ID unknown"}"#;
        assert_eq!(self.get().await, (400, gone.to_owned()));
    }

    /// A WebSocket that was answered a probe.
    async fn probed(&self) -> Socket {
        let path = self.query.replace("polling", "websocket");
        let mut socket = self.server.socket(&path).await.unwrap();
        socket.send("2probe").await;
        assert_eq!(socket.text().await, "3probe");
        socket
    }
}

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message; `None` at the end.
    async fn next(&mut self) -> Option<Message> {
        match timeout(PATIENCE, self.0.next()).await.expect("nothing comes") {
            None | Some(Ok(Message::Close(_)) | Err(_)) => None,
            Some(Ok(message)) => Some(message),
        }
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("{other:?} instead of a text"),
        }
    }

    async fn bytes(&mut self) -> Vec<u8> {
        match self.next().await {
            Some(Message::Binary(bytes)) => bytes.to_vec(),
            other => panic!("{other:?} instead of bytes"),
        }
    }

    /// Reads to the end, which must come; what was read before it.
    async fn end(&mut self) -> Vec<Message> {
        let mut read = Vec::new();
        while let Some(message) = self.next().await {
            read.push(message);
        }
        read
    }

    /// Waits for the closing handshake; its code and words.
    async fn farewell(&mut self) -> (u16, String) {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("nothing comes") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {}
                other => panic!("{other:?} instead of a farewell"),
            }
        }
    }
}

const BOTH: [&str; 2] = ["/engine.io/", "/socket.io/"];

#[tokio::test]
async fn a_handshake_tells_the_settings() {
    let server = Server::with(|_| {}).await;
    for path in BOTH {
        let poller = server.poll(path).await;
        let mut socket = server.socket(&format!("{path}?EIO=4&transport=websocket")).await.unwrap();
        let over_socket = socket.text().await;
        let over_socket: Value =
            serde_json::from_str(over_socket.strip_prefix('0').unwrap()).unwrap();
        for (open, upgrades) in [(&poller.open, "[\"websocket\"]"), (&over_socket, "[]")] {
            let keys: Vec<&String> = open.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
            assert_eq!(open["upgrades"].to_string(), upgrades);
            assert_eq!((&open["pingInterval"], &open["pingTimeout"]), (&300.into(), &200.into()));
            assert_eq!(open["maxPayload"], 1_000_000);
            assert_eq!(open["sid"].as_str().unwrap().len(), 20);
        }
        assert_ne!(poller.sid, over_socket["sid"].as_str().unwrap());
    }
}

#[tokio::test]
async fn a_handshake_against_the_rules_is_refused_with_a_code() {
    let server = Server::start().await;
    for path in BOTH {
        for (method, query, code, message) in [
            (Method::GET, "?transport=polling", 5, "Unsupported protocol version"),
            (Method::GET, "?EIO=abc&transport=polling", 5, "Unsupported protocol version"),
            (Method::GET, "?EIO=3&transport=polling", 5, "Unsupported protocol version"),
            (Method::GET, "?EIO=4", 0, "Transport unknown"),
            (Method::GET, "?EIO=4&transport=abc", 0, "Transport unknown"),
            (Method::POST, "?EIO=4&transport=polling", 2, "Bad handshake method"),
            (Method::PUT, "?EIO=4&transport=polling", 2, "Bad handshake method"),
            (Method::GET, "?EIO=4&transport=websocket", 3, "Bad request"),
            (Method::GET, "?EIO=4&transport=polling&sid=unknown", 1, "Session ID unknown"),
            (Method::POST, "?EIO=4&transport=polling&sid=unknown", 1, "Session ID unknown"),
        ] {
            let reply = server.ask(method.clone(), &format!("{path}{query}"), "").await;
            let body = format!(r#"{{"code":{code},"message":"{message}"}}"#);
            assert_eq!(reply, (400, body), "{method} {path}{query}");
        }
        for query in [
            "?transport=websocket",
            "?EIO=abc&transport=websocket",
            "?EIO=4",
            "?EIO=4&transport=abc",
        ] {
            assert!(server.socket(&format!("{path}{query}")).await.is_none(), "{query}");
        }
        let (status, _) =
            server.ask(Method::OPTIONS, &format!("{path}?EIO=4&transport=polling"), "").await;
        assert_eq!(status, 204);
    }
}

#[tokio::test]
async fn what_is_posted_is_polled() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    for body in ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "4", "4h\u{e9}"] {
        assert_eq!(poller.post(body).await, (200, "ok".to_owned()));
        assert_eq!(poller.get().await, (200, body.to_owned()));
    }
    let reply = server.http.post(server.url(&poller.query)).body("4x").send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "text/html");
    let reply = server.http.get(server.url(&poller.query)).send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "text/plain; charset=UTF-8");
    assert_eq!(reply.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_request_is_held_until_there_is_something() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    let post = async {
        // The held request comes first or second: both are right.
        tokio::task::yield_now().await;
        poller.post("4late").await
    };
    let (polled, posted) = tokio::join!(poller.get(), post);
    assert_eq!((polled, posted.0), ((200, "4late".to_owned()), 200));
}

#[tokio::test]
async fn a_request_that_is_sent_again_gets_its_reply_again() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    let poll = async |mark: &str| server.get(&format!("{}&t={mark}", poller.query)).await;
    let reply = |text: &str| (200, text.to_owned());
    assert_eq!(poller.post("4one").await.0, 200);
    assert_eq!(poll("a").await, reply("4one"));
    assert_eq!(poller.post("4two").await.0, 200);
    // As if the reply had been lost: libraries send such a request once more, with the same mark.
    assert_eq!(poll("a").await, reply("4one"));
    assert_eq!(poll("b").await, reply("4two"));
    // While it is held as well: it is the same request, not a second one.
    let held = server.url(&format!("{}&t=c", poller.query));
    let path = held.strip_prefix("http://").and_then(|url| url.split_once('/')).unwrap().1;
    let mut first = TcpStream::connect(server.addr).await.unwrap();
    first.write_all(format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let post = async {
        tokio::task::yield_now().await;
        poller.post("4three").await
    };
    let (again, posted) = tokio::join!(poll("c"), post);
    assert_eq!((again, posted.0), (reply("4three"), 200));
    // Without a mark nobody can tell.
    assert_eq!(poller.post("4four").await.0, 200);
    assert_eq!(poller.get().await, reply("4four"));
}

#[tokio::test]
async fn a_reply_has_as_many_packets_as_every_client_takes() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    let sent: Vec<String> = (0..40).map(|number| format!("4{number}")).collect();
    assert_eq!(poller.post(sent.join("\x1e")).await.0, 200);
    let mut polled = Vec::new();
    while polled.len() < sent.len() {
        let (_, reply) = poller.get().await;
        let packets: Vec<_> = reply.split('\x1e').map(str::to_owned).collect();
        assert!(packets.len() <= 16, "{reply}");
        polled.extend(packets);
    }
    assert_eq!(polled, sent);
}

#[tokio::test]
async fn a_session_ends_with_a_request_that_cannot_be_read() {
    let server = Server::start().await;
    for body in [&b"abc"[..], b"", b"4a\x1e", b"b*", b"\xff", b"4a\x1e7"] {
        let poller = server.poll("/engine.io/").await;
        assert_eq!(poller.post(body.to_vec()).await.0, 400, "{body:?}");
        poller.is_gone().await;
    }
}

#[tokio::test]
async fn a_payload_has_a_bound() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    let (mut most, mut more) = ("4".repeat(1_000_000), "4".repeat(1_000_001));
    assert_eq!(poller.post(more.clone()).await.0, 413);
    // Without a length that is announced too.
    more.push('x');
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(more)]);
    assert_eq!(poller.post(reqwest::Body::wrap_stream(chunks)).await.0, 413);
    assert_eq!(poller.post(most.clone()).await.0, 200);
    assert_eq!(poller.get().await, (200, most.clone()));
    let mut socket = server.engine().await;
    socket.send(&most).await;
    assert_eq!(socket.text().await, most);
    most.push('4');
    socket.send(&most).await;
    socket.end().await;
}

#[tokio::test]
async fn a_second_request_of_a_kind_ends_the_session() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    let (first, second) = tokio::join!(poller.get(), poller.get());
    let (held, refused) = if first.0 == 200 { (first, second) } else { (second, first) };
    assert_eq!((held, refused.0), ((200, "1".to_owned()), 400));
    poller.is_gone().await;
    // A request that sends and never ends, and another.
    let poller = server.poll("/engine.io/").await;
    let mut slow = TcpStream::connect(server.addr).await.unwrap();
    let head = format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n4", poller.query);
    slow.write_all(head.as_bytes()).await.unwrap();
    // Until the server has seen the first, the second is served.
    while poller.post("4x").await.0 == 200 {
        assert_eq!(poller.get().await.0, 200);
    }
    poller.is_gone().await;
}

#[tokio::test]
async fn a_held_request_that_is_given_up_ends_the_session() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    let mut held = TcpStream::connect(server.addr).await.unwrap();
    held.write_all(format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", poller.query).as_bytes())
        .await
        .unwrap();
    drop(held);
    // Whether the server takes the next one before it sees the end of the first or after: it ends.
    while poller.get().await.0 == 200 {}
    poller.is_gone().await;
}

#[tokio::test]
async fn messages_over_a_web_socket() {
    let server = Server::start().await;
    let mut socket = server.engine().await;
    for text in ["4hello", "4", "4h\u{e9}\x1e"] {
        socket.send(text).await;
        assert_eq!(socket.text().await, text);
    }
    for bytes in [vec![1_u8, 2, 3, 4], vec![], vec![7; 100_000]] {
        socket.0.send(Message::binary(bytes.clone())).await.unwrap();
        assert_eq!(socket.bytes().await, bytes);
    }
    // In fragments, with a ping of the transport between them.
    let part = |data, kind, last| {
        Message::Frame(Frame::message(Bytes::from_static(data), OpCode::Data(kind), last))
    };
    socket.0.send(part(b"4fra", Data::Text, false)).await.unwrap();
    socket.0.send(Message::Ping(Bytes::from_static(b"?"))).await.unwrap();
    socket.0.send(part(b"gments", Data::Continue, true)).await.unwrap();
    assert_eq!(socket.next().await, Some(Message::Pong(Bytes::from_static(b"?"))));
    assert_eq!(socket.text().await, "4fragments");
    let many: Vec<String> = (0..500).map(|number| format!("4{number}")).collect();
    for text in &many {
        socket.0.feed(Message::text(text)).await.unwrap();
    }
    socket.0.flush().await.unwrap();
    for text in &many {
        assert_eq!(&socket.text().await, text);
    }
}

#[tokio::test]
async fn a_web_socket_ends_with_what_cannot_be_read() {
    let server = Server::start().await;
    for text in ["abc", "", "7", "0{}", "2", "3probe", "5", "1x"] {
        let mut socket = server.engine().await;
        socket.send(text).await;
        assert!(socket.end().await.is_empty(), "{text}");
    }
    let mut socket = server.engine().await;
    socket.0.get_mut().write_all(b"\xff\xff\xff\xff not a frame").await.unwrap();
    assert!(socket.end().await.is_empty());
}

#[tokio::test]
async fn the_server_pings_and_ends_what_is_silent() {
    let server = Server::with(|settings| settings.engine.ping_timeout = PATIENCE).await;
    let poller = server.poll("/socket.io/").await;
    let mut socket = server.engine().await;
    for _ in 0..3 {
        assert_eq!(poller.get().await, (200, "2".to_owned()));
        assert_eq!(poller.post("3").await.0, 200);
        assert_eq!(socket.text().await, "2");
        socket.send("3").await;
    }
    // A pong that nobody asked for is no packet against the rules.
    socket.send("3").await;
    socket.send("4still").await;
    assert!(["2", "4still"].contains(&&*socket.text().await));

    let server = Server::with(|_| {}).await;
    let poller = server.poll("/engine.io/").await;
    let mut socket = server.engine().await;
    assert_eq!(socket.end().await, [Message::text("2")]);
    assert_eq!(poller.get().await.0, 400);
}

#[tokio::test]
async fn a_client_closes() {
    let server = Server::start().await;
    for path in BOTH {
        // Whichever request comes first: a held one is released, one that comes late finds nothing.
        let mut released = false;
        while !released {
            let poller = server.poll(path).await;
            let (held, closed) = tokio::join!(poller.get(), poller.post("1"));
            released = held == (200, "6".to_owned());
            assert!(released || held.0 == 400, "{held:?}");
            assert!([200, 400].contains(&closed.0));
            poller.is_gone().await;
        }
        let mut socket = server.engine().await;
        socket.send("1").await;
        assert!(socket.end().await.is_empty());
    }
}

#[tokio::test]
async fn polling_changes_to_a_web_socket() {
    let server = Server::start().await;
    for path in BOTH {
        let poller = server.poll(path).await;
        let mut socket = poller.probed().await;
        assert_eq!(poller.get().await, (200, "6".to_owned()));
        socket.send("5").await;
        // From here on requests find nothing, and another WebSocket is closed.
        while poller.get().await.0 == 200 {}
        let refused = r#"{"code":3,"message":"Bad request"}"#.to_owned();
        assert_eq!(poller.get().await, (400, refused.clone()));
        assert_eq!(poller.post("4x").await, (400, refused));
        let again = server.socket(&poller.query.replace("polling", "websocket")).await;
        assert!(again.unwrap().end().await.is_empty());
        let (sent, wanted) = if path == "/engine.io/" {
            ("4hello", "4hello".to_owned())
        } else {
            ("40/none,", r#"44/none,{"message":"Invalid namespace"}"#.to_owned())
        };
        socket.send(sent).await;
        assert_eq!(socket.text().await, wanted);
    }
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_reordered_while_the_transport_changes() {
    let server = Server::start().await;
    for round in 0..20 {
        let poller = server.poll("/engine.io/").await;
        let mut polled = Vec::new();
        let mut sent = 0;
        let mut post = async |count: usize| {
            let messages: Vec<String> =
                (sent..sent + count).map(|number| format!("4{number}")).collect();
            sent += count;
            assert_eq!(poller.post(messages.join("\x1e")).await.0, 200);
        };
        post(3).await;
        let mut socket = poller.probed().await;
        post(round % 3 + 1).await;
        let (status, payload) = poller.get().await;
        assert_eq!(status, 200);
        polled.extend(payload.split('\x1e').map(ToOwned::to_owned));
        // What is on its way to a request that does not come any more.
        post(2).await;
        socket.send("5").await;
        socket.send("4last").await;
        while polled.last().is_none_or(|last| last != "4last") {
            polled.push(socket.text().await);
        }
        polled.retain(|packet| packet != "6");
        let mut wanted: Vec<String> = (0..sent).map(|number| format!("4{number}")).collect();
        wanted.push("4last".to_owned());
        assert_eq!(polled, wanted);
    }
}

#[tokio::test]
async fn a_probe_that_fails_leaves_the_session_polling() {
    let server = Server::start().await;
    let poller = server.poll("/engine.io/").await;
    for text in ["2", "3probe", "4x", "5", "abc"] {
        let path = poller.query.replace("polling", "websocket");
        let mut socket = server.socket(&path).await.unwrap();
        socket.send(text).await;
        assert!(socket.end().await.is_empty(), "{text}");
    }
    let mut socket = poller.probed().await;
    // One at a time.
    let second = server.socket(&poller.query.replace("polling", "websocket")).await;
    assert!(second.unwrap().end().await.is_empty());
    socket.send("6").await;
    socket.end().await;
    assert_eq!(poller.post("4hello").await.0, 200);
    let mut polled = poller.get().await;
    while polled.1 == "6" {
        polled = poller.get().await;
    }
    assert_eq!(polled, (200, "4hello".to_owned()));
    let mut socket = poller.probed().await;
    socket.send("5").await;
    socket.send("4changed").await;
    assert_eq!(socket.text().await, "4changed");
}

#[tokio::test]
async fn namespaces_are_joined() {
    let server = Server::start().await;
    for (sent, joined, auth) in [
        ("40", "40{", r#"42["auth",{}]"#),
        (r#"40{"token":"123"}"#, "40{", r#"42["auth",{"token":"123"}]"#),
        ("40/custom,", "40/custom,{", r#"42/custom,["auth",{}]"#),
        ("40/custom", "40/custom,{", r#"42/custom,["auth",{}]"#),
        (r#"40/custom,{"z":1,"a":2}"#, "40/custom,{", r#"42/custom,["auth",{"z":1,"a":2}]"#),
    ] {
        let mut socket = server.socket("/socket.io/?EIO=4&transport=websocket").await.unwrap();
        let open = socket.text().await;
        socket.send(sent).await;
        let reply = socket.text().await;
        assert!(reply.starts_with(joined), "{reply}");
        let reply: Value = serde_json::from_str(&reply[joined.len() - 1..]).unwrap();
        assert_eq!(reply.as_object().unwrap().len(), 1, "{reply}");
        assert!(!open.contains(reply["sid"].as_str().unwrap()), "the ids must differ");
        assert_eq!(socket.text().await, auth);
    }
    let mut socket = server.client().await;
    socket.send("40/random").await;
    assert_eq!(socket.text().await, r#"44/random,{"message":"Invalid namespace"}"#);
    socket.send(r#"42["message"]"#).await;
    assert_eq!(socket.text().await, r#"42["message-back"]"#);
}

#[tokio::test]
async fn an_event_right_behind_connect_is_not_lost() {
    let server = Server::start().await;
    for _ in 0..200 {
        let mut socket = server.socket("/socket.io/?EIO=4&transport=websocket").await.unwrap();
        for text in ["40", r#"42["message",1]"#, r#"42["message",2]"#] {
            socket.0.feed(Message::text(text)).await.unwrap();
        }
        socket.0.flush().await.unwrap();
        let mut heard = Vec::new();
        while heard.len() < 3 {
            heard.extend(socket.text().await.strip_prefix("42").map(ToOwned::to_owned));
        }
        heard.retain(|event| event.contains("back"));
        assert_eq!(heard, [r#"["message-back",1]"#, r#"["message-back",2]"#]);
    }
}

#[tokio::test]
async fn a_connection_that_joins_nothing_is_closed() {
    let server = Server::with(|settings| {
        settings.engine.ping_interval = PATIENCE;
        settings.connect_timeout = Duration::from_millis(50);
    })
    .await;
    let mut socket = server.socket("/socket.io/?EIO=4&transport=websocket").await.unwrap();
    assert_eq!(socket.farewell().await, (1000, "forced server close".to_owned()));
    let poller = server.poll("/socket.io/").await;
    assert!(
        [(200, "1"), (400, r#"{"code":1,"message":"Session ID unknown"}"#)]
            .map(|(s, t)| (s, t.to_owned()))
            .contains(&poller.get().await)
    );
    poller.is_gone().await;
    // One that has joined stays.
    let mut socket = server.client().await;
    let other = server.socket("/socket.io/?EIO=4&transport=websocket").await;
    other.unwrap().end().await;
    socket.send(r#"42["message"]"#).await;
    assert_eq!(socket.text().await, r#"42["message-back"]"#);
    // One that has left everything does not.
    socket.send("41").await;
    assert!(socket.end().await.is_empty());
}

#[tokio::test]
async fn a_namespace_is_left_and_the_others_stay() {
    let server = Server::start().await;
    let mut socket = server.client().await;
    socket.send("40/custom,").await;
    assert!(socket.text().await.starts_with("40/custom,"));
    assert_eq!(socket.text().await, r#"42/custom,["auth",{}]"#);
    socket.send(r#"42/custom,["message","there"]"#).await;
    assert_eq!(socket.text().await, r#"42/custom,["message-back","there"]"#);
    socket.send("41/custom,").await;
    // What comes for it now finds nobody.
    socket.send(r#"42/custom,["message","nobody"]"#).await;
    socket.send(r#"42["message","here"]"#).await;
    assert_eq!(socket.text().await, r#"42["message-back","here"]"#);
    socket.send("40/custom,").await;
    assert!(socket.text().await.starts_with("40/custom,"));
}

#[tokio::test]
async fn the_connection_stays_after_the_last_namespace() {
    let server = Server::with(|settings| settings.connect_timeout = PATIENCE).await;
    let mut socket = server.client().await;
    socket.send("41").await;
    assert_eq!(socket.text().await, "2");
}

#[tokio::test]
async fn events_and_acknowledgements() {
    let server = Server::start().await;
    let mut socket = server.client().await;
    for (sent, answer) in [
        (r#"42["message",1,"2",{"3":[true]}]"#, r#"42["message-back",1,"2",{"3":[true]}]"#),
        (r#"42["message",{"z":1.50,"a":1e400}]"#, r#"42["message-back",{"z":1.50,"a":1e400}]"#),
        (r#"42456["message-with-ack",1,"2",{"3":[false]}]"#, r#"43456[1,"2",{"3":[false]}]"#),
        (r#"420["message-with-ack"]"#, "430[]"),
    ] {
        socket.send(sent).await;
        assert_eq!(socket.text().await, answer);
    }
    // An answer that nobody waits for.
    socket.send("437[]").await;
    let places = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    for (sent, answer) in [
        (format!("452-[\"message\",{places}]"), format!("452-[\"message-back\",{places}]")),
        (format!("452-789[\"message-with-ack\",{places}]"), format!("462-789[{places}]")),
        (
            format!("452-[\"message\",[1,{{\"a\":[{places}]}}]]"),
            format!("452-[\"message-back\",[1,{{\"a\":[{places}]}}]]"),
        ),
    ] {
        socket.send(&sent).await;
        for bytes in [vec![1, 2, 3], vec![4, 5, 6]] {
            socket.0.send(Message::binary(bytes)).await.unwrap();
        }
        assert_eq!(socket.text().await, answer);
        assert_eq!((socket.bytes().await, socket.bytes().await), (vec![1, 2, 3], vec![4, 5, 6]));
    }
}

#[tokio::test]
async fn events_and_bytes_over_polling() {
    let server = Server::start().await;
    let poller = server.poll("/socket.io/").await;
    assert_eq!(poller.post("40").await.0, 200);
    let mut heard = String::new();
    while !heard.contains("auth") {
        heard += &poller.get().await.1;
    }
    let file = "451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID";
    assert_eq!(poller.post(file).await.0, 200);
    let (_, payload) = poller.get().await;
    assert_eq!(payload, file.replace("message", "message-back"));
}

#[tokio::test]
async fn a_client_that_breaks_the_rules_is_cut() {
    let server = Server::start().await;
    for text in [
        "4abc",
        "42{}",
        r#"42abc["message-with-ack",1]"#,
        "42[]",
        r#"42["connect"]"#,
        "40",
        "44{}",
        r#"42/none,["message"]"#,
        r#"451-["message",{"_placeholder":true,"num":7}]"#,
        r#"459999-["message"]"#,
    ] {
        let mut socket = server.client().await;
        socket.send(text).await;
        // The bytes that some of them announce, and a text instead of them.
        let _ = socket.0.send(Message::binary(vec![1])).await;
        assert!(socket.end().await.is_empty(), "{text}");
    }
    let mut socket = server.client().await;
    socket.send(r#"451-["message",{"_placeholder":true,"num":0}]"#).await;
    socket.send(r#"42["message"]"#).await;
    assert_eq!(socket.farewell().await, (1002, "parse error".to_owned()));
    // Before a handshake of Socket.IO.
    for text in ["4abc", "42/none,[\"x\"]"] {
        let mut socket = server.socket("/socket.io/?EIO=4&transport=websocket").await.unwrap();
        socket.text().await;
        socket.send(text).await;
        socket.end().await;
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_only_itself_up() {
    let server = Server::with(|settings| {
        settings.engine.send_buffer = 64 << 10;
        settings.engine.ping_interval = Duration::from_millis(500);
        settings.engine.ping_timeout = Duration::from_secs(5);
    })
    .await;
    let mut deaf = server.client().await;
    let mut other = server.client().await;
    let event = format!(r#"42["message","{}"]"#, "x".repeat(100_000));
    // More than the buffers of both machines hold: at some point it is read no more, and later cut.
    let flood = async { while deaf.0.send(Message::text(&event)).await.is_ok() {} };
    let serve = async {
        for number in 0..50 {
            other.send(&format!(r#"42["message",{number}]"#)).await;
            loop {
                match &*other.text().await {
                    "2" => other.send("3").await,
                    back => break assert_eq!(back, format!(r#"42["message-back",{number}]"#)),
                }
            }
        }
    };
    let (flooded, ()) = tokio::join!(timeout(PATIENCE, flood), serve);
    flooded.expect("a peer that does not read is cut");
}

#[tokio::test]
async fn a_server_that_stops_lets_clients_come_back_elsewhere() {
    // Until the request was held when the server stopped; one that comes later is not answered at all.
    let mut held = None;
    while held.is_none() {
        let server = Server::start().await;
        let mut socket = server.client().await;
        let poller = server.poll("/socket.io/").await;
        let request = server.http.get(server.url(&poller.query)).send();
        let stop = async {
            // Its answer shows that the server reads, and so, mostly, has the request.
            socket.send(r#"42["message"]"#).await;
            assert_eq!(socket.text().await, r#"42["message-back"]"#);
            server.shutdown.cancel();
            socket.farewell().await
        };
        let (reply, farewell) = tokio::join!(request, stop);
        // Closed, and not told to stay away.
        assert_eq!(farewell, (1001, "server shutting down".to_owned()));
        if let Ok(reply) = reply {
            held = Some(reply.text().await.unwrap());
        }
    }
    assert_eq!(held.as_deref(), Some("1"));
}

#[tokio::test]
async fn handshakes_are_refused_while_draining() {
    let shutdown = CancellationToken::new();
    let app = suite::router(suite::settings(shutdown.clone()));
    shutdown.cancel();
    let request = axum::extract::Request::get("/socket.io/?EIO=4&transport=polling")
        .body(axum::body::Body::empty())
        .unwrap();
    let reply = tower::ServiceExt::oneshot(app, request).await.unwrap();
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
}
