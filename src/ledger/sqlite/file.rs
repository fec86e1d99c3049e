//! Opens the file, refuses what is no ledger, and brings older ones up to date.

use super::LedgerError;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::{path::Path, time::Duration};

/// Marks a `SQLite` file as a ledger: "sono" in ASCII.
const APPLICATION_ID: i32 = 0x736f_6e6f;

/// What brings a file from each version to the next; the file's `user_version` says how many of them
/// it has seen. Only ever add to the end.
const MIGRATIONS: [&str; 5] = [
    include_str!("schema.sql"),
    include_str!("turns.sql"),
    include_str!("log.sql"),
    include_str!("chat.sql"),
    include_str!("session.sql"),
];

/// How long a statement waits for another process that has the file locked, a backup for example.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the file for writing, made or brought up to date where needed.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    version(&conn)?; // before anything is written to a file that may be somebody else's
    set_up(&conn)?;
    migrate(&mut conn)?;
    Ok(conn)
}

/// Opens another connection to a file that [`open`] has opened; it cannot write.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Opens another connection for checkpoints: it writes to the file what is in the write-ahead log, and nothing
/// else.
pub(super) fn open_for_checkpoints(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// The version of the ledger in this file; 0 when it is empty. An error for any other file.
fn version(conn: &Connection) -> Result<usize, LedgerError> {
    let foreign = || {
        LedgerError::Store(
            "this is no ledger of sonocode; move it away or choose another data directory".into(),
        )
    };
    let head = "SELECT (SELECT application_id FROM pragma_application_id),
                       (SELECT user_version FROM pragma_user_version),
                       (SELECT count(*) FROM sqlite_schema)";
    let (mark, version, objects): (i32, i64, i64) = conn
        .query_row(head, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => foreign(),
            _ => error.into(),
        })?;
    if mark == 0 && version == 0 && objects == 0 {
        return Ok(0);
    }
    if mark != APPLICATION_ID {
        return Err(foreign());
    }
    match usize::try_from(version) {
        Ok(version @ 1..) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(LedgerError::Store(format!(
            "a newer sonocode wrote it (its form has version {version}, this program knows up to \
             {}); use that one, or another data directory",
            MIGRATIONS.len()
        ))),
    }
}

/// The settings of a writing connection; the journal mode stays in the file.
fn set_up(conn: &Connection) -> Result<(), LedgerError> {
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(LedgerError::Store(format!(
            "its journal mode cannot be WAL but only {mode}; keep it on a local disk"
        )));
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // What a savepoint would need to be rolled back goes to memory, and not to a file of its own.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // When another connection has not kept the write-ahead log short (see `checkpoint.rs`), the writer does, once
    // it has so many pages of 4 KiB.
    conn.pragma_update(None, "wal_autocheckpoint", 8192)?;
    // A burst makes it grow; afterwards it shrinks to this many bytes.
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Runs the migrations the file has not seen. Another process may be at the same: the version is
/// read again under the lock.
fn migrate(conn: &mut Connection) -> Result<(), LedgerError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in &MIGRATIONS[version(&tx)?..] {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(tx.commit()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that cannot go on should panic
mod tests {
    use super::*;
    use std::fs;

    fn refusal(path: &Path) -> String {
        let before = fs::read(path).ok();
        let error = open(path).unwrap_err().to_string();
        assert_eq!(fs::read(path).ok(), before, "a refused file is left as it is");
        error
    }

    #[test]
    fn a_file_is_made_and_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        fs::write(&path, "").unwrap();
        for _ in 0..2 {
            let conn = open(&path).unwrap();
            assert_eq!(version(&conn).unwrap(), MIGRATIONS.len());
            let synchronous: i64 =
                conn.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
            assert_eq!(synchronous, 2, "FULL");
        }
    }

    #[test]
    fn what_is_no_ledger_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let text = dir.path().join("notes.txt");
        fs::write(&text, "not a database at all, but long enough to have a header".repeat(50))
            .unwrap();
        assert!(refusal(&text).contains("no ledger of sonocode"), "{}", refusal(&text));

        let other = dir.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        assert!(refusal(&other).contains("no ledger of sonocode"), "{}", refusal(&other));

        let nowhere = dir.path().join("missing/ledger.db");
        assert!(refusal(&nowhere).contains("folder exists"), "{}", refusal(&nowhere));
        assert!(refusal(dir.path()).contains("folder exists"), "{}", refusal(dir.path()));
    }

    #[test]
    fn a_newer_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        open(&path)
            .unwrap()
            .pragma_update(None, "user_version", MIGRATIONS.len() as i64 + 1)
            .unwrap();
        assert!(refusal(&path).contains("a newer sonocode"), "{}", refusal(&path));
    }

    #[test]
    fn a_reader_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        let _writer = open(&path).unwrap();
        let reader = open_for_reading(&path).unwrap();
        assert!(reader.execute("UPDATE tally SET n = 7", ()).is_err());
    }
}
