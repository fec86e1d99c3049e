//! The chat's entries in the ledger: what is written before anybody is told.

use crate::judge::{Audience, Channel, Message, NewMessage, Slug};
use serde::{Deserialize, Serialize};

/// Topic of a message.
const MESSAGE: &str = "NEW_MESSAGE";
/// Topic of the word that a message was received.
const DELIVERED: &str = "MESSAGE_DELIVERED";
/// Topic of the word that a message was read.
const READ: &str = "MESSAGE_READ";

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Somebody wrote.
    Message(Letter),
    /// A socket of the recipient has it; for the sender.
    Delivered(Notice),
    /// The recipient has read it; for the sender.
    Read(Notice),
}

/// A message as it is kept. To whom it goes stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// Who wrote it.
    pub from: String,
    /// The sender's own id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The problem that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Slug>,
    /// The question to which it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u64>,
    /// The question's text, where the answer goes to people who have not seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The text.
    pub content: String,
}

/// Word of what became of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Which one.
    pub message: u64,
    /// Who has received or read it.
    pub by: String,
}

impl Said {
    /// Reads an entry; `None` for one that is none of the chat's, or that a newer version wrote.
    pub fn of(message: &Message) -> Option<Self> {
        if message.channel != Channel::Chat {
            return None;
        }
        let payload = message.payload.as_str();
        match message.topic.as_str() {
            MESSAGE => serde_json::from_str(payload).ok().map(Self::Message),
            DELIVERED => serde_json::from_str(payload).ok().map(Self::Delivered),
            READ => serde_json::from_str(payload).ok().map(Self::Read),
            _ => None,
        }
    }

    /// The entry to be written.
    pub fn for_(&self, to: Audience) -> NewMessage {
        let (topic, payload) = match self {
            Self::Message(letter) => (MESSAGE, serde_json::to_string(letter)),
            Self::Delivered(notice) => (DELIVERED, serde_json::to_string(notice)),
            Self::Read(notice) => (READ, serde_json::to_string(notice)),
        };
        let payload = payload.expect("these have string keys and no failing parts");
        NewMessage { to, channel: Channel::Chat, topic: topic.to_owned(), payload }
    }
}
