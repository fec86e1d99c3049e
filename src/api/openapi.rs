//! The API's own description, made from the handlers and their types.

use super::{
    chat, clarifications, events, generate, health, languages, packages, problems, push, runs,
    seeds, statements, status, submissions, verify,
};
use axum::http::{Method, StatusCode, header};
use std::sync::LazyLock;
use utoipa::{
    OpenApi,
    openapi::{
        RefOr,
        path::{Operation, PathItem},
    },
};

/// Routes that another name leads to as well, with these methods only.
const ALIASES: [(&str, &str, &[Method]); 3] = [
    ("/api/v1/submission", "/api/v1/submissions", &[Method::POST]),
    ("/api/v1/submission/{id}", "/api/v1/submissions/{id}", &[Method::GET]),
    ("/api/v1/problem/{slug}", "/api/v1/problems/{slug}", &[Method::GET]),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "sonocode",
        description = "A local online judge. Every reply under /api/v1 is an envelope: success, \
            message, error and data. Submissions and problems are described in the house's own form, for \
            requests that accept application/vnd.sonocode+json; others get the form of the seed system \
            that api.dialect names: see docs/dialects.md."
    ),
    paths(
        health::index,
        health::livez,
        health::readyz,
        health::health,
        status::metrics,
        document,
        submissions::submit,
        submissions::list,
        submissions::show,
        submissions::rejudge,
        submissions::cancel,
        events::of_submission,
        events::of_many,
        chat::socket,
        clarifications::list,
        clarifications::ask,
        clarifications::show,
        clarifications::answer,
        clarifications::announce,
        push::result,
        push::message,
        push::send,
        push::send_by_get,
        runs::run,
        seeds::custom_run,
        seeds::of_user,
        seeds::submissions,
        seeds::problems,
        problems::list,
        problems::add,
        problems::show,
        problems::put,
        problems::patch,
        problems::remove,
        problems::rename,
        problems::solutions,
        packages::download,
        packages::export,
        statements::statement,
        verify::stored,
        verify::package,
        verify::stress,
        verify::stress_package,
        generate::generate,
        languages::list,
        status::status,
    )
)]
struct Document;

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "daemon",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub async fn document() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        build().to_json().expect("the document is made of strings, numbers, lists and maps")
    });
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

fn build() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let paths = &mut document.paths.paths;
    for (alias, path, methods) in ALIASES {
        let mut item = paths[path].clone();
        let PathItem { get, put, post, delete, patch, .. } = &mut item;
        for (method, operation) in [
            (Method::GET, get),
            (Method::PUT, put),
            (Method::POST, post),
            (Method::DELETE, delete),
            (Method::PATCH, patch),
        ] {
            operation.take_if(|_| !methods.contains(&method));
        }
        operations(&mut item).for_each(|operation| rename(operation, |id| id + "_singular"));
        paths.insert(alias.to_owned(), item);
    }
    for operation in paths.values_mut().flat_map(operations) {
        describe(operation);
        // Handlers of different resources have the same name; the document's names must be unique.
        let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
        rename(operation, |id| format!("{tag}_{id}"));
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn rename(operation: &mut Operation, name: impl FnOnce(String) -> String) {
    operation.operation_id = operation.operation_id.take().map(name);
}

/// Gives each response without words of its own those of its status.
fn describe(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let reason = status.parse::<StatusCode>().ok().and_then(|status| status.canonical_reason());
        if let (true, Some(reason)) = (response.description.is_empty(), reason) {
            reason.clone_into(&mut response.description);
        }
    }
}
