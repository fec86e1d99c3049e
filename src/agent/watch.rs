//! Watching a command that runs: its output, its limits, its end.

use crate::{
    cgroup::Group,
    command::{Leaving, Prepared, Setting, Status, Word},
    protocol::{Reply, Report, Spec},
    state,
    sys::{self, PIPE},
};
use std::{
    io,
    os::fd::{AsRawFd, RawFd},
};

/// Why the agent ended a command, as the protocol numbers it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    None = 0,
    Cpu = 1,
    Wall = 2,
    Output = 3,
    Memory = 4,
    Rejected = 5,
    Idle = 6,
}

/// The longest time between two looks at a command's CPU time and memory.
const LONGEST_CHECK_NS: u64 = 100_000_000;
/// The shortest.
const SHORTEST_CHECK_NS: u64 = 2_000_000;

/// The most time in line for a processor that is not counted: the daemon does not wait for ever.
const MOST_WAITED_NS: u64 = 45_000_000_000;

/// One of the program's two output streams.
struct Output {
    number: u8,
    fd: RawFd,
    open: bool,
    seen: u64,
    keep: u64,
}

/// A piece of what a program wrote.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// 1 for standard output, 2 for standard error.
    pub stream: u8,
    /// All of it.
    pub bytes: &'a [u8],
    /// How much of it is to be sent back.
    pub kept: usize,
}

/// Takes what a program wrote.
pub type Sink<'a> = dyn FnMut(Piece<'_>) -> io::Result<()> + 'a;

/// A command that runs.
pub struct Running {
    prepared: Prepared,
    outputs: [Output; 2],
    started_ns: u64,
    next_check_ns: u64,
    stopped: Stop,
    word: Word,
    processors: u64,
    /// When it was ended, if it was.
    stopped_ns: u64,
    /// The longest time in line for a processor that was seen of any thread.
    waited_ns: u64,
}

