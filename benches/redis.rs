//! A redis-server of the benchmark's own.

use anyhow::{Context, Result, ensure};
use std::{path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    net::UnixStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// The server; ended when dropped.
pub struct Redis {
    dir: tempfile::TempDir,
    _process: Child,
}

impl Redis {
    /// Starts one with these options beside those that say where it is.
    pub async fn start(options: &[&str]) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let socket = dir.path().join("redis.sock");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", ""])
            .args(options)
            .arg("--unixsocket")
            .arg(&socket)
            .arg("--dir")
            .arg(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("no `redis-server` here: apt-get install redis-server")?;
        let there = async {
            while UnixStream::connect(&socket).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        ensure!(timeout(crate::PATIENCE, there).await.is_ok(), "redis-server does not start");
        Ok(Self { dir, _process: process })
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    /// The same, as `--redis` takes it.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }
}
