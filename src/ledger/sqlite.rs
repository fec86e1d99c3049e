//! Submissions, journal and queue in a `SQLite` file: the engine that needs nothing installed.
//!
//! - `sqlite/schema.sql`: the tables, and why each index is there; `sqlite/turns.sql`: whose turn it is;
//!   `sqlite/log.sql`: messages, receipts and sessions; `sqlite/chat.sql` and `sqlite/session.sql`: what was
//!   added to them.
//! - `sqlite/file.rs`: opens the file, refuses what is no ledger, brings older ones up to date.
//! - `sqlite/writer.rs`: the one thread that writes, many requests to one `fsync`.
//! - `sqlite/checkpoint.rs`: the thread that brings what was written from the write-ahead log into the file.
//! - `sqlite/recent.rs`: the end of the log in memory, for those who follow it.
//! - `sqlite/steps.rs`: what each writing method does in its transaction.
//! - `sqlite/log.rs`: the same for messages, receipts and sessions.
//! - `sqlite/rows.rs`: rows ⇄ values, and the reads.
//!
//! The file is in WAL mode with `synchronous=FULL`: what was acknowledged is on the disk, and readers
//! never wait for the writer. Nothing here blocks an async task: writes go to the writer's thread,
//! reads to tokio's blocking threads, a few at a time.

use super::{
    Counts, Cursor, DAEMON_RESTARTED, Filter, Keep, Lease, Ledger, LedgerError, Order, Queue,
    Receipt, Session, Whose,
    signals::{News, Signals},
};
use crate::judge::{
    Entry, Event, EventBody, Message, NewMessage, NewSubmission, Outcome, Submission, SubmissionId,
};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, watch};

mod checkpoint;
mod file;
mod log;
mod recent;
mod rows;
mod steps;
mod writer;

use checkpoint::Checkpoints;
use recent::Recent;
use steps::{Changes, Step};
use writer::Writer;

/// Reads at one time. They are short, and more of them than cores gain nothing.
const READERS: usize = 4;

/// A ledger in a `SQLite` file, which nobody else writes meanwhile. Drop it to close the file; what was asked of
/// it before is done first.
pub struct SqliteLedger {
    path: PathBuf,
    // Before the writer, so that its connection is the last to close: that one empties the log.
    readers: Arc<Readers>,
    writer: Writer,
    audience: Audience,
    epoch: String,
}

/// Who is told of what was committed.
#[derive(Clone)]
struct Audience {
    signals: Signals,
    recent: Arc<Recent>,
}

impl Audience {
    /// Tells what a transaction has changed, once it is on the disk.
    fn tell(&self, changes: Changes) {
        let messages = !changes.entries.is_empty();
        let news = News { journal: changes.journal, messages, ..News::default() };
        // Before anybody wakes who will ask for it.
        self.recent.add(changes.entries);
        if changes.swept {
            self.recent.forget();
        }
        self.signals.tell(news);
    }
}

/// The connections for reading, opened as they are needed.
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// One for each connection that may be out; held by the read itself, not by who waits for it.
    permits: Arc<Semaphore>,
}

impl SqliteLedger {
    /// Opens the ledger in this file, and makes it if there is no file or an empty one. The folder
    /// must exist. A file that is no ledger, or that a newer version wrote, is refused unchanged.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let conn = file::open(path).map_err(|error| located(path, error))?;
        let epoch = log::epoch(&conn).map_err(|error| located(path, error))?;
        let last = log::last_place(&conn).map_err(|error| located(path, error))?;
        let audience = Audience { signals: Signals::new(), recent: Arc::new(Recent::new(last)) };
        let aside = file::open_for_checkpoints(path).map_err(|error| located(path, error))?;
        let started = Checkpoints::start(aside)
            .and_then(|checkpoints| Writer::start(conn, audience.clone(), checkpoints));
        Ok(Self {
            path: path.to_owned(),
            writer: started
                .map_err(|error| LedgerError::Store(format!("no thread to write with: {error}")))?,
            readers: Arc::new(Readers {
                path: path.to_owned(),
                idle: Mutex::default(),
                permits: Arc::new(Semaphore::new(READERS)),
            }),
            audience,
            epoch,
        })
    }

    /// Gives every leased submission back to the queue and returns how many there were. To be called
    /// before any worker starts, and only by the one process that may use the file: then every lease
    /// in it is a dead process's.
    pub async fn recover(&self) -> Result<u64, LedgerError> {
        self.write(|step| step.requeue_leased(DAEMON_RESTARTED)).await
    }

    /// Runs a step in the writer's next transaction.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Step<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.writer.call(work, |value| value).await.map_err(|error| located(&self.path, error))
    }

    /// Runs a read on a blocking thread.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let readers = self.readers.clone();
        let permit = readers.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let reading = move || {
            let _permit = permit;
            readers.with(work)
        };
        tokio::task::spawn_blocking(reading)
            .await
            .map_err(|error| LedgerError::Store(format!("a read did not end: {error}")))?
            .map_err(|error| located(&self.path, error))
    }
}

impl Readers {
    /// Lends a connection to `work`. One that was lost in a panic is replaced by the next call.
    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let conn = free.map_or_else(|| file::open_for_reading(&self.path), Ok)?;
        let result = work(&conn);
        idle().push(conn);
        result
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn submit(
        &self,
        new: NewSubmission,
        queue_limit: u64,
    ) -> Result<Submission, LedgerError> {
        self.write(move |step| step.submit(&new, queue_limit)).await
    }

