//! Submissions, journal and queue in Redis: the engine that several daemons and workers share.
//!
//! - `redis/*.lua`: what each method does, in the server, in a script: nothing comes between its parts, and Redis writes its
//!   effects to its file as one. `head.lua` is what all scripts have in common. What writes is in `redis/operations/`: they are
//!   one script with `write.lua` before them and `batch.lua` after them, which does many requests in one run.
//! - `redis/address.rs`: URLs; `redis/dial.rs`: connections that the caller makes; `redis/server.rs`: which servers are refused, and what to do then.
//! - `redis/link.rs`: the connection that takes commands; `redis/ear.rs`: the one that hears what others have written.
//! - `redis/given.rs`: what a server that lost its newest writes must not give once more.
//! - `redis/client.rs`: requests, sent again when no answer came and done once; `redis/scripts.rs`: the scripts.
//! - `redis/gather.rs`: many requests in one message; `redis/trouble.rs`: kinds of failures.
//! - `redis/warden.rs`: wakes the workers when a lease has run out.
//! - `redis/log.rs`: reads, page by page; `redis/rows.rs`, `redis/value.rs`: values ⇄ what is in Redis.
//!
//! **Keys.** All begin with `{NAMESPACE}:`, `sonocode` unless `redis.namespace` says otherwise. The braces are a hash tag: in
//! a cluster they are all on one node, so that a script can change them together. Nothing is ever looked for with `KEYS` or
//! `SCAN`.
//!
//! | key | type | what | written by | goes |
//! | --- | --- | --- | --- | --- |
//! | `about` | hash | `form`: version of this form; `epoch`: the log's name; `run`: the server's run; `began`: the last place it knew then | the first client, the first of each run | never |
//! | `tally` | hash | `id`, `place`: the last number and place given; `journal`: the place of the last event; `waits:PRIORITY`: how many wait; `cut`: the place of the last event removed | submit, every event and message, the sweep | never |
//! | `s:ID` | hash | a submission: `user`, `problem`, `language`, `created`, `status`, `priority`, `queued`, `attempt`, `lost`, `fence`, `worker`, `started`, `turn` | submit and every change | by the sweep, once it has ended, if it may |
//! | `t:ID` | string | its source, input and files, as JSON | submit | with `s:ID` |
//! | `r:ID` | string | its outcome, as JSON | the verdict | with a rejudge, with `s:ID` |
//! | `j:ID` | list | the places of its events | every event | with `s:ID` |
//! | `by:USER`, `for:PROBLEM` | sorted set | submissions by number | submit | with `s:ID` |
//! | `is:STATUS` | sorted set | the submissions in this state, by number | every change of state | with the state |
//! | `w:PRIORITY:USER` | sorted set | what of a user waits, by number | what begins and ends to wait | when it is empty |
//! | `ring:PRIORITY` | sorted set | who waits, by turn: a place in the log | the same | when nobody waits |
//! | `leased` | sorted set | what is held, by the end of its lease | lease, renew | with the lease |
//! | `lapsed:PRIORITY` | sorted set | leases that ran out, by turn | lease | when it is taken up, renewed or ended |
//! | `log` | stream | events and messages; the id is the place: `s` the submission, or `push` or `chat` (`*`: for everyone), `q` the event's number or the topic, `t` the time, `u` the user, `b` JSON | every event, post | a push by the sweep, events with `s:ID` |
//! | `u:USER` | stream | the places of a user's events and messages | the same | with them |
//! | `everyone`, `chat`, `pushes` | stream | the places of messages for everyone, of the chat, of pushes | post | with them |
//! | `receipts` | hash | user → the place up to which they have everything | receive | never |
//! | `sessions`, `used` | hash, sorted set | recovery id → the end of its token or nothing, a space, the user; the ids by when they were last used | `keep_session` | by the sweep |
//! | `replies:CLIENT` | hash | slot → number and reply of the last request in it | every script that writes | ten minutes after the client |
//!
//! `news` is a channel: `CLIENT j`, `m` or `jm` when events or messages were added, `c` when the catalogue of problems changed
//! (its keys are listed in `cluster/packages.rs`), then the last place and the last number of a submission that were given.
//!
//! Streams are trimmed by nobody. Times are microseconds since 1970 by the server's clock; so are leases.

use super::{
    ABANDONED, Counts, Cursor, Filter, Keep, LEASE_EXPIRED, Lease, Ledger, LedgerError,
    MAX_LOST_ATTEMPTS, Queue, Receipt, Remote, Session, Whose, given_up, signals::Signals,
};
use crate::judge::{
    Entry, Event, EventBody, Message, NewMessage, NewSubmission, Outcome, Priority, State,
    Submission, SubmissionId,
};
use async_trait::async_trait;
use futures_util::poll;
use jiff::Timestamp;
use std::{sync::Arc, task::Poll, time::Duration};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

mod address;
mod backoff;
mod client;
mod dial;
mod ear;
mod gather;
mod given;
pub(crate) mod link;
mod log;
mod rows;
pub(crate) mod scripts;
mod server;
mod steps;
mod trouble;
pub(crate) mod value;
mod warden;

pub use address::Address;
pub(crate) use client::Client;
pub use dial::{Dial, Stream};
use ear::Ear;
use link::{Greeting, Link};
use steps::Offer;

/// A ledger in Redis. Drop it to close the connections; what is on its way is given up.
pub struct RedisLedger {
    client: Arc<Client>,
    _open: DropGuard,
}

