//! What the terminal can do, and messages on standard error.

use colored::Colorize;
use std::io::{IsTerminal, Write};

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

/// Whether standard output is a terminal, so that columns are better than plain lines.
pub fn stdout() -> bool {
    std::io::stdout().is_terminal() && !dumb()
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

/// Says something on standard error. Nobody can be told when that fails.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says on standard error why the command failed.
pub fn complain(text: &str) {
    let head = match std::io::stderr().is_terminal() {
        true => "error:".red().bold().to_string(),
        false => "error:".to_owned(),
    };
    say(&format!("{head} {text}"));
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether a variable is set to something other than nothing, `0` and `false`.
fn set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
