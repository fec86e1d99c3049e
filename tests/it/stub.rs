//! Cells in which nothing runs: what a program does is made up by the test.

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

/// Something that happens in a cell, and how long after the one before.
pub type Step = (Duration, Result<Happening, SandboxError>);

/// What programs do, and when they may.
#[async_trait]
pub trait Programs: Send + Sync + 'static {
    /// What happens when this command runs with this source in the box; the last step is its end.
    fn run(&self, source: &str, command: &Command) -> Vec<Step>;

    /// Waits until there is an engine.
    async fn ready(&self) {}

    /// Waits until there is a cell.
    async fn admitted(&self) {}
}

/// Lends such cells.
pub struct Cells(pub Arc<dyn Programs>);

struct Stub {
    programs: Arc<dyn Programs>,
    source: String,
    coming: VecDeque<Step>,
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

/// A program printed this.
pub fn printed(text: &str) -> Happening {
    Happening::Output { stream: Stream::Stdout, bytes: text.to_owned().into_bytes().into() }
}

/// A program that printed so many bytes ended well, after this time.
pub fn ended(stdout_bytes: usize, took: Duration) -> Happening {
    let facts = Facts {
        exit: Exit::Code(0),
        stopped: None,
        cpu: took,
        wall: took,
        memory_bytes: 1 << 20,
        stdout_bytes: stdout_bytes as u64,
        stderr_bytes: 0,
        out_of_memory: false,
    };
    Happening::Ended { facts, first: true }
}

#[async_trait]
impl Sandbox for Cells {
    async fn lease(&self, _: &Rootfs) -> Result<Box<dyn Cell>, SandboxError> {
        self.0.admitted().await;
        let programs = self.0.clone();
        Ok(Box::new(Stub { programs, source: String::new(), coming: VecDeque::new() }))
    }

    fn lease_idle(&self, _: &Rootfs) -> Option<Box<dyn Cell>> {
        None
    }

    async fn health(&self) -> Result<Engine, SandboxError> {
        self.0.ready().await;
        Ok(engine())
    }
}

impl Stub {
    fn unused() -> SandboxError {
        SandboxError::Cell("nothing here has a use for this".into())
    }
}

#[async_trait]
impl Cell for Stub {
    async fn write(&mut self, _: Side, files: Vec<File>) -> Result<(), SandboxError> {
        self.source = String::from_utf8(files[0].bytes.to_vec()).unwrap();
        Ok(())
    }

    async fn begin(&mut self, command: Command) -> Result<(), SandboxError> {
        self.coming.extend(self.programs.run(&self.source, &command));
        Ok(())
    }

    async fn next(&mut self) -> Result<Happening, SandboxError> {
        let Some((after, _)) = self.coming.front() else { return Err(Self::unused()) };
        if !after.is_zero() {
            time::sleep(*after).await;
        }
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
        panic!("nothing is held here")
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
