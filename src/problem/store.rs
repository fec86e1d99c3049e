//! The problems of a data directory: opened, listed, staged. See `install.rs` for how they change.

use super::{
    Draft,
    files::{Hashes, at, scan},
    index::{Entry, Pointer, Pointers},
    mistake::Mistakes,
    objects::Objects,
};
use crate::{
    judge::{Languages, Slug},
    problem::{Listed, StoredProblem},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;

/// All problems of a data directory. One process at a time may have it open.
#[derive(Debug)]
pub struct ProblemStore {
    pub(super) languages: Arc<Languages>,
    pub(super) staging: PathBuf,
    pub(super) versions: PathBuf,
    pub(super) current: Pointers,
    pub(super) renamed: Pointers,
    pub(super) objects: Objects,
    pub(super) unpacked_bytes: u64,
    /// What may be kept of fetched packages in all, in bytes; `None`: nothing is ever fetched.
    pub(super) cache_bytes: Option<u64>,
    /// Entries out of force whose versions may still be in use; only of a store that fetches.
    pub(super) retired: Mutex<Vec<Arc<Entry>>>,
    /// Questions so far.
    asked: AtomicU64,
    /// Readers never wait for whoever changes it.
    listing: RwLock<Listing>,
    /// Held by whoever changes what `current` says.
    changes: Mutex<()>,
}

/// What there is, by slug.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) problems: BTreeMap<Slug, Arc<Entry>>,
    /// The slug that the problem of this one got.
    pub(super) renamed: BTreeMap<Slug, Slug>,
}

impl ProblemStore {
    /// Opens or makes the store in this folder (`<data_dir>/problems`) and removes what an interrupted
    /// add left behind and the versions and objects that no problem uses any more. The languages are
    /// those that packages may be written in. A problem whose files are damaged is logged and left out.
    pub fn open(dir: &Path, languages: Arc<Languages>) -> io::Result<Self> {
        let staging = dir.join("staging");
        let store = Self {
            languages,
            versions: dir.join("versions"),
            current: Pointers(dir.join("current")),
            renamed: Pointers(dir.join("renamed")),
            objects: Objects { dir: dir.join("objects"), staging: staging.clone() },
            staging,
            unpacked_bytes: 4 << 30,
            cache_bytes: None,
            retired: Mutex::default(),
            asked: AtomicU64::new(0),
            listing: RwLock::default(),
            changes: Mutex::default(),
        };
        let folders = [&store.staging, &store.versions, &store.current.0];
        for folder in folders.into_iter().chain([&store.renamed.0, &store.objects.dir]) {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        let left = names(&store.staging)?;
        store.give_up(&store.staging, &left)?;
        store.load()?;
        store.objects.sweep()?;
        Ok(store)
    }

    /// Sets how many bytes an uploaded archive may unpack to; 4 GiB unless it is called.
    #[must_use]
    pub fn with_unpacked_bound(mut self, bytes: u64) -> Self {
        self.unpacked_bytes = bytes;
        self
    }

    /// Keeps at most so many bytes of packages that were fetched; see `cached.rs`.
    #[must_use]
    pub fn with_cache_bound(mut self, bytes: u64) -> Self {
        self.cache_bytes = Some(bytes);
        self
    }

    /// Reads the listing and removes versions that nothing points at.
    fn load(&self) -> io::Result<()> {
        let mut unused = names(&self.versions)?;
        let mut listing = self.write();
        let mut unknown = false;
        for (slug, text) in self.current.read()? {
            match Pointer::parse(&text, &self.versions) {
                Ok(pointer) if self.versions.join(&pointer.folder).is_dir() => {
                    unused.remove(&pointer.folder);
                    let entry = pointer.into_entry(slug.clone(), &self.versions);
                    listing.problems.insert(slug, Arc::new(entry));
                }
                Ok(pointer) => {
                    let folder = pointer.folder;
                    tracing::error!(%slug, %folder, "problem left out: its version is not there");
                }
                Err(error) => {
                    tracing::error!(%slug, %error, "problem left out: its version cannot be read");
                    unknown = true;
                }
            }
        }
        for (slug, text) in self.renamed.read()? {
            match text.parse() {
                Ok(new) if !self.current.has(&slug) => drop(listing.renamed.insert(slug, new)),
                _ => drop(self.renamed.remove(&slug)?),
            }
        }
        // A version may be that of the damaged pointer.
        if unknown { Ok(()) } else { self.give_up(&self.versions, &unused) }
    }

    /// Removes folders whose files may be the last users of objects.
    fn give_up(&self, folder: &Path, names: &BTreeSet<String>) -> io::Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        self.objects.will_be_swept()?;
        for name in names {
            let path = folder.join(name);
            let is_dir = fs::symlink_metadata(&path).map_err(at(&path))?.is_dir();
            let removed = if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(at(&path))?;
        }
        Ok(())
    }

