//! What a program and an interactor said to each other, and how they ended: for people.

use super::{Facts, Stop};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, time::Duration};

/// So many lines are kept of the beginning of a talk, and as many of its end.
const KEPT: usize = 24;
/// So much is kept of a line, in characters.
const WIDTH: usize = 160;

/// One of the two who talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The submission.
    Program,
    /// The problem's interactor.
    Interactor,
}

impl Speaker {
    fn name(self) -> &'static str {
        match self {
            Self::Program => "the program",
            Self::Interactor => "the interactor",
        }
    }

    /// As samples of interactive problems are printed: what the program reads, and what it writes.
    fn mark(self) -> char {
        match self {
            Self::Program => '>',
            Self::Interactor => '<',
        }
    }
}

/// A line that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// By whom.
    pub from: Speaker,
    /// When its first byte was heard, in milliseconds from the start of the program.
    pub at_ms: u64,
    /// The line without its end, cut to a bound; bytes that are no UTF-8 are replaced.
    pub text: String,
    /// Whether its end was never written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

/// A talk: its beginning, its end, and how both ended. Of a test with several passes, that of the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Talk {
    /// The first lines.
    pub head: Vec<Line>,
    /// How many lines after those are left out.
    pub left_out: u64,
    /// The last lines.
    pub tail: Vec<Line>,
    /// Who ended first.
    pub first: Speaker,
    /// How the program ended, such as `exit code 1`.
    pub program: String,
    /// How the interactor ended.
    pub interactor: String,
    /// Whether both were ended because each waited for the other.
    pub deadlock: bool,
}

impl Talk {
    /// Who ended first and how, then the other; or that both waited for each other, and what was said last.
    pub fn ends(&self) -> String {
        if self.deadlock {
            return self.standstill();
        }
        let (first, then) = match self.first {
            Speaker::Program => (&self.program, (Speaker::Interactor, &self.interactor)),
            Speaker::Interactor => (&self.interactor, (Speaker::Program, &self.program)),
        };
        format!("{} ended first: {first}; {}: {}", self.first.name(), then.0.name(), then.1)
    }

    fn standstill(&self) -> String {
        let both = "the program and the interactor wait for each other";
        match self.tail.last().or(self.head.last()) {
            None => format!("{both}; neither has written anything"),
            Some(line) if line.open => format!(
                "{both}; what {} wrote last, after {}, has no line end",
                line.from.name(),
                seconds(line.at_ms)
            ),
            Some(line) => {
                let owes = match line.from {
                    Speaker::Interactor => "the program owes an answer, or did not flush it",
                    Speaker::Program => "the interactor reads on, or did not flush its answer",
                };
                format!(
                    "{both}; {} wrote last, after {}: {owes}",
                    line.from.name(),
                    seconds(line.at_ms)
                )
            }
        }
    }

    /// The lines with their times, `>` before what the program wrote and `<` before what it read, and a mark
    /// where lines are left out. Ends with a line end, unless nothing was said.
    pub fn transcript(&self) -> String {
        let line = |line: &Line| {
            let open = if line.open { " (no line end)" } else { "" };
            format!("{:>9} {} {}{open}\n", seconds(line.at_ms), line.from.mark(), line.text)
        };
        let gap = (self.left_out > 0)
            .then(|| format!("          … {} lines left out …\n", self.left_out));
        let head = self.head.iter().map(line);
        head.chain(gap).chain(self.tail.iter().map(line)).collect()
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

/// Takes down what is said while it is said.
#[derive(Debug, Default)]
pub struct Recorder {
    head: Vec<Line>,
    left_out: u64,
    tail: VecDeque<Line>,
    /// The beginning of a line of each, and when it came: the program's, the interactor's.
    begun: [Option<(Duration, Vec<u8>)>; 2],
}

impl Recorder {
    /// Takes what was said at this time after the start.
    pub fn hear(&mut self, from: Speaker, at: Duration, bytes: &[u8]) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (_, line) = self.begun[from as usize].get_or_insert_with(|| (at, Vec::new()));
            // More than is shown of it: a character has up to four bytes.
            let room = (4 * WIDTH + 4).saturating_sub(line.len());
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            line.extend_from_slice(&text[..text.len().min(room)]);
            if part.ends_with(b"\n") {
                self.end_line(from, false);
            }
        }
    }

    fn end_line(&mut self, from: Speaker, open: bool) {
        let Some((at, bytes)) = self.begun[from as usize].take() else { return };
        let line = Line { from, at_ms: at.as_millis() as u64, text: shown(&bytes), open };
        if self.head.len() < KEPT {
            self.head.push(line);
            return;
        }
        self.tail.push_back(line);
        if self.tail.len() > KEPT {
            self.tail.pop_front();
            self.left_out += 1;
        }
    }

