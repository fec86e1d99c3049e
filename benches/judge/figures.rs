//! Samples of the judge beside samples of a bound, and the tables made of them.
//!
//! Machines are noisy, so no table stands on absolute times: the judge and its bound take turns
//! within one run, and what counts is the ratio of the same quantile of both.

use serde_json::{Value, json};

/// What a ratio ought to be.
#[derive(Clone, Copy)]
pub enum Goal {
    /// No more than this, for costs.
    AtMost(f64),
    /// No less than this, for speed.
    AtLeast(f64),
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
    pub fn speed_at_least(mut self, ratio: f64) -> Self {
        (self.ratio, self.goal) = (Ratio::Speed, Some(Goal::AtLeast(ratio)));
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

/// Lines about one subject.
pub struct Table {
    /// What `--only` takes.
    pub name: &'static str,
    /// What is compared with what.
    pub title: String,
    /// Two quantiles in percent; goals are about the first.
    pub quantiles: [u32; 2],
    /// The comparisons.
    pub lines: Vec<Line>,
}

impl Table {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let [low, high] = self.quantiles;
        let mut rows = vec![vec![
            String::new(),
            format!("bound p{low}"),
            format!("p{high}"),
            format!("judge p{low}"),
            format!("p{high}"),
            format!("ratio p{low}"),
            format!("p{high}"),
            "goal".into(),
        ]];
        rows.extend(self.lines.iter().map(|line| self.row(line)));
        let widths: Vec<usize> = (0..rows[0].len())
            .map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0))
            .collect();
        let mut text = format!("### {}\n\n", self.title);
        for (number, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| match at {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            text.push_str(&["| ", &cells.collect::<Vec<_>>().join(" | "), " |\n"].concat());
            if number == 0 {
                let rule = widths.iter().enumerate().map(|(at, &width)| match at {
                    0 => "-".repeat(width),
                    _ => "-".repeat(width - 1) + ":",
                });
                text.push_str(&["| ", &rule.collect::<Vec<_>>().join(" | "), " |\n"].concat());
            }
        }
        text
    }

    fn row(&self, line: &Line) -> Vec<String> {
        let [low, high] = self.quantiles;
        let time = |samples: &[f64], percent| duration(quantile(samples, percent));
        let goal = line.goal.map_or(String::new(), |goal| {
            let (met, sign, value) = match goal {
                Goal::AtMost(most) => (line.ratio(low) <= most, '≤', most),
                Goal::AtLeast(least) => (line.ratio(low) >= least, '≥', least),
            };
            format!("{sign} {value} {}", if met { "met" } else { "missed" })
        });
        vec![
            line.what.clone(),
            time(&line.bound, low),
            time(&line.bound, high),
            time(&line.judge, low),
            time(&line.judge, high),
            format!("{:.2}", line.ratio(low)),
            format!("{:.2}", line.ratio(high)),
            goal,
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
                "goal": line.goal.map(|goal| match goal {
                    Goal::AtMost(most) => json!({"at_most": most}),
                    Goal::AtLeast(least) => json!({"at_least": least}),
                }),
                "rounds": line.judge.len(),
            })
        };
        self.lines.iter().map(object).collect()
    }
}

/// The nearest rank; not a number when there are no samples.
fn quantile(sorted: &[f64], percent: u32) -> f64 {
    let rank = (sorted.len() * percent as usize).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
