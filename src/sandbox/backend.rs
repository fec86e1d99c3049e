//! The seam between the pool of cells and what starts them.

use super::{Engine, Rootfs, SandboxError, cell::Pipes};
use async_trait::async_trait;
use std::sync::Arc;

/// Starts cells: a container engine, or this machine's kernel.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Who it is and what it cannot enforce; `idle_cells` is 0.
    fn describe(&self) -> Engine;

    /// Whether cells can still be started.
    async fn ping(&self) -> Result<(), SandboxError>;

    /// Removes every cell that a daemon on this data directory ever made; their number.
    async fn sweep(&self) -> Result<usize, SandboxError>;

    /// Starts a cell with an agent in it: the cell's name for [`Backend::remove`], and the pipes to
    /// its agent. Nothing is left of a cell whose start fails.
    async fn start(&self, rootfs: &Rootfs) -> Result<(String, Pipes), SandboxError>;

    /// Removes a cell with everything that runs in it. One that is gone already is no error.
    async fn remove(&self, cell: &str) -> Result<(), SandboxError>;
}

/// Finds the backend to use.
#[async_trait]
pub trait Connect: Send + Sync + 'static {
    /// The backend, once it answers.
    async fn connect(&self) -> Result<Arc<dyn Backend>, SandboxError>;
}
