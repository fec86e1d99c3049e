//! How a draft becomes visible: at every moment, and after a crash at any moment, either the old
//! version is in force or the new one.

use super::{
    AddError, Draft, ProblemStore, StoredProblem,
    files::{Hashes, Kind, MAX_TEST_BYTES, Tree, scan, sync, sync_folder},
    index::{Index, Pointer},
    mistake::Mistakes,
    store::made,
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
        let made = made(&draft);
        let slug = draft.problem.slug.clone();
        let (index, hashes) = measure(draft.problem, &draft.dir, |hashes| hashes.digest(&made))?;
        // Before the disk is made to work; what counts is said below, under the lock.
        if let Some(same) = self.in_force(&slug, &index.version, force)? {
            return Ok(same);
        }
        let sealed = self.seal(draft.dir, index, &hashes)?;
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
        match self.exactly(slug) {
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
        let pointer = self.shelve(sealed)?;
        reached(Step::Moved)?;
        self.current.prepare(&slug, &pointer.to_text()?)?;
        reached(Step::Prepared)?;
        self.current.swap(&slug)?;
        let entry = Arc::new(pointer.into_entry(slug.clone(), &self.versions));
        let was_renamed = {
            let mut listing = self.write();
            listing.problems.insert(slug.clone(), Arc::clone(&entry));
            listing.renamed.remove(&slug).is_some()
        };
        reached(Step::Swapped)?;
        sync_folder(&self.current.0)?;
        if was_renamed {
            self.renamed.remove(&slug)?;
        }
        Ok(entry.load()?)
    }

    /// Moves a package among the versions, under its final name.
    fn shelve(&self, sealed: Sealed) -> io::Result<Pointer> {
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
                return Ok(Pointer::new(&index, name));
            }
            // An older version of this session that comes into force again, or one that another problem
            // has since it was renamed.
            if Index::read(&target)?.version == version {
                return Ok(Pointer::new(&index, name));
            }
        }
        Err(io::Error::other(format!("version {version} of {slug} is there, with another content")))
    }

    /// Writes the index, shares what the store has already, and makes everything survive a power cut.
    pub(super) fn seal(&self, dir: TempDir, index: Index, hashes: &Hashes) -> io::Result<Sealed> {
        index.write(dir.path())?;
        let safe = self.objects.share(dir.path(), hashes)?;
        let tree = scan(dir.path(), &mut Mistakes::default())?;
        sync(dir.path(), &tree, &safe)?;
        Ok(Sealed { dir, index })
    }

    /// Removes a problem; false when there was none. Running evaluations keep their files.
    pub fn remove(&self, slug: &Slug) -> io::Result<bool> {
        let _changing = self.change();
        let removed = self.current.remove(slug)?;
        self.write().problems.remove(slug);
        Ok(removed)
    }
}

impl Draft {
    /// The draft as a problem that is in no store, for as long as its folder is kept. Every test must have
    /// both its files by now.
    pub fn provisional(self) -> Result<(StoredProblem, TempDir), AddError> {
        let (index, _) = measure(self.problem, &self.dir, |_| String::new())?;
        let (problem, version) = (index.problem, index.version);
        Ok((StoredProblem { problem, version, dir: self.dir.path().to_owned() }, self.dir))
    }
}

/// Takes the tests' lengths and the version from the files as they are now. What they were made from is
/// told from their hashes.
pub(super) fn measure(
    mut problem: Problem,
    dir: &TempDir,
    source: impl FnOnce(&Hashes) -> String,
) -> Result<(Index, Hashes), AddError> {
    let mut mistakes = Mistakes::default();
    let tree = scan(dir.path(), &mut mistakes)?;
    lengths(&mut problem, &tree, &mut mistakes);
    mistakes.check()?;
    let hashes = Hashes::of(dir.path(), &tree)?;
    let index =
        Index { version: hashes.digest(&BTreeSet::new()), source: source(&hashes), problem };
    Ok((index, hashes))
}

/// Takes the tests' lengths from their files.
fn lengths(problem: &mut Problem, tree: &Tree, mistakes: &mut Mistakes) {
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
}
