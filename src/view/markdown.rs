//! Markdown on a terminal: headings, lists, code, tables, quotations, and words in bold and italics.
//!
//! Everything that could drive the terminal is taken out first; what is no text, such as HTML, stands
//! there as it was written.

mod wrap;

use super::{
    table::{Cell, Column, table},
    units::harmless,
};
use colored::Colorize;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use wrap::{Span, Style, fill};

/// The text in lines of at most `width` columns, without a final line end. Code and tables keep their
/// own width.
pub fn render(text: &str, width: usize) -> String {
    let text = harmless(text);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    let mut page = Page { width: width.max(20), ..Page::default() };
    Parser::new_ext(&text, options).for_each(|event| page.event(event));
    page.flush();
    page.lines.join("\n")
}

/// What has been written, and what is open.
#[derive(Default)]
struct Page {
    width: usize,
    lines: Vec<String>,
    spans: Vec<Span>,
    style: Style,
    heading: Option<HeadingLevel>,
    /// For each open list the number of its next item, or nothing where items have no numbers.
    lists: Vec<Option<u64>>,
    quotes: usize,
    /// The mark of the item that begins, such as `•`.
    mark: Option<String>,
    code: Option<String>,
    rows: Vec<Vec<String>>,
    links: Vec<String>,
    /// Whether the next block stands right below the last one, as the items of a list do.
    tight: bool,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(&text),
            },
            Event::Code(text) => self.styled(&text, |style| style.code = true),
            Event::InlineMath(text) => self.styled(&text, |style| style.italic = true),
            Event::DisplayMath(text) => {
                self.flush();
                self.block(text.trim().lines().map(|line| format!("    {}", line.italic())));
            }
            Event::Html(text) | Event::InlineHtml(text) => self.push(&text),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.push("\n"),
            Event::Rule => {
                self.flush();
                let rule = "─".repeat(self.width.min(40));
                self.block([rule]);
            }
            Event::FootnoteReference(text) => self.push(&format!("[{text}]")),
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = Some(level);
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                // The language is not shown; programs are known by their looks.
                let (CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) = kind;
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.flush();
                self.tight = !self.lists.is_empty();
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                self.mark = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                });
            }
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::Emphasis => self.style.italic = true,
            Tag::Strong => self.style.bold = true,
            Tag::Strikethrough => self.style.strike = true,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push(dest_url.into_string());
            }
            Tag::Paragraph | Tag::Table(_) => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.heading = None;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                let code = code.trim_end_matches('\n').to_owned();
                self.block(code.split('\n').map(|line| format!("    {}", line.cyan())));
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.tight = false;
            }
            TagEnd::Item => {
                self.flush();
                self.mark = None;
                self.tight = true;
            }
            TagEnd::Paragraph => self.flush(),
            TagEnd::TableCell => {
                let text: String = self.spans.drain(..).map(|span| span.text).collect();
                if let Some(row) = self.rows.last_mut() {
                    row.push(text.trim().to_owned());
                }
            }
            TagEnd::Table => self.table(),
            TagEnd::Emphasis => self.style.italic = false,
            TagEnd::Strong => self.style.bold = false,
            TagEnd::Strikethrough => self.style.strike = false,
            TagEnd::Link | TagEnd::Image => {
                if let Some(link) = self.links.pop().filter(|link| !link.is_empty()) {
                    self.push(&format!(" ({link})"));
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        self.spans.push(Span { text: text.to_owned(), style: self.style });
    }

    fn styled(&mut self, text: &str, change: impl FnOnce(&mut Style)) {
        let before = self.style;
        change(&mut self.style);
        self.push(text);
        self.style = before;
    }

    /// Writes the open paragraph, heading or item.
    fn flush(&mut self) {
        if self.spans.iter().all(|span| span.text.trim().is_empty()) {
            self.spans.clear();
            return;
        }
        let mut spans = std::mem::take(&mut self.spans);
        let underline = self.heading.map(|level| {
            for span in &mut spans {
                span.style.bold = true;
            }
            match level {
                HeadingLevel::H1 => Some('═'),
                HeadingLevel::H2 => Some('─'),
                _ => None,
            }
        });
        let indent = 2 * self.lists.len();
        let mark = self.mark.take();
        let first = mark.clone().unwrap_or_default();
        let hang = if mark.is_some() { first.chars().count() } else { 0 };
        // An item's later paragraphs stand below its text, not below its mark.
        let below = if mark.is_none() && indent > 0 { indent } else { indent.saturating_sub(2) };
        let quotes = 2 * self.quotes;
        let mut lines = fill(&spans, self.width.saturating_sub(below + hang + quotes).max(10));
        for (at, line) in lines.iter_mut().enumerate() {
            let lead = if at == 0 { first.clone() } else { " ".repeat(hang) };
            line.insert_str(0, &format!("{}{lead}", " ".repeat(below)));
        }
        if let Some(Some(rule)) = underline {
            let longest = spans.iter().map(|span| span.text.chars().count()).sum::<usize>();
            lines.push(rule.to_string().repeat(longest.min(self.width)));
        }
        self.block(lines);
    }

    /// Writes lines as a block of their own.
    fn block(&mut self, lines: impl IntoIterator<Item = String>) {
        if !self.lines.is_empty() && !std::mem::take(&mut self.tight) {
            self.lines.push(String::new());
        }
        let bars = "│ ".repeat(self.quotes);
        self.lines.extend(lines.into_iter().map(|line| format!("{bars}{line}")));
    }

    fn table(&mut self) {
        let mut rows = std::mem::take(&mut self.rows).into_iter();
        let head = rows.next().unwrap_or_default();
        let columns: Vec<_> = head.iter().map(|title| Column(title, false)).collect();
        let cells = |row: Vec<String>| row.into_iter().map(Cell::from).collect();
        let text = table(&columns, rows.map(cells).collect());
        self.block(text.lines().map(str::to_owned).collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests;
