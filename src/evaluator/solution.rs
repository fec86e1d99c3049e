//! A problem's own solution on every test that is wanted, however the others ended: what a verification
//! needs to know, and no submission is made of.

use super::{
    Evaluator,
    building::Ready,
    cache::Key,
    judging::{Bench, Program, runner},
    testing::{Judged, Runner, Trial},
};
use crate::{
    judge::{Checked, Languages, Limits, Plan, Share, StaticWord, Talk, Usage, Verdict},
    problem::StoredProblem,
    sandbox::{File, SandboxError},
};
use futures_util::future::try_join_all;
use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::mpsc;

/// A solution and the tests on which it is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Id of its language.
    pub language: &'a str,
    /// Its main file.
    pub source: &'a str,
    /// Its other files.
    pub files: &'a [(String, Vec<u8>)],
    /// The file among all of them that is run, where the language's own name is not it.
    pub entry: Option<&'a str>,
    /// Places of the tests, from 0.
    pub tests: &'a [usize],
    /// What it may use.
    pub limits: &'a Limits,
    /// What it may use once it has used up all the time of `limits` on one test: by then it is known to be
    /// slow, and need not be waited for as long.
    pub slow_limits: &'a Limits,
    /// Cells that it may have at one time, if some lie idle; at least one.
    pub cells: usize,
}

/// A solution was judged on a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The place of the test, from 0.
    pub test: usize,
    /// What became of it; IE when the problem's own program failed.
    pub verdict: Verdict,
    /// What part of the test's points it earned, where a judge says so.
    pub share: Option<Share>,
    /// What it used.
    pub usage: Usage,
    /// The CPU time that it was given, in milliseconds.
    pub given_ms: u64,
    /// Why it was not accepted.
    pub message: Option<String>,
    /// What it and the interactor said to each other, where there is one.
    pub talk: Option<Talk>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempted {
    /// Every test was judged; and what the static validator said, where there is one.
    Judged(Option<StaticWord>),
    /// There is no program to run, and what the compiler said.
    Unbuilt(String),
    /// A program of the problem's own cannot be built, and why.
    Fault(String),
    /// There is no toolchain for the solution's language here, and why.
    NoToolchain(String),
}

impl Evaluator {
    /// Judges a solution on every wanted test, whatever becomes of the others; each result goes to
    /// `results` as it is known, in any order. Dropping the future destroys its cells.
    pub async fn try_solution(
        &self,
        stored: &Arc<StoredProblem>,
        attempt: Attempt<'_>,
        results: &mpsc::Sender<Tested>,
    ) -> Result<Attempted, SandboxError> {
        let program =
            Program { source: attempt.source, files: plain(attempt.files), entry: attempt.entry };
        let word = match self.languages.find(attempt.language) {
            Some(language) if self.rootfs(language).is_ok() => {
                self.static_word(stored, language, &program).await?
            }
            // Said below.
            _ => Ok(None),
        };
        let word = match word {
            Ok(word) => word,
            Err(fault) => return Ok(Attempted::Fault(fault)),
        };
        let bench = match self.opened(stored, attempt.language, program).await? {
            Ok(bench) => bench,
            Err(attempted) => return Ok(attempted),
        };
        let said = word.as_ref().map(Checked::static_word);
        let plan = Plan::new(&stored.problem);
        if let Some(why) = said.and_then(|said| plan.static_fault(said)) {
            bench.cell.release().await;
            return Ok(Attempted::Fault(format!("the problem's static validator: {why}")));
        }
        if let (Some(word), true) = (word, said.is_some_and(|said| plan.ends_with(said))) {
            bench.cell.release().await;
            for &test in attempt.tests {
                let tested = Tested {
                    test,
                    verdict: word.verdict,
                    share: None,
                    usage: Usage::default(),
                    given_ms: attempt.limits.time_ms,
                    message: word.message.clone(),
                    talk: None,
                };
                let _ = results.send(tested).await;
            }
            return Ok(Attempted::Judged(said));
        }
        let parts = bench.parts();
        let Bench { cell, hearing, language, own, rootfs, .. } = bench;
        let trial = |cell| {
            let runner = runner(&language, attempt.limits, own.clone());
            let court = hearing.court.clone();
            Trial::new(cell, stored.clone(), runner, court).with_transcripts()
        };
        let mut trials = vec![trial(cell)];
        while let Some(parts) = &parts
            && trials.len() < attempt.cells.min(attempt.tests.len())
            && let Some(mut cell) = self.sandbox.lease_idle(&rootfs)
        {
            put_all(parts, cell.as_mut()).await?;
            trials.push(trial(cell));
        }
        let work = Work {
            waiting: Mutex::new(attempt.tests.iter().copied().collect()),
            slow: AtomicBool::new(false),
            slow_runner: runner(&language, attempt.slow_limits, own.clone()),
            results,
        };
        try_join_all(trials.iter_mut().map(|trial| work.finish(trial))).await?;
        for trial in trials {
            trial.cell.release().await;
        }
        Ok(Attempted::Judged(said))
    }

