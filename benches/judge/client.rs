//! The `docker` client, where there is one: how judges without an agent in the container work.

use crate::bare::Bare;
use anyhow::{Context, Result, ensure};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Folders of the host that hold toolchains, as in our own cells.
const TOOLCHAINS: [&str; 4] = ["/usr", "/etc/alternatives", "/lib", "/lib64"];

/// The program in the image of our cells. In a container without the agent's rights it ends at once.
const AGENT: &str = "/sonocode/agent";

/// The client and an image that is there.
pub struct Client {
    image: String,
}

/// A container that waits; removed when dropped.
pub struct Container(String);

impl Client {
    /// The client, and the image of our own cells.
    pub fn find() -> Option<Self> {
        let mut list = docker(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
        let listed = list.arg("sonocode-cell").output().ok()?;
        let names = String::from_utf8_lossy(&listed.stdout).into_owned();
        names.lines().next().map(|image| Self { image: image.to_owned() })
    }

    /// Creates and starts one container that ends by itself; how long that took.
    pub fn run_once(&self) -> Result<Duration> {
        let began = Instant::now();
        let started = docker(&["run", "--detach", "--rm", "--network", "none"])
            .args(["--entrypoint", AGENT, &self.image])
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(started.status.success(), "`docker run` failed");
        Ok(began.elapsed())
    }

    /// A container with the host's toolchains and this folder.
    pub fn container(&self, folder: &Path) -> Option<Container> {
        let mut run = docker(&["run", "--detach", "--rm", "--network", "none", "--read-only"]);
        let links = |path: &&str| Path::new(path).is_dir() && !Path::new(path).is_symlink();
        let folders = TOOLCHAINS.into_iter().filter(links).map(PathBuf::from);
        for folder in folders.chain([folder.to_owned()]) {
            run.arg("--volume").arg(format!("{0}:{0}:ro", folder.display()));
        }
        let run = run.args(["--entrypoint", "/usr/bin/sleep", &self.image, "3600"]);
        let started = run.stderr(Stdio::inherit()).output().ok()?;
        let id = String::from_utf8_lossy(&started.stdout).trim().to_owned();
        started.status.success().then_some(Container(id))
    }
}

impl Container {
    /// Runs a program as one test: how long that took.
    pub fn exec(&self, program: &Bare) -> Result<Duration> {
        let began = Instant::now();
        let ended = docker(&["exec", "--interactive", &self.0])
            .args(program.argv())
            .stdin(File::open(program.folder().join("input"))?)
            .output()
            .context("`docker exec`")?;
        ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        Ok(began.elapsed())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // A container that stays ends by itself within the hour.
        let _ = docker(&["rm", "--force", &self.0]).output();
    }
}

fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments).stdin(Stdio::null());
    command
}
