//! Files that are the same in several packages or versions are on the disk once.
//!
//! `objects/<first two digits>/<SHA-256>` is one more name (a hard link) of the file that versions hold. A
//! name appears only when the file's bytes are safe on the disk, so that an object is always whole. An
//! object without another name has no user.
//!
//! Only files from [`SHARED_FROM`] bytes on: a shorter one takes one block of the disk at most, as much as
//! its object's place in a folder costs. Where the file system refuses another name, the version keeps its
//! own copy, and nothing else changes.

use super::files::{Hash, Hashes, at, open_regular};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The shortest file that is shared, in bytes: a block of the usual file systems.
pub(super) const SHARED_FROM: u64 = 4096;

/// What says, from before a name is given up until all unused objects are gone, that there may be some.
const UNSWEPT: &str = ".unswept";

/// The folder of objects.
#[derive(Debug)]
pub(super) struct Objects {
    /// `objects/`.
    pub(super) dir: PathBuf,
    /// Where names are made before they take another's place; on the same file system.
    pub(super) staging: PathBuf,
}

impl Objects {
    fn path(&self, hash: &Hash) -> PathBuf {
        let name = hex::encode(hash);
        self.dir.join(&name[..2]).join(name)
    }

    /// Makes every file of a staged package that is long enough share its bytes with the object of its
    /// hash, or become that object. Tells which files are safe on the disk now.
    pub(super) fn share(&self, root: &Path, hashes: &Hashes) -> io::Result<BTreeSet<String>> {
        let mut safe = BTreeSet::new();
        for (path, size, hash) in hashes.iter().filter(|(_, size, _)| *size >= SHARED_FROM) {
            let (file, object) = (root.join(path), self.path(hash));
            if !self.take(&object, size, &file)? {
                open_regular(&file)?.sync_all().map_err(at(&file))?;
                self.give(&file, &object)?;
            }
            safe.insert(path.to_owned());
        }
        Ok(safe)
    }

    /// Puts an object in the place of a staged file with the same bytes; false when there is none that
    /// can be taken.
    fn take(&self, object: &Path, size: u64, file: &Path) -> io::Result<bool> {
        let known = match fs::symlink_metadata(object) {
            Ok(known) if known.is_file() && known.len() == size => known,
            _ => return Ok(false),
        };
        let own = fs::symlink_metadata(file).map_err(at(file))?;
        // Of two names of one file, rename(2) would leave both.
        if (known.dev(), known.ino()) == (own.dev(), own.ino()) {
            return Ok(true);
        }
        match self.named(object) {
            Ok(name) => name.persist(file).map(|()| true).map_err(|error| at(file)(error.error)),
            // As many names as the file system allows, or none at all.
            Err(_) => Ok(false),
        }
    }

    /// Makes a staged file the object of its hash, in the place of one that cannot be taken any more.
    fn give(&self, file: &Path, object: &Path) -> io::Result<()> {
        let shard = object.parent().unwrap_or(&self.dir);
        fs::create_dir_all(shard).map_err(at(shard))?;
        match self.named(file) {
            Ok(name) => name.persist(object).map_err(|error| at(object)(error.error)),
            Err(error) => {
                tracing::debug!(file = %file.display(), %error, "kept as a copy of its own");
                Ok(())
            }
        }
    }

    /// One more name of a file, in staging.
    fn named(&self, file: &Path) -> io::Result<tempfile::NamedTempFile<()>> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("name-").make_in(&self.staging, |name| fs::hard_link(file, name))
    }

    /// To be called before names of objects are given up.
    pub(super) fn will_be_swept(&self) -> io::Result<()> {
        let mark = self.dir.join(UNSWEPT);
        fs::File::create(&mark).and_then(|file| file.sync_all()).map_err(at(&mark))
    }

    /// Removes the objects that have no user, if there may be some.
    pub(super) fn sweep(&self) -> io::Result<()> {
        let mark = self.dir.join(UNSWEPT);
        if !mark.exists() {
            return Ok(());
        }
        for shard in fs::read_dir(&self.dir).map_err(at(&self.dir))? {
            let shard = shard.map_err(at(&self.dir))?;
            if !shard.file_type().map_err(at(&shard.path()))?.is_dir() {
                continue;
            }
            for object in fs::read_dir(shard.path()).map_err(at(&shard.path()))? {
                let object = object.map_err(at(&shard.path()))?;
                if object.metadata().map_err(at(&object.path()))?.nlink() < 2 {
                    fs::remove_file(object.path()).map_err(at(&object.path()))?;
                }
            }
            match fs::remove_dir(shard.path()) {
                Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty => {
                    return Err(at(&shard.path())(error));
                }
                _ => {}
            }
        }
        fs::remove_file(&mark).map_err(at(&mark))
    }
}
