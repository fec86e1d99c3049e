//! Files in the agent's memory: inputs, answers, and outputs on their way to a checker.

use crate::sys;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

/// What is held, by number.
#[derive(Default)]
pub struct Held(BTreeMap<u32, File>);

struct File {
    fd: OwnedFd,
    sealed: bool,
}

impl Held {
    /// Adds bytes to a file, making it when it is not there.
    pub fn append(&mut self, number: u32, mut bytes: &[u8]) -> io::Result<()> {
        let file = match self.0.entry(number) {
            Entry::Occupied(file) => file.into_mut(),
            Entry::Vacant(place) => place.insert(File { fd: make()?, sealed: false }),
        };
        let fd = file.fd.as_raw_fd();
        while !bytes.is_empty() {
            let count = sys::write(fd, bytes)?.unwrap_or(0);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// A file for a command to read, from its start. Nobody can change it from now on. Number 0 is
    /// an empty one.
    pub fn reader(&mut self, number: u32) -> io::Result<RawFd> {
        if number == 0 {
            self.append(0, &[])?;
        }
        let file = self.find(number)?;
        let fd = file.fd.as_raw_fd();
        if !file.sealed {
            seal(fd)?;
            file.sealed = true;
        }
        // SAFETY: no memory is passed.
        if unsafe { libc::lseek(fd, 0, libc::SEEK_SET) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(fd)
    }

    /// Forgets a file; commands that read it keep it until they end.
    pub fn forget(&mut self, number: u32) {
        self.0.remove(&number);
    }

    /// Forgets every file.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn find(&mut self, number: u32) -> io::Result<&mut File> {
        let missing = || io::Error::other(format!("no file {number} is held"));
        self.0.get_mut(&number).ok_or_else(missing)
    }
}

fn make() -> io::Result<OwnedFd> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // SAFETY: the name is NUL-terminated.
    let fd = sys::check(unsafe { libc::memfd_create(c"held".as_ptr(), flags) })?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn seal(fd: RawFd) -> io::Result<()> {
    let seals = libc::F_SEAL_WRITE | libc::F_SEAL_GROW | libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
    // SAFETY: no memory is passed.
    sys::check(unsafe { libc::fcntl(fd, libc::F_ADD_SEALS, seals) }).map(drop)
}
