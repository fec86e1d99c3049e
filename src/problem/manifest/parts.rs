//! Further programs and files of a package: `[static_validator]`, `[[validators]]`, `[include]`.

use super::{Reader, Value, judging::Program};
use crate::judge::{Convention, JudgeProgram, StaticValidator, Validator};
use std::collections::BTreeMap;

const MOST_VALIDATORS: usize = 100;

/// What is said of the files that lie beside submissions in one language.
#[derive(Debug, Default)]
pub(in crate::problem) struct IncludeEntry {
    /// The line of its key.
    pub(in crate::problem) line: u32,
    pub(in crate::problem) entry: Option<String>,
    pub(in crate::problem) user: Option<String>,
}

impl Reader<'_> {
    /// `[static_validator]`, and the line of its `program`.
    pub(super) fn static_validator(&mut self, value: &Value<'_>) -> Option<(StaticValidator, u32)> {
        const TABLE: &str = "static_validator";
        self.table(value, TABLE)?;
        let (mut program, mut points) = (Program::default(), 0.0);
        for (key, field, value) in self.known(value, TABLE, &["program", "args", "points"]) {
            match key {
                "points" => points = self.at_least(value, &field, 0.0).unwrap_or_default(),
                _ => self.program_key(&mut program, key, &field, value),
            }
        }
        let (program, line) = self.program(program, value, TABLE)?;
        let program = JudgeProgram { convention: Convention::Icpc, ..program };
        Some((StaticValidator { program, points }, line))
    }

    /// `[[validators]]`, each with the line of its `program`.
    pub(super) fn validators(&mut self, value: &Value<'_>) -> Vec<(Validator, u32)> {
        let tables = self.tables(value, "validators", MOST_VALIDATORS);
        let mut validators: Vec<(Validator, u32)> = Vec::new();
        for item in tables {
            let Some((validator, line)) = self.validator(item) else { continue };
            if validators.iter().any(|(other, _)| other.name == validator.name) {
                let message = format!("there are two validators `{}`", validator.name);
                self.wrong(&item.span(), "validators.name", message);
            } else {
                validators.push((validator, line));
            }
        }
        validators
    }

    fn validator(&mut self, value: &Value<'_>) -> Option<(Validator, u32)> {
        const TABLE: &str = "validators";
        let table = self.table(value, TABLE)?;
        let (mut name, mut program) = (None, Program::default());
        let known = ["name", "program", "convention", "args"];
        for (key, field, value) in self.known(value, TABLE, &known) {
            match key {
                "name" => name = self.string(value, &field),
                _ => self.program_key(&mut program, key, &field, value),
            }
        }
        if !table.contains_key("name") {
            let message = "is missing; it names a folder in validators/";
            self.wrong(&value.span(), "validators.name", message);
        }
        let (program, line) = self.program(program, value, TABLE)?;
        Some((Validator { name: name?, program }, line))
    }

    /// `[include.<language id>]`.
    pub(super) fn include(&mut self, value: &Value<'_>) -> BTreeMap<String, IncludeEntry> {
        let mut include = BTreeMap::new();
        for (key, value) in self.table(value, "include").into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let line = self.line(&key.span());
            let mut entry = IncludeEntry { line, ..IncludeEntry::default() };
            let place = format!("include.{name}");
            for (key, field, value) in self.known(value, &place, &["entry", "user"]) {
                let said = self.string(value, &field);
                *(if key == "entry" { &mut entry.entry } else { &mut entry.user }) = said;
            }
            include.insert(name.to_owned(), entry);
        }
        include
    }
}
