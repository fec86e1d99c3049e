//! A program that somebody sent.

use super::{Outcome, Slug};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The number of a submission: 1, 2, 3, … in the order of acceptance. A string on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, examples("1042"))]
pub struct SubmissionId(pub i64);

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SubmissionId {
    type Err = ParseIdError;

    /// Takes `1042` and, as the live view writes it, `#1042`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix('#').unwrap_or(text).parse().map(Self).map_err(|_| ParseIdError)
    }
}

/// A text that is no submission's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("submissions have numbers, such as 1042")]
pub struct ParseIdError;

impl Serialize for SubmissionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubmissionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What is wrong with a user's id, for people; `None` when nothing is.
pub fn user_mistake(user: &str) -> Option<&'static str> {
    if !(1..=128).contains(&user.chars().count()) {
        return Some("must have 1 to 128 characters");
    }
    user.chars().any(char::is_control).then_some("must not have control characters")
}

/// What is to be done with the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Judge it against a problem's tests.
    Judge {
        /// The problem.
        #[serde(rename = "problemId")]
        problem: Slug,
        /// Further files of the program, for its compiler and for itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<SourceFile>,
    },
    /// Run it once with this input and show what it prints (a custom run).
    Run {
        /// Standard input of the program.
        input: String,
        /// Its arguments.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        args: Vec<String>,
        /// Files beside it, for its compiler and for itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<SourceFile>,
        /// The problem whose reference solution gets the same input, and whose comparison says
        /// whether the outputs agree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compare: Option<Slug>,
    },
}

impl Task {
    fn problem(&self) -> Option<&Slug> {
        match self {
            Self::Judge { problem, .. } => Some(problem),
            Self::Run { .. } => None,
        }
    }

    /// A program of one file against a problem's tests.
    pub fn judge(problem: Slug) -> Self {
        Self::Judge { problem, files: Vec::new() }
    }

    /// A custom run with nothing but an input.
    pub fn run(input: impl Into<String>) -> Self {
        let (args, files) = (Vec::new(), Vec::new());
        Self::Run { input: input.into(), args, files, compare: None }
    }
}

/// A file that comes with a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SourceFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub content: String,
}

impl SourceFile {
    /// What is wrong with its name, for people; `None` when nothing is.
    pub fn name_mistake(&self) -> Option<&'static str> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let name = self.name.as_bytes();
        let plain = name.len() <= 255
            && name.first().copied().is_some_and(word)
            && name.iter().all(|b| word(*b) || matches!(b, b'.' | b'-'));
        (!plain).then_some(
            "must be 1 to 255 letters, digits, `_`, `-` and `.`, and begin with a letter, a digit or \
             `_`: files lie beside the program, in no folder",
        )
    }
}

/// Which kind of work is taken first. Lower is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A custom run: somebody waits for it at a terminal.
    Run = 0,
    /// A submission.
    Submission = 1,
    /// A submission that has a verdict already and is judged again.
    Rejudge = 2,
}

/// A submission before the ledger has given it a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubmission {
    /// Who sent it.
    pub user: String,
    /// What is to be done with it.
    pub task: Task,
    /// The id of a configured language, already resolved from its aliases.
    pub language: String,
    /// The program's text.
    pub source: String,
}

impl NewSubmission {
    /// The problem it is to be judged against; `None` for a custom run.
    pub fn problem(&self) -> Option<&Slug> {
        self.task.problem()
    }

    /// The priority with which it enters the queue.
    pub fn priority(&self) -> Priority {
        match self.task {
            Task::Run { .. } => Priority::Run,
            Task::Judge { .. } => Priority::Submission,
        }
    }
}

/// Where a submission is; what belongs to a phase lives in its variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Waits for a worker.
    Queued,
    /// A worker holds its lease.
    Running {
        /// The name of the worker.
        worker: String,
    },
    /// It has its verdict.
    Finished {
        /// The verdict and its figures.
        result: Outcome,
    },
    /// It was cancelled before it had a verdict.
    Cancelled,
}

impl State {
    /// Whether nothing more happens unless somebody asks for a rejudge.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Finished { .. } | Self::Cancelled)
    }
}

/// A submission as the ledger keeps it and the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Submission {
    /// Its number.
    pub id: SubmissionId,
    /// Who sent it.
    #[serde(rename = "userId")]
    pub user: String,
    /// What is to be done with it.
    #[serde(flatten)]
    pub task: Task,
    /// The id of its language.
    pub language: String,
    /// The program's text.
    #[serde(rename = "code")]
    pub source: String,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// How often a worker has taken it up since it was last queued by a person.
    pub attempt: u32,
    /// Where it is.
    #[serde(flatten)]
    pub state: State,
}

impl Submission {
    /// The problem it is judged against; `None` for a custom run.
    pub fn problem(&self) -> Option<&Slug> {
        self.task.problem()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain() {
        let mistake =
            |name: &str| SourceFile { name: name.into(), content: String::new() }.name_mistake();
        for good in ["a", "util.h", "_x", "1.txt", "a-b_c.D", &"x".repeat(255)] {
            assert_eq!(mistake(good), None, "{good}");
        }
        for bad in ["", ".", "..", "../a", "a/b", "a\\b", ".bashrc", "-O3", "a b", "\u{e9}", "a\0"]
        {
            assert!(mistake(bad).is_some(), "{bad}");
        }
        assert!(mistake(&"x".repeat(256)).is_some());
    }
}
