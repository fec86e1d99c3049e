//! The frames of the chat: what a client says, and what it is told. Pure values; `docs/chat.md`
//! lists every field.

use super::{
    Person, Refusal,
    record::{Notice, Said},
};
use crate::{
    hub::place::Place,
    judge::{Audience, Message, Slug},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The group to which questions go: everyone who may answer.
pub const SETTERS: &str = "@setters";

/// Everyone.
pub const EVERYONE: &str = "@everyone";

/// Longest text of a message, in bytes.
pub const CONTENT_MAX: usize = 16 << 10;

/// Longest id that a client gives to a message, in characters.
const CLIENT_ID_MAX: usize = 128;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `SEND_MESSAGE`.
    Send(Draft),
    /// `MESSAGE_READ`: the user has read this message.
    Read(u64),
    /// `TYPING`.
    Typing {
        /// Who is told: a user or [`SETTERS`].
        to: String,
        /// The question that is being answered.
        thread: Option<u64>,
        /// False: stopped.
        typing: bool,
    },
    /// `CONNECTION_CLOSE`: the client leaves.
    Close,
}

/// A message that somebody wants to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// A user's name, [`SETTERS`] or [`EVERYONE`]; absent: whom thread or problem suggest.
    pub to: Option<String>,
    /// The sender's own id for it: a second message with the same one is not sent again.
    pub client_id: Option<String>,
    /// The problem that it is about.
    pub problem: Option<Slug>,
    /// The question to which it belongs.
    pub thread: Option<u64>,
    /// The text.
    pub content: String,
}

impl Request {
    /// Reads a text frame. The refusal names the field; `client_id` of what could be read goes with it,
    /// so that a client knows which of its messages was refused.
    pub fn parse(text: &str, person: &Person) -> Result<Self, (Refusal, Option<String>)> {
        let bare = |refusal| (refusal, None);
        let value: Value = serde_json::from_str(text)
            .map_err(|error| bare(Refusal::bad_frame(format!("this is no JSON: {error}"))))?;
        let Value::Object(fields) = value else {
            return Err(bare(Refusal::bad_frame("a frame is a JSON object with a `type`")));
        };
        let mut fields = Fields(fields);
        let client_id = fields.client_id().map_err(bare)?;
        let parsed = fields.request(person, client_id.clone());
        parsed.map_err(|refusal| (refusal, client_id))
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn request(&mut self, person: &Person, client_id: Option<String>) -> Result<Request, Refusal> {
        let Some(kind) = self.text("type")? else {
            return Err(Refusal::bad_frame("`type` is missing"));
        };
        self.own_name(person)?;
        match kind.as_str() {
            "SEND_MESSAGE" => Ok(Request::Send(Draft {
                to: self.to()?,
                client_id,
                problem: self.problem()?,
                thread: self.id("thread")?,
                content: self
                    .text("content")?
                    .ok_or_else(|| Refusal::bad_frame("`content` is missing"))?,
            })),
            "MESSAGE_READ" => {
                let id = self.id("messageId")?;
                id.map(Request::Read).ok_or_else(|| Refusal::bad_frame("`messageId` is missing"))
            }
            "TYPING" => Ok(Request::Typing {
                thread: self.id("thread")?,
                to: self.to()?.ok_or_else(|| Refusal::bad_frame("`to` is missing"))?,
                typing: self.flag("isTyping")?.unwrap_or(true),
            }),
            "CONNECTION_CLOSE" => Ok(Request::Close),
            other => Err(Refusal::bad_frame(format!(
                "`{}` is no type of a client's frame; there are SEND_MESSAGE, MESSAGE_READ, TYPING \
                 and CONNECTION_CLOSE",
                shown(other)
            ))),
        }
    }

    /// Who sends is known from the handshake; a frame that says somebody else is a forgery.
    fn own_name(&mut self, person: &Person) -> Result<(), Refusal> {
        for name in ["from", "userId", "senderId"] {
            if self.text(name)?.is_some_and(|claimed| claimed != person.user) {
                return Err(Refusal::forbidden(format!(
                    "`{name}` is not you: this connection is `{}`'s",
                    person.user
                )));
            }
        }
        Ok(())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::bad_frame(format!("`{name}` must be a string"))),
        }
    }

    fn flag(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Refusal::bad_frame(format!("`{name}` must be true or false"))),
        }
    }

    /// The id of a message: text, as it is sent, or a number.
    fn id(&mut self, name: &str) -> Result<Option<u64>, Refusal> {
        let id = match self.0.remove(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(Value::Number(number)) => number.as_u64(),
            Some(_) => None,
        };
        let refusal = || Refusal::bad_frame(format!("`{name}` must be the id of a message"));
        id.map(Some).ok_or_else(refusal)
    }

    fn to(&mut self) -> Result<Option<String>, Refusal> {
        for name in ["to", "receiverId", "recipient"] {
            if let Some(to) = self.text(name)? {
                return Ok(Some(to));
            }
        }
        Ok(None)
    }

    fn client_id(&mut self) -> Result<Option<String>, Refusal> {
        let Some(id) = self.text("clientId")? else { return Ok(None) };
        check_client_id(&id)?;
        Ok(Some(id))
    }

    fn problem(&mut self) -> Result<Option<Slug>, Refusal> {
        let Some(text) = self.text("problem")? else { return Ok(None) };
        let slug = text.parse();
        slug.map(Some).map_err(|_| Refusal::bad_frame(format!("`{}` is no slug", shown(&text))))
    }
}

