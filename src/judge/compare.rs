//! Is this output the answer?
//!
//! Both texts are read in pieces, so that outputs of any length are compared in little memory.

mod exact;
mod icpc;
mod lines;
mod number;
#[cfg(test)]
mod table;
mod words;

use super::Checked;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead};

/// How a problem compares outputs with answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "mode", rename_all = "lowercase", deny_unknown_fields)]
pub enum Compare {
    /// The same words in the same order; white space only separates them.
    #[default]
    Tokens,
    /// The same bytes.
    Exact,
    /// As tokens, but `a` is `A`.
    Caseless,
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
    /// The same lines, each as often, in any order. Lines are the same as in tokens; empty ones do not
    /// count.
    Lines,
    /// The default output validator of ICPC packages: the same tokens, ASCII letters in any case unless
    /// `case_sensitive`; with a tolerance, a decimal number in the answer is compared as a number, however
    /// long it is. Hexadecimal numbers, infinities, NaN, and what is beyond the range of a 64-bit float are
    /// words.
    Icpc {
        /// Whether `a` is not `A`.
        #[serde(default)]
        case_sensitive: bool,
        /// Whether white space must be the same.
        #[serde(default)]
        space_change_sensitive: bool,
        /// Largest absolute difference of numbers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        absolute: Option<f64>,
        /// Largest difference of numbers as a part of the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        relative: Option<f64>,
    },
}

fn default_tolerance() -> f64 {
    1e-6
}

/// How much of a word or a line a message shows, in bytes.
const SHOWN: usize = 60;

/// How much of a word is held in memory, in bytes. Longer ones are compared piece by piece; to
/// [`Compare::Float`] they are no numbers.
const PIECE: usize = 4096;

impl Compare {
    /// Compares an output with the answer. Memory does not grow with their length, but for
    /// [`Compare::Lines`], which remembers each line of the answer in some 40 bytes. Fails when one of
    /// them cannot be read.
    pub fn check(&self, output: impl BufRead, answer: impl BufRead) -> io::Result<Checked> {
        match *self {
            Self::Tokens => {
                words::compare(output, answer, PIECE, |got, expected, _| got == expected)
            }
            Self::Exact => exact::compare(output, answer),
            Self::Caseless => words::compare(output, answer, PIECE, |got, expected, _| {
                got.eq_ignore_ascii_case(expected)
            }),
            Self::Float { absolute, relative } => {
                words::compare(output, answer, PIECE, |got, expected, whole| {
                    got == expected || (whole && close(got, expected, absolute, relative))
                })
            }
            Self::Lines => lines::compare(output, answer),
            Self::Icpc { case_sensitive, space_change_sensitive, absolute, relative } => {
                let rules =
                    icpc::Rules { case_sensitive, space_change_sensitive, absolute, relative };
                icpc::compare(output, answer, PIECE, rules)
            }
        }
    }

    /// Its name, as a package writes it.
    pub fn mode(&self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Exact => "exact",
            Self::Caseless => "caseless",
            Self::Float { .. } => "float",
            Self::Lines => "lines",
            Self::Icpc { .. } => "icpc",
        }
    }

    /// Every mistake in these settings, as (field, what is wrong).
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let (absolute, relative) = match *self {
            Self::Float { absolute, relative } => (Some(absolute), Some(relative)),
            Self::Icpc { absolute, relative, .. } => (absolute, relative),
            _ => return Vec::new(),
        };
        [("compare.absolute", absolute), ("compare.relative", relative)]
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)))
            .filter(|(_, value)| !(value.is_finite() && *value >= 0.0))
            .map(|(field, value)| (field, format!("{value} is no finite number of at least 0")))
            .collect()
    }
}

/// How many bytes the beginnings of two texts have in common.
fn common(a: &[u8], b: &[u8]) -> usize {
    const STRIDE: usize = 64;
    let strides = a.chunks_exact(STRIDE).zip(b.chunks_exact(STRIDE));
    let start = STRIDE * strides.take_while(|(a, b)| a == b).count();
    start + a[start..].iter().zip(&b[start..]).take_while(|(a, b)| a == b).count()
}

fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|&&b| b == b'\n').count()
}

fn differs(place: &str, expected: Option<&[u8]>, got: Option<&[u8]>) -> Checked {
    let show = |text: Option<&[u8]>| text.map_or_else(|| "end of output".to_owned(), quote);
    Checked::wrong(format!("{place}: expected {}, got {}", show(expected), show(got)))
}

