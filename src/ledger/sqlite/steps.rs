//! What each writing method does in its transaction.

use super::{Held, LedgerError, recent::Kept, rows};
use crate::{
    judge::{Entry, EventBody, NewSubmission, Outcome, Priority, Submission, SubmissionId},
    ledger::{LEASE_EXPIRED, Lease, MAX_LOST_ATTEMPTS, ended, given_up},
};
use rusqlite::{Connection, OptionalExtension, Params};
use std::time::Duration;

/// The next in the queue: the first submission of the user whose turn it is, or a lease that ran out
/// and had its turn before that.
const NEXT: &str = "
SELECT id, expired, lost, queued_at, turn FROM (
    SELECT * FROM (
        SELECT s.id, ring.priority, 0 AS expired, s.lost, s.queued_at, ring.turn
        FROM (SELECT * FROM ring ORDER BY priority, turn LIMIT 1) ring
            CROSS JOIN submissions s INDEXED BY submissions_waiting
            ON s.status = 'queued' AND s.priority = ring.priority AND s.user = ring.user
        ORDER BY s.id LIMIT 1
    )
    UNION ALL
    SELECT * FROM (
        SELECT id, priority, 1 AS expired, lost, queued_at, turn
        FROM submissions INDEXED BY submissions_leased
        WHERE status = 'running' AND lease_until <= ?1 ORDER BY priority, turn LIMIT 1
    )
) ORDER BY priority, turn LIMIT 1";

const START: &str = "
UPDATE submissions SET status = 'running', worker = ?2, lease_until = ?3, turn = ?4,
    attempt = attempt + 1, fence = fence + 1
WHERE id = ?1 RETURNING attempt, fence";

const REQUEUE: &str = "
UPDATE submissions SET status = 'queued', worker = NULL, lease_until = NULL,
    queued_at = ?2, lost = lost + ?3, fence = fence + 1
WHERE id = ?1";

const REJUDGE: &str = "
UPDATE submissions SET status = 'queued', worker = NULL, lease_until = NULL, result = NULL,
    queued_at = ?2, priority = ?3, turn = NULL, attempt = 0, lost = 0, fence = fence + 1
WHERE id = ?1";

const CANCEL: &str = "
UPDATE submissions SET status = 'cancelled', worker = NULL, lease_until = NULL, fence = fence + 1
WHERE id = ?1";

const FINISH: &str = "
UPDATE submissions SET status = 'finished', worker = NULL, lease_until = NULL, result = ?2
WHERE id = ?1";

const RECORD: &str = "
INSERT INTO journal (submission, seq, ts, user, body)
SELECT id, 1 + (SELECT coalesce(max(seq), 0) FROM journal WHERE submission = ?1), ?2, user, ?3
FROM submissions WHERE id = ?1
RETURNING pos, submission, seq, ts, user, body";

/// One request inside the write transaction. After an error the caller rolls it back.
pub(super) struct Step<'a> {
    pub(super) conn: &'a Connection,
    /// Microseconds since 1970; the one time of everything this request does.
    pub(super) now: i64,
    pub(super) changes: Changes,
}

/// What a transaction has changed in the log.
#[derive(Default)]
pub(super) struct Changes {
    /// What was added, in order.
    pub(super) entries: Vec<Kept>,
    /// Whether the journal has grown.
    pub(super) journal: bool,
    /// Whether entries were removed.
    pub(super) swept: bool,
}

impl Changes {
    /// Takes what another step of the transaction has changed, after this one.
    pub(super) fn merge(&mut self, later: Self) {
        self.entries.extend(later.entries);
        self.journal |= later.journal;
        self.swept |= later.swept;
    }
}

/// The head of the queue.
struct Next {
    id: SubmissionId,
    /// It is still leased, but that ran out.
    expired: bool,
    lost: u32,
    queued_at: i64,
    /// The turn of its user by which it is leased.
    turn: i64,
}

/// Whether a submission that goes back to the queue lost its attempt.
#[derive(Clone, Copy)]
enum Attempt {
    Lost,
    GivenBack,
}

impl<'a> Step<'a> {
    pub(super) fn new(conn: &'a Connection, now: i64) -> Self {
        Self { conn, now, changes: Changes::default() }
    }

    pub(super) fn submit(
        &mut self,
        new: &NewSubmission,
        queue_limit: u64,
    ) -> Result<Submission, LedgerError> {
        let waiting = rows::counts(self.conn)?.queued;
        if waiting >= queue_limit {
            return Err(LedgerError::QueueFull(waiting));
        }
        let (problem, input, extras) = rows::columns(&new.task)?;
        self.execute(
            "INSERT INTO submissions (user, problem, language, created_at, priority, queued_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
            (&new.user, problem, &new.language, self.now, new.priority() as i64),
        )?;
        let id = SubmissionId(self.conn.last_insert_rowid());
        self.execute(
            "INSERT INTO texts (submission, source, input, extras) VALUES (?1, ?2, ?3, ?4)",
            (id.0, &new.source, input, extras),
        )?;
        let problem = new.problem().cloned();
        let language = new.language.clone();
        let source_bytes = new.source.len() as u64;
        self.record(id, &EventBody::Queued { problem, language, source_bytes })?;
        rows::submission(self.conn, id)
    }

