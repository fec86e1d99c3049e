//! What a verification says: steps while it runs, findings, and a summary. Pure values that travel as JSON lines
//! from daemon to command.

use crate::judge::{Expectation, Slug, Talk, Verdict};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// What is to be verified and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// Programs at one time; 0: as many as the daemon has workers.
    pub jobs: usize,
    /// Patterns of solutions, such as `accepted/*`; empty: all.
    pub solutions: Vec<String>,
    /// Patterns of tests; empty: all.
    pub tests: Vec<String>,
    /// Whether nothing that was found out earlier is used.
    pub fresh: bool,
    /// Only the solutions, not validators, checkers, mutations and cases.
    pub solutions_only: bool,
    /// Nothing but one damage to the input of one test, such as `leading-zero:01-sample`: shown to the
    /// validators again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub mutant: Option<Only>,
    /// Nothing but one kind of junk beside the answer of one test, such as `nan:01-sample`: shown to the
    /// checker again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub junk: Option<Only>,
    /// Whether what is said on every interactive test is told, and not only where it was not accepted.
    pub transcripts: bool,
    /// What commands that reproduce a finding call the problem, such as a folder; empty: its slug.
    pub subject: String,
}

/// One thing that is made of one test, written as `KIND:TEST`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Only {
    /// What is made of it.
    pub kind: String,
    /// The test's name.
    pub test: String,
}

impl fmt::Display for Only {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.test)
    }
}

impl From<Only> for String {
    fn from(only: Only) -> Self {
        only.to_string()
    }
}

impl TryFrom<String> for Only {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((kind, test)) if !kind.is_empty() && !test.is_empty() => {
                Ok(Self { kind: kind.to_owned(), test: test.to_owned() })
            }
            _ => Err(format!("`{text}` is no KIND:TEST, such as leading-zero:01-sample")),
        }
    }
}

/// A step of a verification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Step {
    /// What there is to do.
    Begun {
        /// The problem.
        problem: Slug,
        /// Its tests, in the order of the matrix.
        tests: Vec<String>,
        /// The columns of the matrix: names of groups and which tests, by index, are in each. Tests of no group
        /// are in one of their folder's name.
        columns: Vec<Column>,
        /// The rows of the matrix.
        solutions: Vec<Row>,
    },
    /// A phase begins, such as `validators`; how many steps it has.
    Phase {
        /// Its name: `solutions`, `timing`, `validators`, `mutations`, `answers`, `fuzz`, `cases`.
        name: String,
        /// Steps that it has.
        total: u64,
    },
    /// A step of the phase is done.
    Advanced {
        /// How many are done.
        done: u64,
    },
    /// A solution does not compile, or could not be run at all.
    Unbuilt {
        /// Index of the solution.
        solution: usize,
        /// CE, or IE.
        verdict: Verdict,
        /// Why.
        message: String,
        /// Whether that is expected of it.
        ok: bool,
    },
    /// A solution was judged on a test.
    Judged {
        /// Index of the solution.
        solution: usize,
        /// Index of the test.
        test: usize,
        /// What became of it.
        verdict: Verdict,
        /// CPU time in milliseconds.
        cpu_ms: u64,
        /// Peak memory in KiB.
        memory_kib: u64,
        /// Whether this was known from an earlier verification.
        cached: bool,
        /// Whether it ran alone, to be timed again.
        alone: bool,
        /// Why it was not accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// What it and the interactor said to each other, where it was not accepted or `transcripts` asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        talk: Option<Box<Talk>>,
    },
    /// A solution has been judged on all its tests.
    Settled {
        /// Index of the solution.
        solution: usize,
        /// The verdict as a submission would get it.
        verdict: Verdict,
        /// Its points and what there is, where tests are worth points.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<[f64; 2]>,
        /// Whether everything that is expected of it holds.
        ok: bool,
    },
    /// Something that should be otherwise.
    Found(Finding),
    /// The end.
    Done(Summary),
    /// The end in place of [`Step::Done`]: the judge itself failed, and nothing can be said.
    Failed {
        /// Why, for people.
        message: String,
    },
}

/// A column of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// Name of a group, or of a folder of tests.
    pub name: String,
    /// Indices of its tests.
    pub tests: Vec<usize>,
}

/// A row of the matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Path of the solution below `solutions/`.
    pub path: String,
    /// Its language's id.
    pub language: String,
    /// What must become of it.
    pub expectation: Expectation,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably wrong; the exit code is 0.
    Warning,
    /// Wrong; the exit code is 1.
    Error,
}

/// Something that should be otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// A stable name, such as `solution-verdict`; docs/verify.md lists them all.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The file of the package.
    pub file: String,
    /// The line, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// How to mend it, in one line.
    pub mend: String,
    /// A command that shows it again.
    pub reproduce: String,
    /// More lines, such as a transcript or a diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How a verification ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The problem.
    pub problem: Slug,
    /// Solutions of which everything holds that is expected.
    pub agree: usize,
    /// All solutions.
    pub solutions: usize,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// Findings that are notes.
    pub notes: usize,
    /// Runs that were made now.
    pub runs: u64,
    /// Runs whose results were known.
    pub cached: u64,
    /// What the times of the solutions say of the time limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<TimingReport>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// The time limit from both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimingReport {
    /// The limit that is in force, in milliseconds.
    pub limit_ms: u64,
    /// The limit that the solutions' times say, in milliseconds.
    pub inferred_ms: u64,
    /// The slowest solution that must fit, with the test that took it longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<Binding>,
    /// The fastest solution that must not fit, with the test that took it longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<Binding>,
    /// Whether a solution is so near the limit that another machine may judge it otherwise.
    pub sensitive: bool,
}

/// A solution and a test that say what the time limit must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Path of the solution below `solutions/`.
    pub solution: String,
    /// Name of the test.
    pub test: String,
    /// CPU time in milliseconds.
    pub cpu_ms: u64,
    /// The limit, or what takes its place, divided by this time; of the upper side the other way round. Above 1
    /// there is room.
    pub margin: f64,
}
