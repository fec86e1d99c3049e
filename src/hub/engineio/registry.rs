//! The table of sessions that began with polling.

use super::polling::{REQUESTS, Request};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::mpsc;

/// Sessions by their ids.
#[derive(Clone, Default)]
pub(super) struct Registry(Arc<Mutex<HashMap<String, Entry>>>);

/// What requests need of a session.
#[derive(Clone)]
enum Entry {
    /// It polls.
    Polling(Door),
    /// It has changed to a WebSocket: there is nothing for requests any more.
    Upgraded,
}

/// The way to a session that polls.
#[derive(Clone)]
pub(super) struct Door {
    /// To the session's task.
    pub(super) requests: mpsc::Sender<Request>,
    /// Whether a request that sends is under way.
    pub(super) sending: Arc<AtomicBool>,
    /// Whether a WebSocket is being probed.
    pub(super) probing: Arc<AtomicBool>,
}

/// What a session id leads to.
pub(super) enum Found {
    /// No such session, or one that has ended.
    Unknown,
    /// A session that polls.
    Polling(Door),
    /// A session that has changed to a WebSocket.
    Upgraded,
}

/// A session's place in the table; given back when it is dropped.
pub(super) struct Ticket {
    registry: Registry,
    id: String,
}

/// A flag that is set; cleared when this is dropped.
pub(super) struct Raised(Arc<AtomicBool>);

impl Raised {
    /// Raises a flag; `None` if it is raised already.
    pub(super) fn raise(flag: &Arc<AtomicBool>) -> Option<Self> {
        let before = flag.swap(true, Ordering::AcqRel);
        (!before).then(|| Self(Arc::clone(flag)))
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Registry {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        // Nothing panics while it is held, and every change is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a place for a session that polls.
    pub(super) fn enter(&self, id: String) -> (Ticket, mpsc::Receiver<Request>) {
        let (requests, receiver) = mpsc::channel(REQUESTS);
        let door = Door { requests, sending: Arc::default(), probing: Arc::default() };
        self.entries().insert(id.clone(), Entry::Polling(door));
        (Ticket { registry: self.clone(), id }, receiver)
    }

    pub(super) fn find(&self, id: &str) -> Found {
        match self.entries().get(id) {
            None => Found::Unknown,
            Some(Entry::Polling(door)) => Found::Polling(door.clone()),
            Some(Entry::Upgraded) => Found::Upgraded,
        }
    }
}

impl Ticket {
    /// The session has changed to a WebSocket.
    pub(super) fn upgraded(&self) {
        self.registry.entries().insert(self.id.clone(), Entry::Upgraded);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.registry.entries().remove(&self.id);
    }
}
