//! A daemon in this process, on a free port and a data directory of its own, and a fluent way to use it.

use futures_util::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sonocode::{
    config::{Config, JudgingConfig, SandboxConfig, SandboxKind},
    daemon::{Daemon, Options},
    judge::{Event, EventBody, Outcome, Submission, Verdict},
    sandbox::Sandbox,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// Longer than anything here takes; a hang is a failure, slowness is not.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// How many times slower than a real machine this one is: `SONOCODE_TEST_SLOWNESS`, 1 unless it is set.
/// Programs that are not about time get so much more of it.
pub fn slowness() -> u32 {
    let text = std::env::var("SONOCODE_TEST_SLOWNESS").unwrap_or_else(|_| "1".into());
    text.parse().unwrap_or_else(|_| panic!("SONOCODE_TEST_SLOWNESS={text}: expected a number"))
}

/// What these tests' daemons run programs in: `SONOCODE_TEST_SANDBOX`, `docker` unless it is set.
pub fn sandbox_kind() -> SandboxKind {
    let name = std::env::var("SONOCODE_TEST_SANDBOX").unwrap_or_else(|_| "docker".into());
    let named = SandboxKind::ALL.into_iter().find(|kind| kind.name() == name);
    named.unwrap_or_else(|| panic!("SONOCODE_TEST_SANDBOX={name}: expected docker or native"))
}

/// How a daemon is to be.
pub struct Builder {
    workers: usize,
    config: Config,
    data_dir: Option<PathBuf>,
    sandbox: Option<Arc<dyn Sandbox>>,
}

/// A daemon that runs, with a client for it.
pub struct House {
    pub daemon: Option<Daemon>,
    pub url: String,
    pub http: reqwest::Client,
    /// Holds the data directory, unless the test keeps one itself.
    _dir: Option<tempfile::TempDir>,
}

/// A reply: its status and its envelope.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
    pub retry_after: Option<String>,
}

impl Builder {
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    pub fn data_dir(mut self, dir: &Path) -> Self {
        self.data_dir = Some(dir.to_owned());
        self
    }

    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Runs programs there and not in a container.
    pub fn sandbox(mut self, sandbox: Arc<dyn Sandbox>) -> Self {
        self.sandbox = Some(sandbox);
        self
    }

    pub async fn start(self) -> House {
        let dir = self.data_dir.is_none().then(|| tempfile::tempdir().unwrap());
        let data_dir = self.data_dir.unwrap_or_else(|| dir.as_ref().unwrap().path().to_owned());
        let daemon = Daemon::start(Options {
            addr: "127.0.0.1:0".parse().ok(),
            data_dir,
            ephemeral: true,
            workers: self.workers,
            problems: None,
            config: self.config,
            sandbox: self.sandbox,
            on_pull: Arc::new(|_| {}),
        });
        let daemon = daemon.await.unwrap();
        let url = format!("http://{}", daemon.addr.unwrap());
        House { daemon: Some(daemon), url, http: http(), _dir: dir }
    }
}

/// A client without certificates, which a small machine does not have and nothing here needs. It reads the
/// house's own form, whatever the daemon's dialect is.
pub fn http() -> reqwest::Client {
    let form = reqwest::header::HeaderValue::from_static(sonocode::wire::MEDIA);
    let headers = [(reqwest::header::ACCEPT, form)].into_iter().collect();
    reqwest::Client::builder().tls_certs_only([]).default_headers(headers).build().unwrap()
}

impl House {
    pub fn build() -> Builder {
        let sandbox = SandboxConfig { kind: sandbox_kind(), ..Config::default().sandbox };
        // Every program is compiled, and no header is for tests that do not mean that.
        let judging = JudgingConfig { cache_mib: 0, preludes: false, ..Config::default().judging };
        let config = Config { sandbox, judging, ..Config::default() };
        Builder { workers: 1, config, data_dir: None, sandbox: None }
    }

    /// A client of a daemon that runs elsewhere.
    pub fn at(url: &str) -> Self {
        Self { daemon: None, url: url.to_owned(), http: http(), _dir: None }
    }

    /// A daemon with one worker and the problem `sum`: add two numbers.
    pub async fn with_sum() -> Self {
        let house = Self::build().start().await;
        house
            .add(&Package::new("sum").test("01-sample", "1 2\n", "3\n").test("02", "5 6\n", "11\n"))
            .await;
        house
    }

