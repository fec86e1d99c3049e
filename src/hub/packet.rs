//! What a stream carries, in the form in which it leaves: made once for an event, whatever carries it.

use super::{log::LogEntry, place::Place};
use crate::{
    judge::{Event, EventBody},
    ledger::LedgerError,
};
use serde::Serialize;
use serde_json::json;

/// Why a stream breaks off.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The ledger failed.
    #[error("{0}")]
    Ledger(#[from] LedgerError),
    /// The token of who reads it has ended.
    #[error("the token has ended")]
    Expired,
}

impl Fault {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ledger(_) => "unavailable",
            Self::Expired => "token_expired",
        }
    }

    /// For people. The ledger's own words stay in the log.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Ledger(_) => "the ledger failed; connect again",
            Self::Expired => "the token has ended; connect again with a new one",
        }
    }
}

/// One item of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its place, which a client brings back to go on after it.
    pub id: String,
    /// Its type, which stands in the JSON too.
    pub kind: &'static str,
    /// Itself, as JSON text on one line.
    pub json: String,
}

impl Packet {
    /// An event.
    pub fn event(event: &Event, id: String) -> Self {
        Self { id, kind: kind(&event.body), json: text(event) }
    }

    /// An entry of the log with this epoch.
    pub fn entry(entry: &LogEntry, epoch: &str) -> Self {
        let kind = match entry {
            LogEntry::Event(event) => kind(&event.body),
            LogEntry::Message(_) => "message",
        };
        Self { id: Place::whole(epoch, entry.pos()).to_string(), kind, json: text(entry) }
    }

    /// Says that a client's place is not known, and that everything after `place` follows.
    pub fn reset(reason: &str, place: &Place) -> Self {
        let id = place.to_string();
        let json = json!({"type": "reset", "reason": reason, "after": id}).to_string();
        Self { id, kind: "reset", json }
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("an event has string keys and no failing parts")
}

/// The event's `type`, as its JSON form has it.
fn kind(body: &EventBody) -> &'static str {
    match body {
        EventBody::Queued { .. } => "queued",
        EventBody::Started { .. } => "started",
        EventBody::Running { .. } => "running",
        EventBody::Compiled { .. } => "compiled",
        EventBody::Test { .. } => "test",
        EventBody::Output { .. } => "output",
        EventBody::Skipped { .. } => "skipped",
        EventBody::Ran { .. } => "ran",
        EventBody::Compared { .. } => "compared",
        EventBody::Requeued { .. } => "requeued",
        EventBody::Rejudged => "rejudged",
        EventBody::Cancelled => "cancelled",
        EventBody::Finished(_) => "finished",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use crate::judge::{Exit, Outcome, OutputStream, Usage, Verdict};

    #[test]
    fn kinds_are_the_tags_of_the_json_form() {
        let usage = Usage::default();
        let bodies = [
            EventBody::Queued { problem: None, language: String::new(), source_bytes: 0 },
            EventBody::Started { attempt: 1, worker: String::new(), waited_ms: 0 },
            EventBody::Running { tests: Vec::new(), version: None },
            EventBody::Compiled {
                ok: true,
                usage,
                warnings: 0,
                output: String::new(),
                cached: false,
            },
            EventBody::Test {
                index: 1,
                name: String::new(),
                verdict: Verdict::Accepted,
                usage,
                message: None,
                group: None,
                points: None,
            },
            EventBody::Skipped {
                index: 2,
                name: String::new(),
                group: None,
                reason: String::new(),
            },
            EventBody::Ran {
                exit: Exit::Code(0),
                usage,
                stdout: String::new(),
                stderr: String::new(),
                truncated: false,
            },
            EventBody::Output { stream: OutputStream::Stdout, text: String::new() },
            EventBody::Compared { same: true, message: None, expected: String::new() },
            EventBody::Requeued { reason: String::new() },
            EventBody::Rejudged,
            EventBody::Cancelled,
            EventBody::Finished(Outcome::without_tests(Verdict::InternalError, 0, None)),
        ];
        for body in bodies {
            assert_eq!(serde_json::to_value(&body).unwrap()["type"], kind(&body));
        }
    }
}
