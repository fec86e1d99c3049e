//! Submissions: sent, shown, listed, judged again and cancelled.

use super::{
    App,
    body::size,
    envelope::{ApiError, Code, Envelope, Failure, Reply, Result},
    extract::{Fields, Id, Params, no_problem, parse_slug, shorten},
};
use crate::{
    judge::{Language, NewSubmission, Slug, SourceFile, Submission, SubmissionId, Task},
    ledger::{Filter, Order},
    problem::StoredProblem,
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Most submissions in one list.
const LIST_MAX: usize = 500;

/// Submissions in one list when the client does not say.
const LIST_DEFAULT: usize = 100;

/// A list ends early when its sources are longer than this together, in bytes.
const LIST_BYTES: usize = 8 << 20;

/// Submissions read from the ledger at one time.
const LIST_PAGE: usize = 50;

/// The states that a list can be asked for.
const STATES: [&str; 4] = ["queued", "running", "finished", "cancelled"];

/// The body of a new submission, for the document; unknown fields are ignored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)] // Read field by field, so that all mistakes are found.
pub struct SubmitBody {
    /// Who sends it: 1 to 128 characters without control characters; `anonymous` when absent.
    user_id: Option<String>,
    /// The problem's slug.
    problem_id: String,
    /// The program's text.
    code: String,
    /// Id, name or alias of a language, in any case.
    language: String,
    /// Further files of the program, at most 16 and together no longer than a program.
    files: Option<Vec<SourceFile>>,
}

/// A submission that was accepted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// As the ledger keeps it.
    pub submission: Submission,
}

/// Submissions in the order that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SubmissionList {
    /// Those after the given number, as many as were asked for or as fit.
    pub submissions: Vec<Submission>,
    /// The value of `after` that continues the list; null at its end.
    pub next: Option<SubmissionId>,
}

/// Which submissions to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by `filter`.
pub struct ListParams {
    /// Only this user's.
    user: Option<String>,
    /// Only those for the problem with this slug.
    problem: Option<String>,
    /// Only those in this state: queued, running, finished or cancelled.
    status: Option<String>,
    /// `asc`, as when absent: by number; `desc`: the newest first.
    order: Option<String>,
    /// Only those that come after the one with this number in that order.
    after: Option<String>,
    /// At most this many, 1 to 500; 100 when absent.
    limit: Option<u32>,
}

/// Sends a program to be judged. It is durable before the reply.
#[utoipa::path(post, path = "/api/v1/submissions", tag = "submissions", request_body = SubmitBody,
    responses(
        (status = 201, body = Envelope<Accepted>),
        (status = 400, description = "Fields have mistakes", body = Failure),
        (status = 404, description = "No such problem", body = Failure),
        (status = 413, description = "The source or the body is too long", body = Failure),
        (status = 415, description = "Not JSON", body = Failure),
        (status = 429, description = "The queue is full; see Retry-After", body = Failure),
    ))]
pub async fn submit(State(app): State<Arc<App>>, mut fields: Fields) -> Result<Accepted> {
    let user = user(&mut fields);
    let code = source(&mut fields, app.source_limit());
    let language = language(&mut fields, &app);
    let files = super::runs::files(&mut fields, language, app.source_limit());
    let slug = problem_id(&mut fields);
    let problem = slug.as_ref().and_then(|slug| app.problems.get(slug));
    if let (Some(problem), Some(language)) = (&problem, language) {
        check_taken(&mut fields, problem, language);
    }
    if let (Some(slug), None) = (&slug, &problem) {
        let message = format!("there is no problem `{slug}`");
        if fields.mistakes.is_empty() {
            return Err(ApiError::field(Code::NotFound, "problemId", message));
        }
        fields.mistakes.add("problemId", message);
    }
    let read = code.zip(language).zip(slug);
    let ((source, language), problem) = fields.mistakes.finish(read)?;
    let task = Task::Judge { problem, files };
    enqueue(&app, NewSubmission { user, task, language: language.id.clone(), source }).await
}

/// Gives a checked submission to the ledger.
pub(super) async fn enqueue(app: &App, new: NewSubmission) -> Result<Accepted> {
    let submission = app.ledger.submit(new, app.limits.queue).await?;
    Ok(Reply::created("accepted; waits for a worker", Accepted { submission }))
}

/// Reads `userId`; `anonymous` when it is absent.
pub(super) fn user(fields: &mut Fields) -> String {
    let user = fields.optional::<String>("userId").unwrap_or_else(|| "anonymous".to_owned());
    if !(1..=128).contains(&user.chars().count()) {
        fields.mistakes.add("userId", "must have 1 to 128 characters");
    } else if user.chars().any(char::is_control) {
        fields.mistakes.add("userId", "must not have control characters");
    }
    user
}

/// Reads `code`.
pub(super) fn source(fields: &mut Fields, limit: u64) -> Option<String> {
    let code = fields.required::<String>("code")?;
    if code.trim().is_empty() {
        fields.mistakes.add("code", "is empty");
    } else if code.len() as u64 > limit {
        let message = format!("has {} bytes; the limit is {}", code.len(), size(limit));
        fields.mistakes.add_too_large("code", message);
    }
    Some(code)
}

