//! The daemon itself: a report for people and figures for Prometheus.

use super::{
    App,
    cluster::{self, known},
    envelope::{ApiError, Envelope, Failure, Reply, Result},
};
use crate::{config::Role, metrics::Snapshot, wire::StatusReport};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::{Arc, atomic::Ordering};

/// The daemon and what it does now.
#[utoipa::path(get, path = "/api/v1/status", tag = "daemon",
    responses((status = 200, body = Envelope<StatusReport>), (status = 500, body = Failure)))]
pub async fn status(State(app): State<Arc<App>>) -> Result<StatusReport> {
    let (counts, cluster) = tokio::join!(known(app.ledger.counts()), cluster::report(&app));
    let (counts, cluster) = (counts?, cluster?);
    let health = app.health.borrow().clone();
    let about = &app.about;
    let failures = app.auth.failures().map(|(_, count)| count).sum();
    Ok(Reply::ok(
        "status",
        StatusReport {
            version: about.version.to_owned(),
            pid: about.pid,
            data_dir: about.data_dir.display().to_string(),
            ephemeral: about.ephemeral,
            url: about.url(),
            uptime_ms: about.started.elapsed().as_millis() as u64,
            roles: about.roles.iter().map(|role| role.name().to_owned()).collect(),
            workers: about.workers,
            busy_workers: about.busy.load(Ordering::Relaxed),
            engine: health.engine().cloned(),
            engine_error: health.complaint().filter(|_| about.roles.has(Role::Worker)),
            counts,
            problems: app.problems.count(),
            auth: app.auth.mode().name().to_owned(),
            hub: app.metrics.hub(app.hub.presence.counts().users, failures),
            cluster,
        },
    ))
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "daemon",
    responses((status = 200, description = "Prometheus text", body = String,
        content_type = "text/plain")))]
pub async fn metrics(State(app): State<Arc<App>>) -> std::result::Result<Response, ApiError> {
    let failures = app.auth.failures().map(|(code, count)| (code.as_str(), count)).collect();
    let users = app.hub.presence.counts().users;
    let now = Snapshot {
        counts: known(app.ledger.counts()).await?,
        redis: app.ledger.remote(),
        late: app.about.late.load(Ordering::Relaxed),
        workers: app.about.workers,
        busy: app.about.busy.load(Ordering::Relaxed),
        ready: app.health.borrow().engine().is_some(),
        auth_failures: failures,
        users,
    };
    let text = app.metrics.render(&now);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