/// A token in quotes, cut to a bound, with control characters written as escapes.
fn quote(token: &[u8]) -> String {
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
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    fn message(compare: Compare, output: &str, answer: &str) -> String {
        let checked = compare.check(output.as_bytes(), answer.as_bytes()).unwrap();
        assert_eq!(checked.verdict.is_accepted(), checked.message.is_none());
        checked.message.unwrap_or_default()
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
    fn caseless() {
        assert_eq!(message(Compare::Caseless, "yes 1A", "YES\n1a"), "");
        assert_eq!(message(Compare::Caseless, "é", "É"), r#"line 1: expected "É", got "é""#);
    }

    #[test]
    fn lines_in_any_order() {
        let lines = Compare::Lines;
        for (output, answer) in
            [("a b\nc", "c\na  b\n"), ("\n\nx\n", "x"), ("a\na\nb", "a\nb\na"), ("", "\n \n")]
        {
            assert_eq!(message(lines, output, answer), "", "{output:?} {answer:?}");
        }
        assert_eq!(message(lines, "a\n\nd", "c\na"), r#"line 3: "d" is not expected"#);
        assert_eq!(message(lines, "ab c", "a bc"), r#"line 1: "ab c" is not expected"#);
        let often = r#"line 2: "a" is there more often than expected"#;
        assert_eq!(message(lines, "a\na", "a\nb"), often);
        assert_eq!(message(lines, "b", "c\na\nb"), r#"the line "c" is missing"#);
        let many = (0..1500).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        let but_last = many.rsplit_once('\n').unwrap().0;
        assert_eq!(message(lines, but_last, &many), "a line is missing");
    }

    #[test]
    fn long_tokens_are_cut_in_messages() {
        let long = "9".repeat(100_000);
        assert!(message(Compare::Tokens, &long, "1").len() < 400);
        let other = format!("{}8{}", &long[..70_000], &long[70_001..]);
        for (compare, place) in [
            (Compare::Tokens, "line 1, from byte 70001 of the word on: expected \"9"),
            (Compare::Exact, "line 1, from byte 70001 on: expected \"9"),
            (Compare::Caseless, "line 1, from byte 70001 of the word on: expected \"9"),
        ] {
            let message = message(compare, &other, &long);
            assert!(message.starts_with(place) && message.len() < 300, "{message}");
        }
        let shorter = message(Compare::Exact, &long[..99_990], &long);
        assert!(shorter.ends_with("got end of output"), "{shorter}");
    }

    /// Words as a reference sees them.
    fn naive(text: &str) -> Vec<&str> {
        text.split([' ', '\t', '\n', '\r', '\x0b', '\x0c'])
            .filter(|word| !word.is_empty())
            .collect()
    }

    fn naive_lines(text: &str) -> Vec<Vec<&str>> {
        let mut lines: Vec<_> =
            text.split('\n').map(naive).filter(|line| !line.is_empty()).collect();
        lines.sort();
        lines
    }

    /// Two texts that are often nearly the same.
    fn pair() -> impl Strategy<Value = (String, String)> {
        let text = || "[ab1A.\\-\n\n \t\x0b\r]{0,40}";
        let alike = (text(), text(), text(), text()).prop_map(|(start, one, other, end)| {
            (format!("{start}{one}{end}"), format!("{start}{other}{end}"))
        });
        prop_oneof![alike, text().prop_map(|same| (same.replace(' ', "  "), same))]
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_comparison((output, answer) in pair(), chunk in 1_usize..9) {
            let says = |compare: Compare| {
                let [o, a] = [&output, &answer]
                    .map(|text| BufReader::with_capacity(chunk, text.as_bytes()));
                compare.check(o, a).unwrap().verdict.is_accepted()
            };
            prop_assert_eq!(says(Compare::Tokens), naive(&output) == naive(&answer));
            prop_assert_eq!(says(Compare::Exact), output == answer);
            let (lower_o, lower_a) = (output.to_lowercase(), answer.to_lowercase());
            prop_assert_eq!(says(Compare::Caseless), naive(&lower_o) == naive(&lower_a));
            prop_assert_eq!(says(Compare::Lines), naive_lines(&output) == naive_lines(&answer));
            let float = Compare::Float { absolute: 0.5, relative: 0.0 };
            let near = |(o, a): (&&str, &&str)| {
                o == a || match (o.parse::<f64>(), a.parse::<f64>()) {
                    (Ok(o), Ok(a)) => (o - a).abs() <= 0.5,
                    _ => false,
                }
            };
            let (words_o, words_a) = (naive(&output), naive(&answer));
            let same = words_o.len() == words_a.len() && words_o.iter().zip(&words_a).all(near);
            prop_assert_eq!(says(float), same);
        }

        #[test]
        fn pieces_of_any_length_make_the_same_words((output, answer) in pair(), most in 1_usize..5) {
            let same = |got: &[u8], expected: &[u8], _: bool| got == expected;
            let checked = words::compare(output.as_bytes(), answer.as_bytes(), most, same).unwrap();
            prop_assert_eq!(checked.verdict.is_accepted(), naive(&output) == naive(&answer));
        }

        #[test]
        fn messages_name_the_line((output, answer) in pair()) {
            let message = message(Compare::Tokens, &output, &answer);
            if !message.is_empty() {
                let (o, a) = (naive(&output), naive(&answer));
                let at = o.iter().zip(&a).take_while(|(o, a)| o == a).count();
                let (text, words) = if at < o.len() { (&output, &o) } else { (&answer, &a) };
                let offset = words[at].as_ptr().addr() - text.as_ptr().addr();
                let line = 1 + text[..offset].matches('\n').count();
                prop_assert!(message.starts_with(&format!("line {line}")), "{}", message);
            }
        }
    }
}
