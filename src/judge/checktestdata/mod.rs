//! checktestdata: a small language that says what an input looks like, as `DOMjudge`'s setters write it.
//!
//! The language is that of its specification: numbers of any size and precision, arrays, loops, extended
//! regular expressions. A script is checked before anything of the input is read. What it may use is bounded,
//! for it runs in the daemon: so many steps, values and digits, and nesting of so many levels.

mod lexer;
mod machine;
mod parser;
mod syntax;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

/// Why an input does not fit a script, or what is wrong with the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The line of the script, from 1.
    pub script_line: u32,
    /// Line and column of the input, from 1; `None` where the script itself is wrong.
    pub place: Option<(u32, u32)>,
    /// What is wrong, for people.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { script_line, place, message } = self;
        match place {
            Some((line, column)) => {
                write!(
                    f,
                    "line {line}, column {column}: {message} (line {script_line} of the script)"
                )
            }
            None => write!(f, "line {script_line} of the script: {message}"),
        }
    }
}

/// Checks an input against a script.
pub fn check(script: &str, input: &[u8]) -> Result<(), Complaint> {
    machine::run(&parser::parse(script)?, input, machine::Bounds::default())
}

/// Checks a script alone.
pub fn check_script(script: &str) -> Result<(), Complaint> {
    parser::parse(script).map(drop)
}
