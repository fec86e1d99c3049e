//! Delivery over a ledger in a file: whatever happens, a subscription gets the log.

#![allow(clippy::unwrap_used)] // A test may panic.

use super::*;
use crate::{
    judge::{Audience, Channel, NewMessage, NewSubmission, Task},
    ledger::sqlite::SqliteLedger,
};
use proptest::{prelude::*, test_runner::TestRunner};
use std::path::PathBuf;

const LARGE: usize = 1 << 20;

struct House {
    ledger: Arc<SqliteLedger>,
    delivery: Arc<Delivery>,
    shutdown: CancellationToken,
    dir: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Arc::new(SqliteLedger::open(&dir.path().join("ledger.db")).unwrap());
        let shutdown = CancellationToken::new();
        let delivery = Delivery::start(ledger.clone(), shutdown.clone());
        Self { ledger, delivery, shutdown, dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("ledger.db")
    }

    async fn post(&self, user: Option<&str>, length: usize) -> u64 {
        let to = user.map_or(Audience::Everyone, |user| Audience::User(user.into()));
        let payload = format!("\"{}\"", "x".repeat(length));
        let message = NewMessage { to, channel: Channel::Push, topic: "t".into(), payload };
        self.ledger.post(vec![message]).await.unwrap()[0]
    }

    async fn submit(&self, user: &str) {
        let new = NewSubmission {
            user: user.into(),
            task: Task::run(""),
            language: "c".into(),
            source: String::new(),
        };
        self.ledger.submit(new, u64::MAX).await.unwrap();
    }

    /// The places of a user's log after a place.
    async fn places(&self, user: &str, after: u64) -> Vec<u64> {
        let whose = Whose::User(user.into());
        let log = self.ledger.log(&whose, after, usize::MAX).await.unwrap();
        log.iter().map(Entry::pos).collect()
    }

    /// Waits until everything that there is was handed out.
    async fn handed_out(&self) {
        let last = self.post(Some("nobody"), 0).await;
        let mut nobody = self.delivery.subscribe("nobody", last - 1, LARGE);
        nobody.next().await.unwrap();
        while self.delivery.seats().at < last {
            tokio::task::yield_now().await;
        }
    }
}

async fn place(subscription: &mut Subscription) -> u64 {
    time::timeout(Duration::from_secs(60), subscription.next()).await.unwrap().unwrap().pos()
}

#[derive(Clone, Debug)]
enum Op {
    /// To one of the users or to everyone, so long.
    Post(Option<u8>, usize),
    Submit(u8),
    /// A user's subscription, after this many hundredths of the log.
    Subscribe(u8, u8),
    /// Takes entries from one of the subscriptions, should there be some.
    Take(u8, u8),
    /// Lets the reader come along.
    Rest,
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (prop::option::weighted(0.9, 0..3u8), 0..400usize).prop_map(|(u, n)| Op::Post(u, n)),
        1 => (0..3u8).prop_map(Op::Submit),
        2 => (0..3u8, 0..=100u8).prop_map(|(u, p)| Op::Subscribe(u, p)),
        4 => (any::<u8>(), 1..9u8).prop_map(|(s, n)| Op::Take(s, n)),
        1 => Just(Op::Rest),
    ]
}

/// A subscription, where it began and what it got.
struct Reader {
    user: String,
    from: u64,
    seen: Vec<u64>,
    subscription: Subscription,
    /// How often its seat was found emptied.
    overflows: u64,
}

impl Reader {
    async fn take(&mut self) {
        self.overflows += u64::from(self.subscription.seat.waiting().overflowed);
        self.seen.push(place(&mut self.subscription).await);
    }
}

fn user(number: u8) -> String {
    format!("user{number}")
}

