//! What each method asks of its script, and what it makes of the answer.

use super::{
    ABANDONED, Counts, EventBody, LEASE_EXPIRED, Lease, LedgerError, MAX_LOST_ATTEMPTS, Message,
    NewMessage, NewSubmission, Outcome, Priority, Receipt, Session, State, Submission,
    SubmissionId,
    client::Client,
    given_up,
    link::Patience,
    micros, rows,
    scripts::Args,
    value::{Items, broken, refusal},
};
use crate::judge::Entry;
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::runtime::Handle;

/// The end of a submission that lost too many attempts: its outcome and its event, as they are stored.
struct GivenUp {
    result: String,
    event: String,
}

impl GivenUp {
    fn because(reason: &str) -> Result<Self, LedgerError> {
        let outcome = given_up(reason);
        let result = rows::json(&outcome)?;
        Ok(Self { result, event: rows::json(&EventBody::Finished(outcome))? })
    }
}

impl Client {
    /// Calls an operation of the ledger.
    async fn operate(
        &self,
        operation: &'static str,
        patience: Patience,
        args: Args,
    ) -> Result<(String, Items), LedgerError> {
        self.write(&self.scripts.operations, operation, patience, args).await
    }

    pub(super) async fn submit(
        &self,
        new: NewSubmission,
        queue_limit: u64,
    ) -> Result<Submission, LedgerError> {
        let problem = new.problem().cloned();
        let language = new.language.clone();
        let source_bytes = new.source.len() as u64;
        let event =
            rows::json(&EventBody::Queued { problem: problem.clone(), language, source_bytes })?;
        let texts = rows::texts(&new)?;
        let args = Args::new().arg(&new.user).arg(new.priority() as u8);
        let args = args.arg(problem.as_ref().map_or("", |slug| slug.as_str()));
        let args = args.arg(&new.language).arg(queue_limit).arg(event).arg(texts);
        let (word, mut reply) = self.operate("submit", Patience::Brief, args).await?;
        if word == "full" {
            return Err(LedgerError::QueueFull(reply.number()?));
        }
        let id = SubmissionId(reply.number()?);
        let created_at = Timestamp::from_microsecond(reply.number()?)
            .map_err(|error| broken("the server's clock", error))?;
        Ok(Submission {
            id,
            user: new.user,
            task: new.task,
            language: new.language,
            source: new.source,
            created_at,
            attempt: 0,
            state: State::Queued,
        })
    }

    pub(super) async fn lease(
        &self,
        worker: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, LedgerError> {
        let requeued = rows::json(&EventBody::Requeued { reason: LEASE_EXPIRED.to_owned() })?;
        let given_up = GivenUp::because(LEASE_EXPIRED)?;
        let name = rows::json(&worker)?;
        let args = Args::new().arg(worker).arg(name).arg(micros(ttl));
        let args = args.arg(requeued).arg(given_up.result).arg(given_up.event);
        let args = args.arg(MAX_LOST_ATTEMPTS);
        let (word, mut reply) = self.operate("lease", Patience::Long, args).await?;
        if word == "none" {
            return Ok(None);
        }
        self.tell_of_end(ttl);
        let fence = reply.number()?;
        Ok(Some(Lease { submission: rows::submission(reply.items()?)?, fence }))
    }

    /// Lets the warden know of a lease that may run out before it looks again.
    fn tell_of_end(&self, ttl: Duration) {
        if ttl < super::warden::NAP {
            self.short_lease.notify_one();
        }
    }

    pub(super) async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<(), LedgerError> {
        let more = Args::new().arg(micros(ttl));
        self.with_lease("renew", Patience::Brief, lease, more).await?;
        self.tell_of_end(ttl);
        Ok(())
    }

    pub(super) async fn append(
        &self,
        lease: &Lease,
        events: &[EventBody],
    ) -> Result<(), LedgerError> {
        let events = events.iter().map(rows::json).collect::<Result<Vec<_>, _>>()?;
        let more = Args::new().arg(events);
        self.with_lease("append", Patience::Long, lease, more).await
    }

    pub(super) async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<(), LedgerError> {
        let result = rows::json(&outcome)?;
        let event = rows::json(&EventBody::Finished(outcome))?;
        let more = Args::new().arg(result).arg(event);
        self.with_lease("finish", Patience::Long, lease, more).await
    }

    pub(super) async fn requeue(
        &self,
        lease: &Lease,
        reason: &str,
        lost: bool,
    ) -> Result<(), LedgerError> {
        let event = rows::json(&EventBody::Requeued { reason: reason.to_owned() })?;
        let given_up = GivenUp::because(reason)?;
        let more = Args::new().arg(event).arg(u8::from(lost));
        let more = more.arg(given_up.result).arg(given_up.event).arg(MAX_LOST_ATTEMPTS);
        // Nobody waits for it: if Redis is away, the lease runs out.
        self.with_lease("requeue", Patience::Brief, lease, more).await
    }

    async fn with_lease(
        &self,
        operation: &'static str,
        patience: Patience,
        lease: &Lease,
        more: Args,
    ) -> Result<(), LedgerError> {
        let id = lease.submission.id;
        let args = Args::new().arg(id.0).arg(lease.fence).and(more);
        let (word, mut reply) = self.operate(operation, patience, args).await?;
        refusal(&word, &mut reply, id)?.map_or(Ok(()), Err)
    }

    pub(super) async fn cancel(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        let event = rows::json(&EventBody::Cancelled)?;
        let more = Args::new().arg(event);
        self.change("cancel", id, more).await
    }

    pub(super) async fn rejudge(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        let event = rows::json(&EventBody::Rejudged)?;
        let more = Args::new().arg(event).arg(Priority::Rejudge as u8);
        self.change("rejudge", id, more).await
    }

    async fn change(
        &self,
        operation: &'static str,
        id: SubmissionId,
        more: Args,
    ) -> Result<Submission, LedgerError> {
        let args = Args::new().arg(id.0).and(more);
        let (word, mut reply) = self.operate(operation, Patience::Brief, args).await?;
        match refusal(&word, &mut reply, id)? {
            Some(refused) => Err(refused),
            None => rows::submission(reply.items()?),
        }
    }

    pub(super) async fn submission(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        let mut reply = self.read(&self.scripts.submission, Args::new().arg(id.0)).await?;
        if reply.text()? == "missing" {
            return Err(LedgerError::NotFound(id));
        }
        rows::submission(reply.items()?)
    }

    /// The counts, and the last place.
    pub(super) async fn counts(&self) -> Result<(Counts, u64), LedgerError> {
        let mut reply = self.read(&self.scripts.counts, Args::new()).await?;
        let counts = Counts {
            queued: reply.number()?,
            running: reply.number()?,
            finished: reply.number()?,
            cancelled: reply.number()?,
            last_pos: reply.number()?,
        };
        Ok((counts, reply.number()?))
    }

    pub(super) async fn post(&self, messages: &[NewMessage]) -> Result<Vec<u64>, LedgerError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let args = messages.iter().fold(Args::new(), |args, message| {
            let args = args.arg(rows::mark(message.channel, &message.to));
            let args = args.arg(message.to.user().unwrap_or_default());
            args.arg(&message.topic).arg(&message.payload)
        });
        let (_, mut reply) = self.operate("post", Patience::Brief, args).await?;
        let first: u64 = reply.number()?;
        Ok((first..first + messages.len() as u64).collect())
    }

