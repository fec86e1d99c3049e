//! codewar: the number of the test at each step, figures at the end, and custom runs.

use super::{
    Dialect, Emit, End, Story,
    words::{cancelled_word, verdict_word},
};
use crate::judge::{Event, EventBody, Exit, Outcome, Verdict};
use serde_json::{Value, json};

/// `submissionUpdate` at each step and `evaluationComplete` at the end of a submission;
/// `customRunComplete` at the end of a run.
pub(super) fn tell(event: &Event, story: &Story) -> Option<Emit> {
    match (End::of(event), story.is_run()) {
        (Some(end), false) => Some(complete(event, story, &end)),
        (Some(end), true) => Some(run_complete(event, story, &end)),
        (None, false) => update(event, story),
        (None, true) => None,
    }
}

fn update(event: &Event, story: &Story) -> Option<Emit> {
    let test = match &event.body {
        EventBody::Queued { .. }
        | EventBody::Requeued { .. }
        | EventBody::Rejudged
        | EventBody::Running { .. } => 0,
        EventBody::Test { index, .. } => *index,
        _ => return None,
    };
    let data = json!({
        "submissionId": event.submission,
        "status": "IN_PROGRESS",
        "testCase": test,
        "totalTestCases": story.total(),
    });
    Some(Emit::new("submissionUpdate", &data))
}

fn complete(event: &Event, story: &Story, end: &End) -> Emit {
    let none = Outcome::without_tests(Verdict::InternalError, story.total(), None);
    let status = match end {
        End::Verdict(outcome) if outcome.verdict.is_accepted() => "ACCEPTED",
        End::Verdict(outcome) => verdict_word(Dialect::Codewar, outcome.verdict),
        End::Cancelled => cancelled_word(Dialect::Codewar),
    };
    let data = json!({
        "submissionId": event.submission,
        "status": status,
        "result": figures(end.outcome().unwrap_or(&none)),
    });
    Emit::new("evaluationComplete", &data)
}

/// The figures of a verdict: times in milliseconds, memory in whole mebibytes, rounded up.
pub(super) fn figures(outcome: &Outcome) -> Value {
    json!({
        "testCasesPassed": outcome.passed,
        "totalTestCases": outcome.total,
        "executionTime": format!("{}ms", outcome.cpu_ms),
        "memoryUsed": format!("{}MB", outcome.memory_kib.div_ceil(1024)),
    })
}

/// A program that never ran has no exit code: null. One that a signal ended has 128 and the signal's
/// number, as a shell says it.
fn run_complete(event: &Event, story: &Story, end: &End) -> Emit {
    let id = event.submission;
    let data = match story.ran() {
        Some(ran) => json!({
            "runId": id,
            "output": ran.stdout,
            "stderr": ran.stderr,
            "exitCode": match ran.exit {
                Exit::Code(code) => code,
                Exit::Signal(signal) => 128 + signal,
            },
            "executionTime": format!("{}ms", ran.usage.cpu_ms),
        }),
        None => json!({
            "runId": id,
            "output": "",
            "stderr": end.outcome().and_then(|outcome| outcome.message.as_deref()).unwrap_or_default(),
            "exitCode": null,
            "executionTime": "0ms",
        }),
    };
    Emit::new("customRunComplete", &data)
}
