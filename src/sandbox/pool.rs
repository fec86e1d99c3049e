//! A warm pool of cells on a Docker engine that may come and go.

use super::{
    Cell, Command, Engine, File, Input, Ran, Rootfs, Sandbox, SandboxError,
    cell::AgentLink,
    docker::{BOX_BYTES, DockerEngine, OnPull},
};
use crate::config::{SandboxConfig, ToolchainSource};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

/// After so many submissions a container is thrown away, whatever its state: nothing that leaks
/// slowly in an engine or a kernel grows without end.
const USES: u32 = 200;

/// What a cell needs beside the memory of the command that runs, in bytes: the box with what the
/// compiler left there, and the agent with output and inputs on their way. With less, the kernel could
/// end the agent in the place of a program that uses too much.
const BESIDE: u64 = BOX_BYTES + AGENT_BYTES;

/// What the agent needs, with inputs of the usual size.
const AGENT_BYTES: u64 = 64 << 20;

/// An input larger than this needs room of its own.
const USUAL_INPUT: u64 = 16 << 20;

/// Cells on a Docker engine.
pub struct DockerSandbox(Arc<Pool>);

struct Pool {
    config: SandboxConfig,
    owner: String,
    size: usize,
    on_pull: OnPull,
    /// Cells that may be lent at one time.
    permits: Arc<Semaphore>,
    state: Mutex<State>,
    /// Held while connecting, so that one caller sweeps and the others wait for it.
    connecting: tokio::sync::Mutex<()>,
    /// Starts, removals and resets, which go on in the background.
    tasks: TaskTracker,
}

#[derive(Default)]
struct State {
    engine: Option<Arc<DockerEngine>>,
    idle: BTreeMap<Rootfs, Vec<Idle>>,
    closed: bool,
}

struct Idle {
    container: Container,
    link: AgentLink,
    uses: u32,
}

/// A container; removed when dropped.
struct Container {
    id: String,
    engine: Arc<DockerEngine>,
    pool: Arc<Pool>,
}

impl Drop for Container {
    fn drop(&mut self) {
        let (engine, id) = (self.engine.clone(), std::mem::take(&mut self.id));
        // Outside a runtime nothing can be asked of the engine; the agent ends with its input, and
        // the engine removes what has ended.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.pool.tasks.spawn_on(
                async move {
                    if let Err(error) = engine.remove(&id).await {
                        tracing::warn!(%id, %error, "a container could not be removed");
                    }
                },
                &runtime,
            );
        }
    }
}

impl DockerSandbox {
    /// A pool that lends at most `size` cells at one time. Nothing is started yet.
    pub fn new(config: SandboxConfig, owner: String, size: usize, on_pull: OnPull) -> Self {
        Self(Arc::new(Pool {
            config,
            owner,
            size,
            on_pull,
            permits: Arc::new(Semaphore::new(size)),
            state: Mutex::default(),
            connecting: tokio::sync::Mutex::new(()),
            tasks: TaskTracker::new(),
        }))
    }

    /// Starts cells with the host's toolchains until as many are there as can be lent, and one more
    /// that is wiped meanwhile. Cells of images are started when they are first wanted.
    pub async fn warm(&self) -> Result<(), SandboxError> {
        let pool = &self.0;
        if pool.config.toolchain == ToolchainSource::Image {
            return Ok(());
        }
        let lent = || pool.size - pool.permits.available_permits();
        let waiting = || pool.state().idle.get(&Rootfs::Host).map_or(0, Vec::len);
        while lent() + waiting() <= pool.size {
            let cell = pool.start(&Rootfs::Host).await?;
            pool.put_back(&Rootfs::Host, cell);
        }
        Ok(())
    }

    /// Removes every cell and waits until they are gone.
    pub async fn close(&self) {
        let idle = {
            let mut state = self.0.state();
            state.closed = true;
            std::mem::take(&mut state.idle)
        };
        drop(idle);
        self.0.tasks.close();
        self.0.tasks.wait().await;
        let engine = self.0.state().engine.take();
        if let Some(engine) = engine
            && let Err(error) = engine.sweep().await
        {
            tracing::warn!(%error, "containers may be left; the next start removes them");
        }
    }
}

#[async_trait]
impl Sandbox for DockerSandbox {
    async fn lease(&self, rootfs: &Rootfs) -> Result<Box<dyn Cell>, SandboxError> {
        let pool = &self.0;
        let closed = |_| SandboxError::NoEngine("the daemon stops".into());
        let permit = pool.permits.clone().acquire_owned().await.map_err(closed)?;
        let idle = match pool.take_idle(rootfs) {
            Some(idle) => idle,
            None => pool.start(rootfs).await?,
        };
        Ok(Box::new(Lent { idle, rootfs: rootfs.clone(), pool: pool.clone(), _permit: permit }))
    }

    async fn health(&self) -> Result<Engine, SandboxError> {
        let engine = self.0.engine().await?;
        if let Err(error) = engine.ping().await {
            self.0.forget_engine();
            return Err(error);
        }
        let idle_cells = self.0.state().idle.values().map(Vec::len).sum();
        Ok(Engine { idle_cells, ..engine.describe() })
    }
}

