//! Who is connected, from where and since when.

use crate::ledger::LedgerError;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A socket of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// The socket's id, as its client knows it.
    pub socket: String,
    /// Whose it is; empty before it has said so, and of one that is nobody's.
    pub user: String,
    /// `websocket`, `polling` or `sse`.
    pub transport: &'static str,
    /// The system whose names it speaks: `sonocode`, `exechub`, `codewar`, `chat`, or `journal` for
    /// events as they are.
    pub dialect: &'static str,
    /// The peer's address.
    pub address: String,
    /// Since when.
    pub since: Timestamp,
    /// The daemon that holds it.
    pub instance: String,
}

impl Connection {
    /// Whether pushes are for it.
    pub fn takes_pushes(&self) -> bool {
        self.dialect != CHAT
    }

    /// Tells the log that it is here.
    pub fn came(&self) {
        let Self { socket, user, address, transport, dialect, .. } = self;
        tracing::info!(socket, user, address, transport, dialect, "a socket has come");
    }

    /// Tells the log that it is gone, and after how many seconds.
    pub fn left(&self, reason: &str) {
        let Self { socket, user, address, transport, dialect, since, .. } = self;
        let seconds = Timestamp::now().duration_since(*since).as_secs();
        tracing::info!(
            socket,
            user,
            address,
            transport,
            dialect,
            reason,
            seconds,
            "a socket has left"
        );
    }

    /// Tells the log that it is not let in, or may not stay.
    pub fn refused(&self, code: &str) {
        let Self { socket, user, address, transport, .. } = self;
        tracing::info!(socket, user, address, transport, code, "a socket is refused");
    }
}

/// The dialect of the chat's sockets.
pub const CHAT: &str = "chat";

/// Sockets and users counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Users with a socket at least.
    pub users: u64,
    /// Sockets that belong to a user.
    pub sockets: u64,
}

/// Where users' sockets are known: in this process, or in a store that several daemons share.
///
/// What it says may be out of date, and a store may have lost it: nothing that must not be lost may
/// depend on it.
#[async_trait]
pub trait Presence: Send + Sync + 'static {
    /// The name of this daemon, which holds the sockets that register here.
    fn instance(&self) -> &str;

    /// Whether other daemons serve the same users.
    fn is_shared(&self) -> bool {
        false
    }

    /// Adds a socket. One that is known already is moved to the new user, and counts as the newest.
    async fn register(&self, connection: &Connection);

    /// Removes this socket of this user, and no other; nothing when it is another user's by now.
    async fn remove(&self, user: &str, socket: &str);

    /// The sockets of a user, the oldest first.
    async fn of(&self, user: &str) -> Vec<Connection>;

    /// Whether a user has a socket that takes pushes: of any dialect but the chat's. An error when the store
    /// is away and nobody knows.
    async fn takes_pushes(&self, user: &str) -> Result<bool, LedgerError>;

    /// The socket that registered last for a user.
    async fn newest(&self, user: &str) -> Option<String>;

    /// How many this daemon holds.
    fn counts(&self) -> Counts;
}

/// Presence in this process's memory.
#[derive(Debug, Default)]
pub struct Memory {
    instance: String,
    users: Mutex<Users>,
}

#[derive(Debug, Default)]
struct Users {
    /// Each user's sockets, the oldest first; never empty.
    sockets: HashMap<String, Vec<Connection>>,
    /// Whose each socket is.
    owners: HashMap<String, String>,
}

impl Memory {
    /// Of a daemon with this name.
    pub fn of_instance(instance: String) -> Self {
        Self { instance, users: Mutex::default() }
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    fn take_out(&mut self, user: &str, socket: &str) {
        let Some(sockets) = self.sockets.get_mut(user) else { return };
        sockets.retain(|known| known.socket != socket);
        if sockets.is_empty() {
            self.sockets.remove(user);
        }
    }
}

#[async_trait]
impl Presence for Memory {
    fn instance(&self) -> &str {
        &self.instance
    }

