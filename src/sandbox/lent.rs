//! A cell while it is lent.

use super::{
    Cell, Command, File, Happening, Held, Input, Rootfs, SandboxError, Side,
    docker::BOX_BYTES,
    pool::{Idle, Pool},
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc};
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
    idle: Idle,
    rootfs: Rootfs,
    pool: Arc<Pool>,
    permit: OwnedSemaphorePermit,
    /// What is held in the cell, and how many bytes of it there may be.
    held: BTreeMap<u32, u64>,
}

#[async_trait]
impl Cell for Lent {
    async fn write(&mut self, side: Side, files: Vec<File>) -> Result<(), SandboxError> {
        self.idle.link.write(side, files).await
    }

    async fn lay(&mut self, side: Side, files: Vec<File>) -> Result<(), SandboxError> {
        self.idle.link.lay(side, files).await
    }

    async fn lift(&mut self) -> Result<(), SandboxError> {
        self.idle.link.lift().await
    }

    async fn restore(&mut self, packed: &[u8]) -> Result<(), SandboxError> {
        self.idle.link.restore(packed).await
    }

    async fn hold(&mut self, content: Input) -> Result<Held, SandboxError> {
        let size = size_of(&content).await?;
        let held = self.idle.link.hold(content).await?;
        self.held.insert(held.0, size);
        Ok(held)
    }

    fn reserve(&mut self) -> Held {
        self.idle.link.reserve()
    }

    async fn forget(&mut self, held: Held) -> Result<(), SandboxError> {
        self.held.remove(&held.0);
        self.idle.link.forget(held).await
    }

    async fn begin(&mut self, mut command: Command) -> Result<(), SandboxError> {
        self.fit(&mut command, 0).await?;
        self.idle.link.begin(command).await
    }

    async fn interact(
        &mut self,
        mut program: Command,
        mut judge: Command,
        rejects: i32,
    ) -> Result<(), SandboxError> {
        self.fit(&mut program, 0).await?;
        self.fit(&mut judge, program.limits.memory_bytes).await?;
        self.idle.link.interact(program, judge, rejects).await
    }

    async fn fetch(
        &mut self,
        name: &str,
        limit: u64,
        into: Option<Held>,
    ) -> Result<(), SandboxError> {
        if let Some(held) = into {
            self.held.insert(held.0, limit);
        }
        self.idle.link.fetch(name, limit, into).await
    }

    async fn pack(&mut self, side: Side, limit: u64) -> Result<(), SandboxError> {
        self.idle.link.pack(side, limit).await
    }

    async fn next(&mut self) -> Result<Happening, SandboxError> {
        self.idle.link.next().await
    }

    async fn release(self: Box<Self>) {
        let Self { idle, rootfs, pool, permit, held: _ } = *self;
        pool.take_back(&rootfs, idle);
        drop(permit);
    }
}

impl Lent {
    /// Lends a cell that nobody has used since it was wiped.
    pub(super) fn new(
        idle: Idle,
        rootfs: &Rootfs,
        pool: &Arc<Pool>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let (rootfs, pool, held) = (rootfs.clone(), pool.clone(), BTreeMap::new());
        Self { idle, rootfs, pool, permit, held }
    }

    /// Makes sure that a command cannot use up its cell, in which another may use `others` bytes at the
    /// same time: compilers and the problem's own programs get no more than there is, and a submission
    /// that is promised more cannot be judged here.
    async fn fit(&mut self, command: &mut Command, others: u64) -> Result<(), SandboxError> {
        let cell_memory_mib = self.pool.config.cell_memory_mib;
        let cell = cell_memory_mib << 20;
        if let Some(held) = command.hold_stdout {
            self.held.insert(held.0, command.limits.output_bytes);
        }
        let held: u64 = self.held.values().sum();
        let files = held + size_of(&command.stdin).await?;
        let beside = others + files.saturating_sub(USUAL_INPUT);
        let limit = &mut command.limits.memory_bytes;
        if command.writes_box || command.side.is_judge() {
            *limit = cell.saturating_sub(AGENT_BYTES + beside).min(*limit);
            return Ok(());
        }
        let needed = *limit + BESIDE + beside;
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
}

/// How many bytes an input brings into the cell.
async fn size_of(input: &Input) -> Result<u64, SandboxError> {
    Ok(match input {
        Input::Bytes(bytes) => bytes.len() as u64,
        Input::File(path) => tokio::fs::metadata(path).await.map_err(SandboxError::host)?.len(),
        Input::Held(_) => 0,
    })
}
