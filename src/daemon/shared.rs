//! The ledger of a daemon, and what it shares with others beside it.

use super::{DaemonError, Options};
use crate::{
    cluster::{Members, Pace, Packages, SharedPresence},
    config::RedisConfig,
    hub::{
        Hub,
        presence::{Memory, Presence},
    },
    ledger::{
        Ledger,
        redis::{Address, RedisLedger},
        sqlite::SqliteLedger,
    },
    metrics::Metrics,
    problem::Depot,
    wire::Member,
};
use jiff::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
use tokio_util::sync::CancellationToken;

/// The ledger, and the daemon's name.
pub(super) struct Store {
    pub(super) ledger: Arc<dyn Ledger>,
    /// The same, where it is in Redis.
    redis: Option<Arc<RedisLedger>>,
    /// The daemon's name, with which the names of its workers begin: unlike every other's that shares the ledger.
    pub(super) instance: String,
}

/// Where users' sockets are known.
pub(super) enum Sockets {
    /// In this daemon.
    Own(Arc<Memory>),
    /// In Redis.
    Shared(Arc<SharedPresence>),
}

impl Store {
    /// Opens the Redis that is configured, else the file in the data directory. That file is this daemon's alone, so every
    /// lease in it is a dead one's; in Redis others' leases run on.
    pub(super) async fn open(options: &Options) -> Result<Self, DaemonError> {
        let RedisConfig { url, namespace, .. } = &options.config.redis;
        let instance = std::process::id().to_string();
        if let Some(url) = url {
            let address = Address::parse(url.expose()).map_err(DaemonError::other)?;
            // In a box of its own: a future that deep would be too much for the compiler.
            let ledger = Box::pin(RedisLedger::open(address, namespace)).await;
            let ledger = Arc::new(ledger.map_err(DaemonError::ledger)?);
            let instance = shared_name(&instance)?;
            return Ok(Self { ledger: ledger.clone(), redis: Some(ledger), instance });
        }
        let file = options.data_dir.join("ledger.sqlite");
        let ledger = SqliteLedger::open(&file).map_err(DaemonError::ledger)?;
        ledger.recover().await.map_err(DaemonError::ledger)?;
        Ok(Self { ledger: Arc::new(ledger), redis: None, instance })
    }

    /// The daemons and workers with which the ledger is shared; `None` where it is this daemon's alone.
    pub(super) fn members(&self) -> Option<Arc<Members>> {
        self.redis.as_ref().map(|redis| Members::of(redis, Members::pace()))
    }

    /// Where problems are shared; `None` where they are this daemon's alone.
    pub(super) fn depot(&self) -> Option<Arc<dyn Depot>> {
        let redis = self.redis.as_ref()?;
        Some(Arc::new(Packages::new(redis.client())))
    }

    /// Where users' sockets are to be known.
    pub(super) async fn sockets(&self, config: &RedisConfig) -> Result<Sockets, DaemonError> {
        let instance = self.instance.clone();
        let Some(redis) = &self.redis else {
            return Ok(Sockets::Own(Arc::new(Memory::of_instance(instance))));
        };
        let shared = SharedPresence::open(redis, instance, Pace::default(), config.bare_keys).await;
        shared.map(|shared| Sockets::Shared(Arc::new(shared))).map_err(DaemonError::ledger)
    }
}

impl Sockets {
    /// For the hub.
    pub(super) fn presence(&self) -> Arc<dyn Presence> {
        match self {
            Self::Own(memory) => memory.clone(),
            Self::Shared(shared) => shared.clone(),
        }
    }

    /// The daemon ends: others are not to look for sockets here any more.
    pub(super) async fn close(&self) {
        if let Self::Shared(shared) = self {
            shared.close().await;
        }
    }
}

/// What a daemon says of itself to the others.
pub(super) struct Card {
    /// What stays as it is.
    pub(super) fixed: Member,
    /// How many of its workers hold a submission.
    pub(super) busy: Arc<AtomicUsize>,
    /// Attempts that came too late.
    pub(super) late: Arc<AtomicU64>,
    /// Fired when it drains.
    pub(super) drain: CancellationToken,
    /// Its sockets; absent where nothing listens.
    pub(super) front: Option<(Arc<Hub>, Metrics)>,
}

impl Card {
    /// What a daemon with this name says that does not change.
    pub(super) fn fixed(name: String, options: &Options, url: Option<String>) -> Member {
        Member {
            name,
            roles: options.config.roles.iter().map(|role| role.name().to_owned()).collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            pid: std::process::id(),
            url,
            since: Timestamp::now(),
            workers: options.judging(),
            busy: 0,
            sockets: 0,
            users: 0,
            late_verdicts: 0,
            draining: false,
        }
    }

    /// As it is now.
    pub(super) fn now(&self) -> Member {
        let front = self.front.as_ref();
        Member {
            busy: self.busy.load(Ordering::Relaxed),
            late_verdicts: self.late.load(Ordering::Relaxed),
            draining: self.drain.is_cancelled(),
            sockets: front.map_or(0, |(_, metrics)| metrics.open_sockets()),
            users: front.map_or(0, |(hub, _)| hub.presence.counts().users),
            ..self.fixed.clone()
        }
    }
}

/// A process may hold several daemons, and containers may have the same names and numbers.
fn shared_name(pid: &str) -> Result<String, DaemonError> {
    let random = getrandom::u32().map_err(DaemonError::other)?;
    Ok(format!("{}-{pid}-{random:08x}", rustix::system::uname().nodename().to_string_lossy()))
}
