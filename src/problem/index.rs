//! `problem.json`, the index of a stored version, and `current/<slug>`, which names the version in
//! force and says what a listing needs.

use super::{
    Listed, StoredProblem,
    files::{at, sync_folder},
};
use crate::judge::{Problem, Slug};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// The file's name; no package holds one, so it is never part of a version's digest.
pub(super) const FILE: &str = "problem.json";

/// What is known of a version without reading the package.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index {
    /// Digest of everything in the package.
    pub(super) version: String,
    /// Digest of the package as it was given, before its tests were generated or it was edited.
    pub(super) source: String,
    /// The problem. Its slug is that of the first pointer to this version; what counts is the pointer's.
    pub(super) problem: Problem,
}

impl Index {
    pub(super) fn read(dir: &Path) -> io::Result<Self> {
        let path = dir.join(FILE);
        let bytes = fs::read(&path).map_err(at(&path))?;
        serde_json::from_slice(&bytes).map_err(|error| at(&path)(error.into()))
    }

    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        super::files::write_synced(&dir.join(FILE), &serde_json::to_vec_pretty(self)?)
    }
}

/// How a version came into this store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Origin {
    /// When it was installed, by the clock of the depot (microseconds since 1970); 0: never in a depot.
    pub(super) at: u64,
    /// Length in bytes of its archive, if it came out of the depot and not from a user here.
    pub(super) fetched: Option<u64>,
}

/// What `current/<slug>` holds, in JSON: enough for a listing, so that no version is read for one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pointer {
    /// The name of the version's folder.
    pub(super) folder: String,
    /// As in [`Index`].
    source: String,
    /// Absent in what older stores wrote.
    #[serde(default)]
    pub(super) origin: Origin,
    /// The slug in it is that of the pointer's name when it was written.
    #[serde(flatten)]
    listed: Listed,
}

impl Pointer {
    /// The pointer to a version.
    pub(super) fn new(index: &Index, folder: String) -> Self {
        let listed = Listed::of(&index.problem, &index.version);
        Self { folder, source: index.source.clone(), origin: Origin::default(), listed }
    }

    /// Reads a pointer's text. An older store's says the folder's name alone.
    pub(super) fn parse(text: &str, versions: &Path) -> io::Result<Self> {
        if text.starts_with('{') {
            return Ok(serde_json::from_str(text)?);
        }
        Ok(Self::new(&Index::read(&versions.join(text))?, text.to_owned()))
    }

    /// The text of the pointer.
    pub(super) fn to_text(&self) -> io::Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// The entry of the problem that it stands for under this slug.
    pub(super) fn into_entry(self, slug: Slug, versions: &Path) -> Entry {
        let Self { folder, source, origin, listed } = self;
        let listed = Listed { slug, ..listed };
        let dir = versions.join(&folder);
        Entry {
            listed,
            source,
            origin,
            folder,
            dir,
            used: AtomicU64::new(0),
            stored: OnceLock::new(),
        }
    }
}

/// A problem of the store's listing.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) listed: Listed,
    pub(super) source: String,
    pub(super) origin: Origin,
    /// The name of the version's folder.
    pub(super) folder: String,
    dir: PathBuf,
    /// When it was last asked for, counted in questions to the store.
    pub(super) used: AtomicU64,
    /// Read when it is first asked for.
    stored: OnceLock<Arc<StoredProblem>>,
}

impl Entry {
    /// The same version under another slug.
    pub(super) fn renamed(&self, slug: Slug) -> Self {
        let listed = Listed { slug, ..self.listed.clone() };
        Self { listed, ..self.copied() }
    }

    /// The same version with another origin.
    pub(super) fn with_origin(&self, origin: Origin) -> Self {
        Self { origin, ..self.copied() }
    }

    /// A second entry of the same version.
    fn copied(&self) -> Self {
        Self {
            listed: self.listed.clone(),
            source: self.source.clone(),
            origin: self.origin,
            folder: self.folder.clone(),
            dir: self.dir.clone(),
            used: AtomicU64::new(self.used.load(Ordering::Relaxed)),
            stored: OnceLock::new(),
        }
    }

    /// The pointer to it.
    pub(super) fn pointer(&self) -> Pointer {
        Pointer {
            folder: self.folder.clone(),
            source: self.source.clone(),
            origin: self.origin,
            listed: self.listed.clone(),
        }
    }

    /// Whether somebody has it who is none of these many holders of the entry.
    pub(super) fn in_use(self: &Arc<Self>, holders: usize) -> bool {
        let stored = self.stored.get();
        Arc::strong_count(self) > holders
            || stored.is_some_and(|stored| Arc::strong_count(stored) > 1)
    }

    /// The problem, read from its version's index unless it was read before.
    pub(super) fn load(&self) -> io::Result<Arc<StoredProblem>> {
        if let Some(stored) = self.stored.get() {
            return Ok(Arc::clone(stored));
        }
        let Index { version, mut problem, .. } = Index::read(&self.dir)?;
        if version != self.listed.version {
            let message = format!("{} holds another version", self.dir.display());
            return Err(io::Error::other(message));
        }
        problem.slug = self.listed.slug.clone();
        let stored = StoredProblem { problem, version, dir: self.dir.clone() };
        Ok(Arc::clone(self.stored.get_or_init(|| Arc::new(stored))))
    }
}

/// A folder of small files that are named by slugs and replaced atomically: `current/`, `renamed/`.
#[derive(Debug)]
pub(super) struct Pointers(pub(super) PathBuf);

impl Pointers {
    /// Where the new pointer is written before it takes the old one's place. No slug begins with a
    /// dot.
    fn draft(&self, slug: &Slug) -> PathBuf {
        self.0.join(format!(".{slug}"))
    }

    /// Writes the pointer, not yet in force.
    pub(super) fn prepare(&self, slug: &Slug, text: &str) -> io::Result<()> {
        let path = self.draft(slug);
        let write = |mut file: File| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        File::create(&path).and_then(write).map_err(at(&path))
    }

    /// Puts the prepared pointer in force, atomically.
    pub(super) fn swap(&self, slug: &Slug) -> io::Result<()> {
        fs::rename(self.draft(slug), self.0.join(slug.as_str()))
    }

    /// Whether there is one, be it right or damaged.
    pub(super) fn has(&self, slug: &Slug) -> bool {
        self.0.join(slug.as_str()).exists()
    }

    /// Gives a pointer another slug, atomically.
    pub(super) fn rename(&self, old: &Slug, new: &Slug) -> io::Result<()> {
        fs::rename(self.0.join(old.as_str()), self.0.join(new.as_str()))
    }

    /// Takes a pointer away; false when there was none.
    pub(super) fn remove(&self, slug: &Slug) -> io::Result<bool> {
        match fs::remove_file(self.0.join(slug.as_str())) {
            Ok(()) => sync_folder(&self.0).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All pointers as (slug, text). Drafts that a crash left are removed.
    pub(super) fn read(&self) -> io::Result<Vec<(Slug, String)>> {
        let mut pointers = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(at(&self.0))? {
            let entry = entry.map_err(at(&self.0))?;
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Ok(slug) = name.parse() {
                pointers.push((slug, fs::read_to_string(&path).map_err(at(&path))?));
            } else if name.starts_with('.') {
                fs::remove_file(&path).map_err(at(&path))?;
            }
        }
        Ok(pointers)
    }
}
