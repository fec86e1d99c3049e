//! Findings and the time limit as text.

use super::word;
use crate::{
    verify::report::{Binding, Finding, Severity, TimingReport},
    view::{
        table::Tone,
        terminal::tone,
        units::{harmless, millis, one_line},
    },
};

/// A finding: what and where, how to mend it, how to see it again, and what more there is to say.
pub(super) fn text(finding: &Finding, colours: bool) -> String {
    let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
    let head = format!("{}[{}]", word(finding.severity), one_line(&finding.code));
    let head = if colours { tone(&head, colour(finding.severity)) } else { head };
    let place = format!("{}{line}", one_line(&finding.file));
    let mut lines = vec![format!("{head} {place}: {}", one_line(&finding.message))];
    for (label, text) in [("mend", &finding.mend), ("reproduce", &finding.reproduce)] {
        if !text.is_empty() {
            lines.push(format!("  {label}: {}", one_line(text)));
        }
    }
    let detail = finding.detail.as_deref().map(harmless).unwrap_or_default();
    lines.extend(detail.trim_end().lines().map(|line| format!("  | {line}")));
    lines.join("\n")
}

fn colour(severity: Severity) -> Tone {
    match severity {
        Severity::Note => Tone::Plain,
        Severity::Warning => Tone::Warn,
        Severity::Error => Tone::Bad,
    }
}

/// The limit, and the solutions that bind it from below and from above, with their margins.
pub(super) fn timing(timing: &TimingReport) -> String {
    let limit = millis(timing.limit_ms);
    let mut lines = vec![if timing.inferred_ms == timing.limit_ms || timing.inferred_ms == 0 {
        format!("time limit {limit}")
    } else {
        format!("time limit {limit}; the solutions say {}", millis(timing.inferred_ms))
    }];
    lines.extend(timing.lower.as_ref().map(|lower| side("slowest that must fit", lower)));
    lines.extend(timing.upper.as_ref().map(|upper| side("fastest that must not", upper)));
    if timing.sensitive {
        lines.push("  time-sensitive: another machine may judge otherwise".to_owned());
    }
    lines.join("\n")
}

fn side(label: &str, binding: &Binding) -> String {
    let Binding { solution, test, cpu_ms, margin } = binding;
    let (solution, test) = (one_line(solution), one_line(test));
    format!("  {label}: {solution}, {} on {test} (margin {margin:.1}×)", millis(*cpu_ms))
}
