//! Verifications: what happens in one streams to whoever asked for it, and it ends when they go away.

use super::{
    App,
    body::{self, Media},
    envelope::{ApiError, Code, Failure},
    extract::{Params, SlugPath},
    problems,
};
use crate::{
    problem::StoredProblem,
    verify::{
        self,
        report::{Options, Step},
        stress::{StressOptions, StressStep},
    },
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::{Serialize, de::DeserializeOwned};
use std::{convert::Infallible, future::Future, sync::Arc};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use utoipa::IntoParams;

/// How many steps wait at most for a client that reads slowly.
const AHEAD: usize = 256;

/// How a package is verified.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct VerifyParams {
    /// Its slug, instead of the one that the package says.
    slug: Option<String>,
    /// Its name, where it says none itself.
    name: Option<String>,
    /// Options as a JSON object; those of the other route's body.
    options: Option<String>,
}

/// Verifies a problem of the store.
///
/// Each line of the reply is a step in JSON. The last is `done` or `failed`; without one, the daemon went
/// away.
#[utoipa::path(post, path = "/api/v1/problems/{slug}/verify", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")), request_body = Options,
    responses(
        (status = 200, content_type = "application/x-ndjson", body = Step),
        (status = 400, body = Failure),
        (status = 404, body = Failure),
        (status = 503, description = "No engine runs", body = Failure),
    ))]
pub async fn stored(
    State(app): State<Arc<App>>,
    SlugPath(slug): SlugPath,
    request: Request,
) -> Result<Response, ApiError> {
    let options = read_body(&app, request).await?;
    let stored = problems::find(&app, &slug).await?;
    verification(&app, stored, None, options)
}

/// Verifies a package that is not added. The body is as for adding, the reply as for a stored problem.
#[utoipa::path(post, path = "/api/v1/verify", tag = "problems", params(VerifyParams),
    request_body(content(
        (Vec<u8> = "application/x-tar"),
        (Vec<u8> = "application/zip"),
        (Object = "application/json")
    )),
    responses(
        (status = 200, content_type = "application/x-ndjson", body = Step),
        (status = 400, body = Failure),
        (status = 413, description = "The package is too long", body = Failure),
        (status = 415, description = "No package", body = Failure),
        (status = 422, description = "The package has mistakes: all of them", body = Failure),
        (status = 503, description = "No engine runs", body = Failure),
    ))]
pub async fn package(
    State(app): State<Arc<App>>,
    params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    let (options, stored, folder) = provisional(&app, params, request).await?;
    verification(&app, stored, Some(folder), options)
}

/// Searches for an input on which a solution fails, among those that the package's generators make.
///
/// Each line of the reply is a step in JSON. The last is `done` or `failed`; without one, the daemon went
/// away.
#[utoipa::path(post, path = "/api/v1/problems/{slug}/stress", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")), request_body = StressOptions,
    responses(
        (status = 200, content_type = "application/x-ndjson", body = StressStep),
        (status = 400, body = Failure),
        (status = 404, body = Failure),
        (status = 503, description = "No engine runs", body = Failure),
    ))]
pub async fn stress(
    State(app): State<Arc<App>>,
    SlugPath(slug): SlugPath,
    request: Request,
) -> Result<Response, ApiError> {
    let options = read_body(&app, request).await?;
    let stored = problems::find(&app, &slug).await?;
    search(&app, stored, None, options)
}

/// Searches for an input on which a solution of a package fails that is not added. The body is as for
/// adding, the reply as for a stored problem.
#[utoipa::path(post, path = "/api/v1/stress", tag = "problems", params(VerifyParams),
    request_body(content(
        (Vec<u8> = "application/x-tar"),
        (Vec<u8> = "application/zip"),
        (Object = "application/json")
    )),
    responses(
        (status = 200, content_type = "application/x-ndjson", body = StressStep),
        (status = 400, body = Failure),
        (status = 413, description = "The package is too long", body = Failure),
        (status = 415, description = "No package", body = Failure),
        (status = 422, description = "The package has mistakes: all of them", body = Failure),
        (status = 503, description = "No engine runs", body = Failure),
    ))]
