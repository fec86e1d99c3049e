//! JSON Web Tokens: what is checked of them, and how they are made.

use super::{
    AuthCode, AuthConfig, AuthError, Identity, Role,
    keys::{Key, Local},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation, decode, encode, errors::ErrorKind};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Longest token that is read, in bytes; more than any identity needs, and headers are no longer either.
const MAX_BYTES: usize = 8 << 10;

/// Longest name of a user, in characters, as everywhere.
const USER_MAX: usize = 128;

/// Shortest and longest life of a token that is made here.
const TTL: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(10 * 365 * 86_400);

/// The token in a value of the header `Authorization`. `None`: it is no bearer's (RFC 6750).
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The token itself.
    pub token: String,
    /// Who its bearer is; it expires with the token's `exp`, whatever clocks may differ.
    pub identity: Identity,
}

/// What is checked beside the signature.
#[derive(Debug)]
pub(super) struct Rules {
    audience: Option<String>,
    issuer: Option<String>,
    leeway_secs: u64,
    user_claim: String,
}

impl Rules {
    pub(super) fn of(config: &AuthConfig) -> Self {
        Self {
            audience: config.audience.clone(),
            issuer: config.issuer.clone(),
            leeway_secs: config.leeway_secs,
            user_claim: config.user_claim.clone(),
        }
    }

    /// Who a token says its bearer is.
    pub(super) fn verify<'a>(
        &self,
        token: &str,
        keys: impl Iterator<Item = &'a Key>,
    ) -> Result<Identity, AuthError> {
        if token.len() > MAX_BYTES {
            let message = format!("the token is longer than {MAX_BYTES} bytes");
            return Err(AuthError::new(AuthCode::TokenTooLong, message));
        }
        let head = Head::read(token)?;
        let mut named = keys.filter(|key| head.kid.as_ref().is_none_or(|kid| *kid == key.kid));
        let mut known = false;
        let mut refused = None;
        // One by one, for without `kid` every key of the algorithm may be meant.
        for key in named.by_ref() {
            known = true;
            if key.algorithm != head.algorithm {
                continue;
            }
            match decode::<Map<String, Value>>(token, &key.decoding, &self.validation(key)) {
                // To the instant, where the library looks at whole seconds.
                Ok(data) => return self.identity(&data.claims)?.current(),
                Err(error) => match error.kind() {
                    ErrorKind::InvalidSignature => {
                        let message = "the token's signature is not that of a configured key";
                        refused = Some(AuthError::new(AuthCode::SignatureInvalid, message));
                    }
                    kind => return Err(refusal(kind)),
                },
            }
        }
        Err(refused.unwrap_or_else(|| head.unfit(known)))
    }

    fn validation(&self, key: &Key) -> Validation {
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = self.leeway_secs;
        validation.validate_nbf = true;
        // Our own commands' tokens are for this daemon, whatever others' say.
        let mut required = vec!["exp"];
        if let Some(audience) = &self.audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    fn identity(&self, claims: &Map<String, Value>) -> Result<Identity, AuthError> {
        let wrong = |claim: &str, what: &str| {
            let message = format!("the token's claim `{claim}` {what}");
            AuthError::new(AuthCode::ClaimInvalid, message)
        };
        let user = match claims.get(&self.user_claim) {
            Some(Value::String(user)) => user.clone(),
            // Data bases number their users.
            Some(Value::Number(number)) if number.is_u64() => number.to_string(),
            Some(_) => return Err(wrong(&self.user_claim, "is no text")),
            None => return Err(wrong(&self.user_claim, "is missing; it names the user")),
        };
        check_user(&user).map_err(|what| wrong(&self.user_claim, what))?;
        let role = match claims.get("role") {
            None | Some(Value::Null) => Role::User,
            Some(role) => role
                .as_str()
                .and_then(Role::find)
                .ok_or_else(|| wrong("role", "is none of user, setter, service, admin"))?,
        };
        // It was checked to be a number; one beyond the end of the calendar does not end.
        let exp = claims.get("exp").and_then(Value::as_f64).unwrap_or_default();
        let expires = Timestamp::from_second(exp as i64)
            .and_then(|end| end.checked_add(Duration::from_secs(self.leeway_secs)))
            .unwrap_or(Timestamp::MAX);
        Ok(Identity { user, role, expires: Some(expires) })
    }

    /// A token signed with this key.
    pub(super) fn sign(
        &self,
        key: &Local,
        user: &str,
        role: Role,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Issued, AuthError> {
        let wrong = |message: String| AuthError::new(AuthCode::ClaimInvalid, message);
        check_user(user).map_err(|what| wrong(format!("the user's name {what}")))?;
        if !TTL.contains(&ttl) {
            return Err(wrong("a token lives for 1 second to 10 years".to_owned()));
        }
        let end = now.as_second().saturating_add(ttl.as_secs() as i64);
        let mut claims = json!({ "role": role.name(), "iat": now.as_second(), "exp": end });
        claims[&self.user_claim] = json!(user);
        for (name, value) in [("aud", &self.audience), ("iss", &self.issuer)] {
            if let Some(value) = value {
                claims[name] = json!(value);
            }
        }
        let header = Header { kid: Some(key.kid.to_owned()), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &claims, &key.encoding).map_err(|error| {
            AuthError::new(AuthCode::KeyUnknown, format!("the token cannot be signed: {error}"))
        })?;
        let expires = Some(Timestamp::from_second(end).unwrap_or(Timestamp::MAX));
        Ok(Issued { token, identity: Identity { user: user.to_owned(), role, expires } })
    }
}

fn check_user(user: &str) -> Result<(), &'static str> {
    if !(1..=USER_MAX).contains(&user.chars().count()) {
        return Err("must have 1 to 128 characters");
    }
    if user.chars().any(char::is_control) {
        return Err("must not have control characters");
    }
    Ok(())
}

