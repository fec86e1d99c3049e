//! Much more than usual at one time: a queue of thousands, and sockets that stop reading. Programs are made up, so that
//! nothing but the daemon itself has work.

mod queue;
mod sockets;

use crate::stub::{Programs, Step, ended, printed};
use async_trait::async_trait;
use serde_json::{Value, json};
use sonocode::sandbox::Command;
use std::{env, fs, sync::Arc, time::Duration};
use tokio::sync::{Semaphore, watch};

/// Programs that print their source, once there is an engine, and as many at a time as are let go.
pub struct Gate {
    open: watch::Sender<bool>,
    passes: Semaphore,
    /// Workers that wait for a pass: they have nothing else under way.
    waiting: watch::Sender<usize>,
}

#[async_trait]
impl Programs for Gate {
    fn run(&self, source: &str, command: &Command) -> Vec<Step> {
        // A compiler has nothing to say.
        let said = if command.writes_box { "" } else { source };
        let steps = [printed(said), ended(said.len(), Duration::from_millis(1))];
        steps.map(|happening| (Duration::ZERO, Ok(happening))).into()
    }

    async fn ready(&self) {
        // The sender is here.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }

    async fn admitted(&self) {
        self.waiting.send_modify(|waiting| *waiting += 1);
        self.passes.acquire().await.unwrap().forget();
        self.waiting.send_modify(|waiting| *waiting -= 1);
    }
}

impl Gate {
    /// One that is shut: there is no engine yet, and nothing may pass.
    fn shut() -> Arc<Self> {
        let (open, waiting) = (watch::Sender::new(false), watch::Sender::new(0));
        Arc::new(Self { open, passes: Semaphore::new(0), waiting })
    }

    /// Now there is an engine.
    fn open(&self) {
        self.open.send_replace(true);
    }

    fn let_go(&self, programs: usize) {
        self.passes.add_permits(programs);
    }

    /// Waits until so many workers wait and no pass is left.
    async fn settled(&self, workers: usize) {
        let settled = |waiting: &usize| *waiting == workers && self.passes.available_permits() == 0;
        self.waiting.subscribe().wait_for(settled).await.unwrap();
    }
}

/// How many there are to be: what the variable says, else `usual`.
fn number(variable: &str, usual: usize) -> usize {
    let Ok(text) = env::var(variable) else { return usual };
    text.parse().unwrap_or_else(|_| panic!("{variable}={text}: expected a number"))
}

/// What a submission to `sum` is sent with; its program prints `code`.
fn body(user: &str, code: &str) -> Value {
    json!({"userId": user, "problemId": "sum", "language": "python", "code": code})
}

/// Memory of this process in KiB: `VmRSS`, or `VmHWM` for the most that there ever was.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
