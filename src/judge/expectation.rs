//! What a problem's own solution must get: verdicts, points and words, on all tests or on some.

use super::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What must become of a solution. Everything that is said must hold; `Default` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Expectation {
    /// The verdicts that a test may get; empty: any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permitted: BTreeSet<Verdict>,
    /// The verdicts of which at least one test must get one; empty: none must.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub required: BTreeSet<Verdict>,
    /// The smallest and the largest score; both ends belong to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<[f64; 2]>,
    /// Words that a judge must say of at least one test that is not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What must become of it on some of the tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<PartExpectation>,
}

impl Expectation {
    /// Whether every test must be accepted.
    pub fn is_accepted(&self) -> bool {
        self.permitted.iter().eq([&Verdict::Accepted])
    }
}

/// What must become of a solution on some of a problem's tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartExpectation {
    /// Names of tests, or a pattern with `*` and `?`. `secret/small/*` is a group of tests.
    pub pattern: String,
    /// As in [`Expectation::permitted`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permitted: BTreeSet<Verdict>,
    /// As in [`Expectation::required`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub required: BTreeSet<Verdict>,
    /// The smallest and the largest score of the groups that the pattern covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<[f64; 2]>,
    /// As in [`Expectation::message`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a solution says about the time limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeUse {
    /// What its expectation implies: an accepted one must fit, one that must get TLE must not.
    #[default]
    Implied,
    /// Nothing, however fast it is.
    Ignored,
    /// The time limit must leave room for it.
    Lower,
    /// The time limit must stop it.
    Upper,
}
