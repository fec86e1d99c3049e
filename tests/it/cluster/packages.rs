//! Problem packages: what one daemon is given, all others have.

use super::over;
use crate::{
    house::{Builder, House, Package},
    process::{Serve, peak},
    redis::RedisServer,
};
use reqwest::Method;
use serde_json::{Value, json};
use sonocode::judge::{EventBody, State};
use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::watch,
};

const SUM: &str = "print(sum(map(int, input().split())))";

fn daemon(server: &RedisServer, workers: usize) -> Builder {
    over(&server.url()).workers(workers)
}

fn sum() -> Package {
    Package::new("sum").test("01", "1 2\n", "3\n")
}

/// A package with a file of so many KiB, which nobody has yet.
fn heavy(slug: &str, kib: u64) -> Package {
    let mut bytes = Vec::new();
    let noise = fs::File::open("/dev/urandom").unwrap();
    noise.take(kib << 10).read_to_end(&mut bytes).unwrap();
    Package::new(slug).test("01", "1 2\n", "3\n").file("tests/01.files/noise.bin", bytes)
}

async fn slugs(house: &House) -> Vec<String> {
    let reply = house.get("/api/v1/problems").await;
    let problems = reply.body["data"]["problems"].as_array().unwrap().iter();
    problems.map(|problem| problem["slug"].as_str().unwrap().to_owned()).collect()
}

async fn title(house: &House, slug: &str) -> Value {
    house.get(&format!("/api/v1/problems/{slug}")).await.body["data"]["title"].clone()
}

