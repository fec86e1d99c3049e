//! Problem × source → events, in a cell.
//!
//! One cell serves one submission: the source is written and compiled once, then every test runs in
//! it. The next tests are sent before the last has ended, so the cell never waits for the daemon.

mod building;
mod cache;
mod contender;
mod court;
mod generate;
mod judging;
mod message;
mod output;
mod prelude;
mod reference;
mod run;
mod solution;
mod static_validator;
mod testing;
mod tool;
mod toolchain;

pub use contender::{Contender, Printed, Sentence};
pub use generate::GenerateError;
pub use solution::{Attempt, Attempted, Tested};
pub use tool::{Call, Called, CheckerTool, Tool};
pub use toolchain::host_toolchain;

use crate::{
    config::{Config, ToolchainSource},
    judge::{Facts, Language, Languages, RunLimits, Usage},
    problem::Problems,
    sandbox::{self, Rootfs, Sandbox, SandboxError},
    wire::LanguageStatus,
};
use cache::CompileCache;
use prelude::Preludes;
use std::{path::PathBuf, sync::Arc, time::Duration};

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
    problems: Arc<Problems>,
    source: ToolchainSource,
    cache: Arc<CompileCache>,
    cache_dir: PathBuf,
    /// Tells the agent that packs and unpacks what is in the cache from other versions.
    agent: String,
    preludes: Preludes,
    parallel_tests: bool,
    statuses: tokio::sync::OnceCell<Vec<LanguageStatus>>,
}

/// What serves a language here.
struct Toolchain {
    /// Tells it from others and from its own other versions.
    identity: String,
    linker: Option<String>,
    prelude: Option<String>,
}

impl Evaluator {
    /// An evaluator that takes cells from `sandbox`, toolchains from where the configuration says, and
    /// keeps compiled programs in its cache folder.
    pub fn new(
        sandbox: Arc<dyn Sandbox>,
        languages: Arc<Languages>,
        problems: Arc<Problems>,
        config: &Config,
    ) -> Self {
        let cache =
            CompileCache::new(config.cache_dir.join("programs"), config.judging.cache_mib << 20);
        Self {
            sandbox,
            languages,
            problems,
            source: config.sandbox.toolchain,
            cache: Arc::new(cache),
            cache_dir: config.cache_dir.clone(),
            agent: sandbox::agent_digest(),
            preludes: Preludes::new(config.sandbox.preludes.clone()),
            parallel_tests: config.judging.parallel_tests,
            statuses: tokio::sync::OnceCell::new(),
        }
    }

    fn rootfs(&self, language: &Language) -> Result<Rootfs, SandboxError> {
        toolchain::rootfs(language, self.source, self.sandbox.shows_host())
    }

    fn toolchain_of(&self, language: &Language) -> Result<Toolchain, SandboxError> {
        let rootfs = self.rootfs(language)?;
        let identity = toolchain::identity(language, &rootfs);
        let linker = toolchain::linker(language, &rootfs).map(str::to_owned);
        let prelude = match rootfs {
            Rootfs::Host => self.preludes.find(language, &identity),
            Rootfs::Image(_) => None,
        };
        Ok(Toolchain { identity, linker, prelude })
    }
}

fn usage(facts: &Facts) -> Usage {
    let millis = |time: Duration| time.as_millis() as u64;
    Usage {
        cpu_ms: millis(facts.cpu),
        wall_ms: millis(facts.wall),
        memory_kib: facts.memory_bytes >> 10,
    }
}
