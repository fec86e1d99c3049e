//! Which solutions a package has, and what must become of each: what its folder says, and what `[[solutions]]` says
//! in its place.

use super::{names::is_note, programs::entry_of};
use crate::{
    judge::{Expectation, Group, TimeUse, Verdict, fits},
    problem::{
        files::Tree,
        manifest::{Manifest, SolutionEntry},
    },
};
use std::{collections::BTreeMap, io};

/// The folder of the solutions that must be accepted.
pub(super) const ACCEPTED: &str = "accepted";
/// The folder that says nothing.
pub(super) const MIXED: &str = "mixed";
/// The folders below `solutions/`.
pub(super) const FOLDERS: [&str; 12] = [
    ACCEPTED,
    "wrong_answer",
    "time_limit_exceeded",
    "memory_limit_exceeded",
    "run_time_error",
    "output_limit_exceeded",
    "presentation_error",
    "compile_error",
    "partially_accepted",
    "rejected",
    "brute_force",
    MIXED,
];

/// A solution that was found.
#[derive(Debug)]
pub(in crate::problem) struct Found<'a> {
    /// Its path below `solutions/`: a file, or a folder with several.
    pub(in crate::problem) path: &'a str,
    /// The paths of its files in its folder; `None` for a single file.
    pub(in crate::problem) files: Option<Vec<&'a str>>,
}

impl<'a> Found<'a> {
    /// The folder that says its verdict.
    pub(super) fn folder(&self) -> &'a str {
        self.path.split('/').next().unwrap_or_default()
    }
}

/// All solutions, by path.
pub(in crate::problem) fn find(tree: &Tree) -> Vec<Found<'_>> {
    let mut found: BTreeMap<&str, Option<Vec<&str>>> = BTreeMap::new();
    for (path, _) in tree.below("solutions/") {
        let Some((folder, rest)) = path.split_once('/') else { continue };
        if is_note(path) {
            continue;
        }
        match rest.split_once('/') {
            None => _ = found.insert(path, None),
            Some((name, file)) => {
                let solution = &path[..folder.len() + 1 + name.len()];
                found.entry(solution).or_default().get_or_insert_default().push(file);
            }
        }
    }
    found.into_iter().map(|(path, files)| Found { path, files }).collect()
}

/// What is said of a solution beside what is expected of it.
#[derive(Debug, Default)]
pub(in crate::problem) struct SaidOf<'m> {
    /// Its language's id.
    pub(in crate::problem) language: Option<&'m str>,
    /// The main file of a folder.
    pub(in crate::problem) entry: Option<&'m str>,
    /// What it says about the time limit.
    pub(in crate::problem) time_limit: TimeUse,
}

fn entries<'m>(path: &str, manifest: &'m Manifest) -> impl Iterator<Item = &'m SolutionEntry> {
    manifest.solutions.iter().filter(move |entry| fits(&entry.pattern.0, path))
}

/// What `[[solutions]]` says of a solution.
pub(in crate::problem) fn said<'m>(path: &str, manifest: &'m Manifest) -> SaidOf<'m> {
    let mut said = SaidOf::default();
    for entry in entries(path, manifest) {
        said.language = entry.language.as_ref().map(|(id, _)| id.as_str()).or(said.language);
        said.entry = entry.entry.as_ref().map(|(file, _)| file.as_str()).or(said.entry);
        said.time_limit = entry.time_limit.unwrap_or(said.time_limit);
    }
    said
}

/// The main file of a solution's folder: the one that is named, else the one that its name or its text tells.
/// The inner error says how to mend it.
pub(in crate::problem) fn entry<'f>(
    files: &[&'f str],
    named: Option<&str>,
    text: impl FnMut(&str) -> io::Result<String>,
) -> io::Result<Result<&'f str, String>> {
    let Some(named) = named else {
        let message = "it is not clear which of its files is the main one; call it main.*, or say \
                       it in problem.toml: [[solutions]] with path and entry";
        return Ok(entry_of(files, text)?.ok_or_else(|| message.to_owned()));
    };
    let file = files.iter().copied().find(|file| *file == named);
    Ok(file.ok_or_else(|| format!("has no file `{named}`, which [[solutions]] says is its entry")))
}

/// What must become of a solution.
pub(in crate::problem) fn expectation(
    path: &str,
    manifest: &Manifest,
    groups: &[Group],
) -> Expectation {
    let folder = path.split('/').next().unwrap_or_default();
    let mut expectation = of_folder(folder, || most_points(manifest, groups));
    for entry in entries(path, manifest) {
        if let Some(permitted) = &entry.permitted {
            expectation.permitted.clone_from(permitted);
        }
        if let Some(required) = &entry.required {
            expectation.required.clone_from(required);
        }
        expectation.score = entry.score.or(expectation.score);
        if entry.message.is_some() {
            expectation.message.clone_from(&entry.message);
        }
        if let Some(tests) = &entry.tests {
            expectation.tests = tests.iter().map(|(part, _)| part.clone()).collect();
        }
    }
    expectation
}

/// What a folder below `solutions/` says.
fn of_folder(folder: &str, most_points: impl FnOnce() -> f64) -> Expectation {
    use Verdict::{
        Accepted, CompileError, MemoryLimitExceeded, OutputLimitExceeded, PresentationError,
        RuntimeError, TimeLimitExceeded, WrongAnswer,
    };
    let (permitted, required): (&[Verdict], &[Verdict]) = match folder {
        ACCEPTED => (&[Accepted], &[Accepted]),
        "wrong_answer" => {
            (&[Accepted, WrongAnswer, PresentationError], &[WrongAnswer, PresentationError])
        }
        "time_limit_exceeded" => (&[Accepted, TimeLimitExceeded], &[TimeLimitExceeded]),
        "memory_limit_exceeded" => (&[Accepted, MemoryLimitExceeded], &[MemoryLimitExceeded]),
        "run_time_error" => (&[Accepted, RuntimeError], &[RuntimeError]),
        "output_limit_exceeded" => (&[Accepted, OutputLimitExceeded], &[OutputLimitExceeded]),
        "presentation_error" => (&[Accepted, PresentationError], &[PresentationError]),
        "compile_error" => (&[CompileError], &[CompileError]),
        "rejected" => (
            &[],
            &[
                WrongAnswer,
                TimeLimitExceeded,
                MemoryLimitExceeded,
                RuntimeError,
                OutputLimitExceeded,
                PresentationError,
            ],
        ),
        "brute_force" => (
            &[Accepted, RuntimeError, MemoryLimitExceeded, TimeLimitExceeded],
            &[RuntimeError, MemoryLimitExceeded, TimeLimitExceeded],
        ),
        _ => (&[], &[]),
    };
    // More than nothing and less than everything; both ends of a range belong to it.
    let score = (folder == "partially_accepted")
        .then(|| [f64::MIN_POSITIVE, most_points().next_down().max(f64::MIN_POSITIVE)]);
    Expectation {
        permitted: permitted.iter().copied().collect(),
        required: required.iter().copied().collect(),
        score,
        ..Expectation::default()
    }
}

/// All the points there are.
fn most_points(manifest: &Manifest, groups: &[Group]) -> f64 {
    if groups.iter().any(|group| group.unbounded) {
        return f64::MAX;
    }
    let whole = groups.iter().filter(|group| group.parent.is_none());
    let fixed = manifest.static_validator.as_ref().map_or(0.0, |(said, _)| said.points);
    whole.map(|group| group.points).sum::<f64>() + fixed
}
