//! The places in which commands work: a box for the submission, one for each of the problem's own
//! programs, and the folder in which those leave their words.
//!
//! Each is a file system of its own. A command sees one box only, at `/box`: whole and writable for a
//! compiler, read-only for everything else. What a command left behind is opened here without
//! following links, as the user who made it, and only if it is a plain file.

use crate::{
    command::user_of,
    laid::Laid,
    protocol::{CHUNK, Request, Side},
    sys,
};
use std::{
    ffi::CStr,
    fs::{self, File},
    io::{self, Read, Write},
    os::{
        fd::OwnedFd,
        unix::fs::{OpenOptionsExt, PermissionsExt},
    },
    path::{Component, Path, PathBuf},
};

/// Files a box may hold.
const INODES: u32 = 65_536;

/// Files and folders that a box may hold to be packed.
const MOST_PACKED: usize = 8192;

/// The feedback folder of checker and interactor as the agent sees it.
pub const FEEDBACK: &CStr = c"/box/feedback";

/// The paths of one box as the agent sees it.
struct Paths {
    own: &'static CStr,
    sealed: &'static CStr,
    /// Where the feedback folder goes.
    feedback: Option<&'static CStr>,
}

fn paths(side: Side) -> Paths {
    match side {
        Side::Program => {
            Paths { own: c"/box/program", sealed: c"/box/program-sealed", feedback: None }
        }
        Side::Interactor => Paths {
            own: c"/box/interactor",
            sealed: c"/box/interactor-sealed",
            feedback: Some(c"/box/interactor/feedback"),
        },
        Side::Checker => Paths {
            own: c"/box/checker",
            sealed: c"/box/checker-sealed",
            feedback: Some(c"/box/checker/feedback"),
        },
    }
}

/// Where a command finds its box before it is put at `/box`.
pub fn place_of(side: Side, writable: bool) -> &'static CStr {
    let paths = paths(side);
    if writable { paths.own } else { paths.sealed }
}

/// The boxes of a cell.
pub struct Boxes {
    bytes: u64,
    /// What became of each side's box. Few problems need more than the program's.
    state: [State; Side::ALL.len()],
    /// Whether the feedback folder is there.
    feedback: bool,
    /// What lies in a box for one test.
    laid: Laid,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    /// Nothing has run there.
    Untouched,
    Touched,
}

impl Boxes {
    /// Makes the submission's box; each box holds at most `bytes`.
    pub fn open(bytes: u64) -> io::Result<Self> {
        let state = [State::Absent; Side::ALL.len()];
        let mut boxes = Self { bytes, state, feedback: false, laid: Laid::default() };
        sys::mount(c"tmpfs", c"/box", libc::MS_NOSUID | libc::MS_NODEV, c"mode=0755,size=64k")?;
        boxes.need(Side::Program)?;
        Ok(boxes)
    }

    /// Makes a box, once.
    fn need(&mut self, side: Side) -> io::Result<()> {
        if self.state[side as usize] != State::Absent {
            return Ok(());
        }
        let Paths { own, sealed, feedback } = paths(side);
        // Sticky where there is a feedback folder: nobody but the agent can take its place away.
        self.mount(own, if feedback.is_some() { "1777" } else { "0777" })?;
        make_folder(sealed)?;
        sys::bind(own, sealed)?;
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        sys::mount(c"", sealed, flags | libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY, c"")?;
        if let Some(place) = feedback {
            make_folder(place)?;
            if !std::mem::replace(&mut self.feedback, true) {
                self.mount(FEEDBACK, "0777")?;
            }
        }
        self.state[side as usize] = State::Untouched;
        Ok(())
    }

    fn mount(&self, at: &CStr, mode: &str) -> io::Result<()> {
        make_folder(at)?;
        let options = format!("mode={mode},size={},nr_inodes={INODES}", self.bytes);
        let options = sys::c_string(&options)?;
        sys::mount(c"tmpfs", at, libc::MS_NOSUID | libc::MS_NODEV, &options)
    }

    /// Notes that a command is about to work in a box.
    pub fn enter(&mut self, side: Side, fresh_feedback: bool) -> io::Result<()> {
        self.need(side)?;
        self.state[side as usize] = State::Touched;
        if fresh_feedback && self.feedback {
            sys::unmount(FEEDBACK)?;
            self.mount(FEEDBACK, "0777")?;
        }
        Ok(())
    }

