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
}

fn one_pass() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // Serde passes a reference.
fn is_one(passes: &u32) -> bool {
    *passes == 1
}

/// One test, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestCase {
    /// Its name, such as `07-negative`.
    pub name: String,
    /// Whether it is shown to users as an example.
    pub sample: bool,
    /// Length of its input in bytes.
    pub input_bytes: u64,
    /// Length of its answer in bytes.
    pub answer_bytes: u64,
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
            limits: Limits::default(),
            compare: Compare::Tokens,
            checker: None,
            interactor: None,
            passes: 1,
            groups: Vec::new(),
            stop: StopPolicy::Never,
            tests: Vec::new(),
            stubs: BTreeMap::new(),
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
