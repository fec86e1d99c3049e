//! Starting one command in namespaces of its own.
//!
//! For each command the agent forks an *init*: process 1 of fresh process, mount and IPC namespaces.
//! Init makes the file systems of the command, waits for the word to go, starts the program as
//! another user, and reports how it ended. When init ends, the kernel ends every other process of
//! its namespace before anyone can wait for it: nothing a program started outlives its test. A program
//! that left nothing behind, which is the rule, is over as soon as init says so; the kernel then
//! takes the namespaces apart while the next test runs.
//!
//! Init is prepared while the command before it still runs, so that the program of the next test
//! starts as soon as it may.

use crate::{
    boxes,
    cgroup::{Group, Groups},
    native,
    protocol::{Side, Spec},
    seccomp, spawn,
    sys::{self, Dir},
};
use std::{
    ffi::{CStr, CString},
    fs, io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
    ptr,
};

/// The user and group that a side's commands run as.
pub fn user_of(side: Side) -> u32 {
    match side {
        Side::Program => 60_606,
        // Both, for they share the feedback folder.
        Side::Interactor | Side::Checker => 60_607,
    }
}

/// How far programs stand back behind the agent and init when there is not enough CPU time for all:
/// with thousands of processes in a fork bomb, it would otherwise take the agent seconds to get the
/// turn in which it ends them. It counts within the container only, whose share of the machine stays
/// the same.
const NICE: libc::c_int = 10;

/// Files that one of a command's temporary file systems may hold.
const TMP_INODES: u32 = 65_536;

/// What all commands of a cell share.
pub struct Setting {
    /// The control group hierarchies.
    pub groups: Groups,
    /// The agent's own `/proc`, which is not mounted any more.
    pub proc: Dir,
    /// The filter on system calls.
    pub filter: Vec<libc::sock_filter>,
    /// `NAME=value` for each variable of the environment.
    pub environment: Vec<CString>,
    /// Folders in which programs are looked up.
    pub path: Vec<String>,
    /// Whether there is no other user whom programs could become.
    pub one_user: bool,
}

/// An init that waits for the word to go.
pub struct Prepared {
    /// Becomes readable when init, and with it every process of the command, is gone.
    pub pidfd: OwnedFd,
    pid: libc::pid_t,
    go: OwnedFd,
    /// Where init reports from.
    pub status: OwnedFd,
    /// The program's standard output.
    pub stdout: OwnedFd,
    /// The program's standard error.
    pub stderr: OwnedFd,
    /// The command's control group.
    pub group: Group,
    /// The command.
    pub spec: Spec,
}

/// What init reports of the program it started.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Status {
    /// Error number when the program could not be executed or the scene could not be set, else 0.
    pub errno: i32,
    /// As `waitpid` gives it.
    pub ended: i32,
    /// From the program's start to its end.
    pub wall_ns: u64,
    /// The most memory that one of its processes had at one time.
    pub resident_bytes: u64,
    /// 1 if `errno` is of setting the scene and not of the program's file. As wide as the others, so
    /// that there is no padding among the bytes that travel.
    pub scene_failed: u32,
    /// 1 if init has seen that no other process is left in the namespace.
    pub alone: u32,
    /// When the program ended, by the clock of `sys::now_ns`.
    pub ended_ns: u64,
}

/// What a command finds open when it starts.
pub struct Files {
    /// Its standard input.
    pub stdin: RawFd,
    /// Further files, from descriptor 3 on.
    pub shown: Vec<RawFd>,
}

