//! Groups of tests, what they are worth, and which tests are still to be judged.

use super::{Outcome, Problem, Share, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tests that are worth points together. Tests of no group are worth none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The names of its tests.
    pub tests: Vec<String>,
    /// What it is worth.
    pub points: f64,
    /// How the parts that its tests earn become its points.
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
    /// The smallest part of all tests, of all the group's points.
    Min,
    /// Every test earns its part of an equal share of the group's points.
    Sum,
    /// The mean of all parts.
    Avg,
    /// The largest.
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
    /// Those there are.
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
    /// The first verdict in it that is not AC, else AC; absent when none of its tests was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The points it earned.
    pub points: f64,
    /// The points it is worth.
    pub max: f64,
    /// Its tests that were accepted.
    pub passed: u32,
    /// Its tests that were not judged.
    #[serde(default)]
    pub skipped: u32,
    /// Its tests.
    pub total: u32,
}

/// Which tests of a problem are to be judged, and what their verdicts are worth together.
///
/// Indices count from 0, in the order of [`Problem::tests`]. What is wanted follows only from the
/// results of earlier tests, so that it does not depend on how many tests are under way at one time:
/// results are recorded in order, and just before a test's result is recorded it is asked once more
/// whether the test is still wanted. If not, whatever became of it does not count.
#[derive(Clone, Debug)]
pub struct Plan {
    stop: StopPolicy,
    groups: Vec<Group>,
    /// Place in `groups` by test.
    group_of: Vec<Option<usize>>,
    /// Places in `groups` of what each one requires.
    requires: Vec<Vec<usize>>,
    /// Verdict and earned part, 0 to 1, of the tests that were judged.
    results: Vec<Option<(Verdict, f64)>>,
}

impl Plan {
    /// The plan of a problem none of whose tests was judged.
    pub fn new(problem: &Problem) -> Self {
        let names = problem.groups.iter().enumerate();
        let places: BTreeMap<&str, usize> =
            names.clone().map(|(at, group)| (group.name.as_str(), at)).collect();
        let by_test: BTreeMap<&str, usize> = names
            .flat_map(|(at, group)| group.tests.iter().map(move |test| (test.as_str(), at)))
            .collect();
        let places_of = |group: &Group| {
            group.requires.iter().filter_map(|name| places.get(name.as_str()).copied()).collect()
        };
        let tests = problem.tests.iter();
        Self {
            stop: problem.stop,
            group_of: tests.map(|test| by_test.get(test.name.as_str()).copied()).collect(),
            requires: problem.groups.iter().map(places_of).collect(),
            groups: problem.groups.clone(),
            results: vec![None; problem.tests.len()],
        }
    }

    /// The group of a test.
    pub fn group(&self, index: usize) -> Option<&Group> {
        self.group_of.get(index).copied().flatten().map(|at| &self.groups[at])
    }

    /// Whether a test is to be judged, as far as the results recorded so far say.
    pub fn wanted(&self, index: usize) -> bool {
        self.why_not(index).is_none()
    }

    /// Why a test is not to be judged, for people; `None` when it is.
    pub fn why_not(&self, index: usize) -> Option<String> {
        let earlier = &self.results[..index.min(self.results.len())];
        let failed =
            |result: &Option<(Verdict, f64)>| result.is_some_and(|(v, _)| !v.is_accepted());
        if self.stop == StopPolicy::FirstFailure
            && let Some(at) = earlier.iter().position(failed)
        {
            return Some(format!("test {} failed", at + 1));
        }
        let here = self.group_of.get(index).copied().flatten()?;
        if let Some(&needed) = self.requires[here].iter().find(|&&needed| self.failed(needed, 0)) {
            return Some(format!("group {} failed", self.groups[needed].name));
        }
        let zero = |at: &usize| {
            self.group_of[*at] == Some(here)
                && self.results[*at].is_some_and(|(_, part)| part <= 0.0)
        };
        let first = (0..earlier.len()).find(zero).filter(|_| self.groups[here].stop)?;
        Some(format!("test {} of group {} failed", first + 1, self.groups[here].name))
    }

    /// Whether a group has a test that was judged and not accepted, or required one that has.
    fn failed(&self, group: usize, depth: usize) -> bool {
        let mut results = self.group_of.iter().zip(&self.results);
        let own = results.any(|(at, result)| {
            *at == Some(group) && result.is_some_and(|(verdict, _)| !verdict.is_accepted())
        });
        // Packages with cycles are refused; should one come by, the depth ends the walk.
        let required = || self.requires[group].iter().any(|&at| self.failed(at, depth + 1));
        own || (depth < self.groups.len() && required())
    }

