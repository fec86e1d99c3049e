//! What checkers and interactors say, in their two conventions.

use super::{Exit, Facts, StaticWord, Stop, Verdict};
use serde::{Deserialize, Serialize};

/// A program of a package that judges: a checker or an interactor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JudgeProgram {
    /// Its main file, whose extension says its language. Every other file of its folder, such as
    /// `testlib.h`, lies beside it when it is compiled.
    pub file: String,
    /// How it is called and how it answers.
    pub convention: Convention,
    /// Its arguments, after those of the convention.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
}

impl JudgeProgram {
    /// Whether it is a script: a program called `run` that is run as it is, once `build`, if there is one,
    /// has been.
    pub fn is_script(&self) -> bool {
        self.file == "run"
    }
}

/// How a checker or an interactor is called and how it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Convention {
    /// `checker input output answer`, `interactor input tout answer`: exit code 0 accepts, 1 and 2
    /// reject, 3 is the judge's own failure; words on standard error.
    #[default]
    Testlib,
    /// `program input answer feedback/ < output`: exit code 42 accepts, 43 rejects, everything else
    /// is the judge's own failure; words in `judgemessage.txt`.
    Icpc,
}

/// What part of a test's points an output earns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// This part of them, 0 to 1.
    Fraction(f64),
    /// This many points, 0 or more; a test never earns more than it is worth.
    Points(f64),
}

/// What a comparison, a checker or an interactor says of one test.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// AC, WA or PE; of [`interaction`](super::interaction) also the program's own failures.
    pub verdict: Verdict,
    /// What part of the test's points it earns; absent: all when accepted, else none.
    pub fraction: Option<Share>,
    /// Why, for people.
    pub message: Option<String>,
}

impl Checked {
    /// Right, with nothing to say about it.
    pub fn accepted() -> Self {
        Self { verdict: Verdict::Accepted, fraction: None, message: None }
    }

    /// What it says as the word of a static validator.
    pub fn static_word(&self) -> StaticWord {
        StaticWord { verdict: self.verdict, share: self.fraction }
    }

    /// Not the answer, and why.
    pub fn wrong(message: impl Into<String>) -> Self {
        let message = Some(message.into());
        Self { verdict: Verdict::WrongAnswer, fraction: None, message }
    }
}

/// What a judge program left behind when it ended.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// How it ended.
    pub exit: Exit,
    /// The beginning of its standard error.
    pub stderr: &'a [u8],
    /// `judgemessage.txt` of its feedback folder.
    pub message: Option<&'a [u8]>,
    /// `score.txt` of its feedback folder.
    pub score: Option<&'a [u8]>,
    /// `score_multiplier.txt` of its feedback folder.
    pub multiplier: Option<&'a [u8]>,
    /// Whether it left `nextpass.in`.
    pub next_pass: bool,
}

/// How much of a judge program's words is shown, in characters.
const SHOWN: usize = 2000;

impl Convention {
    /// What a checker or interactor that kept to its own limits says. The error is the judge
    /// program's own fault, in words for the setter.
    pub fn word(self, facts: &Facts, said: &Said<'_>) -> Result<Checked, String> {
        let limit = match facts.stopped {
            _ if facts.out_of_memory => "memory",
            Some(Stop::Memory) => "memory",
            Some(Stop::Cpu) => "CPU time",
            Some(Stop::Wall | Stop::Idle) => "time",
            Some(Stop::Output) => "output",
            Some(Stop::Rejected) | None => return self.read(said),
        };
        Err(with_words(&format!("it used more {limit} than a judge's program may"), said.stderr))
    }

    /// What the program's exit and words mean. The error is its own fault, in words for the setter.
    pub fn read(self, said: &Said<'_>) -> Result<Checked, String> {
        match self {
            Self::Testlib => testlib(said),
            Self::Icpc => icpc(said),
        }
    }
}

