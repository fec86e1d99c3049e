//! One fresh control group per command: it limits memory and processes, and measures memory and CPU
//! time of everything the command ever started.
//!
//! A group is never used twice, since a reused one would carry figures from one test into the next.
//! Version 1 has a hierarchy per controller, version 2 has one for all; the engine shows the
//! container's own part of them below `/sys/fs/cgroup`, read-only until [`Groups::open`] asks
//! otherwise, which takes `CAP_SYS_ADMIN`.

use crate::{
    protocol::Spec,
    sys::{self, Dir},
};
use std::{
    ffi::CString,
    fs, io,
    os::fd::{AsRawFd, OwnedFd, RawFd},
    path::{Path, PathBuf},
};

/// The container's own place in the control group hierarchies. Each is held open, so that its mount
/// is not needed any more.
pub enum Groups {
    /// One hierarchy per controller.
    V1 { memory: Dir, pids: Dir, cpu: Dir },
    /// One hierarchy for all.
    V2 { root: Dir },
}

/// What a group has measured.
pub struct Measured {
    /// CPU time, user + system, in microseconds.
    pub cpu_us: u64,
    /// Peak memory in bytes.
    pub memory_bytes: u64,
    /// Whether the kernel ended a process for want of memory.
    pub out_of_memory: bool,
}

/// The group of one command.
pub struct Group {
    name: String,
    version: u8,
    /// In how many hierarchies it still is.
    remaining: usize,
    /// The files into which a process writes `0` to enter.
    doors: Vec<OwnedFd>,
    cpu: OwnedFd,
    peak: OwnedFd,
    events: OwnedFd,
}

impl Groups {
    /// Finds the hierarchies and makes them writable for the agent.
    pub fn open() -> io::Result<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let find = |controller: &str| {
            mounts.lines().find_map(|line| mount_point_of(line, "cgroup", Some(controller)))
        };
        if let (Some(memory), Some(pids), Some(cpu)) =
            (find("memory"), find("pids"), find("cpuacct"))
        {
            let [memory, pids, cpu] = [&memory, &pids, &cpu].map(|folder| {
                make_writable(folder)?;
                Dir::open(folder)
            });
            return Ok(Self::V1 { memory: memory?, pids: pids?, cpu: cpu? });
        }
        let root = mounts
            .lines()
            .find_map(|line| mount_point_of(line, "cgroup2", None))
            .ok_or_else(|| io::Error::other("no control groups are mounted in the container"))?;
        make_writable(&root)?;
        // Version 2 gives controllers only to groups below one that has no processes of its own.
        let agent = root.join("agent");
        fs::create_dir_all(&agent)?;
        fs::write(agent.join("cgroup.procs"), "0")?;
        fs::write(root.join("cgroup.subtree_control"), "+memory +pids")?;
        Ok(Self::V2 { root: Dir::open(&root)? })
    }

    /// 1 or 2.
    pub fn version(&self) -> u8 {
        match self {
            Self::V1 { .. } => 1,
            Self::V2 { .. } => 2,
        }
    }

    fn hierarchies(&self) -> Vec<&Dir> {
        match self {
            Self::V1 { memory, pids, cpu } => vec![memory, pids, cpu],
            Self::V2 { root } => vec![root],
        }
    }

    /// Makes the group of command number `number`.
    pub fn fresh(&self, number: u64, spec: &Spec) -> io::Result<Group> {
        let name = format!("run-{number}");
        let hierarchies = self.hierarchies();
        for dir in &hierarchies {
            dir.make(&sys::c_string(&name)?)?;
        }
        let door = if self.version() == 1 { "tasks" } else { "cgroup.procs" };
        let doors = hierarchies
            .iter()
            .map(|dir| dir.open_file(&within(&name, door)?, libc::O_WRONLY))
            .collect::<io::Result<_>>()?;
        let read = |dir: &Dir, file| dir.open_file(&within(&name, file)?, libc::O_RDONLY);
        let [cpu, peak, events] = match self {
            Self::V1 { memory, cpu, .. } => [
                read(cpu, "cpuacct.usage"),
                read(memory, "memory.max_usage_in_bytes"),
                read(memory, "memory.oom_control"),
            ],
            Self::V2 { root } => {
                ["cpu.stat", "memory.peak", "memory.events"].map(|file| read(root, file))
            }
        };
        self.limit(&name, spec)?;
        Ok(Group {
            version: self.version(),
            remaining: hierarchies.len(),
            doors,
            cpu: cpu?,
            peak: peak?,
            events: events?,
            name,
        })
    }

    fn limit(&self, name: &str, spec: &Spec) -> io::Result<()> {
        let bytes = spec.memory_bytes.to_string();
        let processes = spec.processes.to_string();
        let set = |dir: &Dir, file, value: &str| {
            let file = dir.open_file(&within(name, file)?, libc::O_WRONLY)?;
            sys::write(file.as_raw_fd(), value.as_bytes()).map(drop)
        };
        match self {
            Self::V1 { memory, pids, .. } => {
                set(memory, "memory.limit_in_bytes", &bytes)?;
                // Absent where the kernel does not account for swap.
                optional(set(memory, "memory.memsw.limit_in_bytes", &bytes))?;
                set(pids, "pids.max", &processes)
            }
            Self::V2 { root } => {
                set(root, "memory.max", &bytes)?;
                optional(set(root, "memory.swap.max", "0"))?;
                set(root, "memory.oom.group", "1")?;
                set(root, "pids.max", &processes)
            }
        }
    }
}

