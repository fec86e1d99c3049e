//! Problem × source → events, in a cell.
//!
//! One cell serves one submission: the source is written and compiled once, then every test runs in
//! it. The next tests are sent before the last has ended, so the cell never waits for the daemon.

mod generate;
mod judging;
mod message;
mod toolchain;

pub use generate::GenerateError;
pub use toolchain::host_toolchain;

use crate::{
    config::ToolchainSource,
    judge::{Language, Languages, RunLimits, Usage},
    problem::ProblemStore,
    sandbox::{Cell, Command, File, Input, Ran, Rootfs, Sandbox, SandboxError},
    wire::LanguageStatus,
};
use std::{sync::Arc, time::Duration};

/// What a compiler may use: the ICPC's usual bounds.
const COMPILE_LIMITS: RunLimits = RunLimits {
    cpu: Duration::from_secs(30),
    wall: Duration::from_secs(60),
    memory_bytes: 2048 << 20,
    output_bytes: 16 << 20,
    processes: 256,
};

/// How much of a compiler's output, or of a program's standard error, is kept, in bytes.
const KEEP_TEXT: u64 = 64 << 10;

/// Evaluates submissions, and fills in the generated tests of packages.
pub struct Evaluator {
    sandbox: Arc<dyn Sandbox>,
    languages: Arc<Languages>,
    problems: Arc<ProblemStore>,
    source: ToolchainSource,
    statuses: tokio::sync::OnceCell<Vec<LanguageStatus>>,
}

/// A compiler that has ended.
struct Compiled {
    /// Whether there is a program to run.
    ok: bool,
    usage: Usage,
    /// What the compiler said, and why it was ended if it was.
    output: String,
}

impl Evaluator {
    /// An evaluator that takes cells from `sandbox` and toolchains from where `source` says.
    pub fn new(
        sandbox: Arc<dyn Sandbox>,
        languages: Arc<Languages>,
        problems: Arc<ProblemStore>,
        source: ToolchainSource,
    ) -> Self {
        let statuses = tokio::sync::OnceCell::new();
        Self { sandbox, languages, problems, source, statuses }
    }

    /// A cell for programs in this language, with their source in it.
    async fn cell_with(
        &self,
        language: &Language,
        source: &str,
    ) -> Result<Box<dyn Cell>, SandboxError> {
        let mut cell = self.sandbox.lease(&self.rootfs(language)?).await?;
        let bytes = source.as_bytes().to_vec().into();
        cell.write(vec![File { name: language.source.clone(), bytes }]).await?;
        Ok(cell)
    }

    fn rootfs(&self, language: &Language) -> Result<Rootfs, SandboxError> {
        toolchain::rootfs(language, self.source, self.sandbox.shows_host())
    }

    /// Compiles what is in the cell; `None` for a language without a compiler.
    async fn compile(
        &self,
        cell: &mut dyn Cell,
        language: &Language,
    ) -> Result<Option<Compiled>, SandboxError> {
        let Some(argv) = language.compile.clone() else { return Ok(None) };
        cell.begin(Command {
            argv,
            stdin: Input::Bytes(bytes::Bytes::new()),
            limits: COMPILE_LIMITS,
            writes_box: true,
            keep_stdout: KEEP_TEXT,
            keep_stderr: KEEP_TEXT,
        })
        .await?;
        let ran = cell.ended().await?;
        Ok(Some(Compiled {
            ok: ran.facts.stopped.is_none() && ran.facts.exit.success(),
            usage: usage(&ran),
            output: message::compiler(&ran, &COMPILE_LIMITS),
        }))
    }
}

fn usage(ran: &Ran) -> Usage {
    let millis = |time: Duration| time.as_millis() as u64;
    Usage {
        cpu_ms: millis(ran.facts.cpu),
        wall_ms: millis(ran.facts.wall),
        memory_kib: ran.facts.memory_bytes >> 10,
    }
}
