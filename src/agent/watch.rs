//! Watching a command that runs: its output, its limits, its end.

use crate::{
    command::{Prepared, Status},
    protocol::{CHUNK, Reply, Report},
    sys,
};
use std::{
    io,
    os::fd::{AsRawFd, RawFd},
};

/// Why the agent ended a command, as the protocol numbers it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    None = 0,
    Cpu = 1,
    Wall = 2,
    Output = 3,
    Memory = 4,
}

/// The longest time between two looks at a command's CPU time and memory.
const LONGEST_CHECK_NS: u64 = 100_000_000;
/// The shortest.
const SHORTEST_CHECK_NS: u64 = 2_000_000;

/// One of the program's two output streams.
struct Output {
    number: u8,
    fd: RawFd,
    open: bool,
    seen: u64,
    keep: u64,
}

/// A command that runs.
pub struct Running {
    prepared: Prepared,
    outputs: [Output; 2],
    started_ns: u64,
    next_check_ns: u64,
    stopped: Stop,
    processors: u64,
}

impl Running {
    /// Lets a prepared command go.
    pub fn start(prepared: Prepared, processors: u64) -> io::Result<Self> {
        prepared.go()?;
        let output = |number, fd: RawFd, keep| Output { number, fd, open: true, seen: 0, keep };
        let started_ns = sys::now_ns();
        let mut running = Self {
            outputs: [
                output(1, prepared.stdout.as_raw_fd(), prepared.spec.keep_stdout),
                output(2, prepared.stderr.as_raw_fd(), prepared.spec.keep_stderr),
            ],
            prepared,
            started_ns,
            next_check_ns: 0,
            stopped: Stop::None,
            processors,
        };
        running.plan_check(started_ns, 0);
        Ok(running)
    }

    /// The command.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Streams that may still give something.
    pub fn open_outputs(&self) -> impl Iterator<Item = RawFd> {
        self.outputs.iter().filter(|output| output.open).map(|output| output.fd)
    }

    /// How long the loop may sleep: rounded up, so that it does not spin.
    pub fn milliseconds_to_check(&self) -> libc::c_int {
        let left = self.next_check_ns.saturating_sub(sys::now_ns());
        left.div_ceil(1_000_000) as libc::c_int
    }

    /// Reads what the program wrote, and ends it when that is too much. Whether anything was there.
    pub fn read_outputs(&mut self, replies: &mut Vec<Reply>) -> io::Result<bool> {
        let limit = self.prepared.spec.output_bytes;
        let mut buffer = vec![0; CHUNK];
        let (mut over, mut any) = (false, false);
        for output in &mut self.outputs {
            while output.open {
                // A program may put pages into the pipe that cannot be read. That is the end of its
                // output, and not of the agent.
                let Some(count) = sys::read(output.fd, &mut buffer).unwrap_or(Some(0)) else {
                    break;
                };
                output.open = count > 0;
                any |= output.open;
                let kept = output.keep.saturating_sub(output.seen).min(count as u64) as usize;
                if kept > 0 {
                    let bytes = buffer[..kept].to_vec();
                    replies.push(Reply::Output { stream: output.number, bytes });
                }
                output.seen += count as u64;
                if output.seen > limit {
                    over = true;
                    break;
                }
                // A full pipe is read again at the next turn, after the limits were looked at.
                if count < buffer.len() {
                    break;
                }
            }
        }
        if over {
            self.stop(Stop::Output)?;
        }
        Ok(any)
    }

    /// Looks at the limits when it is time to.
    pub fn check(&mut self) -> io::Result<()> {
        let now = sys::now_ns();
        if now < self.next_check_ns || self.stopped != Stop::None {
            return Ok(());
        }
        let cpu_us = self.prepared.group.cpu_us()?;
        if self.prepared.group.out_of_memory()? {
            return self.stop(Stop::Memory);
        }
        if cpu_us > self.prepared.spec.cpu_us {
            return self.stop(Stop::Cpu);
        }
        if now - self.started_ns > self.prepared.spec.wall_us * 1000 {
            return self.stop(Stop::Wall);
        }
        self.plan_check(now, cpu_us);
        Ok(())
    }

    /// The next look is due when the CPU time could first be used up by all processors together.
    fn plan_check(&mut self, now: u64, cpu_us: u64) {
        let cpu_left = self.prepared.spec.cpu_us.saturating_sub(cpu_us) * 1000 / self.processors;
        let wall_end = self.started_ns + self.prepared.spec.wall_us * 1000;
        let soon = cpu_left.clamp(SHORTEST_CHECK_NS, LONGEST_CHECK_NS);
        self.next_check_ns = (now + soon).min(wall_end.max(now) + SHORTEST_CHECK_NS);
    }

    fn stop(&mut self, why: Stop) -> io::Result<()> {
        if self.stopped == Stop::None {
            self.stopped = why;
            // Nothing more happens until the end of the command is seen.
            self.next_check_ns = sys::now_ns() + 3_600_000_000_000;
        }
        self.prepared.kill()
    }

    /// Whether the command and all its processes are gone.
    pub fn gone(&self) -> io::Result<bool> {
        let mut entry =
            libc::pollfd { fd: self.prepared.pidfd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry, valid for writing.
        Ok(sys::check(unsafe { libc::poll(&raw mut entry, 1, 0) })? > 0)
    }

    /// The last replies of a command that is gone; gives back what it was made of.
    pub fn finish(mut self, replies: &mut Vec<Reply>) -> io::Result<Prepared> {
        // Nobody writes any more, so an empty pipe is the end, though the kernel may not have found
        // every holder dead yet: a descriptor can be in a message to a socket that nobody has.
        while self.stopped != Stop::Output && self.read_outputs(replies)? {}
        let status = self.prepared.reap()?;
        let fallback_wall_ns = sys::now_ns() - self.started_ns;
        let measured = self.prepared.group.measured()?;
        replies.push(match status {
            Some(Status { errno, scene_failed: 1, .. }) => {
                let why = io::Error::from_raw_os_error(errno);
                Reply::Fault(format!("a command's surroundings could not be made: {why}"))
            }
            Some(Status { errno, .. }) if errno != 0 => Reply::StartFailed { errno },
            status => {
                let (code, signal) = status.map_or((0, libc::SIGKILL), |s| decode(s.ended));
                Reply::Ended(Report {
                    code,
                    signal,
                    stopped: self.stopped as u8,
                    cpu_us: measured.cpu_us,
                    wall_us: status.map_or(fallback_wall_ns, |s| s.wall_ns) / 1000,
                    memory_bytes: measured.memory_bytes,
                    stdout_bytes: self.outputs[0].seen,
                    stderr_bytes: self.outputs[1].seen,
                    out_of_memory: measured.out_of_memory,
                })
            }
        });
        Ok(self.prepared)
    }
}

/// Exit code and signal of a status as `waitpid` gives it.
fn decode(status: i32) -> (i32, i32) {
    if libc::WIFEXITED(status) {
        (libc::WEXITSTATUS(status), 0)
    } else {
        (0, libc::WTERMSIG(status))
    }
}
