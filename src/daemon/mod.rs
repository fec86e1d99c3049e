//! The only place that chooses engines and wires the parts.

mod import;
mod lock;
mod port;

use crate::{
    api::{self, About, App},
    auth::Auth,
    cluster::{Pace, SharedPresence},
    config::{Config, user_dir},
    evaluator::Evaluator,
    health::{self, Health},
    hub::{
        self, Hub,
        presence::{Memory, Presence},
        suite,
    },
    judge::Languages,
    ledger::{
        Ledger, LedgerError,
        redis::{Address, RedisLedger},
        sqlite::SqliteLedger,
    },
    metrics::Metrics,
    problem::ProblemStore,
    sandbox::{CellPool, docker::OnPull},
    templates::{self, TemplateError},
    worker::Worker,
};
use axum::serve::ListenerExt;
use lock::DirLock;
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicUsize},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, watch},
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long sockets may take to end once they were told to.
const SOCKET_GRACE: Duration = Duration::from_secs(5);

/// What a daemon is started with.
pub struct Options {
    /// Where to listen; port 0 takes any free one.
    pub addr: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Whether the data directory goes away with the daemon; only told, not done here.
    pub ephemeral: bool,
    /// Evaluations at one time.
    pub workers: usize,
    /// A folder of problem packages to add at start, each that is new or has changed.
    pub problems: Option<PathBuf>,
    /// The rest of the configuration.
    pub config: Config,
    /// Told when an image is pulled.
    pub on_pull: OnPull,
}

/// A running daemon.
pub struct Daemon {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Whether programs can be run now.
    pub health: watch::Receiver<Health>,
    sandbox: Arc<CellPool>,
    hub: Arc<Hub>,
    /// What it shares with others over Redis.
    shared: Option<Arc<SharedPresence>>,
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
        let listener = port::listen(options.addr).await?;
        let addr = listener.local_addr().map_err(DaemonError::other)?;
        let mut lock = DirLock::take(&options.data_dir)?;
        let packages = options.problems.as_deref().map(import::packages).transpose()?;
        let Store { ledger, redis } = Store::open(&options).await?;
        let instance = instance(redis.is_some())?;
        let shared = match &redis {
            Some(redis) => Some(share(redis, &instance, &options.config).await?),
            None => None,
        };
        let presence: Arc<dyn Presence> = match &shared {
            Some(shared) => shared.clone(),
            None => Arc::new(Memory::of_instance(instance.clone())),
        };
        let parts = Parts::open(&options, addr)?;
        let last_pos = ledger.counts().await.map_err(DaemonError::ledger)?.last_pos;
        lock.announce(addr)?;

