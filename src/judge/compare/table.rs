//! What the default output validator of ICPC packages accepts and rejects: a table of its own.

use super::Compare;
use std::io::BufReader;

/// The validator's arguments, an answer, outputs that it accepts and outputs that it rejects.
type Row = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip] // A table reads best with a row's outputs side by side.
const TABLE: &[Row] = &[
    // White space separates words and does nothing else.
    ("", "", &["", " ", "\n", "\t", "\r\n", "\x0b", "\x0c", " \n\t \r\n"],
        &["a", "0", "-", ".", "\0", " x", "\nx\n", "\u{a0}", "\u{2003}", "\u{feff}"]),
    ("", " \n", &["", "\n\n\n"], &["a", "\0"]),
    ("", "one two", &["one two", "one\ntwo", " one  two ", "one\ttwo\n", "one\r\ntwo\r\n", "one\x0btwo", "one\x0ctwo", "\n\n\none\n\n\ntwo"],
        &["onetwo", "one", "two", "two one", "one two three", "one two two", "o ne two", "one\u{a0}two", "one,two", "one\0two", ""]),
    ("", "a b c\nd\n", &["a b c d", "a\nb\nc\nd\n", "A B C D"], &["a b c", "a b c d e", "a b d c", "a b cd", "abcd"]),
    ("", "x\n", &["x", "x\n\n", "\nx"], &["x x", "xx", "", "y", "x.", ".x", "\"x\""]),
    // White space must be the same.
    ("space_change_sensitive", "", &[""], &[" ", "\n", "\t", "\r\n", "a", "\0"]),
    ("space_change_sensitive", "\n", &["\n"], &["", " ", "\n\n", "\r\n", " \n", "\n "]),
    ("space_change_sensitive", "one two\n", &["one two\n", "ONE Two\n"],
        &["one two", "one  two\n", "one\ttwo\n", "one\ntwo\n", " one two\n", "one two \n", "one two\n\n", "one two\r\n", "onetwo\n", "one two\nx"]),
    ("space_change_sensitive", " a\n\n b ", &[" a\n\n b "], &["a\n\n b ", " a\n b ", " a\n\n\n b ", " a\n\n b", " a\n\nb ", " a \n b ", " a\n\n b  "]),
    ("space_change_sensitive", "a\r\nb", &["a\r\nb", "A\r\nB"], &["a\nb", "a\rb", "a\n\rb", "a b"]),
    ("space_change_sensitive case_sensitive", "A b\n", &["A b\n"], &["a b\n", "A B\n", "A b", "A  b\n", "A\tb\n"]),
    ("space_change_sensitive float_tolerance 0.5", "1 2\n", &["1 2\n", "1.5 2.5\n", "1e0 2e0\n"], &["1  2\n", "1 2", "1.6 2\n", "1\n2\n"]),
    // Letters.
    ("", "Yes", &["Yes", "yes", "YES", "yEs"], &["Yess", "Ye", "No", "Y es", "yes.", "y\u{e9}s"]),
    ("case_sensitive", "Yes", &["Yes", " Yes\n"], &["yes", "YES", "yEs", "Ye", "Yess"]),
    ("", "\u{e9}a", &["\u{e9}a", "\u{e9}A"], &["\u{c9}a", "ea", "e\u{301}a"]),
    ("case_sensitive", "\u{df}", &["\u{df}"], &["ss", "SS", "\u{1e9e}"]),
    ("", "@[`{", &["@[`{"], &["`[`{", "@{`{", "@[@{", "@[`["]),
    ("", "k", &["k", "K"], &["\u{212a}"]),
    // Without a tolerance numbers are words.
    ("", "0", &["0"], &["0.0", "-0", "+0", "00", ".0", "0.", "0e0", "0x0"]),
    ("", "1.50", &["1.50"], &["1.5", "01.50", "1.500", "+1.50", "15e-1", "1,50"]),
    ("", "1e5", &["1e5", "1E5"], &["100000", "1e05", "1e+5", "1.0e5"]),
    ("case_sensitive", "1e5", &["1e5"], &["1E5", "100000"]),
    // The absolute tolerance.
    ("float_absolute_tolerance 0.5", "10", &["10", "10.5", "9.5", "10.25", "1e1", "+10", "010", "1.05E1", "105e-1", "0.0095e3"],
        &["10.500001", "9.499999", "11", "-10", "ten", "", "10 10", "10,0", "1_0", "10f", "10d"]),
    ("float_absolute_tolerance 0", "10", &["10", "10.0", "1e1", "+10.", "0010", "100e-1"], &["10.0000001", "9.9999999", "11"]),
    ("float_absolute_tolerance 1e-6", "0.3", &["0.3", ".3", "0.3000009", "0.2999991", "3e-1", "+.3"], &["0.300002", "0.299998", "0.3a", "0..3", "0.3.", "3"]),
    ("float_absolute_tolerance 0.001", "1000000", &["1000000.0009", "999999.9995", "1e6"], &["1000000.002", "999999", "1000001"]),
    ("float_absolute_tolerance 100", "-5", &["-5", "5", "95", "-105", "0", "-0"], &["95.1", "-105.1", "--5", "- 5", "five"]),
    // The relative tolerance.
    ("float_relative_tolerance 0.5", "10", &["10", "5", "15", "5.0001", "1.5e1"], &["4.99", "15.01", "-10", "0", "x"]),
    ("float_relative_tolerance 0.5", "-10", &["-10", "-5", "-15"], &["-4.99", "-15.01", "10", "0"]),
    ("float_relative_tolerance 0.5", "0", &["0", "0.0", "-0", "+0", "0e5", ".0", "0.", "00"], &["1e-300", "0.0000001", "-0.1", "1"]),
    ("float_relative_tolerance 1e-6", "1000000000", &["1000000999", "999999001", "1e9"], &["1000001001", "999998999", "1e8"]),
    ("float_relative_tolerance 0.1", "1e300", &["1e300", "1.1e300", "0.9e300", "9.5e299"], &["1.2e300", "1e299", "1e301"]),
    ("float_relative_tolerance 0.1", "1e-300", &["1e-300", "1.05e-300", "95e-302"], &["1.2e-300", "0", "1e-299"]),
    // Either suffices; both with one flag.
    ("float_tolerance 0.1", "1000 0.001", &["1099 0.1", "901 -0.09", "1000 0", "1e3 1e-3"], &["1101 0.001", "1000 0.11", "1000 -0.1", "899 0.001", "1000"]),
    ("float_tolerance 1e-9", "0.1 0.2", &["0.1 0.2", "0.1000000001 0.2", "1e-1 2E-1"], &["0.10000001 0.2", "0.2 0.1", "0.1", "0.1 0.2 0.3"]),
    ("float_absolute_tolerance 0.01 float_relative_tolerance 0.1", "1 100", &["1.09 100", "1 110", "0.95 90"], &["1.2 100", "1 111", "1 89"]),
    ("float_absolute_tolerance 5 float_relative_tolerance 0", "1", &["1", "6", "-4"], &["7", "-5"]),
    ("float_tolerance 0", "2.5", &["2.5", "2.50", "25e-1", "0.25e1", "+2.5"], &["2.5000000001", "2", "5/2"]),
    // Only numbers of the answer are compared as numbers.
    ("float_tolerance 0.5", "1 x 3", &["1.2 X 3.3", "1 x 3"], &["1 1 3", "x x x", "1 y 3", "1 x three"]),
    ("float_tolerance 0.5", "x1", &["x1", "X1"], &["x1.0", "x1.2", "1"]),
    ("float_tolerance 0.5", "1x", &["1x", "1X"], &["1.0x", "1", "1.2x"]),
    ("float_tolerance 0.5 case_sensitive", "a 1e1", &["a 1e1", "a 1E1", "a 10.4"], &["A 1e1", "a 15.1"]),
    ("float_tolerance 0.5", "12/5", &["12/5"], &["2.4", "12/5.0", "12"]),
    ("float_tolerance 0.5", "1,000", &["1,000"], &["1000", "1", "1,0"]),
    ("float_tolerance 0.5", "1:30", &["1:30"], &["1:30.0", "1", "1:31"]),
    ("float_tolerance 0.5", "-", &["-"], &["0", "-0", "--", "+"]),
    ("float_tolerance 0.5", ".", &["."], &["0", "0.", "..", ""]),
    ("float_tolerance 0.5", "e1", &["e1", "E1"], &["1e1", "0e1", "e1.0", "10"]),
    ("float_tolerance 0.5", "1e", &["1e", "1E"], &["1", "1e0", "1.0"]),
    ("float_tolerance 0.5", "1e+", &["1e+", "1E+"], &["1", "1e", "1e0"]),
    ("float_tolerance 0.5", "1e1.5", &["1e1.5", "1E1.5"], &["10", "31.6", "1e1"]),
    ("float_tolerance 0.5", "1.2.3", &["1.2.3"], &["1.2", "1.2.30", "1.23"]),
    ("float_tolerance 0.5", "+-1", &["+-1"], &["-1", "+1", "1", "-+1"]),
    // The answer is a number and the output is none.
    ("float_tolerance 0.5", "1", &["1", "1.", "1.0", "+1", "01", "0.5", "1.5", "100e-2", "1e0", "1e+0", "1e-0", "1E00"],
        &["1e", "1e+", "e0", "1.0.0", "1..0", "+-1", "1+", "1-", "0x1", "0X1p0", "1f", "1l", "inf", "nan", "1\0", "\x001", "1%", "(1)", "1;", "\u{661}", "\u{ff11}", "1\u{a0}"]),
    // No hexadecimal numbers, infinities or NaN: they are words.
    ("float_tolerance 0.5", "0x10", &["0x10", "0X10"], &["16", "0x11", "0x10.0"]),
    ("float_tolerance 0.5", "0x1p3", &["0x1p3", "0X1P3"], &["8", "8.0"]),
    ("float_tolerance 0.5", "16", &["16", "16.4"], &["0x10", "0x1p4", "0b10000", "0o20"]),
    ("float_tolerance 0.5", "inf", &["inf", "INF", "Inf"], &["infinity", "+inf", "-inf", "1e999", "nan", "0"]),
    ("float_tolerance 0.5", "-inf", &["-inf", "-INF"], &["inf", "-infinity", "-1e999"]),
    ("float_tolerance 0.5 case_sensitive", "Infinity", &["Infinity"], &["infinity", "inf", "INFINITY", "1e400"]),
    ("float_tolerance 0.5", "nan", &["nan", "NaN", "NAN"], &["-nan", "nan(1)", "0", "inf"]),
    ("float_tolerance 0.5", "0", &["0", "0.5", "-0.5", "1e-400", "0e999999999999999999999", "4e-1"], &["nan", "-nan", "inf", "null", "none", "0.51", "o", "O"]),
    ("float_tolerance 1e300", "1", &["1", "-1e300", "1e299"], &["inf", "nan", "1e301", "x"]),
    // Exponents.
    ("float_tolerance 0", "0", &["0e0", "0e1", "0e+1", "0e-1", "0e01", "0E+01", ".0e5", "0.e5", "-0e3", "+.00E-07", "0e-99999"], &["0e", "0e+", "0e-", "e0", ".e0", "0ee0", "0e0e0", "0e 0", "0e1.0", "1e-300", "1e-4000", "-1e-99999"]),
    ("float_tolerance 0", "1000", &["1e3", "1E3", "1e+3", "1e03", "10e2", "0.1e4", "1.e3", "+1.0E+0003", "100000e-2", "1000"], &["1e2", "1e4", "1e-3", "1e3.", "1e", "1 e3", "1e 3", "1000e"]),
    ("float_tolerance 0", "0.001", &["1e-3", "1E-03", ".1e-2", "10e-4", "0.001", ".001"], &["1e3", "1e-2", "-1e-3", "1e--3", "1e-+3"]),
    // What a 64-bit float cannot hold is a word; what is too small for one is nothing.
    ("float_tolerance 0.5", "1e400", &["1e400", "1E400"], &["10e399", "1e401", "2", "inf"]),
    ("float_tolerance 0.5", "1e-400", &["1e-400", "0", "0.5", "-1e-9", "1e-4000"], &["0.51", "x"]),
    ("float_relative_tolerance 0.5", "1e308", &["1e308", "1.5e308", "5e307"], &["1e309", "1e307", "-1e308"]),
    // NUL and other control characters are parts of words.
    ("", "a\0b", &["a\0b", "A\0B"], &["a", "a\0", "ab", "a b", "a\0c"]),
    ("", "a", &["a"], &["a\0", "\0a", "a\0b", "a\x01", "a\x7f", "a\x1b[0m"]),
    ("", "\0", &["\0", " \0\n"], &["", "\0\0", "0", " "]),
    ("float_tolerance 1", "5", &["5", "5.5"], &["5\0", "5\x005", "\x005", "5\x01"]),
    ("case_sensitive space_change_sensitive", "\0 \0\n", &["\0 \0\n"], &["\0\0\n", "\0 \0", "\0 \n"]),
];

