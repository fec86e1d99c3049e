//! What a server has given: places of the log, and numbers of submissions.
//!
//! A server that is killed may lose what it acknowledged, unless it syncs every write. Then its clients know better than
//! itself what it must not give once more: readers stand there, and people know submissions by those numbers.

use crate::ledger::signals::News;
use std::sync::atomic::{AtomicU64, Ordering};

/// The last place and number that a client knows of.
#[derive(Debug, Default)]
pub(super) struct Given {
    place: AtomicU64,
    id: AtomicU64,
}

impl Given {
    /// What was added, as `batch.lua` tells it: its kinds, the last place and the last number.
    pub(super) fn read_news(&self, text: &str) -> News {
        let mut words = text.split(' ');
        let kinds = words.next().unwrap_or_default();
        for known in [&self.place, &self.id] {
            if let Some(number) = words.next().and_then(|word| word.parse().ok()) {
                known.fetch_max(number, Ordering::Relaxed);
            }
        }
        News {
            journal: kinds.contains('j'),
            messages: kinds.contains('m'),
            catalogue: kinds.contains('c'),
        }
    }

    pub(super) fn place(&self) -> u64 {
        self.place.load(Ordering::Relaxed)
    }

    pub(super) fn id(&self) -> u64 {
        self.id.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_is_kept_and_what_is_missing_changes_nothing() {
        let given = Given::default();
        assert_eq!(given.read_news(""), News::default());
        assert_eq!(given.read_news("jmc 17 4"), News::ALL);
        assert_eq!(given.read_news("m 15 5"), News { messages: true, ..News::default() });
        assert_eq!((given.place(), given.id()), (17, 5));
    }
}
