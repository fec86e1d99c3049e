//! A cell without a container engine: the agent makes its own namespaces and its own root file system.
//!
//! The daemon starts the agent with the word `native` and a description of the cell. The agent becomes
//! two processes. The *keeper* stays outside: it waits for the cell's end and removes its control
//! groups, also when the daemon is gone by then. The other is process 1 of the cell. It enters the
//! control groups, builds a root of a small file system in memory and of the host's folders that it was
//! told to mount read-only, leaves everything else of the host behind, gives up every capability but
//! the ones it has in a container, and goes on as in a container.

use crate::sys;
use std::{
    ffi::CString,
    fs, io,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd},
        unix::fs::{DirBuilderExt, OpenOptionsExt, symlink},
    },
    path::Path,
    ptr,
    time::Duration,
};

/// The word by which the daemon asks for a cell of the agent's own making.
const WORD: &str = "native";

/// Where the new root is made: a folder that every Linux has.
const ROOT: &str = "/tmp";

/// How the new root is mounted; nothing large is ever in it.
const ROOT_OPTIONS: &std::ffi::CStr = c"mode=0755,size=1m,nr_inodes=4096";

/// Links of every `/dev`.
const DEVICE_LINKS: [(&str, &str); 4] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
];

/// `CAP_SETGID`, `CAP_SETUID` and `CAP_SYS_ADMIN`: what the agent keeps.
const KEPT: [libc::c_ulong; 3] = [6, 7, 21];

/// How often the removal of a control group is tried. The kernel may count the dead as members for a
/// moment after their end was told, and tells nobody when that is over.
const REMOVALS: u32 = 200;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(5);

/// What the daemon wants of a cell.
#[derive(Default)]
struct Plan {
    host_name: String,
    /// User and group of a daemon without the rights of root: the cell gets a user namespace, in which
    /// they are root and nobody else is there.
    user: Option<(String, String)>,
    /// The cell's own group in each hierarchy, and the options by which the hierarchy is mounted;
    /// none for version 2.
    groups: Vec<(String, String)>,
    folders: Vec<(String, u32)>,
    links: Vec<(String, String)>,
    files: Vec<(String, String)>,
    /// Paths of the host, and where they are in the cell, read-only.
    mounts: Vec<(String, String)>,
    devices: Vec<String>,
}

/// Makes the cell that the command line describes and returns in its process 1. Returns at once where
/// the agent is in a container.
pub fn enter(words: impl Iterator<Item = String>) -> io::Result<()> {
    let mut words = words.skip(1);
    if words.next().as_deref() != Some(WORD) {
        return Ok(());
    }
    let plan = Plan::read(words)?;
    // SAFETY: no memory is passed. A terminal's signals are the daemon's business.
    unsafe { libc::setsid() };
    let awaited = [libc::SIGCHLD, libc::SIGTERM];
    let mask = block(&awaited)?;
    let (mapped_end, mapped) = sys::pipe(0)?;
    let flags = libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWNET
        | if plan.user.is_some() { libc::CLONE_NEWUSER } else { 0 }
        | libc::SIGCHLD;
    // SAFETY: without CLONE_VM this is a fork of a process with one thread.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match pid {
        -1 => Err(told("namespaces", &io::Error::last_os_error())),
        0 => {
            unblock(&mask)?;
            drop(mapped);
            // The keeper says when the namespace has its user; if it cannot, it closes the pipe.
            if sys::read(mapped_end.as_raw_fd(), &mut [0])? != Some(1) {
                return Err(io::Error::other("the user namespace could not be given its user"));
            }
            plan.carry_out()
        }
        pid => {
            if plan.map_user(pid).is_ok() {
                sys::write(mapped.as_raw_fd(), b"m")?;
            }
            drop(mapped);
            keep(pid as libc::pid_t, &mask);
            plan.remove_groups();
            // SAFETY: ends this process; nothing of it needs to be put in order.
            unsafe { libc::_exit(0) }
        }
    }
}

/// An error with what was being made.
fn told(what: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!("{what}: {error}"))
}

/// Blocks signals, so that they can be waited for.
fn block(signals: &[libc::c_int]) -> io::Result<libc::sigset_t> {
    // SAFETY: the set is plain data, made empty before it is used.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for &signal in signals {
            libc::sigaddset(&raw mut set, signal);
        }
        sys::check(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()))?;
        Ok(set)
    }
}

