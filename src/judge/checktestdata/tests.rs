use super::{Complaint, check, check_script, machine, parser};
use proptest::prelude::*;

/// Checks with little room.
fn check_small(script: &str, input: &[u8]) -> Result<(), Complaint> {
    let bounds = machine::Bounds { steps: 20_000, values: 1_000 };
    machine::run(&parser::parse(script)?, input, bounds)
}

/// A script, inputs that fit it and inputs that do not.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip] // A table reads best with a row's inputs side by side.
const TABLE: &[Row] = &[
    ("", &[""], &["\n", " ", "x"]),
    ("# only a comment", &[""], &["x"]),
    ("SPACE NEWLINE", &[" \n"], &["", " ", "\n", " \n\n", "\t\n", " \r\n"]),
    ("NEWLINE EOF", &["\n"], &["", "\n\n", "\nx"]),
    ("INT(-5, 10)", &["0", "-5", "10", "-1", "7"], &["", "-6", "11", "-0", "00", "01", "+1", "1.0", " 1", "1 ", "-", "--1", "x", "1e1"]),
    ("INT(0, 10^30)", &["0", "1000000000000000000000000000000", "999999999999999999999999999999"], &["1000000000000000000000000000001", "-1"]),
    ("INT(1, 5, n) NEWLINE REP(n, SPACE) INT(0, 9) END NEWLINE", &["1\n3\n", "3\n1 2 3\n"], &["2\n1\n", "2\n1 2 3\n", "2\n1 2 \n", "2\n1  2\n", "6\n1 2 3 4 5 6\n", "2\n1 2"]),
    ("INT(0, 3, n) NEWLINE REPI(i, n) INT(i, i) NEWLINE END ASSERT(i == n)", &["0\n", "1\n0\n", "3\n0\n1\n2\n"], &["1\n1\n", "2\n0\n", "2\n0\n0\n"]),
    ("FLOAT(0, 1)", &["0", "1", "0.5", "1e-5", "1E-5", "0.000000000000000000001", "1.0", "5e-1", "0.1e1"], &["-0.1", "1.00000000000000000000000000001", "00.5", ".5", "0.", "1e", "1e05", "2e-0x", "nan", "inf", "+0.5", "", "-"]),
    ("FLOAT(-1, 1)", &["-0", "-0.0", "-1", "-1e0"], &["-1.0001", "--1", "- 1"]),
    ("FLOAT(0, 10, x, FIXED)", &["1.5", "10", "0"], &["1e0", "1.5e0", "1.5E0", "1."]),
    ("FLOAT(0, 10, x, SCIENTIFIC)", &["1.5e0", "1e1", "1E+1", "1e-1"], &["1.5", "10", "1e", "1e+"]),
    ("FLOATP(0, 10, 1, 3)", &["1.5", "1.500", "10.0", "1.5e0"], &["1", "1.5000", "10", "0.5e0", "10.5e-1", "15e-1"]),
    ("FLOATP(0, 10, 0, 2, x, FIXED) ASSERT(x * 100 == 150 || x > 2)", &["1.5", "1.50", "3"], &["1.51", "1.500"]),
    ("STRING(\"a\\nb\\t\\\"\\\\\\101\\x\")", &["a\nb\t\"\\A\\x"], &["a\nb", "a\nb\t\"\\A\\y", "A\nb\t\"\\A\\x", ""]),
    ("STRING(\"two \\\nparts\")", &["two parts"], &["two \nparts", "two"]),
    ("REGEX(\"[a-z]+\")", &["a", "hello"], &["", "A", "aB", "1", "a "]),
    ("REGEX(\"(a|bc){2,3}\", s) ASSERT(STRLEN(s) >= 4)", &["bcbc", "abca", "aabc"], &["aa", "aaa", "bc", "aaaa"]),
    ("REGEX(\".*\")", &["", "any\nthing\n", "\u{e9}"], &[]),
    ("REGEX(\"[^\\n]*\") NEWLINE", &["\n", "x y\n"], &["", "x", "x\ny"]),
    ("REGEX(\"[01]\", a) REGEX(\"[01]\", b) ASSERT(a != b)", &["01", "10"], &["00", "11", "0"]),
    ("ASSERT(7 / 2 == 3 && -7 / 2 == -3 && 7 % 3 == 1 && -7 % 3 == -1)", &[""], &["x"]),
    ("ASSERT(7.0 / 2 == 3.5 && 2^10 == 1024 && -2^2 == -4 && 2^3^2 == 512 && (1 + 2) * 3 == 9)", &[""], &[]),
    ("ASSERT(0.1 + 0.2 == 0.3 && 1 == 1.0 && 1e2 == 100 && 1e-2 < 0.011)", &[""], &[]),
    ("ASSERT(\"ab\" < \"b\" && \"a\" != \"A\" && STRLEN(\"abc\") == 3)", &[""], &[]),
    ("ASSERT(1 < 2 || 1 / 0 == 1)", &[""], &[]),
    ("ASSERT(!(1 > 2) && (1 < 2 || 2 < 1) && ((3) == 3) && ((1 + 1) * 2 == 4))", &[""], &[]),
    ("ASSERT(1 > 2)", &[], &["", "x"]),
    ("WHILE(!ISEOF) INT(0, 9) NEWLINE END", &["", "1\n", "1\n2\n"], &["1", "1\n\n", "10\n"]),
    ("WHILE(!MATCH(\"\\n\"), SPACE) INT(0, 9) END NEWLINE", &["\n", "1\n", "1 2 3\n"], &["1 \n", "1  2\n", "1"]),
    ("WHILEI(i, MATCH(\"ab\")) REGEX(\"[ab]\") END ASSERT(i == 3)", &["aba"], &["ab", "abab", "abc"]),
    ("INT(0, 1, x) IF(x == 1) STRING(\"yes\") ELSE STRING(\"no\") END", &["1yes", "0no"], &["1no", "0yes", "1", "0"]),
    ("INT(0, 1, x) IF(x == 1) STRING(\"yes\") END NEWLINE", &["1yes\n", "0\n"], &["1\n", "0yes\n"]),
    ("REP(3, SPACE) INT(1, 3, x) SET(a[x] = 1) END ASSERT(INARRAY(1, a)) ASSERT(!INARRAY(2, a))", &["1 2 3", "1 1 1"], &["1 2", "1 2 4"]),
    ("REPI(i, 3, SPACE) INT(1, 9, x[i]) END ASSERT(UNIQUE(x))", &["1 2 3", "9 8 7"], &["1 1 2", "1 2 1", "3 3 3"]),
    ("REPI(i, 2, NEWLINE) INT(0, 9, x[i]) SPACE FLOAT(0, 9, y[i]) END ASSERT(UNIQUE(x, y))", &["1 2\n2 1", "1 1\n1 1.5"], &["1 2\n1 2.0", "0 0\n0 0e5"]),
    ("REPI(i, 2) REPI(j, 2, SPACE) INT(0, 9, m[i, j]) END NEWLINE END ASSERT(m[0, 1] == m[1, 0])", &["1 2\n2 3\n"], &["1 2\n3 2\n", "12\n23\n"]),
    ("REP(2) REPI(i, 2, SPACE) INT(0, 9, x[i]) END ASSERT(UNIQUE(x)) UNSET(x, i) NEWLINE END", &["1 2\n1 2\n"], &["1 1\n1 2\n", "1 2\n1 1\n"]),
    ("SET(a = 1, b = a + 1, c = \"x\") ASSERT(b == 2) STRING(c)", &["x"], &["c", ""]),
    ("INT(1,3,n)NEWLINE REP(n,NEWLINE)REP(n,SPACE)INT(0,1)END END", &["1\n1", "2\n0 1\n1 0"], &["2\n0 1", "2\n0 1 1 0"]),
];

