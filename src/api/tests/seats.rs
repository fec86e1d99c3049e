//! Live connections beside Socket.IO: their bounds, their end with a token, and a daemon that takes no new ones.

use super::*;
use crate::auth::{Mode, Role};
use futures_util::StreamExt;
use std::time::Duration;
use tokio_tungstenite::{connect_async, tungstenite};

/// Every kind of live connection.
const LIVE: [&str; 4] = ["/ws?userId=ada", "/api/v1/events", "/api/v1/events?user=ada", EVENTS];

/// Those of the only submission.
const EVENTS: &str = "/api/v1/submissions/1/events";

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Listens, with the addresses of clients known.
async fn serve_addressed(house: &House) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = house.router().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    addr
}

/// Opens a WebSocket, or tells the status, the code and `Retry-After` of the refusal.
async fn open(addr: SocketAddr, path: &str) -> Result<Socket, (u16, String, String)> {
    match connect_async(format!("ws://{addr}{path}")).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let body: Value = serde_json::from_slice(body).unwrap();
            let code = body["error"]["code"].as_str().unwrap().to_owned();
            let retry = response.headers().get("retry-after");
            let retry = retry.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            Err((response.status().as_u16(), code, retry))
        }
        Err(error) => panic!("{error}"),
    }
}

/// The close code and what was said last, at the end of a connection.
async fn end(socket: &mut Socket) -> (u16, String) {
    let mut last = String::new();
    loop {
        match socket.next().await.unwrap().unwrap() {
            tungstenite::Message::Text(text) => last = text.to_string(),
            tungstenite::Message::Close(frame) => return (frame.unwrap().code.into(), last),
            _ => {}
        }
    }
}

/// Waits until so many connections are open.
async fn are_open(house: &House, count: u64) {
    let open = || {
        let kinds = house.app.metrics.hub(0, 0).connections;
        kinds.iter().map(|kind| kind.count).sum::<u64>()
    };
    let all = async {
        while count != open() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("the count stays wrong");
}

#[tokio::test]
async fn connections_of_an_address_and_of_a_user_are_bounded() {
    let config = HubConfig {
        max_connections_per_address: 5,
        max_connections_per_user: 2,
        ..HubConfig::default()
    };
    let house = House::with_hub(config);
    house.submission("ada").await;
    let addr = serve_addressed(&house).await;
    let mut held = vec![
        open(addr, "/ws?userId=ada").await.unwrap(),
        open(addr, "/api/v1/events?user=ada").await.unwrap(),
    ];
    for path in ["/ws?userId=ada", "/api/v1/events?user=ada"] {
        let (status, code, _) = open(addr, path).await.unwrap_err();
        assert_eq!((status, code.as_str()), (429, "too_many_connections_of_user"), "{path}");
    }
    for path in ["/ws?userId=bob", EVENTS, "/api/v1/events"] {
        held.push(open(addr, path).await.unwrap());
    }
    for path in ["/ws?userId=eve", EVENTS, "/api/v1/events"] {
        let (status, code, _) = open(addr, path).await.unwrap_err();
        assert_eq!((status, code.as_str()), (429, "too_many_connections_of_address"), "{path}");
    }
    let sse = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let sse = sse.get(format!("http://{addr}/api/v1/events"));
    let refused = sse.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let figures = house.app.metrics.hub(0, 0);
    assert_eq!(figures.refused, 6);
    are_open(&house, 5).await;
    // A page is no connection that stays.
    house.get("/api/v1/events").await.data(200);
    drop(held);
    are_open(&house, 0).await;
    open(addr, "/ws?userId=ada").await.unwrap();
}

#[tokio::test]
async fn a_daemon_that_drains_takes_no_new_connection_and_keeps_the_others() {
    let house = House::new();
    let id = house.submission("ada").await;
    let addr = serve_addressed(&house).await;
    let mut watching = open(addr, EVENTS).await.unwrap();
    let poll = format!("http://{addr}/socket.io/?EIO=4&transport=polling");
    let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let opened = http.get(&poll).send().await.unwrap().text().await.unwrap();
    let opened: Value = serde_json::from_str(opened.strip_prefix('0').unwrap()).unwrap();
    let session = format!("{poll}&sid={}", opened["sid"].as_str().unwrap());

    house.app.hub.draining.cancel();
    for path in LIVE {
        let (status, code, retry) = open(addr, path).await.unwrap_err();
        assert_eq!((status, code.as_str(), retry.as_str()), (503, "draining", "2"), "{path}");
    }
    let sse = http.get(format!("http://{addr}{EVENTS}")).header("accept", "text/event-stream");
    assert_eq!(sse.send().await.unwrap().status(), 503);
    let refused = http.get(&poll).send().await.unwrap();
    assert_eq!(
        (refused.status(), refused.headers()["retry-after"].to_str().unwrap()),
        (503.try_into().unwrap(), "2")
    );
    let body: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(body["message"], "Server shutting down");
    assert_eq!(house.app.metrics.hub(0, 0).refused, LIVE.len() as u64 + 2);
    let ready = house.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.text.as_str()), (503, "not ready: the daemon stops"));

    // Who was there before goes on, and submissions are still taken.
    let joined = http.post(&session).body("40").send().await.unwrap();
    assert_eq!(joined.status(), 200);
    assert!(http.get(&session).send().await.unwrap().text().await.unwrap().starts_with("40{"));
    house.ledger.end(id, outcome(Verdict::Accepted));
    let (code, last) = end(&mut watching).await;
    assert_eq!(code, 1000);
    assert!(last.contains(r#""type":"finished""#), "{last}");
    house.submission("ada").await;
}

#[tokio::test]
async fn a_connection_ends_with_its_token() {
    let house = House::guarded(Mode::Required);
    house.submission("ada").await;
    let addr = serve_addressed(&house).await;
    // Long enough to open all of them.
    let brief = Duration::from_secs(4);
    let token = house.app.auth.issue("ada", Role::User, brief).unwrap().token;
    let long = house.token("ada", Role::User);
    let mut stays = open(addr, &format!("{EVENTS}?token={long}")).await.unwrap();
    let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let sse = http.get(format!("http://{addr}{EVENTS}?token={token}"));
    let sse = sse.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(sse.status(), 200);
    let mut chat = open(addr, &format!("/ws?token={token}")).await.unwrap();
    let mut all = open(addr, &format!("/api/v1/events?token={token}")).await.unwrap();
    let mut one = open(addr, &format!("{EVENTS}?token={token}")).await.unwrap();
    let (code, last) = end(&mut chat).await;
    assert_eq!(code, 1008);
    assert!(last.contains(r#""code":"token_expired""#), "{last}");
    for socket in [&mut all, &mut one] {
        let (code, last) = end(socket).await;
        assert_eq!(code, 1008);
        assert!(last.contains(r#""type":"queued""#), "{last}");
    }
    let again = open(addr, &format!("/ws?token={token}")).await;
    assert_eq!(again.unwrap_err().1, "unauthorized");
    let text = sse.text().await.unwrap();
    let (events, error) = text.split_once("event: error\n").unwrap();
    assert!(events.contains("event: queued"), "{text}");
    assert!(error.contains(r#""code":"token_expired""#) && !error.contains("event:"), "{text}");
    drop((chat, all, one));
    are_open(&house, 1).await;
    assert_eq!(house.app.metrics.hub(0, 0).cuts, 4);
    house.ledger.end(crate::judge::SubmissionId(1), outcome(Verdict::Accepted));
    assert_eq!(end(&mut stays).await.0, 1000);
}