impl RedisLedger {
    /// Opens the ledger of this namespace, and makes it if there is none. Refused when no server answers, or one that cannot
    /// keep a ledger; the error says how to mend that.
    pub async fn open(address: Address, namespace: &str) -> Result<Self, LedgerError> {
        let closed = CancellationToken::new();
        let random = || {
            let number = getrandom::u64();
            number.map_err(|error| LedgerError::Store(format!("no random numbers: {error}")))
        };
        let (name, prefix) = (hex::encode(random()?.to_be_bytes()), format!("{{{namespace}}}:"));
        let greeting = Greeting::new(prefix.clone(), name.clone());
        let link = Link::open(address, greeting, closed.clone()).await?;
        let client = Client::new(link, Signals::new(), prefix, name);
        let client = Arc::new(client);
        let ear = Ear::open(client.clone()).await?;
        tokio::spawn(ear.run());
        tokio::spawn(warden::watch(client.clone()));
        let keeper = client.clone();
        tokio::spawn(async move { keeper.link.keep().await });
        Ok(Self { client, _open: closed.drop_guard() })
    }

    /// For what daemons share beside the ledger, over the same connection.
    pub(crate) fn client(&self) -> Arc<Client> {
        self.client.clone()
    }
}

#[async_trait]
impl Ledger for RedisLedger {
    async fn submit(
        &self,
        new: NewSubmission,
        queue_limit: u64,
    ) -> Result<Submission, LedgerError> {
        self.client.submit(new, queue_limit).await
    }

    async fn lease(&self, worker: &str, ttl: Duration) -> Result<Option<Lease>, LedgerError> {
        let (client, worker) = (self.client.clone(), worker.to_owned());
        let mut leasing = Box::pin(async move {
            let lease = client.lease(&worker, ttl).await;
            // Whoever drops the offer gives the lease back.
            lease.map(|lease| Offer::new(lease, client))
        });
        // Begun before there is a task, so that it goes to the server together with what else the worker asks for now.
        if let Poll::Ready(offer) = poll!(&mut leasing) {
            return offer.map(Offer::accept);
        }
        // A task of its own: a lease on its way to a worker that went away comes back all the same.
        let (reply, answer) = oneshot::channel();
        tokio::spawn(async move { drop(reply.send(leasing.await)) });
        answer.await.map_err(|_| link::closed())?.map(Offer::accept)
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<(), LedgerError> {
        self.client.renew(lease, ttl).await
    }

    async fn append(&self, lease: &Lease, events: Vec<EventBody>) -> Result<(), LedgerError> {
        events.iter().try_for_each(super::appendable)?;
        self.client.append(lease, &events).await
    }

    async fn finish(&self, lease: &Lease, outcome: Outcome) -> Result<(), LedgerError> {
        self.client.finish(lease, outcome).await
    }

    async fn release(&self, lease: &Lease, reason: &str) -> Result<(), LedgerError> {
        self.client.requeue(lease, reason, false).await
    }

    async fn fail(&self, lease: &Lease, reason: &str) -> Result<(), LedgerError> {
        self.client.requeue(lease, reason, true).await
    }

    async fn cancel(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        self.client.cancel(id).await
    }

    async fn rejudge(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        self.client.rejudge(id).await
    }

    async fn submission(&self, id: SubmissionId) -> Result<Submission, LedgerError> {
        self.client.submission(id).await
    }

    async fn submissions(&self, filter: &Filter) -> Result<Vec<Submission>, LedgerError> {
        self.client.list(filter).await
    }

    async fn read(&self, cursor: &Cursor, limit: usize) -> Result<Vec<Event>, LedgerError> {
        self.client.events(cursor, limit).await
    }

    async fn counts(&self) -> Result<Counts, LedgerError> {
        self.client.counts().await.map(|(counts, _)| counts)
    }

    async fn queue(&self, limit: usize) -> Result<Queue, LedgerError> {
        self.client.queue(limit).await
    }

    fn remote(&self) -> Option<Remote> {
        Some(self.client.link.remote())
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.client.signals.changed.subscribe()
    }

    fn epoch(&self) -> &str {
        self.client.link.epoch()
    }

    async fn last_place(&self) -> Result<u64, LedgerError> {
        self.client.counts().await.map(|(_, last)| last)
    }

    async fn cut(&self) -> Result<u64, LedgerError> {
        self.client.cut().await
    }

    async fn post(&self, messages: Vec<NewMessage>) -> Result<Vec<u64>, LedgerError> {
        self.client.post(&messages).await
    }

    async fn log(
        &self,
        whose: &Whose,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.client.page(whose, after, limit).await
    }

    async fn message(&self, pos: u64) -> Result<Option<Message>, LedgerError> {
        self.client.message(pos).await
    }

    async fn place_before(&self, ts: Timestamp) -> Result<u64, LedgerError> {
        self.client.place_before(ts).await
    }

    async fn receive(&self, receipts: Vec<Receipt>) -> Result<(), LedgerError> {
        self.client.receive(&receipts).await
    }

    async fn received(&self, user: &str) -> Result<u64, LedgerError> {
        self.client.received(user).await
    }

    async fn keep_session(&self, pid: &str, session: &Session) -> Result<(), LedgerError> {
        self.client.keep_session(pid, session).await
    }

    async fn session(&self, pid: &str) -> Result<Option<Session>, LedgerError> {
        self.client.session(pid).await
    }

    async fn sweep(&self, keep: &Keep, limit: usize) -> Result<u64, LedgerError> {
        self.client.sweep(keep, limit).await
    }

    fn grown(&self) -> watch::Receiver<u64> {
        self.client.signals.grown.subscribe()
    }
}

/// A time as the scripts take it: in microseconds, and at most a hundred years, so that every sum of times is exact in Lua.
fn micros(time: Duration) -> u64 {
    const CENTURY: u64 = 100 * 366 * 24 * 3600 * 1_000_000;
    u64::try_from(time.as_micros()).map_or(CENTURY, |micros| micros.min(CENTURY))
}
