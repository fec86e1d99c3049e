//! exechub: a word for every step, and the result at the end.

use super::{
    Dialect, Emit, End, codewar,
    words::{cancelled_word, pending_word, verdict_word},
};
use crate::judge::{Event, EventBody};
use serde_json::{Value, json};

/// `submission_status_update` at each step, `execution_result` at the end.
pub(super) fn tell(event: &Event) -> Vec<Emit> {
    let id = event.submission.to_string();
    let update = |status| {
        let data = json!({"submissionId": id, "status": status});
        Emit::new("submission_status_update", &data)
    };
    let Some(end) = End::of(event) else {
        let step = matches!(
            event.body,
            EventBody::Queued { .. }
                | EventBody::Requeued { .. }
                | EventBody::Rejudged
                | EventBody::Running { .. }
                | EventBody::Test { .. }
        );
        return step.then(|| update(pending_word(Dialect::Exechub))).into_iter().collect();
    };
    let (status, result) = match end.outcome() {
        Some(outcome) => {
            let mut result = codewar::figures(outcome);
            result["verdict"] = outcome.verdict.code().into();
            result["output"] = outcome.message.as_deref().unwrap_or_default().into();
            (verdict_word(Dialect::Exechub, outcome.verdict), result)
        }
        None => (cancelled_word(Dialect::Exechub), Value::Null),
    };
    let data = json!({"submissionId": id, "result": result, "status": status});
    vec![update(status), Emit::new("execution_result", &data)]
}
