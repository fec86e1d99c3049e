//! The TeX of Polygon's statements as Markdown: the commands that Polygon itself shows on web pages.
//! Formulas stay as they are; commands that are not known stay too, so that nothing gets lost.

/// Commands of one argument and what stands around it.
const AROUND: [(&str, &str); 9] = [
    ("textbf", "**"),
    ("bf", "**"),
    ("textit", "*"),
    ("it", "*"),
    ("emph", "*"),
    ("texttt", "`"),
    ("t", "`"),
    ("underline", ""),
    ("textsc", ""),
];
/// Environments whose lines say nothing by themselves.
const FRAMES: [&str; 6] = ["center", "itemize", "enumerate", "flushleft", "flushright", "quote"];

/// Converts a text.
pub(super) fn markdown(text: &str) -> String {
    let mut writer = Writer { out: String::new(), lists: Vec::new() };
    writer.text(text, 0);
    let mut lines: Vec<&str> = Vec::new();
    for line in writer.out.lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_none_or(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned()
}

struct Writer {
    out: String,
    /// The lists that are open: the number of the next item, or 0 where they have none.
    lists: Vec<usize>,
}

/// The longest argument of a command, in characters, so that no text is read again and again for the end
/// of an argument that has none.
const LONGEST: usize = 4000;

/// Deeper than any statement is nested; what is deeper stays as it is.
const DEEPEST: usize = 20;

impl Writer {
    fn text(&mut self, text: &str, depth: usize) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let formula = ["$$", "$"].iter().find_map(|sign| {
                let inner = rest.strip_prefix(sign)?;
                let end =
                    inner.match_indices(sign).find(|(at, _)| !inner[..*at].ends_with('\\'))?;
                Some(end.0 + 2 * sign.len())
            });
            if let Some(length) = formula {
                self.out.push_str(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            if c == '\\' {
                rest = self.command(&rest[1..], depth);
                continue;
            }
            let sign =
                [("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("<<", "«"), (">>", "»")]
                    .into_iter()
                    .find(|(sign, _)| rest.starts_with(sign));
            if let Some((sign, shown)) = sign {
                self.out.push_str(shown);
                rest = &rest[sign.len()..];
                continue;
            }
            match c {
                '%' => rest = rest.split_once('\n').map_or("", |(_, next)| next),
                '~' => {
                    self.out.push(' ');
                    rest = &rest[1..];
                }
                '{' | '}' => rest = &rest[1..],
                _ => {
                    self.out.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
    }

    /// Takes a command off, whose backslash is gone, and gives the rest.
    fn command<'t>(&mut self, rest: &'t str, depth: usize) -> &'t str {
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if length == 0 {
            let Some(c) = rest.chars().next() else { return rest };
            self.out.push_str(&match c {
                '\\' => "\n".to_owned(),
                ' ' | ',' | ';' => " ".to_owned(),
                '*' | '_' => format!("\\{c}"),
                other => other.to_string(),
            });
            return &rest[c.len_utf8()..];
        }
        let (name, after) = rest.split_at(length);
        if let Some((_, around)) = AROUND.iter().find(|(own, _)| *own == name)
            && let Some((inner, next)) = argument(after)
            && depth < DEEPEST
        {
            self.out.push_str(around);
            self.text(inner.trim(), depth + 1);
            self.out.push_str(around);
            return next;
        }
        match name {
            "begin" | "end" => self.frame(name == "begin", after),
            "item" => {
                let mark = match self.lists.last_mut() {
                    Some(number) if *number > 0 => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "-".to_owned(),
                };
                let indent = "  ".repeat(self.lists.len().saturating_sub(1));
                self.out.push_str(&format!("\n{indent}{mark} "));
                after.trim_start()
            }
            "includegraphics" => {
                let after = optional(after);
                let Some((file, next)) = argument(after) else { return after };
                self.out
                    .push_str(&format!("![](statements/{})", super::programs::plain(file.trim())));
                next
            }
            "href" | "url" => self.link(name, after, depth),
            "section" | "subsection" | "InputFile" | "OutputFile" => {
                let (title, next) = argument(after).unwrap_or((name, after));
                self.out.push_str(&format!("\n\n### {}\n\n", title.trim()));
                next
            }
            "par" => {
                self.out.push_str("\n\n");
                after
            }
            "ldots" | "dots" => {
                self.out.push('…');
                after.strip_prefix("{}").unwrap_or(after)
            }
            "bigskip" | "medskip" | "smallskip" | "noindent" | "centering" | "small" | "large" => {
                after
            }
            _ => {
                self.out.push('\\');
                self.out.push_str(name);
                after
            }
        }
    }

    fn frame<'t>(&mut self, begins: bool, after: &'t str) -> &'t str {
        let Some((name, next)) = argument(after) else { return after };
        match (name, begins) {
            ("itemize", true) => self.lists.push(0),
            ("enumerate", true) => self.lists.push(1),
            ("itemize" | "enumerate", false) => _ = self.lists.pop(),
            ("verbatim" | "lstlisting" | "lstlisting*", _) => self.out.push_str("\n```"),
            _ if FRAMES.contains(&name) => {}
            _ => {
                let word = if begins { "begin" } else { "end" };
                self.out.push_str(&format!("\\{word}{{{name}}}"));
                return next;
            }
        }
        self.out.push('\n');
        next
    }

    fn link<'t>(&mut self, name: &str, after: &'t str, depth: usize) -> &'t str {
        let Some((address, next)) = argument(after) else { return after };
        if name == "href"
            && let Some((shown, next)) = argument(next)
            && depth < DEEPEST
        {
            self.out.push('[');
            self.text(shown, depth + 1);
            self.out.push_str(&format!("]({address})"));
            return next;
        }
        self.out.push_str(&format!("<{address}>"));
        next
    }
}

