//! `BullMQ` in a Node process of its own.

use crate::{npm, redis::Redis};
use anyhow::{Context, Result, ensure};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// The process; ended when dropped.
pub struct Peer {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Peer {
    /// Installs it, unless it is there, and starts it.
    pub async fn start(redis: &Redis) -> Result<Self> {
        let folder = npm::install("benches/queue/node", "queue-peer", "queue.mjs")?;
        let mut process = Command::new("node")
            .arg(folder.join("queue.mjs"))
            .env("REDIS", redis.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("no `node` here: apt-get install nodejs")?;
        let stdin = process.stdin.take().context("a child without its pipe")?;
        let stdout = process.stdout.take().context("a child without its pipe")?;
        let mut peer = Self { stdin, stdout: BufReader::new(stdout).lines(), _process: process };
        let ready = peer.line().await?;
        ensure!(ready == "ready", "BullMQ says {ready}");
        Ok(peer)
    }

    /// Jobs per second, from the first that is added to the last that is done.
    pub async fn round(&mut self, jobs: usize, workers: usize, ahead: usize) -> Result<f64> {
        self.stdin.write_all(format!("{jobs} {workers} {ahead}\n").as_bytes()).await?;
        let seconds: f64 = self.line().await?.parse()?;
        Ok(jobs as f64 / seconds)
    }

    async fn line(&mut self) -> Result<String> {
        let line = tokio::time::timeout(crate::PATIENCE, self.stdout.next_line());
        line.await.context("BullMQ does not answer")??.context("BullMQ has ended")
    }
}
