//! One connection to the chat.
//!
//! Two halves: one reads frames and obeys them in order, one writes what the log has for this person
//! and what the first half answers. Nothing is buffered for a peer that does not read: the writer stands
//! at its cursor until there is room, and after a while the connection is cut. After each batch goes a
//! ping that names the last place; its pong proves that the peer has everything up to there.

use super::{
    Chat, Person, Refusal, RefusalKind,
    desk::Listener,
    frame::{self, Request},
    record::Said,
};
use crate::{
    config::HubConfig,
    hub::{
        jitter,
        limits::Bucket,
        place::Place,
        seat::{Seat, token_ends},
    },
    metrics::Metrics,
};
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, close_code};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use jiff::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

/// Entries that are written before the socket is flushed and asked for a receipt.
const BATCH: usize = 64;

/// Answers that may wait for the writer; the reader stops reading while there are so many.
const ANSWERS: usize = 16;

/// Refusals in a row after which the connection is cut.
const STRIKES: u32 = 20;

/// How long a peer may take to answer the closing handshake.
const FAREWELL: Duration = Duration::from_secs(2);

/// How connections are kept.
#[derive(Clone, Copy, Debug)]
struct Manner {
    /// Time between two pings on a quiet connection.
    ping: Duration,
    /// A peer that was not heard for this long, or that takes nothing for this long, is cut.
    silence: Duration,
    /// What is older is not sent to a user who does not say where they stand.
    pending: Duration,
    /// Frames a second that a connection may send for long.
    rate: u64,
    /// Frames that it may send at once after a pause.
    burst: u64,
}

impl Manner {
    fn of(config: &HubConfig) -> Self {
        Self {
            ping: Duration::from_millis(config.ping_interval_ms),
            silence: Duration::from_millis(config.ping_interval_ms + config.ping_timeout_ms),
            pending: Duration::from_secs(config.pending_hours.saturating_mul(3600)),
            rate: config.messages_per_second,
            burst: config.burst,
        }
    }
}

/// Who comes, and where they stand.
#[derive(Debug)]
pub struct Visit {
    /// Who.
    pub person: Person,
    /// The last place that they have, if they say so.
    pub after: Option<Place>,
    /// When their token ends.
    pub until: Option<Timestamp>,
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The peer is gone, or asked for the end.
    Left,
    /// The peer closes in good order.
    Closed,
    /// Too many refused frames.
    Flood,
    /// A frame that is too long.
    TooLarge,
    /// What the peer sent is no WebSocket frame, or no text.
    Unreadable,
    /// Nothing was heard, or nothing taken.
    Silent,
    /// The token has ended.
    Expired,
    /// The daemon stops.
    Away,
    /// The ledger failed.
    Failed,
}

impl End {
    /// Tells the log why, and counts it where it was not the peer's wish, nor the daemon's end.
    fn note(&self, seat: &mut Seat) {
        match self {
            Self::Left => {}
            Self::Closed | Self::Away => seat.ends(self.code()),
            _ => seat.cut(self.code()),
        }
    }

    /// For programs.
    fn code(&self) -> &'static str {
        match self {
            // As the other sockets call it.
            Self::Silent => "ping timeout",
            Self::Left => "transport close",
            _ => self.words().map_or("", |(code, ..)| code),
        }
    }

    /// Code, reason and the close code; `None` where nobody is there to be told.
    fn words(&self) -> Option<(&'static str, &'static str, u16)> {
        Some(match self {
            Self::Left | Self::Silent => return None,
            Self::Closed => ("closed", "the client closed", close_code::NORMAL),
            Self::Flood => ("flood", "too many refused frames", close_code::POLICY),
            Self::TooLarge => ("too_large", "a frame is too long", close_code::SIZE),
            Self::Unreadable => ("unreadable", "frames are JSON text", close_code::UNSUPPORTED),
            Self::Expired => ("token_expired", "the token has ended", close_code::POLICY),
            Self::Away => ("daemon_stops", "the daemon stops; connect again", close_code::AWAY),
            Self::Failed => ("unavailable", "the ledger failed; connect again", close_code::ERROR),
        })
    }
}

/// What both halves know.
struct Link<'a> {
    chat: &'a Arc<Chat>,
    person: &'a Person,
    metrics: &'a Metrics,
    manner: Manner,
    /// The last place that was written to the socket, and the last that the peer is known to have.
    sent: AtomicU64,
    received: AtomicU64,
}