/// testlib's exit codes and the first words of its standard error. The exit code of `_pc(n)` may be
/// that of another outcome, so that the words come first.
///
/// `_pc(n)` is n of 100. `quitp(x)`: up to 1 it is a part of the test's points, above 1 it is points.
/// Less than everything is WA with that much earned.
fn testlib(said: &Said<'_>) -> Result<Checked, String> {
    let text = String::from_utf8_lossy(said.stderr);
    let text = text.trim();
    let fault = |what: &str| Err(with_words(what, said.stderr));
    let Exit::Code(code) = said.exit else { return fault(&said.exit.describe()) };
    if let Some(rest) = text.strip_prefix("FAIL") {
        return Err(
            shown(rest).map_or_else(|| "it failed".to_owned(), |why| format!("FAIL: {why}"))
        );
    }
    if let Some(rest) = text.strip_prefix("partially correct (") {
        let Some((percent, rest)) = rest.split_once(')') else {
            return fault("no number of `_pc`");
        };
        return match percent.trim().parse::<f64>() {
            Ok(percent) => partial(percent / 100.0, rest, said),
            Err(_) => fault("no number of `_pc`"),
        };
    }
    match code {
        7 => {
            let rest = text.strip_prefix("points").unwrap_or(text).trim_start();
            let (number, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            match number.parse::<f64>() {
                Ok(points) => partial(points, rest, said),
                Err(_) => fault("exit code 7 without `points X` on standard error"),
            }
        }
        0 => Ok(Checked { message: without(text, &["ok"]), ..Checked::accepted() }),
        1 | 2 | 4 | 8 if crashed(text) => fault(&said.exit.describe()),
        1 => {
            let message = without(text, &["wrong answer"]);
            Ok(Checked { verdict: Verdict::WrongAnswer, fraction: None, message })
        }
        2 | 4 | 8 => {
            let message = without(text, &["wrong output format", "unexpected eof"]);
            Ok(Checked { verdict: Verdict::PresentationError, fraction: None, message })
        }
        _ => fault(&said.exit.describe()),
    }
}

/// A word with points in it.
fn partial(value: f64, rest: &str, said: &Said<'_>) -> Result<Checked, String> {
    if !(value.is_finite() && value >= 0.0) {
        return Err(with_words("its points are no number of at least 0", said.stderr));
    }
    let full = value >= 1.0;
    let verdict = if full { Verdict::Accepted } else { Verdict::WrongAnswer };
    let share = if value > 1.0 { Share::Points(value) } else { Share::Fraction(value) };
    Ok(Checked { verdict, fraction: Some(share), message: shown(rest) })
}

/// Exit codes 42 and 43 and the files of the feedback folder.
fn icpc(said: &Said<'_>) -> Result<Checked, String> {
    let fault = |what: &str| Err(with_words(what, said.stderr));
    let verdict = match said.exit {
        Exit::Code(42) => Verdict::Accepted,
        Exit::Code(43) => Verdict::WrongAnswer,
        exit => return fault(&format!("{}, which is neither 42 nor 43", exit.describe())),
    };
    if verdict != Verdict::Accepted {
        if said.next_pass {
            return fault("it left nextpass.in and rejected the output");
        }
        if said.score.is_some() || said.multiplier.is_some() {
            return fault("it left a score and rejected the output");
        }
    }
    let share = match (said.score, said.multiplier) {
        (Some(_), Some(_)) => return fault("it left both score.txt and score_multiplier.txt"),
        (Some(score), None) => match number(score) {
            Some(points) if points >= 0.0 => Some(Share::Points(points)),
            _ => return fault("its score.txt is no number of at least 0"),
        },
        (None, Some(multiplier)) => match number(multiplier) {
            Some(part) if (0.0..=1.0).contains(&part) => Some(Share::Fraction(part)),
            _ => return fault("its score_multiplier.txt is no number from 0 to 1"),
        },
        (None, None) => None,
    };
    let message = said.message.and_then(|bytes| shown(&String::from_utf8_lossy(bytes)));
    Ok(Checked { verdict, fraction: share, message })
}

fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether the words are those of a language's runtime about a crash, which ends with an exit code
/// that would otherwise be a verdict: Python, Java, Node, Ruby and Go.
fn crashed(text: &str) -> bool {
    let begins = ["Traceback (most recent call last)", "Exception in thread \"", "panic: "];
    let holds =
        ["\nTraceback (most recent call last)", "\nNode.js v", "Error)\n\tfrom ", "\ngoroutine "];
    begins.iter().any(|words| text.starts_with(words))
        || holds.iter().any(|words| text.contains(words))
        || text.lines().next().is_some_and(|line| line.contains(":in ") && line.ends_with("Error)"))
        || text.contains("SyntaxError: ")
        || text.contains("can't open file")
}

/// The words after the first of these that they begin with.
fn without(text: &str, prefixes: &[&str]) -> Option<String> {
    let rest = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix));
    shown(rest.unwrap_or(text))
}

