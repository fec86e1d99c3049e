//! A user's log as a live stream: the events of their submissions, and the messages for them and for
//! everyone, in the one order that they share. Read as the journal is, see [`super`].

use super::{place::Place, tail::LogCursor};
use crate::{
    judge::{Audience, Channel, Entry, Event, Message},
    ledger::{Ledger, LedgerError, Whose},
};
use futures_util::{Stream, TryStreamExt};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Why a place is not known here. What was seen before it cannot be told; whoever named it is to begin
/// anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// It is a place of another log.
    #[error("`{0}` is a place of another log; this one is `{1}`")]
    Epoch(Place, String),
    /// It comes after the last entry.
    #[error("{0} comes after the last place, {1}")]
    Beyond(u64, u64),
    /// Events after it were removed, because their time was over.
    #[error("events after {0} are kept no longer, up to {1}")]
    Swept(u64, u64),
}

/// Where a reader goes on who has seen everything up to this place.
pub async fn locate(
    ledger: &dyn Ledger,
    place: &Place,
) -> Result<Result<u64, Unknown>, LedgerError> {
    if place.epoch != ledger.epoch() {
        return Ok(Err(Unknown::Epoch(place.clone(), ledger.epoch().to_owned())));
    }
    locate_pos(ledger, place.resume().0).await
}

/// The same for a plain number, which says nothing of the log it belongs to.
pub async fn locate_pos(
    ledger: &dyn Ledger,
    pos: u64,
) -> Result<Result<u64, Unknown>, LedgerError> {
    let last = ledger.last_place().await?;
    if pos > last {
        return Ok(Err(Unknown::Beyond(pos, last)));
    }
    let cut = ledger.cut().await?;
    // Who begins anew gets what is left, and asks for no more.
    Ok(if (1..cut).contains(&pos) { Err(Unknown::Swept(pos, cut)) } else { Ok(pos) })
}

/// An entry of a log in JSON. An event is as it is everywhere else.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum LogEntry {
    /// Something happened to a submission.
    Event(Box<Event>),
    /// Something was sent.
    Message(SentMessage),
}

/// A message in JSON.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SentMessage {
    /// Version of this form: 1.
    pub v: u32,
    /// Its place in the log, which is its id.
    pub pos: u64,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub ts: Timestamp,
    /// For whom it is; absent: for everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Always `message`.
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// What brings it to its readers.
    pub channel: Channel,
    /// The name of the event that it becomes.
    pub topic: String,
    /// What was sent, as it was sent.
    #[schema(value_type = Object)]
    pub payload: Box<RawValue>,
}

/// The `type` of a [`SentMessage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A message.
    Message,
}

impl LogEntry {
    /// When it was written.
    pub fn ts(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.ts,
            Self::Message(message) => message.ts,
        }
    }

    /// Its place in the log.
    pub fn pos(&self) -> u64 {
        match self {
            Self::Event(event) => event.pos,
            Self::Message(message) => message.pos,
        }
    }
}

impl From<Entry> for LogEntry {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Event(event) => Self::Event(Box::new(event)),
            Entry::Message(Message { pos, ts, to, channel, topic, payload }) => {
                // Whoever makes a message has seen to it that this is JSON.
                let payload = RawValue::from_string(payload);
                let payload = payload.unwrap_or_else(|_| RawValue::NULL.to_owned());
                let user = match to {
                    Audience::User(user) => Some(user),
                    Audience::Everyone => None,
                };
                let kind = MessageKind::Message;
                Self::Message(SentMessage { v: 1, pos, ts, user, kind, channel, topic, payload })
            }
        }
    }
}

/// Everything in a user's log after a place, in order and each once: history first, then live for
/// ever. Ends as [`super::tail`] does.
pub fn tail(
    ledger: Arc<dyn Ledger>,
    user: String,
    after: u64,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<LogEntry, LedgerError>> + Send + 'static {
    let cursor = LogCursor { whose: Whose::User(user), after };
    super::tail(ledger, cursor, shutdown).map_ok(LogEntry::from)
}
