//! Running the solutions: all of them, several at a time, with more time than the limit; then those near
//! the limit again, one at a time.

use super::{
    Known, State, Subject,
    keys::{TestKeys, of_judges, of_subject},
    subject::with_time,
    verdict_at,
};
use crate::{
    evaluator::{Attempt, Attempted, Tested},
    judge::{TimeUse, Timing, Verdict},
    sandbox::SandboxError,
    verify::{
        cache::Key,
        report::Step,
        session::Session,
        timing::{self, NEAR, USUAL, is_near},
    },
};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

/// The time that solutions get that must fit, where no limit is known yet, in milliseconds.
const GENEROUS_MS: u64 = 60_000;
/// What they get once one test took all of that.
const LESS_GENEROUS_MS: u64 = 10_000;
/// So many pairs of solution and test at most are run again, the nearest to the limit first.
const AGAIN: usize = 200;

/// How times are to be read.
pub(super) fn timing(session: &Session<'_>) -> Timing {
    session.stored.problem.timing.unwrap_or(USUAL)
}

/// The time after which nothing more needs to be known of a solution, where the limit is this.
fn raised(limit_ms: u64, timing: &Timing) -> u64 {
    (limit_ms as f64 * timing.time_limit_to_tle.max(NEAR)).ceil() as u64
}

/// Time limits of a round, in milliseconds.
#[derive(Clone, Copy)]
struct Round {
    /// For every test, until one has used it up.
    most: u64,
    /// From then on.
    then: u64,
    /// By which verdicts are told meanwhile.
    limit: u64,
    alone: bool,
}

/// Judges all solutions on all tests. Returns the time limit: the problem's own, or the one that follows
/// from the times where the package has none.
pub(super) async fn first(
    session: &Session<'_>,
    subjects: &mut [Subject],
    tests: &[usize],
    keys: &TestKeys,
) -> Result<u64, SandboxError> {
    let timing = timing(session);
    let own = session.stored.problem.limits.time_ms;
    let judges = of_judges(&session.stored).await?;
    let work = Work { session, tests, keys, judges: &judges };
    let mut limit = own;
    if timing.inferred {
        let round =
            Round { most: GENEROUS_MS, then: LESS_GENEROUS_MS, limit: GENEROUS_MS, alone: false };
        let lower = subjects.iter_mut().filter(|subject| subject.side == TimeUse::Lower);
        work.round(lower.collect(), round).await?;
        limit = follows(subjects, &timing).unwrap_or(limit);
    }
    let round = Round { most: raised(limit, &timing), then: limit, limit, alone: false };
    let waiting = |subject: &&mut Subject| !timing.inferred || subject.side != TimeUse::Lower;
    work.round(subjects.iter_mut().filter(waiting).collect(), round).await?;
    Ok(limit)
}

