//! Statements, for readers. What setters wrote is foreign text here: HTML is sanitised, and everything
//! else is a file to be saved.

use super::{
    App,
    envelope::{ApiError, Code, Failure},
    extract::{Params, SlugPath, shorten},
    problems::find,
};
use crate::{
    judge::{Slug, StatementFormat},
    problem::{Form, Statement},
};
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use utoipa::IntoParams;

/// Nothing runs and nothing is fetched, whatever a browser makes of the text.
const POLICY: &str = "default-src 'none'; img-src data:; sandbox";

/// Which statement is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct StatementParams {
    /// Its language, such as `en`; the problem's own when absent.
    lang: Option<String>,
    /// md, html, tex or pdf; md when absent. HTML is made of the Markdown and sanitised.
    format: Option<String>,
}

/// The statement of a problem, as a file.
#[utoipa::path(get, path = "/api/v1/problems/{slug}/statement", tag = "problems",
    params(("slug" = String, Path, description = "Its slug"), StatementParams),
    responses(
        (status = 200, content(
            (String = "text/markdown"), (String = "text/html"), (String = "text/x-tex"),
            (Vec<u8> = "application/pdf"))),
        (status = 400, body = Failure),
        (status = 404, description = "No problem, or no such statement of it", body = Failure),
    ))]
pub async fn statement(
    State(app): State<Arc<App>>,
    SlugPath(slug): SlugPath,
    mut params: Params,
) -> Result<Response, ApiError> {
    let language = params.text("lang");
    let form = params.parse::<Form>("format", "md, html, tex or pdf");
    let form = params.mistakes.finish(Some(form.unwrap_or(Form::Source(StatementFormat::Md))))?;
    let stored = find(&app, &slug).await?;
    let offers = stored.statements();
    let (asked, problem) = (language.clone(), Arc::clone(&stored));
    let found = spawn_blocking(move || problem.statement(form, asked.as_deref())).await?;
    if let Some(statement) = found.map_err(ApiError::internal)? {
        Ok(reply(&stored.problem.slug, statement))
    } else {
        let there: Vec<_> = offers.iter().map(ToString::to_string).collect();
        let wanted = language.map(|lang| format!(" in `{}`", shorten(&lang)));
        let message = format!(
            "problem `{slug}` has no such statement{}; there is {}",
            wanted.unwrap_or_default(),
            there.join(", ")
        );
        Err(ApiError::new(Code::NotFound, message))
    }
}

fn reply(slug: &Slug, statement: Statement) -> Response {
    let (media, extension) = match statement.form {
        Form::Html => ("text/html; charset=utf-8", "html"),
        Form::Source(StatementFormat::Md) => ("text/markdown; charset=utf-8", "md"),
        Form::Source(StatementFormat::Tex) => ("text/x-tex; charset=utf-8", "tex"),
        Form::Source(StatementFormat::Pdf) => ("application/pdf", "pdf"),
    };
    // Markdown and HTML are to be read where they arrive; TeX and PDF are for programs of their own.
    let inline = matches!(statement.form, Form::Html | Form::Source(StatementFormat::Md));
    let disposition = if inline {
        "inline".to_owned()
    } else {
        format!("attachment; filename=\"{slug}.{extension}\"")
    };
    let mut response = statement.bytes.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_DISPOSITION, &disposition),
        (header::CONTENT_LANGUAGE, &statement.language),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}
