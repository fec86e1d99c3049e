//! What is said of the solutions once all are judged.

use super::{Known, State, Subject, judging, verdict_at};
use crate::{
    judge::{Talk, TimeUse, Verdict},
    verify::{
        expect::{self, Miss, Seen},
        report::{Finding, Severity, Step, TimingReport},
        session::{Session, finding, quoted},
        timing::{self, Longest, Trouble, is_near},
    },
};
use std::collections::BTreeSet;

const VERDICT: (&str, Severity) = ("solution-verdict", Severity::Error);
const MISSING: (&str, Severity) = ("solution-missing-verdict", Severity::Error);
const SCORE: (&str, Severity) = ("solution-score", Severity::Error);
const MESSAGE: (&str, Severity) = ("solution-message", Severity::Error);
const COMPILE: (&str, Severity) = ("solution-compile", Severity::Error);
const ABSENT: (&str, Severity) = ("solution-not-run", Severity::Warning);
const JUDGE: (&str, Severity) = ("judge-build", Severity::Error);
const FAILURE: (&str, Severity) = ("judge-failure", Severity::Error);
const DEADLOCK: (&str, Severity) = ("solution-deadlock", Severity::Note);
const SENSITIVE: (&str, Severity) = ("time-sensitive", Severity::Note);

/// What ends a deadlock.
const OWES: &str = "flush after every line, and let both agree on who writes next; the transcript shows where they do not";

/// Holds every solution against what is expected of it; how many agree.
pub(super) async fn settle(session: &Session<'_>, subjects: &[Subject], limit_ms: u64) -> usize {
    let mut agree = 0;
    let mut faults: BTreeSet<&str> = BTreeSet::new();
    for subject in subjects {
        if let State::Fault(why) = &subject.state
            && faults.insert(why)
        {
            session.find(judge_fault(session, why)).await;
        }
        let (findings, settled) = hold(session, subject, limit_ms);
        let ok = !findings.iter().any(|finding| finding.severity == Severity::Error)
            && matches!(subject.state, State::Runs | State::Unbuilt(_));
        agree += usize::from(ok);
        session.tell(settled.told(subject.place, ok)).await;
        for finding in findings {
            session.find(finding).await;
        }
    }
    agree
}

/// How a solution came out, before it is known whether that is right.
enum Settled {
    Unbuilt(Verdict, String),
    Judged(Verdict, Option<[f64; 2]>),
}

impl Settled {
    fn told(self, solution: usize, ok: bool) -> Step {
        match self {
            Self::Unbuilt(verdict, message) => Step::Unbuilt { solution, verdict, message, ok },
            Self::Judged(verdict, score) => Step::Settled { solution, verdict, score, ok },
        }
    }
}

fn hold(session: &Session<'_>, subject: &Subject, limit_ms: u64) -> (Vec<Finding>, Settled) {
    let file = format!("solutions/{}", subject.solution.path);
    let own = reproduce(session, subject, None);
    let expectation = &subject.solution.expectation;
    match &subject.state {
        State::Runs => {}
        State::Unbuilt(output) => {
            let meant = expectation.permitted.contains(&Verdict::CompileError)
                || expectation.required.contains(&Verdict::CompileError);
            let mend = "mend the program, or move it to compile_error/";
            let broken = || Finding {
                detail: Some(output.clone()),
                ..finding(COMPILE, file.clone(), "does not compile", mend, own.clone())
            };
            let findings = if meant { Vec::new() } else { vec![broken()] };
            return (findings, Settled::Unbuilt(Verdict::CompileError, output.clone()));
        }
        State::Absent(why) => {
            let mend =
                "install its language's toolchain (`sonocode doctor` says how), or leave it out";
            let message = format!("was not run: {why}");
            let findings = vec![finding(ABSENT, file, message, mend, own)];
            return (findings, Settled::Unbuilt(Verdict::InternalError, why.clone()));
        }
        State::Fault(why) => {
            return (Vec::new(), Settled::Unbuilt(Verdict::InternalError, why.clone()));
        }
    }
    let limit = subject.limit_ms(limit_ms);
    let seen: Vec<Option<Seen>> = subject
        .results
        .iter()
        .map(|known| known.as_ref().map(|known| seen(known, subject, limit, limit_ms)))
        .collect();
    let standing = expect::standing(&session.stored.problem, &seen);
    let settled =
        Settled::Judged(standing.verdict, standing.score.map(|score| [score.points, score.max]));
    let mut findings = failures(session, subject, &seen);
    if !findings.is_empty() {
        return (findings, settled);
    }
    let problem = &session.stored.problem;
    let misses = expect::misses(expectation, problem, &seen, session.all_tests());
    let elsewhere = !misses.is_empty()
        && expect::holds_elsewhere(expectation, problem, &seen, session.all_tests());
    findings.extend(sensitive(session, subject, &seen, limit, elsewhere));
    if !elsewhere {
        findings.extend(misses.iter().map(|miss| missed(session, subject, &seen, miss)));
    }
    if findings.iter().all(|finding| finding.code != DEADLOCK.0) {
        findings.extend(deadlock(session, subject));
    }
    (findings, settled)
}

