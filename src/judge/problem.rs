//! A problem: what is asked, within which limits, and how outputs are compared.

use super::{Compare, Group, JudgeProgram, Limits, StopPolicy};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// The short name of a problem in addresses and commands, such as `two-sum`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[schema(value_type = String, examples("two-sum"))]
pub struct Slug(String);

/// A text that cannot be a slug.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no slug: 1 to 64 lower-case letters, digits and hyphens, beginning with a letter or digit"
)]
pub struct SlugError(String);

impl Slug {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let fits = (1..=64).contains(&bytes.len())
            && plain(bytes[0])
            && bytes.iter().all(|&b| plain(b) || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(SlugError(text.to_owned())) }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How hard a problem is said to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    /// For beginners.
    Easy,
    /// In between; the default.
    #[default]
    Medium,
    /// For experts.
    Hard,
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
        })
    }
}

/// Everything a judge must know of a problem except the bytes of its tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// Its short name.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// Topics, such as `hash table`.
    pub tags: Vec<String>,
    /// The statement in Markdown, as the setter wrote it.
    pub statement: String,
    /// The ids of the languages that submissions may be in; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The limits of each test.
    pub limits: Limits,
    /// How outputs are compared, where no program does it.
    pub compare: Compare,
    /// The program that judges outputs in place of a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checker: Option<JudgeProgram>,
    /// The program that submissions talk to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interactor: Option<JudgeProgram>,
    /// How often a submission is run for one test at most; more than 1 is a multi-pass problem.
    #[serde(default = "one_pass", skip_serializing_if = "is_one")]
    pub passes: u32,
    /// Tests that are worth points together, in the order in which they are judged; empty where a
    /// problem is either solved or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Which failure keeps the rest of the tests from being judged.
    #[serde(default)]
    pub stop: StopPolicy,
    /// The tests, in the order in which they are judged.
    pub tests: Vec<TestCase>,
    /// Code around the user's own, by language id; empty where the user writes a whole program.
    pub stubs: BTreeMap<String, Stub>,
    /// Files that lie beside a submission when it is compiled and run, by language id or `default`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub include: BTreeMap<String, Include>,
    /// Programs that say whether an input is valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validators: Vec<Validator>,
    /// A program that judges the source of a submission before anything is run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_validator: Option<StaticValidator>,
    /// How the time limit follows from the times of the problem's own solutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// Statements in further languages and formats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementFile>,
    /// Who made it and where it comes from.
    #[serde(default, skip_serializing_if = "About::is_empty")]
    pub about: About,
}

fn one_pass() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // Serde passes a reference.
fn is_one(passes: &u32) -> bool {
    *passes == 1
}

/// One test, without its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestCase {
    /// Its name, such as `07-negative`.
    pub name: String,
    /// Whether it is shown to users as an example.
    pub sample: bool,
    /// Length of its input in bytes.
    pub input_bytes: u64,
    /// Length of its answer in bytes.
    pub answer_bytes: u64,
    /// Arguments of the program that is judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Arguments of the checker or the interactor, in place of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge_args: Option<Vec<String>>,
    /// Arguments of the input validators, in place of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator_args: Option<Vec<String>>,
    /// How its output is compared, in place of the problem's own way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Compare>,
    /// Names of files that lie beside the program when it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What it is there for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Files that lie beside a submission in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Include {
    /// Their names.
    pub files: Vec<String>,
    /// The folder below `include/` that holds them: the language itself, or the one it is a variant of.
    #[serde(default)]
    pub folder: String,
    /// The file that is compiled and run in place of the user's own: a driver that uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The name that the user's file gets, for the driver to find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// A program that says whether an input is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Validator {
    /// The folder below `validators/` that holds it.
    pub name: String,
    /// The program. With testlib's convention 0 says valid and 3 invalid, with the ICPC's 42 and 43; the
    /// input is on its standard input. A `.ctd` file is a checktestdata script.
    #[serde(flatten)]
    pub program: JudgeProgram,
}

