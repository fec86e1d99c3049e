//! Engine.IO packets as values: no input, no output.
//!
//! Over a WebSocket a packet is a text frame, its type's digit before its data; a message of bytes is a
//! binary frame as it is. Over polling several packets travel as one text, parted by `\x1e`, and a
//! message of bytes is `b` and its Base64. Strict: what is not of this form is refused.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

/// What parts the packets of a polling request.
const SEPARATOR: char = '\x1e';

/// A message's digit.
const MESSAGE: char = '4';

/// A text message. It is kept with the digit before it, as it goes over a WebSocket, so that it is
/// written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// A message that `write` writes.
    pub fn written(write: impl FnOnce(&mut String)) -> Self {
        let mut text = String::with_capacity(64);
        text.push(MESSAGE);
        write(&mut text);
        Self(text)
    }

    /// The message.
    pub fn as_str(&self) -> &str {
        &self.0[MESSAGE.len_utf8()..]
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::written(|written| written.push_str(text))
    }
}

/// What applications exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(Text),
    /// Bytes.
    Binary(Bytes),
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// The server's answer to a handshake: a JSON object.
    Open(String),
    /// The other side closes the connection.
    Close,
    /// A heartbeat, or the question whether a new transport works.
    Ping {
        /// Whether it is that question.
        probe: bool,
    },
    /// The answer to a ping.
    Pong {
        /// Whether it answers a probe.
        probe: bool,
    },
    /// Something for the application.
    Message(Message),
    /// The client has changed to the new transport.
    Upgrade,
    /// Nothing; releases a held request.
    Noop,
}

/// A packet that is not of the form that the protocol asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is nothing where a packet must be.
    #[error("an empty packet")]
    Empty,
    /// The first character is none of the types.
    #[error("a packet of the unknown type `{}`", .0.escape_default())]
    Type(char),
    /// A packet of a type that has no data, or no such data, has some.
    #[error("a packet of type {0} with unexpected data")]
    Data(char),
    /// The bytes are not Base64.
    #[error("bytes that are not Base64")]
    Base64,
}

impl Packet {
    /// The packet as it goes over a WebSocket.
    pub fn into_frame(self) -> Frame {
        let text = match self {
            Self::Message(Message::Binary(bytes)) => return Frame { binary: true, payload: bytes },
            Self::Message(Message::Text(Text(text))) => Bytes::from(text),
            Self::Open(data) => Bytes::from(format!("0{data}")),
            Self::Close => Bytes::from_static(b"1"),
            Self::Ping { probe: false } => Bytes::from_static(b"2"),
            Self::Ping { probe: true } => Bytes::from_static(b"2probe"),
            Self::Pong { probe: false } => Bytes::from_static(b"3"),
            Self::Pong { probe: true } => Bytes::from_static(b"3probe"),
            Self::Upgrade => Bytes::from_static(b"5"),
            Self::Noop => Bytes::from_static(b"6"),
        };
        Frame { binary: false, payload: text }
    }

    /// Reads a text frame of a WebSocket. Binary frames are messages as they are.
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        let kind = text.chars().next().ok_or(Malformed::Empty)?;
        let data = &text[kind.len_utf8()..];
        let plain = |packet| if data.is_empty() { Ok(packet) } else { Err(Malformed::Data(kind)) };
        let probe = || match data {
            "" => Ok(false),
            "probe" => Ok(true),
            _ => Err(Malformed::Data(kind)),
        };
        match kind {
            '0' => Ok(Self::Open(data.to_owned())),
            '1' => plain(Self::Close),
            '2' => Ok(Self::Ping { probe: probe()? }),
            '3' => Ok(Self::Pong { probe: probe()? }),
            MESSAGE => Ok(Self::Message(Message::Text(Text(text.to_owned())))),
            '5' => plain(Self::Upgrade),
            '6' => plain(Self::Noop),
            other => Err(Malformed::Type(other)),
        }
    }

    /// Reads one part of a polling request.
    fn from_part(part: &str) -> Result<Self, Malformed> {
        match part.strip_prefix('b') {
            Some(text) => {
                let bytes = STANDARD.decode(text).map_err(|_| Malformed::Base64)?;
                Ok(Self::Message(Message::Binary(bytes.into())))
            }
            None => Self::from_text(part),
        }
    }
}

/// A packet as it goes over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether it is a binary frame; its payload is UTF-8 otherwise.
    pub binary: bool,
    /// What is in it.
    pub payload: Bytes,
}

impl Frame {
    /// The length as a part of a polling reply, in bytes.
    fn part_len(&self) -> usize {
        if self.binary { 1 + self.payload.len().div_ceil(3) * 4 } else { self.payload.len() }
    }
}

