//! Presence over one Redis, as daemons use it.

use crate::{house::PATIENCE, redis::RedisServer};
use futures_util::future::join_all;
use jiff::Timestamp;
use sonocode::{
    cluster::{Pace, SharedPresence},
    hub::presence::{CHAT, Connection, Counts, Presence},
    ledger::{
        LedgerError,
        redis::{Address, RedisLedger},
    },
};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

/// Quick, so that no test waits long for what runs out.
const PACE: Pace = Pace { beat: Duration::from_millis(100), ttl: Duration::from_millis(1500) };

/// One telling a day: what happens in such a test happens because something changed.
const SELDOM: Pace = Pace { beat: Duration::from_secs(86_400), ttl: Duration::from_secs(86_400) };

/// A daemon's part.
struct Member {
    /// Dropped with it, as when the daemon dies.
    _ledger: RedisLedger,
    presence: SharedPresence,
}

async fn member(server: &RedisServer, name: &str, pace: Pace, bare_keys: bool) -> Member {
    let address = Address::parse(&server.url()).unwrap();
    let ledger = RedisLedger::open(address, "test").await.unwrap();
    let presence = SharedPresence::open(&ledger, name.into(), pace, bare_keys).await.unwrap();
    Member { _ledger: ledger, presence }
}

fn connection(user: &str, socket: &str) -> Connection {
    Connection {
        socket: socket.into(),
        user: user.into(),
        transport: "websocket",
        dialect: "sonocode",
        address: "127.0.0.1:9".into(),
        since: Timestamp::UNIX_EPOCH,
        instance: "here".into(),
    }
}

async fn sockets(member: &Member, user: &str) -> Vec<String> {
    let known = member.presence.of(user).await;
    known.into_iter().map(|socket| format!("{}@{}", socket.socket, socket.instance)).collect()
}

