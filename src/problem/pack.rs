//! Packs a package folder for its upload: the client's side of [`super::archive`].

use super::{
    Mistake,
    files::{Kind, open_regular, scan},
    mistake::Mistakes,
    slugify,
};
use std::{
    io::{self, Read, Write},
    path::Path,
};

/// Why a folder was not packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It holds what a package must not hold, such as symbolic links.
    #[error("the folder holds {} thing(s) that a package must not hold", .0.len())]
    Refused(Vec<Mistake>),
    /// A file became shorter while it was read.
    #[error("{0} changed while it was read; try again")]
    Changed(String),
    /// The disk or the receiver failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes a package folder as a tar archive: regular files only, sorted, without times and owners,
/// so that the same package is always the same archive. Dotfiles are left out. Everything is put
/// below one folder that is called as the package's folder, from which the slug is made.
pub fn pack(dir: &Path, out: impl Write) -> Result<(), PackError> {
    let root = dir.canonicalize().map_err(super::files::at(dir))?;
    let mut mistakes = Mistakes::default();
    let tree = scan(&root, &mut mistakes)?;
    if !mistakes.is_empty() {
        return Err(PackError::Refused(mistakes.into_vec()));
    }
    let folder = root.file_name().and_then(|name| slugify(&name.to_string_lossy()));
    let prefix = folder.map_or_else(String::new, |slug| format!("{slug}/"));
    let mut archive = tar::Builder::new(out);
    for (path, kind) in tree.iter() {
        let Kind::Regular(_) = kind else { continue };
        let file = open_regular(&root.join(path))?;
        let size = file.metadata()?.len();
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        let mut bytes = file.take(size);
        archive.append_data(&mut header, format!("{prefix}{path}"), &mut bytes)?;
        if bytes.limit() > 0 {
            return Err(PackError::Changed(path.to_owned()));
        }
    }
    archive.into_inner()?.flush()?;
    Ok(())
}
