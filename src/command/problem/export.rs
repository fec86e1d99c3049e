//! `sonocode problem export`.

use super::package::{Package, is_path};
use crate::{
    cli::Export,
    command::{
        print_json,
        session::{self, Session},
    },
    error::{Code, Error},
    judge::Slug,
    problem::Ignored,
    view::{terminal::print, units::harmless},
};
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, BufReader, Seek},
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
};
use tempfile::NamedTempFile;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Folder,
    Tar,
    Zip,
    Document,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    path: String,
    format: &'a str,
    ignored: &'a [Ignored],
}

pub(super) async fn export(args: Export) -> Result<Code, Error> {
    let (path, form) = place(&args);
    if path.exists() && !args.force {
        let path = path.display();
        return Err(Error::Exists(format!("{path} is there already; --force replaces it")));
    }
    session::with(&args.connect.configuration()?, async |session| {
        let failed = |error: io::Error| Error::Other(format!("{}: {error}", path.display()));
        let archive = beside(&path).map_err(failed)?;
        let ignored = fetch(session, &args, form, &archive).await?;
        put(archive, &path, form).map_err(failed)?;
        if args.json {
            let path = path.display().to_string();
            print_json(&Report { path, format: &args.to, ignored: &ignored })?;
        } else {
            for one in &ignored {
                print(&format!("note: {}", harmless(&one.to_string())))?;
            }
            print(&format!("wrote {} as {}", path.display(), args.to))?;
        }
        Ok(Code::OK)
    })
    .await
}

/// Where the export goes and what it is written as.
fn place(args: &Export) -> (PathBuf, Form) {
    let (format, zipped) = match args.to.as_str() {
        "zip" => ("native", true),
        other => (other, false),
    };
    let ends = |path: &Path, end: &str| {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end))
    };
    match args.output.clone() {
        Some(path) if format == "json" => (path, Form::Document),
        Some(path) if zipped || ends(&path, "zip") => (path, Form::Zip),
        Some(path) if ends(&path, "tar") => (path, Form::Tar),
        Some(path) => (path, Form::Folder),
        None => {
            let source = Path::new(&args.problem);
            let name = if source.is_dir() { source.file_name() } else { source.file_stem() };
            let name = name.map_or("problem".into(), |name| name.to_string_lossy());
            match (format, zipped) {
                ("json", _) => (format!("{name}.json").into(), Form::Document),
                (_, true) => (format!("{name}.zip").into(), Form::Zip),
                _ => (format!("{name}-{format}").into(), Form::Folder),
            }
        }
    }
}

/// A temporary file on the file system of the target, so that it can take its place at one moment.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::with_prefix_in(".sonocode-", folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

async fn fetch(
    session: &Session,
    args: &Export,
    form: Form,
    into: &NamedTempFile,
) -> Result<Vec<Ignored>, Error> {
    let file = into.as_file().try_clone().map_err(|error| Error::Other(error.to_string()))?;
    let file = tokio::fs::File::from_std(file);
    let archive = if form == Form::Zip { "zip" } else { "tar" };
    // A zip archive of our own format, or the same as a folder: what it is in is said by itself.
    let format = if args.to == "zip" { "native" } else { args.to.as_str() };
    if !is_path(&args.problem) {
        let slug: Slug = args.problem.parse().map_err(|error| Error::Usage(format!("{error}")))?;
        return Ok(session.client().export(&slug, format, archive, file).await?);
    }
    session.settled().await;
    let (body, bar) = Package::open(Path::new(&args.problem))?.body()?;
    let sent = session.client().export_package(body, format, archive, file).await;
    bar.clear();
    sent.map_err(|error| match error.into() {
        Error::Invalid { mistakes, .. } => {
            Error::Invalid { package: args.problem.clone(), mistakes }
        }
        other => other,
    })
}

/// Puts what came where it belongs: whole or not at all.
fn put(mut archive: NamedTempFile, path: &Path, form: Form) -> io::Result<()> {
    if form == Form::Folder {
        archive.rewind()?;
        return unpack(archive.as_file(), path);
    }
    archive.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
    }
    archive.persist(path).map(drop).map_err(|error| error.error)
}

/// Unpacks an archive whose files are below one folder into a folder of this name, in place of the one that is
/// there.
fn unpack(archive: &File, path: &Path) -> io::Result<()> {
    let around = tempfile::Builder::new().prefix(".sonocode-").tempdir_in(folder_of(path))?;
    let new = around.path().join("new");
    fs::create_dir(&new)?;
    let mut archive = tar::Archive::new(BufReader::new(archive));
    archive.set_preserve_mtime(false);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            return Err(io::Error::other("the archive holds something other than files"));
        }
        let whole = entry.path()?.into_owned();
        let inner: PathBuf = whole.components().skip(1).collect();
        let plain = |part| matches!(part, Component::Normal(_));
        if inner.as_os_str().is_empty() || !whole.components().all(plain) {
            return Err(io::Error::other("the archive holds a path that leads out of it"));
        }
        let target = new.join(inner);
        fs::create_dir_all(folder_of(&target))?;
        io::copy(&mut entry, &mut File::create_new(&target)?)?;
    }
    let old = around.path().join("old");
    if path.exists() {
        fs::rename(path, &old)?;
    }
    fs::rename(&new, path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(names: &[&str]) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        let mut archive = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(1);
            header.set_mode(0o600);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            archive.append(&header, &b"x"[..]).unwrap();
        }
        file.write_all(&archive.into_inner().unwrap()).unwrap();
        file
    }

    #[test]
    fn a_folder_is_replaced_whole_and_nothing_leaves_it() {
        let around = tempfile::tempdir().unwrap();
        let path = around.path().join("sum");
        put(archive(&["sum/problem.toml", "sum/tests/01.in"]), &path, Form::Folder).unwrap();
        assert_eq!(fs::read_to_string(path.join("tests/01.in")).unwrap(), "x");
        put(archive(&["sum/problem.yaml"]), &path, Form::Folder).unwrap();
        assert!(path.join("problem.yaml").exists() && !path.join("problem.toml").exists());
        for wrong in ["sum/../../out", "sum", "../out"] {
            assert!(put(archive(&[wrong]), &path, Form::Folder).is_err(), "{wrong}");
        }
        assert!(path.join("problem.yaml").exists(), "the old one stays");
        let names: Vec<_> = fs::read_dir(around.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is left beside it: {names:?}");
    }
}
