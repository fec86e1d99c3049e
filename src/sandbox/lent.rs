//! A cell while it is lent.

use super::{
    Cell, Command, File, Input, Ran, Rootfs, SandboxError,
    docker::BOX_BYTES,
    pool::{Idle, Pool},
};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What a cell needs beside the memory of the command that runs, in bytes: the box with what the
/// compiler left there, and the agent with output and inputs on their way. With less, the kernel could
/// end the agent in the place of a program that uses too much.
const BESIDE: u64 = BOX_BYTES + AGENT_BYTES;

/// What the agent needs, with inputs of the usual size.
const AGENT_BYTES: u64 = 64 << 20;

/// An input larger than this needs room of its own.
const USUAL_INPUT: u64 = 16 << 20;

/// A cell that was lent.
pub(super) struct Lent {
    pub(super) idle: Idle,
    pub(super) rootfs: Rootfs,
    pub(super) pool: Arc<Pool>,
    pub(super) permit: OwnedSemaphorePermit,
}

#[async_trait]
impl Cell for Lent {
    async fn write(&mut self, files: Vec<File>) -> Result<(), SandboxError> {
        self.idle.link.write(files).await
    }

    async fn begin(&mut self, mut command: Command) -> Result<(), SandboxError> {
        fit(self.pool.config.cell_memory_mib, &mut command).await?;
        self.idle.link.begin(command).await
    }

    async fn ended(&mut self) -> Result<Ran, SandboxError> {
        self.idle.link.ended().await
    }

    async fn release(self: Box<Self>) {
        let Self { idle, rootfs, pool, permit } = *self;
        pool.take_back(&rootfs, idle);
        drop(permit);
    }
}

/// Makes sure that a command cannot use up its cell: a compiler gets no more than there is, and a
/// program that is promised more cannot be judged here.
async fn fit(cell_memory_mib: u64, command: &mut Command) -> Result<(), SandboxError> {
    let cell = cell_memory_mib << 20;
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
             `sandbox.cell_memory_mib` ({cell_memory_mib})",
            *limit >> 20,
            needed.div_ceil(1 << 20),
        ),
    })
}
