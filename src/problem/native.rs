//! Reads a native package from a folder of our own: everything checked in one pass.
//!
//! ```text
//! problem.toml                       title, difficulty, tags, reference, passes, stop, [limits],
//!                                    [compare], [checker], [interactor], [generators], [[groups]]
//! statement.md
//! tests/NN-name.in, .out             a generated test has no .in; its .out may be made by the reference
//! solutions/<verdict folder>/file    `accepted` must not be empty
//! generators/file
//! checker/, interactor/              the program that problem.toml names, and what it includes
//! stubs/<language id>/start|user|end.<extension>
//! README*, LICENSE*                  allowed and ignored, as are dotfiles
//! ```

mod cases;
mod groups;
mod judges;
mod sources;

use super::{
    Generated,
    files::{Kind, Tree, at, open_regular},
    manifest::{self, Manifest},
    mistake::Mistakes,
};
use crate::judge::{About, Group, Languages, Problem, Slug, Stub, TestCase};
use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

/// The folders of a package.
pub(super) const FOLDERS: [&str; 6] =
    ["tests", "solutions", "generators", "stubs", "checker", "interactor"];
/// Its statement.
pub(super) const STATEMENT: &str = "statement.md";
const MAX_STATEMENT_BYTES: u64 = 1 << 20;
const MAX_SOURCE_BYTES: u64 = 256 << 10;

/// What is asked of a package beside the format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    /// The languages that solutions, generators and stubs may be written in.
    pub(super) languages: &'a Languages,
    /// Whether there must be an accepted solution.
    pub(super) needs_accepted: bool,
    /// Whether the generated tests have been made, as in a package that was stored before.
    pub(super) generated: bool,
}

/// What a package says.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) manifest: Manifest,
    pub(super) statement: String,
    pub(super) tests: Vec<TestCase>,
    pub(super) groups: Vec<Group>,
    pub(super) stubs: BTreeMap<String, Stub>,
    pub(super) generated: Vec<Generated>,
}

impl Contents {
    /// The problem under this slug.
    pub(super) fn into_problem(self, slug: Slug) -> Problem {
        Problem {
            slug,
            title: self.manifest.title,
            difficulty: self.manifest.difficulty,
            tags: self.manifest.tags,
            statement: self.statement,
            limits: self.manifest.limits,
            compare: self.manifest.compare,
            checker: self.manifest.checker.map(|(program, _)| program),
            interactor: self.manifest.interactor.map(|(program, _)| program),
            passes: self.manifest.passes.0,
            groups: self.groups,
            stop: self.manifest.stop,
            tests: self.tests,
            stubs: self.stubs,
            include: BTreeMap::new(),
            validators: Vec::new(),
            static_validator: None,
            timing: None,
            statements: Vec::new(),
            about: About::default(),
        }
    }
}

/// Reads the package whose files are `tree` below `dir`. The contents are right only if no mistake
/// was noted.
pub(super) fn read(
    dir: &Path,
    tree: &Tree,
    rules: Rules<'_>,
    mistakes: &mut Mistakes,
) -> io::Result<Contents> {
    let mut reader = Reader { dir, tree, rules, mistakes };
    reader.strangers();
    let manifest = reader.manifest()?;
    let statement = reader.statement()?;
    let stubs = reader.stubs()?;
    let (mut tests, generated) = reader.tests(&manifest);
    let groups = reader.groups(&manifest, &mut tests);
    reader.solutions(&stubs)?;
    reader.generators()?;
    reader.judges(&manifest, &generated)?;
    reader.reference(&manifest, &generated);
    Ok(Contents { manifest, statement, tests, groups, stubs, generated })
}

/// `^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}$`, which every test and source file must fit.
fn is_plain(name: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.len() <= 255
        && name.bytes().next().is_some_and(word)
        && name.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

const PLAIN: &str = "a name is 1 to 255 letters, digits, `_`, `-` and `.`, and begins with a \
                     letter, a digit or `_`";

/// Whether a file is for readers only.
pub(super) fn is_note(name: &str) -> bool {
    name.starts_with("README") || name.starts_with("LICENSE")
}

/// Whether a test is shown as an example: `sample` after its number.
fn is_sample(test: &str) -> bool {
    test.trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start_matches('-')
        .starts_with("sample")
}

struct Reader<'a> {
    dir: &'a Path,
    tree: &'a Tree,
    rules: Rules<'a>,
    mistakes: &'a mut Mistakes,
}

impl Reader<'_> {
    /// A file's text; `None` when it is not there or is a mistake.
    fn text(&mut self, path: &str, bound: u64) -> io::Result<Option<String>> {
        let Some(Kind::Regular(size)) = self.tree.get(path) else { return Ok(None) };
        if size > bound {
            self.mistakes.file(path, format!("is larger than {} KiB", bound >> 10));
            return Ok(None);
        }
        let full = self.dir.join(path);
        let mut bytes = Vec::new();
        open_regular(&full)?.take(bound).read_to_end(&mut bytes).map_err(at(&full))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => {
                let right = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = right.split(|&b| b == b'\n').count();
                self.mistakes.line(path, Some(line as u32), "is not UTF-8 text");
                Ok(None)
            }
        }
    }

    /// Files and folders that no package has.
    fn strangers(&mut self) {
        for (path, _) in self.tree.iter() {
            let (first, known) = match path.split_once('/') {
                Some((folder, _)) => (folder, FOLDERS.contains(&folder)),
                None => (path, [manifest::FILE, STATEMENT].contains(&path) || is_note(path)),
            };
            if !known {
                self.mistakes.file(
                    first,
                    "is no part of a package; known are problem.toml, statement.md, tests/, \
                     solutions/, generators/, stubs/, checker/, interactor/, README*, LICENSE* \
                     and dotfiles",
                );
            }
        }
    }

    fn manifest(&mut self) -> io::Result<Manifest> {
        if self.tree.get(manifest::FILE).is_none() {
            let message = "is missing; it needs at least `title = \"…\"`";
            self.mistakes.file(manifest::FILE, message);
        }
        let text = self.text(manifest::FILE, MAX_SOURCE_BYTES)?;
        Ok(text.map_or_else(Manifest::default, |text| manifest::parse(&text, self.mistakes)))
    }

    fn statement(&mut self) -> io::Result<String> {
        if self.tree.get(STATEMENT).is_none() {
            self.mistakes.file(STATEMENT, "is missing; write the task there, in Markdown");
        }
        Ok(self.text(STATEMENT, MAX_STATEMENT_BYTES)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names() {
        for good in ["a", "_", "01-sample", "x.y-z_1", &"a".repeat(255)] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "é", "a/b", "a\n", "a\\b", &"a".repeat(256)] {
            assert!(!is_plain(bad), "{bad}");
        }
    }

    #[test]
    fn samples() {
        for sample in ["01-sample", "01-sample-2", "1-sample1", "sample", "0007sample"] {
            assert!(is_sample(sample), "{sample}");
        }
        for secret in ["01-big", "01-asample", "01_sample", "x-sample"] {
            assert!(!is_sample(secret), "{secret}");
        }
    }
}
