//! What is said of single tests and solutions: `[[tests]]` and `[[solutions]]`.

use super::{Placed, Reader, Value};
use crate::judge::{Compare, PartExpectation, TimeUse, Verdict};
use std::collections::BTreeSet;

const MOST_ENTRIES: usize = 20_000;
const LONGEST_DESCRIPTION: usize = 2000;
const LONGEST_MESSAGE: usize = 1000;

/// What is said of the tests that fit a pattern.
#[derive(Debug)]
pub(in crate::problem) struct TestEntry {
    pub(in crate::problem) pattern: Placed,
    pub(in crate::problem) sample: Option<bool>,
    pub(in crate::problem) args: Option<Vec<String>>,
    pub(in crate::problem) judge_args: Option<Vec<String>>,
    pub(in crate::problem) validator_args: Option<Vec<String>>,
    /// With its line.
    pub(in crate::problem) compare: Option<(Compare, u32)>,
    pub(in crate::problem) description: Option<String>,
}

/// What is said of the solutions that fit a pattern. What is absent, the folder says.
#[derive(Debug)]
pub(in crate::problem) struct SolutionEntry {
    pub(in crate::problem) pattern: Placed,
    pub(in crate::problem) language: Option<Placed>,
    pub(in crate::problem) entry: Option<Placed>,
    pub(in crate::problem) permitted: Option<BTreeSet<Verdict>>,
    pub(in crate::problem) required: Option<BTreeSet<Verdict>>,
    pub(in crate::problem) score: Option<[f64; 2]>,
    pub(in crate::problem) message: Option<String>,
    pub(in crate::problem) tests: Option<Vec<(PartExpectation, u32)>>,
    pub(in crate::problem) time_limit: Option<TimeUse>,
}

