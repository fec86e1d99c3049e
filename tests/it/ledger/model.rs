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
use std::time::Duration;

/// An operation. The numbers choose among the submissions and leases there are by then.
#[derive(Clone, Debug)]
enum Op {
    Submit { run: bool, limit: u64 },
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
        3 => (any::<bool>(), 1..8_u64).prop_map(|(run, limit)| Op::Submit { run, limit }),
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
    priority: u8,
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
}

impl Entry {
    fn new(new: &NewSubmission) -> Self {
        let queued = EventBody::Queued {
            problem: match &new.task {
                sonocode::judge::Task::Judge { problem } => Some(problem.clone()),
                sonocode::judge::Task::Run { .. } => None,
            },
            language: new.language.clone(),
            source_bytes: new.source.len() as u64,
        };
        Self {
            priority: new.priority() as u8,
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
        End::Done
    }

    fn lease(&mut self, worker: &str, expired: bool) -> End {
        let waiting = |model: &Self| {
            let numbers = (0..model.entries.len()).filter(|n| model.entries[*n].waits());
            numbers.min_by_key(|n| (model.entries[*n].priority, *n))
        };
        while let Some(number) = waiting(self) {
            let entry = &mut self.entries[number];
            if matches!(entry.state, State::Running { .. }) {
                entry.lost += 1;
                let reason = LEASE_EXPIRED.to_owned();
                entry.becomes(State::Queued, EventBody::Requeued { reason });
            }
            if entry.lost == MAX_LOST_ATTEMPTS {
                entry.finish(Outcome::without_tests(Verdict::InternalError, 0, None));
                continue;
            }
            entry.attempt += 1;
            let (attempt, worker) = (entry.attempt, worker.to_owned());
            let started = EventBody::Started { attempt, worker: worker.clone(), waited_ms: 0 };
            entry.becomes(State::Running { worker }, started);
            entry.expired = expired;
            entry.holder = Some(self.leases.len());
            self.leases.push(number);
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
        End::Done
    }

    fn rejudge(&mut self, number: usize) -> End {
        let entry = &mut self.entries[number];
        entry.becomes(State::Queued, EventBody::Rejudged);
        (entry.priority, entry.attempt, entry.lost) = (2, 0, 0);
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
        Op::Submit { run, limit } => {
            let new = if run { custom_run("ada") } else { entry("bob") };
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
            (end(real), model.write(n, |entry| entry.becomes(State::Queued, requeued)))
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
