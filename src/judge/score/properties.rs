//! Whole trees of groups against simpler ways to say the same.

use super::*;
use crate::judge::{Outcome, Problem, Share, StaticValidator, TestCase};
use proptest::prelude::*;

const VERDICTS: [Verdict; 6] = [
    Verdict::Accepted,
    Verdict::Accepted,
    Verdict::WrongAnswer,
    Verdict::TimeLimitExceeded,
    Verdict::RuntimeError,
    Verdict::OutputLimitExceeded,
];

fn group(name: &str, points: f64, score: Aggregate) -> Group {
    Group {
        name: name.into(),
        tests: Vec::new(),
        points,
        score,
        requires: Vec::new(),
        stop: score == Aggregate::Min,
        parent: None,
        unbounded: false,
        grader: None,
    }
}

fn problem(groups: Vec<Group>) -> Problem {
    let names = groups.iter().flat_map(|group| group.tests.clone());
    let tests = names.map(|name| TestCase::plain(name.clone(), name.starts_with("sample"), 0, 0));
    Problem { tests: tests.collect(), groups, ..Problem::empty() }
}

/// Judges every test that is wanted.
fn judge(problem: &Problem, results: &[(Verdict, Option<Share>)]) -> (Vec<usize>, Outcome) {
    let mut plan = Plan::new(problem);
    let mut judged = Vec::new();
    for index in 0..problem.tests.len() {
        if plan.wanted(index) {
            let (verdict, share) = results[index % results.len()];
            plan.record(index, verdict, share);
            judged.push(index);
        }
    }
    let mut outcome = Outcome::without_tests(Verdict::Accepted, 0, None);
    plan.settle(&mut outcome);
    (judged, outcome)
}

fn points(problem: &Problem, results: &[(Verdict, Option<Share>)]) -> f64 {
    judge(problem, results).1.score.expect("there are groups").points
}

/// The settings of a group, and how many tests are in it and which groups it is in.
#[derive(Clone, Debug)]
struct Shape {
    score: Aggregate,
    points: f64,
    tests: usize,
    parent: usize,
    requires: usize,
    flags: [bool; 3],
    verdict: GraderVerdict,
}

fn shape() -> impl Strategy<Value = Shape> {
    let score =
        prop::sample::select(vec![Aggregate::Min, Aggregate::Sum, Aggregate::Avg, Aggregate::Max]);
    let verdict = prop::sample::select(vec![
        GraderVerdict::WorstError,
        GraderVerdict::FirstError,
        GraderVerdict::AlwaysAccept,
    ]);
    (score, 1_u8..100, 0_usize..4, 0_usize..4, 0_usize..6, any::<[bool; 3]>(), verdict).prop_map(
        |(score, points, tests, parent, requires, flags, verdict)| Shape {
            score,
            points: f64::from(points),
            tests,
            parent,
            requires,
            flags,
            verdict,
        },
    )
}

/// A tree of groups: each is in an earlier one or in none.
fn tree(shapes: &[Shape]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, shape) in shapes.iter().enumerate() {
        let mut own = group(&format!("g{at}"), shape.points, shape.score);
        own.tests = (0..shape.tests.max(1)).map(|test| format!("t{at}-{test}")).collect();
        own.parent = (shape.parent < at).then(|| format!("g{}", shape.parent));
        // One in a group that has ended is left out, and what requires it with it.
        let on_top = |group: &Group| group.parent.is_none();
        let needed = groups.get(shape.requires).is_some_and(on_top);
        own.requires =
            (needed && on_top(&own)).then(|| format!("g{}", shape.requires)).into_iter().collect();
        groups.push(own);
    }
    in_order(&groups)
}

/// The groups so that each comes right after the one it is in, with all that is in it.
fn in_order(groups: &[Group]) -> Vec<Group> {
    fn add(at: Option<&str>, all: &[Group], out: &mut Vec<Group>) {
        for group in all.iter().filter(|group| group.parent.as_deref() == at) {
            out.push(group.clone());
            add(Some(&group.name), all, out);
        }
    }
    let mut out = Vec::new();
    add(None, groups, &mut out);
    out
}

