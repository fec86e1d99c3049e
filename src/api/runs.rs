//! Custom runs: a program, an input, and what comes out.

use super::{
    App,
    body::size,
    envelope::{ApiError, Code, Envelope, Failure},
    extract::{Fields, parse_slug, shorten},
    form::Form,
    submissions::{Accepted, check_taken, enqueue, language, source, user},
};
use crate::{
    judge::{Language, NewSubmission, Slug, SourceFile, Task},
    problem::StoredProblem,
};
use axum::{extract::State, response::Response};
use std::{collections::BTreeSet, sync::Arc};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

/// Most arguments of a run.
const ARGS_MAX: usize = 64;

/// Most bytes of all arguments together.
const ARGS_BYTES: usize = 64 << 10;

/// Most files beside a program.
const FILES_MAX: usize = 16;

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
    /// Its arguments: at most 64, of 64 KiB together.
    args: Option<Vec<String>>,
    /// Files beside it, for its compiler and for itself: at most 16, together no longer than a source
    /// may be.
    files: Option<Vec<SourceFile>>,
    /// The slug of a problem: its reference solution gets the same input, and its comparison says
    /// whether the outputs agree.
    compare: Option<String>,
}

/// Runs a program once. What it prints comes in the journal's `output` events while it runs, and as a
/// whole in `ran`.
#[utoipa::path(post, path = "/api/v1/runs", tag = "submissions", request_body = RunBody,
    responses(
        (status = 201, body = Envelope<Accepted>),
        (status = 400, description = "Fields have mistakes", body = Failure),
        (status = 404, description = "No such problem to compare with", body = Failure),
        (status = 413, description = "The source or the body is too long", body = Failure),
        (status = 415, description = "Not JSON", body = Failure),
        (status = 429, description = "The queue is full; see Retry-After", body = Failure),
    ))]
pub async fn run(
    State(app): State<Arc<App>>,
    form: Form,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let user = user(&mut fields);
    let code = source(&mut fields, app.source_limit());
    let language = language(&mut fields, &app);
    let input = fields.optional::<String>("input").unwrap_or_default();
    let args = args(&mut fields);
    let files = files(&mut fields, language, app.source_limit());
    let slug = compare(&mut fields);
    if let Some(slug) = &slug {
        check_problem(&mut fields, &app, slug, language).await?;
    }
    let (source, language) = fields.mistakes.finish(code.zip(language))?;
    let task = Task::Run { input, args, files, compare: slug };
    enqueue(&app, form, NewSubmission { user, task, language: language.id.clone(), source }).await
}

fn args(fields: &mut Fields) -> Vec<String> {
    let args = fields.optional::<Vec<String>>("args").unwrap_or_default();
    if args.len() > ARGS_MAX {
        fields.mistakes.add("args", format!("are {}; the limit is {ARGS_MAX}", args.len()));
    }
    let bytes: usize = args.iter().map(String::len).sum();
    if bytes > ARGS_BYTES {
        let limit = size(ARGS_BYTES as u64);
        fields.mistakes.add_too_large("args", format!("have {bytes} bytes; the limit is {limit}"));
    }
    let with_nul = args.iter().enumerate().filter(|(_, arg)| arg.contains('\0'));
    for (index, _) in with_nul.take(ARGS_MAX) {
        let message = "has a null character, which no argument can have";
        fields.mistakes.add(&format!("args[{index}]"), message);
    }
    args
}

/// Reads `files`: what lies beside the program.
pub(super) fn files(
    fields: &mut Fields,
    language: Option<&Language>,
    limit: u64,
) -> Vec<SourceFile> {
    let files = fields.optional::<Vec<SourceFile>>("files").unwrap_or_default();
    let mistakes = &mut fields.mistakes;
    if files.len() > FILES_MAX {
        mistakes.add("files", format!("are {}; the limit is {FILES_MAX}", files.len()));
        return files;
    }
    let bytes: usize = files.iter().map(|file| file.content.len()).sum();
    if bytes as u64 > limit {
        let message = format!("have {bytes} bytes together; the limit is {}", size(limit));
        mistakes.add_too_large("files", message);
    }
    let mut names = BTreeSet::new();
    for (index, file) in files.iter().enumerate() {
        let name = shorten(&file.name);
        let own = language.is_some_and(|language| language.source == file.name);
        let message = if let Some(wrong) = file.name_mistake() {
            format!("`{name}` {wrong}")
        } else if own {
            format!("`{name}` is what the program itself is called here; choose another name")
        } else if !names.insert(&file.name) {
            format!("`{name}` comes twice")
        } else {
            continue;
        };
        mistakes.add(&format!("files[{index}].name"), message);
    }
    files
}

fn compare(fields: &mut Fields) -> Option<Slug> {
    let text = fields.optional::<String>("compare")?;
    let slug = parse_slug(&text);
    slug.map_err(|message| fields.mistakes.add("compare", message)).ok()
}

/// The problem must be there, take the language, and have a solution to compare with.
async fn check_problem(
    fields: &mut Fields,
    app: &App,
    slug: &Slug,
    language: Option<&Language>,
) -> Result<(), ApiError> {
    let Some(problem) = app.problems.find(slug).await? else {
        let message = format!("there is no problem `{slug}`");
        if fields.mistakes.is_empty() {
            return Err(ApiError::field(Code::NotFound, "compare", message));
        }
        fields.mistakes.add("compare", message);
        return Ok(());
    };
    if let Some(language) = language {
        check_taken(fields, &problem, language);
    }
    if problem.problem.interactor.is_some() || problem.problem.passes > 1 {
        let message = format!("`{slug}` is interactive: there is no one output to compare");
        fields.mistakes.add("compare", message);
    } else if !has_reference(problem).await? {
        let message = format!("the problem `{slug}` has no accepted solution to compare with");
        fields.mistakes.add("compare", message);
    }
    Ok(())
}

async fn has_reference(problem: Arc<StoredProblem>) -> Result<bool, ApiError> {
    let references = spawn_blocking(move || problem.references()).await?;
    Ok(!references.map_err(ApiError::internal)?.is_empty())
}
