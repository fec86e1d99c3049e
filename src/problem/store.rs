//! The problems of a data directory: opened, listed, staged. See `install.rs` for how they change.

use super::{
    Draft,
    files::{at, digest, scan},
    index::{Entry, Pointers},
    mistake::Mistakes,
};
use crate::{
    judge::{Languages, Slug},
    problem::StoredProblem,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use tempfile::TempDir;

/// All problems of a data directory. One process at a time may have it open.
#[derive(Debug)]
pub struct ProblemStore {
    pub(super) languages: Arc<Languages>,
    pub(super) staging: PathBuf,
    pub(super) versions: PathBuf,
    pub(super) current: Pointers,
    pub(super) unpacked_bytes: u64,
    /// The listing. Readers never wait for the disk.
    problems: RwLock<BTreeMap<Slug, Entry>>,
    /// Held by whoever changes what `current` says.
    changes: Mutex<()>,
}

impl ProblemStore {
    /// Opens or makes the store in this folder (`<data_dir>/problems`) and removes what an interrupted
    /// add left behind and the versions that no problem uses any more. The languages are those that
    /// packages may be written in. A problem whose files are damaged is logged and left out.
    pub fn open(dir: &Path, languages: Arc<Languages>) -> io::Result<Self> {
        let store = Self {
            languages,
            staging: dir.join("staging"),
            versions: dir.join("versions"),
            current: Pointers(dir.join("current")),
            unpacked_bytes: 2 << 30,
            problems: RwLock::default(),
            changes: Mutex::default(),
        };
        if store.staging.exists() {
            fs::remove_dir_all(&store.staging).map_err(at(&store.staging))?;
        }
        for folder in [&store.staging, &store.versions, &store.current.0] {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        store.load()?;
        Ok(store)
    }

    /// Sets how many bytes an uploaded archive may unpack to; 2 GiB unless it is called.
    #[must_use]
    pub fn with_unpacked_bound(mut self, bytes: u64) -> Self {
        self.unpacked_bytes = bytes;
        self
    }

    /// Reads the listing and removes versions that nothing points at.
    fn load(&self) -> io::Result<()> {
        let mut used = BTreeSet::new();
        for (slug, version) in self.current.read()? {
            let dir = self.versions.join(&version);
            match Entry::read(dir) {
                Ok(entry) if entry.stored.problem.slug == slug => {
                    self.write().insert(slug, entry);
                }
                Ok(entry) => {
                    let other = &entry.stored.problem.slug;
                    tracing::error!(%slug, %other, "problem left out: its version is another's");
                }
                Err(error) => {
                    tracing::error!(%slug, %error, "problem left out: its version cannot be read");
                }
            }
            used.insert(version);
        }
        for entry in fs::read_dir(&self.versions).map_err(at(&self.versions))? {
            let entry = entry.map_err(at(&self.versions))?;
            if !entry.file_name().to_str().is_some_and(|name| used.contains(name)) {
                fs::remove_dir_all(entry.path()).map_err(at(&entry.path()))?;
            }
        }
        Ok(())
    }

    // A panic while a lock is held cannot leave the map half changed: every change is one call.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Slug, Entry>> {
        self.problems.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Slug, Entry>> {
        self.problems.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One problem in its newest version.
    pub fn get(&self, slug: &Slug) -> Option<Arc<StoredProblem>> {
        self.read().get(slug).map(|entry| Arc::clone(&entry.stored))
    }

    /// All problems by slug.
    pub fn list(&self) -> Vec<Arc<StoredProblem>> {
        self.read().values().map(|entry| Arc::clone(&entry.stored)).collect()
    }

    /// A new folder for a draft.
    pub(super) fn stage(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("draft-").tempdir_in(&self.staging)
    }

    /// Whether this package, as it was given, is what the problem of its slug was made from: then
    /// nothing needs to be generated or installed. Edits of the stored problem do not count. A draft
    /// that cannot be read is not unchanged; to install it says why.
    pub fn unchanged(&self, draft: &Draft) -> bool {
        let known = self.read().get(&draft.problem.slug).map(|entry| entry.source.clone());
        known.is_some_and(|known| source_of(draft).is_ok_and(|source| source == known))
    }
}

/// The digest of a draft's package as it was given, whether or not its tests were generated since.
pub(super) fn source_of(draft: &Draft) -> io::Result<String> {
    let mut made = BTreeSet::new();
    for test in &draft.generated {
        made.insert(format!("tests/{}.in", test.test));
        if test.needs_answer {
            made.insert(format!("tests/{}.out", test.test));
        }
    }
    let tree = scan(draft.dir.path(), &mut Mistakes::default())?;
    digest(draft.dir.path(), &tree, &made)
}
