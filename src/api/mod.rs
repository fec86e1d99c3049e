//! The HTTP API: one file for each resource, one envelope for every reply, one table of all routes.
//!
//! Handlers read and check requests, ask the ledger, the problem store or the evaluator, and put the
//! answer into the envelope; they decide nothing about judging. The `OpenAPI` document is made from the
//! same types, and a test compares it with the table of routes.

mod body;
mod chat;
mod clarifications;
mod cluster;
mod documents;
mod envelope;
mod events;
mod extract;
mod form;
mod generate;
mod guard;
mod health;
mod languages;
mod openapi;
mod packages;
mod parts;
mod peer;
mod person;
mod problems;
mod push;
mod rights;
mod runs;
mod seeds;
mod sockets;
mod statements;
mod status;
mod submissions;
#[cfg(test)]
mod tests;
mod verify;

pub use cluster::{Cluster, StoreFigures};
pub use events::EventsPage;
pub use submissions::{Accepted, SubmissionList};

use crate::{
    auth::Auth,
    config::{ApiLimits, Dialect, Roles},
    evaluator::Evaluator,
    health::Health,
    hub::Hub,
    judge::Languages,
    ledger::Ledger,
    metrics::Metrics,
    problem::Problems,
};
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use envelope::{ApiError, Code};
use std::{
    any::Any,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize},
    },
    time::Instant,
};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::{catch_panic::CatchPanicLayer, cors::CorsLayer};

/// What the API works with.
#[derive(Clone)]
pub struct App {
    /// Submissions and their journal.
    pub ledger: Arc<dyn Ledger>,
    /// The daemons with which it is shared; `None`: this one is alone.
    pub cluster: Option<Arc<dyn Cluster>>,
    /// What the sockets share.
    pub hub: Arc<Hub>,
    /// The problems.
    pub problems: Arc<Problems>,
    /// The languages.
    pub languages: Arc<Languages>,
    /// Fills in generated tests and knows the toolchains.
    pub evaluator: Arc<Evaluator>,
    /// The seed system in whose form replies are, where the request does not ask for the house's own.
    pub dialect: Dialect,
    /// Bounds on what clients may send.
    pub limits: ApiLimits,
    /// Origins of other sites' pages that may use the API, such as `https://judge.example`.
    pub cors_origins: Vec<String>,
    /// Whether programs can be run now.
    pub health: watch::Receiver<Health>,
    /// Who may do what.
    pub auth: Arc<Auth>,
    /// The daemon itself.
    pub about: Arc<About>,
    /// The daemon's figures.
    pub metrics: Metrics,
    /// Live streams end when it fires.
    pub shutdown: CancellationToken,
    /// Every open WebSocket. An HTTP server that stops gracefully does not wait for them: close this
    /// and wait for it, so that each client is told goodbye. Bounded by three seconds after `shutdown`.
    pub sockets: TaskTracker,
}

/// What a daemon says of itself.
#[derive(Debug)]
pub struct About {
    /// Version of the program.
    pub version: &'static str,
    /// Number of the process.
    pub pid: u32,
    /// Where everything is kept. Uploads are spooled there too.
    pub data_dir: PathBuf,
    /// Whether the data directory goes away with the daemon.
    pub ephemeral: bool,
    /// Where it listens.
    pub addr: SocketAddr,
    /// When it started.
    pub started: Instant,
    /// What it does.
    pub roles: Roles,
    /// How many workers it has.
    pub workers: usize,
    /// How many of them hold a submission; kept by the workers.
    pub busy: Arc<AtomicUsize>,
    /// Attempts of its workers that came too late; kept by the workers.
    pub late: Arc<AtomicU64>,
}

impl About {
    /// The address for a browser on this machine.
    pub fn url(&self) -> String {
        let ip = match self.addr.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.addr.port()))
    }
}

impl App {
    /// Longest JSON body, in bytes: a source and files beside it, which are no longer than that. Escapes
    /// in JSON may double both; the rest is for other fields.
    fn json_limit(&self) -> u64 {
        4 * self.source_limit() + (64 << 10)
    }

    /// Longest source, in bytes.
    fn source_limit(&self) -> u64 {
        self.limits.source_kib << 10
    }

    /// Longest package, in bytes.
    fn package_limit(&self) -> u64 {
        self.limits.package_mib << 20
    }
}

