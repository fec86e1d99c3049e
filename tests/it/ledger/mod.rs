//! The ledger: one suite that every engine passes, and what only a `SQLite` file can be put through.

use async_trait::async_trait;
use sonocode::{
    judge::{
        Audience, Channel, EventBody, NewMessage, NewSubmission, Outcome, Task, Usage, Verdict,
    },
    ledger::{Lease, Ledger},
};
use std::{any::Any, sync::Arc, time::Duration};

mod audit;
mod conformance;
mod fairness;
mod kill;
mod migration;
mod model;
mod redis;
mod simulation;
mod sqlite;
mod torn;

/// A ledger engine under test.
#[async_trait]
pub trait Engine {
    /// A new ledger with nothing in it.
    async fn open() -> Opened;
}

/// A ledger, and what must live as long as it.
pub struct Opened {
    pub ledger: Arc<dyn Ledger>,
    pub keep: Box<dyn Any + Send>,
}

/// Longer than any test.
pub const LONG: Duration = Duration::from_secs(3600);

/// A lease of this length has run out when it is given.
pub const EXPIRED: Duration = Duration::ZERO;

pub const NO_LIMIT: u64 = u64::MAX;

/// A submission for a problem.
pub fn entry(user: &str) -> NewSubmission {
    NewSubmission {
        user: user.into(),
        task: Task::judge("two-sum".parse().unwrap()),
        language: "cpp".into(),
        source: format!("// {user}\nint main() {{}}\n"),
    }
}

/// A custom run.
pub fn custom_run(user: &str) -> NewSubmission {
    NewSubmission { task: Task::run("1 2\n"), ..entry(user) }
}

/// A push to a user, or to everyone, that can be told from others by its topic.
pub fn message(user: Option<&str>, topic: &str) -> NewMessage {
    NewMessage {
        to: user.map_or(Audience::Everyone, |user| Audience::User(user.into())),
        channel: Channel::Push,
        topic: topic.into(),
        payload: format!("{{\"text\":\"{topic}\"}}"),
    }
}

/// The verdict of one test.
pub fn test(name: &str) -> EventBody {
    EventBody::Test {
        index: 1,
        name: name.into(),
        verdict: Verdict::Accepted,
        usage: Usage { cpu_ms: 12, wall_ms: 15, memory_kib: 3100 },
        message: None,
        group: None,
        points: None,
    }
}

/// A verdict that can be told from others by its message.
pub fn outcome(message: &str) -> Outcome {
    Outcome::without_tests(Verdict::WrongAnswer, 3, Some(message.into()))
}

/// Leases the next submission for a long time.
pub async fn take(ledger: &dyn Ledger, worker: &str) -> Lease {
    ledger.lease(worker, LONG).await.unwrap().expect("something waits")
}
