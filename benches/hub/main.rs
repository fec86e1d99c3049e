//! What the hub costs beside a Node socket.io 4 hub that does the seeds' job, in the same run.
//!
//! `cargo bench --bench hub -- [--quick] [--json] [--only NAME]…`. Needs a Docker engine, `node`, `npm` and
//! `redis-server`. Results and how to read them: `docs/benchmarks.md`.

mod connects;
mod crowd;
mod fanout;
mod frames;
mod latency;
#[path = "../machine.rs"]
mod machine;
#[path = "../npm.rs"]
mod npm;
#[path = "../options.rs"]
mod options;
mod pace;
mod posts;
mod pushes;
#[path = "../redis.rs"]
#[expect(dead_code, reason = "what is measured of the queue asks where it is")]
mod redis;
mod report;
mod servers;
mod socket;
#[path = "../table.rs"]
mod table;

use anyhow::{Context, Result};
use clap::Parser;
use options::Options;
use report::Table;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use servers::Server;

/// Compares the hub with a Node socket.io hub.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

const TABLES: [&str; 4] = ["connects", "pushes", "latency", "fanout"];

/// Descriptors that ten thousand sockets and everything else need, in the driver and in a server.
const DESCRIPTORS: u64 = 12_000;

/// Nothing here takes this long; a server that does has lost something.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

fn main() -> Result<()> {
    let Args { options } = Args::parse();
    let tables = options.tables(&TABLES)?;
    raise_descriptors()?;
    // One thread drives all sockets, so that a server on a machine of two processors has one to itself.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, run(options, tables))
}

async fn run(options: Options, tables: Vec<&str>) -> Result<()> {
    if !options.json {
        println!("{}\n", machine::header()?);
    }
    let peer = servers::Peer::install()?;
    for name in tables {
        let table = match name {
            "connects" => connects::measure(&peer, options.quick).await,
            "pushes" => pushes::measure(&peer, options.quick).await,
            "latency" => latency::measure(&peer, options.quick).await,
            _ => fanout::measure(&peer, options.quick).await,
        };
        show(&table.with_context(|| format!("table {name}"))?, options.json);
    }
    Ok(())
}

fn show(table: &Table, json: bool) {
    if json {
        table.json().iter().for_each(|line| println!("{line}"));
    } else {
        println!("{}", table.markdown());
    }
}

/// Both hubs, started one after the other: the peer first, as in every table.
async fn both(peer: &servers::Peer) -> Result<[Server; 2]> {
    Ok([peer.start().await?, servers::sonocode().await?])
}

/// Lets this process, and the servers that it starts, have so many sockets.
fn raise_descriptors() -> Result<()> {
    let now = getrlimit(Resource::Nofile);
    let enough = now.current.is_none_or(|current| current >= DESCRIPTORS);
    if !enough {
        let most = now.maximum.map_or(DESCRIPTORS, |maximum| maximum.max(DESCRIPTORS));
        let wanted = Rlimit { current: Some(DESCRIPTORS), maximum: Some(most) };
        setrlimit(Resource::Nofile, wanted)
            .with_context(|| format!("cannot have {DESCRIPTORS} open files; try `ulimit -n`"))?;
    }
    Ok(())
}
