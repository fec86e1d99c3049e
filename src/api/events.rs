//! The journal over HTTP, in three forms: WebSocket, server-sent events and a page of JSON.

use super::{
    App,
    envelope::{ApiError, Code, Envelope, Failure, Reply},
    extract::{Id, Params, lists, shorten},
    peer::Peer,
    person::Visitor,
    rights::Caller,
};
use crate::{
    hub::{
        self,
        log::{self, LogEntry, Unknown},
        packet::{Fault, Packet},
        place::{ParsePlaceError, Place},
        seat::{Seat, token_ends},
        sse,
        ws::{self, Ended},
    },
    judge::SubmissionId,
    ledger::{Cursor, LedgerError, Whose},
};
use axum::{
    extract::{
        FromRequestParts, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection,
    },
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::{
    FutureExt, Stream,
    future::ready,
    stream::{self, BoxStream, StreamExt},
};
use jiff::Timestamp;
use serde::Serialize;
use std::{str::FromStr, sync::Arc};
use tokio_util::sync::CancellationToken;
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
/// final event, 1001 when the daemon stops, or 1008 when the token has ended. With `Accept: text/event-stream`, `id` is the event's
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
        (status = 429, description = "Too many live connections", body = Failure),
        (status = 503, description = "The daemon stops", body = Failure),
    ))]
pub async fn of_submission(
    State(app): State<Arc<App>>,
    caller: Caller,
    peer: Peer,
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
    let (user, until) =
        caller.0.map_or((String::new(), None), |caller| (caller.user, caller.expires));
    let seat = form.seat(&app, &peer, &user)?;
    if after > 0 {
        app.metrics.resume("recovered");
    }
    let events = hub::follow(Arc::clone(&app.ledger), id, after, app.shutdown.clone());
    let metrics = app.metrics.clone();
    let packets = events.map(move |event| {
        let event = event?;
        metrics.event("journal", event.ts);
        Ok(Packet::event(&event, event.seq.to_string()))
    });
    Ok(live(&app, form, seat, expiring(packets.boxed(), until)))
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
        (status = 429, description = "Too many live connections", body = Failure),
        (status = 503, description = "The daemon stops", body = Failure),
    ))]
pub async fn of_many(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    peer: Peer,
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
    let seat = form.seat(&app, &peer, user.as_deref().unwrap_or_default())?;
    let (after, unknown) = match located {
        Ok(after) => (after, None),
        Err(unknown) => (0, Some(unknown)),
    };
    match (after, &unknown) {
        (_, Some(_)) => app.metrics.resume("unknown_place"),
        (1.., None) => app.metrics.resume("recovered"),
        (0, None) => {}
    }
    let epoch: Arc<str> = app.ledger.epoch().into();
    let reset = unknown.map(|unknown| {
        let beginning = Place::whole(&*epoch, 0);
        Ok(Packet::reset(&unknown.to_string(), &beginning))
    });
    let (ledger, shutdown) = (Arc::clone(&app.ledger), app.shutdown.clone());
    let metrics = app.metrics.clone();
    let packets = match user {
        Some(user) => log::tail(ledger, user, after, shutdown)
            .map(move |entry| {
                let entry = entry?;
                metrics.event("journal", entry.ts());
                Ok(Packet::entry(&entry, &epoch))
            })
            .boxed(),
        None => hub::tail(ledger, Cursor::All { after }, shutdown)
            .map(move |event| {
                let event = event?;
                metrics.event("journal", event.ts);
                Ok(Packet::event(&event, Place::whole(&*epoch, event.pos).to_string()))
            })
            .boxed(),
    };
    let packets = stream::iter(reset).chain(packets).boxed();
    Ok(live(&app, form, seat, expiring(packets, visitor.until())))
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
        if lists(&parts.headers, &header::UPGRADE, "websocket") {
            let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
            return upgrade.map(Self::Socket).map_err(|error| bad_upgrade(&error));
        }
        if lists(&parts.headers, &header::ACCEPT, "text/event-stream") {
            let last = parts.headers.get("last-event-id").filter(|value| !value.is_empty());
            let last = last.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            return Ok(Self::Sse(last));
        }
        Ok(Self::Page)
    }
}

impl Form {
    /// Takes a seat for what lasts; a page is answered at once and needs none.
    fn seat(&self, app: &App, peer: &Peer, user: &str) -> Result<Seat, ApiError> {
        let transport = if matches!(self, Self::Socket(_)) { "websocket" } else { "sse" };
        peer.seat(app, user, transport, "journal")
    }

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

/// A request that wants a WebSocket and cannot have one.
pub(super) fn bad_upgrade(error: &WebSocketUpgradeRejection) -> ApiError {
    ApiError::new(Code::BadRequest, format!("this is no valid WebSocket upgrade: {error}"))
}

async fn page(app: &App, id: SubmissionId, after: u64) -> Result<Response, ApiError> {
    let events = app.ledger.read(&Cursor::Submission { id, after }, PAGE_MAX).await?;
    let next = events.last().map_or(after, |event| event.seq);
    let events = events.into_iter().map(|event| LogEntry::Event(Box::new(event))).collect();
    Ok(Reply::ok("events", EventsPage { events, next, place: None }).into_response())
}

type Packets = BoxStream<'static, Result<Packet, Fault>>;

/// The same packets until a token ends, which is told.
fn expiring(packets: Packets, until: Option<Timestamp>) -> Packets {
    if until.is_none() {
        return packets;
    }
    let reading = Some((packets, token_ends(until).boxed()));
    stream::unfold(reading, async |reading| {
        let (mut packets, mut ends) = reading?;
        tokio::select! {
            biased;
            () = &mut ends => Some((Err(Fault::Expired), None)),
            packet = packets.next() => packet.map(|packet| (packet, Some((packets, ends)))),
        }
    })
    .boxed()
}

/// A live stream in the form that the client wants; it has its seat while it lasts.
fn live(app: &App, form: Form, mut seat: Seat, packets: Packets) -> Response {
    let shutdown = app.shutdown.clone();
    match form {
        Form::Socket(upgrade) => {
            let held = app.sockets.token();
            upgrade
                .max_message_size(ws::CLIENT_MESSAGE)
                .max_frame_size(ws::CLIENT_MESSAGE)
                .on_upgrade(async move |socket| {
                    let _held = held;
                    match ws::serve(socket, packets, shutdown, ws::Pulse::default()).await {
                        Ended::End => seat.ends("end"),
                        Ended::Away => seat.ends("daemon_stops"),
                        Ended::Left => {}
                        Ended::Cut(reason) => seat.cut(reason),
                    }
                })
        }
        Form::Sse(_) | Form::Page => {
            let packets = holding(packets, seat, shutdown.clone());
            sse::respond(packets, shutdown).into_response()
        }
    }
}

/// Keeps a seat for as long as the stream.
fn holding(
    packets: Packets,
    mut seat: Seat,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<Packet, Fault>> + Send + 'static {
    packets.map(Some).chain(stream::iter([None])).filter_map(move |item| {
        match &item {
            Some(Err(fault)) => seat.cut(fault.code()),
            None if shutdown.is_cancelled() => seat.ends("daemon_stops"),
            None => seat.ends("end"),
            Some(Ok(_)) => {}
        }
        ready(item)
    })
}