    /// Waits until its daemon, one in this process, can run programs.
    pub async fn ready(self) -> Self {
        let mut health = self.daemon.as_ref().unwrap().health.clone();
        let ready = health.wait_for(|health| health.engine().is_some());
        tokio::time::timeout(PATIENCE, ready).await.expect("it is never ready").unwrap();
        self
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// How many sockets it has cut for this reason.
    pub async fn cuts(&self, reason: &str) -> usize {
        let text = self.http.get(format!("{}/metrics", self.url)).send().await.unwrap();
        let text = text.text().await.unwrap();
        let name = format!("sonocode_hub_cuts_total{{reason=\"{reason}\"}} ");
        let count = text.lines().find_map(|line| line.strip_prefix(&name));
        count.map_or(0, |count| count.parse().unwrap())
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Uploads a package; it must be accepted.
    pub async fn add(&self, package: &Package) {
        let reply = self.upload(package, "force=true").await;
        assert!(reply.status.is_success(), "{reply:?}");
    }

    pub async fn upload(&self, package: &Package, query: &str) -> Reply {
        let folder = package.write();
        let mut tar = Vec::new();
        sonocode::problem::pack(folder.path(), &mut tar).unwrap();
        let url = format!("{}/api/v1/problems?slug={}&{query}", self.url, package.slug);
        let request = self.http.post(url).header("content-type", "application/x-tar").body(tar);
        Reply::of(request.send().await.unwrap()).await
    }

    /// Submits and returns the id.
    pub async fn submit(&self, problem: &str, language: &str, code: &str) -> String {
        let body =
            json!({"userId": "ada", "problemId": problem, "language": language, "code": code});
        let reply = self.post("/api/v1/submissions", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned()
    }

    /// The events of a submission after a number, to its end, over a WebSocket.
    pub async fn events(&self, id: &str, after: u64) -> Vec<Event> {
        let url = self.url.replace("http:", "ws:");
        let url = format!("{url}/api/v1/submissions/{id}/events?after={after}");
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut events = Vec::new();
        let read = async {
            while let Some(Ok(message)) = socket.next().await {
                match message {
                    Message::Text(text) => events.push(serde_json::from_str(&text).unwrap()),
                    Message::Close(_) => break,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the stream never ends");
        events
    }

    /// A stream of events over a WebSocket, such as `/api/v1/events?after=7`.
    pub async fn watch(&self, path: &str) -> Watcher {
        Watcher::open(self, path).await.unwrap()
    }

    /// The outcome of a submission that ends with a verdict.
    pub async fn outcome(&self, id: &str) -> Outcome {
        let events = self.events(id, 0).await;
        match events.last().map(|event| event.body.clone()) {
            Some(EventBody::Finished(outcome)) => outcome,
            last => panic!("#{id} ended with {last:?}"),
        }
    }

    /// Submits, waits and returns the outcome.
    pub async fn judge(&self, problem: &str, language: &str, code: &str) -> Outcome {
        let id = self.submit(problem, language, code).await;
        self.outcome(&id).await
    }

    pub async fn submission(&self, id: &str) -> Submission {
        let reply = self.get(&format!("/api/v1/submissions/{id}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        serde_json::from_value(reply.body["data"].clone()).unwrap()
    }

    /// Drains and waits for the end.
    pub async fn stop(mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.shutdown(Duration::from_secs(30)).await;
        }
    }
}

/// A stream of events; cut when it is dropped.
pub struct Watcher(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Watcher {
    /// Opens it; `None` when nobody is there.
    pub async fn open(house: &House, path: &str) -> Option<Self> {
        let url = format!("{}{path}", house.url.replace("http:", "ws:"));
        Some(Self(tokio_tungstenite::connect_async(url).await.ok()?.0))
    }

    /// The next event; `None` when the stream ended or was cut.
    pub async fn next(&mut self) -> Option<Event> {
        let read = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Some(serde_json::from_str(&text).unwrap());
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("no event comes")
    }

    /// The next event that is wanted; the stream must not end before it.
    pub async fn until(&mut self, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await.expect("the stream ended before the event came");
            if wanted(&event) {
                return event;
            }
        }
    }
}

impl Reply {
    pub async fn of(response: reqwest::Response) -> Self {
        let status = response.status();
        let header = response.headers().get("retry-after");
        let retry_after = header.map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, body, retry_after }
    }

    /// The fields that were refused.
    pub fn fields(&self) -> Vec<&str> {
        let fields = self.body["error"]["fields"].as_array();
        fields.into_iter().flatten().filter_map(|field| field["field"].as_str()).collect()
    }
}

/// A native package, written to a folder when it is needed.
pub struct Package {
    pub slug: String,
    manifest: String,
    slowness: u32,
    files: BTreeMap<String, Vec<u8>>,
}

impl Package {
    pub fn new(slug: &str) -> Self {
        let mut package = Self {
            slug: slug.into(),
            manifest: format!("title = \"{slug}\"\n"),
            slowness: slowness(),
            files: BTreeMap::new(),
        };
        package = package.file("statement.md", "# A task\n");
        package.file("solutions/accepted/main.py", "print(sum(map(int, input().split())))\n")
    }

    pub fn manifest(mut self, more: &str) -> Self {
        self.manifest.push_str(more);
        self
    }

    /// Keeps the time limits as they are on a slow machine too, for programs that are to meet them.
    pub fn exact(mut self) -> Self {
        self.slowness = 1;
        self
    }

    /// The manifest with the limits that this machine needs.
    fn stretched(&self) -> String {
        if self.slowness == 1 {
            return self.manifest.clone();
        }
        let mut manifest: toml::Table = self.manifest.parse().unwrap();
        let limits = manifest.entry("limits").or_insert(toml::Table::new().into());
        let limits = limits.as_table_mut().unwrap();
        limits.entry("time_ms").or_insert(toml::Value::Integer(1000));
        for name in ["time_ms", "wall_ms"] {
            if let Some(toml::Value::Integer(ms)) = limits.get_mut(name) {
                *ms *= i64::from(self.slowness);
            }
        }
        manifest.to_string()
    }

    pub fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    pub fn test(self, name: &str, input: &str, answer: &str) -> Self {
        self.file(&format!("tests/{name}.in"), input).file(&format!("tests/{name}.out"), answer)
    }

    pub fn write(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let manifest = (&"problem.toml".to_owned(), &self.stretched().into_bytes());
        for (path, bytes) in self.files.iter().chain([manifest]) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        folder
    }
}

/// Asserts a verdict and shows everything when it is another.
#[track_caller]
pub fn expect(outcome: &Outcome, verdict: Verdict) {
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
}
