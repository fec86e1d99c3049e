//! As the default output validator of ICPC packages does it.

use super::{
    Checked, differs,
    number::Number,
    words::{self, Words},
};
use std::io::{self, BufRead};

/// The validator's arguments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// Whether `a` is not `A`.
    pub case_sensitive: bool,
    /// Whether white space must be the same.
    pub space_change_sensitive: bool,
    /// Largest absolute difference of numbers.
    pub absolute: Option<f64>,
    /// Largest difference of numbers as a part of the answer.
    pub relative: Option<f64>,
}

impl Rules {
    /// Whether numbers are compared as such.
    fn numbers(self) -> bool {
        self.absolute.is_some() || self.relative.is_some()
    }

    fn same_text(self, got: &[u8], expected: &[u8]) -> bool {
        if self.case_sensitive { got == expected } else { got.eq_ignore_ascii_case(expected) }
    }

    /// Whether a number is near enough to the answer's: either tolerance suffices.
    fn near(self, got: f64, expected: f64) -> bool {
        let difference = (got - expected).abs();
        self.absolute.is_some_and(|most| difference <= most)
            || self.relative.is_some_and(|most| difference <= most * expected.abs())
    }
}

/// Walks over both texts word by word, in pieces of at most `most` bytes.
pub(super) fn compare(
    output: impl BufRead,
    answer: impl BufRead,
    most: usize,
    rules: Rules,
) -> io::Result<Checked> {
    let (mut got, mut expected) = (Words::new(output, most), Words::new(answer, most));
    loop {
        words::skip_same(&mut got, &mut expected)?;
        if rules.space_change_sensitive
            && let Some(wrong) = other_space(&mut got, &mut expected)?
        {
            return Ok(wrong);
        }
        if let Some(decided) = words::begin(&mut got, &mut expected)? {
            return Ok(decided);
        }
        if let Some(wrong) = other_word(&mut got, &mut expected, most, rules)? {
            return Ok(wrong);
        }
    }
}

/// Passes over the white space in both; how it differs, if it does.
fn other_space<R: BufRead, S: BufRead>(
    got: &mut Words<R>,
    expected: &mut Words<S>,
) -> io::Result<Option<Checked>> {
    loop {
        let (mine, theirs) = (got.next_space()?, expected.next_space()?);
        match (mine, theirs) {
            (None, None) => return Ok(None),
            (Some(a), Some(b)) if a == b => {
                let lines = usize::from(a == b'\n');
                got.pass(1, lines);
                expected.pass(1, lines);
            }
            _ => {
                let name = |space: Option<u8>| match space {
                    Some(b) => format!("\"{}\"", b.escape_ascii()),
                    None => "none".to_owned(),
                };
                let (line, wanted, there) = (got.line, name(theirs), name(mine));
                let message =
                    format!("line {line}: expected the white space {wanted}, got {there}");
                return Ok(Some(Checked::wrong(message)));
            }
        }
    }
}

/// Reads the rest of a word that has begun in both; how they differ, if they do.
fn other_word<R: BufRead, S: BufRead>(
    got: &mut Words<R>,
    expected: &mut Words<S>,
    most: usize,
    rules: Rules,
) -> io::Result<Option<Checked>> {
    let (mut number, mut wanted) = (Number::default(), Number::default());
    let mut wrong = None;
    let mut before = 0;
    loop {
        if wrong.is_none() && !rules.same_text(&got.piece, &expected.piece) {
            wrong = Some(words::difference(got, expected, before));
        }
        let mut numbers = rules.numbers();
        if numbers {
            number.read(&got.piece);
            wanted.read(&expected.piece);
            numbers = number.may_be() && wanted.may_be();
        }
        if got.ended() && expected.ended() {
            break;
        }
        if wrong.is_some() && !numbers {
            return Ok(wrong);
        }
        before += most;
        got.more()?;
        expected.more()?;
    }
    let (true, true) = (wrong.is_some(), rules.numbers()) else { return Ok(wrong) };
    Ok(match (number.value(), wanted.value()) {
        (Some(number), Some(wanted)) if rules.near(number, wanted) => None,
        (Some(number), Some(wanted)) if before == 0 => {
            let place = format!("line {}", got.line);
            let mut wrong = differs(&place, Some(&expected.piece), Some(&got.piece));
            let by = (number - wanted).abs();
            wrong.message = wrong.message.map(|message| format!("{message}, off by {by:.3e}"));
            Some(wrong)
        }
        _ => wrong,
    })
}
