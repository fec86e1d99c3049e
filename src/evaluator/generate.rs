//! Making the tests of a package that its own programs generate.

use super::{
    Evaluator, KEEP_TEXT,
    judging::{Program, note_exhausted_memory},
    message,
};
use crate::{
    judge::{Checked, Convention, JudgeProgram, Own, RunLimits, verdict_of},
    problem::{Draft, Generated, Mistake, StoredProblem},
    sandbox::{Cell, Command, File, Input, Ran, SandboxError, Side, Spool},
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::task::spawn_blocking;

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
    Io(#[from] io::Error),
}

/// A program of the package that is ready to make tests.
struct Maker {
    cell: Box<dyn Cell>,
    argv: Vec<String>,
    /// The package's part of it.
    own: Own,
    /// By what its runtime says that it ran out of memory.
    exhausted: Option<String>,
}

/// A draft whose tests are being made.
struct Making<'a> {
    draft: &'a Draft,
    problem: Arc<StoredProblem>,
    mistakes: Vec<Mistake>,
    /// The tests whose answers are to be made.
    unanswered: Vec<&'a Generated>,
}

impl Evaluator {
    /// Runs the generators of a draft for the tests that are not there and, where answers are missing,
    /// its reference solution.
    pub async fn generate(&self, draft: &Draft) -> Result<(), GenerateError> {
        let unanswered = draft.generated.iter().filter(|test| test.needs_answer).collect();
        self.make(draft, &[&draft.generated], unanswered).await
    }

    /// Makes all tests anew that the package says how to make, those too that are there. Answers that are
    /// there are made anew where the input has changed.
    pub async fn regenerate(&self, draft: &Draft) -> Result<(), GenerateError> {
        let unanswered = draft.generated.iter().filter(|test| test.needs_answer).collect();
        self.make(draft, &[&draft.generated, &draft.standing], unanswered).await
    }

    async fn make<'a>(
        &self,
        draft: &'a Draft,
        wanted: &[&'a [Generated]],
        unanswered: Vec<&'a Generated>,
    ) -> Result<(), GenerateError> {
        let problem = Arc::new(draft.preview());
        let mut making = Making { draft, problem, mistakes: Vec::new(), unanswered };
        let mut by_program: BTreeMap<&str, Vec<&'a Generated>> = BTreeMap::new();
        for generated in wanted.iter().copied().flatten() {
            by_program.entry(&generated.program).or_default().push(generated);
        }
        for (program, tests) in by_program {
            self.inputs(&mut making, program, &tests).await?;
        }
        if making.mistakes.is_empty() && !making.unanswered.is_empty() {
            self.answers(&mut making).await?;
        }
        if making.mistakes.is_empty() {
            Ok(())
        } else {
            Err(GenerateError::Package(making.mistakes))
        }
    }

    /// Builds a generator and runs it for its tests, for the first one twice.
    async fn inputs<'a>(
        &self,
        making: &mut Making<'a>,
        program: &str,
        tests: &[&'a Generated],
    ) -> Result<(), GenerateError> {
        let file = format!("generators/{program}");
        let mut maker = match self.generator(making, program).await? {
            Ok(maker) => maker,
            Err(why) => {
                making.wrong(&file, why);
                return Ok(());
            }
        };
        for test in tests {
            let path = making.path(test, "in");
            match maker.run(Input::Bytes(bytes::Bytes::new()), &test.args).await? {
                Ok(made) => {
                    let changed = save(made, path).await?;
                    let stands = making.draft.standing.contains(test);
                    if stands && changed && making.draft.reference.is_some() {
                        making.unanswered.push(test);
                    }
                }
                Err(why) => {
                    making.wrong(
                        &file,
                        format!("failed when it made `tests/{}.in`: {why}", test.test),
                    );
                    maker.cell.release().await;
                    return Ok(());
                }
            }
        }
        if let Some(first) = tests.first() {
            let again = maker.run(Input::Bytes(bytes::Bytes::new()), &first.args).await?;
            let same = match again {
                Ok(again) => is_same(again, making.path(first, "in")).await?,
                Err(_) => false,
            };
            if !same {
                let message = format!(
                    "made something else of `tests/{}.in` when it was run again; what it prints may \
                     depend on its arguments only, not on the time or on chance",
                    first.test
                );
                making.wrong(&file, message);
            }
        }
        maker.cell.release().await;
        Ok(())
    }

    /// A generator, built; the inner error says why it cannot be.
    async fn generator(
        &self,
        making: &Making<'_>,
        program: &str,
    ) -> Result<Result<Maker, String>, GenerateError> {
        let (problem, languages) = (making.problem.clone(), self.languages.clone());
        let name = program.to_owned();
        let read = spawn_blocking(move || problem.generator_files(&name, &languages));
        let files = read.await.map_err(io::Error::other)??;
        let program =
            JudgeProgram { file: files.entry, convention: Convention::Testlib, args: Vec::new() };
        let rootfs = match self.tool_rootfs(&program) {
            Ok(rootfs) => rootfs,
            Err(why) => return Ok(Err(why)),
        };
        let mut cell = self.sandbox.lease(&rootfs).await?;
        let side = Side::Program;
        let built = self.build_judge(cell.as_mut(), &program, side, files.files, &rootfs).await?;
        match built {
            Ok((judge, _)) => {
                Ok(Ok(Maker { cell, argv: judge.argv, own: Own::default(), exhausted: None }))
            }
            Err(why) => {
                cell.release().await;
                Ok(Err(why))
            }
        }
    }

