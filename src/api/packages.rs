//! Packages out: a problem in the formats of others, as an archive.

use super::{
    App,
    envelope::{ApiError, Failure},
    extract::{Params, SlugPath},
    problems::{self, find, with_store},
};
use crate::problem::{Archive, Exported, Ignored, StoredProblem, Target};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use std::{
    fs::File,
    io::{self, Seek},
    path::Path,
    sync::Arc,
};
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

/// The header that says what the format cannot express: a JSON list, in ASCII.
const IGNORED: HeaderName = HeaderName::from_static("x-sonocode-ignored");
/// A header is at most this long, so that every client takes it; what is beyond it is counted.
const LONGEST_HEADER: usize = 12 << 10;

/// Which package is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct PackageParams {
    /// native, 2025-09, legacy, polygon, json, or zip, which is native as a zip archive; native when absent.
    format: Option<String>,
    /// tar or zip; tar when absent. A JSON document is itself.
    archive: Option<String>,
}

/// Which package is wanted of which.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct ExportParams {
    /// The slug, instead of the one that the package says.
    slug: Option<String>,
    /// The package's name, where it says none itself.
    name: Option<String>,
    /// As for a stored problem.
    format: Option<String>,
    /// As for a stored problem.
    archive: Option<String>,
}

/// The package of a problem, in a format.
///
/// The header `x-sonocode-ignored` lists what the format cannot express, as a JSON list of `file`, `field` and
/// `reason`.
#[utoipa::path(get, path = "/api/v1/problems/{slug}/package", tag = "problems",
    params(("slug" = String, Path, description = "Its slug"), PackageParams),
    responses(
        (status = 200, content(
            (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/zip"),
            (Object = "application/json"))),
        (status = 400, body = Failure),
        (status = 404, body = Failure),
    ))]
pub async fn download(
    State(app): State<Arc<App>>,
    SlugPath(slug): SlugPath,
    mut params: Params,
) -> Result<Response, ApiError> {
    let form = Form::read(&mut params);
    let form = params.mistakes.finish(form)?;
    let stored = find(&app, &slug).await?;
    exported(&app, stored, form).await
}

/// A package in another format. The body is as for adding; nothing is stored.
#[utoipa::path(post, path = "/api/v1/export", tag = "problems", params(ExportParams),
    request_body(content(
        (Vec<u8> = "application/x-tar"),
        (Vec<u8> = "application/zip"),
        (Object = "application/json")
    )),
    responses(
        (status = 200, content(
            (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/zip"),
            (Object = "application/json"))),
        (status = 400, body = Failure),
        (status = 413, description = "The package is too long", body = Failure),
        (status = 415, description = "No package", body = Failure),
        (status = 422, description = "The package has mistakes: all of them", body = Failure),
        (status = 503, description = "It has generators and no engine runs", body = Failure),
    ))]
pub async fn export(
    State(app): State<Arc<App>>,
    mut params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    let form = Form::read(&mut params);
    let name = params.text("name");
    let slug = params.slug();
    let form = params.mistakes.finish(form)?;
    let draft = problems::staged(&app, request, problems::Call { slug, name }).await?;
    let (stored, folder) = with_store(&app, |_| draft.provisional()).await?;
    let response = exported(&app, Arc::new(stored), form).await;
    // The reply is in a file of its own by now.
    drop(folder);
    response
}

/// The format and the archive that it comes in.
#[derive(Clone, Copy)]
struct Form {
    target: Target,
    archive: Archive,
}

impl Form {
    fn read(params: &mut Params) -> Option<Self> {
        let target = match params.text("format").as_deref() {
            None => Target::Native,
            Some("zip") => return Some(Self { target: Target::Native, archive: Archive::Zip }),
            Some(text) => match text.parse() {
                Ok(target) => target,
                Err(message) => {
                    params.mistakes.add("format", format!("{message}, zip"));
                    return None;
                }
            },
        };
        let archive = params.parse("archive", "tar or zip").unwrap_or(Archive::Tar);
        Some(Self { target, archive })
    }
}

async fn exported(app: &App, stored: Arc<StoredProblem>, form: Form) -> Result<Response, ApiError> {
    let (folder, slug) = (app.about.data_dir.clone(), stored.problem.slug.clone());
    let written = with_store(app, move |store| {
        let exported = store.export(&stored, form.target)?;
        let file = packed(&exported, stored.problem.slug.as_str(), form, &folder)?;
        Ok((file, exported.ignored))
    });
    let (file, ignored) = written.await?;
    let (media, extension) = match (form.target, form.archive) {
        (Target::Json, _) => ("application/json", "json"),
        (_, Archive::Tar) => ("application/x-tar", "tar"),
        (_, Archive::Zip) => ("application/zip", "zip"),
    };
    let length = file.metadata().map_err(ApiError::internal)?.len();
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 1 << 16);
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    let disposition = format!("attachment; filename=\"{slug}.{extension}\"");
    for (name, value) in [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (IGNORED, listed(&ignored)),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// The export in a file without a name, at its beginning.
fn packed(exported: &Exported, slug: &str, form: Form, folder: &Path) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(folder)?;
    if form.target == Target::Json {
        let mut document = File::open(exported.dir.path().join("problem.json"))?;
        io::copy(&mut document, &mut file)?;
    } else {
        exported.archive(slug, form.archive, &file)?;
    }
    file.rewind()?;
    Ok(file)
}

/// The list as a header's text: ASCII, and no longer than clients take.
fn listed(ignored: &[Ignored]) -> String {
    let mut text = String::from("[");
    for (at, one) in ignored.iter().enumerate() {
        let next = ascii(&serde_json::to_string(one).unwrap_or_default());
        if text.len() + next.len() > LONGEST_HEADER {
            let rest = Ignored {
                file: ".".to_owned(),
                field: None,
                reason: format!("and {} more", ignored.len() - at),
            };
            text.push_str(&serde_json::to_string(&rest).unwrap_or_default());
            text.push(',');
            break;
        }
        text.push_str(&next);
        text.push(',');
    }
    format!("{}]", text.trim_end_matches(','))
}

/// JSON with every character beyond ASCII escaped.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_fits_into_a_header() {
        assert_eq!(listed(&[]), "[]");
        let one = |reason: &str| Ignored {
            file: "problem.toml".to_owned(),
            field: Some("tests.é".to_owned()),
            reason: reason.to_owned(),
        };
        let text = listed(&[one("a\n\"b\""), one("𝄞")]);
        assert!(text.is_ascii() && HeaderValue::from_str(&text).is_ok(), "{text}");
        let back: Vec<Ignored> = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(back, [one("a\n\"b\""), one("𝄞")]);
        let many = listed(&vec![one(&"x".repeat(1000)); 100]);
        let back: Vec<Ignored> = serde_json::from_str(&many).expect("it is JSON");
        assert!(many.len() < LONGEST_HEADER + 100, "{}", many.len());
        assert_eq!(back.last().map(|last| &*last.reason), Some("and 89 more"));
    }
}
