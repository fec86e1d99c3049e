//! Is this output the answer?

use serde::{Deserialize, Serialize};

/// How a problem compares outputs with answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "mode", rename_all = "lowercase", deny_unknown_fields)]
pub enum Compare {
    /// The same words in the same order; white space only separates them.
    #[default]
    Tokens,
    /// The same bytes.
    Exact,
    /// As tokens, but where the answer's token is a decimal number the output's may differ from it
    /// by `absolute`, or by `relative` times the answer: either suffices.
    Float {
        /// Largest absolute difference.
        #[serde(default = "default_tolerance")]
        absolute: f64,
        /// Largest difference as a part of the answer.
        #[serde(default = "default_tolerance")]
        relative: f64,
    },
}

fn default_tolerance() -> f64 {
    1e-6
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The output is accepted.
    Same,
    /// It is not; where and why, for people.
    Differs(String),
}

impl Compare {
    /// Compares an output with the answer.
    pub fn check(&self, output: &[u8], answer: &[u8]) -> Checked {
        match *self {
            Self::Tokens => tokens(output, answer, |got, expected| got == expected),
            Self::Exact => exact(output, answer),
            Self::Float { absolute, relative } => tokens(output, answer, |got, expected| {
                got == expected || close(got, expected, absolute, relative)
            }),
        }
    }

    /// Every mistake in these settings, as (field, what is wrong).
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let Self::Float { absolute, relative } = *self else { return Vec::new() };
        [("compare.absolute", absolute), ("compare.relative", relative)]
            .into_iter()
            .filter(|(_, value)| !(value.is_finite() && *value >= 0.0))
            .map(|(field, value)| (field, format!("{value} is no finite number of at least 0")))
            .collect()
    }
}

/// Walks over both texts token by token.
fn tokens(output: &[u8], answer: &[u8], same: impl Fn(&[u8], &[u8]) -> bool) -> Checked {
    let (mut got, mut expected) = (Tokens::new(output), Tokens::new(answer));
    loop {
        match (got.next(), expected.next()) {
            (None, None) => return Checked::Same,
            (Some(g), Some(e)) if same(g, e) => {}
            (g, e) => {
                let line = if g.is_some() { got.line } else { expected.line };
                return differs(line, e, g);
            }
        }
    }
}

/// Tokens between ASCII white space, with the line of the last one.
struct Tokens<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { rest: text, line: 1 }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // Vertical tab is white space to C's isspace, though not to Rust's.
        let space = |b: &u8| b.is_ascii_whitespace() || *b == 0x0b;
        let start = self.rest.iter().position(|b| !space(b));
        let skipped = &self.rest[..start.unwrap_or(self.rest.len())];
        let lines = skipped.iter().filter(|&&b| b == b'\n').count();
        let start = start?;
        self.line += lines;
        let token = &self.rest[start..];
        let end = token.iter().position(space).unwrap_or(token.len());
        self.rest = &token[end..];
        Some(&token[..end])
    }
}

/// Compares byte by byte and names the first line that differs.
fn exact(output: &[u8], answer: &[u8]) -> Checked {
    if output == answer {
        return Checked::Same;
    }
    let at = output.iter().zip(answer).take_while(|(a, b)| a == b).count();
    let line = 1 + answer[..at].iter().filter(|&&b| b == b'\n').count();
    let start = answer[..at].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
    let line_of = |text: &[u8]| {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let end = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |end| end + 1);
        Some(rest[..end].to_vec())
    };
    differs(line, line_of(answer).as_deref(), line_of(output).as_deref())
}

fn differs(line: usize, expected: Option<&[u8]>, got: Option<&[u8]>) -> Checked {
    let show = |text: Option<&[u8]>| text.map_or_else(|| "end of output".to_owned(), quote);
    Checked::Differs(format!("line {line}: expected {}, got {}", show(expected), show(got)))
}

/// A token in quotes, cut to a bound, with control characters written as escapes.
fn quote(token: &[u8]) -> String {
    const SHOWN: usize = 60;
    let cut = &token[..token.len().min(SHOWN)];
    let text: String = String::from_utf8_lossy(cut).escape_debug().collect();
    let more = if token.len() > SHOWN { "…" } else { "" };
    format!("\"{text}{more}\"")
}

/// Whether `got` is near enough to `expected`, if both are plain decimal numbers.
fn close(got: &[u8], expected: &[u8], absolute: f64, relative: f64) -> bool {
    let (Some(got), Some(expected)) = (decimal(got), decimal(expected)) else { return false };
    let difference = (got - expected).abs();
    difference <= absolute || difference <= relative * expected.abs()
}

/// Reads a plain decimal number; no hexadecimal, infinity or NaN.
fn decimal(token: &[u8]) -> Option<f64> {
    let plain = token.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b));
    let value: f64 = std::str::from_utf8(token).ok().filter(|_| plain)?.parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(compare: Compare, output: &str, answer: &str) -> String {
        match compare.check(output.as_bytes(), answer.as_bytes()) {
            Checked::Same => String::new(),
            Checked::Differs(message) => message,
        }
    }

    #[test]
    fn tokens_ignore_white_space_and_nothing_else() {
        let tokens = Compare::Tokens;
        for (output, answer) in
            [("1 2\n", "1\n2"), ("", " \n"), ("a\r\nb", "a b\n"), ("\x0b1", "1"), ("\t x", "x")]
        {
            assert_eq!(message(tokens, output, answer), "", "{output:?} {answer:?}");
        }
        assert_eq!(message(tokens, "1\n1\n", "1\n-1\n"), r#"line 2: expected "-1", got "1""#);
        assert_eq!(message(tokens, "1\n", "1\n2\n"), r#"line 2: expected "2", got end of output"#);
        assert_eq!(message(tokens, "1\n2", "1\n"), r#"line 2: expected end of output, got "2""#);
        assert_eq!(message(tokens, "Yes", "YES"), r#"line 1: expected "YES", got "Yes""#);
        assert_eq!(message(tokens, "1\0", "1"), r#"line 1: expected "1", got "1\0""#);
    }

    #[test]
    fn exact_means_every_byte() {
        assert_eq!(message(Compare::Exact, "a\n", "a\n"), "");
        assert_eq!(message(Compare::Exact, "a", "a\n"), r#"line 1: expected "a\n", got "a""#);
        assert_eq!(
            message(Compare::Exact, "x\n b\n", "x\nb\n"),
            r#"line 2: expected "b\n", got " b\n""#
        );
        assert_eq!(
            message(Compare::Exact, "x\ny", "x\n"),
            r#"line 2: expected end of output, got "y""#
        );
    }

    #[test]
    fn floats_take_either_tolerance() {
        let float = Compare::Float { absolute: 1e-6, relative: 1e-6 };
        for (output, answer) in [
            ("1.0000005", "1"),
            ("1000000.5", "1000000"),
            ("1e0", "1.0"),
            ("abc 2", "abc 2.0000001"),
            ("-0.0", "0"),
        ] {
            assert_eq!(message(float, output, answer), "", "{output:?} {answer:?}");
        }
        for (output, answer) in
            [("1.00001", "1"), ("nan", "1"), ("inf", "1"), ("0x1", "1"), ("1", "one"), ("", "0")]
        {
            assert_ne!(message(float, output, answer), "", "{output:?} {answer:?}");
        }
    }

    #[test]
    fn long_tokens_are_cut_in_messages() {
        let long = "9".repeat(100_000);
        assert!(message(Compare::Tokens, &long, "1").len() < 400);
    }
}
