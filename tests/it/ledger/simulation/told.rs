//! What workers and clients were told, to be compared with what is in the ledger at the end.

use async_trait::async_trait;
use jiff::Timestamp;
use sonocode::{
    judge::{
        Entry, Event, EventBody, Message, NewMessage, NewSubmission, Outcome, Submission,
        SubmissionId,
    },
    ledger::{
        Counts, Cursor, Filter, Keep, Lease, Ledger, LedgerError, Queue, Receipt, Session, Whose,
        redis::RedisLedger,
    },
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;

/// What somebody was told.
#[derive(Default)]
pub struct Told {
    /// Accepted submissions and their sources.
    pub accepted: Mutex<BTreeMap<SubmissionId, String>>,
    /// How often a cancel or a rejudge was done, and how often it was asked for.
    pub cancelled: Mutex<BTreeMap<SubmissionId, (usize, usize)>>,
    pub rejudged: Mutex<BTreeMap<SubmissionId, (usize, usize)>>,
    /// Worker and source of each evaluation.
    pub evaluations: Mutex<Vec<(String, String)>>,
    /// Submission, fence and worker of each lease.
    pub leases: Mutex<Vec<(SubmissionId, i64, String)>>,
    /// Lease and evaluation of each verdict, and whether it was taken.
    pub verdicts: Mutex<Vec<Verdict>>,
    /// Verdicts that met an error which none should meet.
    pub odd: Mutex<Vec<String>>,
}

/// A verdict that a worker brought.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub id: SubmissionId,
    pub fence: i64,
    /// Of the evaluation.
    pub number: u64,
    pub taken: bool,
}

impl Told {
    /// An evaluation begins; returns its number.
    pub fn evaluates(&self, worker: &str, source: &str) -> u64 {
        let mut all = self.evaluations.lock().unwrap();
        all.push((worker.to_owned(), source.to_owned()));
        all.len() as u64
    }
}

/// A ledger as a worker has it: it notes what the worker is told of leases and verdicts.
pub struct Witness {
    pub ledger: Arc<RedisLedger>,
    pub told: Arc<Told>,
}

type Answer<T> = Result<T, LedgerError>;

#[async_trait]
impl Ledger for Witness {
    async fn lease(&self, worker: &str, ttl: Duration) -> Answer<Option<Lease>> {
        let lease = self.ledger.lease(worker, ttl).await?;
        if let Some(lease) = &lease {
            let note = (lease.submission.id, lease.fence, worker.to_owned());
            self.told.leases.lock().unwrap().push(note);
        }
        Ok(lease)
    }

    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Answer<()> {
        let (id, fence, number) = (lease.submission.id, lease.fence, outcome.cpu_ms);
        let answer = self.ledger.finish(lease, outcome).await;
        let taken = match &answer {
            Ok(()) => true,
            Err(LedgerError::Fenced(_) | LedgerError::Ended(..)) => false,
            Err(other) => {
                self.told.odd.lock().unwrap().push(format!("{id}: {other}"));
                false
            }
        };
        self.told.verdicts.lock().unwrap().push(Verdict { id, fence, number, taken });
        answer
    }

    async fn submit(&self, new: NewSubmission, queue_limit: u64) -> Answer<Submission> {
        self.ledger.submit(new, queue_limit).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Answer<()> {
        self.ledger.renew(lease, ttl).await
    }

    async fn append(&self, lease: &Lease, events: Vec<EventBody>) -> Answer<()> {
        self.ledger.append(lease, events).await
    }

    async fn release(&self, lease: &Lease, reason: &str) -> Answer<()> {
        self.ledger.release(lease, reason).await
    }

    async fn fail(&self, lease: &Lease, reason: &str) -> Answer<()> {
        self.ledger.fail(lease, reason).await
    }

    async fn cancel(&self, id: SubmissionId) -> Answer<Submission> {
        self.ledger.cancel(id).await
    }

    async fn rejudge(&self, id: SubmissionId) -> Answer<Submission> {
        self.ledger.rejudge(id).await
    }

    async fn submission(&self, id: SubmissionId) -> Answer<Submission> {
        self.ledger.submission(id).await
    }

    async fn submissions(&self, filter: &Filter) -> Answer<Vec<Submission>> {
        self.ledger.submissions(filter).await
    }

    async fn read(&self, cursor: &Cursor, limit: usize) -> Answer<Vec<Event>> {
        self.ledger.read(cursor, limit).await
    }

    async fn cut(&self) -> Answer<u64> {
        self.ledger.cut().await
    }

    async fn counts(&self) -> Answer<Counts> {
        self.ledger.counts().await
    }

    async fn queue(&self, limit: usize) -> Answer<Queue> {
        self.ledger.queue(limit).await
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.ledger.changed()
    }

    fn epoch(&self) -> &str {
        self.ledger.epoch()
    }

    async fn last_place(&self) -> Answer<u64> {
        self.ledger.last_place().await
    }

    async fn post(&self, messages: Vec<NewMessage>) -> Answer<Vec<u64>> {
        self.ledger.post(messages).await
    }

    async fn log(&self, whose: &Whose, after: u64, limit: usize) -> Answer<Vec<Entry>> {
        self.ledger.log(whose, after, limit).await
    }

    async fn message(&self, pos: u64) -> Answer<Option<Message>> {
        self.ledger.message(pos).await
    }

    async fn place_before(&self, ts: Timestamp) -> Answer<u64> {
        self.ledger.place_before(ts).await
    }

    async fn receive(&self, receipts: Vec<Receipt>) -> Answer<()> {
        self.ledger.receive(receipts).await
    }

    async fn received(&self, user: &str) -> Answer<u64> {
        self.ledger.received(user).await
    }

    async fn keep_session(&self, pid: &str, session: &Session) -> Answer<()> {
        self.ledger.keep_session(pid, session).await
    }

    async fn session(&self, pid: &str) -> Answer<Option<Session>> {
        self.ledger.session(pid).await
    }

    async fn sweep(&self, keep: &Keep, limit: usize) -> Answer<u64> {
        self.ledger.sweep(keep, limit).await
    }

    fn grown(&self) -> watch::Receiver<u64> {
        self.ledger.grown()
    }
}
