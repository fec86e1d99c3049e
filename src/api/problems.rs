//! Problems: added, shown, changed and removed. Their tests' bytes never leave the daemon, samples
//! excepted.

use super::{
    App,
    body::{self, Media},
    documents::document,
    envelope::{ApiError, Code, Envelope, Failure, NoData, Reply, Result},
    extract::{Fields, Mistakes, NewSlugPath, Params, SlugPath, no_problem},
    form::Form,
};
use crate::{
    judge::{Compare, Difficulty, Limits, Problem, Slug},
    problem::{AddError, DepotError, Draft, Patch, ProblemStore, StoredProblem, Upload},
    wire::{ProblemAdded, ProblemDocument, ProblemList, ProblemSummary, SolutionList},
};
use axum::extract::{Request, State};
use serde_json::Value;
use std::{io, sync::Arc};
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

/// Longest problem document in JSON, in bytes: unlike a package it is held in memory.
const DOCUMENT_MAX: u64 = 64 << 20;

/// How a problem is added.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct AddParams {
    /// Its slug, instead of the one that the package says.
    slug: Option<String>,
    /// Whether a problem with this slug may be replaced; false when absent.
    force: Option<bool>,
    /// What the package is called where it does not say so itself, such as by its file's name.
    name: Option<String>,
}

/// Changes to a problem; what is absent stays as it is.
#[derive(ToSchema)]
#[allow(dead_code)] // For the document; read field by field, so that all mistakes are found.
pub struct PatchBody {
    title: Option<String>,
    /// The statement in Markdown.
    description: Option<String>,
    difficulty: Option<Difficulty>,
    tags: Option<Vec<String>>,
    /// Keys that are absent stay as they are.
    #[schema(value_type = Option<Limits>)]
    limits: Option<Limits>,
    compare: Option<Compare>,
}

/// All problems.
#[utoipa::path(get, path = "/api/v1/problems", tag = "problems",
    responses((status = 200, body = Envelope<ProblemList>)))]
pub async fn list(State(app): State<Arc<App>>, form: Form) -> Result<Value> {
    let problems: Vec<_> =
        app.problems.list().await.into_iter().map(ProblemSummary::from).collect();
    Ok(Reply::ok("problems", form.problems(&problems)))
}

/// One problem, with its samples.
#[utoipa::path(get, path = "/api/v1/problems/{slug}", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")),
    responses((status = 200, body = Envelope<ProblemDocument>), (status = 404, body = Failure)))]
pub async fn show(
    State(app): State<Arc<App>>,
    form: Form,
    SlugPath(slug): SlugPath,
) -> Result<Value> {
    let stored = find(&app, &slug).await?;
    let document = spawn_blocking(move || document(&stored)).await?.map_err(ApiError::internal)?;
    Ok(Reply::ok("problem", form.problem(&document)))
}

/// The solutions that come with a problem.
#[utoipa::path(get, path = "/api/v1/problems/{slug}/solutions", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")),
    responses((status = 200, body = Envelope<SolutionList>), (status = 404, body = Failure)))]
pub async fn solutions(
    State(app): State<Arc<App>>,
    SlugPath(slug): SlugPath,
) -> Result<SolutionList> {
    let stored = find(&app, &slug).await?;
    let solutions = spawn_blocking(move || stored.solutions()).await?;
    Ok(Reply::ok("solutions", SolutionList { solutions: solutions.map_err(ApiError::internal)? }))
}

/// Adds a problem: a package of any format as a tar or zip archive, or a seed system's JSON document.
#[utoipa::path(post, path = "/api/v1/problems", tag = "problems", params(AddParams),
    request_body(content(
        (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/zip"), (Object = "application/json")
    )),
    responses(
        (status = 200, description = "It is there already, unchanged", body = Envelope<ProblemAdded>),
        (status = 201, body = Envelope<ProblemAdded>),
        (status = 400, body = Failure),
        (status = 409, description = "It exists, and force is not true", body = Failure),
        (status = 413, description = "The package is too long", body = Failure),
        (status = 415, description = "Neither a tar or zip archive nor JSON", body = Failure),
        (status = 422, description = "The package has mistakes: all of them", body = Failure),
        (status = 503, description = "It has generators and no engine runs", body = Failure),
    ))]
