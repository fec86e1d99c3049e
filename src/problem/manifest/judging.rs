//! Who judges and what tests are worth: `[checker]`, `[interactor]`, `passes`, `stop`, `[[groups]]`.

use super::{Reader, Value};
use crate::judge::{Aggregate, Convention, JudgeProgram, StopPolicy};

const LONGEST_GROUP: usize = 64;
const MOST_GROUPS: usize = 1000;
const MOST_PASSES: u64 = 1000;

/// A text of the file and its line.
pub(in crate::problem) type Placed = (String, u32);

/// A group as the file says it, before its tests are known.
#[derive(Debug)]
pub(in crate::problem) struct GroupSpec {
    pub(in crate::problem) name: Placed,
    /// Names of tests, or patterns of them with `*` and `?`.
    pub(in crate::problem) tests: Vec<Placed>,
    pub(in crate::problem) points: f64,
    pub(in crate::problem) score: Aggregate,
    pub(in crate::problem) requires: Vec<Placed>,
    pub(in crate::problem) stop: bool,
}

impl Reader<'_> {
    /// `[checker]` or `[interactor]`, and the line of its `program`.
    pub(super) fn judge(&mut self, value: &Value<'_>, table: &str) -> Option<(JudgeProgram, u32)> {
        let mut program = None;
        let mut convention = Convention::default();
        let mut args = Vec::new();
        for (key, value) in self.table(value, table)? {
            let name = key.get_ref().as_ref();
            let field = format!("{table}.{name}");
            match name {
                "program" => {
                    let line = self.line(&value.span());
                    program = Some(self.string(value, &field).map(|file| (file, line)));
                }
                "convention" => convention = self.convention(value, &field),
                "args" => args = self.args(value, &field),
                _ => {
                    let message = "unknown key; known are program, convention and args";
                    self.wrong(&key.span(), &field, message);
                }
            }
        }
        if program.is_none() {
            let message = format!("is missing; it names a file in {table}/");
            self.wrong(&value.span(), &format!("{table}.program"), message);
        }
        let (file, line) = program??;
        Some((JudgeProgram { file, convention, args }, line))
    }

    fn convention(&mut self, value: &Value<'_>, field: &str) -> Convention {
        match self.string(value, field).as_deref() {
            Some("testlib") | None => Convention::Testlib,
            Some("icpc") => Convention::Icpc,
            Some(other) => {
                let message = format!("`{other}` is none of testlib and icpc");
                self.wrong(&value.span(), field, message);
                Convention::Testlib
            }
        }
    }

    fn args(&mut self, value: &Value<'_>, field: &str) -> Vec<String> {
        let args: Vec<String> =
            self.strings(value, field).into_iter().map(|(arg, _)| arg).collect();
        if args.iter().any(|arg| arg.contains('\0')) {
            self.wrong(&value.span(), field, "an argument cannot hold a NUL character");
        }
        args
    }

    /// A list of strings, each with its line.
    fn strings(&mut self, value: &Value<'_>, field: &str) -> Vec<Placed> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(value, field, "a list of strings");
            return Vec::new();
        };
        let place = |item| {
            let line = self.line(&Value::span(item));
            self.string(item, field).map(|text| (text, line))
        };
        list.iter().filter_map(place).collect()
    }

    pub(super) fn passes(&mut self, value: &Value<'_>) -> u32 {
        match self.whole(value, "passes") {
            Some(passes @ 1..=MOST_PASSES) => passes as u32,
            Some(other) => {
                let message = format!("{other} is outside 1 to {MOST_PASSES}");
                self.wrong(&value.span(), "passes", message);
                1
            }
            None => 1,
        }
    }

    pub(super) fn stop(&mut self, value: &Value<'_>) -> StopPolicy {
        match self.string(value, "stop").as_deref() {
            Some("never") | None => StopPolicy::Never,
            Some("first-failure") => StopPolicy::FirstFailure,
            Some(other) => {
                let message = format!("`{other}` is none of never and first-failure");
                self.wrong(&value.span(), "stop", message);
                StopPolicy::Never
            }
        }
    }

    pub(super) fn groups(&mut self, value: &Value<'_>) -> Vec<GroupSpec> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(value, "groups", "a list of tables: write [[groups]]");
            return Vec::new();
        };
        if list.len() > MOST_GROUPS {
            self.wrong(&value.span(), "groups", format!("more than {MOST_GROUPS} groups"));
            return Vec::new();
        }
        list.iter().filter_map(|item| self.group(item)).collect()
    }

    fn group(&mut self, value: &Value<'_>) -> Option<GroupSpec> {
        let (mut name, mut points, mut stop) = (None, None, None);
        let mut score = Aggregate::Min;
        let (mut tests, mut requires) = (Vec::new(), Vec::new());
        let table = self.table(value, "groups")?;
        for (key, value) in table {
            let field = format!("groups.{}", key.get_ref());
            match key.get_ref().as_ref() {
                "name" => {
                    let line = self.line(&value.span());
                    name = self.label(value, &field, LONGEST_GROUP).map(|name| (name, line));
                }
                "tests" => tests = self.strings(value, &field),
                "requires" => requires = self.strings(value, &field),
                "points" => points = self.points(value, &field),
                "score" => score = self.aggregate(value, &field),
                "stop" => match value.get_ref().as_bool() {
                    Some(truth) => stop = Some(truth),
                    None => self.wrong_type(value, &field, "true or false"),
                },
                _ => {
                    let known = "name, tests, points, score, requires and stop";
                    self.wrong(&key.span(), &field, format!("unknown key; known are {known}"));
                }
            }
        }
        for needed in ["name", "tests", "points"] {
            if !table.contains_key(needed) {
                self.wrong(&value.span(), &format!("groups.{needed}"), "is missing");
            }
        }
        let stop = stop.unwrap_or(score == Aggregate::Min);
        Some(GroupSpec { name: name?, tests, points: points?, score, requires, stop })
    }

    fn points(&mut self, value: &Value<'_>, field: &str) -> Option<f64> {
        let points = self.number(value, field)?;
        if points.is_finite() && points >= 0.0 {
            return Some(points);
        }
        let message = format!("{points} is no finite number of at least 0");
        self.wrong(&value.span(), field, message);
        None
    }

    fn aggregate(&mut self, value: &Value<'_>, field: &str) -> Aggregate {
        match self.string(value, field).as_deref() {
            Some("min") | None => Aggregate::Min,
            Some("sum") => Aggregate::Sum,
            Some(other) => {
                self.wrong(&value.span(), field, format!("`{other}` is none of min and sum"));
                Aggregate::Min
            }
        }
    }
}
