//! Custom runs: a program, an input, and what comes out.

use super::{
    App,
    envelope::{Envelope, Failure, Result},
    extract::Fields,
    submissions::{Accepted, enqueue, language, source, user},
};
use crate::judge::{NewSubmission, Task};
use axum::extract::State;
use std::sync::Arc;
use utoipa::ToSchema;

/// The body of a custom run, for the document; unknown fields are ignored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)] // Read field by field, so that all mistakes are found.
pub struct RunBody {
    /// Who sends it: 1 to 128 characters without control characters; `anonymous` when absent.
    user_id: Option<String>,
    /// The program's text.
    code: String,
    /// Id, name or alias of a language, in any case.
    language: String,
    /// Standard input of the program; empty when absent.
    input: Option<String>,
}

/// Runs a program once. What it prints comes in the journal's `ran` event.
#[utoipa::path(post, path = "/api/v1/runs", tag = "submissions", request_body = RunBody,
    responses(
        (status = 201, body = Envelope<Accepted>),
        (status = 400, description = "Fields have mistakes", body = Failure),
        (status = 413, description = "The source or the body is too long", body = Failure),
        (status = 415, description = "Not JSON", body = Failure),
        (status = 429, description = "The queue is full; see Retry-After", body = Failure),
    ))]
pub async fn run(State(app): State<Arc<App>>, mut fields: Fields) -> Result<Accepted> {
    let user = user(&mut fields);
    let code = source(&mut fields, app.source_limit());
    let language = language(&mut fields, &app);
    let input = fields.optional::<String>("input").unwrap_or_default();
    let (source, language) = fields.mistakes.finish(code.zip(language))?;
    let task = Task::Run { input };
    enqueue(&app, NewSubmission { user, task, language: language.id.clone(), source }).await
}
