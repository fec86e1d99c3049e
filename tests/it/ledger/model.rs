//! Random operations on an engine, against a ledger of a few lines in memory.

use super::{EXPIRED, Engine, LONG, audit::audit, custom_run, entry, outcome, test};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sonocode::{
    judge::{EventBody, NewSubmission, Outcome, State, SubmissionId, Verdict},
    ledger::{LEASE_EXPIRED, Lease, Ledger, LedgerError, MAX_LOST_ATTEMPTS},
};
use std::{collections::BTreeMap, time::Duration};

const USERS: [&str; 3] = ["ada", "bob", "eve"];

/// An operation. The numbers choose among the submissions and leases there are by then.
#[derive(Clone, Debug)]
enum Op {
    Submit { user: usize, run: bool, limit: u64 },
    Lease { expired: bool },
    Renew { lease: usize, expired: bool },
    Append { lease: usize, events: usize },
    Finish { lease: usize },
    Release { lease: usize },
    Cancel { submission: usize },
    Rejudge { submission: usize },
}

fn any_op() -> impl Strategy<Value = Op> {
    let index = 0..12_usize;
    prop_oneof![
        3 => (0..USERS.len(), prop::bool::weighted(0.3), 1..8_u64)
            .prop_map(|(user, run, limit)| Op::Submit { user, run, limit }),
        6 => any::<bool>().prop_map(|expired| Op::Lease { expired }),
        1 => (index.clone(), any::<bool>())
            .prop_map(|(lease, expired)| Op::Renew { lease, expired }),
        2 => (index.clone(), 0..4_usize).prop_map(|(lease, events)| Op::Append { lease, events }),
        1 => index.clone().prop_map(|lease| Op::Finish { lease }),
        1 => index.clone().prop_map(|lease| Op::Release { lease }),
        1 => index.clone().prop_map(|submission| Op::Cancel { submission }),
        1 => index.prop_map(|submission| Op::Rejudge { submission }),
    ]
}

/// How an operation ended, without its value.
#[derive(Debug, PartialEq)]
enum End {
    Done,
    Leased(usize),
    Nothing,
    Full,
    Fenced,
    Ended,
}

/// A submission in the model.
struct Entry {
    user: String,
    priority: u8,
    /// The turn of its user by which it was leased last.
    turn: Option<u64>,
    attempt: u32,
    lost: u32,
    state: State,
    /// The lease that may write, by its number; it stays after `finish`.
    holder: Option<usize>,
    expired: bool,
    told: Vec<EventBody>,
}

#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
    /// The submission of each lease ever given.
    leases: Vec<usize>,
    /// Whose turn it is: for each priority the users who wait.
    ring: BTreeMap<(u8, String), u64>,
    turns: u64,
}

impl Entry {
    fn new(new: &NewSubmission) -> Self {
        let queued = EventBody::Queued {
            problem: match &new.task {
                sonocode::judge::Task::Judge { problem, .. } => Some(problem.clone()),
                sonocode::judge::Task::Run { .. } => None,
            },
            language: new.language.clone(),
            source_bytes: new.source.len() as u64,
        };
        Self {
            user: new.user.clone(),
            priority: new.priority() as u8,
            turn: None,
            attempt: 0,
            lost: 0,
            state: State::Queued,
            holder: None,
            expired: false,
            told: vec![queued],
        }
    }

    fn waits(&self) -> bool {
        matches!(self.state, State::Queued)
            || (matches!(self.state, State::Running { .. }) && self.expired)
    }

    fn becomes(&mut self, state: State, body: EventBody) {
        self.state = state;
        self.holder = None;
        self.told.push(body);
    }

    fn finish(&mut self, result: Outcome) {
        self.told.push(EventBody::Finished(result.clone()));
        self.state = State::Finished { result };
    }
}

impl Model {
    fn submit(&mut self, new: &NewSubmission, limit: u64) -> End {
        let waiting = self.entries.iter().filter(|e| matches!(e.state, State::Queued)).count();
        if waiting as u64 >= limit {
            return End::Full;
        }
        self.entries.push(Entry::new(new));
        self.join(self.entries.len() - 1);
        End::Done
    }

