//! What Redis promises when it answers.

/// How often Redis has its append-only file on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Once in a second.
    Everysec,
    /// Before it answers.
    Always,
}

impl Fsync {
    /// Its name in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everysec => "everysec",
            Self::Always => "always",
        }
    }

    /// The options of a server that does so.
    pub fn options(self) -> [&'static str; 6] {
        ["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0", "--appendfsync", self.name()]
    }
}
