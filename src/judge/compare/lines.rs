//! Line by line, in any order.

use super::{Checked, PIECE, SHOWN, quote, words::Words};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    io::{self, BufRead},
};

/// How many lines of the answer can be shown when they are missing.
const REMEMBERED: usize = 1000;

/// Compares the lines as a multiset. The answer's are remembered by a digest of 128 bits each, the
/// output's are looked up as they come, so that memory is bounded by the answer.
pub(super) fn compare(output: impl BufRead, answer: impl BufRead) -> io::Result<Checked> {
    let mut wanted: HashMap<u128, (u32, u32)> = HashMap::new();
    let mut heads = Vec::new();
    let mut lines = Lines::new(answer);
    let mut number = 0;
    while let Some(line) = lines.next()? {
        wanted.entry(line.digest).or_insert((0, number)).0 += 1;
        if heads.len() < REMEMBERED {
            heads.push(line.head);
        }
        number += 1;
    }
    let mut lines = Lines::new(output);
    while let Some(line) = lines.next()? {
        let (place, head) = (line.number, quote(&line.head));
        match wanted.get_mut(&line.digest) {
            Some((0, _)) => {
                let message = format!("line {place}: {head} is there more often than expected");
                return Ok(Checked::wrong(message));
            }
            Some((count, _)) => *count -= 1,
            None => return Ok(Checked::wrong(format!("line {place}: {head} is not expected"))),
        }
    }
    let missing = wanted.into_values().filter(|(count, _)| *count > 0);
    Ok(match missing.map(|(_, number)| number as usize).min() {
        None => Checked::accepted(),
        Some(number) => Checked::wrong(match heads.get(number) {
            Some(head) => format!("the line {} is missing", quote(head)),
            None => "a line is missing".to_owned(),
        }),
    })
}

struct Line {
    /// Its place in the text, from 1.
    number: usize,
    digest: u128,
    /// Its beginning, words one space apart.
    head: Vec<u8>,
}

/// The lines of a text that are not empty.
struct Lines<R> {
    words: Words<R>,
    /// Whether the first word of the next line has begun.
    begun: bool,
}

impl<R: BufRead> Lines<R> {
    fn new(reader: R) -> Self {
        Self { words: Words::new(reader, PIECE), begun: false }
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        if !self.begun && !self.words.begin()? {
            return Ok(None);
        }
        let number = self.words.line;
        let mut hash = Sha256::new();
        let mut head = Vec::new();
        let mut note = |bytes: &[u8]| {
            hash.update(bytes);
            let room = (SHOWN + 1).saturating_sub(head.len());
            head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        };
        loop {
            note(&self.words.piece);
            while !self.words.ended() {
                self.words.more()?;
                note(&self.words.piece);
            }
            self.begun = self.words.begin()?;
            if !self.begun || self.words.line != number {
                break;
            }
            // No word holds a space, so that different words never make the same bytes.
            note(b" ");
        }
        let digest: [u8; 32] = hash.finalize().into();
        let (half, _) = digest.split_at(16);
        let digest = u128::from_le_bytes(half.try_into().expect("half of 32 bytes"));
        Ok(Some(Line { number, digest, head }))
    }
}
