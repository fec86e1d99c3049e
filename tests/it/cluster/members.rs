//! Which daemons there are, as each of them tells it; and what one says whose Redis is away.

use super::{daemon, over};
use crate::{
    house::{House, PATIENCE, Package},
    process::{Serve, output, sonocode},
    redis::RedisServer,
    sockets::raw::Raw,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use sonocode::{
    api::Cluster,
    cluster::{Members, Pace},
    ledger::{
        Ledger,
        redis::{Address, RedisLedger},
    },
    wire::Member,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

async fn ledger(server: &RedisServer, namespace: &str) -> RedisLedger {
    RedisLedger::open(Address::parse(&server.url()).unwrap(), namespace).await.unwrap()
}

fn named(name: &str, busy: usize) -> Member {
    Member {
        name: name.into(),
        roles: vec!["worker".into()],
        version: "1".into(),
        host: "here".into(),
        pid: 1,
        url: None,
        since: Timestamp::UNIX_EPOCH,
        workers: 4,
        busy,
        sockets: 0,
        users: 0,
        late_verdicts: 0,
        draining: false,
    }
}

async fn names(members: &Members) -> Vec<String> {
    members.members().await.unwrap().into_iter().map(|member| member.name).collect()
}

/// Waits until these are there.
async fn are(members: &Members, expected: &[&str]) {
    let there = async { while names(members).await != expected {} };
    let there = timeout(PATIENCE, there).await;
    assert!(there.is_ok(), "{expected:?} are never there, but {:?}", names(members).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go_and_run_out() {
    let mut server = RedisServer::durable();
    let pace = Pace { beat: Duration::from_millis(100), ttl: Duration::from_millis(1500) };
    let ledgers = [ledger(&server, "test").await, ledger(&server, "test").await];
    let keys =
        || -> BTreeSet<String> { server.cli(&["KEYS", "*"]).lines().map(str::to_owned).collect() };
    let before = keys();
    let [one, two] = ledgers.each_ref().map(|ledger| Members::of(ledger, pace));
    let busy = Arc::new(AtomicUsize::new(0));
    let now = busy.clone();
    one.join(move || named("one", now.load(Ordering::SeqCst)));
    two.join(|| named("two", 0));
    are(&one, &["one", "two"]).await;
    let made: BTreeSet<String> = keys().difference(&before).cloned().collect();
    assert_eq!(made, BTreeSet::from(["{test}:members", "{test}:records"].map(str::to_owned)));
    let text = include_str!("../../../src/cluster/members.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), ["members", "records"]);

    // What one says is what it is now.
    busy.store(3, Ordering::SeqCst);
    while two.members().await.unwrap()[0].busy != 3 {}
    // One that leaves is gone at once, and one that dies soon; nothing is left of either.
    let [ledger_of_one, ledger_of_two] = ledgers;
    two.leave("two").await;
    assert_eq!(names(&one).await, ["one"]);
    drop(ledger_of_two);
    server.cli(&["DEL", "{test}:members", "{test}:records"]);
    are(&one, &["one"]).await;
    server.kill();
    server.start_again();
    while one.members().await.is_err() {}
    are(&one, &["one"]).await;
    let watches = ledger(&server, "test").await;
    let watching = Members::of(&watches, pace);
    drop(ledger_of_one);
    are(&watching, &[]).await;
    while server.cli(&["EXISTS", "{test}:members", "{test}:records"]) != "0" {}
}

async fn status(house: &House) -> Value {
    let reply = house.get("/api/v1/status").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["data"].clone()
}

/// Asks until the status is as it should be.
async fn becomes(house: &House, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let asked = async {
        loop {
            last = status(house).await;
            if is(&last) {
                return;
            }
        }
    };
    let asked = timeout(PATIENCE, asked).await;
    assert!(asked.is_ok(), "never {what}: {last:#}");
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_shows_the_cluster() {
    let server = RedisServer::start();
    let (here, there) = (daemon(&server).await, daemon(&server).await);
    here.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let mut ada = Raw::join(&there.url, Value::Null).await;
    ada.register("ada").await;
    let [first, ..] =
        [here.submit("sum", "python", "1").await, here.submit("sum", "python", "2").await];
    let run = json!({"userId": "ada", "language": "python", "code": "print(1)", "input": ""});
    assert_eq!(here.post("/api/v1/runs", run).await.status, 201);
    let cancel = format!("/api/v1/submissions/{first}/cancel");
    here.post(&cancel, json!({})).await;
    here.post(&format!("/api/v1/submissions/{first}/rejudge"), json!({})).await;

    let told = becomes(&here, "two members and a socket", |told| {
        let cluster = &told["cluster"];
        cluster["members"].as_array().unwrap().len() == 2 && cluster["sockets"] == 1
    })
    .await;
    let cluster = &told["cluster"];
    assert_eq!(cluster["users"], 1);
    assert_eq!(cluster["waiting"], json!({"runs": 1, "submissions": 1, "rejudges": 1}));
    assert_eq!(cluster["leases"], json!([]));
    let urls: BTreeSet<_> =
        cluster["members"].as_array().unwrap().iter().map(|m| m["url"].as_str().unwrap()).collect();
    assert_eq!(urls, BTreeSet::from([here.url.as_str(), there.url.as_str()]));
    for member in cluster["members"].as_array().unwrap() {
        assert_eq!(member["roles"], json!(["api", "hub", "worker"]));
        assert_eq!((&member["pid"], &member["workers"]), (&json!(std::process::id()), &json!(0)));
        assert_eq!(member["draining"], false);
    }
    let redis = &cluster["redis"];
    assert_eq!((&redis["up"], &redis["reconnects"]), (&json!(true), &json!(0)));
    assert_eq!(redis["address"], server.url());
    assert!(redis["version"].as_str().unwrap().contains('.'), "{redis}");
    assert!(redis["usedMemory"].as_u64().unwrap() > 0, "{redis}");

    // A worker that is no daemon of this process.
    let worker = ledger(&server, "sonocode").await;
    let lease = worker.lease("elsewhere-7-1", Duration::from_secs(60)).await.unwrap().unwrap();
    let cluster = status(&there).await["cluster"].take();
    let [held] = &cluster["leases"].as_array().unwrap()[..] else { panic!("{cluster}") };
    assert_eq!(held["submission"], lease.submission.id.to_string());
    assert_eq!((&held["worker"], &held["attempt"]), (&json!("elsewhere-7-1"), &json!(1)));
    assert!(held["ageMs"].as_u64().unwrap() < 60_000 && held["leftMs"].as_u64().unwrap() > 0);
    assert_eq!(cluster["waiting"]["runs"], 0);

    // As a table.
    let home = tempfile::tempdir().unwrap();
    let printed = output(sonocode(home.path(), &["status", "--url", &here.url])).await;
    assert!(printed.status.success(), "{printed:?}");
    let text = String::from_utf8(printed.stdout).unwrap();
    for words in
        ["2 members, 1 socket of 1 user", "0 runs, 1 submission, 1 rejudge", "elsewhere-7-1"]
    {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(text.contains(&there.url), "{text}");

    // One that drains is gone at once.
    drop(ada);
    there.stop().await;
    let told = status(&here).await;
    assert_eq!(told["cluster"]["members"].as_array().unwrap().len(), 1, "{told:#}");
    here.stop().await;
    assert_eq!(server.cli(&["EXISTS", "{sonocode}:members", "{sonocode}:records"]), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_alone_tells_of_its_own_queue() {
    let house = House::build().workers(0).start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    house.submit("sum", "python", "1").await;
    let cluster = status(&house).await["cluster"].take();
    let waiting = json!({"runs": 0, "submissions": 1, "rejudges": 0});
    let alone = json!({"members": [], "leases": [], "waiting": waiting, "sockets": 0, "users": 0, "redis": null});
    assert_eq!(cluster, alone);
    let figures = house.get("/metrics").await.body;
    assert!(!figures.as_str().unwrap().contains("\nsonocode_redis_up"), "{figures}");
    house.stop().await;
}

/// The value of a figure without labels.
async fn figure(house: &House, name: &str) -> f64 {
    let reply = house.get("/metrics").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let text = reply.body.as_str().unwrap().to_owned();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}:\n{text}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_and_status_go_on_while_redis_is_away() {
    let mut server = RedisServer::durable();
    let house = over(&server.url()).workers(0).start().await;
    assert_eq!(figure(&house, "sonocode_redis_up").await, 1.0);
    assert_eq!(figure(&house, "sonocode_queue_depth").await, 0.0);
    server.kill();
    while figure(&house, "sonocode_redis_up").await > 0.0 {}
    while figure(&house, "sonocode_redis_away_seconds").await == 0.0 {}
    assert!(figure(&house, "sonocode_queue_depth").await.is_nan());
    let told = status(&house).await;
    assert_eq!(told["counts"], Value::Null);
    let redis = &told["cluster"]["redis"];
    assert_eq!((&redis["up"], &redis["version"]), (&json!(false), &Value::Null));
    assert!(redis["trouble"].is_string(), "{redis}");
    let home = tempfile::tempdir().unwrap();
    let printed = output(sonocode(home.path(), &["status", "--url", &house.url])).await;
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(text.contains("not known while Redis is away"), "{text}");
    assert_eq!(house.get("/readyz").await.status, 503);
    server.start_again();
    while figure(&house, "sonocode_redis_up").await == 0.0 {}
    assert_eq!(figure(&house, "sonocode_redis_reconnects_total").await, 1.0);
    while figure(&house, "sonocode_queue_depth").await.is_nan() {}
    assert_eq!(figure(&house, "sonocode_redis_away_seconds").await, 0.0);
    becomes(&house, "itself a member again", |told| {
        told["cluster"]["members"].as_array().unwrap().len() == 1
    })
    .await;
}

/// A worker without an address is a member all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_a_member() {
    let server = RedisServer::start();
    let house = daemon(&server).await;
    let dir = tempfile::tempdir().unwrap();
    let url = server.url();
    let worker =
        Serve::start(dir.path(), &["--redis", &url, "--workers", "3", "--roles", "worker"]).await;
    let told = becomes(&house, "two members", |told| {
        told["cluster"]["members"].as_array().unwrap().len() == 2
    })
    .await;
    let members = told["cluster"]["members"].as_array().unwrap();
    let member = members.iter().find(|member| member["pid"] == worker.pid).unwrap();
    assert_eq!((&member["roles"], &member["workers"]), (&json!(["worker"]), &json!(3)));
    worker.drain().await;
    let told = status(&house).await;
    assert_eq!(told["cluster"]["members"].as_array().unwrap().len(), 1, "{told:#}");
}
