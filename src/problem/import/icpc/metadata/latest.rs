//! `problem.yaml` of `2025-09` and its drafts.

use super::{Entries, Reader};
use crate::{
    judge::Timing,
    problem::import::icpc::{
        codes,
        fields::within,
        yaml::{Node, Value},
    },
};

const KNOWN: &str = "problem_format_version, type, name, uuid, version, credits, source, license, rights_owner, \
                     embargo_until, limits, keywords, languages, allow_file_writing and constants";
const LIMITS: &str = "time_multipliers, time_limit, time_resolution, memory, output, code, compilation_time, \
                      compilation_memory, validation_time, validation_memory, validation_output and \
                      validation_passes";
const TYPES: [&str; 5] = ["pass-fail", "scoring", "interactive", "multi-pass", "submit-answer"];
const ROLES: &str = "authors, contributors, testers, translators, packagers and acknowledgements";

impl Reader<'_> {
    pub(super) fn latest(&mut self, entries: Entries<'_>) {
        self.meta.timing = Some(Timing {
            ac_to_time_limit: 2.0,
            time_limit_to_tle: 1.5,
            resolution_ms: 1000,
            inferred: true,
        });
        for (key, node) in entries {
            match key.text.as_str() {
                "problem_format_version" => {}
                "type" => self.types(node),
                "name" => {
                    self.meta.names_line = Some(key.line);
                    self.names(node);
                }
                "uuid" => self.uuid(node),
                "version" => {
                    if self.fields.text(node, "version").is_some() {
                        self.ignore("version", "versions are told by the contents here");
                    }
                }
                "credits" => self.credits(node),
                "source" => self.source(node),
                "license" => self.license(node),
                "rights_owner" => {
                    self.meta.about.rights_owner = self.fields.text(node, "rights_owner");
                }
                "embargo_until" => {
                    if self.fields.text(node, "embargo_until").is_some() {
                        self.ignore("embargo_until", "a local judge publishes nothing");
                    }
                }
                "limits" => self.latest_limits(node),
                "keywords" => {
                    let keywords = self.fields.texts(node, "keywords");
                    self.tags(keywords);
                }
                "languages" => self.languages(node),
                "allow_file_writing" => {
                    if self.fields.flag(node, "allow_file_writing") == Some(false) {
                        let reason =
                            "programs may write into their own folder, within the memory limit";
                        self.ignore("allow_file_writing", reason);
                    }
                }
                "constants" => self.meta.constants.read(node, &mut self.fields),
                "source_url" => {
                    let message = "belongs to legacy packages; write source: {name: …, url: …}";
                    self.fields.wrong(key.line, "source_url", message);
                }
                _ => self.fields.unknown("", key, KNOWN),
            }
        }
        for required in ["name", "uuid"] {
            if !entries.iter().any(|(key, _)| key.text == required) {
                let version = self.meta.version.name();
                self.fields.wrong(1, required, format!("is missing; {version} requires it"));
            }
        }
        self.rights(entries);
        if self.meta.multi_pass {
            self.meta.passes = self.meta.passes.max(2);
        } else if self.meta.passes > 1 {
            self.meta.passes = 1;
            let at =
                entries.iter().find(|(key, _)| key.text == "limits").map_or(1, |(key, _)| key.line);
            let message = "only a problem of type multi-pass has passes";
            self.fields.wrong(at, "limits.validation_passes", message);
        }
    }

    fn types(&mut self, node: &Node) {
        let types = self.fields.one_or_more(node, "type");
        let has = |name: &str| types.iter().any(|(_, known)| known == name);
        for (at, (line, kind)) in types.iter().enumerate() {
            let message = if !TYPES.contains(&kind.as_str()) {
                let mend = if kind.contains(' ') {
                    "; write a list, such as [pass-fail, interactive]"
                } else {
                    ""
                };
                format!("`{kind}` is none of {}{mend}", TYPES.join(", "))
            } else if types[..at].iter().any(|(_, earlier)| earlier == kind) {
                format!("`{kind}` is there twice")
            } else {
                continue;
            };
            self.fields.wrong(*line, "type", message);
        }
        for (one, other) in [
            ("pass-fail", "scoring"),
            ("submit-answer", "multi-pass"),
            ("submit-answer", "interactive"),
        ] {
            if has(one) && has(other) {
                self.fields.wrong(
                    node.line,
                    "type",
                    format!("{one} and {other} exclude each other"),
                );
            }
        }
        if has("submit-answer") {
            let message =
                "problems whose answers are submitted in place of a program are not judged here";
            self.fields.wrong(node.line, "type", message);
        }
        self.meta.scoring = has("scoring");
        self.meta.interactive = has("interactive");
        self.meta.multi_pass = has("multi-pass");
    }

    fn names(&mut self, node: &Node) {
        if let Value::Map(entries) = &node.value {
            for (key, node) in entries {
                if let Some(name) = self.fields.text(node, &within("name", &key.text)) {
                    self.meta.names.insert(key.text.clone(), name);
                }
            }
        } else if let Some(name) = self.fields.text(node, "name") {
            self.meta.names.insert("en".to_owned(), name);
        }
    }

    fn uuid(&mut self, node: &Node) {
        let Some(text) = self.fields.text(node, "uuid") else { return };
        let parts: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let digits = parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()));
        if lengths == [8, 4, 4, 4, 12] && digits {
            self.meta.about.uuid = Some(text);
        } else {
            self.fields.wrong(
                node.line,
                "uuid",
                format!("`{text}` is no UUID (8-4-4-4-12 hexadecimal digits)"),
            );
        }
    }

    /// A person: a text, or a map with a name.
    fn person(&mut self, node: &Node, field: &str) -> Option<String> {
        let Value::Map(entries) = &node.value else { return self.fields.text(node, field) };
        let (mut name, mut email) = (None, None);
        for (key, node) in entries {
            let field = within(field, &key.text);
            match key.text.as_str() {
                "name" => name = self.fields.text(node, &field),
                "email" => email = self.fields.optional_text(node, &field),
                "orcid" | "kattis" => {
                    if self.fields.optional_text(node, &field).is_some() {
                        self.ignore(&field, "of people, names and addresses are kept");
                    }
                }
                _ => self.fields.unknown(&field, key, "name, email, orcid and kattis"),
            }
        }
        if name.is_none() {
            self.fields.wrong(node.line, &within(field, "name"), "is missing");
        }
        Some(email.map_or_else(
            || name.clone().unwrap_or_default(),
            |e| format!("{} <{e}>", name.clone().unwrap_or_default()),
        ))
    }

    fn people(&mut self, node: &Node, field: &str) -> Vec<String> {
        match &node.value {
            Value::List(items) => {
                items.iter().filter_map(|item| self.person(item, field)).collect()
            }
            _ => self.person(node, field).into_iter().collect(),
        }
    }

    fn credits(&mut self, node: &Node) {
        let Value::Map(entries) = &node.value else {
            self.meta.about.authors = self.fields.text(node, "credits").into_iter().collect();
            return;
        };
        for (key, node) in entries {
            let field = within("credits", &key.text);
            // Templates leave roles that nobody has.
            if node.is_null() && ROLES.contains(&key.text) {
                continue;
            }
            match key.text.as_str() {
                "authors" => self.meta.about.authors = self.people(node, &field),
                "contributors" | "testers" | "packagers" | "acknowledgements" => {
                    if !self.people(node, &field).is_empty() {
                        self.ignore(&field, "of the people, the authors are kept");
                    }
                }
                "translators" => {
                    for (language, node) in self.fields.map(node, &field) {
                        self.people(node, &within(&field, &language.text));
                    }
                    self.ignore(&field, "of the people, the authors are kept");
                }
                _ => self.fields.unknown("credits", key, ROLES),
            }
        }
    }

    fn source(&mut self, node: &Node) {
        let sources: Vec<&Node> = match &node.value {
            Value::List(items) => items.iter().map(|item| &**item).collect(),
            _ => vec![node],
        };
        for (at, node) in sources.into_iter().enumerate() {
            let (mut name, mut url) = (None, None);
            if let Value::Map(entries) = &node.value {
                for (key, node) in entries {
                    match key.text.as_str() {
                        "name" => name = self.fields.text(node, "source.name"),
                        "url" => url = self.fields.optional_text(node, "source.url"),
                        _ => self.fields.unknown("source", key, "name and url"),
                    }
                }
                if name.is_none() {
                    self.fields.wrong(node.line, "source.name", "is missing");
                }
            } else {
                name = self.fields.text(node, "source");
            }
            if at == 0 {
                (self.meta.about.source, self.meta.about.source_url) = (name, url);
            } else {
                let name = name.unwrap_or_default();
                self.ignore("source", format!("`{name}`: of several sources, the first is kept"));
            }
        }
    }

    fn latest_limits(&mut self, node: &Node) {
        let mut limit = None;
        for (key, node) in self.fields.map(node, "limits") {
            let field = within("limits", &key.text);
            match key.text.as_str() {
                "time_limit" => {
                    let fits = |n: f64| n > 0.0 && n <= 600.0;
                    limit = self.fields.number(
                        node,
                        &field,
                        fits,
                        "more than 0 and at most 600 seconds",
                    );
                    if let (Some(seconds), Some(timing)) = (limit, &mut self.meta.timing) {
                        self.meta.limits.time_ms = ((seconds * 1000.0).round() as u64).max(1);
                        timing.inferred = false;
                    }
                }
                "time_resolution" => {
                    let fits = |n: f64| (0.001..=600.0).contains(&n);
                    let seconds = self.fields.number(node, &field, fits, "0.001 to 600 seconds");
                    if let (Some(seconds), Some(timing)) = (seconds, &mut self.meta.timing) {
                        timing.resolution_ms = (seconds * 1000.0).round() as u64;
                    }
                }
                "time_multipliers" => self.multipliers(node),
                "validation_passes" => {
                    if let Some(passes) = self.fields.whole(node, &field, 2..=1000) {
                        self.meta.passes = passes as u32;
                    }
                }
                _ if self.limit(key, node) => {}
                _ => self.fields.unknown("limits", key, LIMITS),
            }
        }
        let resolution = self.meta.timing.map_or(1000, |timing| timing.resolution_ms);
        if limit.is_some() && !self.meta.limits.time_ms.is_multiple_of(resolution) {
            let message = format!(
                "{} ms is no multiple of time_resolution, {resolution} ms; change one of them",
                self.meta.limits.time_ms
            );
            self.fields.wrong(node.line, "limits.time_limit", message);
        }
    }

    fn multipliers(&mut self, node: &Node) {
        for (key, node) in self.fields.map(node, "limits.time_multipliers") {
            let field = within("limits.time_multipliers", &key.text);
            let ac = match key.text.as_str() {
                "ac_to_time_limit" => true,
                "time_limit_to_tle" => false,
                _ => {
                    let known = "ac_to_time_limit and time_limit_to_tle";
                    self.fields.unknown("limits.time_multipliers", key, known);
                    continue;
                }
            };
            let factor = self.fields.number(node, &field, |n| n >= 1.0, "at least 1");
            if let (Some(factor), Some(timing)) = (factor, &mut self.meta.timing) {
                if ac {
                    timing.ac_to_time_limit = factor;
                } else {
                    timing.time_limit_to_tle = factor;
                }
            }
        }
    }

    fn languages(&mut self, node: &Node) {
        let languages = self.fields.one_or_more(node, "languages");
        if matches!(&*languages, [(_, all)] if all == "all") {
            return;
        }
        for (line, code) in &languages {
            if !codes::is_known(code) {
                let message = format!("`{code}` is no code of a language, such as cpp or python3");
                self.fields.wrong(*line, "languages", message);
            }
        }
        let known =
            languages.into_iter().map(|(_, code)| code).filter(|code| codes::is_known(code));
        let known: Vec<String> = known.collect();
        self.meta.languages = (!known.is_empty()).then_some((node.line, known));
    }
}
