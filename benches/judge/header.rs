//! Programs that include `<bits/stdc++.h>`, which the daemon has precompiled.

use crate::{
    Bench, bare,
    figures::{Line, Table},
    house::{House, PLAIN, Watcher},
    programs,
    throughput::TESTS,
};
use anyhow::{Result, ensure};
use sonocode::config::JudgingConfig;
use std::time::Instant;

/// The most programs that are judged while the header is being compiled.
const PATIENCE: u32 = 200;

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let language = bare::language("cpp")?;
    let plain = House::start(bench, 1, PLAIN).await?;
    let house = House::start(bench, 1, JudgingConfig { preludes: true, ..PLAIN }).await?;
    let mut watchers = [plain.watch().await?, house.watch().await?];
    for house in [&plain, &house] {
        house.add_sum(TESTS as usize).await?;
        house.ready().await?;
    }
    // The first program asks for the header.
    for number in 0.. {
        ensure!(number < PATIENCE, "the daemon makes no precompiled header");
        judge(&house, &mut watchers[1], &format!("{}// {number}\n", programs::SUM_CPP)).await?;
        if house.has_prelude()? {
            break;
        }
    }
    let (mut direct, mut without, mut with) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=bench.rounds(12, 5) {
        let source = format!("{}// round {round}\n", programs::SUM_ALL_HEADERS);
        let bare = bare::submission(&language, &source, programs::SUM_INPUT, TESTS)?;
        let times = [
            bare.as_secs_f64(),
            judge(&plain, &mut watchers[0], &source).await?,
            judge(&house, &mut watchers[1], &source).await?,
        ];
        // The first round only warms caches.
        if round > 0 {
            for (samples, time) in [&mut direct, &mut without, &mut with].into_iter().zip(times) {
                samples.push(time);
            }
        }
    }
    plain.stop().await?;
    house.stop().await?;
    Ok(Table {
        name: "header",
        title: format!(
            "Time per submission that includes `bits/stdc++.h` (compile + {TESTS} tests), beside \
             the same commands run bare without a precompiled header; the ratio is of speeds"
        ),
        quantiles: [10, 50],
        lines: vec![
            Line::new("with `judging.preludes`", &direct, &with).speed_at_least(2.0),
            Line::new("without", &direct, &without).speed(),
        ],
        counts: Vec::new(),
    })
}

/// Seconds from the request to the verdict.
async fn judge(house: &House, watcher: &mut Watcher, source: &str) -> Result<f64> {
    let began = Instant::now();
    house.submit("sum", "cpp", source).await?;
    watcher.accepted(1).await?;
    Ok(began.elapsed().as_secs_f64())
}
