//! Judging a submission test by test.

use super::{Evaluator, KEEP_TEXT, message, run::Wanted, usage};
use crate::{
    judge::{
        Checked, EventBody, Language, Limits, Outcome, Problem, RunLimits, Submission, Task,
        TestRef, Verdict, verdict_of,
    },
    problem::StoredProblem,
    sandbox::{Cell, Command, Input, Ran, SandboxError},
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many tests are on their way to the cell or in it at one time.
const WINDOW: usize = 3;

/// How many bytes of input are on their way at one time, unless one test alone has more.
const WINDOW_BYTES: u64 = 16 << 20;

/// Where the steps of an evaluation go. A closed channel means that nobody records them any more.
pub(super) type Events = mpsc::Sender<EventBody>;

impl Evaluator {
    /// Evaluates one submission; every step goes to `events` as it happens, the verdict is returned.
    /// Dropping the future stops the evaluation and destroys its cell. An error is never the
    /// program's fault; the submission may be evaluated again.
    pub async fn evaluate(
        &self,
        submission: &Submission,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        let internal =
            |why: String| Ok(Outcome::without_tests(Verdict::InternalError, 0, Some(why)));
        let Some(language) = self.languages.find(&submission.language) else {
            return internal(format!("there is no language `{}` any more", submission.language));
        };
        match &submission.task {
            Task::Run { input, args, files, compare } => {
                let problem = match compare.as_ref().map(|slug| (slug, self.problems.get(slug))) {
                    Some((slug, None)) => {
                        return internal(format!("there is no problem `{slug}` any more"));
                    }
                    found => found.and_then(|(_, problem)| problem),
                };
                let wanted = Wanted { input, args, files, compare: problem };
                self.run(&submission.source, language, wanted, events).await
            }
            Task::Judge { problem } => match self.problems.get(problem) {
                Some(stored) => self.judge(submission, language, &stored, events).await,
                None => internal(format!("there is no problem `{problem}` any more")),
            },
        }
    }

    async fn judge(
        &self,
        submission: &Submission,
        language: &Language,
        stored: &Arc<StoredProblem>,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        let problem = &stored.problem;
        let tests = problem.tests.iter().map(|test| test.name.clone()).collect();
        send(events, EventBody::Running { tests }).await;
        let source = problem.program(&language.id, &submission.source);
        let mut cell = self.cell_with(language, &source).await?;
        let total = problem.tests.len() as u32;
        if let Some(output) = self.compile_error(cell.as_mut(), language, events).await? {
            cell.release().await;
            return Ok(Outcome::without_tests(Verdict::CompileError, total, Some(output)));
        }
        let limits = run_limits(&problem.limits, language);
        let argv = language.run_command(problem.limits.memory_mib);
        let mut tally = Tally::new(total);
        let (mut sent, mut bytes_ahead) = (0, 0);
        for (index, test) in problem.tests.iter().enumerate() {
            while let Some(next) = problem.tests.get(sent) {
                let full = sent - index >= WINDOW || bytes_ahead + next.input_bytes > WINDOW_BYTES;
                if sent > index && full {
                    break;
                }
                let stdin = Input::File(stored.input(&next.name));
                cell.begin(test_command(&argv, stdin, &limits)).await?;
                bytes_ahead += next.input_bytes;
                sent += 1;
            }
            let ran = cell.ended().await?;
            bytes_ahead -= test.input_bytes;
            let place = TestRef { index: index as u32 + 1, name: test.name.clone() };
            let event = judge_test(stored, language, &limits, place, ran).await?;
            tally.count(&event);
            send(events, event).await;
        }
        cell.release().await;
        Ok(tally.outcome())
    }

    /// Compiles and records it; the compiler's words when there is no program to run.
    pub(super) async fn compile_error(
        &self,
        cell: &mut dyn Cell,
        language: &Language,
        events: &Events,
    ) -> Result<Option<String>, SandboxError> {
        let Some(compiled) = self.compile(cell, language).await? else { return Ok(None) };
        let warnings = compiled.output.matches("warning:").count() as u32;
        let event = EventBody::Compiled {
            ok: compiled.ok,
            usage: compiled.usage,
            warnings,
            output: compiled.output.clone(),
        };
        send(events, event).await;
        Ok((!compiled.ok).then_some(compiled.output))
    }
}

/// A program may not write into the box, and has what the problem says plus its runtime's own need.
pub(super) fn test_command(argv: &[String], stdin: Input, limits: &RunLimits) -> Command {
    Command {
        stdin,
        keep_stdout: limits.output_bytes,
        keep_stderr: KEEP_TEXT,
        ..Command::new(argv.to_vec(), limits.clone())
    }
}

pub(super) fn run_limits(limits: &Limits, language: &Language) -> RunLimits {
    let mut run = limits.for_run();
    run.memory_bytes += language.memory.extra_mib << 20;
    run
}

/// A runtime with a heap limit of its own crashes when that is reached, and says so: this is the
/// fact that the kernel states for other programs.
pub(super) fn note_exhausted_memory(ran: &mut Ran, language: &Language) {
    let Some(words) = &language.memory.exhausted else { return };
    let says_so = || String::from_utf8_lossy(&ran.stderr).contains(words);
    if !ran.facts.exit.success() && ran.facts.stopped.is_none() && says_so() {
        ran.facts.out_of_memory = true;
    }
}

/// Compares, decides, and makes the event of one test.
async fn judge_test(
    stored: &Arc<StoredProblem>,
    language: &Language,
    limits: &RunLimits,
    place: TestRef,
    mut ran: Ran,
) -> Result<EventBody, SandboxError> {
    note_exhausted_memory(&mut ran, language);
    let stored = stored.clone();
    let (answer, limits) = (stored.answer(&place.name), limits.clone());
    // Answers and outputs may be large: neither reading nor comparing holds up other tasks.
    let judged = tokio::task::spawn_blocking(move || {
        let checked = if ran.facts.exit.success() && ran.facts.stopped.is_none() {
            check(&stored.problem, &mut ran, &std::fs::read(answer)?)?
        } else {
            Checked::Same
        };
        let verdict = verdict_of(&ran.facts, &limits, &checked);
        let difference = match checked {
            Checked::Same => None,
            Checked::Differs(why) => Some(why),
        };
        let message = message::test(verdict, &ran, &limits, difference);
        let TestRef { index, name } = place;
        Ok(EventBody::Test { index, name, verdict, usage: usage(&ran), message })
    });
    match judged.await {
        Ok(result) => result.map_err(SandboxError::host),
        Err(panic) => Err(SandboxError::Cell(format!("the comparison failed: {panic}"))),
    }
}

fn check(problem: &Problem, ran: &mut Ran, answer: &[u8]) -> std::io::Result<Checked> {
    Ok(problem.compare.check(&ran.stdout.bytes()?, answer))
}

/// The outcome as it grows.
struct Tally(Outcome);

impl Tally {
    fn new(total: u32) -> Self {
        Self(Outcome::without_tests(Verdict::Accepted, total, None))
    }

    fn count(&mut self, event: &EventBody) {
        let EventBody::Test { index, name, verdict, usage, message } = event else { return };
        let outcome = &mut self.0;
        let here = || TestRef { index: *index, name: name.clone() };
        if verdict.is_accepted() {
            outcome.passed += 1;
        } else if outcome.verdict.is_accepted() {
            outcome.verdict = *verdict;
            outcome.failed = Some(here());
            outcome.message.clone_from(message);
        }
        if outcome.slowest.is_none() || usage.cpu_ms > outcome.cpu_ms {
            outcome.slowest = Some(here());
            outcome.cpu_ms = usage.cpu_ms;
        }
        outcome.memory_kib = outcome.memory_kib.max(usage.memory_kib);
    }

    fn outcome(self) -> Outcome {
        self.0
    }
}

/// Records a step. When nobody listens any more, the caller is about to drop the evaluation.
pub(super) async fn send(events: &Events, event: EventBody) {
    let _ = events.send(event).await;
}