    /// Makes the answers: by the reference solution; empty ones where an interactor judges.
    async fn answers(&self, making: &mut Making<'_>) -> Result<(), GenerateError> {
        let tests = std::mem::take(&mut making.unanswered);
        if making.draft.problem.interactor.is_some() {
            for test in tests {
                tokio::fs::write(making.path(test, "out"), b"").await?;
            }
            return Ok(());
        }
        let Some(reference) = &making.draft.reference else { return Ok(()) };
        let file = format!("solutions/{reference}");
        let mut maker = match self.reference(making, reference).await? {
            Ok(maker) => maker,
            Err(why) => {
                making.wrong(&file, why);
                return Ok(());
            }
        };
        let cases = &making.problem.problem.tests;
        let cases: BTreeMap<&str, _> =
            cases.iter().map(|case| (case.name.as_str(), case)).collect();
        let mut failed = None;
        for test in tests {
            let args = cases.get(test.test.as_str()).map_or(&[][..], |case| &case.args);
            let (problem, name) = (making.problem.clone(), test.test.clone());
            let beside = spawn_blocking(move || problem.test_files(&name));
            let beside = beside.await.map_err(io::Error::other)??;
            if !beside.is_empty() {
                let files = beside.into_iter().map(|(path, bytes)| File::plain(path, bytes));
                maker.cell.write(Side::Program, files.collect()).await?;
            }
            match maker.run(Input::File(making.path(test, "in")), args).await? {
                Ok(made) => _ = save(made, making.path(test, "out")).await?,
                Err(why) => {
                    failed = Some(format!("failed when it made `tests/{}.out`: {why}", test.test));
                    break;
                }
            }
        }
        maker.cell.release().await;
        if let Some(why) = failed {
            making.wrong(&file, why);
        }
        Ok(())
    }

    /// The reference solution, built; the inner error says why it cannot be.
    async fn reference(
        &self,
        making: &Making<'_>,
        path: &str,
    ) -> Result<Result<Maker, String>, GenerateError> {
        let problem = making.problem.clone();
        let solutions = spawn_blocking(move || problem.solutions());
        let solutions = solutions.await.map_err(io::Error::other)??;
        let Some(solution) = solutions.into_iter().find(|solution| solution.path == path) else {
            return Ok(Err("is not there".to_owned()));
        };
        let Some(language) = solution.language(&self.languages) else {
            return Ok(Err("is in no language that is here".to_owned()));
        };
        let mut cell = self.sandbox.lease(&self.rootfs(language)?).await?;
        let files = solution.files.into_iter().map(|(path, bytes)| File::plain(path, bytes));
        let program = Program {
            source: &solution.source,
            files: files.collect(),
            entry: solution.entry.as_deref(),
        };
        let (language, built, own) =
            self.build_program(cell.as_mut(), &making.problem, language, program).await?;
        if let Some(output) = built.error() {
            let why = format!("does not compile:\n{output}");
            cell.release().await;
            return Ok(Err(why));
        }
        let argv = language.run_command(LIMITS.memory_bytes >> 20);
        Ok(Ok(Maker { cell, argv, own, exhausted: language.memory.exhausted.clone() }))
    }
}

impl Making<'_> {
    fn path(&self, test: &Generated, extension: &str) -> PathBuf {
        self.draft.dir.path().join("tests").join(format!("{}.{extension}", test.test))
    }

    fn wrong(&mut self, file: &str, message: String) {
        self.mistakes.push(Mistake { file: file.to_owned(), line: None, field: None, message });
    }
}

impl Maker {
    /// What it prints; the inner error says how it failed.
    async fn run(
        &mut self,
        stdin: Input,
        args: &[String],
    ) -> Result<Result<Spool, String>, SandboxError> {
        let words = [&self.argv[..], args].concat();
        let command = Command {
            stdin,
            keep_stdout: LIMITS.output_bytes,
            keep_stderr: KEEP_TEXT,
            ..Command::new(words, LIMITS)
        };
        self.cell.begin(command).await?;
        let Ran { mut facts, stdout, stderr } = self.cell.ended().await?;
        note_exhausted_memory(&mut facts, &stderr, self.exhausted.as_deref());
        if facts.stopped.is_none() && !facts.out_of_memory && facts.exit.success() {
            return Ok(Ok(stdout));
        }
        let verdict = verdict_of(&facts, &LIMITS, &Checked::accepted());
        let why = message::test(verdict, &facts, &stderr, &LIMITS, &self.own);
        Ok(Err(why.unwrap_or_default()))
    }
}

/// Writes what was made, with its folders; whether that is something else than what was there.
async fn save(mut made: Spool, path: PathBuf) -> io::Result<bool> {
    let save = move || {
        if path.exists() {
            if equal(&mut made, &path)? {
                return Ok(false);
            }
            // It may be the second name of a file that must not change.
            fs::remove_file(&path)?;
        }
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        made.save(&path).map(|()| true)
    };
    spawn_blocking(save).await.map_err(io::Error::other)?
}

async fn is_same(mut made: Spool, path: PathBuf) -> io::Result<bool> {
    spawn_blocking(move || equal(&mut made, &path)).await.map_err(io::Error::other)?
}

/// Whether a file holds these bytes.
fn equal(made: &mut Spool, path: &Path) -> io::Result<bool> {
    use io::{BufRead, BufReader};
    let mut made = BufReader::new(made.reader()?);
    let mut there = BufReader::new(fs::File::open(path)?);
    loop {
        let (one, other) = (made.fill_buf()?, there.fill_buf()?);
        let both = one.len().min(other.len());
        if both == 0 || one[..both] != other[..both] {
            return Ok(one.is_empty() && other.is_empty());
        }
        made.consume(both);
        there.consume(both);
    }
}
