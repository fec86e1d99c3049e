//! What a daemon is put together from.

use super::{DaemonError, Options};
use crate::{
    api::{About, App, Cluster},
    auth::Auth,
    config::{Config, user_dir},
    evaluator::Evaluator,
    health::Health,
    hub::{Hub, presence::Presence},
    judge::Languages,
    ledger::Ledger,
    metrics::Metrics,
    problem::{Depot, ProblemStore, Problems},
    sandbox::{CellPool, Sandbox},
    templates,
};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize},
    },
    time::Instant,
};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What is made of the options before anything runs.
pub struct Parts {
    pub problems: Arc<Problems>,
    pub languages: Arc<Languages>,
    pub sandbox: Arc<dyn Sandbox>,
    pub evaluator: Arc<Evaluator>,
    pub auth: Arc<Auth>,
}

impl Parts {
    /// Reads the languages and opens the problems; no engine need be there.
    pub fn open(options: &Options, depot: Option<Arc<dyn Depot>>) -> Result<Self, DaemonError> {
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

/// What the HTTP service is made of.
pub struct Front<'a> {
    pub options: &'a Options,
    pub parts: &'a Parts,
    pub ledger: Arc<dyn Ledger>,
    pub health: &'a watch::Receiver<Health>,
    pub presence: Arc<dyn Presence>,
    pub cluster: Option<Arc<dyn Cluster>>,
    pub busy: Arc<AtomicUsize>,
    pub late: Arc<AtomicU64>,
}

impl Front<'_> {
    /// The service at this address, whose sockets end when `close` fires.
    pub fn app(self, addr: SocketAddr, close: CancellationToken, sockets: TaskTracker) -> App {
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
