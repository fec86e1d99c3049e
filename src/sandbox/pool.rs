//! A warm pool of cells on a backend that may come and go.
//!
//! It is filled before cells are needed and sized by use: at the start there are as many as can be lent
//! and one more; whenever the last idle one of a kind is taken, the next is started meanwhile; what has
//! not been used for `sandbox.idle_secs` is removed, down to one.

use super::{
    Cell, Engine, Rootfs, Sandbox, SandboxError,
    backend::{Backend, Connect},
    cell::AgentLink,
    choice::Choice,
    docker::OnPull,
    lent::Lent,
    stock::Stock,
};
use crate::config::{SandboxConfig, ToolchainSource};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// After so many submissions a cell is thrown away, whatever its state: nothing that leaks
/// slowly in an engine or a kernel grows without end.
const USES: u32 = 200;

/// A pool of cells.
pub struct CellPool(Arc<Pool>);

pub(super) struct Pool {
    pub(super) config: SandboxConfig,
    size: usize,
    connect: Box<dyn Connect>,
    /// Cells that may be lent at one time.
    permits: Arc<Semaphore>,
    state: Mutex<State>,
    /// Cells that may be started or removed at one time; a start waits behind the removals before it. A backend that is slow
    /// is so never asked for more than it can remove.
    moves: Arc<Semaphore>,
    /// Held while connecting, so that one caller sweeps and the others wait for it.
    connecting: tokio::sync::Mutex<()>,
    /// Starts, removals and resets, which go on in the background.
    tasks: TaskTracker,
    /// Ends what only waits.
    end: CancellationToken,
}

#[derive(Default)]
struct State {
    backend: Option<Arc<dyn Backend>>,
    /// Whether the backend's first cells were started.
    warm: bool,
    stock: Stock<Idle>,
    /// Cells on their way to the stock: wiped, or started before anyone asked.
    coming: BTreeMap<Rootfs, usize>,
    /// Whether a task waits for idle cells to grow old.
    ageing: bool,
    closed: bool,
}

impl State {
    /// Counts a cell that is on its way to the stock.
    fn expect(&mut self, rootfs: &Rootfs) {
        *self.coming.entry(rootfs.clone()).or_default() += 1;
    }

    /// Such a cell has arrived, or never will.
    fn has_come(&mut self, rootfs: &Rootfs) {
        if let Some(coming) = self.coming.get_mut(rootfs) {
            *coming = coming.saturating_sub(1);
        }
    }
}

/// A cell that nobody uses.
pub(super) struct Idle {
    body: Body,
    pub(super) link: AgentLink,
    uses: u32,
}

/// A running cell; removed when dropped.
struct Body {
    name: String,
    backend: Arc<dyn Backend>,
    moves: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl Drop for Body {
    fn drop(&mut self) {
        let (backend, name) = (self.backend.clone(), std::mem::take(&mut self.name));
        let moves = self.moves.clone();
        // Outside a runtime nothing can be asked of the backend; the agent ends with its input, and
        // what has ended is removed.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.tasks.spawn_on(
                async move {
                    // The semaphore is never closed.
                    let _move = moves.acquire().await;
                    if let Err(error) = backend.remove(&name).await {
                        tracing::warn!(%name, %error, "a cell could not be removed");
                    }
                },
                &runtime,
            );
        }
    }
}

impl CellPool {
    /// A pool that lends at most `size` cells at one time, on the backend that the configuration
    /// names. `owner` stands for the data directory, in the names and labels of cells. Nothing is
    /// started yet.
    pub fn new(config: SandboxConfig, owner: String, size: usize, on_pull: OnPull) -> Self {
        let connect = Choice { config: config.clone(), owner, on_pull };
        Self::on(Box::new(connect), config, size)
    }

    fn on(connect: Box<dyn Connect>, config: SandboxConfig, size: usize) -> Self {
        Self(Arc::new(Pool {
            config,
            size,
            connect,
            permits: Arc::new(Semaphore::new(size)),
            moves: Arc::new(Semaphore::new(size + 1)),
            state: Mutex::default(),
            connecting: tokio::sync::Mutex::new(()),
            tasks: TaskTracker::new(),
            end: CancellationToken::new(),
        }))
    }
}

