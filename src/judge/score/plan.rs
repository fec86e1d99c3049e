//! Which tests of a problem are to be judged, and what their results are worth together.

use super::{
    Aggregate, Group, GroupResult, Score, StopPolicy,
    value::{Item, Results, Tree},
};
use crate::judge::{Convention, Outcome, Problem, Share, Verdict};
use serde::{Deserialize, Serialize};

/// Which tests of a problem are to be judged, and what their verdicts are worth together.
///
/// Indices count from 0, in the order of [`Problem::tests`]. What is wanted follows only from the
/// results of earlier tests, so that it does not depend on how many tests are under way at one time:
/// results are recorded in order, and just before a test's result is recorded it is asked once more
/// whether the test is still wanted. If not, whatever became of it does not count.
#[derive(Clone, Debug)]
pub struct Plan {
    stop: StopPolicy,
    tree: Tree,
    results: Results,
    /// What the static validator can give, and gave.
    fixed: Option<Score>,
    /// Its verdict, if it has none to accept.
    rejected: Option<Verdict>,
    /// Whether a judge that gives more points than there are is at fault: so the ICPC's format says of
    /// `score.txt`. Of testlib's judges no more counts than there is.
    exact: bool,
}

/// What a static validator says of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaticWord {
    /// Its verdict.
    pub verdict: Verdict,
    /// What part of its points it gives; absent: all when it accepts, else none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

/// What a test earned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Earned {
    pub verdict: Verdict,
    pub points: f64,
    /// Whether that is all that it can earn.
    pub full: bool,
}

impl Plan {
    /// The plan of a problem none of whose tests was judged.
    pub fn new(problem: &Problem) -> Self {
        let fixed = problem.static_validator.as_ref().map(|validator| validator.points);
        let fixed = fixed.filter(|&max| max > 0.0).map(|max| Score { points: 0.0, max });
        let judge = problem.checker.as_ref().or(problem.interactor.as_ref());
        Self {
            stop: problem.stop,
            tree: Tree::new(problem),
            results: vec![None; problem.tests.len()],
            fixed,
            rejected: None,
            exact: judge.is_some_and(|judge| judge.convention == Convention::Icpc),
        }
    }

    /// The group of a test.
    pub fn group(&self, index: usize) -> Option<&Group> {
        Some(&self.tree.node(self.tree.owner(index)?).group)
    }

    /// Whether a test is to be judged, as far as the results recorded so far say.
    pub fn wanted(&self, index: usize) -> bool {
        self.why_not(index).is_none()
    }

