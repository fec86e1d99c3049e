//! Small damages to a valid input, each of which a strict validator refuses.

/// A damaged input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mutant {
    pub(super) damage: Damage,
    pub(super) bytes: Vec<u8>,
}

/// What was done to an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Damage {
    CarriageReturns,
    LeadingZero,
    PlusSign,
    TrailingSpace,
    DoubleSpace,
    NoFinalNewline,
    BlankLine,
    Empty,
    ExtraToken,
    HugeNumber,
    Truncated,
    Letters,
    OtherCase,
}

impl Damage {
    /// All damages.
    pub(super) const ALL: [Self; 13] = [
        Self::CarriageReturns,
        Self::LeadingZero,
        Self::PlusSign,
        Self::TrailingSpace,
        Self::DoubleSpace,
        Self::NoFinalNewline,
        Self::BlankLine,
        Self::Empty,
        Self::ExtraToken,
        Self::HugeNumber,
        Self::Truncated,
        Self::Letters,
        Self::OtherCase,
    ];

    /// What it is called on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CarriageReturns => "carriage-returns",
            Self::LeadingZero => "leading-zero",
            Self::PlusSign => "plus-sign",
            Self::TrailingSpace => "trailing-space",
            Self::DoubleSpace => "double-space",
            Self::NoFinalNewline => "no-final-newline",
            Self::BlankLine => "blank-line",
            Self::Empty => "empty",
            Self::ExtraToken => "extra-token",
            Self::HugeNumber => "huge-number",
            Self::Truncated => "truncated",
            Self::Letters => "letters",
            Self::OtherCase => "other-case",
        }
    }

    /// What was done, for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::CarriageReturns => "CR LF line ends",
            Self::LeadingZero => "a leading zero",
            Self::PlusSign => "a plus sign before a number",
            Self::TrailingSpace => "a space at the end of a line",
            Self::DoubleSpace => "two spaces between words",
            Self::NoFinalNewline => "no line end after the last line",
            Self::BlankLine => "a blank line at the end",
            Self::Empty => "nothing in them",
            Self::ExtraToken => "a word too many at the end",
            Self::HugeNumber => "a number of 30 digits",
            Self::Truncated => "the last line missing",
            Self::Letters => "letters in the place of a number",
            Self::OtherCase => "letters in the other case",
        }
    }

    /// Whether hardly any problem takes such an input; else it may well be valid.
    pub(super) fn is_grave(self) -> bool {
        !matches!(self, Self::Truncated | Self::OtherCase)
    }
}

/// The damages that can be done to an input, none of which leaves it as it is.
pub(super) fn mutants(input: &[u8]) -> Vec<Mutant> {
    use Damage as D;
    let numbers = numbers(input);
    let mut found = Vec::new();
    let mut add = |damage, bytes: Option<Vec<u8>>| {
        if let Some(bytes) = bytes.filter(|bytes| bytes != input) {
            found.push(Mutant { damage, bytes });
        }
    };
    add(D::CarriageReturns, Some(replace(input, b"\n", b"\r\n")));
    // The first and the last number: often they are of different kinds.
    let mut ends: Vec<&Word> = numbers.first().into_iter().chain(numbers.last()).collect();
    ends.dedup();
    for number in ends {
        let sign = usize::from(input[number.start] == b'-');
        add(D::LeadingZero, Some(insert(input, number.start + sign, b"0")));
        add(D::PlusSign, (sign == 0).then(|| insert(input, number.start, b"+")));
        add(D::HugeNumber, Some(put(input, number, &[b'9'; 30])));
        add(D::Letters, Some(put(input, number, b"abc")));
    }
    let first_end = input.iter().position(|&byte| byte == b'\n');
    add(D::TrailingSpace, first_end.map(|at| insert(input, at, b" ")));
    let space = input.iter().position(|&byte| byte == b' ');
    add(D::DoubleSpace, space.map(|at| insert(input, at, b" ")));
    add(D::NoFinalNewline, input.strip_suffix(b"\n").map(<[u8]>::to_vec));
    add(D::BlankLine, input.ends_with(b"\n").then(|| [input, b"\n"].concat()));
    add(D::Empty, Some(Vec::new()));
    let body = input.strip_suffix(b"\n").unwrap_or(input);
    add(D::ExtraToken, Some([input, b"1\n"].concat()));
    add(D::ExtraToken, (!body.is_empty()).then(|| [body, b" 1\n"].concat()));
    let last_line = body.iter().rposition(|&byte| byte == b'\n');
    add(D::Truncated, last_line.map(|at| input[..=at].to_vec()));
    let turn = |byte: &u8| match byte {
        b'a'..=b'z' => byte.to_ascii_uppercase(),
        byte => byte.to_ascii_lowercase(),
    };
    add(D::OtherCase, Some(input.iter().map(turn).collect()));
    found
}

