//! Cells without a container engine: the agent, started by the daemon as a process of its own, makes
//! its namespaces and its root file system itself (`src/agent/native.rs`); the daemon makes the control
//! groups that bound the whole cell.
//!
//! The agent's executable is a sealed file in memory. Its standard input and output are the pipes; when
//! the daemon dies, the input ends, the agent with it, and the keeper beside it removes the control
//! groups.

mod groups;

use super::{
    Engine, Rootfs, SandboxError,
    backend::Backend,
    base_image::{self, AGENT, Entry},
    cell::Pipes,
    docker::BOX_BYTES,
    means::{self, Basis},
};
use crate::config::SandboxConfig;
use async_trait::async_trait;
use futures_util::StreamExt;
use groups::{Bounds, Place};
use rustix::{
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create},
    process::{Pid, Signal, kill_process},
};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write},
    os::fd::AsRawFd,
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
};
use tokio_util::io::ReaderStream;

/// The most processes and threads of a cell, whatever its commands may use.
const CELL_PROCESSES: u64 = 8192;

/// Where programs are looked up in a cell, as in a container.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Devices of the host that are in a cell.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Makes cells with this machine's kernel alone.
pub struct NativeEngine {
    config: SandboxConfig,
    /// What the names of its cells begin with.
    prefix: String,
    agent: File,
    place: Arc<Place>,
    /// User and group of a daemon without the rights of root.
    user: Option<(u32, u32)>,
    /// The keepers of the cells that run, by the cells' names.
    keepers: Mutex<HashMap<String, Child>>,
    number: AtomicU64,
}

impl NativeEngine {
    /// Finds what the kernel offers. `owner` stands for the data directory in the names of cells.
    pub async fn connect(config: SandboxConfig, owner: &str) -> Result<Self, SandboxError> {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        let user = (!user.is_root()).then(|| (user.as_raw(), group.as_raw()));
        let place = blocking(move || Place::find(user.is_none())).await?.map_err(refused)?;
        Ok(Self {
            config,
            prefix: format!("sonocode-{owner}-"),
            agent: executable().map_err(refused)?,
            place: Arc::new(place),
            user,
            keepers: Mutex::default(),
            number: AtomicU64::new(0),
        })
    }

