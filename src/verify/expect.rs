//! What is expected of a solution, held against what became of it.

use crate::judge::{
    Expectation, GroupResult, PartExpectation, Plan, Problem, Score, Share, StaticWord, TimeUse,
    Verdict, fits,
};
use std::collections::BTreeSet;

/// What became of a solution on one test.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    /// Its verdict under the time limit.
    pub(super) verdict: Verdict,
    /// The verdict that another machine may give, where the time is near the limit.
    pub(super) other: Option<Verdict>,
    /// What part of the test's points it earned, where a judge says so.
    pub(super) share: Option<Share>,
    /// What the judge said.
    pub(super) message: Option<String>,
}

/// What became of a solution on all tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Results<'a> {
    /// By place; `None` where the test was not wanted.
    pub(super) tests: &'a [Option<Seen>],
    /// What the static validator said.
    pub(super) word: Option<StaticWord>,
}

impl<'a> From<&'a Vec<Option<Seen>>> for Results<'a> {
    fn from(tests: &'a Vec<Option<Seen>>) -> Self {
        Self { tests, word: None }
    }
}

/// What became of a solution, as a submission would be told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    pub(super) verdict: Verdict,
    pub(super) score: Option<Score>,
    pub(super) groups: Vec<GroupResult>,
    /// The tests on which a submission would have been judged, by place.
    pub(super) judged: Vec<bool>,
}

/// Something that is not as it is expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Miss {
    /// Tests got a verdict that none of them may get; the first, and how many more.
    Forbidden { test: usize, verdict: Verdict, more: usize, permitted: BTreeSet<Verdict> },
    /// No test of the pattern, or of all, got one of these verdicts.
    Missing { required: BTreeSet<Verdict>, pattern: Option<String> },
    /// It has another score than it must have.
    Score { points: f64, wanted: [f64; 2], pattern: Option<String> },
    /// No judge said these words of a test that was not accepted.
    Silent { words: String, pattern: Option<String> },
}

/// The verdict, the score and the groups that a submission with these results would get. A test without a
/// result was not wanted by whoever asked.
pub(super) fn standing<'a>(problem: &Problem, results: impl Into<Results<'a>>) -> Standing {
    let Results { tests: seen, word } = results.into();
    let mut plan = Plan::new(problem);
    if let Some(word) = word {
        plan.record_static(word);
    }
    let mut judged = vec![false; seen.len()];
    for (index, seen) in seen.iter().enumerate() {
        if let Some(seen) = seen
            && plan.wanted(index)
        {
            plan.record(index, seen.verdict, seen.share);
            judged[index] = true;
        }
    }
    let mut outcome = crate::judge::Outcome::without_tests(Verdict::Accepted, 0, None);
    plan.settle(&mut outcome);
    let (verdict, score, groups) = (outcome.verdict, outcome.score, outcome.groups);
    Standing { verdict, score, groups, judged }
}

/// Everything that is not as it is expected. `whole`: whether there is a result of every test; if not, only
/// what the present ones disprove is said.
pub(super) fn misses<'a>(
    expectation: &Expectation,
    problem: &Problem,
    results: impl Into<Results<'a>>,
    whole: bool,
) -> Vec<Miss> {
    let results = results.into();
    let (standing, seen) = (standing(problem, results), results.tests);
    let mut misses = Vec::new();
    let all = PartExpectation {
        pattern: String::new(),
        permitted: expectation.permitted.clone(),
        required: expectation.required.clone(),
        score: expectation.score,
        message: expectation.message.clone(),
    };
    misses.extend(part_misses(&all, None, problem, seen, &standing, whole));
    for part in &expectation.tests {
        misses.extend(part_misses(part, Some(&part.pattern), problem, seen, &standing, whole));
    }
    misses
}

fn part_misses(
    part: &PartExpectation,
    pattern: Option<&String>,
    problem: &Problem,
    seen: &[Option<Seen>],
    standing: &Standing,
    whole: bool,
) -> Vec<Miss> {
    let own = |name: &str| pattern.is_none_or(|pattern| fits(pattern, name));
    let results = || {
        let tests = problem.tests.iter().zip(seen).enumerate();
        tests.filter_map(|(at, (test, seen))| {
            seen.as_ref().filter(|_| own(&test.name)).map(|seen| (at, seen))
        })
    };
    let mut misses = Vec::new();
    // What a submission would never be told does not count against it.
    let mut forbidden = results().filter(|(at, seen)| {
        standing.judged[*at]
            && !part.permitted.is_empty()
            && !part.permitted.contains(&seen.verdict)
    });
    if let Some((test, first)) = forbidden.next() {
        misses.push(Miss::Forbidden {
            test,
            verdict: first.verdict,
            more: forbidden.count(),
            permitted: part.permitted.clone(),
        });
    }
    if !whole {
        return misses;
    }
    let got = |seen: &Seen| part.required.contains(&seen.verdict);
    if !part.required.is_empty() && !results().any(|(_, seen)| got(seen)) {
        misses.push(Miss::Missing { required: part.required.clone(), pattern: pattern.cloned() });
    }
    if let Some(wanted) = part.score {
        let points = points(problem, standing, &own, pattern.is_none());
        if !(wanted[0] - EPSILON..=wanted[1] + EPSILON).contains(&points) {
            misses.push(Miss::Score { points, wanted, pattern: pattern.cloned() });
        }
    }
    if let Some(words) = &part.message {
        let said = |seen: &Seen| {
            !seen.verdict.is_accepted()
                && seen.message.as_ref().is_some_and(|text| text.contains(words.as_str()))
        };
        if !results().any(|(_, seen)| said(seen)) {
            misses.push(Miss::Silent { words: words.clone(), pattern: pattern.cloned() });
        }
    }
    misses
}

