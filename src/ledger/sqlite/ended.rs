//! The removal of submissions that have ended, once their time is over.

use super::{
    LedgerError,
    log::received,
    rows::{place, unsigned},
    steps::Step,
};
use crate::ledger::{Keep, ended};
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;

/// Submissions that one step looks at, and events that it removes before it stops at the end of a submission: others
/// wait for it.
const SCAN: usize = 500;
const EVENTS: usize = 1000;

const CANDIDATES: &str = "
SELECT id, user, status, created_at FROM submissions WHERE id > ?1 ORDER BY id LIMIT ?2";

const LAST_EVENT: &str = "
SELECT pos, ts FROM journal WHERE submission = ?1 ORDER BY seq DESC LIMIT 1";

const KEEP_CUT: &str = "
INSERT INTO about (name, value) VALUES ('cut', ?1)
ON CONFLICT DO UPDATE SET value = excluded.value WHERE CAST(excluded.value AS INTEGER) > CAST(about.value AS INTEGER)";

/// The place of the last event that was removed.
pub(super) fn cut(conn: &Connection) -> Result<u64, LedgerError> {
    let sql = "SELECT CAST(value AS INTEGER) FROM about WHERE name = 'cut'";
    let cut: Option<i64> = conn.prepare_cached(sql)?.query_row((), |row| row.get(0)).optional()?;
    Ok(unsigned(cut.unwrap_or(0)))
}

impl Step<'_> {
    /// Removes what may go of the submissions after a number, at most `limit`; returns how many they were, and the number
    /// after which to go on, 0 after the end.
    pub(super) fn sweep_ended(
        &mut self,
        keep: &Keep,
        after: i64,
        limit: usize,
    ) -> Result<(usize, i64), LedgerError> {
        let Some(kept) = keep.finished else { return Ok((0, 0)) };
        let before = |age: Duration| {
            self.now.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX))
        };
        let (old, older) = (before(kept), before(keep.unreceived.max(kept)));
        let candidates: Vec<(i64, String, String, i64)> = self
            .conn
            .prepare_cached(CANDIDATES)?
            .query_map((after, SCAN as i64), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?
            .collect::<Result<_, _>>()?;
        let (whole, mut next) = (candidates.len() < SCAN, after);
        let (mut removed, mut events) = (0, 0);
        for (id, user, status, created) in candidates {
            // Numbers grow with time: all after it are younger still.
            if created >= old {
                return Ok((removed, 0));
            }
            if removed == limit || events >= EVENTS {
                return Ok((removed, next));
            }
            next = id;
            if ended(&status).is_none() {
                continue;
            }
            let (pos, ts): (i64, i64) = self
                .conn
                .prepare_cached(LAST_EVENT)?
                .query_row((id,), |row| Ok((row.get(0)?, row.get(1)?)))?;
            let known = pos <= place(received(self.conn, &user)?);
            if ts < older || (known && ts < old) {
                events += self.remove(id, &status, pos)?;
                removed += 1;
            }
        }
        Ok((removed, if whole { 0 } else { next }))
    }

    /// Removes a submission and everything of it; returns how many events that were.
    fn remove(&mut self, id: i64, status: &str, last: i64) -> Result<usize, LedgerError> {
        let delete = |sql| self.conn.prepare_cached(sql)?.execute((id,));
        let events = delete("DELETE FROM journal WHERE submission = ?1")?;
        delete("DELETE FROM texts WHERE submission = ?1")?;
        delete("DELETE FROM submissions WHERE id = ?1")?;
        self.execute("UPDATE tally SET n = n - 1 WHERE status = ?1", (status,))?;
        self.execute(KEEP_CUT, (last.to_string(),))?;
        self.changes.swept = true;
        Ok(events)
    }
}
