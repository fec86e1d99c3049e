#![allow(clippy::unwrap_used)] // A test may panic.

use super::*;
use crate::judge::{Exit, State, SubmissionId, Task, Usage};
use jiff::Timestamp;

/// A journal that is told event by event.
struct Journal {
    story: Story,
    submission: Submission,
    dialects: Vec<Dialect>,
}

impl Journal {
    fn new(dialects: &[Dialect], task: Task) -> Self {
        let submission = Submission {
            id: SubmissionId(1042),
            user: "ada".into(),
            task,
            language: "cpp".into(),
            source: "int main(){}".into(),
            created_at: Timestamp::UNIX_EPOCH,
            attempt: 9,
            // What it has become since: nothing of it may be told.
            state: State::Queued,
        };
        Self { story: Story::default(), submission, dialects: dialects.to_vec() }
    }

    fn of(dialect: Dialect) -> Self {
        Self::new(&[dialect], Task::judge("sum".parse().unwrap()))
    }

    fn run(dialect: Dialect) -> Self {
        Self::new(&[dialect], Task::run("1"))
    }

    /// What is told of the next event, as `name data`.
    fn tell(&mut self, body: EventBody) -> Vec<String> {
        let event = Event {
            v: 1,
            seq: self.story.seq() + 1,
            pos: 7,
            ts: Timestamp::UNIX_EPOCH,
            submission: self.submission.id,
            user: "ada".into(),
            body,
        };
        self.story.add(&event);
        let needed = needs_submission(&self.dialects, &event, &self.story);
        let submission = needed.then_some(&self.submission);
        let emits = tell(&self.dialects, &event, &self.story, submission);
        emits.iter().map(|emit| format!("{} {}", emit.name, emit.data.as_str())).collect()
    }

    /// The problem is queued, taken up, and its two tests are about to run.
    fn begin(&mut self) {
        for body in [queued(&self.submission), started(), running()] {
            self.tell(body);
        }
    }
}

fn queued(submission: &Submission) -> EventBody {
    EventBody::Queued {
        problem: submission.problem().cloned(),
        language: "cpp".into(),
        source_bytes: 12,
    }
}

fn started() -> EventBody {
    EventBody::Started { attempt: 1, worker: "w".into(), waited_ms: 1 }
}

fn running() -> EventBody {
    EventBody::Running { tests: vec!["a".into(), "b".into()], version: None }
}

fn usage() -> Usage {
    Usage { cpu_ms: 50, wall_ms: 60, memory_kib: 2000 }
}

fn test(index: u32, verdict: Verdict) -> EventBody {
    let name = format!("0{index}");
    let (message, group, points) = (None, None, None);
    EventBody::Test { index, name, verdict, usage: usage(), message, group, points }
}

fn outcome(verdict: Verdict) -> Outcome {
    Outcome {
        passed: if verdict.is_accepted() { 2 } else { 1 },
        cpu_ms: 120,
        memory_kib: 25 * 1024 - 1,
        ..Outcome::without_tests(verdict, 2, Some("words".into()))
    }
}

fn ran(exit: Exit) -> EventBody {
    EventBody::Ran {
        exit,
        usage: usage(),
        stdout: "Hello World".into(),
        stderr: "é\n".into(),
        truncated: false,
    }
}

