//! `sonocode doctor`: is everything there that judging needs, and what mends what is not?

mod checks;

use super::print_json;
use crate::{
    cli::Output,
    error::{Code, Error},
    view::{
        table::Tone,
        terminal::{print, tone},
        units::one_line,
    },
};
use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
struct Check {
    /// What was looked at.
    name: &'static str,
    state: State,
    /// What was found.
    text: String,
    /// One command that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Check {
    fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, state: State::Ok, text: text.into(), mend: None }
    }

    fn new(name: &'static str, state: State, text: String, mend: impl Into<String>) -> Self {
        Self { name, state, text, mend: Some(mend.into()) }
    }

    fn line(&self) -> String {
        let (word, colour) = match self.state {
            State::Ok => ("ok", Tone::Good),
            State::Warn => ("warn", Tone::Warn),
            State::Fail => ("fail", Tone::Bad),
        };
        let text = one_line(&self.text);
        let line = format!("{}  {:<11}{text}", tone(&format!("{word:<4}"), colour), self.name);
        match &self.mend {
            Some(mend) => format!("{line}\n{:17}→ {}", "", one_line(mend)),
            None => line,
        }
    }
}

pub(super) async fn doctor(args: Output) -> Result<Code, Error> {
    let loaded = args.connect.configuration()?;
    let checks = checks::all(&loaded).await;
    for check in &checks {
        if args.json { print_json(check)? } else { print(&check.line())? }
    }
    Ok(code(&checks))
}

/// 6 when there is no engine, 1 when something else that is needed is missing.
fn code(checks: &[Check]) -> Code {
    let failed = |check: &&Check| check.state == State::Fail;
    match checks.iter().filter(failed).map(|check| check.name).collect::<Vec<_>>() {
        names if names.contains(&checks::ENGINE) => Code::JUDGE,
        names if names.is_empty() => Code::OK,
        _ => Code::FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_decides_the_exit_code() {
        let fail = |name| Check::new(name, State::Fail, String::new(), "");
        let warn = Check::new("disk", State::Warn, String::new(), "");
        assert_eq!(code(&[Check::ok("port", ""), warn]), Code::OK);
        assert_eq!(code(&[fail("disk")]), Code::FAILED);
        assert_eq!(code(&[fail("disk"), fail(checks::ENGINE)]), Code::JUDGE);
    }

    #[test]
    fn lines_name_one_command_that_mends() {
        colored::control::set_override(false);
        let check =
            Check::new("engine", State::Fail, "none\nthere".into(), "systemctl start docker");
        assert_eq!(
            check.line(),
            "fail  engine     none there\n                 → systemctl start docker"
        );
    }
}
