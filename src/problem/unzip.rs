//! Unpacks an uploaded zip archive. Its author is a stranger: the whole central directory is checked
//! before a byte is written, and then nothing is written but regular files that were not there before,
//! below a fresh folder, each of the length that was declared.

use super::{
    AddError,
    archive::{Place, TWICE, Unpacked, place, strip},
    files::{Kind, MAX_ENTRIES, Tree, create},
    links::{Links, MAX_TARGET},
    mistake::Mistakes,
};
use std::{
    cell::Cell,
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
    rc::Rc,
};
use zip::{CompressionMethod, ZipArchive, read::ZipFileEntry, result::ZipError};

/// What mistakes call the archive as a whole.
const ARCHIVE: &str = "archive";
/// How many times its own length an archive may unpack to, once that is much.
const MAX_RATIO: u64 = 200;
/// The longest central directory, in bytes: as many entries as there may be, of the longest names.
const MAX_DIRECTORY: u64 = 24 << 20;
/// What is not much, in bytes.
const UNSUSPICIOUS: u64 = 64 << 20;
/// Types of files in Unix modes.
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// An entry that is to be written.
struct Item {
    index: usize,
    path: String,
    size: u64,
    is_link: bool,
}

/// Unpacks an archive into a new folder below `staging`. `bound` is how many bytes its files may have
/// together. Entries that are refused are mistakes, and then nothing is written at all.
pub(super) fn unzip(
    archive: &File,
    staging: &Path,
    bound: u64,
    mistakes: &mut Mistakes,
) -> Result<Option<Unpacked>, AddError> {
    let length = archive.metadata()?.len();
    let dir = tempfile::Builder::new().prefix("zip-").tempdir_in(staging)?;
    let mut tree = Tree::default();
    let mut list = List { bound, length, declared: 0, names: BTreeMap::new(), mistakes };
    let mut unpack = || {
        let mut archive = open(archive)?;
        let items = list.read(&mut archive)?;
        if list.mistakes.is_empty() {
            extract(&mut archive, &items, dir.path(), &mut tree, list.mistakes)?;
        }
        Ok(())
    };
    if let Err(error) = unpack() {
        broken(error, mistakes)?;
    }
    if !mistakes.is_empty() {
        return Ok(None);
    }
    let (dir, tree, folder) = strip(dir, tree, staging)?;
    Ok(Some(Unpacked { dir, tree, folder }))
}

/// Reads the central directory, if it is no longer than it may be.
fn open(file: &File) -> Result<ZipArchive<Bounded<'_>>, ZipError> {
    let left = Rc::new(Cell::new(MAX_DIRECTORY));
    let reader = Bounded { inner: BufReader::new(file), left: Rc::clone(&left) };
    let archive = ZipArchive::new(reader)?;
    left.set(u64::MAX);
    Ok(archive)
}

/// A reader that gives no more than so many bytes: the library holds what the central directory says
/// of every entry before it tells how many there are.
struct Bounded<'a> {
    inner: BufReader<&'a File>,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(count as u64);
        let long = || io::Error::new(io::ErrorKind::InvalidData, "its directory is too long");
        self.left.set(left.ok_or_else(long)?);
        Ok(count)
    }
}

impl Seek for Bounded<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Notes what is wrong with the archive; a failure of the disk is no mistake of its author.
fn broken(error: ZipError, mistakes: &mut Mistakes) -> io::Result<()> {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let why = match error {
        ZipError::Io(error) => match error.kind() {
            UnexpectedEof | InvalidData | InvalidInput => error.to_string(),
            _ => return Err(error),
        },
        error => error.to_string(),
    };
    mistakes.file(ARCHIVE, format!("is no readable zip archive: {why}; pack it again"));
    Ok(())
}

/// What is known of an archive while its central directory is read.
struct List<'a> {
    bound: u64,
    length: u64,
    declared: u64,
    /// The paths so far, in lower case, and as they are.
    names: BTreeMap<String, String>,
    mistakes: &'a mut Mistakes,
}

