//! `problem.yaml` of `legacy` and `legacy-icpc`.

use super::{Entries, Reader, Version};
use crate::{
    judge::Timing,
    problem::import::icpc::{fields::within, yaml::Node},
};

const KNOWN: &str = "problem_format_version, type, name, uuid, author, source, source_url, license, rights_owner, \
                     limits, validation, validator_flags, grading and keywords";
const LIMITS: &str = "time_multiplier, time_safety_margin, memory, output, code, compilation_time, \
                      compilation_memory, validation_time, validation_memory, validation_output and \
                      validation_passes";

impl Reader<'_> {
    pub(super) fn legacy(&mut self, entries: Entries<'_>) {
        self.meta.custom = Some(false);
        self.meta.timing = Some(Timing {
            ac_to_time_limit: 5.0,
            time_limit_to_tle: 2.0,
            resolution_ms: 1000,
            inferred: true,
        });
        for (key, node) in entries {
            // Templates leave keys without a value.
            if node.is_null() && key.text != "problem_format_version" && KNOWN.contains(&key.text) {
                continue;
            }
            match key.text.as_str() {
                "problem_format_version" => {}
                "type" => {
                    let types = ["pass-fail", "scoring"];
                    let word = self.fields.word(node, "type", &types);
                    self.meta.scoring = word == Some("scoring");
                    if self.meta.scoring && self.meta.version == Version::LegacyIcpc {
                        let message =
                            "legacy-icpc knows no scoring; problem_format_version: legacy does";
                        self.fields.wrong(node.line, "type", message);
                    }
                }
                "name" => {
                    if let Some(name) = self.fields.text(node, "name") {
                        self.meta.names.insert(String::new(), name);
                        self.meta.names_line = Some(key.line);
                    }
                }
                "uuid" => self.meta.about.uuid = self.fields.text(node, "uuid"),
                "author" => {
                    let text = self.fields.text(node, "author").unwrap_or_default();
                    let names = text.split(',').flat_map(|part| part.split(" and ")).map(str::trim);
                    self.meta.about.authors =
                        names.filter(|n| !n.is_empty()).map(str::to_owned).collect();
                }
                "source" => self.meta.about.source = self.fields.text(node, "source"),
                "source_url" => self.meta.about.source_url = self.fields.text(node, "source_url"),
                "license" => self.license(node),
                "rights_owner" => {
                    self.meta.about.rights_owner = self.fields.text(node, "rights_owner");
                }
                "limits" => self.legacy_limits(node),
                "validation" => self.validation(node),
                "validator_flags" => {
                    let flags = self.fields.text(node, "validator_flags").unwrap_or_default();
                    self.meta.validator_flags = words(&flags);
                }
                "grading" => self.grading(node),
                "keywords" => {
                    let text = self.fields.text(node, "keywords").unwrap_or_default();
                    self.tags(text.split_whitespace().map(str::to_owned));
                }
                _ => self.fields.unknown("", key, KNOWN),
            }
        }
        if self.meta.about.source.is_none()
            && let Some((key, _)) =
                entries.iter().find(|(key, node)| key.text == "source_url" && !node.is_null())
        {
            self.fields.wrong(
                key.line,
                "source_url",
                "says the address of a source that is not named; add source",
            );
        }
        self.rights(entries);
    }

    fn legacy_limits(&mut self, node: &Node) {
        for (key, node) in self.fields.map(node, "limits") {
            let field = within("limits", &key.text);
            match key.text.as_str() {
                "time_multiplier" | "time_safety_margin" => {
                    let factor = self.fields.number(node, &field, |n| n > 0.0, "more than 0");
                    if let (Some(factor), Some(timing)) = (factor, &mut self.meta.timing) {
                        match key.text.as_str() {
                            "time_multiplier" => timing.ac_to_time_limit = factor,
                            _ => timing.time_limit_to_tle = factor,
                        }
                    }
                }
                // Of DOMjudge, for its multi-pass problems.
                "validation_passes" => {
                    if let Some(passes) = self.fields.whole(node, &field, 2..=1000) {
                        self.meta.passes = passes as u32;
                    }
                }
                _ if self.limit(key, node) => {}
                _ => self.fields.unknown("limits", key, LIMITS),
            }
        }
    }

    /// `default`, or `custom` and what more.
    fn validation(&mut self, node: &Node) {
        let text = self.fields.text(node, "validation").unwrap_or_default();
        let mut more = text.split_whitespace();
        match more.next() {
            Some("default") => {}
            Some("custom") => self.meta.custom = Some(true),
            _ => {
                let message = format!("`{text}` begins with neither default nor custom");
                self.fields.wrong(node.line, "validation", message);
                return;
            }
        }
        for word in more {
            let custom = self.meta.custom == Some(true);
            match word {
                "interactive" if custom => self.meta.interactive = true,
                // Of DOMjudge; the format's own later versions have it.
                "multi-pass" if custom => {
                    self.meta.multi_pass = true;
                    self.meta.passes = self.meta.passes.max(2);
                }
                "score" if custom && self.meta.version == Version::Legacy => {
                    self.meta.custom_score = true;
                }
                _ => {
                    let message = format!(
                        "`{word}` is not known here; known are default, custom, custom interactive, and `score` in legacy"
                    );
                    self.fields.wrong(node.line, "validation", message);
                }
            }
        }
    }

    fn grading(&mut self, node: &Node) {
        for (key, node) in self.fields.map(node, "grading") {
            match key.text.as_str() {
                "objective" => {
                    let word = self.fields.word(node, "grading.objective", &["max", "min"]);
                    self.meta.minimize = word == Some("min");
                    if self.meta.minimize {
                        let message = "the smallest score as the best one is not known here; turn the scores around";
                        self.fields.wrong(node.line, "grading.objective", message);
                    }
                }
                "show_test_data_groups" => {
                    if self.fields.flag(node, "grading.show_test_data_groups") == Some(false) {
                        self.ignore("grading.show_test_data_groups", "groups are always shown");
                    }
                }
                _ => self.fields.unknown("grading", key, "objective and show_test_data_groups"),
            }
        }
    }
}

/// Splits flags as the format's tools do: at white space, with quotes around words that hold some.
pub(in crate::problem::import::icpc) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
