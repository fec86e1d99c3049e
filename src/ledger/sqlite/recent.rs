//! The end of the log in memory.
//!
//! Whoever follows the log asks, after each commit, for what was committed just now. That is answered from
//! here, without a thread and a statement for each reader; the file is read for what is older. What is here was
//! committed before it came: nobody reads what is not on the disk.

use crate::{
    judge::{Channel, Entry},
    ledger::Whose,
};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Entries that are kept, at most.
const ENTRIES: usize = 2048;

/// Bytes of their texts that are kept, at most.
const BYTES: usize = 2 << 20;

/// An entry and how long its text is, in bytes.
pub(super) type Kept = (Entry, usize);

/// The last entries of the log.
pub(super) struct Recent(Mutex<Tail>);

struct Tail {
    /// Every entry after this place is kept.
    floor: u64,
    /// The last place that was given.
    last: u64,
    entries: VecDeque<Kept>,
    bytes: usize,
}

impl Recent {
    /// Of a log that ends at this place now.
    pub(super) fn new(last: u64) -> Self {
        let (entries, bytes) = (VecDeque::new(), 0);
        Self(Mutex::new(Tail { floor: last, last, entries, bytes }))
    }

    /// Takes what a transaction has added, in order.
    pub(super) fn add(&self, entries: Vec<Kept>) {
        let mut tail = self.tail();
        for (entry, bytes) in entries {
            tail.last = entry.pos();
            tail.bytes += bytes;
            tail.entries.push_back((entry, bytes));
        }
        while tail.entries.len() > ENTRIES || tail.bytes > BYTES {
            let Some((entry, bytes)) = tail.entries.pop_front() else { break };
            tail.floor = entry.pos();
            tail.bytes -= bytes;
        }
    }

    /// Forgets the entries, because some were removed from the file.
    pub(super) fn forget(&self) {
        let mut tail = self.tail();
        (tail.floor, tail.bytes) = (tail.last, 0);
        tail.entries = VecDeque::new();
    }

    /// The last place that was given.
    pub(super) fn last(&self) -> u64 {
        self.tail().last
    }

    /// A page of a log; `None` when it begins before what is kept, and is to be read from the file.
    pub(super) fn page(&self, whose: &Whose, after: u64, limit: usize) -> Option<Vec<Entry>> {
        let tail = self.tail();
        if after < tail.floor {
            return None;
        }
        let from = tail.entries.partition_point(|(entry, _)| entry.pos() <= after);
        let later = tail.entries.range(from..).map(|(entry, _)| entry);
        Some(later.filter(|entry| is_theirs(whose, entry)).take(limit).cloned().collect())
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The conditions of the statements in `log.rs`.
fn is_theirs(whose: &Whose, entry: &Entry) -> bool {
    match whose {
        Whose::All => true,
        Whose::User(user) => entry.user().is_none_or(|of| of == user),
        Whose::Chat => matches!(entry, Entry::Message(message) if message.channel == Channel::Chat),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Audience, Message};
    use jiff::Timestamp;

    fn message(pos: u64, user: Option<&str>, channel: Channel) -> Kept {
        let to = user.map_or(Audience::Everyone, |user| Audience::User(user.to_owned()));
        let (topic, payload) = ("t".to_owned(), "{}".to_owned());
        let ts = Timestamp::UNIX_EPOCH;
        (Entry::Message(Message { pos, ts, to, channel, topic, payload }), 2)
    }

    fn places(recent: &Recent, whose: &Whose, after: u64, limit: usize) -> Option<Vec<u64>> {
        Some(recent.page(whose, after, limit)?.iter().map(Entry::pos).collect())
    }

    #[test]
    fn what_came_after_the_start_is_here_and_nothing_else() {
        let recent = Recent::new(7);
        let (all, ada) = (Whose::All, Whose::User("ada".into()));
        assert_eq!((places(&recent, &all, 6, 9), recent.last()), (None, 7));
        assert_eq!(places(&recent, &all, 7, 9), Some(vec![]));
        recent.add(vec![
            message(8, Some("ada"), Channel::Push),
            message(9, Some("bob"), Channel::Chat),
            message(10, None, Channel::Push),
        ]);
        assert_eq!(places(&recent, &all, 7, 9), Some(vec![8, 9, 10]));
        assert_eq!(places(&recent, &all, 8, 1), Some(vec![9]));
        assert_eq!(places(&recent, &ada, 7, 9), Some(vec![8, 10]));
        assert_eq!(places(&recent, &Whose::Chat, 7, 9), Some(vec![9]));
        assert_eq!(places(&recent, &all, u64::MAX, 9), Some(vec![]));
        assert_eq!((places(&recent, &all, 6, 9), recent.last()), (None, 10));
    }

    #[test]
    fn the_oldest_make_room_and_a_sweep_clears_all() {
        let recent = Recent::new(0);
        let more = ENTRIES as u64 + 5;
        recent.add((1..=more).map(|pos| message(pos, None, Channel::Push)).collect());
        assert_eq!(places(&recent, &Whose::All, 4, 9), None);
        assert_eq!(places(&recent, &Whose::All, 5, 2), Some(vec![6, 7]));
        let (long, _) = message(more + 1, None, Channel::Push);
        recent.add(vec![(long, BYTES + 1)]);
        assert_eq!(places(&recent, &Whose::All, more, 9), None, "too long to be kept");
        assert_eq!(places(&recent, &Whose::All, more + 1, 9), Some(vec![]));
        recent.add(vec![message(more + 2, None, Channel::Push)]);
        recent.forget();
        assert_eq!(places(&recent, &Whose::All, more + 1, 9), None);
        assert_eq!(
            (places(&recent, &Whose::All, more + 2, 9), recent.last()),
            (Some(vec![]), more + 2)
        );
        assert_eq!(recent.tail().bytes, 0);
    }
}
