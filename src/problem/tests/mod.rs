//! Right packages and their wrong twins.

mod archive;
mod companion;
mod document;
mod edit;
mod export;
mod judging;
mod layout;
mod native;
mod objects;
mod pack;
mod plain;
mod polygon;
mod rename;
mod shared;
mod spec;
mod store;
mod zip;

use super::{AddError, Draft, Mistake, ProblemStore, Upload};
use crate::templates::languages;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// A package folder to be made wrong.
struct Package {
    around: TempDir,
    dir: PathBuf,
}

impl Package {
    /// A right package, called `sum`.
    fn sum() -> Self {
        let around = tempfile::tempdir().unwrap();
        let dir = around.path().join("sum");
        fs::create_dir(&dir).unwrap();
        Self { around, dir }
            .put("problem.toml", "title = \"Sum\"\n")
            .put("statement.md", "# Sum\n\nAdd.\n")
            .put("tests/01-sample.in", "1 2\n")
            .put("tests/01-sample.out", "3\n")
            .put("tests/02-zero.in", "0 0\n")
            .put("tests/02-zero.out", "0\n")
            .put("solutions/accepted/main.py", "print(sum(map(int, input().split())))\n")
            .put("solutions/wrong_answer/main.cpp", "int main() {}\n")
    }

    /// The same with two generated tests, one of them with its answer.
    fn generated() -> Self {
        Self::sum()
            .put(
                "problem.toml",
                "title = \"Sum\"\nreference = \"accepted/main.py\"\n\n[generators]\n\
                 \"03-big\" = [\"gen.py\", \"--size\", \"9\"]\n\"04-one\" = [\"gen.py\"]\n",
            )
            .put("generators/gen.py", "print(1, 2)\n")
            .put("tests/04-one.out", "3\n")
    }

    /// The same, with code stubs around the user's own.
    fn stubbed() -> Self {
        Self::sum()
            .cut("solutions/wrong_answer/main.cpp")
            .put("stubs/python/start.py", "# start")
            .put("stubs/python/user.py", "# user")
            .put("stubs/python/end.py", "# end")
    }

    fn put(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// A file of this length without blocks.
    fn long(self, path: &str, bytes: u64) -> Self {
        let package = self.put(path, "");
        fs::OpenOptions::new()
            .write(true)
            .open(package.dir.join(path))
            .unwrap()
            .set_len(bytes)
            .unwrap();
        package
    }

    fn cut(self, path: &str) -> Self {
        let full = self.dir.join(path);
        if full.is_dir() { fs::remove_dir_all(full) } else { fs::remove_file(full) }.unwrap();
        self
    }

    fn manifest(self, text: &str) -> Self {
        self.put("problem.toml", text)
    }
}

/// A store of its own.
struct Store {
    around: TempDir,
    store: ProblemStore,
}

impl std::ops::Deref for Store {
    type Target = ProblemStore;

    fn deref(&self) -> &ProblemStore {
        &self.store
    }
}

impl Store {
    fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        let store = open(around.path());
        Self { around, store }
    }

    /// As after a restart of the daemon.
    fn reopen(&mut self) {
        self.store = open(self.around.path());
    }

    /// Reads a package folder that must be right.
    fn draft(&self, package: &Package) -> Draft {
        match self.stage_folder(&package.dir, None) {
            Ok(draft) => draft,
            Err(AddError::Invalid(mistakes)) => panic!("{mistakes:#?}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// The names in one of the store's folders.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.around.path().join("problems").join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

fn open(around: &Path) -> ProblemStore {
    let languages = Arc::new(languages(&[]).unwrap());
    ProblemStore::open(&around.join("problems"), languages).unwrap()
}

/// Writes the files that the evaluator would make.
fn generate(draft: &Draft) {
    for test in &draft.generated {
        let file = draft.dir.path().join("tests").join(&test.test);
        fs::write(file.with_extension("in"), test.args.join(" ")).unwrap();
        if test.needs_answer {
            fs::write(file.with_extension("out"), "made").unwrap();
        }
    }
}

/// The mistakes of something that must be wrong.
fn mistakes<T: std::fmt::Debug>(result: Result<T, AddError>) -> Vec<Mistake> {
    match result {
        Err(AddError::Invalid(mistakes)) => mistakes,
        other => panic!("no mistakes: {other:?}"),
    }
}

/// Every file below a folder with its inode, size and first bytes, to see whether anything changed.
fn snapshot(root: &Path) -> BTreeMap<PathBuf, (u64, u64, Vec<u8>)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            if meta.is_dir() {
                folders.push(path.clone());
            }
            let bytes = if meta.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            files.insert(path, (meta.ino(), meta.len(), bytes));
        }
    }
    files
}
