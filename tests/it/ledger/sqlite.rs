//! The `SQLite` engine: the suite, and what only a file can be put through.

use super::{
    EXPIRED, Engine, LONG, NO_LIMIT, Opened,
    audit::{audit, snapshot},
    conformance::conformance,
    entry, fairness, message, model, outcome, take, test,
};
use async_trait::async_trait;
use futures_util::future::join_all;
use rusqlite::Connection;
use sonocode::{
    judge::{EventBody, SubmissionId},
    ledger::{
        Cursor, DAEMON_RESTARTED, Lease, Ledger, LedgerError, MAX_LOST_ATTEMPTS,
        sqlite::SqliteLedger,
    },
};
use std::{fs, future::Future, path::PathBuf, pin::Pin, sync::Arc};
use tempfile::TempDir;

struct Sqlite;

#[async_trait]
impl Engine for Sqlite {
    async fn open() -> Opened {
        let file = File::new();
        Opened { ledger: Arc::new(file.ledger()), keep: Box::new(file) }
    }
}

conformance!(Sqlite);

#[test]
fn agrees_with_the_model() {
    model::agrees_with_the_model::<Sqlite>();
}

#[test]
fn is_fair() {
    fairness::is_fair::<Sqlite>();
}

/// A ledger's file in a folder of its own.
pub struct File {
    dir: TempDir,
}

impl File {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("ledger.db")
    }

    pub fn ledger(&self) -> SqliteLedger {
        SqliteLedger::open(&self.path()).unwrap()
    }

    /// A connection behind the ledger's back.
    pub fn raw(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }
}

#[tokio::test]
async fn a_ledger_is_the_same_after_it_was_opened_again() {
    let file = File::new();
    let ledger = file.ledger();
    for user in ["ada", "bob", "eve"] {
        ledger.submit(entry(user), NO_LIMIT).await.unwrap();
    }
    let lease = take(&ledger, "w").await;
    ledger.append(&lease, vec![test("1")]).await.unwrap();
    ledger.finish(&lease, outcome("done")).await.unwrap();
    let lease = take(&ledger, "w").await;
    let before = audit(&ledger).await;
    drop(ledger);
    let left: Vec<_> = fs::read_dir(file.path().parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "all is in the one file: {left:?}");

    let ledger = file.ledger();
    assert_eq!(audit(&ledger).await, before);
    ledger.finish(&lease, outcome("a lease outlives its daemon")).await.unwrap();
    assert_eq!(ledger.submit(entry("ada"), NO_LIMIT).await.unwrap().id, SubmissionId(4));
}

#[tokio::test]
async fn recovery_gives_back_what_was_leased() {
    let file = File::new();
    let ledger = file.ledger();
    for _ in 0..3 {
        ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    }
    let lost = [take(&ledger, "w").await, ledger.lease("w", EXPIRED).await.unwrap().unwrap()];
    drop(ledger);

    let ledger = file.ledger();
    assert_eq!(ledger.recover().await.unwrap(), 2);
    assert_eq!(ledger.recover().await.unwrap(), 0);
    for Lease { submission, .. } in &lost {
        let events = ledger.read(&Cursor::Submission { id: submission.id, after: 2 }, 9).await;
        let reason = DAEMON_RESTARTED.to_owned();
        assert_eq!(events.unwrap()[0].body, EventBody::Requeued { reason });
    }
    for lease in &lost {
        let late = ledger.finish(lease, outcome("late")).await.unwrap_err();
        assert!(matches!(late, LedgerError::Fenced(_)), "{late:?}");
    }
    let again = take(&ledger, "w").await;
    assert_eq!((again.submission.id, again.submission.attempt), (SubmissionId(1), 2));
    audit(&ledger).await;
}

#[tokio::test]
async fn daemons_that_die_cost_a_submission_nothing() {
    let file = File::new();
    file.ledger().submit(entry("ada"), NO_LIMIT).await.unwrap();
    for _ in 0..3 * MAX_LOST_ATTEMPTS {
        let ledger = file.ledger();
        take(&ledger, "w").await;
        drop(ledger);
        assert_eq!(file.ledger().recover().await.unwrap(), 1);
    }
    let ledger = file.ledger();
    let lease = take(&ledger, "w").await;
    ledger.finish(&lease, outcome("in the end")).await.unwrap();
    audit(&ledger).await;
}

/// Fifty callers that wait at the same time; the submissions of `fault` meet an error on their way.
async fn fifty_at_once(file: &File, ledger: &SqliteLedger, fault: &str) -> Vec<(bool, bool)> {
    let trigger = format!(
        "CREATE TRIGGER fault BEFORE INSERT ON journal WHEN new.user = 'fault'
         BEGIN SELECT raise({fault}, 'injected'); END"
    );
    file.raw().execute_batch(&trigger).unwrap();
    let lock = file.raw();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let users: Vec<_> = (0..50).map(|n| if n % 10 == 3 { "fault" } else { "ada" }).collect();
    let submit = |user: &&str| ledger.submit(entry(user), NO_LIMIT);
    let mut all = Box::pin(join_all(users.iter().map(submit)));
    assert!(futures_util::poll!(&mut all).is_pending(), "the file is locked");
    lock.execute_batch("COMMIT").unwrap();
    let results = all.await;
    users.iter().zip(results).map(|(user, result)| (*user == "fault", result.is_ok())).collect()
}

