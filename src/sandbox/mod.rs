//! Where untrusted programs run, and the facts that come back.
//!
//! A [`Sandbox`] lends [`Cell`]s. A cell belongs to one submission at a time: its files are written
//! once, then commands run in it one after another, each in fresh namespaces with its own limits. The
//! submission and the problem's own programs have a box each and never see the other's.
//! Nothing in here judges: see [`crate::judge::verdict_of`].

use crate::judge::{Facts, RunLimits, Speaker};
use async_trait::async_trait;
use bytes::Bytes;
use std::{path::PathBuf, time::Duration};

#[cfg(test)]
mod agent_tests;
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
mod spool;
mod stock;

pub use base_image::{PRELUDES_PATH, agent_digest};
pub use choice::probe;
pub use docker::Pull;
pub use means::Means;
pub use pool::CellPool;
pub use protocol::Side;
pub use spool::Spool;

/// Lends cells.
#[async_trait]
pub trait Sandbox: Send + Sync + 'static {
    /// Lends a cell with the toolchain in it. Waits while all cells are lent.
    async fn lease(&self, rootfs: &Rootfs) -> Result<Box<dyn Cell>, SandboxError>;

    /// Lends a cell if one lies idle now and nobody waits for it; never waits.
    fn lease_idle(&self, rootfs: &Rootfs) -> Option<Box<dyn Cell>>;

    /// Whether cells can show this machine's toolchains. Without an engine nobody knows: true.
    fn shows_host(&self) -> bool {
        true
    }

    /// Whether cells can be made now, and if not, why and what mends it.
    async fn health(&self) -> Result<Engine, SandboxError>;

    /// Makes ready what the first lease would otherwise wait for, unless that was done before.
    async fn warm(&self) -> Result<(), SandboxError> {
        Ok(())
    }

    /// Removes every cell and waits until they are gone.
    async fn close(&self) {}
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
///
/// Whatever is asked of it is carried out in the order of asking, and told in that order by
/// [`Cell::next`]; asking for more before the last has ended keeps the cell busy.
#[async_trait]
pub trait Cell: Send {
    /// Writes files into a box, the working directory of a side's commands. Only before the first
    /// command there: afterwards untrusted code has been in it.
    async fn write(&mut self, side: Side, files: Vec<File>) -> Result<(), SandboxError>;

    /// Puts files into a box for the commands that are begun from now on, until [`Cell::lift`].
    async fn lay(&mut self, side: Side, files: Vec<File>) -> Result<(), SandboxError>;

    /// Takes away what [`Cell::lay`] put there; what had its place is back again.
    async fn lift(&mut self) -> Result<(), SandboxError>;

    /// Puts what [`Cell::pack`] gave, in this cell or another, into the same side's box. Only before the
    /// first command there.
    async fn restore(&mut self, packed: &[u8]) -> Result<(), SandboxError>;

    /// Gives the cell a file to hold in its memory.
    async fn hold(&mut self, content: Input) -> Result<Held, SandboxError>;

    /// A name for a file that a command will write, for [`Command::hold_stdout`] or [`Cell::fetch`].
    fn reserve(&mut self) -> Held;

    /// Parts with a held file, once everything asked before is done.
    async fn forget(&mut self, held: Held) -> Result<(), SandboxError>;

    /// Runs a command: told as its output and one [`Happening::Ended`].
    async fn begin(&mut self, command: Command) -> Result<(), SandboxError>;

    /// Runs a program and an interactor at the same time, each reading what the other writes: told
    /// as their outputs and two [`Happening::Ended`], the program's first. When the interactor ends
    /// before the program with the exit code `rejects`, the program is ended.
    async fn interact(
        &mut self,
        program: Command,
        judge: Command,
        rejects: i32,
    ) -> Result<(), SandboxError>;

    /// Asks for a file that checker or interactor left in `/box/feedback`: at most `limit` bytes of
    /// it. Told as [`Happening::Output`] of [`Stream::Fetched`], unless it is moved `into` a held file,
    /// and one [`Happening::Fetched`].
    async fn fetch(
        &mut self,
        name: &str,
        limit: u64,
        into: Option<Held>,
    ) -> Result<(), SandboxError>;

    /// Asks for all that is in a box: told like a fetched file.
    async fn pack(&mut self, side: Side, limit: u64) -> Result<(), SandboxError>;

    /// What happens next. A future that is dropped before it is ready takes nothing with it.
    async fn next(&mut self) -> Result<Happening, SandboxError>;

