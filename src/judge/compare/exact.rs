//! Byte by byte.

use super::{Checked, SHOWN, common, differs, newlines};
use std::io::{self, BufRead};

/// Compares all bytes and names the first line that differs.
pub(super) fn compare(mut output: impl BufRead, mut answer: impl BufRead) -> io::Result<Checked> {
    let (mut line, mut column) = (1, 0);
    // The beginning of the present line, as far as a message may show it.
    let mut head: Vec<u8> = Vec::new();
    loop {
        let (a, b) = (output.fill_buf()?, answer.fill_buf()?);
        let same = common(a, b);
        if same == 0 {
            if a.is_empty() && b.is_empty() {
                return Ok(Checked::accepted());
            }
            break;
        }
        let part = &a[..same];
        let rest = match part.iter().rposition(|&b| b == b'\n') {
            Some(end) => {
                line += newlines(part);
                column = 0;
                head.clear();
                &part[end + 1..]
            }
            None => part,
        };
        head.extend_from_slice(&rest[..rest.len().min(SHOWN - head.len())]);
        column += rest.len();
        output.consume(same);
        answer.consume(same);
    }
    let place = if column < SHOWN {
        format!("line {line}")
    } else {
        head.clear();
        format!("line {line}, from byte {} on", column + 1)
    };
    let expected = rest_of_line(&head, answer)?;
    let got = rest_of_line(&head, output)?;
    Ok(differs(&place, expected.as_deref(), got.as_deref()))
}

/// A line that begins like this, as far as a message may show it; `None` when there is nothing.
fn rest_of_line(head: &[u8], mut reader: impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = head.to_vec();
    while line.len() <= SHOWN {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|&b| b == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1).min(SHOWN + 1 - line.len());
        line.extend_from_slice(&buffer[..taken]);
        let stop = end.is_some() || taken == 0;
        reader.consume(taken);
        if stop {
            break;
        }
    }
    Ok((!line.is_empty()).then_some(line))
}
