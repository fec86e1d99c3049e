//! Tables on standard output: a line below the header and colours on a terminal, aligned words in a
//! pipe.

use super::units::harmless;
use crate::judge::Verdict;
use comfy_table::{CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};

/// A column: its title, and whether it holds figures, which are aligned to the right.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a>(pub &'a str, pub bool);

/// What a cell's text means, shown as its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Doubtful.
    Warn,
    /// Wrong.
    Bad,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A text with a meaning.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: harmless(&text.into()), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Tone::Plain)
    }
}

impl From<Verdict> for Cell {
    fn from(verdict: Verdict) -> Self {
        let tone = match verdict {
            Verdict::Accepted => Tone::Good,
            Verdict::TimeLimitExceeded
            | Verdict::MemoryLimitExceeded
            | Verdict::OutputLimitExceeded => Tone::Warn,
            _ => Tone::Bad,
        };
        Self::new(verdict.code(), tone)
    }
}

/// The rows as text, without a final line end.
pub fn table(columns: &[Column<'_>], rows: Vec<Vec<Cell>>) -> String {
    const RULED: TableStyle =
        TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
    let mut table = Table::new();
    if super::terminal::stdout() {
        table.load_style(RULED).set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.load_style(TableStyle::new()).force_no_tty();
    }
    if colored::control::SHOULD_COLORIZE.should_colorize() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(columns.iter().map(|column| column.0));
    table.add_rows(rows.into_iter().map(|row| row.into_iter().map(cell).collect::<Vec<_>>()));
    for (column, Column(_, figures)) in table.column_iter_mut().zip(columns) {
        if *figures {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn cell(cell: Cell) -> comfy_table::Cell {
    let Cell { text, tone } = cell;
    let shown = comfy_table::Cell::new(text);
    match tone {
        Tone::Plain => shown,
        Tone::Good => shown.fg(Color::Green),
        Tone::Warn => shown.fg(Color::Yellow),
        Tone::Bad => shown.fg(Color::Red),
    }
}