    /// Builds a program in a cell of its own, with those who judge it; the inner error says why there is
    /// none to run.
    pub(super) async fn opened(
        &self,
        stored: &Arc<StoredProblem>,
        language: &str,
        program: Program<'_>,
    ) -> Result<Result<Bench, Attempted>, SandboxError> {
        let Some(language) = self.languages.find(language) else {
            let why = format!("there is no language `{language}`");
            return Ok(Err(Attempted::NoToolchain(why)));
        };
        if let Err(error) = self.rootfs(language) {
            return Ok(Err(Attempted::NoToolchain(error.to_string())));
        }
        let bench = match self.bench(stored, language, program).await? {
            Ok(bench) => bench,
            Err(fault) => return Ok(Err(Attempted::Fault(fault))),
        };
        if let Some(output) = bench.built.error() {
            let output = output.to_owned();
            bench.cell.release().await;
            return Ok(Err(Attempted::Unbuilt(output)));
        }
        Ok(Ok(bench))
    }

    /// The digest of everything that decides what a program of these parts does, apart from the parts
    /// themselves: agent, toolchain and the language's commands. `None` when there is no such language
    /// or toolchain.
    pub fn ground(&self, language: &str) -> Option<String> {
        let language = self.languages.find(language)?;
        let toolchain = self.toolchain_of(language).ok()?;
        let commands = serde_json::to_string(language).ok()?;
        let parts =
            [&self.agent, &toolchain.identity, &commands].map(std::string::String::as_bytes);
        Some(Key::of(parts).digest().to_owned())
    }

    /// The languages that programs may be written in.
    pub fn languages(&self) -> &Languages {
        &self.languages
    }

    /// Where what can be found out again is kept.
    pub fn cache_dir(&self) -> &Path {
        &self.cache_dir
    }
}

/// Files of a package, for a box.
pub(super) fn plain(files: &[(String, Vec<u8>)]) -> Vec<File> {
    files.iter().map(|(path, bytes)| File::plain(path, bytes.clone())).collect()
}

async fn put_all(parts: &[Ready], cell: &mut dyn crate::sandbox::Cell) -> Result<(), SandboxError> {
    for part in parts {
        part.put(cell).await?;
    }
    Ok(())
}

/// The tests of one attempt, shared among its cells.
struct Work<'a> {
    waiting: Mutex<VecDeque<usize>>,
    /// Whether a test has used up all its time.
    slow: AtomicBool,
    slow_runner: Runner,
    results: &'a mpsc::Sender<Tested>,
}

impl Work<'_> {
    /// Keeps one cell busy until no test is left.
    async fn finish(&self, trial: &mut Trial) -> Result<(), SandboxError> {
        let mut given = VecDeque::new();
        let mut slowed = false;
        loop {
            // The limits change only between tests: those under way are judged by the ones they had.
            if given.is_empty() && self.slow.load(Ordering::Relaxed) {
                trial.runner = self.slow_runner.clone();
                slowed = true;
            }
            while slowed || !self.slow.load(Ordering::Relaxed) {
                let Some(test) = self.take(trial) else { break };
                given.push_back(trial.runner.limits.cpu.as_millis() as u64);
                trial.send(test).await?;
            }
            let Some(judged) = trial.next().await? else {
                if slowed || !self.slow.load(Ordering::Relaxed) {
                    return Ok(());
                }
                continue;
            };
            let Judged { index, verdict, share, usage, message, talk } = judged;
            let given_ms = given.pop_front().unwrap_or_default();
            if verdict == Verdict::TimeLimitExceeded {
                self.slow.store(true, Ordering::Relaxed);
            }
            let tested = Tested { test: index, verdict, share, usage, given_ms, message, talk };
            // Whoever does not listen any more is about to drop this future.
            let _ = self.results.send(tested).await;
        }
    }

    fn take(&self, trial: &Trial) -> Option<usize> {
        // Nothing is left half done while the lock is held.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let next = *waiting.front()?;
        if trial.has_room(next) { waiting.pop_front() } else { None }
    }
}
