//! Identities, their roles, and what each role may do.

use super::{AuthCode, AuthError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of participant somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Submits, and reads what is their own.
    #[default]
    User,
    /// A user who also writes problems and sees all of them.
    Setter,
    /// Another program: pushes messages to users and acts for any of them, but changes no problems.
    Service,
    /// May do everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::User, Self::Setter, Self::Service, Self::Admin];

    /// Its name in tokens.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Setter => "setter",
            Self::Service => "service",
            Self::Admin => "admin",
        }
    }

    /// The role with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it may read and submit for any user.
    pub fn acts_for_all(self) -> bool {
        matches!(self, Self::Service | Self::Admin)
    }

    /// `Err` when it may not do what needs this.
    pub fn may(self, need: Need) -> Result<(), AuthError> {
        let enough = match need {
            Need::Nothing | Need::User | Need::Status => true,
            Need::Setter => matches!(self, Self::Setter | Self::Admin),
            Need::Service | Need::Figures => matches!(self, Self::Service | Self::Admin),
        };
        if enough {
            return Ok(());
        }
        let message =
            format!("the role `{self}` may not do this; it needs a token with {}", need.roles());
        Err(AuthError::new(AuthCode::RoleTooSmall, message))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// No token. Also what is asked for one later: sockets, when they register a user.
    Nothing,
    /// Any token; handlers see to it that users touch only what is their own.
    User,
    /// A setter's or an admin's.
    Setter,
    /// A service's or an admin's.
    Service,
    /// Nothing on this machine; from elsewhere any token.
    Status,
    /// Nothing on this machine; from elsewhere a service's or an admin's.
    Figures,
}

impl Need {
    pub(super) fn is_open(self, local: bool) -> bool {
        match self {
            Self::Nothing => true,
            Self::Status | Self::Figures => local,
            Self::User | Self::Setter | Self::Service => false,
        }
    }

    fn roles(self) -> &'static str {
        match self {
            Self::Nothing | Self::User | Self::Status => "any role",
            Self::Setter => "the role `setter` or `admin`",
            Self::Service | Self::Figures => "the role `service` or `admin`",
        }
    }
}

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user's name, or the user for whom a service or an admin acts.
    pub user: String,
    /// What they may do.
    pub role: Role,
    /// When the token is not taken any more: its `exp`, and what clocks may differ; `None` without a token.
    pub expires: Option<Timestamp>,
}

impl Identity {
    /// Somebody without a token, whose word is taken.
    pub(super) fn believed(user: &str) -> Self {
        Self { user: user.to_owned(), role: Role::User, expires: None }
    }

    /// `Err` when this is not the user and may not act for others. Otherwise the identity under that
    /// user's name.
    pub fn act_for(self, user: &str) -> Result<Self, AuthError> {
        if self.user == user || self.role.acts_for_all() {
            return Ok(Self { user: user.to_owned(), ..self });
        }
        // The names are the client's own, and are not repeated: they may be long or strange.
        let message = "the token is another user's; use that user's own, or one with the role \
                       `service` or `admin`";
        Err(AuthError::new(AuthCode::UserMismatch, message))
    }

    /// Itself as long as its token has not ended.
    pub(super) fn current(&self) -> Result<Self, AuthError> {
        match self.expires {
            Some(end) if end <= Timestamp::now() => Err(AuthError::expired()),
            _ => Ok(self.clone()),
        }
    }
}
