//! A worker that sleeps past its lease.

use crate::{
    house::{PATIENCE, Package},
    process::Serve,
    redis::RedisServer,
};
use rustix::process::Signal;
use serde_json::Value;
use sonocode::judge::EventBody;
use std::fs;
use tokio::time::timeout;

/// Takes long enough to be stopped meanwhile.
const SLOW: &str = "import time\ntime.sleep(1)\nprint(sum(map(int, input().split())))";

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_that_comes_too_late_is_refused_and_counted() {
    let server = RedisServer::start();
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for dir in &dirs {
        // So that nobody waits long for a lease to run out.
        fs::write(dir.path().join("sonocode.toml"), "[judging]\nlease_secs = 4\n").unwrap();
    }
    let url = server.url();
    let sleeps = Serve::start(dirs[0].path(), &["--redis", &url, "--workers", "1"]).await;
    let package =
        Package::new("sum").manifest("[limits]\nwall_ms = 60000\n").test("01", "1 2\n", "3\n");
    sleeps.house.add(&package).await;
    sleeps.ready().await;
    let mut watch = sleeps.house.watch("/api/v1/events?after=0").await;
    let id = sleeps.house.submit("sum", "python", SLOW).await;
    watch.until(|event| matches!(event.body, EventBody::Running { .. })).await;
    sleeps.signal(Signal::STOP);

    let takes = Serve::start(dirs[1].path(), &["--redis", &url, "--workers", "1"]).await;
    takes.house.add(&package).await;
    assert_eq!(takes.house.outcome(&id).await.verdict.code(), "AC");
    sleeps.signal(Signal::CONT);

    let late = async {
        loop {
            let figures = sleeps.house.get("/metrics").await.body;
            let counted = "\nsonocode_late_verdicts_total 1\n";
            if figures.as_str().is_some_and(|figures| figures.contains(counted)) {
                return;
            }
        }
    };
    timeout(PATIENCE, late).await.expect("it is never counted");
    // Its record says so as well.
    let told = async {
        loop {
            let status = takes.house.get("/api/v1/status").await.body;
            let members = status["data"]["cluster"]["members"].as_array().unwrap();
            let counts: Vec<(&Value, u64)> = members
                .iter()
                .map(|member| (&member["pid"], member["lateVerdicts"].as_u64().unwrap()))
                .collect();
            if counts.iter().any(|(pid, late)| **pid == sleeps.pid && *late == 1) {
                let other = counts.iter().find(|(pid, _)| **pid == takes.pid).unwrap();
                return assert_eq!(other.1, 0);
            }
        }
    };
    timeout(PATIENCE, told).await.expect("its record does not say so");
    let events = takes.house.events(&id, 0).await;
    let verdicts = events.iter().filter(|event| matches!(event.body, EventBody::Finished(_)));
    assert_eq!(verdicts.count(), 1, "{events:#?}");
    assert_eq!(takes.house.submission(&id).await.attempt, 2);
    sleeps.drain().await;
    takes.drain().await;
}