    /// The user of a submission that begins to wait comes last, or has the turn that it brings along.
    fn join(&mut self, number: usize) {
        self.turns += 1;
        let entry = &self.entries[number];
        let turn = entry.turn.unwrap_or(self.turns);
        let own = self.ring.entry((entry.priority, entry.user.clone())).or_insert(turn);
        *own = turn.min(*own);
    }

    /// Users who wait no more lose their turn.
    fn tidy(&mut self) {
        let entries = &self.entries;
        let waits = |(priority, user): &(u8, String)| {
            let same = |e: &&Entry| e.priority == *priority && e.user == *user;
            entries.iter().filter(same).any(|e| matches!(e.state, State::Queued))
        };
        self.ring.retain(|key, _| waits(key));
    }

    /// What is leased next, and by which turn.
    fn next(&self) -> Option<(usize, u64)> {
        let numbers = (0..self.entries.len()).filter(|n| self.entries[*n].waits());
        let place = |n: usize| {
            let entry = &self.entries[n];
            let turn = match (&entry.state, entry.turn) {
                (State::Running { .. }, Some(turn)) => turn,
                _ => self.ring[&(entry.priority, entry.user.clone())],
            };
            (entry.priority, turn, n)
        };
        numbers.map(place).min().map(|(_, turn, number)| (number, turn))
    }

    fn lease(&mut self, worker: &str, expired: bool) -> End {
        while let Some((number, turn)) = self.next() {
            let entry = &mut self.entries[number];
            if matches!(entry.state, State::Running { .. }) {
                entry.lost += 1;
                let reason = LEASE_EXPIRED.to_owned();
                entry.becomes(State::Queued, EventBody::Requeued { reason });
                self.join(number);
            }
            let entry = &mut self.entries[number];
            if entry.lost == MAX_LOST_ATTEMPTS {
                entry.finish(Outcome::without_tests(Verdict::InternalError, 0, None));
                self.tidy();
                continue;
            }
            entry.attempt += 1;
            let (attempt, worker) = (entry.attempt, worker.to_owned());
            let started = EventBody::Started { attempt, worker: worker.clone(), waited_ms: 0 };
            entry.becomes(State::Running { worker }, started);
            entry.expired = expired;
            entry.holder = Some(self.leases.len());
            entry.turn = Some(turn);
            self.turns += 1;
            self.ring.insert((entry.priority, entry.user.clone()), self.turns);
            self.leases.push(number);
            self.tidy();
            return End::Leased(number);
        }
        End::Nothing
    }

    /// Writes with a lease, if it still holds.
    fn write(&mut self, lease: usize, change: impl FnOnce(&mut Entry)) -> End {
        let entry = &mut self.entries[self.leases[lease]];
        match (&entry.state, entry.holder == Some(lease)) {
            (_, false) => End::Fenced,
            (State::Running { .. }, true) => {
                change(entry);
                End::Done
            }
            (_, true) => End::Ended,
        }
    }

    fn cancel(&mut self, number: usize) -> End {
        let entry = &mut self.entries[number];
        if entry.state.is_final() {
            return End::Ended;
        }
        entry.becomes(State::Cancelled, EventBody::Cancelled);
        self.tidy();
        End::Done
    }

    fn rejudge(&mut self, number: usize) -> End {
        let entry = &mut self.entries[number];
        entry.becomes(State::Queued, EventBody::Rejudged);
        (entry.priority, entry.turn, entry.attempt, entry.lost) = (2, None, 0, 0);
        self.join(number);
        self.tidy();
        End::Done
    }
}

fn end<T>(result: Result<T, LedgerError>) -> End {
    match result {
        Ok(_) => End::Done,
        Err(LedgerError::QueueFull(_)) => End::Full,
        Err(LedgerError::Fenced(_)) => End::Fenced,
        Err(LedgerError::Ended(..)) => End::Ended,
        Err(other) => panic!("{other}"),
    }
}

fn ttl(expired: bool) -> Duration {
    if expired { EXPIRED } else { LONG }
}