    pub(super) fn lease(
        &mut self,
        worker: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, LedgerError> {
        while let Some(mut next) = self.next()? {
            if next.expired {
                self.requeue(next.id, LEASE_EXPIRED, Attempt::Lost)?;
                next.lost += 1;
                next.queued_at = self.now;
            }
            if next.lost < MAX_LOST_ATTEMPTS {
                return self.start(&next, worker, ttl).map(Some);
            }
            self.conclude(next.id, given_up(LEASE_EXPIRED))?;
        }
        Ok(None)
    }

    pub(super) fn renew(&mut self, held: Held, ttl: Duration) -> Result<(), LedgerError> {
        self.check(held)?;
        let until = self.after(ttl);
        self.execute("UPDATE submissions SET lease_until = ?2 WHERE id = ?1", (held.id.0, until))
    }

    pub(super) fn append(&mut self, held: Held, events: &[EventBody]) -> Result<(), LedgerError> {
        self.check(held)?;
        events.iter().try_for_each(|body| self.record(held.id, body))
    }

    pub(super) fn finish(&mut self, held: Held, outcome: Outcome) -> Result<(), LedgerError> {
        self.check(held)?;
        self.conclude(held.id, outcome)
    }

    pub(super) fn release(&mut self, held: Held, reason: &str) -> Result<(), LedgerError> {
        self.check(held)?;
        self.requeue(held.id, reason, Attempt::GivenBack)
    }

    pub(super) fn fail(&mut self, held: Held, reason: &str) -> Result<(), LedgerError> {
        self.check(held)?;
        self.requeue(held.id, reason, Attempt::Lost)?;
        let sql = "SELECT lost FROM submissions WHERE id = ?1";
        let lost: u32 = self.conn.prepare_cached(sql)?.query_row((held.id.0,), |row| row.get(0))?;
        if lost < MAX_LOST_ATTEMPTS {
            return Ok(());
        }
        self.conclude(held.id, given_up(reason))
    }

    pub(super) fn cancel(&mut self, id: SubmissionId) -> Result<Submission, LedgerError> {
        let (status, _) = self.standing(id)?;
        if let Some(ended) = ended(&status) {
            return Err(LedgerError::Ended(id, ended));
        }
        self.execute(CANCEL, (id.0,))?;
        self.record(id, &EventBody::Cancelled)?;
        rows::submission(self.conn, id)
    }

    pub(super) fn rejudge(&mut self, id: SubmissionId) -> Result<Submission, LedgerError> {
        self.standing(id)?;
        self.execute(REJUDGE, (id.0, self.now, Priority::Rejudge as i64))?;
        self.record(id, &EventBody::Rejudged)?;
        rows::submission(self.conn, id)
    }

    pub(super) fn requeue_leased(&mut self, reason: &str) -> Result<u64, LedgerError> {
        let leased = rows::leased(self.conn)?;
        for id in &leased {
            self.requeue(*id, reason, Attempt::GivenBack)?;
        }
        Ok(leased.len() as u64)
    }

    fn next(&self) -> Result<Option<Next>, LedgerError> {
        let next = self.conn.prepare_cached(NEXT)?.query_row((self.now,), |row| {
            Ok(Next {
                id: SubmissionId(row.get(0)?),
                expired: row.get(1)?,
                lost: row.get(2)?,
                queued_at: row.get(3)?,
                turn: row.get(4)?,
            })
        });
        Ok(next.optional()?)
    }

    fn start(&mut self, next: &Next, worker: &str, ttl: Duration) -> Result<Lease, LedgerError> {
        let until = self.after(ttl);
        let (attempt, fence) = self
            .conn
            .prepare_cached(START)?
            .query_row((next.id.0, worker, until, next.turn), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let waited_ms = (self.now.saturating_sub(next.queued_at) / 1000).max(0) as u64;
        self.record(
            next.id,
            &EventBody::Started { attempt, worker: worker.to_owned(), waited_ms },
        )?;
        Ok(Lease { submission: rows::submission(self.conn, next.id)?, fence })
    }

    fn requeue(
        &mut self,
        id: SubmissionId,
        reason: &str,
        attempt: Attempt,
    ) -> Result<(), LedgerError> {
        let lost = i64::from(matches!(attempt, Attempt::Lost));
        self.execute(REQUEUE, (id.0, self.now, lost))?;
        self.record(id, &EventBody::Requeued { reason: reason.to_owned() })
    }

    fn conclude(&mut self, id: SubmissionId, outcome: Outcome) -> Result<(), LedgerError> {
        self.execute(FINISH, (id.0, rows::json(&outcome)?))?;
        self.record(id, &EventBody::Finished(outcome))
    }

    /// The status and the fence of a submission.
    fn standing(&self, id: SubmissionId) -> Result<(String, i64), LedgerError> {
        self.conn
            .prepare_cached("SELECT status, fence FROM submissions WHERE id = ?1")?
            .query_row((id.0,), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .ok_or(LedgerError::NotFound(id))
    }

    /// Whether the lease still holds.
    fn check(&self, held: Held) -> Result<(), LedgerError> {
        let (status, fence) = self.standing(held.id)?;
        if fence != held.fence {
            return Err(LedgerError::Fenced(held.id));
        }
        match ended(&status) {
            Some(ended) => Err(LedgerError::Ended(held.id, ended)),
            None => Ok(()),
        }
    }

    fn record(&mut self, id: SubmissionId, body: &EventBody) -> Result<(), LedgerError> {
        let json = rows::json(body)?;
        let mut recording = self.conn.prepare_cached(RECORD)?;
        let mut rows = recording.query((id.0, self.now, &json))?;
        if let Some(row) = rows.next()? {
            // Read back, so that readers get from memory what they would get from the file.
            self.changes.entries.push((Entry::Event(rows::to_event(row)?), json.len()));
            self.changes.journal = true;
        }
        // A statement that returns rows is done when it has no more.
        while rows.next()?.is_some() {}
        Ok(())
    }

    fn after(&self, ttl: Duration) -> i64 {
        self.now.saturating_add(i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX))
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<(), LedgerError> {
        self.conn.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
