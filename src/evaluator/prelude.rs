//! What is made once for a compiler, such as a precompiled `<bits/stdc++.h>`: seconds of work that would
//! otherwise be done for every program.
//!
//! A prelude comes of a language's own command and the host's own compiler, from nothing that a user
//! sent, so it is made on the host and not in a cell. Its folder is named by the digest of command and
//! toolchain and appears by a rename; every cell with the host's toolchains sees all of them, read-only,
//! at [`PRELUDES_PATH`]. Until it is there, programs are compiled without.

use super::{
    cache::Key,
    toolchain::{self, find_on_host},
};
use crate::{judge::Language, sandbox::PRELUDES_PATH};
use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

/// The preludes of this machine.
#[derive(Clone)]
pub struct Preludes(Arc<Inner>);

struct Inner {
    dir: Option<PathBuf>,
    /// Those that are being made or could not be.
    tried: Mutex<BTreeSet<String>>,
}

impl Preludes {
    /// The preludes in `dir`, which is there; `None`: there are none.
    pub fn new(dir: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { dir, tried: Mutex::default() }))
    }

    /// The folder, as cells see it, of a language's prelude for a toolchain. When there is none yet, it
    /// is made in the background for the next time.
    pub fn find(&self, language: &Language, toolchain: &str) -> Option<String> {
        let (dir, prelude) = (self.0.dir.as_ref()?, language.prelude.as_ref()?);
        let parts = prelude.command.iter().map(String::as_bytes).chain([toolchain.as_bytes()]);
        let name = format!("{}-{}", language.id, &Key::of(parts).digest()[..16]);
        if dir.join(&name).is_dir() {
            return Some(format!("{PRELUDES_PATH}/{name}"));
        }
        let mut tried = self.0.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.insert(name.clone()) {
            let (dir, command) = (dir.clone(), prelude.command.clone());
            tokio::spawn(async move {
                if let Err(error) = make(&dir, &name, &command).await {
                    tracing::warn!(%error, "`{}` made no prelude", command.join(" "));
                }
            });
        }
        None
    }
}

/// Runs the command in an empty folder and gives it its name.
async fn make(dir: &Path, name: &str, command: &[String]) -> io::Result<()> {
    let folder = tempfile::Builder::new().prefix(".new-").tempdir_in(dir)?;
    // The one that compiles in cells, which may not be the first on the daemon's own PATH.
    let program = find_on_host(&command[0])
        .ok_or_else(|| io::Error::other(format!("there is no `{}` on this host", command[0])))?;
    let output = tokio::process::Command::new(program)
        .args(&command[1..])
        // A shell among them looks where cells look.
        .env("PATH", toolchain::PATH.join(":"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(format!("{}: {said}", output.status)));
    }
    let made = folder.path().to_owned();
    tokio::task::spawn_blocking(move || open_to_all(&made)).await.map_err(io::Error::other)??;
    match fs::rename(folder.path(), dir.join(name)) {
        Ok(()) => drop(folder.keep()),
        // Another daemon was faster.
        Err(_) if dir.join(name).is_dir() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Lets everybody read what is in a folder: programs are somebody else than the daemon, whose umask may
/// keep its files to itself.
fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            open_to_all(&entry.path())?;
        } else if kind.is_file() {
            let executable = entry.metadata()?.permissions().mode() & 0o100;
            let mode = 0o644 | executable | executable >> 3 | executable >> 6;
            fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(script: &str) -> Language {
        let text = format!(
            r#"id = "x"
            name = "X"
            extensions = ["x"]
            source = "main.x"
            run = ["./main"]
            version = ["sh"]
            toolchain = {{ host = ["sh"], image = "x:1" }}
            prelude = {{ command = ["sh", "-c", "{script}"] }}"#
        );
        Language::parse(&text).unwrap()
    }

    #[tokio::test]
    async fn it_is_made_once_for_each_toolchain() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        make(dir, "x-1", &language("echo made > header").prelude.unwrap().command).await.unwrap();
        assert_eq!(fs::read_to_string(dir.join("x-1/header")).unwrap(), "made\n");
        let failing = language("echo no >&2; exit 3").prelude.unwrap().command;
        let error = make(dir, "x-2", &failing).await.unwrap_err().to_string();
        assert!(error.contains("no") && error.contains('3'), "{error}");
        assert_eq!(fs::read_dir(dir).unwrap().count(), 1, "nothing is left of one that failed");

        let preludes = Preludes::new(Some(dir.to_owned()));
        let language = language("echo made > header");
        assert_eq!(preludes.find(&language, "gcc 12"), None, "not yet");
        let name = preludes.0.tried.lock().unwrap().first().cloned().unwrap();
        fs::create_dir(dir.join(&name)).unwrap();
        assert_eq!(preludes.find(&language, "gcc 12"), Some(format!("{PRELUDES_PATH}/{name}")));
        assert_eq!(preludes.find(&language, "gcc 13"), None, "another compiler");
        assert_eq!(Preludes::new(None).find(&language, "gcc 12"), None);
    }
}
