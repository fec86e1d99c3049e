//! Rows ⇄ values, and the reads. Every read is one statement, so that it sees one state.

use super::{Counts, Cursor, Filter, LedgerError, Order, Queue};
use crate::{
    judge::{Event, Slug, SourceFile, State, Submission, SubmissionId, Task},
    ledger::Holding,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fmt::Display, time::Duration};

/// The tables are joined in this order whatever the planner thinks of it: a list finds its rows by
/// an index of `submissions` and then fetches their texts.
const SUBMISSIONS: &str = "
SELECT s.id, s.user, s.problem, s.language, s.created_at, s.attempt, s.status, s.worker, s.result,
    t.source, t.input, t.extras
FROM submissions s CROSS JOIN texts t ON t.submission = s.id";

const EVENTS: &str = "SELECT pos, submission, seq, ts, user, body FROM journal";

/// What a custom run may have beside its input.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Extras {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    args: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<SourceFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compare: Option<Slug>,
}

/// The columns of a task: problem, input and extras.
pub(super) type TaskColumns<'a> = (Option<&'a str>, Option<&'a str>, Option<String>);

/// A task as it is stored.
pub(super) fn columns(task: &Task) -> Result<TaskColumns<'_>, LedgerError> {
    match task {
        Task::Judge { problem, files } => {
            let files = files.clone();
            let extras = Extras { files, ..Extras::default() };
            let extras = (!extras.files.is_empty()).then(|| json(&extras)).transpose()?;
            Ok((Some(problem.as_str()), None, extras))
        }
        Task::Run { input, args, files, compare } => {
            let plain = args.is_empty() && files.is_empty() && compare.is_none();
            let (args, files, compare) = (args.clone(), files.clone(), compare.clone());
            let extras = (!plain).then(|| json(&Extras { args, files, compare })).transpose()?;
            Ok((None, Some(input), extras))
        }
    }
}

/// One submission.
pub(super) fn submission(conn: &Connection, id: SubmissionId) -> Result<Submission, LedgerError> {
    let mut query = conn.prepare_cached(&format!("{SUBMISSIONS} WHERE s.id = ?1"))?;
    let mut found = query.query_and_then((id.0,), to_submission)?;
    found.next().unwrap_or(Err(LedgerError::NotFound(id)))
}

/// Submissions by number, or from the greatest on. Only the conditions that are asked for are in the statement: an index is
/// used for none that might be absent.
pub(super) fn submissions(
    conn: &Connection,
    filter: &Filter,
) -> Result<Vec<Submission>, LedgerError> {
    let (beyond, direction, first) = match filter.order {
        Order::Ascending => (">", "ASC", i64::MIN),
        Order::Descending => ("<", "DESC", i64::MAX),
    };
    let after = filter.after.map_or(first, |id| id.0);
    let problem = filter.problem.as_ref().map(Slug::as_str);
    let limit = bound(filter.limit);
    let mut sql = format!("{SUBMISSIONS} WHERE s.id {beyond} ?");
    let mut values: Vec<&dyn ToSql> = vec![&after];
    let conditions: [(&str, Option<&dyn ToSql>); 3] = [
        (" AND s.user = ?", filter.user.as_ref().map(|user| user as _)),
        (" AND s.problem = ?", problem.as_ref().map(|problem| problem as _)),
        (" AND s.status = ?", filter.status.as_ref().map(|status| status as _)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    }
    sql.push_str(" ORDER BY s.id ");
    sql.push_str(direction);
    sql.push_str(" LIMIT ?");
    values.push(&limit);
    conn.prepare_cached(&sql)?.query_and_then(values.as_slice(), to_submission)?.collect()
}

/// Events after a cursor.
pub(super) fn events(
    conn: &Connection,
    cursor: &Cursor,
    limit: usize,
) -> Result<Vec<Event>, LedgerError> {
    let limit = bound(limit);
    let select = |condition: &str, values: &[&dyn ToSql]| {
        conn.prepare_cached(&format!("{EVENTS} {condition}"))?
            .query_and_then(values, to_event)?
            .collect::<Result<Vec<_>, LedgerError>>()
    };
    match cursor {
        Cursor::All { after } => {
            select("WHERE pos > ?1 ORDER BY pos LIMIT ?2", &[&place(*after), &limit])
        }
        Cursor::User { user, after } => select(
            "WHERE user = ?1 AND pos > ?2 ORDER BY pos LIMIT ?3",
            &[user, &place(*after), &limit],
        ),
        Cursor::Submission { id, after } => {
            let events = select(
                "WHERE submission = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                &[&id.0, &place(*after), &limit],
            )?;
            if events.is_empty() {
                exists(conn, *id)?;
            }
            Ok(events)
        }
    }
}

/// The counts by state.
pub(super) fn counts(conn: &Connection) -> Result<Counts, LedgerError> {
    let sql = "SELECT status, n FROM tally
               UNION ALL SELECT 'pos', coalesce(max(pos), 0) FROM journal";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query(())?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        let n = unsigned(row.get(1)?);
        match row.get_ref(0)?.as_str().map_err(|error| broken("tally", error))? {
            "queued" => counts.queued = n,
            "running" => counts.running = n,
            "finished" => counts.finished = n,
            "cancelled" => counts.cancelled = n,
            _ => counts.last_pos = n,
        }
    }
    Ok(counts)
}

