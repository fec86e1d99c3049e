//! Unpacks an uploaded tar archive. Its author is a stranger: nothing is written but regular files
//! that were not there before, below a fresh folder, within bounds that the archive declares first.

use super::{
    AddError,
    files::{Kind, MAX_DEPTH, MAX_ENTRIES, Tree, create, is_hidden},
    links::Links,
    manifest,
    mistake::Mistakes,
    native::FOLDERS,
};
use std::{
    cell::RefCell,
    fs,
    io::{self, Read},
    ops::ControlFlow,
    path::Path,
    rc::Rc,
};
use tar::{Archive, Entry, EntryType};
use tempfile::TempDir;

/// The longest path in an archive, in bytes.
const MAX_PATH: usize = 1024;
/// The longest header that describes another entry (long names, pax attributes), in bytes.
const MAX_EXTENSION: u64 = 1 << 20;
/// What mistakes call the archive as a whole.
const ARCHIVE: &str = "archive";

/// What is said of an entry whose path is taken.
pub(super) const TWICE: &str = "is there twice in the archive";

/// What came out of an archive.
pub(super) struct Unpacked {
    pub(super) dir: TempDir,
    pub(super) tree: Tree,
    /// The folder that all entries shared, which was taken off.
    pub(super) folder: Option<String>,
}

/// Unpacks an archive into a new folder below `staging`. `bound` is how many bytes its files may
/// have together. Entries that are refused are mistakes; the error is for an archive that cannot be
/// read to its end.
pub(super) fn unpack(
    archive: &mut dyn Read,
    staging: &Path,
    bound: u64,
    mistakes: &mut Mistakes,
) -> Result<Option<Unpacked>, AddError> {
    let dir = tempfile::Builder::new().prefix("tar-").tempdir_in(staging)?;
    let failure = Rc::new(RefCell::new(None));
    let mut archive = Archive::new(Watched { inner: archive, failure: Rc::clone(&failure) });
    let mut unpacker = Unpacker {
        root: dir.path(),
        bound,
        mistakes,
        tree: Tree::default(),
        entries: 0,
        declared: 0,
        name: None,
        target: None,
        links: Links::default(),
    };
    let outcome = unpacker.entries(&mut archive);
    let (mut tree, links) = (unpacker.tree, unpacker.links);
    if let Some(error) = failure.take() {
        return Err(error.into());
    }
    if outcome?.is_break() {
        return Ok(None);
    }
    links.resolve(&mut tree, mistakes).make(dir.path())?;
    let (dir, tree, folder) = strip(dir, tree, staging)?;
    Ok(Some(Unpacked { dir, tree, folder }))
}

/// Keeps the reader's own error apart from those of the archive's format.
struct Watched<'r> {
    inner: &'r mut dyn Read,
    failure: Rc<RefCell<Option<io::Error>>>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            let copy = io::Error::new(error.kind(), error.to_string());
            self.failure.replace(Some(error));
            copy
        })
    }
}

/// What an entry's name means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The archive's root or a dotfile: passed over.
    Nowhere,
    /// A path below the package.
    At(String),
}

/// Reads an entry's name; an error says why it is refused.
pub(super) fn place(name: &[u8]) -> Result<Place, String> {
    let Ok(name) = std::str::from_utf8(name) else {
        return Err("the name is not UTF-8".to_owned());
    };
    if name.is_empty() || name.contains('\0') {
        return Err("the name is empty or holds a NUL".to_owned());
    }
    if name.starts_with('/') {
        return Err("the path is absolute; pack the folder with relative paths".to_owned());
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err("the path leaves the package by `..`".to_owned());
    }
    if name.len() > MAX_PATH || parts.iter().any(|part| part.len() > 255) {
        return Err(format!("the name is too long; at most {MAX_PATH} bytes, 255 in each part"));
    }
    let folders = [""].into_iter().chain(parts.iter().copied());
    if parts.is_empty() || folders.zip(&parts).any(|(folder, part)| is_hidden(folder, part)) {
        return Ok(Place::Nowhere);
    }
    if parts.len() > MAX_DEPTH {
        return Err(format!("more than {MAX_DEPTH} folders deep"));
    }
    Ok(Place::At(parts.join("/")))
}

struct Unpacker<'a> {
    root: &'a Path,
    bound: u64,
    mistakes: &'a mut Mistakes,
    tree: Tree,
    entries: usize,
    declared: u64,
    /// The next entry's name, where a header of its own says it.
    name: Option<Vec<u8>>,
    /// What the next entry leads to, if it is a link, where a header of its own says it.
    target: Option<Vec<u8>>,
    links: Links,
}

