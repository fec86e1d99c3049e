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
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

/// How often clocks and spinners move.
const TICK: Duration = Duration::from_millis(100);

/// Templates of lines.
const COUNT: &str = "{prefix}  [{clock}] {bar:14}  {pos}/{len}   {msg}";
const BYTES: &str = "{prefix}  [{clock}] {bar:14}  {bytes}/{total_bytes}  {msg}";
const SPINNER: &str = "{prefix}  [{clock}] {spinner}  {msg}";
const TEST: &str = "        ▸   {msg}  {tenths:>8}";
const BLOCK: &str = "{msg}";
const NOTHING: &str = "";

/// Every bar of the process: there is one terminal, and whoever writes to it must know them all.
static SCREEN: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Does something while no bar is on the screen, such as writing a line.
pub fn suspend<T>(f: impl FnOnce() -> T) -> T {
    SCREEN.suspend(f)
}

/// Bars of the submissions that run, and one line for those that wait.
#[derive(Debug, Default)]
pub struct Bars {
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
    /// Shows a submission as it is now. `waiting` is the number of those that wait.
    pub fn update(&mut self, id: SubmissionId, card: &Card, tagged: bool, waiting: usize) {
        match card.phase {
            Phase::Preparing | Phase::Running => self.advance(id, card, tagged),
            Phase::Queued | Phase::Ended => {
                if let Some(pair) = self.running.remove(&id) {
                    pair.clear();
                }
            }
        }
        self.wait(waiting, tagged);
    }

    fn advance(&mut self, id: SubmissionId, card: &Card, tagged: bool) {
        let pair = self.running.entry(id).or_insert_with(Pair::new);
        if pair.phase != card.phase {
            pair.phase = card.phase;
            pair.bar.set_style(style(if card.phase == Phase::Running { COUNT } else { SPINNER }));
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
                pair.test.set_style(style(TEST));
                pair.test.set_message(format!("{tag}{:<width$}", harmless(name)));
                pair.test.reset_elapsed();
                pair.test.enable_steady_tick(TICK);
            }
            None => pair.test.set_style(style(NOTHING)),
        }
    }

    fn wait(&mut self, count: usize, tagged: bool) {
        if count == 0 {
            if let Some(bar) = self.waiting.take() {
                bar.finish_and_clear();
                SCREEN.remove(&bar);
            }
            return;
        }
        let bar = self.waiting.get_or_insert_with(|| {
            let bar = SCREEN.add(ProgressBar::no_length()).with_style(style(SPINNER));
            bar.set_prefix(label("Queued"));
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_message(if tagged {
            format!("{count} waiting")
        } else {
            "waiting for a worker".to_owned()
        });
    }

    /// Takes every bar off the screen.
    pub fn clear(&mut self) {
        for pair in std::mem::take(&mut self.running).into_values() {
            pair.clear();
        }
        self.wait(0, false);
    }
}

impl Pair {
    fn new() -> Self {
        let bar = SCREEN.add(ProgressBar::new(0)).with_style(style(SPINNER));
        let test = SCREEN.insert_after(&bar, ProgressBar::no_length()).with_style(style(NOTHING));
        bar.enable_steady_tick(TICK);
        Self { bar, test, phase: Phase::Preparing }
    }

    fn clear(self) {
        for bar in [self.test, self.bar] {
            bar.finish_and_clear();
            SCREEN.remove(&bar);
        }
    }
}

/// A bar or spinner on standard error for other work; nothing where no bars are welcome. It goes
/// away when dropped.
#[derive(Clone, Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// For bytes that are sent.
    pub fn upload(length: u64, name: &str) -> Self {
        Self::new(length, BYTES, "Sending", name)
    }

    /// For bytes that are fetched.
    pub fn download(name: &str) -> Self {
        Self::new(0, BYTES, "Fetching", name)
    }

    /// For work of unknown length.
    pub fn spinner(label: &str, message: &str) -> Self {
        Self::new(0, SPINNER, label, message)
    }

    /// For a number of things.
    pub fn steps(length: u64, label: &str) -> Self {
        Self::new(length, COUNT, label, "")
    }

    fn new(length: u64, template: &str, prefix: &str, message: &str) -> Self {
        if !super::terminal::bars() {
            return Self(ProgressBar::hidden());
        }
        let bar = SCREEN.add(ProgressBar::new(length)).with_style(style(template));
        bar.set_prefix(label(prefix));
        bar.set_message(harmless(message));
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Lines that change, such as a table.
    pub fn block() -> Self {
        Self::new(0, BLOCK, "", "")
    }

    /// The lines that are to be there now, as they are.
    pub fn block_text(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }

    /// So many there are.
    pub fn length(&self, length: u64) {
        self.0.set_length(length);
    }

    /// So many are done.
    pub fn position(&self, count: u64) {
        self.0.set_position(count);
    }

    /// So many more are done.
    pub fn advance(&self, count: u64) {
        self.0.inc(count);
    }

    /// What is done now.
    pub fn message(&self, text: &str) {
        self.0.set_message(harmless(text));
    }

    /// Turns it into a spinner: what follows has no known length.
    pub fn spin(&self, prefix: &str) {
        self.0.set_style(style(SPINNER));
        self.0.set_prefix(label(prefix));
    }

    /// Takes it off the screen.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// Downloads of images, each with a bar; where no bars are welcome, with a line at its start.
#[derive(Debug, Default)]
pub struct Downloads(Mutex<BTreeMap<String, ProgressBar>>);

impl Downloads {
    /// So many bytes of a whole, as far as it is known, have arrived.
    pub fn step(&self, name: &str, done: u64, total: u64, complete: bool) {
        let mut bars = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if complete {
            if let Some(bar) = bars.remove(name) {
                bar.finish_and_clear();
            }
            return;
        }
        let bar = bars.entry(name.to_owned()).or_insert_with(|| {
            if !super::terminal::bars() {
                super::terminal::say(&format!("pulling {}", harmless(name)));
            }
            Bar::new(total, BYTES, "Pulling", name).0
        });
        bar.set_length(total);
        bar.set_position(done);
    }
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