/// Whether a client may call a message so.
pub(super) fn check_client_id(id: &str) -> Result<(), Refusal> {
    if (1..=CLIENT_ID_MAX).contains(&id.chars().count()) {
        return Ok(());
    }
    Err(Refusal::bad_frame(format!("`clientId` must have 1 to {CLIENT_ID_MAX} characters")))
}

/// The beginning of a text that somebody sent, for messages.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// The frame that begins every connection.
pub fn open(person: &Person, socket: &str, place: &Place, unknown: Option<&str>) -> String {
    let role = if person.setter { "setter" } else { "user" };
    let mut frame = json!({
        "type": "CONNECTION_OPEN", "userId": person.user, "role": role, "sessionId": socket,
        "place": place.to_string(), "resumed": unknown.is_none(),
    });
    if let Some(reason) = unknown {
        frame["reason"] = reason.into();
    }
    frame.to_string()
}

/// The frame that goes before the closing handshake.
pub fn close(code: &str, reason: &str, retry_after: Option<Duration>) -> String {
    let mut frame = json!({"type": "CONNECTION_CLOSE", "code": code, "reason": reason});
    if let Some(after) = retry_after {
        frame["retryAfterMs"] = (after.as_millis() as u64).into();
    }
    frame.to_string()
}

/// The answer to a frame that is not obeyed.
pub fn error(refusal: &Refusal, client_id: Option<&str>) -> String {
    let mut frame = json!({"type": "ERROR", "code": refusal.code(), "message": refusal.message()});
    if let Some(id) = client_id {
        frame["clientId"] = id.into();
    }
    frame.to_string()
}

/// Somebody is typing, or has stopped.
pub fn typing(from: &str, thread: Option<u64>, typing: bool) -> String {
    let mut frame = json!({"type": "TYPING", "from": from, "isTyping": typing});
    if let Some(thread) = thread {
        frame["thread"] = thread.to_string().into();
    }
    frame.to_string()
}

/// An entry of the log as this person gets it: their own message is `MESSAGE_SENT`, which is the
/// acknowledgement of it.
pub fn entry(message: &Message, said: &Said, person: &Person, place: &Place) -> String {
    let id = |id: u64| Value::String(id.to_string());
    let mut frame = Map::new();
    let mut put = |name: &str, value: Value| drop(frame.insert(name.to_owned(), value));
    match said {
        Said::Message(letter) => {
            let own = letter.from == person.user;
            put("type", if own { "MESSAGE_SENT" } else { "NEW_MESSAGE" }.into());
            put("messageId", id(message.pos));
            put("from", letter.from.as_str().into());
            put("to", recipient(&message.to).into());
            if let (true, Some(client_id)) = (own, &letter.client_id) {
                put("clientId", client_id.as_str().into());
            }
            if let Some(problem) = &letter.problem {
                put("problem", problem.as_str().into());
            }
            if let Some(thread) = letter.thread {
                put("thread", id(thread));
            }
            if let Some(quote) = &letter.quote {
                put("quote", quote.as_str().into());
            }
            put("content", letter.content.as_str().into());
        }
        Said::Delivered(notice) => put_notice("MESSAGE_DELIVERED", notice, &mut put),
        Said::Read(notice) => put_notice("MESSAGE_READ", notice, &mut put),
    }
    put("ts", message.ts.to_string().into());
    put("place", place.to_string().into());
    Value::Object(frame).to_string()
}

fn put_notice(kind: &str, notice: &Notice, put: &mut impl FnMut(&str, Value)) {
    put("type", kind.into());
    put("messageId", notice.message.to_string().into());
    put("by", notice.by.as_str().into());
}

/// For whom a message is, as the wire says it.
pub fn recipient(to: &Audience) -> &str {
    match to {
        Audience::User(user) => user,
        Audience::Everyone => EVERYONE,
    }
}