impl Reader<'_> {
    pub(super) fn tests(&mut self, value: &Value<'_>) -> Vec<TestEntry> {
        let tables = self.tables(value, "tests", MOST_ENTRIES);
        tables.into_iter().filter_map(|item| self.test(item)).collect()
    }

    fn test(&mut self, value: &Value<'_>) -> Option<TestEntry> {
        const TABLE: &str = "tests";
        let pattern = self.pattern(value, TABLE, "name");
        let mut entry = TestEntry {
            pattern: pattern?,
            sample: None,
            args: None,
            judge_args: None,
            validator_args: None,
            compare: None,
            description: None,
        };
        let known =
            ["name", "sample", "args", "judge_args", "validator_args", "compare", "description"];
        for (key, field, value) in self.known(value, TABLE, &known) {
            match key {
                "name" => {}
                "sample" => entry.sample = Some(self.truth(value, &field)),
                "args" => entry.args = Some(self.args(value, &field)),
                "judge_args" => entry.judge_args = Some(self.args(value, &field)),
                "validator_args" => entry.validator_args = Some(self.args(value, &field)),
                "compare" => {
                    let line = self.line(&value.span());
                    entry.compare = Some((self.compare(value, &field), line));
                }
                _ => entry.description = self.prose(value, &field, LONGEST_DESCRIPTION),
            }
        }
        Some(entry)
    }

    pub(super) fn solutions(&mut self, value: &Value<'_>) -> Vec<SolutionEntry> {
        let tables = self.tables(value, "solutions", MOST_ENTRIES);
        tables.into_iter().filter_map(|item| self.solution(item)).collect()
    }

    fn solution(&mut self, value: &Value<'_>) -> Option<SolutionEntry> {
        const TABLE: &str = "solutions";
        let pattern = self.pattern(value, TABLE, "path");
        let mut entry = SolutionEntry {
            pattern: pattern?,
            language: None,
            entry: None,
            permitted: None,
            required: None,
            score: None,
            message: None,
            tests: None,
            time_limit: None,
        };
        let known = [
            "path",
            "language",
            "entry",
            "permitted",
            "required",
            "score",
            "message",
            "tests",
            "time_limit",
        ];
        for (key, field, value) in self.known(value, TABLE, &known) {
            let line = self.line(&value.span());
            match key {
                "path" => {}
                "language" => entry.language = self.string(value, &field).map(|id| (id, line)),
                "entry" => entry.entry = self.string(value, &field).map(|file| (file, line)),
                "permitted" => entry.permitted = Some(self.verdicts(value, &field)),
                "required" => entry.required = Some(self.verdicts(value, &field)),
                "score" => entry.score = self.range(value, &field),
                "message" => entry.message = self.prose(value, &field, LONGEST_MESSAGE),
                "tests" => entry.tests = Some(self.expected_parts(value)),
                _ => entry.time_limit = self.time_use(value, &field),
            }
        }
        Some(entry)
    }

    /// What is expected on some tests: `[[solutions.tests]]`.
    fn expected_parts(&mut self, value: &Value<'_>) -> Vec<(PartExpectation, u32)> {
        const TABLE: &str = "solutions.tests";
        let mut parts = Vec::new();
        for item in self.tables(value, TABLE, MOST_ENTRIES) {
            let Some((pattern, line)) = self.pattern(item, TABLE, "pattern") else { continue };
            let mut part = PartExpectation { pattern, ..PartExpectation::default() };
            let known = ["pattern", "permitted", "required", "score", "message"];
            for (key, field, value) in self.known(item, TABLE, &known) {
                match key {
                    "pattern" => {}
                    "permitted" => part.permitted = self.verdicts(value, &field),
                    "required" => part.required = self.verdicts(value, &field),
                    "score" => part.score = self.range(value, &field),
                    _ => part.message = self.prose(value, &field, LONGEST_MESSAGE),
                }
            }
            parts.push((part, line));
        }
        parts
    }

    /// The key that says which tests or solutions a table is about.
    fn pattern(&mut self, value: &Value<'_>, table: &str, key: &str) -> Option<Placed> {
        let field = format!("{table}.{key}");
        let Some(pattern) = self.table(value, table)?.get(key) else {
            self.wrong(&value.span(), &field, "is missing");
            return None;
        };
        let line = self.line(&pattern.span());
        self.string(pattern, &field).map(|text| (text, line))
    }

    fn verdicts(&mut self, value: &Value<'_>, field: &str) -> BTreeSet<Verdict> {
        let mut verdicts = BTreeSet::new();
        for (code, line) in self.strings(value, field) {
            match Verdict::ALL.into_iter().find(|verdict| verdict.code() == code) {
                Some(verdict) if verdict != Verdict::InternalError => _ = verdicts.insert(verdict),
                _ => {
                    let message = format!("`{code}` is none of AC, WA, TLE, MLE, RE, OLE, PE, CE");
                    self.mistakes.field(super::FILE, Some(line), field, message);
                }
            }
        }
        verdicts
    }

    /// `[smallest, largest]`.
    fn range(&mut self, value: &Value<'_>, field: &str) -> Option<[f64; 2]> {
        let ends = value.get_ref().as_array().filter(|list| list.len() == 2);
        let Some(ends) = ends else {
            self.wrong_type(value, field, "two numbers: [smallest, largest]");
            return None;
        };
        let low = self.number(&ends[0], field)?;
        let high = self.number(&ends[1], field)?;
        if low <= high {
            return Some([low, high]);
        }
        let message = format!("{low} to {high} is no range; write [smallest, largest]");
        self.wrong(&value.span(), field, message);
        None
    }

    fn time_use(&mut self, value: &Value<'_>, field: &str) -> Option<TimeUse> {
        match self.string(value, field)?.as_str() {
            "implied" => Some(TimeUse::Implied),
            "ignored" => Some(TimeUse::Ignored),
            "lower" => Some(TimeUse::Lower),
            "upper" => Some(TimeUse::Upper),
            other => {
                let known = "implied, ignored, lower and upper";
                self.wrong(&value.span(), field, format!("`{other}` is none of {known}"));
                None
            }
        }
    }

    /// A text for people that may have several lines.
    fn prose(&mut self, value: &Value<'_>, field: &str, longest: usize) -> Option<String> {
        let text = self.string(value, field)?;
        if text.chars().count() <= longest {
            return Some(text);
        }
        self.wrong(&value.span(), field, format!("is longer than {longest} characters"));
        None
    }
}
