//! What Redis adds from a submission to its verdict: with nothing between them, and with a program that is judged.

use crate::{
    daemon::Daemon,
    fsync::Fsync,
    operations::{in_redis, job, work},
    redis::Redis,
    report::{Line, Table},
};
use anyhow::{Result, ensure};
use sonocode::{
    judge::EventBody,
    ledger::{Cursor, Ledger, sqlite::SqliteLedger},
};
use std::{sync::Arc, time::Instant};
use tokio::task::JoinHandle;

/// Measures.
pub async fn measure(quick: bool) -> Result<Vec<Table>> {
    let mut table = Table::new(
        "latency",
        "From a submission to its verdict, one after the other (p50 / p99)",
        &["SQLite", "Redis, everysec", "Redis, always"],
    );
    let servers = [
        Redis::start(&Fsync::Everysec.options()).await?,
        Redis::start(&Fsync::Always.options()).await?,
    ];
    table.lines.push(stub(&servers, if quick { 20 } else { 500 }).await?);
    table.lines.push(judged(&servers, if quick { 3 } else { 40 }).await?);
    Ok(vec![table])
}

/// A worker that judges nothing, and a reader who follows as the hub does.
async fn stub(servers: &[Redis; 2], rounds: usize) -> Result<Line> {
    let dir = tempfile::tempdir()?;
    let sqlite: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(&dir.path().join("ledger.sqlite"))?);
    let mut ledgers = vec![sqlite];
    for server in servers {
        ledgers.push(in_redis(server).await?);
    }
    let workers: Vec<JoinHandle<_>> = ledgers
        .iter()
        .map(|ledger| {
            let ledger = ledger.clone();
            tokio::spawn(async move { work(&*ledger, "w", || {}).await })
        })
        .collect();
    let mut samples = [const { Vec::new() }; 3];
    for number in 0..rounds {
        for (ledger, samples) in ledgers.iter().zip(&mut samples) {
            let began = Instant::now();
            let id = ledger.submit(job(number), u64::MAX).await?.id;
            let (mut changed, mut cursor) = (ledger.changed(), Cursor::Submission { id, after: 0 });
            'following: loop {
                changed.mark_unchanged();
                for event in ledger.read(&cursor, 100).await? {
                    cursor.advance(&event);
                    if matches!(event.body, EventBody::Finished(_)) {
                        break 'following;
                    }
                }
                changed.changed().await?;
            }
            samples.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    workers.iter().for_each(JoinHandle::abort);
    Ok(Line::millis("nothing judged, within one process", samples))
}

/// Three daemons, a Python program, and a WebSocket that waits for the verdict.
async fn judged(servers: &[Redis; 2], rounds: usize) -> Result<Line> {
    let mut daemons = vec![Daemon::start(None).await?];
    for server in servers {
        daemons.push(Daemon::start(Some(&server.url())).await?);
    }
    let mut samples = [const { Vec::new() }; 3];
    for number in 0..=rounds {
        for (daemon, samples) in daemons.iter().zip(&mut samples) {
            let began = Instant::now();
            let verdict = daemon.run("print(sum(map(int, input().split())))\n").await?;
            ensure!(verdict == "AC", "a run ended with {verdict}");
            // The first one only warms up.
            if number > 0 {
                samples.push(began.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    Ok(Line::millis("a Python program run, over HTTP and WebSocket", samples))
}
