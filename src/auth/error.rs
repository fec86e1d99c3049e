//! Why somebody was not let in.

use serde::Serialize;
use std::fmt;

/// Why somebody was not let in. It never holds the token or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AuthError {
    /// For programs.
    pub code: AuthCode,
    /// For people: what is wrong and how to mend it.
    pub message: String,
}

impl AuthError {
    /// A refusal.
    pub fn new(code: AuthCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The refusal of a token that has ended.
    pub fn expired() -> Self {
        let message =
            "the token has ended (`exp`); `sonocode token` or whoever gave it makes another";
        Self::new(AuthCode::TokenExpired, message)
    }
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthCode {
    /// There is no token, and one is needed.
    TokenMissing,
    /// The token is none: not three parts of base64url with JSON objects in them.
    TokenMalformed,
    /// The token is longer than any that is read.
    TokenTooLong,
    /// Its `alg` is `none`, is not one of HS256, RS256 and `EdDSA`, or is not that of the key.
    AlgorithmRefused,
    /// No key has the name in its `kid`, or there is none to sign with.
    KeyUnknown,
    /// The signature is not that of a known key.
    SignatureInvalid,
    /// Its `exp` is over.
    TokenExpired,
    /// Its `nbf` is to come.
    TokenNotYetValid,
    /// Its `aud` names somebody else.
    AudienceWrong,
    /// Its `iss` is somebody else.
    IssuerWrong,
    /// A claim that is needed is not there or cannot be read.
    ClaimInvalid,
    /// The token is another user's.
    UserMismatch,
    /// The token's role is too small.
    RoleTooSmall,
}

impl AuthCode {
    /// Every code.
    pub const ALL: [Self; 13] = [
        Self::TokenMissing,
        Self::TokenMalformed,
        Self::TokenTooLong,
        Self::AlgorithmRefused,
        Self::KeyUnknown,
        Self::SignatureInvalid,
        Self::TokenExpired,
        Self::TokenNotYetValid,
        Self::AudienceWrong,
        Self::IssuerWrong,
        Self::ClaimInvalid,
        Self::UserMismatch,
        Self::RoleTooSmall,
    ];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenMissing => "token_missing",
            Self::TokenMalformed => "token_malformed",
            Self::TokenTooLong => "token_too_long",
            Self::AlgorithmRefused => "algorithm_refused",
            Self::KeyUnknown => "key_unknown",
            Self::SignatureInvalid => "signature_invalid",
            Self::TokenExpired => "token_expired",
            Self::TokenNotYetValid => "token_not_yet_valid",
            Self::AudienceWrong => "audience_wrong",
            Self::IssuerWrong => "issuer_wrong",
            Self::ClaimInvalid => "claim_invalid",
            Self::UserMismatch => "user_mismatch",
            Self::RoleTooSmall => "role_too_small",
        }
    }

    /// Whether the bearer is known but may not do this (403), and not unknown (401).
    pub fn is_forbidden(self) -> bool {
        matches!(self, Self::UserMismatch | Self::RoleTooSmall)
    }
}

impl fmt::Display for AuthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
