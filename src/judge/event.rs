//! The journal's entries: everything that ever happens to a submission.

use super::{Exit, GroupResult, Score, Slug, SubmissionId, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One entry of the journal. The same object is stored, sent over sockets and printed by `--json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// Version of this form: 1.
    pub v: u32,
    /// Number within the submission: 1, 2, 3, … without a gap.
    pub seq: u64,
    /// Place in the whole journal, growing; the cursor of "after this one".
    pub pos: u64,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub ts: Timestamp,
    /// Whose event it is.
    pub submission: SubmissionId,
    /// The user who sent the submission.
    pub user: String,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// Accepted and durable; waits for a worker.
    Queued {
        /// The problem; absent for a custom run.
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<Slug>,
        /// Id of the language.
        language: String,
        /// Length of the source in bytes.
        source_bytes: u64,
    },
    /// A worker took it up.
    Started {
        /// 1 for the first worker that took it up.
        attempt: u32,
        /// The worker's name.
        worker: String,
        /// Milliseconds it waited in the queue.
        waited_ms: u64,
    },
    /// Evaluation begins with these tests, in this order.
    Running {
        /// The names of the tests; empty for a custom run.
        tests: Vec<String>,
        /// The version of the problem, a digest of its package: the whole evaluation goes by this one, also when the
        /// problem changes meanwhile. Absent for a custom run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// The compiler ended. Languages without one have no such event.
    Compiled {
        /// Whether there is a program to run.
        ok: bool,
        /// What the compiler used.
        #[serde(flatten)]
        usage: Usage,
        /// Warnings counted in the compiler's output.
        warnings: u32,
        /// The compiler's output, cut to a bound.
        output: String,
        /// Whether the same program had been compiled before, and was not compiled again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cached: bool,
    },
    /// One test has its verdict.
    Test {
        /// 1 for the first test.
        index: u32,
        /// The test's name.
        name: String,
        /// Its verdict.
        verdict: Verdict,
        /// What the program used.
        #[serde(flatten)]
        usage: Usage,
        /// Why it is not accepted, or what the checker had to say.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// The group it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// The points it earned, where it has points of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<f64>,
    },
    /// One test was not judged, because of how earlier ones ended.
    Skipped {
        /// 1 for the first test.
        index: u32,
        /// The test's name.
        name: String,
        /// The group it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Why.
        reason: String,
    },
    /// A custom run printed something; this is the next piece of it. The pieces of a stream are cut to
    /// a bound in all.
    Output {
        /// Where.
        stream: OutputStream,
        /// What; bytes that are no UTF-8 are replaced.
        text: String,
    },
    /// A custom run ended.
    Ran {
        /// How the program ended.
        exit: Exit,
        /// What the program used.
        #[serde(flatten)]
        usage: Usage,
        /// Standard output, cut to a bound.
        stdout: String,
        /// Standard error, cut to a bound.
        stderr: String,
        /// Whether `stdout` or `stderr` was cut.
        truncated: bool,
    },
    /// A custom run's output was compared with that of the problem's reference solution.
    Compared {
        /// Whether they agree under the problem's own comparison.
        same: bool,
        /// How they differ.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// What the reference solution printed, cut to a bound.
        expected: String,
    },
    /// The worker gave it back or lost its lease; it waits again.
    Requeued {
        /// Why.
        reason: String,
    },
    /// Somebody asked for a rejudge; it waits again.
    Rejudged,
    /// Somebody cancelled it.
    Cancelled,
    /// It has its verdict.
    Finished(Outcome),
}

impl EventBody {
    /// Whether the submission has come to rest with this event.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Finished(_))
    }
}

/// Where a program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a command used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Usage {
    /// CPU time, user + system, in milliseconds.
    pub cpu_ms: u64,
    /// Wall-clock time in milliseconds.
    pub wall_ms: u64,
    /// Peak memory of all processes together, in KiB.
    pub memory_kib: u64,
}

/// A test named in an [`Outcome`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestRef {
    /// 1 for the first test.
    pub index: u32,
    /// The test's name.
    pub name: String,
}

/// The verdict of a submission and its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Outcome {
    /// The verdict of the first test that is not accepted, else AC; or CE or IE.
    pub verdict: Verdict,
    /// Tests accepted.
    pub passed: u32,
    /// Tests of the problem.
    pub total: u32,
    /// The first test that is not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<TestRef>,
    /// The test that took the most CPU time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest: Option<TestRef>,
    /// The most CPU time of a test, in milliseconds.
    pub cpu_ms: u64,
    /// The most memory of a test, in KiB.
    pub memory_kib: u64,
    /// What a person should know: the first failed test's message, or what broke in the judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its points, where the problem has groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// The groups, where the problem has some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupResult>,
}

impl Outcome {
    /// An outcome without tests: a compile error, a custom run, or a failure of the judge.
    pub fn without_tests(verdict: Verdict, total: u32, message: Option<String>) -> Self {
        Self {
            verdict,
            passed: 0,
            total,
            failed: None,
            slowest: None,
            cpu_ms: 0,
            memory_kib: 0,
            message,
            score: None,
            groups: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_flat_and_round_trips() {
        let event = Event {
            v: 1,
            seq: 9,
            pos: 90,
            ts: Timestamp::UNIX_EPOCH,
            submission: SubmissionId(1042),
            user: "ada".into(),
            body: EventBody::Test {
                index: 7,
                name: "7-neg".into(),
                verdict: Verdict::WrongAnswer,
                usage: Usage { cpu_ms: 9, wall_ms: 11, memory_kib: 3072 },
                message: None,
                group: None,
                points: None,
            },
        };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(
            text,
            r#"{"v":1,"seq":9,"pos":90,"ts":"1970-01-01T00:00:00Z","submission":"1042","user":"ada","type":"test","index":7,"name":"7-neg","verdict":"WA","cpu_ms":9,"wall_ms":11,"memory_kib":3072}"#
        );
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }

    #[test]
    fn journals_of_earlier_versions_still_read() {
        let finished = r#"{"v":1,"seq":9,"pos":90,"ts":"1970-01-01T00:00:00Z","submission":"1","user":"ada","type":"finished","verdict":"WA","passed":1,"total":2,"failed":{"index":2,"name":"b"},"slowest":{"index":1,"name":"a"},"cpu_ms":5,"memory_kib":900,"message":"line 1"}"#;
        let event: Event = serde_json::from_str(finished).unwrap();
        let EventBody::Finished(outcome) = &event.body else { panic!("{event:?}") };
        assert_eq!((outcome.score, outcome.groups.len(), outcome.passed), (None, 0, 1));
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            finished,
            "and are written as they were"
        );
    }
}
