//! The one thread that writes.
//!
//! Requests come over a channel. Whatever has queued up while the last transaction went to the disk
//! becomes the next one, so that many callers share one `fsync`; alone, a caller waits for nobody.
//! Each request runs in a savepoint of its own: one that is refused takes nothing of the others with
//! it. Callers hear of their result, and readers are woken, when the transaction is on the disk.
//!
//! A caller that went away before its turn is passed over; nothing of its request is done.

use super::{
    Audience, Held, LedgerError,
    checkpoint::Checkpoints,
    closed,
    steps::{Changes, Step},
};
use crate::ledger::{ABANDONED, Lease, signals::News};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use std::{
    io,
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::oneshot;

/// Requests in one transaction, at most. It bounds how long the first of them waits for the last.
const GROUP: usize = 256;

type Requests = mpsc::Sender<Box<dyn Request>>;

/// The writing thread. Dropping this waits until it has done what was asked and has closed the file.
pub(super) struct Writer {
    /// `None` only while it is dropped.
    requests: Option<Requests>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its own connection.
    pub(super) fn start(
        conn: Connection,
        audience: Audience,
        checkpoints: Checkpoints,
    ) -> io::Result<Self> {
        let (requests, incoming) = mpsc::channel();
        let writing = Writing { checkpoints, conn, audience, announced: now() };
        let thread = thread::Builder::new()
            .name("ledger-writer".into())
            .spawn(move || writing.run(&incoming))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Runs `work` in the next transaction. `seal` sees its value only once that is on the disk.
    pub(super) async fn call<T: Send + 'static, R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Step<'_>) -> Result<T, LedgerError> + Send + 'static,
        seal: impl FnOnce(T) -> R + Send + 'static,
    ) -> Result<R, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let pending = Pending { work: Some(work), seal, done: None, reply };
        let requests = self.requests.as_ref().ok_or_else(closed)?;
        requests.send(Box::new(pending)).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Makes offers of leases; see [`Offer`].
    pub(super) fn offering(&self) -> impl FnOnce(Option<Lease>) -> Offer + Send + use<> {
        let requests = self.requests.clone();
        move |lease| Offer { lease, requests }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.requests = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the ledger's writer had died of a panic");
        }
    }
}

/// A lease on its way to the worker. If the worker's future is dropped before it takes the lease, the
/// submission goes back to the queue and does not wait for the lease to run out.
pub(super) struct Offer {
    lease: Option<Lease>,
    requests: Option<Requests>,
}

impl Offer {
    /// The worker has it.
    pub(super) fn accept(mut self) -> Option<Lease> {
        self.lease.take()
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if let (Some(lease), Some(requests)) = (self.lease.take(), &self.requests) {
            // When the writer has ended, the lease is the next start's to recover.
            let _ = requests.send(Box::new(TakeBack(Held::of(&lease))));
        }
    }
}