fn result() -> impl Strategy<Value = (Verdict, Option<Share>)> {
    let share = prop_oneof![
        3 => Just(None),
        1 => (0.0..1.0_f64).prop_map(|part| Some(Share::Fraction(part))),
        1 => (0.0..50.0_f64).prop_map(|points| Some(Share::Points(points))),
    ];
    (prop::sample::select(&VERDICTS[..]), share).prop_map(|(verdict, share)| {
        // Whoever rejects says no points in the formats that have graders.
        (verdict, share.filter(|_| verdict.is_accepted()))
    })
}

/// A legacy package's group as its judge runs it: one part after another, until one is rejected.
fn run(
    at: usize,
    problem: &Problem,
    results: &[(Verdict, Option<Share>)],
    judged: &mut Vec<usize>,
) -> (Option<Verdict>, f64) {
    let group = &problem.groups[at];
    let grader = group.grader.as_ref().expect("every group has one");
    let mut parts: Vec<(Verdict, f64, bool)> = Vec::new();
    for name in &group.tests {
        let index = problem.tests.iter().position(|test| test.name == *name).expect("there");
        let (verdict, share) = results[index % results.len()];
        judged.push(index);
        let score = match (verdict.is_accepted(), share) {
            (false, _) => grader.reject_score,
            (true, Some(Share::Points(points))) => points,
            (true, Some(Share::Fraction(part))) => part * grader.accept_score,
            (true, None) => grader.accept_score,
        };
        parts.push((verdict, score, false));
        if group.stop && !verdict.is_accepted() {
            break;
        }
    }
    let ended = group.stop && parts.iter().any(|(verdict, ..)| !verdict.is_accepted());
    let children = (0..problem.groups.len())
        .filter(|&child| problem.groups[child].parent.as_ref() == Some(&group.name));
    for child in children.filter(|_| !ended) {
        let (verdict, score) = run(child, problem, results, judged);
        let Some(verdict) = verdict else { continue };
        parts.push((verdict, score, problem.groups[child].name.starts_with("sample")));
        if group.stop && !verdict.is_accepted() {
            break;
        }
    }
    parts.retain(|(.., sample)| !(grader.ignore_sample && *sample));
    if parts.is_empty() {
        return (None, 0.0);
    }
    let scores: Vec<f64> = parts.iter().map(|(_, score, _)| *score).collect();
    let sum: f64 = scores.iter().sum();
    let score = match group.score {
        Aggregate::Sum => sum,
        Aggregate::Avg => sum / scores.len() as f64,
        Aggregate::Min => scores.iter().copied().reduce(f64::min).expect("some"),
        Aggregate::Max => scores.iter().copied().reduce(f64::max).expect("some"),
    };
    let bad: Vec<Verdict> = parts
        .iter()
        .map(|(verdict, ..)| *verdict)
        .filter(|verdict| !verdict.is_accepted())
        .collect();
    let worst = [
        Verdict::RuntimeError,
        Verdict::TimeLimitExceeded,
        Verdict::OutputLimitExceeded,
        Verdict::WrongAnswer,
    ];
    let verdict = match grader.verdict {
        _ if grader.any_accepted && bad.len() < parts.len() => Verdict::Accepted,
        GraderVerdict::AlwaysAccept => Verdict::Accepted,
        GraderVerdict::FirstError => bad.first().copied().unwrap_or(Verdict::Accepted),
        GraderVerdict::WorstError => {
            worst.into_iter().find(|verdict| bad.contains(verdict)).unwrap_or(Verdict::Accepted)
        }
    };
    (Some(verdict), score)
}