/// Makes everything that a command needs and an init that waits.
pub fn prepare(setting: &Setting, spec: Spec, files: &Files, number: u64) -> io::Result<Prepared> {
    let argv = spec.argv.iter().map(|word| sys::c_string(word)).collect::<io::Result<Vec<_>>>()?;
    let program = find_program(&spec.argv[0], &setting.path)?;
    let mut group = setting.groups.fresh(number, &spec)?;
    let (stdout, stdout_end) = sys::pipe(0)?;
    let (stderr, stderr_end) = sys::pipe(0)?;
    let (status, status_end) = sys::pipe(0)?;
    let (go_end, go) = sys::pipe(0)?;
    sys::set_nonblocking(stdout.as_raw_fd())?;
    sys::set_nonblocking(stderr.as_raw_fd())?;
    sys::set_nonblocking(status.as_raw_fd())?;
    let mut pidfd: RawFd = -1;
    let flags = libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWIPC
        | libc::CLONE_PIDFD
        | libc::SIGCHLD;
    // SAFETY: without CLONE_VM this is a fork of a process with one thread; `pidfd` is valid for
    // writing. The first three arguments have the same order on every architecture served.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, &raw mut pidfd, 0, 0) };
    if pid == 0 {
        // The agent's end must not be held here: a dead agent is told by the closed pipe.
        drop(go);
        let shown = raised(&files.shown);
        let doors: Vec<RawFd> = group.doors().collect();
        let standard = [files.stdin, stdout_end.as_raw_fd(), stderr_end.as_raw_fd()];
        let own = [go_end.as_raw_fd(), status_end.as_raw_fd()];
        let place = group.place();
        let place_too: Vec<RawFd> = place.into_iter().collect();
        close_others([&standard[..], &own, &place_too, &doors, &shown].concat());
        let scene = Scene {
            program: &program,
            argv: &pointers(&argv),
            environment: &pointers(&setting.environment),
            filter: &setting.filter,
            one_user: setting.one_user,
            spec: &spec,
            place,
            doors: &doors,
            standard,
            shown: &shown,
            go: go_end.as_raw_fd(),
        };
        init(&scene, status_end.as_raw_fd());
    }
    if pid == -1 {
        let error = io::Error::last_os_error();
        group.remove(&setting.groups)?;
        return Err(error);
    }
    // SAFETY: the kernel has just made this descriptor for us.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Prepared { pidfd, pid: pid as libc::pid_t, go, status, stdout, stderr, group, spec })
}

impl Prepared {
    /// Gives the word to go.
    pub fn go(&self) -> io::Result<()> {
        match sys::write(self.go.as_raw_fd(), b"g") {
            // Init could not prepare the program and has ended; its report says why.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map(drop),
        }
    }

    /// Ends every process of the command.
    pub fn kill(&self) -> io::Result<()> {
        // SAFETY: no memory is passed.
        let done = unsafe {
            let none = ptr::null::<libc::siginfo_t>();
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                libc::SIGKILL,
                none,
                0,
            )
        };
        // A process that is gone already needs no killing.
        match sys::check(done as libc::c_int) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            other => other.map(drop),
        }
    }

    /// What init has to say by now.
    pub fn report(&self) -> io::Result<Word> {
        let mut bytes = [0; size_of::<Status>()];
        Ok(match sys::read(self.status.as_raw_fd(), &mut bytes)? {
            None => Word::NotYet,
            // SAFETY: init wrote a whole `Status`, and every bit pattern of its integers is valid.
            Some(count) if count == bytes.len() => {
                Word::Report(unsafe { ptr::read_unaligned(bytes.as_ptr().cast()) })
            }
            Some(_) => Word::Never,
        })
    }

    /// Parts with the command: its group, and its init, which is about to end.
    pub fn leave(self) -> (Group, Leaving) {
        (self.group, Leaving(self.pid))
    }
}

/// What an init says of its program.
#[derive(Clone, Copy)]
pub enum Word {
    /// Nothing yet.
    NotYet,
    /// How it ended.
    Report(Status),
    /// Nothing: init was killed before it could.
    Never,
}

/// An init that ends, and the kernel with it takes its namespaces apart.
pub struct Leaving(libc::pid_t);

impl Leaving {
    /// Whether it is gone, or waits until it is.
    pub fn gone(&self, wait: bool) -> io::Result<bool> {
        let mut ended = 0;
        let flags = if wait { 0 } else { libc::WNOHANG };
        // SAFETY: `ended` is valid for writing.
        let pid = sys::check(unsafe { libc::waitpid(self.0, &raw mut ended, flags) })?;
        Ok(pid == self.0)
    }
}