/// Runs one operation on both; says how it ended on each. `None`: there is nothing to choose from.
async fn apply(
    ledger: &dyn Ledger,
    held: &mut Vec<Lease>,
    model: &mut Model,
    op: Op,
) -> Option<(End, End)> {
    let lease = |n: usize| (!held.is_empty()).then(|| (n % held.len(), &held[n % held.len()]));
    let count = model.entries.len();
    let submission =
        |n: usize| (count > 0).then(|| (n % count, SubmissionId((n % count) as i64 + 1)));
    Some(match op {
        Op::Submit { user, run, limit } => {
            let new = if run { custom_run(USERS[user]) } else { entry(USERS[user]) };
            (end(ledger.submit(new.clone(), limit).await), model.submit(&new, limit))
        }
        Op::Lease { expired } => {
            let worker = format!("w{}", held.len());
            let given = ledger.lease(&worker, ttl(expired)).await.unwrap();
            let real = match given {
                Some(lease) => {
                    held.push(lease);
                    End::Leased(held[held.len() - 1].submission.id.0 as usize - 1)
                }
                None => End::Nothing,
            };
            (real, model.lease(&worker, expired))
        }
        Op::Renew { lease: n, expired } => {
            let (n, lease) = lease(n)?;
            let real = ledger.renew(lease, ttl(expired)).await;
            (end(real), model.write(n, |entry| entry.expired = expired))
        }
        Op::Append { lease: n, events } => {
            let (n, lease) = lease(n)?;
            let events: Vec<_> = (0..events).map(|n| test(&n.to_string())).collect();
            let real = ledger.append(lease, events.clone()).await;
            (end(real), model.write(n, |entry| entry.told.extend(events)))
        }
        Op::Finish { lease: n } => {
            let (n, lease) = lease(n)?;
            let result = outcome(&n.to_string());
            let real = ledger.finish(lease, result.clone()).await;
            (end(real), model.write(n, |entry| entry.finish(result)))
        }
        Op::Release { lease: n } => {
            let (n, lease) = lease(n)?;
            let reason = n.to_string();
            let real = ledger.release(lease, &reason).await;
            let requeued = EventBody::Requeued { reason };
            let expected = model.write(n, |entry| entry.becomes(State::Queued, requeued));
            if expected == End::Done {
                model.join(model.leases[n]);
            }
            (end(real), expected)
        }
        Op::Cancel { submission: n } => {
            let (n, id) = submission(n)?;
            (end(ledger.cancel(id).await), model.cancel(n))
        }
        Op::Rejudge { submission: n } => {
            let (n, id) = submission(n)?;
            (end(ledger.rejudge(id).await), model.rejudge(n))
        }
    })
}

/// Without what the model does not know: how long it waited, and the words of an internal error.
fn plain(mut body: EventBody) -> EventBody {
    match &mut body {
        EventBody::Started { waited_ms, .. } => *waited_ms = 0,
        EventBody::Finished(result) if result.verdict == Verdict::InternalError => {
            result.message = None;
        }
        _ => {}
    }
    body
}

async fn compare(ledger: &dyn Ledger, model: &Model) {
    let all = audit(ledger).await;
    assert_eq!(all.submissions.len(), model.entries.len());
    for (submission, entry) in all.submissions.iter().zip(&model.entries) {
        let told: Vec<_> = all
            .events
            .iter()
            .filter(|event| event.submission == submission.id)
            .map(|event| plain(event.body.clone()))
            .collect();
        assert_eq!(told, entry.told, "submission {}", submission.id);
        assert_eq!(submission.attempt, entry.attempt);
    }
}

/// Any series of operations does on the engine what it does in the model.
pub fn agrees_with_the_model<E: Engine>() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let series = proptest::collection::vec(any_op(), 1..80);
    TestRunner::new(config)
        .run(&series, |ops| {
            runtime.block_on(async {
                let opened = E::open().await;
                let (mut held, mut model) = (Vec::new(), Model::default());
                for op in ops {
                    let shown = format!("{op:?}");
                    if let Some((real, expected)) =
                        apply(&*opened.ledger, &mut held, &mut model, op).await
                    {
                        assert_eq!(real, expected, "{shown}");
                    }
                }
                compare(&*opened.ledger, &model).await;
            });
            Ok(())
        })
        .unwrap();
}