    /// Takes down the result of a test. Returns its points, if it has some of its own: those of a group
    /// whose points add up.
    pub fn record(&mut self, index: usize, verdict: Verdict, share: Option<Share>) -> Option<f64> {
        let group = self.group_of[index].map(|at| &self.groups[at]);
        let worth = group.map(|group| match group.score {
            Aggregate::Min | Aggregate::Avg | Aggregate::Max => group.points,
            Aggregate::Sum => group.points / group.tests.len() as f64,
        });
        let part = match share {
            None => f64::from(u8::from(verdict.is_accepted())),
            Some(Share::Fraction(part)) => part,
            Some(Share::Points(points)) => match worth {
                Some(worth) if worth > 0.0 => points / worth,
                _ => 1.0,
            },
        };
        let part = part.clamp(0.0, 1.0);
        self.results[index] = Some((verdict, part));
        let sums = group.is_some_and(|group| group.score == Aggregate::Sum);
        worth.filter(|_| sums).map(|worth| worth * part)
    }

    /// Writes what all results say together into an outcome: verdict, passed, total, score and groups.
    /// A test that was not judged is not accepted and earns nothing.
    pub fn settle(&self, outcome: &mut Outcome) {
        let judged = || self.results.iter().flatten();
        outcome.verdict = first_failure(judged()).unwrap_or(Verdict::Accepted);
        outcome.passed = judged().filter(|(verdict, _)| verdict.is_accepted()).count() as u32;
        outcome.total = self.results.len() as u32;
        outcome.groups = (0..self.groups.len()).map(|at| self.result(at)).collect();
        outcome.score = (!self.groups.is_empty()).then(|| Score {
            points: outcome.groups.iter().map(|group| group.points).sum(),
            max: outcome.groups.iter().map(|group| group.max).sum(),
        });
    }

    fn result(&self, at: usize) -> GroupResult {
        let group = &self.groups[at];
        let own = self.group_of.iter().zip(&self.results).filter(|(own, _)| **own == Some(at));
        let results: Vec<Option<(Verdict, f64)>> = own.map(|(_, result)| *result).collect();
        let parts = || results.iter().map(|result| result.map_or(0.0, |(_, part)| part));
        let part = match group.score {
            _ if results.is_empty() || self.requires[at].iter().any(|&at| self.failed(at, 0)) => {
                0.0
            }
            Aggregate::Min => parts().fold(1.0, f64::min),
            Aggregate::Sum | Aggregate::Avg => parts().sum::<f64>() / results.len() as f64,
            Aggregate::Max => parts().fold(0.0, f64::max),
        };
        let judged = || results.iter().flatten();
        GroupResult {
            name: group.name.clone(),
            verdict: first_failure(judged()).or(judged().next().map(|_| Verdict::Accepted)),
            points: group.points * part,
            max: group.points,
            passed: judged().filter(|(verdict, _)| verdict.is_accepted()).count() as u32,
            skipped: results.iter().filter(|result| result.is_none()).count() as u32,
            total: results.len() as u32,
        }
    }
}

