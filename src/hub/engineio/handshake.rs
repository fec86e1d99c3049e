//! What a client sent when it came.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::{fmt, net::SocketAddr};

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// WebSocket.
    WebSocket,
}

impl Transport {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The request with which a connection began. It is kept for as long as the connection, so it holds
/// copies, and only of what an application may ask for: a header's value as it was received would keep
/// the whole read buffer of its request alive.
#[derive(Clone, Debug)]
pub struct Handshake {
    query: Box<str>,
    headers: Box<[(HeaderName, HeaderValue)]>,
    peer: Option<SocketAddr>,
}

/// Headers that concern only the one request, by the beginning of their names.
const PASSING: [&str; 8] = [
    "accept",
    "cache-control",
    "connection",
    "content-",
    "pragma",
    "sec-",
    "transfer-encoding",
    "upgrade",
];

impl Handshake {
    /// Copies what is to be kept of a request.
    pub fn of(query: &str, headers: &HeaderMap, peer: Option<SocketAddr>) -> Self {
        let kept = headers.iter().filter(|(name, _)| {
            let name = name.as_str();
            *name == header::ACCEPT_LANGUAGE || !PASSING.iter().any(|start| name.starts_with(start))
        });
        // A value that was received is one that can be made again.
        let copied = kept.filter_map(|(name, value)| {
            Some((name.clone(), HeaderValue::from_bytes(value.as_bytes()).ok()?))
        });
        Self { query: query.into(), headers: copied.collect(), peer }
    }

    /// The query's parameters, decoded, in order.
    pub fn query(&self) -> Vec<(String, String)> {
        super::query::pairs(&self.query)
    }

    /// The headers that say something of the client: cookies, authorization, origin, user agent, those
    /// of proxies.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers
    }

    /// Where the connection comes from, if the server knows.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}
