//! `problem.toml`: every key checked, every mistake with its line.

mod judging;

pub(super) use judging::GroupSpec;

use super::mistake::Mistakes;
use crate::judge::{Compare, Difficulty, JudgeProgram, Limits, StopPolicy};
use std::{collections::BTreeMap, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Its name.
pub(super) const FILE: &str = "problem.toml";
const LONGEST_TITLE: usize = 200;
const LONGEST_TAG: usize = 64;
const MOST_TAGS: usize = 32;
const MODES: &str = "tokens, exact, caseless, float and lines";

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) title: String,
    pub(super) difficulty: Difficulty,
    pub(super) tags: Vec<String>,
    /// The reference solution, below `solutions/`, and its line.
    pub(super) reference: Option<(String, u32)>,
    pub(super) limits: Limits,
    pub(super) compare: Compare,
    /// The line of `[compare]`, if it is there.
    pub(super) compare_line: Option<u32>,
    /// The judging tables that are there, right or wrong.
    pub(super) judges: Vec<&'static str>,
    /// Who judges outputs in place of a comparison, and the line of its `program`.
    pub(super) checker: Option<(JudgeProgram, u32)>,
    /// Who talks to submissions, and the line of its `program`.
    pub(super) interactor: Option<(JudgeProgram, u32)>,
    /// Most passes, and their line if it is there.
    pub(super) passes: (u32, Option<u32>),
    pub(super) stop: StopPolicy,
    pub(super) groups: Vec<GroupSpec>,
    pub(super) generators: BTreeMap<String, Generator>,
    /// Whether the file could be read at all; if not, nothing follows from what it does not say.
    pub(super) readable: bool,
}

/// A line of `[generators]`.
#[derive(Debug)]
pub(super) struct Generator {
    pub(super) line: u32,
    /// Program and arguments; absent when the value is wrong (that mistake is noted).
    pub(super) command: Option<(String, Vec<String>)>,
}

impl Generator {
    /// The name of the field for mistakes.
    pub(super) fn field(test: &str) -> String {
        format!("generators.{test}")
    }
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
            match key.get_ref().as_ref() {
                "title" => manifest.title = self.title(value),
                "difficulty" => manifest.difficulty = self.difficulty(value),
                "tags" => manifest.tags = self.tags(value),
                "reference" => {
                    let line = self.line(&value.span());
                    manifest.reference = self.string(value, "reference").map(|path| (path, line));
                }
                "limits" => manifest.limits = self.limits(value),
                "compare" => {
                    manifest.compare_line = Some(self.line(&key.span()));
                    manifest.compare = self.compare(value);
                }
                "checker" => {
                    manifest.judges.push("checker");
                    manifest.checker = self.judge(value, "checker");
                }
                "interactor" => {
                    manifest.judges.push("interactor");
                    manifest.interactor = self.judge(value, "interactor");
                }
                "passes" => {
                    let line = self.line(&value.span());
                    manifest.passes = (self.passes(value), Some(line));
                }
                "stop" => manifest.stop = self.stop(value),
                "groups" => manifest.groups = self.groups(value),
                "generators" => manifest.generators = self.generators(value),
                other => self.wrong(
                    &key.span(),
                    other,
                    "unknown key; known are title, difficulty, tags, reference, passes, stop, \
                     [limits], [compare], [checker], [interactor], [generators] and [[groups]]",
                ),
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

    fn title(&mut self, value: &Value<'_>) -> String {
        self.label(value, "title", LONGEST_TITLE).unwrap_or_default()
    }

    fn difficulty(&mut self, value: &Value<'_>) -> Difficulty {
        match self.string(value, "difficulty").as_deref() {
            Some("easy") => Difficulty::Easy,
            Some("hard") => Difficulty::Hard,
            Some("medium") | None => Difficulty::Medium,
            Some(other) => {
                let message = format!("`{other}` is none of easy, medium and hard");
                self.wrong(&value.span(), "difficulty", message);
                Difficulty::Medium
            }
        }
    }

    fn tags(&mut self, value: &Value<'_>) -> Vec<String> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(value, "tags", "a list of strings");
            return Vec::new();
        };
        if list.len() > MOST_TAGS {
            self.wrong(&value.span(), "tags", format!("more than {MOST_TAGS} tags"));
            return Vec::new();
        }
        let mut tags: Vec<String> = Vec::new();
        for item in list {
            let Some(tag) = self.label(item, "tags", LONGEST_TAG) else { continue };
            if tags.contains(&tag) {
                self.wrong(&item.span(), "tags", format!("`{tag}` is there twice"));
            } else {
                tags.push(tag);
            }
        }
        tags
    }

