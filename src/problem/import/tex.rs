//! A plain reading of a TeX statement as Markdown, for packages of all formats: mathematics stays, what is known
//! becomes its like, of other commands the words stay, and those without words stay themselves.

/// How deep braces may be; deeper text is taken as it is.
const MAX_DEPTH: usize = 40;
/// How far the end of what is in brackets or between two signs is looked for, in bytes.
const LONGEST: usize = 1000;
/// Environments that are mathematics.
const FORMULAS: [&str; 6] = ["align", "displaymath", "eqnarray", "equation", "gather", "multline"];
/// Environments whose text is as it is.
const VERBATIM: [&str; 2] = ["lstlisting", "verbatim"];
/// Commands that say how something looks, without arguments.
const LOOKS: [&str; 16] = [
    "bigskip",
    "centering",
    "clearpage",
    "footnotesize",
    "hfill",
    "large",
    "maketitle",
    "medskip",
    "newline",
    "newpage",
    "nextsample",
    "noindent",
    "remainingsamples",
    "small",
    "smallskip",
    "sloppy",
];
/// Commands whose argument is not shown.
const SILENT: [&str; 7] =
    ["hspace", "input", "label", "problemname", "setlength", "thispagestyle", "vspace"];
/// Commands of one argument and what stands around it.
const AROUND: [(&str, &str); 11] = [
    ("bf", "**"),
    ("em", "*"),
    ("emph", "*"),
    ("it", "*"),
    ("t", "`"),
    ("textbf", "**"),
    ("textit", "*"),
    ("textsc", ""),
    ("texttt", "`"),
    ("tt", "`"),
    ("underline", ""),
];
/// Signs that are written in more characters than one.
const SIGNS: [(&str, &str); 6] =
    [("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("<<", "«"), (">>", "»")];

/// The title that a statement says.
pub(super) fn title(text: &str) -> Option<String> {
    let plain = text.lines().find_map(|line| line.trim().strip_prefix("%% plainproblemname:"));
    if let Some(plain) = plain {
        return Some(plain.trim().to_owned());
    }
    let at = text.find("\\problemname{")? + "\\problemname{".len();
    let end = group_end(&text[at..])?;
    let title = markdown(&text[at..at + end], &|_| None);
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

/// The text as Markdown; `constant` has the values of `\constant{…}`.
pub(super) fn markdown(text: &str, constant: &dyn Fn(&str) -> Option<String>) -> String {
    let mut reader = Reader { constant, out: String::new(), lists: Vec::new(), broken: false };
    reader.read(text, 0);
    let mut lines: Vec<&str> = Vec::new();
    let mut code = false;
    for line in reader.out.lines().map(str::trim_end) {
        code ^= line == "```";
        let again = line.is_empty() && lines.last().is_none_or(|last| last.is_empty());
        if code || !again {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
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
    constant: &'c dyn Fn(&str) -> Option<String>,
    out: String,
    /// The lists that are open: the number of the next item, or 0 where items have none.
    lists: Vec<usize>,
    /// Something is never closed. Nobody looks for the end of another one then, which could take for ever.
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
            let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
            rest = match c {
                '\\' => self.command(after, depth),
                '$' => self.mathematics(rest),
                '%' => after.split_once('\n').map_or("", |(_, next)| next),
                '{' | '}' => after,
                '~' => self.say(" ", after),
                _ => match sign {
                    Some((sign, shown)) => self.say(shown, &rest[sign.len()..]),
                    None => self.say(&rest[..c.len_utf8()], after),
                },
            };
        }
    }

    /// Writes something and goes on with the rest.
    fn say<'t>(&mut self, text: &str, rest: &'t str) -> &'t str {
        self.out.push_str(text);
        rest
    }

    /// What is between dollars stays as it is.
    fn mathematics<'t>(&mut self, text: &'t str) -> &'t str {
        let mark = if text.starts_with("$$") { "$$" } else { "$" };
        let inside = &text[mark.len()..];
        let mut marks = inside.match_indices(mark).map(|(at, _)| at);
        let end = marks.find(|at| !inside[..*at].ends_with('\\'));
        let end = end.map_or(text.len(), |at| at + 2 * mark.len());
        self.say(&text[..end], &text[end..])
    }

    /// What comes after a backslash; returns what is left.
    fn command<'t>(&mut self, text: &'t str, depth: usize) -> &'t str {
        let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        if length == 0 {
            let Some(c) = text.chars().next() else { return text };
            let after = &text[c.len_utf8()..];
            return match c {
                '\\' => self.say("\n", after),
                ',' | ' ' | ';' | ':' => self.say(" ", after),
                '[' | ']' => self.say("$$", after),
                '(' | ')' => self.say("$", after),
                // They would mean something in Markdown.
                '*' | '_' => self.say(&format!("\\{c}"), after),
                _ => self.say(&text[..c.len_utf8()], after),
            };
        }
        let name = &text[..length];
        let rest = text[length..].strip_prefix('*').unwrap_or(&text[length..]);
        match name {
            "begin" | "end" => {
                let (environment, rest) = self.argument(rest);
                self.environment(environment.trim_end_matches('*'), name == "begin", rest)
            }
            "item" => self.item(rest),
            "section" | "InputFile" | "OutputFile" => self.heading("##", name, rest, depth),
            "subsection" => self.heading("###", name, rest, depth),
            "par" => self.say("\n\n", rest),
            "ldots" | "dots" | "textellipsis" => {
                self.say("…", rest.strip_prefix("{}").unwrap_or(rest))
            }
            "includegraphics" => {
                let (file, rest) = self.argument(rest);
                self.picture(file, "");
                rest
            }
            "illustration" => {
                let rest = self.argument(rest).1;
                let (file, rest) = self.argument(rest);
                let (caption, rest) = self.argument(rest);
                self.picture(file, caption);
                rest
            }
            "url" => {
                let (address, rest) = self.argument(rest);
                self.say(&format!("<{address}>"), rest)
            }
            "href" => {
                let (address, rest) = self.argument(rest);
                let rest = self.wrapped(rest, "[", "]", depth);
                self.say(&format!("({address})"), rest)
            }
            "constant" => {
                let (word, rest) = self.argument(rest);
                let value = (self.constant)(word).unwrap_or_else(|| word.to_owned());
                self.say(&value, rest)
            }
            "verb" => self.verbatim_words(rest),
            _ if SILENT.contains(&name) => self.argument(rest).1,
            // White space after a command belongs to it.
            _ if LOOKS.contains(&name) => rest.trim_start_matches(' '),
            _ => {
                let known = AROUND.iter().find(|(own, _)| *own == name);
                let around = known.map_or("", |(_, around)| around);
                if rest.trim_start().starts_with('{') {
                    self.wrapped(rest, around, around, depth)
                } else if known.is_some() {
                    rest.trim_start_matches(' ')
                } else {
                    self.say(&format!("\\{name}"), &text[length..])
                }
            }
        }
    }

    /// The argument between two texts.
    fn wrapped<'t>(&mut self, text: &'t str, before: &str, after: &str, depth: usize) -> &'t str {
        let (inside, rest) = self.argument(text);
        self.out.push_str(before);
        self.read(inside.trim(), depth + 1);
        self.say(after, rest)
    }

    /// The argument as a heading; without one, the command's own name.
    fn heading<'t>(&mut self, mark: &str, name: &str, text: &'t str, depth: usize) -> &'t str {
        self.out.push_str(&format!("\n\n{mark} "));
        if text.trim_start().starts_with('{') {
            return self.wrapped(text, "", "\n\n", depth);
        }
        self.say(&format!("{name}\n\n"), text)
    }

    fn item<'t>(&mut self, rest: &'t str) -> &'t str {
        let mark = match self.lists.last_mut() {
            Some(number) if *number > 0 => {
                *number += 1;
                format!("{}.", *number - 1)
            }
            _ => "-".to_owned(),
        };
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        self.say(&format!("\n{indent}{mark} "), rest.trim_start())
    }

    /// A picture, which is kept beside the statements; nothing where its format is not said.
    fn picture(&mut self, file: &str, caption: &str) {
        let file = file.trim();
        if file.contains('.') {
            let file = super::plain_name(file.rsplit('/').next().unwrap_or(file));
            self.out.push_str(&format!("![{}](statements/{file})", caption.trim()));
        }
    }

    /// `|words|`, between two of any sign.
    fn verbatim_words<'t>(&mut self, text: &'t str) -> &'t str {
        let Some(mark) = text.chars().next() else { return text };
        if mark == '{' {
            let (inside, rest) = self.argument(text);
            return self.say(&format!("`{inside}`"), rest);
        }
        let inside = &text[mark.len_utf8()..];
        let end = inside.char_indices().take(LONGEST).find(|(_, c)| *c == mark);
        let Some((end, _)) = end else { return text };
        self.say(&format!("`{}`", &inside[..end]), &inside[end + mark.len_utf8()..])
    }

    fn environment<'t>(&mut self, name: &str, begins: bool, rest: &'t str) -> &'t str {
        let is_formula = FORMULAS.contains(&name);
        if begins && (is_formula || VERBATIM.contains(&name)) && !self.broken {
            let end = rest.split_once(&format!("\\end{{{name}"));
            let end = end.and_then(|(inside, after)| Some((inside, after.split_once('}')?.1)));
            if let Some((inside, after)) = end {
                let inside = inside.trim_matches('\n');
                let text = if is_formula {
                    format!("\n$$\\begin{{{name}}}{inside}\\end{{{name}}}$$\n")
                } else {
                    format!("\n```\n{inside}\n```\n")
                };
                return self.say(&text, after);
            }
            self.broken = true;
        }
        match (name, begins) {
            ("Input" | "Output" | "Interaction", true) => {
                self.out.push_str(&format!("\n\n## {name}\n\n"));
            }
            ("itemize", true) => self.lists.push(0),
            ("enumerate", true) => self.lists.push(1),
            ("itemize" | "enumerate", false) => _ = self.lists.pop(),
            ("tabular" | "wrapfigure", true) => return self.argument(rest).1,
            _ => {}
        }
        self.say("\n", rest)
    }

    /// The next argument in braces, with what is optional before it passed over, and what follows. Nothing where
    /// there is none.
    fn argument<'t>(&mut self, text: &'t str) -> (&'t str, &'t str) {
        let mut rest = text;
        while let Some(optional) = rest.trim_start().strip_prefix('[') {
            let end = optional.bytes().take(LONGEST).position(|byte| byte == b']');
            let Some(end) = end else { return ("", text) };
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
    use proptest::prelude::*;

    fn plain(text: &str) -> String {
        markdown(text, &|word| (word == "n").then(|| "100".to_owned()))
    }

    #[test]
    fn a_statement_becomes_markdown() {
        let text = "\\problemname{Odd \\emph{Echo}} % the title\n\\illustration{0.3}{x.png}{A picture}\n\
                    Given $n \\le 10\\%$ ``words'', say \\textbf{all of \\texttt{them}}.\\\\ 50\\% --- or\n\n\n\n\
                    \\section*{Input}\nA line~with $$x_1$$.\n\\begin{itemize}\n\\item one\n\\item two\n\\end{itemize}\n\
                    \\begin{Output}\nx\\end{Output}\n\\begin{verbatim}\n a_b\\c\n\n\n%\n\\end{verbatim}\n\\href{http://x}{y}\n";
        assert_eq!(title(text).unwrap(), "Odd *Echo*");
        assert_eq!(
            plain(text),
            "![A picture](statements/x.png)\nGiven $n \\le 10\\%$ “words”, say **all of `them`**.\n 50% — or\n\n\
             ## Input\n\nA line with $$x_1$$.\n\n- one\n\n- two\n\n## Output\n\nx\n\n```\n a_b\\c\n\n\n%\n```\n\n\
             [y](http://x)"
        );
        assert_eq!(title("%% plainproblemname: x^2\n\\problemname{$x^2$}").unwrap(), "x^2");
        assert_eq!(title("no title"), None);
    }

    #[test]
    fn what_is_known_becomes_its_like() {
        for (tex, md) in [
            ("a \\textbf{b \\textit{c}} d", "a **b *c*** d"),
            ("\\t{x} --- <<y>> ``z'' 1--2", "`x` — «y» “z” 1–2"),
            ("$a \\le b$~and $$x_{i}$$", "$a \\le b$ and $$x_{i}$$"),
            ("$a\\$b$ \\(c\\) \\[d\\]", "$a\\$b$ $c$ $$d$$"),
            ("5\\% \\& \\_ \\$1 \\{x\\}", "5% & \\_ $1 {x}"),
            ("x % comment\ny", "x y"),
            ("\\begin{itemize}\n\\item a\n\\item b\n\\end{itemize}\nc", "- a\n\n- b\n\nc"),
            ("\\begin{enumerate}\\item a\\item b\\end{enumerate}", "1. a\n2. b"),
            ("\\includegraphics[width=8cm]{a b.png}", "![](statements/a_b.png)"),
            ("\\href{http://x}{y}, \\url{http://z}", "[y](http://x), <http://z>"),
            (
                "\\begin{align*}\nx &= 1 % one\n\\end{align*}",
                "$$\\begin{align}x &= 1 % one\\end{align}$$",
            ),
            ("\\verb|a_b| and \\verb{c}", "`a_b` and `c`"),
            ("{\\bf x} {\\em y}", "x y"),
            ("up to \\constant{n}, \\constant{m}", "up to 100, m"),
            ("\\subsection{A \\emph{b}}c", "### A *b*\n\nc"),
            ("\\noindent\\unknown{x} \\begin{tabular}{c} y \\le z", "x  y \\le z"),
            ("a\n\n\n\nb", "a\n\nb"),
            ("", ""),
        ] {
            assert_eq!(plain(tex), md, "{tex}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\\\\{}$%~a-c é|\n-]{0,60}|(\\\\(textbf|item|begin|end|href|verb)|[{}$ ])*") {
            plain(&text);
            title(&text);
        }
    }

    #[test]
    fn nobody_waits_for_what_never_ends() {
        for piece in ["\\textbf{", "\\a[", "$", "\\begin{verbatim}", "\\illustration{"] {
            plain(&piece.repeat(100_000));
        }
        plain(&format!("{}x{}", "\\textbf{".repeat(2000), "}".repeat(2000)));
    }
}
