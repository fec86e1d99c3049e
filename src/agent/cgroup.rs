//! One fresh control group per command: it limits memory and processes, and measures memory and CPU
//! time of everything the command ever started.
//!
//! A group is never used twice, since a reused one would carry figures from one test into the next.
//! Version 1 has a hierarchy per controller, version 2 has one for all; the engine shows the
//! container's own part of them below `/sys/fs/cgroup`, read-only until [`Groups::open`] asks
//! otherwise, which takes `CAP_SYS_ADMIN`.

use crate::{protocol::Spec, sys};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::fd::{AsRawFd, RawFd},
    path::{Path, PathBuf},
};

/// The container's own place in the control group hierarchies.
pub enum Groups {
    /// One hierarchy per controller.
    V1 { memory: PathBuf, pids: PathBuf, cpu: PathBuf },
    /// One hierarchy for all.
    V2 { root: PathBuf },
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
    /// The files into which a process writes `0` to enter.
    doors: Vec<File>,
    folders: Vec<PathBuf>,
    version: u8,
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
            for folder in [&memory, &pids, &cpu] {
                make_writable(folder)?;
            }
            return Ok(Self::V1 { memory, pids, cpu });
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
        fs::write(root.join("cgroup.subtree_control"), "+memory +pids +cpu")?;
        Ok(Self::V2 { root })
    }

    /// 1 or 2.
    pub fn version(&self) -> u8 {
        match self {
            Self::V1 { .. } => 1,
            Self::V2 { .. } => 2,
        }
    }

    /// Makes the group of command number `number`.
    pub fn fresh(&self, number: u64, spec: &Spec) -> io::Result<Group> {
        let name = format!("run-{number}");
        let (folders, door) = match self {
            Self::V1 { memory, pids, cpu } => {
                (vec![memory.join(&name), pids.join(&name), cpu.join(&name)], "tasks")
            }
            Self::V2 { root } => (vec![root.join(&name)], "cgroup.procs"),
        };
        for folder in &folders {
            fs::create_dir(folder)?;
        }
        let doors = folders
            .iter()
            .map(|folder| OpenOptions::new().write(true).open(folder.join(door)))
            .collect::<io::Result<_>>()?;
        let group = Group { doors, folders, version: self.version() };
        group.limit(spec)?;
        Ok(group)
    }
}

impl Group {
    fn memory(&self, file: &str) -> PathBuf {
        self.folders[0].join(file)
    }

    fn limit(&self, spec: &Spec) -> io::Result<()> {
        let memory = spec.memory_bytes.to_string();
        let processes = spec.processes.to_string();
        if self.version == 1 {
            fs::write(self.memory("memory.limit_in_bytes"), &memory)?;
            // Absent where the kernel does not account for swap.
            optional(fs::write(self.memory("memory.memsw.limit_in_bytes"), &memory))?;
            return fs::write(self.folders[1].join("pids.max"), processes);
        }
        fs::write(self.memory("memory.max"), &memory)?;
        optional(fs::write(self.memory("memory.swap.max"), "0"))?;
        fs::write(self.memory("memory.oom.group"), "1")?;
        fs::write(self.memory("pids.max"), processes)
    }

    /// The descriptors into which a process writes `0` to enter.
    pub fn doors(&self) -> impl Iterator<Item = RawFd> {
        self.doors.iter().map(AsRawFd::as_raw_fd)
    }

    /// CPU time so far in microseconds.
    pub fn cpu_us(&self) -> io::Result<u64> {
        if self.version == 1 {
            return Ok(number(&self.folders[2].join("cpuacct.usage"))? / 1000);
        }
        field(&self.folders[0].join("cpu.stat"), "usage_usec")
    }

    /// Whether the kernel has ended a process for want of memory so far.
    pub fn out_of_memory(&self) -> io::Result<bool> {
        let file = if self.version == 1 { "memory.oom_control" } else { "memory.events" };
        Ok(field(&self.memory(file), "oom_kill")? > 0)
    }

    /// Everything that was measured.
    pub fn measured(&self) -> io::Result<Measured> {
        let peak = if self.version == 1 { "memory.max_usage_in_bytes" } else { "memory.peak" };
        Ok(Measured {
            cpu_us: self.cpu_us()?,
            memory_bytes: number(&self.memory(peak))?,
            out_of_memory: self.out_of_memory()?,
        })
    }

    /// Removes the group, whose processes are all gone. Whether it is: a kernel may count the dead as
    /// members for a moment after their end was told.
    pub fn remove(&mut self) -> io::Result<bool> {
        self.doors.clear();
        while let Some(folder) = self.folders.last() {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Ok(false),
                other => other?,
            }
            self.folders.pop();
        }
        Ok(true)
    }
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

fn number(path: &Path) -> io::Result<u64> {
    parse(path, fs::read_to_string(path)?.trim())
}

fn field(path: &Path, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    parse(path, value.unwrap_or("absent"))
}

fn parse(path: &Path, text: &str) -> io::Result<u64> {
    text.parse().map_err(|_| io::Error::other(format!("{}: no number: {text}", path.display())))
}
