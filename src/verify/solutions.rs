//! Every solution on every test, the time limit from both sides, and what is expected of each.

mod judging;
pub(super) mod keys;
mod subject;
mod verdicts;

pub(super) use subject::{Known, State, Subject};

use super::{
    report::{Column, Row, Step, TimingReport},
    session::{Session, blocking},
};
use crate::{
    judge::{Problem, Verdict},
    sandbox::SandboxError,
};

/// How often a time limit that follows from the times is worked out anew at most.
const ROUNDS: usize = 3;

/// What became of all solutions.
pub(super) struct JudgedSolutions {
    pub(super) subjects: Vec<Subject>,
    /// The time limit by which they were judged, in milliseconds.
    pub(super) limit_ms: u64,
    /// Those of which everything holds.
    pub(super) agree: usize,
    pub(super) timing: Option<TimingReport>,
}

impl JudgedSolutions {
    /// Whether a program of the problem's own could not be built.
    pub(super) fn is_broken(&self) -> bool {
        self.subjects.iter().any(|subject| matches!(subject.state, State::Fault(_)))
    }
}

/// Tells that no solution is looked at.
pub(super) async fn none(session: &Session<'_>) {
    session.tell(begun(session, &[], session.tests())).await;
}

/// Judges all wanted solutions and tells what is not as it is expected.
pub(super) async fn judge(session: &Session<'_>) -> Result<JudgedSolutions, SandboxError> {
    let mut subjects = subjects(session).await?;
    let tests = session.tests().to_vec();
    session.tell(begun(session, &subjects, &tests)).await;
    session.phase("solutions", (subjects.len() * tests.len()) as u64).await;
    let keys = keys::TestKeys::read(session, &tests).await?;
    let mut limit_ms = judging::first(session, &mut subjects, &tests, &keys).await?;
    // Where the limit follows from the times, better times may say another: then those that were stopped
    // before it run again, and others are near it.
    for _ in 0..ROUNDS {
        let better = judging::again(session, &mut subjects, &tests, &keys, limit_ms).await?;
        if better == limit_ms {
            break;
        }
        limit_ms = better;
        judging::stopped(session, &mut subjects, &tests, &keys, limit_ms).await?;
    }
    let agree = verdicts::settle(session, &subjects, limit_ms).await;
    let timing = verdicts::timing(session, &subjects, limit_ms).await;
    Ok(JudgedSolutions { subjects, limit_ms, agree, timing })
}

async fn subjects(session: &Session<'_>) -> Result<Vec<Subject>, SandboxError> {
    let stored = session.stored.clone();
    let solutions = blocking(move || stored.solutions()).await?;
    let tests = session.stored.problem.tests.len();
    let wanted = solutions.into_iter().filter(|solution| session.wants_solution(&solution.path));
    let wanted = wanted.enumerate();
    let languages = session.evaluator.languages();
    Ok(wanted.map(|(place, solution)| Subject::new(place, solution, languages, tests)).collect())
}

fn begun(session: &Session<'_>, subjects: &[Subject], tests: &[usize]) -> Step {
    let problem = &session.stored.problem;
    let row = |subject: &Subject| Row {
        path: subject.solution.path.clone(),
        language: subject.language.clone().unwrap_or_default(),
        expectation: subject.solution.expectation.clone(),
    };
    Step::Begun {
        problem: problem.slug.clone(),
        tests: tests.iter().map(|&at| session.test(at).to_owned()).collect(),
        columns: columns(problem, tests),
        solutions: subjects.iter().map(row).collect(),
    }
}

/// The columns of the matrix, in the order of their first tests: groups, and folders of other tests.
fn columns(problem: &Problem, tests: &[usize]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (place, &at) in tests.iter().enumerate() {
        let test = &problem.tests[at];
        let group = problem.groups.iter().find(|group| group.tests.contains(&test.name));
        let name = match (group, test.name.split_once('/')) {
            (Some(group), _) => group.name.as_str(),
            _ if test.sample => "sample",
            (None, Some((folder, _))) => folder,
            (None, None) => "tests",
        };
        match columns.iter_mut().find(|column| column.name == name) {
            Some(column) => column.tests.push(place),
            None => columns.push(Column { name: name.to_owned(), tests: vec![place] }),
        }
    }
    columns
}

/// The verdict of a result under a time limit, whatever limit it was found with.
pub(super) fn verdict_at(known: &Known, limit_ms: u64) -> Verdict {
    let kept = [Verdict::MemoryLimitExceeded, Verdict::InternalError].contains(&known.verdict);
    if !kept && known.cpu_ms > limit_ms { Verdict::TimeLimitExceeded } else { known.verdict }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Aggregate, Group, TestCase};

    #[test]
    fn columns_are_groups_and_folders() {
        let test = |name: &str, sample| TestCase::plain(name.to_owned(), sample, 1, 1);
        let group = Group {
            name: "small".into(),
            tests: vec!["b".into(), "secret/x".into()],
            points: 1.0,
            score: Aggregate::Min,
            requires: Vec::new(),
            stop: true,
            parent: None,
            unbounded: false,
            grader: None,
        };
        let problem = Problem {
            tests: vec![
                test("01-sample", true),
                test("a", false),
                test("secret/y", false),
                test("b", false),
                test("secret/x", false),
            ],
            groups: vec![group],
            ..Problem::empty()
        };
        let named = |name: &str, tests: &[usize]| Column { name: name.into(), tests: tests.into() };
        let expected = [
            named("sample", &[0]),
            named("tests", &[1]),
            named("secret", &[2]),
            named("small", &[3, 4]),
        ];
        assert_eq!(columns(&problem, &[0, 1, 2, 3, 4]), expected);
        assert_eq!(columns(&problem, &[2, 4]), [named("secret", &[0]), named("small", &[1])]);
    }

    #[test]
    fn verdicts_under_another_limit() {
        let known = |verdict, cpu_ms| Known { verdict, cpu_ms, ..Known::plain() };
        for (verdict, cpu_ms, expected) in [
            (Verdict::Accepted, 1000, Verdict::Accepted),
            (Verdict::Accepted, 1001, Verdict::TimeLimitExceeded),
            (Verdict::WrongAnswer, 1001, Verdict::TimeLimitExceeded),
            (Verdict::RuntimeError, 1001, Verdict::TimeLimitExceeded),
            (Verdict::MemoryLimitExceeded, 1001, Verdict::MemoryLimitExceeded),
            (Verdict::TimeLimitExceeded, 3, Verdict::TimeLimitExceeded),
        ] {
            assert_eq!(verdict_at(&known(verdict, cpu_ms), 1000), expected, "{verdict} {cpu_ms}");
        }
    }
}
