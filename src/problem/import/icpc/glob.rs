//! The formats' patterns: `*` within a name, `{a,b}`; no `**`, no `[…]`.

/// How many patterns braces may stand for.
const MOST: usize = 1000;

/// The patterns without braces that one with braces stands for; the error says what is wrong with it.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, String> {
    if pattern.contains("**") {
        return Err("`**` is not known; `*` stands for any characters but `/`".to_owned());
    }
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        let Some(start) = pattern.rfind('{') else {
            if pattern.contains('}') {
                return Err("has a `}` without a `{`".to_owned());
            }
            done.push(pattern);
            continue;
        };
        // The last opening brace has no brace within it.
        let Some(end) = pattern[start..].find('}') else {
            return Err("has a `{` without a `}`".to_owned());
        };
        let (before, after) = (&pattern[..start], &pattern[start + end + 1..]);
        for part in pattern[start + 1..start + end].split(',') {
            open.push(format!("{before}{}{after}", part.trim()));
        }
        if open.len() + done.len() > MOST {
            return Err(format!("stands for more than {MOST} patterns"));
        }
    }
    done.sort();
    done.dedup();
    Ok(done)
}

/// Whether a pattern without braces fits a path or a folder that it lies in.
pub(super) fn covers(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    pattern.split('/').all(|pattern| parts.next().is_some_and(|part| fits(pattern, part)))
}

/// Whether a pattern of one name fits it; every other character stands for itself.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = name.find(piece) else { return false };
        name = &name[at + piece.len()..];
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_and_stars() {
        assert_eq!(expand("a.{py,cpp}").unwrap(), ["a.cpp", "a.py"]);
        assert_eq!(expand("{a,b{c,d}}").unwrap(), ["a", "bc", "bd"]);
        assert_eq!(expand("x{ 4 }").unwrap(), ["x4"]);
        for (pattern, path) in [
            ("accepted", "accepted/a.py"),
            ("accepted/*", "accepted/a.py"),
            ("*/a*.py", "x/abc.py"),
            ("secret/*-easy", "secret/1-easy"),
            ("a*b*c", "aXbYbc"),
        ] {
            assert!(covers(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a.py", "accepted/a.py"),
            ("accepted/*/x", "accepted/x"),
            ("*.py", "accepted/a.py"),
            ("accept", "accepted/a.py"),
            ("a?", "ab"),
            ("ab*ba", "aba"),
        ] {
            assert!(!covers(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn wrong_patterns() {
        for pattern in ["a**", "{a", "a}"] {
            assert!(expand(pattern).is_err(), "{pattern}");
        }
        assert!(expand(&"{a,b}".repeat(20)).unwrap_err().contains("more than"));
    }
}