/// Everything init needs, made before the fork.
struct Scene<'a> {
    program: &'a CString,
    argv: &'a [*const libc::c_char],
    environment: &'a [*const libc::c_char],
    filter: &'a [libc::sock_filter],
    one_user: bool,
    spec: &'a Spec,
    place: Option<RawFd>,
    doors: &'a [RawFd],
    standard: [RawFd; 3],
    shown: &'a [RawFd],
    go: RawFd,
}

/// The life of an init. Ends the process.
fn init(scene: &Scene<'_>, status: RawFd) -> ! {
    let report = match set_scene(scene.spec) {
        Ok(()) => play(scene),
        Err(error) => failed(&error, true),
    };
    // SAFETY: a `Status` is plain integers without padding.
    let bytes = unsafe {
        std::slice::from_raw_parts((&raw const report).cast::<u8>(), size_of::<Status>())
    };
    // The agent sees a report that did not arrive as an init that was killed.
    let _ = sys::write(status, bytes);
    exit()
}

fn exit() -> ! {
    // SAFETY: ends this process without running the agent's destructors.
    unsafe { libc::_exit(0) }
}

fn failed(error: &io::Error, scene_failed: bool) -> Status {
    let errno = error.raw_os_error().unwrap_or(libc::EIO);
    Status { errno, scene_failed: u32::from(scene_failed), ..Status::default() }
}

/// Makes the file systems that only this command sees.
fn set_scene(spec: &Spec) -> io::Result<()> {
    // SAFETY: no memory is passed.
    sys::check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    sys::mount(c"proc", c"/proc", flags | libc::MS_NOEXEC, c"")?;
    let own = boxes::place_of(spec.side, spec.writes_box);
    if spec.side.is_judge() {
        // Held open, because the box covers the agent's path to it.
        let feedback = sys::open(boxes::FEEDBACK, libc::O_PATH)?;
        sys::bind(own, c"/box")?;
        let feedback = format!("/proc/self/fd/{}", feedback.as_raw_fd());
        sys::bind(&sys::c_string(&feedback)?, c"/box/feedback")?;
    } else {
        sys::bind(own, c"/box")?;
    }
    let options = format!("mode=1777,size={},nr_inodes={TMP_INODES}", spec.disk_bytes);
    let options = sys::c_string(&options)?;
    sys::mount(c"tmpfs", c"/tmp", flags, &options)?;
    sys::mount(c"tmpfs", c"/dev/shm", flags | libc::MS_NOEXEC, &options)
}

/// Closes every descriptor but these: what the agent holds for others must not be held open by an
/// init, least of all the end of a pipe whose closing somebody waits for.
fn close_others(mut own: Vec<RawFd>) {
    own.retain(|&fd| fd >= 0);
    own.sort_unstable();
    let mut next = 0;
    for fd in own.into_iter().map(RawFd::cast_unsigned).chain([libc::c_uint::MAX]) {
        if fd > next {
            // SAFETY: no memory is passed.
            unsafe { libc::syscall(libc::SYS_close_range, next, fd - 1, 0) };
        }
        next = fd.saturating_add(1);
    }
}

/// Copies of descriptors, above all that have a meaning: a command's descriptors are put in their
/// places at a time when others are still in use there.
fn raised(fds: &[RawFd]) -> Vec<RawFd> {
    const HIGH: libc::c_int = 512;
    // SAFETY: no memory is passed. A descriptor that cannot be copied is missing when it is put in
    // its place, and that is told.
    fds.iter().map(|&fd| unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, HIGH) }).collect()
}

