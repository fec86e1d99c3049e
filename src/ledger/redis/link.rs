//! The connection that takes commands: made, checked, lost, and made again.
//!
//! Many requests are on their way over it at one time. When it breaks, a task makes a new one, with growing
//! pauses, and looks again at what is at the other end: another server may have become the master.

use super::{
    LedgerError,
    address::Address,
    backoff::Backoff,
    given::Given,
    scripts::{Args, KNOWN_FORM, REPLIES_KEPT, Script},
    server::Info,
    value::Items,
};
use crate::ledger::Remote;
use redis::{
    AsyncConnectionConfig, ProtocolVersion, RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

/// How long making a connection may take.
pub(super) const CONNECT: Duration = Duration::from_secs(2);

/// How long an answer may take; then the connection counts as broken.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// A request waits so long for a connection that broke just now. Who asks when it has been away for longer is
/// refused at once.
const BLIP: Duration = Duration::from_secs(1);

/// After the connection came back, leases that ran out are left to their holders for so long: a worker that comes
/// back as well renews them first. Longer than it takes to see the loss and to connect anew.
const GRACE: Duration = Duration::from_secs(5);

/// How long a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is refused when Redis is away.
    Brief,
    /// It waits until Redis is back: nobody can take over what it does.
    Long,
}

/// Who we are, and what must be at the other end.
pub(super) struct Greeting {
    prefix: String,
    client: String,
    /// Known since the first connection; another one at the same address is another ledger.
    epoch: OnceLock<String>,
    given: Arc<Given>,
    script: Script,
}

/// The connection as it is now.
#[derive(Clone)]
pub(crate) enum State {
    Up(Up),
    Down {
        since: Instant,
        why: String,
        /// That of the connection that broke.
        number: u64,
    },
}

/// A connection.
#[derive(Clone)]
pub(crate) struct Up {
    pub(super) conn: MultiplexedConnection,
    /// 1 for the first one.
    pub(super) number: u64,
    since: Instant,
}

impl Up {
    /// Whether leases that ran out may be taken from their holders.
    pub(super) fn may_take_over(&self) -> bool {
        self.take_over_at() <= Instant::now()
    }

    /// From when on they may.
    pub(super) fn take_over_at(&self) -> Instant {
        if self.number == 1 { self.since } else { self.since + GRACE }
    }
}

/// The connection that takes commands.
pub(crate) struct Link {
    pub(crate) address: Address,
    greeting: Greeting,
    state: watch::Sender<State>,
    /// Told of every change of it: those who wait here are woken in the order in which they came.
    moved: Notify,
    closed: CancellationToken,
}

impl Link {
    /// Connects for the first time. The error says what is wrong with the server.
    pub(super) async fn open(
        address: Address,
        greeting: Greeting,
        closed: CancellationToken,
    ) -> Result<Self, LedgerError> {
        let conn = connect(&address, &greeting)
            .await
            .map_err(|why| LedgerError::Store(format!("{address}: {why}")))?;
        let state = State::Up(Up { conn, number: 1, since: Instant::now() });
        let (state, moved) = (watch::Sender::new(state), Notify::new());
        Ok(Self { address, greeting, state, moved, closed })
    }

    /// Tells of every change of the connection.
    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// The name of the log at the other end.
    pub(super) fn epoch(&self) -> &str {
        self.greeting.epoch.get().map_or("", String::as_str)
    }

    /// What the server is known to have given.
    pub(super) fn given(&self) -> &Arc<Given> {
        &self.greeting.given
    }

