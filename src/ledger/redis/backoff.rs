//! How long to wait before the next try.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Pauses that double, each shortened by chance by up to a half, so that many clients do not come back all at once.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// The next pause.
    pub(super) fn pause(&mut self) -> Duration {
        let full = self.0;
        self.0 = (full * 2).min(LONGEST);
        // Without chance the pause is whole.
        let chance = getrandom::u32().unwrap_or(0);
        full.saturating_sub(full / 2 * (chance >> 16) / (1 << 16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let mut backoff = Backoff::new();
        let mut full = FIRST;
        for _ in 0..10 {
            let pause = backoff.pause();
            assert!(pause > full / 2 && pause <= full, "{pause:?} of {full:?}");
            full = (full * 2).min(LONGEST);
        }
        let pauses: std::collections::BTreeSet<_> = (0..20).map(|_| backoff.pause()).collect();
        assert!(pauses.len() > 10, "{pauses:?}");
    }
}
