//! The routes that only one of the seed systems has: codewar's reads of many and its custom runs.

use super::{
    App,
    body::{self, Media},
    documents,
    envelope::{ApiError, Code, Envelope, Failure, Reply, Result},
    extract::{Fields, Mistakes, Params, parse_slug, shorten},
    form::Form,
    rights::Caller,
    submissions::{
        Accepted, LIST_BYTES, LIST_DEFAULT, LIST_MAX, check_taken, enqueue, known_problem,
        language, limit, page, problem_id, source, user,
    },
};
use crate::{
    judge::{NewSubmission, Slug, Submission, SubmissionId, Task},
    ledger::{Filter, LedgerError, Order},
    wire::ProblemDocument,
};
use axum::{
    extract::{FromRequest, Path, Request, State},
    response::Response,
};
use serde_json::Value;
use std::{io, sync::Arc};
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

/// The body of codewar's custom run, for the document; unknown fields are ignored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)] // Read field by field, so that all mistakes are found.
pub struct CustomRunBody {
    /// Who sends it: 1 to 128 characters without control characters; `anonymous` when absent.
    user_id: Option<String>,
    /// The slug of the problem whose code is put around the user's own.
    problem_id: Option<String>,
    /// The program's text.
    code: String,
    /// Id, name or alias of a language, in any case.
    language: String,
    /// Standard input of the program; empty when absent.
    input: Option<String>,
}

/// Runs a program once with an input of its own, as codewar asks for it. The problem's code is put around the
/// user's; `customRunComplete` follows over the sockets.
#[utoipa::path(post, path = "/api/v1/customRun", tag = "seeds", request_body = CustomRunBody,
    responses(
        (status = 201, body = Envelope<Accepted>),
        (status = 400, description = "Fields have mistakes", body = Failure),
        (status = 404, description = "No such problem", body = Failure),
        (status = 413, description = "The source or the body is too long", body = Failure),
        (status = 415, description = "Not JSON", body = Failure),
        (status = 429, description = "The queue is full; see Retry-After", body = Failure),
    ))]
pub async fn custom_run(
    State(app): State<Arc<App>>,
    form: Form,
    mut fields: Fields,
) -> std::result::Result<Response, ApiError> {
    let user = user(&mut fields);
    let code = source(&mut fields, app.source_limit());
    let language = language(&mut fields, &app);
    let input = fields.optional::<String>("input").unwrap_or_default();
    let slug = fields.has("problemId").then(|| problem_id(&mut fields)).flatten();
    let problem = match &slug {
        Some(slug) => known_problem(&app, &mut fields, slug).await?,
        None => None,
    };
    if let (Some(problem), Some(language)) = (&problem, language) {
        check_taken(&mut fields, problem, language);
    }
    let (code, language) = fields.mistakes.finish(code.zip(language))?;
    let source = match &problem {
        Some(stored) => stored.problem.program(&language.id, &code),
        None => code,
    };
    let language = language.id.clone();
    enqueue(&app, form, NewSubmission { user, task: Task::run(input), language, source }).await
}

/// Which of a user's submissions to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct OfUserParams {
    /// Only those older than the one with this number.
    after: Option<String>,
    /// At most this many, 1 to 500; 100 when absent.
    limit: Option<u32>,
}

/// A user's submissions, the newest first.
#[utoipa::path(get, path = "/api/v1/submissions/user/{id}", tag = "seeds",
    params(("id" = String, Path, description = "The user"), OfUserParams),
    responses((status = 200, body = Envelope<Vec<Submission>>), (status = 400, body = Failure)))]
pub async fn of_user(
    State(app): State<Arc<App>>,
    Path(user): Path<String>,
    caller: Caller,
    form: Form,
    mut params: Params,
) -> Result<Value> {
    caller.owns(&user)?;
    let after = params.parse::<SubmissionId>("after", "the number of a submission");
    let limit = limit(&mut params, LIST_DEFAULT);
    let order = Order::Descending;
    let filter = Filter { user: Some(user), order, after, limit, ..Filter::default() };
    let filter = params.mistakes.finish(Some(filter))?;
    let (submissions, _) = page(&app, filter).await?;
    let shown = submissions.iter().map(|submission| form.submission(submission)).collect();
    Ok(Reply::ok("submissions", shown))
}

/// The ids that are asked for, in the query or in a JSON body.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct IdsParams {
    /// Ids, separated by commas or given more than once. A JSON body `{"ids": […]}` may name them as well.
    ids: Option<String>,
}