/// Runs the operations and returns how often a seat had overflowed on the way.
async fn run(ops: Vec<Op>, bound: usize) -> u64 {
    let house = House::new();
    let mut readers: Vec<Reader> = Vec::new();
    for op in ops {
        match op {
            Op::Post(to, length) => _ = house.post(to.map(user).as_deref(), length).await,
            Op::Submit(number) => house.submit(&user(number)).await,
            Op::Subscribe(number, hundredths) => {
                let from = house.ledger.last_place().await.unwrap() * u64::from(hundredths) / 100;
                readers.push(Reader {
                    user: user(number),
                    from,
                    seen: Vec::new(),
                    subscription: house.delivery.subscribe(&user(number), from, bound),
                    overflows: 0,
                });
            }
            Op::Take(number, count) => {
                let some = readers.len().max(1);
                let Some(reader) = readers.get_mut(usize::from(number) % some) else { continue };
                let there = house.places(&reader.user, reader.from).await.len();
                for _ in 0..usize::from(count).min(there - reader.seen.len()) {
                    reader.take().await;
                }
            }
            Op::Rest => house.handed_out().await,
        }
    }
    let last = house.post(None, 1).await;
    let mut overflows = 0;
    for mut reader in readers {
        while reader.seen.last() != Some(&last) {
            reader.take().await;
        }
        assert_eq!(reader.seen, house.places(&reader.user, reader.from).await, "{}", reader.user);
        overflows += reader.overflows;
    }
    assert_eq!(house.delivery.listeners(), 0, "who is gone has left its seat");
    overflows
}

