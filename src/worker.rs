//! A worker: lease → evaluate → append → finish.
//!
//! With the verdict it asks for the next submission, so that both go to the ledger together.
//!
//! While it evaluates, it renews its lease and records the steps. A lost lease (cancelled, rejudged,
//! or taken up by another after this worker was too slow) stops the evaluation at once: its cell is
//! destroyed with everything in it.
//!
//! What is ready at the same time is taken in one order, here and in the Redis engine, never by chance: so a
//! simulation goes the same way again.

use crate::{
    evaluator::Evaluator,
    health::Health,
    judge::{EventBody, Outcome, State, Verdict},
    ledger::{Lease, Ledger, LedgerError},
    sandbox::SandboxError,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time,
};
use tokio_util::sync::CancellationToken;

/// A lease is renewed so many times while it would hold.
const RENEWALS: u32 = 3;

/// How long to wait for an engine or a ledger that failed just now.
const PAUSE: Duration = Duration::from_secs(5);

/// The shortest time between two looks at a lease when the journal is busy.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Events on their way from an evaluation to the journal.
const EVENTS_AHEAD: usize = 256;

/// Everything a worker needs.
#[derive(Clone)]
pub struct Worker {
    /// Its name in leases and events.
    pub name: String,
    /// Where work comes from and verdicts go.
    pub ledger: Arc<dyn Ledger>,
    /// How long a lease holds without being renewed.
    pub lease: Duration,
    /// What judges.
    pub evaluator: Arc<Evaluator>,
    /// Whether there is an engine to judge with.
    pub health: watch::Receiver<Health>,
    /// Asks for a new look at the engine after a failure; `health` changes with every look.
    pub recheck: Arc<tokio::sync::Notify>,
    /// How many workers are busy, for the status.
    pub busy: Arc<AtomicUsize>,
    /// Attempts that came too late, for the figures.
    pub late: Arc<AtomicU64>,
    /// Fired when no new work is to be taken.
    pub drain: CancellationToken,
    /// Fired when work in hand is to be given back.
    pub stop: CancellationToken,
}

/// How an evaluation ended.
enum End {
    Verdict(Outcome),
    /// The judge failed; the submission is to be judged again.
    Failed(SandboxError),
    /// The daemon stops before there is a verdict.
    Stopped,
    /// The lease is lost; whatever happens is no longer this worker's business.
    Fenced,
}

/// The ledger's answer to one who asks for work.
type Leased = Result<Option<Lease>, LedgerError>;

impl Worker {
    /// Works until the daemon drains.
    pub async fn run(self) {
        let mut changed = self.ledger.changed();
        let mut leased = None;
        loop {
            if leased.is_none() {
                leased = self.next(&mut changed).await;
            }
            match leased.take() {
                None => return,
                Some(Ok(Some(lease))) => leased = self.work(lease, &mut changed).await,
                Some(Ok(None)) => tokio::select! {
                    biased;
                    () = self.drain.cancelled() => return,
                    news = changed.changed() => if news.is_err() { return },
                },
                Some(Err(error)) => {
                    tracing::error!(%error, "the ledger gives no work");
                    tokio::select! {
                        biased;
                        () = self.drain.cancelled() => return,
                        () = time::sleep(PAUSE) => {}
                    }
                }
            }
        }
    }

    /// Asks for the next submission, once there is an engine; `None` when nothing more is to be taken.
    async fn next(&self, changed: &mut watch::Receiver<u64>) -> Option<Leased> {
        let mut health = self.health.clone();
        let ready = health.wait_for(|health| matches!(health, Health::Ready(_)));
        tokio::select! {
            // A worker that drains takes nothing more, however ready the engine is.
            biased;
            () = self.drain.cancelled() => return None,
            ready = ready => drop(ready.ok()?),
        }
        // Marked as seen before looking, so that a change right after the look wakes us.
        changed.mark_unchanged();
        tokio::select! {
            biased;
            // A ledger that is away answers when it is back; what it leases then goes back to the queue.
            () = self.drain.cancelled() => None,
            leased = self.ledger.lease(&self.name, self.lease) => Some(leased),
        }
    }

