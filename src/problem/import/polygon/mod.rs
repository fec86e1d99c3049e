//! Polygon's full packages: `problem.xml` and the files that it names.
//!
//! | in the package | in ours |
//! | --- | --- |
//! | `testset tests` | `tests/sample/NN`, `tests/secret/NN`, or `…/<group>/NN` where there are groups |
//! | `groups`, points | `[[groups]]` |
//! | checker, interactor, validators | `checker/`, `interactor/`, `validators/<name>/` |
//! | their unit tests | `valid_output/`, `invalid_output/`, `valid_input/`, `invalid_input/` |
//! | further executables | `generators/<name>/`, for `problem stress` |
//! | solutions by tag | `solutions/`, `[[solutions]]` |
//! | statements | `statement.md` of the English one, `statements/` for TeX and PDF |

mod groups;
mod programs;
mod solutions;
mod statements;
mod tests;
mod xml;

pub(in crate::problem) use statements::TONGUES;

use super::{Ignored, carry, detect, plain_name, tex};
use crate::{
    judge::{About, Languages, Limits},
    problem::{
        files::{Tree, create, read_text},
        manifest,
        mistake::Mistakes,
        spec::Spec,
    },
};
use roxmltree::{Document, Node, ParsingOptions};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    path::Path,
};

/// The file that describes a package.
const FILE: &str = "problem.xml";
/// Its longest text, in bytes, and the most nodes in it.
const MAX_XML: u64 = 8 << 20;
const MAX_NODES: u32 = 500_000;
/// Longest source that is looked at, in bytes.
const MAX_SOURCE: u64 = 1 << 20;
/// Where the header is that checkers, validators and generators include.
const TESTLIB: &str = "testlib.h";

/// Files and folders that only Polygon itself uses; nothing in them is asked of a judge.
const BOILERPLATE: [(&str, &str); 8] = [
    ("scripts/", "Polygon's own scripts are not used"),
    ("statement-sections/", "the parts of the statements are taken from statements/"),
    ("doall.", "Polygon's own scripts are not used"),
    ("wipe.", "Polygon's own scripts are not used"),
    ("check.", "the checker is taken from files/"),
    ("files/olymp.sty", "the style of TeX statements is not used"),
    ("files/problem.tex", "the frame of TeX statements is not used"),
    ("files/statements.ftl", "the frame of TeX statements is not used"),
];

/// Converts the package whose files are `tree` below `package` into a native one in `into`. Says its
/// short name.
pub(super) fn import(
    package: &Path,
    tree: &Tree,
    into: &Path,
    languages: &Languages,
    mistakes: &mut Mistakes,
    ignored: &mut Vec<Ignored>,
) -> io::Result<Option<String>> {
    let Some(text) = read_text(package, tree, FILE, MAX_XML, mistakes)? else { return Ok(None) };
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..Default::default() };
    let document = match Document::parse_with_options(&text, options) {
        Ok(document) => document,
        Err(error) => {
            mistakes.line(FILE, Some(error.pos().row), format!("is no XML that is read: {error}"));
            return Ok(None);
        }
    };
    let mut importer = Importer {
        package,
        tree,
        into,
        languages,
        mistakes,
        ignored,
        spec: Spec::default(),
        folders: BTreeMap::new(),
        used: RefCell::default(),
    };
    importer.problem(document.root_element())
}

/// A package while it is converted.
struct Importer<'a> {
    package: &'a Path,
    tree: &'a Tree,
    into: &'a Path,
    languages: &'a Languages,
    mistakes: &'a mut Mistakes,
    ignored: &'a mut Vec<Ignored>,
    spec: Spec,
    /// The folders of the groups that have tests, by the groups' names.
    folders: BTreeMap<String, String>,
    /// The files of the package that were taken over or told of.
    used: RefCell<BTreeSet<String>>,
}

