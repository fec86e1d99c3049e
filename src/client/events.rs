//! One connection to a stream of events, over WebSocket.

use super::{Client, ClientError, Refusal, reply::open};
use crate::judge::{Event, SubmissionId};
use futures_util::StreamExt;
use reqwest::{Url, header::AUTHORIZATION};
use serde::Deserialize;
use std::{fmt, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

/// The daemon pings every 15 seconds; after three silent ones the connection is dead.
const SILENCE: Duration = Duration::from_secs(45);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// Whose events to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One submission's. Places are its events' `seq`.
    Submission(SubmissionId),
    /// One user's. Places are `pos`.
    User(String),
    /// Everybody's. Places are `pos`.
    All,
}

impl Source {
    /// The place of an event in this stream.
    pub fn place(&self, event: &Event) -> u64 {
        match self {
            Self::Submission(_) => event.seq,
            Self::User(_) | Self::All => event.pos,
        }
    }

    pub(super) fn path(&self) -> String {
        match self {
            Self::Submission(id) => format!("api/v1/submissions/{id}/events"),
            Self::User(_) | Self::All => "api/v1/events".to_owned(),
        }
    }

    /// Whether the stream ends when its submission has come to rest.
    pub fn ends(&self) -> bool {
        matches!(self, Self::Submission(_))
    }
}

/// What comes over a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An event.
    Event(Box<Event>),
    /// The place after which the stream was opened is not known to the daemon, for this reason: all
    /// events follow, from the first one.
    Reset(String),
}

/// An open stream of events.
pub struct Events(Socket);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

impl Events {
    pub(super) async fn open(
        client: &Client,
        source: &Source,
        after: u64,
    ) -> Result<Self, ClientError> {
        let mut url = client.socket_at(&source.path());
        url.query_pairs_mut().append_pair("after", &after.to_string());
        if let Source::User(user) = source {
            url.query_pairs_mut().append_pair("user", user);
        }
        Socket::open(client, &url).await.map(Self)
    }

    /// What comes next; `None` when the daemon ended the stream in good order. Messages are passed over.
    pub async fn next(&mut self) -> Result<Option<News>, ClientError> {
        while let Some(text) = self.0.next().await? {
            if let Some(news) = news(&text)? {
                return Ok(Some(news));
            }
        }
        Ok(None)
    }
}

fn news(text: &str) -> Result<Option<News>, ClientError> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        reason: String,
    }
    let head: Head = serde_json::from_str(text).map_err(foreign)?;
    Ok(match head.kind.as_str() {
        "message" => None,
        "reset" => Some(News::Reset(head.reason)),
        _ => Some(News::Event(serde_json::from_str(text).map_err(foreign)?)),
    })
}

// By value, for `map_err`.
#[allow(clippy::needless_pass_by_value)]
fn foreign(error: serde_json::Error) -> ClientError {
    ClientError::Foreign(format!(
        "the daemon sent an event that this version does not understand: {error}"
    ))
}

/// A WebSocket of which the daemon sends text.
pub(super) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects, and shows who it is.
    pub(super) async fn open(client: &Client, url: &Url) -> Result<Self, ClientError> {
        let request = url.as_str().into_client_request();
        let mut request = request.map_err(|error| ClientError::Lost(error.to_string()))?;
        if let Some(value) = &client.authorization {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        let connector = client.tls.clone().map(Connector::Rustls);
        // In a box of its own: a handshake is a large future.
        let connecting = Box::pin(connect_async_tls_with_config(request, None, false, connector));
        match tokio::time::timeout(CONNECT, connecting).await {
            Ok(Ok((socket, _))) => Ok(Self(socket)),
            Ok(Err(tungstenite::Error::Http(response))) => {
                let body = response.body().as_deref().unwrap_or_default();
                let status = response.status().as_u16();
                Err(match open(status, None, body) {
                    Err(error @ ClientError::Refused(_)) => error,
                    // The body of a refused handshake may be cut off.
                    _ => ClientError::Refused(Box::new(Refusal {
                        status,
                        message: format!("no stream of events: HTTP {status}"),
                        ..Refusal::default()
                    })),
                })
            }
            Ok(Err(error)) => Err(ClientError::lost_to(&error)),
            Err(_) => Err(ClientError::Lost("no answer".to_owned())),
        }
    }

    /// The next text; `None` when the daemon closed in good order.
    pub(super) async fn next(&mut self) -> Result<Option<String>, ClientError> {
        loop {
            let message = match tokio::time::timeout(SILENCE, self.0.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return Err(ClientError::Lost(error.to_string())),
                Ok(None) => return Err(ClientError::Lost("the connection ended".to_owned())),
                Err(_) => return Err(ClientError::Lost("the daemon fell silent".to_owned())),
            };
            match message {
                Message::Text(text) => return Ok(Some(text.as_str().to_owned())),
                Message::Close(Some(frame)) if frame.code != CloseCode::Normal => {
                    return Err(ClientError::Lost(format!(
                        "closed: {} {}",
                        frame.code, frame.reason
                    )));
                }
                Message::Close(_) => return Ok(None),
                // Pings are answered by the library as the stream is read.
                _ => {}
            }
        }
    }
}
