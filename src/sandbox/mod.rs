//! Where untrusted programs run, and the facts that come back.
//!
//! A [`Sandbox`] lends [`Cell`]s. A cell belongs to one submission at a time: its files are written
//! once, then commands run in it one after another, each in fresh namespaces with its own limits.
//! Nothing in here judges: see [`crate::judge::verdict_of`].

use crate::judge::{Facts, RunLimits};
use async_trait::async_trait;
use bytes::Bytes;
use std::path::PathBuf;

mod backend;
mod base_image;
mod cell;
mod choice;
pub mod docker;
mod lent;
mod means;
pub mod native;
mod pool;
pub mod protocol;
#[cfg(test)]
mod protocol_tests;
mod stock;

pub use choice::probe;
pub use docker::Pull;
pub use means::Means;
pub use pool::CellPool;

/// Lends cells.
#[async_trait]
pub trait Sandbox: Send + Sync + 'static {
    /// Lends a cell with the toolchain in it. Waits while all cells are lent.
    async fn lease(&self, rootfs: &Rootfs) -> Result<Box<dyn Cell>, SandboxError>;

    /// Whether cells can show this machine's toolchains. Without an engine nobody knows: true.
    fn shows_host(&self) -> bool {
        true
    }

    /// Whether cells can be made now, and if not, why and what mends it.
    async fn health(&self) -> Result<Engine, SandboxError>;
}

/// What a cell's file system holds beside the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rootfs {
    /// The host's own toolchains, mounted read-only.
    Host,
    /// A container image.
    Image(String),
}

/// A place where commands run under limits. Dropping a cell destroys it with all that runs in it.
#[async_trait]
pub trait Cell: Send {
    /// Writes files into the cell's box, the working directory of every command. Only before the
    /// first command: afterwards untrusted code has been there.
    async fn write(&mut self, files: Vec<File>) -> Result<(), SandboxError>;

    /// Sends a command to the cell. Commands run one after another in the order they were sent;
    /// sending the next before the last has ended keeps the cell busy.
    async fn begin(&mut self, command: Command) -> Result<(), SandboxError>;

    /// The next command's end, in the order of [`Cell::begin`].
    async fn ended(&mut self) -> Result<Ran, SandboxError>;

    /// Wipes the cell and gives it back to the pool.
    async fn release(self: Box<Self>);
}

/// A file for the cell's box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a directory.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A command to run in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Program and arguments; the program is looked up on the cell's PATH.
    pub argv: Vec<String>,
    /// What is on its standard input.
    pub stdin: Input,
    /// What it may use.
    pub limits: RunLimits,
    /// Whether it may write into the box (compilers may, programs may not).
    pub writes_box: bool,
    /// How much of standard output comes back; the rest is counted and dropped.
    pub keep_stdout: u64,
    /// How much of standard error comes back.
    pub keep_stderr: u64,
}

/// Standard input of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// These bytes.
    Bytes(Bytes),
    /// The content of a file of the daemon's own.
    File(PathBuf),
}

/// A command that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// What happened.
    pub facts: Facts,
    /// Standard output, at most `keep_stdout` bytes of it.
    pub stdout: Vec<u8>,
    /// Standard error, at most `keep_stderr` bytes of it.
    pub stderr: Vec<u8>,
}

/// The engine behind a sandbox, for `status` and `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Engine {
    /// Its name and version, such as `Docker 20.10.24`.
    pub name: String,
    /// 1 or 2.
    pub cgroup_version: u8,
    /// Cells that are ready to be lent.
    pub idle_cells: usize,
    /// What this engine cannot enforce here; empty when it can enforce everything.
    pub missing: Vec<String>,
    /// What it enforces and measures here, and by what.
    #[serde(default)]
    pub means: Vec<Means>,
    /// Whether cells can show this machine's toolchains.
    #[serde(default)]
    pub host_toolchains: bool,
}

/// Why a sandbox could not do its work. Never the program's fault.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No engine answers.
    #[error("no container engine: {0}")]
    NoEngine(String),
    /// The kernel does not let the daemon make cells without an engine.
    #[error("no native sandbox: {0}")]
    Native(String),
    /// An image is missing and cannot be had.
    #[error("image {image}: {reason}")]
    Image {
        /// Its name.
        image: String,
        /// What the engine said.
        reason: String,
    },
    /// The cell died or broke its protocol.
    #[error("the cell failed: {0}")]
    Cell(String),
    /// A command could not be started in the cell, such as a program that is not there.
    #[error("cannot start `{command}`: {reason}")]
    Start {
        /// The program.
        command: String,
        /// The operating system's words.
        reason: String,
    },
}

impl SandboxError {
    /// A failure of the daemon's own machine.
    #[expect(clippy::needless_pass_by_value, reason = "used as a function value")]
    pub(crate) fn host(error: std::io::Error) -> Self {
        Self::Cell(format!("on the daemon's own machine: {error}"))
    }
}