/// Submissions by their numbers, in the order of the question. Those that are not there are left out.
#[utoipa::path(get, path = "/api/v1/submissions/getMany", tag = "seeds", params(IdsParams),
    responses((status = 200, body = Envelope<Vec<Submission>>), (status = 400, body = Failure)))]
pub async fn submissions(
    State(app): State<Arc<App>>,
    caller: Caller,
    form: Form,
    ids: Ids,
) -> Result<Value> {
    let wanted: Vec<SubmissionId> =
        ids.parse(true, |id| id.parse().map_err(|error| format!("`{}`: {error}", shorten(id))))?;
    let mut shown = Vec::new();
    let mut bytes = 0;
    for id in wanted {
        let submission = match app.ledger.submission(id).await {
            Ok(submission) => submission,
            Err(LedgerError::NotFound(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        caller.owns(&submission.user)?;
        bytes += submission.source.len();
        if bytes > LIST_BYTES {
            let message = "their sources are longer than 8 MiB together; ask for fewer";
            return Err(ApiError::field(Code::TooLarge, "ids", message));
        }
        shown.push(form.submission(&submission));
    }
    Ok(Reply::ok("submissions", shown.into()))
}

/// Problems by their slugs, in the order of the question; all problems, in few words, when none is named.
/// Those that are not there are left out.
#[utoipa::path(get, path = "/api/v1/problems/getMany", tag = "seeds", params(IdsParams),
    responses(
        (status = 200, body = Envelope<Vec<ProblemDocument>>),
        (status = 400, body = Failure),
    ))]
pub async fn problems(State(app): State<Arc<App>>, form: Form, ids: Ids) -> Result<Value> {
    let slugs: Vec<Slug> = ids.parse(false, parse_slug)?;
    if slugs.is_empty() {
        let all = app.problems.list().await.into_iter().map(Into::into);
        let shown = all.map(|summary| form.summary(&summary)).collect();
        return Ok(Reply::ok("problems", shown));
    }
    let mut found = Vec::new();
    for slug in &slugs {
        found.extend(app.problems.find(slug).await?);
    }
    let read = move || {
        let documents = found.iter().map(|stored| Ok(form.problem(&documents::document(stored)?)));
        documents.collect::<io::Result<Value>>()
    };
    Ok(Reply::ok("problems", spawn_blocking(read).await?.map_err(ApiError::internal)?))
}

/// Ids in a query (`ids=1,2`, `ids=1&ids=2`, `ids[]=1`) and in a JSON body (`{"ids": ["1", 2]}`), which some
/// clients send with a GET request.
#[derive(Debug)]
pub struct Ids(Vec<String>);

impl FromRequest<Arc<App>> for Ids {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> std::result::Result<Self, ApiError> {
        let (mut parts, rest) = request.into_parts();
        let params =
            <Params as axum::extract::FromRequestParts<_>>::from_request_parts(&mut parts, app);
        let mut params = params.await?;
        let mut ids = Vec::new();
        for name in ["ids", "ids[]"] {
            for text in params.all(name) {
                ids.extend(text.split(',').map(|id| id.trim().to_owned()));
            }
        }
        let bytes = body::read(rest, app.json_limit()).await?;
        if !bytes.is_empty() && Media::of(&parts.headers) == Media::Json {
            let mut fields = Fields::parse(&bytes)?;
            let named = fields.optional::<Vec<Value>>("ids").unwrap_or_default();
            for (index, id) in named.into_iter().enumerate() {
                match id {
                    Value::String(id) => ids.push(id),
                    Value::Number(id) => ids.push(id.to_string()),
                    _ => fields.mistakes.add(&format!("ids[{index}]"), "must be a text"),
                }
            }
            fields.mistakes.finish(Some(()))?;
        }
        ids.retain(|id| !id.is_empty());
        Ok(Self(ids))
    }
}

impl Ids {
    /// Reads each of them; `needed`: there must be one.
    fn parse<T>(
        self,
        needed: bool,
        read: impl Fn(&str) -> std::result::Result<T, String>,
    ) -> std::result::Result<Vec<T>, ApiError> {
        let mut mistakes = Mistakes::default();
        if needed && self.0.is_empty() {
            mistakes.add("ids", "is missing; say ids=1,2 or send a JSON body with ids");
        }
        if self.0.len() > LIST_MAX {
            mistakes.add("ids", format!("are {}; the limit is {LIST_MAX}", self.0.len()));
            return mistakes.finish(None);
        }
        let mut parsed = Vec::new();
        for (index, id) in self.0.iter().enumerate() {
            match read(id) {
                Ok(id) => parsed.push(id),
                Err(message) => mistakes.add(&format!("ids[{index}]"), message),
            }
        }
        mistakes.finish(Some(parsed))
    }
}
