//! Questions, answers and announcements for people. What others wrote cannot drive the terminal.

use super::units::{harmless, one_line};
use crate::wire::{Clarification, ClarificationKind};
use std::fmt::Write;

/// A question with what followed, or an announcement, as some lines.
pub fn block(clarification: &Clarification) -> String {
    let Clarification { id, kind, problem, from, content, ts, answered, replies } = clarification;
    let problem = problem.as_ref().map_or_else(String::new, |slug| format!("{slug} · "));
    let time = ts.strftime("%Y-%m-%d %H:%M:%S");
    let state = match kind {
        ClarificationKind::Announcement => "to everyone",
        ClarificationKind::Question if *answered => "answered",
        ClarificationKind::Question => "unanswered",
    };
    let mut text = format!("#{id} {problem}{} · {time} · {state}", one_line(from));
    text.push_str(&indented(content, "    "));
    for reply in replies {
        let to = match reply.to.as_str() {
            "@everyone" => ", to everyone",
            "@setters" => ", to the setters",
            _ => "",
        };
        let time = reply.ts.strftime("%H:%M:%S");
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  ▸ {}{to} · {time}", one_line(&reply.from));
        text.push_str(&indented(&reply.content, "    "));
    }
    text
}

/// A message as it comes.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its id.
    pub id: &'a str,
    /// When it was written.
    pub ts: &'a str,
    /// Who wrote it.
    pub from: &'a str,
    /// For whom it is.
    pub to: &'a str,
    /// The problem that it is about.
    pub problem: Option<&'a str>,
    /// The question that it belongs to.
    pub thread: Option<&'a str>,
    /// The question's text.
    pub quote: Option<&'a str>,
    /// Its text.
    pub content: &'a str,
}

/// A message as some lines.
pub fn message(line: &Line<'_>) -> String {
    let to = match line.to {
        "@everyone" => "everyone".to_owned(),
        "@setters" => "the setters".to_owned(),
        user => one_line(user),
    };
    let problem = line.problem.map_or_else(String::new, |slug| format!("{} · ", one_line(slug)));
    let thread = line.thread.map_or_else(String::new, |id| format!(" (on #{})", one_line(id)));
    let (id, from, ts) = (one_line(line.id), one_line(line.from), one_line(line.ts));
    let mut text = format!("#{id} {problem}{from} → {to}{thread} · {ts}");
    if let Some(quote) = line.quote {
        text.push_str(&indented(quote, "    > "));
    }
    text.push_str(&indented(line.content, "    "));
    text
}

fn indented(text: &str, before: &str) -> String {
    harmless(text).lines().fold(String::new(), |mut all, line| {
        let _ = write!(all, "\n{before}{line}");
        all
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use crate::wire::ClarificationReply;

    #[test]
    fn a_question_with_an_answer() {
        let ts = "2026-11-21T12:03:11Z".parse().unwrap();
        let reply = ClarificationReply {
            id: "42".into(),
            from: "root".into(),
            to: "@everyone".into(),
            content: "Yes.\nAlways.".into(),
            ts,
        };
        let question = Clarification {
            id: "41".into(),
            kind: ClarificationKind::Question,
            problem: "two-sum".parse().ok(),
            from: "ada".into(),
            content: "0-based?\x1b[2J".into(),
            ts,
            answered: true,
            replies: vec![reply],
        };
        assert_eq!(
            block(&question),
            "#41 two-sum · ada · 2026-11-21 12:03:11 · answered\n    0-based?\u{fffd}[2J\n  \
             ▸ root, to everyone · 12:03:11\n    Yes.\n    Always."
        );
    }

    #[test]
    fn a_message_that_comes() {
        let line = Line {
            id: "42",
            ts: "2026-11-21T12:03:11Z",
            from: "root",
            to: "@everyone",
            problem: Some("two-sum"),
            thread: Some("41"),
            quote: Some("0-based?"),
            content: "Yes.",
        };
        assert_eq!(
            message(&line),
            "#42 two-sum · root → everyone (on #41) · 2026-11-21T12:03:11Z\n    > 0-based?\n    Yes."
        );
    }
}
