//! Names of tests and files, and patterns that fit them.

/// How many folders a test's name, or that of a file in a program's folder, may have.
const MAX_FOLDERS: usize = 8;

/// `^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}$`, which every part of a name must fit.
pub(in crate::problem) fn is_plain(name: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.len() <= 255
        && name.bytes().next().is_some_and(word)
        && name.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// What is wrong with a name that does not fit.
pub(super) const PLAIN: &str = "a name is 1 to 255 letters, digits, `_`, `-` and `.`, and begins \
                                with a letter, a digit or `_`";

/// Whether a path is made of plain names, in at most 8 folders.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.split('/').count() <= MAX_FOLDERS + 1 && path.split('/').all(is_plain)
}

/// Whether a file is for readers only.
pub(in crate::problem) fn is_note(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("README") || name.starts_with("LICENSE")
}

/// Whether a test is shown as an example: it lies in the folder `sample`, or `sample` comes after its number.
pub(super) fn is_sample(test: &str) -> bool {
    match test.split_once('/') {
        Some((folder, _)) => folder == "sample",
        None => test
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start_matches('-')
            .starts_with("sample"),
    }
}

/// Whether a text is a pattern, and no plain name.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names() {
        for good in ["a", "_", "01-sample", "x.y-z_1", &"a".repeat(255)] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "é", "a/b", "a\n", "a\\b", &"a".repeat(256)] {
            assert!(!is_plain(bad), "{bad}");
        }
        let deep = "d/".repeat(8);
        for good in ["a", "sample/1", "secret/group-1/01", &format!("{deep}x")] {
            assert!(is_plain_path(good), "{good}");
        }
        for bad in ["", "/a", "a/", "a//b", "a/../b", "a/-b", &format!("{deep}x/y")] {
            assert!(!is_plain_path(bad), "{bad}");
        }
    }

    #[test]
    fn samples() {
        for sample in [
            "01-sample",
            "01-sample-2",
            "1-sample1",
            "sample",
            "0007sample",
            "sample/1",
            "sample/a/b",
        ] {
            assert!(is_sample(sample), "{sample}");
        }
        for secret in [
            "01-big",
            "01-asample",
            "01_sample",
            "x-sample",
            "secret/sample",
            "samples/1",
            "01-sample/1",
        ] {
            assert!(!is_sample(secret), "{secret}");
        }
    }
}
