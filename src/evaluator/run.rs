//! A custom run: a program on its user's own input, what it prints as it prints it, and what the
//! problem's reference solution says to the same input.

use super::{
    Evaluator, KEEP_TEXT, generate,
    judging::{Events, note_exhausted_memory, run_limits, send, test_command},
    message,
    output::{KEEP, Output},
    usage,
};
use crate::{
    judge::{
        Checked, EventBody, Language, Limits, Outcome, OutputStream, SourceFile, Verdict,
        verdict_of,
    },
    problem::{Solution, StoredProblem},
    sandbox::{Cell, Command, File, Input, Ran, SandboxError},
};
use std::{path::Path, sync::Arc};

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
        send(events, EventBody::Running { tests: Vec::new() }).await;
        // As it would be judged: with the problem's own code around it.
        let source = match &wanted.compare {
            Some(stored) => stored.problem.program(&language.id, source),
            None => source.to_owned(),
        };
        let mut cell = self.cell_with(language, &source).await?;
        cell.write(wanted.files.iter().map(file).collect()).await?;
        if let Some(output) = self.compile_error(cell.as_mut(), language, events).await? {
            cell.release().await;
            return Ok(Outcome::without_tests(Verdict::CompileError, 0, Some(output)));
        }
        let (ran, outcome) = run_once(cell.as_mut(), language, &wanted, events).await?;
        cell.release().await;
        match &wanted.compare {
            Some(stored) if outcome.verdict.is_accepted() => {
                self.compare(stored, wanted.input, ran, outcome, events).await
            }
            _ => Ok(outcome),
        }
    }

    /// Runs the problem's reference solution on the same input and compares.
    async fn compare(
        &self,
        stored: &Arc<StoredProblem>,
        input: &str,
        ran: Ran,
        outcome: Outcome,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        let expected = match self.reference(stored, input).await? {
            Ok(expected) => expected,
            Err(why) => return Ok(Outcome::without_tests(Verdict::InternalError, 0, Some(why))),
        };
        let problem = stored.clone();
        // Outputs may be large: comparing holds up no other task.
        let compared = tokio::task::spawn_blocking(move || {
            let checked = problem.problem.compare.check(&ran.stdout, &expected.stdout);
            (checked, expected)
        });
        let (checked, expected) = compared
            .await
            .map_err(|panic| SandboxError::Cell(format!("the comparison failed: {panic}")))?;
        let shown = &expected.stdout[..expected.stdout.len().min(KEEP)];
        let expected = String::from_utf8_lossy(shown).into_owned();
        let message = match checked {
            Checked::Same => None,
            Checked::Differs(why) => Some(why),
        };
        let same = message.is_none();
        send(events, EventBody::Compared { same, message: message.clone(), expected }).await;
        if same {
            return Ok(outcome);
        }
        Ok(Outcome { verdict: Verdict::WrongAnswer, message, ..outcome })
    }

    /// What the problem's reference solution makes of an input; or why it makes nothing, which may be
    /// the input's fault.
    async fn reference(
        &self,
        stored: &Arc<StoredProblem>,
        input: &str,
    ) -> Result<Result<Ran, String>, SandboxError> {
        let slug = &stored.problem.slug;
        let problem = stored.clone();
        let solutions = tokio::task::spawn_blocking(move || problem.references()).await;
        let solutions = solutions.map_err(std::io::Error::other).and_then(|read| read);
        let solutions = solutions.map_err(SandboxError::host)?;
        let Some((solution, language)) = solutions.iter().find_map(|s| self.usable(s)) else {
            return Ok(Err(format!(
                "the problem `{slug}` has no accepted solution in a language that is there"
            )));
        };
        let failed = |why: String| {
            Ok(Err(format!("the reference solution `{}` of `{slug}` {why}", solution.path)))
        };
        let source = stored.problem.program(&language.id, &solution.source);
        let mut cell = self.cell_with(language, &source).await?;
        let compiled = self.compile(cell.as_mut(), language).await?;
        if let Some(compiled) = compiled.filter(|compiled| !compiled.ok) {
            cell.release().await;
            return failed(format!("does not compile:\n{}", compiled.output));
        }
        let limits = &generate::LIMITS;
        let argv = language.run_command(limits.memory_bytes >> 20);
        let stdin = Input::Bytes(input.as_bytes().to_vec().into());
        cell.begin(test_command(&argv, stdin, limits)).await?;
        let mut ran = cell.ended().await?;
        cell.release().await;
        note_exhausted_memory(&mut ran, language);
        let verdict = verdict_of(&ran.facts, limits, &Checked::Same);
        match message::test(verdict, &ran, limits, None) {
            Some(why) => failed(format!("fails on this input ({why}); is the input valid?")),
            None => Ok(Ok(ran)),
        }
    }

    /// The language of a solution, if there is a toolchain for it.
    fn usable<'a>(&'a self, solution: &'a Solution) -> Option<(&'a Solution, &'a Language)> {
        let extension = Path::new(&solution.path).extension()?.to_string_lossy();
        let language = self.languages.by_extension(&extension)?;
        self.rootfs(language).ok()?;
        Some((solution, language))
    }
}

fn file(file: &SourceFile) -> File {
    File { name: file.name.clone(), bytes: file.content.clone().into() }
}

/// Runs the program that is in the cell, and tells what it prints and how it ended.
async fn run_once(
    cell: &mut dyn Cell,
    language: &Language,
    wanted: &Wanted<'_>,
    events: &Events,
) -> Result<(Ran, Outcome), SandboxError> {
    let limits = run_limits(&LIMITS, language);
    let mut argv = language.run_command(LIMITS.memory_mib);
    argv.extend_from_slice(wanted.args);
    let stdin = Input::Bytes(wanted.input.as_bytes().to_vec().into());
    let command = test_command(&argv, stdin, &limits);
    let keep = KEEP as u64 + 1;
    let keep_stdout = if wanted.compare.is_some() { limits.output_bytes } else { keep };
    cell.begin(Command { keep_stdout, keep_stderr: keep.max(KEEP_TEXT), ..command }).await?;
    let mut ran = cell.ended().await?;
    let mut output = Output::new(events);
    output.print(OutputStream::Stdout, &ran.stdout);
    output.print(OutputStream::Stderr, &ran.stderr);
    let (stdout, stderr, truncated) = output.finish().await;
    note_exhausted_memory(&mut ran, language);
    let verdict = verdict_of(&ran.facts, &limits, &Checked::Same);
    let used = usage(&ran);
    let exit = ran.facts.exit;
    send(events, EventBody::Ran { exit, usage: used, stdout, stderr, truncated }).await;
    let outcome = Outcome {
        cpu_ms: used.cpu_ms,
        memory_kib: used.memory_kib,
        ..Outcome::without_tests(verdict, 0, message::test(verdict, &ran, &limits, None))
    };
    Ok((ran, outcome))
}
