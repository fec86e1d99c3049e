//! Who may use the daemon: the section `[auth]`.

use std::{fmt, path::PathBuf};

/// How tokens are asked for and checked. See `docs/auth.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthConfig {
    /// Whether tokens are asked for.
    pub mode: Mode,
    /// The secret of HS256 tokens, at least [`Secret::MIN`] bytes.
    pub secret: Option<Secret>,
    /// A file with the secret; space around it does not count. Not together with `secret`.
    pub secret_file: Option<PathBuf>,
    /// PEM files with one RSA or Ed25519 public key each, for RS256 and `EdDSA` tokens.
    pub public_keys: Vec<PathBuf>,
    /// What a token's `aud` must name; absent: tokens must not be meant for somebody else.
    pub audience: Option<String>,
    /// What a token's `iss` must be; absent: anything.
    pub issuer: Option<String>,
    /// How far clocks may differ, in seconds, for `exp` and `nbf`.
    pub leeway_secs: u64,
    /// The claim that names the user.
    pub user_claim: String,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Off,
            secret: None,
            secret_file: None,
            public_keys: Vec::new(),
            audience: None,
            issuer: None,
            leeway_secs: 60,
            user_claim: "sub".to_owned(),
        }
    }
}

/// Whether tokens are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Never; whoever reaches the daemon may do everything. For loopback.
    #[default]
    Off,
    /// What a user does needs none, and the user's name is believed; everything else needs one. Whoever
    /// shows one is bound to it.
    Optional,
    /// Always.
    Required,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Off, Self::Optional, Self::Required];

    /// Its name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// A text that is never shown: neither in logs nor in errors.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Fewest bytes of a secret that signs tokens: as many as HS256's digest has.
    pub const MIN: usize = 32;

    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}