/// Words for people: without control characters other than line ends and tabs, cut to a bound.
fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        match c {
            _ if at == SHOWN => {
                out.push('…');
                break;
            }
            '\n' | '\t' => out.push(c),
            '\r' => {}
            _ if c.is_control() => out.extend(c.escape_default()),
            _ => out.push(c),
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A fault and what the program said.
fn with_words(what: &str, stderr: &[u8]) -> String {
    match shown(&String::from_utf8_lossy(stderr)) {
        Some(words) => format!("{what}: {words}"),
        None => format!("{what}, and nothing on standard error"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Accepted, PresentationError, WrongAnswer};

    fn said(code: i32, stderr: &str) -> Said<'_> {
        Said {
            exit: Exit::Code(code),
            stderr: stderr.as_bytes(),
            message: None,
            score: None,
            multiplier: None,
            next_pass: false,
        }
    }

    fn checked(verdict: Verdict, share: Option<Share>, message: &str) -> Checked {
        let message = (!message.is_empty()).then(|| message.to_owned());
        Checked { verdict, fraction: share, message }
    }

    #[test]
    fn testlib_words() {
        let part = |value| Some(Share::Fraction(value));
        for (code, stderr, expected) in [
            (0, "ok 3 numbers\n", checked(Accepted, None, "3 numbers")),
            (0, "", checked(Accepted, None, "")),
            (1, "wrong answer 1st differ", checked(WrongAnswer, None, "1st differ")),
            (1, "own words", checked(WrongAnswer, None, "own words")),
            (2, "wrong output format x", checked(PresentationError, None, "x")),
            (4, "wrong output format extra", checked(PresentationError, None, "extra")),
            (8, "unexpected eof ", checked(PresentationError, None, "")),
            (7, "points 0.5 half", checked(WrongAnswer, part(0.5), "half")),
            (7, "points 1", checked(Accepted, part(1.0), "")),
            (7, "points 0", checked(WrongAnswer, part(0.0), "")),
            (7, "points 30 good", checked(Accepted, Some(Share::Points(30.0)), "good")),
            (57, "partially correct (57) so so", checked(WrongAnswer, part(0.57), "so so")),
            (3, "partially correct (3) few", checked(WrongAnswer, part(0.03), "few")),
            (0, "partially correct (0) none", checked(WrongAnswer, part(0.0), "none")),
            (100, "partially correct (100)", checked(Accepted, part(1.0), "")),
            (1, "wrong answer \x1b[31m", checked(WrongAnswer, None, "\\u{1b}[31m")),
        ] {
            assert_eq!(
                Convention::Testlib.read(&said(code, stderr)),
                Ok(expected),
                "{code} {stderr}"
            );
        }
    }

    #[test]
    fn testlib_faults() {
        for (code, stderr, expected) in [
            (3, "FAIL jury has no answer", "FAIL: jury has no answer"),
            (1, "FAIL oops", "FAIL: oops"),
            (3, "", "exit code 3, and nothing on standard error"),
            (7, "points many", "exit code 7 without `points X` on standard error: points many"),
            (7, "points -1", "its points are no number of at least 0: points -1"),
            (7, "points nan", "its points are no number of at least 0: points nan"),
            (42, "", "exit code 42, and nothing on standard error"),
            (127, "not found", "exit code 127: not found"),
        ] {
            let read = Convention::Testlib.read(&said(code, stderr));
            assert_eq!(read, Err(expected.to_owned()), "{code} {stderr}");
        }
        for crash in [
            "Traceback (most recent call last):\n  File \"c.py\"\nZeroDivisionError: x",
            "Exception in thread \"main\" java.lang.Error",
            "c.js:1\nx\n^\n\nReferenceError: x\n\nNode.js v20.1.0",
            "c.rb:1:in `<main>': x (NameError)",
            "  File \"c.py\", line 1\n    if\nSyntaxError: invalid syntax",
        ] {
            let fault = Convention::Testlib.read(&said(1, crash)).unwrap_err();
            assert!(fault.starts_with("exit code 1: "), "{fault}");
        }
        let killed = Said { exit: Exit::Signal(11), ..said(0, "") };
        let fault = Convention::Testlib.read(&killed).unwrap_err();
        assert_eq!(fault, "signal 11 (SIGSEGV), and nothing on standard error");
    }

    #[test]
    fn icpc_words() {
        let accepts = said(42, "noise");
        let rejects = Said { exit: Exit::Code(43), message: Some(b"line 3\n"), ..accepts };
        let read = |said: &Said<'_>| Convention::Icpc.read(said);
        assert_eq!(read(&accepts), Ok(checked(Accepted, None, "")));
        assert_eq!(read(&rejects), Ok(checked(WrongAnswer, None, "line 3")));
        let score = Said { score: Some(b" 12.5\n"), ..accepts };
        assert_eq!(read(&score), Ok(checked(Accepted, Some(Share::Points(12.5)), "")));
        let multiplier = Said { multiplier: Some(b"0.25"), ..accepts };
        assert_eq!(read(&multiplier), Ok(checked(Accepted, Some(Share::Fraction(0.25)), "")));
        assert!(read(&Said { next_pass: true, ..accepts }).is_ok());
        for (wrong, why) in [
            (said(0, ""), "exit code 0, which is neither"),
            (said(1, ""), "exit code 1, which is neither"),
            (Said { exit: Exit::Signal(6), ..accepts }, "signal 6 (SIGABRT), which is neither"),
            (Said { next_pass: true, ..rejects }, "nextpass.in"),
            (Said { score: Some(b"1"), ..rejects }, "left a score"),
            (Said { multiplier: Some(b"1"), ..rejects }, "left a score"),
            (Said { score: Some(b"1"), multiplier: Some(b"1"), ..accepts }, "both"),
            (Said { score: Some(b"-1"), ..accepts }, "at least 0"),
            (Said { score: Some(b"inf"), ..accepts }, "at least 0"),
            (Said { multiplier: Some(b"1.5"), ..accepts }, "from 0 to 1"),
            (Said { multiplier: Some(b"\xff"), ..accepts }, "from 0 to 1"),
        ] {
            let fault = read(&wrong).unwrap_err();
            assert!(fault.contains(why), "{fault}");
        }
    }

    #[test]
    fn a_judge_beyond_its_limits_is_at_fault() {
        let facts = Facts::of(Exit::Code(0));
        assert!(Convention::Testlib.word(&facts, &said(0, "ok")).is_ok());
        for stop in [Stop::Cpu, Stop::Wall, Stop::Memory, Stop::Output] {
            let facts = Facts { stopped: Some(stop), ..facts.clone() };
            assert!(Convention::Testlib.word(&facts, &said(0, "ok")).is_err());
        }
        let facts = Facts { out_of_memory: true, ..facts };
        assert!(Convention::Testlib.word(&facts, &said(1, "")).unwrap_err().contains("memory"));
    }
}
