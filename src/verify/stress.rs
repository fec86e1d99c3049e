//! The search for a counterexample: what is wanted and what it says, as values that travel as JSON lines
//! from daemon to command.

mod minimize;
mod recipes;
mod search;
mod shrink;

pub use search::stress;

use crate::judge::{Slug, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is searched for and how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct StressOptions {
    /// The program that may be wrong; absent: the first solution of the package that is to fail.
    pub solution: Option<Candidate>,
    /// Path below `solutions/` of the program that is right; absent: the reference, else an accepted one.
    pub against: Option<String>,
    /// The program below `generators/` that makes inputs; absent: each in its turn.
    pub generator: Option<String>,
    /// How many inputs are tried; 0: as many as the time allows.
    pub rounds: u64,
    /// How long it may take, in seconds; 0: until the rounds are over. One of both is never 0.
    pub seconds: u64,
    /// The first seed; the same seed makes the same inputs.
    pub seed: u64,
}

impl Default for StressOptions {
    fn default() -> Self {
        let (solution, against, generator) = (None, None, None);
        Self { solution, against, generator, rounds: 0, seconds: 60, seed: 1 }
    }
}

/// A program that may be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Candidate {
    /// One of the package's own.
    Path(String),
    /// A program that is sent along.
    Source {
        /// Its language's id, name or alias.
        language: String,
        /// Its text.
        source: String,
    },
}

/// A step of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum StressStep {
    /// What is about to be tried.
    Begun {
        /// The problem.
        problem: Slug,
        /// The program that may be wrong.
        solution: String,
        /// The program that is right.
        against: String,
        /// The programs that make inputs, with their arguments; `{seed}` is where the seed goes.
        generators: Vec<String>,
    },
    /// So many inputs were tried.
    Tried {
        /// Inputs so far.
        rounds: u64,
        /// Those that a validator refused, or on which the right program failed.
        refused: u64,
    },
    /// A counterexample was found and is being made smaller.
    Shrinking {
        /// Inputs that were tried to make it smaller.
        tried: u64,
        /// How long it is now, in bytes.
        bytes: u64,
    },
    /// The smallest counterexample.
    Found(Counterexample),
    /// The end.
    Done {
        /// Whether a counterexample was found.
        found: bool,
        /// Inputs that were tried.
        rounds: u64,
        /// Those that were refused.
        refused: u64,
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
    /// The end in place of [`StressStep::Done`]: it could not go on.
    Failed {
        /// Why, for people.
        message: String,
    },
}

/// An input on which a program fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counterexample {
    /// The input. Bytes that are no UTF-8 are replaced.
    pub input: String,
    /// What the right program prints.
    pub answer: String,
    /// What the other prints; of an interactive problem, what was said on both sides and how both ended.
    pub output: String,
    /// What becomes of the other.
    pub verdict: Verdict,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The program that made the input, and its arguments.
    pub generator: Vec<String>,
    /// How long the input was before it was made smaller, in bytes.
    pub found_bytes: u64,
    /// Whether input and answer are told whole and exactly, so that they can become a test.
    pub whole: bool,
}