/// A text without the `[…]` at its beginning.
fn optional(text: &str) -> &str {
    text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(_, rest)| rest)
}

/// The `{…}` at the beginning of a text, without its braces, and what follows.
fn argument(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('{')?;
    let mut depth = 1;
    let mut escaped = false;
    for (at, c) in inner.char_indices().take(LONGEST) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_polygon_shows() {
        for (tex, md) in [
            ("a \\textbf{b \\textit{c}} d", "a **b *c*** d"),
            ("\\t{x} --- <<y>> ``z''", "`x` — «y» “z”"),
            ("$a \\le b$~and $$x_{i}$$", "$a \\le b$ and $$x_{i}$$"),
            ("5\\% \\& \\_ \\$1 \\{x\\}", "5% & \\_ $1 {x}"),
            ("x % comment\ny", "x y"),
            ("\\begin{itemize}\n\\item a\n\\item b\n\\end{itemize}\nc", "- a\n\n- b\n\nc"),
            ("\\begin{enumerate}\\item a\\item b\\end{enumerate}", "1. a\n2. b"),
            ("\\includegraphics[width=8cm]{a b.png}", "![](statements/a_b.png)"),
            ("\\href{http://x}{y}, \\url{http://z}", "[y](http://x), <http://z>"),
            ("\\unknown{x} \\begin{tabular}{c}", "\\unknownx \\begin{tabular}c"),
            ("a\n\n\n\nb", "a\n\nb"),
            ("", ""),
        ] {
            assert_eq!(markdown(tex), md, "{tex}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\\\\{}$%~a-c é\n-]{0,60}|(\\\\(textbf|item|begin|end|href)|[{}$ ])*") {
            markdown(&text);
        }
    }

    #[test]
    fn depth_is_bounded() {
        markdown(&"\\textbf{".repeat(10_000));
        markdown(&("\\textbf{".repeat(10_000) + &"}".repeat(10_000)));
    }
}