/// Points are sums of fractions; a difference below this is none.
const EPSILON: f64 = 1e-6;

/// The points of the groups all of whose tests are meant, each counted once.
fn points(
    problem: &Problem,
    standing: &Standing,
    own: &dyn Fn(&str) -> bool,
    everything: bool,
) -> f64 {
    if everything {
        return standing.score.map_or(0.0, |score| score.points);
    }
    let covered = |name: &str| {
        let group = problem.groups.iter().find(|group| group.name == name);
        group.is_some_and(|group| !group.tests.is_empty() && group.tests.iter().all(|t| own(t)))
    };
    let groups = standing.groups.iter().filter(|result| covered(&result.name));
    groups.map(|result| result.points).sum()
}

/// Whether everything that is expected would hold if the tests near the time limit went the other way, all
/// of those that were in time or all of those that were not.
pub(super) fn holds_elsewhere<'a>(
    expectation: &Expectation,
    problem: &Problem,
    results: impl Into<Results<'a>>,
    whole: bool,
) -> bool {
    let Results { tests: seen, word } = results.into();
    let turned = |late: bool| -> Vec<Option<Seen>> {
        let turn = |seen: &Seen| match seen.other {
            Some(other) if (seen.verdict == Verdict::TimeLimitExceeded) == late => {
                Seen { verdict: other, ..seen.clone() }
            }
            _ => seen.clone(),
        };
        seen.iter().map(|seen| seen.as_ref().map(turn)).collect()
    };
    seen.iter().flatten().any(|seen| seen.other.is_some())
        && [true, false].into_iter().any(|late| {
            let results = Results { tests: &turned(late), word };
            misses(expectation, problem, results, whole).is_empty()
        })
}

/// Whether the time limit must leave room for a solution, or must stop it, or neither.
pub(super) fn time_use(expectation: &Expectation, said: TimeUse) -> TimeUse {
    let only = |set: &BTreeSet<Verdict>, verdict| set.iter().eq([&verdict]);
    match said {
        TimeUse::Implied if only(&expectation.permitted, Verdict::Accepted) => TimeUse::Lower,
        TimeUse::Implied if only(&expectation.required, Verdict::TimeLimitExceeded) => {
            TimeUse::Upper
        }
        TimeUse::Implied => TimeUse::Ignored,
        said => said,
    }
}

