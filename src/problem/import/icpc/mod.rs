//! ICPC and Kattis packages: `legacy`, `legacy-icpc` and `2025-09`.
//!
//! | of the package | becomes |
//! | --- | --- |
//! | `problem.yaml`, `domjudge-problem.ini`, `.timelimit` | `problem.toml` |
//! | `statement/`, `problem_statement/` | `statement.md`, `statements/` |
//! | `data/sample`, `data/secret` | `tests/sample`, `tests/secret`, with `[[tests]]` and `[[groups]]` |
//! | `data/invalid_input`, … | the folders of the same names |
//! | `input_validators/` | `validators/` |
//! | `output_validators/`, `output_validator/` | `checker/` or `interactor/`, else `[compare]` of mode `icpc` |
//! | `static_validator/` | `static_validator/` |
//! | `submissions/` | `solutions/`, with `[[solutions]]` |
//! | `include/`, `attachments/` | the folders of the same names |

mod codes;
mod constants;
mod data;
mod fields;
mod flags;
mod glob;
mod groups;
mod metadata;
mod programs;
mod statement;
mod submissions;
#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests;
mod units;
mod yaml;

use super::{Ignored, carry, tex};
use crate::{
    judge::Languages,
    problem::{
        files::{Kind, TIME_LIMIT, Tree, at, create, open_regular, read_text},
        manifest,
        mistake::Mistakes,
        native::is_plain,
        spec::Spec,
    },
};
use fields::Fields;
use metadata::Meta;
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    path::Path,
    rc::Rc,
};

/// The largest text that is looked into (statements, programs, settings), in bytes.
const MAX_TEXT: u64 = 4 << 20;

/// The longest file with a time limit, in bytes: it holds one number.
const MAX_TIME_LIMIT: u64 = 100;

/// Folders and files of a package that mean nothing to a judge, and why.
const MEANINGLESS: [(&str, &str); 8] = [
    ("solution/", "explanations of how to solve the problem are not kept"),
    ("input_visualizer/", "pictures of inputs are not made"),
    ("output_visualizer/", "pictures of outputs are not made"),
    ("answer_validators/", "belongs to BAPCtools; the output validator judges the answers as well"),
    (
        "answer_format_validators/",
        "belongs to BAPCtools; the output validator judges the answers as well",
    ),
    ("problem_slide/", "slides are not kept"),
    ("solution_stats/", "figures of contests are not kept"),
    (
        "generators/",
        "generators of this format are not run here; the tests that they make must be in the package",
    ),
];
/// Everything else that is known at the top.
const KNOWN: [&str; 13] = [
    "problem.yaml",
    "domjudge-problem.ini",
    "statement/",
    "problem_statement/",
    "data/",
    "submissions/",
    "input_validators/",
    "input_format_validators/",
    "output_validators/",
    "output_validator/",
    "static_validator/",
    "include/",
    "attachments/",
];

/// Converts the package whose files are `tree` below `package` into a native one in `into`.
pub(super) fn import(
    package: &Path,
    tree: &Tree,
    into: &Path,
    languages: &Languages,
    mistakes: &mut Mistakes,
    ignored: &mut Vec<Ignored>,
) -> io::Result<()> {
    let time_limit = tree.get(TIME_LIMIT).is_some();
    let tree = plain(tree, ignored);
    let mut importer = Importer {
        package,
        tree: &tree,
        into,
        languages,
        mistakes,
        ignored,
        meta: Meta::default(),
        spec: Spec::default(),
        tests: Vec::new(),
        talks: Vec::new(),
        statement: String::new(),
    };
    importer.run(time_limit)
}

/// The files whose names the format takes.
fn plain(tree: &Tree, ignored: &mut Vec<Ignored>) -> Tree {
    let mut taken = Tree::default();
    let mut told = BTreeSet::new();
    for (path, kind) in tree.iter().filter(|(path, _)| *path != TIME_LIMIT) {
        let mut end = 0;
        let odd = path.split('/').find_map(|part| {
            end += part.len() + 1;
            (!is_plain(part)).then_some(end - 1)
        });
        match odd {
            None => _ = taken.insert(path.to_owned(), kind),
            Some(end) if told.insert(&path[..end]) => ignored.push(Ignored::file(
                &path[..end],
                "the format takes only names of letters, digits, `_`, `-` and `.` that begin with a letter, a digit or `_`",
            )),
            Some(_) => {}
        }
    }
    taken
}

/// A package on its way.
struct Importer<'a> {
    package: &'a Path,
    tree: &'a Tree,
    into: &'a Path,
    languages: &'a Languages,
    mistakes: &'a mut Mistakes,
    ignored: &'a mut Vec<Ignored>,
    meta: Meta,
    spec: Spec,
    /// Names of the tests, once they are taken over.
    tests: Vec<String>,
    /// Files that show how a sample of an interactive problem goes.
    talks: Vec<String>,
    /// What becomes `statement.md`.
    statement: String,
}

