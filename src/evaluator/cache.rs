//! Compiled programs, kept on disk: the same source for the same compiler is compiled once.
//!
//! A file for each program, named by the digest of everything that the compiler was given: the agent's
//! packing of the box after the compiler, and what the compiler said. What is in it was made by
//! untrusted code and is never looked into here; it goes back into a cell, whose agent checks it. Files
//! appear by a rename, so several daemons may share a folder; those not used for longest go first.

use crate::judge::Usage;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The first bytes of a file of this form.
const MAGIC: &[u8; 8] = b"sonocc 1";

/// Compiled programs on disk.
pub struct CompileCache {
    dir: PathBuf,
    /// Bytes of all files together; 0: nothing is kept.
    cap: u64,
}

/// The digest of everything that makes a compiled program what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The digest of these parts. Their borders count: `ab, c` is another key than `a, bc`.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self(hex::encode(digest.finalize()))
    }

    /// The digest in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.0
    }
}

/// A program that was compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// What the compiler said and used.
    pub note: Note,
    /// What it made, as the cell packed it.
    pub packed: Vec<u8>,
}

/// What is known of a compilation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The compiler's output.
    pub output: String,
    /// What the compiler used.
    pub usage: Usage,
}

impl CompileCache {
    /// The programs in `dir`, of at most `cap` bytes in all. The folder is made when it is needed.
    pub fn new(dir: PathBuf, cap: u64) -> Self {
        Self { dir, cap }
    }

    /// Whether anything is kept at all.
    pub fn is_on(&self) -> bool {
        self.cap > 0
    }

    /// The program of this key. One that cannot be read counts as not there.
    pub fn get(&self, key: &Key) -> Option<Artifact> {
        let path = self.dir.join(&key.0);
        let artifact = decode(&fs::read(&path).ok()?)?;
        // The time of the last use. Where it cannot be noted, the program merely goes earlier.
        let _ = fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(artifact)
    }

    /// Keeps a program, and lets others go when there are too many.
    pub fn put(&self, key: &Key, note: &Note, packed: &[u8]) -> io::Result<()> {
        let bytes = encode(note, packed)?;
        if bytes.len() as u64 > self.cap {
            return Ok(());
        }
        fs::create_dir_all(&self.dir)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.dir)?;
        file.write_all(&bytes)?;
        file.persist(self.dir.join(&key.0)).map_err(|error| error.error)?;
        self.shrink()
    }

    /// Removes the files that were not used for longest, as many as are too many.
    fn shrink(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            // Another daemon may have removed it meanwhile.
            let Ok(meta) = entry.metadata() else { continue };
            files.push((meta.modified()?, meta.len(), entry.path()));
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if total <= self.cap {
                break;
            }
            remove(&path)?;
            total -= size;
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Magic, digest of the rest, length of the note, note, packed program.
fn encode(note: &Note, packed: &[u8]) -> io::Result<Vec<u8>> {
    let note = serde_json::to_vec(note)?;
    let mut rest = (note.len() as u64).to_le_bytes().to_vec();
    rest.extend_from_slice(&note);
    rest.extend_from_slice(packed);
    Ok([MAGIC, &Sha256::digest(&rest)[..], &rest].concat())
}

fn decode(bytes: &[u8]) -> Option<Artifact> {
    let (digest, rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    if Sha256::digest(rest)[..] != digest[..] {
        return None;
    }
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (note, packed) = rest.split_at_checked(u64::from_le_bytes(*length) as usize)?;
    Some(Artifact { note: serde_json::from_slice(note).ok()?, packed: packed.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn artifact(size: usize) -> Artifact {
        let note = Note { output: "a warning".into(), usage: Usage::default() };
        Artifact { note, packed: vec![7; size] }
    }

    fn put(cache: &CompileCache, name: &str, size: usize) {
        let Artifact { note, packed } = artifact(size);
        cache.put(&key(name), &note, &packed).unwrap();
    }

    fn key(text: &str) -> Key {
        Key::of([text.as_bytes()])
    }

    fn age(cache: &CompileCache, key: &Key, seconds: u64) {
        let file = fs::File::open(cache.dir.join(&key.0)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
    }

    #[test]
    fn what_is_put_is_there_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompileCache::new(folder.path().join("deep/programs"), 1 << 20);
        assert_eq!(cache.get(&key("a")), None);
        put(&cache, "a", 100);
        assert_eq!(cache.get(&key("a")), Some(artifact(100)));
        assert_eq!(cache.get(&key("b")), None);
        let path = cache.dir.join(&key("a").0);
        let mut bytes = fs::read(&path).unwrap();
        for length in [0, 7, 20, 45, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            assert_eq!(cache.get(&key("a")), None, "cut to {length}");
        }
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(cache.get(&key("a")), None);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompileCache::new(folder.path().to_owned(), 3000);
        for (name, seconds) in [("a", 300), ("b", 200)] {
            put(&cache, name, 1000);
            age(&cache, &key(name), seconds);
        }
        cache.get(&key("a")).unwrap();
        put(&cache, "c", 1000);
        assert!(cache.get(&key("b")).is_none(), "b was not used since");
        assert!(cache.get(&key("a")).is_some() && cache.get(&key("c")).is_some());
        put(&cache, "d", 5000);
        assert!(cache.get(&key("d")).is_none(), "larger than all that is kept");
        assert!(cache.get(&key("a")).is_some(), "and nothing went for it");
    }

    #[test]
    fn borders_count() {
        assert_ne!(Key::of([&b"ab"[..], b"c"]), Key::of([&b"a"[..], b"bc"]));
    }
}
