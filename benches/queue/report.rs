//! Samples of several systems and the tables made of them.
//!
//! Machines are noisy, so the systems take turns within one run, and what counts is the ratio of their medians.

use crate::{
    machine::load,
    table::{aligned, quantile},
};
use serde_json::{Value, json};

/// One figure of all systems.
pub struct Line {
    what: String,
    /// A sample per round, of each system.
    samples: Vec<Vec<f64>>,
    unit: &'static str,
    /// What the second is beside the first, and what it ought to be at least.
    ratio: bool,
    goal: Option<f64>,
}

impl Line {
    /// Rates; the second system's beside the first's ought to be this.
    pub fn rates<const N: usize>(
        what: impl Into<String>,
        samples: [Vec<f64>; N],
        goal: Option<f64>,
    ) -> Self {
        Self { what: what.into(), samples: samples.into(), unit: "", ratio: true, goal }
    }

    /// Times, in milliseconds.
    pub fn millis<const N: usize>(what: impl Into<String>, samples: [Vec<f64>; N]) -> Self {
        Self { what: what.into(), samples: samples.into(), unit: " ms", ratio: false, goal: None }
    }

    fn sorted(&self) -> Vec<Vec<f64>> {
        let mut samples = self.samples.clone();
        for samples in &mut samples {
            samples.sort_by(f64::total_cmp);
        }
        samples
    }

    fn medians(&self) -> Vec<f64> {
        self.sorted().iter().map(|samples| quantile(samples, 50)).collect()
    }

    fn row(&self) -> Vec<String> {
        let medians = self.medians();
        let shown = |value: &f64| match self.unit {
            "" => format!("{value:.0}"),
            unit => format!("{value:.2}{unit}"),
        };
        let mut row = vec![self.what.clone()];
        if self.ratio {
            row.extend(medians.iter().map(shown));
            let ratio = medians[1] / medians[0];
            let goal = self.goal.map_or(String::new(), |goal| {
                format!(" (≥ {goal} {})", if ratio >= goal { "met" } else { "missed" })
            });
            row.push(format!("{ratio:.1}×{goal}"));
        } else {
            let p99 = self.sorted().into_iter().map(|samples| quantile(&samples, 99));
            let pairs = medians.iter().zip(p99);
            row.extend(pairs.map(|(median, p99)| format!("{} / {}", shown(median), shown(&p99))));
        }
        row
    }
}

/// What was found about one subject.
pub struct Table {
    name: &'static str,
    title: String,
    head: Vec<String>,
    /// The comparisons.
    pub lines: Vec<Line>,
}

impl Table {
    /// A table without lines; `columns` are the systems, and what the ratio is of where there is one.
    pub fn new(name: &'static str, title: impl Into<String>, columns: &[&str]) -> Self {
        let head = [""].iter().chain(columns).map(|column| (*column).to_owned()).collect();
        Self { name, title: title.into(), head, lines: Vec::new() }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let rows: Vec<_> = self.lines.iter().map(Line::row).collect();
        let table = aligned(&self.head, &rows);
        format!("### {}\n\nLoad when it ended {}.\n\n{table}", self.title, load())
    }

    /// One object per line.
    pub fn json(&self) -> Vec<Value> {
        let object = |line: &Line| {
            json!({
                "table": self.name,
                "what": line.what,
                "columns": self.head[1..],
                "medians": line.medians(),
                "samples": line.samples,
                "goal": line.goal,
            })
        };
        self.lines.iter().map(object).collect()
    }
}
