//! Arguments of events and acknowledgements.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{fmt, sync::Arc};

/// A JSON text, kept as it was written: keys in their order, numbers with all their digits. Cheap to
/// clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Arc<str>);

impl Json {
    /// Takes a text that must be JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let value: &RawValue = serde_json::from_str(text)?;
        Ok(Self(value.get().into()))
    }

    /// The JSON of a value that has string keys and whose parts cannot fail, as all of ours.
    ///
    /// # Panics
    /// If the value cannot be written as JSON: that is a mistake of the program.
    pub fn of(value: &impl Serialize) -> Self {
        Self(serde_json::to_string(value).expect("a value with string keys").into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads it as a value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// A text that is known to be JSON.
    pub(super) fn trusted(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One argument of an event or an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A JSON value.
    Json(Json),
    /// Bytes.
    Binary(Bytes),
    /// A JSON value with bytes somewhere in it: at each place stands `{"_placeholder":true,"num":N}`,
    /// N counting the attachments from 0.
    Mixed {
        /// The value.
        json: Json,
        /// The bytes.
        attachments: Vec<Bytes>,
    },
}

impl Arg {
    /// An argument of a value, as [`Json::of`].
    pub fn of(value: &impl Serialize) -> Self {
        Self::Json(Json::of(value))
    }

    /// The JSON value, if there are no bytes in the argument.
    pub fn json(&self) -> Option<&Json> {
        match self {
            Self::Json(json) => Some(json),
            Self::Binary(_) | Self::Mixed { .. } => None,
        }
    }

    /// Reads the argument as a value; `None` if it is another or has bytes in it.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        self.json()?.read().ok()
    }
}

impl From<Json> for Arg {
    fn from(json: Json) -> Self {
        Self::Json(json)
    }
}
