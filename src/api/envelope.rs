//! The one form of every reply: `{"success", "message", "error", "data"}`.

use super::rights;
use crate::{
    auth::AuthCode,
    evaluator::GenerateError,
    hub::chat::{Refusal, RefusalKind},
    ledger::LedgerError,
    problem::Mistake,
    sandbox::SandboxError,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What a handler returns.
pub type Result<T> = std::result::Result<Reply<T>, ApiError>;

/// A reply to a request that succeeded.
#[derive(Debug)]
pub struct Reply<T> {
    status: StatusCode,
    message: &'static str,
    data: T,
}

impl<T> Reply<T> {
    /// 200 with these data; the message is for people.
    pub fn ok(message: &'static str, data: T) -> Self {
        Self { status: StatusCode::OK, message, data }
    }

    /// 201 with these data; the message is for people.
    pub fn created(message: &'static str, data: T) -> Self {
        Self { status: StatusCode::CREATED, message, data }
    }

    /// 202 with these data; the message is for people.
    pub fn accepted(message: &'static str, data: T) -> Self {
        Self { status: StatusCode::ACCEPTED, message, data }
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let Self { status, message, data } = self;
        let body = Envelope { success: true, message: message.to_owned(), error: NoError {}, data };
        (status, Json(body)).into_response()
    }
}

/// A reply in another envelope than the house's own.
pub fn bare(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, Json(body)).into_response()
}

/// The body of a reply to a request that succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always true.
    success: bool,
    /// What was done, for people.
    message: String,
    error: NoError,
    data: T,
}

/// No error: an empty object.
#[derive(Debug, Serialize, ToSchema)]
struct NoError {}

/// No data: null.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoData;

/// The body of a reply to a request that failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// Always false.
    success: bool,
    /// What is wrong and how to mend it, for people.
    message: String,
    error: ErrorBody,
    /// Always null.
    data: NoData,
}

/// What went wrong, for programs.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorBody {
    code: Code,
    /// What is wrong with the token, such as `token_expired`; absent where it is not to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reason: Option<AuthCode>,
    /// The fields with mistakes, all of them; absent where no field is to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldMistake>,
    /// The mistakes of a package, with code `invalid_package`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<Mistake>,
}

/// A mistake in one field of the body, one parameter or one header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldMistake {
    /// Its name; dots lead into objects.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// 400: the request cannot be read.
    BadRequest,
    /// 400: fields have mistakes.
    Validation,
    /// 401: a token is needed, or the one that came is not good; `reason` says why.
    Unauthorized,
    /// 403: the request comes from where it must not, or the token is not enough.
    Forbidden,
    /// 404: it is not there.
    NotFound,
    /// 404: the daemon does not have the role that this needs; ask another one.
    RoleMissing,
    /// 405: the address is right and the method is not.
    MethodNotAllowed,
    /// 409: it exists already, or has ended already.
    Conflict,
    /// 410: a place in a log that is not this one, or that comes after its end; begin anew.
    UnknownPlace,
    /// 413: longer than a limit.
    TooLarge,
    /// 415: the body is in a form that is not read here.
    UnsupportedMediaType,
    /// 422: the package has mistakes.
    InvalidPackage,
    /// 429: as many submissions wait as are allowed to; try again after `Retry-After`.
    QueueFull,
    /// 429: this user has as many live connections as are allowed.
    TooManyConnectionsOfUser,
    /// 429: this address has as many live connections as are allowed.
    TooManyConnectionsOfAddress,
    /// 500: the daemon failed.
    Internal,
    /// 503: needs a container engine and there is none, or the ledger cannot be reached; try again after `Retry-After`.
    Unavailable,
    /// 503: the daemon stops and takes no new live connections; come back after `Retry-After`.
    Draining,
}

impl Code {
    /// The HTTP status that goes with it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::Validation => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound | Self::RoleMissing => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::UnknownPlace => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidPackage => StatusCode::UNPROCESSABLE_ENTITY,
            Self::QueueFull
            | Self::TooManyConnectionsOfUser
            | Self::TooManyConnectionsOfAddress => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable | Self::Draining => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Seconds after which the same request may succeed.
    fn retry_after(self) -> Option<u64> {
        match self {
            Self::QueueFull => Some(1),
            Self::Unavailable | Self::Draining => Some(2),
            Self::TooManyConnectionsOfUser | Self::TooManyConnectionsOfAddress => Some(10),
            _ => None,
        }
    }
}

/// A reply to a request that failed.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    message: String,
    reason: Option<AuthCode>,
    fields: Vec<FieldMistake>,
    mistakes: Vec<Mistake>,
}

impl ApiError {
    /// A failure of this kind; the message says what is wrong and how to mend it.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            reason: None,
            fields: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// A failure for which these fields are to blame; their mistakes are the message.
    pub fn fields(code: Code, fields: Vec<FieldMistake>) -> Self {
        let words = fields.iter().map(|m| format!("{}: {}", m.field, m.message));
        let message = words.collect::<Vec<_>>().join("; ");
        Self { code, message, reason: None, fields, mistakes: Vec::new() }
    }

    /// A failure for which one field is to blame.
    pub fn field(code: Code, field: &str, message: impl Into<String>) -> Self {
        Self::fields(code, vec![FieldMistake { field: field.to_owned(), message: message.into() }])
    }

    /// A package that was refused.
    pub fn invalid_package(mistakes: Vec<Mistake>) -> Self {
        let message = match mistakes.as_slice() {
            [one] => format!("the package has a mistake: {}: {}", one.file, one.message),
            many => format!("the package has {} mistakes, listed in error.mistakes", many.len()),
        };
        Self { mistakes, ..Self::new(Code::InvalidPackage, message) }
    }

    /// The same failure, for which a token is to blame.
    pub fn because(self, reason: AuthCode) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// A failure of the daemon itself. It is logged too.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(Code::Internal, error.to_string())
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        let code = match &error {
            LedgerError::NotFound(_) => Code::NotFound,
            LedgerError::QueueFull(_) => Code::QueueFull,
            LedgerError::Ended(..) => Code::Conflict,
            LedgerError::Away(_) => Code::Unavailable,
            LedgerError::Fenced(_) | LedgerError::Store(_) => return Self::internal(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.kind() {
            RefusalKind::BadFrame => Code::Validation,
            RefusalKind::Forbidden => Code::Forbidden,
            RefusalKind::NotFound => Code::NotFound,
            RefusalKind::TooLarge => Code::TooLarge,
            RefusalKind::RateLimited => Code::QueueFull,
            RefusalKind::Unavailable => Code::Unavailable,
        };
        Self::new(code, refusal.message())
    }
}

impl From<GenerateError> for ApiError {
    fn from(error: GenerateError) -> Self {
        match error {
            GenerateError::Package(mistakes) => Self::invalid_package(mistakes),
            GenerateError::Sandbox(
                error @ (SandboxError::NoEngine(_) | SandboxError::Native(_)),
            ) => Self::new(Code::Unavailable, error.to_string()),
            other => Self::internal(other),
        }
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { code, message, reason, fields, mistakes } = self;
        let error = ErrorBody { code, reason, fields, mistakes };
        let body = Json(Failure { success: false, message, error, data: NoData });
        let mut response = (code.status(), body).into_response();
        if let Some(seconds) = code.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if code == Code::Unauthorized {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, rights::challenge(reason));
        }
        response
    }
}
