//! The Redis engine: the suite, and what only several clients of one server can be put through.

use super::{
    Engine, LONG, NO_LIMIT, Opened, audit::audit, conformance::conformance, custom_run, entry,
    fairness, message, model, outcome, take, test,
};
use crate::redis::RedisServer;
use async_trait::async_trait;
use sonocode::{
    judge::SubmissionId,
    ledger::{
        Cursor, Keep, Ledger, LedgerError, Receipt,
        redis::{Address, RedisLedger},
    },
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

mod faults;
mod proxy;

struct Redis;

#[async_trait]
impl Engine for Redis {
    async fn open() -> Opened {
        let server = RedisServer::start();
        Opened { ledger: Arc::new(client(&server).await), keep: Box::new(server) }
    }
}

conformance!(Redis);

#[test]
fn agrees_with_the_model() {
    model::agrees_with_the_model::<Redis>();
}

#[test]
fn is_fair() {
    fairness::is_fair::<Redis>();
}

/// A client of its own, as another daemon would be.
async fn client(server: &RedisServer) -> RedisLedger {
    client_of(&server.url()).await
}

async fn client_of(url: &str) -> RedisLedger {
    open(url, "test").await.unwrap()
}

async fn open(url: &str, namespace: &str) -> Result<RedisLedger, LedgerError> {
    RedisLedger::open(Address::parse(url).unwrap(), namespace).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_one_client_wakes_the_others() {
    let server = RedisServer::start();
    let (one, other) = (client(&server).await, client(&server).await);
    assert_eq!(one.epoch(), other.epoch());
    let (mut changed, mut grown) = (other.changed(), other.grown());
    one.submit(entry("ada"), NO_LIMIT).await.unwrap();
    changed.changed().await.unwrap();
    grown.changed().await.unwrap();
    let lease = take(&other, "w").await;
    let mut changed = one.changed();
    other.finish(&lease, outcome("done")).await.unwrap();
    changed.changed().await.unwrap();
    let cursor = Cursor::Submission { id: SubmissionId(1), after: 0 };
    while one.read(&cursor, 9).await.unwrap().len() < 3 {
        changed.changed().await.unwrap();
    }
    // A message concerns no worker.
    grown.mark_unchanged();
    one.post(vec![message(Some("ada"), "t")]).await.unwrap();
    grown.changed().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_are_taken_across_clients() {
    let server = RedisServer::start();
    let clients = [client(&server).await, client(&server).await];
    let users = ["ada", "ada", "ada", "bob", "bob", "eve", "eve", "eve", "eve", "eve", "bob"];
    for (n, user) in users.into_iter().enumerate() {
        clients[n % 2].submit(entry(user), NO_LIMIT).await.unwrap();
    }
    clients[0].submit(custom_run("ada"), NO_LIMIT).await.unwrap();
    let mut order = Vec::new();
    for n in 0..=users.len() {
        order.push(take(&clients[(n + 1) % 2], "w").await.submission.id.0);
    }
    assert_eq!(order, [12, 1, 4, 6, 2, 5, 7, 3, 11, 8, 9, 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_of_a_client_that_is_gone_is_taken_up() {
    let server = RedisServer::start();
    let (gone, other) = (client(&server).await, client(&server).await);
    gone.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lost = gone.lease("w1", Duration::from_millis(500)).await.unwrap().unwrap();
    drop(gone);
    let mut changed = other.changed();
    let lease = loop {
        match other.lease("w2", LONG).await.unwrap() {
            Some(lease) => break lease,
            None => changed.changed().await.unwrap(),
        }
    };
    assert_eq!(lease.submission.attempt, 2);
    let late = other.finish(&lost, outcome("late")).await.unwrap_err();
    assert!(matches!(late, LedgerError::Fenced(_)), "{late:?}");
    audit(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_do_not_meet() {
    let server = RedisServer::start();
    let (one, other) =
        (open(&server.url(), "one").await.unwrap(), open(&server.url(), "two").await.unwrap());
    assert_ne!(one.epoch(), other.epoch());
    for ledger in [&one, &other] {
        let submission = ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
        assert_eq!(submission.id, SubmissionId(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_keep_a_ledger_is_refused() {
    let refusal = async |server: &RedisServer| match open(&server.url(), "test").await {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.to_string(),
    };
    let server = RedisServer::with(&["--save", "", "--maxmemory-policy", "allkeys-lru"]);
    let why = refusal(&server).await;
    assert!(why.contains("CONFIG SET maxmemory-policy noeviction"), "{why}");
    assert_eq!(server.cli(&["DBSIZE"]), "0");

    let mut server = RedisServer::start();
    server.cli(&["HSET", "{test}:about", "form", "2", "epoch", "x"]);
    let why = refusal(&server).await;
    assert!(why.contains("a newer sonocode wrote what is there"), "{why}");
    server.cli(&["CONFIG", "SET", "requirepass", "secret"]);
    let why = refusal(&server).await;
    assert!(why.contains("it wants a password"), "{why}");
    server.kill();
    let why = refusal(&server).await;
    assert!(why.contains("start it, or mend the address"), "{why}");
}

/// Nor is one kept out that may not have the file written anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_needs_no_more_than_the_documents_say() {
    let documents = include_str!("../../../docs/redis.md");
    let documented = documents.lines().find(|line| line.starts_with("ACL SETUSER")).unwrap();
    let documented = documented.replace("{sonocode}", "{test}");
    let less = documented.replace(" +bgrewriteaof", "");
    assert_ne!(documented, less);
    for command in [&documented, &less] {
        let server = RedisServer::durable();
        assert_eq!(server.cli(&command.split(' ').collect::<Vec<_>>()), "OK");
        let ledger = client_of(&format!("{}?user=judge&pass=PASSWORD", server.url())).await;
        if *command == documented {
            server.rewritten().await;
        }
        ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
        let lease = take(&ledger, "w").await;
        ledger.append(&lease, vec![test("a")]).await.unwrap();
        ledger.renew(&lease, LONG).await.unwrap();
        ledger.finish(&lease, outcome("done")).await.unwrap();
        ledger.post(vec![message(Some("ada"), "t")]).await.unwrap();
        let (finished, kept) = (Some(LONG), LONG);
        let keep =
            Keep { messages: kept, pending: kept, sessions: kept, finished, unreceived: kept };
        ledger.sweep(&keep, 10).await.unwrap();
        audit(&ledger).await;
    }
}

/// The table at the head of the engine names every key that there ever is, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn every_key_is_documented() {
    let server = RedisServer::start();
    let ledger = client(&server).await;
    let mut seen = BTreeSet::new();
    let mut look = || {
        for key in server.cli(&["KEYS", "*"]).lines() {
            let name = key.strip_prefix("{test}:").expect("all keys have the namespace");
            let kind = name.split_once(':').map_or(name, |(kind, _)| kind);
            seen.insert(if name.contains(':') { format!("{kind}:") } else { kind.to_owned() });
        }
    };
    for user in ["ada", "bob"] {
        ledger.submit(entry(user), NO_LIMIT).await.unwrap();
    }
    ledger.submit(custom_run("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&ledger, "w").await;
    ledger.append(&lease, vec![test("1")]).await.unwrap();
    ledger.finish(&lease, outcome("done")).await.unwrap();
    ledger.lease("w", Duration::ZERO).await.unwrap().unwrap();
    let held = take(&ledger, "w").await;
    ledger.post(vec![message(Some("eve"), "t"), message(None, "t")]).await.unwrap();
    let chat = message(Some("eve"), "chat");
    let chat = sonocode::judge::NewMessage { channel: sonocode::judge::Channel::Chat, ..chat };
    ledger.post(vec![chat]).await.unwrap();
    ledger.receive(vec![Receipt { user: "eve".into(), pos: 1 }]).await.unwrap();
    let session = sonocode::ledger::Session { user: "eve".into(), until: None };
    ledger.keep_session("p", &session).await.unwrap();
    look();
    // Two leases run out at once: the second waits beside the queue while the first is taken up.
    for lease in [&held, &take(&ledger, "w").await] {
        ledger.renew(lease, Duration::ZERO).await.unwrap();
    }
    let again = take(&ledger, "w").await;
    look();
    ledger.release(&again, "done with it").await.unwrap();

    let text = include_str!("../../../src/ledger/redis.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `")?.split(" | ").next());
    let documented: BTreeSet<String> = rows
        .flat_map(|names| names.split(", "))
        .map(|name| name.trim_matches('`'))
        .map(|name| name.split_once(':').map_or(name.to_owned(), |(kind, _)| format!("{kind}:")))
        .collect();
    assert_eq!(seen, documented);

    // And what is no longer needed is gone.
    ledger.cancel(SubmissionId(1)).await.unwrap();
    ledger.cancel(SubmissionId(2)).await.unwrap();
    let none = Duration::ZERO;
    let keep = Keep {
        messages: none,
        pending: none,
        sessions: none,
        finished: Some(none),
        unreceived: none,
    };
    ledger.sweep(&keep, 9).await.unwrap();
    let left = server.cli(&["KEYS", "*"]);
    for gone in [
        "w:", "ring:", "leased", "lapsed:", "everyone", "pushes", "sessions", "used", "s:", "t:",
        "r:", "j:", "by:", "for:", "is:", "u:ada", "u:bob",
    ] {
        assert!(!left.contains(&format!("{{test}}:{gone}")), "{gone} is left:\n{left}");
    }
    audit(&ledger).await;
}
