//! Solutions × groups, as far as they are judged. Pure.
//!
//! ```text
//!  Solution              Must be  sample  small  large        Max time  Memory
//!  accepted/main.py      AC       AC      AC     AC              118 ms  9.7 MB  ok
//!  time_limit_e…/all.py  TLE      AC      AC     AC 3 · TLE 2   2.00 s  9.6 MB  ok
//!  wrong_answer/x.cpp    WA PE    AC      3/7                     12 ms  3.1 MB
//! ```

use crate::{
    judge::{Expectation, Verdict},
    verify::report::{Column, Row, Step},
    view::{
        table::{self, Cell, Tone},
        terminal::tone,
        units::{kibibytes, millis, one_line, points},
    },
};
use std::collections::BTreeMap;

/// What is known of every solution.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    problem: String,
    tests: Vec<String>,
    columns: Vec<Column>,
    rows: Vec<State>,
}

/// What is known of a solution.
#[derive(Clone, Debug)]
pub struct State {
    /// The solution.
    pub row: Row,
    /// By test: the last verdict, CPU time in milliseconds and memory in KiB.
    pub tests: BTreeMap<usize, (Verdict, u64, u64)>,
    /// Its verdict, if it could not be run at all.
    pub unbuilt: Option<Verdict>,
    /// Its verdict, and whether everything holds that is expected.
    pub settled: Option<(Verdict, bool)>,
    /// Its points and what there is.
    pub score: Option<[f64; 2]>,
}

impl State {
    fn new(row: Row) -> Self {
        Self { row, tests: BTreeMap::new(), unbuilt: None, settled: None, score: None }
    }

    /// The longest CPU time of a test, in milliseconds.
    pub fn slowest(&self) -> u64 {
        self.tests.values().map(|(_, cpu_ms, _)| *cpu_ms).max().unwrap_or_default()
    }

    /// Whether it runs: something is known of it, but not all.
    pub fn runs(&self) -> bool {
        !self.tests.is_empty() && self.settled.is_none()
    }

    fn memory(&self) -> u64 {
        self.tests.values().map(|(_, _, memory)| *memory).max().unwrap_or_default()
    }

    /// How often its tests of a column got each verdict, the accepted ones first.
    fn tally(&self, column: &Column) -> BTreeMap<Verdict, usize> {
        let mut tally = BTreeMap::new();
        for (verdict, ..) in column.tests.iter().filter_map(|test| self.tests.get(test)) {
            *tally.entry(*verdict).or_default() += 1;
        }
        tally
    }

    /// `AC`, `AC 3 · WA 2`, `3/7` while it runs, or what keeps it from running.
    fn cell(&self, column: &Column) -> String {
        if let Some(verdict) = self.unbuilt {
            return verdict.code().to_owned();
        }
        let tally = self.tally(column);
        let judged: usize = tally.values().sum();
        let all = column.tests.len();
        if self.settled.is_none() && judged < all {
            let bad: Vec<_> =
                tally.keys().filter(|verdict| **verdict != Verdict::Accepted).collect();
            let bad: String = bad.iter().map(|verdict| format!(" {}", verdict.code())).collect();
            return if judged == 0 { "·".to_owned() } else { format!("{judged}/{all}{bad}") };
        }
        match tally.iter().next() {
            None => "–".to_owned(),
            Some((verdict, _)) if tally.len() == 1 => verdict.code().to_owned(),
            Some(_) => {
                let one =
                    |(verdict, count): (&Verdict, &usize)| format!("{} {count}", verdict.code());
                tally.iter().map(one).collect::<Vec<_>>().join(" · ")
            }
        }
    }

    fn tone(&self, column: &Column) -> Tone {
        let permitted = &self.row.expectation.permitted;
        let fits = |verdict: &Verdict| permitted.is_empty() || permitted.contains(verdict);
        let tally = self.tally(column);
        match &self.unbuilt {
            Some(verdict) if fits(verdict) => Tone::Good,
            Some(_) => Tone::Bad,
            None if tally.is_empty() => Tone::Plain,
            None if !tally.keys().all(fits) => Tone::Bad,
            None if tally.keys().eq([&Verdict::Accepted]) => Tone::Good,
            None => Tone::Warn,
        }
    }

    fn mark(&self) -> Cell {
        match self.settled {
            Some((_, true)) => Cell::new("ok", Tone::Good),
            Some((_, false)) => Cell::new("✗", Tone::Bad),
            None => Cell::default(),
        }
    }
}

