//! A program that stays in its cell and is run on one input after another that no test has: two of them
//! are a search for an input on which they differ.

use super::{
    Evaluator, KEEP_TEXT,
    judging::{Bench, Program, note_exhausted_memory, runner},
    message,
    solution::{Attempted, plain},
    testing::{Judged, Trial},
};
use crate::{
    judge::{Checked, Limits, Problem, Talk, TestCase, Verdict, verdict_of},
    problem::{Solution, StoredProblem},
    sandbox::{Command, Input, SandboxError},
};
use bytes::Bytes;
use std::{fs, io, sync::Arc};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// The name of the only test that a contender's problem has.
const TEST: &str = "input";

/// A program that is ready to be run. Dropping it destroys its cell.
pub struct Contender {
    trial: Trial,
    /// The folder of a problem whose one test is written anew each time.
    folder: TempDir,
}

/// What a program printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// AC where it ended well; its output was not judged.
    pub verdict: Verdict,
    /// Why it did not end well.
    pub message: Option<String>,
    /// Its standard output, as far as it was to be kept.
    pub stdout: Vec<u8>,
}

/// What the problem's own judge says of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// Its verdict; IE when the judge itself failed.
    pub verdict: Verdict,
    /// Why it is not accepted.
    pub message: Option<String>,
    /// What it and the interactor said to each other, where there is one.
    pub talk: Option<Talk>,
}

impl Evaluator {
    /// Builds a program of a problem, with those who judge it. The inner error says why there is none to
    /// run.
    pub async fn contender(
        &self,
        stored: &Arc<StoredProblem>,
        language: &str,
        solution: &Solution,
        limits: &Limits,
    ) -> Result<Result<Contender, Attempted>, SandboxError> {
        let files = plain(&solution.files);
        let program = Program { source: &solution.source, files, entry: solution.entry.as_deref() };
        let Bench { cell, hearing, language, own, .. } =
            match self.opened(stored, language, program).await? {
                Ok(bench) => bench,
                Err(attempted) => return Ok(Err(attempted)),
            };
        let folder = tempfile::tempdir().map_err(SandboxError::host)?;
        fs::create_dir(folder.path().join("tests")).map_err(SandboxError::host)?;
        let problem = Problem {
            tests: vec![TestCase::plain(TEST.to_owned(), false, 0, 0)],
            groups: Vec::new(),
            ..stored.problem.clone()
        };
        let version = String::new();
        let only = StoredProblem { problem, version, dir: folder.path().to_owned() };
        let trial = Trial::new(cell, Arc::new(only), runner(&language, limits, own), hearing.court);
        let trial = trial.with_transcripts();
        Ok(Ok(Contender { trial, folder }))
    }
}

impl Contender {
    /// What the problem's own judge says of it on an input with this answer; and what it and the interactor
    /// said to each other, where there is one.
    pub async fn judged(&mut self, input: &[u8], answer: &[u8]) -> Result<Sentence, SandboxError> {
        let tests = self.folder.path().join("tests");
        let (input, answer) = (input.to_vec(), answer.to_vec());
        let written = spawn_blocking(move || {
            fs::write(tests.join(format!("{TEST}.in")), input)?;
            fs::write(tests.join(format!("{TEST}.out")), answer)
        });
        let written = written.await.map_err(io::Error::other).and_then(|result| result);
        written.map_err(SandboxError::host)?;
        self.trial.send(0).await?;
        match self.trial.next().await? {
            Some(Judged { verdict, message, talk, .. }) => Ok(Sentence { verdict, message, talk }),
            None => Err(SandboxError::Cell("a test that was sent is not there".into())),
        }
    }

    /// What it prints on an input, at most `keep` bytes of it.
    pub async fn printed(&mut self, input: &[u8], keep: u64) -> Result<Printed, SandboxError> {
        let runner = self.trial.runner.clone();
        let command = Command {
            stdin: Input::Bytes(Bytes::copy_from_slice(input)),
            keep_stdout: keep,
            keep_stderr: KEEP_TEXT,
            ..Command::new(runner.argv, runner.limits.clone())
        };
        self.trial.cell.begin(command).await?;
        let mut ran = self.trial.cell.ended().await?;
        note_exhausted_memory(&mut ran.facts, &ran.stderr, runner.exhausted.as_deref());
        let verdict = verdict_of(&ran.facts, &runner.limits, &Checked::accepted());
        let message = message::test(verdict, &ran.facts, &ran.stderr, &runner.limits, &runner.own);
        let stdout = ran.stdout.bytes().map_err(SandboxError::host)?;
        Ok(Printed { verdict, message, stdout })
    }

    /// Gives its cell back.
    pub async fn release(self) {
        self.trial.cell.release().await;
    }
}
