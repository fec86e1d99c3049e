//! A stored problem's package in a folder here, for a change, and back.

use super::add_folder;
use crate::{client::Added, command::session::Session, error::Error, judge::Slug};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A copy of a stored package, removed when dropped.
#[derive(Debug)]
pub(super) struct Copy {
    slug: Slug,
    dir: TempDir,
    folder: PathBuf,
}

impl Copy {
    /// Fetches the package as it is stored.
    pub(super) async fn fetch(session: &Session, slug: &Slug) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::Other(format!("{slug} was not copied: {error}"));
        let archive = tempfile::tempfile().map_err(failed)?;
        let into = tokio::fs::File::from_std(archive.try_clone().map_err(failed)?);
        session.client().package(slug, "native", into).await?;
        let dir = tempfile::Builder::new().prefix("sonocode-").tempdir().map_err(failed)?;
        let folder = unpack(archive, dir.path()).map_err(failed)?;
        Ok(Self { slug: slug.clone(), dir, folder })
    }

    /// The package's folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds the package again under its slug.
    pub(super) async fn replace(&self, session: &Session) -> Result<Added, Error> {
        add_folder(session, &self.folder, Some(&self.slug), true).await.map_err(|error| match error
        {
            Error::Invalid { mistakes, .. } => {
                Error::Invalid { package: self.slug.to_string(), mistakes }
            }
            other => other,
        })
    }

    /// Keeps the folder for the user and says where it is.
    pub(super) fn keep(self) -> PathBuf {
        let _ = self.dir.keep();
        self.folder
    }
}

/// Unpacks an archive of a package below `dir`: where its manifest is, the package is.
fn unpack(mut archive: fs::File, dir: &Path) -> io::Result<PathBuf> {
    io::Seek::rewind(&mut archive)?;
    let mut archive = tar::Archive::new(io::BufReader::new(archive));
    archive.set_preserve_mtime(false);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let plain = entry.header().entry_type();
        if !plain.is_file() && !plain.is_dir() {
            return Err(io::Error::other("the archive holds something other than files"));
        }
        if !entry.unpack_in(dir)? {
            return Err(io::Error::other("the archive holds a path that leads out of it"));
        }
    }
    let mut folders = vec![dir.to_owned()];
    for entry in fs::read_dir(dir)? {
        folders.push(entry?.path());
    }
    let manifest = |folder: &PathBuf| folder.join("problem.toml").is_file();
    folders.into_iter().find(manifest).ok_or_else(|| io::Error::other("it has no problem.toml"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(entries: &[(&str, tar::EntryType)]) -> fs::File {
        let file = tempfile::tempfile().unwrap();
        let mut archive = tar::Builder::new(file.try_clone().unwrap());
        for (name, kind) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(0);
            header.set_mode(0o644);
            header.set_cksum();
            archive.append(&header, io::empty()).unwrap();
        }
        archive.into_inner().unwrap().flush().unwrap();
        file
    }

    #[test]
    fn a_package_is_found_in_its_archive_and_nothing_leaves_it() {
        use tar::EntryType::{Regular, Symlink};
        for (name, folder) in [("problem.toml", ""), ("x/problem.toml", "x")] {
            let dir = tempfile::tempdir().unwrap();
            let found = unpack(archive(&[(name, Regular)]), dir.path()).unwrap();
            assert_eq!(found, dir.path().join(folder));
        }
        for wrong in [
            &[("../problem.toml", Regular)][..],
            &[("problem.toml", Symlink)],
            &[("a/b/problem.toml", Regular)],
        ] {
            let dir = tempfile::tempdir().unwrap();
            assert!(unpack(archive(wrong), dir.path()).is_err(), "{wrong:?}");
            assert!(!dir.path().parent().unwrap().join("problem.toml").exists());
        }
    }
}
