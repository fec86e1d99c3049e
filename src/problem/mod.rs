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
//! current/<slug>      the version in force and what a listing says of it; replaced by a rename
//! renamed/<slug>      the slug that a problem of this slug got; counts while no problem has this one
//! objects/<aa>/<hash> one more name of every longer file of the versions, by its SHA-256, so that the
//!                     next version with the same file takes it in place of its own copy
//! ```

mod archive;
mod cached;
mod depot;
mod document;
mod edit;
mod export;
mod files;
mod import;
mod index;
mod install;
mod links;
mod manifest;
mod mistake;
mod native;
mod objects;
mod pack;
mod problems;
mod rename;
mod shared;
mod spec;
mod statement;
mod store;
mod stored;
#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests;
mod unzip;

pub use depot::{About, Changes, Depot, DepotError, New, Package, Standing, Terms};
pub use edit::Patch;
pub use export::{Archive, Exported, Target};
pub use import::{Ignored, Upload};
pub use mistake::Mistake;
pub use pack::{PackError, pack};
pub use problems::Problems;
pub use statement::{Form, Offer, Statement, to_html};
pub use store::ProblemStore;
pub use stored::{Files, InputUnit, OutputUnit, ProgramFiles, Solution, StoredProblem, UnitTests};

use crate::judge::{Difficulty, Problem, Slug};
use serde::{Deserialize, Serialize};
use std::io;

/// A problem as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its slug.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// Topics.
    pub tags: Vec<String>,
    /// How many tests it has.
    pub tests: usize,
    /// Digest of everything in the package, in hexadecimal.
    pub version: String,
}

impl Listed {
    /// This version of a problem.
    pub fn of(problem: &Problem, version: &str) -> Self {
        Self {
            slug: problem.slug.clone(),
            title: problem.title.clone(),
            difficulty: problem.difficulty,
            tags: problem.tags.clone(),
            tests: problem.tests.len(),
            version: version.to_owned(),
        }
    }
}

/// A test whose input a program of the package makes when the problem is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The test's name.
    pub test: String,
    /// Program below `generators/`: a file, or a folder that holds one.
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
    /// Tests that `[generators]` names and that are there all the same: they are taken as they are.
    pub standing: Vec<Generated>,
    /// The reference solution below `solutions/`, where the package names one.
    pub reference: Option<String>,
    /// The format that the package was in, such as `native` or `2025-09`, with its version in brackets
    /// where it says one.
    pub format: String,
    /// Everything in the package that was not taken over.
    pub ignored: Vec<Ignored>,
}

impl Draft {
    /// The problem as it will be stored, to be looked at before it is. Its folder is the draft's, and its
    /// version is not known yet.
    pub fn preview(&self) -> StoredProblem {
        let dir = self.dir.path().to_owned();
        StoredProblem { problem: self.problem.clone(), version: String::new(), dir }
    }
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
    /// The depot that is shared with other daemons did not take it.
    #[error(transparent)]
    Depot(#[from] DepotError),
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