/// What a solution must get, in a word or two: `AC`, `WA PE`, `not AC`, `1..99 points`.
pub fn must(expectation: &Expectation) -> String {
    let Expectation { permitted, required, score, tests, .. } = expectation;
    let codes = |verdicts: &std::collections::BTreeSet<Verdict>| {
        verdicts.iter().map(|verdict| verdict.code()).collect::<Vec<_>>().join(" ")
    };
    let mut parts = Vec::new();
    if required.len() + 2 >= Verdict::ALL.len() && !required.contains(&Verdict::Accepted) {
        parts.push("not AC".to_owned());
    } else if !required.is_empty() {
        parts.push(codes(required));
    } else if !permitted.is_empty() {
        parts.push(format!("only {}", codes(permitted)));
    }
    if let Some([least, most]) = score {
        parts.push(format!("{}..{} points", points(*least), points(*most)));
    }
    if !tests.is_empty() {
        parts.push(format!("{} parts", tests.len()));
    }
    if parts.is_empty() { "anything".to_owned() } else { parts.join(", ") }
}

impl Matrix {
    /// Takes a step in.
    pub fn apply(&mut self, step: &Step) {
        match step {
            Step::Begun { problem, tests, columns, solutions } => {
                self.tests.clone_from(tests);
                self.problem = problem.to_string();
                self.columns.clone_from(columns);
                self.rows = solutions.iter().cloned().map(State::new).collect();
            }
            Step::Unbuilt { solution, verdict, ok, .. } => {
                if let Some(state) = self.rows.get_mut(*solution) {
                    (state.unbuilt, state.settled) = (Some(*verdict), Some((*verdict, *ok)));
                }
            }
            Step::Judged { solution, test, verdict, cpu_ms, memory_kib, .. } => {
                if let Some(state) = self.rows.get_mut(*solution) {
                    state.tests.insert(*test, (*verdict, *cpu_ms, *memory_kib));
                }
            }
            Step::Settled { solution, verdict, score, ok } => {
                if let Some(state) = self.rows.get_mut(*solution) {
                    (state.settled, state.score) = (Some((*verdict, *ok)), *score);
                }
            }
            _ => {}
        }
    }

    /// The problem's slug.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The solutions, in the order of the package.
    pub fn rows(&self) -> &[State] {
        &self.rows
    }

    /// The names of a solution and a test.
    pub fn names(&self, solution: usize, test: usize) -> Option<(String, String)> {
        let path = one_line(&self.rows.get(solution)?.row.path);
        Some((path, one_line(self.tests.get(test)?)))
    }

    /// Whether there are no solutions.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The whole matrix.
    pub fn table(&self) -> String {
        self.table_of(&self.rows.iter().collect::<Vec<_>>())
    }

    /// The part that moves: at most so many rows, those that run first.
    pub(super) fn live(&self, rows: usize) -> String {
        let running = self.rows.iter().filter(|state| state.runs());
        let waiting = self.rows.iter().filter(|state| state.settled.is_none() && !state.runs());
        let wanted: Vec<_> = running.chain(waiting).take(rows).collect();
        if wanted.is_empty() { String::new() } else { self.table_of(&wanted) }
    }

    fn table_of(&self, rows: &[&State]) -> String {
        let scored = self.rows.iter().any(|state| state.score.is_some());
        let column = table::Column;
        let mut columns = vec![column("Solution", false), column("Must be", false)];
        let names: Vec<_> = self.columns.iter().map(|group| one_line(&group.name)).collect();
        columns.extend(names.iter().map(|name| column(name, false)));
        if scored {
            columns.push(column("Points", true));
        }
        columns.extend([column("Max time", true), column("Memory", true), column("", false)]);
        let cells = |state: &&State| {
            let mut cells: Vec<Cell> =
                vec![state.row.path.as_str().into(), must(&state.row.expectation).into()];
            let group = |group| Cell::new(state.cell(group), state.tone(group));
            cells.extend(self.columns.iter().map(group));
            if scored {
                cells.push(state.score.map_or_else(String::new, score).into());
            }
            let known = !state.tests.is_empty();
            cells.push(if known { millis(state.slowest()) } else { String::new() }.into());
            cells.push(if known { kibibytes(state.memory()) } else { String::new() }.into());
            cells.push(state.mark());
            cells
        };
        table::table(&columns, rows.iter().map(cells).collect())
    }

    /// One solution in a plain line: `ok two-sum accepted/main.py (AC): sample AC, secret AC; 118 ms`.
    pub(super) fn line(&self, solution: usize) -> String {
        let Some(state) = self.rows.get(solution) else { return String::new() };
        let mark = match state.settled {
            Some((_, true)) => tone("ok", Tone::Good),
            _ => tone("WRONG", Tone::Bad),
        };
        let groups: Vec<_> = self
            .columns
            .iter()
            .map(|group| format!("{} {}", one_line(&group.name), state.cell(group)))
            .collect();
        let score = state.score.map(|s| format!("; {} points", score(s))).unwrap_or_default();
        format!(
            "{mark} {} {} ({}): {}{score}; max {}",
            self.problem,
            one_line(&state.row.path),
            must(&state.row.expectation),
            groups.join(", "),
            millis(state.slowest()),
        )
    }
}

fn score([got, max]: [f64; 2]) -> String {
    format!("{}/{}", points(got), points(max))
}