#[async_trait]
impl Sandbox for CellPool {
    async fn lease(&self, rootfs: &Rootfs) -> Result<Box<dyn Cell>, SandboxError> {
        let pool = &self.0;
        let closed = |_| SandboxError::NoEngine("the daemon stops".into());
        let permit = pool.permits.clone().acquire_owned().await.map_err(closed)?;
        let (idle, permit) = match pool.take(rootfs) {
            Some(idle) => (idle, permit),
            None => pool.start(rootfs, permit).await?,
        };
        pool.refill(rootfs);
        Ok(Box::new(Lent::new(idle, rootfs, pool, permit)))
    }

    fn lease_idle(&self, rootfs: &Rootfs) -> Option<Box<dyn Cell>> {
        let pool = &self.0;
        // Permits are given in the order of asking, so one that is free is wanted by nobody.
        let permit = pool.permits.clone().try_acquire_owned().ok()?;
        let idle = pool.take(rootfs)?;
        Some(Box::new(Lent::new(idle, rootfs, pool, permit)))
    }

    fn shows_host(&self) -> bool {
        let backend = self.0.state().backend.clone();
        backend.is_none_or(|backend| backend.describe().host_toolchains)
    }

    async fn health(&self) -> Result<Engine, SandboxError> {
        let backend = self.0.backend().await?;
        if let Err(error) = backend.look().await {
            self.0.forget_backend();
            return Err(error);
        }
        let idle_cells = self.0.state().stock.total();
        Ok(Engine { idle_cells, ..backend.describe() })
    }

    /// Starts the first cells of a backend: with the host's toolchains, as many as can be lent, and
    /// one more that is wiped meanwhile. Cells of images are started when they are first wanted. Does
    /// nothing when that was done before: from then on use decides how many there are.
    async fn warm(&self) -> Result<(), SandboxError> {
        let pool = &self.0;
        if pool.state().warm {
            return Ok(());
        }
        let lent = || pool.size - pool.permits.available_permits();
        let host = pool.config.toolchain != ToolchainSource::Image && self.shows_host();
        while host && lent() + pool.state().stock.count(&Rootfs::Host) <= pool.size {
            let (cell, ()) = pool.start(&Rootfs::Host, ()).await?;
            pool.put(&Rootfs::Host, cell);
        }
        pool.state().warm = true;
        Ok(())
    }

    async fn close(&self) {
        let idle = {
            let mut state = self.0.state();
            state.closed = true;
            std::mem::take(&mut state.stock)
        };
        drop(idle);
        self.0.end.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        let backend = self.0.state().backend.take();
        if let Some(backend) = backend
            && let Err(error) = backend.sweep().await
        {
            tracing::warn!(%error, "cells may be left; the next start removes them");
        }
    }
}

impl Pool {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing is left half done while the lock is held, so a panic elsewhere does no harm here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The backend, connected at the first use and whenever it had gone away.
    async fn backend(&self) -> Result<Arc<dyn Backend>, SandboxError> {
        let _one_at_a_time = self.connecting.lock().await;
        if let Some(backend) = self.state().backend.clone() {
            return Ok(backend);
        }
        let backend = self.connect.connect().await?;
        let strays = backend.sweep().await?;
        if strays > 0 {
            tracing::info!(strays, "removed cells that an earlier daemon left behind");
        }
        self.state().backend = Some(backend.clone());
        Ok(backend)
    }

    /// After the backend went away, its cells are gone as well.
    fn forget_backend(&self) {
        let mut state = self.state();
        state.warm = false;
        let gone = (state.backend.take(), std::mem::take(&mut state.stock));
        drop(state);
        drop(gone);
    }

