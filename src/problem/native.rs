//! Reads a native package from a folder of our own: everything checked in one pass.
//!
//! ```text
//! problem.toml                       see `manifest.rs`
//! statement.md
//! statements/problem.<lang>.(md|tex|pdf)   and pictures; kept as they are
//! tests/NAME.in, .out                a name may have folders; a generated test has no .in
//! tests/NAME.files/…                 files beside the program when it runs on this test
//! solutions/<folder>/file            or <folder>/<name>/files…; `accepted` must not be empty
//! generators/file                    or <name>/files…
//! checker/, interactor/, static_validator/, validators/<name>/
//!                                    the program that problem.toml names, and what it needs
//! include/<language id or `default`>/files…
//! stubs/<language id>/start|user|end.<extension>
//! attachments/files…
//! invalid_input/, valid_input/       NAME.in: unit tests of the validators
//! invalid_output/, valid_output/     NAME.in, .ans, .out: unit tests of the checker
//! README*, LICENSE*                  allowed and ignored, as are dotfiles
//! ```

mod cases;
mod extras;
mod groups;
mod judges;
mod names;
mod programs;
mod solutions;
mod sources;
mod stubs;

pub(super) use extras::{DEFAULT_TONGUE, UNIT_INPUTS, UNIT_OUTPUTS};
pub(super) use names::{is_note, is_plain};
pub(super) use programs::{SCRIPT, has_script};
pub(super) use solutions::{Found, entry, expectation, find, said};

use super::{
    Generated,
    files::{TIME_LIMIT, Tree, read_text},
    manifest::{self, Manifest},
    mistake::Mistakes,
};
use crate::judge::{Group, Include, Languages, Problem, Slug, StatementFile, Stub, TestCase};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

/// The folders of a package.
pub(super) const FOLDERS: [&str; 15] = [
    "tests",
    "solutions",
    "generators",
    "stubs",
    "checker",
    "interactor",
    "static_validator",
    "validators",
    "include",
    "statements",
    "attachments",
    "invalid_input",
    "valid_input",
    "invalid_output",
    "valid_output",
];
/// Its statement.
pub(super) const STATEMENT: &str = "statement.md";
const MAX_STATEMENT_BYTES: u64 = 1 << 20;
const MAX_SOURCE_BYTES: u64 = 256 << 10;
/// `problem.toml` may say something of each of thousands of tests.
const MAX_MANIFEST_BYTES: u64 = 4 << 20;

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
    pub(super) statements: Vec<StatementFile>,
    pub(super) tests: Vec<TestCase>,
    pub(super) groups: Vec<Group>,
    pub(super) stubs: BTreeMap<String, Stub>,
    pub(super) include: BTreeMap<String, Include>,
    /// Tests that are to be made.
    pub(super) generated: Vec<Generated>,
    /// Tests that could be made but are there.
    pub(super) standing: Vec<Generated>,
}

impl Contents {
    /// The problem under this slug.
    pub(super) fn into_problem(self, slug: Slug) -> Problem {
        let manifest = self.manifest;
        Problem {
            slug,
            title: manifest.title,
            difficulty: manifest.difficulty,
            tags: manifest.tags,
            statement: self.statement,
            languages: manifest.languages,
            limits: manifest.limits,
            compare: manifest.compare,
            checker: manifest.checker.map(|(program, _)| program),
            interactor: manifest.interactor.map(|(program, _)| program),
            passes: manifest.passes.0,
            groups: self.groups,
            stop: manifest.stop,
            tests: self.tests,
            stubs: self.stubs,
            include: self.include,
            validators: manifest.validators.into_iter().map(|(validator, _)| validator).collect(),
            static_validator: manifest.static_validator.map(|(program, _)| program),
            timing: manifest.timing,
            statements: self.statements,
            about: manifest.about,
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
    let mut reader = Reader { dir, tree, rules, mistakes, tests: BTreeSet::new() };
    reader.strangers();
    let manifest = reader.manifest()?;
    reader.languages(&manifest);
    let statement = reader.statement()?;
    let statements = reader.statements(&manifest)?;
    let stubs = reader.stubs()?;
    let include = reader.include(&manifest)?;
    let (mut tests, all) = reader.tests(&manifest);
    let (standing, generated): (Vec<_>, Vec<_>) = all.into_iter().partition(|test| {
        rules.generated || tree.get(&format!("tests/{}.in", test.test)).is_some()
    });
    reader.tests = tests.iter().map(|test| test.name.clone()).collect();
    let groups = reader.groups(&manifest, &mut tests);
    reader.solutions(&manifest, &stubs, &groups)?;
    reader.generators()?;
    reader.judges(&manifest)?;
    reader.reference(&manifest, &generated);
    reader.attachments();
    reader.unit_tests();
    Ok(Contents {
        manifest,
        statement,
        statements,
        tests,
        groups,
        stubs,
        include,
        generated,
        standing,
    })
}

struct Reader<'a> {
    dir: &'a Path,
    tree: &'a Tree,
    rules: Rules<'a>,
    mistakes: &'a mut Mistakes,
    /// The names of the tests, once they are known.
    tests: BTreeSet<String>,
}

impl Reader<'_> {
    /// A file's text; `None` when it is not there or is a mistake.
    fn text(&mut self, path: &str, bound: u64) -> io::Result<Option<String>> {
        read_text(self.dir, self.tree, path, bound, self.mistakes)
    }

    /// Files and folders that no package has.
    fn strangers(&mut self) {
        // Others may have left it; here `limits.time_ms` says it.
        let ours = |path: &str| path.rsplit('/').next() != Some(TIME_LIMIT);
        for (path, _) in self.tree.iter().filter(|(path, _)| ours(path)) {
            let (first, known) = match path.split_once('/') {
                Some((folder, _)) => (folder, FOLDERS.contains(&folder)),
                None => (path, [manifest::FILE, STATEMENT].contains(&path) || is_note(path)),
            };
            if !known {
                let folders = FOLDERS.join("/, ");
                let message = format!(
                    "is no part of a package; known are problem.toml, statement.md, {folders}/, \
                     README*, LICENSE* and dotfiles"
                );
                self.mistakes.file(first, message);
            }
        }
    }

    fn manifest(&mut self) -> io::Result<Manifest> {
        if self.tree.get(manifest::FILE).is_none() {
            let message = "is missing; it needs at least `title = \"…\"`";
            self.mistakes.file(manifest::FILE, message);
        }
        let text = self.text(manifest::FILE, MAX_MANIFEST_BYTES)?;
        Ok(text.map_or_else(Manifest::default, |text| manifest::parse(&text, self.mistakes)))
    }

    /// The languages that submissions may be in are known here.
    fn languages(&mut self, manifest: &Manifest) {
        let languages = self.rules.languages;
        for id in &manifest.languages {
            if !languages.iter().any(|language| language.id == *id) {
                let message = format!("`{id}` is no language; one of {}", languages.ids());
                self.mistakes.field(manifest::FILE, manifest.languages_line, "languages", message);
            }
        }
    }

    fn statement(&mut self) -> io::Result<String> {
        if self.tree.get(STATEMENT).is_none() {
            self.mistakes.file(STATEMENT, "is missing; write the task there, in Markdown");
        }
        Ok(self.text(STATEMENT, MAX_STATEMENT_BYTES)?.unwrap_or_default())
    }
}
