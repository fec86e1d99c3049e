//! `problem.toml`: every key checked, every mistake with its line.

mod about;
mod basics;
mod entries;
mod generators;
mod groups;
mod judging;
mod parts;

pub(super) use about::is_tongue;
pub(super) use entries::{SolutionEntry, TestEntry};
pub(super) use generators::Generator;
pub(super) use groups::GroupSpec;
pub(super) use judging::Placed;
pub(super) use parts::IncludeEntry;

use super::mistake::Mistakes;
use crate::judge::{
    About, Compare, Difficulty, JudgeProgram, Limits, StaticValidator, StopPolicy, Timing,
    Validator,
};
use std::{collections::BTreeMap, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Its name.
pub(super) const FILE: &str = "problem.toml";
const KNOWN: &str = "title, difficulty, tags, languages, reference, passes, stop, [about], [limits], [timing], \
                     [compare], [checker], [interactor], [static_validator], [include], \
                     [generators], [[validators]], [[tests]], [[groups]] and [[solutions]]";

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) title: String,
    pub(super) difficulty: Difficulty,
    pub(super) tags: Vec<String>,
    /// The languages that submissions may be in, and the line; empty: all.
    pub(super) languages: Vec<String>,
    pub(super) languages_line: Option<u32>,
    pub(super) about: About,
    /// The reference solution, below `solutions/`, and its line.
    pub(super) reference: Option<Placed>,
    pub(super) limits: Limits,
    pub(super) timing: Option<Timing>,
    pub(super) compare: Compare,
    /// The line of `[compare]`, if it is there.
    pub(super) compare_line: Option<u32>,
    /// The judging tables that are there, right or wrong.
    pub(super) judges: Vec<&'static str>,
    /// Who judges outputs in place of a comparison, and the line of its `program`.
    pub(super) checker: Option<(JudgeProgram, u32)>,
    /// Who talks to submissions, and the line of its `program`.
    pub(super) interactor: Option<(JudgeProgram, u32)>,
    /// Who judges sources, and the line of its `program`.
    pub(super) static_validator: Option<(StaticValidator, u32)>,
    /// Who judges inputs, and the line of each one's `program`.
    pub(super) validators: Vec<(Validator, u32)>,
    /// What is said of the files that lie beside submissions, by language id or `default`.
    pub(super) include: BTreeMap<String, IncludeEntry>,
    /// Most passes, and their line if it is there.
    pub(super) passes: (u32, Option<u32>),
    pub(super) stop: StopPolicy,
    pub(super) groups: Vec<GroupSpec>,
    pub(super) generators: BTreeMap<String, Generator>,
    pub(super) tests: Vec<TestEntry>,
    pub(super) solutions: Vec<SolutionEntry>,
    /// Whether the file could be read at all; if not, nothing follows from what it does not say.
    pub(super) readable: bool,
}

/// Reads the file's text. What is wrong is noted and gets its default.
pub(super) fn parse(text: &str, mistakes: &mut Mistakes) -> Manifest {
    let mut reader = Reader {
        line_ends: text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(at, _)| at)
            .collect(),
        mistakes,
    };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors.iter().take(20) {
        let line = error.span().map(|span| reader.line(&span));
        reader.mistakes.line(FILE, line, error.message());
    }
    if errors.is_empty() { reader.manifest(root.get_ref()) } else { Manifest::default() }
}

