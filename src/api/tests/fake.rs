//! A ledger in memory that keeps the trait's promises as far as readers see them.

use crate::{
    judge::{
        Channel, Entry, Event, EventBody, Message, NewMessage, NewSubmission, Outcome, State,
        Submission, SubmissionId,
    },
    ledger::{
        Counts, Cursor, Filter, Holding, Keep, Lease, Ledger, LedgerError, Order, Queue, Receipt,
        Session, Whose,
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

type Result<T> = std::result::Result<T, LedgerError>;

pub struct Fake {
    store: Mutex<Store>,
    changed: Mutex<Option<watch::Sender<u64>>>,
    never: watch::Receiver<u64>,
    /// While true, everything fails.
    pub broken: AtomicBool,
}

#[derive(Default)]
struct Store {
    submissions: Vec<Submission>,
    events: Vec<Event>,
    messages: Vec<Message>,
    received: HashMap<String, u64>,
    sessions: HashMap<String, Session>,
}

impl Fake {
    pub fn new() -> Self {
        let (sender, never) = watch::channel(0);
        Self {
            store: Mutex::default(),
            changed: Mutex::new(Some(sender)),
            never,
            broken: AtomicBool::new(false),
        }
    }

    /// Adds events to a submission's journal without a lease.
    pub fn record(&self, id: SubmissionId, bodies: impl IntoIterator<Item = EventBody>) {
        self.change(|store| {
            for body in bodies {
                store.push(id, body);
            }
            Ok(())
        })
        .unwrap();
    }

    /// Ends a submission with this outcome.
    pub fn end(&self, id: SubmissionId, outcome: Outcome) {
        self.change(|store| {
            store.get(id)?.state = State::Finished { result: outcome.clone() };
            store.push(id, EventBody::Finished(outcome));
            Ok(())
        })
        .unwrap();
    }

    /// Wakes every reader, though there is nothing new.
    pub fn wake(&self) {
        if let Some(sender) = &*self.changed.lock().unwrap() {
            sender.send_modify(|n| *n += 1);
        }
    }

    /// There will be no news any more.
    pub fn close(&self) {
        self.changed.lock().unwrap().take();
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> Result<T>) -> Result<T> {
        let done = self.look(change)?;
        self.wake();
        Ok(done)
    }

    fn look<T>(&self, look: impl FnOnce(&mut Store) -> Result<T>) -> Result<T> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(LedgerError::Store("the disk is gone".into()));
        }
        look(&mut self.store.lock().unwrap())
    }
}

impl Store {
    fn get(&mut self, id: SubmissionId) -> Result<&mut Submission> {
        self.submissions.iter_mut().find(|s| s.id == id).ok_or(LedgerError::NotFound(id))
    }

    /// The last place that was given.
    fn last(&self) -> u64 {
        let event = self.events.last().map_or(0, |e| e.pos);
        event.max(self.messages.last().map_or(0, |m| m.pos))
    }

    fn entries(&self) -> Vec<Entry> {
        let events = self.events.iter().cloned().map(Entry::Event);
        let mut all: Vec<_> =
            events.chain(self.messages.iter().cloned().map(Entry::Message)).collect();
        all.sort_by_key(Entry::pos);
        all
    }

    fn push(&mut self, id: SubmissionId, body: EventBody) {
        let user = self.get(id).unwrap().user.clone();
        let seq = 1 + self.events.iter().rev().find(|e| e.submission == id).map_or(0, |e| e.seq);
        // Places may have gaps.
        let pos = self.last() + 3;
        let ts = Timestamp::UNIX_EPOCH;
        self.events.push(Event { v: 1, seq, pos, ts, submission: id, user, body });
    }
}

#[async_trait]
impl Ledger for Fake {
    async fn submit(&self, new: NewSubmission, queue_limit: u64) -> Result<Submission> {
        self.change(|store| {
            let waiting = store.submissions.iter().filter(|s| s.state == State::Queued).count();
            if waiting as u64 >= queue_limit {
                return Err(LedgerError::QueueFull(waiting as u64));
            }
            let id = SubmissionId(store.submissions.len() as i64 + 1);
            let submission = Submission {
                id,
                user: new.user,
                task: new.task,
                language: new.language.clone(),
                source: new.source,
                created_at: Timestamp::UNIX_EPOCH,
                attempt: 0,
                state: State::Queued,
            };
            store.submissions.push(submission.clone());
            let (problem, source_bytes) = (None, submission.source.len() as u64);
            store.push(id, EventBody::Queued { problem, language: new.language, source_bytes });
            Ok(submission)
        })
    }

    async fn lease(&self, _: &str, _: Duration) -> Result<Option<Lease>> {
        unreachable!("the API leases nothing")
    }
    async fn renew(&self, _: &Lease, _: Duration) -> Result<()> {
        unreachable!("the API leases nothing")
    }
    async fn append(&self, _: &Lease, _: Vec<EventBody>) -> Result<()> {
        unreachable!("the API leases nothing")
    }
    async fn finish(&self, _: &Lease, _: Outcome) -> Result<()> {
        unreachable!("the API leases nothing")
    }
    async fn release(&self, _: &Lease, _: &str) -> Result<()> {
        unreachable!("the API leases nothing")
    }

    async fn fail(&self, _: &Lease, _: &str) -> Result<()> {
        unreachable!("the API leases nothing")
    }

    async fn cancel(&self, id: SubmissionId) -> Result<Submission> {
        self.change(|store| {
            let submission = store.get(id)?;
            if submission.state.is_final() {
                return Err(LedgerError::Ended(id, "finished"));
            }
            submission.state = State::Cancelled;
            let submission = submission.clone();
            store.push(id, EventBody::Cancelled);
            Ok(submission)
        })
    }