/// Asks until these are the sockets of a user.
async fn has(member: &Member, user: &str, expected: &[&str]) {
    let mut seen = Vec::new();
    let known = async {
        loop {
            seen = sockets(member, user).await;
            if seen
                .iter()
                .map(|socket| socket.split('@').next().unwrap())
                .eq(expected.iter().copied())
            {
                return;
            }
        }
    };
    let known = timeout(PATIENCE, known).await;
    assert!(known.is_ok(), "{user} never has {expected:?} but {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_daemon_knows_every_socket_and_only_its_own_takes_it_away() {
    let server = RedisServer::start();
    let a = member(&server, "a", SELDOM, false).await;
    let b = member(&server, "b", SELDOM, false).await;
    // What registered here is known there at once: nobody waits in this test.
    a.presence.register(&connection("ada", "1")).await;
    b.presence.register(&connection("ada", "2")).await;
    a.presence.register(&connection("ada", "3")).await;
    b.presence.register(&connection("bob", "4")).await;
    for member in [&a, &b] {
        let newest = member.presence.newest("ada").await;
        assert_eq!(newest.as_deref(), Some("3"), "at {}", member.presence.instance());
        assert!(member.presence.takes_pushes("bob").await.unwrap());
        assert!(!member.presence.takes_pushes("eve").await.unwrap());
    }
    assert_eq!(a.presence.newest("eve").await, None);
    assert_eq!(sockets(&a, "ada").await, ["1@here", "2@b", "3@here"]);
    assert_eq!(sockets(&b, "ada").await, ["1@a", "2@here", "3@a"]);
    assert_eq!(b.presence.of("ada").await[2].address, "127.0.0.1:9");
    assert_eq!(a.presence.counts(), Counts { users: 1, sockets: 2 }, "its own");
    assert_eq!(b.presence.counts(), Counts { users: 2, sockets: 2 });

    // The newest again, once; and with another user.
    a.presence.register(&connection("ada", "1")).await;
    assert_eq!(b.presence.newest("ada").await.as_deref(), Some("1"));
    b.presence.register(&connection("eve", "4")).await;
    assert!(!a.presence.takes_pushes("bob").await.unwrap());
    assert!(a.presence.takes_pushes("eve").await.unwrap());

    // Nobody but its owner, and not for a user whose it is no more.
    b.presence.remove("ada", "1").await;
    b.presence.remove("bob", "4").await;
    has(&b, "ada", &["2", "3", "1"]).await;
    has(&a, "eve", &["4"]).await;
    a.presence.remove("ada", "1").await;
    has(&b, "ada", &["2", "3"]).await;

    // A chat's socket takes no pushes, wherever it is.
    a.presence.register(&Connection { dialect: CHAT, ..connection("zoe", "5") }).await;
    assert!(!b.presence.takes_pushes("zoe").await.unwrap());
    assert_eq!(sockets(&b, "zoe").await, ["5@a"]);

    // One that is drained leaves nothing.
    a.presence.close().await;
    assert_eq!(sockets(&b, "ada").await, ["2@here"]);
    assert_eq!(sockets(&b, "zoe").await, [""; 0]);
    b.presence.close().await;
    assert_eq!(server.cli(&["EXISTS", "{test}:at:ada", "{test}:at:eve", "{test}:at:zoe"]), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sockets_of_a_daemon_that_died_are_past_their_time_soon() {
    let server = RedisServer::start();
    let (lives, dies) =
        (member(&server, "lives", PACE, true).await, member(&server, "dies", PACE, true).await);
    let watches = member(&server, "watches", PACE, true).await;
    lives.presence.register(&connection("ada", "1")).await;
    dies.presence.register(&connection("ada", "2")).await;
    dies.presence.register(&connection("bob", "3")).await;
    assert_eq!(watches.presence.newest("ada").await.as_deref(), Some("2"));
    assert_eq!(server.cli(&["GET", "bob"]), "3");
    drop(dies);
    // Those of the other one are told again and again, and stay.
    has(&watches, "ada", &["1"]).await;
    has(&watches, "bob", &[]).await;
    assert!(!watches.presence.takes_pushes("bob").await.unwrap());
    while server.cli(&["EXISTS", "bob", "{test}:at:bob"]) != "0" {}
    // The other services' key becomes the socket that is left.
    while server.cli(&["GET", "ada"]) != "1" {}
    assert_eq!(sockets(&watches, "ada").await, ["1@lives"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_lost_is_told_again() {
    let mut server = RedisServer::durable();
    let (a, b) = (member(&server, "a", PACE, false).await, member(&server, "b", PACE, false).await);
    a.presence.register(&connection("ada", "1")).await;
    server.cli(&["DEL", "{test}:at:ada"]);
    has(&b, "ada", &["1"]).await;

    // While it is away, a daemon knows of its own, and does not say of others that they are not there.
    server.kill();
    b.presence.register(&connection("bob", "2")).await;
    assert!(b.presence.takes_pushes("bob").await.unwrap());
    assert_eq!(b.presence.newest("bob").await.as_deref(), Some("2"));
    let unknown = b.presence.takes_pushes("ada").await.unwrap_err();
    assert!(matches!(unknown, LedgerError::Away(_)), "{unknown:?}");
    a.presence.remove("ada", "1").await;
    a.presence.register(&connection("ada", "5")).await;
    server.start_again();
    has(&a, "bob", &["2"]).await;
    // What went meanwhile was not told, and runs out.
    has(&b, "ada", &["5"]).await;
}

/// The next telling comes tomorrow; that Redis is back is enough.
#[tokio::test(flavor = "multi_thread")]
async fn all_is_told_as_soon_as_redis_is_back() {
    let mut server = RedisServer::durable();
    let (a, b) =
        (member(&server, "a", SELDOM, false).await, member(&server, "b", SELDOM, false).await);
    server.kill();
    a.presence.register(&connection("ada", "1")).await;
    server.start_again();
    has(&b, "ada", &["1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_sockets_is_few_requests() {
    const SOCKETS: usize = 3000;
    let server = RedisServer::start();
    let (a, b) =
        (member(&server, "a", SELDOM, false).await, member(&server, "b", SELDOM, false).await);
    let calls = || {
        let stats = server.cli(&["INFO", "commandstats"]);
        let line =
            stats.lines().find(|line| line.starts_with("cmdstat_evalsha")).unwrap().to_owned();
        line.split(['=', ',']).nth(1).unwrap().parse::<usize>().unwrap()
    };
    let before = calls();
    let names: Vec<_> = (0..SOCKETS).map(|n| (format!("user-{}", n / 2), n.to_string())).collect();
    let all: Vec<_> = names.iter().map(|(user, socket)| connection(user, socket)).collect();
    join_all(all.iter().map(|one| a.presence.register(one))).await;
    let took = calls() - before;
    assert!(took <= SOCKETS / 10, "{took} requests");
    for n in [0, 2, SOCKETS - 2] {
        let user = format!("user-{}", n / 2);
        has(&b, &user, &[&n.to_string(), &(n + 1).to_string()]).await;
    }
    assert_eq!(a.presence.counts().sockets, SOCKETS as u64);
    a.presence.close().await;
    assert_eq!(sockets(&b, "user-7").await, [""; 0]);
}

/// What services of the seed systems read, and what they must not lose.
#[tokio::test(flavor = "multi_thread")]
async fn bare_keys_are_those_of_the_seeds() {
    let server = RedisServer::start();
    let a = member(&server, "a", SELDOM, true).await;
    let b = member(&server, "b", SELDOM, true).await;
    a.presence.register(&connection("ada", "1")).await;
    b.presence.register(&connection("ada", "2")).await;
    assert_eq!(server.cli(&["GET", "ada"]), "2");
    assert!(server.cli(&["PTTL", "ada"]).parse::<i64>().unwrap() > 0);
    // A chat's socket is none to them.
    a.presence.register(&Connection { dialect: CHAT, ..connection("ada", "3") }).await;
    assert_eq!(server.cli(&["GET", "ada"]), "2");
    // The older one goes, and then the newest: never is the key taken by who does not own it.
    a.presence.register(&connection("ada", "4")).await;
    b.presence.remove("ada", "2").await;
    has(&a, "ada", &["1", "3", "4"]).await;
    assert_eq!(server.cli(&["GET", "ada"]), "4");
    a.presence.remove("ada", "4").await;
    has(&b, "ada", &["1", "3"]).await;
    assert_eq!(server.cli(&["GET", "ada"]), "1");
    a.presence.close().await;
    assert_eq!(server.cli(&["EXISTS", "ada"]), "0");

    // A user may have any name; other things' keys stay what they are.
    server.cli(&["RPUSH", "bull", "a queue"]);
    for user in ["bull", "{test}:tally", "{test}:at:ada"] {
        b.presence.register(&connection(user, "7")).await;
        assert!(a.presence.takes_pushes(user).await.unwrap(), "{user}");
        b.presence.remove(user, "7").await;
        has(&a, user, &[]).await;
    }
    assert_eq!(server.cli(&["LRANGE", "bull", "0", "-1"]), "a queue");
    assert_eq!(server.cli(&["KEYS", "*ada*"]), "");
}

/// The table at the head of the file names every key.
#[tokio::test(flavor = "multi_thread")]
async fn every_key_is_documented() {
    let server = RedisServer::start();
    let before: BTreeSet<String> = {
        let address = Address::parse(&server.url()).unwrap();
        let _ledger = RedisLedger::open(address, "test").await.unwrap();
        server.cli(&["KEYS", "*"]).lines().map(str::to_owned).collect()
    };
    let a = member(&server, "a", SELDOM, false).await;
    a.presence.register(&connection("ada", "1")).await;
    a.presence.register(&Connection { dialect: CHAT, ..connection("bob", "2") }).await;
    let after: BTreeSet<String> = server.cli(&["KEYS", "*"]).lines().map(str::to_owned).collect();
    let made: BTreeSet<&str> =
        after.difference(&before).map(|key| key.strip_prefix("{test}:").unwrap()).collect();
    assert_eq!(made, BTreeSet::from(["at:ada", "at:bob"]));
    let text = include_str!("../../../src/cluster/presence.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), ["at:USER"]);
    assert!(server.cli(&["PTTL", "{test}:at:ada"]).parse::<i64>().unwrap() > 0);
}
