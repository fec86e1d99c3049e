//! `problem.yaml`: what both families of versions say, as one value.

mod latest;
mod legacy;

pub(super) use legacy::words;

use super::{
    constants::Constants,
    fields::Fields,
    yaml::{self, Key, Node, Value},
};
use crate::{
    judge::{About, Limits, Timing},
    problem::{import::Ignored, mistake::Mistakes},
};
use std::{collections::BTreeMap, rc::Rc};

/// Its name.
pub(super) const FILE: &str = "problem.yaml";
/// Where the format says nothing of a time limit, the one that is in force until it is worked out.
const PROVISIONAL_MS: u64 = 10_000;
const LICENSES: [&str; 7] =
    ["unknown", "public domain", "cc0", "cc by", "cc by-sa", "educational", "permission"];
/// What the native form takes.
const LONGEST_TAG: usize = 64;
const MOST_TAGS: usize = 32;

/// A version of the format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Version {
    /// The default.
    #[default]
    Legacy,
    /// The ICPC's subset of it: no scoring, no `include/`, no graders.
    LegacyIcpc,
    /// The present version.
    Latest,
    /// A draft of the present one; packages of its time may still have legacy groups.
    Draft,
}

impl Version {
    fn from_text(text: &str) -> Option<Self> {
        Some(match text {
            "legacy" => Self::Legacy,
            "legacy-icpc" => Self::LegacyIcpc,
            "2025-09" => Self::Latest,
            "2023-07" | "2023-07-draft" | "2025-09-draft" | "draft" => Self::Draft,
            _ => return None,
        })
    }

    /// The name it is told by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::LegacyIcpc => "legacy-icpc",
            Self::Latest | Self::Draft => "2025-09",
        }
    }

    /// Whether it is of the old family.
    pub(super) fn is_legacy(self) -> bool {
        matches!(self, Self::Legacy | Self::LegacyIcpc)
    }
}

/// What `problem.yaml` says.
#[derive(Debug, Default)]
pub(super) struct Meta {
    pub(super) version: Version,
    /// Titles by language; that of legacy packages has an empty language.
    pub(super) names: BTreeMap<String, String>,
    /// Line of `name`.
    pub(super) names_line: Option<u32>,
    pub(super) scoring: bool,
    pub(super) interactive: bool,
    pub(super) multi_pass: bool,
    /// Legacy only: whether outputs are judged by the package's own program. Later versions say it by having one.
    pub(super) custom: Option<bool>,
    /// Legacy only: whether that program says scores.
    pub(super) custom_score: bool,
    /// Legacy only: arguments of the output validators.
    pub(super) validator_flags: Vec<String>,
    /// Legacy only: whether the smallest score is the best.
    pub(super) minimize: bool,
    pub(super) about: About,
    pub(super) tags: Vec<String>,
    /// The codes of the languages that submissions may be in, and their line.
    pub(super) languages: Option<(u32, Vec<String>)>,
    pub(super) limits: Limits,
    pub(super) timing: Option<Timing>,
    pub(super) passes: u32,
    pub(super) constants: Constants,
}

/// Reads `problem.yaml`.
pub(super) fn read(text: &str, mistakes: &mut Mistakes, ignored: &mut Vec<Ignored>) -> Meta {
    let mut fields = Fields { file: FILE.to_owned(), mistakes };
    let root = match yaml::parse(text) {
        Ok(root) => root,
        Err((line, message)) => {
            fields.wrong(line, "", message);
            return Meta::default();
        }
    };
    let none = Node { line: 1, value: Value::Map(Vec::new()) };
    let root = root.as_deref().unwrap_or(&none);
    let entries = fields.map(root, "");
    let said = entries.iter().find(|(key, _)| key.text == "problem_format_version");
    let mut version = Version::Legacy;
    if let Some((_, node)) = said
        && let Some(text) = fields.text(node, "problem_format_version")
    {
        if let Some(known) = Version::from_text(&text) {
            version = known;
        } else {
            let message = format!(
                "`{text}` is no version that is known here; known are legacy, legacy-icpc and 2025-09"
            );
            fields.wrong(node.line, "problem_format_version", message);
            return Meta::default();
        }
    }
    let meta = Meta {
        version,
        limits: Limits {
            time_ms: PROVISIONAL_MS,
            memory_mib: 2048,
            output_mib: 8,
            ..Limits::default()
        },
        passes: 1,
        ..Meta::default()
    };
    let mut reader = Reader { fields, ignored, meta };
    if version.is_legacy() {
        reader.legacy(entries);
    } else {
        reader.latest(entries);
    }
    reader.meta
}

