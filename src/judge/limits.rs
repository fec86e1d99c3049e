//! What a program may use.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The limits of one test, as a problem states them. Every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// CPU time (user + system, all processes of the test) in milliseconds.
    pub time_ms: u64,
    /// Wall-clock backstop in milliseconds; absent: twice the CPU time plus one second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// Memory of all processes of the test together, in MiB.
    pub memory_mib: u64,
    /// Bytes written to standard output, in MiB.
    pub output_mib: u64,
    /// Processes and threads alive at one time.
    pub processes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time_ms: 1000, wall_ms: None, memory_mib: 256, output_mib: 16, processes: 64 }
    }
}

impl Limits {
    /// The wall-clock backstop that is in force.
    pub fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms.unwrap_or(2 * self.time_ms + 1000))
    }

    /// Every mistake in these limits, as (field, what is wrong).
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let bounded = |field, value: u64, low: u64, high: u64| {
            let wrong = value < low || value > high;
            wrong.then(|| (field, format!("{value} is outside {low} to {high}")))
        };
        [
            bounded("limits.time_ms", self.time_ms, 1, 600_000),
            self.wall_ms.and_then(|wall| bounded("limits.wall_ms", wall, self.time_ms, 1_800_000)),
            bounded("limits.memory_mib", self.memory_mib, 4, 65_536),
            bounded("limits.output_mib", self.output_mib, 1, 4096),
            bounded("limits.processes", self.processes.into(), 1, 4096),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// These limits in the units the sandbox takes.
    pub fn for_run(&self) -> RunLimits {
        RunLimits {
            cpu: Duration::from_millis(self.time_ms),
            wall: self.wall(),
            memory_bytes: self.memory_mib << 20,
            output_bytes: self.output_mib << 20,
            processes: self.processes,
        }
    }
}

/// What one command in a cell may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLimits {
    /// CPU time, user + system, of the whole process tree.
    pub cpu: Duration,
    /// Wall-clock time.
    pub wall: Duration,
    /// Memory of the whole process tree, the files it writes included, in bytes.
    pub memory_bytes: u64,
    /// Bytes written to standard output; standard error has the same bound of its own.
    pub output_bytes: u64,
    /// Processes and threads alive at one time.
    pub processes: u32,
}