fn seen(known: &Known, subject: &Subject, limit: u64, limit_ms: u64) -> Seen {
    let verdict = verdict_at(known, limit);
    let near = !known.stopped() && is_near(subject.plain_ms(known), limit_ms as f64);
    // Only what ran alone has a time that can be relied on.
    let other = (near && known.verdict != Verdict::MemoryLimitExceeded).then(|| {
        if verdict == Verdict::TimeLimitExceeded {
            known.verdict
        } else {
            Verdict::TimeLimitExceeded
        }
    });
    Seen { verdict, other, share: known.share, message: known.message.clone() }
}

fn reproduce(session: &Session<'_>, subject: &Subject, test: Option<usize>) -> String {
    let command = format!("{} --solutions {}", session.command(), quoted(&subject.solution.path));
    match test {
        Some(test) => format!("{command} --tests {}", quoted(session.test(test))),
        None => command,
    }
}

fn judge_fault(session: &Session<'_>, why: &str) -> Finding {
    let problem = &session.stored.problem;
    let folder = match (&problem.checker, &problem.interactor) {
        _ if why.contains("interactor") => {
            problem.interactor.as_ref().map(|program| format!("interactor/{}", program.file))
        }
        (Some(checker), _) => Some(format!("checker/{}", checker.file)),
        (None, _) => None,
    };
    let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
    Finding {
        detail: (!rest.is_empty()).then(|| rest.to_owned()),
        ..finding(
            JUDGE,
            folder.unwrap_or_else(|| "problem.toml".to_owned()),
            first,
            "mend the program; nothing can be judged without it",
            session.command(),
        )
    }
}

/// The problem's own programs that failed on a test, told once for each of their complaints.
fn failures(session: &Session<'_>, subject: &Subject, seen: &[Option<Seen>]) -> Vec<Finding> {
    let mut told: BTreeSet<Option<&str>> = BTreeSet::new();
    let mut findings = Vec::new();
    let problem = &session.stored.problem;
    let program = problem.interactor.as_ref().map(|program| format!("interactor/{}", program.file));
    let checker = problem.checker.as_ref().map(|program| format!("checker/{}", program.file));
    for (test, seen) in seen.iter().enumerate() {
        let Some(seen) = seen.as_ref().filter(|seen| seen.verdict == Verdict::InternalError) else {
            continue;
        };
        if told.insert(seen.message.as_deref()) {
            let why = seen.message.as_deref().unwrap_or("it said nothing");
            let is_checker = why.contains("checker");
            let file =
                if is_checker { checker.clone() } else { program.clone().or(checker.clone()) };
            let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
            let talk = subject.results[test].as_ref().and_then(|known| known.talk.as_ref());
            let ends = talk.map(|talk| format!(" ({})", talk.ends())).unwrap_or_default();
            let name = session.test(test);
            let message = format!("failed on {name} of {}: {first}{ends}", subject.solution.path);
            findings.push(Finding {
                detail: with_transcript((!rest.is_empty()).then(|| rest.to_owned()), talk),
                ..finding(
                    FAILURE,
                    file.unwrap_or_else(|| "problem.toml".to_owned()),
                    message,
                    "a judge's program must say accepted or rejected of every output",
                    reproduce(session, subject, Some(test)),
                )
            });
        }
    }
    findings
}

