//! The classes of a Java source, as far as names of files and of the class to run depend on them.

/// What a source says of names.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Names<'a> {
    /// The class that can be run: the first with a `main`.
    pub run: Option<&'a str>,
    /// The class after which the file must be named: the public one.
    pub file: Option<&'a str>,
}

/// Reads the classes outside of all others. Comments and texts are passed over.
pub(super) fn main(text: &str) -> Names<'_> {
    let mut names = Names::default();
    let (mut depth, mut class, mut public, mut before) = (0_usize, None, false, "");
    for word in words(text) {
        match word {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                public &= depth > 0;
            }
            ";" if depth == 0 => public = false,
            "public" if depth == 0 => public = true,
            _ if depth == 0 && ["class", "interface", "enum", "record"].contains(&before) => {
                class = Some(word);
                if public && names.file.is_none() {
                    names.file = class;
                }
            }
            "main" if depth == 1 && before == "void" && names.run.is_none() => names.run = class,
            _ => {}
        }
        before = word;
    }
    names
}

/// Whether a class can have this name.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(part_of_name)
}

fn part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The words of a source: names, and other characters one by one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let passed = match rest.as_bytes() {
                [] => return None,
                [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
                [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
                [b'"', b'"', b'"', ..] => {
                    rest[3..].find("\"\"\"").map_or(rest.len(), |end| end + 6)
                }
                [quote @ (b'"' | b'\''), ..] => quoted(rest, *quote),
                _ => break,
            };
            rest = &rest[passed..];
        }
        let name = part_of_name;
        let first = rest.chars().next()?;
        let end = if name(first) {
            rest.find(|c| !name(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// The length of a text in quotes, which ends with its line at the latest.
fn quoted(text: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, &byte) in text.as_bytes().iter().enumerate().skip(1) {
        match byte {
            b'\n' => return at,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_follow_from_the_text() {
        for (text, run, file) in [
            ("", None, None),
            ("class A { static void main(String[] a) {} }", Some("A"), None),
            (
                "public class A {}\nclass B { public static void main(String[] a) {} }",
                Some("B"),
                Some("A"),
            ),
            (
                "import java.util.*; public final class A { void f() {} class B { void main() {} } }",
                None,
                Some("A"),
            ),
            (
                "// public class X\n/* class Y { */ public class A { String s = \"}\"; char c = '}'; void main() {} }",
                Some("A"),
                Some("A"),
            ),
            (
                "class A { String s = \"\"\"\n} class X\n\"\"\"; void main() {} } public enum E { }",
                Some("A"),
                Some("E"),
            ),
            (
                "@X(\"a\\\"{\") public record R(int a) { static void main() {} }",
                Some("R"),
                Some("R"),
            ),
            ("public interface I { } class C { }", None, Some("I")),
            ("class A { int x = A.class.hashCode(); void main() {} }", Some("A"), None),
        ] {
            assert_eq!(main(text), Names { run, file }, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(class|public|main|void|[{}\"'/*\\\\\né ]){0,20}") {
            let _ = main(&text);
        }
    }
}
