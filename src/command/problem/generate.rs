//! `sonocode problem generate`: the tests of a folder, made by its generators on the daemon.

use super::package::Package;
use crate::{
    cli::Generate,
    command::{
        print_json,
        session::{self, Session},
    },
    error::{Code, Error},
    view::{
        live::Bar,
        terminal::print,
        units::{bytes, count},
    },
};
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek},
    path::{Component, Path, PathBuf},
};
use tempfile::NamedTempFile;

/// What becomes of a file of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    New,
    Changed,
    Same,
}

/// A file that a generator, or the reference solution, has made.
#[derive(Debug, Serialize)]
struct Made {
    file: String,
    state: State,
    bytes: u64,
}

pub(super) async fn generate(args: Generate) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        if let Some(why) = session.settled().await {
            return Err(Error::Judge(why));
        }
        let archive = fetch(session, &args.dir).await?;
        let (dir, check) = (args.dir.clone(), args.check);
        let made = tokio::task::spawn_blocking(move || take(archive, &dir, check)).await;
        let made = made
            .map_err(|error| Error::Other(error.to_string()))?
            .map_err(|error| Error::Other(format!("{}: {error}", args.dir.display())))?;
        tell(&args, &made)
    })
    .await
}

/// The archive of everything that the generators make, in a temporary file.
async fn fetch(session: &Session, dir: &Path) -> Result<File, Error> {
    let failed = |error: io::Error| Error::Other(format!("no temporary file: {error}"));
    if !dir.is_dir() {
        return Err(Error::NotFound(format!("{}: no such folder", dir.display())));
    }
    let archive = tempfile::tempfile().map_err(failed)?;
    let into = tokio::fs::File::from_std(archive.try_clone().map_err(failed)?);
    let (body, bar) = Package::open(dir)?.body()?;
    let sent = session.client().generate(body, into).await;
    bar.clear();
    sent.map_err(|error| match error.into() {
        Error::Invalid { mistakes, .. } => {
            Error::Invalid { package: dir.display().to_string(), mistakes }
        }
        other => other,
    })?;
    Ok(archive)
}

/// Compares every file of the archive with that of the folder, and puts it there unless it is the same
/// or this is only a check. A file is there whole or not at all.
fn take(mut archive: File, dir: &Path, check: bool) -> io::Result<Vec<Made>> {
    archive.rewind()?;
    let bar = Bar::spinner("Writing", "tests");
    let mut archive = tar::Archive::new(BufReader::new(archive));
    let mut made = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let path = entry.path()?.into_owned();
        if !is_test(&path) || !entry.header().entry_type().is_file() {
            let path = path.display();
            return Err(io::Error::other(format!("the daemon sent `{path}`, which is no test")));
        }
        let target = dir.join(&path);
        let folder = target.parent().unwrap_or(dir).to_owned();
        if !check {
            fs::create_dir_all(&folder)?;
        }
        let mut new = if check { NamedTempFile::new()? } else { NamedTempFile::new_in(&folder)? };
        let bytes = io::copy(&mut entry, &mut new)?;
        let state = match File::open(&target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::New,
            old => {
                let mut new = new.reopen()?;
                if same(&mut old?, &mut new)? { State::Same } else { State::Changed }
            }
        };
        if !check && state != State::Same {
            readable(new.as_file())?;
            new.persist(&target).map_err(|error| error.error)?;
        }
        made.push(Made { file: path.display().to_string(), state, bytes });
    }
    bar.clear();
    Ok(made)
}

/// Temporary files are their owner's alone; a package's files are like any others.
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// Whether a path is that of a test, and leads nowhere else.
fn is_test(path: &Path) -> bool {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let kind = path.extension().is_some_and(|extension| extension == "in" || extension == "out");
    plain && kind && path.starts_with(PathBuf::from("tests"))
}

/// Whether two files have the same bytes.
fn same(one: &mut File, other: &mut File) -> io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one), BufReader::new(other));
    let (mut a, mut b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let read = one.read(&mut a)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut b[..read])?;
        if a[..read] != b[..read] {
            return Ok(false);
        }
    }
}

fn tell(args: &Generate, made: &[Made]) -> Result<Code, Error> {
    let differ: Vec<&Made> = made.iter().filter(|file| file.state != State::Same).collect();
    if args.json {
        made.iter().try_for_each(print_json)?;
    } else {
        for file in &differ {
            let word = if file.state == State::New { "new" } else { "changed" };
            print(&format!("{word} {} ({})", file.file, bytes(file.bytes)))?;
        }
        let same = made.len() - differ.len();
        let verb = match (args.check, differ.len()) {
            (false, _) => "written",
            (true, 1) => "differs",
            (true, _) => "differ",
        };
        let files = count(differ.len(), "file");
        print(&match made.len() {
            0 => "no generator makes a test".to_owned(),
            _ => format!("{files} {verb}, {same} as they were"),
        })?;
    }
    Ok(if args.check && !differ.is_empty() { Code::FINDINGS } else { Code::OK })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str)]) -> File {
        let file = tempfile::tempfile().unwrap();
        let mut archive = tar::Builder::new(file.try_clone().unwrap());
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        archive.finish().unwrap();
        file
    }

    #[test]
    fn what_differs_is_told_and_written_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tests")).unwrap();
        fs::write(dir.path().join("tests/01.in"), "old").unwrap();
        let files =
            [("tests/01.in", "new"), ("tests/secret/2.in", "2"), ("tests/secret/2.out", "")];
        let states = |check| {
            let made = take(archive(&files), dir.path(), check).unwrap();
            made.into_iter().map(|file| file.state).collect::<Vec<_>>()
        };
        let expected = [State::Changed, State::New, State::New];
        assert_eq!(states(true), expected);
        assert_eq!(fs::read_to_string(dir.path().join("tests/01.in")).unwrap(), "old");
        assert!(!dir.path().join("tests/secret").exists(), "a check writes nothing");
        assert_eq!(states(false), expected);
        assert_eq!(fs::read_to_string(dir.path().join("tests/01.in")).unwrap(), "new");
        assert_eq!(states(true), [State::Same; 3]);
    }

    #[test]
    fn only_tests_are_written() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["problem.toml", "tests/run.sh", "other/01.in"] {
            assert!(take(archive(&[(name, "x")]), dir.path(), false).is_err(), "{name}");
            assert!(!dir.path().join(name).exists());
        }
        assert!(!is_test(Path::new("tests/../../01.in")) && !is_test(Path::new("/tests/01.in")));
    }
}
