//! Who asks, where what they may see and say depends on it.

use super::{
    App,
    envelope::{ApiError, Code},
    extract::Fields,
};
use crate::hub::chat::Person;
use axum::{extract::FromRequestParts, http::request::Parts};
use std::convert::Infallible;

/// Who writes and does not say so.
const ANONYMOUS: &str = "anonymous";

/// Who sends a request, as far as it is known.
pub struct Visitor;

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl Visitor {
    /// As whom they write, under the name that they give themselves.
    pub fn person(&self, _app: &App, user: Option<String>) -> Result<Person, ApiError> {
        Ok(Person::new(user.unwrap_or_else(|| ANONYMOUS.to_owned()), false, true)?)
    }

    /// As whom a socket of theirs takes part.
    pub fn guest(
        &self,
        _app: &App,
        user: Option<String>,
        setter: bool,
    ) -> Result<Person, ApiError> {
        let user = user.ok_or_else(|| {
            ApiError::field(Code::Validation, "userId", "is missing; name the user as ?userId=NAME")
        })?;
        Ok(Person::new(user, setter, true)?)
    }

    /// As whom they read. Without a name, everything is theirs to see.
    pub fn viewer(&self, _app: &App, user: Option<String>) -> Result<Person, ApiError> {
        let all = user.is_none();
        Ok(Person::new(user.unwrap_or_else(|| ANONYMOUS.to_owned()), all, all)?)
    }
}

/// Reads `userId`.
pub fn claimed(fields: &mut Fields) -> Option<String> {
    fields.optional::<String>("userId")
}