/// The part of a token that says how the rest is signed.
struct Head {
    algorithm: Algorithm,
    kid: Option<String>,
}

impl Head {
    fn read(token: &str) -> Result<Self, AuthError> {
        let malformed = |message: &str| AuthError::new(AuthCode::TokenMalformed, message);
        let parts: Vec<&str> = token.split('.').collect();
        let &[head, _, _] = parts.as_slice() else {
            return Err(malformed("the token is no JWT: it does not have three parts"));
        };
        let head: Map<String, Value> = URL_SAFE_NO_PAD
            .decode(head)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| {
                malformed("the token is no JWT: its header is no JSON object in base64url")
            })?;
        if head.contains_key("crit") {
            return Err(malformed("the token's header has `crit`, and no extension is known here"));
        }
        let algorithm = match head.get("alg").and_then(Value::as_str) {
            Some("HS256") => Algorithm::HS256,
            Some("RS256") => Algorithm::RS256,
            Some("EdDSA") => Algorithm::EdDSA,
            _ => {
                let message = "the token's `alg` is none of HS256, RS256, EdDSA";
                return Err(AuthError::new(AuthCode::AlgorithmRefused, message));
            }
        };
        let kid = match head.get("kid") {
            None | Some(Value::Null) => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(malformed("the token's `kid` is no text")),
        };
        Ok(Self { algorithm, kid })
    }

    /// What to say when no key was tried; `known`: whether there is one of that name.
    fn unfit(&self, known: bool) -> AuthError {
        let algorithm = format!("{:?}", self.algorithm);
        if self.kid.is_some() && !known {
            let message = "no configured key has the name in the token's `kid`; the secret is `secret`, \
                           and a public key has the name of its file without the ending";
            return AuthError::new(AuthCode::KeyUnknown, message);
        }
        let message = format!("no configured key takes the token's algorithm {algorithm}");
        AuthError::new(AuthCode::AlgorithmRefused, message)
    }
}

/// What a failure of the library means; nothing of the token is repeated.
fn refusal(kind: &ErrorKind) -> AuthError {
    let (code, message) = match kind {
        ErrorKind::ExpiredSignature => return AuthError::expired(),
        ErrorKind::ImmatureSignature => {
            (AuthCode::TokenNotYetValid, "the token is not good yet (`nbf`)".to_owned())
        }
        ErrorKind::InvalidAudience => (
            AuthCode::AudienceWrong,
            "the token is meant for somebody else (`aud`); see auth.audience".to_owned(),
        ),
        ErrorKind::InvalidIssuer => (
            AuthCode::IssuerWrong,
            "the token is from somebody else (`iss`); see auth.issuer".to_owned(),
        ),
        ErrorKind::MissingRequiredClaim(claim) => (
            AuthCode::ClaimInvalid,
            format!("the token's claim `{claim}` is missing or of another type"),
        ),
        ErrorKind::InvalidClaimFormat(claim) => {
            (AuthCode::ClaimInvalid, format!("the token's claim `{claim}` cannot be read"))
        }
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => {
            (AuthCode::AlgorithmRefused, "the token's `alg` is not that of the key".to_owned())
        }
        _ => (AuthCode::TokenMalformed, "the token is no JWT that can be read".to_owned()),
    };
    AuthError::new(code, message)
}