    fn table<'v, 'i>(&mut self, value: &'v Value<'i>, field: &str) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, field, "a table");
        }
        table
    }

    fn limits(&mut self, value: &Value<'_>) -> Limits {
        let mut limits = Limits::default();
        let mut lines = BTreeMap::new();
        for (key, value) in self.table(value, "limits").into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let field = format!("limits.{name}");
            if !["time_ms", "wall_ms", "memory_mib", "output_mib", "processes"].contains(&name) {
                let known = "time_ms, wall_ms, memory_mib, output_mib and processes";
                self.wrong(&key.span(), &field, format!("unknown key; known are {known}"));
                continue;
            }
            let Some(number) = self.whole(value, &field) else { continue };
            match name {
                "time_ms" => limits.time_ms = number,
                "wall_ms" => limits.wall_ms = Some(number),
                "memory_mib" => limits.memory_mib = number,
                "output_mib" => limits.output_mib = number,
                _ => match u32::try_from(number) {
                    Ok(number) => limits.processes = number,
                    Err(_) => self.wrong(&value.span(), &field, format!("{number} is too large")),
                },
            }
            lines.insert(field, self.line(&value.span()));
        }
        for (field, message) in limits.mistakes() {
            self.mistakes.field(FILE, lines.get(field).copied(), field, message);
        }
        limits
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

    fn compare(&mut self, value: &Value<'_>) -> Compare {
        let Some(table) = self.table(value, "compare") else { return Compare::default() };
        let mode = table.get("mode").and_then(|mode| self.string(mode, "compare.mode"));
        let is_float = mode.as_deref() == Some("float");
        let (mut absolute, mut relative) = (1e-6, 1e-6);
        let mut lines = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let field = format!("compare.{name}");
            match name {
                "mode" => {}
                "absolute" | "relative" if is_float => {
                    let Some(number) = self.number(value, &field) else { continue };
                    *(if name == "absolute" { &mut absolute } else { &mut relative }) = number;
                    lines.insert(field, self.line(&value.span()));
                }
                "absolute" | "relative" => {
                    self.wrong(&key.span(), &field, "belongs to mode = \"float\" only");
                }
                _ => {
                    let message = "unknown key; known are mode, absolute and relative";
                    self.wrong(&key.span(), &field, message);
                }
            }
        }
        let compare = match mode.as_deref() {
            Some("tokens") => Compare::Tokens,
            Some("exact") => Compare::Exact,
            Some("caseless") => Compare::Caseless,
            Some("lines") => Compare::Lines,
            Some("float") => Compare::Float { absolute, relative },
            Some(other) => {
                let message = format!("`{other}` is none of {MODES}");
                self.wrong(&table["mode"].span(), "compare.mode", message);
                Compare::Tokens
            }
            None if table.contains_key("mode") => Compare::Tokens,
            None => {
                self.wrong(&value.span(), "compare.mode", format!("is missing; one of {MODES}"));
                Compare::Tokens
            }
        };
        for (field, message) in compare.mistakes() {
            self.mistakes.field(FILE, lines.get(field).copied(), field, message);
        }
        compare
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

    fn generators(&mut self, value: &Value<'_>) -> BTreeMap<String, Generator> {
        let mut generators = BTreeMap::new();
        for (key, value) in self.table(value, "generators").into_iter().flatten() {
            let test = key.get_ref().as_ref();
            let line = self.line(&key.span());
            let command = self.command(value, &Generator::field(test));
            generators.insert(test.to_owned(), Generator { line, command });
        }
        generators
    }

    fn command(&mut self, value: &Value<'_>, field: &str) -> Option<(String, Vec<String>)> {
        let words = value.get_ref().as_array().and_then(|list| {
            list.iter().map(|word| word.get_ref().as_str()).collect::<Option<Vec<_>>>()
        });
        match words.as_deref() {
            Some([_, args @ ..]) if args.iter().any(|word| word.contains('\0')) => {
                self.wrong(&value.span(), field, "an argument cannot hold a NUL character");
                None
            }
            Some([program, args @ ..]) => {
                let args = args.iter().map(|&word| word.to_owned()).collect();
                Some(((*program).to_owned(), args))
            }
            _ => {
                let form = "must be a list of strings: [\"program\", \"argument\", …]";
                self.wrong(&value.span(), field, form);
                None
            }
        }
    }
}
