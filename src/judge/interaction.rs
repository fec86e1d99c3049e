//! Who is to blame when a program and an interactor talk to each other.

use super::{Checked, Convention, Exit, Facts, RunLimits, Said, Stop, Verdict, verdict_of};

/// One test of an interactive problem, after both sides have ended.
#[derive(Clone, Copy, Debug)]
pub struct Interaction<'a> {
    /// What happened to the submission.
    pub program: &'a Facts,
    /// The submission's limits; its time counts apart from the interactor's.
    pub limits: &'a RunLimits,
    /// What happened to the interactor.
    pub judge: &'a Facts,
    /// Whether the interactor ended before the submission did.
    pub judge_ended_first: bool,
    /// How the interactor speaks.
    pub convention: Convention,
    /// What it left behind.
    pub said: Said<'a>,
}

const SIGPIPE: Exit = Exit::Signal(13);

/// What is said of a submission that owes the interactor an answer.
const IDLE: &str = "idle: it and the interactor wait for each other, and neither writes; \
                    did it flush what it wrote, with the end of the line?";

/// The verdict of one interactive test. An error is the interactor's own fault. Where a checker comes
/// after the interactor, it is asked when this is AC, and its word is the test's.
///
/// 1. An interactor that crashed or passed its own limits is at fault, unless the submission failed of
///    itself before, or both waited for each other: then the submission is idle (TLE).
/// 2. An interactor that rejected and ended first is right, however the submission ended after that.
/// 3. Else the submission's own failure counts: MLE, TLE, OLE, RE.
/// 4. Else the interactor's word.
pub fn interaction(test: &Interaction<'_>) -> Result<Checked, String> {
    let own = verdict_of(test.program, test.limits, &Checked::accepted());
    let failed = Checked { verdict: own, fraction: None, message: None };
    if waited_in_vain(test) {
        let seen = test.program.stopped == Some(Stop::Idle);
        let message = Some(if seen { IDLE } else { LATE }.to_owned());
        return Ok(Checked { verdict: Verdict::TimeLimitExceeded, message, ..failed });
    }
    let word = test.convention.word(test.judge, &test.said);
    if test.judge_ended_first {
        let word = word?;
        return Ok(if word.verdict.is_accepted() && !own.is_accepted() { failed } else { word });
    }
    // From here on the interactor may have stumbled over the submission's end.
    if !own.is_accepted() {
        return Ok(failed);
    }
    if word.is_err() && test.judge.stopped.is_none() && test.said.exit == SIGPIPE {
        return Ok(Checked::wrong("it ended before the interactor had said everything"));
    }
    word
}

/// What is said where the backstop had to end both.
const LATE: &str = "idle: it and the interactor waited for each other";

