//! The journal over HTTP, in three forms: WebSocket, server-sent events and a page of JSON.

use super::{
    App,
    envelope::{ApiError, Code, Envelope, Failure, Reply},
    extract::{Id, Params, shorten},
    person::Visitor,
    rights::Caller,
};
use crate::{
    hub::{
        self,
        log::{self, LogEntry, Unknown},
        packet::Packet,
        place::{ParsePlaceError, Place},
        sse, ws,
    },
    judge::SubmissionId,
    ledger::{Cursor, LedgerError, Whose},
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
    stream::{self, BoxStream, StreamExt},
};
use serde::Serialize;
use std::{str::FromStr, sync::Arc};
use utoipa::{IntoParams, ToSchema};

/// Most events in one page of JSON.
const PAGE_MAX: usize = 1000;

/// A part of a journal or a log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventsPage {
    /// In order. Messages are only in the log of a user.
    pub events: Vec<LogEntry>,
    /// The value of `after` that continues.
    pub next: u64,
    /// The same with the name of the log, by which a place that means nothing any more is told; absent
    /// for one submission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
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
    /// The log of this user: the events of their submissions, and the messages for them and for
    /// everyone.
    user: Option<String>,
    /// The last place seen: `epoch:pos` as streams give it, or a bare `pos`; 0 when absent.
    after: Option<String>,
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
    if matches!(form, Form::Page) {
        return page(&app, id, after).await;
    }
    let events = hub::follow(Arc::clone(&app.ledger), id, after, app.shutdown.clone());
    let packets =
        events.map(|event| event.map(|event| Packet::event(&event, event.seq.to_string())));
    Ok(live(&app, form, packets.boxed()))
}

/// The events of all submissions, or the log of one user: history, then live.
///
/// The forms are those of one submission's events, but the stream has no end and the cursor is a place,
/// `epoch:pos`. A user's log holds the messages for them beside the events, with `type: message`. A place of
/// another log, or after the end, is answered with 410, and in a stream with `type: reset`: then everything
/// follows from the beginning.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(
        ManyParams,
        ("Last-Event-ID" = Option<String>, Header, description = "With server-sent events, the \
            same as `after`; the later of both counts"),
    ),
    responses(
        (status = 200, body = Envelope<EventsPage>),
        (status = 101, description = "WebSocket"),
        (status = 400, body = Failure),
        (status = 403, description = "Another user's log", body = Failure),
        (status = 410, description = "A place that is not known; begin anew", body = Failure),
    ))]
pub async fn of_many(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    form: Form,
    mut params: Params,
) -> Result<Response, ApiError> {
    let place = form.place(&mut params);
    let user = params.text("user");
    let place = params.mistakes.finish(Some(place))?;
    let user = visitor.log(&app, user)?;
    let located = place.locate(&app).await?;
    if matches!(form, Form::Page) {
        let after = located.map_err(|unknown| {
            ApiError::field(Code::UnknownPlace, "after", format!("{unknown}; begin with 0"))
        })?;
        return page_of_many(&app, user, after).await;
    }
    let (after, unknown) = match located {
        Ok(after) => (after, None),
        Err(unknown) => (0, Some(unknown)),
    };
    let epoch: Arc<str> = app.ledger.epoch().into();
    let reset = unknown.map(|unknown| {
        let beginning = Place::whole(&*epoch, 0);
        Ok(Packet::reset(&unknown.to_string(), &beginning))
    });
    let (ledger, shutdown) = (Arc::clone(&app.ledger), app.shutdown.clone());
    let packets = match user {
        Some(user) => log::tail(ledger, user, after, shutdown)
            .map(move |entry| entry.map(|entry| Packet::entry(&entry, &epoch)))
            .boxed(),
        None => hub::tail(ledger, Cursor::All { after }, shutdown)
            .map(move |event| {
                let place = |pos| Place::whole(&*epoch, pos).to_string();
                event.map(|event| Packet::event(&event, place(event.pos)))
            })
            .boxed(),
    };
    Ok(live(&app, form, stream::iter(reset).chain(packets).boxed()))
}

