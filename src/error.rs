//! What a user can meet, and the exit code of each.
//!
//! 20 to 29 is the program's fault, 1 to 8 is not, so that a script can tell a wrong answer from a
//! judge that is down.

use crate::{
    config::ConfigError,
    judge::{Outcome, Verdict},
    problem::Mistake,
};
use std::{fmt, process::ExitCode};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u8);

impl Code {
    /// Accepted, or as expected, or done.
    pub const OK: Self = Self(0);
    /// The command itself failed.
    pub const FAILED: Self = Self(1);
    /// `problem verify` and `problem stress` found something, or `generate --check` a difference.
    pub const FINDINGS: Self = Self(1);
    /// `problem verify` could not verify.
    pub const UNVERIFIED: Self = Self(2);
    /// Wrong use: options or configuration.
    pub const USAGE: Self = Self(2);
    /// No daemon answers at the given address.
    pub const UNREACHABLE: Self = Self(3);
    /// Problem, language, file or submission not found, or a package is invalid.
    pub const NOT_FOUND: Self = Self(4);
    /// Refused: validation, conflict, queue full.
    pub const REFUSED: Self = Self(5);
    /// The judge's fault: IE, or no engine.
    pub const JUDGE: Self = Self(6);
    /// `--timeout` elapsed; still judging.
    pub const TIMEOUT: Self = Self(7);
    /// The submission was cancelled.
    pub const CANCELLED: Self = Self(8);
    /// Some of the points, but not all.
    pub const PARTIAL: Self = Self(27);
    /// `--expect` not met.
    pub const UNEXPECTED: Self = Self(30);

    /// The code of a verdict.
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accepted => Self::OK,
            Verdict::WrongAnswer => Self(20),
            Verdict::TimeLimitExceeded => Self(21),
            Verdict::MemoryLimitExceeded => Self(22),
            Verdict::RuntimeError => Self(23),
            Verdict::OutputLimitExceeded => Self(24),
            Verdict::CompileError => Self(25),
            Verdict::PresentationError => Self(26),
            Verdict::InternalError => Self::JUDGE,
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.0)
    }
}

/// How a submission came to rest.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With a verdict.
    Judged(Outcome),
    /// Somebody cancelled it.
    Cancelled,
}

impl Ending {
    /// The exit code: that of the verdict, or 27 for some of the points. With an expected verdict: 0 when it is met, 30 when another one came; a
    /// failure of the judge and a cancellation keep their own codes, since they say nothing about
    /// the program.
    pub fn code(&self, expected: Option<Verdict>) -> Code {
        match (self, expected) {
            (Self::Cancelled, _) => Code::CANCELLED,
            (Self::Judged(outcome), Some(verdict)) if outcome.verdict == verdict => Code::OK,
            (Self::Judged(outcome), Some(_)) if outcome.verdict != Verdict::InternalError => {
                Code::UNEXPECTED
            }
            (Self::Judged(outcome), _) if outcome.score.is_some_and(|score| score.is_partial()) => {
                Code::PARTIAL
            }
            (Self::Judged(outcome), _) => Code::of(outcome.verdict),
        }
    }
}

/// A signal that ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// `kill`.
    Terminate,
}

impl Signal {
    /// 128 and the signal's number, as shells count.
    pub fn code(self) -> Code {
        match self {
            Self::Interrupt => Code(130),
            Self::Terminate => Code(143),
        }
    }
}

/// Why a command failed. The text says what was wrong and how to mend it.
#[derive(Debug)]
pub enum Error {
    /// Wrong use.
    Usage(String),
    /// A mistake in the configuration.
    Config(ConfigError),
    /// No daemon answers.
    Unreachable(String),
    /// Something that was named is not there or not usable.
    NotFound(String),
    /// A package has mistakes.
    Invalid {
        /// The package.
        package: String,
        /// Everything that is wrong with it.
        mistakes: Vec<Mistake>,
    },
    /// The daemon refused.
    Refused(String),
    /// The daemon refused because there is something else under this name.
    Exists(String),
    /// The judge cannot do its work.
    Judge(String),
    /// `--timeout` elapsed.
    Timeout(String),
    /// `problem verify` could not verify, whatever the reason.
    Unverified(String),
    /// A signal came; what there was to say has been said.
    Signal(Signal),
    /// Nobody reads our output any more.
    Closed,
    /// Anything else.
    Other(String),
}

