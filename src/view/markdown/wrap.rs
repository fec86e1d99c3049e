//! Words in styles, filled into lines.

use colored::{ColoredString, Colorize};

/// How words look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) strike: bool,
    pub(super) code: bool,
}

impl Style {
    fn paint(self, text: &str) -> String {
        let mut shown = ColoredString::from(text);
        for (wanted, paint) in [
            (self.bold, Colorize::bold as fn(ColoredString) -> ColoredString),
            (self.italic, Colorize::italic),
            (self.strike, Colorize::strikethrough),
            (self.code, Colorize::cyan),
        ] {
            if wanted {
                shown = paint(shown);
            }
        }
        shown.to_string()
    }
}

/// A piece of text in one style. White space separates words; a line end ends the line.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) style: Style,
}

/// Lines of at most `width` columns; a longer word has a line of its own.
pub(super) fn fill(spans: &[Span], width: usize) -> Vec<String> {
    let mut lines =
        Lines { width, done: Vec::new(), line: String::new(), used: 0, word: Word::default() };
    for Span { text, style } in spans {
        for (at, part) in text.split('\n').enumerate() {
            if at > 0 {
                lines.end_word();
                lines.end_line();
            }
            for (at, piece) in part.split([' ', '\t']).enumerate() {
                if at > 0 {
                    lines.end_word();
                }
                lines.word.push(piece, *style);
            }
        }
    }
    lines.end_word();
    if !lines.line.is_empty() {
        lines.end_line();
    }
    lines.done
}

/// A word, of several styles perhaps.
#[derive(Default)]
struct Word {
    shown: String,
    width: usize,
}

impl Word {
    fn push(&mut self, piece: &str, style: Style) {
        if !piece.is_empty() {
            self.shown.push_str(&style.paint(piece));
            self.width += piece.chars().count();
        }
    }
}

struct Lines {
    width: usize,
    done: Vec<String>,
    line: String,
    used: usize,
    word: Word,
}

impl Lines {
    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.width == 0 {
            return;
        }
        if self.used > 0 && self.used + 1 + word.width > self.width {
            self.end_line();
        }
        if self.used > 0 {
            self.line.push(' ');
            self.used += 1;
        }
        self.line.push_str(&word.shown);
        self.used += word.width;
    }

    fn end_line(&mut self) {
        self.done.push(std::mem::take(&mut self.line));
        self.used = 0;
    }
}
