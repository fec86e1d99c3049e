//! Groups of tests, what they are worth, and which tests are still to be judged.

mod plan;
#[cfg(test)]
mod properties;
mod value;

pub use plan::{Plan, StaticWord};

use super::Verdict;
use serde::{Deserialize, Serialize};

/// Tests that are worth points together. Tests of no group are worth none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The names of its tests.
    pub tests: Vec<String>,
    /// What it is worth.
    pub points: f64,
    /// How the parts that its tests and groups earn become its points.
    pub score: Aggregate,
    /// The groups all of whose tests must be accepted, or this one is not run and earns nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Whether its other tests are left out once one of them has earned nothing.
    pub stop: bool,
    /// The group that this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Whether there is no largest number of points: every test must say its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unbounded: bool,
    /// How a legacy ICPC package grades it, in place of shares of its points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grader: Option<Grader>,
}

/// The default grader of legacy ICPC packages: a group's verdict and score from those of its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Grader {
    /// Which verdict the group gets.
    pub verdict: GraderVerdict,
    /// What a test is worth that is accepted, where its judge says no score.
    pub accept_score: f64,
    /// What a test is worth that is not.
    pub reject_score: f64,
    /// Whether one accepted part makes the group accepted.
    pub any_accepted: bool,
    /// Whether the samples count for nothing.
    pub ignore_sample: bool,
}

/// Which of its parts' verdicts a legacy group gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GraderVerdict {
    /// The worst: JE, IF, RTE, MLE, TLE, OLE, WA.
    WorstError,
    /// The first that is not accepted.
    FirstError,
    /// Always accepted.
    AlwaysAccept,
}

/// How the parts that tests earn become a group's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// The smallest: each test is worth all of the group's points.
    Min,
    /// The sum: each test is worth an equal share of the group's points.
    Sum,
    /// The mean: each test is worth all of the group's points.
    Avg,
    /// The largest: each test is worth all of the group's points.
    Max,
}

/// Which failure keeps the rest of a problem's tests from being judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopPolicy {
    /// None: every test is judged, but for what the groups say.
    #[default]
    Never,
    /// The first test that is not accepted.
    FirstFailure,
}

/// Points of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Score {
    /// Those it has.
    pub points: f64,
    /// Those there are; those it has where there is no largest number.
    pub max: f64,
}

impl Score {
    /// Whether it is more than nothing and less than everything.
    pub fn is_partial(&self) -> bool {
        self.points > 0.0 && self.points < self.max
    }
}

/// What became of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupResult {
    /// Its name.
    pub name: String,
    /// The first verdict in it that is not AC, else AC, or what its grader makes of them; absent when none
    /// of its tests was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The points it earned.
    pub points: f64,
    /// The points it is worth; those it earned where there is no largest number.
    pub max: f64,
    /// Its tests that were accepted, those of the groups in it among them.
    pub passed: u32,
    /// Its tests that were not judged.
    #[serde(default)]
    pub skipped: u32,
    /// Its tests.
    pub total: u32,
}