impl Error {
    /// The exit code.
    pub fn code(&self) -> Code {
        match self {
            Self::Usage(_) | Self::Config(_) => Code::USAGE,
            Self::Unreachable(_) => Code::UNREACHABLE,
            Self::NotFound(_) | Self::Invalid { .. } => Code::NOT_FOUND,
            Self::Refused(_) | Self::Exists(_) => Code::REFUSED,
            Self::Judge(_) => Code::JUDGE,
            Self::Timeout(_) => Code::TIMEOUT,
            Self::Unverified(_) => Code::UNVERIFIED,
            Self::Signal(signal) => signal.code(),
            // As if SIGPIPE had ended it, which is what shells expect of `sonocode … | head`.
            Self::Closed => Code(141),
            Self::Other(_) => Code::FAILED,
        }
    }

    /// What to tell the user, unless there is nothing to say.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Signal(_) | Self::Closed => None,
            other => Some(other.to_string()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text)
            | Self::Unreachable(text)
            | Self::NotFound(text)
            | Self::Refused(text)
            | Self::Exists(text)
            | Self::Judge(text)
            | Self::Timeout(text)
            | Self::Unverified(text)
            | Self::Other(text) => f.write_str(text),
            Self::Config(error) => error.fmt(f),
            Self::Invalid { package, mistakes } => {
                write!(f, "{package} was not added; it has {} mistake(s)", mistakes.len())?;
                mistakes.iter().try_for_each(|mistake| write!(f, "\n  {}", place(mistake)))
            }
            Self::Signal(signal) => write!(f, "ended by {signal:?}"),
            Self::Closed => f.write_str("nobody reads the output"),
        }
    }
}

impl std::error::Error for Error {}

/// `file:line: field: message`, without what is not known.
fn place(mistake: &Mistake) -> String {
    let line = mistake.line.map(|line| format!(":{line}")).unwrap_or_default();
    let field = mistake.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    format!("{}{line}: {field}{}", mistake.file, mistake.message)
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<std::io::Error> for Error {
    /// An error of writing to standard output or standard error.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Other(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(verdict: Verdict) -> Ending {
        Ending::Judged(Outcome::without_tests(verdict, 0, None))
    }

    #[test]
    fn codes_are_those_of_the_documents() {
        let codes = Verdict::ALL.map(|verdict| judged(verdict).code(None).0);
        assert_eq!(codes, [0, 20, 21, 22, 23, 24, 26, 25, 6]);
        assert_eq!(Ending::Cancelled.code(None).0, 8);
    }

    #[test]
    fn expectations() {
        let wrong = Some(Verdict::WrongAnswer);
        assert_eq!(judged(Verdict::WrongAnswer).code(wrong).0, 0);
        assert_eq!(judged(Verdict::Accepted).code(wrong).0, 30);
        assert_eq!(judged(Verdict::InternalError).code(wrong).0, 6);
        assert_eq!(judged(Verdict::InternalError).code(Some(Verdict::InternalError)).0, 0);
        assert_eq!(Ending::Cancelled.code(wrong).0, 8);
    }

    #[test]
    fn some_of_the_points_have_a_code_of_their_own() {
        let with = |verdict, points| {
            let outcome = Outcome::without_tests(verdict, 0, None);
            let score = Some(crate::judge::Score { points, max: 100.0 });
            Ending::Judged(Outcome { score, ..outcome })
        };
        assert_eq!(with(Verdict::WrongAnswer, 40.0).code(None).0, 27);
        assert_eq!(with(Verdict::Accepted, 40.0).code(None).0, 27, "AC of less than everything");
        assert_eq!(with(Verdict::WrongAnswer, 0.0).code(None).0, 20);
        assert_eq!(with(Verdict::Accepted, 100.0).code(None).0, 0);
        assert_eq!(with(Verdict::WrongAnswer, 40.0).code(Some(Verdict::WrongAnswer)).0, 0);
    }

    #[test]
    fn mistakes_are_listed_with_their_places() {
        let mistake = |line, field: Option<&str>| Mistake {
            file: "problem.toml".into(),
            line,
            field: field.map(Into::into),
            message: "wrong".into(),
        };
        let mistakes = vec![mistake(Some(3), Some("limits.time_ms")), mistake(None, None)];
        let error = Error::Invalid { package: "two-sum".into(), mistakes };
        assert_eq!(
            error.to_string(),
            "two-sum was not added; it has 2 mistake(s)\n  problem.toml:3: limits.time_ms: wrong\n  \
             problem.toml: wrong"
        );
    }
}