/// What waits by priority, and of what is held the first so many by number, at this time.
pub(super) fn queue(conn: &Connection, limit: usize, now: i64) -> Result<Queue, LedgerError> {
    let mut queue = Queue::default();
    let waiting = &mut queue.waiting;
    let sql =
        "SELECT priority, count(*) FROM submissions WHERE status = 'queued' GROUP BY priority";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query(())?;
    while let Some(row) = rows.next()? {
        let n = unsigned(row.get(1)?);
        match row.get::<_, i64>(0)? {
            0 => waiting.runs = n,
            1 => waiting.submissions = n,
            _ => waiting.rejudges += n,
        }
    }
    let sql = r#"SELECT id, worker, attempt, lease_until,
                        (SELECT ts FROM journal WHERE submission = id AND body LIKE '{"type":"started"%'
                         ORDER BY seq DESC LIMIT 1)
                 FROM submissions WHERE status = 'running' ORDER BY id LIMIT ?1"#;
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query((bound(limit),))?;
    while let Some(row) = rows.next()? {
        let until: i64 = row.get(3)?;
        let since = row.get::<_, Option<i64>>(4)?.unwrap_or(now);
        queue.held.push(Holding {
            submission: SubmissionId(row.get(0)?),
            worker: row.get(1)?,
            attempt: row.get(2)?,
            age: Duration::from_micros(unsigned(now - since)),
            left: Duration::from_micros(unsigned(until - now)),
        });
    }
    Ok(queue)
}

/// Every submission that is leased, by number.
pub(super) fn leased(conn: &Connection) -> Result<Vec<SubmissionId>, LedgerError> {
    conn.prepare_cached("SELECT id FROM submissions WHERE status = 'running' ORDER BY id")?
        .query_and_then((), |row| Ok(SubmissionId(row.get(0)?)))?
        .collect()
}

/// When the first of the leases runs out that have not by `after`; in microseconds since 1970.
pub(super) fn next_expiry(conn: &Connection, after: i64) -> Result<Option<i64>, LedgerError> {
    let sql = "SELECT min(lease_until) FROM submissions INDEXED BY submissions_leased
               WHERE status = 'running' AND lease_until > ?1";
    Ok(conn.prepare_cached(sql)?.query_row((after,), |row| row.get(0))?)
}

/// A value as it is stored.
pub(super) fn json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| broken("what is to be stored", error))
}

fn exists(conn: &Connection, id: SubmissionId) -> Result<(), LedgerError> {
    conn.prepare_cached("SELECT 1 FROM submissions WHERE id = ?1")?
        .query_row((id.0,), |_| Ok(()))
        .optional()?
        .ok_or(LedgerError::NotFound(id))
}

fn to_submission(row: &Row<'_>) -> Result<Submission, LedgerError> {
    let id: i64 = row.get(0)?;
    let at = |error: &dyn Display| broken(&format!("submission {id}"), error);
    let problem: Option<String> = row.get(2)?;
    let extras: Option<String> = row.get(11)?;
    let extras = extras.map(|text| serde_json::from_str(&text)).transpose();
    let Extras { args, files, compare } = extras.map_err(|error| at(&error))?.unwrap_or_default();
    let task = if let Some(slug) = problem {
        Task::Judge { problem: slug.parse().map_err(|error| at(&error))?, files }
    } else {
        Task::Run { input: row.get(10)?, args, files, compare }
    };
    let status: String = row.get(6)?;
    let state = match status.as_str() {
        "queued" => State::Queued,
        "running" => State::Running { worker: row.get(7)? },
        "finished" => State::Finished { result: parse(row, 8).map_err(|error| at(&error))? },
        _ => State::Cancelled,
    };
    Ok(Submission {
        id: SubmissionId(id),
        user: row.get(1)?,
        task,
        language: row.get(3)?,
        source: row.get(9)?,
        created_at: time(row.get(4)?).map_err(|error| at(&error))?,
        attempt: row.get(5)?,
        state,
    })
}

pub(super) fn to_event(row: &Row<'_>) -> Result<Event, LedgerError> {
    let pos: i64 = row.get(0)?;
    let at = |error: &dyn Display| broken(&format!("event {pos} of the journal"), error);
    Ok(Event {
        v: 1,
        pos: unsigned(pos),
        submission: SubmissionId(row.get(1)?),
        seq: unsigned(row.get(2)?),
        ts: time(row.get(3)?).map_err(|error| at(&error))?,
        user: row.get(4)?,
        body: parse(row, 5).map_err(|error| at(&error))?,
    })
}

fn parse<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> Result<T, Box<dyn std::error::Error>> {
    Ok(serde_json::from_str(row.get_ref(column)?.as_str()?)?)
}

pub(super) fn time(microseconds: i64) -> Result<Timestamp, jiff::Error> {
    Timestamp::from_microsecond(microseconds)
}

/// A limit as `SQLite` takes it.
pub(super) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A place in the journal as `SQLite` takes it; none is beyond the greatest.
pub(super) fn place(after: u64) -> i64 {
    i64::try_from(after).unwrap_or(i64::MAX)
}

/// Counts and places are never negative.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn broken(what: &str, error: impl Display) -> LedgerError {
    LedgerError::Store(format!("{what} cannot be read: {error}"))
}
