//! The ledger: submissions, their journal and the queue, kept in one place because they must agree
//! after a crash.
//!
//! A queue entry is a submission whose journal has no end yet; a watcher is a [`Cursor`] into the
//! journal, so that replay and live tail are the same read. Every method is one transaction: when
//! its future is ready with `Ok`, the change is durable; when it is an `Err`, nothing changed. One error
//! is otherwise: with [`LedgerError::Away`] nobody knows, because the answer did not come.
//!
//! **The order of the queue.** Custom runs come before submissions, and these before rejudges. Within
//! such a priority the users who wait take turns, one submission each: who begins to wait comes last
//! in the ring, and so does again who was served. While somebody waits, nobody else is served twice;
//! a hundred submissions of one user hold another's first up by one. Within a user the order is that
//! of the numbers. What a worker gives back, or loses, brings the turn along by which it was leased, so
//! that its user loses nothing; a cancelled submission costs its user no turn.
//!
//! **Attempts and fences.** [`Ledger::lease`] hands a submission to a worker for a time and gives it
//! a new fence. Everything the worker then writes carries that fence, and is refused with
//! [`LedgerError::Fenced`] once the lease was lost: it expired and was taken up by another worker, or
//! the submission was given back, cancelled or rejudged meanwhile. So exactly one verdict is
//! committed per attempt. A lease that ran out but that nobody took up is still its holder's.
//!
//! **Lost attempts.** An attempt whose lease ran out, or that the judge itself spoiled
//! ([`Ledger::fail`]), is lost. A submission with [`MAX_LOST_ATTEMPTS`] of them since a person last
//! queued it ends with [`Verdict::InternalError`], so that one program that brings its workers down cannot do so for ever.
//! An embedded daemon that was stopped, however rudely, costs its submissions nothing.
//!
//! **The log.** Beside the journal the ledger keeps messages to users. Both take their places from one
//! sequence, so that what concerns a user has one order ([`Ledger::log`]). A place is given once, also
//! after what had it is swept away. What of it a user's clients have received is kept as the last
//! place of theirs.

