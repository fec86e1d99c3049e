//! Cells in which nothing runs: programs take the world's time, and tell which evaluation they were.

use super::{dice::Dice, told::Told, world::World};
use async_trait::async_trait;
use sonocode::{
    judge::{Exit, Facts},
    sandbox::{
        Cell, Command, Engine, File, Happening, Held, Input, Rootfs, Sandbox, SandboxError, Side,
        Stream,
    },
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time;

/// The cells of one worker.
pub struct Cells {
    pub world: Arc<World>,
    pub told: Arc<Told>,
    pub worker: String,
}

struct Stub {
    world: Arc<World>,
    told: Arc<Told>,
    worker: String,
    source: String,
    /// What happens next, and after which time.
    coming: VecDeque<(Duration, Result<Happening, SandboxError>)>,
}

#[async_trait]
impl Sandbox for Cells {
    async fn lease(&self, _: &Rootfs) -> Result<Box<dyn Cell>, SandboxError> {
        let (world, told, worker) = (self.world.clone(), self.told.clone(), self.worker.clone());
        Ok(Box::new(Stub { world, told, worker, source: String::new(), coming: VecDeque::new() }))
    }

    fn lease_idle(&self, _: &Rootfs) -> Option<Box<dyn Cell>> {
        None
    }

    async fn health(&self) -> Result<Engine, SandboxError> {
        Ok(engine())
    }
}

pub fn engine() -> Engine {
    Engine {
        name: "none".into(),
        cgroup_version: 2,
        idle_cells: 1,
        missing: Vec::new(),
        means: Vec::new(),
        host_toolchains: true,
    }
}

/// How long an evaluation takes: most are short, some longer than a lease.
fn length(dice: &Dice) -> Duration {
    if dice.one_in(5) { dice.millis(5_000..25_000) } else { dice.millis(5..3_000) }
}

impl Stub {
    fn unused() -> SandboxError {
        SandboxError::Cell("a custom run has no use for this".into())
    }
}

#[async_trait]
impl Cell for Stub {
    async fn write(&mut self, _: Side, files: Vec<File>) -> Result<(), SandboxError> {
        self.source = String::from_utf8(files[0].bytes.to_vec()).unwrap();
        Ok(())
    }

    async fn begin(&mut self, _: Command) -> Result<(), SandboxError> {
        let dice = &self.world.dice;
        let number = self.told.evaluates(&self.worker, &self.source);
        let printed = Happening::Output {
            stream: Stream::Stdout,
            bytes: self.source.clone().into_bytes().into(),
        };
        let facts = Facts {
            exit: Exit::Code(0),
            stopped: None,
            cpu: Duration::from_millis(number),
            wall: Duration::from_millis(number),
            memory_bytes: 1 << 20,
            stdout_bytes: self.source.len() as u64,
            stderr_bytes: 0,
            out_of_memory: false,
        };
        let end = if dice.one_in(12) {
            Err(SandboxError::Cell("it broke".into()))
        } else {
            Ok(Happening::Ended { facts, first: true })
        };
        self.coming.extend([(length(dice) / 2, Ok(printed)), (length(dice), end)]);
        Ok(())
    }

    async fn next(&mut self) -> Result<Happening, SandboxError> {
        let Some((after, _)) = self.coming.front() else { return Err(Self::unused()) };
        time::sleep(*after).await;
        self.coming.pop_front().unwrap().1
    }

    async fn release(self: Box<Self>) {}

    async fn lay(&mut self, _: Side, _: Vec<File>) -> Result<(), SandboxError> {
        Err(Self::unused())
    }

    async fn lift(&mut self) -> Result<(), SandboxError> {
        Err(Self::unused())
    }

    async fn restore(&mut self, _: &[u8]) -> Result<(), SandboxError> {
        Err(Self::unused())
    }

    async fn hold(&mut self, _: Input) -> Result<Held, SandboxError> {
        Err(Self::unused())
    }

    fn reserve(&mut self) -> Held {
        panic!("a custom run holds nothing")
    }

    async fn forget(&mut self, _: Held) -> Result<(), SandboxError> {
        Err(Self::unused())
    }

    async fn interact(&mut self, _: Command, _: Command, _: i32) -> Result<(), SandboxError> {
        Err(Self::unused())
    }

    async fn fetch(&mut self, _: &str, _: u64, _: Option<Held>) -> Result<(), SandboxError> {
        Err(Self::unused())
    }

    async fn pack(&mut self, _: Side, _: u64) -> Result<(), SandboxError> {
        Err(Self::unused())
    }
}