    async fn lease(&self, worker: &str, ttl: Duration) -> Result<Option<Lease>, LedgerError> {
        let worker = worker.to_owned();
        let hand_over = self.writer.offering();
        self.writer
            .call(move |step| step.lease(&worker, ttl), hand_over)
            .await
            .map(writer::Offer::accept)
            .map_err(|error| located(&self.path, error))
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<(), LedgerError> {
        let held = Held::of(lease);
        self.write(move |step| step.renew(held, ttl)).await
    }

    async fn append(&self, lease: &Lease, events: Vec<EventBody>) -> Result<(), LedgerError> {
        events.iter().try_for_each(super::appendable)?;
        let held = Held::of(lease);
        self.write(move |step| step.append(held, &events)).await
    }

    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<(), LedgerError> {
        let held = Held::of(lease);
        self.write(move |step| step.finish(held, outcome)).await
    }

    async fn release(&self, lease: &Lease, reason: &str) -> Result<(), LedgerError> {
        let held = Held::of(lease);
        let reason = reason.to_owned();
        self.write(move |step| step.release(held, &reason)).await
    }

    async fn fail(&self, lease: &Lease, reason: &str) -> Result<(), LedgerError> {
        let held = Held::of(lease);
        let reason = reason.to_owned();
        self.write(move |step| step.fail(held, &reason)).await
    }

    async fn cancel(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        self.write(move |step| step.cancel(id)).await
    }

    async fn rejudge(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        self.write(move |step| step.rejudge(id)).await
    }

    async fn submission(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        self.read(move |conn| rows::submission(conn, id)).await
    }

    async fn submissions(&self, filter: &Filter) -> Result<Vec<Submission>, LedgerError> {
        let filter = filter.clone();
        self.read(move |conn| rows::submissions(conn, &filter)).await
    }

    async fn read(&self, cursor: &Cursor, limit: usize) -> Result<Vec<Event>, LedgerError> {
        let cursor = cursor.clone();
        self.read(move |conn| rows::events(conn, &cursor, limit)).await
    }

    async fn counts(&self) -> Result<Counts, LedgerError> {
        self.read(rows::counts).await
    }

    async fn queue(&self, limit: usize) -> Result<Queue, LedgerError> {
        let now = Timestamp::now().as_microsecond();
        self.read(move |conn| rows::queue(conn, limit, now)).await
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.audience.signals.changed.subscribe()
    }

    fn epoch(&self) -> &str {
        &self.epoch
    }

    async fn last_place(&self) -> Result<u64, LedgerError> {
        Ok(self.audience.recent.last())
    }

    async fn post(&self, messages: Vec<NewMessage>) -> Result<Vec<u64>, LedgerError> {
        self.write(move |step| step.post(messages)).await
    }

    async fn log(
        &self,
        whose: &Whose,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        if let Some(page) = self.audience.recent.page(whose, after, limit) {
            return Ok(page);
        }
        let whose = whose.clone();
        self.read(move |conn| log::page(conn, &whose, after, limit)).await
    }

    async fn message(&self, pos: u64) -> Result<Option<Message>, LedgerError> {
        self.read(move |conn| log::message(conn, pos)).await
    }

    async fn place_before(&self, ts: Timestamp) -> Result<u64, LedgerError> {
        self.read(move |conn| log::place_before(conn, ts)).await
    }

    async fn receive(&self, receipts: Vec<Receipt>) -> Result<(), LedgerError> {
        self.write(move |step| step.receive(&receipts)).await
    }

    async fn received(&self, user: &str) -> Result<u64, LedgerError> {
        let user = user.to_owned();
        self.read(move |conn| log::received(conn, &user)).await
    }

    async fn keep_session(&self, pid: &str, session: &Session) -> Result<(), LedgerError> {
        let (pid, session) = (pid.to_owned(), session.clone());
        self.write(move |step| step.keep_session(&pid, &session)).await
    }

    async fn session(&self, pid: &str) -> Result<Option<Session>, LedgerError> {
        let pid = pid.to_owned();
        self.read(move |conn| log::session(conn, &pid)).await
    }

    async fn sweep(&self, keep: &Keep, limit: usize) -> Result<u64, LedgerError> {
        let keep = *keep;
        self.write(move |step| step.sweep(&keep, limit)).await
    }

    fn grown(&self) -> watch::Receiver<u64> {
        self.audience.signals.grown.subscribe()
    }
}

/// What of a [`Lease`] says who holds what.
#[derive(Clone, Copy)]
struct Held {
    id: SubmissionId,
    fence: i64,
}

impl Held {
    fn of(lease: &Lease) -> Self {
        Self { id: lease.submission.id, fence: lease.fence }
    }
}

/// Names the file in an error of the store.
fn located(path: &Path, error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Store(what) => LedgerError::Store(format!("{}: {what}", path.display())),
        other => other,
    }
}

/// The ledger was asked after its end, or its writer died.
fn closed() -> LedgerError {
    LedgerError::Store("it is closed; restart the daemon".into())
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let mend = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "; free some space on its disk",
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                "; make sure that its folder exists and that you may write to both"
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "; another program keeps it locked: end that one"
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                "; it is damaged: move it away and put a backup in its place"
            }
            _ => "",
        };
        Self::Store(format!("{error}{mend}"))
    }
}
