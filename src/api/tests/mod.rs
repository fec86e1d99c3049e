//! The API over a ledger in memory: every route through the router, the streams over real sockets.

#![allow(clippy::unwrap_used)] // A test may panic.

mod bodies;
mod fake;
mod push;
mod rights;
mod routes;
mod seats;
mod seeds;
mod streams;

use super::{About, App, router};
use crate::{
    auth::Auth,
    config::{ApiLimits, Config, Dialect, HubConfig, Roles},
    evaluator::Evaluator,
    health::Health,
    hub::{Hub, presence::Memory},
    judge::{
        EventBody, Language, Languages, NewSubmission, Outcome, Submission, SubmissionId, Task,
        Verdict,
    },
    ledger::Ledger,
    metrics::Metrics,
    problem::{ProblemStore, Problems},
    sandbox::{Cell, Engine, Rootfs, Sandbox, SandboxError},
    wire::MEDIA,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode},
};
use fake::Fake;
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize},
    },
    time::Instant,
};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// A sandbox without an engine.
struct Nowhere;

#[async_trait::async_trait]
impl Sandbox for Nowhere {
    async fn lease(&self, _: &Rootfs) -> Result<Box<dyn Cell>, SandboxError> {
        Err(SandboxError::NoEngine("none in tests".into()))
    }
    fn lease_idle(&self, _: &Rootfs) -> Option<Box<dyn Cell>> {
        None
    }
    async fn health(&self) -> Result<Engine, SandboxError> {
        Err(SandboxError::NoEngine("none in tests".into()))
    }
}

/// An API and the parts behind it.
struct House {
    app: App,
    ledger: Arc<Fake>,
    health: watch::Sender<Health>,
    _dir: tempfile::TempDir,
}

/// A reply, read to its end.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl House {
    fn new() -> Self {
        Self::with_hub(HubConfig::default())
    }

    fn with_hub(config: HubConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Fake::new());
        let languages = Arc::new(languages());
        let store = ProblemStore::open(dir.path(), languages.clone()).unwrap();
        let problems = Arc::new(Problems::embedded(store));
        let evaluator = Evaluator::new(
            Arc::new(Nowhere),
            languages.clone(),
            problems.clone(),
            &Config { cache_dir: dir.path().join("cache"), ..Config::default() },
        );
        let about = About {
            version: "1.2.3",
            pid: 42,
            data_dir: dir.path().to_owned(),
            ephemeral: true,
            addr: "127.0.0.1:7878".parse().unwrap(),
            started: Instant::now(),
            roles: Roles::ALL,
            workers: 3,
            busy: Arc::new(AtomicUsize::new(1)),
            late: Arc::new(AtomicU64::new(4)),
        };
        let (health, receiver) = watch::channel(Health::Starting);
        let shutdown = CancellationToken::new();
        let (auth, metrics) = (Arc::new(Auth::off()), Metrics::new());
        let presence = Arc::new(Memory::default());
        let (asks, figures, end) = (auth.clone(), metrics.clone(), shutdown.clone());
        let hub = Hub::guarded(ledger.clone(), presence, config, asks, figures, end);
        let app = App {
            ledger: ledger.clone(),
            cluster: None,
            hub,
            problems,
            languages,
            evaluator: Arc::new(evaluator),
            dialect: Dialect::Sonocode,
            limits: ApiLimits { source_kib: 1, queue: 100, package_mib: 1 },
            cors_origins: vec!["https://judge.example".into()],
            auth,
            health: receiver,
            about: Arc::new(about),
            metrics,
            shutdown,
            sockets: TaskTracker::new(),
        };
        Self { app, ledger, health, _dir: dir }
    }

    fn router(&self) -> Router {
        router(self.app.clone())
    }

    /// Sends a request through the router, without a socket.
    async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.router(), request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path, Body::empty())).await
    }

    /// Sends JSON.
    async fn json(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = request(method, path, body);
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        self.send(request).await
    }

    /// Listens on a free port until the house's shutdown token fires.
    async fn serve(&self) -> SocketAddr {
        serve(self.router()).await
    }

    /// Puts a custom run into the ledger.
    async fn submission(&self, user: &str) -> SubmissionId {
        self.submitted(user).await.id
    }

    async fn submitted(&self, user: &str) -> Submission {
        let new = NewSubmission {
            user: user.into(),
            task: Task::run(""),
            language: "c".into(),
            source: "int main(){}".into(),
        };
        self.ledger.submit(new, 1000).await.unwrap()
    }
}

async fn answer(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, headers, text: String::from_utf8(bytes.into()).unwrap() }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    addr
}

fn request(method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = Request::builder().method(method).uri(path).header("accept", MEDIA);
    request.body(body.into()).unwrap()
}

impl Answer {
    /// The data of a success.
    #[track_caller]
    fn data(&self, status: u16) -> Value {
        let body: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(self.status, status, "{body}");
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(body["success"], true);
        assert!(!body["message"].as_str().unwrap().is_empty());
        assert_eq!(body["error"], serde_json::json!({}));
        assert_eq!(body.as_object().unwrap().len(), 4);
        body["data"].clone()
    }

    /// The `error` of a failure.
    #[track_caller]
    fn error(&self, status: u16, code: &str) -> Value {
        let body: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(self.status, status, "{body}");
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(body["success"], false);
        assert!(!body["message"].as_str().unwrap().is_empty());
        assert_eq!(body["data"], Value::Null);
        assert_eq!(body.as_object().unwrap().len(), 4);
        assert_eq!(body["error"]["code"], code, "{body}");
        body["error"].clone()
    }

    /// The fields that a failure blames, in the order of the reply.
    #[track_caller]
    fn blamed(&self, status: u16, code: &str) -> Vec<String> {
        let error = self.error(status, code);
        let fields = error["fields"].as_array().unwrap().iter();
        fields.map(|field| field["field"].as_str().unwrap().to_owned()).collect()
    }
}

fn languages() -> Languages {
    let mut languages = Languages::default();
    for (id, alias) in [("c", "gcc"), ("python", "PYTHON3")] {
        let text = format!(
            r#"id = "{id}"
            name = "Language {id}"
            aliases = ["{alias}"]
            extensions = ["{id}"]
            source = "main.{id}"
            run = ["run"]
            version = ["run", "--version"]
            toolchain = {{ host = ["run"], image = "run:1" }}"#
        );
        languages.insert(Language::parse(&text).unwrap());
    }
    languages
}

fn engine() -> Engine {
    Engine {
        name: "Docker 1".into(),
        cgroup_version: 2,
        idle_cells: 1,
        missing: Vec::new(),
        means: Vec::new(),
        host_toolchains: true,
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    Outcome::without_tests(verdict, 0, None)
}

fn requeued(reason: &str) -> EventBody {
    EventBody::Requeued { reason: reason.to_owned() }
}

fn numbered(n: u64) -> EventBody {
    requeued(&n.to_string())
}
