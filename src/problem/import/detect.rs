//! Which format is a package in?

use crate::problem::{
    files::{Kind, Tree, at, open_regular},
    manifest,
};
use std::{
    fmt,
    io::{self, Read},
    path::Path,
};

/// Our own layout.
pub(super) const NATIVE: &str = "native";
/// ICPC and Kattis packages without `problem_format_version`.
pub(super) const LEGACY: &str = "legacy";
/// The part of [`LEGACY`] that ICPC contests use.
pub(super) const LEGACY_ICPC: &str = "legacy-icpc";
/// ICPC and Kattis packages of today, under their draft's name too.
pub(super) const ICPC_2025: &str = "2025-09";
/// Polygon's full packages.
pub(super) const POLYGON: &str = "polygon";
/// Inputs and answers and nothing else.
pub(super) const FILES: &str = "files";
/// A JSON document of a seed system.
pub(super) const JSON: &str = "json";
/// What the Competitive Companion browser extension posts.
pub(super) const COMPANION: &str = "competitive-companion";

/// How much of problem.yaml is looked at for its version, in bytes.
const LOOK: u64 = 64 << 10;

/// A format and what the package says of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// One of the names above.
    pub(super) name: &'static str,
    /// The version or the name that the package itself gives, where it is another.
    pub(super) version: Option<String>,
}

impl Format {
    /// A format of one version.
    pub(super) fn plain(name: &'static str) -> Self {
        Self { name, version: None }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{} ({version})", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// Says which format the package is in. The inner error is for people: what was looked for, or why
/// more than one format fits.
pub(super) fn detect(dir: &Path, tree: &Tree) -> io::Result<Result<Format, String>> {
    let there = |path: &str| tree.get(path).is_some();
    let below = |folder: &str| tree.below(folder).next().is_some();
    let marks: Vec<&str> = [manifest::FILE, "problem.yaml", "problem.xml"]
        .into_iter()
        .filter(|mark| there(mark))
        .collect();
    if let [first, second, ..] = marks[..] {
        return Ok(Err(format!(
            "holds both {first} and {second}, which are of different formats; remove the one that \
             does not belong to it"
        )));
    }
    let format = match marks.first() {
        Some(&"problem.yaml") => icpc(dir)?,
        Some(&"problem.xml") => Format::plain(POLYGON),
        Some(_) => Format::plain(NATIVE),
        // Contest systems take ICPC packages whose problem.yaml would be empty without it.
        None if there("domjudge-problem.ini") || below("data/secret/") => Format::plain(LEGACY),
        None if there(native_statement()) || below("solutions/") => Format::plain(NATIVE),
        None if only_json(tree) => Format::plain(JSON),
        None if tree.iter().any(|(path, _)| is_test_file(path)) => Format::plain(FILES),
        None => return Ok(Err(nothing(tree))),
    };
    Ok(Ok(format))
}

fn native_statement() -> &'static str {
    crate::problem::native::STATEMENT
}

fn nothing(tree: &Tree) -> String {
    let archive = tree.iter().map(|(path, _)| path).find(|path| {
        [".zip", ".tar", ".gz", ".7z", ".rar"]
            .iter()
            .any(|end| path.to_ascii_lowercase().ends_with(end))
    });
    if let Some(archive) = archive {
        return format!(
            "no package was found, but an archive in it, `{archive}`; unpack it and add what it holds"
        );
    }
    "no package was found: neither problem.toml (native), problem.yaml (ICPC, Kattis) or problem.xml \
     (Polygon) at its top, nor tests such as 1.in with 1.out, 1.ans or 1.a, nor a single JSON document"
        .to_owned()
}

/// Whether a name is one of those that inputs and answers have in plain folders.
fn is_test_file(path: &str) -> bool {
    super::plain::is_test_file(path)
}

fn only_json(tree: &Tree) -> bool {
    let mut files = tree.iter();
    let json = |path: &str| path.to_ascii_lowercase().ends_with(".json");
    matches!((files.next(), files.next()), (Some((path, Kind::Regular(_))), None) if json(path))
}

/// Reads `problem_format_version`, as far as it is needed to tell the formats apart; what is wrong
/// with the file the importer says.
fn icpc(dir: &Path) -> io::Result<Format> {
    let path = dir.join("problem.yaml");
    let mut text = Vec::new();
    match open_regular(&path) {
        Ok(file) => _ = file.take(LOOK).read_to_end(&mut text).map_err(at(&path))?,
        // Refused, as its mistake says.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let text = String::from_utf8_lossy(&text);
    let version = text.lines().find_map(|line| line.strip_prefix("problem_format_version:"));
    let version = version.map(|rest| {
        let value = rest.split(" #").next().unwrap_or_default().trim();
        value.trim_matches(['"', '\'']).to_owned()
    });
    Ok(match version.as_deref() {
        None | Some("" | "legacy") => Format::plain(LEGACY),
        Some("legacy-icpc") => Format::plain(LEGACY_ICPC),
        Some("2025-09") => Format::plain(ICPC_2025),
        Some(_) => Format { name: ICPC_2025, version },
    })
}
