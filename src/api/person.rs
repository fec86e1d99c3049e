//! Who asks, where what they may see and say depends on it.

use super::{
    App,
    envelope::{ApiError, Code},
    extract::Fields,
};
use crate::{
    auth::{Identity, Mode, Role},
    hub::chat::Person,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use jiff::Timestamp;
use std::convert::Infallible;

/// Who writes and does not say so, where nobody is asked.
const ANONYMOUS: &str = "anonymous";

/// Who sends a request: whom their token names, if they showed one.
pub struct Visitor(Option<Identity>);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Identity>().cloned()))
    }
}

impl Visitor {
    /// As whom they write: their token's user, else the name that they give themselves.
    pub fn person(&self, app: &App, user: Option<String>) -> Result<Person, ApiError> {
        let setter = self.answers();
        let user = self.acting_for(user)?.unwrap_or_else(|| ANONYMOUS.to_owned());
        Ok(Person::new(user, setter, trusts_all(app))?)
    }

    /// As whom a socket of theirs takes part; `setter` is what they say of themselves. A setter may
    /// leave the questions out, and nobody becomes one by saying so where tokens are asked for.
    pub fn guest(
        &self,
        app: &App,
        user: Option<String>,
        setter: Option<bool>,
    ) -> Result<Person, ApiError> {
        let trusted = trusts_all(app);
        let setter = if trusted {
            setter.unwrap_or(false)
        } else {
            self.answers() && setter.unwrap_or(true)
        };
        let user = self.acting_for(user)?.ok_or_else(|| {
            ApiError::field(Code::Validation, "userId", "is missing; name the user as ?userId=NAME")
        })?;
        Ok(Person::new(user, setter, trusted)?)
    }

    /// As whom they read: as the user that they name, else as themselves. Where nobody is asked, who
    /// names nobody sees everything.
    pub fn viewer(&self, app: &App, user: Option<String>) -> Result<Person, ApiError> {
        let own = self.0.as_ref().map(|identity| identity.user.as_str());
        let another = user.as_deref().is_some_and(|user| own != Some(user));
        let all = (self.answers() || trusts_all(app)) && !another;
        let all = all && (own.is_some() || user.is_none());
        let user = self.acting_for(user)?.unwrap_or_else(|| ANONYMOUS.to_owned());
        Ok(Person::new(user, all, false)?)
    }

    /// Whose log they may read: the user's that they name, else their own; `None`: everybody's.
    pub fn log(&self, app: &App, user: Option<String>) -> Result<Option<String>, ApiError> {
        match &self.0 {
            None if app.auth.mode() == Mode::Off || user.is_some() => Ok(user),
            None => {
                let message = "is missing; everybody's events need a token with the role `service` \
                               or `admin`";
                Err(ApiError::field(Code::Forbidden, "user", message))
            }
            Some(identity) if user.is_none() && identity.role.acts_for_all() => Ok(None),
            Some(_) => self.acting_for(user),
        }
    }

    /// When their token ends.
    pub fn until(&self) -> Option<Timestamp> {
        self.0.as_ref()?.expires
    }

    /// Whether their role answers questions.
    fn answers(&self) -> bool {
        let role = self.0.as_ref().map(|identity| identity.role);
        matches!(role, Some(Role::Setter | Role::Admin))
    }

    /// The user that they name, if they may speak for that one; else their own name.
    fn acting_for(&self, user: Option<String>) -> Result<Option<String>, ApiError> {
        match (&self.0, user) {
            (None, user) => Ok(user),
            (Some(identity), None) => Ok(Some(identity.user.clone())),
            (Some(identity), Some(user)) => match identity.clone().act_for(&user) {
                Ok(identity) => Ok(Some(identity.user)),
                Err(error) => Err(ApiError::new(Code::Forbidden, error.message)),
            },
        }
    }
}

/// Reads `userId`.
pub fn claimed(fields: &mut Fields) -> Option<String> {
    fields.optional::<String>("userId")
}

/// Whether anybody may do anything.
fn trusts_all(app: &App) -> bool {
    app.auth.mode() == Mode::Off
}
