//! `problem.json`, the index of a stored version, and `current/<slug>`, which names the version in
//! force.

use super::{
    StoredProblem,
    files::{at, sync_folder},
};
use crate::judge::{Problem, Slug};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file's name; no package holds one, so it is never part of a version's digest.
pub(super) const FILE: &str = "problem.json";

/// What a listing needs, without reading the package.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index {
    /// Digest of everything in the package.
    pub(super) version: String,
    /// Digest of the package as it was given, before its tests were generated or it was edited.
    pub(super) source: String,
    /// The problem.
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

/// A problem of the store's listing.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) stored: Arc<StoredProblem>,
    pub(super) source: String,
}

impl Entry {
    /// The entry of a version's folder.
    pub(super) fn new(index: Index, dir: PathBuf) -> Self {
        let Index { version, source, problem } = index;
        Self { stored: Arc::new(StoredProblem { problem, version, dir }), source }
    }

    /// Reads the entry of a version's folder.
    pub(super) fn read(dir: PathBuf) -> io::Result<Self> {
        Ok(Self::new(Index::read(&dir)?, dir))
    }
}

/// The folder of pointers, `current/`.
#[derive(Debug)]
pub(super) struct Pointers(pub(super) PathBuf);

impl Pointers {
    /// Where the new pointer is written before it takes the old one's place. No slug begins with a
    /// dot.
    fn draft(&self, slug: &Slug) -> PathBuf {
        self.0.join(format!(".{slug}"))
    }

    /// Writes the pointer, not yet in force.
    pub(super) fn prepare(&self, slug: &Slug, version: &str) -> io::Result<()> {
        let path = self.draft(slug);
        let write = |mut file: File| {
            file.write_all(version.as_bytes())?;
            file.sync_all()
        };
        File::create(&path).and_then(write).map_err(at(&path))
    }

    /// Puts the prepared pointer in force, atomically.
    pub(super) fn swap(&self, slug: &Slug) -> io::Result<()> {
        fs::rename(self.draft(slug), self.0.join(slug.as_str()))
    }

    /// Takes a pointer away; false when there was none.
    pub(super) fn remove(&self, slug: &Slug) -> io::Result<bool> {
        match fs::remove_file(self.0.join(slug.as_str())) {
            Ok(()) => sync_folder(&self.0).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All pointers as (slug, version folder's name). Drafts that a crash left are removed.
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