#[test]
fn a_subscription_gets_exactly_the_log_after_its_place() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() };
    // Most of the time a few entries fit, so that seats overflow; else all of them.
    let bounds = prop_oneof![3 => 1..3000usize, 1 => Just(LARGE)];
    let overflows = std::cell::Cell::new(0);
    TestRunner::new(config)
        .run(&(prop::collection::vec(any_op(), 1..120), bounds), |(ops, bound)| {
            overflows.set(overflows.get() + runtime.block_on(run(ops, bound)));
            Ok(())
        })
        .unwrap();
    assert!(overflows.get() > 0, "no seat overflowed: the bounds are too wide to say anything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_join_while_much_is_written() {
    const EACH: usize = 200;
    let house = Arc::new(House::new());
    let writers = [Some("ada"), Some("bob"), None].map(|to| {
        let house = house.clone();
        tokio::spawn(async move {
            for length in 0..EACH {
                house.post(to, length).await;
            }
        })
    });
    let readers = (0..40).map(|number| {
        let house = house.clone();
        tokio::spawn(async move {
            // Each joins at another moment, and reads from the beginning.
            for _ in 0..number * 5 {
                tokio::task::yield_now().await;
            }
            let user = ["ada", "bob"][number % 2];
            let mut subscription = house.delivery.subscribe(user, 0, 1 << 30);
            let mut seen = Vec::new();
            while seen.len() < 2 * EACH {
                seen.push(place(&mut subscription).await);
            }
            assert_eq!(seen, house.places(user, 0).await);
        })
    });
    let readers: Vec<_> = readers.collect();
    for task in writers.into_iter().chain(readers) {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn whoever_takes_nothing_for_long_holds_nobody_up_and_gets_everything() {
    let house = House::new();
    let bound = 4 * (FRAME + 103);
    let mut slow = house.delivery.subscribe("ada", 0, bound);
    let mut quick = house.delivery.subscribe("ada", 0, bound);
    let first = house.post(Some("ada"), 100).await;
    assert_eq!((place(&mut slow).await, place(&mut quick).await), (first, first));
    // Many times its bound passes by before it takes one more, and again before it takes the rest.
    for _ in 0..2 {
        for _ in 0..40 {
            let posted = house.post(Some("ada"), 100).await;
            assert_eq!(place(&mut quick).await, posted);
        }
        assert!(slow.seat.waiting().entries.is_empty(), "nothing is kept for it");
        let next = slow.after + 1;
        assert_eq!(place(&mut slow).await, next);
    }
    for expected in house.places("ada", slow.after).await {
        assert_eq!(place(&mut slow).await, expected);
    }
}

#[tokio::test]
async fn what_passed_by_is_told_before_the_shutdown() {
    let house = House::new();
    let mut late = house.delivery.subscribe("ada", 0, 100);
    let first = house.post(Some("ada"), 100).await;
    assert_eq!(place(&mut late).await, first);
    for _ in 0..20 {
        house.post(Some("ada"), 100).await;
    }
    house.shutdown.cancel();
    for expected in house.places("ada", first).await {
        assert_eq!(place(&mut late).await, expected);
    }
    assert_eq!(late.next().await.unwrap_err(), Cut::Shutdown);
}

#[tokio::test]
async fn an_entry_longer_than_the_bound_comes_through() {
    let house = House::new();
    let mut subscription = house.delivery.subscribe("ada", 0, 100);
    for length in [5, 200_000, 5] {
        let posted = house.post(Some("ada"), length).await;
        assert_eq!(place(&mut subscription).await, posted);
    }
}

#[tokio::test]
async fn a_dropped_wait_takes_nothing() {
    let house = House::new();
    let mut subscription = house.delivery.subscribe("ada", 0, LARGE);
    let first = house.post(Some("ada"), 1).await;
    assert_eq!(place(&mut subscription).await, first);
    for _ in 0..50 {
        assert!(futures_util::poll!(Box::pin(subscription.next())).is_pending());
        let posted = house.post(Some("ada"), 1).await;
        let cut_short = time::timeout(Duration::ZERO, subscription.next()).await;
        let got = match cut_short {
            Ok(entry) => entry.unwrap().pos(),
            Err(_) => place(&mut subscription).await,
        };
        assert_eq!(got, posted);
    }
}

#[tokio::test]
async fn the_shutdown_comes_after_everything_that_there_is() {
    let house = House::new();
    let mut early = house.delivery.subscribe("ada", 0, LARGE);
    let mut away = house.delivery.subscribe("ada", 0, LARGE);
    let first = house.post(Some("ada"), 1).await;
    assert_eq!(place(&mut early).await, first);
    let second = house.post(None, 1).await;
    house.shutdown.cancel();
    assert_eq!(place(&mut early).await, second);
    assert_eq!(early.next().await.unwrap_err(), Cut::Shutdown);
    assert_eq!((place(&mut away).await, place(&mut away).await), (first, second));
    assert_eq!(away.next().await.unwrap_err(), Cut::Shutdown);
    assert_eq!(away.next().await.unwrap_err(), Cut::Shutdown);
    let mut late = house.delivery.subscribe("ada", second, LARGE);
    assert_eq!(late.next().await.unwrap_err(), Cut::Shutdown);
    assert_eq!(house.delivery.listeners(), 0);
}

#[tokio::test]
async fn a_ledger_that_fails_for_a_while_loses_nothing() {
    let house = House::new();
    let mut live = house.delivery.subscribe("ada", 0, LARGE);
    // Longer than what the ledger keeps in memory: whoever missed it must read the file.
    let first = house.post(Some("ada"), 3 << 20).await;
    assert_eq!(place(&mut live).await, first);
    let raw = rusqlite::Connection::open(house.file()).unwrap();
    raw.execute_batch("ALTER TABLE messages RENAME TO hidden").unwrap();
    let mut fresh = house.delivery.subscribe("ada", 0, LARGE);
    let cut = fresh.next().await.unwrap_err();
    assert!(matches!(&cut, Cut::Ledger(why) if why.contains("messages")), "{cut}");
    house.submit("ada").await;
    raw.execute_batch("ALTER TABLE hidden RENAME TO messages").unwrap();
    let second = house.post(Some("ada"), 1).await;
    assert_eq!((place(&mut live).await, place(&mut live).await), (second - 1, second));
    for expected in [first, second - 1, second] {
        assert_eq!(place(&mut fresh).await, expected, "it goes on where it failed");
    }
}
