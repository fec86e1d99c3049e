//! A custom run: a program on its user's own input, what it prints as it prints it, and what the
//! problem's reference solution says to the same input.

use super::{
    Evaluator,
    building::Source,
    judging::{Events, beside, note_exhausted_memory, runner, send, tell_compiled},
    message,
    output::{KEEP, Output},
    reference::Agreement,
    testing::Runner,
    usage,
};
use crate::{
    judge::{
        Checked, EventBody, Facts, Language, Limits, Outcome, OutputStream, Own, SourceFile,
        Verdict, verdict_of,
    },
    problem::StoredProblem,
    sandbox::{Cell, Command, Happening, Input, SandboxError, Side, Spool, Stream},
};
use std::sync::Arc;
use tokio::time::{self, Instant};

/// The limits of a custom run.
const LIMITS: Limits =
    Limits { time_ms: 10_000, wall_ms: None, memory_mib: 512, output_mib: 16, processes: 64 };

/// What is to be done with the program.
pub(super) struct Wanted<'a> {
    /// Its standard input.
    pub(super) input: &'a str,
    /// Its arguments.
    pub(super) args: &'a [String],
    /// Files beside it.
    pub(super) files: &'a [SourceFile],
    /// The problem with whose reference solution it is compared.
    pub(super) compare: Option<Arc<StoredProblem>>,
}

impl Evaluator {
    pub(super) async fn run(
        &self,
        source: &str,
        language: &Language,
        wanted: Wanted<'_>,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        send(events, EventBody::Running { tests: Vec::new(), version: None }).await;
        // As it would be judged: with the problem's own code around it.
        let code = source;
        let problem = wanted.compare.as_ref().map(|stored| &stored.problem);
        let source =
            problem.map_or_else(|| code.to_owned(), |problem| problem.program(&language.id, code));
        let stub = problem.and_then(|problem| problem.stubs.get(&language.id)).cloned();
        let mut cell = self.sandbox.lease(&self.rootfs(language)?).await?;
        let files = wanted.files.iter().map(beside).collect();
        let language = &language.for_program(&source, None);
        let own = Own { file: language.source.clone(), stub, code: code.to_owned() };
        let own = Arc::new(own);
        let source = Source::new(language, Side::Program, &source, files);
        let mut built = self.build(cell.as_mut(), source).await?;
        built.translate(&own);
        if let Some(output) = tell_compiled(&built, events).await {
            cell.release().await;
            return Ok(Outcome::without_tests(Verdict::CompileError, 0, Some(output)));
        }
        let (printed, outcome) = run_once(cell.as_mut(), language, own, &wanted, events).await?;
        cell.release().await;
        match &wanted.compare {
            Some(stored) if outcome.verdict.is_accepted() => {
                self.compare(stored, wanted.input, printed, outcome, events).await
            }
            _ => Ok(outcome),
        }
    }

    /// Runs the problem's reference solution on the same input and compares.
    async fn compare(
        &self,
        stored: &Arc<StoredProblem>,
        input: &str,
        printed: Spool,
        outcome: Outcome,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        let Agreement { checked, expected } = match self
            .against_reference(stored, input, printed)
            .await?
        {
            Ok(agreement) => agreement,
            Err(why) => return Ok(Outcome::without_tests(Verdict::InternalError, 0, Some(why))),
        };
        let message = (!checked.verdict.is_accepted())
            .then(|| checked.message.unwrap_or_else(|| "the outputs differ".to_owned()));
        let same = message.is_none();
        send(events, EventBody::Compared { same, message: message.clone(), expected }).await;
        if same {
            return Ok(outcome);
        }
        Ok(Outcome { verdict: Verdict::WrongAnswer, message, ..outcome })
    }
}

/// Runs the program that is in the cell, and tells what it prints as it prints it and how it ended; its
/// standard output, whole where it is to be compared.
async fn run_once(
    cell: &mut dyn Cell,
    language: &Language,
    own: Arc<Own>,
    wanted: &Wanted<'_>,
    events: &Events,
) -> Result<(Spool, Outcome), SandboxError> {
    let Runner { mut argv, limits, own, exhausted } = runner(language, &LIMITS, own);
    argv.extend_from_slice(wanted.args);
    let stdin = Input::Bytes(wanted.input.as_bytes().to_vec().into());
    // One byte more than is told says that something was cut.
    let keep = KEEP as u64 + 1;
    let keep_stdout = if wanted.compare.is_some() { limits.output_bytes } else { keep };
    let command = Command::new(argv, limits.clone());
    cell.begin(Command { stdin, keep_stdout, keep_stderr: keep, live: true, ..command }).await?;
    let mut output = Output::new(events);
    // Words about the problem's own code can be told from the user's only when they are there as a whole.
    let mut errors = own.stub.is_some().then(Vec::new);
    let kept = wanted.compare.is_some();
    let (mut facts, printed) = follow(cell, &mut output, errors.as_mut(), kept).await?;
    if let Some(errors) = errors {
        let words = own.traceback(&String::from_utf8_lossy(&errors));
        output.print(OutputStream::Stderr, words.as_bytes());
    }
    let (stdout, stderr, truncated) = output.finish().await;
    // Its last words say why it crashed.
    let errors = stderr.clone().into_bytes();
    note_exhausted_memory(&mut facts, &errors, exhausted.as_deref());
    let verdict = verdict_of(&facts, &limits, &Checked::accepted());
    let (used, exit) = (usage(&facts), facts.exit);
    send(events, EventBody::Ran { exit, usage: used, stdout, stderr, truncated }).await;
    let outcome = Outcome {
        cpu_ms: used.cpu_ms,
        memory_kib: used.memory_kib,
        ..Outcome::without_tests(verdict, 0, message::test(verdict, &facts, &errors, &limits, &own))
    };
    Ok((printed, outcome))
}

/// Tells what the program prints until it ends; what it prints to standard error is gathered in `errors`, if
/// that is to be told later.
async fn follow(
    cell: &mut dyn Cell,
    output: &mut Output<'_>,
    mut errors: Option<&mut Vec<u8>>,
    keeps: bool,
) -> Result<(Facts, Spool), SandboxError> {
    let mut stdout = Spool::new();
    loop {
        let due = output.due();
        let happening = tokio::select! {
            // What is due goes first, else a program that never pauses would not be told of.
            biased;
            () = time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                output.tell().await;
                continue;
            }
            happening = cell.next() => happening?,
        };
        match happening {
            Happening::Output { stream: Stream::Stdout, bytes } => {
                if keeps {
                    stdout.push(&bytes)?;
                }
                output.print(OutputStream::Stdout, &bytes);
            }
            Happening::Output { bytes, .. } => match &mut errors {
                Some(errors) => errors.extend_from_slice(&bytes),
                None => output.print(OutputStream::Stderr, &bytes),
            },
            Happening::Ended { facts, .. } => return Ok((facts, stdout)),
            Happening::Fetched(_) | Happening::Said { .. } => {
                return Err(SandboxError::Cell("the agent answers what was not asked".into()));
            }
        }
    }
}
