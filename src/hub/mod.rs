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
pub mod place;
pub mod presence;
pub mod seat;
pub mod socketio;
pub mod sse;
pub mod suite;
pub mod ws;

pub use center::Hub;
pub use figures::count_verdicts;
pub use lobby::Lobby;

use crate::{
    judge::{Event, SubmissionId},
    ledger::{Cursor, Ledger, LedgerError},
};
use futures_util::{
    Stream,
    stream::{BoxStream, StreamExt, try_unfold},
};
use std::{sync::Arc, time::Duration, vec};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Events read at one time.
const PAGE: usize = 128;

/// Every event after the cursor, in order, each exactly once: history first, then live for ever.
///
/// Ends when the ledger is gone, after the first error, and when `shutdown` fires: then after the last
/// event that there is, so that whoever watched a submission to its end hears of the end.
pub fn tail(
    ledger: Arc<dyn Ledger>,
    cursor: Cursor,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<Event, LedgerError>> + Send + 'static {
    let changed = ledger.changed();
    let tail = Tail { ledger, cursor, changed, shutdown, page: Vec::new().into_iter() };
    try_unfold(tail, |mut tail| async move { Ok(tail.next().await?.map(|event| (event, tail))) })
}

/// After how long a client should come back that is told so: not all at one time.
fn jitter() -> Duration {
    Duration::from_millis(500 + getrandom::u64().unwrap_or_default() % 2000)
}

struct Tail {
    ledger: Arc<dyn Ledger>,
    cursor: Cursor,
    changed: watch::Receiver<u64>,
    shutdown: CancellationToken,
    page: vec::IntoIter<Event>,
}

impl Tail {
    async fn next(&mut self) -> Result<Option<Event>, LedgerError> {
        loop {
            if let Some(event) = self.page.next() {
                self.cursor.advance(&event);
                return Ok(Some(event));
            }
            // Both before the read: what is committed between the read and the wait must end the wait,
            // and what was committed before the shutdown must be read.
            self.changed.mark_unchanged();
            let ending = self.shutdown.is_cancelled();
            self.page = self.ledger.read(&self.cursor, PAGE).await?.into_iter();
            if self.page.len() == 0 && (ending || !self.wait().await) {
                return Ok(None);
            }
        }
    }

    /// Waits until it is worth to read again; false when it never will be.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            changed = self.changed.changed() => changed.is_ok(),
            () = self.shutdown.cancelled() => true,
        }
    }
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
