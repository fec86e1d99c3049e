//! What the queue does beside `BullMQ` 5 on Node, in the same run: on SQLite, and on Redis beside it on the same server.
//!
//! `cargo bench --bench queue -- [--quick] [--json] [--only NAME]…`. Needs `node`, `npm` and `redis-server`, and a Docker engine
//! for what is judged and pushed. Results and how to read them: `docs/benchmarks.md`.

#[path = "../hub/crowd.rs"]
mod crowd;
mod daemon;
#[path = "../hub/frames.rs"]
mod frames;
mod fsync;
mod latency;
#[path = "../machine.rs"]
mod machine;
#[path = "../npm.rs"]
mod npm;
mod operations;
#[path = "../options.rs"]
mod options;
mod peer;
#[path = "../hub/posts.rs"]
#[expect(dead_code, reason = "a table of the hub uses the rest")]
mod posts;
mod pushes;
#[path = "../redis.rs"]
mod redis;
mod report;
#[path = "../hub/socket.rs"]
mod socket;
#[path = "../table.rs"]
mod table;

use anyhow::{Context, Result};
use clap::Parser;
use options::Options;
use std::time::Duration;
use tokio::{runtime::Builder, task::LocalSet};

/// Compares the queue with `BullMQ`.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

const TABLES: [&str; 3] = ["operations", "latency", "pushes"];

/// Nothing here takes this long; a system that does has lost something.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> Result<()> {
    let Args { options } = Args::parse();
    let tables = options.tables(&TABLES)?;
    if !options.json {
        println!("{}\n", machine::header()?);
    }
    for name in tables {
        let tables = measure(name, options.quick).with_context(|| format!("table {name}"))?;
        for table in tables {
            if options.json {
                table.json().iter().for_each(|line| println!("{line}"));
            } else {
                println!("{}", table.markdown());
            }
        }
    }
    Ok(())
}

fn measure(name: &str, quick: bool) -> Result<Vec<report::Table>> {
    match name {
        "operations" => {
            Builder::new_multi_thread().enable_all().build()?.block_on(operations::measure(quick))
        }
        "latency" => {
            Builder::new_multi_thread().enable_all().build()?.block_on(latency::measure(quick))
        }
        // One thread drives all sockets.
        _ => {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            LocalSet::new().block_on(&runtime, pushes::measure(quick))
        }
    }
}
