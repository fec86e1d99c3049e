//! The control groups of whole cells, made by the daemon below a place of its own.
//!
//! A cell has one group in each hierarchy that is needed: three or four with version 1, one with
//! version 2. Their names begin with the owner's, so that what a daemon left behind when it was killed
//! is found again; no other group is touched.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// The controllers that version 2 must offer.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// How often the removal of a group is tried: the kernel may count the dead as members for a moment,
/// and tells nobody when that is over.
const REMOVALS: u32 = 200;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(5);

/// What a whole cell may use.
pub struct Bounds {
    /// Memory, in bytes; there is no swap beside it.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Processors at one time.
    pub cpus: f64,
}

/// Where the groups of cells are made.
pub struct Place {
    version: u8,
    hierarchies: Vec<Hierarchy>,
}

struct Hierarchy {
    /// The groups of cells are its children.
    parent: PathBuf,
    /// The options by which the hierarchy is mounted; none for version 2.
    options: String,
}

impl Place {
    /// Looks for it, as root or as somebody else. The error says what is missing and how to mend it.
    pub fn find(is_root: bool) -> Result<Self, String> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")
            .map_err(|error| format!("/proc/self/mountinfo: {error}"))?;
        match version_1(&mounts) {
            Some(hierarchies) if is_root => Ok(Self { version: 1, hierarchies }),
            Some(_) => Err("this machine's control groups are of version 1, which only root may \
                            divide: run the daemon as root, or boot with \
                            systemd.unified_cgroup_hierarchy=1"
                .into()),
            None => version_2(&mounts, is_root)
                .map(|hierarchy| Self { version: 2, hierarchies: vec![hierarchy] }),
        }
    }

    /// 1 or 2.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// What cannot be enforced with these hierarchies.
    pub fn missing(&self) -> Option<String> {
        let bounds_cpu = |h: &Hierarchy| {
            let given = h.parent.join("cgroup.subtree_control");
            let given = fs::read_to_string(given).unwrap_or_default();
            h.options.split(',').chain(given.split_whitespace()).any(|name| name == "cpu")
        };
        let unbound = !self.hierarchies.iter().any(bounds_cpu);
        unbound.then(|| "`sandbox.cell_cpus`: there is no cpu controller".to_owned())
    }

    /// Makes the groups of a cell: folder and mount options of each.
    pub fn make(&self, name: &str, bounds: &Bounds) -> io::Result<Vec<(String, String)>> {
        let mut made = Vec::new();
        for hierarchy in &self.hierarchies {
            let folder = hierarchy.parent.join(name);
            let done = fs::create_dir(&folder).and_then(|()| self.bound(&folder, bounds));
            made.push((folder.to_string_lossy().into_owned(), hierarchy.options.clone()));
            if let Err(error) = done {
                self.discard(name);
                let text = format!("the control group {}: {error}", folder.display());
                return Err(io::Error::new(error.kind(), text));
            }
        }
        Ok(made)
    }

    /// Removes the groups of a cell that was never started.
    pub fn discard(&self, name: &str) {
        for hierarchy in &self.hierarchies {
            remove(&hierarchy.parent.join(name));
        }
    }

    /// Writes the limits for which a folder has files.
    fn bound(&self, folder: &Path, bounds: &Bounds) -> io::Result<()> {
        let bytes = bounds.memory_bytes.to_string();
        let quota = (bounds.cpus * 100_000.0) as u64;
        let limits = if self.version == 1 {
            vec![
                ("memory.limit_in_bytes", bytes.clone()),
                ("memory.memsw.limit_in_bytes", bytes),
                ("pids.max", bounds.processes.to_string()),
                ("cpu.cfs_quota_us", quota.to_string()),
            ]
        } else {
            vec![
                ("memory.max", bytes),
                ("memory.swap.max", "0".to_owned()),
                ("pids.max", bounds.processes.to_string()),
                ("cpu.max", format!("{quota} 100000")),
            ]
        };
        for (file, value) in limits {
            // Absent in the other hierarchies of version 1, and where swap is not accounted for.
            let path = folder.join(file);
            if path.exists() {
                fs::write(path, value)?;
            }
        }
        Ok(())
    }

    /// Ends every process in groups whose names begin like this and removes the groups; how many cells
    /// there were. The first one that stays is the error.
    pub fn sweep(&self, prefix: &str) -> io::Result<usize> {
        let mut found = BTreeSet::new();
        for hierarchy in &self.hierarchies {
            for entry in fs::read_dir(&hierarchy.parent)?.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with(prefix) {
                    found.insert(name);
                }
            }
        }
        let mut last = Ok(found.len());
        for (name, hierarchy) in
            found.iter().flat_map(|name| self.hierarchies.iter().map(move |h| (name, h)))
        {
            let folder = hierarchy.parent.join(name);
            end_all(&folder);
            remove(&folder);
            if folder.exists() {
                last = Err(io::Error::other(format!("{} cannot be removed", folder.display())));
            }
        }
        last
    }
}

/// The hierarchies of version 1, if the controllers that matter are there.
fn version_1(mounts: &str) -> Option<Vec<Hierarchy>> {
    let mut hierarchies: Vec<Hierarchy> = Vec::new();
    for (controller, needed) in
        [("memory", true), ("pids", true), ("cpuacct", true), ("cpu", false)]
    {
        let found = mounts.lines().find_map(|line| {
            let (place, options) = mounted(line, "cgroup")?;
            let options: Vec<&str> =
                options.split(',').filter(|option| !["rw", "ro"].contains(option)).collect();
            let fits = options.contains(&controller);
            fits.then(|| Hierarchy { parent: place.into(), options: options.join(",") })
        });
        match found {
            None if needed => return None,
            Some(new) if hierarchies.iter().all(|known| known.parent != new.parent) => {
                hierarchies.push(new);
            }
            _ => {}
        }
    }
    Some(hierarchies)
}

