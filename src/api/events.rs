//! The journal over HTTP, in three forms: WebSocket, server-sent events and a page of JSON.

use super::{
    App,
    envelope::{ApiError, Code, Envelope, Failure, Reply},
    extract::{Id, Params, shorten},
    rights::Caller,
};
use crate::{
    hub::{self, sse, ws},
    judge::Event,
    ledger::{Cursor, LedgerError},
};
use axum::{
    extract::{
        FromRequestParts, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection,
    },
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::{
    Stream,
    stream::{BoxStream, StreamExt},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Most events in one page of JSON.
const PAGE_MAX: usize = 1000;

/// A part of the journal.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventsPage {
    /// In order.
    pub events: Vec<Event>,
    /// The value of `after` that continues.
    pub next: u64,
}

/// Where in a submission's journal to begin.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct AfterParams {
    /// The last `seq` seen; 0 when absent.
    after: Option<u64>,
}

/// Which part of the journal to read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct ManyParams {
    /// Only this user's submissions.
    user: Option<String>,
    /// The last `pos` seen; 0 when absent.
    after: Option<u64>,
}

/// The events of one submission: history, then live, until it rests.
///
/// With a WebSocket upgrade, each text frame is one event, and the server closes with 1000 after the
/// final event, or 1001 when the daemon stops. With `Accept: text/event-stream`, `id` is the event's
/// `seq` and `event: end` comes last. Otherwise at most 1000 events come in the envelope, without waiting.
#[utoipa::path(get, path = "/api/v1/submissions/{id}/events", tag = "events",
    params(
        ("id" = String, Path, description = "The submission's number"),
        AfterParams,
        ("Last-Event-ID" = Option<u64>, Header, description = "With server-sent events, the same \
            as `after`; the greater of both counts"),
    ),
    responses(
        (status = 200, body = Envelope<EventsPage>),
        (status = 101, description = "WebSocket"),
        (status = 400, body = Failure),
        (status = 404, body = Failure),
    ))]
pub async fn of_submission(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    form: Form,
    mut params: Params,
) -> Result<Response, ApiError> {
    let after = form.after(&mut params);
    let after = params.mistakes.finish(Some(after))?;
    caller.owns(&app.ledger.submission(id).await?.user)?;
    let cursor = Cursor::Submission { id, after };
    if matches!(form, Form::Page) {
        return page(&app, cursor).await;
    }
    let events = hub::follow(Arc::clone(&app.ledger), id, after, app.shutdown.clone()).boxed();
    Ok(live(&app, form, events, |event| event.seq))
}

/// The events of all submissions, or of one user's: history, then live.
///
/// The forms are those of one submission's events, but the cursor is the event's `pos` and the stream
/// has no end.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(
        ManyParams,
        ("Last-Event-ID" = Option<u64>, Header, description = "With server-sent events, the same \
            as `after`; the greater of both counts"),
    ),
    responses(
        (status = 200, body = Envelope<EventsPage>),
        (status = 101, description = "WebSocket"),
        (status = 400, body = Failure),
    ))]
pub async fn of_many(
    State(app): State<Arc<App>>,
    form: Form,
    mut params: Params,
) -> Result<Response, ApiError> {
    let after = form.after(&mut params);
    let user = params.user();
    let after = params.mistakes.finish(Some(after))?;
    let cursor = match user {
        Some(user) => Cursor::User { user, after },
        None => Cursor::All { after },
    };
    if matches!(form, Form::Page) {
        return page(&app, cursor).await;
    }
    let events = hub::tail(Arc::clone(&app.ledger), cursor, app.shutdown.clone()).boxed();
    Ok(live(&app, form, events, |event| event.pos))
}

/// The form in which a client wants the events.
pub enum Form {
    /// Over a WebSocket.
    Socket(WebSocketUpgrade),
    /// As server-sent events, after this `Last-Event-ID`.
    Sse(Option<String>),
    /// As JSON, what is there now.
    Page,
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if has(&parts.headers, &header::UPGRADE, "websocket") {
            let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
            return upgrade.map(Self::Socket).map_err(|error| bad_upgrade(&error));
        }
        if has(&parts.headers, &header::ACCEPT, "text/event-stream") {
            let last = parts.headers.get("last-event-id").filter(|value| !value.is_empty());
            let last = last.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            return Ok(Self::Sse(last));
        }
        Ok(Self::Page)
    }
}

impl Form {
    /// Reads the cursor. A browser that connects again sends the address with its old `after` and a
    /// newer Last-Event-ID: the greater counts, so that nothing comes twice.
    fn after(&self, params: &mut Params) -> u64 {
        let after = params.parse("after", "a number").unwrap_or(0);
        let Self::Sse(Some(last)) = self else { return after };
        let Ok(last) = last.parse::<u64>() else {
            let message = format!("`{}` is not a number", shorten(last));
            params.mistakes.add("Last-Event-ID", message);
            return after;
        };
        last.max(after)
    }
}

/// Whether a header is a list in which this word stands.
fn has(headers: &HeaderMap, name: &header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut words = values.flat_map(|value| value.split(','));
    words.any(|w| w.split(';').next().is_some_and(|w| w.trim().eq_ignore_ascii_case(word)))
}

fn bad_upgrade(error: &WebSocketUpgradeRejection) -> ApiError {
    ApiError::new(Code::BadRequest, format!("this is no valid WebSocket upgrade: {error}"))
}

async fn page(app: &App, mut cursor: Cursor) -> Result<Response, ApiError> {
    let events = app.ledger.read(&cursor, PAGE_MAX).await?;
    if let Some(last) = events.last() {
        cursor.advance(last);
    }
    let (Cursor::Submission { after: next, .. }
    | Cursor::User { after: next, .. }
    | Cursor::All { after: next }) = cursor;
    Ok(Reply::ok("events", EventsPage { events, next }).into_response())
}

type Events = BoxStream<'static, Result<Event, LedgerError>>;

/// A live stream in the form that the client wants; it is counted while it lasts.
fn live(app: &App, form: Form, events: Events, id: fn(&Event) -> u64) -> Response {
    let shutdown = app.shutdown.clone();
    match form {
        Form::Socket(upgrade) => {
            let held = (app.metrics.stream_client("websocket"), app.sockets.token());
            upgrade
                .max_message_size(ws::CLIENT_MESSAGE)
                .max_frame_size(ws::CLIENT_MESSAGE)
                .on_upgrade(async move |socket| {
                    let _held = held;
                    ws::serve(socket, events, shutdown, ws::Pulse::default()).await;
                })
        }
        Form::Sse(_) | Form::Page => {
            let client = app.metrics.stream_client("sse");
            sse::respond(holding(events, client), id, shutdown).into_response()
        }
    }
}

/// Keeps a value alive for as long as the stream.
fn holding<T: Send + 'static>(
    events: Events,
    held: T,
) -> impl Stream<Item = Result<Event, LedgerError>> + Send + 'static {
    events.inspect(move |_| {
        let _ = &held;
    })
}
