//! Who judges: `[checker]`, `[interactor]`, `passes`, `stop`.

use super::{Reader, Value};
use crate::judge::{Convention, JudgeProgram, StopPolicy};

const MOST_PASSES: u64 = 1000;

/// The keys of a program that judges, as they are read.
#[derive(Default)]
pub(super) struct Program {
    /// Absent where its value is wrong.
    file: Option<Placed>,
    /// Whether the key `program` is there, right or wrong.
    named: bool,
    convention: Convention,
    args: Vec<String>,
}

impl Program {
    pub(super) const KEYS: [&'static str; 3] = ["program", "convention", "args"];
}

/// A text of the file and its line.
pub(in crate::problem) type Placed = (String, u32);

impl Reader<'_> {
    /// `[checker]` or `[interactor]`, and the line of its `program`.
    pub(super) fn judge(&mut self, value: &Value<'_>, table: &str) -> Option<(JudgeProgram, u32)> {
        self.table(value, table)?;
        let mut program = Program::default();
        for (key, field, value) in self.known(value, table, &Program::KEYS) {
            self.program_key(&mut program, key, &field, value);
        }
        self.program(program, value, table)
    }

    /// Takes a key that every program has.
    pub(super) fn program_key(
        &mut self,
        program: &mut Program,
        key: &str,
        field: &str,
        value: &Value<'_>,
    ) {
        match key {
            "program" => {
                let line = self.line(&value.span());
                program.named = true;
                program.file = self.string(value, field).map(|file| (file, line));
            }
            "convention" => program.convention = self.convention(value, field),
            _ => program.args = self.args(value, field),
        }
    }

    /// The program that these keys say, if they say one.
    pub(super) fn program(
        &mut self,
        program: Program,
        value: &Value<'_>,
        table: &str,
    ) -> Option<(JudgeProgram, u32)> {
        if !program.named {
            let message = format!("is missing; it names a file in {table}/");
            self.wrong(&value.span(), &format!("{table}.program"), message);
        }
        let (file, line) = program.file?;
        let Program { convention, args, .. } = program;
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

    pub(super) fn args(&mut self, value: &Value<'_>, field: &str) -> Vec<String> {
        let args: Vec<String> =
            self.strings(value, field).into_iter().map(|(arg, _)| arg).collect();
        if args.iter().any(|arg| arg.contains('\0')) {
            self.wrong(&value.span(), field, "an argument cannot hold a NUL character");
        }
        args
    }

    /// A list of strings, each with its line.
    pub(super) fn strings(&mut self, value: &Value<'_>, field: &str) -> Vec<Placed> {
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
}
