//! The hub's parts in one place: one for each daemon.

use super::{
    chat::Chat,
    delivery::Delivery,
    limits::Limits,
    presence::{Memory, Presence},
};
use crate::{
    auth::Auth,
    config::HubConfig,
    ledger::{Keep, Ledger, LedgerError, Receipt},
    metrics::Metrics,
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time};
use tokio_util::sync::CancellationToken;

/// Between two rounds of [`Hub::sweep`].
const SWEEP_INTERVAL: Duration = Duration::from_secs(600);

/// Messages, and sessions, that one step of a sweep removes at most: others write in between.
const SWEEP_STEP: usize = 500;

/// How long a session can be resumed after its last use.
const SESSIONS: Duration = Duration::from_secs(24 * 3600);

/// How long receipts gather before they are written. Each transaction makes pushes wait for the disk; what a
/// crash takes of the receipts of this time is sent once more.
const GATHER: Duration = Duration::from_millis(50);

/// What the sockets of a daemon share.
pub struct Hub {
    /// The log, and what users have received of it.
    pub ledger: Arc<dyn Ledger>,
    /// Hands the log out to subscriptions.
    pub delivery: Arc<Delivery>,
    /// Messages between users, and questions to the setters.
    pub chat: Arc<Chat>,
    /// Who is connected.
    pub presence: Arc<dyn Presence>,
    /// Its part of the configuration.
    pub config: HubConfig,
    /// Who may speak for whom.
    pub auth: Arc<Auth>,
    /// The daemon's figures.
    pub metrics: Metrics,
    /// Bounds on connections.
    pub limits: Arc<Limits>,
    /// No new connections are taken from when it fires; at the shutdown at the latest.
    pub draining: CancellationToken,
    /// Sockets end when it fires.
    pub shutdown: CancellationToken,
    /// Receipts that are not written yet.
    receipts: Mutex<HashMap<String, u64>>,
    noted: Notify,
}

impl Hub {
    /// Makes a hub over a ledger that asks nobody for a token. It needs a runtime, and goes with
    /// `shutdown`.
    pub fn start(
        ledger: Arc<dyn Ledger>,
        config: HubConfig,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let presence = Arc::new(Memory::default());
        Self::guarded(ledger, presence, config, Arc::new(Auth::off()), Metrics::new(), shutdown)
    }

    /// Makes a hub over a ledger.
    pub fn guarded(
        ledger: Arc<dyn Ledger>,
        presence: Arc<dyn Presence>,
        config: HubConfig,
        auth: Arc<Auth>,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let hub = Arc::new(Self {
            delivery: Delivery::start(ledger.clone(), shutdown.clone()),
            chat: Chat::start(ledger.clone(), shutdown.clone()),
            ledger,
            presence,
            limits: Limits::of(&config),
            config,
            auth,
            metrics,
            draining: shutdown.child_token(),
            shutdown,
            receipts: Mutex::default(),
            noted: Notify::new(),
        });
        tokio::spawn(write_receipts(hub.clone()));
        hub
    }

    /// The place after which a user who comes is to be served: what they have received is behind it, and
    /// so is what is older than `pending_hours`.
    pub async fn pending(&self, user: &str) -> Result<u64, LedgerError> {
        let noted = self.noted_receipts().get(user).copied().unwrap_or(0);
        let received = self.ledger.received(user).await?.max(noted);
        let old = self.ledger.place_before(ago(hours(self.config.pending_hours))).await?;
        Ok(received.max(old))
    }

    /// Notes that a user has received everything of theirs up to a place. It is written soon, together
    /// with what others have received meanwhile; what is lost of it in a crash is only sent again.
    pub fn received(&self, user: &str, pos: u64) {
        let mut receipts = self.noted_receipts();
        match receipts.get_mut(user) {
            Some(known) => *known = pos.max(*known),
            None => _ = receipts.insert(user.to_owned(), pos),
        }
        drop(receipts);
        self.noted.notify_one();
    }

    /// Whether a user has received everything of theirs up to a place.
    pub async fn has_received(&self, user: &str, pos: u64) -> Result<bool, LedgerError> {
        let noted = self.noted_receipts().get(user).copied().unwrap_or(0);
        Ok(noted >= pos || self.ledger.received(user).await? >= pos)
    }

    /// Whether what was written then is too old to be sent to a user who comes.
    pub fn has_expired(&self, ts: Timestamp) -> bool {
        ts < ago(hours(self.config.pending_hours))
    }

    /// Writes the receipts that were noted so far.
    pub async fn flush(&self) -> Result<(), LedgerError> {
        // They stay noted until they are written, so that there is no time at which they are not known.
        let noted = self.noted_receipts().clone();
        if noted.is_empty() {
            return Ok(());
        }
        let receipts = noted.iter().map(|(user, pos)| Receipt { user: user.clone(), pos: *pos });
        self.ledger.receive(receipts.collect()).await?;
        self.noted_receipts().retain(|user, pos| noted.get(user) != Some(pos));
        Ok(())
    }

    /// Removes messages and sessions that are past their time, again and again until the shutdown.
    pub async fn sweep(self: Arc<Self>) {
        let mut rounds = time::interval(SWEEP_INTERVAL);
        while self.shutdown.run_until_cancelled(rounds.tick()).await.is_some() {
            if let Err(error) = self.sweep_once().await {
                tracing::warn!("old messages are kept for now: {error}");
            }
        }
    }

    /// Removes what is past its time now, step by step; returns how many messages and sessions it was.
    pub async fn sweep_once(&self) -> Result<u64, LedgerError> {
        let keep = Keep {
            messages: hours(self.config.keep_hours),
            pending: hours(self.config.pending_hours),
            sessions: SESSIONS,
        };
        let mut all = 0;
        loop {
            let swept = self.ledger.sweep(&keep, SWEEP_STEP).await?;
            all += swept;
            if swept == 0 || self.shutdown.is_cancelled() {
                return Ok(all);
            }
        }
    }

    fn noted_receipts(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes receipts soon after they are noted, many together. What is noted last is for whoever stops the hub to
/// [`Hub::flush`].
async fn write_receipts(hub: Arc<Hub>) {
    let noted = async || {
        hub.noted.notified().await;
        time::sleep(GATHER).await;
    };
    while hub.shutdown.run_until_cancelled(noted()).await.is_some() {
        if let Err(error) = hub.flush().await {
            // They stay noted, and the next one brings them along.
            tracing::warn!("receipts are not written for now: {error}");
        }
    }
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// The time so long ago.
fn ago(age: Duration) -> Timestamp {
    Timestamp::now().checked_sub(age).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
