//! The seam between the pool of cells and what starts them.

use super::{
    Engine, Rootfs, SandboxError,
    cell::{AgentLink, Pipes},
};
use async_trait::async_trait;
use std::sync::Arc;

/// Starts cells: a container engine, or this machine's kernel.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Who it is and what it cannot enforce; `idle_cells` is 0.
    fn describe(&self) -> Engine;

    /// Whether cells can still be started. Removes those that it made late, asked by a daemon that had died by then.
    async fn look(&self) -> Result<(), SandboxError>;

    /// Removes every cell that a daemon on this data directory ever made; their number.
    async fn sweep(&self) -> Result<usize, SandboxError>;

    /// Starts a cell with an agent in it: the cell's name for [`Backend::remove`], and the pipes to
    /// its agent. Nothing is left of a cell whose start fails.
    async fn start(&self, rootfs: &Rootfs) -> Result<(String, Pipes), SandboxError>;

    /// Removes a cell with everything that runs in it. One that is gone already is no error.
    async fn remove(&self, cell: &str) -> Result<(), SandboxError>;

    /// What it means that an agent could not make its cell: here, for this backend.
    fn explain(&self, failure: SandboxError) -> SandboxError;
}

impl dyn Backend {
    /// Starts a cell and has its agent say that it is ready: the cell's name and the link to its agent.
    /// `disk_mib` bounds each of a program's temporary file systems.
    pub async fn open(
        &self,
        rootfs: &Rootfs,
        disk_mib: u64,
    ) -> Result<(String, AgentLink), SandboxError> {
        let (name, pipes) = self.start(rootfs).await?;
        match AgentLink::open(pipes, disk_mib).await {
            Ok(link) => Ok((name, link)),
            Err(failure) => {
                // The first error is the one to tell; what stays is swept at the next start.
                let _ = self.remove(&name).await;
                Err(self.explain(failure))
            }
        }
    }

    /// Makes a cell and removes it: whether that can be done here.
    pub async fn try_out(&self) -> Result<(), SandboxError> {
        let (name, link) = self.open(&Rootfs::Host, 1).await?;
        drop(link);
        self.remove(&name).await
    }
}

/// Finds the backend to use.
#[async_trait]
pub trait Connect: Send + Sync + 'static {
    /// The backend, once it answers.
    async fn connect(&self) -> Result<Arc<dyn Backend>, SandboxError>;
}