    /// Judges what is leased; returns what was leased next, if that was asked already.
    async fn work(&self, lease: Lease, changed: &mut watch::Receiver<u64>) -> Option<Leased> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let id = lease.submission.id;
        let mut leased = None;
        let recorded = match self.evaluate(&lease).await {
            End::Verdict(outcome) => {
                let next = async {
                    // The verdict waits for no engine.
                    let ready = matches!(&*self.health.borrow(), Health::Ready(_));
                    if ready { self.next(changed).await } else { None }
                };
                let recorded;
                (recorded, leased) = tokio::join!(self.finish(&lease, outcome), next);
                recorded
            }
            End::Stopped => self.ledger.release(&lease, "the daemon stopped").await,
            End::Failed(error) => self.failed(&lease, &error).await,
            End::Fenced => Err(LedgerError::Fenced(id)),
        };
        match recorded {
            Ok(()) => {}
            Err(LedgerError::Fenced(_)) if self.came_too_late(&lease).await => {
                self.late.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%id, "another worker took it up; what came of it here is refused");
            }
            Err(LedgerError::Fenced(_)) => {
                tracing::info!(%id, "the lease was lost; nothing recorded");
            }
            Err(error) => tracing::error!(%id, %error, "the end could not be recorded"),
        }
        self.busy.fetch_sub(1, Ordering::Relaxed);
        leased
    }

    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<(), LedgerError> {
        tokio::select! {
            biased;
            recorded = self.ledger.finish(lease, outcome) => recorded,
            // The ledger is away, and the daemon does not wait for it: others will take the submission up.
            () = self.stop.cancelled() => Err(LedgerError::Fenced(lease.submission.id)),
        }
    }

    /// Whether a lease was lost because it ran out, and not because a person cancelled or rejudged the submission:
    /// then there is a later attempt, or the last one was given up.
    async fn came_too_late(&self, lease: &Lease) -> bool {
        match self.ledger.submission(lease.submission.id).await {
            Ok(now) => {
                now.attempt > lease.submission.attempt
                    || matches!(now.state, State::Finished { .. })
            }
            Err(error) => {
                tracing::debug!("why a lease was lost is not known: {error}");
                false
            }
        }
    }

    /// The judge failed: again later, unless that cannot help.
    async fn failed(&self, lease: &Lease, error: &SandboxError) -> Result<(), LedgerError> {
        let id = lease.submission.id;
        tracing::warn!(%id, %error, "the evaluation failed");
        let reason = error.to_string();
        // A problem has nothing to do with the engine.
        let has_engine = matches!(error, SandboxError::Problem(_)) || self.look_again().await;
        match error {
            // Without an engine no attempt was made at all, and when it went away, its cells went too.
            SandboxError::NoEngine(_) | SandboxError::Native(_) => {
                self.ledger.release(lease, &reason).await
            }
            SandboxError::Cell(_) if !has_engine => self.ledger.release(lease, &reason).await,
            SandboxError::Cell(_) | SandboxError::Problem(_) => {
                self.ledger.fail(lease, &reason).await
            }
            SandboxError::Image { .. } | SandboxError::Start { .. } => {
                let outcome = Outcome::without_tests(Verdict::InternalError, 0, Some(reason));
                self.ledger.finish(lease, outcome).await
            }
        }
    }

    /// Whether there is an engine still, after something failed there.
    async fn look_again(&self) -> bool {
        let mut health = self.health.clone();
        health.mark_unchanged();
        self.recheck.notify_one();
        // An engine that hangs is not away.
        let _ = time::timeout(PAUSE, health.changed()).await;
        health.borrow().engine().is_some()
    }

    /// Evaluates while recording steps and renewing the lease.
    async fn evaluate(&self, lease: &Lease) -> End {
        let (sender, mut receiver) = mpsc::channel(EVENTS_AHEAD);
        let evaluation = async {
            let result = self.evaluator.evaluate(&lease.submission, &sender).await;
            drop(sender);
            result
        };
        let recording = self.record(lease, &mut receiver);
        let renewing = self.renew(lease);
        tokio::select! {
            biased;
            (result, recorded) = async { tokio::join!(evaluation, recording) } => match (result, recorded) {
                (_, Err(LedgerError::Fenced(_))) => End::Fenced,
                (_, Err(error)) => End::Failed(SandboxError::Cell(error.to_string())),
                (Ok(outcome), Ok(())) => End::Verdict(outcome),
                (Err(error), Ok(())) => End::Failed(error),
            },
            () = renewing => End::Fenced,
            () = self.stop.cancelled() => End::Stopped,
        }
    }

    /// Writes steps to the journal as they come; what is there together goes together.
    async fn record(
        &self,
        lease: &Lease,
        receiver: &mut mpsc::Receiver<EventBody>,
    ) -> Result<(), LedgerError> {
        let mut events = Vec::new();
        while receiver.recv_many(&mut events, EVENTS_AHEAD).await > 0 {
            self.ledger.append(lease, std::mem::take(&mut events)).await?;
        }
        Ok(())
    }

    /// Renews the lease until it is lost.
    async fn renew(&self, lease: &Lease) {
        let mut changed = self.ledger.changed();
        let renewal = self.lease / RENEWALS;
        let mut due = time::interval_at(time::Instant::now() + renewal, renewal);
        loop {
            tokio::select! {
                biased;
                _ = due.tick() => match self.ledger.renew(lease, self.lease).await {
                    Ok(()) => {}
                    Err(LedgerError::Fenced(_)) => return,
                    Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
                },
                // A cancel or a rejudge is a change like any other: look, but not at every one of
                // a busy journal.
                _ = changed.changed() => {
                    if self.lost(lease).await {
                        return;
                    }
                    time::sleep(LOOK_PAUSE).await;
                }
            }
        }
    }

    /// Whether somebody cancelled or rejudged the submission, or another worker took it up.
    async fn lost(&self, lease: &Lease) -> bool {
        let ours = State::Running { worker: self.name.clone() };
        match self.ledger.submission(lease.submission.id).await {
            Ok(now) => now.state != ours || now.attempt != lease.submission.attempt,
            Err(error) => {
                tracing::warn!(%error, "a lease could not be looked at");
                false
            }
        }
    }
}
