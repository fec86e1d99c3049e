//! Samples of the judge beside samples of a bound, and the tables made of them.
//!
//! Machines are noisy, so no table stands on absolute times: the judge and its bound take turns
//! within one run, and what counts is the ratio of the same quantile of both.

use crate::table::{aligned, quantile};
use serde_json::{Value, json};

/// What a ratio ought to be.
#[derive(Clone, Copy)]
pub enum Goal {
    /// No more than this, for costs.
    AtMost(f64),
    /// No less than this, for speed.
    AtLeast(f64),
}

impl Goal {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }

    fn json(self) -> Value {
        match self {
            Self::AtMost(most) => json!({"at_most": most}),
            Self::AtLeast(least) => json!({"at_least": least}),
        }
    }
}

/// Which way a ratio is formed.
#[derive(Clone, Copy)]
pub enum Ratio {
    /// Judge's time / bound's time.
    Cost,
    /// Bound's time / judge's time.
    Speed,
}

/// The same work done by the judge and by its bound.
pub struct Line {
    what: String,
    /// Seconds per piece of work, a sample per round.
    bound: Vec<f64>,
    judge: Vec<f64>,
    ratio: Ratio,
    goal: Option<Goal>,
}

impl Line {
    /// A comparison of two sets of samples, in seconds.
    pub fn new(what: impl Into<String>, bound: &[f64], judge: &[f64]) -> Self {
        let sorted = |samples: &[f64]| {
            let mut samples = samples.to_vec();
            samples.sort_by(f64::total_cmp);
            samples
        };
        let (bound, judge) = (sorted(bound), sorted(judge));
        Self { what: what.into(), bound, judge, ratio: Ratio::Cost, goal: None }
    }

    /// The ratio must not pass this.
    pub fn at_most(mut self, ratio: f64) -> Self {
        self.goal = Some(Goal::AtMost(ratio));
        self
    }

    /// The line is about speed, and the ratio must reach this.
    pub fn speed_at_least(self, ratio: f64) -> Self {
        Self { goal: Some(Goal::AtLeast(ratio)), ..self.speed() }
    }

    /// The line is about speed.
    pub fn speed(mut self) -> Self {
        self.ratio = Ratio::Speed;
        self
    }

    fn ratio(&self, percent: u32) -> f64 {
        let (bound, judge) = (quantile(&self.bound, percent), quantile(&self.judge, percent));
        match self.ratio {
            Ratio::Cost => judge / bound,
            Ratio::Speed => bound / judge,
        }
    }
}

/// Something of the judge's alone, which has no bound beside it.
pub struct Count {
    what: String,
    value: f64,
    unit: &'static str,
    at_most: Option<f64>,
}

impl Count {
    /// So many of something.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, at_most: None }
    }

    /// It must not pass this.
    pub fn at_most(mut self, most: f64) -> Self {
        self.at_most = Some(most);
        self
    }

    fn row(&self) -> Vec<String> {
        let number = |value: f64| {
            let text = format!("{} {}", (value * 10.0).round() / 10.0, self.unit);
            text.trim_end().to_owned()
        };
        let goal =
            self.at_most.map_or(String::new(), |most| verdict(Goal::AtMost(most), self.value));
        vec![self.what.clone(), number(self.value), goal]
    }
}

/// What was found about one subject.
pub struct Table {
    /// What `--only` takes.
    pub name: &'static str,
    /// What is compared with what.
    pub title: String,
    /// Two quantiles in percent; goals are about the first.
    pub quantiles: [u32; 2],
    /// The comparisons.
    pub lines: Vec<Line>,
    /// What has no bound beside it.
    pub counts: Vec<Count>,
}

impl Table {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let [low, high] = self.quantiles;
        let heads = [
            String::new(),
            format!("bound p{low}"),
            format!("p{high}"),
            format!("judge p{low}"),
            format!("p{high}"),
            format!("ratio p{low}"),
            format!("p{high}"),
            "goal".into(),
        ];
        let lines: Vec<_> = self.lines.iter().map(|line| self.row(line)).collect();
        let counts: Vec<_> = self.counts.iter().map(Count::row).collect();
        let counted = ["", "measured", "goal"].map(str::to_owned);
        let tables = [(heads.to_vec(), lines), (counted.to_vec(), counts)];
        let filled = tables.into_iter().filter(|(_, rows)| !rows.is_empty());
        let tables: Vec<_> = filled.map(|(head, rows)| aligned(&head, &rows)).collect();
        format!("### {}\n\n{}", self.title, tables.join("\n"))
    }

    fn row(&self, line: &Line) -> Vec<String> {
        let [low, high] = self.quantiles;
        let time = |samples: &[f64], percent| duration(quantile(samples, percent));
        vec![
            line.what.clone(),
            time(&line.bound, low),
            time(&line.bound, high),
            time(&line.judge, low),
            time(&line.judge, high),
            format!("{:.2}", line.ratio(low)),
            format!("{:.2}", line.ratio(high)),
            line.goal.map_or(String::new(), |goal| verdict(goal, line.ratio(low))),
        ]
    }

    /// One object per line, times in seconds.
    pub fn json(&self) -> Vec<Value> {
        let both = |pick: &dyn Fn(u32) -> f64| -> Value {
            let entry = |percent: u32| (format!("p{percent}"), json!(pick(percent)));
            self.quantiles.map(entry).into_iter().collect::<serde_json::Map<_, _>>().into()
        };
        let object = |line: &Line| {
            json!({
                "table": self.name,
                "what": line.what,
                "bound_s": both(&|percent| quantile(&line.bound, percent)),
                "judge_s": both(&|percent| quantile(&line.judge, percent)),
                "ratio": both(&|percent| line.ratio(percent)),
                "goal": line.goal.map(Goal::json),
                "met": line.goal.map(|goal| goal.met(line.ratio(self.quantiles[0]))),
                "rounds": line.judge.len(),
            })
        };
        let count = |count: &Count| {
            let goal = count.at_most.map(Goal::AtMost);
            json!({
                "table": self.name,
                "what": count.what,
                "value": count.value,
                "unit": count.unit,
                "goal": goal.map(Goal::json),
                "met": goal.map(|goal| goal.met(count.value)),
            })
        };
        self.lines.iter().map(object).chain(self.counts.iter().map(count)).collect()
    }
}

/// A goal and whether it was met.
fn verdict(goal: Goal, value: f64) -> String {
    let (sign, bound) = match goal {
        Goal::AtMost(most) => ('≤', most),
        Goal::AtLeast(least) => ('≥', least),
    };
    format!("{sign} {bound} {}", if goal.met(value) { "met" } else { "missed" })
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