fn unblock(set: &libc::sigset_t) -> io::Result<()> {
    // SAFETY: the set is valid.
    sys::check(unsafe { libc::sigprocmask(libc::SIG_UNBLOCK, set, ptr::null_mut()) }).map(drop)
}

/// Waits for the end of the cell, and brings it about when the daemon says so.
fn keep(pid: libc::pid_t, awaited: &libc::sigset_t) {
    // SAFETY: none of these calls is passed memory but the set, which is valid.
    unsafe {
        // The daemon must see the agent's end, and the agent the daemon's.
        libc::close(libc::STDIN_FILENO);
        libc::close(libc::STDOUT_FILENO);
        // Ends when process 1 does, and with it everything in its namespace has.
        while libc::waitpid(pid, ptr::null_mut(), libc::WNOHANG) == 0 {
            if libc::sigwaitinfo(awaited, ptr::null_mut()) == libc::SIGTERM {
                libc::kill(pid, libc::SIGKILL);
            }
        }
    }
}

impl Plan {
    /// Reads the description: the name of a thing, then what belongs to it.
    fn read(mut words: impl Iterator<Item = String>) -> io::Result<Self> {
        let mut plan = Self::default();
        while let Some(kind) = words.next() {
            let mut next = || words.next().ok_or_else(|| io::Error::other("a word is missing"));
            match kind.as_str() {
                "host-name" => plan.host_name = next()?,
                "user" => plan.user = Some((next()?, next()?)),
                "group" => plan.groups.push((next()?, next()?)),
                "folder" => {
                    let (path, mode) = (next()?, next()?);
                    let mode = u32::from_str_radix(&mode, 8).map_err(io::Error::other)?;
                    plan.folders.push((path, mode));
                }
                "link" => plan.links.push((next()?, next()?)),
                "file" => plan.files.push((next()?, next()?)),
                "mount" => plan.mounts.push((next()?, next()?)),
                "device" => plan.devices.push(next()?),
                other => return Err(io::Error::other(format!("no such word: {other}"))),
            }
        }
        Ok(plan)
    }

    /// Makes the daemon's user root of the namespace of a process, and the only user there.
    fn map_user(&self, pid: libc::c_long) -> io::Result<()> {
        let Some((user, group)) = &self.user else { return Ok(()) };
        fs::write(format!("/proc/{pid}/setgroups"), "deny")?;
        fs::write(format!("/proc/{pid}/gid_map"), format!("0 {group} 1"))?;
        fs::write(format!("/proc/{pid}/uid_map"), format!("0 {user} 1"))
    }

    /// Makes the cell around the calling process.
    fn carry_out(&self) -> io::Result<()> {
        // SAFETY: no memory is passed.
        sys::check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
        for (folder, _) in &self.groups {
            let door = Path::new(folder).join("cgroup.procs");
            fs::write(door, "0").map_err(|error| told(folder, &error))?;
        }
        // From here on, the cell's groups are the roots of the hierarchies.
        // SAFETY: no memory is passed; the name is valid for its length.
        unsafe {
            let made = sys::check(libc::unshare(libc::CLONE_NEWCGROUP));
            made.map_err(|error| told("control group namespace", &error))?;
            let name = self.host_name.as_bytes();
            sys::check(libc::sethostname(name.as_ptr().cast(), name.len()))?;
        }
        lift_limits();
        default_signals();
        self.make_root().map_err(|error| told("root file system", &error))?;
        change_root().map_err(|error| told("change of root", &error))?;
        give_up_capabilities().map_err(|error| told("capabilities", &error))?;
        // SAFETY: no memory is passed; the three standard descriptors stay.
        unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
        Ok(())
    }

