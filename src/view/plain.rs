//! Events as plain lines for pipes and files: one for each event, without colours, columns or
//! carriage returns. Only what a compiler or program printed takes lines of its own, each beginning
//! with `|`.

use super::{
    card::{Card, figures},
    pretty::{note, result},
    units::{count, harmless, kibibytes, millis, one_line, seconds},
};
use crate::judge::{Event, EventBody, Verdict};

/// The lines of an event that `card` has taken in already.
pub fn lines(card: &Card, event: &Event) -> Vec<String> {
    let mut output = Vec::new();
    let text = match &event.body {
        EventBody::Queued { .. } => format!("submitted  {}", card.describe()),
        EventBody::Started { attempt, worker, waited_ms } => {
            let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            format!("started  by {} after {}{again}", one_line(worker), seconds(*waited_ms, 1))
        }
        EventBody::Running { tests, .. } if tests.is_empty() => "running".to_owned(),
        EventBody::Running { tests, .. } => format!("running  {}", count(tests.len(), "test")),
        EventBody::Compiled { ok, usage, warnings, output: text, .. } => {
            if !ok {
                output.extend(block(text));
            }
            let word = if *ok { "compiled" } else { "failed to compile" };
            let warnings = match warnings {
                0 => String::new(),
                some => format!("  {}", count(*some as usize, "warning")),
            };
            format!("{word}  {}{warnings}", seconds(usage.wall_ms, 2))
        }
        EventBody::Test { name, verdict, usage, message, index, group, points } => {
            let message = note(*verdict, *usage, *points, message.as_deref());
            let place = place(card, *index, group.as_deref());
            let (cpu, memory) = (millis(usage.cpu_ms), kibibytes(usage.memory_kib));
            format!("{place}  {verdict}  {}  {cpu}  {memory}  {message}", one_line(name))
        }
        EventBody::Skipped { name, index, group, reason } => {
            let place = place(card, *index, group.as_deref());
            format!("{place}  skipped  {}  {}", one_line(name), one_line(reason))
        }
        EventBody::Ran { exit, usage, stdout, stderr, truncated } => {
            output.extend(block(stdout).into_iter().chain(block(stderr)));
            let cut = if *truncated { "  output cut" } else { "" };
            let (cpu, memory) = (millis(usage.cpu_ms), kibibytes(usage.memory_kib));
            format!("ran  {}  {cpu}  {memory}{cut}", exit.describe())
        }
        // All of it comes with the end of the run.
        EventBody::Output { .. } => return Vec::new(),
        EventBody::Compared { same: true, .. } => "compared  same as the reference".to_owned(),
        EventBody::Compared { same: false, message, .. } => {
            format!("compared  differs: {}", one_line(message.as_deref().unwrap_or_default()))
        }
        EventBody::Requeued { reason } => format!("requeued  {}", one_line(reason)),
        EventBody::Rejudged => "rejudged".to_owned(),
        EventBody::Cancelled => "cancelled".to_owned(),
        EventBody::Finished(outcome) => {
            if let (Verdict::InternalError, Some(message)) = (outcome.verdict, &outcome.message) {
                output.extend(block(message));
            }
            output.extend(outcome.groups.iter().map(|group| format!("| {}", result(group))));
            format!("{}  {}", outcome.verdict, figures(outcome, card.waited_ms))
        }
    };
    let first = format!("#{}  {}", event.submission, text.trim_end());
    std::iter::once(first).chain(output).collect()
}

/// `test 7/30`, and the group it belongs to.
fn place(card: &Card, index: u32, group: Option<&str>) -> String {
    let of = match card.tests.len() {
        0 => String::new(),
        total => format!("/{total}"),
    };
    let group = group.map_or_else(String::new, |group| format!(" of {}", one_line(group)));
    format!("test {index}{of}{group}")
}

fn block(text: &str) -> Vec<String> {
    harmless(text).lines().map(|line| format!("| {line}").trim_end().to_owned()).collect()
}
