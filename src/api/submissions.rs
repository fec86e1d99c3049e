//! Submissions: sent, shown, listed, judged again and cancelled.

use super::{
    App,
    body::size,
    envelope::{ApiError, Code, Envelope, Failure, Reply, Result},
    extract::{Fields, Id, Params, parse_slug, shorten},
    form::Form,
    rights::Caller,
};
use crate::{
    judge::{
        Language, NewSubmission, Slug, SourceFile, Submission, SubmissionId, Task, user_mistake,
    },
    ledger::{Filter, Order},
    problem::StoredProblem,
};
use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Most submissions in one list.
pub(super) const LIST_MAX: usize = 500;

/// Submissions in one list when the client does not say.
pub(super) const LIST_DEFAULT: usize = 100;

/// A list ends early when its sources are longer than this together, in bytes.
pub(super) const LIST_BYTES: usize = 8 << 20;

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
pub async fn submit(
    State(app): State<Arc<App>>,
    form: Form,
    mut fields: Fields,
) -> std::result::Result<Response, ApiError> {
    let user = user(&mut fields);
    let code = source(&mut fields, app.source_limit());
    let language = language(&mut fields, &app);
    let files = super::runs::files(&mut fields, language, app.source_limit());
    let slug = problem_id(&mut fields);
    let problem = match &slug {
        Some(slug) => known_problem(&app, &mut fields, slug).await?,
        None => None,
    };
    if let (Some(problem), Some(language)) = (&problem, language) {
        check_taken(&mut fields, problem, language);
    }
    let read = code.zip(language).zip(slug);
    let ((source, language), problem) = fields.mistakes.finish(read)?;
    let task = Task::Judge { problem, files };
    enqueue(&app, form, NewSubmission { user, task, language: language.id.clone(), source }).await
}

/// Gives a checked submission to the ledger.
pub(super) async fn enqueue(
    app: &App,
    form: Form,
    new: NewSubmission,
) -> std::result::Result<Response, ApiError> {
    let submission = app.ledger.submit(new, app.limits.queue).await?;
    Ok(form.accepted("accepted; waits for a worker", &submission))
}

/// The problem with this slug. That it is not there is an error of its own when nothing else is wrong, and one
/// mistake among the others when something is.
pub(super) async fn known_problem(
    app: &App,
    fields: &mut Fields,
    slug: &Slug,
) -> std::result::Result<Option<Arc<StoredProblem>>, ApiError> {
    let problem = app.problems.find(slug).await?;
    if problem.is_none() {
        let message = format!("there is no problem `{slug}`");
        if fields.mistakes.is_empty() {
            return Err(ApiError::field(Code::NotFound, "problemId", message));
        }
        fields.mistakes.add("problemId", message);
    }
    Ok(problem)
}

/// Reads `userId`; `anonymous` when it is absent.
pub(super) fn user(fields: &mut Fields) -> String {
    let named = fields.optional::<String>("userId");
    let caller = fields.caller.0.clone();
    let user = match (named, &caller) {
        (Some(user), _) => user,
        (None, Some(identity)) => identity.user.clone(),
        (None, None) => "anonymous".to_owned(),
    };
    if let Some(mistake) = user_mistake(&user) {
        fields.mistakes.add("userId", mistake);
    }
    if let Some(Err(error)) = caller.map(|identity| identity.act_for(&user)) {
        fields.mistakes.add_forbidden("userId", error);
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

/// Reads `problemId`.
pub(super) fn problem_id(fields: &mut Fields) -> Option<Slug> {
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
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    form: Form,
    Id(id): Id,
) -> Result<Value> {
    let submission = app.ledger.submission(id).await?;
    caller.owns(&submission.user)?;
    Ok(Reply::ok("submission", form.submission(&submission)))
}

/// Submissions by number or from the newest on, page by page.
#[utoipa::path(get, path = "/api/v1/submissions", tag = "submissions", params(ListParams),
    responses((status = 200, body = Envelope<SubmissionList>), (status = 400, body = Failure)))]
pub async fn list(State(app): State<Arc<App>>, form: Form, params: Params) -> Result<Value> {
    let (submissions, next) = page(&app, filter(params)?).await?;
    let shown: Value = submissions.iter().map(|one| form.submission(one)).collect();
    Ok(Reply::ok("submissions", json!({"submissions": shown, "next": next})))
}

/// Reads as many submissions as are wanted or as fit, and the last of them when the list goes on.
pub(super) async fn page(
    app: &App,
    mut filter: Filter,
) -> std::result::Result<(Vec<Submission>, Option<SubmissionId>), ApiError> {
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
                return Ok((submissions, next));
            }
            bytes += submission.source.len();
            submissions.push(submission);
        }
    }
    Ok((submissions, None))
}

/// Reads `limit`, the length of a list.
pub(super) fn limit(params: &mut Params, default: usize) -> usize {
    let limit = params.parse::<usize>("limit", "a number").unwrap_or(default);
    if !(1..=LIST_MAX).contains(&limit) {
        params.mistakes.add("limit", format!("{limit} is outside 1 to {LIST_MAX}"));
    }
    limit
}

fn filter(mut params: Params) -> std::result::Result<Filter, ApiError> {
    let user = params.user();
    let problem = params.parse::<Slug>("problem", "the slug of a problem");
    let after = params.parse::<SubmissionId>("after", "the number of a submission");
    let limit = limit(&mut params, LIST_DEFAULT);
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
pub async fn rejudge(State(app): State<Arc<App>>, form: Form, Id(id): Id) -> Result<Value> {
    let submission = app.ledger.submission(id).await?;
    if let Some(slug) = submission.problem() {
        super::problems::find(&app, slug).await?;
    }
    Ok(Reply::ok("queued again", form.submission(&app.ledger.rejudge(id).await?)))
}

/// Cancels a submission that has no verdict yet.
#[utoipa::path(post, path = "/api/v1/submissions/{id}/cancel", tag = "submissions",
    params(("id" = String, Path, description = "Its number")),
    responses(
        (status = 200, body = Envelope<Submission>),
        (status = 404, body = Failure),
        (status = 409, description = "It has ended already", body = Failure),
    ))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    form: Form,
    Id(id): Id,
) -> Result<Value> {
    caller.owns(&app.ledger.submission(id).await?.user)?;
    Ok(Reply::ok("cancelled", form.submission(&app.ledger.cancel(id).await?)))
}
