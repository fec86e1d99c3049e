//! Problem packages on disk ⇄ [`crate::judge::Problem`].
//!
//! A package is read into a [`Draft`] (validated, every [`Mistake`] in one pass), its generated tests are
//! filled in by the evaluator, and [`ProblemStore::install`] puts it into the store atomically.

use crate::judge::{Compare, Difficulty, Limits, Problem, Slug, Verdict};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

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
    /// The package's own solutions, read from the store.
    pub fn solutions(&self) -> std::io::Result<Vec<Solution>> {
        todo!()
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

/// One thing that is wrong with a package or a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Mistake {
    /// The file, relative to the package.
    pub file: String,
    /// The line, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The field, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and how to mend it.
    pub message: String,
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
    pub dir: tempfile::TempDir,
    /// Tests to be generated into `dir/tests` as `<test>.in` and, if needed, `<test>.out`.
    pub generated: Vec<Generated>,
    /// The reference solution below `solutions/`, where the package names one.
    pub reference: Option<String>,
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
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Changes to a stored problem; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// Another title.
    pub title: Option<String>,
    /// Another statement, in Markdown.
    pub statement: Option<String>,
    /// Another difficulty.
    pub difficulty: Option<Difficulty>,
    /// Other tags, instead of all that are there.
    pub tags: Option<Vec<String>>,
    /// Other limits, instead of all that are there.
    pub limits: Option<Limits>,
    /// Another way of comparing.
    pub compare: Option<Compare>,
}

/// All problems of a data directory.
#[derive(Debug)]
pub struct ProblemStore {}

impl ProblemStore {
    /// Opens or makes the store below this folder, and removes what an interrupted add left behind.
    pub fn open(_dir: &Path) -> std::io::Result<Self> {
        Ok(Self {})
    }
    /// One problem in its newest version.
    pub fn get(&self, _slug: &Slug) -> Option<Arc<StoredProblem>> {
        None
    }
    /// All problems by slug.
    pub fn list(&self) -> Vec<Arc<StoredProblem>> {
        Vec::new()
    }
    /// Reads a package folder into a staging folder.
    pub fn stage_folder(&self, _package: &Path, _slug: Option<Slug>) -> Result<Draft, AddError> {
        todo!()
    }
    /// Unpacks an uploaded tar archive (hostile until proven otherwise) into a staging folder and reads it.
    pub fn stage_tar(
        &self,
        _archive: &mut dyn std::io::Read,
        _slug: Option<Slug>,
    ) -> Result<Draft, AddError> {
        todo!()
    }
    /// Reads a seed system's JSON problem document into a staging folder.
    pub fn stage_document(
        &self,
        _document: &serde_json::Value,
        _slug: Option<Slug>,
    ) -> Result<Draft, AddError> {
        todo!()
    }
    /// Makes a draft visible, atomically. Without `force` an existing slug is refused.
    pub fn install(&self, _draft: Draft, _force: bool) -> Result<Arc<StoredProblem>, AddError> {
        todo!()
    }
    /// Removes a problem; false when there was none. Running evaluations keep their files.
    pub fn remove(&self, _slug: &Slug) -> std::io::Result<bool> {
        Ok(false)
    }
    /// Changes what a patch names and makes the new version visible, atomically.
    pub fn edit(&self, _slug: &Slug, _patch: Patch) -> Result<Arc<StoredProblem>, AddError> {
        todo!()
    }
}
