//! A package of the user's own, folder or archive, on its way to the daemon.

use super::add::Source;
use crate::{client::Body, error::Error, problem::PackError, view::live::Bar};
use futures_util::StreamExt;
use std::{
    io::{self, Seek},
    path::Path,
};
use tokio_util::io::ReaderStream;

/// A package that lies in a file, packed if it was a folder.
#[derive(Debug)]
pub(super) struct Package {
    path: String,
    source: Source,
}

impl Package {
    /// Packs a folder, or opens an archive or a document.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let path_shown = path.display().to_string();
        let source = Source::open(path).map_err(|error| match error {
            PackError::Refused(mistakes) => {
                Error::Invalid { package: path_shown.clone(), mistakes }
            }
            error => Error::NotFound(format!("{path_shown}: {error}")),
        })?;
        Ok(Self { path: path_shown, source })
    }

    /// What it is called where it does not say so itself.
    pub(super) fn name(&self) -> Option<&str> {
        self.source.name.as_deref()
    }

    /// The bytes, with a bar that shows how many have gone.
    pub(super) fn body(&self) -> Result<(Body, Bar), Error> {
        let failed = |error: io::Error| Error::Other(format!("{}: {error}", self.path));
        let mut file = self.source.file.try_clone().map_err(failed)?;
        file.rewind().map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let bar = Bar::upload(length, &self.path);
        let (shown, mut left) = (bar.clone(), length);
        let pieces = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 1 << 16);
        let pieces = pieces.inspect(move |piece| {
            let bytes = piece.as_ref().map_or(0, |piece| piece.len() as u64);
            shown.advance(bytes);
            left = left.saturating_sub(bytes);
            if left == 0 {
                shown.spin("Checking");
            }
        });
        Ok((Body { pieces: pieces.boxed(), length, media: self.source.media }, bar))
    }
}

/// Whether a word on the command line means a path and not a slug.
pub(super) fn is_path(word: &str) -> bool {
    word.contains(['/', '.']) || word.is_empty()
}