use crate::judge::{
    Entry, Event, EventBody, Message, NewMessage, NewSubmission, Outcome, Slug, Submission,
    SubmissionId, Verdict,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::watch;

pub mod redis;
mod report;
mod signals;
pub mod sqlite;

pub use report::{Holding, Queue, Remote, Waiting};

/// So many lost attempts end a submission as the judge's failure.
pub const MAX_LOST_ATTEMPTS: u32 = 3;

/// The reason in `Requeued` when another worker takes up a lease that ran out.
pub const LEASE_EXPIRED: &str = "lease expired";

/// The reason in `Requeued` when a daemon starts and finds the leases of its dead predecessor.
pub const DAEMON_RESTARTED: &str = "daemon restarted";

/// The store of submissions, journal and queue. One trait, several engines, one conformance suite.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// Accepts a submission: it gets its number, the journal its `Queued` event. Refused with
    /// [`LedgerError::QueueFull`] when `queue_limit` submissions wait already.
    async fn submit(&self, new: NewSubmission, queue_limit: u64)
    -> Result<Submission, LedgerError>;

    /// Hands the next waiting submission to `worker` for `ttl` and records `Started`; `None` when
    /// nothing waits. Order: priority, then the users in turns, then number. A lease that has run out
    /// counts as waiting: it is given out again with a `Requeued` event in between. A future that is dropped takes no
    /// lease with it: what was leased for it goes back to the queue.
    async fn lease(&self, worker: &str, ttl: Duration) -> Result<Option<Lease>, LedgerError>;

    /// Extends a lease to `ttl` from now, also one that ran out and that nobody took up.
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<(), LedgerError>;

    /// Adds events to the journal of a leased submission, in order: `Running`, `Compiled`, `Test`,
    /// `Output`, `Ran` and `Compared`. The others change the state of the submission, have methods of their own and are
    /// refused here.
    async fn append(&self, lease: &Lease, events: Vec<EventBody>) -> Result<(), LedgerError>;

    /// Records the verdict and ends the job, in one transaction. A second time with the same lease
    /// it is refused with [`LedgerError::Ended`].
    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<(), LedgerError>;

    /// Gives a leased submission back to the queue, with the turn it had.
    async fn release(&self, lease: &Lease, reason: &str) -> Result<(), LedgerError>;

    /// As [`Ledger::release`], for an attempt that the judge itself spoiled: it counts as lost.
    async fn fail(&self, lease: &Lease, reason: &str) -> Result<(), LedgerError>;

    /// Cancels a submission that has no verdict yet; a running attempt is fenced off. Refused with
    /// [`LedgerError::Ended`] when it has come to rest already.
    async fn cancel(&self, id: SubmissionId) -> Result<Submission, LedgerError>;

    /// Queues a submission again, whatever its state, behind all that were not judged yet; a running
    /// attempt is fenced off. The attempts are counted anew.
    async fn rejudge(&self, id: SubmissionId) -> Result<Submission, LedgerError>;

    /// One submission.
    async fn submission(&self, id: SubmissionId) -> Result<Submission, LedgerError>;

    /// Submissions in the order of their numbers or the reverse, after a given one, as the filter
    /// says.
    async fn submissions(&self, filter: &Filter) -> Result<Vec<Submission>, LedgerError>;

    /// Events after the cursor, in the order of the journal, at most `limit`. A cursor on a
    /// submission that does not exist is [`LedgerError::NotFound`].
    async fn read(&self, cursor: &Cursor, limit: usize) -> Result<Vec<Event>, LedgerError>;

    /// Counts for `status` and the metrics.
    async fn counts(&self) -> Result<Counts, LedgerError>;

    /// What waits by priority, and of what is held `limit` submissions at most.
    async fn queue(&self, limit: usize) -> Result<Queue, LedgerError>;

    /// The store behind it and whether it can be reached, without asking it; `None` where it is in this process.
    fn remote(&self) -> Option<Remote> {
        None
    }

    /// Changes whenever something was committed to the journal that a reader or a worker might wait
    /// for, and when a lease runs out, since its submission waits then. A wake-up may come without
    /// news; news never comes without a wake-up. A `lease` that finds nothing wakes nobody, nor does a
    /// message: workers and readers of the journal have no use for it.
    fn changed(&self) -> watch::Receiver<u64>;

    /// The name of this log, made at random with the ledger and kept in it: places of another log mean
    /// nothing here.
    fn epoch(&self) -> &str;

    /// The last place that was given; 0 when none was.
    async fn last_place(&self) -> Result<u64, LedgerError>;

    /// Writes messages and returns their places, which follow on each other. All of them or none.
    async fn post(&self, messages: Vec<NewMessage>) -> Result<Vec<u64>, LedgerError>;

    /// Entries of a log after a place, in order: at most `limit`, and fewer where they are long. A page
    /// without any is the end.
    async fn log(&self, whose: &Whose, after: u64, limit: usize)
    -> Result<Vec<Entry>, LedgerError>;

    /// The message at a place; `None` when there is none, or none any more.
    async fn message(&self, pos: u64) -> Result<Option<Message>, LedgerError>;

    /// The last place with an entry older than this; 0 when there is none. As exact as the clock was.
    async fn place_before(&self, ts: Timestamp) -> Result<u64, LedgerError>;

    /// Notes what users have received. It only grows, and never beyond the last place. Wakes nobody.
    async fn receive(&self, receipts: Vec<Receipt>) -> Result<(), LedgerError>;

    /// The last place up to which a user has received everything; 0 when nothing is known.
    async fn received(&self, user: &str) -> Result<u64, LedgerError>;

    /// Keeps whose session a recovery id is. Another time it counts as used anew, and may get another
    /// user and another end.
    async fn keep_session(&self, pid: &str, session: &Session) -> Result<(), LedgerError>;

    /// Whose session a recovery id is. One whose end has come is still told.
    async fn session(&self, pid: &str) -> Result<Option<Session>, LedgerError>;

    /// Removes what is past its time, at most `limit` messages and as many sessions, and returns how many
    /// they were. Wakes nobody.
    async fn sweep(&self, keep: &Keep, limit: usize) -> Result<u64, LedgerError>;

    /// Changes whenever the log has grown, by events or by messages. As with [`Ledger::changed`], a
    /// wake-up may come without news.
    fn grown(&self) -> watch::Receiver<u64>;
}

/// Whose log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All entries.
    All,
    /// What is for this user, and what is for everyone.
    User(String),
    /// The messages of the chat, whomever they are for.
    Chat,
}

/// By which a client comes back as the user that it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user: String,
    /// When the token ends with which the user was proved, to the microsecond; `None`: none was shown.
    pub until: Option<Timestamp>,
}

/// A user has everything of theirs up to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Who.
    pub user: String,
    /// The place.
    pub pos: u64,
}

