//! One fresh control group per command: it limits memory and processes, and measures memory and CPU
//! time of everything the command ever started.
//!
//! A group is never used twice, since a reused one would carry figures from one test into the next.
//! Version 1 has a hierarchy per controller, version 2 has one for all; the engine shows the
//! container's own part of them below `/sys/fs/cgroup`, read-only until [`Groups::open`] asks
//! otherwise, which takes `CAP_SYS_ADMIN`.
//!
//! Version 2 tells the peak of memory since Linux 5.19. On an older kernel the peak is what was seen
//! at each look at the group, and at least what the largest process had at one time.

use crate::{
    protocol::Spec,
    spawn,
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
    V2 {
        root: Dir,
        /// Whether a group has `memory.peak`.
        tells_peak: bool,
        /// Whether processes can be started in a group, or must move there.
        starts_in: bool,
    },
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
    entrance: Entrance,
    /// CPU time that was used before the program, in microseconds.
    before_us: u64,
    cpu: OwnedFd,
    memory: Memory,
    events: OwnedFd,
}

/// How a process comes into a group.
enum Entrance {
    /// It is started there: the group's folder.
    Start(OwnedFd),
    /// It moves: the files into which it writes `0`.
    Doors(Vec<OwnedFd>),
}

/// Where the peak of a group's memory is from.
enum Memory {
    /// A file that tells it.
    Peak(OwnedFd),
    /// The greatest seen so far in a file that tells how much is used.
    Sampled { current: OwnedFd, most: u64, limit: u64 },
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
        let own = own_group(&mounts)?
            .ok_or_else(|| io::Error::other("no control groups are mounted in the container"))?;
        Self::open_v2(&own)
    }

    fn open_v2(own: &OwnGroup) -> io::Result<Self> {
        make_writable(&own.mount)?;
        let has = fs::read_to_string(own.folder.join("cgroup.controllers"))?;
        let has: Vec<&str> = has.split_whitespace().collect();
        if let Some(missing) = ["memory", "pids"].iter().find(|name| !has.contains(name)) {
            return Err(io::Error::other(format!(
                "the container's control group has no controller `{missing}`: whoever started the \
                 engine must delegate it (systemd: `Delegate=yes`)"
            )));
        }
        // Version 2 gives controllers only to groups below one that has no processes of its own.
        let agent = own.folder.join("agent");
        fs::create_dir_all(&agent)?;
        fs::write(agent.join("cgroup.procs"), "0")?;
        // Time is told without the controller for it; with it, groups share the processors evenly.
        let cpu = if has.contains(&"cpu") { " +cpu" } else { "" };
        let wanted = format!("+memory +pids{cpu}");
        fs::write(own.folder.join("cgroup.subtree_control"), wanted)?;
        Ok(Self::V2 {
            root: Dir::open(&own.folder)?,
            tells_peak: agent.join("memory.peak").exists(),
            starts_in: spawn::can_enter_groups(),
        })
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
            Self::V2 { root, .. } => vec![root],
        }
    }

    /// Makes the group of command number `number`.
    pub fn fresh(&self, number: u64, spec: &Spec) -> io::Result<Group> {
        let name = format!("run-{number}");
        let hierarchies = self.hierarchies();
        for dir in &hierarchies {
            dir.make(&sys::c_string(&name)?)?;
        }
        let open = |dir: &Dir, file, flags| dir.open_file(&within(&name, file)?, flags);
        let read = |dir: &Dir, file| open(dir, file, libc::O_RDONLY);
        let enter = |dir: &Dir, door| open(dir, door, libc::O_WRONLY);
        let (entrance, cpu, memory, events) = match self {
            Self::V1 { memory, cpu, .. } => (
                // The other door, `cgroup.procs`, makes the kernel wait.
                Entrance::Doors(
                    hierarchies.iter().map(|dir| enter(dir, "tasks")).collect::<io::Result<_>>()?,
                ),
                read(cpu, "cpuacct.usage")?,
                Memory::Peak(read(memory, "memory.max_usage_in_bytes")?),
                read(memory, "memory.oom_control")?,
            ),
            Self::V2 { root, tells_peak, starts_in } => (
                if *starts_in {
                    Entrance::Start(open(root, "", libc::O_RDONLY | libc::O_DIRECTORY)?)
                } else {
                    Entrance::Doors(vec![enter(root, "cgroup.procs")?])
                },
                read(root, "cpu.stat")?,
                if *tells_peak {
                    Memory::Peak(read(root, "memory.peak")?)
                } else {
                    let current = read(root, "memory.current")?;
                    Memory::Sampled { current, most: 0, limit: spec.memory_bytes }
                },
                read(root, "memory.events")?,
            ),
        };
        self.limit(&name, spec)?;
        Ok(Group {
            version: self.version(),
            remaining: hierarchies.len(),
            entrance,
            before_us: 0,
            cpu,
            memory,
            events,
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
            Self::V2 { root, .. } => {
                set(root, "memory.max", &bytes)?;
                optional(set(root, "memory.swap.max", "0"))?;
                set(root, "memory.oom.group", "1")?;
                set(root, "pids.max", &processes)
            }
        }
    }
}

