//! The bounds that a validator's source states, and whether an input has a word that is one of them.
//!
//! Read are calls of testlib (`inf.readInt(1, MAX_N, "n")`) and checktestdata (`INT(1, 100000, n)`) whose
//! bounds are numbers or constants of the same file. Where a bound is no word of any input, no test can
//! be at it; what cannot be read says nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufRead},
};

/// A value and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// Its name.
    pub(super) name: String,
    /// The smallest value, in digits.
    pub(super) low: String,
    /// The largest.
    pub(super) high: String,
    /// The line that says so.
    pub(super) line: u32,
}

/// The beginnings of calls that read one whole number, or many of the same kind.
const CALLS: [&str; 5] = ["readInt(", "readInteger(", "readLong(", "readStrictInt(", "INT("];

/// The bounds that a source states.
pub(super) fn bounds(source: &str) -> Vec<Bound> {
    let constants = constants(source);
    let mut found: Vec<Bound> = Vec::new();
    for (line, text) in source.lines().zip(1..).map(|(text, line)| (line, text)) {
        let code = text.split("//").next().unwrap_or(text);
        for call in CALLS {
            for (at, _) in code.match_indices(call) {
                // `xINT(` is another function.
                let before = code[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let Some(bound) = call_of(&code[at + call.len()..], &constants, line) else {
                    continue;
                };
                if !found.iter().any(|known| {
                    (&known.low, &known.high, &known.name) == (&bound.low, &bound.high, &bound.name)
                }) {
                    found.push(bound);
                }
            }
        }
    }
    found
}

/// A call's bounds: its first two arguments; its name, the third.
fn call_of(rest: &str, constants: &BTreeMap<String, i128>, line: u32) -> Option<Bound> {
    let args = arguments(rest)?;
    let [low, high, name, ..] = args.as_slice() else { return None };
    let low = value(low, constants)?;
    let high = value(high, constants)?;
    let name = name.trim().trim_matches('"').to_owned();
    // A value that can be only one thing is at its bound in every test.
    let plain = !name.is_empty() && low < high;
    plain.then(|| Bound { name, low: low.to_string(), high: high.to_string(), line })
}

/// The arguments of a call, up to its closing bracket.
fn arguments(text: &str) -> Option<Vec<String>> {
    let (mut depth, mut quoted) = (0, false);
    let mut args = vec![String::new()];
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted && depth == 0 => return Some(args),
            ')' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                args.push(String::new());
                continue;
            }
            _ => {}
        }
        args.last_mut()?.push(c);
    }
    None
}