/// Runs again, one at a time, what is near the limit or near what decides on it. Returns the limit, which
/// may be another now where it follows from the times.
pub(super) async fn again(
    session: &Session<'_>,
    subjects: &mut [Subject],
    tests: &[usize],
    keys: &TestKeys,
    limit_ms: u64,
) -> Result<u64, SandboxError> {
    let timing = timing(session);
    let mut near: Vec<(f64, usize, usize)> = Vec::new();
    for (at, subject) in subjects.iter().enumerate() {
        for &test in tests {
            let Some(known) = &subject.results[test] else { continue };
            if !known.alone && is_critical(subject, known, limit_ms, &timing) {
                let away = (subject.plain_ms(known) / limit_ms as f64).ln().abs();
                near.push((away, at, test));
            }
        }
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    near.truncate(AGAIN);
    session.phase("timing", near.len() as u64).await;
    let judges = of_judges(&session.stored).await?;
    for (at, subject) in subjects.iter_mut().enumerate() {
        let own: Vec<usize> = near.iter().filter(|pair| pair.1 == at).map(|pair| pair.2).collect();
        if own.is_empty() {
            continue;
        }
        let most = raised(limit_ms, &timing);
        let round = Round { most, then: most, limit: limit_ms, alone: true };
        let work = Work { session, tests: &own, keys, judges: &judges };
        work.round(vec![subject], round).await?;
    }
    if !timing.inferred {
        return Ok(limit_ms);
    }
    // What was measured well says what the limit is.
    Ok(follows(subjects, &timing).unwrap_or(limit_ms))
}

/// Runs those again that were stopped before this limit had passed.
pub(super) async fn stopped(
    session: &Session<'_>,
    subjects: &mut [Subject],
    tests: &[usize],
    keys: &TestKeys,
    limit_ms: u64,
) -> Result<(), SandboxError> {
    let judges = of_judges(&session.stored).await?;
    let round = Round { most: limit_ms, then: limit_ms, limit: limit_ms, alone: false };
    for subject in subjects {
        let limit = subject.limit_ms(limit_ms);
        let early = |test: &&usize| {
            let known = subject.results[**test].as_ref();
            known.is_some_and(|known| known.stopped() && known.given_ms < limit)
        };
        let own: Vec<usize> = tests.iter().filter(early).copied().collect();
        if !own.is_empty() {
            let work = Work { session, tests: &own, keys, judges: &judges };
            work.round(vec![subject], round).await?;
        }
    }
    Ok(())
}

/// The limit that follows from the solutions that must fit; `None` where none was run.
fn follows(subjects: &[Subject], timing: &Timing) -> Option<u64> {
    let lower = subjects.iter().filter(|subject| subject.side == TimeUse::Lower);
    let longest = lower.filter_map(|subject| Some(subject.longest()?.1));
    longest.max_by(f64::total_cmp).map(|slowest| timing::inferred(slowest, timing))
}

/// Whether a time decides something and is so near that it must be measured well.
fn is_critical(subject: &Subject, known: &Known, limit_ms: u64, timing: &Timing) -> bool {
    let limit = limit_ms as f64;
    let time = subject.plain_ms(known);
    // What was stopped is beyond everything that counts.
    if known.stopped() && known.given_ms >= subject.limit_ms(raised(limit_ms, timing)) {
        return false;
    }
    let all = subject.results.iter().flatten().map(|known| subject.plain_ms(known));
    // Of those that say what the limit must be, only the longest times do.
    let is_longest = time >= 0.95 * all.fold(0.0, f64::max);
    let slowed = known.stopped()
        && subject
            .results
            .iter()
            .flatten()
            .any(|other| other.stopped() && other.given_ms > known.given_ms);
    !slowed
        && (is_near(time, limit)
            || match subject.side {
                TimeUse::Lower => is_longest && is_near(time, limit / timing.ac_to_time_limit),
                TimeUse::Upper => is_longest && is_near(time, limit * timing.time_limit_to_tle),
                TimeUse::Ignored | TimeUse::Implied => false,
            })
}

/// What is to be run.
struct Work<'a> {
    session: &'a Session<'a>,
    tests: &'a [usize],
    keys: &'a TestKeys,
    judges: &'a Key,
}

