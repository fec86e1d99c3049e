//! What the judge costs beside the same commands run bare, in the same run on the same machine.
//!
//! `cargo bench --bench judge -- [--quick] [--json] [--only NAME]…`. Needs a Docker engine, `g++` and
//! `python3`. Results and how to read them: `docs/benchmarks.md`.

mod bare;
mod cell;
mod client;
mod figures;
mod house;
mod latency;
mod overhead;
mod programs;
mod stability;
mod startup;
mod throughput;

use anyhow::Result;
use clap::Parser;
use figures::Table;
use sonocode::{
    config::Config,
    sandbox::{CellPool, Engine, Sandbox},
};
use std::{fs, thread};

/// Compares the judge with the same commands run bare.
#[derive(Parser)]
struct Args {
    /// A few rounds only: whether it works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// One JSON object per line instead of tables.
    #[arg(long)]
    json: bool,
    /// Only this table; may be repeated.
    #[arg(long, value_parser = TABLES)]
    only: Vec<String>,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

const TABLES: [&str; 5] = ["overhead", "throughput", "startup", "latency", "stability"];

/// What every measurement needs.
pub struct Bench {
    /// Lends one cell at a time.
    pub sandbox: CellPool,
    quick: bool,
}

impl Bench {
    /// The number of rounds in a full and in a quick run.
    fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // On a worker thread, where the daemon's own work is done.
    runtime.block_on(async { tokio::spawn(run(args)).await? })
}

async fn run(args: Args) -> Result<()> {
    let sandbox = cell::sandbox(Config::default().sandbox);
    let bench = Bench { sandbox, quick: args.quick };
    let engine = bench.sandbox.health().await?;
    if !args.json {
        println!("{}\n", header(&engine));
    }
    let wanted = |name: &&str| args.only.is_empty() || args.only.iter().any(|only| only == name);
    for name in TABLES.into_iter().filter(wanted) {
        let table = match name {
            "overhead" => Some(overhead::measure(&bench).await?),
            "throughput" => Some(throughput::measure(&bench).await?),
            "startup" => startup::measure(&bench).await?,
            "latency" => Some(latency::measure(&bench).await?),
            _ => Some(stability::measure(&bench).await?),
        };
        show(name, table.as_ref(), args.json);
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
