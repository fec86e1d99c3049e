//! Patterns of names: of tests, groups and solutions.

/// Whether a name fits a pattern, in which `*` stands for any characters and `?` for one. A `|` stands between
/// alternatives, one of which must fit.
pub fn fits(pattern: &str, name: &str) -> bool {
    pattern.split('|').any(|pattern| fits_one(pattern, name))
}

fn fits_one(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where the last `*` is, and how much of the name it stands for so far.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, name) in [
            ("02-*", "02-a"),
            ("*", ""),
            ("*", "x"),
            ("a*b*c", "aXbYbc"),
            ("0?-x", "02-x"),
            ("x", "x"),
            ("*-big", "1-big-big"),
            ("a|b*|c", "bc"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("02-*", "2-a"),
            ("", "x"),
            ("?", ""),
            ("x", "xy"),
            ("a*b", "abc"),
            ("*a", "b"),
            ("a|b", "a|b"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
        let stars = "*a".repeat(200);
        assert!(!fits(&stars, &"a".repeat(190)), "and soon");
    }
}