#[test]
fn the_table() {
    let mut wrong = Vec::new();
    for (script, good, bad) in TABLE {
        if let Err(complaint) = check_script(script) {
            wrong.push(format!("{script}: {complaint}"));
        }
        for input in *good {
            if let Err(complaint) = check(script, input.as_bytes()) {
                wrong.push(format!("{script} refuses {input:?}: {complaint}"));
            }
        }
        for input in *bad {
            match check(script, input.as_bytes()) {
                Ok(()) => wrong.push(format!("{script} takes {input:?}")),
                Err(complaint) if complaint.place.is_none() => wrong.push(complaint.to_string()),
                Err(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn complaints_name_the_place() {
    let script = "INT(1, 9, n) NEWLINE\nREP(n, SPACE)\n  INT(0, 5)\nEND\nNEWLINE";
    for (input, expected) in [
        ("2\n1 7\n", "line 2, column 3: 7 is outside 0 to 5 (line 3 of the script)"),
        ("2\n1\n", "line 2, column 2: expected a space, got '\\n' (line 2 of the script)"),
        ("2\n1 2\nx", "line 3, column 1: expected the end, got 'x' (line 5 of the script)"),
        ("2\n1 ", "line 2, column 3: expected a whole number, got the end (line 3 of the script)"),
        ("03\n", "line 1, column 1: a number has leading zeros (line 1 of the script)"),
        ("0\n", "line 1, column 1: 0 is outside 1 to 9 (line 1 of the script)"),
    ] {
        assert_eq!(check(script, input.as_bytes()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn scripts_that_are_wrong() {
    for (script, expected) in [
        ("INT(1)", "line 1 of the script: expected `,`, got `)`"),
        ("\n\nint(1, 2)", "line 3 of the script: expected a command, got `int`"),
        ("FOO", "line 1 of the script: `FOO` is no command"),
        ("REP(2) INT(0, 1)", "line 1 of the script: END is missing"),
        ("END", "line 1 of the script: `END` closes nothing"),
        ("REP(1) ELSE END", "line 1 of the script: `ELSE` belongs to no IF"),
        ("STRING(\"x", "line 1 of the script: a text has no end"),
        ("STRING(\"\\777\")", "line 1 of the script: `\\777` is no byte"),
        ("FLOAT(0, 1, x, EXACT)", "line 1 of the script: `EXACT` is neither FIXED nor SCIENTIFIC"),
        ("ASSERT(1)", "line 1 of the script: expected a comparison, got `)`"),
        ("SET(a 1)", "line 1 of the script: expected `=`, got `1`"),
        ("INT(0, $)", "line 1 of the script: '$' has no meaning here"),
    ] {
        assert_eq!(check_script(script).unwrap_err().to_string(), expected, "{script}");
    }
    for (script, expected) in [
        ("ASSERT(x == 1)", "`x` has no value"),
        ("SET(a[1] = 2) ASSERT(a[1, 2] == 1)", "`a[1,2]` has no value"),
        ("ASSERT(1 == \"1\")", "a whole number cannot be compared with a text"),
        ("ASSERT(1 + \"1\" == 2)", "texts can only be compared"),
        ("ASSERT(1 / 0 == 1)", "a number is divided by 0"),
        ("ASSERT(1.5 % 2 == 1)", "`%` takes whole numbers"),
        ("ASSERT(2 ^ (0-1) == 1)", "an exponent must not be negative"),
        ("ASSERT(10 ^ 100000000 == 1)", "a number has too many digits"),
        ("STRING(1)", "expected a text, got a whole number"),
        ("REP(0-1) END", "a loop cannot run -1 times"),
        ("REGEX(\"(\")", "a regular expression: "),
        (
            "SET(a[1] = 1, b[2] = 1) ASSERT(UNIQUE(a, b))",
            "the variables of UNIQUE have different indices",
        ),
        ("WHILE(1 == 1) END", "it does not end within"),
        ("REPI(i, 4294967295) SET(x[i] = i) END", "variables hold more than"),
        ("SET(x = 10) REP(64) SET(x = x * x) END", "a number has too many digits"),
    ] {
        let complaint = check_small(script, b"").unwrap_err();
        assert!(complaint.place.is_none(), "{script}: {complaint}");
        assert!(complaint.message.starts_with(expected), "{script}: {complaint}");
    }
    for deep in [
        format!("ASSERT({}1 == 1)", "(".repeat(5000)),
        format!("ASSERT({}1 == 1)", "!".repeat(5000)),
        format!("ASSERT({}1 == 1)", "-".repeat(5000)),
        "REP(1) ".repeat(5000),
        format!("ASSERT(1 == 1{})", "^1".repeat(5000)),
    ] {
        assert!(check_script(&deep).unwrap_err().message.contains("levels"), "{}", &deep[..20]);
    }
}

proptest! {
    #[test]
    fn no_script_and_no_input_is_too_strange(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "INT", "FLOATP", "STRING", "REGEX", "REP", "REPI", "WHILE", "IF", "ELSE", "END", "SET", "UNSET",
                "ASSERT", "UNIQUE", "INARRAY", "MATCH", "ISEOF", "STRLEN", "(", ")", "(", ")", ",", "[", "]", "=",
                "==", "<", "&&", "!", "+", "-", "^", "%", "x", "y", "1", "0", "2.5", "1e3", "\"a\"", "\"[ab]*\"",
                "FIXED", "NEWLINE", "SPACE", "EOF", "#", "\n",
            ]),
            0..30,
        ),
        input in "[0-9ab. \\n]{0,20}",
    ) {
        let _ = check_small(&words.join(" "), input.as_bytes());
    }

    #[test]
    fn numbers_are_taken_as_they_are_printed(n in any::<i128>(), low in any::<i64>(), high in any::<i64>()) {
        let fits = check(&format!("INT(0 - {}, {})", low.unsigned_abs(), high.unsigned_abs()), n.to_string().as_bytes());
        let inside = -i128::from(low.unsigned_abs()) <= n && n <= i128::from(high.unsigned_abs());
        prop_assert_eq!(fits.is_ok(), inside);
    }
}
