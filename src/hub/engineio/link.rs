//! What runs over connections.

use super::{
    handshake::{Handshake, Transport},
    packet::{Frame, Message, Packet},
    reason::Reason,
};
use std::{collections::VecDeque, future::Future};
use tokio::time::Instant;

/// Makes a link for every connection.
pub trait Application: Send + Sync + 'static {
    /// What serves a connection.
    type Link: Link;

    /// A connection was opened. Whatever the link has to send waits behind the handshake's answer.
    fn open(&self, opening: Opening) -> Self::Link;
}

/// A connection that was opened.
#[derive(Debug)]
pub struct Opening {
    /// The connection's id: random, not guessable.
    pub id: String,
    /// Its first request.
    pub handshake: Handshake,
    /// How packets travel at first.
    pub transport: Transport,
}

/// One connection's end in the application. Nothing of it runs at the same time.
pub trait Link: Send + 'static {
    /// A message of the peer: one at a time, in order; nothing more is read meanwhile. Answers go into
    /// the outbox; an error closes the connection.
    fn message(
        &mut self,
        message: Message,
        outbox: &mut Outbox,
    ) -> impl Future<Output = Result<(), Reason>> + Send;

    /// Waits until there is something to send. Cancel safe; asked only while the outbox has room.
    fn ready(&mut self) -> impl Future<Output = ()> + Send;

    /// Puts what [`Link::ready`] found into the outbox; an error closes the connection.
    fn take(&mut self, outbox: &mut Outbox) -> impl Future<Output = Result<(), Reason>> + Send;

    /// Whether it wants to know when the peer has what was sent.
    fn unconfirmed(&self) -> bool {
        false
    }

    /// A ping is sent behind everything that was put into the outbox.
    fn pinged(&mut self) {}

    /// The peer answered that ping: it has everything before it.
    fn confirmed(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Packets travel in another way from now on.
    fn upgraded(&mut self, transport: Transport) -> impl Future<Output = ()> + Send {
        let _ = transport;
        async {}
    }

    /// The connection has ended. The last call.
    fn closed(&mut self, reason: Reason) -> impl Future<Output = ()> + Send;
}

/// What waits to be written to a peer.
#[derive(Debug, Default)]
pub struct Outbox {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// When the peer last took something of what waits, or when it began to wait.
    moved: Option<Instant>,
}

/// What a waiting frame costs beside its payload, in bytes, so that many small ones are bounded too.
const FRAME: usize = 64;

/// Frames for which room may be kept while nothing waits.
const KEPT: usize = 8;

impl Outbox {
    /// Appends a message.
    pub fn message(&mut self, message: Message) {
        self.packet(Packet::Message(message));
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Since when the peer has taken nothing although something waits for it.
    pub(super) fn stuck_since(&self) -> Option<Instant> {
        self.moved.filter(|_| !self.is_empty())
    }

    /// The peer takes something.
    pub(super) fn moves(&mut self) {
        self.moved = Some(Instant::now());
    }

    pub(super) fn packet(&mut self, packet: Packet) {
        if self.is_empty() {
            self.moves();
        }
        let frame = packet.into_frame();
        self.bytes += frame.payload.len() + FRAME;
        self.frames.push_back(frame);
    }

    /// Takes the first frame.
    pub(super) fn pop(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.payload.len() + FRAME;
        self.moves();
        if self.frames.is_empty() && self.frames.capacity() > KEPT {
            // Thousands of connections are idle at any time.
            self.frames = VecDeque::new();
        }
        Some(frame)
    }

    /// The texts that wait, for tests.
    #[cfg(test)]
    pub(in crate::hub) fn texts(&self) -> Vec<String> {
        let text = |frame: &Frame| String::from_utf8_lossy(&frame.payload).into_owned();
        self.frames.iter().filter(|frame| !frame.binary).map(text).collect()
    }

    /// Takes the first frames, so many at most.
    pub(super) fn first(&mut self, most: usize) -> Vec<Frame> {
        std::iter::from_fn(|| self.pop()).take(most).collect()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
