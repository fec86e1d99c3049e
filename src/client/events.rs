//! One connection to a stream of events, over WebSocket.

use super::{ClientError, Refusal, reply::open};
use crate::judge::{Event, SubmissionId};
use futures_util::StreamExt;
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderValue},
};
use std::{fmt, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
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

/// An open stream of events.
pub struct Events(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

impl Events {
    pub(super) async fn open(
        base: &Url,
        authorization: Option<&HeaderValue>,
        source: &Source,
        after: u64,
    ) -> Result<Self, ClientError> {
        let mut url = base.clone();
        // Cannot fail: `http` may become `ws`.
        let _ = url.set_scheme("ws");
        url.set_path(&format!("{}/{}", base.path().trim_end_matches('/'), source.path()));
        url.query_pairs_mut().append_pair("after", &after.to_string());
        if let Source::User(user) = source {
            url.query_pairs_mut().append_pair("user", user);
        }
        let mut request = url.as_str().into_client_request().map_err(lost)?;
        if let Some(value) = authorization {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        let connecting = connect_async(request);
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
            Ok(Err(error)) => Err(ClientError::Lost(error.to_string())),
            Err(_) => Err(ClientError::Lost("no answer".to_owned())),
        }
    }

    /// The next event; `None` when the daemon ended the stream in good order.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        loop {
            let message = match tokio::time::timeout(SILENCE, self.0.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return Err(ClientError::Lost(error.to_string())),
                Ok(None) => return Err(ClientError::Lost("the connection ended".to_owned())),
                Err(_) => return Err(ClientError::Lost("the daemon fell silent".to_owned())),
            };
            match message {
                Message::Text(text) => return event(&text).map(Some),
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

// By value, as `map_err` gives it.
#[allow(clippy::needless_pass_by_value)]
fn lost(error: tungstenite::Error) -> ClientError {
    ClientError::Lost(error.to_string())
}

fn event(text: &str) -> Result<Event, ClientError> {
    serde_json::from_str(text).map_err(|error| {
        ClientError::Foreign(format!(
            "the daemon sent an event that this version does not understand: {error}"
        ))
    })
}
