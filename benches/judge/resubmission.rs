//! The same program again, which the daemon need not compile.

use crate::{
    Bench, bare,
    figures::{Line, Table},
    house::{CACHED, House},
    programs,
    throughput::TESTS,
};
use anyhow::{Result, ensure};
use sonocode::judge::{Event, EventBody};
use std::time::Instant;

/// What is included, and the program.
const PROGRAMS: [(&str, &str); 2] =
    [("`iostream`", programs::SUM_CPP), ("`bits/stdc++.h`", programs::SUM_ALL_HEADERS)];

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let language = bare::language("cpp")?;
    let house = House::start(bench, 1, CACHED).await?;
    house.add_sum(TESTS as usize).await?;
    house.ready().await?;
    let mut watcher = house.watch().await?;
    let mut lines = Vec::new();
    for (what, source) in PROGRAMS {
        let (mut direct, mut judge) = (Vec::new(), Vec::new());
        // Until it comes from the cache: the daemon answers before the disk has it.
        loop {
            house.submit("sum", "cpp", source).await?;
            if was_cached(&watcher.accepted(1).await?) {
                break;
            }
        }
        for _ in 0..bench.rounds(30, 8) {
            let bare = bare::submission(&language, source, programs::SUM_INPUT, TESTS)?;
            direct.push(bare.as_secs_f64());
            let began = Instant::now();
            house.submit("sum", "cpp", source).await?;
            let events = watcher.accepted(1).await?;
            judge.push(began.elapsed().as_secs_f64());
            ensure!(was_cached(&events), "it was compiled again");
        }
        let what = format!("a program with {what}");
        lines.push(Line::new(what, &direct, &judge).speed_at_least(10.0));
    }
    house.stop().await?;
    Ok(Table {
        name: "resubmission",
        title: format!(
            "The same program submitted again (`judging.cache_mib = {}`), from the request to the verdict of {TESTS} tests, \
             beside bare compilation and {TESTS} runs; the ratio is of speeds",
            CACHED.cache_mib
        ),
        quantiles: [10, 50],
        lines,
        counts: Vec::new(),
    })
}

fn was_cached(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event.body, EventBody::Compiled { cached: true, .. }))
}