    pub(super) async fn message(&self, pos: u64) -> Result<Option<Message>, LedgerError> {
        let mut reply = self.read(&self.scripts.message, Args::new().arg(pos)).await?;
        if reply.text()? == "missing" {
            return Ok(None);
        }
        let (entry, _) = rows::entry(reply.items()?)?;
        Ok(if let Entry::Message(message) = entry { Some(message) } else { None })
    }

    pub(super) async fn place_before(&self, ts: Timestamp) -> Result<u64, LedgerError> {
        let args = Args::new().arg(ts.as_microsecond());
        self.read(&self.scripts.place_before, args).await?.number()
    }

    pub(super) async fn receive(&self, receipts: &[Receipt]) -> Result<(), LedgerError> {
        let args = receipts
            .iter()
            .fold(Args::new(), |args, receipt| args.arg(&receipt.user).arg(receipt.pos));
        self.read(&self.scripts.receive, args).await.map(drop)
    }

    pub(super) async fn received(&self, user: &str) -> Result<u64, LedgerError> {
        let known = self.field("receipts", user).await?.maybe()?;
        let number = |text: String| text.parse().map_err(|error| broken("a receipt", error));
        known.map_or(Ok(0), number)
    }

    pub(super) async fn keep_session(
        &self,
        pid: &str,
        session: &Session,
    ) -> Result<(), LedgerError> {
        let args = Args::new().arg(pid).arg(rows::from_session(session));
        self.read(&self.scripts.session, args).await.map(drop)
    }

    pub(super) async fn session(&self, pid: &str) -> Result<Option<Session>, LedgerError> {
        self.field("sessions", pid).await?.maybe()?.map(|text| rows::session(&text)).transpose()
    }

    pub(super) async fn cut(&self) -> Result<u64, LedgerError> {
        let cut = self.field("tally", "cut").await?.maybe()?;
        let number = |text: String| text.parse().map_err(|error| broken("the cut", error));
        cut.map_or(Ok(0), number)
    }

    async fn field(&self, hash: &str, field: &str) -> Result<Items, LedgerError> {
        self.read(&self.scripts.field, Args::new().arg(hash).arg(field)).await
    }
}

/// A lease on its way to the worker. If the worker's future is dropped before it takes the lease, the
/// submission goes back to the queue and does not wait for the lease to run out.
pub(super) struct Offer {
    lease: Option<Lease>,
    client: Arc<Client>,
    /// A future may be dropped outside the runtime.
    runtime: Handle,
}

impl Offer {
    /// To be made within the runtime.
    pub(super) fn new(lease: Option<Lease>, client: Arc<Client>) -> Self {
        Self { lease, client, runtime: Handle::current() }
    }

    /// The worker has it.
    pub(super) fn accept(mut self) -> Option<Lease> {
        self.lease.take()
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        let client = self.client.clone();
        self.runtime.spawn(async move {
            let id = lease.submission.id;
            match client.requeue(&lease, ABANDONED, false).await {
                // Cancelled or rejudged since: then there is nothing to do.
                Ok(()) | Err(LedgerError::Fenced(_) | LedgerError::Ended(..)) => {}
                Err(error) => {
                    tracing::warn!(
                        "submission {id} is leased to nobody until that runs out: {error}"
                    );
                }
            }
        });
    }
}
