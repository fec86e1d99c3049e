//! What a test costs beyond the program itself.

use crate::{
    Bench,
    bare::{self, Bare},
    cell::{Batch, Program, WINDOW},
    client::Client,
    figures::{Line, Table},
    programs,
};
use anyhow::Result;
use sonocode::sandbox::Sandbox;

/// A language, its program, the tests in a batch and the goal for the wall time of a test.
const LANGUAGES: [(&str, &str, &str, u32, f64); 2] = [
    ("cpp", "C++", programs::SUM_CPP, 20, 1.5),
    ("python", "Python", programs::SUM_PYTHON, 10, 1.1),
];

/// The goal for CPU time.
const CPU_GOAL: f64 = 1.3;

/// What one sandbox is measured by.
struct Judge {
    name: &'static str,
    program: Program,
    /// Seconds: wall, CPU, wall that the cell reports, wall with one test at a time.
    samples: [Vec<f64>; 4],
}

impl Judge {
    async fn batch(&mut self, count: u32) -> Result<()> {
        let Batch { wall, told, cpu } = self.program.batch(count, WINDOW).await?;
        let alone = self.program.batch(count, 1).await?.wall;
        for (samples, time) in self.samples.iter_mut().zip([wall, cpu, told, alone]) {
            samples.push(time.as_secs_f64());
        }
        Ok(())
    }
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let client = Client::find();
    let native = bench.native().await;
    let sandboxes: Vec<_> = [Some((bench.sandbox_name, &bench.sandbox))]
        .into_iter()
        .chain([native.as_ref().map(|pool| ("native", pool))])
        .flatten()
        .collect();
    let mut lines = Vec::new();
    for (id, name, source, count, wall_goal) in LANGUAGES {
        let language = bare::language(id)?;
        let bare = Bare::compile(&language, source, programs::SUM_INPUT)?;
        let input = bare.file("input");
        let mut judges = Vec::new();
        for (name, sandbox) in &sandboxes {
            let program = Program::compile(sandbox, &language, source, &input).await?;
            judges.push(Judge { name, program, samples: Default::default() });
        }
        let container = client.as_ref().and_then(|client| client.container(bare.folder()));
        let (mut direct, mut direct_cpu, mut exec) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..bench.rounds(60, 6) {
            let took = bare.batch(count)?;
            direct.push(took.wall.as_secs_f64());
            direct_cpu.push(took.cpu.as_secs_f64());
            for judge in &mut judges {
                judge.batch(count).await?;
            }
            if exec.len() < bench.rounds(10, 5)
                && let Some(container) = &container
            {
                exec.push(container.exec(&bare)?.as_secs_f64());
            }
        }
        for judge in judges {
            let Judge { name: sandbox, program, samples: [wall, cpu, told, alone] } = judge;
            program.release().await;
            let line =
                |what, bound, judge| Line::new(format!("{name}, {sandbox}, {what}"), bound, judge);
            lines.push(line("wall", &direct, &wall).at_most(wall_goal));
            lines.push(line("CPU", &direct_cpu, &cpu).at_most(CPU_GOAL));
            lines.push(line("wall that the cell reports", &direct, &told));
            lines.push(line("wall, one test at a time", &direct, &alone));
        }
        if !exec.is_empty() {
            lines.push(Line::new(format!("{name}, wall, `docker exec` for each"), &direct, &exec));
        }
    }
    if let Some(native) = native {
        native.close().await;
    }
    Ok(Table {
        name: "overhead",
        title: "One test of `a+b`, beside the bare program".into(),
        quantiles: [10, 50],
        lines,
        counts: Vec::new(),
    })
}