impl Running {
    /// Lets a prepared command go.
    pub fn start(mut prepared: Prepared, processors: u64) -> io::Result<Self> {
        prepared.group.begin()?;
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
            word: Word::NotYet,
            processors,
            stopped_ns: 0,
            waited_ns: 0,
        };
        running.plan_check(started_ns, 0);
        Ok(running)
    }

    /// What is to be done.
    pub fn spec(&self) -> &Spec {
        &self.prepared.spec
    }

    /// Whatever becomes readable when something happens to the command. Of its outputs only those
    /// that `listen` names: standard output, standard error.
    pub fn sources(&self, listen: [bool; 2]) -> impl Iterator<Item = RawFd> {
        let status = matches!(self.word, Word::NotYet).then(|| self.prepared.status.as_raw_fd());
        let outputs =
            self.outputs.iter().zip(listen).filter(|(output, listen)| *listen && output.open);
        [self.prepared.pidfd.as_raw_fd()]
            .into_iter()
            .chain(status)
            .chain(outputs.map(|(output, _)| output.fd))
    }

    /// Whether standard output may still bring something.
    pub fn speaks(&self) -> bool {
        self.outputs[0].open
    }

    /// How long the loop may sleep: rounded up, so that it does not spin.
    pub fn milliseconds_to_check(&self) -> libc::c_int {
        let left = self.next_check_ns.saturating_sub(sys::now_ns());
        left.div_ceil(1_000_000) as libc::c_int
    }

    /// Reads what the program wrote to the streams that `listen` names; ends it when that is too much.
    pub fn read_outputs(&mut self, listen: [bool; 2], sink: &mut Sink<'_>) -> io::Result<()> {
        // A full pipe is read again at the next turn, after the limits were looked at.
        self.read(listen, |_| false, sink)
    }

    /// Reads all that is left, when nobody writes any more.
    pub fn read_rest(&mut self, sink: &mut Sink<'_>) -> io::Result<()> {
        if self.stopped != Stop::Output {
            // An empty pipe is the end, though the kernel may not have found every holder dead yet: a
            // descriptor can be in a message to a socket that nobody has.
            self.read([true; 2], |count| count > 0, sink)?;
        }
        for output in &mut self.outputs {
            output.open = false;
        }
        Ok(())
    }

    /// Reads from each stream once, and again as long as `more` says so of the bytes that came.
    fn read(
        &mut self,
        listen: [bool; 2],
        more: fn(usize) -> bool,
        sink: &mut Sink<'_>,
    ) -> io::Result<()> {
        let limit = self.prepared.spec.output_bytes;
        let mut buffer = Vec::new();
        let mut over = false;
        for (output, _) in self.outputs.iter_mut().zip(listen).filter(|(_, listen)| *listen) {
            while output.open && !over {
                // A program may put pages into the pipe that cannot be read. That is the end of its
                // output, and not of the agent.
                buffer.clear();
                let read = sys::read_more(output.fd, &mut buffer, PIPE);
                let Some(count) = read.unwrap_or(Some(0)) else { break };
                output.open = count > 0;
                // What is beyond the limit is counted and goes no further.
                let within = limit.saturating_sub(output.seen).min(count as u64) as usize;
                let kept = output.keep.saturating_sub(output.seen).min(within as u64) as usize;
                sink(Piece { stream: output.number, bytes: &buffer[..within], kept })?;
                output.seen += count as u64;
                over = output.seen > limit;
                if !more(count) {
                    break;
                }
            }
        }
        if over { self.stop(Stop::Output) } else { Ok(()) }
    }

    /// Looks at the limits when it is time to.
    pub fn check(&mut self, setting: &Setting) -> io::Result<()> {
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
        if self.is_overdue(now - self.started_ns, setting) {
            return self.stop(Stop::Wall);
        }
        self.plan_check(now, cpu_us);
        Ok(())
    }

    /// Whether the wall-clock backstop has passed. It is there for programs that wait for something that
    /// never comes; time in which a program stood in line for a processor is the machine's fault.
    fn is_overdue(&mut self, elapsed_ns: u64, setting: &Setting) -> bool {
        let limit = self.prepared.spec.wall_us.saturating_mul(1000);
        if elapsed_ns <= limit {
            return false;
        }
        let waited = self.prepared.group.waited_ns(&setting.groups, &setting.proc);
        // A thread that has ended takes its figure with it.
        self.waited_ns = self.waited_ns.max(waited.unwrap_or(MOST_WAITED_NS));
        elapsed_ns.saturating_sub(self.waited_ns.min(MOST_WAITED_NS)) > limit
    }

    /// The next look is due when the CPU time could first be used up by all processors together.
    fn plan_check(&mut self, now: u64, cpu_us: u64) {
        let cpu_left = self.prepared.spec.cpu_us.saturating_sub(cpu_us);
        let cpu_left = cpu_left.saturating_mul(1000) / self.processors;
        let wall_end =
            self.started_ns.saturating_add(self.prepared.spec.wall_us.saturating_mul(1000));
        let soon = cpu_left.clamp(SHORTEST_CHECK_NS, LONGEST_CHECK_NS);
        self.next_check_ns = (now + soon).min(wall_end.max(now) + SHORTEST_CHECK_NS);
    }

    /// Whether the program, which is not known to have ended, is about to.
    pub fn is_ending(&self, setting: &Setting) -> io::Result<bool> {
        state::is_ending(&self.prepared.group, setting)
    }

    /// Whether the program and all that it started only wait, it or one of them for its standard input.
    pub fn waits_to_hear(&self, setting: &Setting) -> io::Result<bool> {
        let here = self.stopped == Stop::None && matches!(self.word, Word::NotYet);
        Ok(here && state::waits_to_hear(&self.prepared.group, self.spec().side, setting)?)
    }

    /// Ends the command; the first reason is the one that is told.
    pub fn stop(&mut self, why: Stop) -> io::Result<()> {
        if self.stopped == Stop::None {
            self.stopped = why;
            self.stopped_ns = sys::now_ns();
            // Nothing more happens until the end of the command is seen.
            self.next_check_ns = sys::now_ns() + 3_600_000_000_000;
        }
        self.prepared.kill()
    }

    /// Whether the command and all its processes are gone.
    pub fn gone(&mut self) -> io::Result<bool> {
        self.listen_to_init()?;
        if matches!(self.word, Word::Report(Status { alone: 1, .. })) {
            return Ok(true);
        }
        let mut entry =
            libc::pollfd { fd: self.prepared.pidfd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry, valid for writing.
        Ok(sys::check(unsafe { libc::poll(&raw mut entry, 1, 0) })? > 0)
    }

    fn listen_to_init(&mut self) -> io::Result<()> {
        if matches!(self.word, Word::NotYet) {
            self.word = self.prepared.report()?;
        }
        Ok(())
    }

    /// When the program itself ended or was ended, and as `waitpid` gives it; once that is known.
    pub fn program_end(&self) -> Option<(u64, i32)> {
        match self.word {
            // What follows from the end that it was given is not its own.
            _ if self.stopped != Stop::None => Some((self.stopped_ns, libc::SIGKILL)),
            Word::Report(status) if status.errno == 0 => Some((status.ended_ns, status.ended)),
            _ => None,
        }
    }

    /// The report on a command that is gone, and what remains to be cleared away.
    pub fn finish(mut self, first: bool) -> io::Result<(Reply, Group, Leaving)> {
        self.listen_to_init()?;
        let status = match self.word {
            Word::Report(status) => Some(status),
            Word::NotYet | Word::Never => None,
        };
        let fallback_wall_ns = sys::now_ns() - self.started_ns;
        let resident = status.map_or(0, |status| status.resident_bytes);
        let measured = self.prepared.group.measured(resident)?;
        let reply = match status {
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
                    first,
                })
            }
        };
        let (group, init) = self.prepared.leave();
        Ok((reply, group, init))
    }
}

/// Exit code and signal of a status as `waitpid` gives it.
pub fn decode(status: i32) -> (i32, i32) {
    if libc::WIFEXITED(status) {
        (libc::WEXITSTATUS(status), 0)
    } else {
        (0, libc::WTERMSIG(status))
    }
}