type Route = (&'static str, MethodRouter<Arc<App>>);

/// Every address of the daemon.
fn routes() -> Vec<Route> {
    vec![
        ("/", get(health::index)),
        ("/livez", get(health::livez)),
        ("/readyz", get(health::readyz)),
        ("/health", get(health::health)),
        ("/metrics", get(status::metrics)),
        ("/openapi.json", get(openapi::document)),
        ("/api/v1/submissions", get(submissions::list).post(submissions::submit)),
        // The singular forms are those of a seed system's sources.
        ("/api/v1/submission", post(submissions::submit)),
        ("/api/v1/submissions/getMany", get(seeds::submissions)),
        ("/api/v1/submissions/user/{id}", get(seeds::of_user)),
        ("/api/v1/submissions/{id}", get(submissions::show)),
        ("/api/v1/submission/{id}", get(submissions::show)),
        ("/api/v1/submissions/{id}/rejudge", post(submissions::rejudge)),
        ("/api/v1/submissions/{id}/cancel", post(submissions::cancel)),
        ("/api/v1/submissions/{id}/events", get(events::of_submission)),
        ("/api/v1/events", get(events::of_many)),
        ("/ws", get(chat::socket)),
        ("/api/v1/clarifications", get(clarifications::list).post(clarifications::ask)),
        ("/api/v1/clarifications/{id}", get(clarifications::show)),
        ("/api/v1/clarifications/{id}/answers", post(clarifications::answer)),
        ("/api/v1/announcements", post(clarifications::announce)),
        ("/api/v1/results", post(push::result)),
        ("/api/v1/messages/{id}", get(push::message)),
        ("/sendPayload", post(push::send).get(push::send_by_get)),
        ("/api/v1/runs", post(runs::run)),
        ("/api/v1/customRun", post(seeds::custom_run)),
        ("/api/v1/problems", get(problems::list).post(problems::add)),
        ("/api/v1/problems/getMany", get(seeds::problems)),
        ("/api/v1/problem/{slug}", get(problems::show)),
        (
            "/api/v1/problems/{slug}",
            get(problems::show).put(problems::put).patch(problems::patch).delete(problems::remove),
        ),
        ("/api/v1/problems/{slug}/rename", post(problems::rename)),
        ("/api/v1/problems/{slug}/solutions", get(problems::solutions)),
        ("/api/v1/problems/{slug}/package", get(packages::download)),
        ("/api/v1/export", post(packages::export)),
        ("/api/v1/problems/{slug}/statement", get(statements::statement)),
        ("/api/v1/problems/{slug}/verify", post(verify::stored)),
        ("/api/v1/problems/{slug}/stress", post(verify::stress)),
        ("/api/v1/stress", post(verify::stress_package)),
        ("/api/v1/verify", post(verify::package)),
        ("/api/v1/generate", post(generate::generate)),
        ("/api/v1/languages", get(languages::list)),
        ("/api/v1/status", get(status::status)),
    ]
}

/// The daemon's HTTP service.
pub fn router(app: App) -> Router {
    with_routes(app, routes())
}

fn with_routes(app: App, table: Vec<Route>) -> Router {
    let cors = cors(&app.cors_origins);
    let app = Arc::new(app);
    // With and without a slash at the end, as clients write it.
    let socket_io = sockets::socket_io(&app);
    let sockets = ["/socket.io", "/socket.io/"].map(|path| (path, socket_io.clone()));
    let mut router = Router::new();
    for (path, methods) in sockets.into_iter().chain(table) {
        router = router.route(path, parts::present(path, methods, app.about.roles));
    }
    router = router
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(unknown_route)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&app), rights::check));
    // Without origins to allow, an OPTIONS request is like any other.
    if let Some(cors) = cors {
        router = router.layer(cors);
    }
    router
        .layer(from_fn_with_state(Arc::clone(&app), guard::check))
        .layer(from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

/// What browsers are told of pages of other origins; `None` when there are none to allow.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        origins.iter().filter_map(|origin| origin.to_ascii_lowercase().parse().ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                HeaderName::from_static("last-event-id"),
            ])
            .expose_headers([header::RETRY_AFTER, header::WWW_AUTHENTICATE])
            .allow_credentials(true)
    })
}

/// Records every answered request.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method_label(request.method());
    let response = next.run(request).await;
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    app.metrics.request(method, route, status, took);
    tracing::debug!(method, route, status, ?took, "answered");
    response
}

/// The method, where it is one of the usual ones: clients may invent others without number.
fn method_label(method: &Method) -> &'static str {
    const USUAL: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    USUAL.into_iter().find(|usual| *usual == method.as_str()).unwrap_or("other")
}

async fn unknown_route(request: Request) -> ApiError {
    let path = extract::shorten(request.uri().path());
    ApiError::new(Code::NotFound, format!("there is nothing at `{path}`; see /openapi.json"))
}

async fn method_not_allowed(request: Request) -> ApiError {
    let (method, path) = (request.method(), extract::shorten(request.uri().path()));
    let message = format!("{method} is not allowed at `{path}`; see /openapi.json");
    ApiError::new(Code::MethodNotAllowed, message)
}

// By value, as the layer asks.
#[allow(clippy::needless_pass_by_value)]
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a handler panicked");
    let message = "the daemon made a mistake; its log says more";
    ApiError::new(Code::Internal, message).into_response()
}
