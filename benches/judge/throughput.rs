//! Submissions from the request to the verdict, on whole daemons.

use crate::{
    Bench, bare,
    figures::{Line, Table},
    house::{House, PLAIN},
    programs,
};
use anyhow::{Result, anyhow};
use sonocode::judge::Language;
use std::{
    thread,
    time::{Duration, Instant},
};

/// Tests of each submission.
pub const TESTS: u32 = 10;

/// Submissions of each worker in a round.
const EACH: usize = 3;

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let language = bare::language("cpp")?;
    let mut lines = Vec::new();
    for workers in [1, 2] {
        let house = House::start(bench, workers, PLAIN).await?;
        house.add_sum(TESTS as usize).await?;
        house.ready().await?;
        let mut watcher = house.watch().await?;
        let (mut direct, mut judge) = (Vec::new(), Vec::new());
        let mut number = 0;
        let mut source = || {
            number += 1;
            // No two are the same, so nothing could be remembered.
            format!("{}// {number}\n", programs::SUM_CPP)
        };
        for round in 0..=bench.rounds(12, 5) {
            let sources: Vec<String> = (0..EACH * workers).map(|_| source()).collect();
            let bare = directly(&language, &sources, workers)?;
            let began = Instant::now();
            for source in &sources {
                house.submit("sum", "cpp", source).await?;
            }
            watcher.accepted(sources.len()).await?;
            let ours = began.elapsed();
            // The first round only warms caches.
            if round > 0 {
                direct.push(bare.as_secs_f64() / sources.len() as f64);
                judge.push(ours.as_secs_f64() / sources.len() as f64);
            }
        }
        house.stop().await?;
        let what = format!("{workers} worker{}", if workers == 1 { "" } else { "s" });
        lines.push(Line::new(what, &direct, &judge).speed_at_least(0.95));
    }
    Ok(Table {
        name: "throughput",
        title: format!(
            "Time per submission in C++ (compile + {TESTS} tests), beside the same commands run \
             bare by as many threads; the ratio is of speeds"
        ),
        quantiles: [10, 50],
        lines,
        counts: Vec::new(),
    })
}

/// The same commands, one thread for each worker.
fn directly(language: &Language, sources: &[String], threads: usize) -> Result<Duration> {
    let began = Instant::now();
    let work = |sources: &[String]| -> Result<()> {
        for source in sources {
            bare::submission(language, source, programs::SUM_INPUT, TESTS)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let parts = sources.chunks(sources.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        running
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
    })?;
    Ok(began.elapsed())
}
