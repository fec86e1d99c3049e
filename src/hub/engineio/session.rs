//! One connection: its transport, its heartbeat and its end in the application, in one task.

use super::{
    handshake::Transport,
    heart::{Due, Heart},
    link::{Link, Outbox},
    packet::{Packet, packets},
    polling::{Breach, Event, Polling, Stop},
    reason::Reason,
    registry::Ticket,
    settings::Settings,
    socket::{Broken, Happened, Socket},
};
use futures_util::FutureExt;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// What is gathered before it is written, in bytes, as long as there is more.
const BATCH: usize = 16 << 10;

/// How long what is left may take to be handed over once the server stops.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long a connection that the server closes may take to hand over what is left, a polling client to
/// send its next request.
const FAREWELL: Duration = Duration::from_secs(2);

/// How packets travel.
pub(super) enum Carrier {
    /// Over requests, as long as the ticket is held in the table of sessions.
    Polling(Polling),
    /// Over a WebSocket.
    Socket(Box<Socket>),
}

/// One connection.
pub(super) struct Session<L> {
    pub(super) link: L,
    pub(super) outbox: Outbox,
    pub(super) carrier: Carrier,
    pub(super) heart: Heart,
    pub(super) settings: Arc<Settings>,
    /// The place in the table of sessions, if it began with polling.
    pub(super) ticket: Option<Ticket>,
}

/// How a connection ends: why, and whether the peer is there to be told.
struct End {
    reason: Reason,
    tell: bool,
}

impl End {
    /// The server's decision.
    fn told(reason: Reason) -> Self {
        Self { reason, tell: true }
    }

    /// Whether the client broke the rules.
    fn is_breach(&self) -> bool {
        matches!(self.reason, Reason::ParseError | Reason::TransportError | Reason::TooLarge)
    }

    /// The transport is of no more use.
    fn gone(reason: Reason) -> Self {
        Self { reason, tell: false }
    }
}

/// What woke a session.
enum Woken {
    Due(Due),
    Socket(Result<Happened, Broken>),
    Polling(Result<Event, Stop>),
    Ready,
    Shutdown,
}

impl<L: Link> Session<L> {
    /// Serves the connection to its end. Boxed, because an `async fn` keeps room for its arguments twice; what
    /// is rare or comes last is in boxes too.
    pub(super) async fn run(mut self: Box<Self>) {
        let end = self.serve().await;
        // Before the farewell, which may take its time.
        self.link.closed(end.reason).await;
        if end.tell {
            Box::pin(self.part(end.reason)).await;
        }
    }