struct Reader<'m> {
    line_ends: Vec<usize>,
    mistakes: &'m mut Mistakes,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn line(&self, span: &Range<usize>) -> u32 {
        1 + self.line_ends.partition_point(|&end| end < span.start) as u32
    }

    fn wrong(&mut self, span: &Range<usize>, field: &str, message: impl AsRef<str>) {
        let line = self.line(span);
        self.mistakes.field(FILE, Some(line), field, message);
    }

    fn wrong_type(&mut self, value: &Value<'_>, field: &str, expected: &str) {
        let message = format!("must be {expected}, not {}", value.get_ref().type_str());
        self.wrong(&value.span(), field, message);
    }

    fn manifest(&mut self, root: &DeTable<'_>) -> Manifest {
        let mut manifest = Manifest { readable: true, passes: (1, None), ..Manifest::default() };
        for (key, value) in root {
            let line = self.line(&value.span());
            match key.get_ref().as_ref() {
                "title" => manifest.title = self.title(value),
                "difficulty" => manifest.difficulty = self.difficulty(value),
                "tags" => manifest.tags = self.tags(value),
                "languages" => {
                    manifest.languages = self.languages(value);
                    manifest.languages_line = Some(line);
                }
                "about" => manifest.about = self.about(value),
                "reference" => {
                    manifest.reference = self.string(value, "reference").map(|path| (path, line));
                }
                "limits" => manifest.limits = self.limits(value),
                "timing" => manifest.timing = self.timing(value),
                "compare" => {
                    manifest.compare_line = Some(self.line(&key.span()));
                    manifest.compare = self.compare(value, "compare");
                }
                "checker" => {
                    manifest.judges.push("checker");
                    manifest.checker = self.judge(value, "checker");
                }
                "interactor" => {
                    manifest.judges.push("interactor");
                    manifest.interactor = self.judge(value, "interactor");
                }
                "static_validator" => {
                    manifest.judges.push("static_validator");
                    manifest.static_validator = self.static_validator(value);
                }
                "validators" => {
                    manifest.judges.push("validators");
                    manifest.validators = self.validators(value);
                }
                "include" => manifest.include = self.include(value),
                "passes" => manifest.passes = (self.passes(value), Some(line)),
                "stop" => manifest.stop = self.stop(value),
                "groups" => manifest.groups = self.groups(value),
                "generators" => manifest.generators = self.generators(value),
                "tests" => manifest.tests = self.tests(value),
                "solutions" => manifest.solutions = self.solutions(value),
                other => {
                    let message = format!("unknown key; known are {KNOWN}");
                    self.wrong(&key.span(), other, message);
                }
            }
        }
        if !root.contains_key("title") {
            self.mistakes.field(FILE, None, "title", "is missing; add `title = \"…\"`");
        }
        manifest
    }

    fn string(&mut self, value: &Value<'_>, field: &str) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong_type(value, field, "a string");
        }
        text
    }

    /// A name for people: one line, not empty, not endless.
    fn label(&mut self, value: &Value<'_>, field: &str, longest: usize) -> Option<String> {
        let text = self.string(value, field)?;
        let wrong = if text.trim().is_empty() {
            "must not be empty".to_owned()
        } else if text.chars().count() > longest {
            format!("is longer than {longest} characters")
        } else if text.chars().any(char::is_control) {
            "must be one line without control characters".to_owned()
        } else {
            return Some(text);
        };
        self.wrong(&value.span(), field, wrong);
        None
    }

    fn table<'v, 'i>(&mut self, value: &'v Value<'i>, field: &str) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, field, "a table");
        }
        table
    }

    fn whole(&mut self, value: &Value<'_>, field: &str) -> Option<u64> {
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(value, field, "a whole number");
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            let message = format!("{integer} is out of range; it must be a whole number from 0");
            self.wrong(&value.span(), field, message);
        }
        number
    }

    fn number(&mut self, value: &Value<'_>, field: &str) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|n| n as f64)
            }
            _ => None,
        };
        if number.is_none() {
            self.wrong_type(value, field, "a number");
        }
        number
    }

    /// Whether a text is true or false; a mistake is false.
    fn truth(&mut self, value: &Value<'_>, field: &str) -> bool {
        let truth = value.get_ref().as_bool();
        if truth.is_none() {
            self.wrong_type(value, field, "true or false");
        }
        truth.unwrap_or_default()
    }

    /// A finite number from this bound on.
    fn at_least(&mut self, value: &Value<'_>, field: &str, least: f64) -> Option<f64> {
        let number = self.number(value, field)?;
        if number.is_finite() && number >= least {
            return Some(number);
        }
        let message = format!("{number} is no finite number of at least {least}");
        self.wrong(&value.span(), field, message);
        None
    }

    /// The tables of a list, such as `[[groups]]`.
    fn tables<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
        field: &str,
        most: usize,
    ) -> Vec<&'v Value<'i>> {
        let Some(list) = value.get_ref().as_array() else {
            let expected = format!("a list of tables: write [[{field}]]");
            self.wrong_type(value, field, &expected);
            return Vec::new();
        };
        if list.len() > most {
            self.wrong(&value.span(), field, format!("more than {most} {field}"));
            return Vec::new();
        }
        list.iter().collect()
    }

    /// The keys of a table, each with its value; those that are not known are mistakes.
    fn known<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
        place: &str,
        known: &[&'static str],
    ) -> Vec<(&'static str, String, &'v Value<'i>)> {
        let mut found = Vec::new();
        for (key, value) in self.table(value, place).into_iter().flatten() {
            let field = format!("{place}.{}", key.get_ref());
            if let Some(name) = known.iter().find(|known| **known == key.get_ref().as_ref()) {
                found.push((*name, field, value));
            } else {
                let (last, rest) = known.split_last().map_or(("", &[][..]), |(l, r)| (*l, r));
                let message = format!("unknown key; known are {} and {last}", rest.join(", "));
                self.wrong(&key.span(), &field, message);
            }
        }
        found
    }
}
