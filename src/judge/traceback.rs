//! Why a program crashed, out of what its runtime says: in a line, and in the user's own lines where the
//! problem's code lies around or beside them.

use super::{Stub, places::HIDDEN};
use regex::Regex;

/// So much of a reason is told, in characters.
const REASON: usize = 200;

/// A user's own part of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The name of the file in which it lies.
    pub file: String,
    /// The problem's code around it in that file, if there is some.
    pub stub: Option<Stub>,
    /// What the user wrote.
    pub code: String,
}

impl Own {
    /// What a runtime says about the whole program, as words about the user's part of it: numbers of lines are
    /// the user's, and steps through the problem's own code are left out with what is quoted of it.
    pub fn traceback(&self, stderr: &str) -> String {
        let Some(stub) = &self.stub else { return stderr.to_owned() };
        let words = stub.own_words(&self.file, &self.code, stderr);
        let mark = format!("({HIDDEN})");
        let mut kept: Vec<&str> = Vec::new();
        let mut lines = words.split('\n').peekable();
        while let Some(line) = lines.next() {
            if line.trim() == HIDDEN {
                continue;
            }
            if !line.contains(&mark) {
                kept.push(line);
            } else if is_step(line) {
                // Go names the function in the line before.
                if line.starts_with('\t') && !is_named_step(line) {
                    kept.pop();
                }
                // Python quotes the line, and marks a part of it.
                while lines.next_if(|next| next.starts_with("    ") && !is_step(next)).is_some() {}
            } else if line.ends_with(&format!("{mark}:?")) {
                // Node quotes the line where it stopped, up to an empty one.
                while lines.next_if(|next| !next.trim().is_empty()).is_some() {}
            } else if line.contains("ssertion") {
                kept.push("an assertion in the problem's own code failed");
            } else {
                kept.push(line);
            }
        }
        kept.join("\n")
    }

    /// Why it crashed, in a line: what its runtime says, and the innermost of the user's own lines. `None` when
    /// it said nothing.
    pub fn reason(&self, stderr: &str) -> Option<String> {
        let words = self.traceback(stderr);
        let lines: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
        let reason = headline(&lines)?;
        let place = self.innermost(&lines).filter(|place| !reason.contains(place.as_str()));
        let reason: String = reason.chars().take(REASON).collect();
        Some(match place {
            Some(place) => format!("{reason} ({place})"),
            None => reason,
        })
    }

