//! Events → terminal. Consumes [`crate::judge::Event`]s and knows nothing of networks.
//!
//! Data goes to standard output: lines in columns on a terminal ([`pretty`]), plain ones in a pipe
//! ([`plain`]), or the events themselves as JSON. What moves goes to standard error ([`live`]), and
//! only where somebody sees it.

pub mod card;
pub mod clarification;
pub mod cluster;
pub mod live;
pub mod markdown;
pub mod plain;
pub mod pretty;
pub mod table;
pub mod terminal;
pub mod units;
pub mod verdict;
pub mod verify;

use crate::judge::{Event, SubmissionId};
use card::{Card, Labels, Phase};
use live::Bars;
use std::{collections::BTreeMap, io};

/// The form of the lines on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Columns and colours.
    Pretty,
    /// One plain line for each event.
    Plain,
    /// One JSON object for each event.
    Json,
}

impl Form {
    /// JSON if asked for, else what suits standard output.
    pub fn choose(json: bool) -> Self {
        match (json, terminal::stdout()) {
            (true, _) => Self::Json,
            (false, true) => Self::Pretty,
            (false, false) => Self::Plain,
        }
    }
}

/// Shows submissions as their events come.
pub struct View {
    form: Form,
    bars: Option<Bars>,
    labels: Labels,
    /// Whether several submissions may be shown at once, so that lines must say whose they are.
    tagged: bool,
    cards: BTreeMap<SubmissionId, Card>,
    out: Box<dyn io::Write + Send>,
}

impl View {
    /// A view on standard output, with bars where they are welcome.
    pub fn new(form: Form, labels: Labels, tagged: bool) -> Self {
        let bars = (form != Form::Json && terminal::bars()).then(Bars::default);
        Self { form, bars, labels, tagged, cards: BTreeMap::new(), out: Box::new(io::stdout()) }
    }

    /// The same, writing somewhere else and without bars.
    pub fn to(out: Box<dyn io::Write + Send>, form: Form, labels: Labels, tagged: bool) -> Self {
        Self { form, bars: None, labels, tagged, cards: BTreeMap::new(), out }
    }

    /// Shows an event.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let card = self.cards.entry(event.submission).or_default();
        card.apply(event, &self.labels);
        let lines = match self.form {
            Form::Pretty => pretty::lines(card, event, self.tagged),
            Form::Plain => plain::lines(card, event),
            Form::Json => vec![serde_json::to_string(event).map_err(io::Error::other)?],
        };
        let out = &mut self.out;
        let mut write = || lines.iter().try_for_each(|line| writeln!(out, "{line}"));
        let Some(bars) = &mut self.bars else { return write() };
        if !lines.is_empty() {
            live::suspend(write)?;
        }
        let waiting = self.cards.values().filter(|card| card.phase == Phase::Queued).count();
        bars.update(event.submission, &self.cards[&event.submission], self.tagged, waiting);
        if self.cards[&event.submission].phase == Phase::Ended && self.tagged {
            // A long watch must not keep what it will not show again.
            self.cards.remove(&event.submission);
        }
        Ok(())
    }

    /// Takes the bars off the screen.
    pub fn close(&mut self) {
        if let Some(bars) = &mut self.bars {
            bars.clear();
        }
    }
}

#[cfg(test)]
mod tests;
