//! JSON objects whose values stay as they were written: their keys keep their order, numbers their
//! digits.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap, fmt};

/// How deep a value may be nested: what clients in any language can read.
const DEPTH: usize = 128;

/// An object: its fields in their order.
#[derive(Debug)]
pub struct RawObject<'a> {
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> RawObject<'a> {
    /// Parses a body, which must be one object, and not nested too deeply. The error is for people.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("the body is empty; a JSON object is expected".into());
        }
        let object: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("the body is no JSON object: {error}"))?;
        if depth(bytes) > DEPTH {
            return Err(format!("the body is nested more than {DEPTH} levels deep"));
        }
        Ok(object)
    }

    /// A field's value; the last one where it comes more than once.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// The object without these fields, as text.
    pub fn without(&self, names: &[&str]) -> String {
        let last: HashMap<&str, usize> =
            self.fields.iter().enumerate().map(|(at, (key, _))| (key.as_ref(), at)).collect();
        let mut text = String::from("{");
        for (at, (key, value)) in self.fields.iter().enumerate() {
            if names.contains(&key.as_ref()) || last[key.as_ref()] != at {
                continue;
            }
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&serde_json::Value::from(key.as_ref()).to_string());
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        text
    }
}

impl<'de> Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = RawObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    fields.push((key, map.next_value()?));
                }
                Ok(RawObject { fields })
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// How deep valid JSON is nested.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_stay_as_they_were_written() {
        let text =
            r#"{ "z": 1.50, "userId" : "u", "a": {"y":[1 ,2],"x":"\u00e9\n"}, "z\u0031": null }"#;
        let object = RawObject::parse(text.as_bytes()).unwrap();
        assert_eq!(
            object.without(&["userId"]),
            r#"{"z":1.50,"a":{"y":[1 ,2],"x":"\u00e9\n"},"z1":null}"#
        );
        assert_eq!(object.get("z").unwrap().get(), "1.50");
        assert!(object.get("y").is_none());
        assert_eq!(RawObject::parse(b"{}").unwrap().without(&[]), "{}");
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let object = RawObject::parse(br#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(object.get("a").unwrap().get(), "3");
        assert_eq!(object.without(&[]), r#"{"b":2,"a":3}"#);
    }

    #[test]
    fn what_is_no_object_or_too_deep_is_refused() {
        for text in ["", "[]", "7", "{", "{}x", "{\"a\":}", "{a:1}", "{\"a\":1,}", "null"] {
            assert!(RawObject::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(RawObject::parse(b"{\"a\":\"\xff\"}").is_err());
        let nested = |n: usize| format!("{{\"a\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        assert!(RawObject::parse(nested(DEPTH - 1).as_bytes()).is_ok());
        let error = RawObject::parse(nested(DEPTH).as_bytes()).unwrap_err();
        assert!(error.contains("128 levels"), "{error}");
        assert!(RawObject::parse(nested(400_000).as_bytes()).is_err(), "and no stack overflows");
        let brackets_in_text = format!("{{\"a\":\"{}\\\"[\"}}", "[".repeat(500));
        assert!(RawObject::parse(brackets_in_text.as_bytes()).is_ok());
    }

    proptest! {
        #[test]
        fn the_rest_is_what_serde_makes_of_it(fields in prop::collection::vec((".{0,6}", any::<i64>()), 0..8)) {
            let body = fields.iter().map(|(key, value)| {
                format!("{}:{value}", serde_json::Value::from(key.as_str()))
            });
            let text = format!("{{{}}}", body.collect::<Vec<_>>().join(","));
            let rest = RawObject::parse(text.as_bytes()).unwrap().without(&[]);
            let (ours, theirs): (serde_json::Value, serde_json::Value) =
                (serde_json::from_str(&rest).unwrap(), serde_json::from_str(&text).unwrap());
            prop_assert_eq!(ours, theirs);
        }
    }
}