/// A number, such as `-5`, `100'000LL`, `1e5` or `int(2e5)`; or the name of a constant.
fn value(text: &str, constants: &BTreeMap<String, i128>) -> Option<i128> {
    let text = text.trim();
    if let Some(&value) = constants.get(text) {
        return Some(value);
    }
    let inner = ["int(", "(int)", "(long long)", "ll(", "(ll)"]
        .iter()
        .find_map(|cast| text.strip_prefix(cast))
        .map(|rest| rest.trim_end_matches(')').trim());
    if let Some(inner) = inner {
        return value(inner, constants);
    }
    if let Some(rest) = text.strip_prefix('-') {
        return value(rest, constants).map(|value| -value);
    }
    let plain = text.replace(['\'', '_'], "");
    let digits = plain.trim_end_matches(['l', 'L', 'u', 'U']);
    if let Ok(value) = digits.parse() {
        return Some(value);
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E'])?;
    let (mantissa, exponent): (i128, u32) = (mantissa.parse().ok()?, exponent.parse().ok()?);
    mantissa.checked_mul(10_i128.checked_pow(exponent)?)
}

/// The constants that a source states: `const int N = 5;`, `#define N 5`, `N = 5` at the beginning of a
/// line. A name that is given two values is none.
fn constants(source: &str) -> BTreeMap<String, i128> {
    let mut known: BTreeMap<String, Option<i128>> = BTreeMap::new();
    for line in source.lines() {
        let line = line.split("//").next().unwrap_or(line).trim_end();
        let Some((name, text)) = constant(line) else { continue };
        let number = value(text.trim().trim_end_matches(';'), &BTreeMap::new());
        let entry = known.entry(name.to_owned()).or_insert(number);
        if *entry != number {
            *entry = None;
        }
    }
    known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn constant(line: &str) -> Option<(&str, &str)> {
    if let Some(rest) = line.trim_start().strip_prefix("#define ") {
        return rest.trim_start().split_once(char::is_whitespace);
    }
    let (left, right) = line.split_once('=')?;
    let is_const = left.trim_start().starts_with("const") || !left.starts_with(char::is_whitespace);
    let name = left.split_whitespace().next_back()?;
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_const && is_name && !right.starts_with('=')).then_some((name, right))
}

/// Takes the words that an input has out of `missing`.
pub(super) fn seen_words(
    mut input: impl BufRead,
    missing: &mut BTreeSet<String>,
) -> io::Result<()> {
    let longest = missing.iter().map(String::len).max().unwrap_or(0);
    let mut word: Vec<u8> = Vec::new();
    loop {
        let piece = input.fill_buf()?;
        if piece.is_empty() {
            break;
        }
        let length = piece.len();
        for &byte in piece {
            if !byte.is_ascii_whitespace() {
                // A longer word is none of them, however it ends.
                if word.len() <= longest {
                    word.push(byte);
                }
                continue;
            }
            take(&mut word, missing);
        }
        input.consume(length);
    }
    take(&mut word, missing);
    Ok(())
}

fn take(word: &mut Vec<u8>, missing: &mut BTreeSet<String>) {
    if let Ok(text) = std::str::from_utf8(word)
        && !text.is_empty()
    {
        missing.remove(text);
    }
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Vec<(String, String, String, u32)> {
        let bounds = bounds(source).into_iter();
        bounds.map(|bound| (bound.name, bound.low, bound.high, bound.line)).collect()
    }

    fn bound(name: &str, low: &str, high: &str, line: u32) -> (String, String, String, u32) {
        (name.into(), low.into(), high.into(), line)
    }

    #[test]
    fn bounds_of_testlib() {
        let source = "\
#include \"testlib.h\"
const int MAX_N = 2e5;
#define LIMIT 1000000000LL
int main() {
    int n = inf.readInt(1, MAX_N, \"n\"); // inf.readInt(5, 6, \"no\")
    for (int i = 0; i < n; i++) inf.readLong(-LIMIT, LIMIT, \"a_i\");
    inf.readInt(1, n, \"k\");
    inf.readInt(0, int(1e9), \"x, y\");
    inf.readInt(7, 7, \"seven\");
    inf.readInt(1, 100'000);
    myreadInt(1, 9, \"other\");
}
";
        let expected = [
            bound("n", "1", "200000", 5),
            bound("a_i", "-1000000000", "1000000000", 6),
            bound("x, y", "0", "1000000000", 8),
        ];
        assert_eq!(of(source), expected);
    }

    #[test]
    fn bounds_of_checktestdata_and_names_with_two_values() {
        let source = "INT(1, 100000, n) NEWLINE\nREP(n) INT(-5, 5, x[i]) NEWLINE END\n";
        assert_eq!(of(source), [bound("n", "1", "100000", 1), bound("x[i]", "-5", "5", 2)]);
        let twice = "N = 5\nN = 6\nreadInt(1, N, \"n\")\n";
        assert_eq!(of(twice), []);
        assert_eq!(of("readInt(1, 2"), [], "cut off");
    }

    #[test]
    fn words_of_inputs() {
        let mut missing: BTreeSet<String> = ["1", "200000", "-5"].map(str::to_owned).into();
        seen_words(&b"1 2000000\n20000"[..], &mut missing).unwrap();
        assert_eq!(missing.iter().map(String::as_str).collect::<Vec<_>>(), ["-5", "200000"]);
        seen_words(&b"x\t-5\r\n200000"[..], &mut missing).unwrap();
        assert!(missing.is_empty());
    }
}
