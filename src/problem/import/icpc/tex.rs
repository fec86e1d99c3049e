//! A plain reading of a TeX statement as Markdown: mathematics stays, what is known becomes its like, of all
//! other commands the words stay.

use super::constants::Constants;

/// How deep braces may be; deeper text is taken as it is.
const MAX_DEPTH: usize = 40;

/// The title that a statement says.
pub(super) fn title(text: &str) -> Option<String> {
    let plain = text.lines().find_map(|line| line.trim().strip_prefix("%% plainproblemname:"));
    if let Some(plain) = plain {
        return Some(plain.trim().to_owned());
    }
    let at = text.find("\\problemname{")? + "\\problemname{".len();
    let end = group_end(&text[at..])?;
    let title = plain_text(&text[at..at + end]);
    (!title.is_empty()).then_some(title)
}

fn plain_text(text: &str) -> String {
    let mut reader = Reader { constants: &Constants::default(), out: String::new(), broken: false };
    reader.read(text, 0);
    reader.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text as Markdown.
pub(super) fn plain(text: &str, constants: &Constants) -> String {
    let text: String = text.lines().map(|line| format!("{}\n", without_comment(line))).collect();
    let mut reader = Reader { constants, out: String::new(), broken: false };
    reader.read(&text, 0);
    let mut out = String::new();
    let mut empty = 0;
    for line in reader.out.lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

/// A line up to its comment.
fn without_comment(line: &str) -> &str {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            '%' if !escaped => return &line[..at],
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    line
}

/// Where the brace ends that was opened before the text.
fn group_end(text: &str) -> Option<usize> {
    let (mut depth, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

struct Reader<'c> {
    constants: &'c Constants,
    out: String,
    /// A brace is never closed. Nobody looks for the end of another one then, which could take for ever.
    broken: bool,
}

impl Reader<'_> {
    fn read(&mut self, text: &str, depth: usize) {
        if depth > MAX_DEPTH {
            self.out.push_str(text);
            return;
        }
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            rest = match c {
                '\\' => self.command(after, depth),
                '$' => self.mathematics(rest),
                '{' | '}' => after,
                '~' => {
                    self.out.push(' ');
                    after
                }
                '`' if after.starts_with('`') => {
                    self.out.push('"');
                    &after[1..]
                }
                '\'' if after.starts_with('\'') => {
                    self.out.push('"');
                    &after[1..]
                }
                '-' if after.starts_with("--") => {
                    self.out.push('—');
                    &after[2..]
                }
                _ => {
                    self.out.push(c);
                    after
                }
            };
        }
    }

    /// What is between dollars stays as it is.
    fn mathematics<'t>(&mut self, text: &'t str) -> &'t str {
        let mark = if text.starts_with("$$") { "$$" } else { "$" };
        let inside = &text[mark.len()..];
        let end = inside.find(mark).map_or(text.len(), |at| at + 2 * mark.len());
        self.out.push_str(&text[..end]);
        &text[end..]
    }

    /// What comes after a backslash; returns what is left.
    fn command<'t>(&mut self, text: &'t str, depth: usize) -> &'t str {
        let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        if length == 0 {
            let Some(c) = text.chars().next() else { return text };
            match c {
                '\\' => self.out.push_str("  \n"),
                ',' | ' ' | ';' | ':' => self.out.push(' '),
                '[' => self.out.push_str("$$"),
                ']' => self.out.push_str("$$"),
                _ => self.out.push(c),
            }
            return &text[c.len_utf8()..];
        }
        let name = &text[..length];
        let rest = text[length..].trim_start_matches('*');
        match name {
            "begin" | "end" => {
                let (environment, rest) = self.argument(rest);
                self.environment(environment, name == "begin", rest)
            }
            "item" => {
                self.out.push_str("\n- ");
                rest.trim_start()
            }
            "problemname" | "label" | "vspace" | "hspace" | "includegraphics" | "input" | "def"
            | "setlength" => self.argument(rest).1,
            "illustration" => {
                let rest = self.argument(rest).1;
                let rest = self.argument(rest).1;
                self.argument(rest).1
            }
            "section" | "subsection" => self.wrapped(rest, "\n\n## ", "\n\n", depth),
            "textbf" => self.wrapped(rest, "**", "**", depth),
            "emph" | "textit" => self.wrapped(rest, "*", "*", depth),
            "texttt" | "verb" if rest.starts_with('{') => self.wrapped(rest, "`", "`", depth),
            "href" => {
                let (address, rest) = self.argument(rest);
                let rest = self.wrapped(rest, "[", "]", depth);
                self.out.push_str(&format!("({address})"));
                rest
            }
            "constant" => {
                let (word, rest) = self.argument(rest);
                self.out.push_str(&self.constants.fill(&format!("{{{{{word}}}}}")));
                rest
            }
            "ldots" | "dots" | "textellipsis" => {
                self.out.push('…');
                rest
            }
            "nextsample" | "remainingsamples" | "noindent" | "medskip" | "bigskip"
            | "smallskip" => rest,
            _ => rest,
        }
    }

    /// The argument between two texts.
    fn wrapped<'t>(&mut self, text: &'t str, before: &str, after: &str, depth: usize) -> &'t str {
        let (inside, rest) = self.argument(text);
        self.out.push_str(before);
        self.read(inside, depth + 1);
        self.out.push_str(after);
        rest
    }

    fn environment<'t>(&mut self, name: &str, begins: bool, rest: &'t str) -> &'t str {
        match name {
            "Input" | "Output" | "Interaction" if begins => {
                self.out.push_str(&format!("\n\n## {name}\n\n"));
            }
            "verbatim" | "lstlisting" if begins => {
                let end = format!("\\end{{{name}}}");
                let (inside, after) = rest.split_once(&*end).unwrap_or((rest, ""));
                self.out.push_str(&format!("\n```\n{}\n```\n", inside.trim_matches('\n')));
                return after;
            }
            "tabular" | "wrapfigure" if begins => return self.argument(rest).1,
            _ => self.out.push('\n'),
        }
        rest
    }

    /// The next argument in braces, with what is optional before it passed over, and what follows. Nothing where
    /// there is none.
    fn argument<'t>(&mut self, text: &'t str) -> (&'t str, &'t str) {
        let mut rest = text;
        while let Some(optional) = rest.trim_start().strip_prefix('[') {
            let Some(end) = optional.find(']') else { return ("", text) };
            rest = &optional[end + 1..];
        }
        let Some(inside) = rest.trim_start().strip_prefix('{') else { return ("", rest) };
        if self.broken {
            return ("", inside);
        }
        if let Some(end) = group_end(inside) {
            (&inside[..end], &inside[end + 1..])
        } else {
            self.broken = true;
            ("", inside)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_becomes_markdown() {
        let text = "\\problemname{Odd \\emph{Echo}} % the title\n\\illustration{0.3}{x.png}{A picture}\n\
                    Given $n \\le 10\\%$ ``words'', say \\textbf{all of \\texttt{them}}.\\\\ 50\\% --- or\n\n\n\n\
                    \\section*{Input}\nA line~with $$x_1$$.\n\\begin{itemize}\n\\item one\n\\item two\n\\end{itemize}\n\
                    \\begin{Output}\nx\\end{Output}\n\\begin{verbatim}\n a_b\\c\n\\end{verbatim}\n\\href{http://x}{y}\n";
        assert_eq!(title(text).unwrap(), "Odd *Echo*");
        assert_eq!(
            plain(text, &Constants::default()),
            "Given $n \\le 10\\%$ \"words\", say **all of `them`**.\n 50% — or\n\n## Input\n\nA line with $$x_1$$.\n\n\n- one\n\n- two\n\n\n## Output\n\nx\n\n```\n a_b\\c\n```\n\n[y](http://x)"
                .replace("\n\n\n", "\n\n")
        );
        assert_eq!(title("%% plainproblemname: x^2\n\\problemname{$x^2$}").unwrap(), "x^2");
        assert_eq!(title("no title"), None);
    }

    #[test]
    fn nothing_makes_it_fail() {
        for text in [
            "\\",
            "{",
            "}",
            "$",
            "$$",
            "\\begin",
            "\\begin{",
            "\\href{a",
            "\\[",
            "%",
            "\\item[",
            "é\\é{é",
        ] {
            plain(text, &Constants::default());
            title(text);
        }
        plain(&"\\textbf{".repeat(10_000), &Constants::default());
        plain(&format!("{}x{}", "\\textbf{".repeat(2000), "}".repeat(2000)), &Constants::default());
    }
}