    /// Starts a cell, in a task of its own, which holds what its caller holds until then: so who asks and goes away, again and
    /// again, has no more cells started than may be lent. The next one takes what was started for nobody.
    async fn start<T: Send + 'static>(
        self: &Arc<Self>,
        rootfs: &Rootfs,
        held: T,
    ) -> Result<(Idle, T), SandboxError> {
        let (pool, rootfs) = (self.clone(), rootfs.clone());
        let (reply, made) = oneshot::channel();
        self.tasks.spawn(async move {
            let made = pool.make(&rootfs).await.map(|idle| (idle, held));
            if let Err(Ok((idle, _held))) = reply.send(made) {
                pool.put(&rootfs, idle);
            }
        });
        made.await.unwrap_or_else(|_| Err(SandboxError::Cell("it was not made".into())))
    }

    async fn make(&self, rootfs: &Rootfs) -> Result<Idle, SandboxError> {
        let backend = self.backend().await?;
        // The semaphore is never closed.
        let moving = self.moves.acquire().await;
        let opened = backend.open(rootfs, self.config.cell_disk_mib / 2).await;
        drop(moving);
        if matches!(opened, Err(SandboxError::NoEngine(_) | SandboxError::Native(_))) {
            self.forget_backend();
        }
        let (name, link) = opened?;
        let (moves, tasks) = (self.moves.clone(), self.tasks.clone());
        Ok(Idle { body: Body { name, backend, moves, tasks }, link, uses: 0 })
    }

    fn take(&self, rootfs: &Rootfs) -> Option<Idle> {
        loop {
            let mut idle = self.state().stock.take(rootfs)?;
            if idle.link.is_alive() {
                return Some(idle);
            }
        }
    }

    /// Keeps a wiped cell for the next submission, unless enough wait already.
    fn put(self: &Arc<Self>, rootfs: &Rootfs, cell: Idle) {
        let mut state = self.state();
        if state.closed || state.stock.count(rootfs) > self.size {
            drop(state);
            drop(cell);
            return;
        }
        state.stock.put(rootfs, cell, time::Instant::now());
        if !std::mem::replace(&mut state.ageing, true) {
            let end = self.end.clone();
            let age = age(Arc::downgrade(self));
            self.tasks.spawn(async move { end.run_until_cancelled(age).await });
        }
    }

    /// Takes a cell back that was lent: wipes it, or throws it away. The caller need not wait.
    pub(super) fn take_back(self: &Arc<Self>, rootfs: &Rootfs, mut idle: Idle) {
        idle.uses += 1;
        if !idle.link.is_idle() || idle.uses >= USES {
            drop(idle);
            self.refill(rootfs);
            return;
        }
        self.state().expect(rootfs);
        let (pool, rootfs) = (self.clone(), rootfs.clone());
        self.tasks.spawn(async move {
            let wiped = idle.link.reset().await;
            pool.state().has_come(&rootfs);
            match wiped {
                Ok(()) => pool.put(&rootfs, idle),
                Err(error) => {
                    let name = &idle.body.name;
                    tracing::warn!(%name, %error, "a cell could not be wiped and is thrown away");
                }
            }
        });
    }

    /// Starts the next cell of a kind before it is needed, when none of them waits, and no more are
    /// there than can be lent and one.
    fn refill(self: &Arc<Self>, rootfs: &Rootfs) {
        let mut state = self.state();
        let lent = self.size - self.permits.available_permits();
        let coming: usize = state.coming.values().sum();
        let here = state.stock.count(rootfs) + state.coming.get(rootfs).unwrap_or(&0);
        if state.closed || here > 0 || lent + coming > self.size {
            return;
        }
        state.expect(rootfs);
        drop(state);
        let (pool, rootfs) = (self.clone(), rootfs.clone());
        self.tasks.spawn(async move {
            let made = pool.make(&rootfs).await;
            pool.state().has_come(&rootfs);
            match made {
                Ok(idle) => pool.put(&rootfs, idle),
                // Whoever needs one will start one, and is told if that fails again.
                Err(error) => tracing::debug!(%error, "no cell could be started in advance"),
            }
        });
    }
}

/// Removes idle cells when they grow old, as long as there are any that may go. Cells that come
/// meanwhile are younger than those there are, so nothing else needs to wake it.
async fn age(pool: Weak<Pool>) {
    loop {
        let Some(due) = pool.upgrade().and_then(|pool| pool.clear_old()) else { return };
        time::sleep_until(due).await;
    }
}

impl Pool {
    /// Removes what is too old; when to look again, if ever.
    fn clear_old(&self) -> Option<time::Instant> {
        let idle = Duration::from_secs(self.config.idle_secs);
        let mut state = self.state();
        let old = state.stock.expired(idle, time::Instant::now());
        let next = state.stock.next_expiry(idle);
        state.ageing = next.is_some();
        drop(state);
        drop(old);
        next
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
