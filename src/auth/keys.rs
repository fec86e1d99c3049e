//! The keys of tokens: the secret, public keys, and the daemon's own key.

use super::{AuthConfig, Secret};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use std::{
    fmt, fs,
    io::{self, Write},
    path::Path,
};

/// The file in the data directory with the secret that is made when none is configured.
pub const SECRET_FILE: &str = "auth.secret";

/// The file in the data directory with the token of the daemon's own commands. Only the user who runs the
/// daemon may read it; its key is made at each start and kept nowhere, so that it ends with the daemon.
pub const TOKEN_FILE: &str = "token";

/// Fewest bytes of the DER form of an RSA public key of 2048 bits.
const RSA_DER_MIN: usize = 256;

/// A key file cannot be used: which, and why. It never holds what is in the file.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {message}")]
pub struct KeyError {
    place: String,
    message: String,
}

impl KeyError {
    pub(super) fn new(place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { place: place.to_string(), message: message.into() }
    }

    fn io(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |error| Self::new(path.display(), error.to_string())
    }
}

/// A key that tokens are checked with, for one algorithm.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// A key that tokens are signed with.
pub(super) struct Local {
    pub(super) kid: &'static str,
    pub(super) encoding: EncodingKey,
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({})", self.kid)
    }
}

/// Every key of a daemon.
#[derive(Debug)]
pub(super) struct Keys {
    /// Good for this process only.
    local: Local,
    secret: Option<Local>,
    checking: Vec<Key>,
}

impl Keys {
    /// The name of the secret.
    const SECRET: &str = "secret";
    /// The name of the daemon's own key.
    const LOCAL: &str = "daemon";

    /// No key is known, and none is asked for.
    pub(super) fn none() -> Self {
        Self { local: local(Self::LOCAL, &[]), secret: None, checking: Vec::new() }
    }

    pub(super) fn open(config: &AuthConfig, data_dir: &Path) -> Result<Self, KeyError> {
        let mut checking =
            config.public_keys.iter().map(|path| public(path)).collect::<Result<Vec<_>, _>>()?;
        for (number, key) in checking.iter().enumerate() {
            let twice = checking[..number].iter().any(|other| other.kid == key.kid);
            if twice || [Self::SECRET, Self::LOCAL].contains(&key.kid.as_str()) {
                let message = format!("the name `{}` is taken; rename the file", key.kid);
                return Err(KeyError::new("auth.public_keys", message));
            }
        }
        let secret = secret(config, data_dir)?;
        let own = random()?;
        if let Some(secret) = &secret {
            checking.push(shared(Self::SECRET, secret.expose().as_bytes()));
        }
        checking.push(shared(Self::LOCAL, own.as_bytes()));
        Ok(Self {
            local: local(Self::LOCAL, own.as_bytes()),
            secret: secret.map(|secret| local(Self::SECRET, secret.expose().as_bytes())),
            checking,
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        self.checking.iter()
    }

    pub(super) fn secret(&self) -> Option<&Local> {
        self.secret.as_ref()
    }

    pub(super) fn local(&self) -> &Local {
        &self.local
    }
}

fn local(kid: &'static str, secret: &[u8]) -> Local {
    Local { kid, encoding: EncodingKey::from_secret(secret) }
}

fn shared(kid: &str, secret: &[u8]) -> Key {
    let decoding = DecodingKey::from_secret(secret);
    Key { kid: kid.to_owned(), algorithm: Algorithm::HS256, decoding }
}

/// The configured secret, or the one in the data directory when no key is configured at all.
fn secret(config: &AuthConfig, data_dir: &Path) -> Result<Option<Secret>, KeyError> {
    match (&config.secret, &config.secret_file) {
        (Some(_), Some(_)) => {
            Err(KeyError::new("auth", "secret and secret_file are both set; keep one of them"))
        }
        (Some(secret), None) => long_enough("auth.secret", secret.clone()).map(Some),
        (None, Some(path)) => read(path).map(Some),
        (None, None) if config.public_keys.is_empty() => made(data_dir).map(Some),
        (None, None) => Ok(None),
    }
}

fn long_enough(place: impl fmt::Display, secret: Secret) -> Result<Secret, KeyError> {
    if secret.expose().len() < Secret::MIN {
        let message = format!(
            "the secret has fewer than {} bytes; `openssl rand -hex 32` makes a good one",
            Secret::MIN
        );
        return Err(KeyError::new(place, message));
    }
    Ok(secret)
}

fn read(path: &Path) -> Result<Secret, KeyError> {
    let text = fs::read_to_string(path).map_err(KeyError::io(path))?;
    long_enough(path.display(), Secret::new(text.trim()))
}

/// The secret in the data directory; makes it when it is not there.
fn made(data_dir: &Path) -> Result<Secret, KeyError> {
    let path = data_dir.join(SECRET_FILE);
    match read(&path) {
        Err(_) if !path.exists() => {
            // `sonocode token` may be the first to come.
            fs::create_dir_all(data_dir).map_err(KeyError::io(data_dir))?;
            let file = private(data_dir, &random()?).map_err(KeyError::io(&path))?;
            // Whoever comes first makes it, and everybody else takes that one.
            match file.persist_noclobber(&path) {
                Ok(_) => {}
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(KeyError::io(&path)(error.error)),
            }
            read(&path)
        }
        known => known,
    }
}

/// 32 random bytes as hexadecimal digits.
fn random() -> Result<String, KeyError> {
    let mut bytes = [0; Secret::MIN];
    getrandom::fill(&mut bytes)
        .map_err(|error| KeyError::new("auth", format!("no random numbers: {error}")))?;
    Ok(hex::encode(bytes))
}

/// A whole file beside its later place. Temporary files are for their owner only, and stay so.
fn private(dir: &Path, content: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    writeln!(file, "{content}")?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Puts the token of the daemon's own commands into the data directory.
pub(super) fn write_token(data_dir: &Path, token: &str) -> Result<(), KeyError> {
    let path = data_dir.join(TOKEN_FILE);
    let file = private(data_dir, token).map_err(KeyError::io(&path))?;
    file.persist(&path).map(drop).map_err(|error| KeyError::io(&path)(error.error))
}

/// Takes away the token of an earlier daemon, which is good for nothing any more.
pub(super) fn remove_token(data_dir: &Path) {
    // Most often there is none.
    let _ = fs::remove_file(data_dir.join(TOKEN_FILE));
}

/// Reads a public key; its name is that of the file without the ending.
fn public(path: &Path) -> Result<Key, KeyError> {
    let wrong = |message: &str| KeyError::new(path.display(), message);
    let pem = fs::read_to_string(path).map_err(KeyError::io(path))?;
    if pem.contains("PRIVATE KEY") {
        return Err(wrong(
            "is a private key, which the daemon need not know; `openssl pkey -in KEY -pubout` \
             prints the public one",
        ));
    }
    let (algorithm, decoding) = match DecodingKey::from_ed_pem(pem.as_bytes()) {
        Ok(key) => (Algorithm::EdDSA, key),
        Err(_) => match DecodingKey::from_rsa_pem(pem.as_bytes()) {
            Ok(key) => (Algorithm::RS256, key),
            Err(_) => return Err(wrong("is no RSA or Ed25519 public key in PEM form")),
        },
    };
    let short = decoding.try_get_as_bytes().is_ok_and(|der| der.len() < RSA_DER_MIN);
    if algorithm == Algorithm::RS256 && short {
        return Err(wrong("is an RSA key of fewer than 2048 bits"));
    }
    let kid = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    Ok(Key { kid: kid.unwrap_or_default(), algorithm, decoding })
}
