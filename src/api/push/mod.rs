//! Other services send to users' sockets: the seed systems' push routes, and what became of a push.
//!
//! A 200 says that the message is in the user's log. From there it is delivered, to every socket of the
//! user and again after a reconnect, until a client has received it. The replies are those of the seed
//! systems, word for word; what is new comes in a header.

mod raw;

use super::{
    App, body,
    envelope::{ApiError, Code, Envelope, Failure, Reply, Result},
    extract::Id,
};
use crate::{
    config::{Dialect, HubConfig},
    hub::Hub,
    judge::{Audience, Channel, Message, NewMessage, user_mistake},
    ledger::LedgerError,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use raw::RawObject;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use std::sync::Arc;
use utoipa::ToSchema;

/// The header with a message's id, for `GET /api/v1/messages/{id}`.
const MESSAGE_ID: HeaderName = HeaderName::from_static("x-message-id");

/// The event of `POST /api/v1/results`.
const RESULT: &str = "submission:result";

/// The event of a push without a topic.
const PAYLOAD: &str = "submissionPayloadResponse";

/// Names that Socket.IO's clients and servers keep for themselves.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The longest topic, in characters.
const TOPIC_MAX: usize = 128;

/// Sends a final result to its user, as the event `submission:result` with the whole body.
///
/// With `hold_for_offline` a user who is not connected gets it later, and the reply is 202.
#[utoipa::path(post, path = "/api/v1/results", tag = "push",
    request_body(content = Object, description = "The submission with its `userId`"),
    responses(
        (status = 200, body = Envelope<Pushed>),
        (status = 202, description = "Kept until the user connects", body = Envelope<Pushed>),
        (status = 400, body = Failure),
        (status = 404, description = "The user is not connected", body = Failure),
        (status = 413, body = Failure),
    ))]
pub async fn result(
    State(app): State<Arc<App>>,
    body: Body,
) -> std::result::Result<Response, ApiError> {
    let bytes = body::read(body, app.hub.config.max_payload()).await?;
    let object =
        RawObject::parse(&bytes).map_err(|error| ApiError::new(Code::BadRequest, error))?;
    let user = object.get("userId").map_or(Err("is missing"), user);
    let user = user.map_err(|mistake| ApiError::field(Code::Validation, "userId", mistake))?;
    let (id, reply) = match push(&app.hub, &user, RESULT, object.without(&[])).await? {
        Push::Sent(id) => (id, Reply::ok("the result was sent", Pushed { message_id: id })),
        Push::Held(id) => {
            let message = "the user is not connected; the result is kept";
            (id, Reply::accepted(message, Pushed { message_id: id }))
        }
        Push::NotConnected => {
            return Err(ApiError::new(Code::NotFound, "the user is not connected"));
        }
    };
    Ok(numbered(id, reply.into_response()))
}

/// A push that was written to its user's log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pushed {
    /// The message's id, for `GET /api/v1/messages/{id}`.
    #[schema(value_type = String)]
    #[serde(serialize_with = "as_text")]
    message_id: u64,
}

/// Sends something to a user's sockets.
///
/// With a `topic`, that is the event, and the other fields are its payload; replies are JSON. Without, the
/// event is `submissionPayloadResponse` with `payload`; replies are text. The id of the message is in
/// `X-Message-Id`.
#[utoipa::path(post, path = "/sendPayload", tag = "push",
    request_body(content = Object, description = "`{userId, payload}` or `{userId, topic, …}`"),
    responses(
        (status = 200, description = "Written to the user's log"),
        (status = 202, description = "The user is not connected; kept, with `hold_for_offline`"),
        (status = 400, description = "Something is missing or cannot be read"),
        (status = 404, description = "The user is not connected"),
        (status = 413, body = Failure),
    ))]