impl Importer<'_> {
    fn problem(&mut self, root: Node<'_, '_>) -> io::Result<Option<String>> {
        self.used(FILE);
        if root.tag_name().name() != "problem" {
            self.wrong(root, "", "is no description of a problem; take the package of one problem");
            return Ok(None);
        }
        let short = root.attribute("short-name").map(str::to_owned);
        self.spec.about = About {
            format: Some(detect::POLYGON.to_owned()),
            source_url: root.attribute("url").map(str::to_owned),
            ..About::default()
        };
        self.names(root);
        self.spec.tags = tags(root);
        let judging = xml::child(root, "judging");
        if let Some(judging) = judging {
            self.judging(judging)?;
        } else {
            self.wrong(root, "judging", "is missing; take the full package of the problem");
        }
        let assets = xml::child(root, "assets");
        if let Some(assets) = assets {
            self.programs(root, assets, judging)?;
            self.solutions(assets)?;
        } else {
            self.wrong(root, "assets", "is missing; take the full package of the problem");
        }
        self.files(root)?;
        self.statements(root)?;
        self.rest();
        let manifest = self.spec.to_toml().map_err(io::Error::other)?;
        create(&self.into.join(manifest::FILE))?.write_all(manifest.as_bytes())?;
        Ok(short)
    }

    fn wrong(&mut self, node: Node<'_, '_>, field: &str, message: impl AsRef<str>) {
        let name = node.tag_name().name();
        let field = match field {
            "" => name.to_owned(),
            field => format!("{name}.{field}"),
        };
        self.mistakes.field(FILE, Some(xml::line(node)), &field, message);
    }

    fn ignore(&mut self, node: Node<'_, '_>, field: &str, reason: impl Into<String>) {
        let place = format!("{FILE}:{}", xml::line(node));
        let reason = reason.into();
        // The same of many tests is said once.
        if !self
            .ignored
            .iter()
            .any(|other| other.field.as_deref() == Some(field) && other.reason == reason)
        {
            self.ignored.push(Ignored::field(place, field, reason));
        }
    }

    /// Remembers that a file was taken over or told of.
    fn used(&self, path: &str) {
        self.used.borrow_mut().insert(path.to_owned());
    }

    /// Takes a file over.
    fn carry(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.used(from);
        carry(self.package, self.tree, from, self.into, to, self.mistakes)
    }

    /// Writes a file of our own.
    fn write(&self, to: &str, text: &str) -> io::Result<()> {
        create(&self.into.join(to))?.write_all(text.as_bytes())
    }

    /// The titles: the English one is that of the problem, else the first.
    fn names(&mut self, root: Node<'_, '_>) {
        let names = xml::child(root, "names");
        let names: Vec<(&str, &str)> = names
            .into_iter()
            .flat_map(|names| xml::children(names, "name"))
            .filter_map(|name| Some((name.attribute("language")?, name.attribute("value")?)))
            .collect();
        let english = names.iter().find(|(language, _)| *language == "english");
        let Some(&(language, title)) = english.or(names.first()) else {
            self.wrong(root, "names", "has no name with language and value");
            return;
        };
        title.trim().clone_into(&mut self.spec.title);
        self.spec.about.language = statements::code(language).map(str::to_owned);
        for (other, title) in names.iter().filter(|(other, _)| *other != language) {
            if let Some(code) = statements::code(other) {
                self.spec.about.titles.insert(code.to_owned(), (*title).to_owned());
            } else {
                let reason = format!("the language `{other}` is not known");
                self.ignored.push(Ignored::field(FILE, "names", reason));
            }
        }
    }

    /// Everything that is said of how a solution is run.
    fn judging(&mut self, judging: Node<'_, '_>) -> io::Result<()> {
        for (key, standard) in [("input-file", "stdin"), ("output-file", "stdout")] {
            match judging.attribute(key) {
                None | Some("" | "stdin" | "stdout") => {}
                Some(file) => {
                    let message = format!(
                        "is `{file}`; programs are judged by standard input and output only: set it \
                         to {standard} and build the package again"
                    );
                    self.wrong(judging, key, message);
                }
            }
        }
        if let Some(count) = judging.attribute("run-count").filter(|count| *count != "1") {
            let message = format!(
                "is {count}; programs that are run several times for a test are not judged"
            );
            self.wrong(judging, "run-count", message);
        }
        let sets: Vec<Node<'_, '_>> = xml::children(judging, "testset").collect();
        let named = sets.iter().find(|set| set.attribute("name") == Some("tests"));
        let Some(&set) = named.or(sets.first()) else {
            self.wrong(judging, "testset", "is missing; take the full package of the problem");
            return Ok(());
        };
        for other in sets.iter().filter(|other| **other != set) {
            let name = other.attribute("name").unwrap_or_default();
            self.ignore(
                *other,
                "testset",
                format!("only one set of tests is judged, not `{name}`"),
            );
        }
        self.limits(set);
        self.testset(set)
    }

    fn limits(&mut self, set: Node<'_, '_>) {
        let mut limits = Limits::default();
        if let Some(time) = self.number(set, "time-limit") {
            limits.time_ms = time;
        }
        if let Some(bytes) = self.number(set, "memory-limit") {
            limits.memory_mib = bytes.div_ceil(1 << 20);
        }
        for (field, message) in limits.mistakes() {
            let field = if field.ends_with("time_ms") { "time-limit" } else { "memory-limit" };
            self.wrong(set, field, message);
        }
        self.spec.limits = Some(limits);
    }

    /// A whole number that is the text of an element.
    fn number(&mut self, node: Node<'_, '_>, name: &str) -> Option<u64> {
        let Some(element) = xml::child(node, name) else {
            self.wrong(node, name, "is missing");
            return None;
        };
        let text = element.text().unwrap_or_default().trim();
        let number = text.parse().ok();
        if number.is_none() {
            self.wrong(element, "", format!("`{text}` is no whole number"));
        }
        number
    }

    /// Tells what of the package nobody asked for.
    fn rest(&mut self) {
        let used = self.used.take();
        let mut told = BTreeSet::new();
        for (path, _) in self.tree.iter().filter(|(path, _)| !used.contains(*path)) {
            // The sets of tests were told of as a whole.
            if path.ends_with(".desc") || path.starts_with("tests/") {
                continue;
            }
            let known = BOILERPLATE.iter().find(|(start, _)| path.starts_with(start));
            let (place, reason) = known
                .map_or((path, "problem.xml gives it no part"), |(start, reason)| {
                    (if start.ends_with('/') { start } else { path }, reason)
                });
            if told.insert(place) {
                self.ignored.push(Ignored::file(place, reason));
            }
        }
    }
}

fn tags(root: Node<'_, '_>) -> Vec<String> {
    let tags = xml::child(root, "tags").into_iter().flat_map(|tags| xml::children(tags, "tag"));
    let mut all: Vec<String> = Vec::new();
    for tag in tags.filter_map(|tag| tag.attribute("value")).map(str::trim) {
        if !tag.is_empty() && tag.len() <= 64 && all.len() < 32 && !all.iter().any(|t| t == tag) {
            all.push(tag.to_owned());
        }
    }
    all
}
