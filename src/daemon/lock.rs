//! One daemon for one data directory: a lock on the file `lock` in it.
//!
//! The lock is the kernel's, so it ends with the process however that dies. The file's content says
//! who holds it and where that daemon listens, so that commands find it.

use super::DaemonError;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::Path,
};

/// Who holds a data directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    command: String,
    addr: Option<SocketAddr>,
    #[serde(default)]
    tls: bool,
}

/// The lock on a data directory, held as long as this lives.
pub(super) struct DirLock {
    file: File,
    holder: Holder,
}

impl DirLock {
    /// Makes the directory where it is not there, and takes its lock.
    pub(super) fn take(dir: &Path) -> Result<Self, DaemonError> {
        let told = |error: io::Error| DaemonError::Other(format!("{}: {error}", dir.display()));
        // Sources and hidden tests are nothing for other users of the machine. A directory that is
        // there already keeps the rights that its owner gave it.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(told)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(dir.join("lock")).map_err(told)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(locked(dir, &mut file)),
            Err(error) => return Err(told(error.into())),
        }
        let command = std::env::args().take(2).collect::<Vec<_>>().join(" ");
        let holder = Holder { pid: std::process::id(), command, addr: None, tls: false };
        let mut lock = Self { file, holder };
        lock.write().map_err(told)?;
        Ok(lock)
    }

    /// Says where the daemon listens, and whether it speaks TLS there.
    pub(super) fn announce(&mut self, addr: SocketAddr, tls: bool) -> Result<(), DaemonError> {
        self.holder.addr = Some(addr);
        self.holder.tls = tls;
        self.write().map_err(DaemonError::other)
    }

    fn write(&mut self) -> io::Result<()> {
        let text = serde_json::to_vec(&self.holder).map_err(io::Error::other)?;
        self.file.rewind()?;
        self.file.write_all(&text)?;
        self.file.set_len(text.len() as u64)
    }
}

impl Drop for DirLock {
    fn drop(&mut self) {
        // Whoever reads the file afterwards must not look for us; the lock itself ends with the file.
        let _ = self.file.set_len(0);
    }
}

fn locked(dir: &Path, file: &mut File) -> DaemonError {
    let mut text = String::new();
    let read = file.read_to_string(&mut text).ok();
    let holder: Option<Holder> = read.and_then(|_| serde_json::from_str(&text).ok());
    let addr = holder.as_ref().and_then(|holder| holder.addr);
    let holder = match &holder {
        Some(Holder { pid, command, addr: Some(addr), tls }) => {
            let scheme = if *tls { "https" } else { "http" };
            format!("`{command}` (pid {pid}) at {scheme}://{addr}")
        }
        Some(Holder { pid, command, .. }) => format!("`{command}` (pid {pid})"),
        None => "another daemon".to_owned(),
    };
    DaemonError::Locked { dir: dir.to_owned(), holder, addr }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_of_the_first_and_gets_it_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = DirLock::take(dir.path()).unwrap();
        first.announce("127.0.0.1:4321".parse().unwrap(), false).unwrap();
        let Err(DaemonError::Locked { holder, addr, .. }) = DirLock::take(dir.path()) else {
            panic!("locked twice");
        };
        assert!(holder.contains(&format!("pid {}", std::process::id())), "{holder}");
        assert_eq!(addr, "127.0.0.1:4321".parse().ok());
        drop(first);
        DirLock::take(dir.path()).unwrap();
    }
}
