//! The log: messages, receipts and sessions, written and read.
//!
//! A message takes its place from the sequence that the journal's `AUTOINCREMENT` keeps, and moves it on
//! in the same transaction. So events and messages share one sequence, and an event is written as it
//! was before there were messages.

use super::{
    LedgerError,
    rows::{bound, broken, place, time, to_event, unsigned},
    steps::Step,
};
use crate::{
    judge::{Audience, Channel, Entry, Message, NewMessage},
    ledger::{Keep, Receipt, Session, Whose},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use std::time::Duration;

/// A page of entries ends early beyond so many bytes, so that a page of long ones fits into memory.
const PAGE_BYTES: usize = 4 << 20;

/// The columns of a log: those of an event, then those of a message. One of the halves is NULL.
const EVENTS: &str = "
SELECT pos, submission, seq, ts, user, body, NULL AS channel, NULL AS topic FROM journal";
const MESSAGES: &str = "
SELECT pos, NULL, NULL, ts, user, payload, channel, topic FROM messages";

const LAST: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'";

/// The name of this log.
pub(super) fn epoch(conn: &Connection) -> Result<String, LedgerError> {
    Ok(conn.query_row("SELECT value FROM about WHERE name = 'epoch'", (), |row| row.get(0))?)
}

/// The last place that was given.
pub(super) fn last_place(conn: &Connection) -> Result<u64, LedgerError> {
    let last: Option<i64> =
        conn.prepare_cached(LAST)?.query_row((), |row| row.get(0)).optional()?;
    Ok(unsigned(last.unwrap_or(0)))
}

/// A page of a log. The parts come each in the order of its index and are merged as they are read:
/// nothing is sorted, and nothing read beyond the page.
pub(super) fn page(
    conn: &Connection,
    whose: &Whose,
    after: u64,
    limit: usize,
) -> Result<Vec<Entry>, LedgerError> {
    let (after, limit) = (place(after), bound(limit));
    let (sql, values) = select(whose, &after, &limit);
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query(values.as_slice())?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while bytes < PAGE_BYTES {
        let Some(row) = rows.next()? else { break };
        bytes += row.get_ref(5)?.as_str().map_err(|error| broken("the log", error))?.len();
        entries.push(to_entry(row)?);
    }
    Ok(entries)
}

/// The statement of a page, and its values.
fn select<'a>(whose: &'a Whose, after: &'a i64, limit: &'a i64) -> (String, Vec<&'a dyn ToSql>) {
    match whose {
        Whose::All => (
            format!(
                "{EVENTS} WHERE pos > ?1 UNION ALL {MESSAGES} WHERE pos > ?1 ORDER BY pos LIMIT ?2"
            ),
            vec![after, limit],
        ),
        Whose::User(user) => (
            format!(
                "{EVENTS} WHERE user = ?3 AND pos > ?1
                 UNION ALL {MESSAGES} WHERE user = ?3 AND pos > ?1
                 UNION ALL {MESSAGES} WHERE user IS NULL AND pos > ?1 ORDER BY pos LIMIT ?2"
            ),
            vec![after, limit, user],
        ),
        Whose::Chat => (
            format!("{MESSAGES} WHERE channel = 'chat' AND pos > ?1 ORDER BY pos LIMIT ?2"),
            vec![after, limit],
        ),
    }
}

/// One message.
pub(super) fn message(conn: &Connection, pos: u64) -> Result<Option<Message>, LedgerError> {
    let mut query = conn.prepare_cached(&format!("{MESSAGES} WHERE pos = ?1"))?;
    let mut rows = query.query((place(pos),))?;
    rows.next()?.map(to_message).transpose()
}