#[test]
fn the_whole_life_in_every_dialect() {
    let mut all = Journal::new(&Dialect::ALL, Task::judge("sum".parse().unwrap()));
    let events = [
        queued(&all.submission),
        started(),
        running(),
        test(1, Verdict::Accepted),
        EventBody::Requeued { reason: "daemon restarted".into() },
        started(),
        running(),
        test(1, Verdict::Accepted),
        test(2, Verdict::WrongAnswer),
        EventBody::Finished(outcome(Verdict::WrongAnswer)),
        EventBody::Rejudged,
        started(),
        running(),
        EventBody::Finished(outcome(Verdict::CompileError)),
        EventBody::Rejudged,
        EventBody::Cancelled,
    ];
    let told: Vec<String> = events.into_iter().flat_map(|body| all.tell(body)).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn codewar_counts_tests() {
    let mut journal = Journal::of(Dialect::Codewar);
    journal.begin();
    assert_eq!(
        journal.tell(test(2, Verdict::Accepted)),
        [
            r#"submissionUpdate {"submissionId":"1042","status":"IN_PROGRESS","testCase":2,"totalTestCases":2}"#
        ]
    );
    assert_eq!(
        journal.tell(EventBody::Finished(outcome(Verdict::Accepted))),
        [
            r#"evaluationComplete {"submissionId":"1042","status":"ACCEPTED","result":{"testCasesPassed":2,"totalTestCases":2,"executionTime":"120ms","memoryUsed":"25MB"}}"#
        ]
    );
}

#[test]
fn exechub_has_a_word_for_every_step() {
    let mut journal = Journal::of(Dialect::Exechub);
    let pending = [r#"submission_status_update {"submissionId":"1042","status":"PENDING"}"#];
    assert_eq!(journal.tell(queued(&journal.submission)), pending);
    assert!(journal.tell(started()).is_empty());
    assert_eq!(journal.tell(running()), pending);
    assert_eq!(journal.tell(test(1, Verdict::WrongAnswer)), pending, "not the verdict of all");
    assert_eq!(
        journal.tell(EventBody::Finished(outcome(Verdict::TimeLimitExceeded))),
        [
            r#"submission_status_update {"submissionId":"1042","status":"TLE"}"#,
            r#"execution_result {"submissionId":"1042","result":{"testCasesPassed":1,"totalTestCases":2,"executionTime":"120ms","memoryUsed":"25MB","verdict":"TLE","output":"words"},"status":"TLE"}"#,
        ]
    );
}

#[test]
fn sonocode_gets_the_submission_as_it_was_when_it_ended() {
    let mut journal = Journal::of(Dialect::Sonocode);
    journal.begin();
    assert!(journal.tell(test(1, Verdict::Accepted)).is_empty());
    assert_eq!(
        journal.tell(EventBody::Finished(outcome(Verdict::Accepted))),
        [
            r#"submission:result {"_id":"1042","id":"1042","userId":"ada","kind":"judge","problemId":"sum","language":"CPP","code":"int main(){}","createdAt":"1970-01-01T00:00:00Z","attempt":1,"status":"Success","state":"finished","output":"words","result":{"verdict":"AC","passed":2,"total":2,"cpu_ms":120,"memory_kib":25599,"message":"words"}}"#
        ]
    );
}

#[test]
fn custom_runs_are_codewars_only() {
    for dialect in [Dialect::Sonocode, Dialect::Exechub] {
        let mut journal = Journal::run(dialect);
        for body in [queued(&journal.submission), started(), ran(Exit::Code(0))] {
            assert!(journal.tell(body).is_empty());
        }
        assert!(journal.tell(EventBody::Finished(outcome(Verdict::Accepted))).is_empty());
    }
    for (exit, code) in [(Exit::Code(0), "0"), (Exit::Code(3), "3"), (Exit::Signal(11), "139")] {
        let mut journal = Journal::run(Dialect::Codewar);
        for body in [queued(&journal.submission), started(), ran(exit)] {
            assert!(journal.tell(body).is_empty());
        }
        let told = journal.tell(EventBody::Finished(outcome(Verdict::Accepted)));
        let expected = format!(
            r#"customRunComplete {{"runId":"1042","output":"Hello World","stderr":"é\n","exitCode":{code},"executionTime":"50ms"}}"#
        );
        assert_eq!(told, [expected]);
    }
}

#[test]
fn a_run_that_never_ran_says_why() {
    let mut journal = Journal::run(Dialect::Codewar);
    for body in [queued(&journal.submission), started(), ran(Exit::Code(0))] {
        journal.tell(body);
    }
    // A lost attempt's output counts no more.
    journal.tell(EventBody::Requeued { reason: "lease expired".into() });
    journal.tell(started());
    assert_eq!(
        journal.tell(EventBody::Finished(outcome(Verdict::CompileError))),
        [
            r#"error {"type":"COMPILATION_ERROR","message":"the program does not compile","details":{"runId":"1042","verdict":"CE","output":"words"}}"#,
            r#"customRunComplete {"runId":"1042","output":"","stderr":"words","exitCode":null,"executionTime":"0ms"}"#,
        ]
    );
}

#[test]
fn every_verdict_has_a_word_in_every_dialect() {
    let word = |dialect| Verdict::ALL.map(|verdict| verdict_word(dialect, verdict)).join(" ");
    // AC WA TLE MLE RE OLE PE CE IE
    assert_eq!(word(Dialect::Sonocode), "Success WA TLE MLE RE RE WA RE ERROR");
    assert_eq!(word(Dialect::Exechub), "SUCCESS WA TLE MLE RE RE WA RE ERROR");
    assert_eq!(word(Dialect::Codewar), "AC WA TLE MLE ERROR ERROR WA ERROR ERROR");
}

#[test]
fn errors_have_the_form_of_the_dialects_that_are_on() {
    let of = |dialects: &[Dialect]| {
        error(dialects, "BAD", "no", json!({"event": "x"})).data.as_str().to_owned()
    };
    assert_eq!(of(&[Dialect::Sonocode]), r#"{"code":"BAD","message":"no"}"#);
    assert_eq!(of(&[Dialect::Exechub]), r#"{"code":"BAD","message":"no"}"#);
    assert_eq!(of(&[Dialect::Codewar]), r#"{"type":"BAD","message":"no","details":{"event":"x"}}"#);
    assert_eq!(
        of(&Dialect::ALL),
        r#"{"code":"BAD","type":"BAD","message":"no","details":{"event":"x"}}"#
    );
}
