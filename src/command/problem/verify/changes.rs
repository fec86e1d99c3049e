//! Changes of files, for `--watch`.

use crate::error::Error;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::mpsc;

/// Editors write a file in several steps; what comes within this time is one change.
const BURST: Duration = Duration::from_millis(200);

/// Listens for changes below folders, from its making on.
#[derive(Debug)]
pub(super) struct Changes {
    folders: Vec<PathBuf>,
    news: mpsc::UnboundedReceiver<Result<PathBuf, String>>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Begins to listen.
    pub(super) fn listen(folders: &[PathBuf]) -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::Other(format!("files cannot be watched: {error}"))
        };
        let real = |folder: &PathBuf| folder.canonicalize();
        let folders: Vec<PathBuf> =
            folders.iter().map(real).collect::<Result<_, _>>().map_err(|error| failed(&error))?;
        let (sender, news) = mpsc::unbounded_channel();
        let tell = move |event: notify::Result<notify::Event>| match event {
            // We read the files ourselves.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) => event.paths.into_iter().for_each(|path| _ = sender.send(Ok(path))),
            Err(error) => _ = sender.send(Err(error.to_string())),
        };
        let mut watcher = notify::recommended_watcher(tell).map_err(|error| failed(&error))?;
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::Recursive).map_err(|error| failed(&error))?;
        }
        Ok(Self { folders, news, _watcher: watcher })
    }

    /// Waits for the next change of a file that belongs to a package: the index of its folder, and the
    /// first path of each folder that changed, below it.
    pub(super) async fn next(&mut self) -> Result<BTreeMap<usize, PathBuf>, Error> {
        let mut changed = BTreeMap::new();
        while changed.is_empty() {
            let Some(news) = self.news.recv().await else {
                return Err(Error::Other("files are not watched any more".to_owned()));
            };
            self.take(news, &mut changed)?;
            while let Ok(Some(news)) = tokio::time::timeout(BURST, self.news.recv()).await {
                self.take(news, &mut changed)?;
            }
        }
        Ok(changed)
    }

    fn take(
        &self,
        news: Result<PathBuf, String>,
        changed: &mut BTreeMap<usize, PathBuf>,
    ) -> Result<(), Error> {
        let path =
            news.map_err(|error| Error::Other(format!("files cannot be watched: {error}")))?;
        for (at, folder) in self.folders.iter().enumerate() {
            if let Some(path) = path.strip_prefix(folder).ok().filter(|path| !passed_over(path)) {
                changed.entry(at).or_insert_with(|| path.to_owned());
            }
        }
        Ok(())
    }
}

/// Whether a path is not part of a package: dotfiles, and what editors leave behind.
fn passed_over(path: &Path) -> bool {
    path.iter().any(|part| {
        let part = part.to_string_lossy();
        part.starts_with('.') || part.ends_with('~')
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn a_change_of_a_file_is_told_and_one_of_a_dotfile_is_not() {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let folders = dirs.each_ref().map(|dir| dir.path().to_owned());
        let mut changes = Changes::listen(&folders).unwrap();
        fs::write(folders[0].join(".swap"), "x").unwrap();
        fs::write(folders[1].join("a.in"), "x").unwrap();
        let changed = changes.next().await.unwrap();
        assert_eq!(changed, BTreeMap::from([(1, PathBuf::from("a.in"))]));
    }
}
