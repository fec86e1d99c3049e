//! What all phases of a verification share: the problem, the evaluator, what was known before, and where
//! steps and findings go.

use super::{
    cache::{Book, Cache, Key},
    report::{Finding, Options, Severity, Step},
};
use crate::{
    evaluator::Evaluator,
    judge::fits,
    problem::StoredProblem,
    sandbox::{Input, SandboxError},
};
use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{sync::mpsc, task::spawn_blocking};

/// Longest message or detail of a finding, in characters.
const MESSAGE: usize = 600;
const DETAIL: usize = 4000;

/// A verification under way.
pub(super) struct Session<'a> {
    pub(super) evaluator: &'a Evaluator,
    pub(super) stored: Arc<StoredProblem>,
    pub(super) options: Options,
    /// Programs at one time, at least one.
    pub(super) jobs: usize,
    /// The tests that are looked at, by place in the problem.
    tests: Vec<usize>,
    cache: Cache,
    steps: mpsc::Sender<Step>,
    /// Findings by severity: notes, warnings, errors.
    counts: Mutex<[usize; 3]>,
    /// Digests of files that were read already.
    digests: Mutex<HashMap<PathBuf, Key>>,
    runs: AtomicU64,
    cached: AtomicU64,
    done: AtomicU64,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        evaluator: &'a Evaluator,
        stored: Arc<StoredProblem>,
        options: Options,
        jobs: usize,
        steps: mpsc::Sender<Step>,
    ) -> Self {
        let cache = Cache::new(evaluator.cache_dir().join("verify"), options.fresh);
        let cases = stored.problem.tests.iter().enumerate();
        let tests = cases.filter(|(_, test)| wanted(&options.tests, &test.name));
        let tests = tests.map(|(at, _)| at).collect();
        Self {
            evaluator,
            stored,
            tests,
            jobs: jobs.max(1),
            options,
            cache,
            steps,
            counts: Mutex::default(),
            digests: Mutex::default(),
            runs: AtomicU64::new(0),
            cached: AtomicU64::new(0),
            done: AtomicU64::new(0),
        }
    }

    /// Tells a step. When nobody listens any more, the caller is about to be dropped.
    pub(super) async fn tell(&self, step: Step) {
        let _ = self.steps.send(step).await;
    }

    /// Begins a phase.
    pub(super) async fn phase(&self, name: &str, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.tell(Step::Phase { name: name.to_owned(), total }).await;
    }

    /// Counts a step of the phase.
    pub(super) async fn advance(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.tell(Step::Advanced { done }).await;
    }

    /// Tells a finding, cut to bounds.
    pub(super) async fn find(&self, finding: Finding) {
        {
            // Nothing is left half done while the lock is held.
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts[finding.severity as usize] += 1;
        }
        let message = cut(&finding.message, MESSAGE);
        let detail = finding.detail.as_deref().map(|detail| cut(detail, DETAIL));
        self.tell(Step::Found(Finding { message, detail, ..finding })).await;
    }

    /// Notes, warnings and errors so far.
    pub(super) fn counts(&self) -> [usize; 3] {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts programs that were run, and those that need not be.
    pub(super) fn ran(&self, runs: u64, cached: u64) {
        self.runs.fetch_add(runs, Ordering::Relaxed);
        self.cached.fetch_add(cached, Ordering::Relaxed);
    }

    /// Runs that were made, and runs that were known.
    pub(super) fn run_counts(&self) -> (u64, u64) {
        (self.runs.load(Ordering::Relaxed), self.cached.load(Ordering::Relaxed))
    }

    /// The digest of an input. Files of a problem do not change while it is verified.
    pub(super) async fn digest(&self, input: &Input) -> Result<String, SandboxError> {
        let path = match input {
            Input::Bytes(bytes) => return Ok(Key::of_bytes(bytes).as_str().to_owned()),
            Input::Held(_) => return Err(SandboxError::Cell("a held file has no digest".into())),
            Input::File(path) => path.clone(),
        };
        let lock = || self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = lock().get(&path) {
            return Ok(key.as_str().to_owned());
        }
        let read = path.clone();
        let key = blocking(move || Key::of_file(&read)).await?;
        lock().insert(path, key.clone());
        Ok(key.as_str().to_owned())
    }

    /// What is known of a program.
    pub(super) async fn book(&self, key: &Key) -> Result<Book, SandboxError> {
        let (cache, key) = (self.cache.clone(), key.clone());
        blocking(move || Ok(cache.open(&key))).await
    }

    /// Keeps what was found out. A disk that is full is no reason to fail.
    pub(super) async fn keep(&self, book: Book) -> Result<(), SandboxError> {
        let cache = self.cache.clone();
        blocking(move || {
            if let Err(error) = cache.save(&book) {
                tracing::warn!(%error, "what a verification found out could not be kept");
            }
            Ok(())
        })
        .await
    }

    /// The beginning of every command that reproduces a finding.
    pub(super) fn command(&self) -> String {
        let name = match self.options.subject.as_str() {
            "" => self.stored.problem.slug.as_str(),
            subject => subject,
        };
        format!("sonocode problem verify {}", quoted(name))
    }

    /// Whether a solution is to be looked at.
    pub(super) fn wants_solution(&self, path: &str) -> bool {
        wanted(&self.options.solutions, path)
    }

    /// The tests that are to be looked at, by place in the problem.
    pub(super) fn tests(&self) -> &[usize] {
        &self.tests
    }

    /// The column of a test among those that are looked at.
    pub(super) fn place_of(&self, test: usize) -> usize {
        // They are in the order of the problem.
        self.tests.partition_point(|&at| at < test)
    }

    /// Whether all tests are looked at.
    pub(super) fn all_tests(&self) -> bool {
        self.tests.len() == self.stored.problem.tests.len()
    }

    /// The name of a test.
    pub(super) fn test(&self, index: usize) -> &str {
        &self.stored.problem.tests[index].name
    }
}

fn wanted(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, name))
}

/// A word of a command line, in quotes where a shell would take it for something else.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=@%+,:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A finding without line and detail.
pub(super) fn finding(
    (code, severity): (&str, Severity),
    file: impl Into<String>,
    message: impl Into<String>,
    mend: impl Into<String>,
    reproduce: impl Into<String>,
) -> Finding {
    Finding {
        code: code.to_owned(),
        severity,
        file: file.into(),
        line: None,
        message: message.into(),
        mend: mend.into(),
        reproduce: reproduce.into(),
        detail: None,
    }
}

/// Runs what may wait for a disk where that holds nobody up.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, SandboxError> {
    let done = spawn_blocking(work).await;
    done.map_err(io::Error::other).and_then(|result| result).map_err(SandboxError::host)
}

/// A text cut to so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_line() {
        for plain in ["two-sum", "accepted/main.py", "a_b", "x=1"] {
            assert_eq!(quoted(plain), plain);
        }
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("*"), "'*'");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("héllo", 2), "hé…");
        assert_eq!(cut("hé", 2), "hé");
    }

    #[test]
    fn patterns_choose() {
        assert!(wanted(&[], "x"));
        assert!(wanted(&["a".into(), "w*/x".into()], "wrong_answer/x"));
        assert!(!wanted(&["a".into()], "b"));
    }
}
