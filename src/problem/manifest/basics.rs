//! What every problem has: title, difficulty, tags, limits and the comparison.

use super::{FILE, Reader, Value};
use crate::judge::{Compare, Difficulty, Limits};
use std::collections::BTreeMap;

const LONGEST_TITLE: usize = 200;
const LONGEST_TAG: usize = 64;
const MOST_TAGS: usize = 32;
/// The tolerances of `float` where nothing is said.
const TOLERANCE: f64 = 1e-6;
const MODES: &str = "tokens, exact, caseless, float, lines and icpc";

impl Reader<'_> {
    pub(super) fn title(&mut self, value: &Value<'_>) -> String {
        self.label(value, "title", LONGEST_TITLE).unwrap_or_default()
    }

    pub(super) fn difficulty(&mut self, value: &Value<'_>) -> Difficulty {
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

    pub(super) fn languages(&mut self, value: &Value<'_>) -> Vec<String> {
        let mut languages: Vec<String> = Vec::new();
        for (id, _) in self.strings(value, "languages") {
            if languages.contains(&id) {
                self.wrong(&value.span(), "languages", format!("`{id}` is there twice"));
            } else {
                languages.push(id);
            }
        }
        if languages.is_empty() {
            let message = "names none; without the key, every language is taken";
            self.wrong(&value.span(), "languages", message);
        }
        languages
    }

    pub(super) fn tags(&mut self, value: &Value<'_>) -> Vec<String> {
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

    pub(super) fn limits(&mut self, value: &Value<'_>) -> Limits {
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

    /// A comparison: `[compare]`, or that of a test.
    pub(super) fn compare(&mut self, value: &Value<'_>, place: &str) -> Compare {
        let Some(table) = self.table(value, place) else { return Compare::default() };
        let field = format!("{place}.mode");
        let mode = table.get("mode").and_then(|mode| self.string(mode, &field));
        if !table.contains_key("mode") {
            self.wrong(&value.span(), &field, format!("is missing; one of {MODES}"));
        }
        let (mut absolute, mut relative) = (None, None);
        let (mut case_sensitive, mut space_change_sensitive) = (false, false);
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let field = format!("{place}.{name}");
            match (name, mode.as_deref()) {
                ("mode", _) => {}
                ("absolute", Some("float" | "icpc")) => absolute = self.tolerance(value, &field),
                ("relative", Some("float" | "icpc")) => relative = self.tolerance(value, &field),
                ("absolute" | "relative", _) => {
                    let message = "belongs to mode = \"float\" and mode = \"icpc\" only";
                    self.wrong(&key.span(), &field, message);
                }
                ("case_sensitive", Some("icpc")) => case_sensitive = self.truth(value, &field),
                ("space_change_sensitive", Some("icpc")) => {
                    space_change_sensitive = self.truth(value, &field);
                }
                ("case_sensitive" | "space_change_sensitive", _) => {
                    self.wrong(&key.span(), &field, "belongs to mode = \"icpc\" only");
                }
                _ => {
                    let message = "unknown key; known are mode, absolute, relative, \
                                   case_sensitive and space_change_sensitive";
                    self.wrong(&key.span(), &field, message);
                }
            }
        }
        match mode.as_deref() {
            Some("tokens") | None => Compare::Tokens,
            Some("exact") => Compare::Exact,
            Some("caseless") => Compare::Caseless,
            Some("lines") => Compare::Lines,
            Some("float") => Compare::Float {
                absolute: absolute.unwrap_or(TOLERANCE),
                relative: relative.unwrap_or(TOLERANCE),
            },
            Some("icpc") => {
                Compare::Icpc { case_sensitive, space_change_sensitive, absolute, relative }
            }
            Some(other) => {
                let message = format!("`{other}` is none of {MODES}");
                self.wrong(&table["mode"].span(), &format!("{place}.mode"), message);
                Compare::Tokens
            }
        }
    }

    fn tolerance(&mut self, value: &Value<'_>, field: &str) -> Option<f64> {
        self.at_least(value, field, 0.0)
    }
}