    /// The place in the user's file at which it was, such as `main.py:3`.
    fn innermost(&self, lines: &[&str]) -> Option<String> {
        let file = regex::escape(&self.file);
        let place = Regex::new(&format!(r#"(?:^|[^\w.-]){file}(?:", line |:)(\d+)"#)).ok()?;
        let mut places = lines
            .iter()
            .filter(|line| is_step(line))
            .filter_map(|line| Some(place.captures(line)?.get(1)?.as_str()));
        // Python tells the outermost step first.
        let python = lines.iter().any(|line| line.trim_start().starts_with("File \""));
        let line = if python { places.next_back() } else { places.next() }?;
        Some(format!("{}:{line}", self.file))
    }
}

/// Whether a line names a step of a traceback.
fn is_step(line: &str) -> bool {
    is_named_step(line) || line.starts_with('\t') || line.contains(", called at ")
}

fn is_named_step(line: &str) -> bool {
    let line = line.trim_start();
    ["File \"", "at ", "from "].iter().any(|start| line.starts_with(start))
}

/// The line that says why, of those that are not empty: where it stands is each runtime's own custom.
fn headline(lines: &[&str]) -> Option<String> {
    let find = |start: &str| lines.iter().rposition(|line| line.starts_with(start));
    let whole = |at: usize| Some(lines.get(at)?.trim().to_owned());
    // Java, Kotlin
    if let Some(at) = find("Caused by: ").or_else(|| find("Exception in thread ")) {
        let line = lines[at].strip_prefix("Exception in thread ").unwrap_or(lines[at]);
        let line = line.strip_prefix("\"main\" ").unwrap_or(line);
        return Some(line.trim().to_owned());
    }
    // Go
    if let Some(at) = lines.iter().position(|line| line.starts_with("panic: ")) {
        return whole(at);
    }
    // Rust: since 1.73 what it says stands below.
    if let Some(at) = lines.iter().position(|line| line.contains(" panicked at ")) {
        let said = lines.get(at + 1).filter(|_| lines[at].ends_with(':'));
        return Some(format!("{} {}", lines[at], said.unwrap_or(&"")).trim().to_owned());
    }
    // Mono
    if let Some(at) = find("Unhandled Exception:") {
        return whole(at + 1);
    }
    // Haskell
    if let Some(at) = find("CallStack (from HasCallStack)") {
        return whole(at.checked_sub(1)?);
    }
    // Node
    if find("Node.js v").is_some() {
        let step = lines.iter().position(|line| line.starts_with("    at "));
        let before = step.unwrap_or(lines.len());
        let said = |line: &&&str| !line.starts_with([' ', '(']) && !line.starts_with("Node.js v");
        return lines[..before].iter().rev().find(said).map(|line| line.trim().to_owned());
    }
    // Ruby
    let ruby = |line: &&&str| line.contains(":in `") && line.trim_end().ends_with(')');
    if let Some(line) = lines.iter().find(ruby).filter(|line| !line.starts_with('\t')) {
        return Some(line.trim().to_owned());
    }
    whole(lines.len().checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user's code is lines 3 and 4 of a file of six.
    fn own(file: &str) -> Own {
        Own {
            file: file.into(),
            stub: Some(Stub {
                start: "hidden start".into(),
                user: String::new(),
                end: "hidden end".into(),
            }),
            code: "first\nsecond".into(),
        }
    }

    #[test]
    fn each_runtimes_words_become_a_line_with_the_users_place() {
        let (first, end) = (3, 6);
        for (file, words, expected) in [
            (
                "main.py",
                format!("Traceback (most recent call last):\n  File \"main.py\", line {end}, in <module>\n    hidden end\n    ^^^^\n  File \"main.py\", line {first}, in twice\n    first\nTypeError: x\n"),
                "TypeError: x (main.py:1)",
            ),
            (
                "Main.java",
                format!("Exception in thread \"main\" java.lang.ArithmeticException: / by zero\n\tat Solution.twice(Main.java:{first})\n\tat Main.main(Main.java:{end})\n"),
                "java.lang.ArithmeticException: / by zero (Main.java:1)",
            ),
            (
                "main.js",
                format!("/box/main.js:{first}\nfirst\n ^\n\nTypeError: no k\n    at twice (/box/main.js:{first}:14)\n    at Object.<anonymous> (/box/main.js:{end}:1)\n    at node:internal/x:1:2\n\nNode.js v20.20.2\n"),
                "TypeError: no k (main.js:1)",
            ),
            (
                "main.rb",
                format!("main.rb:{first}:in `twice': undefined method (NoMethodError)\n\n first\n ^^\n\tfrom main.rb:{end}:in `<main>'\n"),
                "main.rb:1:in `twice': undefined method (NoMethodError)",
            ),
            (
                "main.go",
                format!("panic: runtime error: integer divide by zero\n\ngoroutine 1 [running]:\nmain.twice(...)\n\t/box/main.go:{first}\nmain.main()\n\t/box/main.go:{end} +0x12\n"),
                "panic: runtime error: integer divide by zero (main.go:1)",
            ),
            (
                "main.rs",
                format!("thread 'main' panicked at main.rs:{first}:29:\nindex out of bounds\nnote: run with\n"),
                "thread 'main' panicked at main.rs:1:29: index out of bounds",
            ),
            (
                "main.rs",
                format!("thread 'main' panicked at 'x', main.rs:{first}:9\nnote: run with\n"),
                "thread 'main' panicked at 'x', main.rs:1:9",
            ),
            (
                "main.hs",
                format!("main: boom\nCallStack (from HasCallStack):\n  error, called at main.hs:{first}:5 in main:Main\n"),
                "main: boom (main.hs:1)",
            ),
            (
                "main.cs",
                "\nUnhandled Exception:\nSystem.DivideByZeroException: x\n  at P.Main () [0x00008] in <e8>:0 \n".to_owned(),
                "System.DivideByZeroException: x",
            ),
            ("main.c", "free(): invalid pointer\n".to_owned(), "free(): invalid pointer"),
        ] {
            assert_eq!(own(file).reason(&words).as_deref(), Some(expected), "{words}");
            let shown = own(file).traceback(&words);
            assert!(!shown.contains("hidden end") && !shown.contains(HIDDEN), "{shown}");
            let plain = Own { stub: None, ..own(file) };
            assert_eq!(plain.traceback(&words), words, "with nothing hidden all is shown");
        }
        assert_eq!(own("main.py").reason("\n \n"), None);
    }

    #[test]
    fn what_crashed_in_the_problems_own_code_shows_none_of_it() {
        for (file, words) in [
            (
                "main.py",
                "Traceback (most recent call last):\n  File \"main.py\", line 6, in <module>\n    hidden end\n    ~~~^^^\nNameError: name 'twice' is not defined\n",
            ),
            (
                "main.js",
                "/box/main.js:6\nhidden end\n^\n\nReferenceError: twice is not defined\n    at Object.<anonymous> (/box/main.js:6:1)\n    at node:internal/x:1:2\n\nNode.js v20.20.2\n",
            ),
            ("main.c", "main: main.c:6: main: Assertion `secret > 0' failed.\n"),
        ] {
            let shown = own(file).traceback(words);
            let reason = own(file).reason(words).unwrap();
            for text in [&shown, &reason] {
                assert!(
                    !text.contains("hidden") && !text.contains("secret") && !text.contains(":6"),
                    "{text}"
                );
            }
            assert!(!reason.is_empty() && !reason.contains(file), "{reason}");
        }
    }
}