/// Packets as one polling reply.
pub fn payload<'f>(frames: impl Iterator<Item = &'f Frame> + Clone) -> Vec<u8> {
    let len = frames.clone().map(|frame| frame.part_len() + SEPARATOR.len_utf8()).sum();
    let mut payload = Vec::with_capacity(len);
    for (at, frame) in frames.enumerate() {
        if at > 0 {
            payload.push(SEPARATOR as u8);
        }
        if frame.binary {
            payload.push(b'b');
            payload.extend_from_slice(STANDARD.encode(&frame.payload).as_bytes());
        } else {
            payload.extend_from_slice(&frame.payload);
        }
    }
    payload
}

/// The packets of a polling request, read one after the other.
pub fn packets(payload: &str) -> impl Iterator<Item = Result<Packet, Malformed>> {
    payload.split(SEPARATOR).map(Packet::from_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any packet. A text message over polling cannot hold the separator; applications send JSON, which
    /// never does.
    fn packet() -> impl Strategy<Value = Packet> {
        let text = "[^\x1e]{0,20}";
        prop_oneof![
            text.prop_map(Packet::Open),
            Just(Packet::Close),
            any::<bool>().prop_map(|probe| Packet::Ping { probe }),
            any::<bool>().prop_map(|probe| Packet::Pong { probe }),
            text.prop_map(|text| Packet::Message(Message::Text(Text::from(&*text)))),
            any::<Vec<u8>>().prop_map(|bytes| Packet::Message(Message::Binary(bytes.into()))),
            Just(Packet::Upgrade),
            Just(Packet::Noop),
        ]
    }

    proptest! {
        #[test]
        fn frames_come_back(packet in packet()) {
            let frame = packet.clone().into_frame();
            let back = if frame.binary {
                Packet::Message(Message::Binary(frame.payload))
            } else {
                Packet::from_text(std::str::from_utf8(&frame.payload).unwrap()).unwrap()
            };
            prop_assert_eq!(back, packet);
        }

        #[test]
        fn payloads_come_back(packets in proptest::collection::vec(packet(), 1..6)) {
            let frames: Vec<Frame> = packets.iter().cloned().map(Packet::into_frame).collect();
            let text = String::from_utf8(payload(frames.iter())).unwrap();
            let back: Result<Vec<Packet>, _> = super::packets(&text).collect();
            prop_assert_eq!(back.unwrap(), packets);
        }

        #[test]
        fn anything_is_read_or_refused(text in any::<String>(), parts in "([0-9b][0-9a-z+/=]{0,9}\x1e?){0,5}") {
            let _ = Packet::from_text(&text);
            let _ = packets(&text).count();
            let _ = packets(&parts).count();
        }
    }

    #[test]
    fn every_type_on_the_wire() {
        for (text, packet) in [
            ("0{}", Packet::Open("{}".into())),
            ("1", Packet::Close),
            ("2", Packet::Ping { probe: false }),
            ("2probe", Packet::Ping { probe: true }),
            ("3", Packet::Pong { probe: false }),
            ("3probe", Packet::Pong { probe: true }),
            ("4hé", Packet::Message(Message::Text("hé".into()))),
            ("4", Packet::Message(Message::Text("".into()))),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
        ] {
            assert_eq!(Packet::from_text(text), Ok(packet.clone()));
            let frame = packet.into_frame();
            assert_eq!((frame.binary, &frame.payload[..]), (false, text.as_bytes()));
        }
        let Message::Text(text) = Message::Text("hé".into()) else { unreachable!() };
        assert_eq!(text.as_str(), "hé");
    }

    #[test]
    fn bytes_travel_as_base64() {
        let read: Vec<_> = packets("4hello\x1ebAQIDBA==").collect::<Result<_, _>>().unwrap();
        let bytes = Packet::Message(Message::Binary(Bytes::from_static(&[1, 2, 3, 4])));
        assert_eq!(read, [Packet::Message(Message::Text("hello".into())), bytes]);
        let frames: Vec<Frame> = read.into_iter().map(Packet::into_frame).collect();
        assert_eq!(payload(frames.iter()), b"4hello\x1ebAQIDBA==");
    }

    #[test]
    fn what_is_refused() {
        for (text, error) in [
            ("", "an empty packet"),
            ("abc", "a packet of the unknown type `a`"),
            ("7", "a packet of the unknown type `7`"),
            ("\u{7}", "a packet of the unknown type `\\u{7}`"),
            ("1x", "a packet of type 1 with unexpected data"),
            ("2prob", "a packet of type 2 with unexpected data"),
            ("5 ", "a packet of type 5 with unexpected data"),
        ] {
            assert_eq!(Packet::from_text(text).unwrap_err().to_string(), error);
        }
        for (text, error) in [
            ("bAQI", Malformed::Base64),
            ("b*", Malformed::Base64),
            ("4a\x1e", Malformed::Empty),
            ("\x1e4a", Malformed::Empty),
        ] {
            let first = packets(text).find_map(Result::err);
            assert_eq!(first, Some(error), "{text:?}");
        }
    }
}