    async fn serve(&mut self) -> End {
        let shutdown = self.settings.shutdown.clone();
        let mut shutdown = pin!(shutdown.cancelled());
        let mut ending = false;
        let bound = self.settings.send_buffer;
        loop {
            if let Carrier::Polling(polling) = &mut self.carrier {
                polling.settle(&mut self.outbox);
            }
            let room = self.outbox.bytes() < bound;
            self.heart.stalls_at(if room { None } else { self.stalls_at() });
            let woken = tokio::select! {
                due = self.heart.due() => Woken::Due(due),
                woken = turn(&mut self.carrier, &mut self.outbox, bound) => woken,
                () = self.link.ready(), if room => Woken::Ready,
                () = &mut shutdown, if !ending => Woken::Shutdown,
            };
            let done = match woken {
                Woken::Due(due) => self.beat(&due),
                Woken::Ready => self.gather().await,
                Woken::Socket(happened) => self.hear(happened).await,
                Woken::Polling(event) => Box::pin(self.asked(event)).await,
                Woken::Shutdown => {
                    ending = true;
                    self.heart.ends_at(Instant::now() + LAST_WORDS);
                    Ok(())
                }
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    fn beat(&mut self, due: &Due) -> Result<(), End> {
        match due {
            Due::Ping => {
                self.heart.beats();
                self.ping();
                Ok(())
            }
            Due::Timeout => Err(End::gone(Reason::PingTimeout)),
            Due::LastWords => Err(End::told(Reason::ServerShuttingDown)),
            // It may have taken something since this was looked at last.
            Due::Stall if self.stalls_at().is_some_and(|time| time <= Instant::now()) => {
                Err(End::told(Reason::SlowConsumer))
            }
            Due::Stall => Ok(()),
        }
    }

    /// Until when the peer must take something of what waits for it.
    fn stalls_at(&self) -> Option<Instant> {
        self.outbox.stuck_since().map(|since| since + self.settings.send_timeout)
    }

    fn ping(&mut self) {
        self.outbox.packet(Packet::Ping { probe: false });
        self.link.pinged();
    }

    /// Takes what the link has to send, and whatever else is there already, to write it together.
    async fn gather(&mut self) -> Result<(), End> {
        loop {
            self.link.take(&mut self.outbox).await.map_err(End::told)?;
            let more = self.outbox.bytes() < BATCH.min(self.settings.send_buffer);
            if !more || self.link.ready().now_or_never().is_none() {
                break;
            }
        }
        self.confirm();
        Ok(())
    }

    /// Asks whether what was sent has arrived, unless a ping is on its way already.
    fn confirm(&mut self) {
        if self.heart.rests() && self.link.unconfirmed() {
            self.heart.beats_early(Instant::now());
            self.ping();
        }
    }

    async fn hear(&mut self, happened: Result<Happened, Broken>) -> Result<(), End> {
        match happened {
            Ok(Happened::Packet(packet)) => self.packet(packet).await,
            Ok(Happened::Room) => Ok(()),
            Err(broken) => {
                let reason = broken.reason();
                tracing::debug!(%reason, %broken, "a connection breaks");
                Err(if reason == Reason::TransportClose {
                    End::gone(reason)
                } else {
                    End::told(reason)
                })
            }
        }
    }

    async fn packet(&mut self, packet: Packet) -> Result<(), End> {
        match packet {
            Packet::Message(message) => {
                self.link.message(message, &mut self.outbox).await.map_err(End::told)?;
                self.confirm();
                Ok(())
            }
            Packet::Pong { probe: false } => {
                if self.heart.answered() {
                    self.link.confirmed().await;
                    self.confirm();
                }
                Ok(())
            }
            Packet::Close => {
                // It gets nothing more.
                self.outbox.clear();
                Err(End::told(Reason::TransportClose))
            }
            // A change of transports that was given up.
            Packet::Noop => Ok(()),
            Packet::Open(_) | Packet::Ping { .. } | Packet::Pong { .. } | Packet::Upgrade => {
                Err(End::told(Reason::TransportError))
            }
        }
    }

    async fn asked(&mut self, event: Result<Event, Stop>) -> Result<(), End> {
        match event {
            Ok(Event::Nothing) => Ok(()),
            Ok(Event::Post(body, done)) => {
                let handled = self.posted(&body).await;
                match &handled {
                    Err(end) if end.is_breach() => self.ticket = None,
                    // Whoever sent it may have gone meanwhile.
                    _ => _ = done.send(()),
                }
                handled
            }
            Ok(Event::Upgrade(socket)) => {
                self.upgrade(*socket).await;
                Ok(())
            }
            // No request may find the session once its client was told: so the place in the table goes
            // first, and then the senders, with which the requests are answered.
            Err(stop) => {
                self.ticket = None;
                Err(match stop {
                    Stop::GivenUp => End::gone(Reason::TransportError),
                    Stop::TwoPolls(second) => {
                        drop(second);
                        End::told(Reason::TransportError)
                    }
                    Stop::Breach(breach, request) => {
                        drop(request);
                        End::told(match breach {
                            Breach::Overlap => Reason::TransportError,
                            Breach::Payload => Reason::ParseError,
                        })
                    }
                })
            }
        }
    }

    /// The packets of a polling request.
    async fn posted(&mut self, body: &str) -> Result<(), End> {
        for packet in packets(body) {
            let packet = packet.map_err(|broken| {
                tracing::debug!(%broken, "a polling request cannot be read");
                End::told(Reason::ParseError)
            })?;
            self.packet(packet).await?;
        }
        Ok(())
    }

    /// Changes over to a WebSocket. What waits is written there; what was handed to a request is not.
    async fn upgrade(&mut self, socket: Socket) {
        let before = std::mem::replace(&mut self.carrier, Carrier::Socket(Box::new(socket)));
        if let Carrier::Polling(mut polling) = before {
            polling.release();
        }
        if let Some(ticket) = &self.ticket {
            ticket.upgraded();
        }
        self.link.upgraded(Transport::WebSocket).await;
    }

    /// Hands over what is left and closes.
    async fn part(self: Box<Self>, reason: Reason) {
        let Self { mut outbox, carrier, ticket, heart, .. } = *self;
        match carrier {
            Carrier::Socket(mut socket) => {
                if let Ok(Ok(())) = timeout(FAREWELL, socket.flush(&mut outbox)).await {
                    socket.close(reason).await;
                }
            }
            Carrier::Polling(mut polling) => {
                // A client that broke the rules finds its session gone at once. For another the server
                // waits: if no request comes, it finds the session gone too and connects again.
                let patience = match reason {
                    Reason::ForcedClose | Reason::ServerShuttingDown | Reason::SlowConsumer => {
                        FAREWELL
                    }
                    _ => Duration::ZERO,
                };
                // A pong that is on its way comes with a request of its own, which must not find the session
                // gone before the client was told.
                let heard = async {
                    let mut answered = heart.rests();
                    while !answered {
                        polling.settle(&mut outbox);
                        match polling.event().await {
                            Ok(event) => answered = acknowledged(event),
                            Err(_) => break,
                        }
                    }
                };
                let _ = timeout(patience.min(LAST_WORDS), heard).await;
                let last = match reason {
                    // The client closed: its held request is only released.
                    Reason::TransportClose => Packet::Noop,
                    _ => Packet::Close,
                };
                let handed_over = async {
                    // In a reply of its own: socket.io-client closes before it looks at what else is in the same
                    // reply, and drops that.
                    hand_over(&mut polling, &mut outbox).await?;
                    outbox.packet(last);
                    hand_over(&mut polling, &mut outbox).await
                };
                // Who asks for nothing any more connects again, and then hears what was left.
                let _ = timeout(patience, handed_over).await;
            }
        }
        drop(ticket);
    }
}

/// Answers requests until nothing is left.
async fn hand_over(polling: &mut Polling, outbox: &mut Outbox) -> Result<(), Stop> {
    polling.settle(outbox);
    while !outbox.is_empty() {
        let _ = acknowledged(polling.event().await?);
        polling.settle(outbox);
    }
    Ok(())
}

/// Says of a request that sends that it was received, since its client still waits for the last words.
/// Whether it was one.
fn acknowledged(event: Event) -> bool {
    match event {
        // Whoever sent it may have gone meanwhile.
        Event::Post(_, done) => done.send(()).is_ok(),
        Event::Nothing | Event::Upgrade(_) => false,
    }
}

async fn turn(carrier: &mut Carrier, outbox: &mut Outbox, bound: usize) -> Woken {
    match carrier {
        Carrier::Socket(socket) => Woken::Socket(socket.turn(outbox, bound).await),
        Carrier::Polling(polling) => Woken::Polling(polling.event().await),
    }
}

#[cfg(test)]
mod tests;
