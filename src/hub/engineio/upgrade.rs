//! From an HTTP request to a WebSocket, and from polling to it.

use super::{link::Outbox, reason::Reason};
use super::{packet::Packet, polling::Request, settings::Settings, socket::Socket};
use axum::{
    body::Body,
    extract::Request as HttpRequest,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use hyper::upgrade::OnUpgrade;
use tokio::{sync::mpsc, time::timeout};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A connection that becomes a WebSocket once its request is answered.
pub(super) struct Upgrading(OnUpgrade);

/// Answers a request for a WebSocket; `None` if it is none.
pub(super) fn accept(request: &mut HttpRequest) -> Option<(Response, Upgrading)> {
    let headers = request.headers();
    let is_asked = request.method() == Method::GET
        && has_word(headers, &header::CONNECTION, "upgrade")
        && has_word(headers, &header::UPGRADE, "websocket")
        && has_word(headers, &header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_asked)?;
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>()?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Some((response, Upgrading(upgrade)))
}

/// Whether a header has a word among its values, which commas part.
fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(word))
}

impl Upgrading {
    /// The WebSocket; `None` if the client went away before.
    pub(super) async fn socket(self, settings: &Settings) -> Option<Socket> {
        match timeout(settings.upgrade_timeout, self.0).await {
            Ok(Ok(upgraded)) => Some(Socket::of(upgraded, settings).await),
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

/// Answers the probe of a client that polls, and hands the WebSocket to its session when the client has
/// changed over. Otherwise the session goes on polling.
pub(super) async fn probe(
    upgrading: Upgrading,
    session: &mpsc::Sender<Request>,
    settings: &Settings,
) {
    let Some(mut socket) = upgrading.socket(settings).await else { return };
    let changed = tokio::select! {
        changed = timeout(settings.upgrade_timeout, handshake(&mut socket, session)) => {
            changed.is_ok_and(|changed| changed.is_some())
        }
        // The session has ended.
        () = session.closed() => false,
        () = settings.shutdown.cancelled() => false,
    };
    // Where the session has ended meanwhile, the socket ends with the request.
    if changed {
        let _ = session.send(Request::Upgrade(Box::new(socket))).await;
    } else {
        let _ = session.send(Request::ProbeEnded).await;
        socket.close(Reason::ForcedClose).await;
    }
}

/// `2probe`, `3probe`, `5`; `None` if anything else comes.
async fn handshake(socket: &mut Socket, session: &mpsc::Sender<Request>) -> Option<()> {
    let Ok(Packet::Ping { probe: true }) = socket.packet().await else { return None };
    let mut outbox = Outbox::default();
    outbox.packet(Packet::Pong { probe: true });
    socket.flush(&mut outbox).await.ok()?;
    session.send(Request::Probing).await.ok()?;
    matches!(socket.packet().await, Ok(Packet::Upgrade)).then_some(())
}
