//! What the status says of all daemons together.

use super::App;
use crate::{
    ledger::{Holding, LedgerError, Queue, Remote},
    wire::{ClusterReport, LeaseReport, Member, RedisReport},
};
use async_trait::async_trait;
use std::{future::Future, time::Duration};
use tokio::time;

/// Leases that are told.
const LEASES: usize = 100;

/// How long a store may take that hangs; then it counts as away.
const PATIENCE: Duration = Duration::from_secs(2);

/// What daemons know of each other that share a store.
#[async_trait]
pub trait Cluster: Send + Sync + 'static {
    /// Every daemon and worker that is there, by name.
    async fn members(&self) -> Result<Vec<Member>, LedgerError>;

    /// What the store says of itself.
    async fn store(&self) -> Result<StoreFigures, LedgerError>;
}

/// What a store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFigures {
    /// Its version.
    pub version: String,
    /// The memory that it uses, in bytes.
    pub used_memory: u64,
}

/// An answer of the ledger, or `None` when it is away. Other errors are told.
pub(super) async fn known<T>(
    answer: impl Future<Output = Result<T, LedgerError>>,
) -> Result<Option<T>, LedgerError> {
    match time::timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(Some(answer)),
        Ok(Err(LedgerError::Away(_))) | Err(_) => Ok(None),
        Ok(Err(error)) => Err(error),
    }
}

/// The cluster as it is now; alone, this daemon's queue and sockets.
pub(super) async fn report(app: &App) -> Result<ClusterReport, LedgerError> {
    let others = async {
        let Some(cluster) = &app.cluster else { return Ok((None, None)) };
        let (members, store) = tokio::join!(known(cluster.members()), known(cluster.store()));
        Ok::<_, LedgerError>((members?, store?))
    };
    let (queue, others) = tokio::join!(known(app.ledger.queue(LEASES)), others);
    let (queue, (members, store)) = (queue?, others?);
    let own = app.hub.presence.counts().users;
    let (sockets, users) = match &members {
        Some(members) => (
            members.iter().map(|member| member.sockets).sum(),
            members.iter().map(|member| member.users).sum(),
        ),
        None => (app.metrics.open_sockets(), own),
    };
    let (waiting, held) = match queue {
        Some(Queue { waiting, held }) => (Some(waiting), held),
        None => (None, Vec::new()),
    };
    Ok(ClusterReport {
        members: members.unwrap_or_default(),
        leases: held.into_iter().map(lease).collect(),
        waiting,
        sockets,
        users,
        redis: app.ledger.remote().map(|remote| redis(remote, store)),
    })
}

fn lease(held: Holding) -> LeaseReport {
    let Holding { submission, worker, attempt, age, left } = held;
    let (age_ms, left_ms) = (age.as_millis() as u64, left.as_millis() as u64);
    LeaseReport { submission, worker, attempt, age_ms, left_ms }
}

fn redis(remote: Remote, store: Option<StoreFigures>) -> RedisReport {
    let Remote { address, trouble, lasts, reconnects } = remote;
    let (version, used_memory) = match store {
        Some(StoreFigures { version, used_memory }) => (Some(version), Some(used_memory)),
        None => (None, None),
    };
    RedisReport {
        address,
        up: trouble.is_none(),
        trouble,
        lasts_ms: lasts.as_millis() as u64,
        reconnects,
        version,
        used_memory,
    }
}
