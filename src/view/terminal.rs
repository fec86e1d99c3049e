//! What the terminal can do, and messages on standard error.

use super::table::Tone;
use colored::Colorize;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::io::{IsTerminal, Write, stderr};

/// Settles colours once: the `colored` crate follows `NO_COLOR`, `CLICOLOR_FORCE` and whether standard
/// output is a terminal; a dumb terminal has none either.
pub fn settle_colours() {
    if dumb() && !set("CLICOLOR_FORCE") {
        colored::control::set_override(false);
    }
}

/// Whether bars may move on standard error: only on a terminal that can, and not in CI, where a log
/// would fill with them.
pub fn bars() -> bool {
    std::io::stderr().is_terminal() && !dumb() && !set("CI")
}

/// Keeps the terminal from showing Ctrl-C as `^C`, which would move the bars down by a line that nobody
/// then takes away. Undone when dropped.
#[derive(Debug)]
pub struct Quiet(Option<Termios>);

impl Quiet {
    /// From now on, where there are bars.
    pub fn begin() -> Self {
        let before = (bars() && in_foreground()).then(|| tcgetattr(stderr()).ok()).flatten();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHOCTL);
            // Without it the bars are less tidy, and that is all.
            let _ = tcsetattr(stderr(), OptionalActions::Now, &quiet);
        }
        Self(before)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(before) = self.0.as_ref().filter(|_| in_foreground()) {
            let _ = tcsetattr(stderr(), OptionalActions::Now, before);
        }
    }
}

/// Whether the terminal is ours: the system stops whoever changes its settings from the background.
fn in_foreground() -> bool {
    tcgetpgrp(stderr()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Whether standard output is a terminal, so that columns are better than plain lines.
pub fn stdout() -> bool {
    std::io::stdout().is_terminal() && !dumb()
}

/// Columns of the terminal on standard output; 80 where there is none.
pub fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(80)
}

/// Whether a question can be asked.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !set("CI")
}

/// Asks on standard error; only `y` and `yes` mean yes.
pub fn ask(question: &str) -> bool {
    let mut answer = String::new();
    let asked =
        write!(std::io::stderr(), "{question} [y/N] ").and_then(|()| std::io::stderr().flush());
    let read = asked.and_then(|()| std::io::stdin().read_line(&mut answer));
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// Asks for one of several words on standard error, until it is one; nothing means the first. `None`
/// when the input ends.
pub fn choose(question: &str, words: &[&str]) -> Option<usize> {
    loop {
        let shown = words.join(", ");
        say(&format!("{question} ({shown})"));
        let asked = write!(stderr(), "[{}] ", words.first()?).and_then(|()| stderr().flush());
        let mut answer = String::new();
        let read = asked.and_then(|()| std::io::stdin().read_line(&mut answer)).ok()?;
        let answer = answer.trim();
        if read == 0 {
            return None;
        }
        if answer.is_empty() {
            return Some(0);
        }
        // The beginning of a word will do, if it is that of no other.
        let mut fitting = (0..words.len()).filter(|at| words[*at].starts_with(answer));
        let exact = words.iter().position(|word| *word == answer);
        match exact.or(fitting.next().filter(|_| fitting.next().is_none())) {
            Some(at) => return Some(at),
            None => say(&format!("`{answer}` is none of them")),
        }
    }
}

/// Says something on standard error, between the bars. Nobody can be told when that fails.
pub fn say(text: &str) {
    let _ = super::live::suspend(|| writeln!(std::io::stderr(), "{text}"));
}

/// Writes text and a line end to standard output, between the bars.
pub fn print(text: &str) -> std::io::Result<()> {
    super::live::suspend(|| writeln!(std::io::stdout(), "{text}"))
}

/// Says on standard error why the command failed.
pub fn complain(text: &str) {
    let head = if std::io::stderr().is_terminal() {
        "error:".red().bold().to_string()
    } else {
        "error:".to_owned()
    };
    say(&format!("{head} {text}"));
}

/// A text in the colour of its meaning.
pub fn tone(text: &str, tone: Tone) -> String {
    match tone {
        Tone::Plain => text.to_owned(),
        Tone::Good => text.green().to_string(),
        Tone::Warn => text.yellow().to_string(),
        Tone::Bad => text.red().bold().to_string(),
    }
}

/// Standard error for a log: its lines go between the bars.
#[derive(Debug, Default)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        super::live::suspend(|| std::io::stderr().write_all(bytes)).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether a variable is set to something other than nothing, `0` and `false`.
fn set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