    fn keepers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Child>> {
        // A map is whole whenever the lock is free.
        self.keepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bounds(&self) -> Bounds {
        let here = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
        Bounds {
            memory_bytes: self.config.cell_memory_mib << 20,
            processes: CELL_PROCESSES,
            cpus: self.config.cell_cpus.min(here),
        }
    }

    fn spawn(&self, words: Vec<String>) -> io::Result<Child> {
        Command::new(format!("/proc/self/fd/{}", self.agent.as_raw_fd()))
            .args(words)
            .env_clear()
            .env("PATH", PATH)
            .env("SONOCODE_BOX_BYTES", BOX_BYTES.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

#[async_trait]
impl Backend for NativeEngine {
    fn describe(&self) -> Engine {
        let kernel = rustix::system::uname();
        let release = kernel.release().to_string_lossy();
        let basis = Basis {
            cgroup_version: self.place.version(),
            tells_peak: means::tells_peak(&release),
            rootless: self.user.is_some(),
            engine_filter: false,
            host_toolchains: true,
            images: false,
        };
        Engine {
            name: format!("native sandbox on Linux {release}"),
            cgroup_version: basis.cgroup_version,
            idle_cells: 0,
            missing: self.place.missing().into_iter().chain(basis.missing()).collect(),
            means: basis.means(),
            host_toolchains: true,
        }
    }

    /// A kernel is always there, and makes nothing late.
    async fn look(&self) -> Result<(), SandboxError> {
        Ok(())
    }

    async fn sweep(&self) -> Result<usize, SandboxError> {
        let (place, prefix) = (self.place.clone(), self.prefix.clone());
        blocking(move || place.sweep(&prefix)).await?.map_err(SandboxError::host)
    }

    async fn start(&self, rootfs: &Rootfs) -> Result<(String, Pipes), SandboxError> {
        if let Rootfs::Image(image) = rootfs {
            return Err(SandboxError::Image {
                image: image.clone(),
                reason: "the native sandbox has no images: install the language on this machine, \
                         or set `sandbox.kind = \"docker\"`"
                    .into(),
            });
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{}-{number}", self.prefix, std::process::id());
        let (place, group, bounds) = (self.place.clone(), name.clone(), self.bounds());
        let (user, preludes) = (self.user, self.config.preludes.clone());
        let words = blocking(move || {
            let groups = place.make(&group, &bounds)?;
            words(&group, user, &groups, preludes.as_deref()).inspect_err(|_| place.discard(&group))
        });
        let words = words.await?.map_err(refused)?;
        let spawned = self.spawn(words);
        if spawned.is_err() {
            let (place, group) = (self.place.clone(), name.clone());
            blocking(move || place.discard(&group)).await?;
        }
        let mut keeper = spawned.map_err(refused)?;
        let (Some(input), Some(output), Some(log)) =
            (keeper.stdin.take(), keeper.stdout.take(), keeper.stderr.take())
        else {
            return Err(SandboxError::Cell("the agent has no pipes".into()));
        };
        tokio::spawn(pass_on(log));
        self.keepers().insert(name.clone(), keeper);
        let output = ReaderStream::new(output).boxed();
        Ok((name, Pipes { input: Box::pin(input), output }))
    }

    async fn remove(&self, cell: &str) -> Result<(), SandboxError> {
        let Some(mut keeper) = self.keepers().remove(cell) else { return Ok(()) };
        // As long as its end was not asked for, its number is nobody else's.
        if let Some(pid) = keeper.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            kill_process(pid, Signal::TERM).map_err(|e| SandboxError::host(e.into()))?;
        }
        keeper.wait().await.map(drop).map_err(SandboxError::host)
    }

    fn explain(&self, failure: SandboxError) -> SandboxError {
        match failure {
            SandboxError::Cell(reason) => SandboxError::Native(reason),
            other => other,
        }
    }
}

/// What the agent is told of a cell: see `src/agent/native.rs`.
fn words(
    name: &str,
    user: Option<(u32, u32)>,
    groups: &[(String, String)],
    preludes: Option<&Path>,
) -> io::Result<Vec<String>> {
    // A host's name may have 64 bytes.
    let mut words =
        ["native", "host-name", &name[..name.len().min(64)]].map(str::to_owned).to_vec();
    let mut say = |kind: &str, what: &[&str]| {
        words.push(kind.to_owned());
        words.extend(what.iter().map(|&word| word.to_owned()));
    };
    if let Some((user, group)) = user {
        say("user", &[&user.to_string(), &group.to_string()]);
    }
    for (folder, options) in groups {
        say("group", &[folder, options]);
    }
    for entry in base_image::entries()? {
        match entry {
            Entry::Folder(path, mode) => say("folder", &[&path, &format!("{mode:o}")]),
            Entry::Link(path, target) => say("link", &[&path, &target]),
            Entry::File(path, text) => say("file", &[&path, text]),
        }
    }
    for mount in base_image::host_mounts(preludes)? {
        say("mount", &[&mount.source, &mount.target]);
    }
    for path in DEVICES.into_iter().filter(|path| Path::new(path).exists()) {
        say("device", &[path]);
    }
    Ok(words)
}

/// The agent as a file that can be executed, and changed by nobody.
fn executable() -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("sonocode-agent", flags)?);
    file.write_all(AGENT)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}

/// Passes on what an agent says of its troubles.
async fn pass_on(log: ChildStderr) {
    let mut lines = BufReader::new(log).lines();
    while let Ok(Some(agent)) = lines.next_line().await {
        tracing::warn!(%agent, "the agent wrote to its log");
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SandboxError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|panic| SandboxError::Cell(format!("control groups: {panic}")))
}

fn refused(error: impl std::fmt::Display) -> SandboxError {
    SandboxError::Native(error.to_string())
}
