//! A Redis of the test's own: on a Unix socket in a folder of its own, ended with the test.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::sleep;

/// A redis-server. Its data are in a folder that goes away with it.
pub struct RedisServer {
    dir: TempDir,
    options: Vec<String>,
    process: Option<Child>,
}

impl RedisServer {
    /// One that keeps nothing when it ends.
    pub fn start() -> Self {
        Self::with(&["--save", "", "--appendonly", "no"])
    }

    /// One that has every write on the disk before it answers.
    pub fn durable() -> Self {
        Self::with(&["--save", "", "--appendonly", "yes", "--appendfsync", "always"])
    }

    /// One with these options.
    pub fn with(options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self { dir: tempfile::tempdir().unwrap(), options, process: None };
        server.start_again();
        server
    }

    /// Starts it (again) and returns once it takes connections.
    pub fn start_again(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket"])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.dir.path())
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is there; scripts/test.sh installs it");
        // From here on it ends with this.
        let process = self.process.insert(process);
        let mut told = BufReader::new(process.stdout.take().unwrap());
        let mut all = String::new();
        while told.read_line(&mut all).unwrap() > 0 {
            if all.contains("Ready to accept connections") || all.contains("now ready to accept") {
                // Whatever it says later is read, so that it never waits for us.
                std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
                return;
            }
        }
        panic!("redis-server did not start:\n{all}");
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Cuts so many bytes off the end of its file while it is down, as when the power was cut.
    pub fn tear(&self, bytes: u64) {
        assert!(self.process.is_none(), "it runs");
        let file = self.file();
        let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
        file.set_len(file.metadata().unwrap().len().saturating_sub(bytes)).unwrap();
    }

    /// How many bytes its file has that are newer than the last time it was written anew.
    pub fn file_bytes(&self) -> u64 {
        self.file().metadata().unwrap().len()
    }

    /// That file: the last of those that its manifest names.
    fn file(&self) -> PathBuf {
        let dir = self.dir.path().join("appendonlydir");
        let manifest = std::fs::read_to_string(dir.join("appendonly.aof.manifest")).unwrap();
        let last = manifest.lines().rfind(|line| line.ends_with("type i")).unwrap();
        dir.join(last.split(' ').nth(1).unwrap())
    }

    /// Waits until it has written its file anew since it was started, and does not do so now.
    pub async fn rewritten(&self) {
        loop {
            let info = self.cli(&["INFO", "persistence"]);
            let says = |line: &str| info.lines().any(|said| said.trim() == line);
            if !says("aof_rewrites:0") && says("aof_rewrite_in_progress:0") {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    /// Where it is, as `--redis` takes it.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Runs a command behind everybody's back; returns what redis-cli prints.
    pub fn cli(&self, command: &[&str]) -> String {
        let output =
            Command::new("redis-cli").arg("-s").arg(self.socket()).args(command).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