/// The versions on a daemon's disk.
fn on_disk(data_dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(data_dir.join("problems/versions")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The version by which a submission was judged.
async fn judged_by(house: &House, id: &str) -> String {
    let events = house.events(id, 0).await;
    let running = events.into_iter().find_map(|event| match event.body {
        EventBody::Running { version, .. } => version,
        _ => None,
    });
    running.expect("it says by which version it is judged")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_of_one_daemon_is_one_of_all_at_once() {
    let server = RedisServer::start();
    let (judging, other) = (daemon(&server, 1).start().await, daemon(&server, 0).start().await);
    judging.add(&sum()).await;
    let owned = other.submit("sum", "python", SUM).await;
    other.add(&Package::new("twice").test("01", "4\n", "8\n")).await;
    let fetched = judging.submit("twice", "python", "print(2 * int(input()))").await;
    let wrong = other.submit("twice", "python", "print(7)").await;
    for (id, verdict) in [(owned, "AC"), (fetched, "AC"), (wrong, "WA")] {
        assert_eq!(other.outcome(&id).await.verdict.code(), verdict, "{id}");
    }
    for house in [&judging, &other] {
        assert_eq!(slugs(house).await, ["sum", "twice"]);
    }
    // What is there already is not replaced by accident, wherever it was added.
    let reply = other.upload(&sum().test("02", "0 0\n", "0\n"), "force=false").await;
    assert_eq!(reply.status, 409, "{reply:?}");
    let reply = other.upload(&sum(), "force=false").await;
    assert_eq!(reply.status, 200, "the same version: {reply:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_renames_and_removals_are_everywhere_at_once() {
    let server = RedisServer::start();
    let houses = [daemon(&server, 0).start().await, daemon(&server, 0).start().await];
    let [one, other] = &houses;
    one.add(&sum()).await;
    // Each edits what the other one has changed, and both changes count.
    let path = "/api/v1/problems/sum";
    for (house, change) in [
        (other, json!({"title": "Plus"})),
        (one, json!({"difficulty": "hard"})),
        (other, json!({"tags": ["easy"]})),
    ] {
        let reply = house.call(Method::PATCH, path, Some(change)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    // Both at one time as well.
    let (title_too, limits) = tokio::join!(
        one.call(Method::PATCH, path, Some(json!({"title": "Add"}))),
        other.call(Method::PATCH, path, Some(json!({"limits": {"time_ms": 777}}))),
    );
    assert_eq!((title_too.status.as_u16(), limits.status.as_u16()), (200, 200));
    for house in &houses {
        let problem = house.get(path).await.body["data"].clone();
        assert_eq!(problem["title"], "Add");
        assert_eq!(problem["difficulty"], "hard");
        assert_eq!(problem["tags"], json!(["easy"]));
        assert_eq!(problem["limits"]["time_ms"], 777);
    }

    let reply = other.post("/api/v1/problems/sum/rename", json!({"slug": "add"})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    for house in &houses {
        assert_eq!(slugs(house).await, ["add"]);
        assert_eq!(title(house, "add").await, "Add");
        assert_eq!(title(house, "sum").await, "Add", "the old name leads on");
    }
    // The old name is free, for whoever takes it first.
    one.add(&sum()).await;
    let taken = other.upload(&sum().test("02", "0 0\n", "0\n"), "force=false").await;
    assert_eq!(taken.status, 409, "{taken:?}");
    let taken = other.post("/api/v1/problems/add/rename", json!({"slug": "sum"})).await;
    assert_eq!(taken.status, 409, "{taken:?}");

    let gone = other.call(Method::DELETE, "/api/v1/problems/add", None).await;
    assert_eq!(gone.status, 200, "{gone:?}");
    for house in &houses {
        assert_eq!(house.get("/api/v1/problems/add").await.status, 404);
        assert_eq!(slugs(house).await, ["sum"]);
    }
    let again = one.call(Method::DELETE, "/api/v1/problems/add", None).await;
    assert_eq!(again.status, 404, "{again:?}");
}

/// A daemon that slept hears of everything when it is back, and brings nothing back that was removed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_slept_follows_the_catalogue() {
    let (server, dir) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let sleeper = daemon(&server, 0).data_dir(dir.path()).start().await;
    for slug in ["gone", "named", "newer", "kept"] {
        sleeper.add(&Package::new(slug).test("01", "1\n", "1\n")).await;
    }
    sleeper.stop().await;
    let other = daemon(&server, 0).start().await;
    other.call(Method::DELETE, "/api/v1/problems/gone", None).await;
    other.post("/api/v1/problems/named/rename", json!({"slug": "other"})).await;
    let change = json!({"title": "New"});
    other.call(Method::PATCH, "/api/v1/problems/newer", Some(change)).await;
    let sleeper = daemon(&server, 0).data_dir(dir.path()).start().await;
    for house in [&sleeper, &other] {
        assert_eq!(slugs(house).await, ["kept", "newer", "other"]);
        assert_eq!(title(house, "newer").await, "New");
        assert_eq!(title(house, "named").await, "named");
    }
}

/// Who runs goes on by the version by which they began; who comes later goes by the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_never_mixes_with_runs_of_the_old() {
    let server = RedisServer::start();
    let (_judging, other) = (daemon(&server, 1).start().await, daemon(&server, 0).start().await);
    let limits = "[limits]\ntime_ms = 10000\nwall_ms = 60000\n";
    let old = sum().manifest(limits).test("02", "2 2\n", "4\n");
    other.add(&old).await;
    // The second test is under way for long enough to change the problem meanwhile.
    let slow =
        "import time\na, b = map(int, input().split())\nif a == 2: time.sleep(4)\nprint(a + b)";
    let early = other.submit("sum", "python", slow).await;
    let mut watcher = other.watch("/api/v1/events?user=ada&after=0").await;
    watcher.until(|event| matches!(event.body, EventBody::Test { .. })).await;
    let (first, second) = (Package::new("sum").manifest(limits), "-1\n");
    let new = first.test("01", "1 2\n", second).test("02", "2 2\n", second);
    other.add(&new).await;
    let late = other.submit("sum", "python", SUM).await;
    let later = other.submit("sum", "python", "print(-1)").await;
    let running = other.submission(&early).await.state;
    assert!(matches!(running, State::Running { .. }), "the change came too late: {running:?}");
    for (id, verdict) in [(&early, "AC"), (&late, "WA"), (&later, "AC")] {
        assert_eq!(other.outcome(id).await.verdict.code(), verdict, "{id}");
    }
    let versions = [judged_by(&other, &early).await, judged_by(&other, &late).await];
    assert_ne!(versions[0], versions[1]);
    assert_eq!(judged_by(&other, &later).await, versions[1]);
    let shown = other.get("/api/v1/problems/sum").await.body["data"]["version"].clone();
    assert_eq!(shown, versions[1]);
}

/// Bytes that are not the package's are never used; who has the package puts it right.
#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_package_is_refused_and_mended() {
    let server = RedisServer::start();
    let one = daemon(&server, 0).start().await;
    one.add(&sum()).await;
    let tamper = || {
        let piece = server.cli(&["KEYS", "*:piece:*"]);
        let text = server.cli(&["GET", &piece]);
        let at = text.find("\n3\n").or_else(|| text.find("3\n")).unwrap();
        assert_eq!(
            server.cli(&["SETRANGE", &piece, &at.to_string(), "4"]),
            text_len(&server, &piece)
        );
    };
    tamper();
    // The one who has it hears of it, and publishes it anew.
    let other = daemon(&server, 0).start().await;
    assert_eq!(title(&other, "sum").await, "sum");
    one.stop().await;
    other.stop().await;

    // Nobody has it any more.
    tamper();
    let dir = tempfile::tempdir().unwrap();
    let third = daemon(&server, 0).data_dir(dir.path()).start().await;
    let refused = third.get("/api/v1/problems/sum").await;
    assert_eq!(refused.status, 500, "{refused:?}");
    let why = refused.body["message"].as_str().unwrap();
    assert!(why.contains("`sum`") && why.contains("is damaged: its digest is"), "{why}");
    assert!(why.contains("add the problem again"), "{why}");
    assert_eq!(on_disk(dir.path()), [""; 0]);
    third.add(&sum()).await;
    assert_eq!(title(&third, "sum").await, "sum");
}

fn text_len(server: &RedisServer, key: &str) -> String {
    server.cli(&["STRLEN", key])
}

/// What Redis lost comes back from those who have it.
#[tokio::test(flavor = "multi_thread")]
async fn what_redis_lost_is_published_again() {
    let server = RedisServer::start();
    let (one, other) = (daemon(&server, 0).start().await, daemon(&server, 0).start().await);
    for slug in ["a", "b"] {
        one.add(&Package::new(slug).test("01", "1\n", "1\n")).await;
    }
    let lose = |pattern: &str| {
        for key in server.cli(&["KEYS", pattern]).lines() {
            assert_eq!(server.cli(&["DEL", key]), "1");
        }
    };
    // A piece is missed by whoever fetches it, and asked for.
    lose("*:piece:*");
    assert_eq!(title(&other, "a").await, "a");
    // The loss of everything is seen when the connections were broken, as in a restart.
    for pattern in ["*:piece:*", "*:blob:*", "*:catalogue", "*:editions"] {
        lose(pattern);
    }
    server.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    while title(&other, "b").await != "b" {}
    assert_eq!(slugs(&other).await, ["a", "b"]);
    assert_eq!(title(&other, "a").await, "a");
}

/// Fetched packages are kept as far as they fit; what was added here stays.
#[tokio::test(flavor = "multi_thread")]
async fn the_cache_has_a_bound() {
    let (server, dir) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let one = daemon(&server, 0).start().await;
    for slug in ["a", "b", "c"] {
        one.add(&heavy(slug, 400)).await;
    }
    let small = daemon(&server, 0).config(|config| config.redis.package_cache_mib = 1);
    let small = small.data_dir(dir.path()).start().await;
    small.add(&heavy("own", 2000)).await;
    for slug in ["a", "b", "a", "c"] {
        assert_eq!(title(&small, slug).await, slug);
    }
    let kept: Vec<String> =
        on_disk(dir.path()).iter().map(|name| name.split('-').next().unwrap().to_owned()).collect();
    assert_eq!(kept, ["a", "c", "own"], "`b` was not asked for the longest");
    let objects = fs::read_dir(dir.path().join("problems/objects")).unwrap();
    assert_eq!(objects.count(), 3, "and its long file is gone too");
    assert_eq!(slugs(&small).await, ["a", "b", "c", "own"]);
    assert_eq!(title(&small, "b").await, "b", "it is fetched again");
}

/// A way to a Redis that shuts after so many bytes of requests: what comes after them waits for ever.
struct Gate {
    dir: tempfile::TempDir,
    shut: watch::Receiver<bool>,
}

impl Gate {
    fn start(server: &Path, bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("gate.sock")).unwrap();
        let (told, shut) = watch::channel(false);
        let (server, left) = (server.to_owned(), Arc::new(AtomicU64::new(bytes)));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mut requests, mut replies) = client.into_split();
                let there = UnixStream::connect(&server).await.unwrap();
                let (mut from_server, mut to_server) = there.into_split();
                let (left, told) = (left.clone(), told.clone());
                tokio::spawn(async move {
                    let mut buffer = vec![0; 1 << 16];
                    while let Ok(count @ 1..) = requests.read(&mut buffer).await {
                        let order = Ordering::SeqCst;
                        let passes = |left: u64| left.checked_sub(count as u64);
                        if left.fetch_update(order, order, passes).is_err() {
                            told.send_replace(true);
                            std::future::pending::<()>().await;
                        }
                        if to_server.write_all(&buffer[..count]).await.is_err() {
                            return;
                        }
                    }
                });
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut replies).await });
            }
        });
        Self { dir, shut }
    }

    fn url(&self) -> String {
        format!("unix://{}", self.dir.path().join("gate.sock").display())
    }

    async fn shut(&mut self) {
        self.shut.wait_for(|shut| *shut).await.unwrap();
    }
}

