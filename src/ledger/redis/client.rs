//! Requests: what is sent, what is sent again, and what is told to those who wait.
//!
//! A request whose answer did not come is sent again under its number, and the server does it once: see `batch.lua`.
//! So that the server need not remember every number, a client has a bounded number of slots for requests that write,
//! and the server keeps the last reply of each.

use super::{
    LedgerError,
    backoff::Backoff,
    gather::{Call, Gatherer},
    link::{Link, Patience, Up, told},
    scripts::{Args, Script, Scripts},
    server::Info,
    trouble::Trouble,
    value::Items,
};
use crate::ledger::signals::Signals;
use redis::{RedisError, RedisResult, Value};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit, watch},
    time,
};

/// Requests that write and are on their way at one time.
const SLOTS: u16 = 512;

/// A request that is refused when Redis is away is sent so many times at most.
const TRIES: u32 = 3;

/// A client of one Redis.
pub(crate) struct Client {
    pub(crate) link: Link,
    pub(super) scripts: &'static Scripts,
    pub(super) signals: Signals,
    /// What the names of all keys begin with.
    pub(crate) prefix: String,
    /// Its own name, made at random.
    pub(crate) name: String,
    /// Told of a lease that runs out soon.
    pub(super) short_lease: Notify,
    /// The numbers after which the next sweep looks: of submissions that are finished, and cancelled.
    pub(super) swept: [AtomicU64; 2],
    slots: Slots,
    gatherer: Gatherer,
}

impl Client {
    pub(super) fn new(link: Link, signals: Signals, prefix: String, name: String) -> Self {
        let (scripts, slots) = (Scripts::all(), Slots::new());
        let (short_lease, swept) = (Notify::new(), Default::default());
        let given = link.given().clone();
        let gatherer = Gatherer::start(prefix.clone(), name.clone(), signals.clone(), given);
        Self { link, scripts, signals, prefix, name, short_lease, swept, slots, gatherer }
    }

    /// Changes when the catalogue of problems has changed, or somebody wants a package, and when nobody could hear that for
    /// a while.
    pub(crate) fn catalogue(&self) -> watch::Receiver<u64> {
        self.signals.catalogue.subscribe()
    }

    /// Calls an operation of this script. Those who wait are told of its news before the caller hears of it. The reply begins
    /// with a word.
    pub(crate) async fn write(
        &self,
        script: &Arc<Script>,
        operation: &'static str,
        patience: Patience,
        args: Args,
    ) -> Result<(String, Items), LedgerError> {
        let slot = self.slots.take().await;
        let (place, number, script) = (slot.place, slot.number, script.clone());
        let call = Arc::new(Call { script, operation, slot: place, number, args });
        let send = |up| self.gatherer.send(up, call.clone());
        let mut reply = Items::of(self.send(send, patience).await?)?;
        match reply.text()? {
            word if word == "stale" => Err(self.link.away("a later request overtook this one")),
            word => Ok((word, reply)),
        }
    }

    /// Runs a script that may be run twice.
    pub(crate) async fn read(&self, script: &Script, args: Args) -> Result<Items, LedgerError> {
        let (prefix, args) = (&self.prefix, &args);
        let send =
            |mut up: Up| async move { script.request(prefix, &[args]).send(&mut up.conn).await };
        Items::of(self.send(send, Patience::Brief).await?)
    }

    /// The version of the server, and how many bytes of memory it uses.
    pub(crate) async fn server(&self) -> Result<(String, u64), LedgerError> {
        let mut up = self.link.up(Patience::Brief).await?;
        let text: Result<String, _> = redis::cmd("INFO").query_async(&mut up.conn).await;
        let text = text.map_err(|error| self.link.away(&told(&error)))?;
        let info = Info::new(&text);
        Ok((info.version().to_owned(), info.used_memory()))
    }

    /// Sends over whatever connection there is, until there is an answer.
    async fn send<F: Future<Output = RedisResult<Value>>>(
        &self,
        send: impl Fn(Up) -> F,
        patience: Patience,
    ) -> Result<Value, LedgerError> {
        let mut backoff = Backoff::new();
        let mut tries = 0;
        loop {
            let up = self.link.up(patience).await?;
            let error = match send(up.clone()).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            tries += 1;
            let trouble = Trouble::of(&error);
            if trouble == Trouble::Lasting {
                let address = &self.link.address;
                return Err(LedgerError::Store(format!("{address}: {}", told(&error))));
            }
            if trouble == Trouble::Connection {
                self.link.lost(&up, &error);
            }
            if patience == Patience::Brief && (trouble == Trouble::Passing || tries == TRIES) {
                return Err(self.link.away(&told(&error)));
            }
            if trouble == Trouble::Passing {
                self.pause(&mut backoff, &up, &error).await;
            }
        }
    }

    /// Waits before the next try.
    async fn pause(&self, backoff: &mut Backoff, up: &Up, error: &RedisError) {
        tracing::warn!(redis = %self.link.address, "Redis does not take this now: {}", told(error));
        // A server that became a replica stays one: somebody else is the master now.
        if error.code() == Some("READONLY") {
            self.link.lost(up, error);
        }
        tokio::select! {
            biased;
            () = self.link.closed() => {}
            () = time::sleep(backoff.pause(&self.link.address)) => {}
        }
    }
}

/// The slots for requests that write.
struct Slots {
    free: Mutex<Vec<u16>>,
    permits: Semaphore,
    /// The last number that was given.
    numbers: AtomicU64,
}

/// A slot that is taken.
struct Slot<'a> {
    place: u16,
    /// Greater than that of every earlier request in it.
    number: u64,
    slots: &'a Slots,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Slots {
    fn new() -> Self {
        Self {
            free: Mutex::new((0..SLOTS).collect()),
            permits: Semaphore::new(SLOTS.into()),
            numbers: AtomicU64::new(0),
        }
    }

    async fn take(&self) -> Slot<'_> {
        // It is never closed.
        let permit = self.permits.acquire().await.ok();
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let number = 1 + self.numbers.fetch_add(1, Ordering::Relaxed);
        // There is one for each permit.
        Slot { place: free.unwrap_or(SLOTS), number, slots: self, _permit: permit }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        // Before the permit, which is given back after this.
        self.slots.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.place);
    }
}
