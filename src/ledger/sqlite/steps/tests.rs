#![allow(clippy::unwrap_used)] // A test may panic.

use super::*;
use crate::{
    judge::{Task, Verdict},
    ledger::sqlite::file,
};
use rusqlite::StatementStatus::VmStep;

/// Everything that a lease and a verdict run.
const STATEMENTS: [&str; 4] = [NEXT, START, RECORD, FINISH];

const USERS: usize = 10;

fn submit(conn: &Connection, count: usize) {
    let transaction = conn.unchecked_transaction().unwrap();
    for number in 0..count {
        let new = NewSubmission {
            user: format!("user-{}", number % USERS),
            task: Task::run("1 2\n"),
            language: "python".into(),
            source: "print(3)\n".into(),
        };
        Step::new(conn, 1).submit(&new, u64::MAX).unwrap();
    }
    transaction.commit().unwrap();
}

/// Leases and finishes one; the steps that SQLite's machine took in each statement, triggers included.
fn serve(conn: &Connection) -> [i32; 4] {
    let each = |look: fn(&rusqlite::Statement<'_>) -> i32| {
        STATEMENTS.map(|sql| look(&conn.prepare_cached(sql).unwrap()))
    };
    each(|statement| statement.reset_status(VmStep));
    let mut step = Step::new(conn, 2);
    let lease = step.lease("w", Duration::from_secs(60)).unwrap().unwrap();
    let outcome = Outcome::without_tests(Verdict::Accepted, 1, None);
    step.finish(Held { id: lease.submission.id, fence: lease.fence }, outcome).unwrap();
    each(|statement| statement.get_status(VmStep))
}

/// However many wait, and however many have ended, a lease and a verdict are the same work.
#[test]
fn the_last_lease_is_as_much_work_as_the_first() {
    const COUNT: usize = 3_000;
    let dir = tempfile::tempdir().unwrap();
    let conn = file::open(&dir.path().join("ledger.db")).unwrap();
    submit(&conn, COUNT);
    let transaction = conn.unchecked_transaction().unwrap();
    let first = serve(&conn);
    assert!(first.iter().all(|steps| *steps > 0), "nothing was counted: {first:?}");
    // Every user has something left that waits, at the first and at the last.
    let last = (0..COUNT - 2 * USERS).map(|_| serve(&conn)).last().unwrap();
    transaction.commit().unwrap();
    for ((first, last), sql) in first.into_iter().zip(last).zip(STATEMENTS) {
        assert!(last <= first + first / 5, "{first} steps at first, {last} at last: {sql}");
    }
}
