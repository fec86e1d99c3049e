//! The only place that chooses engines and wires the parts.

mod error;
mod http;
mod import;
mod lock;
mod parts;
mod port;
mod shared;
mod tls;

pub use error::DaemonError;
pub use parts::{language_folders, languages, owner};

use crate::{
    api::Cluster,
    cluster::Members,
    config::{Config, Role},
    health::{self, Health},
    hub::{self, Hub, suite},
    sandbox::{Sandbox, docker::OnPull},
    worker::Worker,
};
use lock::DirLock;
use parts::{Front, Parts};
use shared::{Card, Sockets, Store};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tls::Certificate;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long sockets may take to end once they were told to.
const SOCKET_GRACE: Duration = Duration::from_secs(5);

/// What a daemon is started with.
pub struct Options {
    /// Where to listen; port 0 takes any free one. `None`: nowhere, for a daemon that only judges.
    pub addr: Option<SocketAddr>,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Whether the data directory goes away with the daemon; only told, not done here.
    pub ephemeral: bool,
    /// Evaluations at one time. Without the role `worker`: cells that may be used at one time for what is asked of
    /// the daemon itself.
    pub workers: usize,
    /// A folder of problem packages to add at start, each that is new or has changed.
    pub problems: Option<PathBuf>,
    /// The rest of the configuration.
    pub config: Config,
    /// Where programs run; `None`: in cells as the configuration names them.
    pub sandbox: Option<Arc<dyn Sandbox>>,
    /// Told when an image is pulled.
    pub on_pull: OnPull,
}

impl Options {
    /// How many workers there are.
    fn judging(&self) -> usize {
        if self.config.roles.has(Role::Worker) { self.workers } else { 0 }
    }

    /// Refuses what could never do anything.
    fn check(&self) -> Result<(), DaemonError> {
        let roles = self.config.roles;
        let idle = roles.has(Role::Worker) && !roles.has(Role::Api);
        if idle && self.config.redis.url.is_none() {
            return Err(DaemonError::Settings(format!(
                "nothing can be submitted to a daemon with the roles {roles}; name the Redis that it shares with \
                 others (--redis redis://127.0.0.1:6379 or SONOCODE_REDIS_URL), or give it the role api too"
            )));
        }
        Ok(())
    }
}

/// A running daemon.
pub struct Daemon {
    /// Where it listens.
    pub addr: Option<SocketAddr>,
    /// Whether programs can be run now.
    pub health: watch::Receiver<Health>,
    sandbox: Arc<dyn Sandbox>,
    /// Absent where no TLS is spoken.
    certificate: Option<Arc<Certificate>>,
    /// Absent where nothing listens.
    hub: Option<Arc<Hub>>,
    known: Sockets,
    instance: String,
    /// Absent where it shares nothing.
    members: Option<Arc<Members>>,
    busy: Arc<AtomicUsize>,
    drain: CancellationToken,
    stop: CancellationToken,
    close: CancellationToken,
    http: CancellationToken,
    workers: TaskTracker,
    services: TaskTracker,
    sockets: TaskTracker,
    _lock: DirLock,
}

