//! What is wrong with a package, said so that its author can mend it.

use super::AddError;
use serde::{Deserialize, Serialize};

/// One thing that is wrong with a package or a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Mistake {
    /// The file, relative to the package; `archive` or `document` for the upload as a whole.
    pub file: String,
    /// The line, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The field, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl std::fmt::Display for Mistake {
    /// As compilers write it: `problem.toml:7: limits.time_ms: 0 is outside 1 to 600000`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ": {field}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// More than anyone reads; an upload made of mistakes must not fill the reply.
const SHOWN: usize = 1000;

/// Collects mistakes while a package is read.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    list: Vec<Mistake>,
    hidden: usize,
}

impl Mistakes {
    /// Notes a mistake in a file as a whole.
    pub(super) fn file(&mut self, file: &str, message: impl AsRef<str>) {
        self.push(file, None, None, message.as_ref());
    }

    /// Notes a mistake in a line of a file.
    pub(super) fn line(&mut self, file: &str, line: Option<u32>, message: impl AsRef<str>) {
        self.push(file, line, None, message.as_ref());
    }

    /// Notes a mistake in a field of a file.
    pub(super) fn field(
        &mut self,
        file: &str,
        line: Option<u32>,
        field: &str,
        message: impl AsRef<str>,
    ) {
        self.push(file, line, Some(field), message.as_ref());
    }

    fn push(&mut self, file: &str, line: Option<u32>, field: Option<&str>, message: &str) {
        if self.list.len() >= SHOWN {
            self.hidden += 1;
            return;
        }
        let mistake = Mistake {
            file: printable(file),
            line,
            field: field.map(printable),
            message: printable(message),
        };
        if !self.list.contains(&mistake) {
            self.list.push(mistake);
        }
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All mistakes by file and line; the last one counts those that were left out.
    pub(super) fn into_vec(mut self) -> Vec<Mistake> {
        self.list.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        if self.hidden > 0 {
            let message = format!("{} more mistakes are not shown", self.hidden);
            self.list.push(Mistake { file: ".".to_owned(), line: None, field: None, message });
        }
        self.list
    }

    /// Fails if anything is wrong.
    pub(super) fn check(self) -> Result<(), AddError> {
        if self.is_empty() { Ok(()) } else { Err(AddError::Invalid(self.into_vec())) }
    }
}

/// Names come from strangers and end on terminals: no control characters, no endless lines.
fn printable(text: &str) -> String {
    const LONGEST: usize = 400;
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for (at, c) in text.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_sorted_bounded_and_printable() {
        let mut mistakes = Mistakes::default();
        mistakes.field("b", Some(2), "x", "second");
        mistakes.line("b", Some(1), "first");
        mistakes.line("b", Some(1), "first");
        mistakes.file("a\x1b[31m\n", "m".repeat(1000));
        let list = mistakes.into_vec();
        assert_eq!(list.len(), 3);
        assert_eq!(list[0].file, "a\\u{1b}[31m\\n");
        assert_eq!(list[0].message.chars().count(), 401);
        assert_eq!((list[1].message.as_str(), list[2].message.as_str()), ("first", "second"));

        let mut mistakes = Mistakes::default();
        for n in 0..SHOWN + 5 {
            mistakes.file("x", n.to_string());
        }
        let list = mistakes.into_vec();
        assert_eq!(list.len(), SHOWN + 1);
        assert_eq!(list[SHOWN].message, "5 more mistakes are not shown");
    }
}
