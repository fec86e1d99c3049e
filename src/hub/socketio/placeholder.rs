//! Bytes within JSON: placeholders, and the attachments that they stand for.
//!
//! A placeholder is an object `{"_placeholder":true,"num":N}`. On the wire N counts the attachments of
//! the packet, in an argument those of the argument. The JSON around it stays as it was written.

use super::{
    arg::{Arg, Json},
    packet::Malformed,
};
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt::{self, Write as _};

/// How deep a placeholder may be.
const DEPTH: usize = 32;

/// What a value with a placeholder holds as a text.
const MARK: &str = "\"_placeholder\"";

/// The attachments of arguments.
pub(super) fn count(args: &[Arg]) -> usize {
    let count = |arg: &Arg| match arg {
        Arg::Json(_) => 0,
        Arg::Binary(_) => 1,
        Arg::Mixed { attachments, .. } => attachments.len(),
    };
    args.iter().map(count).sum()
}

/// Writes arguments, parted by commas, and returns their attachments.
pub(super) fn write(text: &mut String, args: &[Arg], after_another: bool) -> Vec<Bytes> {
    let mut all = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        if at > 0 || after_another {
            text.push(',');
        }
        match arg {
            Arg::Json(json) => text.push_str(json.as_str()),
            Arg::Binary(bytes) => {
                placeholder(text, all.len());
                all.push(bytes.clone());
            }
            Arg::Mixed { json, attachments } => {
                let start = text.len();
                let shift = |number| Ok(all.len() + number);
                if rewrite(json.as_str(), text, DEPTH, &mut { shift }).is_err() {
                    // Nothing that came from the wire: it is sent as it was made.
                    text.truncate(start);
                    text.push_str(json.as_str());
                }
                all.extend_from_slice(attachments);
            }
        }
    }
    all
}

/// Makes an argument of a packet's value and the packet's attachments.
pub(super) fn read(json: Json, attachments: &[Bytes]) -> Result<Arg, Malformed> {
    if !json.as_str().contains(MARK) {
        return Ok(Arg::Json(json));
    }
    if let Some(number) = Object::of(json.as_str()).and_then(|object| object.placeholder()) {
        let bytes = attachments.get(number).ok_or(Malformed::Placeholder)?;
        return Ok(Arg::Binary(bytes.clone()));
    }
    let mut own = Vec::new();
    let mut text = String::with_capacity(json.as_str().len());
    let take = |number: usize| {
        let bytes: &Bytes = attachments.get(number).ok_or(Malformed::Placeholder)?;
        own.push(bytes.clone());
        Ok(own.len() - 1)
    };
    rewrite(json.as_str(), &mut text, DEPTH, &mut { take })?;
    if own.is_empty() {
        return Ok(Arg::Json(json));
    }
    Ok(Arg::Mixed { json: Json::trusted(&text), attachments: own })
}

fn placeholder(text: &mut String, number: usize) {
    write!(text, r#"{{"_placeholder":true,"num":{number}}}"#).expect("a String takes everything");
}

/// Writes a value with other numbers in its placeholders.
fn rewrite(
    value: &str,
    text: &mut String,
    depth: usize,
    number: &mut dyn FnMut(usize) -> Result<usize, Malformed>,
) -> Result<(), Malformed> {
    if !value.contains(MARK) {
        text.push_str(value);
        return Ok(());
    }
    let deeper = depth.checked_sub(1).ok_or(Malformed::Placeholder)?;
    if let Some(object) = Object::of(value) {
        if let Some(old) = object.placeholder() {
            placeholder(text, number(old)?);
            return Ok(());
        }
        text.push('{');
        for (at, (key, value)) in object.0.iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            text.push_str(Json::of(key).as_str());
            text.push(':');
            rewrite(value.get(), text, deeper, number)?;
        }
        text.push('}');
    } else if let Ok(array) = serde_json::from_str::<Vec<&RawValue>>(value) {
        text.push('[');
        for (at, value) in array.iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            rewrite(value.get(), text, deeper, number)?;
        }
        text.push(']');
    } else {
        // A text that only looks like one.
        text.push_str(value);
    }
    Ok(())
}

/// An object's members, in order, their values as they were written.
struct Object<'v>(Vec<(String, &'v RawValue)>);

impl<'v> Object<'v> {
    fn of(value: &'v str) -> Option<Self> {
        serde_json::from_str(value).ok()
    }

    /// The number of the attachment for which it stands, if it is a placeholder.
    fn placeholder(&self) -> Option<usize> {
        let member = |name| self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let marked = member("_placeholder").is_some_and(|value| value.get() == "true");
        let number = member("num").filter(|_| marked)?;
        // A number that is none stands for an attachment that is not there.
        Some(number.get().parse().unwrap_or(usize::MAX))
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