    async fn rejudge(&self, id: SubmissionId) -> Result<Submission> {
        self.change(|store| {
            let submission = store.get(id)?;
            submission.state = State::Queued;
            let submission = submission.clone();
            store.push(id, EventBody::Rejudged);
            Ok(submission)
        })
    }

    async fn submission(&self, id: SubmissionId) -> Result<Submission> {
        self.look(|store| store.get(id).cloned())
    }

    async fn submissions(&self, filter: &Filter) -> Result<Vec<Submission>> {
        let state = |s: &Submission| serde_json::to_value(&s.state).unwrap()["status"].clone();
        let fits = |s: &&Submission| {
            filter.user.as_ref().is_none_or(|user| *user == s.user)
                && filter.problem.as_ref().is_none_or(|slug| Some(slug) == s.problem())
                && filter.status.as_ref().is_none_or(|status| state(s) == **status)
                && filter.after.is_none_or(|after| match filter.order {
                    Order::Ascending => s.id > after,
                    Order::Descending => s.id < after,
                })
        };
        self.look(|store| {
            let mut found: Vec<_> = store.submissions.iter().filter(fits).cloned().collect();
            if filter.order == Order::Descending {
                found.reverse();
            }
            found.truncate(filter.limit);
            Ok(found)
        })
    }

    async fn read(&self, cursor: &Cursor, limit: usize) -> Result<Vec<Event>> {
        let fits = |e: &&Event| match cursor {
            Cursor::Submission { id, after } => e.submission == *id && e.seq > *after,
            Cursor::User { user, after } => e.user == *user && e.pos > *after,
            Cursor::All { after } => e.pos > *after,
        };
        let events =
            self.look(|store| Ok(store.events.iter().filter(fits).take(limit).cloned().collect()));
        // Others may commit between a read and what the reader does next.
        tokio::task::yield_now().await;
        events
    }

    async fn counts(&self) -> Result<Counts> {
        self.look(|store| {
            let mut counts = Counts::default();
            for submission in &store.submissions {
                match submission.state {
                    State::Queued => counts.queued += 1,
                    State::Running { .. } => counts.running += 1,
                    State::Finished { .. } => counts.finished += 1,
                    State::Cancelled => counts.cancelled += 1,
                }
            }
            counts.last_pos = store.events.last().map_or(0, |e| e.pos);
            Ok(counts)
        })
    }

    async fn queue(&self, limit: usize) -> Result<Queue> {
        self.look(|store| {
            let mut queue = Queue::default();
            for submission in &store.submissions {
                match &submission.state {
                    State::Queued => queue.waiting.submissions += 1,
                    State::Running { worker } if queue.held.len() < limit => {
                        queue.held.push(Holding {
                            submission: submission.id,
                            worker: worker.clone(),
                            attempt: submission.attempt,
                            age: Duration::from_secs(1),
                            left: Duration::from_secs(2),
                        });
                    }
                    _ => {}
                }
            }
            Ok(queue)
        })
    }

    fn changed(&self) -> watch::Receiver<u64> {
        let sender = self.changed.lock().unwrap();
        sender.as_ref().map_or_else(|| self.never.clone(), watch::Sender::subscribe)
    }
    fn epoch(&self) -> &'static str {
        "fake"
    }

    async fn last_place(&self) -> Result<u64> {
        self.look(|store| Ok(store.last()))
    }

    async fn post(&self, messages: Vec<NewMessage>) -> Result<Vec<u64>> {
        self.change(|store| {
            let places = messages.into_iter().map(|new| {
                let NewMessage { to, channel, topic, payload } = new;
                let (pos, ts) = (store.last() + 1, Timestamp::now());
                store.messages.push(Message { pos, ts, to, channel, topic, payload });
                pos
            });
            Ok(places.collect())
        })
    }

    async fn log(&self, whose: &Whose, after: u64, limit: usize) -> Result<Vec<Entry>> {
        let fits = |entry: &Entry| match whose {
            Whose::All => true,
            Whose::User(user) => entry.user().is_none_or(|whose| whose == user),
            Whose::Chat => matches!(entry, Entry::Message(m) if m.channel == Channel::Chat),
        };
        self.look(|store| {
            let entries = store.entries().into_iter();
            Ok(entries.filter(|e| e.pos() > after && fits(e)).take(limit).collect())
        })
    }

    async fn message(&self, pos: u64) -> Result<Option<Message>> {
        self.look(|store| Ok(store.messages.iter().find(|m| m.pos == pos).cloned()))
    }

    async fn place_before(&self, ts: Timestamp) -> Result<u64> {
        self.look(|store| {
            let older = store.entries().into_iter().rev().find(|entry| entry.ts() < ts);
            Ok(older.map_or(0, |entry| entry.pos()))
        })
    }

    async fn receive(&self, receipts: Vec<Receipt>) -> Result<()> {
        self.look(|store| {
            let last = store.last();
            for Receipt { user, pos } in receipts {
                let known = store.received.entry(user).or_default();
                *known = pos.min(last).max(*known);
            }
            Ok(())
        })
    }

    async fn received(&self, user: &str) -> Result<u64> {
        self.look(|store| Ok(store.received.get(user).copied().unwrap_or(0)))
    }

    async fn keep_session(&self, pid: &str, session: &Session) -> Result<()> {
        self.look(|store| {
            store.sessions.insert(pid.to_owned(), session.clone());
            Ok(())
        })
    }

    async fn session(&self, pid: &str) -> Result<Option<Session>> {
        self.look(|store| Ok(store.sessions.get(pid).cloned()))
    }

    async fn sweep(&self, _: &Keep, _: usize) -> Result<u64> {
        unreachable!("the API sweeps nothing")
    }

    fn grown(&self) -> watch::Receiver<u64> {
        self.changed()
    }
}