    /// Returns when the ledger is closed.
    pub(crate) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// The connection, once there is one.
    pub(super) async fn up(&self, patience: Patience) -> Result<Up, LedgerError> {
        loop {
            if self.closed.is_cancelled() {
                return Err(closed());
            }
            // Made before looking, so that a change right after the look is not missed.
            let moved = self.moved.notified();
            let (since, why) = match &*self.state.borrow() {
                State::Up(up) => return Ok(up.clone()),
                State::Down { since, why, .. } => (*since, why.clone()),
            };
            let given_up = async {
                match patience {
                    Patience::Brief => time::sleep_until(since + BLIP).await,
                    Patience::Long => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.closed.cancelled() => return Err(closed()),
                () = moved => {}
                () = given_up => return Err(self.away(&why)),
            }
        }
    }

    /// This connection is broken.
    pub(super) fn lost(&self, up: &Up, why: &RedisError) {
        let lost = self.state.send_if_modified(|state| {
            let current = matches!(state, State::Up(now) if now.number == up.number);
            if current {
                let (since, why) = (Instant::now(), why.to_string());
                *state = State::Down { since, why, number: up.number };
            }
            current
        });
        if lost {
            self.moved.notify_waiters();
            tracing::warn!(redis = %self.address, error = %why, "the connection to Redis broke");
        }
    }

    /// Makes a new connection whenever the last one broke, until the ledger is closed.
    pub(super) async fn keep(&self) {
        let mut number = 1;
        let mut state = self.state.subscribe();
        loop {
            let broken = state.wait_for(|state| matches!(state, State::Down { .. }));
            tokio::select! {
                biased;
                () = self.closed.cancelled() => return,
                _ = broken => {}
            }
            let Some(conn) = self.reconnect().await else { return };
            number += 1;
            tracing::info!(redis = %self.address, "Redis is back");
            self.state.send_replace(State::Up(Up { conn, number, since: Instant::now() }));
            self.moved.notify_waiters();
        }
    }

    /// Tries until there is a connection; `None` when the ledger is closed.
    async fn reconnect(&self) -> Option<MultiplexedConnection> {
        let mut backoff = Backoff::new();
        loop {
            tokio::select! {
                biased;
                () = self.closed.cancelled() => return None,
                () = time::sleep(backoff.pause(&self.address)) => {}
            }
            match connect(&self.address, &self.greeting).await {
                Ok(conn) => return Some(conn),
                Err(why) => {
                    self.state.send_modify(|state| {
                        if let State::Down { why: known, .. } = state {
                            if *known != why {
                                tracing::warn!(redis = %self.address, "Redis is away: {why}");
                            }
                            *known = why;
                        }
                    });
                    self.moved.notify_waiters();
                }
            }
        }
    }

    /// Whether it can be reached, and for how long that has been so.
    pub(super) fn remote(&self) -> Remote {
        let state = self.state.borrow();
        let (since, number, trouble) = match &*state {
            State::Up(up) => (up.since, up.number, None),
            State::Down { since, why, number } => (*since, *number, Some(why.clone())),
        };
        let (address, reconnects) = (self.address.to_string(), number - 1);
        Remote { address, trouble, lasts: since.elapsed(), reconnects }
    }

    /// Nobody can be reached there.
    pub(super) fn away(&self, why: &str) -> LedgerError {
        LedgerError::Away(format!("{}: {why}", self.address))
    }
}

/// The settings of every connection.
pub(super) fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(ANSWER))
}

/// Connects and looks at what is there.
async fn connect(address: &Address, greeting: &Greeting) -> Result<MultiplexedConnection, String> {
    let whole = async {
        let conn = address.connect(ProtocolVersion::RESP2, &config()).await;
        let mut conn = conn.map_err(|error| told(&error))?;
        greeting.greet(&mut conn).await?;
        Ok(conn)
    };
    // Sentinels are asked without a time-out of their own.
    time::timeout(2 * ANSWER, whole).await.unwrap_or_else(|_| Err("no answer".into()))
}

impl Greeting {
    /// Of a client with this name, to the ledger whose keys begin so.
    pub(super) fn new(prefix: String, client: String) -> Self {
        let (epoch, given) = (OnceLock::new(), Arc::default());
        Self { prefix, client, epoch, given, script: Script::opening() }
    }