impl Importer<'_> {
    fn run(&mut self, time_limit: bool) -> io::Result<()> {
        let text = match self.tree.get(metadata::FILE) {
            Some(_) => self.text(metadata::FILE)?.unwrap_or_default(),
            None => String::new(),
        };
        self.meta = metadata::read(&text, self.mistakes, self.ignored);
        if time_limit {
            self.time_limit()?;
        }
        self.domjudge()?;
        self.layout();
        self.statements()?;
        let judge = self.judges()?;
        self.validators()?;
        self.static_validator()?;
        self.data(judge)?;
        self.write_statement()?;
        self.units()?;
        self.submissions()?;
        self.include()?;
        self.attachments()?;
        self.write_manifest()
    }

    /// Notes what is at the top and means nothing here.
    fn layout(&mut self) {
        let mut told = BTreeSet::new();
        let legacy = self.meta.version.is_legacy();
        for (path, _) in self.tree.iter() {
            let top = path.split_inclusive('/').next().unwrap_or(path);
            if !told.insert(top) {
                continue;
            }
            let name = top.trim_end_matches('/');
            if let Some((_, reason)) = MEANINGLESS.iter().find(|(known, _)| *known == top) {
                self.ignored.push(Ignored::file(name, *reason));
            } else if top == "graders/" && legacy {
                let message = "graders of one's own are not run here, and other points would be told without them; \
                               say the points with the default grader's flags, or take graders/ away";
                self.mistakes.file(name, message);
            } else if !KNOWN.contains(&top) {
                self.ignored.push(Ignored::file(name, "is no part of the format"));
            }
        }
        for (name, other, wrong) in [
            ("problem_statement/", "statement/", !legacy),
            ("statement/", "problem_statement/", legacy),
            ("output_validators/", "output_validator/", !legacy),
            ("output_validator/", "output_validators/", legacy),
            ("input_format_validators/", "input_validators/", !legacy),
            ("static_validator/", "", legacy),
        ] {
            if wrong && self.tree.below(name).next().is_some() {
                let version = self.meta.version.name();
                let mend = if other.is_empty() {
                    "remove it".to_owned()
                } else {
                    format!("rename it to {other}")
                };
                let message =
                    format!("is no part of {version}; {mend}, or change problem_format_version");
                self.mistakes.file(name.trim_end_matches('/'), message);
            }
        }
    }

    /// `.timelimit` of legacy packages holds the time limit in seconds, which their `problem.yaml` cannot say.
    fn time_limit(&mut self) -> io::Result<()> {
        if !self.meta.version.is_legacy() {
            let reason = "limits.time_limit of problem.yaml says the time limit";
            self.ignored.push(Ignored::file(TIME_LIMIT, reason));
            return Ok(());
        }
        let path = self.package.join(TIME_LIMIT);
        let mut bytes = Vec::new();
        open_regular(&path)?.take(MAX_TIME_LIMIT).read_to_end(&mut bytes).map_err(at(&path))?;
        let text = String::from_utf8_lossy(&bytes);
        self.limit(TIME_LIMIT, Some(1), "", text.trim());
        Ok(())
    }

    /// Takes over a time limit in seconds that is said outside problem.yaml.
    fn limit(&mut self, file: &str, line: Option<u32>, field: &str, value: &str) {
        let seconds = fields::decimal(value).filter(|n| *n > 0.0 && *n <= 600.0);
        let Some(seconds) = seconds else {
            let message = format!("`{value}` is no number of seconds, more than 0 and at most 600");
            if field.is_empty() {
                self.mistakes.line(file, line, message);
            } else {
                self.mistakes.field(file, line, field, message);
            }
            return;
        };
        self.meta.limits.time_ms = ((seconds * 1000.0).round() as u64).max(1);
        if let Some(timing) = &mut self.meta.timing {
            timing.inferred = false;
        }
    }

    /// `domjudge-problem.ini` says a time limit where the format has none.
    fn domjudge(&mut self) -> io::Result<()> {
        const FILE: &str = "domjudge-problem.ini";
        let Some(text) = self.optional(FILE)? else { return Ok(()) };
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let number = Some(at as u32 + 1);
            if line.is_empty() || line.starts_with(['#', ';', '[']) {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                self.mistakes.line(FILE, number, "is no `key = value`");
                continue;
            };
            let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
            if key != "timelimit" {
                self.ignored.push(Ignored::field(
                    FILE,
                    key,
                    "of this file, the time limit is taken",
                ));
                continue;
            }
            self.limit(FILE, number, key, value);
        }
        Ok(())
    }

    fn include(&mut self) -> io::Result<()> {
        let mut told = BTreeSet::new();
        for (path, _) in self.tree.below("include/") {
            let from = format!("include/{path}");
            let Some((code, file)) = path.split_once('/') else {
                self.mistakes.file(
                    &from,
                    "belongs into a folder named after a language, such as include/cpp/",
                );
                continue;
            };
            let id = match codes::language(code, self.languages) {
                Some(language) => language.id.as_str(),
                None if code == "default" && !self.meta.version.is_legacy() => "default",
                None => {
                    if told.insert(code) {
                        let folder = format!("include/{code}");
                        if codes::is_known(code) {
                            self.ignored
                                .push(Ignored::file(folder, "there is no such language here"));
                        } else {
                            let message = "is no code of a language, such as cpp or python3";
                            self.mistakes.file(&folder, message);
                        }
                    }
                    continue;
                }
            };
            let to = format!("include/{id}/{file}");
            if told.insert(code) {
                let main = self.languages.iter().find(|language| language.id == id);
                let driver = main.filter(|language| {
                    let own = format!("include/{code}/{}", language.source);
                    self.tree.get(&own).is_some()
                });
                let entry = driver.map(|language| language.source.clone());
                self.spec
                    .include
                    .insert(id.to_owned(), crate::problem::spec::IncludeSpec { entry, user: None });
            }
            self.put(&from, &to)?;
        }
        Ok(())
    }

    fn attachments(&mut self) -> io::Result<()> {
        for (path, _) in self.tree.below("attachments/") {
            let path = format!("attachments/{path}");
            carry(self.package, self.tree, &path, self.into, &path, self.mistakes)?;
        }
        Ok(())
    }

    /// The languages that submissions may be in: those of the package and their variants.
    fn taken_languages(&mut self) {
        let Some((line, codes)) = self.meta.languages.take() else { return };
        let mut foreign = Vec::new();
        for code in codes {
            let Some(main) = codes::language(&code, self.languages) else {
                foreign.push(code);
                continue;
            };
            let variant =
                |language: &&crate::judge::Language| language.like.as_ref() == Some(&main.id);
            let variants = self.languages.iter().filter(variant);
            let ids = std::iter::once(main).chain(variants).map(|language| language.id.clone());
            let ids: Vec<String> = ids.filter(|id| !self.spec.languages.contains(id)).collect();
            self.spec.languages.extend(ids);
        }
        let names = foreign.join(", ");
        if self.spec.languages.is_empty() {
            let message = format!("none of these languages is here ({names}); nobody could submit");
            self.mistakes.field(metadata::FILE, Some(line), "languages", message);
        } else if !foreign.is_empty() {
            let reason = format!("there is no {names} here");
            self.ignored.push(Ignored::field(metadata::FILE, "languages", reason));
        }
    }

    fn write_manifest(&mut self) -> io::Result<()> {
        self.taken_languages();
        let meta = &mut self.meta;
        self.spec.about = std::mem::take(&mut meta.about);
        self.spec.about.format = Some(meta.version.name().to_owned());
        self.spec.tags = std::mem::take(&mut meta.tags);
        self.spec.limits = Some(std::mem::take(&mut meta.limits));
        self.spec.timing = meta.timing;
        let text = self.spec.to_toml().map_err(io::Error::other)?;
        self.write(manifest::FILE, text.as_bytes())
    }

    fn fields(&mut self, file: &str) -> Fields<'_> {
        Fields { file: file.to_owned(), mistakes: self.mistakes }
    }

    /// A YAML file; `None` when it is not there, says nothing or is none (that mistake is noted).
    fn yaml(&mut self, file: &str, constants: bool) -> io::Result<Option<Rc<yaml::Node>>> {
        if let Some(Kind::Regular(size)) = self.tree.get(file)
            && size > yaml::MAX_BYTES
        {
            self.mistakes.file(file, format!("is larger than {} MiB", yaml::MAX_BYTES >> 20));
            return Ok(None);
        }
        let Some(mut text) = self.optional(file)? else { return Ok(None) };
        if constants {
            text = self.meta.constants.fill(&text);
        }
        Ok(yaml::parse(&text).unwrap_or_else(|(line, message)| {
            self.mistakes.line(file, Some(line), message);
            None
        }))
    }

    /// A text that may be absent.
    fn optional(&mut self, file: &str) -> io::Result<Option<String>> {
        match self.tree.get(file) {
            Some(_) => self.text(file),
            None => Ok(None),
        }
    }

    /// A file as text; what is none is a mistake.
    fn text(&mut self, file: &str) -> io::Result<Option<String>> {
        read_text(self.package, self.tree, file, MAX_TEXT, self.mistakes)
    }

    /// Takes over a program's file, with the constants' values where it is a text.
    fn put(&mut self, from: &str, to: &str) -> io::Result<()> {
        if !self.meta.constants.is_empty()
            && let Some(Kind::Regular(size)) = self.tree.get(from)
            && size <= MAX_TEXT
        {
            let path = self.package.join(from);
            let bytes = fs::read(&path).map_err(at(&path))?;
            if let Ok(text) = String::from_utf8(bytes) {
                return self.write(to, self.meta.constants.fill(&text).as_bytes());
            }
        }
        carry(self.package, self.tree, from, self.into, to, self.mistakes)
    }

    fn write(&self, to: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.into.join(to);
        create(&path)?.write_all(bytes).map_err(at(&path))
    }
}