pub async fn add(
    State(app): State<Arc<App>>,
    form: Form,
    mut params: Params,
    request: Request,
) -> Result<Value> {
    let slug = params.slug();
    let force = params.parse::<bool>("force", "true or false").unwrap_or(false);
    let name = params.text("name");
    let force = params.mistakes.finish(Some(force))?;
    store(&app, form, request, Call { slug, name }, force).await
}

/// Adds a problem under this slug, or replaces it. The body is as for adding.
#[utoipa::path(put, path = "/api/v1/problems/{slug}", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")),
    request_body(content(
        (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/zip"), (Object = "application/json")
    )),
    responses(
        (status = 200, description = "It is there already, unchanged", body = Envelope<ProblemAdded>),
        (status = 201, body = Envelope<ProblemAdded>),
        (status = 400, body = Failure),
        (status = 413, description = "The package is too long", body = Failure),
        (status = 415, description = "Neither a tar or zip archive nor JSON", body = Failure),
        (status = 422, description = "The package has mistakes: all of them", body = Failure),
        (status = 503, description = "It has generators and no engine runs", body = Failure),
    ))]
pub async fn put(
    State(app): State<Arc<App>>,
    NewSlugPath(slug): NewSlugPath,
    form: Form,
    request: Request,
) -> Result<Value> {
    store(&app, form, request, Call { slug: Some(slug), name: None }, true).await
}

/// Changes what the body names.
#[utoipa::path(patch, path = "/api/v1/problems/{slug}", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")), request_body = PatchBody,
    responses(
        (status = 200, body = Envelope<ProblemSummary>),
        (status = 400, body = Failure),
        (status = 404, body = Failure),
        (status = 422, body = Failure),
    ))]
pub async fn patch(
    State(app): State<Arc<App>>,
    SlugPath(slug): SlugPath,
    form: Form,
    fields: Fields,
) -> Result<Value> {
    let stored = find(&app, &slug).await?;
    let patch = read_patch(fields, &stored.problem)?;
    let stored = app.problems.edit(&slug, patch).await?;
    Ok(Reply::ok("changed", form.summary(&(&*stored).into())))
}

/// Removes a problem. Its submissions stay, and running evaluations end.
#[utoipa::path(delete, path = "/api/v1/problems/{slug}", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")),
    responses((status = 200, body = Envelope<NoData>), (status = 404, body = Failure)))]
pub async fn remove(State(app): State<Arc<App>>, SlugPath(slug): SlugPath) -> Result<NoData> {
    if app.problems.remove(&slug).await? {
        Ok(Reply::ok("removed", NoData))
    } else {
        Err(no_problem(slug.as_str()))
    }
}

/// The slug that a problem gets.
#[derive(ToSchema)]
#[allow(dead_code)] // For the document; read field by field.
pub struct RenameBody {
    slug: Slug,
}

/// Gives a problem another slug. The old one leads to it until another problem takes it.
#[utoipa::path(post, path = "/api/v1/problems/{slug}/rename", tag = "problems",
    params(("slug" = String, Path, description = "Its slug")), request_body = RenameBody,
    responses(
        (status = 200, body = Envelope<ProblemSummary>),
        (status = 400, body = Failure),
        (status = 404, body = Failure),
        (status = 409, description = "Another problem has the slug", body = Failure),
    ))]
pub async fn rename(
    State(app): State<Arc<App>>,
    SlugPath(slug): SlugPath,
    form: Form,
    mut fields: Fields,
) -> Result<Value> {
    let new: Option<Slug> = fields.required("slug");
    let new = fields.mistakes.finish(new)?;
    let stored = app.problems.rename(&slug, &new).await.map_err(|error| match error {
        AddError::Exists(taken) => {
            let message =
                format!("problem `{taken}` exists already; remove it, or say another slug");
            ApiError::field(Code::Conflict, "slug", message)
        }
        other => other.into(),
    })?;
    Ok(Reply::ok("renamed", form.summary(&(&*stored).into())))
}

