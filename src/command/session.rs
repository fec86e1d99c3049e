//! Finding a daemon to talk to, or running one in this process.
//!
//! A URL that was given must answer, and nothing else is tried. Otherwise: the daemon at the
//! configured address; the one that holds the data directory, whose lock file says where it listens;
//! at last a whole daemon in this process, on the same data directory, for as long as the command
//! needs it. Other commands may find and use that daemon meanwhile; when it goes, they look again.

mod finder;

pub(super) use finder::{on_pull, reachable};

use super::{signals::Signals, user};
use crate::{
    client::Client,
    config::{Loaded, Mode},
    daemon::Daemon,
    error::Error,
    health::Health,
    view::terminal::say,
    wire::StatusReport,
};
use finder::{Finder, Found, PATIENCE, Place};
use std::{
    path::Path,
    sync::{PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;

/// How long a daemon of ours may go on judging for others when our own command is done.
const GRACE: Duration = Duration::from_secs(2);

/// A daemon that answers, and how to find one again.
pub(super) struct Session {
    finder: Finder,
    current: RwLock<Found>,
    /// Held while a daemon is looked for, and keeps the one of our own.
    own: Mutex<Option<Daemon>>,
}

impl Session {
    /// Finds a daemon, or runs one.
    pub(super) async fn open(loaded: &Loaded) -> Result<Self, Error> {
        Self::find(Finder::new(loaded, false)).await
    }

    /// Finds a daemon, or runs one on a data directory of its own that is removed by the caller.
    pub(super) async fn open_ephemeral(loaded: &Loaded, data_dir: &Path) -> Result<Self, Error> {
        let mut finder = Finder::new(loaded, true);
        finder.config.data_dir = data_dir.to_owned();
        // Any daemon that runs will do; only one of our own uses this directory.
        finder.data_dir_given = false;
        Self::find(finder).await
    }

    async fn find(finder: Finder) -> Result<Self, Error> {
        // In a box: whoever opens a session would else carry a whole start of a daemon along.
        let (found, own) = Box::pin(finder.find(true)).await?;
        let session = Self { finder, current: RwLock::new(found), own: Mutex::new(own) };
        session.warn_of_engine();
        Ok(session)
    }

    /// The client of the daemon that was found last.
    pub(super) fn client(&self) -> Client {
        self.found().client
    }

    /// As whom a command speaks: who was named, else whom the token names that was given to it, where tokens
    /// are asked for (then `None`), else who sits at the terminal.
    pub(super) fn user(&self, named: Option<String>) -> Option<String> {
        let given = self.finder.config.token.is_some();
        let asked = || self.first_status().is_some_and(|status| status.auth != Mode::Off.name());
        if named.is_none() && given && asked() {
            return None;
        }
        Some(user(named))
    }

    /// Whether the daemon runs in this process.
    pub(super) fn is_own(&self) -> bool {
        self.found().place == Place::Own
    }

    /// What the daemon said of itself when it was found.
    pub(super) fn first_status(&self) -> Option<StatusReport> {
        self.found().status
    }

    /// Looks for a daemon again after `lost` broke off. A `serve` is waited for; when another
    /// command's daemon has gone, one of our own takes its place.
    pub(super) async fn find_again(&self, lost: &Client) -> Result<(), Error> {
        let mut own = self.own.lock().await;
        let found = self.found();
        if found.client.url() != lost.url() || matches!(found.place, Place::Given | Place::Own) {
            return Ok(());
        }
        let again = self.finder.find(found.place == Place::Passing);
        let (again, daemon) = Box::pin(again).await?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = again;
        *own = daemon.or(own.take());
        Ok(())
    }

    /// Waits until a daemon of our own turns out to have no engine; the text says why and what
    /// mends it. Never ends for other daemons, whose engine somebody else looks after.
    pub(super) async fn engine_failure(&self) -> String {
        let failed = |health: &Health| matches!(health, Health::Unavailable { .. });
        match self.found().health {
            Some(mut health) => match health.wait_for(failed).await {
                Ok(health) => health.complaint().unwrap_or_default(),
                Err(_) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// Waits until a daemon of our own knows whether it has an engine. The text says why it has none
    /// and what mends it; `None` when it has one, or when the daemon is not ours.
    pub(super) async fn settled(&self) -> Option<String> {
        let mut health = self.found().health?;
        let known = health.wait_for(|health| *health != Health::Starting);
        let health = tokio::time::timeout(PATIENCE, known).await.ok()?.ok()?;
        health.complaint()
    }

    /// Ends the daemon of our own, if there is one; what others have running there may end first
    /// if our own work went `well`. A signal ends the waiting.
    pub(super) async fn close(self, well: bool) {
        let Some(daemon) = self.own.into_inner() else { return };
        let Ok(mut signals) = Signals::listen() else { return };
        tokio::select! {
            () = daemon.shutdown(if well { GRACE } else { Duration::ZERO }) => {}
            _ = signals.next() => {}
        }
    }

    fn found(&self) -> Found {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn warn_of_engine(&self) {
        let Some(status) = self.first_status() else { return };
        if let (None, Some(why)) = (status.engine, status.engine_error) {
            say(&format!("the daemon cannot judge now: {why}"));
        }
    }
}

/// Opens a session, does something with it and closes it, whatever came of it. A signal ends the
/// work.
pub(super) async fn with<T>(
    loaded: &Loaded,
    work: impl AsyncFnOnce(&Session) -> Result<T, Error>,
) -> Result<T, Error> {
    with_signals(loaded, async |session, signals| signals.guard(work(session)).await).await
}

/// The same for work that minds signals by itself.
pub(super) async fn with_signals<T>(
    loaded: &Loaded,
    work: impl AsyncFnOnce(&Session, &mut Signals) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut signals = Signals::listen()?;
    let session = signals.guard(Session::open(loaded)).await?;
    let result = work(&session, &mut signals).await;
    session.close(result.is_ok()).await;
    result
}