/// A place in the one hierarchy of version 2 whose children get the controllers.
fn version_2(mounts: &str, is_root: bool) -> Result<Hierarchy, String> {
    let root = mounts.lines().find_map(|line| mounted(line, "cgroup2").map(|(place, _)| place));
    let root = PathBuf::from(root.ok_or("no control groups are mounted below /sys/fs/cgroup")?);
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let own = root.join(own.trim_end_matches('/'));
    // Where root is free to; then up from the daemon's own group, whose parents may have been given to
    // its user; then the own group, from which the daemon would have to move.
    let above = own.ancestors().skip(1).take_while(|folder| folder.starts_with(&root));
    let places = is_root.then_some(root.as_path()).into_iter().chain(above).chain([own.as_path()]);
    let mut last = String::new();
    for folder in places {
        match offers(folder, folder == own) {
            Ok(()) => return Ok(Hierarchy { parent: folder.into(), options: String::new() }),
            Err(error) => last = format!("{}: {error}", folder.display()),
        }
    }
    Err(format!(
        "no control group is ours to divide ({last}): run the daemon as root, or in a group of its \
         own, as by `systemd-run --user --scope -p Delegate=yes sonocode serve`"
    ))
}

/// Sees to it that the children of a group get the controllers, and that children can be made.
fn offers(folder: &Path, is_own: bool) -> io::Result<()> {
    let control = folder.join("cgroup.subtree_control");
    let give = |names: &[&str]| {
        let given = fs::read_to_string(&control)?;
        let lacks = |name: &&&str| !given.split_whitespace().any(|has| has == **name);
        let wanted: Vec<_> = names.iter().filter(lacks).map(|name| format!("+{name}")).collect();
        if wanted.is_empty() { Ok(()) } else { fs::write(&control, wanted.join(" ")) }
    };
    match give(&CONTROLLERS) {
        // A group with processes of its own gives nothing on: the daemon makes room, and goes back if
        // it was not the only one.
        Err(error) if is_own && error.kind() == io::ErrorKind::ResourceBusy => {
            let leaf = folder.join("sonocode-daemon");
            fs::create_dir_all(&leaf)?;
            fs::write(leaf.join("cgroup.procs"), "0")?;
            if let Err(error) = give(&CONTROLLERS) {
                fs::write(folder.join("cgroup.procs"), "0")?;
                fs::remove_dir(&leaf)?;
                return Err(error);
            }
        }
        other => other?,
    }
    // Without it, only the bound on a whole cell's processors is lost; `missing` says so.
    let _ = give(&["cpu"]);
    let trial = folder.join(format!("sonocode-trial-{}", std::process::id()));
    fs::create_dir(&trial)?;
    fs::remove_dir(&trial)?;
    // Moving a process from a group to one beside it takes the right over both's parent.
    fs::OpenOptions::new().write(true).open(folder.join("cgroup.procs")).map(drop)
}

/// Where a line of `mountinfo` mounts this kind of file system, and its own options.
fn mounted<'a>(line: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (place, what) = line.split_once(" - ")?;
    let mut what = what.split(' ');
    (what.next() == Some(kind)).then_some((place.split(' ').nth(4)?, what.nth(1)?))
}

/// Ends every process in a group and below it.
fn end_all(folder: &Path) {
    let processes = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for pid in processes.lines().filter_map(|line| line.parse().ok()).filter_map(Pid::from_raw) {
        // One that is gone already needs no killing.
        let _ = kill_process(pid, Signal::KILL);
    }
    for child in children(folder) {
        end_all(&child);
    }
}

/// Removes a group with all below it, as soon as it is empty.
fn remove(folder: &Path) {
    for child in children(folder) {
        remove(&child);
    }
    for _ in 0..REMOVALS {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => thread::sleep(PAUSE),
            _ => return,
        }
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_of_version_1_are_found_whether_mounted_together_or_not() {
        let line = |place: &str, options: &str| {
            format!("30 25 0:26 / /sys/fs/cgroup/{place} rw,nosuid - cgroup cgroup rw,{options}\n")
        };
        let apart = line("memory", "memory")
            + &line("pids", "pids")
            + &line("cpuacct", "cpuacct")
            + &line("cpu", "cpu");
        let parents = |mounts: &str| {
            let found = version_1(mounts).unwrap_or_default().into_iter();
            found.map(|h| format!("{} {}", h.parent.display(), h.options)).collect::<Vec<_>>()
        };
        let memory = "/sys/fs/cgroup/memory memory";
        let pids = "/sys/fs/cgroup/pids pids";
        let expected = [memory, pids, "/sys/fs/cgroup/cpuacct cpuacct", "/sys/fs/cgroup/cpu cpu"];
        assert_eq!(parents(&apart), expected);
        let together =
            line("memory", "memory") + &line("pids", "pids") + &line("both", "cpu,cpuacct");
        assert_eq!(parents(&together), [memory, pids, "/sys/fs/cgroup/both cpu,cpuacct"]);
        assert!(parents(&line("memory", "memory")).is_empty(), "the rest is version 2's");
    }
}
