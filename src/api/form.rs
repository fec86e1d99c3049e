//! The form of replies: the house's own, or that of the seed system that the configuration names.
//!
//! Submissions and problems are asked for at the same addresses in every seed system, and answered with
//! other words. A request whose `Accept` header names [`MEDIA`] gets the house's own form, which the commands
//! speak; every other request gets that of `api.dialect`.

use super::{
    App,
    envelope::{Reply, bare},
};
use crate::{
    hub::dialect::{Dialect, document, language_word, run_document},
    judge::{Submission, Task},
    wire::{MEDIA, ProblemAdded, ProblemDocument, ProblemSummary},
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{convert::Infallible, sync::Arc};

/// In which form a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The types of this program as they are.
    House,
    /// A seed system's.
    Seed(Dialect),
}

impl FromRequestParts<Arc<App>> for Form {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let named = |value: &header::HeaderValue| {
            let media = value
                .as_bytes()
                .split(|b| *b == b',')
                .map(|range| range.split(|b| *b == b';').next().unwrap_or_default().trim_ascii());
            { media }.any(|media| media.eq_ignore_ascii_case(MEDIA.as_bytes()))
        };
        let house = parts.headers.get_all(header::ACCEPT).iter().any(named);
        Ok(if house { Self::House } else { Self::Seed(app.dialect) })
    }
}

impl Form {
    /// A submission or a custom run.
    pub fn submission(self, submission: &Submission) -> Value {
        match self {
            Self::House => plain(submission),
            Self::Seed(dialect) => seeded(dialect, submission),
        }
    }

    /// The reply to a submission or a custom run that was accepted.
    pub fn accepted(self, message: &'static str, submission: &Submission) -> Response {
        let shown = self.submission(submission);
        let data = match self {
            Self::House | Self::Seed(Dialect::Sonocode) => json!({"submission": shown}),
            Self::Seed(Dialect::Exechub) => {
                let response = json!({"submission": shown});
                let body = json!({
                    "success": true, "message": message, "error": {}, "response": response,
                });
                return bare(StatusCode::OK, &body);
            }
            // Its clients read the document itself, as they get it everywhere else.
            Self::Seed(Dialect::Codewar) => with(shown.clone(), "submission", shown),
        };
        Reply::created(message, data).into_response()
    }

    /// A problem with its samples. Hidden tests are counted and never shown.
    pub fn problem(self, problem: &ProblemDocument) -> Value {
        let mut shown = plain(problem);
        if self == Self::House {
            return shown;
        }
        for stub in shown["codeStubs"].as_array_mut().into_iter().flatten() {
            let word = stub["language"].as_str().map(language_word);
            stub["language"] = word.into();
        }
        let samples = problem.test_cases.iter();
        let samples = samples.map(|test| with(plain(test), "isHidden", false.into()));
        shown["testcases"] = samples.collect();
        shown["codeSubs"] = shown["codeStubs"].clone();
        // What the seed systems keep and a package does not have. Solutions are not for contestants.
        shown["editorial"] = "".into();
        for none in ["companies", "hints", "solutions"] {
            shown[none] = json!([]);
        }
        identified(problem.slug.as_str(), shown)
    }

    /// A problem in few words.
    pub fn summary(self, problem: &ProblemSummary) -> Value {
        match self {
            Self::House => plain(problem),
            Self::Seed(_) => identified(problem.slug.as_str(), plain(problem)),
        }
    }

    /// A problem that was added.
    pub fn added(self, added: &ProblemAdded) -> Value {
        match self {
            Self::House => plain(added),
            Self::Seed(_) => identified(added.problem.slug.as_str(), plain(added)),
        }
    }

    /// All problems. The seed systems' clients read the list itself.
    pub fn problems(self, problems: &[ProblemSummary]) -> Value {
        let shown: Value = problems.iter().map(|problem| self.summary(problem)).collect();
        match self {
            Self::House => json!({"problems": shown}),
            Self::Seed(_) => shown,
        }
    }
}

/// A submission or a custom run as a seed system's document.
pub fn seeded(dialect: Dialect, submission: &Submission) -> Value {
    match submission.task {
        Task::Judge { .. } => document(dialect, submission),
        Task::Run { .. } => run_document(dialect, submission),
    }
}

/// The house's own types are structures with string keys: nothing of them can fail.
fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("a structure with string keys")
}

fn with(mut value: Value, key: &str, more: Value) -> Value {
    value[key] = more;
    value
}

/// The object with `_id` and `id` before everything else.
fn identified(id: &str, value: Value) -> Value {
    let mut shown = Map::new();
    shown.insert("_id".to_owned(), id.into());
    shown.insert("id".to_owned(), id.into());
    if let Value::Object(own) = value {
        shown.extend(own);
    }
    Value::Object(shown)
}