pub(super) async fn find(
    app: &App,
    slug: &Slug,
) -> std::result::Result<Arc<StoredProblem>, ApiError> {
    app.problems.find(slug).await?.ok_or_else(|| no_problem(slug.as_str()))
}

/// What a package is to be called.
#[derive(Default)]
pub(super) struct Call {
    /// Its slug, whatever it says itself.
    pub(super) slug: Option<Slug>,
    /// Its name, where it says none itself.
    pub(super) name: Option<String>,
}

/// Reads a body in any form, makes its generated tests and puts the problem into the store.
async fn store(app: &App, form: Form, request: Request, call: Call, force: bool) -> Result<Value> {
    let draft = staged(app, request, call).await?;
    let before = app.problems.version(&draft.problem.slug).await?;
    let (format, ignored) = (draft.format.clone(), draft.ignored.clone());
    let stored = app.problems.install(draft, force).await?;
    let added = form.added(&ProblemAdded { problem: (&*stored).into(), format, ignored });
    if before.as_ref() == Some(&stored.version) {
        return Ok(Reply::ok("unchanged", added));
    }
    Ok(Reply::created("added", added))
}

/// Reads the package that a body is, in any form, and makes its generated tests.
pub(super) async fn staged(
    app: &App,
    request: Request,
    call: Call,
) -> std::result::Result<Draft, ApiError> {
    let draft = stage(app, request, call).await?;
    if !draft.generated.is_empty() {
        if let Some(complaint) = app.health.borrow().complaint() {
            let message = format!(
                "the package has generators, which cannot run: {complaint}; or let `sonocode problem export PATH --to zip` \
                 write their tests where there is an engine, and add what it wrote"
            );
            return Err(ApiError::new(Code::Unavailable, message));
        }
        app.evaluator.generate(&draft).await?;
    }
    Ok(draft)
}

/// Reads the package that a body is, in any form, without making its generated tests.
pub(super) async fn stage(
    app: &App,
    request: Request,
    Call { slug, name }: Call,
) -> std::result::Result<Draft, ApiError> {
    let (parts, body) = request.into_parts();
    match Media::of(&parts.headers) {
        media @ (Media::Tar | Media::Zip) => {
            let archive = body::spool(body, app.package_limit(), &app.about.data_dir).await?;
            with_store(app, move |store| {
                if media == Media::Zip {
                    return store.stage_upload(Upload::zip(&archive).named(name), slug);
                }
                let mut archive = io::BufReader::new(archive);
                store.stage_upload(Upload::tar(&mut archive).named(name), slug)
            })
            .await
        }
        Media::Json => {
            let bytes = body::read(body, DOCUMENT_MAX.min(app.package_limit())).await?;
            let document = Fields::parse(&bytes)?.into_value();
            with_store(app, move |store| store.stage_upload(Upload::document(&document), slug))
                .await
        }
        other => Err(other.refusal(Media::PACKAGES)),
    }
}

/// Calls the store where it may block.
pub(super) async fn with_store<T: Send + 'static>(
    app: &App,
    call: impl FnOnce(&ProblemStore) -> std::result::Result<T, AddError> + Send + 'static,
) -> std::result::Result<T, ApiError> {
    let store = Arc::clone(app.problems.store());
    Ok(spawn_blocking(move || call(&store)).await??)
}

impl From<AddError> for ApiError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Invalid(mistakes) => Self::invalid_package(mistakes),
            AddError::Exists(slug) => {
                let message = format!("problem `{slug}` exists already; force=true replaces it");
                Self::field(Code::Conflict, "slug", message)
            }
            AddError::Unknown(slug) => no_problem(slug.as_str()),
            AddError::Depot(error) => error.into(),
            AddError::Io(error) => Self::internal(error),
        }
    }
}

impl From<DepotError> for ApiError {
    fn from(error: DepotError) -> Self {
        let code = match &error {
            DepotError::Away(_) => Code::Unavailable,
            DepotError::Taken(_) => Code::Conflict,
            DepotError::Unknown(_) => Code::NotFound,
            DepotError::Spoiled { .. } | DepotError::Failed(_) | DepotError::Io(_) => {
                return Self::internal(error);
            }
        };
        Self::new(code, error.to_string())
    }
}