proptest! {
    #[test]
    fn all_accepted_is_everything(shapes in prop::collection::vec(shape(), 1..7)) {
        let problem = problem(tree(&shapes));
        let (judged, outcome) = judge(&problem, &[(Verdict::Accepted, None)]);
        let score = outcome.score.expect("there are groups");
        prop_assert_eq!(judged.len(), problem.tests.len());
        prop_assert!((score.points - score.max).abs() < 1e-9, "{:?}", score);
        prop_assert_eq!(outcome.verdict, Verdict::Accepted);
        for group in &outcome.groups {
            prop_assert!((group.points - group.max).abs() < 1e-9, "{:?}", group);
        }
    }

    #[test]
    fn what_is_left_out_could_have_changed_nothing(
        shapes in prop::collection::vec(shape(), 1..7),
        results in prop::collection::vec(result(), 1..12),
    ) {
        let lazy = problem(tree(&shapes));
        let mut diligent = lazy.clone();
        diligent.groups.iter_mut().for_each(|group| group.stop = false);
        let (few, many) = (points(&lazy, &results), points(&diligent, &results));
        prop_assert!((few - many).abs() < 1e-9, "{} {}", few, many);
        let max = judge(&lazy, &results).1.score.expect("there are groups").max;
        prop_assert!((0.0..=max + 1e-9).contains(&few), "{} of {}", few, max);
    }

    #[test]
    fn legacy_groups_are_graded_as_their_judge_does(
        shapes in prop::collection::vec(shape(), 1..7),
        results in prop::collection::vec(result(), 1..12),
        accept in 1_u8..20,
    ) {
        let mut groups = vec![group("data", 1000.0, shapes[0].score)];
        groups.extend(tree(&shapes));
        for (at, group) in groups.iter_mut().enumerate() {
            let shape = &shapes[at % shapes.len()];
            group.requires.clear();
            if at > 0 && group.parent.is_none() {
                group.parent = Some("data".into());
            }
            group.stop = shape.flags[0];
            group.unbounded = true;
            group.grader = Some(Grader {
                verdict: shape.verdict,
                accept_score: f64::from(accept),
                reject_score: -1.0,
                any_accepted: shape.flags[1],
                ignore_sample: at == 0 && shape.flags[2],
            });
        }
        // The first of them is that of the samples.
        groups[1].name = "sample".into();
        for group in &mut groups {
            if group.parent.as_deref() == Some("g0") {
                group.parent = Some("data".into());
            }
        }
        for test in &mut groups[1].tests {
            *test = format!("sample{test}");
        }
        let groups = in_order(&groups);
        let problem = problem(groups);
        let mut expected_judged = Vec::new();
        let (verdict, score) = run(0, &problem, &results, &mut expected_judged);
        let (judged, outcome) = judge(&problem, &results);
        prop_assert_eq!(judged, expected_judged);
        prop_assert_eq!(outcome.verdict, verdict.unwrap_or(Verdict::Accepted));
        prop_assert!((outcome.score.expect("groups").points - score).abs() < 1e-9);
    }
}

#[test]
fn inner_groups() {
    let mut groups = vec![
        Group { stop: true, ..group("secret", 100.0, Aggregate::Min) },
        group("a", 100.0, Aggregate::Min),
        group("b", 100.0, Aggregate::Sum),
    ];
    for (at, group) in groups.iter_mut().enumerate().skip(1) {
        group.parent = Some("secret".into());
        group.tests = vec![format!("{at}-1"), format!("{at}-2")];
    }
    let problem = problem(groups);
    let [ac, wa] = [Verdict::Accepted, Verdict::WrongAnswer].map(|verdict| (verdict, None));
    let names = |outcome: &Outcome| {
        let groups = outcome.groups.iter();
        groups.map(|g| (g.points, g.passed, g.skipped, g.total)).collect::<Vec<_>>()
    };
    let (judged, outcome) = judge(&problem, &[ac, ac, ac, wa]);
    assert_eq!(judged, [0, 1, 2, 3]);
    assert_eq!(names(&outcome), [(50.0, 3, 0, 4), (100.0, 2, 0, 2), (50.0, 1, 0, 2)]);
    assert_eq!(outcome.score, Some(Score { points: 50.0, max: 100.0 }), "only the roots count");
    let (judged, outcome) = judge(&problem, &[wa, ac, ac, ac]);
    assert_eq!(judged, [0], "b cannot mend the smallest");
    assert_eq!(names(&outcome)[0], (0.0, 0, 3, 4));
    let mut plan = Plan::new(&problem);
    plan.record(0, Verdict::WrongAnswer, None);
    assert_eq!(plan.why_not(2).as_deref(), Some("group a failed"));
}

