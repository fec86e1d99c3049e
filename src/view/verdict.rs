//! The colours of verdicts.

use crate::judge::Verdict;
use colored::{ColoredString, Colorize};

/// The text in the verdict's colour: green for AC, magenta for the judge's own failure, yellow for
/// what used too much, red for what is wrong.
pub fn paint(verdict: Verdict, text: &str) -> ColoredString {
    match verdict {
        Verdict::Accepted => text.green().bold(),
        Verdict::TimeLimitExceeded
        | Verdict::MemoryLimitExceeded
        | Verdict::OutputLimitExceeded => text.yellow().bold(),
        Verdict::WrongAnswer
        | Verdict::RuntimeError
        | Verdict::PresentationError
        | Verdict::CompileError => text.red().bold(),
        Verdict::InternalError => text.magenta().bold(),
    }
}
