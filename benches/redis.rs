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

    /// The processor time that it has used, in seconds.
    pub async fn busy(&self) -> Result<f64> {
        let client = ::redis::Client::open(self.url())?;
        let mut conn = client.get_multiplexed_async_connection().await?;
        let info: String = ::redis::cmd("INFO").arg("cpu").query_async(&mut conn).await?;
        let used = info.lines().filter_map(|line| {
            let (name, seconds) = line.split_once(':')?;
            matches!(name, "used_cpu_user" | "used_cpu_sys").then(|| seconds.trim().parse::<f64>())
        });
        Ok(used.sum::<Result<f64, _>>()?)
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
