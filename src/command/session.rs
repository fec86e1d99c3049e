//! Finding a daemon to talk to, or running one in this process.
//!
//! A URL that was given must answer, and nothing else is tried. Otherwise: the daemon at the
//! configured address; the one that holds the data directory, whose lock file says where it listens;
//! at last a whole daemon in this process, on the same data directory, for as long as the command
//! needs it. Other commands may find and use that daemon meanwhile; when it goes, they look again.

use super::{lock::Lock, signals::Signals};
use crate::{
    client::{Client, ClientError},
    config::{Config, Loaded, Origin},
    daemon::{Daemon, DaemonError, Options},
    error::Error,
    health::Health,
    view::{live::Downloads, terminal::say},
    wire::StatusReport,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::{Mutex, watch};

/// How long a daemon of ours may go on judging for others when our own command is done.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait for another process that is starting or ending on the data directory.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait for a change of the lock file that may have come before we watched it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A daemon that answers, and how to find one again.
pub(super) struct Session {
    finder: Finder,
    current: RwLock<Found>,
    /// Held while a daemon is looked for, and keeps the one of our own.
    own: Mutex<Option<Daemon>>,
}

/// How to find a daemon.
struct Finder {
    config: Config,
    /// Whether `config.url` is the only place to look.
    given: Option<Origin>,
    /// Whether the data directory was named, so that a daemon on another one is not meant.
    data_dir_given: bool,
    /// Whether a daemon of our own keeps nothing.
    ephemeral: bool,
}

/// A daemon that answered.
#[derive(Clone)]
struct Found {
    client: Client,
    place: Place,
    status: Option<StatusReport>,
    health: Option<watch::Receiver<Health>>,
}

/// Whose daemon it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the URL that was given.
    Given,
    /// A `serve`; should it go, it is likely to come back.
    Serving,
    /// Another command's; should it go, it will not come back.
    Passing,
    /// In this process.
    Own,
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
        let (found, own) = finder.find(true).await?;
        let session = Self { finder, current: RwLock::new(found), own: Mutex::new(own) };
        session.warn_of_engine();
        Ok(session)
    }

    /// The client of the daemon that was found last.
    pub(super) fn client(&self) -> Client {
        self.found().client
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
        let (again, daemon) = self.finder.find(found.place == Place::Passing).await?;
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

impl Finder {
    fn new(loaded: &Loaded, ephemeral: bool) -> Self {
        let config = loaded.config.clone();
        let given = config.url.is_some().then(|| loaded.origin("url").clone());
        let data_dir_given = *loaded.origin("data_dir") != Origin::Default;
        Self { config, given, data_dir_given, ephemeral }
    }

    /// Looks everywhere. With `spawn`, ends with a daemon in this process rather than with none.
    async fn find(&self, spawn: bool) -> Result<(Found, Option<Daemon>), Error> {
        if let (Some(url), Some(origin)) = (&self.config.url, &self.given) {
            return Ok((given(url, origin).await?, None));
        }
        if let Some(found) = self.at_address().await {
            return Ok((found, None));
        }
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.at_lock().await {
                return Ok((found, None));
            }
            if !spawn {
                let gone = "the daemon is gone; `sonocode serve` starts one";
                return Err(Error::Unreachable(gone.to_owned()));
            }
            match self.spawn().await {
                Ok((found, daemon)) => return Ok((found, Some(daemon))),
                Err(DaemonError::Locked { holder, dir, .. }) => {
                    let left = until.saturating_duration_since(tokio::time::Instant::now());
                    if left.is_zero() {
                        let dir = dir.display();
                        let text = format!("{dir} is in use by {holder}, which does not answer");
                        return Err(Error::Other(text));
                    }
                    // It is starting or ending. Watch first, then look: hardly a change is missed.
                    let change = Lock::of(&dir).watch()?;
                    if self.at_lock().await.is_none() {
                        change.wait(left.min(LOOK_AGAIN)).await;
                    }
                }
                Err(error) => return Err(Error::Other(format!("cannot run a daemon: {error}"))),
            }
        }
    }

    /// The daemon at the configured address, unless it keeps its data elsewhere than was asked for.
    async fn at_address(&self) -> Option<Found> {
        let (client, status) = answering(self.config.addr).await?;
        if self.data_dir_given && !same_dir(Path::new(&status.data_dir), &self.config.data_dir) {
            return None;
        }
        Some(Found { client, place: Place::Serving, status: Some(status), health: None })
    }

    /// The daemon that holds the data directory.
    async fn at_lock(&self) -> Option<Found> {
        let holder = Lock::of(&self.config.data_dir).holder()?;
        let (client, status) = answering(holder.addr?).await?;
        // The file may be old, and the address another daemon's by now.
        let same = same_dir(Path::new(&status.data_dir), &self.config.data_dir);
        let place = if holder.serves() { Place::Serving } else { Place::Passing };
        same.then_some(Found { client, place, status: Some(status), health: None })
    }

    async fn spawn(&self) -> Result<(Found, Daemon), DaemonError> {
        let config = &self.config;
        let downloads = Arc::new(Downloads::default());
        let daemon = Daemon::start(Options {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: config.data_dir.clone(),
            ephemeral: self.ephemeral,
            workers: config.worker_count(),
            problems: config.problems.clone(),
            config: config.clone(),
            on_pull: on_pull(downloads),
        })
        .await?;
        let place = if self.ephemeral {
            "nothing is kept".to_owned()
        } else {
            format!("data in {}", config.data_dir.display())
        };
        say(&format!(
            "no daemon at http://{}: running one in this process ({place}); `sonocode serve` keeps \
             one running",
            config.addr
        ));
        let client = Client::new(&format!("http://{}", daemon.addr))
            .map_err(|error| DaemonError::Other(error.to_string()))?;
        let health = Some(daemon.health.clone());
        Ok((Found { client, place: Place::Own, status: None, health }, daemon))
    }
}

/// Shows downloads of images as bars.
pub(super) fn on_pull(downloads: Arc<Downloads>) -> crate::sandbox::docker::OnPull {
    Arc::new(move |pull| downloads.step(&pull.image, pull.done, pull.total, pull.complete))
}

/// The daemon at a URL that somebody named.
async fn given(url: &str, origin: &Origin) -> Result<Found, Error> {
    let client = Client::new(url)?;
    match client.status().await {
        Ok(status) => Ok(Found { client, place: Place::Given, status: Some(status), health: None }),
        Err(ClientError::Lost(reason)) => Err(Error::Unreachable(format!(
            "no daemon answers at {url} ({origin}): {reason}; start one with `sonocode serve`, or \
             name no URL and the command runs its own"
        ))),
        Err(error) => Err(Error::Unreachable(format!("{url} ({origin}): {error}"))),
    }
}

/// The daemon at an address, if one answers there.
async fn answering(addr: SocketAddr) -> Option<(Client, StatusReport)> {
    let client = Client::new(&format!("http://{}", reachable(addr))).ok()?;
    let status = client.status().await.ok()?;
    Some((client, status))
}

/// Where to connect to what listens at an address: loopback for "every interface".
pub(super) fn reachable(mut addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => addr.set_ip(std::net::Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    addr
}

fn same_dir(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| -> PathBuf { path.canonicalize().unwrap_or_else(|_| path.to_owned()) };
    real(one) == real(other)
}
