//! What a problem's reference solution makes of an input, and whether a program's output agrees with it
//! as the problem says.

use super::{
    Evaluator, KEEP_TEXT,
    court::Court,
    judging::{Program, note_exhausted_memory, runner},
    message,
    output::KEEP,
    testing::Runner,
};
use crate::{
    judge::{Checked, Language, Limits, verdict_of},
    problem::{Solution, StoredProblem},
    sandbox::{Cell, Command, Input, Ran, Rootfs, SandboxError, Spool},
};
use std::{
    io::{self, Read},
    path::Path,
    sync::Arc,
};

/// What a reference solution may use of an input that no limit of the problem was made for, unless the
/// problem gives it more memory.
const LIMITS: Limits = Limits {
    time_ms: 60_000,
    wall_ms: Some(120_000),
    memory_mib: 512,
    output_mib: 64,
    processes: 64,
};

/// How an output compares with the reference solution's.
pub(super) struct Agreement {
    /// The word of the problem's comparison or checker.
    pub(super) checked: Checked,
    /// What the reference solution printed, cut to a bound.
    pub(super) expected: String,
}

/// A reference solution and its language.
type Reference<'a> = (&'a Solution, &'a Language);

impl Evaluator {
    /// Runs the reference solution on an input and compares. The inner error says why there is nothing
    /// to compare with, which is the problem's fault or the input's.
    pub(super) async fn against_reference(
        &self,
        stored: &Arc<StoredProblem>,
        input: &str,
        printed: Spool,
    ) -> Result<Result<Agreement, String>, SandboxError> {
        let problem = stored.clone();
        let solutions = tokio::task::spawn_blocking(move || problem.references()).await;
        let solutions = solutions.map_err(io::Error::other).and_then(|read| read);
        let solutions = solutions.map_err(SandboxError::host)?;
        let Some(reference) = solutions.iter().find_map(|solution| self.usable(solution)) else {
            return Ok(Err(format!(
                "the problem `{}` has no accepted solution in a language that is there",
                stored.problem.slug
            )));
        };
        let rootfs = self.rootfs(reference.1)?;
        let mut cell = self.sandbox.lease(&rootfs).await?;
        let agreed =
            self.agree(cell.as_mut(), &rootfs, stored, reference, (input, printed)).await?;
        cell.release().await;
        Ok(agreed)
    }

    /// The language of a solution, if there is a toolchain for it.
    fn usable<'a>(&'a self, solution: &'a Solution) -> Option<Reference<'a>> {
        let extension = Path::new(&solution.path).extension()?.to_string_lossy();
        let language = self.languages.by_extension(&extension)?;
        self.rootfs(language).ok()?;
        Some((solution, language))
    }

    async fn agree(
        &self,
        cell: &mut dyn Cell,
        rootfs: &Rootfs,
        stored: &Arc<StoredProblem>,
        (solution, language): Reference<'_>,
        (input, mut printed): (&str, Spool),
    ) -> Result<Result<Agreement, String>, SandboxError> {
        let problem = &stored.problem;
        let failed = |why: String| {
            let slug = &problem.slug;
            Ok(Err(format!("the reference solution `{}` of `{slug}` {why}", solution.path)))
        };
        let court = match self.hearing(cell, stored, rootfs).await? {
            Ok(hearing) => hearing.court,
            Err(fault) => return Ok(Err(fault)),
        };
        let program = Program {
            source: &solution.source,
            files: Vec::new(),
            entry: solution.entry.as_deref(),
        };
        let (language, built, own) = self.build_program(cell, stored, language, program).await?;
        let language = &language;
        if let Some(output) = built.error() {
            return failed(format!("does not compile:\n{output}"));
        }
        let input = cell.hold(Input::Bytes(input.as_bytes().to_vec().into())).await?;
        let answer = cell.reserve();
        let memory_mib = problem.limits.memory_mib.max(LIMITS.memory_mib);
        let limits = Limits { memory_mib, ..LIMITS };
        let Runner { argv, limits, own, exhausted } = runner(language, &limits, Arc::new(own));
        cell.begin(Command {
            stdin: Input::Held(input),
            keep_stdout: limits.output_bytes,
            keep_stderr: KEEP_TEXT,
            hold_stdout: matches!(court, Court::Checker(_)).then_some(answer),
            ..Command::new(argv, limits.clone())
        })
        .await?;
        let Ran { mut facts, stdout: mut expected, stderr } = cell.ended().await?;
        note_exhausted_memory(&mut facts, &stderr, exhausted.as_deref());
        let verdict = verdict_of(&facts, &limits, &Checked::accepted());
        if let Some(why) = message::test(verdict, &facts, &stderr, &limits, &own) {
            return failed(format!("fails on this input ({why}); is the input valid?"));
        }
        let shown = beginning(&mut expected).map_err(SandboxError::host)?;
        let checked = match court {
            Court::Compare => compare(stored.clone(), printed, expected).await?,
            Court::Checker(judge) => {
                let output = printed.bytes().map_err(SandboxError::host)?;
                let output = cell.hold(Input::Bytes(output.into())).await?;
                cell.begin(judge.check([input, output, answer], true)).await?;
                judge.ask(cell).await?;
                match judge.word(cell).await?.0 {
                    Ok(checked) => checked,
                    Err(why) => return Ok(Err(format!("the problem's {why}"))),
                }
            }
            Court::Interactor(..) => {
                let slug = &problem.slug;
                return Ok(Err(format!("`{slug}` is interactive: there is no output to compare")));
            }
        };
        Ok(Ok(Agreement { checked, expected: shown }))
    }
}

/// Compares two outputs as the problem does.
async fn compare(
    stored: Arc<StoredProblem>,
    mut printed: Spool,
    mut expected: Spool,
) -> Result<Checked, SandboxError> {
    // Outputs may be large: comparing holds up no other task.
    let compared = tokio::task::spawn_blocking(move || {
        stored.problem.compare.check(printed.reader()?, expected.reader()?)
    });
    let compared = compared.await;
    compared
        .map_err(|panic| SandboxError::Cell(format!("the comparison failed: {panic}")))?
        .map_err(SandboxError::host)
}

/// The beginning of an output, as text.
fn beginning(output: &mut Spool) -> io::Result<String> {
    let mut bytes = Vec::new();
    output.reader()?.take(KEEP as u64).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
