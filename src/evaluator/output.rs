//! What a custom run prints, told as events while it runs.

use super::judging::{Events, send};
use crate::judge::{EventBody, OutputStream};
use std::time::Duration;
use tokio::time::Instant;

/// How much of each stream is told, in bytes.
pub(super) const KEEP: usize = 256 << 10;

/// The shortest time between two pieces, so that a program that prints letter by letter does not fill
/// the journal.
const PAUSE: Duration = Duration::from_millis(50);

/// The streams of a run.
pub(super) struct Output<'a> {
    events: &'a Events,
    stdout: Text,
    stderr: Text,
    /// What was printed since the last piece was told, in its order.
    untold: Vec<(OutputStream, String)>,
    told_at: Option<Instant>,
}

impl<'a> Output<'a> {
    pub(super) fn new(events: &'a Events) -> Self {
        let (stdout, stderr) = (Text::default(), Text::default());
        Self { events, stdout, stderr, untold: Vec::new(), told_at: None }
    }

    /// Takes what the program printed.
    pub(super) fn print(&mut self, stream: OutputStream, bytes: &[u8]) {
        let piece = self.text(stream).push(bytes);
        self.note(stream, piece);
    }

    /// When the next piece is to be told; `None` when there is nothing to tell.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = || self.told_at.map_or_else(Instant::now, |at| at + PAUSE);
        (!self.untold.is_empty()).then(due)
    }

    /// Tells what was printed since the last time.
    pub(super) async fn tell(&mut self) {
        for (stream, text) in std::mem::take(&mut self.untold) {
            send(self.events, EventBody::Output { stream, text }).await;
        }
        self.told_at = Some(Instant::now());
    }

    /// Tells the rest; what standard output and standard error were in all, and whether something was
    /// cut.
    pub(super) async fn finish(mut self) -> (String, String, bool) {
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            let piece = self.text(stream).end();
            self.note(stream, piece);
        }
        self.tell().await;
        let cut = self.stdout.cut || self.stderr.cut;
        (self.stdout.whole, self.stderr.whole, cut)
    }

    fn text(&mut self, stream: OutputStream) -> &mut Text {
        match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        }
    }

    fn note(&mut self, stream: OutputStream, piece: String) {
        match self.untold.last_mut() {
            _ if piece.is_empty() => {}
            Some((last, text)) if *last == stream => text.push_str(&piece),
            _ => self.untold.push((stream, piece)),
        }
    }
}

/// Bytes that become text piece by piece.
#[derive(Default)]
struct Text {
    whole: String,
    /// Bytes so far, as far as they are kept.
    bytes: usize,
    /// The beginning of a character whose end has not come yet.
    begun: Vec<u8>,
    cut: bool,
}

impl Text {
    /// The next piece: whole characters; what is no UTF-8 is replaced.
    fn push(&mut self, bytes: &[u8]) -> String {
        let kept = &bytes[..bytes.len().min(KEEP - self.bytes)];
        self.cut |= kept.len() < bytes.len();
        self.bytes += kept.len();
        self.begun.extend_from_slice(kept);
        let end = self.begun.len() - begun_at_end(&self.begun);
        self.take(end)
    }

    /// The last piece. Half a character was cut by us or is the program's own.
    fn end(&mut self) -> String {
        if self.cut {
            self.begun.clear();
        }
        self.take(self.begun.len())
    }

    fn take(&mut self, end: usize) -> String {
        let piece = String::from_utf8_lossy(&self.begun[..end]).into_owned();
        self.begun.drain(..end);
        self.whole.push_str(&piece);
        piece
    }
}

/// How many bytes at the end are the beginning of a character that may still be completed.
fn begun_at_end(bytes: &[u8]) -> usize {
    let Some(last) = bytes.utf8_chunks().last() else { return 0 };
    let invalid = last.invalid();
    // An error in the middle of a character ends with its first byte that fits no more.
    match std::str::from_utf8(invalid) {
        Err(error) if error.error_len().is_none() => invalid.len(),
        _ => 0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that cannot go on should panic
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    const MIXED: &[u8] = "aé€\u{1F980}\u{FFFD}".as_bytes();

    #[test]
    fn pieces_are_whole_characters_however_they_are_cut() {
        for cut in 0..=MIXED.len() {
            let mut text = Text::default();
            let pieces = [text.push(&MIXED[..cut]), text.push(&MIXED[cut..]), text.end()].concat();
            assert_eq!(pieces.as_bytes(), MIXED);
        }
        let mut text = Text::default();
        let pieces: String = MIXED.iter().map(|byte| text.push(&[*byte])).collect();
        assert_eq!((pieces.as_bytes(), text.whole.as_bytes()), (MIXED, MIXED));
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        let mut text = Text::default();
        assert_eq!(text.push(b"a\xffb\xc3"), "a\u{FFFD}b");
        assert_eq!(text.push(b"c\xf0\x9f"), "\u{FFFD}c");
        assert_eq!(text.end(), "\u{FFFD}");
        assert_eq!(text.whole, "a\u{FFFD}b\u{FFFD}c\u{FFFD}");
    }

    #[test]
    fn a_stream_is_cut_at_its_bound_between_characters() {
        let mut text = Text::default();
        text.push(&vec![b'x'; KEEP - 1]);
        assert!(!text.cut);
        assert_eq!(text.push("éé".as_bytes()), "");
        assert_eq!(text.push(b"more"), "");
        assert_eq!(text.end(), "");
        assert_eq!((text.whole.len(), text.cut), (KEEP - 1, true));
    }

    #[tokio::test]
    async fn pieces_come_at_once_but_not_too_often_and_in_their_order() {
        let (sender, mut events) = mpsc::channel(9);
        let mut output = Output::new(&sender);
        assert_eq!(output.due(), None);
        output.print(OutputStream::Stdout, b"a");
        assert!(output.due().unwrap() <= Instant::now());
        let before = Instant::now();
        output.tell().await;
        for (stream, text) in [
            (OutputStream::Stdout, "b"),
            (OutputStream::Stdout, "c"),
            (OutputStream::Stderr, "d"),
            (OutputStream::Stdout, "e"),
        ] {
            output.print(stream, text.as_bytes());
        }
        assert!(output.due().unwrap() >= before + PAUSE);
        let (stdout, stderr, cut) = output.finish().await;
        assert_eq!((stdout.as_str(), stderr.as_str(), cut), ("abce", "d", false));
        let piece = |stream, text: &str| EventBody::Output { stream, text: text.into() };
        for expected in [
            piece(OutputStream::Stdout, "a"),
            piece(OutputStream::Stdout, "bc"),
            piece(OutputStream::Stderr, "d"),
            piece(OutputStream::Stdout, "e"),
        ] {
            assert_eq!(events.recv().await.unwrap(), expected);
        }
    }
}