    // A panic while a lock is held cannot leave the maps half changed: every change is one call.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Listing> {
        self.listing.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Listing> {
        self.listing.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One problem in its newest version, by its slug or by one that it had before. Its index is read
    /// from the disk the first time. One whose files are damaged is logged, and left out from then on.
    pub fn get(&self, slug: &Slug) -> Option<Arc<StoredProblem>> {
        let entry = self.read().find(slug)?;
        self.loaded(&entry)
    }

    /// The problem that has this slug now.
    pub(super) fn exactly(&self, slug: &Slug) -> Option<Arc<StoredProblem>> {
        let entry = self.entry(slug)?;
        self.loaded(&entry)
    }

    pub(super) fn entry(&self, slug: &Slug) -> Option<Arc<Entry>> {
        self.read().problems.get(slug).cloned()
    }

    fn loaded(&self, entry: &Arc<Entry>) -> Option<Arc<StoredProblem>> {
        let slug = &entry.listed.slug;
        entry.used.store(1 + self.asked.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        match entry.load() {
            Ok(stored) => Some(stored),
            Err(error) => {
                tracing::error!(%slug, %error, "problem left out: its version cannot be read");
                let mut listing = self.write();
                if listing.problems.get(slug).is_some_and(|now| Arc::ptr_eq(now, entry)) {
                    listing.problems.remove(slug);
                }
                None
            }
        }
    }

    /// All problems by slug, from memory.
    pub fn list(&self) -> Vec<Listed> {
        self.read().problems.values().map(|entry| entry.listed.clone()).collect()
    }

    /// How many problems there are.
    pub fn count(&self) -> usize {
        self.read().problems.len()
    }

    /// All problems.
    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.read().problems.values().cloned().collect()
    }

    /// The slug that a problem of this one has now, if it was renamed.
    pub(super) fn renamed_to(&self, slug: &Slug) -> Option<Slug> {
        self.read().renamed.get(slug).cloned()
    }

    /// A new folder for a draft.
    pub(super) fn stage(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("draft-").tempdir_in(&self.staging)
    }

    /// Whether this package, as it was given, is what the problem of its slug was made from: then
    /// nothing needs to be generated or installed. Edits of the stored problem do not count. A draft
    /// that cannot be read is not unchanged; to install it says why.
    pub fn unchanged(&self, draft: &Draft) -> bool {
        let known = self.entry(&draft.problem.slug);
        known.is_some_and(|known| source_of(draft).is_ok_and(|source| source == known.source))
    }
}

impl Listing {
    /// The problem of this slug, or else the one that was renamed from it.
    fn find(&self, slug: &Slug) -> Option<Arc<Entry>> {
        let mut slug = slug;
        // Names may go in a circle when the problem was removed.
        for _ in 0..=self.renamed.len() {
            match self.problems.get(slug) {
                Some(entry) => return Some(Arc::clone(entry)),
                None => slug = self.renamed.get(slug)?,
            }
        }
        None
    }
}

/// The names in a folder.
fn names(folder: &Path) -> io::Result<BTreeSet<String>> {
    let name = |entry: io::Result<fs::DirEntry>| {
        Ok(entry.map_err(at(folder))?.file_name().to_string_lossy().into_owned())
    };
    fs::read_dir(folder).map_err(at(folder))?.map(name).collect()
}

/// The digest of a draft's package as it was given.
pub(super) fn source_of(draft: &Draft) -> io::Result<String> {
    let tree = scan(draft.dir.path(), &mut Mistakes::default())?;
    Ok(Hashes::of(draft.dir.path(), &tree)?.digest(&made(draft)))
}

/// The files of a draft that are not its own but generated.
pub(super) fn made(draft: &Draft) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for test in &draft.generated {
        made.insert(format!("tests/{}.in", test.test));
        if test.needs_answer {
            made.insert(format!("tests/{}.out", test.test));
        }
    }
    made
}
