//! The daemon that was built beside this benchmark, in a process of its own.

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::{fs::File, net::SocketAddr, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// A daemon; ended when dropped.
pub struct Daemon {
    /// Where it listens.
    pub addr: SocketAddr,
    http: reqwest::Client,
    _child: Child,
    _stdout: Lines<BufReader<ChildStdout>>,
    _dir: tempfile::TempDir,
}

/// No limit that a driver on one address would meet.
const SETTINGS: &str = "[hub]\nmax_connections_per_user = 0\nmax_connections_per_address = 0\n";

impl Daemon {
    /// Starts one with one worker, on this Redis or on a file of its own, and waits until it is ready.
    pub async fn start(redis: Option<&str>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("sonocode.toml"), SETTINGS)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_sonocode"));
        command.args(["serve", "--json", "--addr", "127.0.0.1:0", "--workers", "1", "--data-dir"]);
        command.arg(dir.path()).env("HOME", dir.path()).current_dir(dir.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SONOCODE_")) {
            command.env_remove(name);
        }
        if let Some(url) = redis {
            command.args(["--redis", url]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        command.stderr(File::create(dir.path().join("log"))?);
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().context("a child without its pipe")?;
        let mut stdout = BufReader::new(stdout).lines();
        let banner = stdout.next_line().await?.context("the daemon ended at once")?;
        let banner: Value = serde_json::from_str(&banner)?;
        let url = banner["url"].as_str().context("a banner without a URL")?;
        let addr = url.trim_start_matches("http://").parse()?;
        let http = reqwest::Client::new();
        while !http.get(format!("{url}/readyz")).send().await?.status().is_success() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { addr, http, _child: child, _stdout: stdout, _dir: dir })
    }

    /// Runs a Python program on `1 2` and returns the verdict once it is told.
    pub async fn run(&self, code: &str) -> Result<String> {
        let body = json!({"language": "python", "code": code, "input": "1 2\n", "userId": "ada"});
        let url = format!("http://{}/api/v1/runs", self.addr);
        let reply: Value = self.http.post(url).json(&body).send().await?.json().await?;
        let id = reply["data"]["submission"]["id"].as_str().context("a run without a number")?;
        let url = format!("ws://{}/api/v1/submissions/{id}/events", self.addr);
        let (mut socket, _) = connect_async(url).await?;
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message? else { continue };
            let event: Value = serde_json::from_str(&text)?;
            if event["type"] == "finished" {
                return Ok(event["verdict"].as_str().unwrap_or_default().to_owned());
            }
        }
        bail!("the stream ended without a verdict")
    }
}