/// Reads `language`.
pub(super) fn language<'a>(fields: &mut Fields, app: &'a App) -> Option<&'a Language> {
    let name = fields.required::<String>("language")?;
    let language = app.languages.find(&name);
    if language.is_none() {
        let message =
            format!("`{}` is not known; known are {}", shorten(&name), app.languages.ids());
        fields.mistakes.add("language", message);
    }
    language
}

fn problem_id(fields: &mut Fields) -> Option<Slug> {
    let text = fields.required::<String>("problemId")?;
    match parse_slug(&text) {
        Ok(slug) => Some(slug),
        Err(message) => {
            fields.mistakes.add("problemId", message);
            None
        }
    }
}

/// A problem may take only some languages: those that it says, or has code for around the user's own.
pub(super) fn check_taken(fields: &mut Fields, problem: &StoredProblem, language: &Language) {
    if let Some(taken) = problem.problem.taken()
        && !taken.contains(&language.id.as_str())
    {
        let message = format!("this problem takes {}, and not {}", taken.join(", "), language.id);
        fields.mistakes.add("language", message);
    }
}

/// One submission.
#[utoipa::path(get, path = "/api/v1/submissions/{id}", tag = "submissions",
    params(("id" = String, Path, description = "Its number")),
    responses((status = 200, body = Envelope<Submission>), (status = 404, body = Failure)))]
pub async fn show(State(app): State<Arc<App>>, Id(id): Id) -> Result<Submission> {
    Ok(Reply::ok("submission", app.ledger.submission(id).await?))
}

/// Submissions by number or from the newest on, page by page.
#[utoipa::path(get, path = "/api/v1/submissions", tag = "submissions", params(ListParams),
    responses((status = 200, body = Envelope<SubmissionList>), (status = 400, body = Failure)))]
pub async fn list(State(app): State<Arc<App>>, params: Params) -> Result<SubmissionList> {
    let mut filter = filter(params)?;
    let wanted = filter.limit;
    let mut submissions = Vec::new();
    let mut bytes = 0;
    loop {
        // One more than is wanted says whether the list goes on.
        filter.limit = LIST_PAGE.min(wanted + 1 - submissions.len());
        let page = app.ledger.submissions(&filter).await?;
        let Some(last) = page.last() else { break };
        filter.after = Some(last.id);
        for submission in page {
            if submissions.len() == wanted || bytes >= LIST_BYTES {
                let next = submissions.last().map(|last: &Submission| last.id);
                return Ok(Reply::ok("submissions", SubmissionList { submissions, next }));
            }
            bytes += submission.source.len();
            submissions.push(submission);
        }
    }
    Ok(Reply::ok("submissions", SubmissionList { submissions, next: None }))
}

fn filter(mut params: Params) -> std::result::Result<Filter, ApiError> {
    let user = params.text("user");
    let problem = params.parse::<Slug>("problem", "the slug of a problem");
    let after = params.parse::<SubmissionId>("after", "the number of a submission");
    let limit = params.parse::<usize>("limit", "a number").unwrap_or(LIST_DEFAULT);
    if !(1..=LIST_MAX).contains(&limit) {
        params.mistakes.add("limit", format!("{limit} is outside 1 to {LIST_MAX}"));
    }
    let status = params.text("status");
    if let Some(status) = status.as_deref().filter(|status| !STATES.contains(status)) {
        let message = format!("`{}` is not one of {}", shorten(status), STATES.join(", "));
        params.mistakes.add("status", message);
    }
    let order = match params.text("order").as_deref() {
        None | Some("asc") => Order::Ascending,
        Some("desc") => Order::Descending,
        Some(other) => {
            let message = format!("`{}` is neither asc nor desc", shorten(other));
            params.mistakes.add("order", message);
            Order::default()
        }
    };
    params.mistakes.finish(Some(Filter { user, problem, status, order, after, limit }))
}

/// Queues a submission again, whatever its state.
#[utoipa::path(post, path = "/api/v1/submissions/{id}/rejudge", tag = "submissions",
    params(("id" = String, Path, description = "Its number")),
    responses((status = 200, body = Envelope<Submission>), (status = 404, body = Failure)))]
pub async fn rejudge(State(app): State<Arc<App>>, Id(id): Id) -> Result<Submission> {
    let submission = app.ledger.submission(id).await?;
    if let Some(slug) = submission.problem().filter(|slug| app.problems.get(slug).is_none()) {
        return Err(no_problem(slug.as_str()));
    }
    Ok(Reply::ok("queued again", app.ledger.rejudge(id).await?))
}

/// Cancels a submission that has no verdict yet.
#[utoipa::path(post, path = "/api/v1/submissions/{id}/cancel", tag = "submissions",
    params(("id" = String, Path, description = "Its number")),
    responses(
        (status = 200, body = Envelope<Submission>),
        (status = 404, body = Failure),
        (status = 409, description = "It has ended already", body = Failure),
    ))]
pub async fn cancel(State(app): State<Arc<App>>, Id(id): Id) -> Result<Submission> {
    Ok(Reply::ok("cancelled", app.ledger.cancel(id).await?))
}