/// A word of an input: where it begins and ends.
#[derive(Debug, PartialEq, Eq)]
struct Word {
    start: usize,
    end: usize,
}

/// The words that are whole numbers.
fn numbers(input: &[u8]) -> Vec<Word> {
    let mut numbers = Vec::new();
    let mut start = 0;
    for end in 0..=input.len() {
        if input.get(end).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            continue;
        }
        let word = &input[start..end];
        let digits = word.strip_prefix(b"-").unwrap_or(word);
        if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
            numbers.push(Word { start, end });
        }
        start = end + 1;
    }
    numbers
}

fn insert(input: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&input[..at], bytes, &input[at..]].concat()
}

fn put(input: &[u8], word: &Word, bytes: &[u8]) -> Vec<u8> {
    [&input[..word.start], bytes, &input[word.end..]].concat()
}

fn replace(input: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = input.split(|byte| [*byte] == from).collect();
    parts.join(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn of(input: &str, damage: Damage) -> Vec<String> {
        let mutants = mutants(input.as_bytes()).into_iter();
        mutants
            .filter(|mutant| mutant.damage == damage)
            .map(|mutant| String::from_utf8(mutant.bytes).unwrap())
            .collect()
    }

    #[test]
    fn each_damage() {
        let input = "3 x\n-7 5\n";
        assert_eq!(of(input, Damage::CarriageReturns), ["3 x\r\n-7 5\r\n"]);
        assert_eq!(of(input, Damage::LeadingZero), ["03 x\n-7 5\n", "3 x\n-7 05\n"]);
        assert_eq!(of("-7\n", Damage::LeadingZero), ["-07\n"]);
        assert_eq!(of(input, Damage::PlusSign), ["+3 x\n-7 5\n", "3 x\n-7 +5\n"]);
        assert_eq!(of("-7\n", Damage::PlusSign), [""; 0]);
        assert_eq!(of(input, Damage::TrailingSpace), ["3 x \n-7 5\n"]);
        assert_eq!(of(input, Damage::DoubleSpace), ["3  x\n-7 5\n"]);
        assert_eq!(of(input, Damage::NoFinalNewline), ["3 x\n-7 5"]);
        assert_eq!(of(input, Damage::BlankLine), ["3 x\n-7 5\n\n"]);
        assert_eq!(of(input, Damage::Empty), [""]);
        assert_eq!(of(input, Damage::ExtraToken), ["3 x\n-7 5\n1\n", "3 x\n-7 5 1\n"]);
        assert_eq!(of(input, Damage::Truncated), ["3 x\n"]);
        assert_eq!(of("7\n", Damage::Truncated), [""; 0], "that is the empty one");
        assert_eq!(of(input, Damage::Letters), ["abc x\n-7 5\n", "3 x\n-7 abc\n"]);
        assert_eq!(of(input, Damage::OtherCase), ["3 X\n-7 5\n"]);
        assert_eq!(of("7\n", Damage::OtherCase), [""; 0], "no letters");
    }

    #[test]
    fn no_mutant_is_the_input_and_odd_inputs_do_no_harm() {
        for input in [&b""[..], b"\n", b" ", b"-", b"--1", b"\xff\xfe 1", b"1", b"0\n"] {
            for mutant in mutants(input) {
                assert_ne!(mutant.bytes, input, "{:?}", mutant.damage);
            }
        }
        let words: BTreeSet<&str> =
            mutants(b"1 a\n2\n").iter().map(|mutant| mutant.damage.words()).collect();
        assert_eq!(words.len(), 13, "each damage has words of its own");
        let names: BTreeSet<&str> = Damage::ALL.iter().map(|damage| damage.name()).collect();
        assert_eq!(names.len(), 13, "and a name");
    }
}