/// The note on a solution whose verdict another machine may not repeat.
fn sensitive(
    session: &Session<'_>,
    subject: &Subject,
    seen: &[Option<Seen>],
    limit: u64,
    decides: bool,
) -> Option<Finding> {
    let near = |(test, seen): (usize, &Option<Seen>)| {
        seen.as_ref().filter(|seen| seen.other.is_some()).map(|_| test)
    };
    let known = |test: usize| subject.results[test].as_ref();
    let nearest =
        seen.iter().enumerate().filter_map(near).min_by_key(|&test| {
            known(test).map_or(u64::MAX, |known| known.cpu_ms.abs_diff(limit))
        })?;
    let took = known(nearest)?.cpu_ms;
    let wavers = known(nearest)?.wavers;
    let mut message = format!(
        "takes {took} ms on {}, and the limit is {limit} ms: another machine may judge it otherwise",
        session.test(nearest)
    );
    if wavers {
        message.push_str(" (it did here, when other programs ran beside it)");
    }
    if decides {
        message.push_str("; whether what is expected of it holds depends on that");
    }
    let mend = "move the time limit away from it, or make it faster or slower";
    let file = format!("solutions/{}", subject.solution.path);
    let own = reproduce(session, subject, Some(nearest));
    Some(finding(SENSITIVE, file, message, mend, own))
}

/// The note on a solution that was not slow: it and the interactor waited for each other.
fn deadlock(session: &Session<'_>, subject: &Subject) -> Option<Finding> {
    let results = subject.results.iter().enumerate();
    let (test, talk) = results
        .filter_map(|(test, known)| Some((test, known.as_ref()?.talk.as_ref()?)))
        .find(|(_, talk)| talk.deadlock)?;
    let message = format!("its TLE on {} is not for slowness: {}", session.test(test), talk.ends());
    let file = format!("solutions/{}", subject.solution.path);
    let own = reproduce(session, subject, Some(test));
    let detail = with_transcript(None, Some(talk));
    Some(Finding { detail, ..finding(DEADLOCK, file, message, OWES, own) })
}

/// What a judge said, and what was said on both sides.
fn with_transcript(said: Option<String>, talk: Option<&Talk>) -> Option<String> {
    let transcript = talk.map(Talk::transcript).filter(|transcript| !transcript.is_empty());
    match (said, transcript) {
        (Some(said), Some(transcript)) => Some(format!("{said}\n{transcript}")),
        (said, transcript) => said.or(transcript),
    }
}

/// The finding of something that is not as it is expected.
fn missed(session: &Session<'_>, subject: &Subject, seen: &[Option<Seen>], miss: &Miss) -> Finding {
    let file = format!("solutions/{}", subject.solution.path);
    let expected = expect::describe(&subject.solution.expectation);
    let whole = reproduce(session, subject, None);
    let on = |pattern: &Option<String>| {
        pattern.as_ref().map_or_else(String::new, |pattern| format!(" on {pattern}"))
    };
    let list = |set: &BTreeSet<Verdict>| {
        set.iter().map(|verdict| verdict.code()).collect::<Vec<_>>().join(" or ")
    };
    match miss {
        Miss::Forbidden { test, verdict, more, permitted } => {
            let name = session.test(*test);
            let more = match more {
                0 => String::new(),
                1 => " and on another test".to_owned(),
                more => format!(" and on {more} more tests"),
            };
            let talk = subject.results[*test].as_ref().and_then(|known| known.talk.as_ref());
            let ends = talk.map(|talk| format!(" ({})", talk.ends())).unwrap_or_default();
            let permitted = list(permitted);
            let message = format!("got {verdict} on {name}{more}{ends}; permitted: {permitted}");
            let deadlock =
                verdict == &Verdict::TimeLimitExceeded && talk.is_some_and(|talk| talk.deadlock);
            let (code, _) = if deadlock { DEADLOCK } else { VERDICT };
            let mend = match verdict {
                _ if deadlock => OWES,
                Verdict::Accepted => "add a test that it fails, or move it to where it belongs",
                Verdict::TimeLimitExceeded => {
                    "make it faster, raise limits.time_ms, or move it to time_limit_exceeded/"
                }
                Verdict::MemoryLimitExceeded => {
                    "let it use less, raise limits.memory_mib, or move it to memory_limit_exceeded/"
                }
                _ => {
                    "mend the solution, the test or the judge, or say what is expected in [[solutions]]"
                }
            };
            let own = reproduce(session, subject, Some(*test));
            let said = seen[*test].as_ref().and_then(|seen| seen.message.clone());
            let detail = with_transcript(said, talk);
            Finding { detail, ..finding((code, Severity::Error), file, message, mend, own) }
        }
        Miss::Missing { required, pattern } => {
            let message =
                format!("no test{} gives it {}; expected: {expected}", on(pattern), list(required));
            let mend = "add a test that shows its fault, or move it to where it belongs";
            finding(MISSING, file, message, mend, whole)
        }
        Miss::Score { points, wanted: [low, high], pattern } => {
            let message = format!("got {points} points{}; expected {low} to {high}", on(pattern));
            let mend = "mend the groups, the tests or the solution, or change its `score`";
            finding(SCORE, file, message, mend, whole)
        }
        Miss::Silent { words, pattern } => {
            let message = format!("no judge said `{words}` of it{}", on(pattern));
            let mend = "let the judge say these words, or change its `message`";
            finding(MESSAGE, file, message, mend, whole)
        }
    }
}

