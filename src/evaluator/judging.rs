//! Judging a submission test by test, and running a custom run.

use super::{Evaluator, KEEP_TEXT, message, usage};
use crate::{
    judge::{
        Checked, EventBody, Language, Limits, Outcome, RunLimits, Submission, Task, TestRef,
        Verdict, verdict_of,
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

/// The limits of a custom run.
const RUN_LIMITS: Limits =
    Limits { time_ms: 10_000, wall_ms: None, memory_mib: 512, output_mib: 16, processes: 64 };

/// How much of a custom run's output is shown, in bytes.
const KEEP_RUN: u64 = 256 << 10;

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
            Task::Run { input } => self.run(submission, language, input, events).await,
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

    async fn run(
        &self,
        submission: &Submission,
        language: &Language,
        input: &str,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        send(events, EventBody::Running { tests: Vec::new() }).await;
        let mut cell = self.cell_with(language, &submission.source).await?;
        if let Some(output) = self.compile_error(cell.as_mut(), language, events).await? {
            cell.release().await;
            return Ok(Outcome::without_tests(Verdict::CompileError, 0, Some(output)));
        }
        let limits = run_limits(&RUN_LIMITS, language);
        let stdin = Input::Bytes(input.as_bytes().to_vec().into());
        let argv = language.run_command(RUN_LIMITS.memory_mib);
        let command = test_command(&argv, stdin, &limits);
        cell.begin(Command { keep_stdout: KEEP_RUN, keep_stderr: KEEP_RUN, ..command }).await?;
        let mut ran = cell.ended().await?;
        cell.release().await;
        note_exhausted_memory(&mut ran, language);
        let verdict = verdict_of(&ran.facts, &limits, &Checked::accepted());
        let facts = &ran.facts;
        let event = EventBody::Ran {
            exit: facts.exit,
            usage: usage(&ran),
            stdout: String::from_utf8_lossy(&ran.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&ran.stderr).into_owned(),
            truncated: facts.stdout_bytes > KEEP_RUN || facts.stderr_bytes > KEEP_RUN,
        };
        send(events, event).await;
        let used = usage(&ran);
        let why = message::test(verdict, &ran, &limits, None);
        Ok(Outcome {
            cpu_ms: used.cpu_ms,
            memory_kib: used.memory_kib,
            ..Outcome::without_tests(verdict, 0, why)
        })
    }

    /// Compiles and records it; the compiler's words when there is no program to run.
    async fn compile_error(
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
fn test_command(argv: &[String], stdin: Input, limits: &RunLimits) -> Command {
    Command {
        argv: argv.to_vec(),
        stdin,
        limits: limits.clone(),
        writes_box: false,
        keep_stdout: limits.output_bytes,
        keep_stderr: KEEP_TEXT,
    }
}

fn run_limits(limits: &Limits, language: &Language) -> RunLimits {
    let mut run = limits.for_run();
    run.memory_bytes += language.memory.extra_mib << 20;
    run
}

/// A runtime with a heap limit of its own crashes when that is reached, and says so: this is the
/// fact that the kernel states for other programs.
fn note_exhausted_memory(ran: &mut Ran, language: &Language) {
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
            stored.problem.compare.check(&ran.stdout[..], &std::fs::read(answer)?[..])?
        } else {
            Checked::accepted()
        };
        let verdict = verdict_of(&ran.facts, &limits, &checked);
        let message = message::test(verdict, &ran, &limits, checked.message);
        let TestRef { index, name } = place;
        let usage = usage(&ran);
        Ok(EventBody::Test { index, name, verdict, usage, message, group: None, points: None })
    });
    match judged.await {
        Ok(result) => result.map_err(SandboxError::host),
        Err(panic) => Err(SandboxError::Cell(format!("the comparison failed: {panic}"))),
    }
}

/// The outcome as it grows.
struct Tally(Outcome);

impl Tally {
    fn new(total: u32) -> Self {
        Self(Outcome::without_tests(Verdict::Accepted, total, None))
    }

    fn count(&mut self, event: &EventBody) {
        let EventBody::Test { index, name, verdict, usage, message, .. } = event else { return };
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
async fn send(events: &Events, event: EventBody) {
    let _ = events.send(event).await;
}
