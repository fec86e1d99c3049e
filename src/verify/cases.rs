//! What each test is good for: which wrong solutions it catches, which tests are there twice, and which
//! bounds no test reaches.

use super::{
    bounds::{Bound, bounds, seen_words},
    report::Severity,
    session::{Session, blocking, finding, quoted},
    solutions::{JudgedSolutions, State, Subject, verdict_at},
};
use crate::{
    judge::Verdict,
    sandbox::{Input, SandboxError},
};
use std::collections::{BTreeMap, BTreeSet};

const TWICE: (&str, Severity) = ("duplicate-test", Severity::Warning);
const SHOWN: (&str, Severity) = ("sample-repeated", Severity::Note);
const IDLE: (&str, Severity) = ("test-catches-nothing", Severity::Note);
const ONCE: (&str, Severity) = ("caught-by-one-test", Severity::Note);
const BOUND: (&str, Severity) = ("bound-not-reached", Severity::Note);

/// So many names are listed in one message.
const LISTED: usize = 8;

/// Which tests catch which wrong solutions.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kills {
    /// By solution: places of the tests that it fails.
    by_solution: Vec<BTreeSet<usize>>,
}

impl Kills {
    /// The tests that no wrong solution fails.
    fn idle(&self, tests: &[usize]) -> Vec<usize> {
        let kills = |test: &usize| self.by_solution.iter().any(|failed| failed.contains(test));
        tests.iter().copied().filter(|test| !kills(test)).collect()
    }

    /// The solutions that fail one test alone, and which.
    fn once(&self) -> Vec<(usize, usize)> {
        let only = |failed: &BTreeSet<usize>| (failed.len() == 1).then(|| failed.first().copied());
        let solutions = self.by_solution.iter().enumerate();
        solutions.filter_map(|(at, failed)| Some((at, only(failed)??))).collect()
    }
}

/// Looks at the tests, once all solutions are judged.
pub(super) async fn examine(
    session: &Session<'_>,
    judged: &JudgedSolutions,
) -> Result<(), SandboxError> {
    session.phase("cases", 3).await;
    duplicates(session).await?;
    session.advance().await;
    if session.options.solutions.is_empty() {
        kills(session, judged).await;
    }
    session.advance().await;
    if session.all_tests() {
        reach(session).await?;
    }
    session.advance().await;
    Ok(())
}

/// Tells tests that ask the same.
async fn duplicates(session: &Session<'_>) -> Result<(), SandboxError> {
    let stored = &session.stored;
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for &at in session.tests() {
        let test = &stored.problem.tests[at];
        let input = session.digest(&Input::File(stored.input(&test.name))).await?;
        // The same input is another test with other arguments or files.
        let key = format!("{input} {:?} {:?} {:?}", test.args, test.judge_args, test.files);
        let Some(earlier) = first.get(&key).map(|&at| &stored.problem.tests[at]) else {
            first.insert(key, at);
            continue;
        };
        let code = if earlier.sample && !test.sample { SHOWN } else { TWICE };
        let file = format!("tests/{}.in", test.name);
        let message = format!("is the same input as tests/{}.in", earlier.name);
        let own = format!(
            "{} --tests {} --tests {}",
            session.command(),
            quoted(&earlier.name),
            quoted(&test.name)
        );
        session.find(finding(code, file, message, "remove one of them", own)).await;
    }
    Ok(())
}

/// Tells what the failures of wrong solutions say of the tests.
async fn kills(session: &Session<'_>, judged: &JudgedSolutions) {
    let wrong: Vec<&Subject> = judged.subjects.iter().filter(|subject| is_wrong(subject)).collect();
    if wrong.is_empty() {
        return;
    }
    let failed = |subject: &&Subject| {
        let limit = subject.limit_ms(judged.limit_ms);
        let results = subject.results.iter().enumerate();
        let failed = results.filter(|(_, known)| {
            known.as_ref().is_some_and(|known| verdict_at(known, limit) != Verdict::Accepted)
        });
        failed.map(|(at, _)| at).collect()
    };
    let kills = Kills { by_solution: wrong.iter().map(failed).collect() };
    let secret: Vec<usize> = session
        .tests()
        .iter()
        .copied()
        .filter(|&at| !session.stored.problem.tests[at].sample)
        .collect();
    let idle = kills.idle(&secret);
    if !idle.is_empty() && idle.len() < secret.len() {
        let names: Vec<&str> = idle.iter().map(|&at| session.test(at)).collect();
        let message = format!(
            "{} of {} tests catch no wrong solution: {}",
            idle.len(),
            secret.len(),
            listed(&names)
        );
        let mend = "they may still be worth it; add wrong solutions that only they catch";
        session.find(finding(IDLE, "tests", message, mend, session.command())).await;
    }
    if secret.len() < 2 {
        return;
    }
    for (at, test) in kills.once() {
        let path = &wrong[at].solution.path;
        let message = format!("only tests/{}.in catches it", session.test(test));
        let mend = "add another test of its kind, so that one mishap does not let it pass";
        let own = format!("{} --solutions {}", session.command(), quoted(path));
        session.find(finding(ONCE, format!("solutions/{path}"), message, mend, own)).await;
    }
}

/// Whether a solution was judged that must fail.
fn is_wrong(subject: &Subject) -> bool {
    let required = &subject.solution.expectation.required;
    subject.state == State::Runs && !required.is_empty() && !required.contains(&Verdict::Accepted)
}

/// Some names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown = names[..names.len().min(LISTED)].join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Tells bounds of the validators at which no test is.
async fn reach(session: &Session<'_>) -> Result<(), SandboxError> {
    let stored = session.stored.clone();
    let missed = blocking(move || {
        let mut wanted: Vec<(String, Bound)> = Vec::new();
        for validator in &stored.problem.validators {
            for (name, bytes) in stored.validator_files(&validator.name)? {
                // testlib itself speaks of bounds that are not the problem's.
                if name.ends_with(".h") {
                    continue;
                }
                let file = format!("validators/{}/{name}", validator.name);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                wanted.extend(bounds(&text).into_iter().map(|bound| (file.clone(), bound)));
            }
        }
        let words = wanted.iter().flat_map(|(_, bound)| [bound.low.clone(), bound.high.clone()]);
        let mut missing: BTreeSet<String> = words.collect();
        for test in &stored.problem.tests {
            if missing.is_empty() {
                break;
            }
            let input = std::fs::File::open(stored.input(&test.name))?;
            seen_words(std::io::BufReader::new(input), &mut missing)?;
        }
        Ok((wanted, missing))
    });
    let (wanted, missing) = missed.await?;
    for (file, bound) in wanted {
        for (end, value) in [("smallest", &bound.low), ("largest", &bound.high)] {
            if !missing.contains(value) {
                continue;
            }
            let name = &bound.name;
            let message = format!("no test has {name} = {value}, the {end} that is allowed");
            let mend = format!("add a test with {name} = {value}, or change the bound");
            let mut found = finding(BOUND, file.clone(), message, mend, session.command());
            found.line = Some(bound.line);
            session.find(found).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tests_catch() {
        let kills =
            Kills { by_solution: vec![[1, 2].into(), [2].into(), BTreeSet::new(), [4].into()] };
        assert_eq!(kills.idle(&[1, 2, 3, 4]), [3]);
        assert_eq!(kills.once(), [(1, 2), (3, 4)]);
        assert_eq!(Kills::default().idle(&[1]), [1]);
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["x"; 10]), "x, x, x, x, x, x, x, x and 2 more");
    }
}
