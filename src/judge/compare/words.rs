//! Word by word.

use super::{Checked, SHOWN, common, differs, newlines};
use std::io::{self, BufRead};

/// Walks over both texts word by word. `same` is asked of pieces of at most `most` bytes, and told
/// whether they are whole words.
pub(super) fn compare(
    output: impl BufRead,
    answer: impl BufRead,
    most: usize,
    same: impl Fn(&[u8], &[u8], bool) -> bool,
) -> io::Result<Checked> {
    let (mut got, mut expected) = (Words::new(output, most), Words::new(answer, most));
    loop {
        skip_same(&mut got, &mut expected)?;
        if let Some(decided) = begin(&mut got, &mut expected)? {
            return Ok(decided);
        }
        let mut before = 0;
        loop {
            let ended = got.ended() && expected.ended();
            if !same(&got.piece, &expected.piece, before == 0 && ended) {
                return Ok(difference(&got, &expected, before));
            }
            if ended {
                break;
            }
            before += most;
            got.more()?;
            expected.more()?;
        }
    }
}

/// Reads the first piece of the next word of both; the result where there is none in one of them.
pub(super) fn begin<R: BufRead, S: BufRead>(
    got: &mut Words<R>,
    expected: &mut Words<S>,
) -> io::Result<Option<Checked>> {
    Ok(match (got.begin()?, expected.begin()?) {
        (true, true) => None,
        (false, false) => Some(Checked::accepted()),
        (true, false) => Some(differs(&format!("line {}", got.line), None, Some(&got.piece))),
        (false, true) => {
            Some(differs(&format!("line {}", expected.line), Some(&expected.piece), None))
        }
    })
}

/// Says where two words differ, `before` bytes having been the same in earlier pieces.
pub(super) fn difference<R: BufRead, S: BufRead>(
    got: &Words<R>,
    expected: &Words<S>,
    before: usize,
) -> Checked {
    let at = common(&got.piece, &expected.piece);
    if before + at < SHOWN {
        return differs(&format!("line {}", got.line), Some(&expected.piece), Some(&got.piece));
    }
    // Their beginnings look the same.
    let place = format!("line {}, from byte {} of the word on", got.line, before + at + 1);
    differs(&place, Some(&expected.piece[at..]), Some(&got.piece[at..]))
}

/// Passes over what is the same in both, up to the end of white space. Both must be between words.
pub(super) fn skip_same<R: BufRead, S: BufRead>(
    got: &mut Words<R>,
    expected: &mut Words<S>,
) -> io::Result<()> {
    loop {
        let (a, b) = (got.reader.fill_buf()?, expected.reader.fill_buf()?);
        let same = common(a, b);
        let Some(last) = a[..same].iter().rposition(|&b| space(b)) else { return Ok(()) };
        let lines = newlines(&a[..=last]);
        let all = same == a.len() || same == b.len();
        got.pass(last + 1, lines);
        expected.pass(last + 1, lines);
        if !all {
            return Ok(());
        }
    }
}

/// White space as C's isspace has it, vertical tab included.
fn space(b: u8) -> bool {
    b.is_ascii_whitespace() || b == 0x0b
}

/// Words between ASCII white space, each in pieces.
pub(super) struct Words<R> {
    reader: R,
    most: usize,
    /// The line of the last word that began, from 1.
    pub(super) line: usize,
    /// The last piece that was read.
    pub(super) piece: Vec<u8>,
}

impl<R: BufRead> Words<R> {
    /// Words of a text in pieces of at most `most` bytes.
    pub(super) fn new(reader: R, most: usize) -> Self {
        Self { reader, most, line: 1, piece: Vec::new() }
    }

    /// The white space that comes next, one byte of it; `None` when a word or the end does.
    pub(super) fn next_space(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied().filter(|&b| space(b)))
    }

    /// Passes over bytes of white space with so many line ends in them.
    pub(super) fn pass(&mut self, bytes: usize, lines: usize) {
        self.reader.consume(bytes);
        self.line += lines;
    }

    /// Passes over white space and reads the first piece of the next word; false at the end.
    pub(super) fn begin(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let start = buffer.iter().position(|&b| !space(b)).unwrap_or(buffer.len());
            let (end, all) = (buffer.is_empty(), start == buffer.len());
            let lines = newlines(&buffer[..start]);
            self.pass(start, lines);
            if end || !all {
                self.more()?;
                return Ok(!end);
            }
        }
    }

    /// Reads the next piece of the word, which is empty when there is none.
    pub(super) fn more(&mut self) -> io::Result<()> {
        self.piece.clear();
        while self.piece.len() < self.most {
            let buffer = self.reader.fill_buf()?;
            let buffer = &buffer[..buffer.len().min(self.most - self.piece.len())];
            let end = buffer.iter().position(|&b| space(b));
            let taken = end.unwrap_or(buffer.len());
            self.piece.extend_from_slice(&buffer[..taken]);
            let stop = end.is_some() || taken == 0;
            self.reader.consume(taken);
            if stop {
                break;
            }
        }
        Ok(())
    }

    /// Whether the last piece was the word's last.
    pub(super) fn ended(&self) -> bool {
        self.piece.len() < self.most
    }
}
