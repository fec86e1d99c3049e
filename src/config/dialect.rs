//! The seed systems by name.

use std::str::FromStr;

/// A seed system's names for the same things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `submission:result`, `Pending`, `Success`.
    #[default]
    Sonocode,
    /// `execution_result`, `PENDING`, `SUCCESS`.
    Exechub,
    /// `evaluationComplete`, `pending`, `AC`.
    Codewar,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Sonocode, Self::Exechub, Self::Codewar];

    /// Its name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sonocode => "sonocode",
            Self::Exechub => "exechub",
            Self::Codewar => "codewar",
        }
    }
}

/// A text that names no dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no dialect; one of sonocode, exechub, codewar")]
pub struct ParseDialectError(String);

impl FromStr for Dialect {
    type Err = ParseDialectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.name() == text)
            .ok_or_else(|| ParseDialectError(text.to_owned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn dialects_have_names() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.name().parse(), Ok(dialect));
        }
        let error = "leetcode".parse::<Dialect>().unwrap_err().to_string();
        assert_eq!(error, "`leetcode` is no dialect; one of sonocode, exechub, codewar");
    }
}
