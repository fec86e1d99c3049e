//! What the Competitive Companion browser extension posts: a problem of some judge's page, with its
//! samples and limits, and without a statement.

use super::Ignored;
use crate::{
    judge::{About, Limits},
    problem::{files::create, manifest, mistake::Mistakes, native::STATEMENT, spec::Spec},
};
use serde_json::Value;
use std::{
    io::{self, Write},
    path::Path,
};

/// What mistakes call the document.
const DOCUMENT: &str = "document";
/// The longest title and the longest tag, in characters.
const LONGEST_TITLE: usize = 200;
const LONGEST_TAG: usize = 64;

/// Whether a document is one of those that the extension posts: those of the seed systems have neither
/// a `tests` list nor a `url`.
pub(super) fn is(document: &Value) -> bool {
    document.get("tests").is_some_and(Value::is_array)
        && document.get("url").is_some_and(Value::is_string)
        && document.get("name").is_some()
}

/// Writes the package of a document into an empty folder.
pub(super) fn write(
    document: &Value,
    dir: &Path,
    mistakes: &mut Mistakes,
    ignored: &mut Vec<Ignored>,
) -> io::Result<()> {
    let mut writer = Writer { document, dir, mistakes, ignored };
    writer.tests()?;
    let limits = writer.limits();
    writer.conditions();
    let line = |key: &str, most: usize| -> String {
        let text = document.get(key).and_then(Value::as_str).unwrap_or_default();
        let plain: String = text.chars().filter(|c| !c.is_control()).take(most).collect();
        plain.trim().to_owned()
    };
    let (title, group, url) =
        (line("name", LONGEST_TITLE), line("group", LONGEST_TITLE), line("url", 2000));
    if title.is_empty() {
        writer.wrong("name", "is missing");
    }
    let tag: String = group.chars().take(LONGEST_TAG).collect();
    let spec = Spec {
        title: title.clone(),
        tags: Some(tag.trim().to_owned()).filter(|tag| !tag.is_empty()).into_iter().collect(),
        limits: Some(limits),
        about: About {
            format: Some(super::detect::COMPANION.to_owned()),
            source: Some(group).filter(|group| !group.is_empty()),
            source_url: Some(url.clone()).filter(|url| !url.is_empty()),
            ..About::default()
        },
        ..Spec::default()
    };
    let manifest = spec.to_toml().map_err(io::Error::other)?;
    writer.file(manifest::FILE, &manifest)?;
    writer.file(STATEMENT, &format!("# {title}\n\nThe statement is at <{url}>.\n"))
}

struct Writer<'a> {
    document: &'a Value,
    dir: &'a Path,
    mistakes: &'a mut Mistakes,
    ignored: &'a mut Vec<Ignored>,
}

impl Writer<'_> {
    fn file(&self, path: &str, text: &str) -> io::Result<()> {
        create(&self.dir.join(path))?.write_all(text.as_bytes())
    }

    fn wrong(&mut self, field: &str, message: impl AsRef<str>) {
        self.mistakes.field(DOCUMENT, None, field, message);
    }

    fn ignore(&mut self, field: &str, reason: &str) {
        self.ignored.push(Ignored::field(DOCUMENT, field, reason));
    }

    fn tests(&mut self) -> io::Result<()> {
        let tests = self.document.get("tests").and_then(Value::as_array);
        let tests = tests.map(Vec::as_slice).unwrap_or_default();
        if tests.is_empty() {
            self.wrong("tests", "is empty; a problem without samples cannot be judged");
        }
        let width = tests.len().to_string().len().max(2);
        for (index, test) in tests.iter().enumerate() {
            for (key, extension) in [("input", "in"), ("output", "out")] {
                let Some(text) = test.get(key).and_then(Value::as_str) else {
                    self.wrong(&format!("tests[{index}].{key}"), "must be a string");
                    continue;
                };
                self.file(&format!("tests/sample/{:0width$}.{extension}", index + 1), text)?;
            }
        }
        Ok(())
    }

    fn limits(&mut self) -> Limits {
        let mut limits = Limits::default();
        for (key, place) in
            [("timeLimit", &mut limits.time_ms), ("memoryLimit", &mut limits.memory_mib)]
        {
            match self.document.get(key) {
                None | Some(Value::Null) => {}
                Some(value) => match value.as_f64().filter(|number| *number > 0.0) {
                    Some(number) => *place = number.ceil() as u64,
                    None => {
                        self.mistakes.field(DOCUMENT, None, key, "must be a number above 0");
                    }
                },
            }
        }
        for (field, message) in limits.mistakes() {
            let field = if field.ends_with("time_ms") { "timeLimit" } else { "memoryLimit" };
            self.wrong(field, message);
        }
        limits
    }

    /// What the page asks for and cannot be kept.
    fn conditions(&mut self) {
        let nothing =
            "only the samples are known, and no solution: nothing proves that more is right";
        self.ignore("tests", nothing);
        if self.document.get("interactive") == Some(&Value::Bool(true)) {
            self.ignore(
                "interactive",
                "there is no interactor; outputs are compared with the samples'",
            );
        }
        for key in ["input", "output"] {
            let kind = self.document.get(key).and_then(|stream| stream.get("type"));
            let standard = ["stdin", "stdout"];
            if kind.and_then(Value::as_str).is_some_and(|kind| !standard.contains(&kind)) {
                self.ignore(
                    key,
                    "programs read standard input and write standard output, no files",
                );
            }
        }
    }
}
