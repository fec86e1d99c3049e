//! Tests made by a package's own generators, without adding the package.

use super::{
    App,
    envelope::{ApiError, Code, Failure},
    problems,
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use std::{
    fs::File,
    io::{self, Seek},
    path::Path,
    sync::Arc,
};
use tokio::task::spawn_blocking;
use tokio_util::io::ReaderStream;

/// The tests that `[generators]` names, made anew whether or not they are there.
///
/// The reply is a tar archive of `tests/NAME.in` and, where there is one, `tests/NAME.out`. Nothing is
/// stored.
#[utoipa::path(post, path = "/api/v1/generate", tag = "problems",
    request_body(content = Vec<u8>, content_type = "application/x-tar"),
    responses((status = 200, content_type = "application/x-tar", body = Vec<u8>),
        (status = 422, body = Failure), (status = 503, body = Failure)))]
pub async fn generate(
    State(app): State<Arc<App>>,
    request: Request,
) -> std::result::Result<Response, ApiError> {
    let draft = problems::stage(&app, request, problems::Call::default()).await?;
    if let Some(complaint) = app.health.borrow().complaint() {
        let message = format!("generators cannot run: {complaint}");
        return Err(ApiError::new(Code::Unavailable, message));
    }
    app.evaluator.regenerate(&draft).await?;
    let folder = app.about.data_dir.clone();
    let packed = spawn_blocking(move || {
        let tests = draft.generated.iter().chain(&draft.standing);
        let names: Vec<&str> = tests.map(|test| test.test.as_str()).collect();
        pack(draft.dir.path(), &names, &folder)
    });
    let file = packed.await?.map_err(ApiError::internal)?;
    let stream = ReaderStream::new(tokio::fs::File::from_std(file));
    let kind = [(header::CONTENT_TYPE, "application/x-tar")];
    Ok((kind, Body::from_stream(stream)).into_response())
}

/// An archive of these tests in a file without a name, at its beginning.
fn pack(package: &Path, tests: &[&str], folder: &Path) -> io::Result<File> {
    let mut archive = tar::Builder::new(tempfile::tempfile_in(folder)?);
    archive.mode(tar::HeaderMode::Deterministic);
    for test in tests {
        for extension in ["in", "out"] {
            let path = format!("tests/{test}.{extension}");
            archive.append_path_with_name(package.join(&path), &path)?;
        }
    }
    let mut file = archive.into_inner()?;
    file.rewind()?;
    Ok(file)
}
