//! The API's documents, as far as the commands need them.

use crate::judge::{Compare, Difficulty, Limits, Slug, TestCase, Verdict};
use serde::{Deserialize, Serialize};

/// What the daemon says of itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Where it keeps everything.
    pub data_dir: String,
    /// Whether that is removed at its end.
    pub ephemeral: bool,
    /// Where it listens.
    pub url: String,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
    /// Evaluations it does at one time.
    pub workers: usize,
    /// Evaluations it does now.
    pub busy_workers: usize,
    /// The engine, while it answers.
    pub engine: Option<Engine>,
    /// Why it does not answer, and what mends it.
    pub engine_error: Option<String>,
    /// Submissions by state.
    pub counts: Counts,
    /// Problems in its store.
    pub problems: usize,
}

/// The container engine.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Engine {
    /// Name and version.
    pub name: String,
    /// 1 or 2.
    pub cgroup_version: u8,
    /// Cells that are ready to be lent.
    pub idle_cells: usize,
    /// What it cannot enforce.
    pub missing: Vec<String>,
}

/// Submissions by state.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Counts {
    /// Waiting.
    pub queued: u64,
    /// Held by a worker.
    pub running: u64,
    /// With a verdict.
    pub finished: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// The last place in the journal.
    pub last_pos: u64,
}

/// A language as the daemon can run it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LanguageStatus {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// File name extensions, without the dot.
    pub extensions: Vec<String>,
    /// `host`, `image` or `missing`.
    pub source: String,
    /// The toolchain's version.
    #[serde(default)]
    pub version: Option<String>,
    /// What mends a missing toolchain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl LanguageStatus {
    /// Whether this name means it, in any case.
    pub fn answers_to(&self, name: &str) -> bool {
        let names = [&self.id, &self.name].into_iter().chain(&self.aliases);
        { names }.any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Whether files with this extension are in it.
    pub fn has_extension(&self, extension: &str) -> bool {
        self.extensions.iter().any(|own| own.eq_ignore_ascii_case(extension))
    }

    /// Whether there is a toolchain for it.
    pub fn is_there(&self) -> bool {
        self.source != "missing"
    }
}

/// A submission to send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubmission {
    /// Who sends it.
    pub user_id: String,
    /// The problem.
    pub problem_id: Slug,
    /// The program's text.
    pub code: String,
    /// The language.
    pub language: String,
}

/// A custom run to send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRun {
    /// Who sends it.
    pub user_id: String,
    /// The program's text.
    pub code: String,
    /// The language.
    pub language: String,
    /// Standard input of the program.
    pub input: String,
}

/// A problem in a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProblemSummary {
    /// Its short name.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// Topics.
    pub tags: Vec<String>,
    /// How many tests it has.
    pub tests: usize,
    /// Digest of its package.
    pub version: String,
}

/// A problem with its statement.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDocument {
    /// Its short name.
    pub slug: Slug,
    /// Digest of its package.
    pub version: String,
    /// Its title.
    pub title: String,
    /// The statement in Markdown.
    pub description: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// Topics.
    pub tags: Vec<String>,
    /// The limits of each test.
    pub limits: Limits,
    /// How outputs are compared.
    pub compare: Compare,
    /// The tests.
    pub tests: Vec<TestCase>,
}

/// A solution that comes with a problem.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Solution {
    /// Path below `solutions/`.
    pub path: String,
    /// The verdict it must get.
    pub expected: Verdict,
    /// Its text.
    pub source: String,
}