fn first_failure<'a>(mut judged: impl Iterator<Item = &'a (Verdict, f64)>) -> Option<Verdict> {
    judged.find(|(verdict, _)| !verdict.is_accepted()).map(|(verdict, _)| *verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::TestCase;
    use Verdict::{Accepted, TimeLimitExceeded, WrongAnswer};

    fn group(
        name: &str,
        tests: &[&str],
        points: f64,
        score: Aggregate,
        requires: &[&str],
    ) -> Group {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let stop = score == Aggregate::Min;
        Group {
            name: name.into(),
            tests: own(tests),
            points,
            score,
            requires: own(requires),
            stop,
            parent: None,
            unbounded: false,
            grader: None,
        }
    }

    /// Test 0 is a sample; `a` has 1 and 2 (min), `b` 3 to 6 (sum, requires a), `c` 7 (requires b).
    fn problem(groups: Vec<Group>) -> Problem {
        let test = |name: usize| TestCase::plain(name.to_string(), name == 0, 0, 0);
        Problem { tests: (0..8).map(test).collect(), groups, ..Problem::empty() }
    }

    fn grouped() -> Problem {
        problem(vec![
            group("a", &["1", "2"], 20.0, Aggregate::Min, &[]),
            group("b", &["3", "4", "5", "6"], 40.0, Aggregate::Sum, &["a"]),
            group("c", &["7"], 40.0, Aggregate::Min, &["b"]),
        ])
    }

    type Results = [(Verdict, Option<Share>); 8];
    const AC: (Verdict, Option<Share>) = (Accepted, None);
    const WA: (Verdict, Option<Share>) = (WrongAnswer, None);

    /// Judges in order; what was judged, and the outcome.
    fn judge(problem: &Problem, results: &Results) -> (Vec<usize>, Outcome) {
        let mut plan = Plan::new(problem);
        let mut judged = Vec::new();
        for (index, &(verdict, share)) in results.iter().enumerate() {
            if plan.wanted(index) {
                plan.record(index, verdict, share);
                judged.push(index);
            }
        }
        let mut outcome = Outcome::without_tests(Accepted, 0, None);
        plan.settle(&mut outcome);
        (judged, outcome)
    }

    fn points(outcome: &Outcome) -> Vec<f64> {
        outcome.groups.iter().map(|group| group.points).collect()
    }

    #[test]
    fn everything_accepted() {
        let (judged, outcome) = judge(&grouped(), &[AC; 8]);
        assert_eq!(judged, (0..8).collect::<Vec<_>>());
        assert_eq!((outcome.verdict, outcome.passed, outcome.total), (Accepted, 8, 8));
        let score = outcome.score.unwrap();
        assert_eq!(score, Score { points: 100.0, max: 100.0 });
        assert!(!score.is_partial());
    }

    #[test]
    fn a_group_stops_at_its_first_zero_and_holds_back_those_that_require_it() {
        let results = [AC, WA, AC, AC, AC, AC, AC, AC];
        let (judged, outcome) = judge(&grouped(), &results);
        assert_eq!(judged, [0, 1]);
        assert_eq!((outcome.verdict, outcome.passed), (WrongAnswer, 1));
        assert_eq!(outcome.score, Some(Score { points: 0.0, max: 100.0 }));
        assert_eq!(outcome.groups[0].skipped, 1);
        assert_eq!((outcome.groups[2].verdict, outcome.groups[2].skipped), (None, 1));
    }

    #[test]
    fn a_sum_goes_on_and_earns_its_parts() {
        let tle = (TimeLimitExceeded, None);
        let results = [AC, AC, AC, AC, tle, WA, AC, AC];
        let (judged, outcome) = judge(&grouped(), &results);
        assert_eq!(judged, [0, 1, 2, 3, 4, 5, 6], "c requires b");
        assert_eq!(points(&outcome), [20.0, 20.0, 0.0]);
        assert_eq!(outcome.verdict, TimeLimitExceeded);
        assert_eq!(outcome.groups[1].verdict, Some(TimeLimitExceeded));
        assert!(outcome.score.unwrap().is_partial());
    }

    #[test]
    fn shares() {
        let half = (WrongAnswer, Some(Share::Fraction(0.5)));
        let five = (Accepted, Some(Share::Points(5.0)));
        let many = (Accepted, Some(Share::Points(500.0)));
        let mut free = grouped();
        free.groups.iter_mut().for_each(|group| group.requires.clear());
        let (judged, outcome) = judge(&free, &[AC, half, AC, half, five, many, AC, half]);
        assert_eq!(judged.len(), 8, "half is more than nothing");
        assert_eq!(points(&outcome), [10.0, 5.0 + 5.0 + 10.0 + 10.0, 20.0]);
        let mut plan = Plan::new(&free);
        assert_eq!(plan.record(3, WrongAnswer, Some(Share::Fraction(0.5))), Some(5.0));
        assert_eq!(plan.record(1, Accepted, None), None, "of a smallest part there are no points");
        assert_eq!(plan.record(0, Accepted, None), None, "of no group");
    }

    #[test]
    fn without_groups_there_is_no_score() {
        let results = [AC, WA, AC, AC, AC, AC, AC, AC];
        let (judged, outcome) = judge(&problem(Vec::new()), &results);
        assert_eq!((judged.len(), outcome.passed), (8, 7));
        assert_eq!((outcome.score, outcome.groups.len()), (None, 0));

        let stops = Problem { stop: StopPolicy::FirstFailure, ..problem(Vec::new()) };
        let (judged, outcome) = judge(&stops, &results);
        assert_eq!((judged, outcome.verdict), (vec![0, 1], WrongAnswer));
    }

    #[test]
    fn reasons() {
        let mut plan = Plan::new(&grouped());
        plan.record(1, WrongAnswer, None);
        assert_eq!(plan.why_not(2).unwrap(), "test 2 of group a failed");
        assert_eq!(plan.why_not(3).unwrap(), "group a failed");
        assert_eq!(plan.why_not(7).unwrap(), "group b failed");
        assert_eq!(plan.why_not(0), None);
        plan.stop = StopPolicy::FirstFailure;
        assert_eq!(plan.why_not(2).unwrap(), "test 2 failed");
        assert_eq!(plan.group(2).unwrap().name, "a");
        assert!(plan.group(0).is_none());
    }

    #[test]
    fn what_is_wanted_does_not_depend_on_later_results() {
        let mut plan = Plan::new(&grouped());
        plan.record(4, WrongAnswer, None);
        assert!(plan.wanted(3));
        plan.groups[1].stop = true;
        assert!(plan.wanted(3) && !plan.wanted(5));
    }

    #[test]
    fn cycles_end() {
        let mut problem = grouped();
        problem.groups[0].requires = vec!["c".into()];
        let (_, outcome) = judge(&problem, &[AC; 8]);
        assert_eq!(outcome.passed, 8);
    }
}
