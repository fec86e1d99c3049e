//! Where in a user's own code a compiler's message points, when the problem's code lies around it.

use super::Stub;
use regex::{Captures, Regex};

/// What stands in place of a line that users do not see.
pub(super) const HIDDEN: &str = "the problem's own code";

impl Stub {
    /// A compiler's words about the joined program, as words about the user's part of it: line numbers of
    /// `file` count from the user's first line, and lines of the problem's own code are neither numbered nor
    /// shown.
    pub fn own_words(&self, file: &str, code: &str, words: &str) -> String {
        let before = self.start.matches('\n').count() + 2;
        let count = code.matches('\n').count() + 1;
        let own = |number: &str| {
            let line = number.parse::<usize>().ok()?.checked_sub(before)?;
            (1..=count).contains(&line).then_some(line)
        };
        // `main.c:7:2`, `main.cs(7,2)` and `File "main.py", line 7`.
        let place = format!(r#"{}(:|\(|", line )(\d+)"#, regex::escape(file));
        // `   7 | int main()`, as gcc and rustc quote a source.
        let gutter = r"^(\s*)(\d+)( \|)(.*)$";
        let (Ok(place), Ok(gutter)) = (Regex::new(&place), Regex::new(gutter)) else {
            return words.to_owned();
        };
        let place_of = |found: &Captures<'_>| match own(&found[2]) {
            Some(line) => format!("{file}{}{line}", &found[1]),
            None => format!("{file} ({HIDDEN}){}?", &found[1]),
        };
        let quoted = |found: &Captures<'_>| match own(&found[2]) {
            Some(line) => {
                format!(
                    "{}{line:>width$}{}{}",
                    &found[1],
                    &found[3],
                    &found[4],
                    width = found[2].len()
                )
            }
            None => format!("{}{}{} {HIDDEN}", &found[1], "-".repeat(found[2].len()), &found[3]),
        };
        let trimmed = |text: &str| text.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>();
        let (shown, mut hidden) = (trimmed(code), trimmed(&self.start));
        hidden.extend(trimmed(&self.end));
        hidden.retain(|line| line.len() > 2 && !shown.contains(line));
        let line = |line: &str| {
            if hidden.iter().any(|own| own == line.trim()) {
                return format!("    {HIDDEN}");
            }
            let line = place.replace_all(line, place_of);
            gutter.replace(&line, quoted).into_owned()
        };
        words.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stub() -> Stub {
        Stub {
            start: "#include <cstdio>\nint hidden();".into(),
            user: String::new(),
            end: "int main() {\n    return secret();\n}".into(),
        }
    }

    /// The user's two lines are lines 4 and 5 of the joined program.
    const CODE: &str = "int f() {\n    return x; }";

    #[test]
    fn line_numbers_are_the_users_in_every_compilers_form() {
        let stub = stub();
        assert_eq!(stub.join(CODE).lines().nth(4), Some("    return x; }"));
        for (file, words, expected) in [
            ("main.cpp", "main.cpp:5:12: error: 'x'", "main.cpp:2:12: error: 'x'"),
            ("main.go", "./main.go:4:3: undefined: x", "./main.go:1:3: undefined: x"),
            ("main.rs", " --> main.rs:5:12", " --> main.rs:2:12"),
            ("Main.java", "Main.java:5: error: cannot find", "Main.java:2: error: cannot find"),
            ("main.cs", "main.cs(5,12): error CS0103", "main.cs(2,12): error CS0103"),
            ("main.ts", "main.ts(4,1): error TS2304", "main.ts(1,1): error TS2304"),
            ("main.py", "  File \"main.py\", line 5", "  File \"main.py\", line 2"),
            ("main.js", "/box/main.js:5\n  x", "/box/main.js:2\n  x"),
            ("main.rb", "main.rb:4: syntax error", "main.rb:1: syntax error"),
            ("main.cpp", "    5 |     return x; }", "    2 |     return x; }"),
            (
                "main.cpp",
                "    5 |     return x; }\n      |            ^",
                "    2 |     return x; }\n      |            ^",
            ),
            ("main.cpp", "other.h:5:1: note", "other.h:5:1: note"),
        ] {
            assert_eq!(stub.own_words(file, CODE, words), expected);
        }
    }

    #[test]
    fn the_problems_own_code_is_never_shown() {
        let words = "main.cpp:8:12: error: 'secret'\n    8 |     return secret();\n    return secret();\n\
                     main.cpp:2:5: note: here\n    2 | int hidden();";
        let own = stub().own_words("main.cpp", CODE, words);
        assert!(!own.contains("secret()") && !own.contains("hidden()"), "{own}");
        assert!(own.contains("main.cpp (the problem's own code)"), "{own}");
        assert!(own.contains("error: 'secret'"), "the message itself stays: {own}");
    }
}
