//! A redis-server of the benchmark's own.

use anyhow::{Context, Result, ensure};
use std::{path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    net::UnixStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// How often Redis has its append-only file on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Once in a second.
    Everysec,
    /// Before it answers.
    Always,
}

impl Fsync {
    /// Its name in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everysec => "everysec",
            Self::Always => "always",
        }
    }
}

/// The server; ended when dropped.
pub struct Redis {
    dir: tempfile::TempDir,
    _process: Child,
}

impl Redis {
    /// Starts one with an append-only file.
    pub async fn start(fsync: Fsync) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let socket = dir.path().join("redis.sock");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", fsync.name(), "--auto-aof-rewrite-percentage", "0"])
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
