//! The dialects' words for states, verdicts and languages.
//!
//! | | sonocode | exechub | codewar | codewar, in events |
//! | --- | --- | --- | --- | --- |
//! | queued, running | `Pending` | `PENDING` | `pending` | `IN_PROGRESS` |
//! | AC | `Success` | `SUCCESS` | `AC` | `ACCEPTED` |
//! | WA, PE | `WA` | `WA` | `WA` | `WA` |
//! | TLE | `TLE` | `TLE` | `TLE` | `TLE` |
//! | MLE | `MLE` | `MLE` | `MLE` | `MLE` |
//! | RE, OLE, CE | `RE` | `RE` | `ERROR` | `ERROR` |
//! | IE | `ERROR` | `ERROR` | `ERROR` | `ERROR` |
//! | cancelled | `CANCELLED` | `CANCELLED` | `ERROR` | `ERROR` |
//!
//! The seed systems have no word for CE, OLE and PE: these get the word of the verdict that their own
//! evaluators give such a program. IE is never the program's fault and so never `RE`. What a word leaves
//! out is in `result.verdict` beside it.

pub use crate::config::Dialect;
use crate::judge::{State, Submission, SubmissionId, Verdict};
use serde_json::{Map, Value, json};

/// A dialect's word for a verdict, in documents.
pub fn verdict_word(dialect: Dialect, verdict: Verdict) -> &'static str {
    use Dialect::{Codewar, Exechub, Sonocode};
    match (verdict, dialect) {
        (Verdict::Accepted, Sonocode) => "Success",
        (Verdict::Accepted, Exechub) => "SUCCESS",
        (Verdict::Accepted, Codewar) => "AC",
        (Verdict::WrongAnswer | Verdict::PresentationError, _) => "WA",
        (Verdict::TimeLimitExceeded, _) => "TLE",
        (Verdict::MemoryLimitExceeded, _) => "MLE",
        (Verdict::InternalError, _) | (_, Codewar) => "ERROR",
        (
            Verdict::RuntimeError | Verdict::OutputLimitExceeded | Verdict::CompileError,
            Sonocode | Exechub,
        ) => "RE",
    }
}

/// A dialect's word for a submission that has no verdict yet.
pub(super) fn pending_word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sonocode => "Pending",
        Dialect::Exechub => "PENDING",
        Dialect::Codewar => "pending",
    }
}

/// A dialect's word for a submission that was cancelled.
pub(super) fn cancelled_word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sonocode | Dialect::Exechub => "CANCELLED",
        Dialect::Codewar => "ERROR",
    }
}

/// A dialect's word for where a submission is, in documents.
pub fn state_word(dialect: Dialect, state: &State) -> &'static str {
    match state {
        State::Queued | State::Running { .. } => pending_word(dialect),
        State::Finished { result } => verdict_word(dialect, result.verdict),
        State::Cancelled => cancelled_word(dialect),
    }
}

/// The seed systems' word for a language: its id in capitals, such as `CPP`.
pub fn language_word(id: &str) -> String {
    id.to_ascii_uppercase()
}

/// A submission as a seed system's document: `_id`, its `status` and `language` words and the `output` beside
/// everything of the house's own form, whose `status` is called `state` here.
pub fn document(dialect: Dialect, submission: &Submission) -> Value {
    let own = match serde_json::to_value(submission) {
        Ok(Value::Object(own)) => own,
        // A submission is a structure with string keys: it has no other form.
        _ => Map::new(),
    };
    let mut document = Map::new();
    document.insert("_id".to_owned(), id_text(submission.id));
    for (key, value) in own {
        match key.as_str() {
            "language" => _ = document.insert(key, language_word(&submission.language).into()),
            "status" => {
                document.insert(key, state_word(dialect, &submission.state).into());
                document.insert("state".to_owned(), value);
                document.insert("output".to_owned(), output(&submission.state).into());
            }
            _ => _ = document.insert(key, value),
        }
    }
    Value::Object(document)
}

/// A custom run as codewar's document: [`document`] with the `runId` that `customRunComplete` will name.
pub fn run_document(dialect: Dialect, submission: &Submission) -> Value {
    let mut run = json!({"runId": submission.id});
    if let (Value::Object(run), Value::Object(more)) = (&mut run, document(dialect, submission)) {
        run.extend(more);
    }
    run
}

/// What a person should know of how it ended: the compiler's words, the first failed test's message.
fn output(state: &State) -> &str {
    match state {
        State::Finished { result } => result.message.as_deref().unwrap_or_default(),
        State::Queued | State::Running { .. } | State::Cancelled => "",
    }
}

fn id_text(id: SubmissionId) -> Value {
    Value::String(id.to_string())
}