#[test]
fn unbounded_groups_take_the_points_that_judges_say() {
    let mut own = Group { unbounded: true, stop: false, ..group("a", 0.0, Aggregate::Sum) };
    own.tests = vec!["1".into(), "2".into()];
    let problem = problem(vec![own]);
    let many = (Verdict::Accepted, Some(Share::Points(700.0)));
    let (_, outcome) = judge(&problem, &[many, (Verdict::WrongAnswer, None)]);
    assert_eq!(outcome.score, Some(Score { points: 700.0, max: 700.0 }));
    let plan = Plan::new(&problem);
    assert!(plan.fault(0, Verdict::Accepted, None).is_some_and(|why| why.contains("score.txt")));
    assert!(plan.fault(0, Verdict::Accepted, Some(Share::Fraction(0.5))).is_some());
    assert_eq!(plan.fault(0, Verdict::Accepted, Some(Share::Points(0.0))), None);
    assert_eq!(plan.fault(0, Verdict::WrongAnswer, None), None);
}

#[test]
fn static_points_come_on_top() {
    let mut own = group("a", 60.0, Aggregate::Sum);
    own.tests = vec!["1".into()];
    let mut problem = problem(vec![own]);
    let program = serde_json::from_str(r#"{"file": "s.py", "convention": "icpc"}"#);
    problem.static_validator =
        Some(StaticValidator { program: program.expect("a program"), points: 40.0 });
    for (share, points) in
        [(None, 100.0), (Some(Share::Fraction(0.5)), 80.0), (Some(Share::Points(10.0)), 70.0)]
    {
        let mut plan = Plan::new(&problem);
        plan.record_static(StaticWord { verdict: Verdict::Accepted, share });
        plan.record(0, Verdict::Accepted, None);
        let mut outcome = Outcome::without_tests(Verdict::Accepted, 0, None);
        plan.settle(&mut outcome);
        assert_eq!(outcome.score, Some(Score { points, max: 100.0 }), "{share:?}");
    }
    // A rejection costs the points of the static validation, and no others.
    let rejected = StaticWord { verdict: Verdict::WrongAnswer, share: None };
    let mut plan = Plan::new(&problem);
    assert!(!plan.ends_with(rejected), "the tests still count");
    plan.record_static(rejected);
    plan.record(0, Verdict::Accepted, None);
    let mut outcome = Outcome::without_tests(Verdict::Accepted, 0, None);
    plan.settle(&mut outcome);
    assert_eq!(outcome.score, Some(Score { points: 60.0, max: 100.0 }));
    assert_eq!(outcome.verdict, Verdict::WrongAnswer);
    let many = StaticWord { verdict: Verdict::Accepted, share: Some(Share::Points(40.5)) };
    assert!(plan.static_fault(many).unwrap().contains("gives 40.5 points"));
    // Without points of its own it decides on everything.
    problem.static_validator.as_mut().unwrap().points = 0.0;
    assert!(Plan::new(&problem).ends_with(rejected));
}

#[test]
fn nobody_gives_more_points_than_there_are() {
    let mut own = group("a", 60.0, Aggregate::Sum);
    own.tests = vec!["1".into(), "2".into()];
    let mut samples = group("sample", 0.0, Aggregate::Min);
    samples.tests = vec!["sample/1".into()];
    let mut problem = problem(vec![samples, own]);
    let icpc = r#"{"file": "c.py", "convention": "icpc"}"#;
    problem.checker = serde_json::from_str(icpc).unwrap();
    let plan = Plan::new(&problem);
    let fault = |test, points| plan.fault(test, Verdict::Accepted, Some(Share::Points(points)));
    assert_eq!((fault(1, 30.0), fault(2, 0.0)), (None, None));
    assert!(
        fault(2, 30.5)
            .unwrap()
            .contains("gives 30.5 points in score.txt, and the test is worth 30")
    );
    assert_eq!(fault(0, 7.0), None, "of samples it is passed over");
    let testlib = r#"{"file": "c.py", "convention": "testlib"}"#;
    problem.checker = serde_json::from_str(testlib).unwrap();
    let plan = Plan::new(&problem);
    let more = plan.fault(1, Verdict::Accepted, Some(Share::Points(99.0)));
    assert_eq!(more, None, "no more counts than there is");
}

#[test]
fn circles_end() {
    let mut groups = vec![group("a", 10.0, Aggregate::Min), group("b", 10.0, Aggregate::Sum)];
    for (group, other) in groups.iter_mut().zip(["b", "a"]) {
        group.tests = vec![format!("{}1", group.name)];
        group.parent = Some(other.into());
    }
    let problem = problem(groups);
    assert_eq!(judge(&problem, &[(Verdict::Accepted, None)]).1.passed, 2);
}
