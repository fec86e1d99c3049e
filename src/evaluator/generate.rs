//! Making the tests of a package that its own programs generate.

use super::{Evaluator, KEEP_TEXT, building::Source, message};
use crate::{
    judge::{Checked, Language, RunLimits, verdict_of},
    problem::{Draft, Generated, Mistake},
    sandbox::{Cell, Command, Input, Ran, SandboxError, Side},
};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// What a generator or a reference solution may use when it makes one test.
const LIMITS: RunLimits = RunLimits {
    cpu: Duration::from_secs(60),
    wall: Duration::from_secs(120),
    memory_bytes: 2048 << 20,
    output_bytes: 256 << 20,
    processes: 64,
};

/// Why tests could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The package's own programs are wrong.
    #[error("the package's own programs fail")]
    Package(Vec<Mistake>),
    /// The judge failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// One run of a package's program: what is on its standard input, its arguments, and which file of
/// `tests/` its output becomes.
struct Job {
    input: Input,
    args: Vec<String>,
    output: String,
}

impl Evaluator {
    /// Runs the generators of a draft and, where answers are missing, its reference solution.
    pub async fn generate(&self, draft: &Draft) -> Result<(), GenerateError> {
        let tests = draft.dir.path().join("tests");
        let mut by_program: BTreeMap<&str, Vec<&Generated>> = BTreeMap::new();
        for generated in &draft.generated {
            by_program.entry(&generated.program).or_default().push(generated);
        }
        let mut mistakes = Vec::new();
        for (program, wanted) in by_program {
            let jobs = wanted.iter().map(|generated| Job {
                input: Input::Bytes(bytes::Bytes::new()),
                args: generated.args.clone(),
                output: format!("{}.in", generated.test),
            });
            let file = format!("generators/{program}");
            mistakes.extend(self.produce(draft.dir.path(), &file, jobs.collect(), None).await?);
        }
        if !mistakes.is_empty() {
            return Err(GenerateError::Package(mistakes));
        }
        let unanswered = draft.generated.iter().filter(|generated| generated.needs_answer);
        let jobs: Vec<Job> = unanswered
            .map(|generated| Job {
                input: Input::File(tests.join(format!("{}.in", generated.test))),
                args: Vec::new(),
                output: format!("{}.out", generated.test),
            })
            .collect();
        if draft.problem.interactor.is_some() {
            // There is nothing to compare with: the interactor decides.
            for job in &jobs {
                tokio::fs::write(tests.join(&job.output), b"").await?;
            }
        } else if let (false, Some(reference)) = (jobs.is_empty(), &draft.reference) {
            let file = format!("solutions/{reference}");
            let stubs = Some(&draft.problem);
            mistakes = self.produce(draft.dir.path(), &file, jobs, stubs).await?;
        }
        if mistakes.is_empty() { Ok(()) } else { Err(GenerateError::Package(mistakes)) }
    }

    /// Compiles one program of the package and runs it for every job; what is wrong with it.
    async fn produce(
        &self,
        package: &Path,
        file: &str,
        jobs: Vec<Job>,
        stubs: Option<&crate::judge::Problem>,
    ) -> Result<Vec<Mistake>, GenerateError> {
        let wrong = |message: String| {
            Ok(vec![Mistake { file: file.to_owned(), line: None, field: None, message }])
        };
        let extension = Path::new(file).extension().unwrap_or_default().to_string_lossy();
        let Some(language) = self.languages.by_extension(&extension) else {
            return wrong(format!("no language has the extension `{extension}`"));
        };
        let source = tokio::fs::read_to_string(package.join(file)).await?;
        let source = stubs.map_or_else(|| source.clone(), |p| p.program(&language.id, &source));
        let mut cell = self.sandbox.lease(&self.rootfs(language)?).await?;
        let language = &language.for_program(&source, None);
        let source = Source::new(language, Side::Program, &source, Vec::new());
        let built = self.build(cell.as_mut(), source).await?;
        if let Some(output) = built.error() {
            cell.release().await;
            return wrong(format!("does not compile:\n{output}"));
        }
        for job in jobs {
            let mut ran = run_job(cell.as_mut(), language, &job).await?;
            if ran.facts.stopped.is_some() || ran.facts.out_of_memory || !ran.facts.exit.success() {
                cell.release().await;
                let verdict = verdict_of(&ran.facts, &LIMITS, &Checked::accepted());
                let why = message::test(verdict, &ran.facts, &ran.stderr, &LIMITS);
                let why = why.unwrap_or_default();
                return wrong(format!("failed when it made `tests/{}`: {why}", job.output));
            }
            let output = package.join("tests").join(&job.output);
            let saved = tokio::task::spawn_blocking(move || {
                output.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                ran.stdout.save(&output)
            });
            let saved = saved.await;
            saved.map_err(std::io::Error::other)??;
        }
        cell.release().await;
        Ok(Vec::new())
    }
}

async fn run_job(cell: &mut dyn Cell, language: &Language, job: &Job) -> Result<Ran, SandboxError> {
    let mut argv = language.run_command(LIMITS.memory_bytes >> 20);
    argv.extend(job.args.iter().cloned());
    cell.begin(Command {
        stdin: job.input.clone(),
        keep_stdout: LIMITS.output_bytes,
        keep_stderr: KEEP_TEXT,
        ..Command::new(argv, LIMITS)
    })
    .await?;
    cell.ended().await
}
