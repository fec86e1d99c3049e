//! What was found out earlier, kept on disk: nothing is run twice whose outcome cannot have changed.
//!
//! A book holds what is known of one program, under the digest of everything that decides what it does:
//! agent, toolchain, sources, judges, limits. Its entries are under the digest of what the program was
//! given. A book is a JSON file that appears by a rename; the least recently used go when all together
//! are too large. What cannot be read counts as not there.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// How large all books may be together, in bytes.
const CAP: u64 = 256 << 20;

/// The form of the files. A change of what entries mean changes it, and what was kept is forgotten.
const FORM: &str = "sonocode verify 1";

/// The digest of some parts. Their borders count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(String);

impl Key {
    /// The digest of these parts.
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self(hex::encode(digest.finalize()))
    }

    /// The digest of texts.
    pub(super) fn of_texts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of(parts.into_iter().map(str::as_bytes))
    }

    /// The digest of bytes; a file's is the same.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The digest of a file's bytes, a piece at a time.
    pub(super) fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let (mut digest, mut piece) = (Sha256::new(), vec![0; 256 << 10]);
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                return Ok(Self(hex::encode(digest.finalize())));
            }
            digest.update(&piece[..read]);
        }
    }

    /// In hexadecimal.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where books are kept.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    cap: u64,
    /// Where what was kept earlier is not looked at: the books that were kept since.
    fresh: Option<Arc<Mutex<BTreeSet<PathBuf>>>>,
}

/// What is known of one program.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    content: Content,
    changed: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    form: String,
    entries: BTreeMap<String, serde_json::Value>,
}

impl Cache {
    /// The books below this folder, which is made when it is needed. `fresh`: nothing that was kept
    /// earlier is used.
    pub(super) fn new(dir: PathBuf, fresh: bool) -> Self {
        Self { dir, cap: CAP, fresh: fresh.then(Arc::default) }
    }

    /// Opens a book; an empty one when there is none.
    pub(super) fn open(&self, key: &Key) -> Book {
        let path = self.dir.join(key.as_str());
        let since = |books: &Arc<Mutex<BTreeSet<_>>>| lock(books).contains(&path);
        let known = if self.fresh.as_ref().is_none_or(since) { read(&path) } else { None };
        let content =
            known.unwrap_or_else(|| Content { form: FORM.to_owned(), ..Content::default() });
        Book { path, content, changed: false }
    }

    /// Keeps a book. What another verification learned meanwhile is lost, not damaged.
    pub(super) fn save(&self, book: &Book) -> io::Result<()> {
        if !book.changed {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&book.content)?;
        if bytes.len() as u64 > self.cap {
            return Ok(());
        }
        fs::create_dir_all(&self.dir)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.dir)?;
        file.write_all(&bytes)?;
        file.persist(&book.path).map_err(|error| error.error)?;
        if let Some(books) = &self.fresh {
            lock(books).insert(book.path.clone());
        }
        self.shrink()
    }

    /// Removes the books that were not used for longest, as many as are too many.
    fn shrink(&self) -> io::Result<()> {
        let mut books = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            // Another daemon may have removed it meanwhile.
            let Ok(meta) = entry.metadata() else { continue };
            books.push((meta.modified()?, meta.len(), entry.path()));
        }
        books.sort();
        let mut total: u64 = books.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in books {
            if total <= self.cap {
                break;
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => total -= size,
            }
        }
        Ok(())
    }
}

fn lock(books: &Mutex<BTreeSet<PathBuf>>) -> MutexGuard<'_, BTreeSet<PathBuf>> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(path: &Path) -> Option<Content> {
    let content: Content = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    // The time of the last use. Where it cannot be noted, the book merely goes earlier.
    let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    (content.form == FORM).then_some(content)
}

impl Book {
    /// What is known under a key.
    pub(super) fn get<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        serde_json::from_value(self.content.entries.get(key.as_str())?.clone()).ok()
    }

    /// Takes down what was found out. A value that is no JSON is not kept.
    pub(super) fn put<T: Serialize>(&mut self, key: &Key, value: &T) {
        if let Ok(value) = serde_json::to_value(value) {
            self.content.entries.insert(key.as_str().to_owned(), value);
            self.changed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn key(text: &str) -> Key {
        Key::of_texts([text])
    }

    #[test]
    fn what_is_kept_is_there_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("deep/verify");
        let cache = Cache::new(dir.clone(), false);
        let mut book = cache.open(&key("program"));
        assert_eq!(book.get::<u32>(&key("a")), None);
        book.put(&key("a"), &7);
        cache.save(&book).unwrap();
        assert_eq!(cache.open(&key("program")).get::<u32>(&key("a")), Some(7));
        assert_eq!(cache.open(&key("program")).get::<String>(&key("a")), None, "another type");
        assert_eq!(cache.open(&key("other")).get::<u32>(&key("a")), None);
        let fresh = Cache::new(dir, true);
        let mut anew = fresh.open(&key("program"));
        assert_eq!(anew.get::<u32>(&key("a")), None);
        anew.put(&key("b"), &8);
        fresh.save(&anew).unwrap();
        assert_eq!(fresh.open(&key("program")).get::<u32>(&key("b")), Some(8), "its own");
        let path = book.path.clone();
        let text = fs::read_to_string(&path).unwrap();
        for damaged in [&text[..text.len() - 3], "", &text.replace(FORM, "older")] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(cache.open(&key("program")).get::<u32>(&key("a")), None, "{damaged}");
        }
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache { cap: 2500, ..Cache::new(folder.path().to_owned(), false) };
        for (name, seconds) in [("a", 300), ("b", 200)] {
            let mut book = cache.open(&key(name));
            book.put(&key("x"), &"y".repeat(800));
            cache.save(&book).unwrap();
            let file = File::open(&book.path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
        }
        let there = |name: &str| cache.open(&key(name)).get::<String>(&key("x")).is_some();
        assert!(there("a"), "and is used by that");
        let mut book = cache.open(&key("c"));
        book.put(&key("x"), &"y".repeat(800));
        cache.save(&book).unwrap();
        assert!(!there("b") && there("a") && there("c"));
    }

    #[test]
    fn borders_count_and_files_are_read_in_pieces() {
        assert_ne!(Key::of_texts(["ab", "c"]), Key::of_texts(["a", "bc"]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, vec![7; 600 << 10]).unwrap();
        let whole = hex::encode(Sha256::digest(vec![7; 600 << 10]));
        assert_eq!(Key::of_file(&path).unwrap().as_str(), whole);
    }
}