impl List<'_> {
    /// Every entry that is to be written.
    fn read(&mut self, archive: &mut ZipArchive<Bounded<'_>>) -> Result<Vec<Item>, ZipError> {
        if archive.is_empty() {
            self.mistakes.file(ARCHIVE, "is empty");
        }
        if archive.len() > MAX_ENTRIES {
            self.mistakes.file(ARCHIVE, format!("has more than {MAX_ENTRIES} entries"));
            return Ok(Vec::new());
        }
        if archive.has_duplicate_names() {
            self.mistakes.file(ARCHIVE, "has two entries of one name; pack it again");
        }
        if archive.has_overlapping_files()? {
            self.mistakes.file(ARCHIVE, "has entries that overlap each other; pack it again");
        }
        let mut items = Vec::new();
        for index in 0..archive.len() {
            items.extend(self.entry(index, &archive.by_index_data(index)?));
        }
        if self.declared > self.bound {
            let message = format!("unpacks to more than {} MiB", self.bound >> 20);
            self.mistakes.file(ARCHIVE, message);
        } else if self.declared > UNSUSPICIOUS && self.declared / MAX_RATIO > self.length {
            let message = format!("unpacks to more than {MAX_RATIO} times its own length");
            self.mistakes.file(ARCHIVE, message);
        }
        Ok(items)
    }

    fn entry(&mut self, index: usize, entry: &ZipFileEntry<'_>) -> Option<Item> {
        self.declared = self.declared.saturating_add(entry.size());
        let raw = entry.name_raw();
        let shown = String::from_utf8_lossy(raw).into_owned();
        if raw.contains(&b'\\') {
            let message = "the path has a backslash; pack the folder with `/` between its parts";
            self.mistakes.file(&shown, message);
            return None;
        }
        let path = match place(raw) {
            Ok(Place::At(path)) => path,
            Ok(Place::Nowhere) => return None,
            Err(why) => {
                self.mistakes.file(&shown, why);
                return None;
            }
        };
        let kind = entry.unix_mode().map_or(REGULAR, |mode| mode & TYPE);
        if raw.ends_with(b"/") {
            return None;
        }
        if let Some(why) = refusal(entry, kind) {
            self.mistakes.file(&path, why);
            return None;
        }
        if let Some(first) = self.names.insert(path.to_ascii_lowercase(), path.clone()) {
            let message = if first == path {
                TWICE.to_owned()
            } else {
                format!("and {first} differ by upper and lower case only; rename one")
            };
            self.mistakes.file(&path, message);
            return None;
        }
        let size = entry.size();
        Some(Item { index, path, size, is_link: kind == LINK })
    }
}

/// Why an entry is not taken.
fn refusal(entry: &ZipFileEntry<'_>, kind: u32) -> Option<String> {
    if entry.encrypted() {
        return Some("is encrypted; pack it without a password".to_owned());
    }
    if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
        let method = entry.compression();
        return Some(format!("is compressed by {method}; pack it with deflate, or stored"));
    }
    match kind {
        // No type at all is what programs write that know only permissions.
        REGULAR | 0 => None,
        LINK if entry.size() > MAX_TARGET => {
            Some("is a link to a path that is too long".to_owned())
        }
        LINK => None,
        0o040_000 => Some("is a folder with a file's name".to_owned()),
        _ => Some("is a device or a pipe; a package holds only regular files".to_owned()),
    }
}

/// Writes the entries.
fn extract(
    archive: &mut ZipArchive<Bounded<'_>>,
    items: &[Item],
    root: &Path,
    tree: &mut Tree,
    mistakes: &mut Mistakes,
) -> Result<(), ZipError> {
    let mut links = Links::default();
    // The links first: what they lead to is checked before anything is written, too.
    for item in items.iter().filter(|item| item.is_link) {
        let mut target = Vec::new();
        archive.by_index(item.index)?.take(MAX_TARGET).read_to_end(&mut target)?;
        links.insert(item.path.clone(), &target);
    }
    for item in items {
        let kind = if item.is_link { Kind::Refused } else { Kind::Regular(item.size) };
        tree.insert(item.path.clone(), kind);
    }
    let copies = links.resolve(tree, mistakes);
    if !mistakes.is_empty() {
        return Ok(());
    }
    for item in items.iter().filter(|item| !item.is_link) {
        let entry = archive.by_index(item.index)?;
        let mut target = match create(&root.join(&item.path)) {
            Ok(target) => target,
            // A file where another entry needs a folder.
            Err(error) if is_taken(&error) => {
                mistakes.file(&item.path, TWICE);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let written = io::copy(&mut entry.take(item.size + 1), &mut target)?;
        if written != item.size {
            let message = "is not as long as the archive says; pack it again";
            mistakes.file(&item.path, message);
        }
    }
    copies.make(root)?;
    Ok(())
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory)
}