/// A daemon that dies while it publishes leaves nothing that anybody could take for a package; and a long package passes
/// through both daemons piece by piece.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_package_is_there_as_a_whole_or_not_at_all() {
    const MIB: u64 = 50;
    const HALF: usize = 25;
    let server = RedisServer::start();
    let redis = ["--redis", &server.url(), "--workers", "0"];
    let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let half = heavy("half", (HALF as u64) << 10).write();
    let mut gate = Gate::start(&server.socket(), 5 << 20);
    let dying = Serve::start(dirs[0].path(), &["--redis", &gate.url(), "--workers", "0"]).await;
    let other = Serve::start(dirs[1].path(), &redis).await;
    tokio::select! {
        reply = dying.add_folder(half.path(), "half") => panic!("it got through: {reply:?}"),
        () = gate.shut() => {}
    }
    dying.kill().await;
    let sent = server.cli(&["KEYS", "*:piece:*"]).lines().filter(|key| !key.is_empty()).count();
    assert!(0 < sent && sent < HALF, "{sent} of {HALF} pieces");
    assert_eq!(other.house.get("/api/v1/problems/half").await.status, 404);
    assert_eq!(slugs(&other.house).await, [""; 0]);
    for key in server.cli(&["KEYS", "*:piece:*"]).lines() {
        assert_ne!(server.cli(&["TTL", key]), "-1", "{key} goes by itself");
    }
    assert_eq!(server.cli(&["KEYS", "*:blob:*"]), "");

    let folder = heavy("long", MIB << 10).write();
    let again = Serve::start(dirs[2].path(), &redis).await;
    let before = [peak(again.pid), peak(other.pid)];
    again.add_folder(folder.path(), "long").await;
    assert_eq!(other.house.get("/api/v1/problems/long").await.status, 200);
    for (pid, before) in [again.pid, other.pid].into_iter().zip(before) {
        let more = (peak(pid) - before) >> 10;
        assert!(more < 25, "{more} MiB more for a package of {MIB} MiB");
    }
    let fetched = fs::metadata(
        dirs[1]
            .path()
            .join("problems/versions")
            .join(&on_disk(dirs[1].path())[0])
            .join("tests/01.files/noise.bin"),
    );
    assert_eq!(fetched.unwrap().len(), MIB << 20);
}