/// Serves a connection to its end.
pub async fn serve(socket: WebSocket, mut seat: Seat, visit: Visit) {
    let Visit { person, after, until } = visit;
    let (hub, name) = (Arc::clone(&seat.hub), seat.connection().socket.clone());
    let (chat, manner) = (&hub.chat, Manner::of(&hub.config));
    let (mut sink, mut source) = socket.split();
    // Before the place is looked up: what is written from now on wakes this socket.
    let listener = chat.listen(&person);
    let begun = begin(chat, &hub.metrics, &person, &name, after, manner, &mut sink).await;
    let end = match begun {
        Ok(place) => {
            let (sent, received) = (AtomicU64::new(place), AtomicU64::new(place));
            let metrics = &hub.metrics;
            let link = Link { chat, person: &person, metrics, manner, sent, received };
            let (answers, waiting) = mpsc::channel(ANSWERS);
            tokio::select! {
                biased;
                () = hub.shutdown.cancelled() => End::Away,
                () = token_ends(until) => End::Expired,
                end = link.hear(&mut source, &answers) => end,
                end = link.speak(&mut sink, listener, waiting) => end,
            }
        }
        Err(end) => end,
    };
    end.note(&mut seat);
    let Some((code, reason, close)) = end.words() else { return };
    let away = matches!(end, End::Away).then(jitter);
    let farewell = async {
        let words = Frame::Text(frame::close(code, reason, away).into());
        let close = Frame::Close(Some(CloseFrame { code: close, reason: reason.into() }));
        if sink.send(words).await.is_ok() && sink.send(close).await.is_ok() {
            while let Some(Ok(_)) = source.next().await {}
        }
    };
    // A peer that is gone or stalled cannot be told; the connection is dropped in any case.
    let _ = timeout(FAREWELL, farewell).await;
}

/// Finds the person's place and opens the connection.
async fn begin(
    chat: &Chat,
    metrics: &Metrics,
    person: &Person,
    name: &str,
    after: Option<Place>,
    manner: Manner,
    sink: &mut SplitSink<WebSocket, Frame>,
) -> Result<u64, End> {
    let since = Timestamp::now().checked_sub(manner.pending).unwrap_or(Timestamp::MIN);
    let failed = |_: Refusal| End::Failed;
    let (pos, unknown) = match after {
        None => (chat.pending(person, since).await.map_err(failed)?, None),
        Some(place) => match chat.locate(&place).await.map_err(failed)? {
            Ok(pos) => {
                // Who names a place has what is before it, though the pong may have been lost.
                chat.caught_up(person, pos).await.map_err(failed)?;
                metrics.resume("recovered");
                (pos, None)
            }
            Err(reason) => {
                metrics.resume("unknown_place");
                (chat.pending(person, since).await.map_err(failed)?, Some(reason))
            }
        },
    };
    let frame = frame::open(person, name, &chat.place(pos), unknown.as_deref());
    let sent = timeout(manner.silence, sink.send(Frame::Text(frame.into()))).await;
    if matches!(sent, Ok(Ok(()))) { Ok(pos) } else { Err(End::Left) }
}

