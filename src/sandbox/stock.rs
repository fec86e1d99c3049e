//! Idle cells by what is in them, and how long each has been waiting.

use super::Rootfs;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Idle cells. The one that was put last is taken first, so that those which are not needed stay
/// behind and grow old.
pub struct Stock<T> {
    shelves: BTreeMap<Rootfs, Vec<(Instant, T)>>,
}

impl<T> Default for Stock<T> {
    fn default() -> Self {
        Self { shelves: BTreeMap::new() }
    }
}

impl<T> Stock<T> {
    /// How many wait in all.
    pub fn total(&self) -> usize {
        self.shelves.values().map(Vec::len).sum()
    }

    /// How many wait with this toolchain.
    pub fn count(&self, rootfs: &Rootfs) -> usize {
        self.shelves.get(rootfs).map_or(0, Vec::len)
    }

    /// Puts one down at a time, which is no earlier than any before.
    pub fn put(&mut self, rootfs: &Rootfs, cell: T, now: Instant) {
        self.shelves.entry(rootfs.clone()).or_default().push((now, cell));
    }

    /// Takes the one that was put last.
    pub fn take(&mut self, rootfs: &Rootfs) -> Option<T> {
        self.shelves.get_mut(rootfs)?.pop().map(|(_, cell)| cell)
    }

    /// Takes out what has waited for this long, but never the last one of all.
    pub fn expired(&mut self, after: Duration, now: Instant) -> Vec<T> {
        let mut out = Vec::new();
        while let Some((since, rootfs)) = self.oldest()
            && since + after <= now
            && let Some(shelf) = self.shelves.get_mut(&rootfs)
        {
            out.push(shelf.remove(0).1);
        }
        self.shelves.retain(|_, shelf| !shelf.is_empty());
        out
    }

    /// When the next one will have waited for this long; `None` when all may stay.
    pub fn next_expiry(&self, after: Duration) -> Option<Instant> {
        self.oldest().map(|(since, _)| since + after)
    }

    /// The one that has waited longest, if it is not the last one.
    fn oldest(&self) -> Option<(Instant, Rootfs)> {
        let firsts = self
            .shelves
            .iter()
            .filter_map(|(rootfs, shelf)| shelf.first().map(|(since, _)| (*since, rootfs.clone())));
        firsts.min().filter(|_| self.total() > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_least_goes_and_one_stays() {
        let (ttl, began) = (Duration::from_secs(60), Instant::now());
        let at = |seconds| began + Duration::from_secs(seconds);
        let image = Rootfs::Image("gcc".into());
        let mut stock = Stock::default();
        stock.put(&image, 1, at(0));
        for cell in 2..=4 {
            stock.put(&Rootfs::Host, cell, at(10));
        }
        // Steady use of one keeps one young.
        let used = stock.take(&Rootfs::Host).unwrap();
        stock.put(&Rootfs::Host, used, at(50));
        assert!(stock.expired(ttl, at(59)).is_empty());
        assert_eq!(stock.next_expiry(ttl), Some(at(60)));
        assert_eq!((stock.expired(ttl, at(60)), stock.count(&image)), (vec![1], 0));
        assert_eq!(stock.next_expiry(ttl), Some(at(70)));
        assert_eq!(stock.expired(ttl, at(70)), [2, 3]);
        assert_eq!((stock.total(), stock.next_expiry(ttl)), (1, None), "the last one stays");
        assert!(stock.expired(ttl, at(1000)).is_empty());
        assert_eq!(stock.take(&Rootfs::Host), Some(4));
        assert_eq!((stock.take(&Rootfs::Host), stock.take(&image)), (None, None));
    }
}