/// The tables of the packages and of the others name every key that there is.
#[tokio::test(flavor = "multi_thread")]
async fn every_key_is_documented() {
    let server = RedisServer::start();
    let (one, other) = (daemon(&server, 0).start().await, daemon(&server, 0).start().await);
    let mut seen = BTreeSet::new();
    let mut look = || {
        for key in server.cli(&["KEYS", "*"]).lines() {
            let name = key.strip_prefix("{sonocode}:").expect("all keys have the namespace");
            let kind = name.split_once(':').map_or(name, |(kind, _)| kind);
            seen.insert(if name.contains(':') { format!("{kind}:") } else { kind.to_owned() });
        }
    };
    one.add(&sum()).await;
    look();
    // One that nobody can bring back stays wanted.
    one.stop().await;
    server.cli(&["DEL", &server.cli(&["KEYS", "*:piece:*"])]);
    assert_eq!(other.get("/api/v1/problems/sum").await.status, 500);
    look();

    let documented = |text: &str| -> BTreeSet<String> {
        let rows =
            text.lines().filter_map(|line| line.strip_prefix("//! | `")?.split(" | ").next());
        rows.flat_map(|names| names.split(", "))
            .map(|name| name.trim_matches('`'))
            .map(|name| {
                name.split_once(':').map_or(name.to_owned(), |(kind, _)| format!("{kind}:"))
            })
            .collect()
    };
    let others: BTreeSet<String> = [
        include_str!("../../../src/ledger/redis.rs"),
        include_str!("../../../src/cluster/members.rs"),
        include_str!("../../../src/cluster/presence.rs"),
    ]
    .into_iter()
    .flat_map(documented)
    .collect();
    let own = documented(include_str!("../../../src/cluster/packages.rs"));
    let rest: BTreeSet<String> = seen.difference(&others).cloned().collect();
    assert_eq!(rest, own);
    assert!(others.is_disjoint(&own));
}
