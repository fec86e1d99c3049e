//! The moving part of the live view: bars on standard error while submissions run.
//!
//! ```text
//!    Running  [00:03] ████████──────  12/30   1 failed
//!         ▸   13-big       0.4 s
//! ```

use super::{
    card::{Card, Phase},
    pretty::LABEL,
    units::harmless,
};
use crate::judge::SubmissionId;
use colored::Colorize;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// How often clocks and spinners move.
const TICK: Duration = Duration::from_millis(100);

/// Bars of the submissions that run, and one line for those that wait.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    waiting: Option<ProgressBar>,
    running: BTreeMap<SubmissionId, Pair>,
}

/// The bar of a submission and the line of the test that runs now.
#[derive(Debug)]
struct Pair {
    bar: ProgressBar,
    test: ProgressBar,
    phase: Phase,
}

impl Bars {
    /// No bars yet.
    pub fn new() -> Self {
        Self { all: MultiProgress::new(), waiting: None, running: BTreeMap::new() }
    }

    /// Does something while no bar is on the screen, such as writing a line.
    pub fn suspend<T>(&self, f: impl FnOnce() -> T) -> T {
        self.all.suspend(f)
    }

    /// Shows a submission as it is now. `waiting` is the number of those that wait.
    pub fn update(&mut self, id: SubmissionId, card: &Card, tagged: bool, waiting: usize) {
        match card.phase {
            Phase::Preparing | Phase::Running => self.advance(id, card, tagged),
            Phase::Queued | Phase::Ended => {
                if let Some(pair) = self.running.remove(&id) {
                    pair.clear(&self.all);
                }
            }
        }
        self.wait(waiting, tagged);
    }

    fn advance(&mut self, id: SubmissionId, card: &Card, tagged: bool) {
        let all = &self.all;
        let pair = self.running.entry(id).or_insert_with(|| Pair::new(all));
        if pair.phase != card.phase {
            pair.phase = card.phase;
            pair.bar.set_style(if card.phase == Phase::Running { bar() } else { spinner() });
            pair.bar.set_elapsed(elapsed(card));
        }
        let tag = if tagged { format!("#{id}  ") } else { String::new() };
        if card.phase == Phase::Running {
            pair.bar.set_prefix(label("Running"));
            pair.bar.set_length(card.tests.len() as u64);
            pair.bar.set_position(card.done as u64);
            let failed = match card.failed {
                0 => String::new(),
                some => format!("{some} failed").red().to_string(),
            };
            pair.bar.set_message(format!("{tag}{failed}"));
        } else {
            pair.bar.set_prefix(label("Preparing"));
            pair.bar.set_message(format!("{tag}{}", card.language));
        }
        let width = card.name_width();
        match card.current_test() {
            Some(name) => {
                pair.test.set_style(test());
                pair.test.set_message(format!("{tag}{:<width$}", harmless(name)));
                pair.test.reset_elapsed();
                pair.test.enable_steady_tick(TICK);
            }
            None => pair.test.set_style(nothing()),
        }
    }

    fn wait(&mut self, count: usize, tagged: bool) {
        if count == 0 {
            if let Some(bar) = self.waiting.take() {
                bar.finish_and_clear();
                self.all.remove(&bar);
            }
            return;
        }
        let bar = self.waiting.get_or_insert_with(|| {
            let bar = self.all.add(ProgressBar::no_length()).with_style(spinner());
            bar.set_prefix(label("Queued"));
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_message(match tagged {
            true => format!("{count} waiting"),
            false => "waiting for a worker".to_owned(),
        });
    }

    /// Takes every bar off the screen.
    pub fn clear(&mut self) {
        for pair in std::mem::take(&mut self.running).into_values() {
            pair.clear(&self.all);
        }
        self.wait(0, false);
    }
}

impl Pair {
    fn new(all: &MultiProgress) -> Self {
        let bar = all.add(ProgressBar::new(0)).with_style(spinner());
        let test = all.insert_after(&bar, ProgressBar::no_length()).with_style(nothing());
        bar.enable_steady_tick(TICK);
        Self { bar, test, phase: Phase::Preparing }
    }

    fn clear(self, all: &MultiProgress) {
        for bar in [self.test, self.bar] {
            bar.finish_and_clear();
            all.remove(&bar);
        }
    }
}

/// A bar on standard error for other work, such as an upload: `label [██──] 1.2 MB/3.0 MB`.
pub fn upload(length: u64, name: &str) -> ProgressBar {
    let template = "{prefix}  [{clock}] {bar:14}  {bytes}/{total_bytes}  {msg}";
    bar_on_stderr(length, style(template), "Sending", name)
}

/// A spinner on standard error for work of unknown length.
pub fn spin(label: &str, message: &str) -> ProgressBar {
    bar_on_stderr(0, spinner(), label, message)
}

/// A bar on standard error that counts things.
pub fn steps(length: u64, label: &str) -> ProgressBar {
    bar_on_stderr(length, bar(), label, "")
}

fn bar_on_stderr(length: u64, style: ProgressStyle, prefix: &str, message: &str) -> ProgressBar {
    if !super::terminal::bars() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length).with_style(style);
    bar.set_prefix(label(prefix));
    bar.set_message(harmless(message));
    bar.enable_steady_tick(TICK);
    bar
}

fn label(text: &str) -> String {
    format!("{text:>LABEL$}").bold().to_string()
}

/// Time since the submission entered its phase, by this machine's clock. Another machine's may
/// differ; then time begins now.
fn elapsed(card: &Card) -> Duration {
    let since = card.since.map(|since| jiff::Timestamp::now().duration_since(since));
    since
        .and_then(|d| Duration::try_from(d).ok())
        .filter(|d| d.as_secs() < 86_400)
        .unwrap_or_default()
}

fn bar() -> ProgressStyle {
    style("{prefix}  [{clock}] {bar:14}  {pos}/{len}   {msg}")
}

fn spinner() -> ProgressStyle {
    style("{prefix}  [{clock}] {spinner}  {msg}")
}

fn test() -> ProgressStyle {
    style("        ▸   {msg}  {tenths:>8}")
}

fn nothing() -> ProgressStyle {
    style("")
}

fn style(template: &str) -> ProgressStyle {
    let clock = |state: &ProgressState, out: &mut dyn Write| {
        let seconds = state.elapsed().as_secs();
        let _ = write!(out, "{:02}:{:02}", seconds / 60, seconds % 60);
    };
    let tenths = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▌─")
        .with_key("clock", clock)
        .with_key("tenths", tenths)
}
