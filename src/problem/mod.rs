//! Problem packages on disk ⇄ [`crate::judge::Problem`].
//!
//! A package is read into a [`Draft`] (validated, every [`Mistake`] in one pass), its generated tests are
//! filled in by the evaluator, and [`ProblemStore::install`] puts it into the store atomically.
//!
//! Whatever comes in, a folder, a tar archive or a seed system's JSON document, first becomes a native
//! package in a staging folder of the store, which the same reader then checks (`native.rs`). The store's
//! own folder:
//!
//! ```text
//! staging/            drafts; wiped when the store is opened
//! versions/<slug>-<first 12 digits of the version>/
//!                     a package and its index problem.json; never changed; removed when the store is
//!                     opened and no pointer names it, so that running evaluations keep their files
//! current/<slug>      the name of the version in force; replaced by a rename
//! ```

mod archive;
mod document;
mod edit;
mod files;
mod import;
mod index;
mod install;
mod manifest;
mod mistake;
mod native;
mod pack;
#[allow(dead_code)] // Until the importers use it.
mod spec;
mod store;
#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests;

pub use edit::Patch;
pub use import::{Ignored, Upload};
pub use mistake::Mistake;
pub use pack::{PackError, pack};
pub use store::ProblemStore;

use crate::judge::{Problem, Slug, Verdict};
use files::{Kind, at, scan};
use mistake::Mistakes;
use serde::{Deserialize, Serialize};
use std::{fs, io, path::PathBuf};

/// A problem in the store. Its folder never changes: a new version gets a new folder.
#[derive(Clone, Debug)]
pub struct StoredProblem {
    /// The problem.
    pub problem: Problem,
    /// Digest of everything in the package, in hexadecimal.
    pub version: String,
    /// The folder that holds it.
    pub dir: PathBuf,
}

impl StoredProblem {
    /// The file with a test's input.
    pub fn input(&self, test: &str) -> PathBuf {
        self.dir.join("tests").join(format!("{test}.in"))
    }
    /// The file with a test's answer.
    pub fn answer(&self, test: &str) -> PathBuf {
        self.dir.join("tests").join(format!("{test}.out"))
    }
    /// The files of the checker's folder by name, its program among them. Empty where there is no
    /// checker. Fails when the disk does.
    pub fn checker_files(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        self.files("checker/")
    }
    /// The files of the interactor's folder by name, its program among them. Empty where there is no
    /// interactor. Fails when the disk does.
    pub fn interactor_files(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        self.files("interactor/")
    }

    fn files(&self, folder: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
        let tree = scan(&self.dir, &mut Mistakes::default())?;
        let read = |(name, _): (&str, Kind)| {
            let path = self.dir.join(folder).join(name);
            Ok((name.to_owned(), fs::read(&path).map_err(at(&path))?))
        };
        tree.below(folder).filter(|(name, _)| !native::is_note(name)).map(read).collect()
    }

    /// The package's own solutions, by path, read from the store. Fails when the disk does.
    pub fn solutions(&self) -> io::Result<Vec<Solution>> {
        let tree = scan(&self.dir, &mut Mistakes::default())?;
        let mut solutions = Vec::new();
        for (path, kind) in tree.below("solutions/") {
            let Some((folder, file)) = path.split_once('/') else { continue };
            let Some(expected) = Verdict::from_folder(folder) else { continue };
            if native::is_note(file) || !matches!(kind, Kind::Regular(_)) {
                continue;
            }
            let full = self.dir.join("solutions").join(path);
            let source = fs::read_to_string(&full).map_err(at(&full))?;
            solutions.push(Solution { path: path.to_owned(), expected, source });
        }
        Ok(solutions)
    }
}

impl StoredProblem {
    /// The solutions that must be accepted, the one first that the package names as its reference.
    /// Fails when the disk does.
    pub fn references(&self) -> io::Result<Vec<Solution>> {
        let mut accepted = self.solutions()?;
        accepted.retain(|solution| solution.expected == Verdict::Accepted);
        let text = fs::read_to_string(self.dir.join(manifest::FILE)).unwrap_or_default();
        let named = manifest::parse(&text, &mut Mistakes::default()).reference;
        let named = named.map(|(path, _)| path);
        accepted.sort_by_key(|solution| named.as_ref() != Some(&solution.path));
        Ok(accepted)
    }
}

/// A solution that comes with a problem and the verdict it must get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Solution {
    /// Path below `solutions/`, such as `accepted/main.cpp`.
    pub path: String,
    /// The verdict that its folder says.
    pub expected: Verdict,
    /// Its text.
    pub source: String,
}

/// A test whose input a program of the package makes when the problem is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The test's name.
    pub test: String,
    /// File below `generators/`.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Whether the answer is missing too and must come from the reference solution.
    pub needs_answer: bool,
}

/// A package that was read and found right, in a staging folder of the store, not yet visible.
#[derive(Debug)]
pub struct Draft {
    /// The problem; lengths of generated tests are 0 until they are made.
    pub problem: Problem,
    /// The staging folder (`tests/`, `solutions/`, `generators/`, …); removed when dropped uninstalled.
    /// `tests/` is there even when every test is generated.
    pub dir: tempfile::TempDir,
    /// Tests to be generated into `dir/tests` as `<test>.in` and, if needed, `<test>.out`.
    pub generated: Vec<Generated>,
    /// The reference solution below `solutions/`, where the package names one.
    pub reference: Option<String>,
    /// The format that the package was in, such as `native` or `2025-09`, with its version in brackets
    /// where it says one.
    pub format: String,
    /// Everything in the package that was not taken over.
    pub ignored: Vec<Ignored>,
}

/// Why a package was not added. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The package has mistakes.
    #[error("the package has {} mistake(s)", .0.len())]
    Invalid(Vec<Mistake>),
    /// A problem with this slug is there already.
    #[error("problem `{0}` exists already; --force replaces it")]
    Exists(Slug),
    /// There is no problem with this slug to be edited.
    #[error("there is no problem `{0}`")]
    Unknown(Slug),
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Makes a slug of a name: `Two Sum!` becomes `two-sum`. `None` when no letter or digit is left.
pub fn slugify(name: &str) -> Option<Slug> {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(64);
    slug.trim_end_matches('-').parse().ok()
}