pub async fn send(
    State(app): State<Arc<App>>,
    body: Body,
) -> std::result::Result<Response, ApiError> {
    let bytes = body::read(body, app.hub.config.max_payload()).await?;
    let Ok(object) = RawObject::parse(&bytes) else {
        return Ok(Form::without_topic(&app.hub.config).invalid("", INVALID));
    };
    let form = match object.get("topic") {
        Some(_) => Form::Json,
        None => Form::without_topic(&app.hub.config),
    };
    let user = object.get("userId").and_then(|id| user(id).ok());
    let named = user.clone().unwrap_or_default();
    let (topic, payload) = match form {
        Form::Text => (Some(PAYLOAD.to_owned()), payload(&object)),
        Form::Json => match object.get("topic").map(topic) {
            Some(Err(mistake)) => return Ok(form.invalid(&named, mistake)),
            topic => (
                topic.and_then(std::result::Result::ok),
                Some(object.without(&["userId", "topic"])),
            ),
        },
    };
    let (Some(user), Some(topic), Some(payload)) = (user, topic, payload) else {
        return Ok(form.invalid(&named, INVALID));
    };
    let push = push(&app.hub, &user, &topic, payload).await?;
    Ok(form.reply(push, &user))
}

/// As `POST /sendPayload`: a published service of one of the seed systems sends GET with a body.
#[utoipa::path(get, path = "/sendPayload", tag = "push",
    responses(
        (status = 200, description = "Written to the user's log"),
        (status = 202, description = "The user is not connected; kept, with `hold_for_offline`"),
        (status = 400, description = "Something is missing or cannot be read"),
        (status = 404, description = "The user is not connected"),
        (status = 413, body = Failure),
    ))]
pub async fn send_by_get(
    app: State<Arc<App>>,
    body: Body,
) -> std::result::Result<Response, ApiError> {
    send(app, body).await
}

/// What a push came to.
#[derive(Clone, Copy)]
enum Push {
    /// It is in the log of a user who is connected.
    Sent(u64),
    /// It is in the log of one who is not.
    Held(u64),
    /// It was dropped.
    NotConnected,
}

/// Writes a message to a user's log, unless they are away and nothing is kept for them.
async fn push(
    hub: &Hub,
    user: &str,
    topic: &str,
    payload: String,
) -> std::result::Result<Push, LedgerError> {
    let connected = hub.presence.takes_pushes(user).await?;
    if !connected && !hub.config.hold_for_offline {
        return Ok(Push::NotConnected);
    }
    let message = NewMessage {
        to: Audience::User(user.to_owned()),
        channel: Channel::Push,
        topic: topic.to_owned(),
        payload,
    };
    let places = hub.ledger.post(vec![message]).await?;
    let id = places
        .first()
        .copied()
        .ok_or_else(|| LedgerError::Store("a message was written and got no place".into()))?;
    Ok(if connected { Push::Sent(id) } else { Push::Held(id) })
}

/// What is told when something is missing.
const INVALID: &str = "Missing topic, payload or userId";

/// The two forms of the seed systems' replies.
#[derive(Clone, Copy)]
enum Form {
    /// sonocode and exechub.
    Text,
    /// codewar.
    Json,
}

impl Form {
    /// The form of a body without a topic: text, unless codewar is all that is spoken.
    fn without_topic(config: &HubConfig) -> Self {
        if config.dialects.iter().all(|dialect| *dialect == Dialect::Codewar) {
            Self::Json
        } else {
            Self::Text
        }
    }

    fn reply(self, push: Push, user: &str) -> Response {
        match push {
            Push::Sent(id) => {
                numbered(id, self.success(StatusCode::OK, "Payload sent successfully"))
            }
            Push::Held(id) => numbered(
                id,
                self.success(StatusCode::ACCEPTED, "Payload kept until the user connects"),
            ),
            Push::NotConnected => {
                self.failure(StatusCode::NOT_FOUND, "User not connected", "USER_NOT_FOUND", user)
            }
        }
    }

    fn invalid(self, user: &str, what: &str) -> Response {
        let what = match self {
            Self::Text => "Invalid request",
            Self::Json => what,
        };
        self.failure(StatusCode::BAD_REQUEST, what, "INVALID_REQUEST", user)
    }

    fn success(self, status: StatusCode, words: &str) -> Response {
        match self {
            Self::Text => (status, words.to_owned()).into_response(),
            Self::Json => (status, Json(json!({"message": words}))).into_response(),
        }
    }