/// The arguments of the validator as a comparison.
fn compare(flags: &str) -> Compare {
    let (mut case_sensitive, mut space_change_sensitive) = (false, false);
    let (mut absolute, mut relative) = (None, None);
    let mut words = flags.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let mut number = || words.next().map(|word| word.parse::<f64>().expect(flags));
        match word {
            "case_sensitive" => case_sensitive = true,
            "space_change_sensitive" => space_change_sensitive = true,
            "float_absolute_tolerance" => absolute = number(),
            "float_relative_tolerance" => relative = number(),
            "float_tolerance" => {
                absolute = number();
                relative = absolute;
            }
            _ => panic!("{word}"),
        }
    }
    Compare::Icpc { case_sensitive, space_change_sensitive, absolute, relative }
}

/// Whether it is accepted when both are read in pieces of this length.
fn accepts(compare: Compare, output: &str, answer: &str, piece: usize) -> bool {
    let [output, answer] =
        [output, answer].map(|text| BufReader::with_capacity(piece, text.as_bytes()));
    let checked = compare.check(output, answer).expect("memory can be read");
    assert_eq!(checked.verdict.is_accepted(), checked.message.is_none());
    checked.verdict.is_accepted()
}

#[test]
fn the_table() {
    let (mut cases, mut wrong) = (0, Vec::new());
    for (flags, answer, accepted, rejected) in TABLE {
        let outputs = accepted.iter().map(|output| (output, true));
        for (output, expected) in outputs.chain(rejected.iter().map(|output| (output, false))) {
            cases += 1;
            for piece in [1, 3, 8192] {
                if accepts(compare(flags), output, answer, piece) != expected {
                    wrong.push(format!("[{flags}] {answer:?} {output:?}: not {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 300, "{cases}");
}

#[test]
fn huge_words() {
    let nines = "9".repeat(20_000);
    let [zeros, letters] = ["0", "aB"].map(|text| text.repeat(10_000));
    let whole = |text: &str| text.to_owned();
    let near = "float_absolute_tolerance 0.5";
    for (flags, answer, output, expected) in [
        ("", whole(&nines), whole(&nines), true),
        ("", whole(&nines), format!("{}8", &nines[1..]), false),
        ("", whole(&nines), format!("{nines}9"), false),
        ("", whole(&nines), whole(&nines[1..]), false),
        ("", whole(&letters), letters.to_lowercase(), true),
        ("case_sensitive", whole(&letters), letters.to_lowercase(), false),
        ("", format!("{letters} {nines}"), format!("{nines} {letters}"), false),
        // Longer than a float: the same word is right, another is not.
        (near, whole(&nines), whole(&nines), true),
        (near, whole(&nines), format!("{nines}.0"), false),
        (near, whole(&nines), whole("inf"), false),
        // As long, but a float holds the value.
        (near, whole("1"), format!("{zeros}1"), true),
        (near, whole("1"), format!("1.{zeros}{nines}"), true),
        (near, whole("1"), format!("1.{nines}"), false),
        (near, format!("1.{zeros}"), whole("1.5"), true),
        (near, format!("0.{zeros}1"), whole("0"), true),
        (near, format!("{zeros}{zeros}7"), whole("8"), false),
        (near, format!("0.{zeros}3e10001"), whole("3"), true),
        (near, whole("1"), format!("1{zeros}e-10000"), true),
        (near, whole("1"), format!("1e{zeros}0"), true),
        (near, whole("1"), format!("1.{zeros}x"), false),
        (near, whole("1"), format!("{zeros}1 1"), false),
        (
            "space_change_sensitive",
            format!("1{}1", " ".repeat(9000)),
            format!("1{}1", " ".repeat(9000)),
            true,
        ),
        (
            "space_change_sensitive",
            format!("1{}1", " ".repeat(9000)),
            format!("1{}1", " ".repeat(9001)),
            false,
        ),
    ] {
        for piece in [7, 4096, 8192] {
            let got = accepts(compare(flags), &output, &answer, piece);
            let heads = [&answer, &output].map(|text| &text[..text.len().min(20)]);
            assert_eq!(got, expected, "[{flags}] {heads:?}");
        }
    }
}

#[test]
fn words_for_people() {
    for (flags, answer, output, expected) in [
        ("", "a\nb c", "a\nb d", r#"line 2: expected "c", got "d""#),
        ("", "a b", "a", r#"line 1: expected "b", got end of output"#),
        ("", "a", "a\n\nb", r#"line 3: expected end of output, got "b""#),
        ("float_tolerance 0.1", "1 2", "1\n3", r#"line 2: expected "2", got "3", off by 1.000e0"#),
        ("float_tolerance 0.1", "2", "two", r#"line 1: expected "2", got "two""#),
        (
            "space_change_sensitive",
            "a b",
            "a\nb",
            r#"line 1: expected the white space " ", got "\n""#,
        ),
        (
            "space_change_sensitive",
            "a\n",
            "a",
            r#"line 1: expected the white space "\n", got none"#,
        ),
    ] {
        let checked = compare(flags).check(output.as_bytes(), answer.as_bytes());
        assert_eq!(checked.expect("memory").message.expect("rejected"), expected);
    }
    let wrong = compare("float_absolute_tolerance -1 float_relative_tolerance nan").mistakes();
    assert_eq!(
        wrong.iter().map(|(field, _)| *field).collect::<Vec<_>>(),
        ["compare.absolute", "compare.relative"]
    );
}
