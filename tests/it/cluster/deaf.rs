//! Stands between a daemon and its Redis, and lets no word of publish and subscribe through.

use crate::carrier::{Carrier, Fate, Way};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// How a published message begins on the wire; the answer to SUBSCRIBE begins otherwise.
const MESSAGE: &[u8] = b">3\r\n$7\r\nmessage\r\n";

/// A proxy that is deaf to messages.
pub struct Deaf {
    carrier: Carrier,
    swallowed: Arc<AtomicU64>,
}

impl Deaf {
    /// In front of the server at this socket.
    pub fn start(server: &Path) -> Self {
        let swallowed = Arc::new(AtomicU64::new(0));
        let count = swallowed.clone();
        let carrier = Carrier::start(server, move |way, piece| {
            if way == Way::Back && piece.starts_with(MESSAGE) {
                count.fetch_add(1, Ordering::SeqCst);
                return Fate::IsSwallowed;
            }
            Fate::Passes
        });
        Self { carrier, swallowed }
    }

    pub fn url(&self) -> String {
        self.carrier.url()
    }

    /// How many messages did not go through.
    pub fn swallowed(&self) -> u64 {
        self.swallowed.load(Ordering::SeqCst)
    }
}
