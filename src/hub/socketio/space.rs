//! One namespace of a connection.

use super::{
    arg::Arg,
    namespace::{Ack, Emit, Handler},
    packet,
};
use crate::hub::engineio::{Message, Outbox, packet::Text};
use bytes::Bytes;
use std::collections::HashMap;
use tokio::sync::oneshot;

/// One namespace of a connection.
pub(super) struct Space {
    pub(super) name: String,
    pub(super) handler: Box<dyn Handler>,
    /// Who waits for the client's answers.
    awaited: HashMap<u64, oneshot::Sender<Vec<Arg>>>,
    next_ack: u64,
    receipts: Receipts,
}

/// How far the peer has what was sent.
#[derive(Default)]
struct Receipts {
    /// The last receipt that was asked for.
    sent: Option<u64>,
    /// The last one before the ping that is on its way.
    pinged: Option<u64>,
    /// The last one that the handler was told of.
    received: Option<u64>,
}

impl Space {
    pub(super) fn new(name: String, handler: Box<dyn Handler>) -> Self {
        let (awaited, receipts) = (HashMap::new(), Receipts::default());
        Self { name, handler, awaited, next_ack: 0, receipts }
    }

    pub(super) fn emit(&mut self, emit: Emit, outbox: &mut Outbox) {
        let ack = emit.ack.map(|waiting| {
            // Whoever no longer waits need not be kept.
            self.awaited.retain(|_, waiting| !waiting.is_closed());
            let id = self.next_ack;
            self.next_ack += 1;
            self.awaited.insert(id, waiting);
            id
        });
        send(outbox, |text| packet::write_event(text, &self.name, &emit.name, &emit.args, ack));
        self.receipts.sent = self.receipts.sent.max(emit.receipt);
    }

    pub(super) fn answer(&mut self, ack: &Ack, args: &[Arg], outbox: &mut Outbox) {
        send(outbox, |text| packet::write_ack(text, &self.name, ack.0, args));
    }

    /// The client answered an event.
    pub(super) fn answered(&mut self, id: u64, args: Vec<Arg>) {
        if let Some(waiting) = self.awaited.remove(&id) {
            // Whoever asked may have lost interest.
            _ = waiting.send(args);
        } else {
            tracing::debug!(namespace = self.name, id, "an answer that nobody waits for");
        }
    }

    pub(super) fn unconfirmed(&self) -> bool {
        self.receipts.sent > self.receipts.received
    }

    pub(super) fn pinged(&mut self) {
        self.receipts.pinged = self.receipts.sent;
    }

    pub(super) async fn confirmed(&mut self) {
        let Receipts { pinged, received, .. } = &mut self.receipts;
        if let Some(receipt) = pinged.take().filter(|receipt| Some(*receipt) > *received) {
            *received = Some(receipt);
            self.handler.received(receipt).await;
        }
    }
}

/// Puts a packet into the outbox: its text, then its attachments.
pub(super) fn send(outbox: &mut Outbox, write: impl FnOnce(&mut String) -> Vec<Bytes>) {
    let mut attachments = Vec::new();
    let text = Text::written(|text| attachments = write(text));
    outbox.message(Message::Text(text));
    for bytes in attachments {
        outbox.message(Message::Binary(bytes));
    }
}