    async fn register(&self, connection: &Connection) {
        let Connection { user, socket, .. } = connection;
        let mut users = self.users();
        if let Some(former) = users.owners.insert(socket.clone(), user.clone()) {
            users.take_out(&former, socket);
        }
        users.sockets.entry(user.clone()).or_default().push(connection.clone());
    }

    async fn remove(&self, user: &str, socket: &str) {
        let mut users = self.users();
        if users.owners.get(socket).is_some_and(|owner| owner == user) {
            users.owners.remove(socket);
            users.take_out(user, socket);
        }
    }

    async fn of(&self, user: &str) -> Vec<Connection> {
        self.users().sockets.get(user).cloned().unwrap_or_default()
    }

    async fn takes_pushes(&self, user: &str) -> Result<bool, LedgerError> {
        let users = self.users();
        let sockets = users.sockets.get(user);
        Ok(sockets.is_some_and(|sockets| sockets.iter().any(Connection::takes_pushes)))
    }

    async fn newest(&self, user: &str) -> Option<String> {
        self.users().sockets.get(user)?.last().map(|newest| newest.socket.clone())
    }

    fn counts(&self) -> Counts {
        let users = self.users();
        Counts { users: users.sockets.len() as u64, sockets: users.owners.len() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(user: &str, socket: &str) -> Connection {
        Connection {
            socket: socket.into(),
            user: user.into(),
            transport: "websocket",
            dialect: "sonocode",
            address: "127.0.0.1:9".into(),
            since: Timestamp::UNIX_EPOCH,
            instance: "here".into(),
        }
    }

    async fn sockets(presence: &dyn Presence, user: &str) -> Vec<String> {
        presence.of(user).await.into_iter().map(|connection| connection.socket).collect()
    }

    #[tokio::test]
    async fn every_socket_of_a_user_is_known_and_the_newest_is_told() {
        let presence = Memory::default();
        assert_eq!((presence.newest("ada").await, presence.counts()), (None, Counts::default()));
        for (user, socket) in [("ada", "1"), ("bob", "2"), ("ada", "3")] {
            presence.register(&connection(user, socket)).await;
        }
        assert_eq!(sockets(&presence, "ada").await, ["1", "3"]);
        assert_eq!(presence.newest("ada").await.as_deref(), Some("3"));
        assert_eq!(presence.counts(), Counts { users: 2, sockets: 3 });
        presence.register(&connection("ada", "1")).await;
        assert_eq!(sockets(&presence, "ada").await, ["3", "1"], "the newest again, once");
        presence.remove("ada", "1").await;
        assert_eq!(presence.newest("ada").await.as_deref(), Some("3"));
        presence.remove("ada", "3").await;
        presence.remove("bob", "2").await;
        assert_eq!(presence.counts(), Counts::default());
        assert!(presence.users().sockets.is_empty(), "nothing is kept of who is gone");
    }

    #[tokio::test]
    async fn a_socket_of_the_chat_takes_no_pushes() {
        let presence = Memory::default();
        let chat = Connection { dialect: CHAT, ..connection("ada", "1") };
        presence.register(&chat).await;
        assert!(!presence.takes_pushes("ada").await.unwrap());
        presence.register(&connection("ada", "2")).await;
        assert!(
            presence.takes_pushes("ada").await.unwrap()
                && !presence.takes_pushes("bob").await.unwrap()
        );
        presence.remove("ada", "2").await;
        assert!(!presence.takes_pushes("ada").await.unwrap());
    }

    #[tokio::test]
    async fn only_that_socket_is_removed_and_only_from_its_user() {
        let presence = Memory::default();
        presence.register(&connection("ada", "1")).await;
        presence.register(&connection("bob", "1")).await; // the same socket, now bob's
        assert_eq!(sockets(&presence, "ada").await, [""; 0]);
        presence.remove("ada", "1").await;
        presence.remove("bob", "2").await;
        presence.remove("eve", "1").await;
        assert_eq!(sockets(&presence, "bob").await, ["1"]);
        assert_eq!(presence.counts(), Counts { users: 1, sockets: 1 });
    }
}
