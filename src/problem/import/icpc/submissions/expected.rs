//! What a folder of submissions and the comments in a source say must become of it.

use crate::{
    judge::{
        Expectation, PartExpectation,
        Verdict::{
            self, Accepted, CompileError, MemoryLimitExceeded, OutputLimitExceeded,
            PresentationError, RuntimeError, TimeLimitExceeded, WrongAnswer,
        },
    },
    problem::import::icpc::metadata::Version,
};
use std::collections::BTreeSet;

/// The formats know one verdict for everything that is a program's own failure.
pub(super) const CRASHES: [Verdict; 3] = [RuntimeError, MemoryLimitExceeded, OutputLimitExceeded];
/// And one for everything that is a wrong output.
pub(super) const WRONG: [Verdict; 2] = [WrongAnswer, PresentationError];

/// Where a folder's submissions go, and what must become of them beyond what the native folder says.
pub(super) struct Folder {
    pub(super) to: &'static str,
    pub(super) expectation: Option<Expectation>,
}

/// What a folder means. `known` when `submissions.yaml` says what must become of what is in it, `annotated` what
/// a comment says. `None` when nobody says anything.
pub(super) fn folder(
    name: &str,
    version: Version,
    known: bool,
    annotated: Option<Expectation>,
) -> Option<Folder> {
    let legacy = version.is_legacy();
    let says = |permitted: &[&[Verdict]], required: &[&[Verdict]]| {
        Some(Expectation {
            permitted: permitted.concat().into_iter().collect(),
            required: required.concat().into_iter().collect(),
            ..Expectation::default()
        })
    };
    let (to, expectation) = match name {
        "accepted" => ("accepted", None),
        "wrong_answer" => ("wrong_answer", None),
        "time_limit_exceeded" if legacy => (
            "time_limit_exceeded",
            says(&[&[Accepted, TimeLimitExceeded], &WRONG], &[&[TimeLimitExceeded]]),
        ),
        "time_limit_exceeded" => ("time_limit_exceeded", None),
        "run_time_error" if legacy => {
            ("run_time_error", says(&[&Verdict::ALL[..0]], &[&CRASHES]).map(any))
        }
        "run_time_error" => ("run_time_error", says(&[&[Accepted], &CRASHES], &[&CRASHES])),
        "partially_accepted" if version != Version::LegacyIcpc => ("partially_accepted", None),
        "rejected" if annotated.is_none() => ("rejected", None),
        "brute_force" if !legacy => (
            "brute_force",
            says(&[&[Accepted, TimeLimitExceeded], &CRASHES], &[&[TimeLimitExceeded], &CRASHES]),
        ),
        _ => return other(name, known, annotated),
    };
    Some(Folder { to, expectation })
}

/// A folder that the format does not know, but contest systems may.
fn other(name: &str, known: bool, annotated: Option<Expectation>) -> Option<Folder> {
    if annotated.is_some() {
        return Some(Folder { to: "mixed", expectation: annotated });
    }
    let to = match name {
        "memory_limit_exceeded" => "memory_limit_exceeded",
        "output_limit_exceeded" => "output_limit_exceeded",
        "presentation_error" => "presentation_error",
        "compile_error" | "compiler_error" => "compile_error",
        "brute_force" => "brute_force",
        _ if known => "mixed",
        _ => return None,
    };
    Some(Folder { to, expectation: None })
}

/// Says that every verdict is permitted, where the native folder would say otherwise.
pub(super) fn any(mut expectation: Expectation) -> Expectation {
    expectation.permitted = Verdict::ALL
        .into_iter()
        .filter(|verdict| *verdict != Verdict::InternalError && *verdict != CompileError)
        .collect();
    expectation
}

/// Reads `@EXPECTED_RESULTS@`, `@EXPECTED_SCORE@` and `@EXPECTED_GRADES@`.
pub(super) fn annotations(text: &str) -> Result<Option<Expectation>, (usize, String)> {
    let mut said: Option<Expectation> = None;
    for (at, line) in text.lines().enumerate() {
        let Some((mark, rest)) = ["RESULTS", "SCORE", "GRADES"]
            .into_iter()
            .find_map(|mark| Some((mark, line.split_once(&format!("@EXPECTED_{mark}@"))?.1)))
        else {
            continue;
        };
        let rest = rest
            .trim_start_matches(':')
            .trim()
            .trim_end_matches("*/")
            .trim_end_matches("-->")
            .trim();
        let expectation = said.get_or_insert_default();
        let wrong = |what: &str| (at + 1, format!("@EXPECTED_{mark}@: `{what}` is not known"));
        match mark {
            "RESULTS" => {
                for word in rest.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                    let verdicts = result(word).ok_or_else(|| wrong(word))?;
                    expectation.permitted.extend(verdicts);
                    expectation.required.extend(verdicts);
                }
            }
            "SCORE" => {
                let score: f64 = rest
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .parse()
                    .map_err(|_| wrong(rest))?;
                expectation.score = Some([score, score]);
            }
            // A verdict for each group of data/secret, in their order; the groups are known later.
            _ => {
                for (group, word) in rest.split_whitespace().enumerate() {
                    let verdicts = result(word).ok_or_else(|| wrong(word))?;
                    expectation.tests.push(PartExpectation {
                        pattern: format!("{group}"),
                        required: verdicts.iter().copied().collect(),
                        ..PartExpectation::default()
                    });
                }
            }
        }
    }
    Ok(said)
}

/// A result as `DOMjudge` names it.
fn result(word: &str) -> Option<&'static [Verdict]> {
    Some(match word.to_ascii_uppercase().as_str() {
        "CORRECT" | "ACCEPTED" | "AC" => &[Accepted],
        "WRONG-ANSWER" | "WRONG_ANSWER" | "WA" | "NO-OUTPUT" | "NO_OUTPUT" => &WRONG,
        "TIMELIMIT" | "TIME_LIMIT_EXCEEDED" | "TLE" => &[TimeLimitExceeded],
        "RUN-ERROR" | "RUN_TIME_ERROR" | "RTE" => &CRASHES,
        "MEMORY-LIMIT" | "MEMORY_LIMIT_EXCEEDED" | "MLE" => &[MemoryLimitExceeded],
        "OUTPUT-LIMIT" | "OUTPUT_LIMIT_EXCEEDED" | "OLE" => &[OutputLimitExceeded],
        "COMPILER-ERROR" | "COMPILE_ERROR" | "CE" => &[CompileError],
        "PRESENTATION-ERROR" | "PE" => &[PresentationError],
        "CHECK-MANUALLY" | "REJECTED" => &[
            WrongAnswer,
            PresentationError,
            TimeLimitExceeded,
            RuntimeError,
            MemoryLimitExceeded,
            OutputLimitExceeded,
        ],
        _ => return None,
    })
}

/// A verdict as `submissions.yaml` names it.
pub(super) fn short(word: &str) -> Option<BTreeSet<Verdict>> {
    Some(match word {
        "AC" => BTreeSet::from([Accepted]),
        "WA" => WRONG.into(),
        "TLE" => BTreeSet::from([TimeLimitExceeded]),
        "RTE" => CRASHES.into(),
        _ => return None,
    })
}
