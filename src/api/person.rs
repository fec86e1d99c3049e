//! Who asks, where what they may see and say depends on it.

use super::{
    App,
    envelope::{ApiError, Code},
    extract::Fields,
    rights::Caller,
};
use crate::{
    auth::{Identity, Mode, Need},
    hub::chat::Person,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::convert::Infallible;

/// Who writes and does not say so.
const ANONYMOUS: &str = "anonymous";

/// Who sends a request, as far as it is known.
pub struct Visitor(Caller);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Caller::of(&parts.extensions)))
    }
}

impl Visitor {
    /// As whom they write: under the name that they give themselves, where that is believed, else under that
    /// of their token.
    pub fn person(&self, app: &App, user: Option<String>) -> Result<Person, ApiError> {
        match &self.0.0 {
            Some(identity) => known(identity, user),
            None => {
                Ok(Person::new(user.unwrap_or_else(|| ANONYMOUS.to_owned()), false, open(app))?)
            }
        }
    }

    /// As whom a socket of theirs takes part. `setter` is what they say of themselves.
    pub fn guest(&self, app: &App, user: Option<String>, setter: bool) -> Result<Person, ApiError> {
        if let Some(identity) = &self.0.0 {
            return known(identity, user);
        }
        let user = user.ok_or_else(|| {
            ApiError::field(Code::Validation, "userId", "is missing; name the user as ?userId=NAME")
        })?;
        Ok(Person::new(user, setter && open(app), open(app))?)
    }

    /// As whom they read. Without a name, everything that they may see.
    pub fn viewer(&self, app: &App, user: Option<String>) -> Result<Person, ApiError> {
        match &self.0.0 {
            Some(identity) => known(identity, user),
            None => {
                let all = user.is_none() && open(app);
                let user = user.unwrap_or_else(|| ANONYMOUS.to_owned());
                Ok(Person::new(user, all, open(app))?)
            }
        }
    }
}

/// Whether nobody is asked who they are.
fn open(app: &App) -> bool {
    app.auth.mode() == Mode::Off
}

/// Somebody with a token, as the user of whom they speak.
fn known(identity: &Identity, user: Option<String>) -> Result<Person, ApiError> {
    let role = identity.role;
    let identity = match user {
        Some(user) => identity.clone().act_for(&user)?,
        None => identity.clone(),
    };
    let setter = role.may(Need::Setter).is_ok();
    Ok(Person::new(identity.user, setter, role.acts_for_all())?)
}

/// Reads `userId`.
pub fn claimed(fields: &mut Fields) -> Option<String> {
    fields.optional::<String>("userId")
}
