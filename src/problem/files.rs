//! The files of a package: listed without following links, copied, digested, written to the disk.

use super::{
    links::{Copies, Links},
    mistake::Mistakes,
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    ops::Bound,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Files and folders that a package may hold.
pub(super) const MAX_ENTRIES: usize = 20_000;
/// How deep its folders may be.
pub(super) const MAX_DEPTH: usize = 12;
/// What some editors write before a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// The largest file, a test's input or answer, in bytes.
pub(super) const MAX_TEST_BYTES: u64 = 1 << 30;

/// A file that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file of this many bytes.
    Regular(u64),
    /// Something that is not taken, such as a link; its mistake is noted. It stays in the tree so
    /// that nobody complains of its absence as well.
    Refused,
}

/// Every file of a package by its path, in byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<String, Kind>);

impl Tree {
    /// Adds a file; false when its path is taken.
    pub(super) fn insert(&mut self, path: String, kind: Kind) -> bool {
        let free = !self.0.contains_key(&path);
        if free {
            self.0.insert(path, kind);
        }
        free
    }

    /// Takes a file out.
    pub(super) fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// What is at a path.
    pub(super) fn get(&self, path: &str) -> Option<Kind> {
        self.0.get(path).copied()
    }

    /// All files.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.0.iter().map(|(path, kind)| (path.as_str(), *kind))
    }

    /// The files below a folder (written with its final slash), by their paths in it.
    pub(super) fn below<'a>(
        &'a self,
        folder: &str,
    ) -> impl Iterator<Item = (&'a str, Kind)> + use<'a> {
        let start = (Bound::Included(folder), Bound::Unbounded);
        let files = self.0.range::<str, _>(start);
        // The folder's name may be gone before the files are.
        let length = folder.len();
        let folder = folder.to_owned();
        files
            .take_while(move |(path, _)| path.starts_with(&folder))
            .map(move |(path, kind)| (&path[length..], *kind))
    }
}

/// Says which file an error is about.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> io::Error + '_ {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Lists a folder. Dotfiles are passed over; links, special files, names that are not UTF-8 and
/// more than the bounds allow are mistakes.
pub(super) fn scan(root: &Path, mistakes: &mut Mistakes) -> io::Result<Tree> {
    walk(root, None, mistakes)
}

/// Lists a folder as [`scan`] does, but puts the files that symbolic links lead to in their place, as
/// long as they are in the folder too.
pub(super) fn scan_linked(root: &Path, mistakes: &mut Mistakes) -> io::Result<(Tree, Copies)> {
    let mut links = Links::default();
    let mut tree = walk(root, Some(&mut links), mistakes)?;
    let copies = links.resolve(&mut tree, mistakes);
    Ok((tree, copies))
}

/// Lists a folder. Links are mistakes if they are not wanted.
fn walk(root: &Path, mut links: Option<&mut Links>, mistakes: &mut Mistakes) -> io::Result<Tree> {
    let mut tree = Tree::default();
    let mut folders = vec![String::new()];
    let mut seen = 0;
    while let Some(prefix) = folders.pop() {
        let folder = root.join(&prefix);
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let entry = entry.map_err(at(&folder))?;
            let Ok(name) = entry.file_name().into_string() else {
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                mistakes.file(&path, "the name is not UTF-8; rename the file");
                continue;
            };
            if is_hidden(prefix.split('/').rev().nth(1).unwrap_or_default(), &name) {
                continue;
            }
            seen += 1;
            if seen > MAX_ENTRIES {
                mistakes.file(".", format!("more than {MAX_ENTRIES} files and folders"));
                return Ok(tree);
            }
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(at(&entry.path()))?;
            if path.split('/').count() > MAX_DEPTH {
                mistakes.file(&path, format!("more than {MAX_DEPTH} folders deep"));
            } else if kind.is_dir() {
                folders.push(path + "/");
            } else if kind.is_file() {
                let size = entry.metadata().map_err(at(&entry.path()))?.len();
                tree.insert(path, Kind::Regular(size));
            } else if let Some(links) = links.as_deref_mut().filter(|_| kind.is_symlink()) {
                let target = fs::read_link(entry.path()).map_err(at(&entry.path()))?;
                links.insert(path.clone(), target.as_os_str().as_encoded_bytes());
                tree.insert(path, Kind::Refused);
            } else {
                let what = if kind.is_symlink() { "a symbolic link" } else { "a special file" };
                mistakes.file(&path, format!("{what}; a package holds only regular files"));
                tree.insert(path, Kind::Refused);
            }
        }
    }
    Ok(tree)
}

/// The file in which legacy ICPC packages may say their time limit.
pub(super) const TIME_LIMIT: &str = ".timelimit";