    async fn greet(&self, conn: &mut MultiplexedConnection) -> Result<(), String> {
        let info: String =
            redis::cmd("INFO").query_async(conn).await.map_err(|error| told(&error))?;
        let info = Info::new(&info);
        info.check()?;
        if info.is_replica() {
            return Err("it is a replica, which takes no writes".into());
        }
        let known = self.epoch.get();
        let made = match known {
            Some(_) => String::new(),
            None => hex::encode(getrandom::u64().map_err(|e| e.to_string())?.to_be_bytes()),
        };
        let args = Args::new().arg(&self.client).arg(made).arg(KNOWN_FORM).arg(REPLIES_KEPT);
        let args = args.arg(self.given.place()).arg(self.given.id()).arg(info.run());
        let reply = self
            .script
            .request(&self.prefix, &[&args])
            .send(conn)
            .await
            .map_err(|error| told(&error))?;
        let mut reply = Items::of(reply).map_err(|error| error.to_string())?;
        let mut next = || reply.text().map_err(|error| error.to_string());
        match (next()?.as_str(), known) {
            ("ok", None) => {
                if let Some(risk) = info.risk() {
                    tracing::warn!("Redis: {risk}");
                }
                // Nobody else sets it: this is the first connection.
                let _ = self.epoch.set(next()?);
            }
            ("ok", Some(known)) if next()? == *known => {}
            ("newer", _) => {
                return Err(format!(
                    "a newer sonocode wrote what is there (its form has version {}, this program knows up to \
                     {KNOWN_FORM}); use that one, or another redis.namespace",
                    next()?
                ));
            }
            _ => {
                return Err(
                    "the ledger that was there is gone or is another one now; put its data back, or restart this \
                     daemon to begin anew with what is there"
                        .into(),
                );
            }
        }
        let lost = next()?;
        if lost != "0" {
            tracing::warn!(
                "Redis has lost the last {lost} entries of the log, which it had acknowledged; \
                 `appendfsync always` prevents that"
            );
        }
        if info.has_old_file() {
            rewrite(conn).await;
        }
        Ok(())
    }
}

/// Has the server write its file anew, after it was started. One that was killed in the middle of a script's writes takes
/// none of them up, but leaves those that are whole in its file without an end (7.0.15 does), and would take them up at its
/// next start, with the first transaction that follows: a part of a script. That one is `open.lua`'s, which writes twice, so
/// the file ends well while the new one is being written.
async fn rewrite(conn: &mut MultiplexedConnection) {
    let begun: RedisResult<Value> = redis::cmd("BGREWRITEAOF").query_async(conn).await;
    if let Err(error) = begun
        // Somebody else has asked just now.
        && !error.to_string().contains("already in progress")
    {
        tracing::warn!(
            "Redis does not write its file anew ({error}). If it was killed in the middle of a write, have that done \
             before it is killed again: `redis-cli BGREWRITEAOF`, or let this user do it (`+bgrewriteaof`)"
        );
    }
}

/// What an error means to whoever runs the daemon.
pub(super) fn told(error: &RedisError) -> String {
    let mend = match error.code() {
        Some("NOAUTH") => "; it wants a password: redis://:PASSWORD@host",
        Some("WRONGPASS") => "; user or password are wrong",
        Some("NOPERM") => {
            "; the user may not do this: it needs `~{NAMESPACE}:* &{NAMESPACE}:* +@all -@dangerous +info +bgrewriteaof`"
        }
        Some("OOM") => "; its memory is full: raise maxmemory, or let it keep less",
        Some("MISCONF") => "; it cannot write its files: free some space on its disk",
        Some("MOVED" | "CROSSSLOT") => {
            "; it is a node of a cluster: name the node that holds the slot of the namespace"
        }
        _ if error.is_connection_refusal() => "; start it, or mend the address",
        _ => "",
    };
    format!("{error}{mend}")
}

/// The ledger was asked after its end.
pub(super) fn closed() -> LedgerError {
    LedgerError::Store("it is closed; restart the daemon".into())
}
