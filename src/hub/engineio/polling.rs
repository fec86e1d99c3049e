//! HTTP long-polling as a transport: a held request, and what the other requests bring.

use super::{
    link::Outbox,
    packet::{Packet, payload},
    socket::Socket,
};
use axum::body::Bytes;
use tokio::sync::{mpsc, oneshot};

/// Requests that may wait for a session that is at work.
pub(super) const REQUESTS: usize = 8;

/// The most packets in a reply: python-engineio takes one with more for broken (`Payload.max_decode_packets`), and
/// would ask for the same again and again.
const PACKETS: usize = 16;

/// What HTTP requests ask of a session.
pub(super) enum Request {
    /// A request to be held until there is something for the client.
    Poll(Poll),
    /// Packets of the client; answered once they were handled.
    Post(String, oneshot::Sender<()>),
    /// Something against the rules came instead; the session ends, and then the sender is dropped.
    Broken(Breach, oneshot::Sender<()>),
    /// A WebSocket answered the probe: held requests are to be released.
    Probing,
    /// That WebSocket was given up.
    ProbeEnded,
    /// The client has changed to it.
    Upgrade(Box<Socket>),
}

/// A request that asks for packets.
pub(super) struct Poll {
    /// The `t` of its query, which clients make anew for every request: one that comes again with the same was sent
    /// again, by a browser or an HTTP library that got no reply.
    pub(super) mark: Option<String>,
    /// Takes the reply.
    pub(super) answer: oneshot::Sender<Bytes>,
}

/// How a client breaks the rules of polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breach {
    /// Two requests that send, at one time.
    Overlap,
    /// A request whose body is no payload.
    Payload,
}

/// The polling side of a session.
pub(super) struct Polling {
    requests: mpsc::Receiver<Request>,
    /// The request that is held.
    poll: Option<Poll>,
    /// The last reply and the mark of its request, until the next request shows that it has arrived.
    replied: Option<(String, Bytes)>,
    /// Whether a WebSocket is being probed: nothing is held then, so that the client can change over.
    probing: bool,
}

/// What happened.
pub(super) enum Event {
    /// Packets came.
    Post(String, oneshot::Sender<()>),
    /// The client has changed to a WebSocket.
    Upgrade(Box<Socket>),
    /// A request is held and there is nothing for it yet; or one was answered.
    Nothing,
}

/// Why polling ends.
pub(super) enum Stop {
    /// The client gave a held request up.
    GivenUp,
    /// A second request was sent while the first was held; that one is to be told, this one refused.
    TwoPolls(Poll),
    /// The client broke the rules otherwise; the request is answered when the sender is dropped.
    Breach(Breach, oneshot::Sender<()>),
}

impl Polling {
    pub(super) fn new(requests: mpsc::Receiver<Request>) -> Self {
        Self { requests, poll: None, replied: None, probing: false }
    }

    /// Answers the held request with what there is. Whatever could not be handed over is lost with the
    /// transport: [`Self::event`] reports the request as given up.
    pub(super) fn settle(&mut self, outbox: &mut Outbox) {
        if self.poll.is_none() || (outbox.is_empty() && !self.probing) {
            return;
        }
        if outbox.is_empty() {
            outbox.packet(Packet::Noop);
        }
        self.answer(outbox);
    }

    /// Answers the held request, if there is one, with nothing.
    pub(super) fn release(&mut self) {
        let mut outbox = Outbox::default();
        outbox.packet(Packet::Noop);
        self.answer(&mut outbox);
    }

    fn answer(&mut self, outbox: &mut Outbox) {
        let Some(poll) = self.poll.take_if(|poll| !poll.answer.is_closed()) else { return };
        let reply = Bytes::from(payload(outbox.first(PACKETS).iter()));
        self.replied = poll.mark.map(|mark| (mark, reply.clone()));
        // The request may end in this moment; then the client knows no more than if the reply had been
        // lost on its way.
        let _ = poll.answer.send(reply);
    }

    /// Holds a request. One whose reply was lost gets that reply again: what was in it would be taken for received
    /// once the client answers a ping in a later one.
    fn hold(&mut self, poll: Poll) -> Result<Event, Stop> {
        if let Some((mark, reply)) = &self.replied
            && poll.mark.as_ref() == Some(mark)
        {
            let _ = poll.answer.send(reply.clone());
            return Ok(Event::Nothing);
        }
        self.replied = None;
        let again = |held: &Poll| poll.mark.is_some() && held.mark == poll.mark;
        if self.poll.as_ref().is_some_and(|held| !again(held)) {
            return Err(Stop::TwoPolls(poll));
        }
        self.poll = Some(poll);
        Ok(Event::Nothing)
    }

    /// Waits for the next request, or for the end of the one that is held. Cancel safe.
    pub(super) async fn event(&mut self) -> Result<Event, Stop> {
        let request = tokio::select! {
            request = self.requests.recv() => request,
            () = given_up(&mut self.poll) => return Err(Stop::GivenUp),
        };
        match request {
            Some(Request::Poll(poll)) => return self.hold(poll),
            Some(Request::Post(body, done)) => return Ok(Event::Post(body, done)),
            Some(Request::Broken(breach, done)) => return Err(Stop::Breach(breach, done)),
            Some(Request::Probing) => self.probing = true,
            Some(Request::ProbeEnded) => self.probing = false,
            Some(Request::Upgrade(socket)) => return Ok(Event::Upgrade(socket)),
            // The table of sessions holds a sender for as long as the session polls.
            None => return Err(Stop::GivenUp),
        }
        Ok(Event::Nothing)
    }
}

async fn given_up(poll: &mut Option<Poll>) {
    match poll {
        Some(poll) => poll.answer.closed().await,
        None => std::future::pending().await,
    }
}