/// How long messages and sessions are kept. The journal and the chat are kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Pushes, once they need not be delivered any more.
    pub messages: Duration,
    /// Pushes that were not received: so long they are still delivered, however short `messages` is.
    pub pending: Duration,
    /// Sessions, since they were last used.
    pub sessions: Duration,
}

/// A worker's hold on a submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The submission as it is now.
    pub submission: Submission,
    /// Number that only the current holder of the submission has.
    pub fence: i64,
}

/// Where a reader of the journal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// Events of one submission with `seq` greater than `after`.
    Submission {
        /// Whose events.
        id: SubmissionId,
        /// The last `seq` seen; 0 for all.
        after: u64,
    },
    /// Events of one user's submissions with `pos` greater than `after`.
    User {
        /// Whose events.
        user: String,
        /// The last `pos` seen; 0 for all.
        after: u64,
    },
    /// All events with `pos` greater than `after`.
    All {
        /// The last `pos` seen; 0 for all.
        after: u64,
    },
}

impl Cursor {
    /// Moves past an event that this cursor gave.
    pub fn advance(&mut self, event: &Event) {
        match self {
            Self::Submission { after, .. } => *after = event.seq,
            Self::User { after, .. } | Self::All { after } => *after = event.pos,
        }
    }
}

/// Which submissions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this user's.
    pub user: Option<String>,
    /// Only those for this problem.
    pub problem: Option<Slug>,
    /// Only those in this state: `queued`, `running`, `finished` or `cancelled`; any other word
    /// matches none.
    pub status: Option<String>,
    /// Which come first.
    pub order: Order,
    /// Only those that come after this one in that order.
    pub after: Option<SubmissionId>,
    /// At most this many.
    pub limit: usize,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By number: the oldest first.
    #[default]
    Ascending,
    /// The newest first.
    Descending,
}

/// Submissions counted by state.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
pub struct Counts {
    /// Waiting for a worker.
    pub queued: u64,
    /// Held by a worker.
    pub running: u64,
    /// With a verdict.
    pub finished: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// The place of the journal's last event.
    pub last_pos: u64,
}

/// Why the ledger refused.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no submission with this number.
    #[error("there is no submission {0}")]
    NotFound(SubmissionId),
    /// As many submissions wait as are allowed to.
    #[error("the queue is full: {0} submissions wait")]
    QueueFull(u64),
    /// The lease was lost; nothing was written.
    #[error("the lease on submission {0} was lost")]
    Fenced(SubmissionId),
    /// The submission has its verdict or was cancelled already.
    #[error("submission {0} is {1} already")]
    Ended(SubmissionId, &'static str),
    /// The store is not there at the moment. A change that was asked for may have been made or not; it is
    /// made at most once, and never in half. [`Ledger::lease`], [`Ledger::append`] and [`Ledger::finish`] are not refused so:
    /// they wait until it is back, since what a worker knows nobody else does.
    #[error("the ledger cannot be reached: {0}; try again in a moment")]
    Away(String),
    /// The store itself failed, or was asked for what it never does.
    #[error("the ledger failed: {0}")]
    Store(String),
}

/// The reason in `Requeued` when nobody waits for a lease any more.
const ABANDONED: &str = "the worker went away before it began";

/// The word for a state in which nothing more happens; `None` for any other.
fn ended(status: &str) -> Option<&'static str> {
    ["finished", "cancelled"].into_iter().find(|ended| *ended == status)
}

/// Whether a worker may append this event. Any other would say that the submission is in a state in
/// which it is not.
fn appendable(body: &EventBody) -> Result<(), LedgerError> {
    let name = match body {
        EventBody::Running { .. }
        | EventBody::Compiled { .. }
        | EventBody::Test { .. }
        | EventBody::Output { .. }
        | EventBody::Skipped { .. }
        | EventBody::Ran { .. }
        | EventBody::Compared { .. } => return Ok(()),
        EventBody::Queued { .. } => "queued",
        EventBody::Started { .. } => "started",
        EventBody::Requeued { .. } => "requeued",
        EventBody::Rejudged => "rejudged",
        EventBody::Cancelled => "cancelled",
        EventBody::Finished(_) => "finished",
    };
    Err(LedgerError::Store(format!(
        "a `{name}` event cannot be appended: the ledger records it itself when the state changes"
    )))
}

/// How a submission ends that lost too many attempts, the last one for this reason.
fn given_up(reason: &str) -> Outcome {
    let message = format!("{MAX_LOST_ATTEMPTS} attempts were lost, the last one because: {reason}");
    Outcome::without_tests(Verdict::InternalError, 0, Some(message))
}