type Step = Result<ControlFlow<()>, AddError>;

impl Unpacker<'_> {
    /// Takes every entry. Breaks off, with a mistake noted, where the rest makes no sense.
    fn entries(&mut self, archive: &mut Archive<Watched<'_>>) -> Step {
        // Raw: the library would read the headers that describe other entries without a bound.
        for entry in archive.entries()?.raw(true) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return Ok(self.broken(&error.to_string())),
            };
            if self.entry(entry)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if self.name.is_some() {
            return Ok(self.broken("it ends after a header that describes another entry"));
        }
        if self.entries == 0 {
            return Ok(self.broken("it is empty"));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn broken(&mut self, why: &str) -> ControlFlow<()> {
        let message = format!("is no readable tar archive: {why}; send it whole and uncompressed");
        self.mistakes.file(ARCHIVE, message);
        ControlFlow::Break(())
    }

    fn entry(&mut self, mut entry: Entry<'_, Watched<'_>>) -> Step {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            self.mistakes.file(ARCHIVE, format!("has more than {MAX_ENTRIES} entries"));
            return Ok(ControlFlow::Break(()));
        }
        self.declared = self.declared.saturating_add(entry.size());
        if self.declared > self.bound {
            let message = format!("unpacks to more than {} MiB", self.bound >> 20);
            self.mistakes.file(ARCHIVE, message);
            return Ok(ControlFlow::Break(()));
        }
        let kind = entry.header().entry_type();
        match kind {
            EntryType::XGlobalHeader => return Ok(ControlFlow::Continue(())),
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader => {
                return self.extension(entry, kind);
            }
            _ => {}
        }
        let name = self.name.take().unwrap_or_else(|| entry.header().path_bytes().into_owned());
        let target = self.target.take();
        let path = match place(&name) {
            Ok(Place::At(path)) => path,
            Ok(Place::Nowhere) => return Ok(ControlFlow::Continue(())),
            Err(why) => {
                self.mistakes.file(&String::from_utf8_lossy(&name), why);
                return Ok(ControlFlow::Continue(()));
            }
        };
        match kind {
            EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => {
                // Old archives have no type for folders but this.
                Ok(ControlFlow::Continue(()))
            }
            EntryType::Regular | EntryType::Continuous => self.file(path, &mut entry),
            EntryType::Directory => Ok(ControlFlow::Continue(())),
            EntryType::Symlink => {
                let target = target.or_else(|| entry.header().link_name_bytes().map(Into::into));
                if self.tree.insert(path.clone(), Kind::Refused) {
                    self.links.insert(path, &target.unwrap_or_default());
                } else {
                    self.mistakes.file(&path, TWICE);
                }
                Ok(ControlFlow::Continue(()))
            }
            _ => Ok(self.refuse(path, kind)),
        }
    }

    /// Reads a header that describes the next entry.
    fn extension(&mut self, mut entry: Entry<'_, Watched<'_>>, kind: EntryType) -> Step {
        if entry.size() > MAX_EXTENSION {
            return Ok(self.broken("a name or an attribute in it is too long"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if kind != EntryType::XHeader {
            while bytes.last() == Some(&0) {
                bytes.pop();
            }
            let place =
                if kind == EntryType::GNULongName { &mut self.name } else { &mut self.target };
            *place = Some(bytes);
            return Ok(ControlFlow::Continue(()));
        }
        for (key, value) in pax_records(&bytes) {
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.target = Some(value.to_vec()),
                // Both would make this reader see another archive than the one that was packed.
                b"size" => return Ok(self.broken("a file in it is too large for a plain header")),
                _ if key.starts_with(b"GNU.sparse.") => {
                    return Ok(self.broken("it holds sparse files; pack without --sparse"));
                }
                _ => {}
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn refuse(&mut self, path: String, kind: EntryType) -> ControlFlow<()> {
        let what = match kind {
            EntryType::Link => "a hard link",
            EntryType::Char | EntryType::Block => "a device",
            EntryType::Fifo => "a named pipe",
            EntryType::GNUSparse => "a sparse file",
            _ => "of an unknown type",
        };
        let message = format!("is {what}; a package holds only regular files");
        self.mistakes.file(&path, message);
        self.tree.insert(path, Kind::Refused);
        // What follows a sparse header is not where it seems to be.
        if kind == EntryType::GNUSparse {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn file(&mut self, path: String, entry: &mut Entry<'_, Watched<'_>>) -> Step {
        if self.tree.get(&path).is_some() {
            self.mistakes.file(&path, TWICE);
            return Ok(ControlFlow::Continue(()));
        }
        let mut file = match create(&self.root.join(&path)) {
            Ok(file) => file,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory
                ) =>
            {
                self.mistakes.file(&path, TWICE);
                return Ok(ControlFlow::Continue(()));
            }
            Err(error) => return Err(error.into()),
        };
        let size = entry.size();
        if io::copy(entry, &mut file)? < size {
            return Ok(self.broken("it ends in the middle of a file"));
        }
        self.tree.insert(path, Kind::Regular(size));
        Ok(ControlFlow::Continue(()))
    }
}

/// The records `<length> <key>=<value>\n` of a pax header, as far as they are well-formed. By the
/// length, since values may hold line ends.
fn pax_records(mut bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut records = Vec::new();
    while let Some(space) = bytes.iter().position(|&b| b == b' ') {
        let digits = std::str::from_utf8(&bytes[..space]).unwrap_or_default();
        let Some(record) = digits.parse().ok().and_then(|length| bytes.get(space + 1..length))
        else {
            break;
        };
        let Some(record) = record.strip_suffix(b"\n") else { break };
        let Some(equals) = record.iter().position(|&b| b == b'=') else { break };
        records.push((&record[..equals], &record[equals + 1..]));
        // The record without its line end, the digits, the space, and the line end.
        bytes = &bytes[space + 1 + record.len() + 1..];
    }
    records
}

/// Takes a folder off that all entries share: `two-sum/problem.toml` is `problem.toml`.
pub(super) fn strip(
    dir: TempDir,
    tree: Tree,
    staging: &Path,
) -> io::Result<(TempDir, Tree, Option<String>)> {
    let first = tree.iter().next().and_then(|(path, _)| path.split_once('/'));
    let Some((folder, _)) = first else { return Ok((dir, tree, None)) };
    let prefix = format!("{folder}/");
    let is_package =
        !FOLDERS.contains(&folder) || tree.get(&format!("{prefix}{}", manifest::FILE)).is_some();
    if !is_package || tree.iter().any(|(path, _)| !path.starts_with(&prefix)) {
        return Ok((dir, tree, None));
    }
    let mut inner = Tree::default();
    for (path, kind) in tree.below(&prefix) {
        inner.insert(path.to_owned(), kind);
    }
    let moved = tempfile::Builder::new().prefix("tar-").tempdir_in(staging)?;
    let source = dir.path().join(folder);
    // Where every entry was refused, there is no folder.
    if source.is_dir() {
        fs::rename(source, moved.path())?;
    }
    Ok((moved, inner, Some(folder.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let at = |path: &str| Ok(Place::At(path.to_owned()));
        assert_eq!(place(b"./a//b/./c"), at("a/b/c"));
        assert_eq!(place(b"a/"), at("a"));
        assert_eq!(place(b"a\\..\\b"), at("a\\..\\b"));
        for nowhere in ["./", ".", ".git/config", "a/._b", "a/.DS_Store", "..."] {
            assert_eq!(place(nowhere.as_bytes()), Ok(Place::Nowhere), "{nowhere}");
        }
        let long = "x".repeat(256);
        let deep = ["d"; MAX_DEPTH + 1].join("/");
        for bad in ["", "/etc/passwd", "//x", "..", "../x", "a/../b", "a/..", ".x/..", "a\0b"]
            .into_iter()
            .chain([long.as_str(), deep.as_str()])
        {
            assert!(place(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(place(b"\xff").is_err());
        assert!(place("x/".repeat(600).as_bytes()).is_err());
    }

    #[test]
    fn pax_records_are_read_by_length() {
        let bytes = b"12 path=abc\n13 attr=\n\n\n\n\n12 path=xyz\nrubbish";
        let records = pax_records(bytes);
        assert_eq!(records[0], (&b"path"[..], &b"abc"[..]));
        assert_eq!(records[1].0, b"attr");
        assert_eq!(records[2], (&b"path"[..], &b"xyz"[..]));
        assert_eq!(records.len(), 3);
        for odd in ["", " ", "0 a=b\n", "3 a=b\n", "99999999999999999999 a=b\n", "6 a=b", "5 ab\n"]
        {
            assert!(pax_records(odd.as_bytes()).is_empty(), "{odd:?}");
        }
    }
}
