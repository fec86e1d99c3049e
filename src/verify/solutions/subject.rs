//! A solution while it is verified.

use crate::{
    evaluator::Tested,
    judge::{Languages, Limits, Share, Talk, TimeUse, Verdict},
    problem::Solution,
    verify::{expect, session::cut},
};
use serde::{Deserialize, Serialize};

/// Longest message of a result that is kept, in characters.
const MESSAGE: usize = 400;

/// A solution and what is known of it.
pub(in crate::verify) struct Subject {
    /// Its row in the matrix.
    pub(in crate::verify) place: usize,
    pub(in crate::verify) solution: Solution,
    /// Its language's id; `None` when no language is that of its main file.
    pub(in crate::verify) language: Option<String>,
    /// How much more time its language gets.
    pub(in crate::verify) factor: f64,
    /// Which side of the time limit it is on.
    pub(in crate::verify) side: TimeUse,
    /// By place of the test.
    pub(in crate::verify) results: Vec<Option<Known>>,
    pub(in crate::verify) state: State,
}

/// How far a solution came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) enum State {
    /// It was judged, or will be.
    Runs,
    /// It does not compile, and what the compiler said.
    Unbuilt(String),
    /// It cannot be run here, and why.
    Absent(String),
    /// A program of the problem's own cannot be built, and why.
    Fault(String),
}

/// What is known of a solution on a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::verify) struct Known {
    pub(in crate::verify) verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::verify) share: Option<Share>,
    pub(in crate::verify) cpu_ms: u64,
    pub(in crate::verify) memory_kib: u64,
    /// The CPU time that it was given.
    pub(in crate::verify) given_ms: u64,
    /// Whether nothing else was run by the verification at that time.
    #[serde(default)]
    pub(in crate::verify) alone: bool,
    /// Whether its time told another verdict when it ran among others.
    #[serde(default)]
    pub(in crate::verify) wavers: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::verify) message: Option<String>,
    /// What it and the interactor said to each other, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::verify) talk: Option<Talk>,
}

impl From<Tested> for Known {
    fn from(tested: Tested) -> Self {
        Self {
            verdict: tested.verdict,
            share: tested.share,
            cpu_ms: tested.usage.cpu_ms,
            memory_kib: tested.usage.memory_kib,
            given_ms: tested.given_ms,
            alone: false,
            wavers: false,
            message: tested.message.map(|message| cut(&message, MESSAGE)),
            talk: tested.talk,
        }
    }
}

impl Known {
    /// Whether it was stopped when its time was used up. One that waited for the interactor, which waited
    /// for it, says nothing of time.
    pub(in crate::verify) fn stopped(&self) -> bool {
        self.verdict == Verdict::TimeLimitExceeded && !self.is_deadlock()
    }

    /// Whether it and the interactor waited for each other.
    pub(in crate::verify) fn is_deadlock(&self) -> bool {
        self.talk.as_ref().is_some_and(|talk| talk.deadlock)
    }

    /// The time it took, in milliseconds; of one that was stopped, what it was given at least.
    pub(in crate::verify) fn took_ms(&self) -> u64 {
        if self.stopped() { self.cpu_ms.max(self.given_ms) } else { self.cpu_ms }
    }

    /// Accepted, in no time.
    #[cfg(test)]
    pub(in crate::verify) fn plain() -> Self {
        Self {
            verdict: Verdict::Accepted,
            share: None,
            cpu_ms: 1,
            memory_kib: 1,
            given_ms: 1000,
            alone: false,
            wavers: false,
            message: None,
            talk: None,
        }
    }
}

impl Subject {
    /// The test that took it longest and how long, in milliseconds of a language without a factor on its
    /// time. `None` where it was not run.
    pub(in crate::verify) fn longest(&self) -> Option<(usize, f64)> {
        let results = self.results.iter().enumerate();
        let times =
            results.filter_map(|(test, known)| Some((test, self.plain_ms(known.as_ref()?))));
        times.filter(|_| self.state == State::Runs).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    pub(in crate::verify) fn new(
        place: usize,
        solution: Solution,
        languages: &Languages,
        tests: usize,
    ) -> Self {
        let language = solution.language(languages);
        let side = expect::time_use(&solution.expectation, solution.time_limit);
        let state = match language {
            Some(_) => State::Runs,
            None => State::Absent("its language is not known here".to_owned()),
        };
        Self {
            place,
            language: language.map(|language| language.id.clone()),
            factor: language.map_or(1.0, |language| language.factors.time),
            side,
            results: vec![None; tests],
            state,
            solution,
        }
    }

    /// The time limit of its language, where the problem's is this, in milliseconds.
    pub(in crate::verify) fn limit_ms(&self, limit_ms: u64) -> u64 {
        (limit_ms as f64 * self.factor).round() as u64
    }

    /// The time of a result, as it would be in a language without a factor.
    pub(in crate::verify) fn plain_ms(&self, known: &Known) -> f64 {
        known.took_ms() as f64 / self.factor
    }
}

/// A problem's limits with another time limit; a backstop of its own grows with it.
pub(in crate::verify) fn with_time(limits: &Limits, time_ms: u64) -> Limits {
    let factor = time_ms as f64 / limits.time_ms.max(1) as f64;
    let wall = |wall: u64| ((wall as f64 * factor).ceil() as u64).max(time_ms);
    Limits { time_ms, wall_ms: limits.wall_ms.map(wall), ..limits.clone() }
}
