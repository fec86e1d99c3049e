//! The only place that chooses engines and wires the parts.

mod http;
mod import;
mod lock;
mod port;
mod shared;
mod tls;

use crate::{
    api::{About, App, Cluster},
    auth::Auth,
    cluster::Members,
    config::{Config, Role, TlsConfig, user_dir},
    evaluator::Evaluator,
    health::{self, Health},
    hub::{self, Hub, presence::Presence, suite},
    judge::Languages,
    ledger::{Ledger, LedgerError},
    metrics::Metrics,
    problem::{Depot, ProblemStore, Problems},
    sandbox::{CellPool, Sandbox, docker::OnPull},
    templates::{self, TemplateError},
    worker::Worker,
};
use lock::DirLock;
use sha2::{Digest, Sha256};
use shared::{Card, Sockets, Store};
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
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
        let certificate = certificate(&options.config.tls)?;
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

/// The certificate of a configuration, if TLS is to be spoken.
fn certificate(tls: &TlsConfig) -> Result<Option<Arc<Certificate>>, DaemonError> {
    let missing = |there: &str, other: &str| {
        let text = format!(
            "tls.{there} needs tls.{other} (--tls-{other}): certificate and private key go together"
        );
        Err(DaemonError::Settings(text))
    };
    match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => Certificate::read(cert, key).map(Some),
        (None, None) => Ok(None),
        (Some(_), None) => missing("cert", "key"),
        (None, Some(_)) => missing("key", "cert"),
    }
}

/// What is made of the options before anything runs.
struct Parts {
    problems: Arc<Problems>,
    languages: Arc<Languages>,
    sandbox: Arc<dyn Sandbox>,
    evaluator: Arc<Evaluator>,
    auth: Arc<Auth>,
}

/// What the HTTP service is made of.
struct Front<'a> {
    options: &'a Options,
    parts: &'a Parts,
    ledger: Arc<dyn Ledger>,
    health: &'a watch::Receiver<Health>,
    presence: Arc<dyn Presence>,
    cluster: Option<Arc<dyn Cluster>>,
    busy: Arc<AtomicUsize>,
    late: Arc<AtomicU64>,
}

impl Front<'_> {
    fn app(self, addr: SocketAddr, close: CancellationToken, sockets: TaskTracker) -> App {
        let Self { options, parts, ledger, health, presence, cluster, busy, late } = self;
        let config = options.config.clone();
        let (auth, metrics) = (parts.auth.clone(), Metrics::new());
        let (asks, figures, end) = (auth.clone(), metrics.clone(), close.clone());
        let hub = Hub::guarded(ledger.clone(), presence, config.hub, asks, figures, end);
        let about = About {
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            data_dir: options.data_dir.clone(),
            ephemeral: options.ephemeral,
            addr,
            scheme: options.config.scheme(),
            started: Instant::now(),
            roles: config.roles,
            workers: options.judging(),
            busy,
            late,
        };
        App {
            ledger,
            cluster,
            hub,
            problems: parts.problems.clone(),
            languages: parts.languages.clone(),
            evaluator: parts.evaluator.clone(),
            dialect: config.dialect,
            limits: config.limits,
            cors_origins: config.cors_origins,
            health: health.clone(),
            auth,
            about: Arc::new(about),
            metrics,
            shutdown: close,
            sockets,
        }
    }
}

/// The folders with the user's own languages, the later of which win.
pub fn language_folders(data_dir: &Path) -> Vec<PathBuf> {
    let folders = [user_dir(), Some(data_dir.to_owned())];
    folders.into_iter().flatten().map(|dir| dir.join("languages")).collect()
}

/// The languages of a configuration: the embedded ones and the user's, with the images that are to be
/// used.
pub fn languages(config: &Config, data_dir: &Path) -> Result<Languages, DaemonError> {
    let folders = language_folders(data_dir);
    let mut languages = templates::languages(&folders).map_err(DaemonError::Language)?;
    languages.use_images(&config.sandbox.images).map_err(DaemonError::other)?;
    Ok(languages)
}

impl Parts {
    fn open(options: &Options, depot: Option<Arc<dyn Depot>>) -> Result<Self, DaemonError> {
        let data = &options.data_dir;
        let languages = Arc::new(languages(&options.config, data)?);
        let problems = ProblemStore::open(&data.join("problems"), languages.clone());
        // A package that may be sent may be unpacked, and so may an archive of texts that is half as long.
        let unpacked = options.config.limits.package_mib << 21;
        let problems = problems.map_err(DaemonError::other)?.with_unpacked_bound(unpacked);
        let problems = Arc::new(match depot {
            Some(depot) => {
                let bound = options.config.redis.package_cache_mib << 20;
                Problems::shared(problems.with_cache_bound(bound), depot)
            }
            None => Problems::embedded(problems),
        });
        let mut config = options.config.clone();
        config.sandbox.preludes = preludes(&config).map_err(DaemonError::other)?;
        let sandbox: Arc<dyn Sandbox> = match &options.sandbox {
            Some(sandbox) => sandbox.clone(),
            None => Arc::new(CellPool::new(
                config.sandbox.clone(),
                owner(data).map_err(DaemonError::other)?,
                options.workers,
                options.on_pull.clone(),
            )),
        };
        let evaluator =
            Arc::new(Evaluator::new(sandbox.clone(), languages.clone(), problems.clone(), &config));
        let auth = Auth::open(&options.config.auth, data).map_err(DaemonError::other)?;
        let auth = Arc::new(auth);
        Ok(Self { problems, languages, sandbox, evaluator, auth })
    }
}

/// Makes the folder of this machine's preludes, if they are wanted.
fn preludes(config: &Config) -> io::Result<Option<PathBuf>> {
    if !config.judging.preludes {
        return Ok(None);
    }
    let folder = config.cache_dir.join("preludes");
    fs::create_dir_all(&folder)?;
    fs::canonicalize(folder).map(Some)
}

/// The value of [`crate::sandbox::docker::LABEL`] on every container of a daemon on this data
/// directory: a short name for it on this machine, because engines may be shared and two machines
/// may have the same folders. The directory must exist.
pub fn owner(data_dir: &Path) -> io::Result<String> {
    let machine = fs::read_to_string("/etc/machine-id")
        .or_else(|_| fs::read_to_string("/proc/sys/kernel/hostname"))?;
    let folder = fs::canonicalize(data_dir)?;
    let digest = Sha256::digest(format!("{}\n{}", machine.trim(), folder.display()));
    Ok(hex::encode(&digest[..5]))
}

/// Why a daemon could not start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Another process listens there.
    #[error("{addr} is in use by {holder}")]
    AddrInUse {
        /// The address.
        addr: SocketAddr,
        /// The process, as `name (pid N)`, or `another process`.
        holder: String,
    },
    /// Another daemon uses the data directory.
    #[error("{} is in use by {holder}", dir.display())]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// Who holds it: command, pid and address.
        holder: String,
        /// The address at which that daemon listens, once it does.
        addr: Option<SocketAddr>,
    },
    /// Settings that do not go together. The text says what mends them.
    #[error("{0}")]
    Settings(String),
    /// A language file is wrong.
    #[error("{0}")]
    Language(TemplateError),
    /// The disk, the ledger or the network failed.
    #[error("{0}")]
    Other(String),
}

impl DaemonError {
    fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }

    fn ledger(error: LedgerError) -> Self {
        Self::other(error)
    }
}