/// One transaction for all that wait, and a refused request harms no other.
#[tokio::test]
async fn callers_share_a_transaction() {
    let file = File::new();
    let ledger = file.ledger();
    let changed = ledger.changed();
    for (fault, accepted) in fifty_at_once(&file, &ledger, "ABORT").await {
        assert_eq!(accepted, !fault);
    }
    // The first transaction may have begun before the last request came.
    assert!(*changed.borrow() <= 2, "{} transactions for 50 requests", *changed.borrow());
    assert_eq!(audit(&ledger).await.counts.queued, 45);
}

/// A failure may undo the whole transaction, as a full disk does. Then the others that were in it are
/// told that they failed, and so they have.
#[tokio::test]
async fn a_shared_transaction_fails_as_a_whole() {
    let file = File::new();
    let ledger = file.ledger();
    let results = fifty_at_once(&file, &ledger, "ROLLBACK").await;
    let accepted = results.iter().filter(|(_, accepted)| *accepted).count() as u64;
    assert!(results.iter().all(|(fault, accepted)| !(*fault && *accepted)));
    assert!(accepted < 45, "the first of them was in the transaction of a fault");
    assert_eq!(audit(&ledger).await.counts.queued, accepted);
}

#[tokio::test]
async fn a_caller_that_went_away_changes_nothing() {
    let file = File::new();
    let ledger = file.ledger();
    let lock = file.raw();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The first keeps the writer busy, so that the second is dropped before its turn.
    let mut first = Box::pin(ledger.submit(entry("ada"), NO_LIMIT));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut second = Box::pin(ledger.submit(entry("bob"), NO_LIMIT));
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(second);
    lock.execute_batch("COMMIT").unwrap();
    first.await.unwrap();
    assert_eq!(audit(&ledger).await.submissions.len(), 1);
}

type Attempt<'a> = Pin<Box<dyn Future<Output = Result<(), LedgerError>> + 'a>>;

/// Every way to write, as it would succeed. Submissions 1 and 2 run, 3 waits.
fn attempts<'a>(ledger: &'a SqliteLedger, lease: &'a Lease) -> Vec<(&'static str, Attempt<'a>)> {
    let id = lease.submission.id;
    let events = || (1..=5).map(|n| test(&n.to_string())).collect();
    vec![
        ("submit", Box::pin(async { ledger.submit(entry("ada"), NO_LIMIT).await.map(drop) })),
        ("lease", Box::pin(async { ledger.lease("w", LONG).await.map(drop) })),
        ("append", Box::pin(async move { ledger.append(lease, events()).await })),
        ("finish", Box::pin(async { ledger.finish(lease, outcome("done")).await })),
        ("release", Box::pin(async { ledger.release(lease, "shutdown").await })),
        ("cancel", Box::pin(async move { ledger.cancel(id).await.map(drop) })),
        ("rejudge", Box::pin(async move { ledger.rejudge(id).await.map(drop) })),
        ("recover", Box::pin(async { ledger.recover().await.map(drop) })),
        (
            "post",
            Box::pin(async {
                ledger.post(vec![message(None, "1"), message(None, "2")]).await.map(drop)
            }),
        ),
    ]
}

/// A fault in the middle of a transaction leaves nothing of it, whatever the fault undoes by itself.
#[tokio::test]
async fn nothing_stays_of_a_transaction_that_fails() {
    // The place of the fault, and how many of the operations meet it.
    let places = [
        ("BEFORE INSERT ON journal", 8),
        ("AFTER INSERT ON journal", 8),
        ("AFTER INSERT ON journal WHEN new.body LIKE '%\"name\":\"3\"%'", 1),
        ("AFTER INSERT ON texts", 1),
        ("AFTER UPDATE ON submissions", 6),
        ("AFTER UPDATE ON tally", 7),
        ("AFTER INSERT ON messages WHEN new.topic = '2'", 1),
    ];
    for (place, expected) in places {
        for fault in ["ABORT", "FAIL", "ROLLBACK"] {
            let mut met = 0;
            for operation in 0..9 {
                met += usize::from(meets_fault(place, fault, operation).await);
            }
            assert_eq!(met, expected, "{place}, {fault}");
        }
    }
}

async fn meets_fault(place: &str, fault: &str, operation: usize) -> bool {
    let file = File::new();
    let ledger = file.ledger();
    for _ in 0..3 {
        ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    }
    let leases = [take(&ledger, "w").await, take(&ledger, "w").await];
    let before = snapshot(&ledger).await;
    let trigger =
        format!("CREATE TRIGGER fault {place} BEGIN SELECT raise({fault}, 'injected'); END");
    file.raw().execute_batch(&trigger).unwrap();
    let (name, attempt) = attempts(&ledger, &leases[0]).swap_remove(operation);
    let result = attempt.await;
    if let Err(error) = &result {
        assert!(error.to_string().contains("injected"), "{name}: {error}");
        assert_eq!(snapshot(&ledger).await, before, "{name}, {place}, {fault}");
        file.raw().execute_batch("DROP TRIGGER fault").unwrap();
        ledger.finish(&leases[1], outcome("it goes on")).await.unwrap();
    }
    audit(&ledger).await;
    result.is_err()
}
