//! Files that lie beside a program for one test and no longer.
//!
//! A compiler that a user has influence on may have left anything in the box, so nothing there is trusted:
//! what is in the way of a file or its folders is moved aside, and moved back afterwards. Nobody else
//! changes the box meanwhile: programs see it read-only.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// How one step is undone.
enum Undo {
    RemoveFile(PathBuf),
    RemoveFolder(PathBuf),
    MoveBack { from: PathBuf, to: PathBuf },
}

/// The files of the present test.
#[derive(Default)]
pub struct Laid {
    undo: Vec<Undo>,
    /// The file that was begun last, and its path.
    open: Option<(PathBuf, File)>,
    /// How many things were moved aside so far.
    aside: usize,
}

impl Laid {
    /// Adds to a file below `root`, whose path leads nowhere but down. What does not fit into the box is
    /// left out: it is the submission that has filled it.
    pub fn add(&mut self, root: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
        let done = self.try_add(root, path, bytes);
        match done {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
            other => other,
        }
    }

    fn try_add(&mut self, root: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
        let place = root.join(path);
        if !matches!(&self.open, Some((begun, _)) if *begun == place) {
            self.open = Some((place, self.begin(root, path)?));
        }
        match &mut self.open {
            Some((_, file)) => file.write_all(bytes),
            None => Ok(()),
        }
    }

    fn begin(&mut self, root: &Path, path: &str) -> io::Result<File> {
        let mut place = root.to_owned();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            place.push(part);
            let there = fs::symlink_metadata(&place).ok();
            let is_folder = there.as_ref().is_some_and(fs::Metadata::is_dir);
            if parts.peek().is_some() {
                if !is_folder {
                    self.move_aside(root, &place, there.is_some())?;
                    fs::create_dir(&place)?;
                    self.undo.push(Undo::RemoveFolder(place.clone()));
                }
            } else {
                self.move_aside(root, &place, there.is_some())?;
            }
        }
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(&place)?;
        self.undo.push(Undo::RemoveFile(place));
        Ok(file)
    }

    fn move_aside(&mut self, root: &Path, place: &Path, there: bool) -> io::Result<()> {
        if !there {
            return Ok(());
        }
        let to = loop {
            self.aside += 1;
            let to = root.join(format!(".aside-{}", self.aside));
            if fs::symlink_metadata(&to).is_err() {
                break to;
            }
        };
        fs::rename(place, &to)?;
        self.undo.push(Undo::MoveBack { from: to, to: place.to_owned() });
        Ok(())
    }

    /// Takes all of them away and puts everything back where it was.
    pub fn lift(&mut self) -> io::Result<()> {
        self.open = None;
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::RemoveFile(path) => fs::remove_file(path)?,
                Undo::RemoveFolder(path) => fs::remove_dir(path)?,
                Undo::MoveBack { from, to } => fs::rename(from, to)?,
            }
        }
        Ok(())
    }
}
