//! Work goes on while connections break, requests come late and the server is killed: nothing is lost and nothing is done
//! twice.

use super::{client, client_of, proxy::Proxy};
use crate::{
    ledger::{
        LONG, NO_LIMIT,
        audit::{Snapshot, audit},
        entry, message, outcome, take, test,
    },
    redis::RedisServer,
};
use sonocode::{
    judge::{EventBody, NewSubmission, State, SubmissionId},
    ledger::{Counts, Filter, Ledger, LedgerError, redis::RedisLedger},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{join, task::JoinSet};

/// Submissions of each of two users.
const EACH: usize = 30;

/// What was acknowledged.
#[derive(Default)]
struct Told {
    accepted: Mutex<BTreeMap<SubmissionId, String>>,
    finished: Mutex<BTreeSet<SubmissionId>>,
}

/// Asks again while Redis is away.
async fn patiently<T, F: Future<Output = Result<T, LedgerError>>>(ask: impl Fn() -> F) -> T {
    loop {
        match ask().await {
            Ok(value) => return value,
            Err(LedgerError::Away(_)) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    }
}

/// A submission that was not acknowledged is not sent again: it may be there once, or not at all.
async fn submit(ledger: Arc<RedisLedger>, user: &'static str, told: Arc<Told>) {
    for n in 0..EACH {
        let new = NewSubmission { source: format!("{user} {n}"), ..entry(user) };
        match ledger.submit(new.clone(), NO_LIMIT).await {
            Ok(submission) => {
                told.accepted.lock().unwrap().insert(submission.id, new.source);
            }
            Err(LedgerError::Away(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

async fn work(ledger: Arc<RedisLedger>, worker: String, told: Arc<Told>) {
    let mut changed = ledger.changed();
    loop {
        let Some(lease) = ledger.lease(&worker, LONG).await.unwrap() else {
            changed.changed().await.unwrap();
            continue;
        };
        let id = lease.submission.id;
        ledger.append(&lease, vec![test("a"), test("b")]).await.unwrap();
        ledger.append(&lease, vec![test("c")]).await.unwrap();
        ledger.finish(&lease, outcome(&lease.submission.source)).await.unwrap();
        told.finished.lock().unwrap().insert(id);
    }
}

/// Two users submit to one client, and two workers at each of both judge, until all is done.
async fn judge_all(ledgers: [RedisLedger; 2]) -> (Arc<Told>, [Arc<RedisLedger>; 2]) {
    let (ledgers, told) = (ledgers.map(Arc::new), Arc::new(Told::default()));
    let mut workers = JoinSet::new();
    for n in 0..4 {
        workers.spawn(work(ledgers[n % 2].clone(), format!("w{n}"), told.clone()));
    }
    let submitting =
        ["ada", "bob"].map(|user| tokio::spawn(submit(ledgers[0].clone(), user, told.clone())));
    for task in submitting {
        task.await.unwrap();
    }
    let mut changed = ledgers[1].changed();
    loop {
        let Counts { queued, running, .. } = patiently(|| ledgers[1].counts()).await;
        if queued + running == 0 {
            break;
        }
        tokio::select! {
            news = changed.changed() => news.unwrap(),
            died = workers.join_next() => died.unwrap().unwrap(),
        }
    }
    workers.shutdown().await;
    (told, ledgers)
}

/// Everything that was acknowledged is there, once, and was judged in one attempt.
fn check(told: &Told, all: &Snapshot) {
    let accepted = told.accepted.lock().unwrap();
    let mut sources = BTreeSet::new();
    for submission in &all.submissions {
        assert!(sources.insert(&submission.source), "{} was accepted twice", submission.source);
        let expected = State::Finished { result: outcome(&submission.source) };
        assert_eq!((&submission.state, submission.attempt), (&expected, 1));
        let mut names = String::new();
        for event in all.events.iter().filter(|event| event.submission == submission.id) {
            if let EventBody::Test { name, .. } = &event.body {
                names.push_str(name);
            }
        }
        assert_eq!(names, "abc", "submission {}", submission.id);
    }
    for (id, source) in &*accepted {
        let there = all.submissions.iter().find(|submission| submission.id == *id);
        assert_eq!(there.map(|submission| &submission.source), Some(source));
    }
    let finished = told.finished.lock().unwrap();
    assert!(finished.iter().all(|id| all.submissions.iter().any(|one| one.id == *id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_are_lost_or_late_are_done_once() {
    let server = RedisServer::start();
    let proxy = Proxy::start(&server.socket());
    let ledgers = [client_of(&proxy.url()).await, client_of(&proxy.url()).await];
    proxy.disturb(25);
    let (told, _ledgers) = judge_all(ledgers).await;
    let (lost, late) = proxy.calm().await;
    assert!(lost > 3 && late > 3, "{lost} replies lost, {late} requests late");
    check(&told, &audit(&client(&server).await).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_killed_loses_nothing_that_was_acknowledged() {
    let mut server = RedisServer::durable();
    let ledgers = [client(&server).await, client(&server).await];
    let watcher = client(&server).await;
    let judging = tokio::spawn(judge_all(ledgers));
    let mut changed = watcher.changed();
    for kill in 1..=4 {
        while patiently(|| watcher.counts()).await.finished < kill * 6 {
            changed.changed().await.unwrap();
        }
        server.kill();
        server.start_again();
    }
    let (told, _ledgers) = judging.await.unwrap();
    check(&told, &audit(&watcher).await);
}

/// Whose lease ran out while the server was away renews it before others may take it up.
#[tokio::test(flavor = "multi_thread")]
async fn holders_come_first_when_redis_is_back() {
    let mut server = RedisServer::durable();
    let (holder, other) = (client(&server).await, client(&server).await);
    holder.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = holder.lease("w1", Duration::from_millis(1)).await.unwrap().unwrap();
    server.kill();
    server.start_again();
    assert_eq!(other.lease("w2", LONG).await.unwrap(), None, "it is the holder's for now");
    patiently(|| holder.renew(&lease, LONG)).await;
    holder.finish(&lease, outcome("in time")).await.unwrap();

    // But not for ever.
    holder.submit(entry("ada"), NO_LIMIT).await.unwrap();
    holder.lease("w1", Duration::from_millis(1)).await.unwrap().unwrap();
    drop(holder);
    let mut changed = other.changed();
    let lease = loop {
        match other.lease("w2", LONG).await.unwrap() {
            Some(lease) => break lease,
            None => changed.changed().await.unwrap(),
        }
    };
    assert_eq!(lease.submission.attempt, 2);
    audit(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_refused_while_redis_is_away() {
    let mut server = RedisServer::durable();
    let ledger = Arc::new(client(&server).await);
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&*ledger, "w").await;
    server.kill();
    let refused = ledger.submit(entry("bob"), NO_LIMIT).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Away(_)), "{refused:?}");
    assert!(refused.to_string().contains("cannot be reached"), "{refused}");
    let refused = ledger.submission(lease.submission.id).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Away(_)), "{refused:?}");
    assert!(matches!(ledger.renew(&lease, LONG).await, Err(LedgerError::Away(_))));

    // What is judged meanwhile is recorded when it is back.
    let mut changed = ledger.changed();
    let finishing = tokio::spawn({
        let (ledger, lease) = (ledger.clone(), lease.clone());
        async move { ledger.finish(&lease, outcome("after all")).await }
    });
    server.start_again();
    finishing.await.unwrap().unwrap();
    changed.changed().await.unwrap();
    let all = audit(&*ledger).await;
    assert_eq!((all.submissions.len(), all.counts.finished), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_memory_changes_nothing() {
    let server = RedisServer::start();
    let ledger = Arc::new(client(&server).await);
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&*ledger, "w").await;
    let before = audit(&*ledger).await;
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let refused = ledger.submit(entry("bob"), NO_LIMIT).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Away(_)), "{refused:?}");
    assert!(refused.to_string().contains("raise maxmemory"), "{refused}");
    assert_eq!(audit(&*ledger).await, before);
    let finishing = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.finish(&lease, outcome("done")).await }
    });
    server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    finishing.await.unwrap().unwrap();
    let waiting = Filter { status: Some("queued".into()), limit: 9, ..Filter::default() };
    assert!(ledger.submissions(&waiting).await.unwrap().is_empty());
    audit(&*ledger).await;
}

/// Redis looks at its memory before the first write of a script only.
#[tokio::test(flavor = "multi_thread")]
async fn without_memory_nothing_comes_in_behind_a_verdict() {
    let server = RedisServer::start();
    let ledger = client(&server).await;
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&ledger, "w").await;
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let (finished, refused) =
        join!(ledger.finish(&lease, outcome("done")), ledger.submit(entry("bob"), NO_LIMIT));
    finished.unwrap();
    assert!(matches!(refused, Err(LedgerError::Away(_))), "{refused:?}");
    server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    let all = audit(&ledger).await;
    assert_eq!((all.submissions.len(), all.counts.finished), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_together_goes_together_and_one_failure_is_its_own() {
    let server = RedisServer::start();
    let ledger = client(&server).await;
    server.cli(&["SET", "{test}:by:eve", "no list of submissions"]);
    // This one fails when its place in the log is taken already.
    server.cli(&["SET", "{test}:u:bob", "no log"]);
    server.cli(&["CONFIG", "RESETSTAT"]);
    let users = (0..200).map(|n| match n % 10 {
        3 => "bob",
        7 => "eve",
        _ => "ada",
    });
    let submits = users.map(|user| ledger.submit(entry(user), NO_LIMIT));
    let (mut accepted, mut failed) = (BTreeSet::new(), 0);
    for submitted in futures_util::future::join_all(submits).await {
        match submitted {
            Ok(new) => assert!(new.user == "ada" && accepted.insert(new.id), "{new:?}"),
            Err(LedgerError::Store(why)) => {
                assert!(why.contains("WRONGTYPE"), "{why}");
                failed += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((accepted.len(), failed), (160, 40));
    let stats = server.cli(&["INFO", "commandstats"]);
    let runs = stats.split("cmdstat_evalsha:calls=").nth(1).and_then(|rest| rest.split(',').next());
    let runs: u32 = runs.unwrap().parse().unwrap();
    assert!(runs < 50, "200 submissions took {runs} runs of scripts");
    for id in accepted {
        assert_eq!(ledger.submission(id).await.unwrap().state, State::Queued);
    }
}

/// An empty Redis in the place of ours is not taken for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_gone_is_not_begun_anew() {
    let server = RedisServer::start();
    let ledger = client(&server).await;
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    server.cli(&["FLUSHALL"]);
    server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
    let refused = loop {
        match ledger.submit(entry("bob"), NO_LIMIT).await {
            Err(error) if error.to_string().contains("is gone or is another one") => break error,
            Err(LedgerError::Away(_)) => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(refused, LedgerError::Away(_)), "{refused:?}");
    assert_eq!(server.cli(&["DBSIZE"]), "0", "nothing was written");
}

/// A server that lost its newest writes gives neither a place nor a number nor a fence that it gave before.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_lost_it_does_not_give_again() {
    let mut server = RedisServer::start();
    let (one, other) = (client(&server).await, client(&server).await);
    one.submit(entry("ada"), NO_LIMIT).await.unwrap();
    server.cli(&["SAVE"]);
    let lost = one.submit(entry("bob"), NO_LIMIT).await.unwrap();
    let held = take(&one, "w").await;
    // What it is told then includes what others were given.
    let [place] = other.post(vec![message(None, "t")]).await.unwrap()[..] else { panic!("one") };
    server.kill();
    server.start_again();
    let next = patiently(|| other.submit(entry("eve"), NO_LIMIT)).await;
    assert!(next.id > lost.id, "{:?} after {:?}", next.id, lost.id);
    let events = other.read(&sonocode::ledger::Cursor::All { after: place }, 9).await.unwrap();
    assert_eq!(events.len(), 1, "the new one's: {events:?}");
    let gone = other.submission(lost.id).await;
    assert!(matches!(gone, Err(LedgerError::NotFound(_))), "{gone:?}");
    let again = take(&other, "w").await;
    assert_eq!(again.submission.id, held.submission.id);
    assert!(again.fence > held.fence, "{} after {}", again.fence, held.fence);
    let late = one.finish(&held, outcome("late")).await;
    assert!(matches!(late, Err(LedgerError::Fenced(_))), "{late:?}");
}

/// Nor does it when the first client that comes knows nothing of what was lost.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_first_need_not_know_what_was_lost() {
    let mut server = RedisServer::start();
    let one = client(&server).await;
    one.submit(entry("ada"), NO_LIMIT).await.unwrap();
    server.cli(&["SAVE"]);
    let lost = one.submit(entry("bob"), NO_LIMIT).await.unwrap();
    let held = take(&one, "w").await;
    let place = one.last_place().await.unwrap();
    drop(one);
    server.kill();
    server.start_again();
    let new = client(&server).await;
    let next = new.submit(entry("eve"), NO_LIMIT).await.unwrap();
    assert!(next.id > lost.id, "{:?} after {:?}", next.id, lost.id);
    let events = new.read(&sonocode::ledger::Cursor::All { after: place }, 9).await.unwrap();
    assert_eq!(events.len(), 1, "a reader who had all of it hears what comes: {events:?}");
    let again = take(&new, "w").await;
    assert!(again.fence > held.fence, "{} after {}", again.fence, held.fence);
    audit(&new).await;
}

/// The power is cut while the server writes what a script did. It takes up no part of it: not when it starts, and not when
/// it starts once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_torn_brings_nothing_back_by_halves() {
    for torn in [20, 200, 400] {
        let mut server = RedisServer::durable();
        let ledger = client(&server).await;
        let kept = ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
        let whole = server.file_bytes();
        let lost = ledger.submit(entry("bob"), NO_LIMIT).await.unwrap();
        assert!(server.file_bytes() - whole > torn, "it is within the last one");
        server.kill();
        server.tear(torn);
        server.start_again();
        patiently(|| ledger.counts()).await;
        server.rewritten().await;
        let next = ledger.submit(entry("eve"), NO_LIMIT).await.unwrap();
        server.kill();
        server.start_again();
        let waiting = patiently(|| ledger.queue(9)).await.waiting;
        assert_eq!(waiting.submissions, 2);
        let all = audit(&ledger).await;
        assert_eq!(
            all.submissions.iter().map(|one| one.id).collect::<Vec<_>>(),
            [kept.id, next.id]
        );
        assert!(next.id > lost.id);
        for id in [kept.id, next.id] {
            let lease = take(&ledger, "w").await;
            assert_eq!(lease.submission.id, id);
            ledger.finish(&lease, outcome("done")).await.unwrap();
        }
        audit(&ledger).await;
    }
}

/// What may be left of a script of which a part was taken up: a submission that waits twice, as another user's or while it
/// runs, users who wait for nothing, and a lease of what has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_the_queue_that_is_wrong_stops_nobody() {
    let server = RedisServer::start();
    let ledger = client(&server).await;
    let [ended, held, first, second] = {
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(ledger.submit(entry("ada"), NO_LIMIT).await.unwrap().id);
        }
        <[SubmissionId; 4]>::try_from(all).unwrap()
    };
    let lease = take(&ledger, "w").await;
    assert_eq!(lease.submission.id, ended);
    ledger.finish(&lease, outcome("done")).await.unwrap();
    let lease = take(&ledger, "w").await;
    assert_eq!(lease.submission.id, held);
    let place = |key: &str, score: &str, member: &str| {
        server.cli(&["ZADD", &format!("{{test}}:{key}"), score, member]);
    };
    for id in [ended, held, second, SubmissionId(99)].map(|id| id.to_string()) {
        place("w:1:bob", &id, &id);
    }
    place("w:1:ada", "0", &ended.to_string());
    place("lapsed:1", "0", &ended.to_string());
    place("lapsed:0", "0", "98");
    place("leased", "0", "97");
    place("ring:1", "0", "bob");
    place("ring:0", "0", "eve");
    for expected in [Some(first), Some(second), None] {
        let lease = ledger.lease("w", LONG).await.unwrap();
        assert_eq!(lease.map(|lease| lease.submission.id), expected);
    }
    ledger.finish(&lease, outcome("in time")).await.unwrap();
}
