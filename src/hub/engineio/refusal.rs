//! What is answered to requests that cannot be served, in the official server's codes and words.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// After how many seconds whoever comes while the server stops should come back. Official clients have
/// times of their own, with a random part.
const RETRY_SECONDS: u64 = 2;

/// What is added where the session may be another daemon's; the official server says nothing of the kind.
const HINT: &str = r#","hint":"the session has ended, or it is at another daemon: for long-polling the load balancer must be sticky, that is send all requests of a client to the same daemon, by a cookie or the client's address; a WebSocket needs none of that""#;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No such transport.
    Transport,
    /// No such session.
    Session,
    /// No such session at this daemon, and perhaps at another one.
    Elsewhere,
    /// A handshake is a GET.
    Method,
    /// Anything else against the rules.
    Request,
    /// Another version of the protocol.
    Version,
    /// A body that is too long.
    TooLarge,
    /// The server stops.
    Draining,
}

impl Refusal {
    fn parts(self) -> (StatusCode, u8, &'static str) {
        match self {
            Self::Transport => (StatusCode::BAD_REQUEST, 0, "Transport unknown"),
            Self::Session | Self::Elsewhere => (StatusCode::BAD_REQUEST, 1, "Session ID unknown"),
            Self::Method => (StatusCode::BAD_REQUEST, 2, "Bad handshake method"),
            Self::Request => (StatusCode::BAD_REQUEST, 3, "Bad request"),
            Self::Version => (StatusCode::BAD_REQUEST, 5, "Unsupported protocol version"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 3, "Payload too large"),
            Self::Draining => (StatusCode::SERVICE_UNAVAILABLE, 4, "Server shutting down"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let hint = if self == Self::Elsewhere { HINT } else { "" };
        let body = format!(r#"{{"code":{code},"message":"{message}"{hint}}}"#);
        let mut response = reply(status, "application/json", body);
        if self == Self::Draining {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
        }
        response
    }
}

/// An answer of this layer.
pub(super) fn reply(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