impl Group {
    /// The folder in which a process can be started, if that is how it comes in.
    pub fn place(&self) -> Option<RawFd> {
        match &self.entrance {
            Entrance::Start(folder) => Some(folder.as_raw_fd()),
            Entrance::Doors(_) => None,
        }
    }

    /// The descriptors into which a process writes `0` to enter, if it was not started there.
    pub fn doors(&self) -> impl Iterator<Item = RawFd> {
        let doors = match &self.entrance {
            Entrance::Doors(doors) => doors.as_slice(),
            Entrance::Start(_) => &[],
        };
        doors.iter().map(AsRawFd::as_raw_fd)
    }

    /// The longest time that a thread of the group stood in line for a processor, in nanoseconds, as far
    /// as the kernel tells: 0 where it does not. `None` when no thread is left, so that the end is about
    /// to be told. `proc` is the agent's own `/proc`.
    pub fn waited_ns(&self, groups: &Groups, proc: &Dir) -> Option<u64> {
        let waited = || -> io::Result<Option<u64>> {
            let members = self.threads(groups)?;
            let waited = members.iter().filter_map(|thread| {
                let path = format!("{thread}/schedstat");
                // A thread may have ended meanwhile.
                let file = proc.open_file(&sys::c_string(&path).ok()?, libc::O_RDONLY).ok()?;
                let mut buffer = [0; 128];
                let figures = content(&file, &mut buffer).ok()?.split(|&byte| byte == b' ');
                // Time on a processor, time in line for one, and how often.
                parse(figures.clone().nth(1)?).ok()
            });
            Ok((!members.is_empty()).then(|| waited.max().unwrap_or(0)))
        };
        waited().unwrap_or(Some(0))
    }

    /// Its threads, as the agent's own `/proc` numbers them. One may have ended since.
    pub fn threads(&self, groups: &Groups) -> io::Result<Vec<u32>> {
        self.members(groups, if self.version == 1 { "tasks" } else { "cgroup.threads" })
    }

    /// Its processes, as the agent's own `/proc` numbers them. One may have ended since.
    pub fn processes(&self, groups: &Groups) -> io::Result<Vec<u32>> {
        self.members(groups, "cgroup.procs")
    }

    fn members(&self, groups: &Groups, file: &str) -> io::Result<Vec<u32>> {
        let members = within(&self.name, file)?;
        let members = groups.hierarchies()[0].open_file(&members, libc::O_RDONLY)?;
        let mut buffer = vec![0; 64 << 10];
        let members = content(&members, &mut buffer)?;
        let lines = members.split(|&byte| byte == b'\n');
        Ok(lines.filter_map(|line| str::from_utf8(line).ok()?.parse().ok()).collect())
    }

    /// Notes that the program is about to start: what a process that was started here has used to
    /// become the program does not count.
    pub fn begin(&mut self) -> io::Result<()> {
        if matches!(self.entrance, Entrance::Start(_)) {
            self.before_us = self.cpu_us()?;
        }
        Ok(())
    }

    /// CPU time so far in microseconds.
    pub fn cpu_us(&self) -> io::Result<u64> {
        if self.version == 1 {
            return Ok(number(&self.cpu)? / 1000);
        }
        Ok(field(&self.cpu, "usage_usec")?.saturating_sub(self.before_us))
    }

    /// Whether the kernel has ended a process for want of memory so far. Where no peak is told, this is
    /// when the memory is looked at.
    pub fn out_of_memory(&mut self) -> io::Result<bool> {
        let ended = field(&self.events, "oom_kill")? > 0;
        if let Memory::Sampled { current, most, limit } = &mut self.memory {
            let now = if ended { *limit } else { number(current)? };
            *most = now.max(*most);
        }
        Ok(ended)
    }

    /// Everything that was measured, when a process is known to have had `resident` bytes at one time.
    pub fn measured(&mut self, resident: u64) -> io::Result<Measured> {
        let out_of_memory = self.out_of_memory()?;
        let memory_bytes = match &self.memory {
            Memory::Peak(peak) => number(peak)?,
            Memory::Sampled { most, .. } => resident.max(*most),
        };
        Ok(Measured { cpu_us: self.cpu_us()?, memory_bytes, out_of_memory })
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

/// The agent's own group of version 2.
struct OwnGroup {
    /// Where the hierarchy is mounted.
    mount: PathBuf,
    /// The group's folder below that.
    folder: PathBuf,
}

/// Finds it. Usually it is the root of what is mounted; where the container has the namespace of its
/// host, the whole hierarchy is, and the group deep in it.
fn own_group(mounts: &str) -> io::Result<Option<OwnGroup>> {
    let found = mounts.lines().find_map(|line| {
        Some((mount_point_of(line, "cgroup2", None)?, line.split(' ').nth(3)?.to_owned()))
    });
    let Some((mount, root)) = found else { return Ok(None) };
    let own = fs::read_to_string("/proc/self/cgroup")?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let below = Path::new(own).strip_prefix(root).unwrap_or(Path::new(""));
    let folder = mount.join(below);
    Ok(Some(OwnGroup { mount, folder }))
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

/// The number that is all there is in a small file.
fn number(file: &OwnedFd) -> io::Result<u64> {
    parse(content(file, &mut [0; 64])?.trim_ascii())
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
