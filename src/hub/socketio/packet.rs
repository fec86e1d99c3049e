//! Socket.IO packets as values: no input, no output.
//!
//! A packet is one text: the type's digit, for binary types the number of attachments and `-`, the
//! namespace and `,` unless it is `/`, the acknowledgement's number, and JSON. The attachments follow as
//! messages of bytes. JSON is kept as it was written. Strict: what is not of this form is refused.

use super::{
    arg::{Arg, Json},
    placeholder,
};
use bytes::Bytes;
use serde_json::value::RawValue;
use std::fmt::Write as _;

/// Most attachments that a packet may have.
pub const ATTACHMENTS: usize = 64;

/// Longest name of a namespace, in bytes.
pub const NAMESPACE: usize = 256;

/// Names that are no events: they are what clients and servers tell themselves.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The namespace, such as `/`.
    pub namespace: String,
    /// What it says.
    pub body: Body,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A client asks to join, or is told that it has: an object.
    Connect(Option<Json>),
    /// One side leaves.
    Disconnect,
    /// Something happened.
    Event {
        /// The number under which an acknowledgement is asked for.
        ack: Option<u64>,
        /// The event's name.
        name: String,
        /// Its arguments.
        args: Vec<Arg>,
    },
    /// The answer to an event.
    Ack {
        /// The event's number.
        id: u64,
        /// What is answered.
        args: Vec<Arg>,
    },
    /// A client is not let in: an object or a text.
    ConnectError(Json),
}

/// A packet that is not of the form that the protocol asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The first character is none of the types.
    #[error("a packet of an unknown type")]
    Type,
    /// A binary packet does not say how many attachments it has, or more than [`ATTACHMENTS`].
    #[error("a binary packet without a number of attachments from 0 to {ATTACHMENTS}")]
    Attachments,
    /// The name of the namespace is too long.
    #[error("a namespace with a name of more than {NAMESPACE} bytes")]
    Namespace,
    /// The number of the acknowledgement is missing or too large.
    #[error("an acknowledgement without a number that fits in 64 bits")]
    Id,
    /// The JSON is broken or not what the type asks for.
    #[error("a packet whose JSON is not {0}")]
    Payload(&'static str),
    /// A placeholder stands for an attachment that is not there.
    #[error("a placeholder without its attachment")]
    Placeholder,
    /// Text came where an attachment was due.
    #[error("a packet in the midst of another's attachments")]
    Interrupted,
    /// An attachment came that no packet announced.
    #[error("an attachment without a packet")]
    Unannounced,
    /// The attachments of a packet are too long together.
    #[error("attachments of more than {0} bytes together")]
    TooLong(usize),
}

/// A packet as messages: a text, then its attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The text.
    pub text: String,
    /// What follows it.
    pub attachments: Vec<Bytes>,
}

impl Packet {
    /// The packet as messages.
    pub fn encode(&self) -> Encoded {
        let mut text = String::new();
        let attachments = write(&mut text, &self.namespace, &self.body);
        Encoded { text, attachments }
    }
}

/// Writes a packet's text and returns its attachments.
pub fn write(text: &mut String, namespace: &str, body: &Body) -> Vec<Bytes> {
    match body {
        Body::Connect(data) => {
            head(text, '0', 0, namespace);
            text.push_str(data.as_ref().map_or("", Json::as_str));
            Vec::new()
        }
        Body::Disconnect => {
            head(text, '1', 0, namespace);
            Vec::new()
        }
        Body::Event { ack, name, args } => write_event(text, namespace, name, args, *ack),
        Body::Ack { id, args } => write_ack(text, namespace, *id, args),
        Body::ConnectError(error) => {
            head(text, '4', 0, namespace);
            text.push_str(error.as_str());
            Vec::new()
        }
    }
}

/// Writes the text of an event and returns its attachments.
pub fn write_event(
    text: &mut String,
    namespace: &str,
    name: &str,
    args: &[Arg],
    ack: Option<u64>,
) -> Vec<Bytes> {
    let attached = placeholder::count(args);
    head(text, if attached > 0 { '5' } else { '2' }, attached, namespace);
    if let Some(id) = ack {
        number(text, id);
    }
    text.push('[');
    text.push_str(Json::of(&name).as_str());
    let attachments = placeholder::write(text, args, true);
    text.push(']');
    attachments
}

/// Writes the text of an acknowledgement and returns its attachments.
pub fn write_ack(text: &mut String, namespace: &str, id: u64, args: &[Arg]) -> Vec<Bytes> {
    let attached = placeholder::count(args);
    head(text, if attached > 0 { '6' } else { '3' }, attached, namespace);
    number(text, id);
    text.push('[');
    let attachments = placeholder::write(text, args, false);
    text.push(']');
    attachments
}

fn head(text: &mut String, kind: char, attached: usize, namespace: &str) {
    text.push(kind);
    if attached > 0 {
        number(text, attached as u64);
        text.push('-');
    }
    if namespace != "/" {
        text.push_str(namespace);
        text.push(',');
    }
}

fn number(text: &mut String, number: u64) {
    write!(text, "{number}").expect("a String takes everything");
}

/// Reads packets from messages. What waits for attachments is kept.
#[derive(Debug)]
pub struct Decoder {
    longest: usize,
    partial: Option<Box<Partial>>,
}

