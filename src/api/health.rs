//! Whether the daemon lives, whether it can judge, and the page at its root.

use super::App;
use crate::config::Role;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use std::sync::Arc;

/// Whether the process lives.
#[utoipa::path(get, path = "/livez", tag = "health",
    responses((status = 200, description = "`ok`", body = String, content_type = "text/plain")))]
pub async fn livez() -> &'static str {
    "ok"
}

/// The same as `/livez`, at the address of the seed systems.
#[utoipa::path(get, path = "/health", tag = "health",
    responses((status = 200, description = "`ok`", body = String, content_type = "text/plain")))]
pub async fn health() -> &'static str {
    "ok"
}

/// Whether the daemon can do its work now: be reached, reach the ledger and, if it judges, run programs.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses(
        (status = 200, description = "`ready`", body = String, content_type = "text/plain"),
        (status = 503, description = "What is wrong and what mends it", body = String,
            content_type = "text/plain"),
    ))]
pub async fn readyz(State(app): State<Arc<App>>) -> Response {
    let stops = app.hub.draining.is_cancelled().then(|| "the daemon stops".to_owned());
    // Who does not judge needs no engine.
    let judges = app.about.roles.has(Role::Worker);
    let engine = || app.health.borrow().complaint().filter(|_| judges);
    let complaint = match stops.or_else(engine) {
        None => app.ledger.last_place().await.err().map(|error| error.to_string()),
        some => some,
    };
    match complaint {
        None => "ready".into_response(),
        Some(complaint) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {complaint}")).into_response()
        }
    }
}

/// A page that names the daemon's addresses.
#[utoipa::path(get, path = "/", tag = "health",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub async fn index(State(app): State<Arc<App>>) -> Html<String> {
    let version = app.about.version;
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>sonocode</title>\n\
         <h1>sonocode {version}</h1>\n<p>A local online judge.</p>\n<ul>\n{}</ul>\n</html>\n",
        LINKS
            .map(|(path, what)| format!("<li><a href=\"{path}\">{path}</a>: {what}</li>\n"))
            .concat()
    ))
}

const LINKS: [(&str, &str); 8] = [
    ("/openapi.json", "every address, in OpenAPI"),
    ("/api/v1/status", "the daemon and its queue"),
    ("/api/v1/problems", "problems"),
    ("/api/v1/languages", "languages and their toolchains"),
    ("/api/v1/submissions", "submissions"),
    ("/api/v1/events", "the journal, live over WebSocket or server-sent events"),
    ("/readyz", "whether programs can be run"),
    ("/metrics", "figures for Prometheus"),
];
