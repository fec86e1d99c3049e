//! A whole daemon, used over HTTP.

use crate::{Bench, programs};
use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, HeaderValue};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sonocode::{
    client::http::plain,
    config::{Config, JudgingConfig, SandboxConfig},
    daemon::{Daemon, Options},
    judge::{Event, EventBody, Verdict},
    wire::MEDIA,
};
use std::{fs, path::Path, process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// As comparisons with bare commands need it: every program is compiled, and with all its headers.
pub const PLAIN: JudgingConfig =
    JudgingConfig { cache_mib: 0, preludes: false, parallel_tests: false, lease_secs: 15 };

/// As above, but what was compiled once is not compiled again.
pub const CACHED: JudgingConfig = JudgingConfig { cache_mib: 512, ..PLAIN };

/// A daemon with data directory and cache of its own.
pub struct House {
    daemon: Running,
    url: String,
    http: reqwest::Client,
    dir: tempfile::TempDir,
}

/// Where a daemon runs.
enum Running {
    Here(Box<Daemon>),
    Apart(Child),
}

/// Hears of every event of a daemon.
pub struct Watcher(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// A client that asks for the house's own documents.
fn http() -> Result<reqwest::Client> {
    let headers = [(ACCEPT, HeaderValue::from_static(MEDIA))].into_iter().collect();
    Ok(plain().default_headers(headers).build()?)
}

impl House {
    /// Starts a daemon in this process, which may not be ready yet.
    pub async fn start(bench: &Bench, workers: usize, judging: JudgingConfig) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = Config::default();
        let sandbox = SandboxConfig { kind: bench.kind, ..config.sandbox.clone() };
        let cache_dir = dir.path().join("cache");
        let daemon = Daemon::start(Options {
            addr: Some("127.0.0.1:0".parse()?),
            data_dir: dir.path().to_owned(),
            ephemeral: true,
            workers,
            problems: None,
            config: Config { judging, sandbox, cache_dir, ..config },
            sandbox: None,
            on_pull: Arc::new(|_| {}),
        })
        .await?;
        let url = format!("http://{}", daemon.addr.context("it does not listen")?);
        let daemon = Running::Here(Box::new(daemon));
        Ok(Self { daemon, url, http: http()?, dir })
    }

    /// Starts `sonocode serve` as a process of its own, with nothing configured but its folders.
    pub async fn start_apart(bench: &Bench, workers: usize) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_sonocode"))
            .args(["serve", "--json", "--addr", "127.0.0.1:0", "--workers", &workers.to_string()])
            .arg("--data-dir")
            .arg(dir.path())
            .env("HOME", dir.path())
            .env("SONOCODE_CACHE_DIR", dir.path().join("cache"))
            .env("SONOCODE_SANDBOX_KIND", bench.kind.name())
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("a child without its pipe")?;
        let banner = BufReader::new(stdout).lines().next_line().await?;
        let banner: Value = serde_json::from_str(&banner.context("the daemon ended at once")?)?;
        let url = banner["url"].as_str().context("a banner without a URL")?.to_owned();
        Ok(Self { daemon: Running::Apart(child), url, http: http()?, dir })
    }

    /// Runs `sonocode` with these words, and waits until it ends well; what it printed.
    pub async fn command(&self, words: &[&str]) -> Result<Vec<u8>> {
        let command = Command::new(env!("CARGO_BIN_EXE_sonocode"))
            .args(words)
            .args(["--url", &self.url])
            .env("HOME", self.dir.path())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .output();
        let done = command.await?;
        let words = words.join(" ");
        ensure!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(done.stdout)
    }

    /// The number of its process, if that is not this one.
    pub fn pid(&self) -> Option<u32> {
        match &self.daemon {
            Running::Here(_) => None,
            Running::Apart(child) => child.id(),
        }
    }

    /// Whether a header was precompiled.
    pub fn has_prelude(&self) -> Result<bool> {
        let made = fs::read_dir(self.dir.path().join("cache/preludes"))?;
        // What is not ready yet has a name that begins with a dot.
        Ok(made.flatten().any(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")))
    }

    /// Waits until programs can be run. Looks again and again, as whoever starts a daemon would.
    pub async fn ready(&self) -> Result<()> {
        let url = format!("{}/readyz", self.url);
        while !self.http.get(&url).send().await?.status().is_success() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    async fn send(&self, path: &str, request: reqwest::RequestBuilder) -> Result<Value> {
        let reply = request.send().await?;
        let (status, body) = (reply.status(), reply.json::<Value>().await?);
        ensure!(status.is_success(), "{path}: {body}");
        Ok(body["data"].clone())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}/api/v1/{path}", self.url));
        self.send(path, request.json(body)).await
    }

    /// Adds a problem with so many equal tests and these limits.
    pub async fn add(
        &self,
        slug: &str,
        limits: Value,
        (input, output): (&str, &str),
        tests: usize,
    ) -> Result<()> {
        let solution = json!({"language": "python", "code": programs::SUM_PYTHON});
        let problem = json!({
            "slug": slug,
            "title": slug,
            "description": "Measured.",
            "difficulty": "easy",
            "limits": limits,
            "testCases": vec![json!({"input": input, "output": output}); tests],
            "solutions": [solution],
        });
        self.post("problems", &problem).await.map(drop)
    }

    /// Adds the problem `sum` with so many equal tests.
    pub async fn add_sum(&self, tests: usize) -> Result<()> {
        let test = (programs::SUM_INPUT, programs::SUM_ANSWER);
        self.add("sum", json!({}), test, tests).await
    }

    /// Adds a package of these files.
    pub async fn add_package(&self, slug: &str, files: &[(String, &str)]) -> Result<()> {
        let folder = tempfile::tempdir()?;
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or_else(|| Path::new("/")))?;
            fs::write(path, text)?;
        }
        let mut tar = Vec::new();
        sonocode::problem::pack(folder.path(), &mut tar)?;
        let path = format!("problems?slug={slug}");
        let request = self.http.post(format!("{}/api/v1/{path}", self.url));
        let request = request.header("content-type", "application/x-tar").body(tar);
        self.send(&path, request).await.map(drop)
    }

    /// The number of problems that are listed.
    pub async fn problems(&self) -> Result<usize> {
        let request = self.http.get(format!("{}/api/v1/problems", self.url));
        let data = self.send("problems", request).await?;
        Ok(data["problems"].as_array().map_or(0, Vec::len))
    }

    /// Submits; the submission's id.
    pub async fn submit(&self, problem: &str, language: &str, code: &str) -> Result<String> {
        let body = json!({"problemId": problem, "language": language, "code": code});
        let data = self.post("submissions", &body).await?;
        let id = data["submission"]["id"].as_str().context("a submission without an id")?;
        Ok(id.to_owned())
    }

    /// Asks for another verdict.
    pub async fn rejudge(&self, id: &str) -> Result<()> {
        self.post(&format!("submissions/{id}/rejudge"), &json!({})).await.map(drop)
    }

    /// Follows the whole journal from its beginning.
    pub async fn watch(&self) -> Result<Watcher> {
        let url = format!("{}/api/v1/events", self.url).replacen("http", "ws", 1);
        Ok(Watcher(tokio_tungstenite::connect_async(url).await?.0))
    }

    /// Ends the daemon and waits until its cells are gone.
    pub async fn stop(self) -> Result<()> {
        match self.daemon {
            Running::Here(daemon) => daemon.shutdown(Duration::from_secs(30)).await,
            Running::Apart(mut child) => {
                let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
                kill_process(pid.context("the daemon has ended")?, Signal::TERM)?;
                child.wait().await?;
            }
        }
        Ok(())
    }
}

impl Watcher {
    /// Everything that happens until so many submissions have their verdict.
    pub async fn finished(&mut self, mut count: usize) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        while count > 0 {
            let message = self.0.next().await.context("the stream of events ended")??;
            let Message::Text(text) = message else { continue };
            let event: Event = serde_json::from_str(&text)?;
            if matches!(event.body, EventBody::Finished(_)) {
                count -= 1;
            }
            events.push(event);
        }
        Ok(events)
    }

    /// The same for verdicts that must be AC.
    pub async fn accepted(&mut self, count: usize) -> Result<Vec<Event>> {
        let events = self.finished(count).await?;
        for event in &events {
            if let EventBody::Finished(outcome) = &event.body {
                ensure!(outcome.verdict == Verdict::Accepted, "{outcome:?}");
            }
        }
        Ok(events)
    }
}
