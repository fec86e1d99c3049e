//! The lock file of a data directory, as its readers see it: who holds it and where that daemon
//! listens. The daemon writes it and holds the kernel's lock on it.

use crate::error::Error;
use rustix::{
    fs::{FlockOperation, flock, inotify},
    io::Errno,
};
use serde::Deserialize;
use std::{
    fs, io,
    net::SocketAddr,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::net::unix::pipe;

/// Who holds a data directory, by the file's own words: the process may be dead.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Holder {
    /// Its process.
    pub(super) pid: u32,
    /// Its command, such as `sonocode serve`.
    pub(super) command: String,
    /// Where it listens, once it does.
    pub(super) addr: Option<SocketAddr>,
}

impl Holder {
    /// Whether it is a `serve` or a `worker`, which stay, and not a command that will end by itself.
    pub(super) fn serves(&self) -> bool {
        self.command.split_whitespace().any(|word| ["serve", "worker"].contains(&word))
    }
}

/// The lock file of a data directory.
#[derive(Debug)]
pub(super) struct Lock(PathBuf);

impl Lock {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("lock"))
    }

    /// What the file says; `None` when there is no file or it says nothing.
    pub(super) fn holder(&self) -> Option<Holder> {
        serde_json::from_slice(&fs::read(&self.0).ok()?).ok()
    }

    /// Whether a living process holds the lock. Takes it for a moment to find out.
    pub(super) fn is_held(&self) -> bool {
        let Ok(file) = fs::File::open(&self.0) else { return false };
        flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
    }

    /// Begins to watch the file, which must be there. What changes from now on ends
    /// [`Change::wait`].
    pub(super) fn watch(&self) -> Result<Change, Error> {
        let watch = || -> io::Result<Change> {
            let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
            let fd = inotify::init(flags)?;
            let news = inotify::WatchFlags::MODIFY | inotify::WatchFlags::CLOSE_WRITE;
            inotify::add_watch(&fd, &self.0, news)?;
            Ok(Change(readable(fd)?))
        };
        watch().map_err(|error| Error::Other(format!("{}: {error}", self.0.display())))
    }
}

/// A change of the lock file to come.
#[derive(Debug)]
pub(super) struct Change(pipe::Receiver);

impl Change {
    /// Waits until the holder writes the file or lets it go, or the time is over.
    pub(super) async fn wait(self, patience: Duration) {
        // Either way the caller looks again.
        let _ = tokio::time::timeout(patience, self.0.readable()).await;
    }
}

/// A descriptor whose news can be awaited. tokio's own type for any descriptor is `unsafe` to make;
/// its type for pipes, unchecked, does the same with one that it owns.
pub(super) fn readable(fd: OwnedFd) -> io::Result<pipe::Receiver> {
    pipe::Receiver::from_owned_fd_unchecked(fd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_are_read_and_locks_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::of(dir.path());
        assert!(lock.holder().is_none() && !lock.is_held());
        let text = r#"{"pid":7,"command":"/usr/bin/sonocode serve","addr":"127.0.0.1:43211"}"#;
        fs::write(dir.path().join("lock"), text).unwrap();
        let holder = lock.holder().unwrap();
        assert!(holder.serves() && holder.pid == 7);
        assert_eq!(holder.addr.unwrap().port(), 43211);
        assert!(!lock.is_held(), "nobody has the kernel's lock");
        let file = fs::File::open(dir.path().join("lock")).unwrap();
        flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        assert!(lock.is_held());
        fs::write(dir.path().join("lock"), r#"{"pid":7,"command":"sonocode submit","addr":null}"#)
            .unwrap();
        assert!(!lock.holder().unwrap().serves());
    }

    #[tokio::test]
    async fn a_write_ends_the_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        fs::write(&path, "").unwrap();
        let change = Lock::of(dir.path()).watch().unwrap();
        fs::write(&path, "{}").unwrap();
        // Would take an hour if the write were not seen.
        change.wait(Duration::from_secs(3600)).await;
    }
}
