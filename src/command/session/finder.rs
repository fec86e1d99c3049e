//! Where daemons are looked for.

use crate::{
    auth::TOKEN_FILE,
    client::{Client, ClientError},
    command::lock::Lock,
    config::{Config, Loaded, Origin, Roles, TlsConfig},
    daemon::{Daemon, DaemonError, Options},
    error::Error,
    health::Health,
    view::{live::Downloads, terminal::say},
    wire::StatusReport,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// How long to wait for another process that is starting or ending on the data directory.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait for a change of the lock file that may have come before we watched it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How to find a daemon.
pub(super) struct Finder {
    pub(super) config: Config,
    /// Whether `config.url` is the only place to look.
    given: Option<Origin>,
    /// Whether the data directory was named, so that a daemon on another one is not meant.
    pub(super) data_dir_given: bool,
    /// Whether a daemon of our own keeps nothing.
    ephemeral: bool,
}

/// A daemon that answered.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) client: Client,
    pub(super) place: Place,
    /// What it said of itself, unless it is our own.
    pub(super) status: Option<StatusReport>,
    /// Its engine's, if it is our own.
    pub(super) health: Option<watch::Receiver<Health>>,
}

/// Whose daemon it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the URL that was given.
    Given,
    /// A `serve`; should it go, it is likely to come back.
    Serving,
    /// Another command's; should it go, it will not come back.
    Passing,
    /// In this process.
    Own,
}

impl Finder {
    pub(super) fn new(loaded: &Loaded, ephemeral: bool) -> Self {
        let config = loaded.config.clone();
        let given = config.url.is_some().then(|| loaded.origin("url").clone());
        let data_dir_given = *loaded.origin("data_dir") != Origin::Default;
        Self { config, given, data_dir_given, ephemeral }
    }

    /// Looks everywhere. With `spawn`, ends with a daemon in this process rather than with none.
    pub(super) async fn find(&self, spawn: bool) -> Result<(Found, Option<Daemon>), Error> {
        if let (Some(url), Some(origin)) = (&self.config.url, &self.given) {
            return Ok((self.given(url, origin).await?, None));
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
                        let text = format!(
                            "{dir} is in use by {holder}, which does not answer there; if its certificate has another \
                             name, give --url with that, and --tls-ca"
                        );
                        return Err(Error::Other(text));
                    }
                    // It is starting or ending. Watch first, then look: hardly a change is missed.
                    let change = Lock::of(&dir).watch()?;
                    if self.at_lock().await.is_none() {
                        change.wait(left.min(LOOK_AGAIN)).await;
                    }
                }
                Err(DaemonError::Language(error)) => return Err(Error::Usage(error.to_string())),
                Err(error) => return Err(Error::Other(format!("cannot run a daemon: {error}"))),
            }
        }
    }

    /// The daemon at the configured address, unless it keeps its data elsewhere than was asked for.
    async fn at_address(&self) -> Option<Found> {
        let url = format!("{}://{}", self.config.scheme(), reachable(self.config.addr));
        let (client, status) = self.answering(&url).await?;
        if self.data_dir_given && !same_dir(Path::new(&status.data_dir), &self.config.data_dir) {
            return None;
        }
        Some(Found { client, place: Place::Serving, status: Some(status), health: None })
    }

    /// The daemon that holds the data directory.
    async fn at_lock(&self) -> Option<Found> {
        let holder = Lock::of(&self.config.data_dir).holder()?;
        let (client, status) = self.answering(&holder.url()?).await?;
        // The file may be old, and the address another daemon's by now.
        let same = same_dir(Path::new(&status.data_dir), &self.config.data_dir);
        let place = if holder.serves() { Place::Serving } else { Place::Passing };
        same.then_some(Found { client, place, status: Some(status), health: None })
    }

    async fn spawn(&self) -> Result<(Found, Daemon), DaemonError> {
        // A daemon for one command judges what the command sends, and nothing that others wait for.
        let mut config = self.config.clone();
        config.redis.url = None;
        config.roles = Roles::ALL;
        config.tls = TlsConfig::default();
        let downloads = Arc::new(Downloads::default());
        let daemon = Daemon::start(Options {
            addr: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            data_dir: config.data_dir.clone(),
            ephemeral: self.ephemeral,
            workers: config.worker_count(),
            problems: config.problems.clone(),
            config: config.clone(),
            sandbox: None,
            on_pull: on_pull(downloads),
        })
        .await?;
        let place = if self.ephemeral {
            "nothing is kept".to_owned()
        } else {
            format!("data in {}", config.data_dir.display())
        };
        say(&format!(
            "no daemon at {}://{}: running one in this process ({place}); `sonocode serve` keeps \
             one running",
            self.config.scheme(),
            config.addr
        ));
        let addr =
            daemon.addr.ok_or_else(|| DaemonError::Other("it does not listen".to_owned()))?;
        let client = self
            .client(&format!("http://{addr}"))
            .map_err(|error| DaemonError::Other(error.to_string()))?;
        let health = Some(daemon.health.clone());
        Ok((Found { client, place: Place::Own, status: None, health }, daemon))
    }

    /// The daemon at a URL that somebody named.
    async fn given(&self, url: &str, origin: &Origin) -> Result<Found, Error> {
        let client = self.client(url)?;
        match client.status().await {
            Ok(status) => {
                Ok(Found { client, place: Place::Given, status: Some(status), health: None })
            }
            Err(ClientError::Lost(reason)) => Err(Error::Unreachable(format!(
                "no daemon answers at {url} ({origin}): {reason}; start one with `sonocode serve`, or \
                 name no URL and the command runs its own"
            ))),
            // It is there, and wants another token.
            Err(ClientError::Refused(refusal)) if matches!(refusal.status, 401 | 403) => {
                Err(Error::Refused(format!("{url} ({origin}): {}", refusal.message)))
            }
            Err(error) => Err(Error::Unreachable(format!("{url} ({origin}): {error}"))),
        }
    }

    /// The daemon at a URL, if one answers there.
    async fn answering(&self, url: &str) -> Option<(Client, StatusReport)> {
        // On this machine anybody may ask; a bad token is told when something is asked with it.
        let asking = Client::new(url, None, self.config.tls.ca.as_deref()).ok()?;
        let status = asking.status().await.ok()?;
        Some((self.client(url).ok()?, status))
    }

    /// A client with the token that was given, or with that of the daemon that holds the data directory: to
    /// that daemon only, for at another address anybody may listen.
    fn client(&self, url: &str) -> Result<Client, Error> {
        let ca = self.config.tls.ca.as_deref();
        if let Some(token) = &self.config.token {
            return Client::new(url, Some(token.expose()), ca);
        }
        let holder = Lock::of(&self.config.data_dir).holder().and_then(|holder| holder.url());
        let own = holder.is_some_and(|own| url.trim_end_matches('/') == own);
        let token =
            own.then(|| std::fs::read_to_string(self.config.data_dir.join(TOKEN_FILE)).ok());
        Client::new(url, token.flatten().as_deref(), ca)
    }
}

/// Shows downloads of images as bars.
pub(in crate::command) fn on_pull(downloads: Arc<Downloads>) -> crate::sandbox::docker::OnPull {
    Arc::new(move |pull| downloads.step(&pull.image, pull.done, pull.total, pull.complete))
}

/// Where to connect to what listens at an address: loopback for "every interface".
pub(in crate::command) fn reachable(mut addr: SocketAddr) -> SocketAddr {
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
