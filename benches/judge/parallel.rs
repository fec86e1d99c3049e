//! One long submission while other workers are idle.

use crate::{
    Bench,
    bare::{self, Bare},
    figures::{Line, Table},
    house::{CACHED, House, Watcher},
    programs,
};
use anyhow::Result;
use serde_json::json;
use sonocode::{config::JudgingConfig, judge::EventBody};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Tests of the submission.
const TESTS: usize = 20;

/// The CPU time of each.
const WORK: Duration = Duration::from_millis(100);

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let language = bare::language("cpp")?;
    let bare = Bare::compile(&language, programs::SPIN, "100000000")?;
    let rounds = 1e8 * WORK.as_secs_f64() / bare.run()?.cpu.as_secs_f64();
    let input = format!("{rounds:.0}\n");
    std::fs::write(bare.file("input"), &input)?;
    let answer = String::from_utf8(bare.run_for_output()?.1)?;
    let workers = thread::available_parallelism()?.get();
    let mut houses = Vec::new();
    for parallel_tests in [false, true] {
        let judging = JudgingConfig { parallel_tests, ..CACHED };
        let house = House::start(bench, workers, judging).await?;
        house.add("spin", json!({"time_ms": 10_000}), (&input, &answer), TESTS).await?;
        house.ready().await?;
        let mut watcher = house.watch().await?;
        // The first only fills the cache.
        judge(&house, &mut watcher).await?;
        houses.push((house, watcher));
    }
    let mut samples: [Vec<f64>; 4] = Default::default();
    for _ in 0..bench.rounds(12, 4) {
        for (at, (house, watcher)) in houses.iter_mut().enumerate() {
            let (wall, cpu) = judge(house, watcher).await?;
            samples[at].push(wall);
            samples[at + 2].push(cpu);
        }
    }
    for (house, _) in houses {
        house.stop().await?;
    }
    let [one, several, one_cpu, several_cpu] = &samples;
    Ok(Table {
        name: "parallel",
        title: format!(
            "A submission of {TESTS} tests of {} ms with {workers} workers and \
             `judging.parallel_tests`, beside the same in one cell; compiled before",
            WORK.as_millis()
        ),
        quantiles: [10, 50],
        lines: vec![
            Line::new("until the verdict; the ratio is of speeds", one, several).speed(),
            Line::new("CPU time of a test", one_cpu, several_cpu).at_most(1.05),
        ],
        counts: Vec::new(),
    })
}

/// Seconds from the request to the verdict, and the mean of the tests' CPU times.
async fn judge(house: &House, watcher: &mut Watcher) -> Result<(f64, f64)> {
    let began = Instant::now();
    house.submit("spin", "cpp", programs::SPIN).await?;
    let events = watcher.accepted(1).await?;
    let took = began.elapsed().as_secs_f64();
    let cpu = events.iter().filter_map(|event| match &event.body {
        EventBody::Test { usage, .. } => Some(usage.cpu_ms),
        _ => None,
    });
    Ok((took, cpu.sum::<u64>() as f64 * 1e-3 / TESTS as f64))
}
