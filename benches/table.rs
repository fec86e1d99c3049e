//! What the tables of every benchmark are made with.

/// A Markdown table, its first column to the left and the others to the right.
pub fn aligned(head: &[String], rows: &[Vec<String>]) -> String {
    let all = || rows.iter().map(Vec::as_slice).chain([head]);
    let width = |at: usize| all().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| match at {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule: Vec<String> = (widths.iter().enumerate())
        .map(|(at, &width)| match at {
            0 => "-".repeat(width),
            _ => "-".repeat(width.max(2) - 1) + ":",
        })
        .collect();
    let rows = rows.iter().map(|row| line(row));
    [line(head), line(&rule)].into_iter().chain(rows).collect()
}

/// The nearest rank; not a number when there are no samples.
pub fn quantile(sorted: &[f64], percent: u32) -> f64 {
    let rank = (sorted.len() * percent as usize).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}