impl Group {
    /// The descriptors into which a process writes `0` to enter.
    pub fn doors(&self) -> impl Iterator<Item = RawFd> {
        self.doors.iter().map(AsRawFd::as_raw_fd)
    }

    /// CPU time so far in microseconds.
    pub fn cpu_us(&self) -> io::Result<u64> {
        if self.version == 1 {
            return Ok(parse(content(&self.cpu, &mut [0; 64])?.trim_ascii())? / 1000);
        }
        field(&self.cpu, "usage_usec")
    }

    /// Whether the kernel has ended a process for want of memory so far.
    pub fn out_of_memory(&self) -> io::Result<bool> {
        Ok(field(&self.events, "oom_kill")? > 0)
    }

    /// Everything that was measured.
    pub fn measured(&self) -> io::Result<Measured> {
        Ok(Measured {
            cpu_us: self.cpu_us()?,
            memory_bytes: parse(content(&self.peak, &mut [0; 64])?.trim_ascii())?,
            out_of_memory: self.out_of_memory()?,
        })
    }

    /// Removes the group, whose processes are all gone. Whether it is: a kernel may count the dead as
    /// members for a moment after their end was told.
    pub fn remove(&mut self, groups: &Groups) -> io::Result<bool> {
        let name = sys::c_string(&self.name)?;
        while let Some(dir) = self.remaining.checked_sub(1) {
            match groups.hierarchies()[dir].remove(&name) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Ok(false),
                other => other?,
            }
            self.remaining = dir;
        }
        Ok(true)
    }
}

fn within(group: &str, file: &str) -> io::Result<CString> {
    sys::c_string(&format!("{group}/{file}"))
}

/// Where a line of `mountinfo` mounts this kind of file system (with this option).
fn mount_point_of(line: &str, kind: &str, option: Option<&str>) -> Option<PathBuf> {
    let (place, what) = line.split_once(" - ")?;
    let mut what = what.split(' ');
    let (found, options) = (what.next()?, what.nth(1)?);
    let fits = found == kind && option.is_none_or(|o| options.split(',').any(|has| has == o));
    fits.then(|| place.split(' ').nth(4).map(PathBuf::from))?
}

fn make_writable(folder: &Path) -> io::Result<()> {
    let target = sys::c_string(&folder.to_string_lossy())?;
    let flags =
        libc::MS_REMOUNT | libc::MS_BIND | libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    sys::mount(c"", &target, flags, c"")
}

fn optional(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // A swap limit cannot be set where the container itself has none.
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => Ok(()),
        other => other,
    }
}

/// What a small file of a group says now.
fn content<'a>(file: &OwnedFd, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
    let count = sys::read_at_start(file.as_raw_fd(), buffer)?;
    Ok(&buffer[..count])
}

/// The number behind a name at the start of a line.
fn field(file: &OwnedFd, name: &str) -> io::Result<u64> {
    let mut buffer = [0; 1024];
    let mut lines = content(file, &mut buffer)?.split(|&byte| byte == b'\n');
    let value = lines.find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b" "));
    parse(value.unwrap_or(b"absent"))
}

fn parse(text: &[u8]) -> io::Result<u64> {
    let text = String::from_utf8_lossy(text);
    text.parse().map_err(|_| io::Error::other(format!("a control group gives no number: {text}")))
}
