//! Samples of two hubs and the tables made of them.
//!
//! Machines are noisy, so the two take turns within one run, and what counts is the ratio of their medians.

use crate::{
    machine::load,
    table::{aligned, quantile},
};
use serde_json::{Value, json};

/// Which way is better.
#[derive(Clone, Copy)]
pub enum Better {
    /// The ratio is sonocode / Node.
    More,
    /// The ratio is Node / sonocode.
    Less,
}

/// What a line ought to be.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Of the ratio.
    Times(f64),
}

/// One figure of both hubs.
pub struct Line {
    what: String,
    unit: &'static str,
    better: Better,
    /// Medians and the samples they are of: Node, sonocode.
    samples: [Vec<f64>; 2],
    goals: Vec<Goal>,
}

impl Line {
    /// Samples of Node's hub and of this one, a sample per round.
    pub fn new(
        what: impl Into<String>,
        unit: &'static str,
        better: Better,
        mut samples: [Vec<f64>; 2],
    ) -> Self {
        for samples in &mut samples {
            samples.sort_by(f64::total_cmp);
        }
        Self { what: what.into(), unit, better, samples, goals: Vec::new() }
    }

    /// Ours must not pass this.
    pub fn at_most(mut self, most: f64) -> Self {
        self.goals.push(Goal::AtMost(most));
        self
    }

    /// Ours must reach this.
    pub fn at_least(mut self, least: f64) -> Self {
        self.goals.push(Goal::AtLeast(least));
        self
    }

    /// Ours must be so many times better.
    pub fn ratio_at_least(mut self, times: f64) -> Self {
        self.goals.push(Goal::Times(times));
        self
    }

    fn medians(&self) -> [f64; 2] {
        self.samples.each_ref().map(|samples| quantile(samples, 50))
    }

    fn ratio(&self) -> f64 {
        let [node, ours] = self.medians();
        match self.better {
            Better::More => ours / node,
            Better::Less => node / ours,
        }
    }

    fn met(&self, goal: Goal) -> bool {
        let [_, ours] = self.medians();
        match goal {
            Goal::AtMost(most) => ours <= most,
            Goal::AtLeast(least) => ours >= least,
            Goal::Times(times) => self.ratio() >= times,
        }
    }

    fn row(&self) -> [String; 6] {
        let shown = |samples: &Vec<f64>| {
            let spread = [quantile(samples, 1), quantile(samples, 100)].map(short).join("–");
            (format!("{} {}", short(quantile(samples, 50)), self.unit).trim().to_owned(), spread)
        };
        let [(node, _), (ours, spread)] = self.samples.each_ref().map(shown);
        let goals = self.goals.iter().map(|goal| {
            let text = match goal {
                Goal::AtMost(most) => format!("≤ {most}"),
                Goal::AtLeast(least) => format!("≥ {least}"),
                Goal::Times(times) => format!("≥ {times}×"),
            };
            format!("{text} {}", if self.met(*goal) { "met" } else { "missed" })
        });
        let goals = goals.collect::<Vec<_>>().join(", ");
        [self.what.clone(), node, ours, spread, format!("{:.1}×", self.ratio()), goals]
    }
}

/// What was found about one subject.
pub struct Table {
    name: &'static str,
    title: String,
    /// The comparisons.
    pub lines: Vec<Line>,
}

impl Table {
    /// A table without lines.
    pub fn new(name: &'static str, title: impl Into<String>) -> Self {
        Self { name, title: title.into(), lines: Vec::new() }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let head = ["", "Node", "sonocode", "least–most", "better", "goal"].map(str::to_owned);
        let rows: Vec<_> = self.lines.iter().map(|line| line.row().to_vec()).collect();
        let (title, load, table) = (&self.title, load(), aligned(&head, &rows));
        format!("### {title}\n\nLoad when it ended {load}.\n\n{table}")
    }

    /// One object per line.
    pub fn json(&self) -> Vec<Value> {
        let object = |line: &Line| {
            let [node, ours] = line.medians();
            let goals = line.goals.iter().map(|goal| match goal {
                Goal::AtMost(most) => json!({"at_most": most, "met": line.met(*goal)}),
                Goal::AtLeast(least) => json!({"at_least": least, "met": line.met(*goal)}),
                Goal::Times(times) => json!({"times": times, "met": line.met(*goal)}),
            });
            json!({
                "table": self.name,
                "what": line.what,
                "unit": line.unit,
                "node": node,
                "sonocode": ours,
                "samples": {"node": line.samples[0], "sonocode": line.samples[1]},
                "better": line.ratio(),
                "goals": goals.collect::<Vec<_>>(),
            })
        };
        self.lines.iter().map(object).collect()
    }
}

/// Three figures that count.
fn short(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}
