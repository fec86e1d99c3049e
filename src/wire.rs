//! The documents that travel between daemon and clients: written by the API, read by the commands.
//!
//! [`crate::judge::Submission`] and [`crate::judge::Event`] travel as they are.

use crate::{
    judge::{
        About, Compare, Difficulty, Group, Include, JudgeProgram, Limits, Slug, StatementFile,
        StaticValidator, StopPolicy, SubmissionId, TestCase, Timing, Validator,
    },
    ledger::{Counts, Waiting},
    problem::{Ignored, Solution},
    sandbox::Engine,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a client accepts that reads these documents as they are here, and not in a seed system's form.
pub const MEDIA: &str = "application/vnd.sonocode+json";

/// The daemon and what it does now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// Version of the program.
    pub version: String,
    /// Number of the process.
    pub pid: u32,
    /// Where everything is kept.
    pub data_dir: String,
    /// Whether the data directory goes away with the daemon.
    pub ephemeral: bool,
    /// The daemon's address.
    pub url: String,
    /// Milliseconds since the daemon started.
    pub uptime_ms: u64,
    /// What it does: `api`, `hub`, `worker`.
    pub roles: Vec<String>,
    /// Its workers.
    pub workers: usize,
    /// Those that hold a submission.
    pub busy_workers: usize,
    /// The container engine; null when programs cannot be run.
    pub engine: Option<Engine>,
    /// Why programs cannot be run and what mends it; null when they can, and where they need not.
    pub engine_error: Option<String>,
    /// Submissions by state; null while the ledger is away.
    pub counts: Option<Counts>,
    /// Problems in the store.
    pub problems: usize,
    /// Whether tokens are asked for: `off`, `optional` or `required`.
    pub auth: String,
    /// The socket hub.
    pub hub: HubFigures,
    /// All daemons and workers that share its ledger.
    pub cluster: ClusterReport,
}

/// The daemons and workers that share a ledger. Of a daemon alone: its queue, its leases and its sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterReport {
    /// Each of them, by name; empty for a daemon alone, and while Redis is away.
    pub members: Vec<Member>,
    /// What workers hold, by number; a hundred at most.
    pub leases: Vec<LeaseReport>,
    /// What waits; null while Redis is away.
    pub waiting: Option<Waiting>,
    /// Open sockets of all members.
    pub sockets: u64,
    /// Users with a socket; one with sockets at two members is counted by both.
    pub users: u64,
    /// The Redis that they share; null for a daemon alone.
    pub redis: Option<RedisReport>,
}

/// A daemon or worker, as it said of itself a few seconds ago at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its name, with which the names of its workers begin.
    pub name: String,
    /// What it does: `api`, `hub`, `worker`.
    pub roles: Vec<String>,
    /// Version of the program.
    pub version: String,
    /// The machine.
    pub host: String,
    /// Number of the process there.
    pub pid: u32,
    /// Where it listens; null where it does not.
    pub url: Option<String>,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Its workers.
    pub workers: usize,
    /// Those of them that hold a submission.
    pub busy: usize,
    /// Its open sockets.
    pub sockets: u64,
    /// Users with a socket there.
    pub users: u64,
    /// Attempts of its workers that came too late: another worker had taken the submission up.
    pub late_verdicts: u64,
    /// Whether it takes nothing new and is about to end.
    pub draining: bool,
}

/// A submission that a worker holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeaseReport {
    /// Which.
    pub submission: SubmissionId,
    /// The worker's name: that of its daemon, and a number.
    pub worker: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// For how many milliseconds it has had the submission.
    pub age_ms: u64,
    /// In how many milliseconds the lease runs out unless it is renewed; 0 when it has.
    pub left_ms: u64,
}

/// The Redis that daemons share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedisReport {
    /// Its address, without a password.
    pub address: String,
    /// Whether this daemon reaches it.
    pub up: bool,
    /// Why not; null while it does.
    pub trouble: Option<String>,
    /// For how many milliseconds it has been reached, or has not.
    pub lasts_ms: u64,
    /// How often the connection was made anew.
    pub reconnects: u64,
    /// Its version; null while it is away.
    pub version: Option<String>,
    /// The memory that it uses, in bytes; null while it is away.
    pub used_memory: Option<u64>,
}

/// What the hub does and did since the daemon started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubFigures {
    /// Open sockets.
    pub connections: Vec<Connections>,
    /// Users with a socket at least.
    pub users: u64,
    /// Events that were sent to sockets.
    pub events: u64,
    /// Events of which a client's receipt came.
    pub receipts: u64,
    /// Clients that came back and were sent what they had missed.
    pub resumes: u64,
    /// Sockets that were cut.
    pub cuts: u64,
    /// Connections that were refused because of a limit or at the end of the daemon.
    pub refused: u64,
    /// Requests and sockets that were not let in because of their token.
    pub auth_failures: u64,
}

/// How many sockets of one kind are open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    /// `websocket`, `polling` or `sse`.
    pub transport: String,
    /// Whose events it speaks.
    pub dialect: String,
    /// How many.
    pub count: u64,
}

