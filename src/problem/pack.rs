//! Packs a package folder for its upload: the client's side of [`super::archive`].

use super::{
    Mistake,
    files::{Kind, open_regular, scan_linked},
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

/// Writes a package folder as a tar archive: regular files, sorted, without times and owners, so that
/// the same package is always the same archive. Dotfiles are left out. Everything is put below one
/// folder that is called as the package's folder, from which the slug is made. A symbolic link that
/// stays inside the folder goes in as what it leads to; another one or a special file goes in as an entry of its kind and nothing more, which the daemon refuses together with the
/// package's other mistakes.
pub fn pack(dir: &Path, out: impl Write) -> Result<(), PackError> {
    let root = dir.canonicalize().map_err(super::files::at(dir))?;
    let mut mistakes = Mistakes::default();
    let (tree, copies) = scan_linked(&root, &mut mistakes)?;
    let mistakes = mistakes.into_vec();
    let known = |mistake: &Mistake| tree.get(&mistake.file) == Some(Kind::Refused);
    if !mistakes.iter().all(known) {
        return Err(PackError::Refused(mistakes));
    }
    let folder = root.file_name().and_then(|name| slugify(&name.to_string_lossy()));
    let prefix = folder.map_or_else(String::new, |slug| format!("{slug}/"));
    let mut archive = tar::Builder::new(out);
    for (path, kind) in tree.iter() {
        let name = format!("{prefix}{path}");
        if kind == Kind::Refused {
            let link = root.join(path).symlink_metadata()?.is_symlink();
            let kind = if link { tar::EntryType::Symlink } else { tar::EntryType::Fifo };
            archive.append_data(&mut header(kind, 0), name, io::empty())?;
            continue;
        }
        let file = open_regular(&root.join(copies.source(path)))?;
        let size = file.metadata()?.len();
        let mut bytes = file.take(size);
        archive.append_data(&mut header(tar::EntryType::Regular, size), name, &mut bytes)?;
        if bytes.limit() > 0 {
            return Err(PackError::Changed(path.to_owned()));
        }
    }
    archive.into_inner()?.flush()?;
    Ok(())
}

fn header(kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
