//! What a ledger says of its queue, and of the store behind it.

use crate::judge::SubmissionId;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How many submissions wait, by what they are, in the order in which they are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Custom runs.
    pub runs: u64,
    /// Submissions that were never judged.
    pub submissions: u64,
    /// Those that are judged again.
    pub rejudges: u64,
}

/// A submission that a worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which.
    pub submission: SubmissionId,
    /// The worker's name.
    pub worker: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// For how long the worker has had it.
    pub age: Duration,
    /// Until its lease runs out; zero when it has, and nobody took the submission up yet.
    pub left: Duration,
}

/// The queue as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// What waits.
    pub waiting: Waiting,
    /// What is held, by number.
    pub held: Vec<Holding>,
}

/// The store of a ledger that is not in this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its address, without a password.
    pub address: String,
    /// Why it cannot be reached; `None` while it can.
    pub trouble: Option<String>,
    /// For how long it has been reached, or has not.
    pub lasts: Duration,
    /// How often the connection was made anew.
    pub reconnects: u64,
}
