//! Who is connected, at whichever daemon.
//!
//! Each daemon keeps its own sockets in its memory, and tells Redis of them: at once when one registers or goes, and of all
//! again every few seconds. What is not told again is past its time soon, so a daemon that dies takes its sockets with it;
//! and after Redis lost everything, each daemon tells it anew. Only the daemon that holds a socket ever takes it away.
//!
//! Of its own sockets a daemon asks its memory alone, also when Redis is away. Changes go to Redis many together, by one
//! task, in their order.
//!
//! | key | type | what | written by | goes |
//! | --- | --- | --- | --- | --- |
//! | `at:USER` | sorted set | the sockets of a user, each as JSON, by when it is past its time | the daemons that hold them | with the last socket; 25 seconds after its daemon |
//!
//! With `redis.bare_keys` there is the key of the seed systems as well, without the prefix: `USER`, a string, the id of the
//! user's socket that registered last. It goes with that socket, or becomes another one of the same user.

use super::FAREWELL;
use crate::{
    hub::presence::{CHAT, Connection, Counts, Memory, Presence},
    ledger::{
        LedgerError,
        redis::{
            Client, RedisLedger,
            scripts::{Args, Script},
        },
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use teller::{Change, Own, Teller, Told};
use tokio::{
    sync::{mpsc, oneshot},
    time,
};

mod teller;

/// How long a socket that registers waits for Redis to know of it.
const PROMPT: Duration = Duration::from_millis(250);

/// How often a daemon tells of its sockets, and how long each is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two tellings.
    pub beat: Duration,
    /// After this a socket of which nothing was heard counts as gone.
    pub ttl: Duration,
}

impl Default for Pace {
    /// Of three tellings two may be lost.
    fn default() -> Self {
        Self { beat: Duration::from_secs(8), ttl: Duration::from_secs(25) }
    }
}

/// Presence that daemons share.
pub struct SharedPresence {
    local: Memory,
    client: Arc<Client>,
    own: Arc<Own>,
    at: Script,
    changes: mpsc::UnboundedSender<Change>,
}

/// A socket in Redis.
#[derive(Serialize, Deserialize)]
struct Record {
    socket: String,
    instance: String,
    transport: String,
    dialect: String,
    address: String,
    since: Timestamp,
    /// When it registered, by the server's clock, in microseconds since 1970: it orders a user's sockets.
    stamp: i64,
    /// Whether pushes are for it.
    pushes: bool,
}

impl SharedPresence {
    /// Presence over the Redis of a ledger, for the daemon with this name, which no other has at the same time. With
    /// `bare_keys` the seed systems' keys are written as well. It needs a runtime, and ends with the ledger.
    pub async fn open(
        ledger: &RedisLedger,
        instance: String,
        pace: Pace,
        bare_keys: bool,
    ) -> Result<Self, LedgerError> {
        let client = ledger.client();
        let (changes, told) = mpsc::unbounded_channel();
        let own = Arc::new(Own::default());
        let script = Script::with_head(include_str!("presence.lua"));
        let (client_too, own_too) = (client.clone(), own.clone());
        let teller = Teller { client: client_too, own: own_too, script, pace, bare_keys, told };
        // From here on it knows the server's clock.
        teller.write(&[]).await?;
        tokio::spawn(teller.run());
        let at = Script::with_head(include_str!("at.lua"));
        Ok(Self { local: Memory::of_instance(instance), client, own, at, changes })
    }

    /// Takes all sockets of this daemon away, at its end; returns when Redis knows, or after two seconds.
    pub async fn close(&self) {
        let left: Vec<_> = self.own.sockets().drain().map(|(_, told)| told).collect();
        for told in left {
            let _ = self.changes.send(Change::Gone(told));
        }
        let (done, told) = oneshot::channel();
        let _ = self.changes.send(Change::Farewell(done));
        let _ = time::timeout(FAREWELL, told).await;
    }

    /// The sockets of a user at other daemons, and when each registered.
    async fn elsewhere(&self, user: &str) -> Result<Vec<(i64, Connection)>, LedgerError> {
        let mut found = self.client.read(&self.at, Args::new().arg(user)).await?;
        let mut sockets = Vec::new();
        while let Some(text) = found.maybe()? {
            // Another version of this program may have written it.
            let Ok(record) = serde_json::from_str::<Record>(&text) else { continue };
            if record.instance != self.local.instance() {
                sockets.push((record.stamp, record.connection(user)));
            }
        }
        Ok(sockets)
    }

    /// The sockets of a user here, and when each registered.
    async fn here(&self, user: &str) -> Vec<(i64, Connection)> {
        let connections = self.local.of(user).await;
        let own = self.own.sockets();
        let stamp = |one: &Connection| own.get(&one.socket).map_or(0, |told| told.stamp);
        connections.into_iter().map(|one| (stamp(&one), one)).collect()
    }

    /// All sockets of a user that are known, the oldest first. Without Redis those of this daemon.
    async fn known(&self, user: &str) -> Vec<Connection> {
        let elsewhere = self.elsewhere(user).await.unwrap_or_else(|error| {
            tracing::debug!("only this daemon's sockets of {user} are known now: {error}");
            Vec::new()
        });
        let mut all = self.here(user).await;
        all.extend(elsewhere);
        all.sort_by_key(|(stamp, _)| *stamp);
        all.into_iter().map(|(_, connection)| connection).collect()
    }
}

#[async_trait]
impl Presence for SharedPresence {
    fn instance(&self) -> &str {
        self.local.instance()
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn register(&self, connection: &Connection) {
        self.local.register(connection).await;
        let told = Arc::new(Told::of(connection, self.local.instance(), self.own.stamp()));
        let former = self.own.sockets().insert(connection.socket.clone(), told.clone());
        if let Some(former) = former {
            let _ = self.changes.send(Change::Gone(former));
        }
        let (done, known) = oneshot::channel();
        // Who asks another daemon after this finds the socket; unless Redis is away, which is not waited for.
        if self.changes.send(Change::Came(told, done)).is_ok() {
            let _ = time::timeout(PROMPT, known).await;
        }
    }

    async fn remove(&self, user: &str, socket: &str) {
        self.local.remove(user, socket).await;
        let mut own = self.own.sockets();
        if own.get(socket).is_some_and(|told| told.user == user)
            && let Some(told) = own.remove(socket)
        {
            let _ = self.changes.send(Change::Gone(told));
        }
    }

    async fn of(&self, user: &str) -> Vec<Connection> {
        self.known(user).await
    }

    async fn takes_pushes(&self, user: &str) -> Result<bool, LedgerError> {
        if self.local.takes_pushes(user).await? {
            return Ok(true);
        }
        let elsewhere = self.elsewhere(user).await?;
        Ok(elsewhere.iter().any(|(_, connection)| connection.takes_pushes()))
    }

    async fn newest(&self, user: &str) -> Option<String> {
        self.known(user).await.pop().map(|connection| connection.socket)
    }

    fn counts(&self) -> Counts {
        self.local.counts()
    }
}

impl Record {
    fn of(connection: &Connection, instance: &str, stamp: i64) -> Self {
        Self {
            socket: connection.socket.clone(),
            instance: instance.to_owned(),
            transport: connection.transport.to_owned(),
            dialect: connection.dialect.to_owned(),
            address: connection.address.clone(),
            since: connection.since,
            stamp,
            pushes: connection.takes_pushes(),
        }
    }

    fn connection(self, user: &str) -> Connection {
        // The names are few; one that a later version adds is not told.
        let known = |name: &str, names: &[&'static str]| {
            names.iter().find(|known| **known == name).copied().unwrap_or("other")
        };
        Connection {
            socket: self.socket,
            user: user.to_owned(),
            transport: known(&self.transport, &["websocket", "polling", "sse"]),
            dialect: known(&self.dialect, &["sonocode", "exechub", "codewar", CHAT, "journal"]),
            address: self.address,
            since: self.since,
            instance: self.instance,
        }
    }
}
