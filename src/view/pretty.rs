//! Events as lines for a terminal, in columns and colours. Pure but for the colours.
//!
//! ```text
//!  Submitted  #1042  two-sum  C++17  main.cpp (1.2 KB)
//!   Compiled  0.84 s  2 warnings
//!        AC   01-sample     12 ms   3.1 MB
//!        WA   7-neg          9 ms   3.0 MB   line 2: expected "-1", got "1"
//! ────────────
//!         WA  on test 7 · 29/30 · max 412 ms (13-big) · 18.2 MB · waited 0.1 s
//! ```

use super::{
    card::{Card, figures},
    units::{count, harmless, kibibytes, millis, one_line, points, seconds},
    verdict::paint,
};
use crate::judge::{Event, EventBody, GroupResult, Outcome, Usage, Verdict};
use colored::Colorize;

/// How wide the column of labels is.
pub(super) const LABEL: usize = 10;

/// The lines of an event that `card` has taken in already. With `tagged`, each says whose it is, as
/// is needed when several submissions are watched at once.
pub fn lines(card: &Card, event: &Event, tagged: bool) -> Vec<String> {
    let tag = if tagged { format!("#{}  ", event.submission) } else { String::new() };
    let line =
        |label: &str, text: &str| format!("{}  {tag}{text}", format!("{label:>LABEL$}").bold());
    match &event.body {
        EventBody::Queued { .. } => {
            vec![
                line("Submitted", &format!("#{}  {}", event.submission, card.describe())).replacen(
                    &tag,
                    "",
                    usize::from(tagged),
                ),
            ]
        }
        // What a run prints comes as a whole with its end.
        EventBody::Started { .. } | EventBody::Running { .. } | EventBody::Output { .. } => {
            Vec::new()
        }
        EventBody::Compiled { ok: true, cached: true, .. } => {
            vec![line("Compiled", "before; the same program is kept")]
        }
        EventBody::Compiled { ok: true, usage, warnings, .. } => {
            let warnings = match warnings {
                0 => String::new(),
                some => format!("  {}", count(*some as usize, "warning").yellow()),
            };
            vec![line("Compiled", &format!("{}{warnings}", seconds(usage.wall_ms, 2)))]
        }
        EventBody::Compiled { ok: false, usage, output, .. } => {
            let label = paint(Verdict::CompileError, &format!("{:>LABEL$}", "Failed"));
            let first = format!("{label}  {tag}to compile, after {}", seconds(usage.wall_ms, 2));
            std::iter::once(first).chain(block(output)).collect()
        }
        EventBody::Test { name, verdict, usage, message, points, .. } => {
            let figures = test_figures(name, *usage, card.name_width());
            let message = note(*verdict, *usage, *points, message.as_deref());
            let gap = if message.is_empty() { "" } else { "   " };
            // A width before painting: the colour's own characters must not count.
            let verdict = paint(*verdict, &format!("{:<5}", verdict.code()));
            let test = format!("{:7}{verdict}{tag}{figures}{gap}{message}", "");
            heading(card, line).into_iter().chain([test]).collect()
        }
        EventBody::Skipped { name, reason, .. } => {
            let width = card.name_width();
            let text = format!("{:<width$}  {}", one_line(name), one_line(reason)).dimmed();
            let skipped = format!("{:7}{:<5}{tag}{text}", "", "–");
            heading(card, line).into_iter().chain([skipped]).collect()
        }
        EventBody::Ran { exit, usage, stdout, stderr, truncated } => {
            let cut = if *truncated { ", output cut" } else { "" };
            let text = format!(
                "{} · {} · {}{cut}",
                exit.describe(),
                millis(usage.cpu_ms),
                kibibytes(usage.memory_kib)
            );
            let head = line("Ran", &text);
            std::iter::once(head).chain(block(stdout)).chain(block(stderr)).collect()
        }
        EventBody::Compared { same: true, .. } => vec![line("Compared", "same as the reference")],
        EventBody::Compared { same: false, message, .. } => {
            let message = one_line(message.as_deref().unwrap_or_default());
            vec![line("Compared", &format!("differs: {message}"))]
        }
        EventBody::Requeued { reason } => vec![line("Requeued", &one_line(reason))],
        EventBody::Rejudged => vec![line("Rejudged", "")],
        EventBody::Cancelled => vec![rule(), line("Cancelled", &card.describe())],
        EventBody::Finished(outcome) => ending(card, outcome, &tag),
    }
    .into_iter()
    .map(|line| line.trim_end().to_owned())
    .collect()
}

/// The rule and the summary.
fn ending(card: &Card, outcome: &Outcome, tag: &str) -> Vec<String> {
    let verdict = paint(outcome.verdict, &format!("{:>LABEL$}", outcome.verdict.code()));
    let mut lines: Vec<String> = vec![rule()];
    let label = " ".repeat(LABEL);
    lines.extend(outcome.groups.iter().map(|group| format!("{label}  {tag}{}", result(group))));
    lines.push(format!("{verdict}  {tag}{}", figures(outcome, card.waited_ms)));
    // The message of a failed test stands beside the test, a compiler's output below `Failed`.
    if let (Verdict::InternalError, Some(message)) = (outcome.verdict, &outcome.message) {
        lines.extend(block(message));
    }
    lines
}

/// The line above the first test of a group.
fn heading(card: &Card, line: impl Fn(&str, &str) -> String) -> Option<String> {
    card.new_group.as_deref().map(|group| line("Group", &one_line(group)))
}

/// A group's result: `20/40 points  large  WA  3/6 tests, 2 skipped`.
pub(super) fn result(group: &GroupResult) -> String {
    let verdict = group.verdict.map_or("not run", Verdict::code);
    let skipped = match (group.verdict, group.skipped) {
        (None, _) | (_, 0) => String::new(),
        (_, some) => format!(", {some} skipped"),
    };
    format!(
        "{}/{} points  {}  {verdict}  {}/{} tests{skipped}",
        points(group.points),
        points(group.max),
        one_line(&group.name),
        group.passed,
        group.total,
    )
}

fn rule() -> String {
    "─".repeat(12).dimmed().to_string()
}

/// `01-sample     12 ms   3.1 MB`.
fn test_figures(name: &str, usage: Usage, width: usize) -> String {
    format!(
        "{:<width$}  {:>8} {:>8}",
        one_line(name),
        millis(usage.cpu_ms),
        kibibytes(usage.memory_kib)
    )
}

/// What to say beside a test: its points, its message, and the wall time of a program that was stopped
/// while it hardly used the processor, since its CPU time then explains nothing.
pub(super) fn note(
    verdict: Verdict,
    usage: Usage,
    earned: Option<f64>,
    message: Option<&str>,
) -> String {
    let earned = earned.map(|earned| match points(earned) {
        one if one == "1" => "1 point".to_owned(),
        some => format!("{some} points"),
    });
    let message = message.map(one_line);
    let slept = verdict == Verdict::TimeLimitExceeded && usage.wall_ms > 2 * usage.cpu_ms;
    let wall = slept.then(|| format!("{} of wall time", seconds(usage.wall_ms, 2)));
    earned.into_iter().chain(message).chain(wall).collect::<Vec<_>>().join(", ")
}

/// Text of a compiler or program, indented and made harmless.
pub(super) fn block(text: &str) -> Vec<String> {
    harmless(text).lines().map(|line| format!("    {line}")).collect()
}
