//! The system calls that programs may not make, on top of an engine's own profile where there is one.
//!
//! The engine's profile opens mounts and namespaces to the whole container because the agent needs
//! them; this filter closes them again for the programs, together with what a judged program never
//! needs and kernels were broken by: tracing, `io_uring`, keyrings, BPF, perf, userfaultfd. It also
//! refuses what the usual profile of engines does, since a native cell has no other filter.

use std::io;

/// Calls that end with "operation not permitted".
const DENIED: &[libc::c_long] = &[
    // Messages can carry descriptors. Sockets that carry one another outlive their processes until the
    // kernel finds them, for long enough to be seen by the next test with what their names say.
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // These write back what the whole machine has not written yet; nobody can end a process meanwhile.
    libc::SYS_sync,
    libc::SYS_syncfs,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
    libc::SYS_get_mempolicy,
    libc::SYS_set_mempolicy,
    libc::SYS_mbind,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    libc::SYS_acct,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_personality,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS__sysctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_sysfs,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ustat,
];

/// Bits of `clone`'s flags that make namespaces.
const NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWCGROUP)
    .cast_unsigned();

#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xc000_00b7;

/// Calls of the x32 form have this bit; nothing else on a 64-bit system does.
const X32_BIT: u32 = 0x4000_0000;

// Offsets in `struct seccomp_data`; the low half of an argument comes first on both architectures.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;

const EPERM: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned();
const ENOSYS: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
const EAFNOSUPPORT: u32 = libc::SECCOMP_RET_ERRNO | libc::EAFNOSUPPORT.cast_unsigned();

fn statement(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

fn load(offset: u32) -> libc::sock_filter {
    statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

fn answer(action: u32) -> libc::sock_filter {
    statement(libc::BPF_RET | libc::BPF_K, action)
}

/// Skips `jt` instructions when the test holds, else `jf`.
fn jump(test: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code: (libc::BPF_JMP | test | libc::BPF_K) as u16, jt, jf, k }
}

/// The filter, made once and inherited by every command.
pub fn program() -> Vec<libc::sock_filter> {
    let equal = libc::BPF_JEQ;
    let mut filter = vec![
        load(ARCHITECTURE),
        // A 32-bit call has other numbers: none of them is let through.
        jump(equal, ARCH, 1, 0),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
        jump(libc::BPF_JGE, X32_BIT, 0, 1),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        // `clone3` hides its flags behind a pointer; with ENOSYS, libraries fall back to `clone`.
        jump(equal, libc::SYS_clone3 as u32, 0, 1),
        answer(ENOSYS),
        jump(equal, libc::SYS_clone as u32, 0, 4),
        load(FIRST_ARGUMENT),
        jump(libc::BPF_JSET, NAMESPACES, 0, 1),
        answer(EPERM),
        answer(libc::SECCOMP_RET_ALLOW),
        // Only UNIX sockets. There is no network, and what IPv4 leaves behind on the container's
        // loopback (counters, closed connections) would tell a test of the tests before it.
        jump(equal, libc::SYS_socket as u32, 1, 0),
        jump(equal, libc::SYS_socketpair as u32, 0, 4),
        load(FIRST_ARGUMENT),
        jump(equal, libc::AF_UNIX.cast_unsigned(), 0, 1),
        answer(libc::SECCOMP_RET_ALLOW),
        answer(EAFNOSUPPORT),
    ];
    for &call in DENIED {
        filter.push(jump(equal, call as u32, 0, 1));
        filter.push(answer(EPERM));
    }
    filter.push(answer(libc::SECCOMP_RET_ALLOW));
    filter
}

/// Puts the filter on the calling process and all it will start. Cannot be taken off again.
pub fn install(filter: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: `program` and the filter it points to are valid during the call.
    let done = unsafe {
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program, 0, 0)
    };
    crate::sys::check(done).map(drop)
}
