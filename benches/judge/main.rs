//! What the judge costs beside the same commands run bare, in the same run on the same machine.
//!
//! `cargo bench --bench judge -- [--quick] [--json] [--sandbox KIND] [--only NAME]…`. Needs a
//! sandbox, `g++` and `python3`. Results and how to read them: `docs/benchmarks.md`.

mod bare;
mod cell;
mod client;
mod figures;
mod flips;
mod header;
mod house;
mod judges;
mod latency;
mod load;
mod memory;
#[path = "../options.rs"]
mod options;
mod overhead;
mod parallel;
mod problems;
mod programs;
mod resubmission;
mod stability;
mod startup;
#[path = "../table.rs"]
mod table;
mod throughput;

use anyhow::Result;
use clap::Parser;
use figures::Table;
use options::Options;
use sonocode::{
    config::{Config, SandboxConfig, SandboxKind},
    sandbox::{CellPool, Engine, Sandbox},
};
use std::{fs, thread};

/// Compares the judge with the same commands run bare.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Where programs run: auto, docker or native.
    #[arg(long, default_value = "auto", value_parser = sandbox_kind)]
    sandbox: SandboxKind,
}

/// What every table but those that say otherwise goes by.
const PLAINLY: &str = "Daemons compile every program anew (`judging.cache_mib = 0`), with all its headers \
                       (`judging.preludes = false`), unless a table says otherwise.";

const TABLES: [&str; 12] = [
    "overhead",
    "throughput",
    "header",
    "resubmission",
    "startup",
    "latency",
    "stability",
    "flips",
    "judges",
    "parallel",
    "memory",
    "problems",
];

fn sandbox_kind(text: &str) -> Result<SandboxKind, String> {
    let found = SandboxKind::ALL.into_iter().find(|kind| kind.name() == text);
    found.ok_or_else(|| "expected auto, docker or native".into())
}

/// What every measurement needs.
pub struct Bench {
    /// Lends one cell at a time.
    pub sandbox: CellPool,
    /// What that turned out to be.
    pub sandbox_name: &'static str,
    /// What daemons use.
    pub kind: SandboxKind,
    quick: bool,
}

impl Bench {
    /// The number of rounds in a full and in a quick run.
    fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// The native sandbox, where it is another than that of this run and can be used.
    async fn native(&self) -> Option<CellPool> {
        if self.sandbox_name == SandboxKind::Native.name() {
            return None;
        }
        let pool = pool(SandboxKind::Native);
        match pool.health().await {
            Ok(_) => Some(pool),
            Err(error) => {
                eprintln!("the native sandbox is left out: {error}");
                None
            }
        }
    }
}

fn pool(kind: SandboxKind) -> CellPool {
    cell::sandbox(SandboxConfig { kind, ..Config::default().sandbox })
}

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // On a worker thread, where the daemon's own work is done.
    runtime.block_on(async { tokio::spawn(run(args)).await? })
}

async fn run(args: Args) -> Result<()> {
    let options = args.options;
    let tables = options.tables(&TABLES)?;
    let sandbox = pool(args.sandbox);
    let engine = sandbox.health().await?;
    let native = SandboxKind::Native.name();
    let sandbox_name = if engine.name.to_lowercase().contains(native) {
        native
    } else {
        SandboxKind::Docker.name()
    };
    let bench = Bench { sandbox, sandbox_name, kind: args.sandbox, quick: options.quick };
    if !options.json {
        println!("{}\n\n{PLAINLY}\n", header(&engine));
    }
    for name in tables {
        let table = match name {
            "overhead" => Some(overhead::measure(&bench).await?),
            "throughput" => Some(throughput::measure(&bench).await?),
            "header" => Some(Box::pin(header::measure(&bench)).await?),
            "resubmission" => Some(resubmission::measure(&bench).await?),
            "flips" => Some(flips::measure(&bench).await?),
            "judges" => Some(judges::measure(&bench).await?),
            "parallel" => Some(parallel::measure(&bench).await?),
            "memory" => Some(memory::measure(&bench).await?),
            "problems" => Some(problems::measure(&bench).await?),
            "startup" => startup::measure(&bench).await?,
            "latency" => Some(latency::measure(&bench).await?),
            _ => Some(stability::measure(&bench).await?),
        };
        show(name, table.as_ref(), options.json);
    }
    bench.sandbox.close().await;
    Ok(())
}

fn show(name: &str, table: Option<&Table>, json: bool) {
    match table {
        None => eprintln!("{name}: left out, because there is no `docker` client to compare with"),
        Some(table) if json => table.json().iter().for_each(|line| println!("{line}")),
        Some(table) => println!("{}", table.markdown()),
    }
}

/// The machine, in a line.
fn header(engine: &Engine) -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |text| text.trim_start_matches([' ', '\t', ':']));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    let Engine { name, cgroup_version, .. } = engine;
    format!(
        "{model}, {cores} cores, Linux {}, {name}, control groups v{cgroup_version}, {}; load when \
         it began: {load}",
        kernel.trim(),
        jiff::Zoned::now().date(),
    )
}