impl Pool {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing is left half done while the lock is held, so a panic elsewhere does no harm here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine, connected at the first use and whenever it had gone away.
    async fn engine(&self) -> Result<Arc<DockerEngine>, SandboxError> {
        let _one_at_a_time = self.connecting.lock().await;
        if let Some(engine) = self.state().engine.clone() {
            return Ok(engine);
        }
        let (config, owner) = (self.config.clone(), self.owner.clone());
        let engine = DockerEngine::connect(config, owner, self.on_pull.clone()).await?;
        let strays = engine.sweep().await?;
        if strays > 0 {
            tracing::info!(strays, "removed containers that an earlier daemon left behind");
        }
        let engine = Arc::new(engine);
        self.state().engine = Some(engine.clone());
        Ok(engine)
    }

    /// After the engine went away, its cells are gone as well.
    fn forget_engine(&self) {
        let mut state = self.state();
        let gone = (state.engine.take(), std::mem::take(&mut state.idle));
        drop(state);
        drop(gone);
    }

    /// Starts a cell, in a task of its own: a caller that goes away meanwhile leaves no container
    /// behind that nobody knows of.
    async fn start(self: &Arc<Self>, rootfs: &Rootfs) -> Result<Idle, SandboxError> {
        let (pool, rootfs) = (self.clone(), rootfs.clone());
        let task = self.tasks.spawn(async move { pool.make(&rootfs).await });
        task.await.map_err(|panic| SandboxError::Cell(format!("it was not made: {panic}")))?
    }

    async fn make(self: &Arc<Self>, rootfs: &Rootfs) -> Result<Idle, SandboxError> {
        let engine = self.engine().await?;
        let started = engine.start(rootfs).await;
        if matches!(started, Err(SandboxError::NoEngine(_))) {
            self.forget_engine();
        }
        let (id, pipes) = started?;
        let container = Container { id, engine, pool: self.clone() };
        let link = AgentLink::open(pipes, self.config.cell_disk_mib / 2).await?;
        Ok(Idle { container, link, uses: 0 })
    }

    /// Makes sure that a command cannot use up its cell: a compiler gets no more than there is, and a
    /// program that is promised more cannot be judged here.
    async fn fit(&self, command: &mut Command) -> Result<(), SandboxError> {
        let cell = self.config.cell_memory_mib << 20;
        let limit = &mut command.limits.memory_bytes;
        if command.writes_box {
            *limit = cell.saturating_sub(AGENT_BYTES).min(*limit);
            return Ok(());
        }
        let input = match &command.stdin {
            Input::Bytes(bytes) => bytes.len() as u64,
            Input::File(path) => tokio::fs::metadata(path).await.map_err(SandboxError::host)?.len(),
        };
        let needed = *limit + BESIDE + input.saturating_sub(USUAL_INPUT);
        if needed <= cell {
            return Ok(());
        }
        Err(SandboxError::Start {
            command: command.argv[0].clone(),
            reason: format!(
                "it may use {} MiB of memory, for which a cell needs {}: raise \
                 `sandbox.cell_memory_mib` ({})",
                *limit >> 20,
                needed.div_ceil(1 << 20),
                self.config.cell_memory_mib
            ),
        })
    }

    fn take_idle(&self, rootfs: &Rootfs) -> Option<Idle> {
        loop {
            let mut idle = self.state().idle.get_mut(rootfs)?.pop()?;
            if idle.link.is_alive() {
                return Some(idle);
            }
        }
    }

    /// Keeps a wiped cell for the next submission, unless enough wait already.
    fn put_back(&self, rootfs: &Rootfs, cell: Idle) {
        let mut state = self.state();
        let closed = state.closed;
        let waiting = state.idle.entry(rootfs.clone()).or_default();
        if !closed && waiting.len() <= self.size {
            waiting.push(cell);
            return;
        }
        drop(state);
        drop(cell);
    }
}

/// A cell that was lent.
struct Lent {
    idle: Idle,
    rootfs: Rootfs,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

#[async_trait]
impl Cell for Lent {
    async fn write(&mut self, files: Vec<File>) -> Result<(), SandboxError> {
        self.idle.link.write(files).await
    }

    async fn begin(&mut self, mut command: Command) -> Result<(), SandboxError> {
        self.pool.fit(&mut command).await?;
        self.idle.link.begin(command).await
    }

    async fn ended(&mut self) -> Result<Ran, SandboxError> {
        self.idle.link.ended().await
    }

    async fn release(self: Box<Self>) {
        let Self { mut idle, rootfs, pool, _permit } = *self;
        idle.uses += 1;
        if !idle.link.is_idle() || idle.uses >= USES {
            return;
        }
        // The worker need not wait for the wiping.
        let tasks = pool.tasks.clone();
        tasks.spawn(async move {
            match idle.link.reset().await {
                Ok(()) => pool.put_back(&rootfs, idle),
                Err(error) => {
                    let id = &idle.container.id;
                    tracing::warn!(%id, %error, "a cell could not be wiped and is thrown away");
                }
            }
        });
    }
}
