//! Whether a Redis can keep a ledger, by what it says of itself.

/// The oldest version that this was written for.
const OLDEST: (u32, u32) = (7, 0);

/// What `INFO` tells.
pub(super) struct Info<'a>(&'a str);

impl<'a> Info<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text)
    }

    fn get(&self, name: &str) -> &'a str {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim()
    }

    /// Refuses a server that cannot keep a ledger; says how to mend that.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.get("redis_mode") == "sentinel" {
            return Err(
                "this is a Sentinel and no Redis; write redis+sentinel://host/service".into()
            );
        }
        let version = self.version();
        let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
        if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
            let (major, minor) = OLDEST;
            return Err(format!(
                "it is Redis {version}, and a ledger needs {major}.{minor} or newer; upgrade it"
            ));
        }
        let policy = self.get("maxmemory_policy");
        if policy != "noeviction" {
            return Err(format!(
                "its memory policy is {policy}, with which it would throw submissions away when its memory is full; \
                 run `redis-cli CONFIG SET maxmemory-policy noeviction`, and write `maxmemory-policy noeviction` \
                 into its configuration file"
            ));
        }
        Ok(())
    }

    /// Its version.
    pub(super) fn version(&self) -> &'a str {
        self.get("redis_version")
    }

    /// Its name for the time since it was started.
    pub(super) fn run(&self) -> &'a str {
        self.get("run_id")
    }

    /// Whether it keeps every write in a file, and that has not been written anew since it was started.
    pub(super) fn has_old_file(&self) -> bool {
        self.has_file()
            && self.get("aof_rewrites") == "0"
            && self.get("aof_rewrite_in_progress") == "0"
    }

    fn has_file(&self) -> bool {
        self.get("aof_enabled") == "1"
    }

    /// How much memory it uses, in bytes; 0 when it does not say.
    pub(super) fn used_memory(&self) -> u64 {
        self.get("used_memory").parse().unwrap_or(0)
    }

    /// Whether the server is a copy of another one, which takes no writes.
    pub(super) fn is_replica(&self) -> bool {
        self.get("role") == "slave"
    }

    /// What a crash of the server would cost; `None` when it keeps every write in a file.
    pub(super) fn risk(&self) -> Option<&'static str> {
        (!self.has_file()).then_some(
            "its append-only file is off: when it crashes, submissions are lost that were accepted since its last \
             snapshot; run `redis-cli CONFIG SET appendonly yes`, and write `appendonly yes` into its configuration file",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n\r\n# Memory\r\n\
        maxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\n";

    fn refusal(old: &str, new: &str) -> String {
        let text = GOOD.replace(old, new);
        assert_ne!(text, GOOD);
        Info::new(&text).check().err().unwrap_or_default()
    }

    #[test]
    fn a_server_is_refused_for_what_it_says() {
        assert_eq!(Info::new(GOOD).check(), Ok(()));
        assert!(refusal("7.0.15", "6.2.14").contains("6.2.14"));
        assert!(refusal("7.0.15", "unknown").contains("7.0 or newer"));
        assert!(
            refusal("noeviction", "allkeys-lru").contains("CONFIG SET maxmemory-policy noeviction")
        );
        assert!(refusal("standalone", "sentinel").contains("redis+sentinel://"));
        assert_eq!(refusal("7.0.15", "8.2.1"), "");
        assert_eq!(refusal("7.0.15", "10.0.0"), "");
    }

    #[test]
    fn a_file_is_old_until_it_was_written_anew() {
        let old = "run_id:5f\r\naof_enabled:1\r\naof_rewrite_in_progress:0\r\naof_rewrites:0\r\n";
        assert_eq!((Info::new(old).run(), Info::new(old).has_old_file()), ("5f", true));
        let others = [
            ("enabled:1", "enabled:0"),
            ("progress:0", "progress:1"),
            ("rewrites:0", "rewrites:1"),
        ];
        for (from, to) in others {
            assert!(!Info::new(&old.replace(from, to)).has_old_file(), "{to}");
        }
    }

    #[test]
    fn risks_are_told() {
        assert_eq!(Info::new(GOOD).risk(), None);
        assert!(Info::new(&GOOD.replace("aof_enabled:1", "aof_enabled:0")).risk().is_some());
        assert!(!Info::new(GOOD).is_replica());
        assert!(Info::new(&GOOD.replace("role:master", "role:slave")).is_replica());
    }
}
