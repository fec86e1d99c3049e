//! The journal as a live stream, and the sockets that carry it.
//!
//! A reader is a [`Cursor`] and nothing else: history and live tail are the same paged read, begun
//! again whenever the ledger says that something changed. A slow reader reads less often; nothing is
//! buffered for it beyond one page, and nothing is dropped.

mod center;
pub mod chat;
pub mod delivery;
pub mod dialect;
pub mod engineio;
mod figures;
pub mod limits;
mod lobby;
pub mod log;
mod member;
mod narrator;
pub mod packet;
pub mod patient;
pub mod place;
pub mod presence;
pub mod seat;
pub mod socketio;
pub mod sse;
pub mod suite;
mod tail;
pub mod ws;

pub use center::Hub;
pub use figures::count_verdicts;
pub use lobby::Lobby;
pub use tail::{Pages, tail};

use crate::{
    judge::{Event, SubmissionId},
    ledger::{Cursor, Ledger, LedgerError},
};
use futures_util::{
    Stream,
    stream::{BoxStream, StreamExt, try_unfold},
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Events read at one time.
const PAGE: usize = 128;

/// After how long a client should come back that is told so: not all at one time.
fn jitter() -> Duration {
    Duration::from_millis(500 + getrandom::u64().unwrap_or_default() % 2000)
}

/// The events of one submission after `after`, until it rests.
///
/// Ends after an event with which the submission came to rest, unless it was queued again meanwhile:
/// then it goes on. A reader whose `after` is that event already has seen everything, and gets the
/// end at once. A reader beyond the last event waits for what comes. Ends on `shutdown` as [`tail`]
/// does.
pub fn follow(
    ledger: Arc<dyn Ledger>,
    id: SubmissionId,
    after: u64,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<Event, LedgerError>> + Send + 'static {
    let cursor = Cursor::Submission { id, after };
    let events = tail(Arc::clone(&ledger), cursor, shutdown).boxed();
    let follow = Follow { ledger, id, events, last: Last::Before(after) };
    try_unfold(
        follow,
        |mut follow| async move { Ok(follow.next().await?.map(|event| (event, follow))) },
    )
}

struct Follow {
    ledger: Arc<dyn Ledger>,
    id: SubmissionId,
    events: BoxStream<'static, Result<Event, LedgerError>>,
    last: Last,
}

/// The last event that the reader has.
#[derive(Clone, Copy)]
enum Last {
    /// It has this `seq` and came over an earlier connection.
    Before(u64),
    /// It has this `seq` and is final.
    Final(u64),
    /// It is not final.
    Ordinary,
}

impl Follow {
    async fn next(&mut self) -> Result<Option<Event>, LedgerError> {
        if self.at_rest().await? {
            return Ok(None);
        }
        let Some(event) = self.events.next().await.transpose()? else { return Ok(None) };
        self.last = if event.body.is_final() { Last::Final(event.seq) } else { Last::Ordinary };
        Ok(Some(event))
    }

    /// Whether the reader has the final event of a submission that is at rest. Exclusive, because the
    /// stream inside can be sent to another thread but not shared with it.
    async fn at_rest(&mut self) -> Result<bool, LedgerError> {
        let last = self.last;
        let seq = match last {
            Last::Final(seq) => seq,
            Last::Before(seq) if seq > 0 && self.is_final(seq).await? => seq,
            Last::Before(_) | Last::Ordinary => return Ok(false),
        };
        // State before journal: a rejudge in between is then seen in the journal.
        let rests = self.ledger.submission(self.id).await?.state.is_final();
        let cursor = Cursor::Submission { id: self.id, after: seq };
        Ok(rests && self.ledger.read(&cursor, 1).await?.is_empty())
    }

    async fn is_final(&mut self, seq: u64) -> Result<bool, LedgerError> {
        let cursor = Cursor::Submission { id: self.id, after: seq - 1 };
        let event = self.ledger.read(&cursor, 1).await?;
        Ok(event.first().is_some_and(|event| event.seq == seq && event.body.is_final()))
    }
}
