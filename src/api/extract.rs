//! Reads paths, queries and JSON bodies, and names the field of every mistake.

use super::{
    App,
    body::{self, Media},
    envelope::{ApiError, Code, FieldMistake},
    rights::Caller,
};
use crate::auth::{AuthCode, AuthError};
use crate::judge::{Slug, SubmissionId};
use axum::{
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, header::HeaderName, request::Parts},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{str::FromStr, sync::Arc};

/// Mistakes gathered while a request is read, so that one reply names them all.
#[derive(Debug, Default)]
pub struct Mistakes {
    found: Vec<FieldMistake>,
    too_large: bool,
    forbidden: Option<AuthCode>,
}

impl Mistakes {
    /// Notes a mistake.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.found.push(FieldMistake { field: field.to_owned(), message: message.into() });
    }

    /// Notes a field that is longer than its limit: the reply's status is then 413.
    pub fn add_too_large(&mut self, field: &str, message: impl Into<String>) {
        self.add(field, message);
        self.too_large = true;
    }

    /// Notes a field that names somebody for whom the caller may not speak: the reply's status is then 403.
    pub fn add_forbidden(&mut self, field: &str, error: AuthError) {
        self.add(field, error.message);
        self.forbidden = Some(error.code);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The value that was read, or all mistakes. `None` must have come with a mistake.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ApiError> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => {
                if let Some(reason) = self.forbidden {
                    return Err(ApiError::fields(Code::Forbidden, self.found).because(reason));
                }
                let code = if self.too_large { Code::TooLarge } else { Code::Validation };
                Err(ApiError::fields(code, self.found))
            }
        }
    }
}

/// The JSON object in a request's body. Fields that nobody asks for are ignored.
#[derive(Debug)]
pub struct Fields {
    object: Map<String, Value>,
    /// What was found wrong so far.
    pub mistakes: Mistakes,
    /// Who sent it.
    pub caller: Caller,
}

impl Fields {
    /// Parses a body, which must be one JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        if bytes.is_empty() {
            let message = "the body is empty; a JSON object is expected";
            return Err(ApiError::new(Code::BadRequest, message));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => {
                Ok(Self { object, mistakes: Mistakes::default(), caller: Caller::default() })
            }
            Ok(_) => Err(ApiError::new(Code::BadRequest, "the body must be a JSON object")),
            Err(error) => {
                let message = format!("the body is no valid JSON: {error}");
                Err(ApiError::new(Code::BadRequest, message))
            }
        }
    }

    /// A field that must be there. `None` when it is not or has another type; the mistake is noted.
    pub fn required<T: DeserializeOwned>(&mut self, field: &str) -> Option<T> {
        if !self.has(field) {
            self.mistakes.add(field, "is missing");
            return None;
        }
        self.optional(field)
    }

    /// Whether a field is there and not null.
    pub fn has(&self, field: &str) -> bool {
        self.object.get(field).is_some_and(|value| !value.is_null())
    }

    /// A field that may be absent or null. A wrong type is noted, with the path into the field.
    pub fn optional<T: DeserializeOwned>(&mut self, field: &str) -> Option<T> {
        let value = self.object.remove(field).filter(|value| !value.is_null())?;
        match serde_path_to_error::deserialize(value) {
            Ok(value) => Some(value),
            Err(error) => {
                let path = match error.path().to_string() {
                    root if root == "." => field.to_owned(),
                    inner if inner.starts_with('[') => format!("{field}{inner}"),
                    inner => format!("{field}.{inner}"),
                };
                self.mistakes.add(&path, error.inner().to_string());
                None
            }
        }
    }

    /// A field that may be absent: an object whose keys replace those of `base`. Keys with a wrong name
    /// or type are noted, each of them, and left out.
    pub fn overlaid<T: Serialize + DeserializeOwned>(
        &mut self,
        field: &str,
        base: &T,
    ) -> Option<T> {
        let changes = self.optional::<Map<String, Value>>(field)?;
        let base = serde_json::to_value(base).expect("a settings type has string keys");
        let mut whole = base.clone();
        for (key, value) in changes {
            // Alone, so that one mistake does not hide another.
            let mut alone = base.clone();
            alone[&key] = value.clone();
            self.object.insert(field.to_owned(), alone);
            if self.optional::<T>(field).is_some() {
                whole[key] = value;
            }
        }
        self.object.insert(field.to_owned(), whole);
        self.optional(field)
    }

    /// The object, for readers of their own.
    pub fn into_value(self) -> Value {
        Value::Object(self.object)
    }
}