    /// The talk, once both have ended; `judge_first` says who was the first.
    pub fn finish(mut self, program: &Facts, judge: &Facts, judge_first: bool) -> Talk {
        for from in [Speaker::Program, Speaker::Interactor] {
            self.end_line(from, true);
        }
        Talk {
            head: self.head,
            left_out: self.left_out,
            tail: self.tail.into(),
            first: if judge_first { Speaker::Interactor } else { Speaker::Program },
            program: end_of(program),
            interactor: end_of(judge),
            deadlock: program.stopped == Some(Stop::Idle),
        }
    }
}

/// How one of them ended.
fn end_of(facts: &Facts) -> String {
    let why = match facts.stopped {
        _ if facts.out_of_memory => "out of memory",
        None => return facts.exit.describe(),
        Some(Stop::Cpu) => "ended for its CPU time",
        Some(Stop::Wall) => "ended, for it was still there after all the time that it may take",
        Some(Stop::Output) => "ended for its output",
        Some(Stop::Memory) => "out of memory",
        Some(Stop::Rejected) => "ended, because the interactor had rejected it",
        Some(Stop::Idle) => "ended, because both waited",
    };
    why.to_owned()
}

/// A line for people: without control characters, cut to a bound.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        match c {
            _ if at == WIDTH => {
                out.push('…');
                break;
            }
            '\t' => out.push(c),
            '\r' if at + 1 == text.chars().count() => {}
            _ if c.is_control() => out.extend(c.escape_default()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Exit;

    const MS: Duration = Duration::from_millis(1);

    fn ended(exit: Exit, stopped: Option<Stop>) -> Facts {
        Facts { stopped, ..Facts::of(exit) }
    }

    fn both_wait() -> Facts {
        ended(Exit::Signal(9), Some(Stop::Idle))
    }

    #[test]
    fn lines_are_those_of_each_speaker_however_they_come() {
        let mut recorder = Recorder::default();
        for (from, at, bytes) in [
            (Speaker::Program, 1, "1"),
            (Speaker::Interactor, 2, "wel"),
            (Speaker::Program, 3, "0\n20\r\n\x1b[m"),
            (Speaker::Interactor, 1500, "l\n"),
        ] {
            recorder.hear(from, at * MS, bytes.as_bytes());
        }
        let talk = recorder.finish(&ended(Exit::Code(0), None), &ended(Exit::Code(43), None), true);
        assert_eq!(
            talk.transcript(),
            "  0.001 s > 10\n  0.003 s > 20\n  0.002 s < well\n  0.003 s > \\u{1b}[m (no line end)\n"
        );
        assert_eq!(
            talk.ends(),
            "the interactor ended first: exit code 43; the program: exit code 0"
        );
        let known: Talk = serde_json::from_str(&serde_json::to_string(&talk).unwrap()).unwrap();
        assert_eq!(known, talk);
    }

    #[test]
    fn the_middle_of_a_long_talk_is_left_out() {
        let mut recorder = Recorder::default();
        for n in 0..1000_u32 {
            recorder.hear(Speaker::Program, n * MS, format!("{n}\n").as_bytes());
        }
        recorder.hear(Speaker::Interactor, MS, "é".repeat(1000).as_bytes());
        let end = ended(Exit::Signal(11), None);
        let talk = recorder.finish(&end, &ended(Exit::Code(42), None), false);
        assert_eq!((talk.head.len(), talk.left_out, talk.tail.len()), (KEPT, 953, KEPT));
        let text = talk.transcript();
        assert!(text.contains("> 23\n          … 953 lines left out …\n"), "{text}");
        let last = text.lines().last().unwrap();
        assert!(last.ends_with("é… (no line end)"), "{last}");
        assert_eq!(last.matches('é').count(), WIDTH);
        let ends = "the program ended first: signal 11 (SIGSEGV); the interactor: exit code 42";
        assert_eq!(talk.ends(), ends);
    }

    #[test]
    fn a_standstill_says_who_owes_something() {
        for (said, hint) in [
            (&[][..], "neither has written anything"),
            (
                &[(Speaker::Program, "7")],
                "what the program wrote last, after 0.001 s, has no line end",
            ),
            (
                &[(Speaker::Program, "7\n")],
                "the program wrote last, after 0.001 s: the interactor reads on",
            ),
            (
                &[(Speaker::Program, "7\n"), (Speaker::Interactor, "low\n")],
                "the program owes an answer, or did not flush it",
            ),
        ] {
            let mut recorder = Recorder::default();
            for (from, text) in said {
                recorder.hear(*from, MS, text.as_bytes());
            }
            let talk = recorder.finish(&both_wait(), &both_wait(), false);
            assert!(talk.deadlock && talk.ends().contains(hint), "{}", talk.ends());
        }
    }

    #[test]
    fn every_end_is_told() {
        let oom = Facts { out_of_memory: true, ..ended(Exit::Signal(9), None) };
        assert_eq!(end_of(&oom), "out of memory");
        for stop in [Stop::Cpu, Stop::Wall, Stop::Output, Stop::Memory, Stop::Rejected, Stop::Idle]
        {
            let words = end_of(&ended(Exit::Signal(9), Some(stop)));
            assert!(!words.contains("signal"), "it was we who ended it: {words}");
        }
    }
}