async fn page_of_many(app: &App, user: Option<String>, after: u64) -> Result<Response, ApiError> {
    let events: Vec<LogEntry> = if let Some(user) = user {
        let log = app.ledger.log(&Whose::User(user), after, PAGE_MAX).await?;
        log.into_iter().map(LogEntry::from).collect()
    } else {
        let events = app.ledger.read(&Cursor::All { after }, PAGE_MAX).await?;
        events.into_iter().map(|event| LogEntry::Event(Box::new(event))).collect()
    };
    let next = events.last().map_or(after, LogEntry::pos);
    let place = Some(Place::whole(app.ledger.epoch(), next).to_string());
    Ok(Reply::ok("events", EventsPage { events, next, place }).into_response())
}

/// The last place that a client has seen.
enum Seen {
    /// A bare number.
    Pos(u64),
    /// With the name of its log.
    Place(Place),
}

impl FromStr for Seen {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let pos = text.parse().map(Self::Pos);
        pos.or_else(|_| text.parse().map(Self::Place)).map_err(|_: ParsePlaceError| ())
    }
}

impl Seen {
    /// The later of two, where both can be told; else the second one.
    fn later(self, other: Self) -> Self {
        match (self, other) {
            (Self::Pos(one), Self::Pos(other)) => Self::Pos(one.max(other)),
            (Self::Place(one), Self::Place(other))
                if one.epoch == other.epoch && one.resume() > other.resume() =>
            {
                Self::Place(one)
            }
            (_, other) => other,
        }
    }

    /// Where to go on in this daemon's log.
    async fn locate(&self, app: &App) -> Result<Result<u64, Unknown>, LedgerError> {
        match self {
            Self::Pos(pos) => log::locate_pos(&*app.ledger, *pos).await,
            Self::Place(place) => log::locate(&*app.ledger, place).await,
        }
    }
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
    /// Reads the place of a wide stream. A browser that connects again sends the address with its old
    /// `after` and a newer Last-Event-ID.
    fn place(&self, params: &mut Params) -> Seen {
        let after = params.parse("after", "a place, such as 5f0c9a1be2d34788:1042 or 1042");
        let after = after.unwrap_or(Seen::Pos(0));
        let Self::Sse(Some(last)) = self else { return after };
        let Ok(last) = last.parse() else {
            let message = format!("`{}` is no place", shorten(last));
            params.mistakes.add("Last-Event-ID", message);
            return after;
        };
        after.later(last)
    }

    /// Reads the cursor of one submission. A browser that connects again sends the address with its old `after` and a
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

async fn page(app: &App, id: SubmissionId, after: u64) -> Result<Response, ApiError> {
    let events = app.ledger.read(&Cursor::Submission { id, after }, PAGE_MAX).await?;
    let next = events.last().map_or(after, |event| event.seq);
    let events = events.into_iter().map(|event| LogEntry::Event(Box::new(event))).collect();
    Ok(Reply::ok("events", EventsPage { events, next, place: None }).into_response())
}

type Packets = BoxStream<'static, Result<Packet, LedgerError>>;

/// A live stream in the form that the client wants; it is counted while it lasts.
fn live(app: &App, form: Form, packets: Packets) -> Response {
    let shutdown = app.shutdown.clone();
    match form {
        Form::Socket(upgrade) => {
            let held = (app.metrics.stream_client("websocket"), app.sockets.token());
            upgrade
                .max_message_size(ws::CLIENT_MESSAGE)
                .max_frame_size(ws::CLIENT_MESSAGE)
                .on_upgrade(async move |socket| {
                    let _held = held;
                    ws::serve(socket, packets, shutdown, ws::Pulse::default()).await;
                })
        }
        Form::Sse(_) | Form::Page => {
            let client = app.metrics.stream_client("sse");
            sse::respond(holding(packets, client), shutdown).into_response()
        }
    }
}

/// Keeps a value alive for as long as the stream.
fn holding<T: Send + 'static>(
    packets: Packets,
    held: T,
) -> impl Stream<Item = Result<Packet, LedgerError>> + Send + 'static {
    packets.inspect(move |_| {
        let _ = &held;
    })
}