/// A language as a user meets it: is it there, and which version?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LanguageStatus {
    /// Short name.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// File name extensions.
    pub extensions: Vec<String>,
    /// Where its toolchain comes from.
    pub source: ToolchainOrigin,
    /// Where it is: the path of its first command on the host, or the image.
    #[serde(default)]
    pub place: Option<String>,
    /// The first line that the toolchain prints of its version; absent where it was not asked.
    pub version: Option<String>,
    /// Why it is missing.
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
        self.source != ToolchainOrigin::Missing
    }
}

/// Where a language's toolchain comes from on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ToolchainOrigin {
    /// The host's own.
    Host,
    /// A container image.
    Image,
    /// Neither is there.
    Missing,
}

impl ToolchainOrigin {
    /// As it is written on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Image => "image",
            Self::Missing => "missing",
        }
    }
}

/// All languages.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LanguageList {
    /// By id.
    pub languages: Vec<LanguageStatus>,
}

/// A problem in a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
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
    /// Digest of everything in the package.
    pub version: String,
}

/// A problem that was added, and what became of its package.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemAdded {
    /// The problem as it is now.
    #[serde(flatten)]
    pub problem: ProblemSummary,
    /// The format that the package was in, with its version in brackets where it says one.
    #[serde(default)]
    pub format: String,
    /// Everything in the package that was not taken over.
    #[serde(default)]
    pub ignored: Vec<Ignored>,
}

/// All problems.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemList {
    /// By slug.
    pub problems: Vec<ProblemSummary>,
}

/// A problem as users see it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDocument {
    /// The slug, under the name that the seed systems give it.
    pub id: Slug,
    /// Its short name.
    pub slug: Slug,
    /// Digest of everything in the package.
    pub version: String,
    /// Its title.
    pub title: String,
    /// The statement in Markdown, as the setter wrote it; to be sanitised before it becomes HTML.
    pub description: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// Topics.
    pub tags: Vec<String>,
    /// The ids of the languages that submissions may be in; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The limits of each test.
    pub limits: Limits,
    /// How outputs are compared, where no program does it.
    pub compare: Compare,
    /// The program that judges outputs in place of a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checker: Option<JudgeProgram>,
    /// The program that submissions talk to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interactor: Option<JudgeProgram>,
    /// How often a submission is run for one test at most.
    pub passes: u32,
    /// Which failure keeps the rest of the tests from being judged.
    pub stop: StopPolicy,
    /// Tests that are worth points together, in the order in which they are judged.
    pub groups: Vec<Group>,
    /// Files that lie beside a submission, by language id or `default`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub include: BTreeMap<String, Include>,
    /// Programs that say whether an input is valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validators: Vec<Validator>,
    /// A program that judges the source of a submission before anything is run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_validator: Option<StaticValidator>,
    /// How the time limit follows from the times of the problem's own solutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// Statements in further languages and formats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementFile>,
    /// Who made it and where it comes from.
    #[serde(default, skip_serializing_if = "About::is_empty")]
    pub about: About,
    /// All tests, without their bytes.
    pub tests: Vec<TestCase>,
    /// The samples; those longer than 64 KiB are left out.
    pub test_cases: Vec<SampleTest>,
    /// Code around the user's own; empty where the user writes a whole program.
    pub code_stubs: Vec<CodeStub>,
}

/// A test that is shown as an example.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SampleTest {
    /// Its input.
    pub input: String,
    /// The answer.
    pub output: String,
}

/// Code around the user's own in one language.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeStub {
    /// The language's id.
    pub language: String,
    /// Put before the user's code.
    pub start_snippet: String,
    /// What the user starts from.
    pub user_snippet: String,
    /// Put after the user's code.
    pub end_snippet: String,
}

/// The solutions that come with a problem.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SolutionList {
    /// By path.
    pub solutions: Vec<Solution>,
}

/// Questions to the setters and announcements.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ClarificationList {
    /// The newest first.
    pub clarifications: Vec<Clarification>,
    /// The value of `before` that continues the list; null at its end.
    pub next: Option<String>,
}

/// A question to the setters with what followed, or an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clarification {
    /// The id of its first message, by which it is answered.
    pub id: String,
    /// Which of both it is.
    pub kind: ClarificationKind,
    /// The problem that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Slug>,
    /// Who wrote it.
    pub from: String,
    /// Its text.
    pub content: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub ts: Timestamp,
    /// Whether the last word is an answer; an announcement needs none.
    pub answered: bool,
    /// Answers and further questions, in order; of a question of somebody else, those that went to everyone.
    pub replies: Vec<ClarificationReply>,
}

/// What a [`Clarification`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClarificationKind {
    /// A question to the setters.
    Question,
    /// A word of the setters to everyone.
    Announcement,
}

/// An answer, or a further question of who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClarificationReply {
    /// The message's id.
    pub id: String,
    /// Who wrote it.
    pub from: String,
    /// For whom it is: a user, `@setters` or `@everyone`.
    pub to: String,
    /// Its text.
    pub content: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub ts: Timestamp,
}