/// Makes the process that becomes the program, and waits for its end.
fn play(scene: &Scene<'_>) -> Status {
    let mut stack = vec![0_u64; 8192];
    let mut act = Act { scene, started_ns: 0, failure: Status::default() };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let argument = (&raw mut act).cast();
    // SAFETY: the child runs on a stack of its own in our memory, and we stand still until it has
    // executed the program or ended; `act` outlives that.
    let pid = unsafe {
        if let Some(group) = scene.place {
            spawn::into_group(group, &mut stack, enter, argument)
        } else {
            let top = stack.as_mut_ptr_range().end;
            sys::check(libc::clone(enter, top.cast(), flags, argument))
        }
    };
    let pid = match pid {
        Ok(pid) => pid,
        Err(error) => return failed(&error, true),
    };
    for fd in scene.standard {
        // The program has its own by now. Were they held here, whoever listens to it would not hear that
        // it has closed its output while it runs on.
        // SAFETY: init uses none of them any more.
        unsafe { libc::close(fd) };
    }
    let (mut ended, mut resident) = (0, 0);
    // Orphans of the program become our children as well; only the program's end counts.
    // SAFETY: `rusage` is plain data, and both are valid for writing.
    unsafe {
        let mut used: libc::rusage = std::mem::zeroed();
        while libc::wait4(-1, &raw mut ended, libc::__WALL, &raw mut used) != pid {
            resident = used.ru_maxrss.max(resident);
        }
        resident = used.ru_maxrss.max(resident);
    }
    let ended_ns = sys::now_ns();
    // SAFETY: the child wrote both before it executed the program or ended.
    let (started_ns, failure) = unsafe {
        (ptr::read_volatile(&raw const act.started_ns), ptr::read_volatile(&raw const act.failure))
    };
    let wall_ns = ended_ns.saturating_sub(started_ns);
    let resident_bytes = resident.cast_unsigned() << 10;
    let alone = u32::from(is_alone());
    Status { ended, wall_ns, resident_bytes, alone, ended_ns, ..failure }
}

/// Whether every other process of the namespace is gone. All of them descend from init, so that is
/// when it has no children.
fn is_alone() -> bool {
    loop {
        // SAFETY: no memory is passed.
        match unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG | libc::__WALL) } {
            -1 => return io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD),
            0 => return false,
            _ => {}
        }
    }
}

struct Act<'a> {
    scene: &'a Scene<'a>,
    /// When the program was executed.
    started_ns: u64,
    failure: Status,
}