    /// Waits for the end of the command that was begun first, and gathers its output.
    async fn ended(&mut self) -> Result<Ran, SandboxError> {
        let (mut stdout, mut stderr) = (Spool::new(), Vec::new());
        loop {
            match self.next().await? {
                Happening::Output { stream: Stream::Stdout, bytes } => stdout.push(&bytes)?,
                Happening::Output { bytes, .. } => stderr.extend_from_slice(&bytes),
                Happening::Ended { facts, .. } => return Ok(Ran { facts, stdout, stderr }),
                Happening::Fetched(_) | Happening::Said { .. } => return Err(out_of_order()),
            }
        }
    }

    /// Waits for what a [`Cell::fetch`] or a [`Cell::pack`] asked for; `None` when there is none.
    async fn fetched(&mut self) -> Result<Option<Vec<u8>>, SandboxError> {
        let mut content = Vec::new();
        loop {
            match self.next().await? {
                Happening::Output { bytes, .. } => content.extend_from_slice(&bytes),
                Happening::Fetched(size) => return Ok(size.map(|_| content)),
                Happening::Ended { .. } | Happening::Said { .. } => return Err(out_of_order()),
            }
        }
    }

    /// Wipes the cell and gives it back to the pool.
    async fn release(self: Box<Self>);
}

fn out_of_order() -> SandboxError {
    SandboxError::Cell("the agent answers something else than was asked".into())
}

/// A file for a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the box; folders on the way are made.
    pub path: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// Whether it may be run as a program.
    pub executable: bool,
}

impl File {
    /// A file that is read and not run.
    pub fn plain(path: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), executable: false }
    }
}

/// A file that a cell holds in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held(pub(in crate::sandbox) u32);

/// A command to run in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Program and arguments; the program is looked up on the cell's PATH.
    pub argv: Vec<String>,
    /// What is on its standard input. An interactive command hears its partner instead.
    pub stdin: Input,
    /// What it may use.
    pub limits: RunLimits,
    /// Whose box it runs in.
    pub side: Side,
    /// Whether it may write into the box (compilers may, programs may not).
    pub writes_box: bool,
    /// How much of standard output comes back; the rest is counted and dropped.
    pub keep_stdout: u64,
    /// How much of standard error comes back.
    pub keep_stderr: u64,
    /// Whether output comes back at once and not in large pieces.
    pub live: bool,
    /// Whether standard output is held in the cell as well.
    pub hold_stdout: Option<Held>,
    /// Held files that it finds as `/proc/self/fd/3`, `4`, …
    pub shown: Vec<Held>,
    /// Whether `/box/feedback`, which checker and interactor share, is emptied before.
    pub fresh_feedback: bool,
}

impl Command {
    /// A program of the submission that reads nothing, and of whose output nothing comes back.
    pub fn new(argv: Vec<String>, limits: RunLimits) -> Self {
        Self {
            argv,
            stdin: Input::Bytes(Bytes::new()),
            limits,
            side: Side::Program,
            writes_box: false,
            keep_stdout: 0,
            keep_stderr: 0,
            live: false,
            hold_stdout: None,
            shown: Vec::new(),
            fresh_feedback: false,
        }
    }
}

/// Standard input of a command, or the content of a file to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// These bytes.
    Bytes(Bytes),
    /// The content of a file of the daemon's own.
    File(PathBuf),
    /// A file that the cell holds.
    Held(Held),
}

/// What a cell tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Bytes were written, or fetched.
    Output {
        /// Where.
        stream: Stream,
        /// What.
        bytes: Bytes,
    },
    /// A program or an interactor said something to the other, as far as it was to be kept.
    Said {
        /// Who.
        by: Speaker,
        /// When, after both were let go.
        at: Duration,
        /// What.
        bytes: Bytes,
    },
    /// A command and all its processes are gone.
    Ended {
        /// How it went.
        facts: Facts,
        /// Of a program and an interactor, whether this one ended first.
        first: bool,
    },
    /// The end of what was asked for: its size in bytes, whether sent or not; `None` when there is no
    /// such file, or it is nothing that can be sent.
    Fetched(Option<u64>),
}

/// Where bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The program's standard output.
    Stdout,
    /// Its standard error.
    Stderr,
    /// An interactor's standard error.
    JudgeStderr,
    /// Something that was asked for.
    Fetched,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    /// What happened.
    pub facts: Facts,
    /// Standard output, at most `keep_stdout` bytes of it.
    pub stdout: Spool,
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
    /// A problem's package cannot be had at the moment, or not be used on this machine.
    #[error("{0}")]
    Problem(String),
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
