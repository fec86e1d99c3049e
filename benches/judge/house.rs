//! A whole daemon in this process, used over HTTP.

use crate::programs;
use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use serde_json::{Value, json};
use sonocode::{
    config::Config,
    daemon::{Daemon, Options},
    judge::{Event, EventBody, Verdict},
};
use std::{sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// A daemon with a data directory of its own.
pub struct House {
    daemon: Daemon,
    http: reqwest::Client,
    _dir: tempfile::TempDir,
}

/// Hears of every event of a daemon.
pub struct Watcher(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl House {
    /// Starts a daemon that may not be ready yet.
    pub async fn start(workers: usize) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let daemon = Daemon::start(Options {
            addr: "127.0.0.1:0".parse()?,
            data_dir: dir.path().to_owned(),
            ephemeral: true,
            workers,
            problems: None,
            config: Config::default(),
            on_pull: Arc::new(|_| {}),
        })
        .await?;
        Ok(Self { daemon, http: reqwest::Client::new(), _dir: dir })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.daemon.addr)
    }

    /// Waits until programs can be run. Looks again and again, as whoever starts a daemon would.
    pub async fn ready(&self) -> Result<()> {
        while !self.http.get(self.url("/readyz")).send().await?.status().is_success() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let reply = self.http.post(self.url(path)).json(body).send().await?;
        let (status, body) = (reply.status(), reply.json::<Value>().await?);
        ensure!(status.is_success(), "{path}: {body}");
        Ok(body["data"].clone())
    }

    /// Adds the problem `sum` with so many equal tests.
    pub async fn add_sum(&self, tests: usize) -> Result<()> {
        let test = json!({"input": programs::SUM_INPUT, "output": programs::SUM_ANSWER});
        let solution = json!({"language": "python", "code": programs::SUM_PYTHON});
        let problem = json!({
            "slug": "sum",
            "title": "Sum",
            "description": "Add two numbers.",
            "difficulty": "easy",
            "testCases": vec![test; tests],
            "solutions": [solution],
        });
        self.post("/api/v1/problems", &problem).await.map(drop)
    }

    /// Submits to `sum`; the submission's id.
    pub async fn submit(&self, language: &str, code: &str) -> Result<String> {
        let body = json!({"problemId": "sum", "language": language, "code": code});
        let data = self.post("/api/v1/submissions", &body).await?;
        let id = data["submission"]["id"].as_str().context("a submission without an id")?;
        Ok(id.to_owned())
    }

    /// Follows the whole journal from its beginning.
    pub async fn watch(&self) -> Result<Watcher> {
        let url = self.url("/api/v1/events").replacen("http", "ws", 1);
        Ok(Watcher(tokio_tungstenite::connect_async(url).await?.0))
    }

    /// Ends the daemon and waits until its cells are gone.
    pub async fn stop(self) {
        self.daemon.shutdown(Duration::from_secs(30)).await;
    }
}

impl Watcher {
    /// Waits for so many verdicts, which must be AC.
    pub async fn accepted(&mut self, mut count: usize) -> Result<()> {
        while count > 0 {
            let message = self.0.next().await.context("the stream of events ended")??;
            let Message::Text(text) = message else { continue };
            let event: Event = serde_json::from_str(&text)?;
            if let EventBody::Finished(outcome) = event.body {
                ensure!(outcome.verdict == Verdict::Accepted, "{outcome:?}");
                count -= 1;
            }
        }
        Ok(())
    }
}