/// What waits for its turn to write.
trait Request: Send {
    /// Whether nobody waits for the result any more.
    fn abandoned(&self) -> bool;
    /// Does the work; says whether it is to be kept.
    fn run(&mut self, step: &mut Step<'_>) -> bool;
    /// Tells the caller, once the transaction is on the disk or why it is not.
    fn answer(self: Box<Self>, failure: Option<&str>);
}

/// A caller's request.
struct Pending<W, S, T, R> {
    work: Option<W>,
    seal: S,
    done: Option<Result<T, LedgerError>>,
    reply: oneshot::Sender<Result<R, LedgerError>>,
}

impl<W, S, T, R> Request for Pending<W, S, T, R>
where
    W: FnOnce(&mut Step<'_>) -> Result<T, LedgerError> + Send,
    S: FnOnce(T) -> R + Send,
    T: Send,
    R: Send,
{
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, step: &mut Step<'_>) -> bool {
        self.done = self.work.take().map(|work| work(step));
        matches!(self.done, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, failure: Option<&str>) {
        let result = match (self.done, failure) {
            (Some(Err(refusal)), _) => Err(refusal),
            (_, Some(failure)) => Err(LedgerError::Store(failure.to_owned())),
            (Some(Ok(value)), None) => Ok((self.seal)(value)),
            (None, None) => return, // abandoned
        };
        // A caller that has gone away meanwhile does not want to know.
        let _ = self.reply.send(result);
    }
}

/// Gives an [`Offer`] that nobody took back to the queue.
struct TakeBack(Held);

impl Request for TakeBack {
    fn abandoned(&self) -> bool {
        false
    }

    fn run(&mut self, step: &mut Step<'_>) -> bool {
        // Refused when the submission was cancelled or rejudged since: then there is nothing to do.
        step.release(self.0, ABANDONED).is_ok()
    }

    fn answer(self: Box<Self>, failure: Option<&str>) {
        if let Some(failure) = failure {
            tracing::warn!(
                "submission {} is leased to nobody until that runs out: {failure}",
                self.0.id
            );
        }
    }
}

/// What the writing thread has.
struct Writing {
    /// Before the connection, so that that one is closed after it, and empties the log.
    checkpoints: Checkpoints,
    conn: Connection,
    audience: Audience,
    /// Leases that ran out up to this time have been announced, in microseconds since 1970.
    announced: i64,
}

impl Writing {
    fn run(mut self, incoming: &mpsc::Receiver<Box<dyn Request>>) {
        loop {
            let first = match self.until_expiry() {
                Some(Duration::ZERO) => Err(RecvTimeoutError::Timeout),
                Some(wait) => incoming.recv_timeout(wait),
                None => incoming.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match first {
                Ok(first) => self.commit(first, incoming),
                Err(RecvTimeoutError::Timeout) => self.announce(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How long until the next lease runs out; `None` when there is none.
    fn until_expiry(&mut self) -> Option<Duration> {
        let now = now();
        self.announced = self.announced.min(now); // the clock may have been set back
        match super::rows::next_expiry(&self.conn, self.announced) {
            Ok(next) => next.map(|at| Duration::from_micros(at.saturating_sub(now).max(0) as u64)),
            Err(error) => {
                tracing::warn!("leases that run out are not announced: {error}");
                None
            }
        }
    }

    /// Wakes the workers because a lease has run out.
    fn announce(&mut self) {
        self.announced = now();
        self.audience.signals.tell(News { journal: true, ..News::default() });
    }

    /// Commits `first` and all that wait behind it.
    fn commit(&mut self, first: Box<dyn Request>, incoming: &mpsc::Receiver<Box<dyn Request>>) {
        let mut group = vec![first];
        group.extend(incoming.try_iter().take(GROUP - 1));
        let failure = match self.transact(&mut group) {
            Ok(changes) => {
                self.audience.tell(changes);
                self.checkpoints.committed();
                None
            }
            Err(LedgerError::Store(what)) => Some(what),
            Err(other) => Some(other.to_string()),
        };
        for request in group {
            request.answer(failure.as_deref());
        }
    }

    /// Runs the group in one transaction; says what is new in the log. After an error nothing of it was
    /// kept.
    fn transact(&mut self, group: &mut [Box<dyn Request>]) -> Result<Changes, LedgerError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changes = Changes::default();
        for request in group.iter_mut().filter(|request| !request.abandoned()) {
            // By hand and not by rusqlite, which would parse each of these statements every time.
            let mut step = Step::new(&tx, now());
            step.execute("SAVEPOINT request", ())?;
            if request.run(&mut step) {
                step.execute("RELEASE request", ())?;
                changes.merge(step.changes);
                continue;
            }
            // Some failures, a full disk for one, undo the whole transaction by themselves. To go on
            // would be to commit each further request on its own, behind the backs of the others.
            if tx.is_autocommit() {
                return Err(LedgerError::Store(
                    "a request in the same transaction failed and took the others with it".into(),
                ));
            }
            step.execute("ROLLBACK TO request", ())?;
            step.execute("RELEASE request", ())?;
        }
        tx.commit()?;
        Ok(changes)
    }
}

/// The time as it is stored: microseconds since 1970.
fn now() -> i64 {
    Timestamp::now().as_microsecond()
}
