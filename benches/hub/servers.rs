//! The two hubs: a Node socket.io 4 hub with its Redis, and the daemon.

use crate::{npm, redis::Redis};
use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    env,
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// What Linux counts processor time in for whoever asks, on every machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// A hub that runs in a process of its own; killed when dropped.
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where a push goes that all sockets are to hear.
    pub fan_out: &'static str,
    child: Child,
    /// Its pipe is kept open; nobody reads it any more.
    _stdout: Lines<BufReader<ChildStdout>>,
    /// Node's store, which ends with it.
    _redis: Option<Redis>,
    _dir: tempfile::TempDir,
}

impl Server {
    /// Its resident memory.
    pub fn memory_kib(&self) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(kib.parse()?)
    }

    /// The processor time it has used, of all its threads; Redis not counted.
    pub fn processor_time(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        // The name of the program may hold anything; what is counted comes after it.
        let (_, fields) = stat.rsplit_once(") ").context("no fields")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        let ticks = ticks.sum::<Result<u64, _>>()? as f64;
        Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
    }

    fn proc(&self, file: &str) -> Result<String> {
        let pid = self.child.id().context("the hub has ended")?;
        Ok(fs::read_to_string(format!("/proc/{pid}/{file}"))?)
    }

    /// Ends it, and waits until it is gone.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.context("the hub has ended")?, Signal::TERM)?;
        if tokio::time::timeout(Duration::from_secs(40), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// Starts the daemon that was built beside this benchmark, and waits until it is ready.
pub async fn sonocode() -> Result<Server> {
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("sonocode.toml"), SETTINGS)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_sonocode"));
    command
        .args(["serve", "--json", "--addr", "127.0.0.1:0", "--workers", "1"])
        .arg("--data-dir")
        .arg(dir.path())
        .env("HOME", dir.path());
    let (child, mut stdout) = spawn(command, dir.path())?;
    let banner = stdout.next_line().await?.with_context(|| ended("daemon", dir.path()))?;
    let banner: serde_json::Value = serde_json::from_str(&banner)?;
    let url = banner["url"].as_str().context("a banner without a URL")?;
    let addr = url.trim_start_matches("http://").parse()?;
    let server =
        Server { addr, fan_out: "/sendPayload", child, _stdout: stdout, _redis: None, _dir: dir };
    // It makes its first cells meanwhile, which would be measured too.
    while !reqwest::get(format!("{url}/readyz")).await?.status().is_success() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(server)
}

/// No limit that a driver on one address would meet.
const SETTINGS: &str = "[hub]\nmax_connections_per_user = 0\nmax_connections_per_address = 0\n";

/// The Node hub, installed.
pub struct Peer(PathBuf);

impl Peer {
    /// Installs it below `target/`, unless it is there.
    pub fn install() -> Result<Self> {
        Ok(Self(npm::install("benches/hub/node", "hub-peer", "hub.mjs")?))
    }

    /// Starts it with a Redis of its own.
    pub async fn start(&self) -> Result<Server> {
        let dir = tempfile::tempdir()?;
        let port = free_port()?;
        let options = ["--bind", "127.0.0.1", "--port", &port.to_string()];
        let redis = Some(Redis::start(&options).await?);
        let mut command = Command::new("node");
        command.arg(self.0.join("hub.mjs")).env("REDIS", port.to_string());
        let (child, mut stdout) = spawn(command, dir.path())?;
        let port = stdout.next_line().await?.with_context(|| ended("Node hub", dir.path()))?;
        let addr = format!("127.0.0.1:{port}").parse()?;
        Ok(Server { addr, fan_out: "/broadcast", child, _stdout: stdout, _redis: redis, _dir: dir })
    }
}

type Pipe = Lines<BufReader<ChildStdout>>;

/// Starts a hub with nothing of this user's configuration. It logs to a file, as a service would.
fn spawn(mut command: Command, dir: &Path) -> Result<(Child, Pipe)> {
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("SONOCODE_")) {
        command.env_remove(name);
    }
    let log = File::create(dir.join("log"))?;
    command.current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    command.kill_on_drop(true);
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let stdout = child.stdout.take().context("a child without its pipe")?;
    Ok((child, BufReader::new(stdout).lines()))
}

/// What a hub said that did not begin.
fn ended(which: &str, dir: &Path) -> String {
    let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
    format!("the {which} ended at once: {log}")
}

/// A port that nobody listens on; somebody else could take it meanwhile, and then Redis ends with an error.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
