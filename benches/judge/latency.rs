//! From the request to the verdict, on a daemon that has nothing else to do.

use crate::{
    Bench,
    bare::{self, Bare},
    figures::{Line, Table},
    house::{House, PLAIN},
    programs,
};
use anyhow::Result;
use std::time::Instant;

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let language = bare::language("python")?;
    let (code, input) = (programs::SUM_PYTHON, programs::SUM_INPUT);
    let bare = Bare::compile(&language, code, input)?;
    let house = House::start(bench, 1, PLAIN).await?;
    house.add_sum(1).await?;
    house.ready().await?;
    let mut watcher = house.watch().await?;
    let (mut run, mut both, mut judge) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds(100, 20) {
        run.push(bare.run()?.wall.as_secs_f64());
        let began = Instant::now();
        Bare::compile(&language, code, input)?.run()?;
        both.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        house.submit("sum", "python", code).await?;
        watcher.accepted(1).await?;
        judge.push(began.elapsed().as_secs_f64());
    }
    house.stop().await?;
    Ok(Table {
        name: "latency",
        title: "From the request to the verdict (Python, one test, warm daemon)".into(),
        quantiles: [50, 99],
        lines: vec![
            Line::new("beside a bare run", &run, &judge),
            Line::new("beside bare compilation and run", &both, &judge),
        ],
        counts: Vec::new(),
    })
}
