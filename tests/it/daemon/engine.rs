//! Without a container engine, and with one that comes and goes.

use super::RIGHT;
use crate::{
    engine::Engine,
    house::{House, PATIENCE, Package, Reply, expect},
    process::{Containers, Serve, output, sonocode},
};
use bollard::{
    Docker,
    models::ContainerCreateBody,
    query_parameters::{CreateContainerOptionsBuilder, ListContainersOptionsBuilder},
};
use reqwest::StatusCode;
use sonocode::{
    config::{Config, SandboxConfig, SandboxKind},
    daemon,
    health::Health,
    judge::{EventBody, State, Verdict},
    ledger::MAX_LOST_ATTEMPTS,
    sandbox::{CellPool, Rootfs, Sandbox, docker::LABEL},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use tokio::time::timeout;

/// Sleeps as long as its input says.
const SLEEPER: &str = "import time\ntime.sleep(float(input()))\nprint('woken')";

fn sleeping(seconds: u32) -> Package {
    let limits = "[limits]\ntime_ms = 60000\nwall_ms = 120000\n";
    Package::new("sleep").manifest(limits).test("01", &format!("{seconds}\n"), "woken\n")
}

/// Waits until the daemon knows that it has an engine, or that it has none.
async fn turns(house: &House, ready: bool) {
    let mut health = house.daemon.as_ref().unwrap().health.clone();
    let wanted = |health: &Health| match health {
        Health::Ready(_) => ready,
        Health::Unavailable { .. } => !ready,
        Health::Starting => false,
    };
    timeout(PATIENCE, health.wait_for(wanted)).await.expect("it never turns").unwrap();
}

/// What a daemon says that has no engine.
async fn is_unready(house: &House) {
    assert_eq!(house.get("/livez").await.status, StatusCode::OK);
    let Reply { status, body, .. } = house.get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.as_str().unwrap().contains("scripts/engine.sh start"), "{body}");
    let status = house.get("/api/v1/status").await.body["data"].clone();
    assert!(status["engine"].is_null() && status["engineError"].is_string(), "{status}");
}