    fn make_root(&self) -> io::Result<()> {
        sys::mount(c"", c"/", libc::MS_REC | libc::MS_PRIVATE, c"")?;
        // Taken up before the new root covers a part of the old one, which they may lie in.
        let trees = |attributes, paths: &[(String, String)]| -> io::Result<Vec<Tree>> {
            let take_up = |(source, target): &(String, String)| {
                Tree::take_up(source, target, attributes).map_err(|error| told(source, &error))
            };
            paths.iter().map(take_up).collect()
        };
        let devices: Vec<_> =
            self.devices.iter().map(|path| (path.clone(), path.clone())).collect();
        let mut mounts = trees(Attributes::Folder, &self.mounts)?;
        mounts.extend(trees(Attributes::Device, &devices)?);
        let safe = libc::MS_NOSUID | libc::MS_NODEV;
        sys::mount(c"tmpfs", &sys::c_string(ROOT)?, safe, ROOT_OPTIONS)?;
        for (path, mode) in &self.folders {
            fs::DirBuilder::new().mode(*mode).create(inside(path))?;
            set_mode(&inside(path), *mode)?;
        }
        for (path, target) in &self.links {
            symlink(target, inside(path))?;
        }
        for (path, text) in &self.files {
            fs::write(inside(path), text)?;
        }
        for tree in mounts {
            tree.put_down().map_err(|error| told(&tree.target, &error))?;
        }
        for (path, target) in DEVICE_LINKS {
            symlink(target, inside(path))?;
        }
        fs::create_dir(inside("/dev/shm"))?;
        fs::create_dir(inside("/dev/mqueue"))?;
        let safe = safe | libc::MS_NOEXEC;
        let proc = sys::mount(c"proc", &sys::c_string(&inside("/proc"))?, safe, c"");
        proc.map_err(|error| told("/proc", &error))?;
        self.mount_groups().map_err(|error| told("control groups", &error))
    }

    /// Shows the cell's part of the hierarchies below `/sys/fs/cgroup`, as a container engine does.
    fn mount_groups(&self) -> io::Result<()> {
        let safe = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
        sys::mount(c"tmpfs", &sys::c_string(&inside("/sys"))?, safe, c"mode=0755,size=64k")?;
        for (number, (_, options)) in self.groups.iter().enumerate() {
            let folder = inside(&format!("/sys/fs/cgroup/{number}"));
            fs::create_dir_all(&folder)?;
            let kind = if options.is_empty() { c"cgroup2" } else { c"cgroup" };
            sys::mount(kind, &sys::c_string(&folder)?, safe, &sys::c_string(options)?)?;
        }
        Ok(())
    }

    /// Removes the cell's control groups. What cannot be removed is swept by the next daemon.
    fn remove_groups(&self) {
        for (folder, _) in &self.groups {
            remove_group(Path::new(folder));
        }
    }
}

fn remove_group(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_group(&entry.path());
        }
    }
    for _ in 0..REMOVALS {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => std::thread::sleep(PAUSE),
            _ => return,
        }
    }
}

/// A path of the cell, before the root is changed.
fn inside(path: &str) -> String {
    format!("{ROOT}{path}")
}

fn set_mode(path: &str, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// What a mount of something of the host forbids, beside writing and set-uid programs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attributes {
    /// Devices.
    Folder,
    /// Programs.
    Device,
}

/// Something of the host, with all that is mounted below it, on its way into the cell.
struct Tree {
    fd: OwnedFd,
    is_folder: bool,
    target: String,
    attributes: Attributes,
}

impl Tree {
    fn take_up(source: &str, target: &str, attributes: Attributes) -> io::Result<Self> {
        const OPEN_TREE_CLONE: libc::c_int = 1;
        let is_folder = fs::metadata(source)?.is_dir();
        let path = sys::c_string(source)?;
        let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC | libc::AT_RECURSIVE;
        // SAFETY: the path is NUL-terminated and outlives the call.
        let fd = sys::check(unsafe {
            libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) as libc::c_int
        })?;
        // SAFETY: the descriptor is new and nobody else's.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd, is_folder, target: target.to_owned(), attributes })
    }

    /// Mounts it at its place in the new root.
    fn put_down(&self) -> io::Result<()> {
        const MOVE_MOUNT_F_EMPTY_PATH: libc::c_int = 4;
        let target = inside(&self.target);
        if self.is_folder {
            fs::create_dir_all(&target)?;
        } else {
            if let Some(folder) = Path::new(&target).parent() {
                fs::create_dir_all(folder)?;
            }
            fs::OpenOptions::new().create(true).append(true).mode(0o644).open(&target)?;
        }
        let target = sys::c_string(&target)?;
        // SAFETY: the paths are NUL-terminated and outlive the call.
        let moved = unsafe {
            libc::syscall(
                libc::SYS_move_mount,
                self.fd.as_raw_fd(),
                c"".as_ptr(),
                libc::AT_FDCWD,
                target.as_ptr(),
                MOVE_MOUNT_F_EMPTY_PATH,
            )
        };
        sys::check(moved as libc::c_int)?;
        seal(&target, self.attributes, libc::AT_RECURSIVE)
    }
}