/// What the times of all solutions say of the limit. `None` where only a part was looked at.
pub(super) async fn timing(
    session: &Session<'_>,
    subjects: &[Subject],
    limit_ms: u64,
) -> Option<TimingReport> {
    if !session.all_tests() || !session.options.solutions.is_empty() {
        return None;
    }
    let timing = judging::timing(session);
    let longest: Vec<Longest> =
        subjects.iter().filter_map(|subject| longest(session, subject)).collect();
    let report = timing::report(&longest, &timing, limit_ms);
    let set = format!(
        "sonocode problem set {} limits.time_ms={}",
        session.stored.problem.slug, report.inferred_ms
    );
    let file = "problem.toml";
    if timing.inferred {
        let message = match &report.lower {
            Some(lower) => format!(
                "no time limit is written down; {limit_ms} ms follows from {} ({} ms on {})",
                lower.solution, lower.cpu_ms, lower.test
            ),
            None => {
                format!("no time limit is written down, and no solution says one: {limit_ms} ms")
            }
        };
        let code = ("time-limit-inferred", Severity::Note);
        session
            .find(finding(code, file, message, format!("write it down: {set}"), session.command()))
            .await;
    }
    // Who says nothing of timing did not ask for these rules.
    let severity = match session.stored.problem.timing {
        Some(_) => Severity::Error,
        None => Severity::Warning,
    };
    let troubles = timing::troubles(&report, &timing, timing::is_open(&longest));
    for trouble in &troubles {
        if let Some((code, message, mend)) =
            trouble_words(*trouble, &troubles, &report, &timing, &set)
        {
            let severity = if timing.inferred && *trouble == Trouble::Tight {
                Severity::Note
            } else {
                severity
            };
            session.find(finding((code, severity), file, message, mend, session.command())).await;
        }
    }
    Some(report)
}

fn trouble_words(
    trouble: Trouble,
    all: &[Trouble],
    report: &TimingReport,
    timing: &crate::judge::Timing,
    set: &str,
) -> Option<(&'static str, String, String)> {
    let words = |of: &crate::verify::report::Binding| {
        format!("{} ({} ms on {})", of.solution, of.cpu_ms, of.test)
    };
    let lower = report.lower.as_ref().map(words).unwrap_or_default();
    let upper = report.upper.as_ref().map(words).unwrap_or_default();
    let limit = report.limit_ms;
    let impossible = all.contains(&Trouble::Impossible);
    Some(match trouble {
        Trouble::Tight if !impossible => (
            "time-limit-tight",
            format!(
                "{limit} ms leave {lower} less than {} times what it takes; at least {} ms would",
                timing.ac_to_time_limit, report.inferred_ms
            ),
            format!("raise it: {set}"),
        ),
        Trouble::Loose if !impossible => (
            "time-limit-loose",
            format!(
                "{limit} ms stop {upper} with less than {} times the limit to spare",
                timing.time_limit_to_tle
            ),
            format!(
                "lower the limit (at least {} ms are needed), or add larger tests",
                report.inferred_ms
            ),
        ),
        Trouble::Impossible => (
            "time-limit-impossible",
            format!(
                "no limit leaves room for {lower} ({} times) and stops {upper} ({} times)",
                timing.ac_to_time_limit, timing.time_limit_to_tle
            ),
            "add larger tests that tell them apart, or make the slowest right solution faster"
                .to_owned(),
        ),
        _ => return None,
    })
}

/// The longest that a solution took, where it says something about the limit.
fn longest(session: &Session<'_>, subject: &Subject) -> Option<Longest> {
    if !matches!(subject.side, TimeUse::Lower | TimeUse::Upper) {
        return None;
    }
    let deadlocks = subject.results.iter().flatten().any(Known::is_deadlock);
    if deadlocks && subject.side == TimeUse::Upper {
        // What it shows is no slowness.
        return None;
    }
    let (test, ms) = subject.longest()?;
    Some(Longest {
        solution: subject.solution.path.clone(),
        test: session.test(test).to_owned(),
        ms,
        stopped: subject.results[test].as_ref().is_some_and(Known::stopped),
        side: subject.side,
    })
}