/// Whether both were seen to wait for each other, or the wall-clock backstop ended an interactor that was
/// not busy while the submission was still there. That is the submission's doing: it owes an answer, or did
/// not flush it.
fn waited_in_vain(test: &Interaction<'_>) -> bool {
    if test.program.stopped == Some(Stop::Idle) {
        return !test.program.out_of_memory && test.program.cpu <= test.limits.cpu;
    }
    let there = test.judge_ended_first || test.program.stopped == Some(Stop::Wall);
    let only_waited = test.judge.stopped == Some(Stop::Wall)
        && !test.judge.out_of_memory
        && test.judge.cpu * 2 <= test.judge.wall;
    // A submission that used up its CPU time or memory is told so, not that it was idle.
    let idle =
        !test.program.out_of_memory && matches!(test.program.stopped, None | Some(Stop::Wall));
    there && only_waited && idle && test.program.cpu <= test.limits.cpu
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const ACCEPT: i32 = 42;
    const REJECT: i32 = 43;

    /// A side that ended like this after a second, of which it used little.
    fn side(exit: Exit, stopped: Option<Stop>) -> Facts {
        let wall = Duration::from_secs(1);
        Facts { stopped, wall, ..Facts::of(exit) }
    }

    fn ok() -> Facts {
        side(Exit::Code(0), None)
    }

    fn word(program: &Facts, judge: &Facts, judge_ended_first: bool) -> Result<Verdict, String> {
        let said = Said {
            exit: judge.exit,
            stderr: b"",
            message: None,
            score: None,
            multiplier: None,
            next_pass: false,
        };
        let limits = crate::judge::Limits::default().for_run();
        let convention = Convention::Icpc;
        let test =
            Interaction { program, limits: &limits, judge, judge_ended_first, convention, said };
        interaction(&test).map(|checked| checked.verdict)
    }

    /// Every way in which a submission fails of itself.
    fn failures() -> Vec<(Facts, Verdict)> {
        let killed = Exit::Signal(9);
        vec![
            (side(Exit::Code(1), None), Verdict::RuntimeError),
            (side(Exit::Signal(11), None), Verdict::RuntimeError),
            (side(killed, Some(Stop::Cpu)), Verdict::TimeLimitExceeded),
            (side(killed, Some(Stop::Wall)), Verdict::TimeLimitExceeded),
            (side(killed, Some(Stop::Output)), Verdict::OutputLimitExceeded),
            (side(killed, Some(Stop::Memory)), Verdict::MemoryLimitExceeded),
            (Facts { out_of_memory: true, ..side(killed, None) }, Verdict::MemoryLimitExceeded),
            (Facts { cpu: Duration::from_secs(2), ..ok() }, Verdict::TimeLimitExceeded),
        ]
    }

    #[test]
    fn both_end_well() {
        for first in [true, false] {
            let accepts = side(Exit::Code(ACCEPT), None);
            let rejects = side(Exit::Code(REJECT), None);
            assert_eq!(word(&ok(), &accepts, first), Ok(Verdict::Accepted));
            assert_eq!(word(&ok(), &rejects, first), Ok(Verdict::WrongAnswer));
        }
    }

    #[test]
    fn a_rejection_that_came_first_stands() {
        let rejects = side(Exit::Code(REJECT), None);
        for (program, _) in failures() {
            assert_eq!(word(&program, &rejects, true), Ok(Verdict::WrongAnswer), "{program:?}");
        }
        let pipe = side(Exit::Signal(13), None);
        assert_eq!(word(&pipe, &rejects, true), Ok(Verdict::WrongAnswer), "killed by SIGPIPE");
    }

    #[test]
    fn else_the_submissions_failure_stands() {
        for (program, expected) in failures() {
            let rejects = side(Exit::Code(REJECT), None);
            assert_eq!(word(&program, &rejects, false), Ok(expected), "{program:?}");
            for first in [true, false] {
                let accepts = side(Exit::Code(ACCEPT), None);
                assert_eq!(word(&program, &accepts, first), Ok(expected), "{program:?}");
            }
        }
    }

    #[test]
    fn an_interactor_that_crashes_is_at_fault() {
        for crash in [Exit::Code(1), Exit::Code(0), Exit::Signal(11)] {
            let judge = side(crash, None);
            assert!(word(&ok(), &judge, true).is_err());
            assert!(word(&ok(), &judge, false).is_err());
            for (program, expected) in failures() {
                assert!(word(&program, &judge, true).is_err(), "the submission fell over it");
                assert_eq!(word(&program, &judge, false), Ok(expected), "it fell over the program");
            }
        }
    }

    #[test]
    fn an_interactor_that_writes_to_nobody_is_not_at_fault() {
        let pipe = side(SIGPIPE, None);
        assert_eq!(word(&ok(), &pipe, false), Ok(Verdict::WrongAnswer));
        assert!(word(&ok(), &pipe, true).is_err(), "there was somebody");
    }

    #[test]
    fn an_interactor_beyond_its_limits_is_at_fault() {
        for stop in [Stop::Cpu, Stop::Memory, Stop::Output, Stop::Wall] {
            let busy = Duration::from_millis(900);
            let judge = Facts { cpu: busy, ..side(Exit::Signal(9), Some(stop)) };
            assert!(word(&ok(), &judge, true).is_err(), "{stop:?}");
            assert!(word(&ok(), &judge, false).is_err(), "{stop:?}");
        }
        let hangs = side(Exit::Signal(9), Some(Stop::Wall));
        assert!(word(&ok(), &hangs, false).is_err(), "the submission had ended");
    }

    #[test]
    fn a_submission_that_is_waited_for_is_idle() {
        let waits = side(Exit::Signal(9), Some(Stop::Wall));
        let hangs = side(Exit::Signal(9), Some(Stop::Wall));
        let tle = Ok(Verdict::TimeLimitExceeded);
        for first in [true, false] {
            assert_eq!(word(&hangs, &waits, first), tle);
        }
        // The interactor's backstop came a moment earlier; the submission then met the end of its input.
        for end in [Exit::Code(0), Exit::Code(1), Exit::Signal(13)] {
            assert_eq!(word(&side(end, None), &waits, true), tle);
        }
        let idle = side(Exit::Signal(9), Some(Stop::Idle));
        for first in [true, false] {
            assert_eq!(word(&idle, &idle, first), tle, "both were seen to wait");
        }
        let oom = Facts { out_of_memory: true, ..hangs };
        assert_eq!(word(&oom, &waits, false), Ok(Verdict::MemoryLimitExceeded));
    }
}
