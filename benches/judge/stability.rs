//! Whether reported CPU time stays the same while others use the processors.

use crate::{
    Bench,
    bare::{self, Bare},
    cell::Program,
    figures::{Line, Table},
    load::Load,
    programs,
};
use anyhow::Result;
use std::{fs, time::Duration};

/// How much CPU time the program is to use.
const WORK: Duration = Duration::from_millis(300);

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let language = bare::language("cpp")?;
    let bare = Bare::compile(&language, programs::SPIN, "100000000")?;
    let input = bare.folder().join("input");
    let rounds = 1e8 * WORK.as_secs_f64() / bare.run()?.cpu.as_secs_f64();
    fs::write(&input, format!("{rounds:.0}\n"))?;
    let mut judge = Program::compile(&bench.sandbox, &language, programs::SPIN, &input).await?;
    let spinning = Load::twice()?;
    let mut samples: [Vec<f64>; 6] = Default::default();
    for _ in 0..bench.rounds(12, 5) {
        let idle = (bare.run()?, judge.batch(1, 1).await?);
        let load = Load::of(spinning);
        let busy = (bare.run()?, judge.batch(1, 1).await?);
        drop(load);
        let ((idle_bare, idle), (busy_bare, busy)) = (idle, busy);
        let times = [idle.cpu, busy.cpu, idle_bare.cpu, busy_bare.cpu, idle.wall, busy.wall];
        for (samples, time) in samples.iter_mut().zip(times) {
            samples.push(time.as_secs_f64());
        }
    }
    judge.release().await;
    let [idle, busy, idle_bare, busy_bare, idle_wall, busy_wall] = &samples;
    Ok(Table {
        name: "stability",
        title: format!(
            "A program of 300 ms while {spinning} threads spin, beside the same when idle"
        ),
        quantiles: [50, 90],
        lines: vec![
            Line::new("CPU time that the cell reports", idle, busy).at_most(1.05),
            Line::new("CPU time of the bare program", idle_bare, busy_bare),
            Line::new("wall time of a test", idle_wall, busy_wall),
        ],
        counts: Vec::new(),
    })
}
