//! Steps of a verification → terminal: a live matrix of solutions and groups, findings, a summary.
//!
//! On a terminal the matrix moves on standard error while solutions run and stands on standard output
//! when they have; in a pipe each solution is a line. The steps themselves as JSON lines are the third
//! form.

mod findings;
mod junit;
mod live;
mod matrix;

pub use junit::Report;
pub use matrix::{Matrix, must};

use super::{
    Form,
    live::suspend,
    units::{count, harmless, seconds},
};
use crate::{
    judge::{Talk, Verdict},
    verify::report::{Finding, Severity, Step, Summary},
};
use live::Live;
use std::{collections::BTreeMap, io};

/// Shows one verification.
pub struct VerifyView {
    form: Form,
    live: Option<Live>,
    matrix: Matrix,
    /// Whether the finished matrix stands on standard output.
    shown: bool,
    findings: Vec<Finding>,
    summary: Option<Summary>,
    /// By solution and test: what was said, if all of it is to be shown.
    talks: Option<BTreeMap<(usize, usize), (Verdict, Talk)>>,
    out: Box<dyn io::Write + Send>,
}

impl VerifyView {
    /// A view on standard output, with a live matrix where bars are welcome.
    pub fn new(form: Form) -> Self {
        let live = (form != Form::Json && super::terminal::bars()).then(Live::default);
        Self { live, ..Self::to(Box::new(io::stdout()), form) }
    }

    /// The same, writing somewhere else and with nothing that moves.
    pub fn to(out: Box<dyn io::Write + Send>, form: Form) -> Self {
        Self {
            form,
            live: None,
            matrix: Matrix::default(),
            shown: false,
            findings: Vec::new(),
            summary: None,
            talks: None,
            out,
        }
    }

    /// Shows at the end what was said on every interactive test, if `wanted`.
    #[must_use]
    pub fn with_transcripts(self, wanted: bool) -> Self {
        Self { talks: wanted.then(BTreeMap::new), ..self }
    }

    /// Shows a step.
    pub fn step(&mut self, step: &Step) -> io::Result<()> {
        self.matrix.apply(step);
        if self.form == Form::Json {
            let line = serde_json::to_string(step).map_err(io::Error::other)?;
            self.write(&line)?;
        }
        match step {
            Step::Settled { solution, .. } | Step::Unbuilt { solution, .. }
                if self.form == Form::Plain =>
            {
                self.write(&self.matrix.line(*solution))?;
            }
            Step::Phase { name, .. } if name != "solutions" => self.show_matrix()?,
            Step::Judged { solution, test, verdict, talk: Some(talk), .. } => {
                if let Some(talks) = &mut self.talks {
                    talks.insert((*solution, *test), (*verdict, (**talk).clone()));
                }
            }
            Step::Found(finding) => self.findings.push(finding.clone()),
            Step::Done(summary) => {
                self.show_matrix()?;
                self.summary = Some(summary.clone());
            }
            _ => {}
        }
        if let Some(live) = &mut self.live {
            live.step(step, &self.matrix, self.shown);
        }
        if matches!(step, Step::Done(_)) {
            self.end()?;
        }
        Ok(())
    }

    /// Everything that was found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The end, if it has come.
    pub fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// The solutions and what became of them.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Takes what moves off the screen.
    pub fn close(&mut self) {
        if let Some(live) = self.live.take() {
            live.clear();
        }
    }

    fn show_matrix(&mut self) -> io::Result<()> {
        if self.shown || self.form != Form::Pretty || self.matrix.is_empty() {
            return Ok(());
        }
        self.shown = true;
        let table = self.matrix.table();
        self.write(&table)
    }

    /// The findings, the worst first, and the summary.
    fn end(&mut self) -> io::Result<()> {
        self.close();
        let Some(summary) = self.summary.clone().filter(|_| self.form != Form::Json) else {
            return Ok(());
        };
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let colours = self.form == Form::Pretty;
        let mut parts = self.transcripts();
        let findings: Vec<String> =
            findings.into_iter().map(|finding| findings::text(finding, colours)).collect();
        parts.extend(findings);
        parts.extend(summary.timing.as_ref().map(findings::timing));
        parts.push(total(&summary));
        self.write(&parts.join("\n"))
    }

    /// What was said on every test, with its solution and who ended first.
    fn transcripts(&self) -> Vec<String> {
        let talks = self.talks.iter().flatten();
        let text = |(&(solution, test), (verdict, talk)): (&(usize, usize), &(Verdict, Talk))| {
            let (path, test) = self.matrix.names(solution, test)?;
            let head = format!("{path} on {test}: {verdict}; {}", talk.ends());
            let said = harmless(&talk.transcript());
            let lines = said.trim_end().lines().map(|line| format!("  | {line}"));
            Some([head].into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
        };
        talks.filter_map(text).collect()
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let out = &mut self.out;
        suspend(|| writeln!(out, "{text}"))
    }
}

/// `two-sum: 10 of 10 solutions as expected · 0 errors, 1 warning · 290 runs, 0 known before · 12.1 s`.
fn total(summary: &Summary) -> String {
    let mut marks = vec![count(summary.errors, "error"), count(summary.warnings, "warning")];
    if summary.notes > 0 {
        marks.push(count(summary.notes, "note"));
    }
    format!(
        "{}: {} of {} as expected · {} · {}, {} known before · {}",
        harmless(summary.problem.as_str()),
        summary.agree,
        count(summary.solutions, "solution"),
        marks.join(", "),
        count(summary.runs as usize, "run"),
        summary.cached,
        seconds(summary.elapsed_ms, 1),
    )
}

/// Whether a verification passed: nothing wrong, and with `strict` nothing doubtful either.
pub fn passed(summary: &Summary, strict: bool) -> bool {
    summary.errors == 0 && !(strict && summary.warnings > 0)
}

/// The word for how bad a finding is.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

#[cfg(test)]
mod tests;