pub async fn stress_package(
    State(app): State<Arc<App>>,
    params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    let (options, stored, folder) = provisional(&app, params, request).await?;
    search(&app, stored, Some(folder), options)
}

/// What a request with a package says: its options, and the package as a problem that is not stored, in
/// a folder that is removed when dropped.
async fn provisional<T: DeserializeOwned + Default>(
    app: &App,
    mut params: Params,
    request: Request,
) -> Result<(T, Arc<StoredProblem>, TempDir), ApiError> {
    let options = match params.text("options") {
        Some(text) => parse(text.as_bytes())?,
        None => T::default(),
    };
    let slug = params.slug();
    let name = params.text("name");
    let slug = params.mistakes.finish(Some(slug))?;
    ready(app)?;
    let draft = problems::staged(app, request, problems::Call { slug, name }).await?;
    let (stored, folder) = problems::with_store(app, |_| draft.provisional()).await?;
    Ok((options, Arc::new(stored), folder))
}

/// Starts a verification; `folder` is kept as long as it lasts.
fn verification(
    app: &App,
    stored: Arc<StoredProblem>,
    folder: Option<TempDir>,
    options: Options,
) -> Result<Response, ApiError> {
    ready(app)?;
    let (evaluator, workers) = (app.evaluator.clone(), app.about.workers);
    Ok(streamed(app, |steps| async move {
        let _folder = folder;
        verify::verify(&evaluator, &stored, options, workers, steps).await;
    }))
}

/// Starts a search; `folder` is kept as long as it lasts.
fn search(
    app: &App,
    stored: Arc<StoredProblem>,
    folder: Option<TempDir>,
    options: StressOptions,
) -> Result<Response, ApiError> {
    ready(app)?;
    let evaluator = app.evaluator.clone();
    Ok(streamed(app, |steps| async move {
        let _folder = folder;
        verify::stress::stress(&evaluator, &stored, options, steps).await;
    }))
}

/// Refuses where no program can be run.
fn ready(app: &App) -> Result<(), ApiError> {
    match app.health.borrow().complaint() {
        Some(complaint) => {
            let message = format!("no program can be run: {complaint}");
            Err(ApiError::new(Code::Unavailable, message))
        }
        None => Ok(()),
    }
}

/// Reads options in JSON; without a body, those that nobody changed.
async fn read_body<T: DeserializeOwned + Default>(
    app: &App,
    request: Request,
) -> Result<T, ApiError> {
    let (parts, body) = request.into_parts();
    match Media::of(&parts.headers) {
        Media::Absent | Media::Json => {}
        other => return Err(other.refusal(Media::JSON)),
    }
    let bytes = body::read(body, app.json_limit()).await?;
    if bytes.is_empty() { Ok(T::default()) } else { parse(&bytes) }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (path, why) = (error.path().to_string(), error.inner().to_string());
        if error.inner().is_data() && path != "." {
            ApiError::field(Code::Validation, &path, why)
        } else {
            ApiError::new(Code::BadRequest, format!("the options are no valid JSON: {why}"))
        }
    })
}

/// A reply of one JSON line for each step of some work. The work is dropped with the reply, and when the
/// daemon stops.
fn streamed<T, F>(app: &App, work: impl FnOnce(mpsc::Sender<T>) -> F) -> Response
where
    T: Serialize + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, steps) = mpsc::channel(AHEAD);
    // A task of its own: a client that reads slowly must not keep it from hearing its cells.
    let work = AbortOnDropHandle::new(tokio::spawn(work(sender)));
    let lines = stream::unfold((steps, work), async |(mut steps, work)| {
        let step: T = steps.recv().await?;
        let mut line = serde_json::to_vec(&step).unwrap_or_default();
        line.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(line)), (steps, work)))
    });
    let lines = lines.take_until(app.shutdown.clone().cancelled_owned());
    let headers =
        [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(lines)).into_response()
}
