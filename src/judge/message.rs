//! What is sent to users beside the journal of their submissions, and the log that both share.

use super::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was written to the log for a user, or for everyone, and is delivered to their sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in the log, which is its id. Journal events have theirs in the same sequence.
    pub pos: u64,
    /// When it was written.
    pub ts: Timestamp,
    /// Whom it is for.
    pub to: Audience,
    /// What brings it to them.
    pub channel: Channel,
    /// The name of the event that it becomes.
    pub topic: String,
    /// JSON text as it came: the order of its keys is kept.
    pub payload: String,
}

/// A [`Message`] that has no place yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Whom it is for.
    pub to: Audience,
    /// What brings it to them.
    pub channel: Channel,
    /// The name of the event that it becomes.
    pub topic: String,
    /// JSON text. The ledger does not look into it: whoever makes a message has checked it.
    pub payload: String,
}

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// One user.
    User(String),
    /// Every user.
    Everyone,
}

impl Audience {
    /// The one user; `None` for everyone.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::User(user) => Some(user),
            Self::Everyone => None,
        }
    }
}

/// What brings a message to its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Socket.IO events that another service posted.
    Push,
    /// The chat's WebSocket: clarifications between contestants and setters.
    Chat,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Push, Self::Chat];

    /// Its name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Chat => "chat",
        }
    }
}

/// One entry of the log: a user's log is all that happens to their submissions and all that is sent to
/// them or to everyone, in one order.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Something happened to a submission.
    Event(Event),
    /// Something was sent.
    Message(Message),
}

impl Entry {
    /// Its place in the log.
    pub fn pos(&self) -> u64 {
        match self {
            Self::Event(event) => event.pos,
            Self::Message(message) => message.pos,
        }
    }

    /// When it was written.
    pub fn ts(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.ts,
            Self::Message(message) => message.ts,
        }
    }

    /// Whose log it is in; `None`: everyone's.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Event(event) => Some(&event.user),
            Self::Message(message) => message.to.user(),
        }
    }
}
