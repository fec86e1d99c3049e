//! How a draft becomes visible: at every moment, and after a crash at any moment, either the old
//! version is in force or the new one.

use super::{
    AddError, Draft, ProblemStore, StoredProblem,
    files::{Kind, MAX_TEST_BYTES, digest, scan, sync, sync_folder},
    index::{Entry, Index},
    mistake::Mistakes,
    store::source_of,
};
use crate::judge::{Problem, Slug};
use std::{collections::BTreeSet, fs, io, path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// The moments between which an install can be interrupted; tests break off at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The package and its index are safe on the disk, still in staging.
    Sealed,
    /// The version's folder has its final name.
    Moved,
    /// The new pointer is written but not in force.
    Prepared,
    /// The new pointer is in force, though perhaps not yet on the disk.
    Swapped,
}

/// Told of each step; an error breaks the install off there.
pub(super) type Reached<'a> = &'a mut dyn FnMut(Step) -> io::Result<()>;

/// A package with its index, ready to be moved among the versions.
pub(super) struct Sealed {
    dir: TempDir,
    index: Index,
}

impl ProblemStore {
    /// Makes a draft visible, atomically. Without `force` an existing slug is refused, unless what is
    /// there is the same version: then nothing changes. Every test must have both its files by now.
    pub fn install(&self, draft: Draft, force: bool) -> Result<Arc<StoredProblem>, AddError> {
        self.install_stepwise(draft, force, &mut |_| Ok(()))
    }

    pub(super) fn install_stepwise(
        &self,
        draft: Draft,
        force: bool,
        reached: Reached<'_>,
    ) -> Result<Arc<StoredProblem>, AddError> {
        let source = source_of(&draft)?;
        let slug = draft.problem.slug.clone();
        let index = measure(draft.problem, &draft.dir, source)?;
        // Before the disk is made to work; what counts is said below, under the lock.
        if let Some(same) = self.in_force(&slug, &index.version, force)? {
            return Ok(same);
        }
        let sealed = seal(draft.dir, index)?;
        reached(Step::Sealed)?;
        let _changing = self.change();
        match self.in_force(&slug, &sealed.index.version, force)? {
            Some(same) => Ok(same),
            None => self.publish(sealed, reached),
        }
    }

    /// The problem in force if it has this version already; refuses another one without `force`.
    fn in_force(
        &self,
        slug: &Slug,
        version: &str,
        force: bool,
    ) -> Result<Option<Arc<StoredProblem>>, AddError> {
        match self.get(slug) {
            Some(old) if old.version == version => Ok(Some(old)),
            Some(_) if !force => Err(AddError::Exists(slug.clone())),
            _ => Ok(None),
        }
    }

    /// Puts a sealed package in force. The caller holds the lock on changes.
    pub(super) fn publish(
        &self,
        sealed: Sealed,
        reached: Reached<'_>,
    ) -> Result<Arc<StoredProblem>, AddError> {
        let slug = sealed.index.problem.slug.clone();
        let (name, entry) = self.shelve(sealed)?;
        reached(Step::Moved)?;
        self.current.prepare(&slug, &name)?;
        reached(Step::Prepared)?;
        self.current.swap(&slug)?;
        let stored = Arc::clone(&entry.stored);
        self.write().insert(slug, entry);
        reached(Step::Swapped)?;
        sync_folder(&self.current.0)?;
        Ok(stored)
    }

    /// Moves a package among the versions, under its final name.
    fn shelve(&self, sealed: Sealed) -> io::Result<(String, Entry)> {
        let Sealed { dir, index } = sealed;
        let (slug, version) = (&index.problem.slug, index.version.clone());
        // Twelve digits do not keep a determined setter from making two packages that share them.
        for digits in [&version[..12], &version] {
            let name = format!("{slug}-{digits}");
            let target = self.versions.join(&name);
            if !target.exists() {
                fs::rename(dir.path(), &target)?;
                let _moved: PathBuf = dir.keep();
                sync_folder(&self.versions)?;
                return Ok((name, Entry::new(index, target)));
            }
            // An older version of this session that comes into force again.
            let entry = Entry::read(target)?;
            if entry.stored.version == version {
                return Ok((name, entry));
            }
        }
        Err(io::Error::other(format!("version {version} of {slug} is there, with another content")))
    }

    /// Removes a problem; false when there was none. Running evaluations keep their files.
    pub fn remove(&self, slug: &Slug) -> io::Result<bool> {
        let _changing = self.change();
        let removed = self.current.remove(slug)?;
        self.write().remove(slug);
        Ok(removed)
    }
}

impl Draft {
    /// The draft as a problem that is in no store, for as long as its folder is kept. Every test must have
    /// both its files by now.
    pub fn provisional(self) -> Result<(StoredProblem, TempDir), AddError> {
        let index = measure(self.problem, &self.dir, String::new())?;
        let (problem, version) = (index.problem, index.version);
        Ok((StoredProblem { problem, version, dir: self.dir.path().to_owned() }, self.dir))
    }
}

/// Takes the tests' lengths and the version from the files as they are now.
pub(super) fn measure(
    mut problem: Problem,
    dir: &TempDir,
    source: String,
) -> Result<Index, AddError> {
    let mut mistakes = Mistakes::default();
    let tree = scan(dir.path(), &mut mistakes)?;
    for test in &mut problem.tests {
        for (extension, bytes) in [("in", &mut test.input_bytes), ("out", &mut test.answer_bytes)] {
            let path = format!("tests/{}.{extension}", test.name);
            match tree.get(&path) {
                Some(Kind::Regular(size)) if size <= MAX_TEST_BYTES => *bytes = size,
                Some(Kind::Regular(_)) => {
                    let message = format!("is larger than {} MiB", MAX_TEST_BYTES >> 20);
                    mistakes.file(&path, message);
                }
                Some(Kind::Refused) => {}
                None => mistakes.file(&path, "was not generated"),
            }
        }
    }
    mistakes.check()?;
    let version = digest(dir.path(), &tree, &BTreeSet::new())?;
    Ok(Index { version, source, problem })
}

/// Writes the index and makes everything survive a power cut.
pub(super) fn seal(dir: TempDir, index: Index) -> io::Result<Sealed> {
    index.write(dir.path())?;
    let tree = scan(dir.path(), &mut Mistakes::default())?;
    sync(dir.path(), &tree)?;
    Ok(Sealed { dir, index })
}
