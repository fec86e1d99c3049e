//! The chat: messages between users, and questions to the setters, over plain `WebSockets` at `/ws`.
//!
//! Every message, and every word that one was received or read, is an entry of the ledger's log,
//! written before anybody is told; a socket is a cursor into it. What a user gets is: what is for them,
//! for everyone and, for a setter, for the setters; their own messages, as the acknowledgement and for
//! their other sockets; and what became of those. Only `TYPING` is live and never kept.
//!
//! - `frame.rs`: the frames, as pure values. `record.rs`: the log's entries.
//! - `book.rs`: the index that is made of the log: who gets what, threads, receipts.
//! - `desk.rs`: [`Chat`], which writes entries, follows the log and wakes sockets.
//! - `socket.rs`: one connection.

mod book;
mod desk;
mod frame;
mod record;
mod socket;
#[cfg(test)]
mod tests;

pub use book::Thread;
pub use desk::{Chat, Post, Posted};
pub use frame::{CONTENT_MAX, Draft, EVERYONE, SETTERS, recipient};
pub use record::Letter;
pub use socket::{Visit, serve};

use crate::ledger::LedgerError;

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub user: String,
    /// Whether they hear what is for the setters.
    pub setter: bool,
    /// Whether they may do what setters do without being one: everybody may where nobody is asked who
    /// they are.
    pub trusted: bool,
}

impl Person {
    /// A person whose name was checked. The names of groups are refused.
    pub fn new(user: String, setter: bool, trusted: bool) -> Result<Self, Refusal> {
        book::check_user(&user)?;
        Ok(Self { user, setter, trusted })
    }

    /// Whether they may answer questions and write to everyone.
    pub fn answers(&self) -> bool {
        self.setter || self.trusted
    }
}

/// Why something is not done. A frame's `code` and `message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    kind: RefusalKind,
    message: String,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// It cannot be read, or a field is wrong.
    BadFrame,
    /// The person may not do that.
    Forbidden,
    /// There is no such message, or not for this person.
    NotFound,
    /// Longer than a limit.
    TooLarge,
    /// Too many in too short a time.
    RateLimited,
    /// The ledger failed, or the daemon stops; nothing was written.
    Unavailable,
}

impl Refusal {
    fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn bad_frame(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::BadFrame, message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Forbidden, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, message)
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::TooLarge, message)
    }

    /// What kind it is.
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// What is wrong, for programs.
    pub fn code(&self) -> &'static str {
        match self.kind {
            RefusalKind::BadFrame => "bad_frame",
            RefusalKind::Forbidden => "forbidden",
            RefusalKind::NotFound => "not_found",
            RefusalKind::TooLarge => "too_large",
            RefusalKind::RateLimited => "rate_limited",
            RefusalKind::Unavailable => "unavailable",
        }
    }

    /// What is wrong and how to mend it, for people.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        tracing::error!(%error, "the chat cannot use the ledger");
        Self::new(RefusalKind::Unavailable, "the ledger failed; nothing was written, try again")
    }
}
