//! How long to wait before the next try.

use super::address::Address;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Pauses that double, each shortened by chance by up to a half, so that many clients do not come back all at once.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// The next pause of a client of this server.
    pub(super) fn pause(&mut self, address: &Address) -> Duration {
        let full = self.0;
        self.0 = (full * 2).min(LONGEST);
        full.saturating_sub(full / 2 * (address.chance() >> 16) / (1 << 16))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test may panic

    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let address = Address::parse("redis://127.0.0.1").unwrap();
        let mut backoff = Backoff::new();
        let mut full = FIRST;
        for _ in 0..10 {
            let pause = backoff.pause(&address);
            assert!(pause > full / 2 && pause <= full, "{pause:?} of {full:?}");
            full = (full * 2).min(LONGEST);
        }
        let pauses: std::collections::BTreeSet<_> =
            (0..20).map(|_| backoff.pause(&address)).collect();
        assert!(pauses.len() > 10, "{pauses:?}");
    }
}
