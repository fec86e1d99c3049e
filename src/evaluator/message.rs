//! What a person should know of a command's end, in a line or a few.

use crate::{
    judge::{Facts, Own, RunLimits, Stop, Verdict},
    sandbox::Ran,
};

/// Everything a compiler said, and why it was ended if it was.
pub(super) fn compiler(ran: &mut Ran, limits: &RunLimits) -> String {
    let stdout = ran.stdout.bytes().unwrap_or_default();
    let mut text = String::from_utf8_lossy(&stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&ran.stderr));
    let kept = (stdout.len() + ran.stderr.len()) as u64;
    if kept < ran.facts.stdout_bytes + ran.facts.stderr_bytes {
        text.push_str("\n[the rest of the compiler's output is left out]");
    }
    let why = match ran.facts.stopped {
        _ if ran.facts.out_of_memory => Some(out_of_memory(limits)),
        Some(stop) => Some(stopped(stop, &ran.facts, limits)),
        None if !ran.facts.exit.success() && text.trim().is_empty() => {
            Some(ran.facts.exit.describe())
        }
        None => None,
    };
    if let Some(why) = why {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("the compiler was ended: ");
        text.push_str(&why);
    }
    text
}

/// Why a program, of which the user wrote `own`, failed of itself and has this verdict; `None` for verdicts
/// on its output.
pub(super) fn test(
    verdict: Verdict,
    facts: &Facts,
    stderr: &[u8],
    limits: &RunLimits,
    own: &Own,
) -> Option<String> {
    match verdict {
        Verdict::MemoryLimitExceeded => Some(out_of_memory(limits)),
        Verdict::RuntimeError => Some(crash(facts, stderr, own)),
        Verdict::TimeLimitExceeded | Verdict::OutputLimitExceeded => {
            Some(stopped(facts.stopped.unwrap_or(Stop::Cpu), facts, limits))
        }
        _ => None,
    }
}

fn out_of_memory(limits: &RunLimits) -> String {
    format!("more than {} MiB of memory", limits.memory_bytes >> 20)
}

fn stopped(stop: Stop, facts: &Facts, limits: &RunLimits) -> String {
    match stop {
        Stop::Cpu => format!("more than {} ms of CPU time", limits.cpu.as_millis()),
        // A program that used little CPU time was waiting for something that never came.
        Stop::Wall if facts.cpu * 10 < facts.wall => {
            format!("idle: still there after {:.1} s", limits.wall.as_secs_f64())
        }
        Stop::Wall => format!("still there after {:.1} s", limits.wall.as_secs_f64()),
        Stop::Output => format!("more than {} MiB of output", limits.output_bytes >> 20),
        Stop::Memory => out_of_memory(limits),
        Stop::Idle => "idle: it and the interactor waited for each other".to_owned(),
        Stop::Rejected => "ended, because the interactor had rejected it".to_owned(),
    }
}

/// How the program ended and why, as its runtime says.
fn crash(facts: &Facts, stderr: &[u8], own: &Own) -> String {
    let end = facts.exit.describe();
    match own.reason(&String::from_utf8_lossy(stderr)) {
        Some(reason) => format!("{end}: {reason}"),
        None => end,
    }
}
