//! A leased cell with a compiled program in it, used as the evaluator uses it.

use crate::bare;
use anyhow::{Result, ensure};
use bytes::Bytes;
use sonocode::{
    config::SandboxConfig,
    judge::{Language, Limits},
    sandbox::{Cell, CellPool, Command, File, Input, Ran, Rootfs, Sandbox, Side},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Tests on their way at one time, as in the evaluator.
pub const WINDOW: usize = 3;

/// A sandbox that lends one cell at a time. Nothing is cached or precompiled here: that is the
/// evaluator's and the daemon's.
pub fn sandbox(config: SandboxConfig) -> CellPool {
    CellPool::new(config, format!("bench-{}", std::process::id()), 1, Arc::new(|_| {}))
}

/// What one of several tests took: means.
pub struct Batch {
    /// The wall time that passed here, from the first test's sending to the last one's report.
    pub wall: Duration,
    /// The wall time of the program that the cell reported.
    pub told: Duration,
    /// The CPU time that the cell reported.
    pub cpu: Duration,
}

/// A cell with a program.
pub struct Program {
    cell: Box<dyn Cell>,
    argv: Vec<String>,
    limits: Limits,
    input: PathBuf,
}

impl Program {
    /// Leases a cell and compiles in it. `input` is a file that every test reads.
    pub async fn compile(
        sandbox: &CellPool,
        language: &Language,
        source: &str,
        input: &Path,
    ) -> Result<Self> {
        let mut cell = sandbox.lease(&Rootfs::Host).await?;
        let file = File::plain(&language.source, source.to_owned());
        cell.write(Side::Program, vec![file]).await?;
        let limits = Limits { time_ms: 10_000, ..Limits::default() };
        let argv = language.run_command(limits.memory_mib);
        let mut program = Self { cell, argv, limits, input: input.to_owned() };
        if let Some(argv) = bare::compile_command(language) {
            let stdin = Input::Bytes(Bytes::new());
            let command = Command { writes_box: true, stdin, argv, ..program.test() };
            program.cell.begin(command).await?;
            program.ended().await?;
        }
        Ok(program)
    }

    fn test(&self) -> Command {
        let limits = self.limits.for_run();
        Command {
            stdin: Input::File(self.input.clone()),
            keep_stdout: limits.output_bytes,
            keep_stderr: 64 << 10,
            ..Command::new(self.argv.clone(), limits)
        }
    }

    async fn ended(&mut self) -> Result<Ran> {
        let ran = self.cell.ended().await?;
        ensure!(ran.facts.exit.success() && ran.facts.stopped.is_none(), "{:?}", ran.facts);
        Ok(ran)
    }

    /// Runs `count` tests with so many on their way at one time.
    pub async fn batch(&mut self, count: u32, window: usize) -> Result<Batch> {
        let began = Instant::now();
        let (mut sent, mut told, mut cpu) = (0, Duration::ZERO, Duration::ZERO);
        for index in 0..count as usize {
            while sent < count as usize && sent - index < window {
                self.cell.begin(self.test()).await?;
                sent += 1;
            }
            let facts = self.ended().await?.facts;
            told += facts.wall;
            cpu += facts.cpu;
        }
        Ok(Batch { wall: began.elapsed() / count, told: told / count, cpu: cpu / count })
    }

    /// Gives the cell back.
    pub async fn release(self) {
        self.cell.release().await;
    }
}