/// The last place with an entry older than this: found by halves, because places grow with time.
pub(super) fn place_before(conn: &Connection, ts: Timestamp) -> Result<u64, LedgerError> {
    // The time of the first entry after a place.
    let sql = "
        SELECT ts FROM (
            SELECT * FROM (SELECT pos, ts FROM journal WHERE pos > ?1 ORDER BY pos LIMIT 1)
            UNION ALL
            SELECT * FROM (SELECT pos, ts FROM messages WHERE pos > ?1 ORDER BY pos LIMIT 1)
        ) ORDER BY pos LIMIT 1";
    let mut query = conn.prepare_cached(sql)?;
    let (mut low, mut high) = (0, last_place(conn)?);
    while low < high {
        let middle = low + (high - low) / 2;
        let next: Option<i64> = query.query_row((place(middle),), |row| row.get(0)).optional()?;
        if next.is_some_and(|next| next < ts.as_microsecond()) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Up to where a user has received everything.
pub(super) fn received(conn: &Connection, user: &str) -> Result<u64, LedgerError> {
    let pos: Option<i64> = conn
        .prepare_cached("SELECT pos FROM receipts WHERE user = ?1")?
        .query_row((user,), |row| row.get(0))
        .optional()?;
    Ok(unsigned(pos.unwrap_or(0)))
}

/// Whose session it is.
pub(super) fn session(conn: &Connection, pid: &str) -> Result<Option<Session>, LedgerError> {
    let row: Option<(String, Option<i64>)> = conn
        .prepare_cached("SELECT user, until FROM sessions WHERE pid = ?1")?
        .query_row((pid,), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let session = row.map(|(user, until)| {
        let until = until.map(time).transpose()?;
        Ok(Session { user, until })
    });
    session.transpose().map_err(|error: jiff::Error| broken("a session", error))
}

impl Step<'_> {
    pub(super) fn post(&mut self, messages: Vec<NewMessage>) -> Result<Vec<u64>, LedgerError> {
        let mut last = last_place(self.conn)?;
        let mut places = Vec::with_capacity(messages.len());
        let ts = time(self.now).map_err(|error| broken("the clock", error))?;
        for NewMessage { to, channel, topic, payload } in messages {
            last += 1;
            self.execute(
                "INSERT INTO messages (pos, ts, user, channel, topic, payload)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (place(last), self.now, to.user(), channel.name(), &topic, &payload),
            )?;
            places.push(last);
            let size = payload.len();
            let entry = Entry::Message(Message { pos: last, ts, to, channel, topic, payload });
            self.changes.entries.push((entry, size));
        }
        if !places.is_empty() {
            let move_on = "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'journal'";
            self.execute(move_on, (place(last),))?;
        }
        Ok(places)
    }

    pub(super) fn receive(&mut self, receipts: &[Receipt]) -> Result<(), LedgerError> {
        // Beyond the end it would say that somebody has what nobody has written yet.
        let last = last_place(self.conn)?;
        receipts.iter().try_for_each(|Receipt { user, pos }| {
            self.execute(
                "INSERT INTO receipts (user, pos) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET pos = excluded.pos WHERE excluded.pos > receipts.pos",
                (user, place(last.min(*pos))),
            )
        })
    }

    pub(super) fn keep_session(&mut self, pid: &str, session: &Session) -> Result<(), LedgerError> {
        let until = session.until.map(Timestamp::as_microsecond);
        self.execute(
            "INSERT INTO sessions (pid, user, used_at, until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET user = excluded.user, used_at = excluded.used_at,
                until = excluded.until",
            (pid, &session.user, self.now, until),
        )
    }

    pub(super) fn sweep(&mut self, keep: &Keep, limit: usize) -> Result<u64, LedgerError> {
        let before = |age: Duration| {
            self.now.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX))
        };
        // By places, so that nothing is looked at that is young.
        let old = |age| {
            let ts = Timestamp::from_microsecond(before(age)).unwrap_or(Timestamp::MIN);
            place_before(self.conn, ts).map(place)
        };
        let messages = self.conn.prepare_cached(SWEEP_MESSAGES)?.execute((
            old(keep.messages)?,
            old(keep.pending)?,
            bound(limit),
        ))?;
        self.changes.swept |= messages > 0;
        let sessions = self
            .conn
            .prepare_cached(SWEEP_SESSIONS)?
            .execute((before(keep.sessions), bound(limit)))?;
        Ok((messages + sessions) as u64)
    }
}

const SWEEP_MESSAGES: &str = "
DELETE FROM messages WHERE pos IN (
    SELECT m.pos FROM messages m LEFT JOIN receipts r ON r.user = m.user
    WHERE m.channel = 'push' AND m.pos <= ?1 AND (m.pos <= ?2 OR m.pos <= r.pos)
    ORDER BY m.pos LIMIT ?3
)";

const SWEEP_SESSIONS: &str = "
DELETE FROM sessions WHERE pid IN (SELECT pid FROM sessions WHERE used_at < ?1 LIMIT ?2)";

fn to_entry(row: &Row<'_>) -> Result<Entry, LedgerError> {
    let is_event = row.get_ref(6)?.as_str_or_null().is_ok_and(|channel| channel.is_none());
    if is_event { to_event(row).map(Entry::Event) } else { to_message(row).map(Entry::Message) }
}

fn to_message(row: &Row<'_>) -> Result<Message, LedgerError> {
    let pos: i64 = row.get(0)?;
    let named: String = row.get(6)?;
    let channel = Channel::ALL.into_iter().find(|channel| channel.name() == named);
    let user: Option<String> = row.get(4)?;
    Ok(Message {
        pos: unsigned(pos),
        ts: time(row.get(3)?).map_err(|error| broken(&format!("message {pos}"), error))?,
        to: user.map_or(Audience::Everyone, Audience::User),
        channel: channel
            .ok_or_else(|| broken(&format!("message {pos}"), format!("`{named}` is no channel")))?,
        topic: row.get(7)?,
        payload: row.get(5)?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use crate::ledger::sqlite::file;

    /// However long the log is, a page of it costs the same.
    #[test]
    fn a_page_is_merged_from_indexes_and_nothing_is_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let conn = file::open(&dir.path().join("ledger.db")).unwrap();
        let user = "ada".to_owned();
        for whose in [Whose::All, Whose::User(user.clone()), Whose::Chat] {
            let (sql, values) = select(&whose, &0, &9);
            let plan: Vec<String> = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map(values.as_slice(), |row| row.get(3))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert!(plan.iter().any(|step| step.contains("SEARCH")), "{whose:?}: {plan:#?}");
            for step in &plan {
                assert!(!step.contains("TEMP B-TREE"), "{whose:?}: {plan:#?}");
                assert!(!step.starts_with("SCAN"), "{whose:?}: {plan:#?}");
            }
        }
    }
}