/// An engine that is slow makes a container after whoever asked for it died, and after the next daemon looked for what
/// is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_made_late_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let serve = Serve::start(dir.path(), &["--sandbox", "docker"]).await;
    serve.ready().await;
    let docker = Docker::connect_with_defaults().unwrap();
    let containers = Containers::of(dir.path());
    let owner = daemon::owner(dir.path()).unwrap();
    let filters = HashMap::from([("label", vec![format!("{LABEL}={owner}")])]);
    let ours = ListContainersOptionsBuilder::default().filters(&filters).build();
    let ours = docker.list_containers(Some(ours)).await.unwrap();
    let body = ContainerCreateBody {
        image: ours[0].image.clone(),
        cmd: Some(vec!["never started".into()]),
        labels: Some(HashMap::from([
            (LABEL.into(), owner.clone()),
            ("sonocode.maker".into(), "one that died".into()),
        ])),
        ..ContainerCreateBody::default()
    };
    let mut gone = containers.news("destroy");
    let name = format!("sonocode-{owner}-late");
    let options = CreateContainerOptionsBuilder::default().name(&name).build();
    docker.create_container(Some(options), body).await.unwrap();
    assert_eq!(gone.next().await, name);
    // Nothing else went.
    assert_eq!(containers.strangers(serve.pid).await, [""; 0]);
    assert_eq!(containers.names().await.len(), ours.len());
    serve.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_judges_whenever_there_is_an_engine() {
    let engine = Engine::new();
    let host = engine.host();
    let on_it = |config: &mut Config| {
        config.sandbox.docker_host = Some(host);
        config.sandbox.kind = SandboxKind::Docker;
    };
    let house = House::build().config(on_it).start().await;
    turns(&house, false).await;
    is_unready(&house).await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    house.add(&sleeping(100)).await;
    let made = Package::new("made")
        .manifest("[generators]\n01 = [\"gen.py\"]\n")
        .file("generators/gen.py", "print(1)\n")
        .file("tests/01.out", "1\n");
    let reply = house.upload(&made, "").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{reply:?}");
    assert_eq!(reply.retry_after.as_deref(), Some("2"));
    let waits = house.submit("sum", "python", RIGHT).await;
    assert_eq!(house.submission(&waits).await.state, State::Queued);

    engine.start();
    expect(&house.outcome(&waits).await, Verdict::Accepted);
    assert_eq!(house.get("/readyz").await.status, StatusCode::OK);
    assert_eq!(house.upload(&made, "").await.status, StatusCode::CREATED);
    let runs = house.submit("sleep", "python", SLEEPER).await;
    let mut journal = house.watch(&format!("/api/v1/submissions/{runs}/events")).await;
    // As often as an attempt may be lost, and none of these is.
    for stop in 1..=MAX_LOST_ATTEMPTS {
        journal.until(|event| matches!(event.body, EventBody::Compiled { .. })).await;
        engine.stop();
        turns(&house, false).await;
        is_unready(&house).await;
        journal.until(|event| matches!(event.body, EventBody::Requeued { .. })).await;
        assert_eq!(house.submission(&runs).await.state, State::Queued);
        if stop == MAX_LOST_ATTEMPTS {
            house.add(&sleeping(0)).await;
        }
        engine.start();
    }
    expect(&house.outcome(&runs).await, Verdict::Accepted);
    expect(&house.judge("sum", "python", RIGHT).await, Verdict::Accepted);
    house.stop().await;
    engine.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_nobody_waits_for_any_more_is_the_next_ones() {
    let dir = tempfile::tempdir().unwrap();
    let owner = daemon::owner(dir.path()).unwrap();
    let config = SandboxConfig { kind: SandboxKind::Docker, ..Config::default().sandbox };
    let sandbox = CellPool::new(config, owner, 1, Arc::new(|_| {}));
    let containers = Containers::of(dir.path());
    let (mut made, mut gone) = (containers.news("create"), containers.news("destroy"));
    // As when a submission is cancelled while its cell is being made.
    let name = tokio::select! {
        name = made.next() => name,
        _ = sandbox.lease(&Rootfs::Host) => made.next().await,
    };
    let cell = sandbox.lease(&Rootfs::Host).await.unwrap();
    let in_advance = made.next().await;
    cell.release().await;
    sandbox.close().await;
    let removed = BTreeSet::from([gone.next().await, gone.next().await]);
    assert_eq!(removed, BTreeSet::from([name, in_advance]), "nothing else was made");
    assert!(containers.names().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_a_daemon_starts_and_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let data = data.to_str().unwrap();
    let host = format!("unix://{}/nothing.sock", home.path().display());
    let mut command = sonocode(home.path(), &["serve", "--json", "--data-dir", data]);
    command.args(["--addr", "127.0.0.1:0"]).env("SONOCODE_SANDBOX_DOCKER_HOST", &host);
    let serve = Serve::spawn(command).await;
    let told = serve.says("nothing can be judged now").await;
    assert!(told.contains("scripts/engine.sh start"), "{told}");
    is_unready(&serve.house).await;
    serve.drain().await;

    let detach = ["serve", "--detach", "--wait", "--wait-timeout", "1", "--data-dir", data];
    let mut command = sonocode(home.path(), &detach);
    command.args(["--addr", "127.0.0.1:0"]).env("SONOCODE_SANDBOX_DOCKER_HOST", &host);
    let waited = output(command).await;
    let told = String::from_utf8_lossy(&waited.stderr);
    assert_eq!(waited.status.code(), Some(6), "{told}");
    assert!(told.contains("scripts/engine.sh start"), "{told}");
    let stopped = output(sonocode(home.path(), &["stop", "--data-dir", data])).await;
    assert_eq!(stopped.status.code(), Some(0), "{stopped:?}");
}