impl Daemon {
    /// Takes the data directory's lock, binds the port, opens the ledger and starts every part.
    /// The container engine need not be there yet.
    pub async fn start(options: Options) -> Result<Self, DaemonError> {
        options.check()?;
        let certificate = Certificate::of(&options.config.tls)?;
        let listener = match options.addr {
            Some(addr) => Some(port::listen(addr).await?),
            None => None,
        };
        let addr = listener.as_ref().map(TcpListener::local_addr).transpose();
        let addr = addr.map_err(DaemonError::other)?;
        let mut lock = DirLock::take(&options.data_dir)?;
        let packages = options.problems.as_deref().map(import::packages).transpose()?;
        // In boxes of their own, for what they wait in is large.
        let store = Box::pin(Store::open(&options)).await?;
        let known = Box::pin(store.sockets(&options.config.redis)).await?;
        let members = store.members();
        let depot = store.depot();
        let Store { ledger, instance, .. } = store;
        let parts = Parts::open(&options, depot)?;
        let last_pos = ledger.counts().await.map_err(DaemonError::ledger)?.last_pos;
        if let Some(addr) = addr {
            lock.announce(addr, certificate.is_some())?;
        }

        let (drain, stop) = (CancellationToken::new(), CancellationToken::new());
        let (close, http) = (CancellationToken::new(), CancellationToken::new());
        let (workers, services, sockets) =
            (TaskTracker::new(), TaskTracker::new(), TaskTracker::new());
        let recheck = Arc::new(Notify::new());
        let judges = options.config.roles.has(Role::Worker);
        let watch = health::watch(parts.sandbox.clone(), recheck.clone(), judges, drain.clone());
        let health = watch.health.clone();
        services.spawn(watch.run());
        let (busy, late) = (Arc::<AtomicUsize>::default(), Arc::<AtomicU64>::default());
        for number in 1..=options.judging() {
            let worker = Worker {
                name: format!("{instance}-{number}"),
                ledger: ledger.clone(),
                lease: Duration::from_secs(options.config.judging.lease_secs),
                evaluator: parts.evaluator.clone(),
                health: health.clone(),
                recheck: recheck.clone(),
                busy: busy.clone(),
                late: late.clone(),
                drain: drain.clone(),
                stop: stop.clone(),
            };
            workers.spawn(worker.run());
        }
        services.spawn(parts.problems.clone().follow(close.clone()));
        if let Some(packages) = packages {
            let importer = import::Importer {
                problems: parts.problems.clone(),
                evaluator: parts.evaluator.clone(),
                health: health.clone(),
            };
            // In a box of its own: drafts are large.
            let pending = Box::pin(importer.stage(packages)).await?;
            let drained = drain.clone();
            services
                .spawn(async move { drained.run_until_cancelled(importer.finish(pending)).await });
        }
        let front = match (listener, addr) {
            (Some(listener), Some(addr)) => {
                let front = Front {
                    options: &options,
                    parts: &parts,
                    ledger,
                    health: &health,
                    presence: known.presence(),
                    cluster: members.clone().map(|members| members as Arc<dyn Cluster>),
                    busy: busy.clone(),
                    late: late.clone(),
                };
                let app = front.app(addr, close.clone(), sockets.clone());
                let (hub, url) = (app.hub.clone(), app.about.url());
                services.spawn(hub.clone().sweep());
                let metrics = app.metrics.clone();
                let verdicts = hub::count_verdicts(
                    metrics.clone(),
                    app.ledger.clone(),
                    last_pos,
                    close.clone(),
                );
                services.spawn(verdicts);
                services.spawn(http::serve(listener, app, certificate.clone(), http.clone()));
                Some((hub, metrics, url))
            }
            _ => None,
        };
        if let Some(members) = &members {
            let url = front.as_ref().map(|(.., url)| url.clone());
            let card = Card {
                fixed: Card::fixed(instance.clone(), &options, url),
                busy: busy.clone(),
                late,
                drain: drain.clone(),
                front: front.as_ref().map(|(hub, metrics, _)| (hub.clone(), metrics.clone())),
            };
            members.join(move || card.now());
        }
        let hub = front.map(|(hub, ..)| hub);
        workers.close();
        services.close();
        Ok(Self {
            addr,
            health,
            sandbox: parts.sandbox,
            certificate,
            hub,
            known,
            instance,
            members,
            busy,
            drain,
            stop,
            close,
            http,
            workers,
            services,
            sockets,
            _lock: lock,
        })
    }

    /// Reads the certificate again, for connections to come; one that cannot be read leaves the one in force.
    /// Without TLS nothing happens.
    pub fn renew_certificate(&self) {
        if let Some(certificate) = &self.certificate {
            certificate.renew();
        }
    }

    /// Whether it speaks TLS.
    pub fn has_certificate(&self) -> bool {
        self.certificate.is_some()
    }

    /// How many submissions its workers hold now.
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// From now on takes no work and no new sockets; [`Daemon::shutdown`] does the rest.
    pub fn drain(&self) {
        self.drain.cancel();
        if let Some(hub) = &self.hub {
            // Whoever comes now would only be sent away again.
            hub.draining.cancel();
        }
        if let Some(members) = &self.members {
            members.changed();
        }
    }

    /// Drains: no new sockets are taken, running submissions finish within `grace` or go back to the
    /// queue, watchers hear of it, cells are removed, sockets are closed.
    pub async fn shutdown(self, grace: Duration) {
        self.drain();
        if time::timeout(grace, self.workers.wait()).await.is_err() {
            self.stop.cancel();
            self.workers.wait().await;
        }
        self.close.cancel();
        self.sockets.close();
        let ended = async {
            // A client that polls is told goodbye in answer to a request that is still to come.
            self.sockets.wait().await;
            self.http.cancel();
            self.services.wait().await;
        };
        if time::timeout(SOCKET_GRACE, ended).await.is_err() {
            self.http.cancel();
            tracing::warn!("some connections did not end and are cut");
        }
        self.known.close().await;
        if let Some(members) = &self.members {
            members.leave(&self.instance).await;
        }
        if let Some(hub) = &self.hub
            && let Err(error) = hub.flush().await
        {
            tracing::warn!("what clients received last is sent to them again: {error}");
        }
        self.sandbox.close().await;
    }
}

/// Serves the official Engine.IO and Socket.IO protocol suites at an address, until `shutdown` fires.
/// Says `ready` where it listens.
pub async fn protocol_suite(
    addr: SocketAddr,
    shutdown: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), DaemonError> {
    let listener = port::listen(addr).await?;
    ready(listener.local_addr().map_err(DaemonError::other)?);
    suite::serve(listener, shutdown).await.map_err(DaemonError::other)
}