        let (drain, stop) = (CancellationToken::new(), CancellationToken::new());
        let (close, http) = (CancellationToken::new(), CancellationToken::new());
        let (workers, services, sockets) =
            (TaskTracker::new(), TaskTracker::new(), TaskTracker::new());
        let recheck = Arc::new(Notify::new());
        let watch = health::watch(parts.sandbox.clone(), recheck.clone(), drain.clone());
        let health = watch.health.clone();
        services.spawn(watch.run());
        for number in 1..=options.workers {
            let worker = Worker {
                name: format!("{instance}-{number}"),
                ledger: ledger.clone(),
                evaluator: parts.evaluator.clone(),
                health: health.clone(),
                recheck: recheck.clone(),
                busy: parts.about.busy.clone(),
                drain: drain.clone(),
                stop: stop.clone(),
            };
            workers.spawn(worker.run());
        }
        if let Some(packages) = packages {
            let importer = import::Importer {
                problems: parts.problems.clone(),
                evaluator: parts.evaluator.clone(),
                health: health.clone(),
            };
            let pending = importer.stage(packages).await?;
            let drained = drain.clone();
            services
                .spawn(async move { drained.run_until_cancelled(importer.finish(pending)).await });
        }
        let metrics = Metrics::new();
        let hub = Hub::guarded(
            ledger.clone(),
            presence,
            options.config.hub,
            parts.auth.clone(),
            metrics.clone(),
            close.clone(),
        );
        services.spawn(hub.clone().sweep());
        let app = App {
            ledger,
            hub: hub.clone(),
            problems: parts.problems,
            languages: parts.languages,
            evaluator: parts.evaluator,
            dialect: options.config.dialect,
            limits: options.config.limits,
            cors_origins: options.config.cors_origins,
            health: health.clone(),
            auth: parts.auth,
            about: Arc::new(parts.about),
            metrics,
            shutdown: close.clone(),
            sockets: sockets.clone(),
        };
        services.spawn(hub::count_verdicts(
            app.metrics.clone(),
            app.ledger.clone(),
            last_pos,
            close.clone(),
        ));
        let ended = http.clone();
        services.spawn(async move {
            let app = api::router(app).into_make_service_with_connect_info::<SocketAddr>();
            // Replies are small and must not wait for the next one; where this fails they only wait.
            let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
            let serve = axum::serve(listener, app);
            let serve = serve.with_graceful_shutdown(ended.cancelled_owned());
            if let Err(error) = serve.await {
                tracing::error!(%error, "the HTTP server ended");
            }
        });
        workers.close();
        services.close();
        let sandbox = parts.sandbox;
        Ok(Self {
            addr,
            health,
            sandbox,
            hub,
            shared,
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

    /// Drains: no new sockets are taken, running submissions finish within `grace` or go back to the
    /// queue, watchers hear of it, cells are removed, sockets are closed.
    pub async fn shutdown(self, grace: Duration) {
        self.drain.cancel();
        // Whoever comes now would only be sent away again.
        self.hub.draining.cancel();
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
        if let Some(shared) = &self.shared {
            shared.close().await;
        }
        if let Err(error) = self.hub.flush().await {
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

/// The ledger, and what shares it.
struct Store {
    ledger: Arc<dyn Ledger>,
    /// The same, where it is in Redis.
    redis: Option<Arc<RedisLedger>>,
}

impl Store {
    /// Opens the Redis that is configured, else the file in the data directory. That file is this daemon's alone, so every
    /// lease in it is a dead one's; in Redis others' leases run on.
    async fn open(options: &Options) -> Result<Self, DaemonError> {
        let redis = &options.config.redis;
        if let Some(url) = &redis.url {
            let address = Address::parse(url.expose()).map_err(DaemonError::other)?;
            // In a box of its own: a future that deep would be too much for the compiler.
            let ledger = Box::pin(RedisLedger::open(address, &redis.namespace)).await;
            let ledger = Arc::new(ledger.map_err(DaemonError::ledger)?);
            return Ok(Self { ledger: ledger.clone(), redis: Some(ledger) });
        }
        let file = options.data_dir.join("ledger.sqlite");
        let ledger = SqliteLedger::open(&file).map_err(DaemonError::ledger)?;
        ledger.recover().await.map_err(DaemonError::ledger)?;
        Ok(Self { ledger: Arc::new(ledger), redis: None })
    }
}

/// Presence that is shared over the Redis of the ledger.
async fn share(
    redis: &RedisLedger,
    instance: &str,
    config: &Config,
) -> Result<Arc<SharedPresence>, DaemonError> {
    let bare_keys = config.redis.bare_keys;
    let presence = SharedPresence::open(redis, instance.to_owned(), Pace::default(), bare_keys);
    presence.await.map(Arc::new).map_err(DaemonError::ledger)
}

/// The name of this daemon, with which the names of its workers begin: unlike every other's that shares the ledger.
fn instance(shared: bool) -> Result<String, DaemonError> {
    let pid = std::process::id();
    if !shared {
        return Ok(pid.to_string());
    }
    // A process may hold several daemons, and containers may have the same names and numbers.
    let random = getrandom::u32().map_err(DaemonError::other)?;
    Ok(format!("{}-{pid}-{random:08x}", rustix::system::uname().nodename().to_string_lossy()))
}

/// What is made of the options before anything runs.
struct Parts {
    problems: Arc<ProblemStore>,
    languages: Arc<Languages>,
    sandbox: Arc<CellPool>,
    evaluator: Arc<Evaluator>,
    auth: Arc<Auth>,
    about: About,
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
    fn open(options: &Options, addr: SocketAddr) -> Result<Self, DaemonError> {
        let data = &options.data_dir;
        let languages = Arc::new(languages(&options.config, data)?);
        let problems = ProblemStore::open(&data.join("problems"), languages.clone());
        // A package that may be sent may be unpacked, and so may an archive of texts that is half as long.
        let unpacked = options.config.limits.package_mib << 21;
        let problems = problems.map_err(DaemonError::other)?.with_unpacked_bound(unpacked);
        let problems = Arc::new(problems);
        let mut config = options.config.clone();
        config.sandbox.preludes = preludes(&config).map_err(DaemonError::other)?;
        let sandbox = Arc::new(CellPool::new(
            config.sandbox.clone(),
            owner(data).map_err(DaemonError::other)?,
            options.workers,
            options.on_pull.clone(),
        ));
        let evaluator =
            Arc::new(Evaluator::new(sandbox.clone(), languages.clone(), problems.clone(), &config));
        let about = About {
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            data_dir: data.clone(),
            ephemeral: options.ephemeral,
            addr,
            started: Instant::now(),
            workers: options.workers,
            busy: Arc::new(AtomicUsize::new(0)),
        };
        let auth = Auth::open(&options.config.auth, data).map_err(DaemonError::other)?;
        let auth = Arc::new(auth);
        Ok(Self { problems, languages, sandbox, evaluator, auth, about })
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