impl Link<'_> {
    /// Reads and obeys until the peer leaves or must be cut.
    async fn hear(
        &self,
        source: &mut SplitStream<WebSocket>,
        answers: &mpsc::Sender<String>,
    ) -> End {
        let mut bucket = Bucket::new(self.manner.rate, self.manner.burst, Instant::now());
        let mut strikes = 0;
        loop {
            let text = match timeout(self.manner.silence, source.next()).await {
                Err(_) => return End::Silent,
                Ok(None) => return End::Left,
                Ok(Some(Err(error))) => return broken(error),
                Ok(Some(Ok(Frame::Close(_)))) => return End::Left,
                Ok(Some(Ok(Frame::Pong(place)))) => {
                    if self.receipt(&place).await.is_err() {
                        return End::Failed;
                    }
                    continue;
                }
                Ok(Some(Ok(Frame::Ping(_)))) => continue,
                Ok(Some(Ok(Frame::Binary(_)))) => return End::Unreadable,
                Ok(Some(Ok(Frame::Text(text)))) => text,
            };
            let answer = if bucket.take(Instant::now()) {
                self.obey(&text).await
            } else {
                let message = "too many frames; wait a second";
                let refusal = Refusal::new(RefusalKind::RateLimited, message);
                Answer::Refused(frame::error(&refusal, None))
            };
            let frame = match answer {
                Answer::Nothing => None,
                Answer::Frame(frame) => Some(frame),
                Answer::Refused(frame) => {
                    strikes += 1;
                    if strikes >= STRIKES {
                        return End::Flood;
                    }
                    if answers.send(frame).await.is_err() {
                        return End::Left;
                    }
                    continue;
                }
                Answer::Close => return End::Closed,
            };
            strikes = 0;
            if let Some(frame) = frame
                && answers.send(frame).await.is_err()
            {
                return End::Left;
            }
        }
    }

    async fn obey(&self, text: &str) -> Answer {
        let (request, client_id) = match Request::parse(text, self.person) {
            Ok(Request::Send(draft)) => {
                let id = draft.client_id.clone();
                (Request::Send(draft), id)
            }
            Ok(request) => (request, None),
            Err((refusal, id)) => return Answer::Refused(frame::error(&refusal, id.as_deref())),
        };
        match self.act(request).await {
            Ok(answer) => answer,
            Err(refusal) => Answer::Refused(frame::error(&refusal, client_id.as_deref())),
        }
    }

    async fn act(&self, request: Request) -> Result<Answer, Refusal> {
        match request {
            Request::Send(draft) => {
                let posted = self.chat.send(self.person, draft).await?;
                // What is new comes through the log, to every socket of the sender.
                let known = if posted.again { self.chat.entry(posted.id).await? } else { None };
                let frame = known.and_then(|message| {
                    let said = Said::of(&message)?;
                    Some(frame::entry(&message, &said, self.person, &self.chat.place(message.pos)))
                });
                Ok(frame.map_or(Answer::Nothing, Answer::Frame))
            }
            Request::Read(id) => self.chat.read(self.person, id).await.map(|()| Answer::Nothing),
            Request::Typing { to, thread, typing } => {
                if to == frame::EVERYONE {
                    return Err(Refusal::bad_frame("`to` is a user or @setters"));
                }
                self.chat.typing(&to, &frame::typing(&self.person.user, thread, typing));
                Ok(Answer::Nothing)
            }
            Request::Close => Ok(Answer::Close),
        }
    }

    /// A pong: everything up to the place that its ping named is there. A peer may send any bytes of
    /// its own, and cannot have what was not sent.
    async fn receipt(&self, place: &[u8]) -> Result<(), Refusal> {
        let Ok(place) = <[u8; 8]>::try_from(place).map(u64::from_be_bytes) else { return Ok(()) };
        let before = self.received.load(Ordering::Acquire);
        if place <= before || place > self.sent.load(Ordering::Acquire) {
            return Ok(());
        }
        self.chat.received(self.person, before, place).await?;
        self.received.store(place, Ordering::Release);
        self.metrics.receipt();
        Ok(())
    }

    /// Writes until the connection must be cut.
    async fn speak(
        &self,
        sink: &mut SplitSink<WebSocket, Frame>,
        mut listener: Listener,
        mut answers: mpsc::Receiver<String>,
    ) -> End {
        let mut pings = interval_at(Instant::now() + self.manner.ping, self.manner.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Before the log is read: what is written after that leaves a permit.
            let written = match timeout(self.manner.silence, self.batch(sink)).await {
                Ok(Ok(written)) => written,
                Ok(Err(end)) => return end,
                Err(_) => return End::Silent,
            };
            if written == BATCH && answers.is_empty() {
                continue;
            }
            let frame = if written == BATCH {
                answers.recv().await
            } else {
                tokio::select! {
                    biased;
                    answer = answers.recv() => answer,
                    live = listener.live.recv() => live,
                    () = listener.news.notified() => continue,
                    _ = pings.tick() => {
                        if self.send(sink, Frame::Ping(Vec::new().into())).await.is_err() {
                            return End::Silent;
                        }
                        continue;
                    }
                }
            };
            let Some(frame) = frame else { return End::Left };
            if let Err(end) = self.send(sink, Frame::Text(frame.into())).await {
                return end;
            }
        }
    }

    async fn send(&self, sink: &mut SplitSink<WebSocket, Frame>, frame: Frame) -> Result<(), End> {
        match timeout(self.manner.silence, sink.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Left),
            Err(_) => Err(End::Silent),
        }
    }

    /// Writes the next entries, and asks for a receipt of them.
    async fn batch(&self, sink: &mut SplitSink<WebSocket, Frame>) -> Result<usize, End> {
        let mut written = 0;
        let mut at = self.sent.load(Ordering::Acquire);
        while written < BATCH {
            let next = self.chat.next(self.person, at).await;
            let Some(message) = next.map_err(|_| End::Failed)? else { break };
            at = message.pos;
            written += 1;
            let Some(said) = Said::of(&message) else { continue };
            let frame = frame::entry(&message, &said, self.person, &self.chat.place(at));
            sink.feed(Frame::Text(frame.into())).await.map_err(|_| End::Left)?;
            self.metrics.event("chat", message.ts);
        }
        if written > 0 {
            // Before the ping goes out: its pong may be there before this task runs again.
            self.sent.store(at, Ordering::Release);
            let ping = Frame::Ping(at.to_be_bytes().to_vec().into());
            sink.send(ping).await.map_err(|_| End::Left)?;
        }
        Ok(written)
    }
}

/// What comes of a frame.
enum Answer {
    Nothing,
    Frame(String),
    Refused(String),
    Close,
}

/// Why a source of frames failed.
fn broken(error: axum::Error) -> End {
    use tokio_tungstenite::tungstenite::Error;
    match error.into_inner().downcast::<Error>().as_deref() {
        Ok(Error::Capacity(_)) => End::TooLarge,
        Ok(Error::Utf8(_)) => End::Unreadable,
        _ => End::Left,
    }
}