/// Reads the body of a PATCH.
fn read_patch(mut fields: Fields, problem: &Problem) -> std::result::Result<Patch, ApiError> {
    let patch = Patch {
        title: fields.optional("title"),
        statement: fields.optional("description"),
        difficulty: fields.optional("difficulty"),
        tags: fields.optional("tags"),
        limits: fields.overlaid("limits", &problem.limits),
        compare: fields.optional("compare"),
    };
    check_patch(&patch, &mut fields.mistakes);
    fields.mistakes.finish(Some(patch))
}

fn check_patch(patch: &Patch, mistakes: &mut Mistakes) {
    if patch.title.as_ref().is_some_and(|title| title.trim().is_empty()) {
        mistakes.add("title", "is empty");
    }
    let limits = patch.limits.iter().flat_map(Limits::mistakes);
    for (field, message) in limits.chain(patch.compare.iter().flat_map(Compare::mistakes)) {
        mistakes.add(field, message);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use axum::{body::to_bytes, response::IntoResponse};
    use serde_json::{Value, json};

    fn read(body: &Value) -> std::result::Result<Patch, ApiError> {
        let limits = Limits { time_ms: 7, wall_ms: Some(90), ..Limits::default() };
        let problem = Problem { limits, ..Problem::empty() };
        read_patch(Fields::parse(body.to_string().as_bytes()).unwrap(), &problem)
    }

    async fn blamed(body: Value) -> Vec<(String, String)> {
        let response = read(&body).unwrap_err().into_response();
        assert_eq!(response.status(), 400);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let reply: Value = serde_json::from_slice(&bytes).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let fields = reply["error"]["fields"].as_array().unwrap().iter();
        fields.map(|field| (text(&field["field"]), text(&field["message"]))).collect()
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        assert_eq!(read(&json!({"title": null, "extra": 1})).unwrap(), Patch::default());
        let all = json!({
            "title": "Y", "description": "# Y", "difficulty": "hard", "tags": ["a"],
            "limits": {"memory_mib": 64, "wall_ms": null},
            "compare": {"mode": "float", "absolute": 0.5},
        });
        let expected = Patch {
            title: Some("Y".into()),
            statement: Some("# Y".into()),
            difficulty: Some(Difficulty::Hard),
            tags: Some(vec!["a".into()]),
            limits: Some(Limits { time_ms: 7, memory_mib: 64, ..Limits::default() }),
            compare: Some(Compare::Float { absolute: 0.5, relative: 1e-6 }),
        };
        assert_eq!(read(&all).unwrap(), expected);
    }

    #[tokio::test]
    async fn every_mistake_of_a_patch_is_named_by_its_path() {
        let wrong = json!({
            "title": " ", "description": 1, "difficulty": "brutal", "tags": ["a", 5],
            "limits": {"time_ms": "fast"}, "compare": {"mode": "almost"},
        });
        let fields: Vec<String> = blamed(wrong).await.into_iter().map(|(field, _)| field).collect();
        let expected =
            ["description", "difficulty", "tags[1]", "limits.time_ms", "compare.mode", "title"];
        assert_eq!(fields, expected);
        let (field, message) = blamed(json!({"limits": {"time": 1}})).await.remove(0);
        assert_eq!(field, "limits.time");
        assert!(message.contains("time_ms"), "{message}");
        let several =
            json!({"limits": {"time": 1, "memory_mib": 0, "wall_ms": "x", "time_ms": -1}});
        let mut fields: Vec<_> =
            blamed(several).await.into_iter().map(|(field, _)| field).collect();
        fields.sort();
        assert_eq!(
            fields,
            ["limits.memory_mib", "limits.time", "limits.time_ms", "limits.wall_ms"]
        );
        for (limits, field) in [
            (json!({"time_ms": 0}), "limits.time_ms"),
            (json!({"time_ms": -1}), "limits.time_ms"),
            (json!({"processes": 1_u64 << 40}), "limits.processes"),
            (json!([1]), "limits"),
        ] {
            assert_eq!(blamed(json!({"limits": limits})).await[0].0, field);
        }
        let compare = json!({"compare": {"mode": "float", "absolute": -1}});
        assert_eq!(blamed(compare).await[0].0, "compare.absolute");
    }
}
