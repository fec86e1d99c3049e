//! The field's standard verdicts.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a judge says of a program. Written as the usual two or three letters.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
pub enum Verdict {
    /// Every test passed (or, for a custom run, the program ended with exit code 0).
    #[serde(rename = "AC")]
    Accepted,
    /// The output differs from the answer.
    #[serde(rename = "WA")]
    WrongAnswer,
    /// The CPU limit was used up, or the wall-clock backstop ended the program.
    #[serde(rename = "TLE")]
    TimeLimitExceeded,
    /// The kernel refused more memory than the limit.
    #[serde(rename = "MLE")]
    MemoryLimitExceeded,
    /// The program ended with a signal or a non-zero exit code.
    #[serde(rename = "RE")]
    RuntimeError,
    /// The program wrote more than the output limit.
    #[serde(rename = "OLE")]
    OutputLimitExceeded,
    /// The output is right but for its form (only where a checker says so).
    #[serde(rename = "PE")]
    PresentationError,
    /// The program does not compile within the compile limits.
    #[serde(rename = "CE")]
    CompileError,
    /// The judge failed; never the program's fault.
    #[serde(rename = "IE")]
    InternalError,
}

impl Verdict {
    /// Every verdict, in the order of the documents.
    pub const ALL: [Verdict; 9] = [
        Self::Accepted,
        Self::WrongAnswer,
        Self::TimeLimitExceeded,
        Self::MemoryLimitExceeded,
        Self::RuntimeError,
        Self::OutputLimitExceeded,
        Self::PresentationError,
        Self::CompileError,
        Self::InternalError,
    ];

    /// The two or three letters of the field, such as `AC`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "AC",
            Self::WrongAnswer => "WA",
            Self::TimeLimitExceeded => "TLE",
            Self::MemoryLimitExceeded => "MLE",
            Self::RuntimeError => "RE",
            Self::OutputLimitExceeded => "OLE",
            Self::PresentationError => "PE",
            Self::CompileError => "CE",
            Self::InternalError => "IE",
        }
    }

    /// The name of the folder below `solutions/` whose programs are expected to get this verdict.
    /// `None` for verdicts that no solution of a package can be expected to get.
    pub fn folder(self) -> Option<&'static str> {
        match self {
            Self::Accepted => Some("accepted"),
            Self::WrongAnswer => Some("wrong_answer"),
            Self::TimeLimitExceeded => Some("time_limit_exceeded"),
            Self::MemoryLimitExceeded => Some("memory_limit_exceeded"),
            Self::RuntimeError => Some("run_time_error"),
            Self::OutputLimitExceeded => Some("output_limit_exceeded"),
            Self::PresentationError => Some("presentation_error"),
            Self::CompileError => Some("compile_error"),
            Self::InternalError => None,
        }
    }

    /// The verdict that a folder below `solutions/` stands for.
    pub fn from_folder(folder: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.folder() == Some(folder))
    }

    /// Whether this is [`Verdict::Accepted`].
    pub fn is_accepted(self) -> bool {
        self == Self::Accepted
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A text that names no verdict.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no verdict; one of AC, WA, TLE, MLE, RE, OLE, PE, CE, IE")]
pub struct ParseVerdictError(String);

impl FromStr for Verdict {
    type Err = ParseVerdictError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|v| v.code().eq_ignore_ascii_case(text) || v.folder() == Some(text))
            .ok_or_else(|| ParseVerdictError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_folders_round_trip() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.code().to_lowercase().parse::<Verdict>().unwrap(), verdict);
            if let Some(folder) = verdict.folder() {
                assert_eq!(Verdict::from_folder(folder), Some(verdict));
            }
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.code());
        }
        assert!("nope".parse::<Verdict>().is_err());
    }
}
