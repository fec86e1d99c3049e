//! What a sandbox reports, and the one function that makes a verdict of it.

use super::{Checked, RunLimits, Verdict};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What happened when a command ran in a cell: facts only, no judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How the first process ended.
    pub exit: Exit,
    /// The limit for which the sandbox ended the command, if it did.
    pub stopped: Option<Stop>,
    /// CPU time, user + system, of every process of the command.
    pub cpu: Duration,
    /// From the start of the program to its end.
    pub wall: Duration,
    /// Peak memory of all processes together, in bytes.
    pub memory_bytes: u64,
    /// Bytes written to standard output, as far as they were read.
    pub stdout_bytes: u64,
    /// Bytes written to standard error, as far as they were read.
    pub stderr_bytes: u64,
    /// The kernel ended a process because the memory limit was reached.
    pub out_of_memory: bool,
}

#[cfg(test)]
impl Facts {
    /// Those of a small command that ended like this.
    pub(crate) fn of(exit: Exit) -> Self {
        Self {
            exit,
            stopped: None,
            cpu: Duration::from_millis(10),
            wall: Duration::from_millis(12),
            memory_bytes: 1 << 20,
            stdout_bytes: 3,
            stderr_bytes: 0,
            out_of_memory: false,
        }
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl Exit {
    /// Exit code 0.
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }

    /// The exit as a sentence, such as `exit code 3` or `signal 11 (SIGSEGV)`.
    pub fn describe(self) -> String {
        match self {
            Self::Code(code) => format!("exit code {code}"),
            Self::Signal(signal) => match signal_name(signal) {
                Some(name) => format!("signal {signal} ({name})"),
                None => format!("signal {signal}"),
            },
        }
    }
}

/// The Linux names of the signals that end programs.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

/// The limit for which a sandbox ended a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// CPU time was used up.
    Cpu,
    /// The wall-clock backstop passed.
    Wall,
    /// Standard output or standard error passed its bound.
    Output,
    /// The memory limit was reached.
    Memory,
    /// The interactor had rejected it and ended.
    Rejected,
    /// It and the interactor waited for each other.
    Idle,
}

/// The verdict of one test.
///
/// `checked` is what the comparison said of the output; it counts only for a program that ended
/// well within its limits. The order is that of the ICPC rules, with memory first, since a program
/// out of memory may end in any way: MLE, TLE, OLE, RE, then the comparison.
pub fn verdict_of(facts: &Facts, limits: &RunLimits, checked: &Checked) -> Verdict {
    if facts.out_of_memory || facts.stopped == Some(Stop::Memory) {
        return Verdict::MemoryLimitExceeded;
    }
    if matches!(facts.stopped, Some(Stop::Cpu | Stop::Wall | Stop::Idle)) || facts.cpu > limits.cpu
    {
        return Verdict::TimeLimitExceeded;
    }
    if facts.stopped == Some(Stop::Output) {
        return Verdict::OutputLimitExceeded;
    }
    if !facts.exit.success() {
        return Verdict::RuntimeError;
    }
    checked.verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts::of(Exit::Code(0))
    }

    fn verdict(facts: &Facts, checked: &Checked) -> Verdict {
        verdict_of(facts, &crate::judge::Limits::default().for_run(), checked)
    }

    #[test]
    fn every_branch() {
        let same = Checked::accepted();
        assert_eq!(verdict(&facts(), &same), Verdict::Accepted);
        assert_eq!(verdict(&facts(), &Checked::wrong("x")), Verdict::WrongAnswer);
        let form = Checked { verdict: Verdict::PresentationError, ..Checked::wrong("x") };
        assert_eq!(verdict(&facts(), &form), Verdict::PresentationError);
        let crash = Facts { exit: Exit::Signal(11), ..facts() };
        assert_eq!(verdict(&crash, &same), Verdict::RuntimeError);
        assert_eq!(verdict(&crash, &form), Verdict::RuntimeError, "its output does not count");
        let over = Facts { cpu: Duration::from_millis(1001), ..facts() };
        assert_eq!(verdict(&over, &same), Verdict::TimeLimitExceeded);
        for (stop, expected) in [
            (Stop::Cpu, Verdict::TimeLimitExceeded),
            (Stop::Wall, Verdict::TimeLimitExceeded),
            (Stop::Idle, Verdict::TimeLimitExceeded),
            (Stop::Output, Verdict::OutputLimitExceeded),
            (Stop::Memory, Verdict::MemoryLimitExceeded),
        ] {
            let stopped = Facts { stopped: Some(stop), exit: Exit::Signal(9), ..facts() };
            assert_eq!(verdict(&stopped, &same), expected);
        }
        let oom = Facts { out_of_memory: true, exit: Exit::Signal(9), ..facts() };
        assert_eq!(verdict(&oom, &same), Verdict::MemoryLimitExceeded, "never RE");
    }
}