/// An expectation as a setter says it, such as `AC` or `WA or TLE on some test, else AC`.
pub(super) fn describe(expectation: &Expectation) -> String {
    let list = |set: &BTreeSet<Verdict>| {
        let codes: Vec<&str> = set.iter().map(|verdict| verdict.code()).collect();
        codes.join(" or ")
    };
    let mut parts = Vec::new();
    if !expectation.required.is_empty() {
        parts.push(format!("{} on some test", list(&expectation.required)));
    }
    if !expectation.permitted.is_empty() {
        parts.push(format!("only {}", list(&expectation.permitted)));
    }
    if let Some([low, high]) = expectation.score {
        parts.push(format!("{low} to {high} points"));
    }
    if parts.is_empty() { "anything".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Aggregate, Group, TestCase};
    use Verdict::{
        Accepted as AC, RuntimeError as RE, TimeLimitExceeded as TLE, WrongAnswer as WA,
    };

    fn problem(tests: &[&str]) -> Problem {
        let test = |name: &&str| TestCase::plain((*name).to_owned(), false, 1, 1);
        Problem { tests: tests.iter().map(test).collect(), ..Problem::empty() }
    }

    fn seen(verdicts: &[Verdict]) -> Vec<Option<Seen>> {
        let seen = |&verdict: &Verdict| Seen { verdict, other: None, share: None, message: None };
        verdicts.iter().map(|verdict| Some(seen(verdict))).collect()
    }

    fn expectation(permitted: &[Verdict], required: &[Verdict]) -> Expectation {
        Expectation {
            permitted: permitted.iter().copied().collect(),
            required: required.iter().copied().collect(),
            ..Expectation::default()
        }
    }

    #[test]
    fn permitted_and_required() {
        let problem = problem(&["a", "b", "c"]);
        let check = |permitted: &[Verdict], required: &[Verdict], got: &[Verdict]| {
            misses(&expectation(permitted, required), &problem, &seen(got), true)
        };
        assert_eq!(check(&[AC], &[AC], &[AC, AC, AC]), []);
        assert_eq!(check(&[], &[], &[RE, TLE, AC]), [], "nothing is said");
        let forbidden = check(&[AC], &[AC], &[AC, WA, RE]);
        let permitted = [AC].into();
        assert_eq!(forbidden, [Miss::Forbidden { test: 1, verdict: WA, more: 1, permitted }]);
        let missing = Miss::Missing { required: [WA].into(), pattern: None };
        assert_eq!(check(&[AC, WA], &[WA], &[AC, AC, AC]), [missing]);
        assert_eq!(check(&[AC, WA], &[WA], &[AC, AC, WA]), []);
        assert_eq!(check(&[AC, TLE], &[TLE], &[TLE, AC, WA]).len(), 1);
    }

    #[test]
    fn a_part_of_the_tests_says_less() {
        let problem = problem(&["a", "b"]);
        let wrong = expectation(&[AC, WA], &[WA]);
        let some = vec![None, seen(&[AC])[0].clone()];
        assert_eq!(misses(&wrong, &problem, &some, false), []);
        let late = vec![None, seen(&[TLE])[0].clone()];
        assert_eq!(misses(&wrong, &problem, &late, false).len(), 1);
    }

    #[test]
    fn parts_words_and_scores() {
        let group = |name: &str, tests: &[&str], points| Group {
            name: name.into(),
            tests: tests.iter().map(|&test| test.to_owned()).collect(),
            points,
            score: Aggregate::Min,
            requires: Vec::new(),
            stop: false,
            parent: None,
            unbounded: false,
            grader: None,
        };
        let problem = Problem {
            groups: vec![group("one", &["one/a", "one/b"], 30.0), group("two", &["two/a"], 70.0)],
            ..problem(&["one/a", "one/b", "two/a"])
        };
        let part = |pattern: &str, score| PartExpectation {
            pattern: pattern.into(),
            permitted: [AC].into(),
            required: [AC].into(),
            score,
            message: None,
        };
        let mut wanted = Expectation {
            score: Some([30.0, 30.0]),
            tests: vec![part("one/*", Some([30.0, 30.0]))],
            ..Expectation::default()
        };
        assert_eq!(misses(&wanted, &problem, &seen(&[AC, AC, WA]), true), []);
        let other = misses(&wanted, &problem, &seen(&[AC, WA, AC]), true);
        assert!(matches!(other[0], Miss::Score { pattern: None, .. }), "{other:?}");
        assert!(matches!(other[1], Miss::Forbidden { test: 1, verdict: WA, .. }), "{other:?}");
        assert!(matches!(&other[2], Miss::Score { pattern: Some(p), .. } if p == "one/*"));
        wanted.message = Some("too small".into());
        let mut results = seen(&[AC, AC, WA]);
        let silent = Miss::Silent { words: "too small".into(), pattern: None };
        assert_eq!(misses(&wanted, &problem, &results, true), [silent]);
        results[2].as_mut().unwrap().message = Some("7 is too small".into());
        assert_eq!(misses(&wanted, &problem, &results, true), []);
    }

    #[test]
    fn what_stands_near_the_limit_may_go_the_other_way() {
        let problem = problem(&["a", "b"]);
        let mut results = seen(&[AC, TLE]);
        let accepted = expectation(&[AC], &[AC]);
        assert!(!holds_elsewhere(&accepted, &problem, &results, true), "far from it");
        results[1].as_mut().unwrap().other = Some(AC);
        assert!(holds_elsewhere(&accepted, &problem, &results, true));
        results[1].as_mut().unwrap().other = Some(WA);
        assert!(!holds_elsewhere(&accepted, &problem, &results, true), "wrong in any case");
        let mut results = seen(&[AC, AC]);
        results[0].as_mut().unwrap().other = Some(TLE);
        assert!(holds_elsewhere(&expectation(&[AC, TLE], &[TLE]), &problem, &results, true));
    }

    #[test]
    fn tests_that_a_submission_never_meets_are_not_held_against_it() {
        let problem =
            Problem { stop: crate::judge::StopPolicy::FirstFailure, ..problem(&["a", "b"]) };
        assert_eq!(misses(&expectation(&[AC, WA], &[WA]), &problem, &seen(&[WA, RE]), true), []);
        assert_eq!(standing(&problem, &seen(&[WA, RE])).judged, [true, false]);
    }

    #[test]
    fn what_is_implied_about_time() {
        let says = |permitted: &[Verdict], required: &[Verdict]| {
            time_use(&expectation(permitted, required), TimeUse::Implied)
        };
        assert_eq!(says(&[AC], &[AC]), TimeUse::Lower);
        assert_eq!(says(&[AC, TLE], &[TLE]), TimeUse::Upper);
        assert_eq!(says(&[AC, TLE, RE], &[TLE, RE]), TimeUse::Ignored);
        assert_eq!(says(&[], &[]), TimeUse::Ignored);
        assert_eq!(time_use(&expectation(&[AC], &[AC]), TimeUse::Ignored), TimeUse::Ignored);
    }
}
