//! WebSocket frames by hand: only what a hub sends to a client, and what a client answers.

use anyhow::{Result, bail, ensure};

/// What a frame was.
#[derive(Debug, PartialEq)]
pub enum Frame<'b> {
    /// A text.
    Text(&'b [u8]),
    /// A ping of the WebSocket itself, with what is to be sent back.
    Ping(&'b [u8]),
    /// Something that needs no answer.
    Other,
    /// The end.
    Close,
}

/// The first frame of what was read, and how many bytes it took; `None` when it is not whole yet.
pub fn first(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>> {
    let [flags, short, ..] = bytes else { return Ok(None) };
    ensure!(short & 0x80 == 0, "the server masked a frame");
    ensure!(flags & 0x80 != 0, "a frame in pieces, which no hub sends");
    let (head, length) = match short & 0x7f {
        126 => match bytes.get(2..4) {
            Some(length) => (4, usize::from(u16::from_be_bytes(length.try_into()?))),
            None => return Ok(None),
        },
        127 => match bytes.get(2..10) {
            Some(length) => (10, usize::try_from(u64::from_be_bytes(length.try_into()?))?),
            None => return Ok(None),
        },
        length => (2, usize::from(length)),
    };
    let Some(body) = bytes.get(head..head + length) else { return Ok(None) };
    let frame = match flags & 0x0f {
        1 => Frame::Text(body),
        2 | 10 => Frame::Other,
        8 => Frame::Close,
        9 => Frame::Ping(body),
        code => bail!("a frame of the unknown kind {code}"),
    };
    Ok(Some((frame, head + length)))
}

/// A text or a pong to the server, short enough for the shortest head. The mask is all zeros, which is a mask as
/// good as any for a driver.
pub fn masked(text: bool, body: &[u8]) -> Vec<u8> {
    assert!(body.len() < 126, "the driver only says short things");
    let mut frame = vec![if text { 0x81 } else { 0x8a }, 0x80 | body.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(body);
    frame
}