/// Turns the calling process into the program. Runs in init's memory: it must not allocate, and
/// makes its system calls bare, since the C library's wrappers would change init's own state.
extern "C" fn enter(act: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `play` passes a valid `Act` and stands still while we use it.
    let act = unsafe { &mut *act.cast::<Act<'_>>() };
    if let Err(error) =
        leave_init(act.scene).and_then(|()| enter_group(act.scene)).and_then(|()| show(act.scene))
    {
        act.failure = failed(&error, true);
        return 127;
    }
    act.started_ns = sys::now_ns();
    let error = execute(act.scene);
    if is_own_fault(act.scene.program, &error) {
        // To standard error, which the program's owner is shown. Nothing can be done if it fails.
        let _ =
            sys::write(libc::STDERR_FILENO, b"the system cannot execute the compiled program\n");
        return 126;
    }
    act.failure = failed(&error, is_machines_fault(&error));
    127
}

/// Whether a program in the box is there and yet cannot be executed: its author can make the
/// compiler produce such a file, so this is a program's failure like any other, and no judge's.
fn is_own_fault(program: &CStr, error: &io::Error) -> bool {
    let in_box = !program.to_bytes().starts_with(b"/");
    // SAFETY: the path is NUL-terminated; nothing is followed, read or written.
    let is_there = || unsafe {
        let flags = libc::AT_SYMLINK_NOFOLLOW;
        let mut info = std::mem::zeroed();
        libc::fstatat(libc::AT_FDCWD, program.as_ptr(), &raw mut info, flags) == 0
    };
    in_box && !is_machines_fault(error) && is_there()
}

/// Whether an error says nothing of the program but that the machine is short of something now.
fn is_machines_fault(error: &io::Error) -> bool {
    let passing = [libc::EAGAIN, libc::EMFILE, libc::ENFILE, libc::ETXTBSY];
    error.raw_os_error().is_some_and(|number| passing.contains(&number))
}

/// Gives up everything that init has and the program must not. This is done before the word to go, so
/// it takes none of the test's time and is not counted as the program's.
fn leave_init(scene: &Scene<'_>) -> io::Result<()> {
    let spec = scene.spec;
    let user = libc::c_long::from(user_of(spec.side));
    let limits = [
        // Not 0: where cores are piped to a program of the host, that is called all the same. 1 is the
        // value with which the kernel leaves it alone, and no core fits into one byte.
        (libc::RLIMIT_CORE, 1),
        (libc::RLIMIT_STACK, spec.memory_bytes),
        (libc::RLIMIT_NOFILE, 1024),
        // A backstop should the agent be kept from running; the agent's own limit is exact. The kernel
        // counts this one by ticks, which on a busy machine run ahead by a tenth.
        (libc::RLIMIT_CPU, spec.cpu_us / 1_000_000 * 2 + 2),
    ];
    let close_on_exec = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: every pointer passed below is to data of `scene` or of this frame.
    unsafe {
        for (limit, value) in limits {
            let mut now = std::mem::zeroed::<libc::rlimit>();
            sys::check(libc::getrlimit(limit, &raw mut now))?;
            // A user may have been left no cores at all; everything else must be had.
            let core = limit == libc::RLIMIT_CORE;
            let value = if core { value.min(now.rlim_max) } else { value };
            let value = libc::rlimit { rlim_cur: value, rlim_max: value };
            sys::check(libc::setrlimit(limit, &raw const value))?;
        }
        // The runtime of the agent ignores this signal; programs expect the default.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::umask(0o022);
        sys::check(libc::setpriority(libc::PRIO_PROCESS, 0, NICE))?;
        sys::check(libc::chdir(c"/box".as_ptr()))?;
        bare(libc::syscall(libc::SYS_setsid))?;
        for (at, fd) in scene.standard.into_iter().enumerate() {
            sys::check(libc::dup2(fd, at as libc::c_int))?;
        }
        match bare(libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, close_on_exec)) {
            // Before Linux 5.11, one by one; the agent opens nothing that exec would not close.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                for fd in 3..1024 {
                    libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
                }
            }
            other => other?,
        }
        if scene.one_user {
            native::set_capabilities(0)?;
        } else {
            bare(libc::syscall(libc::SYS_setgroups, 0, ptr::null::<libc::gid_t>()))?;
            bare(libc::syscall(libc::SYS_setresgid, user, user, user))?;
            bare(libc::syscall(libc::SYS_setresuid, user, user, user))?;
        }
        sys::check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
    }
    seccomp::install(scene.filter)
}

/// Waits for the word to go and enters the control group, unless it was started there; the kernel allows
/// it because the agent opened the doors.
fn enter_group(scene: &Scene<'_>) -> io::Result<()> {
    if sys::read(scene.go, &mut [0])? != Some(1) {
        // The agent is gone.
        exit();
    }
    for &door in scene.doors {
        sys::write(door, b"0")?;
    }
    Ok(())
}

/// Puts the files that the command is shown in their places.
fn show(scene: &Scene<'_>) -> io::Result<()> {
    for (at, &fd) in scene.shown.iter().enumerate() {
        // SAFETY: no memory is passed.
        sys::check(unsafe { libc::dup2(fd, 3 + at as libc::c_int) })?;
    }
    Ok(())
}

/// Executes the program; returns only if that fails.
fn execute(scene: &Scene<'_>) -> io::Error {
    // SAFETY: all texts are NUL-terminated, both lists end with a null pointer, and all are `scene`'s.
    unsafe {
        libc::execve(scene.program.as_ptr(), scene.argv.as_ptr(), scene.environment.as_ptr());
    }
    io::Error::last_os_error()
}

fn bare(result: libc::c_long) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The list of pointers, ended by a null one, that `execve` takes.
fn pointers(texts: &[CString]) -> Vec<*const libc::c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// Looks a program up: a name with a slash is a path in the box, any other is on the PATH.
fn find_program(name: &str, path: &[String]) -> io::Result<CString> {
    if name.contains('/') {
        return sys::c_string(name);
    }
    let found = path
        .iter()
        .map(|folder| format!("{folder}/{name}"))
        .find(|candidate| fs::metadata(candidate).is_ok_and(|meta| meta.is_file()));
    sys::c_string(&found.ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))?)
}