    /// The source's reply has only `error`, the document's the rest as well: readers of both are served.
    fn failure(self, status: StatusCode, words: &str, code: &str, user: &str) -> Response {
        match self {
            Self::Text => (status, words.to_owned()).into_response(),
            Self::Json => {
                let details = json!({"userId": user, "action": "sendPayload"});
                let timestamp = Timestamp::now();
                let body = json!({"error": words, "code": code, "timestamp": timestamp, "details": details});
                (status, Json(body)).into_response()
            }
        }
    }
}

fn numbered(id: u64, mut response: Response) -> Response {
    response.headers_mut().insert(MESSAGE_ID, HeaderValue::from(id));
    response
}

/// Reads a user's id, a text or a number. The error says what is wrong with it.
fn user(id: &RawValue) -> std::result::Result<String, &'static str> {
    let user = match serde_json::from_str(id.get()) {
        Ok(Value::String(user)) => user,
        Ok(Value::Number(_)) => id.get().to_owned(),
        _ => return Err("must be a text or a number"),
    };
    user_mistake(&user).map_or(Ok(user), Err)
}

/// Reads a topic. The error says what is wrong with it; as the source does where it is empty.
fn topic(topic: &RawValue) -> std::result::Result<String, &'static str> {
    let topic: String = serde_json::from_str(topic.get()).map_err(|_| INVALID)?;
    if topic.is_empty() {
        return Err(INVALID);
    }
    if RESERVED.contains(&topic.as_str()) {
        return Err("This topic is reserved by Socket.IO");
    }
    if topic.chars().count() > TOPIC_MAX || topic.chars().any(char::is_control) {
        return Err("A topic has at most 128 characters and no control characters");
    }
    Ok(topic)
}

/// The payload of a body without a topic; `None` where there is none.
fn payload(object: &RawObject<'_>) -> Option<String> {
    let payload = object.get("payload")?.get();
    (!matches!(payload, "null" | "\"\"")).then(|| payload.to_owned())
}

/// A message, and whether it arrived.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageStatus {
    /// Its id.
    #[schema(value_type = String)]
    #[serde(serialize_with = "as_text")]
    id: u64,
    /// Whose it is; null: everyone's.
    user: Option<String>,
    /// What brings it.
    channel: Channel,
    /// The name of its event.
    topic: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    ts: Timestamp,
    /// Whether it arrived.
    status: Arrival,
}

/// Whether a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Arrival {
    /// A client of its user has received it.
    Delivered,
    /// Not yet; it is sent when a client comes.
    Pending,
    /// Not in time: it is not sent any more.
    Expired,
    /// It is for everyone, and nobody counts.
    Broadcast,
}

/// A message that was pushed, and whether it arrived.
#[utoipa::path(get, path = "/api/v1/messages/{id}", tag = "push",
    params(("id" = String, Path, description = "The message's id, from `X-Message-Id`")),
    responses((status = 200, body = Envelope<MessageStatus>), (status = 404, body = Failure)))]
pub async fn message(State(app): State<Arc<App>>, Id(id): Id) -> Result<MessageStatus> {
    let found = match u64::try_from(id.0) {
        Ok(pos) => app.hub.ledger.message(pos).await?,
        Err(_) => None,
    };
    let Some(Message { pos, ts, to, channel, topic, .. }) = found else {
        return Err(ApiError::new(
            Code::NotFound,
            format!("there is no message {id}, or none any more"),
        ));
    };
    let user = to.user().map(str::to_owned);
    let status = match &user {
        None => Arrival::Broadcast,
        Some(user) if app.hub.has_received(user, pos).await? => Arrival::Delivered,
        Some(_) if app.hub.has_expired(ts) => Arrival::Expired,
        Some(_) => Arrival::Pending,
    };
    Ok(Reply::ok("the message", MessageStatus { id: pos, user, channel, topic, ts, status }))
}

/// A number as text: readers in JavaScript lose digits of great ones.
#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks.
fn as_text<S: serde::Serializer>(id: &u64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
