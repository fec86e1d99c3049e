//! Thin wrappers of the system calls that the agent needs. Each returns the operating system's error.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
    path::Path,
};

/// What a pipe holds, and so the most that one read of it gives, in bytes.
pub const PIPE: usize = 64 << 10;

/// Turns the usual `-1` into the operating system's error.
pub fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// A NUL-terminated copy of a text that is known to hold no NUL.
pub fn c_string(text: &str) -> io::Result<CString> {
    CString::new(text).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

/// A pipe: (end to read, end to write), both closed on exec.
pub fn pipe(flags: libc::c_int) -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors that the call writes.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | flags) })?;
    // SAFETY: both descriptors are new and nobody else's.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Makes reads and writes on a descriptor return at once.
pub fn set_nonblocking(fd: RawFd) -> io::Result<()> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    // SAFETY: no memory is involved.
    check(unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) })?;
    Ok(())
}

/// Reads once; `Ok(None)` when nothing is there yet.
pub fn read(fd: RawFd, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    // SAFETY: the buffer is valid for its length.
    let count = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    would_block(count)
}

/// Reads once, at most `most` bytes, to the end of what is there; `Ok(None)` when nothing is there yet.
pub fn read_more(fd: RawFd, into: &mut Vec<u8>, most: usize) -> io::Result<Option<usize>> {
    into.reserve(most);
    let room = into.spare_capacity_mut();
    // SAFETY: the room is valid for its length, which is at least `most`.
    let count = unsafe { libc::read(fd, room.as_mut_ptr().cast(), most) };
    let count = would_block(count)?;
    // SAFETY: the kernel has written so many bytes there.
    unsafe { into.set_len(into.len() + count.unwrap_or(0)) };
    Ok(count)
}

/// Writes once; `Ok(None)` when nothing can be taken yet.
pub fn write(fd: RawFd, bytes: &[u8]) -> io::Result<Option<usize>> {
    // SAFETY: the bytes are valid for their length.
    let count = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    would_block(count)
}

fn would_block(count: isize) -> io::Result<Option<usize>> {
    if let Ok(count) = usize::try_from(count) {
        return Ok(Some(count));
    }
    let error = io::Error::last_os_error();
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(None),
        _ => Err(error),
    }
}

/// Reads from the start of a file, whatever was read of it before.
pub fn read_at_start(fd: RawFd, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer is valid for its length.
    let count = unsafe { libc::pread(fd, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// How many bytes of a pipe have not been read; either end may ask.
pub fn unread(pipe: RawFd) -> io::Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: `count` is valid for writing.
    check(unsafe { libc::ioctl(pipe, libc::FIONREAD, &raw mut count) })?;
    Ok(count.max(0).cast_unsigned() as usize)
}

/// A directory that is held open: what is in it is reached whatever happens to its path.
pub struct Dir(OwnedFd);

impl Dir {
    /// Opens it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = c_string(&path.to_string_lossy())?;
        open_at(libc::AT_FDCWD, &path, libc::O_RDONLY | libc::O_DIRECTORY).map(Self)
    }

    /// Opens a file in it, closed on exec.
    pub fn open_file(&self, path: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
        open_at(self.0.as_raw_fd(), path, flags)
    }

    /// Makes a directory in it.
    pub fn make(&self, name: &CStr) -> io::Result<()> {
        // SAFETY: the name is NUL-terminated and outlives the call.
        check(unsafe { libc::mkdirat(self.0.as_raw_fd(), name.as_ptr(), 0o755) }).map(drop)
    }

    /// Removes a directory in it.
    pub fn remove(&self, name: &CStr) -> io::Result<()> {
        let flags = libc::AT_REMOVEDIR;
        // SAFETY: the name is NUL-terminated and outlives the call.
        check(unsafe { libc::unlinkat(self.0.as_raw_fd(), name.as_ptr(), flags) }).map(drop)
    }
}

fn open_at(dir: RawFd, path: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: the path is NUL-terminated and outlives the call.
    let fd = check(unsafe { libc::openat(dir, path.as_ptr(), flags | libc::O_CLOEXEC) })?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Mounts a file system, or changes a mount.
pub fn mount(kind: &CStr, target: &CStr, flags: libc::c_ulong, data: &CStr) -> io::Result<()> {
    // SAFETY: all texts are NUL-terminated and outlive the call.
    let done = unsafe {
        libc::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data.as_ptr().cast())
    };
    check(done).map(drop)
}

/// Takes a mount out of the tree at once, whoever still uses it.
pub fn unmount(target: &CStr) -> io::Result<()> {
    // SAFETY: the text is NUL-terminated and outlives the call.
    check(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) }).map(drop)
}

/// An entry for `poll`.
pub fn poll_entry(fd: RawFd, events: libc::c_short) -> libc::pollfd {
    libc::pollfd { fd, events, revents: 0 }
}

/// Nanoseconds of a clock that only goes forward.
pub fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writing.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// Makes a bind mount: what is at `source` is at `target` as well.
pub fn bind(source: &CStr, target: &CStr) -> io::Result<()> {
    let none = std::ptr::null();
    // SAFETY: both paths are NUL-terminated and outlive the call.
    let done =
        unsafe { libc::mount(source.as_ptr(), target.as_ptr(), none, libc::MS_BIND, none.cast()) };
    check(done).map(drop)
}

/// Opens what is at a path without following a link there; closed on exec.
pub fn open(path: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
    open_at(libc::AT_FDCWD, path, flags | libc::O_NOFOLLOW)
}

/// Does something with files as another user would. The kernel asks this thread's file system ids
/// when it opens files, and forgets the capabilities that go with root's.
pub fn as_user<T>(id: u32, work: impl FnOnce() -> T) -> T {
    // SAFETY: no memory is passed. Both calls return the id before and cannot fail otherwise.
    let before = unsafe { (libc::setfsuid(id), libc::setfsgid(id)) };
    let result = work();
    // SAFETY: as above.
    unsafe {
        libc::setfsuid(before.0.cast_unsigned());
        libc::setfsgid(before.1.cast_unsigned());
    }
    result
}