    /// Adds to a file in a box. No untrusted code has been there yet: the daemon writes before it
    /// runs anything in it, so the path cannot lead elsewhere.
    pub fn write(
        &mut self,
        side: Side,
        path: &str,
        executable: bool,
        bytes: &[u8],
    ) -> io::Result<()> {
        self.need(side)?;
        if !is_plain(path) || self.state[side as usize] == State::Touched {
            return Err(io::Error::other(format!("refused to write `{path}` into the box")));
        }
        let full = Path::new(&*paths(side).own.to_string_lossy()).join(path);
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder)?;
        }
        let mode = if executable { 0o755 } else { 0o644 };
        let mut file = fs::OpenOptions::new().create(true).append(true).mode(mode).open(full)?;
        file.write_all(bytes)
    }

    /// Adds to a file that lies in a box until [`Boxes::lift`].
    pub fn lay(&mut self, side: Side, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.need(side)?;
        if !is_plain(path) {
            return Err(io::Error::other(format!("refused to lay `{path}` into the box")));
        }
        let root = paths(side).own.to_string_lossy();
        self.laid.add(Path::new(&*root), path, bytes)
    }

    /// Takes away what was laid.
    pub fn lift(&mut self) -> io::Result<()> {
        self.laid.lift()
    }

    /// Opens a file that checker or interactor left in their feedback folder, if it is one.
    pub fn feedback(&self, name: &str) -> io::Result<Option<File>> {
        if !self.feedback || name.contains('/') || !is_plain(name) {
            return Ok(None);
        }
        let path = sys::c_string(&format!("{}/{name}", FEEDBACK.to_string_lossy()))?;
        Ok(sys::as_user(user_of(Side::Checker), || open_plain(&path)))
    }

    /// Wipes everything.
    pub fn reset(&mut self) -> io::Result<()> {
        self.laid = Laid::default();
        if std::mem::take(&mut self.feedback) {
            sys::unmount(FEEDBACK)?;
        }
        for side in Side::ALL {
            if self.state[side as usize] != State::Absent {
                sys::unmount(paths(side).sealed)?;
                sys::unmount(paths(side).own)?;
                self.state[side as usize] = State::Absent;
            }
        }
        self.need(Side::Program)
    }
}

/// Removes a file of the feedback folder that was taken out of it.
pub fn remove_feedback(name: &str) -> io::Result<()> {
    fs::remove_file(Path::new(&*FEEDBACK.to_string_lossy()).join(name))
}

/// Everything in a box as `Write` frames, unless it is more than `limit` bytes or holds anything but
/// plain files and folders that can be read. Whose fault that is does not matter.
pub fn pack(side: Side, limit: u64) -> Option<Vec<u8>> {
    let root = PathBuf::from(&*paths(side).own.to_string_lossy());
    let mut pack = Pack { side, root, limit, frames: Vec::new(), entries: 0 };
    let fits = sys::as_user(user_of(side), || pack.folder(Path::new("")));
    matches!(fits, Ok(true)).then_some(pack.frames)
}

struct Pack {
    side: Side,
    root: PathBuf,
    limit: u64,
    frames: Vec<u8>,
    entries: usize,
}

impl Pack {
    /// Adds a folder; false when the box cannot be packed.
    fn folder(&mut self, path: &Path) -> io::Result<bool> {
        for entry in fs::read_dir(self.root.join(path))? {
            let entry = entry?;
            let path = path.join(entry.file_name());
            let kind = entry.file_type()?;
            self.entries += 1;
            let fits = if kind.is_dir() { self.folder(&path)? } else { self.file(&path)? };
            if !fits || self.entries > MOST_PACKED {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn file(&mut self, path: &Path) -> io::Result<bool> {
        let Some(text) = path.to_str().filter(|text| is_plain(text)) else { return Ok(false) };
        let full = sys::c_string(&self.root.join(path).to_string_lossy())?;
        let Some(mut file) = open_plain(&full) else { return Ok(false) };
        let executable = file.metadata()?.permissions().mode() & 0o111 != 0;
        let mut first = true;
        loop {
            let mut bytes = Vec::new();
            Read::by_ref(&mut file).take(CHUNK as u64).read_to_end(&mut bytes)?;
            if bytes.is_empty() && !first {
                return Ok(true);
            }
            first = false;
            let path = text.to_owned();
            Request::Write { side: self.side, path, executable, bytes }.encode(&mut self.frames);
            if self.frames.len() as u64 > self.limit {
                return Ok(false);
            }
        }
    }
}

/// Opens a plain file; `None` for anything else, and for what cannot be read.
fn open_plain(path: &CStr) -> Option<File> {
    // Without blocking, for what is there could be a pipe that nobody writes into.
    let fd: OwnedFd = sys::open(path, libc::O_RDONLY | libc::O_NONBLOCK).ok()?;
    let file = File::from(fd);
    file.metadata().ok().filter(fs::Metadata::is_file)?;
    Some(file)
}

/// Whether a path leads nowhere but down.
fn is_plain(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && path.len() < 1024 && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn make_folder(path: &CStr) -> io::Result<()> {
    match fs::create_dir(&*path.to_string_lossy()) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}
