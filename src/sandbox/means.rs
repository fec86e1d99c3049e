//! What a sandbox enforces and measures on this machine, and by what means: for `doctor` and `status`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One wall or measure, and what it rests on here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Means {
    /// What is enforced or measured, such as `memory`.
    pub what: String,
    /// By what.
    pub how: String,
}

impl Means {
    fn new(what: &str, how: impl Into<String>) -> Self {
        Self { what: what.into(), how: how.into() }
    }
}

/// What the answers rest on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basis {
    /// 1 or 2.
    pub(super) cgroup_version: u8,
    /// Whether the kernel tells the peak of a version 2 group (Linux 5.19 and later).
    pub(super) tells_peak: bool,
    /// Whether the engine, or the daemon, is an ordinary user's.
    pub(super) rootless: bool,
    /// Whether a container engine's own filter of system calls lies below the agent's.
    pub(super) engine_filter: bool,
    /// Whether cells can show this machine's toolchains.
    pub(super) host_toolchains: bool,
    /// Whether languages can come from images.
    pub(super) images: bool,
}

impl Basis {
    /// What cannot be had on this basis.
    pub(super) fn missing(self) -> Option<String> {
        let sampled = self.cgroup_version == 2 && !self.tells_peak;
        sampled.then(|| {
            "exact peaks of memory: this kernel has no memory.peak (Linux 5.19), they are sampled; \
             the limit itself holds"
                .to_owned()
        })
    }

    /// The whole list.
    pub(super) fn means(self) -> Vec<Means> {
        let groups = format!("control groups, version {}", self.cgroup_version);
        let peak = match (self.cgroup_version, self.tells_peak) {
            (1, _) => "peak from memory.max_usage_in_bytes",
            (_, true) => "peak from memory.peak",
            (_, false) => "peak sampled, because this kernel has no memory.peak",
        };
        let cpu = if self.cgroup_version == 1 { "cpuacct.usage" } else { "cpu.stat" };
        let user = if self.rootless {
            "in a user namespace, without any right of root"
        } else {
            "a user of their own without rights; the agent holds SYS_ADMIN, SETUID and SETGID"
        };
        let below = if self.engine_filter { " on top of the engine's" } else { "" };
        let calls = format!("the agent's seccomp filter{below}");
        let toolchains = match (self.host_toolchains, self.images) {
            (true, true) => "this machine's, else images",
            (true, false) => "this machine's; there are no images",
            (false, _) => "images; the engine does not see this machine's files",
        };
        vec![
            Means::new("isolation", "new process, mount and IPC namespaces for every test"),
            Means::new("memory", format!("{groups}; {peak}, of all processes of a test")),
            Means::new("CPU time", format!("{groups}; {cpu}, of all descendants")),
            Means::new("processes", groups),
            Means::new("system calls", calls),
            Means::new("network", "none: a namespace without one for every cell"),
            Means::new("user", user),
            Means::new("toolchains", toolchains),
        ]
    }
}

/// Whether a kernel of this release has `memory.peak`; an unreadable release counts as new.
pub(super) fn tells_peak(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => (major, minor) >= (5, 19),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_otherwise_is_said() {
        let basis = Basis {
            cgroup_version: 2,
            tells_peak: tells_peak("5.15.0-91-generic"),
            rootless: true,
            engine_filter: true,
            host_toolchains: false,
            images: true,
        };
        let say = |basis: Basis, what: &str| {
            let found = basis.means().into_iter().find(|means| means.what == what);
            found.unwrap().how
        };
        assert!(say(basis, "memory").contains("sampled"));
        assert!(basis.missing().unwrap().contains("memory.peak"));
        assert!(say(basis, "user").contains("user namespace"));
        assert!(say(basis, "toolchains").starts_with("images"));
        let newer = Basis { tells_peak: tells_peak("6.1.0"), ..basis };
        assert!(say(newer, "memory").contains("memory.peak,"));
        assert_eq!(newer.missing(), None);
        assert!(say(Basis { cgroup_version: 1, ..basis }, "CPU time").contains("cpuacct.usage"));
    }
}
