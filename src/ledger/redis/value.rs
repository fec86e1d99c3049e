//! What scripts answer.

use super::LedgerError;
use crate::{judge::SubmissionId, ledger::ended};
use redis::Value;
use std::{fmt::Display, str::FromStr, vec};

/// The items of an array, read one after the other.
#[derive(Debug)]
pub(crate) struct Items(vec::IntoIter<Value>);

impl Items {
    pub(super) fn of(value: Value) -> Result<Self, LedgerError> {
        match value {
            Value::Array(items) => Ok(Self(items.into_iter())),
            other => Err(broken("an answer of Redis", format!("{other:?} is no array"))),
        }
    }

    /// What comes after.
    pub(super) fn rest(self) -> Vec<Value> {
        self.0.collect()
    }

    /// The next item, which is a text.
    pub(crate) fn text(&mut self) -> Result<String, LedgerError> {
        self.maybe()?.ok_or_else(|| broken("an answer of Redis", "a text is missing"))
    }

    /// The next item, any bytes or nothing.
    pub(crate) fn bytes(&mut self) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.0.next() {
            Some(Value::BulkString(bytes)) => Ok(Some(bytes)),
            Some(Value::Nil) | None => Ok(None),
            Some(other) => Err(broken("an answer of Redis", format!("{other:?} is no bytes"))),
        }
    }

    /// The next item, a text or nothing.
    pub(crate) fn maybe(&mut self) -> Result<Option<String>, LedgerError> {
        match self.0.next() {
            Some(Value::BulkString(bytes)) => {
                String::from_utf8(bytes).map(Some).map_err(|error| broken("a text in Redis", error))
            }
            Some(Value::SimpleString(text)) => Ok(Some(text)),
            Some(Value::Int(number)) => Ok(Some(number.to_string())),
            Some(Value::Nil) | None => Ok(None),
            Some(other) => Err(broken("an answer of Redis", format!("{other:?} is no text"))),
        }
    }

    /// The next item, which is a number.
    pub(crate) fn number<T: FromStr<Err: Display>>(&mut self) -> Result<T, LedgerError> {
        let text = self.text()?;
        text.parse().map_err(|error| broken("a number in Redis", format!("`{text}`: {error}")))
    }

    /// The next item, an array.
    pub(crate) fn items(&mut self) -> Result<Items, LedgerError> {
        Self::of(self.0.next().unwrap_or(Value::Nil))
    }

    /// The next item, an array, until there are no more.
    pub(crate) fn next_items(&mut self) -> Option<Result<Items, LedgerError>> {
        self.0.next().map(Self::of)
    }
}

/// What a script refused, by its word; `None` when it refused nothing.
pub(super) fn refusal(
    word: &str,
    rest: &mut Items,
    id: SubmissionId,
) -> Result<Option<LedgerError>, LedgerError> {
    Ok(Some(match word {
        "missing" => LedgerError::NotFound(id),
        "fenced" => LedgerError::Fenced(id),
        "ended" => match ended(&rest.text()?) {
            Some(ended) => LedgerError::Ended(id, ended),
            None => return Err(broken("an answer of Redis", "it ended in no known way")),
        },
        _ => return Ok(None),
    }))
}

pub(super) fn broken(what: &str, error: impl Display) -> LedgerError {
    LedgerError::Store(format!("{what} cannot be read: {error}"))
}
