//! How a draft becomes visible: at every moment, and after a crash at any moment, either the old
//! version is in force or the new one.

use super::{
    AddError, Draft, ProblemStore, StoredProblem,
    files::{Hashes, Kind, MAX_TEST_BYTES, Tree, scan, sync, sync_folder},
    index::{Entry, Index, Origin, Pointer},
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

/// A version that is about to come into force: it is safe on the disk, and nobody sees it yet.
pub(super) struct Arrival<'a> {
    pub(super) stored: &'a StoredProblem,
    /// As in [`Index`].
    pub(super) source: &'a str,
    /// The version that it was made from, if it is an edit of one.
    pub(super) over: Option<&'a str>,
}

/// Asked before a version comes into force, with the lock on changes held; an error keeps it out.
pub(super) type Agree<'a> = &'a mut dyn FnMut(&Arrival<'_>) -> Result<Origin, AddError>;

/// Of a store that shares nothing.
#[expect(clippy::unnecessary_wraps, reason = "it has the form of `Agree`")]
pub(super) fn at_once(_: &Arrival<'_>) -> Result<Origin, AddError> {
    Ok(Origin::default())
}

/// A package with its index, ready to be moved among the versions.
pub(super) struct Sealed {
    dir: TempDir,
    index: Index,
    /// As in [`Arrival`].
    over: Option<String>,
}

impl ProblemStore {
    /// Makes a draft visible, atomically. Without `force` an existing slug is refused, unless what is
    /// there is the same version: then nothing changes. Every test must have both its files by now.
    pub fn install(&self, draft: Draft, force: bool) -> Result<Arc<StoredProblem>, AddError> {
        self.install_stepwise(draft, force, &mut at_once, &mut |_| Ok(()))
    }

    pub(super) fn install_stepwise(
        &self,
        draft: Draft,
        force: bool,
        agree: Agree<'_>,
        reached: Reached<'_>,
    ) -> Result<Arc<StoredProblem>, AddError> {
        let made = made(&draft);
        let slug = draft.problem.slug.clone();
        let (index, hashes) = measure(draft.problem, &draft.dir, |hashes| hashes.digest(&made))?;
        // Before the disk is made to work; what counts is said below, under the lock.
        if self.in_force(&slug, &index.version, force)?.is_some() {
            let _changing = self.change();
            if let Some(same) = self.in_force(&slug, &index.version, force)? {
                return self.confirm(&same, agree);
            }
        }
        let sealed = self.seal(draft.dir, index, &hashes)?;
        reached(Step::Sealed)?;
        let _changing = self.change();
        match self.in_force(&slug, &sealed.index.version, force)? {
            Some(same) => self.confirm(&same, agree),
            None => self.publish(sealed, agree, reached),
        }
    }

    /// Asks about a version that is in force already. The caller holds the lock on changes.
    fn confirm(
        &self,
        same: &Arc<StoredProblem>,
        agree: Agree<'_>,
    ) -> Result<Arc<StoredProblem>, AddError> {
        let slug = &same.problem.slug;
        let Some(entry) = self.entry(slug) else { return Err(AddError::Unknown(slug.clone())) };
        let origin = agree(&Arrival { stored: same, source: &entry.source, over: None })?;
        self.note_origin(&entry, origin)?;
        Ok(Arc::clone(same))
    }

    /// Keeps where the version in force came from. The caller holds the lock on changes.
    pub(super) fn note_origin(&self, entry: &Arc<Entry>, origin: Origin) -> io::Result<()> {
        if entry.origin == origin {
            return Ok(());
        }
        let new = entry.with_origin(origin);
        let slug = new.listed.slug.clone();
        self.current.prepare(&slug, &new.pointer().to_text()?)?;
        self.current.swap(&slug)?;
        let old = self.write().problems.insert(slug, Arc::new(new));
        self.retire(old);
        sync_folder(&self.current.0)
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
        agree: Agree<'_>,
        reached: Reached<'_>,
    ) -> Result<Arc<StoredProblem>, AddError> {
        let slug = sealed.index.problem.slug.clone();
        let over = sealed.over.clone();
        let (problem, version) = (sealed.index.problem.clone(), sealed.index.version.clone());
        let source = sealed.index.source.clone();
        let mut pointer = self.shelve(sealed)?;
        reached(Step::Moved)?;
        let stored = StoredProblem { problem, version, dir: self.versions.join(&pointer.folder) };
        pointer.origin =
            agree(&Arrival { stored: &stored, source: &source, over: over.as_deref() })?;
        self.current.prepare(&slug, &pointer.to_text()?)?;
        reached(Step::Prepared)?;
        self.current.swap(&slug)?;
        let entry = Arc::new(pointer.into_entry(slug.clone(), &self.versions));
        let (old, was_renamed) = {
            let mut listing = self.write();
            let old = listing.problems.insert(slug.clone(), Arc::clone(&entry));
            (old, listing.renamed.remove(&slug).is_some())
        };
        self.retire(old);
        reached(Step::Swapped)?;
        sync_folder(&self.current.0)?;
        if was_renamed {
            self.renamed.remove(&slug)?;
        }
        Ok(entry.load()?)
    }

    /// Moves a package among the versions, under its final name.
    fn shelve(&self, sealed: Sealed) -> io::Result<Pointer> {
        let Sealed { dir, index, over: _ } = sealed;
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
        Ok(Sealed { dir, index, over: None })
    }

    /// Removes a problem; false when there was none. Running evaluations keep their files.
    pub fn remove(&self, slug: &Slug) -> io::Result<bool> {
        let _changing = self.change();
        self.take_out(slug)
    }

    /// As [`Self::remove`], of a caller that holds the lock on changes.
    pub(super) fn take_out(&self, slug: &Slug) -> io::Result<bool> {
        let removed = self.current.remove(slug)?;
        let old = self.write().problems.remove(slug);
        self.retire(old);
        Ok(removed)
    }
}

impl Sealed {
    /// Says that it is an edit of this version.
    pub(super) fn over(self, version: &str) -> Self {
        Self { over: Some(version.to_owned()), ..self }
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