/// A packet whose attachments are on the way.
#[derive(Debug)]
struct Partial {
    head: Head,
    values: Vec<Json>,
    attachments: Vec<Bytes>,
    due: usize,
}

/// What stands before the JSON of a packet that may have attachments.
#[derive(Debug)]
struct Head {
    namespace: String,
    event: bool,
    id: Option<u64>,
}

impl Decoder {
    /// A decoder for packets whose attachments have no more than `longest` bytes together.
    pub fn new(longest: usize) -> Self {
        Self { longest, partial: None }
    }

    /// Reads a text message; `None` if attachments must follow. After an error the decoder is of no
    /// more use.
    pub fn text(&mut self, text: &str) -> Result<Option<Packet>, Malformed> {
        if self.partial.is_some() {
            return Err(Malformed::Interrupted);
        }
        let kind = text.bytes().next().filter(|kind| (b'0'..=b'6').contains(kind));
        let kind = kind.ok_or(Malformed::Type)?;
        let mut rest = &text[1..];
        let due = if kind >= b'5' { attachments(&mut rest)? } else { 0 };
        let namespace = namespace(&mut rest)?;
        let body = match kind {
            b'0' if rest.is_empty() => Body::Connect(None),
            b'0' => Body::Connect(Some(object(rest)?)),
            b'1' if rest.is_empty() => Body::Disconnect,
            b'1' => return Err(Malformed::Payload("absent")),
            b'4' => Body::ConnectError(object_or_text(rest)?),
            kind => {
                let id = id(&mut rest)?;
                let head = Head { namespace, event: matches!(kind, b'2' | b'5'), id };
                let values = values(rest)?;
                if due > 0 {
                    let attachments = Vec::with_capacity(due);
                    self.partial = Some(Box::new(Partial { head, values, attachments, due }));
                    return Ok(None);
                }
                return head.packet(values.into_iter().map(Arg::Json).collect()).map(Some);
            }
        };
        Ok(Some(Packet { namespace, body }))
    }

    /// Reads a message of bytes; `None` if more must follow.
    pub fn binary(&mut self, bytes: Bytes) -> Result<Option<Packet>, Malformed> {
        let mut partial = self.partial.take().ok_or(Malformed::Unannounced)?;
        partial.attachments.push(bytes);
        if partial.attachments.iter().map(Bytes::len).sum::<usize>() > self.longest {
            return Err(Malformed::TooLong(self.longest));
        }
        if partial.attachments.len() < partial.due {
            self.partial = Some(partial);
            return Ok(None);
        }
        let Partial { head, values, attachments, .. } = *partial;
        let args = values.into_iter().map(|json| placeholder::read(json, &attachments));
        head.packet(args.collect::<Result<_, _>>()?).map(Some)
    }
}

impl Head {
    fn packet(self, mut args: Vec<Arg>) -> Result<Packet, Malformed> {
        let body = if self.event {
            if args.is_empty() {
                return Err(Malformed::Payload("an array that begins with an event's name"));
            }
            let name = name(&args.remove(0))?;
            Body::Event { ack: self.id, name, args }
        } else {
            Body::Ack { id: self.id.ok_or(Malformed::Id)?, args }
        };
        Ok(Packet { namespace: self.namespace, body })
    }
}

/// An event's name: a text that is not reserved, or a number.
fn name(arg: &Arg) -> Result<String, Malformed> {
    let wanted = Malformed::Payload("an array that begins with an event's name");
    let json = arg.json().ok_or(wanted.clone())?;
    let name = match json.as_str().as_bytes().first() {
        Some(b'"') => json.read().map_err(|_| wanted.clone())?,
        Some(b'-' | b'0'..=b'9') => json.as_str().to_owned(),
        _ => return Err(wanted),
    };
    if RESERVED.contains(&name.as_str()) { Err(wanted) } else { Ok(name) }
}

/// Takes digits off the beginning.
fn digits<'t>(rest: &mut &'t str) -> &'t str {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits
}

fn attachments(rest: &mut &str) -> Result<usize, Malformed> {
    let count = digits(rest).parse().ok().filter(|count| *count <= ATTACHMENTS);
    *rest = rest.strip_prefix('-').ok_or(Malformed::Attachments)?;
    count.ok_or(Malformed::Attachments)
}

fn namespace(rest: &mut &str) -> Result<String, Malformed> {
    if !rest.starts_with('/') {
        return Ok("/".to_owned());
    }
    let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
    *rest = after;
    if name.len() > NAMESPACE { Err(Malformed::Namespace) } else { Ok(name.to_owned()) }
}

fn id(rest: &mut &str) -> Result<Option<u64>, Malformed> {
    match digits(rest) {
        "" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| Malformed::Id),
    }
}

fn object(text: &str) -> Result<Json, Malformed> {
    let json = Json::parse(text).ok().filter(|json| json.as_str().starts_with('{'));
    json.ok_or(Malformed::Payload("an object"))
}

fn object_or_text(text: &str) -> Result<Json, Malformed> {
    let json = Json::parse(text).ok().filter(|json| json.as_str().starts_with(['{', '"']));
    json.ok_or(Malformed::Payload("an object or a text"))
}

fn values(text: &str) -> Result<Vec<Json>, Malformed> {
    let values: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|_| Malformed::Payload("an array"))?;
    Ok(values.into_iter().map(|value| Json::trusted(value.get())).collect())
}
