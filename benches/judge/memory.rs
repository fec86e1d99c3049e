//! What a daemon grows to when a program prints much.

use crate::{
    Bench,
    figures::{Count, Table},
    house::House,
    programs,
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use sonocode::judge::{EventBody, Verdict};
use std::fs;

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let house = House::start_apart(bench, 2).await?;
    let limits = json!({"time_ms": 20_000, "output_mib": 128});
    house.add("flood", limits, (programs::SUM_INPUT, programs::SUM_ANSWER), 1).await?;
    house.ready().await?;
    let mut watcher = house.watch().await?;
    let pid = house.pid().context("the daemon has ended")?;
    let before = memory(pid, "VmRSS:")?;
    for _ in 0..bench.rounds(3, 1) {
        house.submit("flood", "cpp", programs::FLOOD).await?;
        for event in watcher.finished(1).await? {
            if let EventBody::Finished(outcome) = event.body {
                // It printed all that it could, and nobody wanted that.
                ensure!(outcome.verdict == Verdict::WrongAnswer, "{outcome:?}");
            }
        }
    }
    let (after, peak) = (memory(pid, "VmRSS:")?, memory(pid, "VmHWM:")?);
    house.stop().await?;
    Ok(Table {
        name: "memory",
        title: "Memory of a daemon whose programs print 100 MB".into(),
        quantiles: [10, 50],
        lines: Vec::new(),
        counts: vec![
            Count::new("resident before", before, "MiB"),
            Count::new("resident afterwards", after, "MiB"),
            Count::new("the most that was resident", peak, "MiB").at_most(100.0),
        ],
    })
}

/// A line of a process's status, in MiB.
pub fn memory(pid: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no such line")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}
