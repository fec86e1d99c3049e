//! Times and sizes as people read them.

/// Milliseconds: `12 ms` below a second, else `1.03 s`.
pub fn millis(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { seconds(ms, 2) }
}

/// Milliseconds as seconds with so many decimals: `0.84 s`; minutes from a hundred seconds on.
pub fn seconds(ms: u64, decimals: usize) -> String {
    if ms < 100_000 {
        format!("{:.decimals$} s", ms as f64 / 1000.0)
    } else {
        format!("{} min {} s", ms / 60_000, ms / 1000 % 60)
    }
}

/// KiB: `812 KB`, `3.1 MB`, `1.50 GB`.
pub fn kibibytes(kib: u64) -> String {
    match kib {
        0..1024 => format!("{kib} KB"),
        1024..1_048_576 => format!("{:.1} MB", kib as f64 / 1024.0),
        _ => format!("{:.2} GB", kib as f64 / 1_048_576.0),
    }
}

/// Bytes: `812 B`, `1.2 KB`, then as [`kibibytes`].
pub fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.1} KB", count as f64 / 1024.0),
        _ => kibibytes(count / 1024),
    }
}

/// Points with at most two decimals: `40`, `12.5`.
pub fn points(points: f64) -> String {
    let text = format!("{points:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A count and its noun: `1 warning`, `2 warnings`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Text that untrusted code may have written, without what could drive a terminal: control
/// characters but line ends and tabs are shown as `�`, and `\r\n` becomes a plain line end.
pub fn harmless(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c };
    text.replace("\r\n", "\n").chars().map(shown).collect()
}

/// The same in one line.
pub fn one_line(text: &str) -> String {
    harmless(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!(
            [0, 12, 999, 1000, 1034].map(millis),
            ["0 ms", "12 ms", "999 ms", "1.00 s", "1.03 s"]
        );
        assert_eq!((seconds(840, 2), seconds(420, 1)), ("0.84 s".into(), "0.4 s".into()));
        assert_eq!(seconds(125_000, 1), "2 min 5 s");
        assert_eq!([0, 812, 3072, 18_637].map(kibibytes), ["0 KB", "812 KB", "3.0 MB", "18.2 MB"]);
        assert_eq!(kibibytes(1 << 20), "1.00 GB");
        assert_eq!(
            [0.0, 40.0, 100.0, 12.5, 33.333].map(points),
            ["0", "40", "100", "12.5", "33.33"]
        );
        assert_eq!([5, 1229, 6 << 20].map(bytes), ["5 B", "1.2 KB", "6.0 MB"]);
        assert_eq!(
            (count(1, "warning"), count(0, "warning")),
            ("1 warning".into(), "0 warnings".into())
        );
    }

    #[test]
    fn terminals_are_not_driven_by_programs() {
        assert_eq!(harmless("a\x1b[31m\r\n\tb\rc\u{9b}"), "a\u{fffd}[31m\n\tb\u{fffd}c\u{fffd}");
    }
}
