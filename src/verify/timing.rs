//! The time limit from both sides: what the solutions that must fit need, and what those take that must
//! not.

use super::report::{Binding, TimingReport};
use crate::judge::{TimeUse, Timing};

/// How a limit follows from times where the package says nothing about it: the usual figures.
pub(super) const USUAL: Timing =
    Timing { ac_to_time_limit: 2.0, time_limit_to_tle: 1.5, resolution_ms: 1000, inferred: false };

/// A time this much above or below the limit is near it: another machine may be on the other side.
pub(super) const NEAR: f64 = 1.2;

/// The longest that a solution took on a test.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Longest {
    pub(super) solution: String,
    pub(super) test: String,
    /// In milliseconds of a language without a factor on its time.
    pub(super) ms: f64,
    /// Whether it was stopped then, and might have taken longer.
    pub(super) stopped: bool,
    /// Which side of the limit it says something about.
    pub(super) side: TimeUse,
}

/// What is wrong with a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The slowest solution that must fit has too little room.
    Tight,
    /// The fastest solution that must not fit is stopped with too little to spare.
    Loose,
    /// No limit leaves room for the one and stops the other.
    Impossible,
}

/// The smallest limit that leaves room for a solution of `slowest` milliseconds.
pub(super) fn inferred(slowest: f64, timing: &Timing) -> u64 {
    let step = timing.resolution_ms.max(1);
    // Times are whole milliseconds; what is left of a product of two fractions is no reason for a step.
    let needed = (slowest * timing.ac_to_time_limit - 1e-6).max(0.0).ceil() as u64;
    needed.div_ceil(step).max(1) * step
}

/// The limit that the solutions that must stop allow at most.
pub(super) fn largest(fastest: f64, timing: &Timing) -> u64 {
    (fastest / timing.time_limit_to_tle + 1e-6).floor() as u64
}

/// What all times say of a limit.
pub(super) fn report(longest: &[Longest], timing: &Timing, limit_ms: u64) -> TimingReport {
    let side = |side| longest.iter().filter(move |longest| longest.side == side);
    let lower = side(TimeUse::Lower).max_by(|a, b| a.ms.total_cmp(&b.ms));
    let upper = side(TimeUse::Upper).min_by(|a, b| a.ms.total_cmp(&b.ms));
    let limit = limit_ms as f64;
    let binding = |of: &Longest, margin: f64| Binding {
        solution: of.solution.clone(),
        test: of.test.clone(),
        cpu_ms: of.ms.round() as u64,
        margin: (margin * 100.0).round() / 100.0,
    };
    let near = |longest: &Longest| is_near(longest.ms, limit) && !longest.stopped;
    TimingReport {
        limit_ms,
        inferred_ms: lower.map_or(limit_ms, |lower| inferred(lower.ms, timing)),
        // Less than a millisecond cannot be divided by.
        lower: lower.map(|lower| binding(lower, limit / lower.ms.max(1.0))),
        upper: upper.map(|upper| binding(upper, upper.ms / limit)),
        sensitive: longest.iter().any(near),
    }
}

/// Whether the fastest solution that must not fit was stopped: it may take far longer than was seen.
pub(super) fn is_open(longest: &[Longest]) -> bool {
    let upper = longest.iter().filter(|longest| longest.side == TimeUse::Upper);
    upper.min_by(|a, b| a.ms.total_cmp(&b.ms)).is_some_and(|upper| upper.stopped)
}

/// What is wrong with the limit of a report. Without a solution on a side, nothing is wrong there. `open`:
/// see [`is_open`].
pub(super) fn troubles(report: &TimingReport, timing: &Timing, open: bool) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let slowest = report.lower.as_ref().map(|lower| lower.cpu_ms as f64);
    let fastest = report.upper.as_ref().map(|upper| upper.cpu_ms as f64);
    if slowest.is_some_and(|slowest| report.limit_ms < inferred(slowest, timing)) {
        troubles.push(Trouble::Tight);
    }
    if fastest.is_some_and(|fastest| report.limit_ms > largest(fastest, timing)) {
        troubles.push(Trouble::Loose);
    }
    if let (Some(slowest), Some(fastest)) = (slowest, fastest)
        && !open
        && inferred(slowest, timing) > largest(fastest, timing)
    {
        troubles.push(Trouble::Impossible);
    }
    troubles
}

