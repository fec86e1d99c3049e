//! Reads of journal and log, page by page, and the sweep.
//!
//! The server does nothing else while a script runs. So each looks at a bounded number of entries, and ends early where they
//! are long; what is missing is asked for again.

use super::{LedgerError, client::Client, micros, rows, scripts::Args, value::refusal};
use crate::judge::{Slug, Submission};
use crate::{
    judge::{Entry, Event, SubmissionId},
    ledger::{Cursor, Filter, Holding, Keep, Order, Queue, Waiting, Whose},
};
use std::time::Duration;

/// Entries that one script looks at.
const SCAN: usize = 500;

/// A page of entries ends early beyond so many bytes, so that a page of long ones fits into memory.
const PAGE_BYTES: usize = 4 << 20;

/// The greatest place that the scripts can count with.
const LAST_PLACE: u64 = 1 << 53;

impl Client {
    /// Events after a cursor.
    pub(super) async fn events(
        &self,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Vec<Event>, LedgerError> {
        let (whose, user, after) = match cursor {
            Cursor::Submission { id, after } => return self.journal(*id, *after, limit).await,
            Cursor::User { user, after } => ("own", user.as_str(), *after),
            Cursor::All { after } => ("all", "", *after),
        };
        let events = |entry| if let Entry::Event(event) = entry { Some(event) } else { None };
        let entries = self.entries(whose, user, after, limit, usize::MAX, true).await?;
        Ok(entries.into_iter().filter_map(events).collect())
    }

    /// A page of a log.
    pub(super) async fn page(
        &self,
        whose: &Whose,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let (whose, user) = match whose {
            Whose::All => ("all", ""),
            Whose::User(user) => ("user", user.as_str()),
            Whose::Chat => ("chat", ""),
        };
        self.entries(whose, user, after, limit, PAGE_BYTES, false).await
    }

    /// Entries of a log until there are so many, they have so many bytes, or it ends.
    async fn entries(
        &self,
        whose: &str,
        user: &str,
        after: u64,
        limit: usize,
        bytes: usize,
        events_only: bool,
    ) -> Result<Vec<Entry>, LedgerError> {
        let (mut found, mut left) = (Vec::new(), bytes);
        let mut next = if after < LAST_PLACE { (after + 1).to_string() } else { String::new() };
        while !next.is_empty() && found.len() < limit && left > 0 {
            let args = Args::new().arg(whose).arg(user).arg(&next).arg(limit - found.len());
            let args = args.arg(left.min(PAGE_BYTES)).arg(u8::from(events_only)).arg(SCAN);
            let mut reply = self.read(&self.scripts.page, args).await?;
            next = reply.text()?;
            let mut entries = reply.items()?;
            while let Some(entry) = entries.next_items() {
                let (entry, length) = rows::entry(entry?)?;
                left = left.saturating_sub(length);
                found.push(entry);
            }
        }
        Ok(found)
    }

    async fn journal(
        &self,
        id: SubmissionId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Event>, LedgerError> {
        let mut found = Vec::new();
        let mut next = after.min(LAST_PLACE).to_string();
        while !next.is_empty() {
            let count = (limit - found.len()).min(SCAN);
            let args = Args::new().arg(id.0).arg(&next).arg(count).arg(PAGE_BYTES);
            let mut reply = self.read(&self.scripts.journal, args).await?;
            next = reply.text()?;
            if let Some(refused) = refusal(&next, &mut reply, id)? {
                return Err(refused);
            }
            let mut entries = reply.items()?;
            while let Some(entry) = entries.next_items() {
                if let (Entry::Event(event), _) = rows::entry(entry?)? {
                    found.push(event);
                }
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    /// What waits, and the first of what is held.
    pub(super) async fn queue(&self, limit: usize) -> Result<Queue, LedgerError> {
        let mut reply = self.read(&self.scripts.queue, Args::new().arg(limit)).await?;
        let waiting = Waiting {
            runs: reply.number()?,
            submissions: reply.number()?,
            rejudges: reply.number()?,
        };
        let (mut rows, mut held) = (reply.items()?, Vec::new());
        while let Some(row) = rows.next_items() {
            let mut row = row?;
            held.push(Holding {
                submission: SubmissionId(row.number()?),
                worker: row.text()?,
                attempt: row.number()?,
                age: Duration::from_micros(row.number()?),
                left: Duration::from_micros(row.number()?),
            });
        }
        Ok(Queue { waiting, held })
    }

    /// Submissions as the filter says.
    pub(super) async fn list(&self, filter: &Filter) -> Result<Vec<Submission>, LedgerError> {
        let (order, first) = match filter.order {
            Order::Ascending => ("asc", "-inf"),
            Order::Descending => ("desc", "+inf"),
        };
        let only = |value: Option<&str>| value.map_or(String::new(), |value| format!("={value}"));
        let mut next = filter.after.map_or(first.to_owned(), |id| id.to_string());
        let mut found = Vec::new();
        while !next.is_empty() && found.len() < filter.limit {
            let args = Args::new().arg(order).arg(&next).arg(filter.limit - found.len());
            let args = args.arg(only(filter.user.as_deref()));
            let args = args.arg(only(filter.problem.as_ref().map(Slug::as_str)));
            let args = args.arg(only(filter.status.as_deref())).arg(SCAN).arg(PAGE_BYTES);
            let mut reply = self.read(&self.scripts.list, args).await?;
            next = reply.text()?;
            let mut rows = reply.items()?;
            while let Some(row) = rows.next_items() {
                found.push(rows::submission(row?)?);
            }
        }
        Ok(found)
    }

    /// Removes pushes and sessions that are past their time.
    pub(super) async fn sweep(&self, keep: &Keep, limit: usize) -> Result<u64, LedgerError> {
        let (mut removed, mut swept) = (0, 0);
        let mut next = "1".to_owned();
        let mut sessions = micros(keep.sessions).to_string();
        while !next.is_empty() && removed < limit {
            let args = Args::new().arg(&next).arg(micros(keep.messages));
            let args = args.arg(micros(keep.pending)).arg(&sessions).arg(limit - removed).arg(SCAN);
            let mut reply = self.read(&self.scripts.sweep, args).await?;
            next = reply.text()?;
            removed += reply.number::<usize>()?;
            swept += reply.number::<u64>()?;
            // Once is enough: as many as may go have gone.
            sessions.clear();
        }
        Ok(removed as u64 + swept)
    }
}