struct Reader<'m> {
    fields: Fields<'m>,
    ignored: &'m mut Vec<Ignored>,
    meta: Meta,
}

type Entries<'n> = &'n [(Key, Rc<Node>)];

impl Reader<'_> {
    fn ignore(&mut self, field: &str, reason: impl Into<String>) {
        self.ignored.push(Ignored {
            file: FILE.to_owned(),
            field: Some(field.to_owned()),
            reason: reason.into(),
        });
    }

    fn license(&mut self, node: &Node) {
        if let Some(license) = self.fields.word(node, "license", &LICENSES)
            && license != "unknown"
        {
            self.meta.about.license = Some(license.to_owned());
        }
    }

    /// Somebody must have the rights, where anybody has.
    fn rights(&mut self, entries: Entries<'_>) {
        let line = |name| entries.iter().find(|(key, _)| key.text == name).map(|(key, _)| key.line);
        let Some(at) = line("license") else { return };
        let about = &self.meta.about;
        let nobody = about.authors.is_empty() && about.source.is_none();
        match about.license.as_deref() {
            Some("public domain") => {
                if let Some(at) = line("rights_owner") {
                    let message = "nobody owns what is in the public domain; remove it";
                    self.fields.wrong(at, "rights_owner", message);
                }
            }
            Some(license) if about.rights_owner.is_none() && nobody => {
                let message = format!(
                    "`{license}` needs somebody who has the rights; add rights_owner, an author or a source"
                );
                self.fields.wrong(at, "license", message);
            }
            _ => {}
        }
    }

    /// Takes keywords as tags, as many as there may be.
    fn tags(&mut self, keywords: impl IntoIterator<Item = String>) {
        for keyword in keywords {
            let keyword = keyword.trim().to_owned();
            if self.meta.tags.contains(&keyword) {
                continue;
            }
            if keyword.is_empty() || keyword.chars().count() > LONGEST_TAG {
                let reason = format!("`{keyword}`: a tag has 1 to {LONGEST_TAG} characters");
                self.ignore("keywords", reason);
            } else if self.meta.tags.len() == MOST_TAGS {
                self.ignore("keywords", format!("`{keyword}`: there are at most {MOST_TAGS} tags"));
            } else {
                self.meta.tags.push(keyword);
            }
        }
    }

    /// The limits that are named alike in all versions; false for another key.
    fn limit(&mut self, key: &Key, node: &Node) -> bool {
        let field = format!("limits.{}", key.text);
        match key.text.as_str() {
            "memory" => {
                if let Some(mib) = self.fields.whole(node, &field, 4..=65_536) {
                    self.meta.limits.memory_mib = mib;
                }
            }
            "output" => {
                if let Some(mib) = self.fields.whole(node, &field, 1..=4096) {
                    self.meta.limits.output_mib = mib;
                }
            }
            "code" => self.bound(node, &field, "the daemon's own bound on sources holds"),
            "compilation_time" | "compilation_memory" => {
                self.bound(node, &field, "the evaluator's own bounds on compilers hold");
            }
            "validation_time" | "validation_memory" | "validation_output" => {
                self.bound(node, &field, "the evaluator's own bounds on programs that judge hold");
            }
            _ => return false,
        }
        true
    }

    /// A limit that is checked and not kept.
    fn bound(&mut self, node: &Node, field: &str, reason: &str) {
        if self.fields.whole(node, field, 1..=1 << 32).is_some() {
            self.ignore(field, reason);
        }
    }
}