/// Whether a time is near a bound.
pub(super) fn is_near(ms: f64, bound: f64) -> bool {
    ms * NEAR >= bound && ms <= bound * NEAR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(solution: &str, ms: f64, side: TimeUse) -> Longest {
        Longest { solution: solution.into(), test: "t".into(), ms, stopped: false, side }
    }

    #[test]
    fn the_smallest_multiple_that_leaves_room() {
        for (slowest, expected) in
            [(0.0, 1000), (1.0, 1000), (500.0, 1000), (501.0, 2000), (1500.0, 3000), (1501.0, 4000)]
        {
            assert_eq!(inferred(slowest, &USUAL), expected, "{slowest}");
        }
        let fine = Timing { resolution_ms: 100, ac_to_time_limit: 1.1, ..USUAL };
        assert_eq!(inferred(1000.0, &fine), 1100, "and no step more for a fraction's sake");
        // Legacy: five times, in whole seconds, at least one.
        let legacy = Timing { ac_to_time_limit: 5.0, time_limit_to_tle: 2.0, ..USUAL };
        assert_eq!([inferred(3.0, &legacy), inferred(401.0, &legacy)], [1000, 3000]);
    }

    #[test]
    fn both_sides_are_held_against_a_limit() {
        let check = |ac: f64, tle: f64, limit: u64| {
            let times = [
                longest("fast", 1.0, TimeUse::Lower),
                longest("slow", ac, TimeUse::Lower),
                longest("late", tle, TimeUse::Upper),
                longest("later", tle + 5.0, TimeUse::Upper),
                longest("whatever", 9e9, TimeUse::Ignored),
            ];
            let report = report(&times, &USUAL, limit);
            assert_eq!(report.lower.as_ref().unwrap().solution, "slow");
            assert_eq!(report.upper.as_ref().unwrap().solution, "late");
            troubles(&report, &USUAL, false)
        };
        assert_eq!(check(400.0, 1500.0, 1000), []);
        assert_eq!(check(501.0, 3000.0, 1000), [Trouble::Tight]);
        assert_eq!(check(400.0, 1499.0, 1000), [Trouble::Loose, Trouble::Impossible]);
        assert_eq!(check(400.0, 2999.0, 2000), [Trouble::Loose]);
        assert_eq!(check(900.0, 2000.0, 1500).len(), 3);
        let stopped = Longest { stopped: true, ..longest("late", 1500.0, TimeUse::Upper) };
        let times = [longest("slow", 700.0, TimeUse::Lower), stopped];
        let tight = report(&times, &USUAL, 1000);
        assert_eq!(troubles(&tight, &USUAL, is_open(&times)), [Trouble::Tight], "who knows");
    }

    #[test]
    fn one_side_alone_and_none() {
        let empty = report(&[], &USUAL, 1500);
        assert_eq!((empty.inferred_ms, empty.sensitive), (1500, false));
        assert_eq!(troubles(&empty, &USUAL, false), []);
        let one = report(&[longest("a", 900.0, TimeUse::Lower)], &USUAL, 1000);
        assert_eq!((one.inferred_ms, one.sensitive), (2000, true));
        assert!((one.lower.unwrap().margin - 1.11).abs() < 1e-9);
    }

    #[test]
    fn near() {
        assert!(is_near(1000.0, 1000.0) && is_near(840.0, 1000.0) && is_near(1190.0, 1000.0));
        assert!(!is_near(800.0, 1000.0) && !is_near(1300.0, 1000.0));
    }
}
