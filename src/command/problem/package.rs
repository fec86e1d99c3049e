//! A package of the user's own, folder or archive, on its way to the daemon.

use crate::{
    client::Body,
    error::Error,
    problem::{PackError, pack},
    view::live::Bar,
};
use futures_util::StreamExt;
use std::{
    fs::File,
    io::{self, Seek},
    path::Path,
};
use tokio_util::io::ReaderStream;

/// A package that lies in a file, packed if it was a folder.
#[derive(Debug)]
pub(super) struct Package {
    name: String,
    file: File,
    length: u64,
    media: &'static str,
}

impl Package {
    /// Packs a folder, or opens an archive: `.zip`, `.json` or `.tar`.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let not_there = |error: &dyn std::fmt::Display| Error::NotFound(format!("{name}: {error}"));
        let (file, media) = if path.is_dir() {
            let packed = folder(path).map_err(|error| match error {
                PackError::Refused(mistakes) => Error::Invalid { package: name.clone(), mistakes },
                error => not_there(&error),
            })?;
            (packed, "application/x-tar")
        } else {
            let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
            let media = match extension.as_deref() {
                Some("zip") => "application/zip",
                Some("json") => "application/json",
                Some("tar") => "application/x-tar",
                _ if !path.exists() => return Err(not_there(&"no such folder or file")),
                _ => return Err(not_there(&"neither a folder nor a .zip, .tar or .json file")),
            };
            (File::open(path).map_err(|error| not_there(&error))?, media)
        };
        let length = file.metadata().map_err(|error| not_there(&error))?.len();
        Ok(Self { name, file, length, media })
    }

    /// The bytes, with a bar that shows how many have gone.
    pub(super) fn body(&self) -> Result<(Body, Bar), Error> {
        let failed = |error: io::Error| Error::Other(format!("{}: {error}", self.name));
        let mut file = self.file.try_clone().map_err(failed)?;
        file.rewind().map_err(failed)?;
        let bar = Bar::upload(self.length, &self.name);
        let (shown, mut left) = (bar.clone(), self.length);
        let pieces = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 1 << 16);
        let pieces = pieces.inspect(move |piece| {
            let bytes = piece.as_ref().map_or(0, |piece| piece.len() as u64);
            shown.advance(bytes);
            left = left.saturating_sub(bytes);
            if left == 0 {
                shown.spin("Checking");
            }
        });
        Ok((Body { pieces: pieces.boxed(), length: self.length, media: self.media }, bar))
    }
}

/// The folder as an archive in a temporary file.
fn folder(path: &Path) -> Result<File, PackError> {
    let mut file = tempfile::tempfile()?;
    pack(path, io::BufWriter::new(&mut file))?;
    Ok(file)
}

/// Whether a word on the command line means a path and not a slug.
pub(super) fn is_path(word: &str) -> bool {
    word.contains(['/', '.']) || word.is_empty()
}
