//! Submit, lease, finish: no-op jobs through the ledger and through `BullMQ`.

use crate::{
    fsync::Fsync,
    peer::Peer,
    redis::Redis,
    report::{Line, Table},
};
use anyhow::{Result, bail};
use sonocode::{
    judge::{NewSubmission, Outcome, Task, Verdict},
    ledger::{
        Ledger, LedgerError,
        redis::{Address, RedisLedger},
        sqlite::SqliteLedger,
    },
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{join, sync::Notify, task::JoinSet, time::timeout};

/// Submissions on their way at one time, as from so many users.
const AHEAD: usize = 64;

/// Jobs that are worked off at one time.
const WORKERS: [usize; 2] = [1, 16];

/// Longer than any job.
const LEASE: Duration = Duration::from_secs(60);

/// A submission of the size that the peer's jobs have.
pub fn job(number: usize) -> NewSubmission {
    NewSubmission {
        user: format!("user-{}", number % 50),
        task: Task::run("1 2\n"),
        language: "python".into(),
        source: "print(1 + 2)\n".into(),
    }
}

/// A ledger in Redis.
pub async fn in_redis(redis: &Redis) -> Result<Arc<dyn Ledger>> {
    let Ok(address) = Address::parse(&redis.url()) else { bail!("{} is no URL", redis.url()) };
    Ok(Arc::new(RedisLedger::open(address, "bench").await?))
}

/// Measures.
pub async fn measure(quick: bool) -> Result<Vec<Table>> {
    let rounds = if quick { 2 } else { 7 };
    let mut table = Table::new(
        "operations",
        "Jobs per second: submitted, leased and finished; 64 submissions on their way at a time",
        &["BullMQ", "sonocode on Redis", "on SQLite", "Redis beside BullMQ"],
    );
    let mut servers = Table::new(
        "servers",
        "Microseconds of redis-server's processor time for each of these jobs",
        &["BullMQ", "sonocode", "sonocode beside BullMQ"],
    );
    let dir = tempfile::tempdir()?;
    let sqlite: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(&dir.path().join("ledger.sqlite"))?);
    for fsync in [Fsync::Everysec, Fsync::Always] {
        let redis = Redis::start(&fsync.options()).await?;
        let ledger = in_redis(&redis).await?;
        let mut peer = Peer::start(&redis).await?;
        for workers in WORKERS {
            let jobs = if quick { 500 } else { 4000 };
            let mut rates = [const { Vec::new() }; 3];
            let mut costs = [const { Vec::new() }; 2];
            for number in 0..=rounds {
                let began = redis.busy().await?;
                let of_peer = peer.round(jobs, workers, AHEAD).await?;
                let between = redis.busy().await?;
                let of_ours = round(&ledger, jobs, workers).await?;
                let after = redis.busy().await?;
                let seen = [of_peer, of_ours, round(&sqlite, jobs, workers).await?];
                let busy = [between - began, after - between];
                // The first round only warms up.
                if number > 0 {
                    rates.iter_mut().zip(seen).for_each(|(rates, rate)| rates.push(rate));
                    let each = |seconds| seconds * 1e6 / jobs as f64;
                    costs.iter_mut().zip(busy).for_each(|(costs, busy)| costs.push(each(busy)));
                }
            }
            let what = format!("appendfsync {}, {workers} at a time", fsync.name());
            table.lines.push(Line::rates(what.clone(), rates, Some(3.0)));
            servers.lines.push(Line::rates(what, costs, None));
        }
    }
    Ok(vec![table, servers])
}

/// Jobs per second, from the first that is submitted to the last that is done.
async fn round(ledger: &Arc<dyn Ledger>, jobs: usize, workers: usize) -> Result<f64> {
    let (done, finished) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut tasks = JoinSet::new();
    for number in 0..workers {
        let (ledger, done, finished) = (ledger.clone(), done.clone(), finished.clone());
        tasks.spawn(async move {
            work(&*ledger, &format!("w{number}"), || {
                if 1 + done.fetch_add(1, Ordering::Relaxed) == jobs {
                    finished.notify_one();
                }
            })
            .await
        });
    }
    let sent = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut users = JoinSet::new();
    for _ in 0..AHEAD {
        let (ledger, sent) = (ledger.clone(), sent.clone());
        users.spawn(async move {
            loop {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                if number >= jobs {
                    return Ok::<_, LedgerError>(());
                }
                ledger.submit(job(number), u64::MAX).await?;
            }
        });
    }
    while let Some(user) = users.join_next().await {
        user??;
    }
    tokio::select! {
        all = timeout(crate::PATIENCE, finished.notified()) => all?,
        Some(failed) = tasks.join_next() => failed??,
    }
    let took = began.elapsed().as_secs_f64();
    tasks.shutdown().await;
    Ok(jobs as f64 / took)
}

/// Does what a worker does, but for the judging.
pub async fn work(
    ledger: &dyn Ledger,
    name: &str,
    mut did: impl FnMut(),
) -> Result<(), LedgerError> {
    let mut changed = ledger.changed();
    let mut leased = ledger.lease(name, LEASE).await?;
    loop {
        if let Some(lease) = leased {
            let outcome = Outcome::without_tests(Verdict::Accepted, 1, None);
            changed.mark_unchanged();
            let (finished, next) = join!(ledger.finish(&lease, outcome), ledger.lease(name, LEASE));
            finished?;
            did();
            leased = next?;
        } else {
            // The sender lives as long as the ledger.
            drop(changed.changed().await);
            changed.mark_unchanged();
            leased = ledger.lease(name, LEASE).await?;
        }
    }
}
