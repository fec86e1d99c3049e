//! The tests of a package: given as files, or named in `[generators]`.

use super::{
    Reader,
    names::{PLAIN, is_note, is_pattern, is_plain_path, is_sample},
};
use crate::{
    judge::{TestCase, fits},
    problem::{
        Generated,
        files::{Kind, MAX_TEST_BYTES},
        manifest::{self, Generator, Manifest, TestEntry},
    },
};
use std::collections::{BTreeMap, BTreeSet};

const MAX_TESTS: usize = 10_000;
/// What the files beside a program in one test may have together, since they are sent to its cell.
const MAX_BESIDE_BYTES: u64 = 64 << 20;

/// The files of a test, as far as they are there.
#[derive(Default)]
struct Files<'a> {
    input: Option<Kind>,
    answer: Option<Kind>,
    /// Those of `NAME.files/`.
    beside: Vec<&'a str>,
    beside_bytes: u64,
}

/// What a path below `tests/` is.
enum Part<'a> {
    Input(&'a str),
    Answer(&'a str),
    /// The test and the file's path in `NAME.files/`.
    Beside(&'a str, &'a str),
    Stranger,
}

impl<'a> Part<'a> {
    fn of(path: &'a str) -> Self {
        if let Some((test, file)) = path.split_once(".files/") {
            Part::Beside(test, file)
        } else if let Some(test) = path.strip_suffix(".in") {
            Part::Input(test)
        } else if let Some(test) = path.strip_suffix(".out") {
            Part::Answer(test)
        } else {
            Part::Stranger
        }
    }
}

impl<'a> Reader<'a> {
    /// The files of each test.
    fn files_of_tests(&mut self) -> BTreeMap<&'a str, Files<'a>> {
        let mut tests: BTreeMap<&str, Files<'a>> = BTreeMap::new();
        for (file, kind) in self.tree.below("tests/") {
            let path = format!("tests/{file}");
            let part = Part::of(file);
            let (Part::Input(name) | Part::Answer(name) | Part::Beside(name, _)) = part else {
                if !is_note(file) {
                    let message = "is neither an input (.in) nor an answer (.out)";
                    self.mistakes.file(&path, message);
                }
                continue;
            };
            if !is_plain_path(name) {
                self.mistakes.file(&path, PLAIN);
            }
            let size = if let Kind::Regular(size) = kind { size } else { 0 };
            if size > MAX_TEST_BYTES {
                self.mistakes.file(&path, format!("is larger than {} MiB", MAX_TEST_BYTES >> 20));
            }
            let test = tests.entry(name).or_default();
            match part {
                Part::Input(_) => test.input = Some(kind),
                Part::Beside(_, file) => {
                    if !is_plain_path(file) {
                        self.mistakes.file(&path, PLAIN);
                    }
                    test.beside.push(file);
                    test.beside_bytes += size;
                }
                _ => test.answer = Some(kind),
            }
        }
        for (name, test) in &tests {
            if test.beside_bytes > MAX_BESIDE_BYTES {
                let message = format!("holds more than {} MiB", MAX_BESIDE_BYTES >> 20);
                self.mistakes.file(&format!("tests/{name}.files"), message);
            }
        }
        tests
    }

    pub(super) fn tests(&mut self, manifest: &Manifest) -> (Vec<TestCase>, Vec<Generated>) {
        let files = self.files_of_tests();
        let declared = manifest.generators.keys().map(String::as_str);
        let names: BTreeSet<&str> = files.keys().copied().chain(declared).collect();
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
            let none = Files::default();
            let own = files.get(name).unwrap_or(&none);
            match manifest.generators.get(name) {
                Some(generator) if own.input.is_none() && !self.rules.generated => {
                    generated.extend(self.generated(name, generator, own));
                }
                Some(generator) => {
                    generated.extend(self.generated(name, generator, own));
                    self.given(name, own, manifest);
                }
                None => self.given(name, own, manifest),
            }
            let size = |kind| if let Some(Kind::Regular(size)) = kind { size } else { 0 };
            let sizes = (size(own.input), size(own.answer));
            let files = own.beside.iter().map(|&file| file.to_owned()).collect();
            let plain = TestCase::plain(name.to_owned(), is_sample(name), sizes.0, sizes.1);
            tests.push(TestCase { files, ..plain });
        }
        self.said_of_tests(manifest, &mut tests);
        (tests, generated)
    }

    /// A test whose files must both be there.
    fn given(&mut self, name: &str, files: &Files<'_>, manifest: &Manifest) {
        let (input, answer) = (format!("tests/{name}.in"), format!("tests/{name}.out"));
        // What a broken problem.toml says of generators is not known.
        let no_input = files.input.is_none() && manifest.readable;
        if files.answer.is_none() && files.input.is_some() {
            self.mistakes.file(&input, format!("has no answer; add {answer}"));
        } else if files.answer.is_some() && no_input {
            let message = format!("has no input; add {input} or name the test in [generators]");
            self.mistakes.file(&answer, message);
        } else if files.answer.is_none() && no_input {
            let message = format!("belongs to no test; add {input} and {answer}");
            self.mistakes.file(&format!("tests/{name}.files"), message);
        }
    }

    /// A test that a program of the package makes.
    fn generated(
        &mut self,
        name: &str,
        generator: &Generator,
        files: &Files<'_>,
    ) -> Option<Generated> {
        let wrong = |reader: &mut Self, message: &str| {
            let line = Some(generator.line);
            reader.mistakes.field(manifest::FILE, line, &generator.field, message);
        };
        if !is_plain_path(name) {
            wrong(self, PLAIN);
        }
        let (program, args) = generator.command.clone()?;
        if let Err(why) = self.generator(&program) {
            wrong(self, &why);
        }
        let needs_answer = files.answer.is_none();
        Some(Generated { test: name.to_owned(), program, args, needs_answer })
    }

    /// Takes what `[[tests]]` says; later entries win, key by key.
    fn said_of_tests(&mut self, manifest: &Manifest, tests: &mut [TestCase]) {
        let places: BTreeMap<String, usize> =
            tests.iter().enumerate().map(|(at, test)| (test.name.clone(), at)).collect();
        for entry in &manifest.tests {
            let (pattern, line) = &entry.pattern;
            let mut fitting: Vec<usize> = Vec::new();
            if is_pattern(pattern) {
                let fits = |at: &usize| fits(pattern, &tests[*at].name);
                fitting.extend((0..tests.len()).filter(fits));
            } else {
                fitting.extend(places.get(pattern));
            }
            if fitting.is_empty() {
                let message = format!("`{pattern}` fits no test");
                self.mistakes.field(manifest::FILE, Some(*line), "tests.name", message);
            }
            for at in fitting {
                apply(entry, &mut tests[at]);
            }
            let judge = manifest.checker.as_ref().or(manifest.interactor.as_ref());
            if let (Some((_, line)), Some(_)) = (entry.compare, judge) {
                let message = "is not used, because [checker] or [interactor] decides; remove it";
                self.mistakes.field(manifest::FILE, Some(line), "tests.compare", message);
            }
        }
    }

    pub(super) fn reference(&mut self, manifest: &Manifest, generated: &[Generated]) {
        let Some((path, line)) = &manifest.reference else {
            let missing = generated.iter().find(|test| test.needs_answer);
            // Of an interactive problem there are no answers.
            if let (Some(first), None) = (missing, &manifest.interactor) {
                let message = format!(
                    "is missing; {} needs it to make its answer: `reference = \
                     \"accepted/main.cpp\"`",
                    first.test
                );
                self.mistakes.field(manifest::FILE, None, "reference", message);
            }
            return;
        };
        let full = format!("solutions/{path}");
        let is_folder = || self.tree.below(&format!("{full}/")).next().is_some();
        let message = if !path.starts_with("accepted/") {
            format!("`{path}` is not below accepted/; only an accepted solution makes answers")
        } else if self.tree.get(&full).is_none() && !is_folder() {
            format!("there is no solutions/{path}")
        } else {
            return;
        };
        self.mistakes.field(manifest::FILE, Some(*line), "reference", message);
    }
}

fn apply(entry: &TestEntry, test: &mut TestCase) {
    if let Some(sample) = entry.sample {
        test.sample = sample;
    }
    if let Some(args) = &entry.args {
        test.args.clone_from(args);
    }
    for (said, own) in [
        (&entry.judge_args, &mut test.judge_args),
        (&entry.validator_args, &mut test.validator_args),
    ] {
        if said.is_some() {
            own.clone_from(said);
        }
    }
    if let Some((compare, _)) = entry.compare {
        test.compare = Some(compare);
    }
    if entry.description.is_some() {
        test.description.clone_from(&entry.description);
    }
}