/// Makes a mount, and with `AT_RECURSIVE` all below it, read-only for good.
fn seal(target: &CString, attributes: Attributes, flags: libc::c_int) -> io::Result<()> {
    let more = match attributes {
        Attributes::Folder => libc::MOUNT_ATTR_NODEV,
        Attributes::Device => libc::MOUNT_ATTR_NOEXEC,
    };
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | more,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is NUL-terminated, the attributes are valid and of the size that is told.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            target.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    sys::check(done as libc::c_int).map(drop)
}

/// Makes the new root the root, and lets go of the old one with everything in it.
fn change_root() -> io::Result<()> {
    std::env::set_current_dir(ROOT)?;
    let here = c".";
    // SAFETY: the paths are NUL-terminated. The old root comes to lie over the new one, from where it
    // is unmounted.
    unsafe {
        let moved = libc::syscall(libc::SYS_pivot_root, here.as_ptr(), here.as_ptr());
        sys::check(moved as libc::c_int)?;
    }
    sys::unmount(here)?;
    std::env::set_current_dir("/")?;
    seal(&sys::c_string("/")?, Attributes::Folder, 0)
}

/// The daemon's own limits are not those of programs.
fn lift_limits() {
    let limits = [
        libc::RLIMIT_AS,
        libc::RLIMIT_DATA,
        libc::RLIMIT_FSIZE,
        libc::RLIMIT_NPROC,
        libc::RLIMIT_RSS,
        libc::RLIMIT_CPU,
        libc::RLIMIT_CORE,
        libc::RLIMIT_STACK,
    ];
    for limit in limits {
        let none = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the value is valid. Without the right to raise a limit it stays.
        unsafe { libc::setrlimit(limit, &raw const none) };
    }
}

/// What the daemon's own parent told it to ignore is not ignored by programs. The agent goes on without
/// `SIGPIPE`.
fn default_signals() {
    // As the kernel has it: handler, flags, restorer and mask; all zero is the default.
    let default = [0_u64; 4];
    for signal in (1..=64).filter(|&signal| signal != libc::SIGPIPE) {
        let none = ptr::null_mut::<libc::c_void>();
        // SAFETY: `default` is as large as the kernel's structure on every 64-bit architecture. Signals
        // that have no other action are refused. The C library's own call spares two of the signals.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), none, 8) };
    }
}

/// `capset`'s header and data, for the version with 64 bits.
#[repr(C)]
struct CapHeader {
    version: u32,
    pid: libc::c_int,
}
#[repr(C)]
#[derive(Clone, Copy)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Leaves the agent the capabilities it has in a container, for good.
fn give_up_capabilities() -> io::Result<()> {
    for capability in 0..64 {
        if KEPT.contains(&capability) {
            continue;
        }
        // SAFETY: no memory is passed. Numbers that the kernel does not know are refused.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } == -1 {
            break;
        }
    }
    set_capabilities(KEPT.iter().fold(0, |set, capability| set | 1 << capability))?;
    // SAFETY: no memory is passed.
    unsafe {
        let all = libc::PR_CAP_AMBIENT_CLEAR_ALL;
        sys::check(libc::prctl(libc::PR_CAP_AMBIENT, all, 0, 0, 0))?;
        sys::check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)).map(drop)
    }
}

/// Sets the capabilities of the calling process to these of the first 32. Does not allocate.
pub fn set_capabilities(kept: u32) -> io::Result<()> {
    let header = CapHeader { version: 0x2008_0522, pid: 0 };
    let low = CapData { effective: kept, permitted: kept, inheritable: 0 };
    let high = CapData { effective: 0, permitted: 0, inheritable: 0 };
    let data = [low, high];
    // SAFETY: header and data have the form that this version asks for.
    let set = unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) };
    sys::check(set as libc::c_int).map(drop)
}

/// Whether the agent is in a user namespace, and not the machine's own.
pub fn in_user_namespace() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().ne(["0", "0", "4294967295"])
}

/// Whether nobody but root can be there: then programs are root of the namespace as well, without any
/// of root's rights.
pub fn has_one_user() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let mut words = map.split_whitespace();
    words.nth(2) == Some("1") && words.next().is_none()
}
