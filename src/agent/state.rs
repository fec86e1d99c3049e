//! What the processes of a command are about: whether its program is ending, and whether all that it
//! started only waits to hear something.
//!
//! Told by the agent's own `/proc`. `syscall` there is shown to nobody but a process of the same user
//! that has as many rights, so the agent asks as that user; where a kernel does not tell, nobody is taken
//! to wait.

use crate::{
    cgroup::Group,
    command::{Setting, user_of},
    protocol::Side,
    sys,
};
use std::{io, os::fd::AsRawFd};

/// The program is init's first child, and init is process 1 of its namespace.
const PROGRAM: &str = "2";

/// The kernel's flag of a task that is ending. It is set before the task's files are closed.
const PF_EXITING: u64 = 4;

/// Whether a command's program, which has not been told to have ended, is about to be: then its files may
/// be closed already.
pub fn is_ending(group: &Group, setting: &Setting) -> io::Result<bool> {
    for process in group.processes(&setting.groups)? {
        // Of the numbers in all namespaces the last is that in its own.
        let own = read(setting, &format!("{process}/status")).and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
            line.split_whitespace().last().map(str::to_owned)
        });
        if own.as_deref() == Some(PROGRAM) {
            let flags = read(setting, &format!("{process}/stat")).and_then(|stat| {
                // The program's name is in brackets and may hold any character.
                let (_, fields) = stat.rsplit_once(')')?;
                fields.split_whitespace().nth(6)?.parse::<u64>().ok()
            });
            return Ok(flags.is_none_or(|flags| flags & PF_EXITING != 0));
        }
    }
    // A dead process is no member any more.
    Ok(true)
}

/// Whether every thread of a command waits, without a time at which it would go on by itself, and one of
/// them for its standard input.
pub fn waits_to_hear(group: &Group, side: Side, setting: &Setting) -> io::Result<bool> {
    let threads = group.threads(&setting.groups)?;
    let calls = || {
        let each = threads.iter().map(|thread| {
            read(setting, &format!("{thread}/syscall")).map_or(Call::Busy, |text| call(&text))
        });
        each.collect::<Vec<_>>()
    };
    let calls = if setting.one_user { calls() } else { sys::as_user(user_of(side), calls) };
    Ok(calls.contains(&Call::Hears) && !calls.contains(&Call::Busy))
}

/// A small file of the agent's own `/proc`; `None` when it cannot be had, as of a process that is gone.
fn read(setting: &Setting, path: &str) -> Option<String> {
    let file = setting.proc.open_file(&sys::c_string(path).ok()?, libc::O_RDONLY).ok()?;
    let mut buffer = [0; 4096];
    let count = sys::read_at_start(file.as_raw_fd(), &mut buffer).ok()?;
    Some(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

/// What a thread is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// It runs, or waits for a time.
    Busy,
    /// It waits for others of its command.
    Waits,
    /// It waits for its standard input, or for whatever comes first.
    Hears,
}

/// Reads a line of `/proc/TID/syscall`: a number, six arguments and two addresses; or `running`.
fn call(text: &str) -> Call {
    let mut words = text.split_whitespace();
    let number = words.next().and_then(|word| word.parse::<libc::c_long>().ok());
    let arguments: Vec<u64> =
        words.map_while(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()).collect();
    let (Some(number), Some(&[first, _, third, fourth, fifth, _])) =
        (number, arguments.first_chunk::<6>())
    else {
        return Call::Busy;
    };
    // A C `int`, of which the upper half of the register says nothing.
    let is_forever = |argument: u64| (argument as u32).cast_signed() < 0;
    let hears_if = |hears| if hears { Call::Hears } else { Call::Busy };
    match number {
        libc::SYS_read | libc::SYS_readv => {
            if first == 0 {
                Call::Hears
            } else {
                Call::Waits
            }
        }
        // A runtime's threads look after each other at times of their own, which is no work.
        libc::SYS_futex | libc::SYS_wait4 | libc::SYS_waitid | libc::SYS_rt_sigsuspend => {
            Call::Waits
        }
        libc::SYS_rt_sigtimedwait if third == 0 => Call::Waits,
        libc::SYS_ppoll => hears_if(third == 0),
        libc::SYS_pselect6 => hears_if(fifth == 0),
        libc::SYS_epoll_pwait => hears_if(is_forever(fourth)),
        libc::SYS_epoll_pwait2 => hears_if(fourth == 0),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_pause => Call::Waits,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => hears_if(is_forever(third)),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => hears_if(fifth == 0),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => hears_if(is_forever(fourth)),
        _ => Call::Busy,
    }
}