    /// Why a test is not to be judged, for people; `None` when it is.
    pub fn why_not(&self, index: usize) -> Option<String> {
        let earlier = &self.results[..index.min(self.results.len())];
        let failed = |result: &Option<Earned>| result.is_some_and(|own| !own.verdict.is_accepted());
        if self.stop == StopPolicy::FirstFailure
            && let Some(at) = earlier.iter().position(failed)
        {
            return Some(format!("test {} failed", at + 1));
        }
        let name = |at: usize| &self.tree.node(at).group.name;
        let above: Vec<usize> = self.tree.above(self.tree.owner(index)?).collect();
        for &at in &above {
            if let Some(needed) = self.tree.failed_need(at, &self.results) {
                return Some(format!("group {} failed", name(needed)));
            }
        }
        for &at in &above {
            let node = self.tree.node(at);
            if !node.group.stop {
                continue;
            }
            for item in &node.items {
                match *item {
                    Item::Test(test) if self.tree.ends(at, test, earlier) => {
                        return Some(format!("test {} of group {} failed", test + 1, name(at)));
                    }
                    Item::Group(part)
                        if !above.contains(&part) && self.tree.is_lost(part, earlier) =>
                    {
                        return Some(format!("group {} failed", name(part)));
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// What is wrong with what a judge says of a test: one in a group without a largest number of points
    /// must say how many an output is worth, and none may give more than there are.
    pub fn fault(&self, index: usize, verdict: Verdict, share: Option<Share>) -> Option<String> {
        let node = self.tree.node(self.tree.owner(index)?);
        if node.group.grader.is_some() || !verdict.is_accepted() {
            return None;
        }
        match share {
            Some(Share::Points(points)) if !node.group.unbounded => {
                // The points of samples count for nothing, whatever a judge says.
                let most = node.worth();
                (self.exact && !node.samples).then(|| too_many(points, most, "the test"))?
            }
            Some(Share::Points(_)) => None,
            _ if node.group.unbounded => Some(
                "the judge accepts and says no points, and the group has no largest number of them: \
                 score.txt is missing"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// What is wrong with what the static validator says: it may not give more points than there are.
    pub fn static_fault(&self, word: StaticWord) -> Option<String> {
        match word.share {
            Some(Share::Points(points)) => {
                let most = self.fixed.map_or(0.0, |fixed| fixed.max);
                too_many(points, most, "the static validation")
            }
            _ => None,
        }
    }

    /// Whether a submission of which the static validator says this need not be run: it was rejected, and
    /// not only as far as the static validation's own points go.
    pub fn ends_with(&self, word: StaticWord) -> bool {
        !word.verdict.is_accepted() && self.fixed.is_none()
    }

    /// Takes down the result of a test. Returns its points, if it has some of its own: those of a group
    /// whose points add up.
    pub fn record(&mut self, index: usize, verdict: Verdict, share: Option<Share>) -> Option<f64> {
        let owner = self.tree.owner(index).map(|at| self.tree.node(at));
        let Some(node) = owner else {
            let full = verdict.is_accepted();
            self.results[index] = Some(Earned { verdict, points: 0.0, full });
            return None;
        };
        let group = &node.group;
        let earned = match &group.grader {
            Some(grader) => {
                let points = match share {
                    _ if !verdict.is_accepted() => grader.reject_score,
                    None => grader.accept_score,
                    Some(Share::Points(points)) => points,
                    Some(Share::Fraction(part)) => part * grader.accept_score,
                };
                Earned { verdict, points, full: verdict.is_accepted() }
            }
            None if group.unbounded => {
                let points = match share {
                    Some(Share::Points(points)) => points,
                    Some(Share::Fraction(_)) | None => 0.0,
                };
                Earned { verdict, points, full: points > 0.0 }
            }
            None => bounded(node.worth(), verdict, share),
        };
        self.results[index] = Some(earned);
        (group.score == Aggregate::Sum).then_some(earned.points)
    }

    /// Takes down what the static validator says.
    pub fn record_static(&mut self, word: StaticWord) {
        if !word.verdict.is_accepted() {
            self.rejected = Some(word.verdict);
        } else if let Some(fixed) = &mut self.fixed {
            fixed.points = bounded(fixed.max, word.verdict, word.share).points;
        }
    }

    /// Writes what all results say together into an outcome: verdict, passed, total, score and groups.
    /// A test that was not judged is not accepted and earns nothing.
    pub fn settle(&self, outcome: &mut Outcome) {
        let judged = || self.results.iter().flatten();
        let graded = self.tree.graded_verdict(&self.results);
        let plain = || {
            let failed = self.rejected.or_else(|| first_failure(judged()));
            failed.unwrap_or(Verdict::Accepted)
        };
        outcome.verdict = graded.unwrap_or_else(plain);
        outcome.passed = judged().filter(|earned| earned.verdict.is_accepted()).count() as u32;
        outcome.total = self.results.len() as u32;
        outcome.groups = (0..self.tree.len()).map(|at| self.result(at)).collect();
        let roots = outcome.groups.iter().enumerate();
        let roots: Vec<_> = roots.filter(|(at, _)| self.tree.node(*at).parent.is_none()).collect();
        let fixed = self.fixed.unwrap_or(Score { points: 0.0, max: 0.0 });
        outcome.score = (!roots.is_empty() || self.fixed.is_some()).then(|| Score {
            points: fixed.points + roots.iter().map(|(_, group)| group.points).sum::<f64>(),
            max: fixed.max + roots.iter().map(|(_, group)| group.max).sum::<f64>(),
        });
    }

    fn result(&self, at: usize) -> GroupResult {
        let group = &self.tree.node(at).group;
        let value = self.tree.value(at, &self.results);
        let tests = &self.tree.node(at).tests;
        let judged = || tests.iter().filter_map(|&test| self.results[test]);
        GroupResult {
            name: group.name.clone(),
            verdict: value.verdict,
            points: value.points,
            max: if group.unbounded { value.points } else { group.points },
            passed: judged().filter(|earned| earned.verdict.is_accepted()).count() as u32,
            skipped: (tests.len() - judged().count()) as u32,
            total: tests.len() as u32,
        }
    }
}

/// What is wrong with so many points.
fn too_many(points: f64, most: f64, what: &str) -> Option<String> {
    // Shares of points are fractions, and their sums are not exact.
    (points > most + 1e-9 * most.max(1.0)).then(|| {
        format!("the judge gives {points} points in score.txt, and {what} is worth {most}")
    })
}

/// What a test earns that is worth so much.
fn bounded(worth: f64, verdict: Verdict, share: Option<Share>) -> Earned {
    let part = match share {
        None => f64::from(u8::from(verdict.is_accepted())),
        Some(Share::Fraction(part)) => part,
        Some(Share::Points(points)) if worth > 0.0 => points / worth,
        Some(Share::Points(_)) => 1.0,
    };
    let part = part.clamp(0.0, 1.0);
    Earned { verdict, points: worth * part, full: part >= 1.0 }
}

pub(super) fn first_failure<'a>(mut judged: impl Iterator<Item = &'a Earned>) -> Option<Verdict> {
    judged.find(|earned| !earned.verdict.is_accepted()).map(|earned| earned.verdict)
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
    fn a_required_group_that_is_left_out_is_not_accepted() {
        let mut problem = grouped();
        problem.groups[1].parent = Some("a".into());
        problem.groups[1].requires.clear();
        let (judged, outcome) = judge(&problem, &[AC, WA, AC, AC, AC, AC, AC, AC]);
        assert_eq!(judged, [0, 1], "b is in a, which has ended, and c requires b");
        assert_eq!(outcome.score.unwrap().points, 0.0);
    }

    #[test]
    fn what_is_wanted_does_not_depend_on_later_results() {
        let mut plan = Plan::new(&grouped());
        plan.record(4, WrongAnswer, None);
        assert!(plan.wanted(3));
        plan.tree = Tree::new(&{
            let mut problem = grouped();
            problem.groups[1].stop = true;
            problem
        });
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