impl Work<'_> {
    /// Judges these solutions, as many at a time as there are jobs.
    async fn round(&self, subjects: Vec<&mut Subject>, round: Round) -> Result<(), SandboxError> {
        let jobs = if round.alone { 1 } else { self.session.jobs };
        // What is left where there are fewer solutions than jobs goes to their tests.
        let cells = (jobs / subjects.len().max(1)).max(1);
        let work: Vec<_> =
            subjects.into_iter().map(|subject| self.subject(subject, round, cells)).collect();
        let mut work = stream::iter(work).buffer_unordered(jobs);
        while let Some(done) = work.next().await {
            done?;
        }
        Ok(())
    }

    /// Judges one solution on the tests of which nothing is known.
    async fn subject(
        &self,
        subject: &mut Subject,
        round: Round,
        cells: usize,
    ) -> Result<(), SandboxError> {
        let (session, tests) = (self.session, self.tests);
        if subject.state != State::Runs {
            return Ok(());
        }
        let Some(key) = of_subject(session, subject, self.judges).await? else {
            let language = subject.language.clone().unwrap_or_default();
            let why = format!("there is no toolchain for `{language}` here");
            subject.state = State::Absent(why);
            return Ok(());
        };
        let mut book = session.book(&key).await?;
        let known: Vec<Option<Known>> =
            tests.iter().map(|&test| book.get(self.keys.of(test))).collect();
        let (most, then) = (subject.limit_ms(round.most), subject.limit_ms(round.then));
        if let Some(output) = book.get(&unbuilt()) {
            session.ran(0, 1);
            subject.state = State::Unbuilt(output);
            return Ok(());
        }
        let is_slow = known.iter().flatten().any(|known| known.stopped() && known.given_ms >= most);
        let mut unknown = Vec::new();
        let mut told = 0;
        for (&test, known) in tests.iter().zip(known) {
            match known.filter(|known| says_enough(known, round, [most, then], is_slow)) {
                Some(known) => {
                    told += 1;
                    self.tell(subject, test, &known, round.limit, true).await;
                    subject.results[test] = Some(known);
                }
                None => unknown.push(test),
            }
        }
        session.ran(0, told);
        if unknown.is_empty() {
            return Ok(());
        }
        // One that is known to be slow need not prove it again.
        let most = if is_slow { round.then } else { round.most };
        let new = self.run(subject, unknown, Round { most, ..round }, cells).await?;
        session.ran(new.len().max(1) as u64, 0);
        if let State::Unbuilt(output) = &subject.state {
            book.put(&unbuilt(), output);
        }
        for (test, known) in new {
            if known.verdict != Verdict::InternalError {
                book.put(self.keys.of(test), &known);
            }
        }
        session.keep(book).await
    }

    /// Runs a solution. A cell that fails is tried once more.
    async fn run(
        &self,
        subject: &mut Subject,
        mut tests: Vec<usize>,
        round: Round,
        cells: usize,
    ) -> Result<Vec<(usize, Known)>, SandboxError> {
        let mut found = Vec::new();
        for last in [false, true] {
            match self.attempt(subject, &tests, round, cells, &mut found).await {
                Err(SandboxError::Cell(why)) if !last => {
                    tracing::warn!(why, "a cell failed in a verification; it is tried again");
                    tests.retain(|test| found.iter().all(|(done, _)| done != test));
                }
                Err(error @ (SandboxError::Start { .. } | SandboxError::Image { .. })) => {
                    subject.state = State::Absent(error.to_string());
                    break;
                }
                Err(error) => return Err(error),
                Ok(Attempted::Judged) => break,
                Ok(Attempted::Unbuilt(output)) => {
                    subject.state = State::Unbuilt(output);
                    break;
                }
                Ok(Attempted::Fault(why)) => {
                    subject.state = State::Fault(why);
                    break;
                }
                Ok(Attempted::NoToolchain(why)) => {
                    subject.state = State::Absent(why);
                    break;
                }
            }
        }
        Ok(found)
    }

    async fn attempt(
        &self,
        subject: &mut Subject,
        tests: &[usize],
        round: Round,
        cells: usize,
        found: &mut Vec<(usize, Known)>,
    ) -> Result<Attempted, SandboxError> {
        let stored = &self.session.stored;
        let limits = with_time(&stored.problem.limits, round.most);
        let slow_limits = with_time(&stored.problem.limits, round.then);
        let language = subject.language.clone().unwrap_or_default();
        let solution = subject.solution.clone();
        let attempt = Attempt {
            language: &language,
            source: &solution.source,
            files: &solution.files,
            entry: solution.entry.as_deref(),
            tests,
            limits: &limits,
            slow_limits: &slow_limits,
            cells,
        };
        let (sender, mut results) = mpsc::channel::<Tested>(64);
        let run = async {
            let attempted = self.session.evaluator.try_solution(stored, attempt, &sender).await;
            drop(sender);
            attempted
        };
        let record = async {
            while let Some(tested) = results.recv().await {
                let test = tested.test;
                let mut known = Known::from(tested);
                known.alone = round.alone;
                if let Some(before) = subject.results[test].as_ref().filter(|_| round.alone) {
                    let limit = subject.limit_ms(round.limit);
                    known.wavers = verdict_at(before, limit) != verdict_at(&known, limit);
                }
                self.tell(subject, test, &known, round.limit, false).await;
                subject.results[test] = Some(known.clone());
                found.push((test, known));
            }
        };
        tokio::join!(run, record).0
    }

    async fn tell(&self, subject: &Subject, test: usize, known: &Known, limit: u64, cached: bool) {
        let session = self.session;
        let verdict = verdict_at(known, subject.limit_ms(limit));
        let shown = session.options.transcripts || !verdict.is_accepted();
        session
            .tell(Step::Judged {
                solution: subject.place,
                test: session.place_of(test),
                verdict,
                cpu_ms: known.cpu_ms,
                memory_kib: known.memory_kib,
                cached,
                alone: known.alone,
                message: known.message.clone(),
                talk: known.talk.clone().filter(|_| shown).map(Box::new),
            })
            .await;
        session.advance().await;
    }
}

/// Where a book says that a solution does not compile.
fn unbuilt() -> Key {
    Key::of_texts(["unbuilt"])
}

/// Whether what is known of a test is all that this round asks for. `[most, then]`: its limits in this
/// language.
fn says_enough(known: &Known, round: Round, [most, then]: [u64; 2], is_slow: bool) -> bool {
    let enough = if is_slow { then } else { most };
    (known.alone || !round.alone) && (!known.stopped() || known.given_ms >= enough)
}
