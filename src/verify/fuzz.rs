//! Outputs that hardly any test's answer is: what a checker says of them tells how it reads.

/// Something a wrong program may print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Junk {
    /// What it is called on the command line.
    pub(super) kind: &'static str,
    /// What it is, for people.
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// The kinds of junk, as they are called on the command line.
pub(super) const KINDS: [&str; 16] = [
    "nothing",
    "line-end",
    "noise",
    "nul",
    "long-word",
    "long-number",
    "many-numbers",
    "nan",
    "inf",
    "minus-one",
    "1e999",
    "0x10",
    "letters",
    "word-more",
    "line-more",
    "word-less",
];

/// Outputs beside an answer, none of which has the answer's words.
pub(super) fn junk(answer: &[u8]) -> Vec<Junk> {
    let trimmed = answer.trim_ascii();
    let last = trimmed.iter().rposition(u8::is_ascii_whitespace);
    let all = [
        ("nothing", "nothing", Some(Vec::new())),
        ("line-end", "a single line end", Some(b"\n".to_vec())),
        ("noise", "bytes that are no text", Some(noise(600))),
        ("nul", "NUL bytes", Some(vec![0; 64])),
        (
            "long-word",
            "a word of 100,000 letters",
            Some([&vec![b'x'; 100_000][..], b"\n"].concat()),
        ),
        ("long-number", "a number of 5,000 digits", Some([&vec![b'9'; 5000][..], b"\n"].concat())),
        ("many-numbers", "20,000 numbers", Some(b"7 ".repeat(20_000))),
        ("nan", "nan", Some(b"nan\n".to_vec())),
        ("inf", "inf", Some(b"inf\n".to_vec())),
        ("minus-one", "-1", Some(b"-1\n".to_vec())),
        ("1e999", "1e999", Some(b"1e999\n".to_vec())),
        ("0x10", "0x10", Some(b"0x10\n".to_vec())),
        ("letters", "letters", Some(b"no such answer\n".to_vec())),
        ("word-more", "the answer and a word more", Some([trimmed, b" 1\n"].concat())),
        ("line-more", "the answer and a line more", Some([trimmed, b"\nextra\n"].concat())),
        ("word-less", "the answer without its last word", last.map(|at| trimmed[..at].to_vec())),
    ];
    let junk =
        all.into_iter().filter_map(|(kind, name, bytes)| Some(Junk { kind, name, bytes: bytes? }));
    junk.filter(|junk| !same_words(&junk.bytes, answer)).collect()
}

/// Whether two texts have the same words, in any case.
fn same_words(one: &[u8], other: &[u8]) -> bool {
    let words = |text: &[u8]| -> Vec<Vec<u8>> {
        let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.map(<[u8]>::to_ascii_lowercase).collect()
    };
    words(one) == words(other)
}

/// Bytes without order, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let next = || {
        // xorshift64: every state but 0 leads to another.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_never_the_answer() {
        for answer in [&b""[..], b"-1\n", b"NaN\n", b"1 2 3\n", b"\xff", b"nothing\n"] {
            for junk in junk(answer) {
                assert!(!same_words(&junk.bytes, answer), "{} of {answer:?}", junk.name);
            }
        }
        let names = |answer: &[u8]| junk(answer).iter().map(|junk| junk.name).collect::<Vec<_>>();
        assert!(!names(b"-1\n").contains(&"-1") && names(b"5\n").contains(&"-1"));
        assert!(!names(b"").contains(&"nothing"));
        let without = |answer: &[u8]| {
            let junk = junk(answer).into_iter();
            junk.filter(|junk| junk.name.contains("without")).map(|junk| junk.bytes).next()
        };
        assert_eq!(without(b"1 2\n"), Some(b"1".to_vec()));
        assert_eq!(without(b"12\n"), None);
    }

    #[test]
    fn every_kind_is_known_by_its_name() {
        let kinds: Vec<&str> = junk(b"1 2\n").iter().map(|junk| junk.kind).collect();
        assert_eq!(kinds, KINDS);
    }

    #[test]
    fn noise_is_the_same_each_time() {
        assert_eq!(noise(32), noise(32));
        assert!(noise(600).iter().any(|&byte| byte > 127));
    }
}