/// Whether a file or folder is passed over: dotfiles are, but for the folder in which Polygon keeps
/// PDFs, and the file with a package's time limit.
pub(super) fn is_hidden(folder: &str, name: &str) -> bool {
    let known = name == TIME_LIMIT || (folder, name) == ("statements", ".pdf");
    name.starts_with('.') && !known
}

/// Opens a regular file that is no link, whatever happened to it since it was listed.
pub(super) fn open_regular(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)
        .map_err(at(path))?;
    if file.metadata().map_err(at(path))?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other(format!("{}: no regular file any more", path.display())))
    }
}

/// The text of a file of the package; `None` when it is not there, or is a mistake: longer than `bound` bytes, or no
/// text. A byte order mark before it is passed over.
pub(super) fn read_text(
    dir: &Path,
    tree: &Tree,
    path: &str,
    bound: u64,
    mistakes: &mut Mistakes,
) -> io::Result<Option<String>> {
    let Some(Kind::Regular(size)) = tree.get(path) else { return Ok(None) };
    if size > bound {
        mistakes.file(path, format!("is larger than {} KiB", bound >> 10));
        return Ok(None);
    }
    let full = dir.join(path);
    let mut bytes = Vec::new();
    open_regular(&full)?.take(bound).read_to_end(&mut bytes).map_err(at(&full))?;
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            let right = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = right.split(|&byte| byte == b'\n').count();
            mistakes.line(path, Some(line as u32), "is not UTF-8 text");
            Ok(None)
        }
    }
}

/// Makes a file that is not there yet, with its folders.
pub(super) fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    OpenOptions::new().write(true).create_new(true).open(path).map_err(at(path))
}

/// Copies a listed package. Files over the bound stay behind: they are mistakes to be named, not
/// bytes to be moved.
pub(super) fn copy(from: &Path, tree: &Tree, copies: &Copies, to: &Path) -> io::Result<Tree> {
    let mut copied = Tree::default();
    for (path, kind) in tree.iter() {
        let kind = match kind {
            Kind::Regular(size) if size <= MAX_TEST_BYTES => {
                let source = from.join(copies.source(path));
                let mut file = create(&to.join(path))?;
                let size = io::copy(&mut open_regular(&source)?, &mut file).map_err(at(&source))?;
                Kind::Regular(size)
            }
            other => other,
        };
        copied.insert(path.to_owned(), kind);
    }
    Ok(copied)
}

/// SHA-256 of a file's bytes.
pub(super) type Hash = [u8; 32];

/// Length and hash of every file of a package, by path. The files are read once, whatever is made of
/// their hashes.
#[derive(Debug)]
pub(super) struct Hashes(BTreeMap<String, (u64, Hash)>);

impl Hashes {
    /// Reads every listed file.
    pub(super) fn of(root: &Path, tree: &Tree) -> io::Result<Self> {
        let mut buffer = vec![0; 1 << 16];
        let mut hash = |(path, _): (&str, Kind)| {
            let hashed = hash(&root.join(path), &mut buffer)?;
            Ok((path.to_owned(), hashed))
        };
        tree.iter().map(&mut hash).collect::<io::Result<_>>().map(Self)
    }

    /// The digest of the package: path, length and hash of every file in the order of the paths, but
    /// for those to be skipped.
    pub(super) fn digest(&self, skip: &BTreeSet<String>) -> String {
        let mut digest = Sha256::new();
        for (path, (size, hash)) in self.0.iter().filter(|(path, _)| !skip.contains(*path)) {
            digest.update(path.as_bytes());
            digest.update([0]);
            digest.update(size.to_le_bytes());
            digest.update(hash);
        }
        hex::encode(digest.finalize())
    }

    /// Every file with its length and hash.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u64, &Hash)> {
        self.0.iter().map(|(path, (size, hash))| (path.as_str(), *size, hash))
    }
}

fn hash(path: &Path, buffer: &mut [u8]) -> io::Result<(u64, Hash)> {
    let mut file = open_regular(path)?;
    let (mut digest, mut size) = (Sha256::new(), 0);
    loop {
        let count = file.read(buffer).map_err(at(path))?;
        if count == 0 {
            return Ok((size, digest.finalize().into()));
        }
        digest.update(&buffer[..count]);
        size += count as u64;
    }
}

/// Makes a folder's own entries survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

/// Makes a package survive a power cut: every file but those that are safe already, then every folder.
pub(super) fn sync(root: &Path, tree: &Tree, safe: &BTreeSet<String>) -> io::Result<()> {
    let mut folders = BTreeSet::from([root.to_owned()]);
    for (path, _) in tree.iter() {
        let full = root.join(path);
        if !safe.contains(path) {
            open_regular(&full)?.sync_all().map_err(at(&full))?;
        }
        let parents = full.ancestors().skip(1).take_while(|folder| *folder != root);
        folders.extend(parents.map(Path::to_owned));
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))
}

/// Writes a file that is not there yet and makes it survive a power cut.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}
