//! `problem.toml` as a value: what importers and exporters write. `manifest.rs` reads the same keys.

use crate::judge::{
    About, Compare, Convention, Difficulty, Expectation, Group, Limits, StopPolicy, TimeUse, Timing,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that `problem.toml` can say.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Spec {
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) difficulty: Option<Difficulty>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
    /// Language ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) languages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) passes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop: Option<StopPolicy>,
    #[serde(skip_serializing_if = "About::is_empty")]
    pub(super) about: About,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timing: Option<Timing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compare: Option<Compare>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checker: Option<Program>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interactor: Option<Program>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) static_validator: Option<StaticSpec>,
    /// Entry and user file by language id; the files are those of `include/<language id>/`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) include: BTreeMap<String, IncludeSpec>,
    /// By test: the program below `generators/`, then its arguments.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) generators: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) validators: Vec<ValidatorSpec>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tests: Vec<TestSpec>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) solutions: Vec<SolutionSpec>,
}

/// `[checker]`, `[interactor]`.
#[allow(clippy::struct_field_names)] // The names are those of the file's keys.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Program {
    pub(super) program: String,
    pub(super) convention: Convention,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) args: Vec<String>,
}

/// `[static_validator]`: always in the ICPC's convention.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct StaticSpec {
    pub(super) program: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) args: Vec<String>,
    pub(super) points: f64,
}

/// `[include.<language id>]`.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct IncludeSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
}

/// `[[validators]]`: a folder below `validators/` and the program in it.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct ValidatorSpec {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) program: Program,
}

/// `[[tests]]`: what is said of the tests that fit a name or a pattern with `*` and `?`. Later entries win.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct TestSpec {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sample: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) args: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) judge_args: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) validator_args: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compare: Option<Compare>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
}

/// `[[solutions]]`: what is said of the solutions that fit a path or a pattern below `solutions/`. Later entries
/// win, key by key; what no entry says, the folder says.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct SolutionSpec {
    pub(super) path: String,
    /// A language id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    /// The main file of a folder of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entry: Option<String>,
    #[serde(flatten)]
    pub(super) expectation: Expectation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time_limit: Option<TimeUse>,
}

impl Spec {
    /// The text of `problem.toml`.
    pub(super) fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}
