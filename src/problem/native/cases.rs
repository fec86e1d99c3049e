//! The tests of a package: given as files, or named in `[generators]`.

use super::{PLAIN, Reader, is_note, is_plain, is_sample, sources::language_of};
use crate::{
    judge::TestCase,
    problem::{
        Generated,
        files::{Kind, MAX_TEST_BYTES},
        manifest::{self, Generator, Manifest},
    },
};
use std::collections::{BTreeMap, BTreeSet};

const MAX_TESTS: usize = 10_000;

/// The two files of a test, as far as they are there.
#[derive(Default)]
struct Pair {
    input: Option<Kind>,
    answer: Option<Kind>,
}

impl<'a> Reader<'a> {
    /// Input and answer files by test.
    fn pairs(&mut self) -> BTreeMap<&'a str, Pair> {
        let mut pairs: BTreeMap<&str, Pair> = BTreeMap::new();
        for (file, kind) in self.tree.below("tests/") {
            let path = format!("tests/{file}");
            let (name, is_input) = match (file.strip_suffix(".in"), file.strip_suffix(".out")) {
                _ if file.contains('/') => {
                    self.mistakes.file(&path, "tests/ holds no folders; move the file up");
                    continue;
                }
                (Some(name), _) => (name, true),
                (None, Some(name)) => (name, false),
                (None, None) if is_note(file) => continue,
                (None, None) => {
                    let message = "is neither an input (.in) nor an answer (.out)";
                    self.mistakes.file(&path, message);
                    continue;
                }
            };
            if !is_plain(name) {
                self.mistakes.file(&path, PLAIN);
            }
            if matches!(kind, Kind::Regular(size) if size > MAX_TEST_BYTES) {
                self.mistakes.file(&path, format!("is larger than {} MiB", MAX_TEST_BYTES >> 20));
            }
            let pair = pairs.entry(name).or_default();
            *(if is_input { &mut pair.input } else { &mut pair.answer }) = Some(kind);
        }
        pairs
    }

    pub(super) fn tests(&mut self, manifest: &Manifest) -> (Vec<TestCase>, Vec<Generated>) {
        let pairs = self.pairs();
        let declared = manifest.generators.keys().map(String::as_str);
        let names: BTreeSet<&str> = pairs.keys().copied().chain(declared).collect();
        if names.is_empty() && manifest.readable {
            let message = "there are no tests; add tests/01-sample.in and tests/01-sample.out";
            self.mistakes.file("tests", message);
        }
        if names.len() > MAX_TESTS {
            let message = format!("{} tests are too many; at most {MAX_TESTS}", names.len());
            self.mistakes.file("tests", message);
        }
        let mut tests = Vec::new();
        let mut generated = Vec::new();
        for name in names {
            let none = Pair::default();
            let pair = pairs.get(name).unwrap_or(&none);
            match manifest.generators.get(name) {
                Some(generator) if !self.rules.generated => {
                    generated.extend(self.generated(name, generator, pair));
                }
                _ => self.given(name, pair, manifest),
            }
            let size = |kind| if let Some(Kind::Regular(size)) = kind { size } else { 0 };
            tests.push(TestCase::plain(
                name.to_owned(),
                is_sample(name),
                size(pair.input),
                size(pair.answer),
            ));
        }
        (tests, generated)
    }

    /// A test whose files must both be there.
    fn given(&mut self, name: &str, pair: &Pair, manifest: &Manifest) {
        let (input, answer) = (format!("tests/{name}.in"), format!("tests/{name}.out"));
        if pair.answer.is_none() {
            self.mistakes.file(&input, format!("has no answer; add {answer}"));
        }
        // What a broken problem.toml says of generators is not known.
        if pair.input.is_none() && manifest.readable {
            let message = format!("has no input; add {input} or name the test in [generators]");
            self.mistakes.file(&answer, message);
        }
    }

    /// A test whose input is still to be made.
    fn generated(&mut self, name: &str, generator: &Generator, pair: &Pair) -> Option<Generated> {
        let languages = self.rules.languages;
        let field = Generator::field(name);
        let mut wrong = |message: String| {
            self.mistakes.field(manifest::FILE, Some(generator.line), &field, message);
        };
        if !is_plain(name) {
            wrong(PLAIN.to_owned());
        }
        if pair.input.is_some() {
            wrong(format!("tests/{name}.in is there already; remove it or this line"));
        }
        let (program, args) = generator.command.clone()?;
        let path = format!("generators/{program}");
        if self.tree.get(&path).is_none() {
            wrong(format!("there is no {path}"));
        } else if language_of(&program, languages).is_none() {
            wrong(format!("{path} is in no known language ({})", languages.ids()));
        }
        let needs_answer = pair.answer.is_none();
        Some(Generated { test: name.to_owned(), program, args, needs_answer })
    }

    pub(super) fn reference(&mut self, manifest: &Manifest, generated: &[Generated]) {
        let Some((path, line)) = &manifest.reference else {
            if let Some(first) = generated.iter().find(|test| test.needs_answer) {
                let message = format!(
                    "is missing; {} needs it to make its answer: `reference = \
                     \"accepted/main.cpp\"`",
                    first.test
                );
                self.mistakes.field(manifest::FILE, None, "reference", message);
            }
            return;
        };
        let message = if !path.starts_with("accepted/") {
            format!("`{path}` is not below accepted/; only an accepted solution makes answers")
        } else if self.tree.get(&format!("solutions/{path}")).is_none() {
            format!("there is no solutions/{path}")
        } else {
            return;
        };
        self.mistakes.field(manifest::FILE, Some(*line), "reference", message);
    }
}
