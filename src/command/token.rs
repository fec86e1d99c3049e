//! `sonocode token`.

use super::{configuration, print_json, text};
use crate::{
    auth::{Auth, AuthCode, Role},
    cli::Token,
    error::{Code, Error},
    view::terminal::print,
};
use serde_json::json;
use std::time::Duration;

pub(super) fn token(args: &Token) -> Result<Code, Error> {
    let data_dir = args.data_dir.as_deref().map(text);
    let config = configuration([("data_dir", "--data-dir", data_dir)])?.config;
    let ttl = ttl(&args.ttl).map_err(|message| Error::Usage(format!("--ttl: {message}")))?;
    // The option takes these words only.
    let role = Role::find(&args.role).unwrap_or_default();
    let auth = Auth::issuer(&config.auth, &config.data_dir)
        .map_err(|error| Error::Usage(error.to_string()))?;
    let issued = auth.issue(&args.user, role, ttl).map_err(|error| match error.code {
        AuthCode::KeyUnknown => Error::Refused(error.message),
        _ => Error::Usage(error.message),
    })?;
    if args.json {
        let identity = issued.identity;
        let expires = identity.expires.map(|end| end.to_string());
        print_json(&json!({
            "token": issued.token, "user": identity.user, "role": role.name(), "expires": expires,
        }))?;
    } else {
        print(&issued.token)?;
    }
    Ok(Code::OK)
}

/// Reads `90s`, `15m`, `24h` or `30d`.
fn ttl(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time such as 90s, 15m, 24h or 30d");
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("24h", 86_400), ("30d", 2_592_000)] {
            assert_eq!(ttl(text).unwrap().as_secs(), seconds);
        }
        for text in ["", "s", "24", "1.5h", "-1h", "1w", "1é", "99999999999999999999d"] {
            assert!(ttl(text).is_err(), "{text}");
        }
    }
}
