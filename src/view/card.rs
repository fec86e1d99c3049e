//! What is known of one submission from the events seen so far. Pure.

use super::units::{bytes, harmless, points};
use crate::{
    error::Ending,
    judge::{Event, EventBody, Outcome, Verdict},
};

/// What the views say of events, beside what is in them.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// Names of languages by id, such as `cpp` → `C++17`.
    pub languages: std::collections::BTreeMap<String, String>,
    /// Names of files by submission.
    pub files: std::collections::BTreeMap<crate::judge::SubmissionId, String>,
}

/// The step a submission is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It waits for a worker.
    #[default]
    Queued,
    /// A worker has it; no test runs yet, as far as the events say. It is being compiled, if its
    /// language has a compiler.
    Preparing,
    /// Its tests run.
    Running,
    /// It has come to rest.
    Ended,
}

/// One submission.
#[derive(Clone, Debug, Default)]
pub struct Card {
    /// Problem, or `custom run`; empty when its first event was not seen.
    pub title: String,
    /// Its language's name; empty when its first event was not seen.
    pub language: String,
    /// File name and size, such as `main.cpp (1.2 KB)`.
    pub source: String,
    /// Where it is.
    pub phase: Phase,
    /// When that began; for the clock of the live view.
    pub since: Option<jiff::Timestamp>,
    /// Names of the tests, in their order.
    pub tests: Vec<String>,
    /// Whether it was compiled in this attempt.
    compiled: bool,
    /// Tests that ended or were left out.
    pub done: usize,
    /// Tests of those that were not accepted.
    pub failed: usize,
    /// The group of the last test that ended or was left out.
    group: Option<String>,
    /// The same, if that test was the first of its group in a row.
    pub new_group: Option<String>,
    /// Milliseconds it waited in the queue.
    pub waited_ms: u64,
    /// How it ended, if it has.
    pub ending: Option<Ending>,
}

impl Card {
    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event, labels: &Labels) {
        match &event.body {
            EventBody::Queued { problem, language, source_bytes } => {
                let slug = problem.as_ref().map(ToString::to_string);
                self.title = slug.unwrap_or_else(|| "custom run".to_owned());
                self.language.clone_from(labels.languages.get(language).unwrap_or(language));
                self.source = match labels.files.get(&event.submission) {
                    Some(file) => format!("{} ({})", harmless(file), bytes(*source_bytes)),
                    None => bytes(*source_bytes),
                };
                self.enter(Phase::Queued, event);
            }
            EventBody::Started { waited_ms, .. } => {
                self.waited_ms = *waited_ms;
                self.enter(Phase::Preparing, event);
            }
            EventBody::Running { tests, .. } => {
                self.tests.clone_from(tests);
                self.run(self.compiled, event);
            }
            EventBody::Compiled { ok, .. } => {
                self.compiled = *ok;
                self.run(!self.tests.is_empty(), event);
            }
            EventBody::Test { verdict, group, .. } => {
                self.test(group.as_ref(), event);
                self.failed += usize::from(*verdict != Verdict::Accepted);
            }
            EventBody::Skipped { group, .. } => self.test(group.as_ref(), event),
            EventBody::Requeued { .. } | EventBody::Rejudged => self.enter(Phase::Queued, event),
            EventBody::Cancelled => self.end(Ending::Cancelled, event),
            EventBody::Finished(outcome) => self.end(Ending::Judged(outcome.clone()), event),
            EventBody::Output { .. } | EventBody::Ran { .. } | EventBody::Compared { .. } => {}
        }
    }

    /// The name of the test that runs now: the one after the last that ended.
    pub fn current_test(&self) -> Option<&str> {
        self.tests.get(self.done).map(String::as_str).filter(|_| self.phase == Phase::Running)
    }

    /// How wide test names are to be printed, so that figures stand below each other.
    pub fn name_width(&self) -> usize {
        self.tests.iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(9, 40)
    }

    /// The submission in a few words: `two-sum  C++17  main.cpp (1.2 KB)`.
    pub fn describe(&self) -> String {
        let parts = [&self.title, &self.language, &self.source];
        parts
            .map(String::as_str)
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join("  ")
    }

    /// Begins an attempt, or waits for one.
    fn enter(&mut self, phase: Phase, event: &Event) {
        (self.phase, self.since) = (phase, Some(event.ts));
        (self.done, self.failed, self.compiled, self.ending) = (0, 0, false, None);
        (self.group, self.new_group) = (None, None);
        self.tests.clear();
    }

    /// A test ended or was left out.
    fn test(&mut self, group: Option<&String>, event: &Event) {
        self.run(true, event);
        self.done += 1;
        self.new_group = group.filter(|group| self.group.as_ref() != Some(group)).cloned();
        self.group = group.cloned();
    }

    /// The tests run, if they do and did not already. `running` and `compiled` come in any order,
    /// and without a compiler the first test's end is what says it.
    fn run(&mut self, runs: bool, event: &Event) {
        if runs && self.phase != Phase::Running {
            (self.phase, self.since) = (Phase::Running, Some(event.ts));
        }
    }

    fn end(&mut self, ending: Ending, event: &Event) {
        (self.phase, self.since, self.ending) = (Phase::Ended, Some(event.ts), Some(ending));
    }
}

/// The figures after the verdict: `on test 7 · 29/30 · 40/100 points · max 412 ms (13-big) · 18.2 MB`.
pub fn figures(outcome: &Outcome, waited_ms: u64) -> String {
    use super::units::{kibibytes, millis, seconds};
    let mut parts = Vec::new();
    match (outcome.verdict, &outcome.failed) {
        (Verdict::CompileError, _) => parts.push("does not compile".to_owned()),
        (Verdict::InternalError, _) => parts.push("the judge failed".to_owned()),
        (_, Some(test)) => parts.push(format!("on test {}", test.index)),
        (_, None) => {}
    }
    if outcome.total > 0 {
        parts.push(format!("{}/{}", outcome.passed, outcome.total));
    }
    if let Some(score) = &outcome.score {
        parts.push(format!("{}/{} points", points(score.points), points(score.max)));
    }
    if let Some(test) = &outcome.slowest {
        parts.push(format!("max {} ({})", millis(outcome.cpu_ms), harmless(&test.name)));
    } else if outcome.cpu_ms > 0 {
        parts.push(millis(outcome.cpu_ms));
    }
    if outcome.memory_kib > 0 {
        parts.push(kibibytes(outcome.memory_kib));
    }
    parts.push(format!("waited {}", seconds(waited_ms, 1)));
    parts.join(" · ")
}
