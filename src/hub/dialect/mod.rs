//! The dialects: how each seed system names what happens to a submission.
//!
//! Pure: [`tell`] makes the emits of an event from the event, the [`Story`] of its submission up to there
//! and the submission itself, and from nothing else. A socket that comes back, to this daemon or to the
//! next one, therefore gets the very packets that it missed. Pushed messages are dialect already: their
//! topic is the event's name.
//!
//! | what happened | sonocode | exechub | codewar |
//! | --- | --- | --- | --- |
//! | queued, given back, judged again | | `submission_status_update` | `submissionUpdate`, test 0 |
//! | taken up, compiling | | `submission_status_update` | `submissionUpdate`, test 0 of all |
//! | a test | | `submission_status_update` | `submissionUpdate` |
//! | verdict, cancelled | `submission:result` | `submission_status_update`, `execution_result` | `evaluationComplete` |
//! | custom run ended | | | `customRunComplete` |
//!
//! What ends without a program having been judged (CE, IE, cancelled) is told as `error` as well.

mod codewar;
mod exechub;
mod sonocode;
mod story;
#[cfg(test)]
mod tests;
mod words;

pub use story::Story;
pub use words::{Dialect, document, language_word, run_document, state_word, verdict_word};

use crate::{
    hub::socketio::Json,
    judge::{Event, EventBody, Outcome, Submission, Verdict},
};
use serde_json::{Value, json};
use std::borrow::Cow;

/// One event for a client: a name and one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emit {
    /// The event's name.
    pub name: Cow<'static, str>,
    /// Its argument.
    pub data: Json,
}

impl Emit {
    /// An event with this argument; keys keep the order in which they were put in.
    fn new(name: &'static str, data: &Value) -> Self {
        Self { name: Cow::Borrowed(name), data: Json::of(data) }
    }

    /// The dialect whose event it is, for the figures; `other` for what several have and for pushed topics.
    pub fn dialect(&self) -> &'static str {
        match &*self.name {
            "submission:result" => Dialect::Sonocode.name(),
            "submission_status_update" | "execution_result" => Dialect::Exechub.name(),
            "submissionUpdate" | "evaluationComplete" | "customRunComplete" => {
                Dialect::Codewar.name()
            }
            _ => "other",
        }
    }
}

/// What an event says when a submission or a run comes to rest.
enum End<'a> {
    Verdict(&'a Outcome),
    Cancelled,
}

impl<'a> End<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        match &event.body {
            EventBody::Finished(outcome) => Some(Self::Verdict(outcome)),
            EventBody::Cancelled => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// The figures; none for what was cancelled.
    fn outcome(&self) -> Option<&'a Outcome> {
        match self {
            Self::Verdict(outcome) => Some(outcome),
            Self::Cancelled => None,
        }
    }
}

/// Whether [`tell`] needs the submission for this event.
pub fn needs_submission(dialects: &[Dialect], event: &Event, story: &Story) -> bool {
    dialects.contains(&Dialect::Sonocode) && event.body.is_final() && !story.is_run()
}

/// What clients of these dialects are told of an event, in order. `story` is that of the submission, this
/// event included; `submission` is there where [`needs_submission`] asks for it.
pub fn tell(
    dialects: &[Dialect],
    event: &Event,
    story: &Story,
    submission: Option<&Submission>,
) -> Vec<Emit> {
    let mut emits = Vec::new();
    let has = |dialect| dialects.contains(&dialect);
    if let (true, Some(submission)) = (has(Dialect::Sonocode), submission) {
        emits.extend(sonocode::tell(event, story, submission));
    }
    if has(Dialect::Exechub) && !story.is_run() {
        emits.extend(exechub::tell(event));
    }
    if has(Dialect::Exechub) || has(Dialect::Codewar) {
        emits.extend(failure(dialects, event, story));
    }
    if has(Dialect::Codewar) {
        emits.extend(codewar::tell(event, story));
    }
    emits
}

/// The `error` event of what ended without a program having been judged.
fn failure(dialects: &[Dialect], event: &Event, story: &Story) -> Option<Emit> {
    let id = event.submission.to_string();
    let what = if story.is_run() { "run" } else { "submission" };
    let key = if story.is_run() { "runId" } else { "submissionId" };
    let (code, message, details) = match End::of(event)? {
        End::Cancelled => ("CANCELLED", format!("the {what} was cancelled"), json!({ (key): id })),
        End::Verdict(outcome) => {
            let (code, message) = match outcome.verdict {
                Verdict::CompileError => ("COMPILATION_ERROR", "the program does not compile"),
                Verdict::InternalError => ("EVALUATION_ERROR", "Code execution failed"),
                _ => return None,
            };
            let output = outcome.message.as_deref().unwrap_or_default();
            let verdict = outcome.verdict.code();
            let details = json!({ (key): id, "verdict": verdict, "output": output });
            (code, message.to_owned(), details)
        }
    };
    Some(error(dialects, code, &message, details))
}

/// An `error` event in the form of each of these dialects: exechub's has `code` and `message`, codewar's
/// `type`, `message` and `details`; with both, one event has all of them.
pub fn error(dialects: &[Dialect], code: &str, message: &str, details: Value) -> Emit {
    let codewar = dialects.contains(&Dialect::Codewar);
    let mut data = json!({});
    if !codewar || dialects.contains(&Dialect::Exechub) {
        data["code"] = code.into();
    }
    if codewar {
        data["type"] = code.into();
    }
    data["message"] = message.into();
    if codewar {
        data["details"] = details;
    }
    Emit::new("error", &data)
}

/// An `error` event in exechub's form, for what only exechub's clients do.
pub fn refusal(code: &str, message: &str) -> Emit {
    Emit::new("error", &json!({"code": code, "message": message}))
}
