//! What a daemon answers: the envelope, its data or its refusal, and the error a user meets.

use crate::{error::Error, problem::Mistake};
use reqwest::{Response, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection, or it broke.
    #[error("{0}")]
    Lost(String),
    /// The daemon refused; its own words.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// What answered does not speak as a daemon of this version does.
    #[error("{0}")]
    Foreign(String),
}

/// A refusal in the daemon's envelope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, such as `queue_full`.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// Names of the fields that are wrong.
    pub fields: Vec<String>,
    /// Mistakes of a package.
    pub mistakes: Vec<Mistake>,
    /// How long to wait before asking again.
    pub retry_after: Option<Duration>,
}

/// The envelope of every reply.
#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    data: Value,
}

impl ClientError {
    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused(refusal) = self { Some(refusal) } else { None }
    }

    /// Whether it is a refusal that may pass by itself: the daemon is busy or going.
    pub fn passes(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 429 || refusal.status >= 500)
    }

    pub(super) fn lost(error: &reqwest::Error) -> Self {
        // reqwest's own text says "error sending request"; the cause says what happened.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Self::lost_to(cause)
    }

    /// A connection that was not made, for this reason.
    pub(super) fn lost_to(cause: &dyn std::error::Error) -> Self {
        let text = cause.to_string();
        let mend = if text.contains("invalid peer certificate") {
            "; --tls-ca FILE names the authority that signed it, and the URL must have a name that is in it"
        } else {
            ""
        };
        Self::Lost(text + mend)
    }
}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Lost(reason) => Self::Unreachable(format!("the daemon is gone: {reason}")),
            ClientError::Foreign(text) => Self::Other(text),
            ClientError::Refused(refusal) => refused(*refusal),
        }
    }
}

/// The exit code follows the status; the message names the fields if it does not do so already.
fn refused(refusal: Refusal) -> Error {
    let missing = refusal.fields.iter().filter(|field| !refusal.message.contains(field.as_str()));
    let fields = missing.map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = match fields.as_str() {
        "" => refusal.message,
        fields => format!("{} ({fields})", refusal.message),
    };
    match refusal.status {
        404 => Error::NotFound(message),
        // A submission that has ended conflicts with its state, and no field is to blame.
        409 if refusal.fields.iter().any(|field| field == "slug") => Error::Exists(message),
        422 if !refusal.mistakes.is_empty() => {
            Error::Invalid { package: "the package".into(), mistakes: refusal.mistakes }
        }
        500 | 503 => Error::Judge(message),
        _ => Error::Refused(message),
    }
}

/// `Retry-After` in seconds.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// Takes `data` out of the envelope, or the refusal.
pub(super) fn open(
    status: u16,
    retry_after: Option<Duration>,
    body: &[u8],
) -> Result<Value, ClientError> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| {
        let what = "what answers there is no sonocode daemon";
        ClientError::Foreign(format!("{what} (HTTP {status} without its envelope)"))
    })?;
    if envelope.success && (200..300).contains(&status) {
        return Ok(envelope.data);
    }
    let Envelope { message, error, .. } = envelope;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let fields = error["fields"].as_array().into_iter().flatten();
    Err(ClientError::Refused(Box::new(Refusal {
        status,
        code: text(&error["code"]),
        message: if message.is_empty() { format!("HTTP {status}") } else { message },
        fields: fields.map(|field| text(&field["field"])).collect(),
        mistakes: Vec::deserialize(&error["mistakes"]).unwrap_or_default(),
        retry_after,
    })))
}

pub(super) fn decode<T: DeserializeOwned>(data: Value) -> Result<T, ClientError> {
    serde_json::from_value(data).map_err(|error| {
        let mine = env!("CARGO_PKG_VERSION");
        ClientError::Foreign(format!(
            "the daemon's answer cannot be understood ({error}); is it of another version than \
             this command's {mine}? `sonocode status --json` says"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_opened() {
        let body = br#"{"success":true,"message":"ok","error":{},"data":{"a":1}}"#;
        assert_eq!(open(200, None, body).unwrap()["a"], 1);
        let body = br#"{"success":false,"message":"no such language: x","data":null,
            "error":{"code":"validation","fields":[{"field":"language","message":"m"}]}}"#;
        let error = open(400, None, body).unwrap_err();
        assert_eq!(error.refusal().unwrap().code, "validation");
        let error = Error::from(error);
        assert_eq!((error.code().0, error.to_string().as_str()), (5, "no such language: x"));
        for body in [b"<html>".as_slice(), b"{}", b"[]", b""] {
            assert!(matches!(open(200, None, body), Err(ClientError::Foreign(_))));
        }
    }

    #[test]
    fn the_status_decides_the_exit_code() {
        let code = |status| {
            refused(Refusal { status, message: "m".into(), ..Refusal::default() }).code().0
        };
        let codes = [400, 404, 409, 413, 422, 429, 500, 503].map(code);
        assert_eq!(codes, [5, 4, 5, 5, 5, 5, 6, 6]);
        let fields = vec!["slug".to_owned()];
        let taken = refused(Refusal { status: 409, fields, ..Refusal::default() });
        assert!(matches!(&taken, Error::Exists(_)) && taken.code().0 == 5, "{taken:?}");
        let mistakes = vec![Mistake {
            file: "problem.toml".into(),
            line: None,
            field: None,
            message: "m".into(),
        }];
        assert_eq!(refused(Refusal { status: 422, mistakes, ..Refusal::default() }).code().0, 4);
    }
}
