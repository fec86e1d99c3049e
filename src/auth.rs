//! Who somebody is and what they may do: JSON Web Tokens, identities and roles.
//!
//! One [`Auth`] a daemon. The API asks it for every request with a bearer token, the hub when a socket
//! connects and when it registers a user. Tokens are signed with HS256 by the daemon's own secret or by
//! somebody else who knows it, or with RS256 and `EdDSA` by whoever holds the private half of a configured
//! public key. Every key takes one algorithm only, so that a public key can never pass for a secret.
//!
//! Rules of JSON Web Tokens: RFC 7519; of what implementations got wrong: RFC 8725.

mod error;
mod keys;
mod role;
mod token;

pub use crate::config::{AuthConfig, Mode, Secret};
pub use error::{AuthCode, AuthError};
pub use keys::{KeyError, SECRET_FILE, TOKEN_FILE};
pub use role::{Identity, Need, Role};
pub use token::{Issued, bearer};

use jiff::Timestamp;
use keys::{Keys, Local};
use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use token::Rules;

/// How long the token of the daemon's own commands is good for. Its key ends with the daemon, which is
/// sooner.
const LOCAL_TTL: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Checks tokens and makes them.
#[derive(Debug)]
pub struct Auth {
    mode: Mode,
    keys: Keys,
    rules: Rules,
    /// Refusals by code, in the order of [`AuthCode::ALL`].
    failures: [AtomicU64; AuthCode::ALL.len()],
}

impl Auth {
    /// Reads the keys. When the mode is not off and none are configured, a secret is made in the data
    /// directory. Then the token of the daemon's own commands is put there, see [`TOKEN_FILE`].
    pub fn open(config: &AuthConfig, data_dir: &Path) -> Result<Self, KeyError> {
        if config.mode == Mode::Off {
            keys::remove_token(data_dir);
            return Ok(Self::off());
        }
        let auth = Self::with(config, Keys::open(config, data_dir)?);
        let local = auth.sign(auth.keys.local(), "local", Role::Admin, LOCAL_TTL);
        let local = local.map_err(|error| KeyError::new("auth", error.message))?;
        keys::write_token(data_dir, &local.token)?;
        Ok(auth)
    }

    /// Only makes tokens with the secret of this configuration, as `sonocode token` does. The secret in the
    /// data directory is made when there is none.
    pub fn issuer(config: &AuthConfig, data_dir: &Path) -> Result<Self, KeyError> {
        Ok(Self::with(config, Keys::open(config, data_dir)?))
    }

    /// Asks nobody for anything.
    pub fn off() -> Self {
        Self::with(&AuthConfig::default(), Keys::none())
    }

    fn with(config: &AuthConfig, keys: Keys) -> Self {
        let failures = std::array::from_fn(|_| AtomicU64::new(0));
        Self { mode: config.mode, keys, rules: Rules::of(config), failures }
    }

    /// Whether tokens are asked for.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Who a token says its bearer is. Its signature, times, audience and issuer are checked.
    pub fn verify(&self, token: &str) -> Result<Identity, AuthError> {
        self.counted(self.rules.verify(token, self.keys.all()))
    }

    /// A token for a user, signed with the secret; fails when only public keys are configured, or when the
    /// user's name or the time is out of bounds.
    pub fn issue(&self, user: &str, role: Role, ttl: Duration) -> Result<Issued, AuthError> {
        let secret = self.keys.secret().ok_or_else(|| {
            AuthError::new(
                AuthCode::KeyUnknown,
                "only public keys are configured, and they cannot sign; set auth.secret or \
                 auth.secret_file, or ask whoever holds the private key for a token",
            )
        })?;
        self.sign(secret, user, role, ttl)
    }

    /// Lets a socket speak for a user, or says why not. Without a token: anybody when tokens are not
    /// required. With one: it must be valid and be that user's, or one that may act for others. When the
    /// mode is off, a token means nothing, for clients send whatever they have.
    pub fn admit(&self, user: &str, token: Option<&str>) -> Result<Identity, AuthError> {
        let token = token.filter(|token| !token.is_empty());
        match (self.mode, token) {
            (Mode::Off, _) | (Mode::Optional, None) => Ok(Identity::believed(user)),
            (Mode::Required, None) => Err(self.missing()),
            (_, Some(token)) => {
                let identity = self.verify(token)?;
                self.counted(identity.act_for(user))
            }
        }
    }

    /// The same for a socket that has proved at its handshake who it is (`known`, from
    /// [`handshake`](Self::handshake)): it needs no second token, but may show one.
    pub fn admit_known(
        &self,
        user: &str,
        token: Option<&str>,
        known: Option<&Identity>,
    ) -> Result<Identity, AuthError> {
        match (token.filter(|token| !token.is_empty()), known) {
            (None, Some(known)) => {
                self.counted(known.current().and_then(|known| known.act_for(user)))
            }
            (token, _) => self.admit(user, token),
        }
    }

    /// Lets a socket speak for the user of its earlier connection, who was proved by a token that is good
    /// `until` then; `None`: by none.
    pub fn readmit(&self, user: &str, until: Option<Timestamp>) -> Result<Identity, AuthError> {
        match until {
            Some(_) if self.mode != Mode::Off => {
                let identity = Identity { expires: until, ..Identity::believed(user) };
                self.counted(identity.current())
            }
            _ => self.admit(user, None),
        }
    }

    /// Checks the token of a handshake, if there is one. Without one a socket may connect, for some
    /// clients only show theirs when they register; until then it hears nothing.
    pub fn handshake(&self, token: Option<&str>) -> Result<Option<Identity>, AuthError> {
        match token.filter(|token| !token.is_empty()) {
            Some(token) if self.mode != Mode::Off => self.verify(token).map(Some),
            _ => Ok(None),
        }
    }

    /// What somebody may do: `Err` when it needs more than `identity` has. `local` is whether the request
    /// comes from this machine.
    pub fn allow(
        &self,
        need: Need,
        identity: Option<&Identity>,
        local: bool,
    ) -> Result<(), AuthError> {
        if self.mode == Mode::Off || need.is_open(local) {
            return Ok(());
        }
        match identity {
            Some(identity) => self.counted(identity.role.may(need)),
            None if self.mode == Mode::Optional && need == Need::User => Ok(()),
            None => Err(self.missing()),
        }
    }

    /// How many were refused since the start, by code.
    pub fn failures(&self) -> impl Iterator<Item = (AuthCode, u64)> + '_ {
        let counts = self.failures.iter().map(|count| count.load(Ordering::Relaxed));
        AuthCode::ALL.into_iter().zip(counts)
    }

    fn missing(&self) -> AuthError {
        let error = AuthError::new(
            AuthCode::TokenMissing,
            "a token is required; `sonocode token --user NAME` makes one",
        );
        self.count(&error);
        error
    }

    fn sign(
        &self,
        key: &Local,
        user: &str,
        role: Role,
        ttl: Duration,
    ) -> Result<Issued, AuthError> {
        self.rules.sign(key, user, role, ttl, Timestamp::now())
    }

    fn counted<T>(&self, result: Result<T, AuthError>) -> Result<T, AuthError> {
        result.inspect_err(|error| self.count(error))
    }

    fn count(&self, error: &AuthError) {
        self.failures[error.code as usize].fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
