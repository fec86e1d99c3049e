//! Starting a process that is in a control group of version 2 from its first moment.
//!
//! A process that moves itself, by writing to `cgroup.procs`, makes the kernel wait until every
//! processor has passed a quiet point: 15 ms at the median, where `clone3` with `CLONE_INTO_CGROUP`
//! costs nothing. The C library has no function for it, and a process that shares our memory needs a
//! stack of its own, so it is called in assembly.

use std::{io, os::fd::RawFd};

/// What a new process calls; what it returns is the exit code.
pub type Entry = extern "C" fn(*mut libc::c_void) -> libc::c_int;

/// `CLONE_INTO_CGROUP`, which does not fit into the flags of the older calls.
const INTO_CGROUP: u64 = 1 << 33;

/// As the kernel defines `struct clone_args` since Linux 5.7.
#[repr(C)]
#[derive(Default)]
struct Arguments {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Whether the kernel, and the filters on this process's system calls, allow it.
pub fn can_enter_groups() -> bool {
    // No such descriptor is open, which is what a kernel says that understands the question.
    let arguments =
        Arguments { flags: INTO_CGROUP, cgroup: libc::c_int::MAX as u64, ..Arguments::default() };
    // SAFETY: the arguments are valid for their size; no process is made.
    let done =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<Arguments>()) };
    let told = io::Error::last_os_error().raw_os_error();
    cfg!(any(target_arch = "x86_64", target_arch = "aarch64"))
        && done == -1
        && told == Some(libc::EBADF)
}

/// Starts a process in the group whose folder is open as `group`. It has our memory, and we stand
/// still until it has executed a program or ended.
///
/// # Safety
///
/// `entry` must be safe to call with `argument` beside a caller that stands still: it must not
/// allocate, and must not return to anything of ours.
pub unsafe fn into_group(
    group: RawFd,
    stack: &mut [u64],
    entry: Entry,
    argument: *mut libc::c_void,
) -> io::Result<libc::pid_t> {
    let bottom = (stack.as_mut_ptr() as u64).next_multiple_of(16);
    let top = stack.as_mut_ptr_range().end as u64 & !15;
    let arguments = Arguments {
        flags: (libc::CLONE_VM | libc::CLONE_VFORK) as u64 | INTO_CGROUP,
        exit_signal: libc::SIGCHLD as u64,
        stack: bottom,
        stack_size: top - bottom,
        cgroup: group as u64,
        ..Arguments::default()
    };
    // SAFETY: the arguments are valid; the stack is ours, aligned, and nobody uses it meanwhile.
    let done = unsafe { clone3(&arguments, entry, argument) };
    if done < 0 { Err(io::Error::from_raw_os_error(-done as i32)) } else { Ok(done as libc::pid_t) }
}

#[cfg(target_arch = "x86_64")]
unsafe fn clone3(arguments: &Arguments, entry: Entry, argument: *mut libc::c_void) -> i64 {
    let done: i64;
    // SAFETY: the parent goes on behind the call with nothing changed but what is named here; the new
    // process, whose registers but for the stack pointer are the same, never gets there.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r13",
            "call r12",
            "mov edi, eax",
            "mov eax, {exit}",
            "syscall",
            "2:",
            exit = const libc::SYS_exit,
            inlateout("rax") libc::SYS_clone3 => done,
            in("rdi") arguments,
            in("rsi") size_of::<Arguments>(),
            in("r12") entry,
            in("r13") argument,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    done
}

#[cfg(target_arch = "aarch64")]
unsafe fn clone3(arguments: &Arguments, entry: Entry, argument: *mut libc::c_void) -> i64 {
    let done: i64;
    // SAFETY: as on x86_64.
    unsafe {
        std::arch::asm!(
            "svc 0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x0, x21",
            "blr x20",
            "mov x8, {exit}",
            "svc 0",
            "2:",
            exit = const libc::SYS_exit,
            in("x8") libc::SYS_clone3,
            inlateout("x0") arguments => done,
            in("x1") size_of::<Arguments>(),
            in("x20") entry,
            in("x21") argument,
        );
    }
    done
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn clone3(_: &Arguments, _: Entry, _: *mut libc::c_void) -> i64 {
    -i64::from(libc::ENOSYS)
}