impl FromRequest<Arc<App>> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        match Media::of(request.headers()) {
            Media::Absent | Media::Json => {}
            other => return Err(other.refusal(Media::JSON)),
        }
        let caller = Caller::of(request.extensions());
        let fields = Self::parse(&body::read(request.into_body(), app.json_limit()).await?)?;
        Ok(Self { caller, ..fields })
    }
}

/// The parameters of a query. Those that nobody asks for are ignored, and empty ones count as absent.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    /// What was found wrong so far.
    pub mistakes: Mistakes,
    caller: Caller,
}

impl Params {
    /// A parameter as text; the last one where it comes more than once.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().rposition(|(key, value)| key == name && !value.is_empty())?;
        Some(self.pairs.swap_remove(at).1)
    }

    /// Every value of a parameter, in order.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        let of_name = self.pairs.extract_if(.., |(key, _)| key == name);
        of_name.map(|(_, value)| value).collect()
    }

    /// The user of whom to read; `None`: everybody. Who may read only what is their own reads that, and
    /// must not name another.
    pub fn user(&mut self) -> Option<String> {
        let named = self.text("user");
        let Some(identity) = self.caller.0.clone() else { return named };
        match (named, self.caller.confined()) {
            (Some(user), Some(_)) => {
                if let Err(error) = identity.act_for(&user) {
                    self.mistakes.add_forbidden("user", error);
                }
                Some(user)
            }
            (None, Some(own)) => Some(own.to_owned()),
            (named, None) => named,
        }
    }

    /// The slug that a package gets in place of its own.
    pub fn slug(&mut self) -> Option<Slug> {
        let text = self.text("slug")?;
        parse_slug(&text).map_err(|message| self.mistakes.add("slug", message)).ok()
    }

    /// A parameter of another type; `expected` completes the sentence "… is not".
    pub fn parse<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.mistakes.add(name, format!("`{}` is not {expected}", shorten(&text)));
        }
        value
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(pairs) = Query::from_request_parts(parts, state).await.map_err(|error| {
            ApiError::new(Code::BadRequest, format!("the query cannot be read: {error}"))
        })?;
        let caller = Caller::of(&parts.extensions);
        Ok(Self { pairs, mistakes: Mistakes::default(), caller })
    }
}

/// The number of a submission in a path. Anything else is not found.
#[derive(Clone, Copy, Debug)]
pub struct Id(pub SubmissionId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = segment(parts, state).await?;
        let number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        number.map(Self).ok_or_else(|| {
            let message = format!("there is no submission `{}`", shorten(&text));
            ApiError::new(Code::NotFound, message)
        })
    }
}

/// The slug of a problem in a path. Anything else is not found.
#[derive(Clone, Debug)]
pub struct SlugPath(pub Slug);

impl<S: Send + Sync> FromRequestParts<S> for SlugPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = segment(parts, state).await?;
        text.parse().map(Self).map_err(|_| no_problem(&text))
    }
}

/// A slug in a path by which something is made: a mistake in it is a mistake in a field.
#[derive(Clone, Debug)]
pub struct NewSlugPath(pub Slug);

impl<S: Send + Sync> FromRequestParts<S> for NewSlugPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = segment(parts, state).await?;
        parse_slug(&text)
            .map(Self)
            .map_err(|message| ApiError::field(Code::Validation, "slug", message))
    }
}

/// Reads a slug; the error is a message for people, bounded in length.
pub fn parse_slug(text: &str) -> Result<Slug, String> {
    text.parse::<Slug>().map_err(|_| {
        format!(
            "`{}` is no slug: 1 to 64 lower-case letters, digits and hyphens, beginning with a \
             letter or digit",
            shorten(text)
        )
    })
}

/// Whether a header is a list in which this word stands.
pub fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut words = values.flat_map(|value| value.split(','));
    words.any(|w| w.split(';').next().is_some_and(|w| w.trim().eq_ignore_ascii_case(word)))
}

/// The failure of a request for a problem that is not there.
pub fn no_problem(slug: &str) -> ApiError {
    ApiError::new(Code::NotFound, format!("there is no problem `{}`", shorten(slug)))
}

/// The one parameter of a path.
async fn segment<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, ApiError> {
    let Path(text) = Path::<String>::from_request_parts(parts, state)
        .await
        .map_err(|_| ApiError::new(Code::NotFound, "the address holds bytes that are no UTF-8"))?;
    Ok(text)
}

/// The beginning of a text that somebody sent, for messages.
pub fn shorten(text: &str) -> String {
    const SHOWN: usize = 80;
    let cut: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{cut}…") } else { cut }
}