/// A program that judges the source of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StaticValidator {
    /// The program, in the ICPC's convention.
    #[serde(flatten)]
    pub program: JudgeProgram,
    /// What it can earn beside the tests.
    #[serde(default)]
    pub points: f64,
}

/// How a time limit follows from the times of a problem's own solutions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Timing {
    /// The limit is at least the slowest solution that must fit, times this.
    pub ac_to_time_limit: f64,
    /// The fastest solution that must not fit takes at least the limit times this.
    pub time_limit_to_tle: f64,
    /// The limit is a multiple of this, in milliseconds.
    pub resolution_ms: u64,
    /// Whether the limit is to be worked out, because the package says none.
    pub inferred: bool,
}

/// A statement beside `statement.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StatementFile {
    /// Its path below `statements/`, such as `problem.sv.tex`.
    pub path: String,
    /// Its language, such as `sv`, as BCP 47 writes it.
    pub language: String,
    /// Its format.
    pub format: StatementFormat,
}

/// The format of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatementFormat {
    /// Markdown.
    Md,
    /// TeX.
    Tex,
    /// PDF.
    Pdf,
}

/// Who made a problem and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct About {
    /// The format that the package was in, such as `2025-09`; absent for a native one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Its number in the world.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The language of the title and of `statement.md`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Titles in other languages.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub titles: BTreeMap<String, String>,
    /// People.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Where it was used first, such as a contest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The address of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The licence, such as `cc by-sa`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Who has the rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights_owner: Option<String>,
}

impl About {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The code around a user's own in one language (`LeetCode` style).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Stub {
    /// Put before the user's code.
    pub start: String,
    /// What the user starts from.
    pub user: String,
    /// Put after the user's code.
    pub end: String,
}

impl Stub {
    /// The program that is judged: start, user's code and end, two line ends apart.
    pub fn join(&self, code: &str) -> String {
        format!("{}\n\n{code}\n\n{}", self.start, self.end)
    }
}

impl Problem {
    /// What lies beside a submission in a language.
    pub fn include_for(&self, language: &str) -> Option<&Include> {
        self.include.get(language).or_else(|| self.include.get("default"))
    }

    /// The ids of the languages that submissions may be in; `None`: all. Where a problem has code around the
    /// user's own, those that it has such code for.
    pub fn taken(&self) -> Option<Vec<&str>> {
        let listed =
            |id: &&str| self.languages.is_empty() || self.languages.iter().any(|l| l == id);
        if !self.stubs.is_empty() {
            return Some(self.stubs.keys().map(String::as_str).filter(listed).collect());
        }
        let listed = self.languages.iter().map(String::as_str);
        (!self.languages.is_empty()).then(|| listed.collect())
    }

    /// The program that is judged when a user sends `code` in a language.
    pub fn program(&self, language: &str, code: &str) -> String {
        match self.stubs.get(language) {
            Some(stub) => stub.join(code),
            None => code.to_owned(),
        }
    }
}

#[cfg(test)]
impl Problem {
    /// A problem without anything, to be filled in.
    pub(crate) fn empty() -> Self {
        Self {
            slug: Slug("empty".to_owned()),
            title: String::new(),
            difficulty: Difficulty::Easy,
            tags: Vec::new(),
            statement: String::new(),
            languages: Vec::new(),
            limits: Limits::default(),
            compare: Compare::Tokens,
            checker: None,
            interactor: None,
            passes: 1,
            groups: Vec::new(),
            stop: StopPolicy::Never,
            tests: Vec::new(),
            stubs: BTreeMap::new(),
            include: BTreeMap::new(),
            validators: Vec::new(),
            static_validator: None,
            timing: None,
            statements: Vec::new(),
            about: About::default(),
        }
    }
}

impl TestCase {
    /// A test of which nothing special is said.
    pub fn plain(name: String, sample: bool, input_bytes: u64, answer_bytes: u64) -> Self {
        Self {
            name,
            sample,
            input_bytes,
            answer_bytes,
            args: Vec::new(),
            judge_args: None,
            validator_args: None,
            compare: None,
            files: Vec::new(),
            description: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        for good in ["a", "two-sum", "3sum", &"x".repeat(64)] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "Two", "a_b", "../x", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }
}
