//! What a test costs beyond the program itself.

use crate::{
    Bench,
    bare::{self, Bare},
    cell::{Program, WINDOW},
    client::Client,
    figures::{Line, Table},
    programs,
};
use anyhow::Result;

/// A language, its program, the tests in a batch and the goal for the wall time of a test.
const LANGUAGES: [(&str, &str, &str, u32, f64); 2] = [
    ("cpp", "C++", programs::SUM_CPP, 20, 1.5),
    ("python", "Python", programs::SUM_PYTHON, 10, 1.1),
];

/// The goal for CPU time.
const CPU_GOAL: f64 = 1.3;

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let client = Client::find();
    let mut lines = Vec::new();
    for (id, name, source, count, wall_goal) in LANGUAGES {
        let language = bare::language(id)?;
        let bare = Bare::compile(&language, source, programs::SUM_INPUT)?;
        let input = bare.folder().join("input");
        let mut judge = Program::compile(&bench.sandbox, &language, source, &input).await?;
        let container = client.as_ref().and_then(|client| client.container(bare.folder()));
        let mut samples: [Vec<f64>; 6] = Default::default();
        for _ in 0..bench.rounds(60, 6) {
            let direct = bare.batch(count)?;
            let (wall, cpu) = judge.batch(count, WINDOW).await?;
            let (alone, _) = judge.batch(count, 1).await?;
            let times = [direct.wall, wall, alone, direct.cpu, cpu];
            for (samples, time) in samples.iter_mut().zip(times) {
                samples.push(time.as_secs_f64());
            }
            if samples[5].len() < bench.rounds(10, 5)
                && let Some(container) = &container
            {
                samples[5].push(container.exec(&bare)?.as_secs_f64());
            }
        }
        judge.release().await;
        let [direct, wall, alone, direct_cpu, cpu, exec] = &samples;
        lines.push(Line::new(format!("{name}, wall"), direct, wall).at_most(wall_goal));
        lines.push(Line::new(format!("{name}, CPU"), direct_cpu, cpu).at_most(CPU_GOAL));
        lines.push(Line::new(format!("{name}, wall, one test at a time"), direct, alone));
        if !exec.is_empty() {
            lines.push(Line::new(format!("{name}, wall, `docker exec` for each"), direct, exec));
        }
    }
    Ok(Table {
        name: "overhead",
        title: "One test of `a+b`, beside the bare program".into(),
        quantiles: [10, 50],
        lines,
    })
}
