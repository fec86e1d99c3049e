//! Bounds on what one peer may take: connections per user and per address, messages per second.

use crate::config::HubConfig;
use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// Counts connections. One a hub.
#[derive(Debug)]
pub struct Limits {
    /// 0: no bound.
    per_user: usize,
    /// 0: no bound.
    per_address: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    users: HashMap<String, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// A connection that is more than a bound allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// Too many of one user.
    #[error("this user has {0} connections, which is the limit; close one")]
    User(usize),
    /// Too many from one address.
    #[error("this address has {0} connections, which is the limit; close one")]
    Address(usize),
}

impl Excess {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::User(_) => "too_many_connections_of_user",
            Self::Address(_) => "too_many_connections_of_address",
        }
    }
}

impl Limits {
    /// The bounds of a configuration.
    pub fn of(config: &HubConfig) -> Arc<Self> {
        let (per_user, per_address) =
            (config.max_connections_per_user as usize, config.max_connections_per_address as usize);
        Arc::new(Self { per_user, per_address, open: Mutex::default() })
    }

    /// Lets a connection in, which counts until the permit is dropped. One whose peer is not known counts
    /// for no address; one without a user counts for none until [`Permit::take_user`].
    pub fn enter(
        self: &Arc<Self>,
        address: Option<IpAddr>,
        user: Option<&str>,
    ) -> Result<Permit, Excess> {
        let mut permit = Permit { limits: Arc::clone(self), address: None, user: None };
        if let Some(address) = address.map(network) {
            let mut open = self.open();
            if !add(&mut open.addresses, address, self.per_address) {
                return Err(Excess::Address(self.per_address));
            }
            permit.address = Some(address);
        }
        if let Some(user) = user {
            permit.take_user(user)?;
        }
        Ok(permit)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom an address stands for. A network of IPv6 gives each machine as many addresses as it likes, so that
/// the network counts.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

/// Counts one more, unless that were more than the bound.
fn add<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K, bound: usize) -> bool {
    let count = counts.entry(key).or_default();
    if bound > 0 && *count >= bound {
        return false;
    }
    *count += 1;
    true
}

fn take<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub struct Permit {
    limits: Arc<Limits>,
    address: Option<IpAddr>,
    user: Option<String>,
}

impl Permit {
    /// The connection is this user's from now on. When they have too many, it stays what it was.
    pub fn take_user(&mut self, user: &str) -> Result<(), Excess> {
        if self.user.as_deref() == Some(user) {
            return Ok(());
        }
        let mut open = self.limits.open();
        if !add(&mut open.users, user.to_owned(), self.limits.per_user) {
            return Err(Excess::User(self.limits.per_user));
        }
        if let Some(former) = self.user.replace(user.to_owned()) {
            take(&mut open.users, &former);
        }
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.limits.open();
        if let Some(address) = &self.address {
            take(&mut open.addresses, address);
        }
        if let Some(user) = &self.user {
            take(&mut open.users, user);
        }
    }
}

/// A token bucket: `rate` messages a second for long, and `burst` at once after a pause. A pure value; time
/// is told to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Messages a second; 0: no bound.
    rate: f64,
    burst: f64,
    left: f64,
    seen: Instant,
}

impl Bucket {
    /// A full bucket. A rate of 0 bounds nothing; a burst below 1 would let nothing through, and is 1.
    pub fn new(rate: u64, burst: u64, now: Instant) -> Self {
        let burst = burst.max(1) as f64;
        Self { rate: rate as f64, burst, left: burst, seen: now }
    }

    /// Takes one message out. False: there are too many.
    pub fn take(&mut self, now: Instant) -> bool {
        if self.rate == 0.0 {
            return true;
        }
        let passed = now.saturating_duration_since(self.seen).as_secs_f64();
        self.seen = self.seen.max(now);
        self.left = (self.left + passed * self.rate).min(self.burst);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use std::time::Duration;

    fn limits(per_user: u64, per_address: u64) -> Arc<Limits> {
        let config = HubConfig {
            max_connections_per_user: per_user,
            max_connections_per_address: per_address,
            ..HubConfig::default()
        };
        Limits::of(&config)
    }

    fn enter(limits: &Arc<Limits>, address: &str, user: Option<&str>) -> Result<Permit, Excess> {
        limits.enter(Some(address.parse().unwrap()), user)
    }

    #[test]
    fn addresses_are_bounded_until_a_permit_is_dropped() {
        let limits = limits(0, 2);
        let first = enter(&limits, "10.0.0.1", None).unwrap();
        // The same address, written otherwise.
        let _second = enter(&limits, "::ffff:10.0.0.1", None).unwrap();
        assert_eq!(enter(&limits, "10.0.0.1", None).unwrap_err(), Excess::Address(2));
        let _other = enter(&limits, "10.0.0.2", None).unwrap();
        drop(first);
        let _third = enter(&limits, "10.0.0.1", None).unwrap();
        assert!((0..9).all(|_| limits.enter(None, None).is_ok()), "unknown peers are not counted");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let limits = limits(0, 1);
        let _held = enter(&limits, "2001:db8:1:2::1", None).unwrap();
        assert!(enter(&limits, "2001:db8:1:2:ffff::9", None).is_err());
        assert!(enter(&limits, "2001:db8:1:3::1", None).is_ok());
    }

    #[test]
    fn users_are_bounded_and_a_connection_has_one() {
        let limits = limits(1, 0);
        let mut first = enter(&limits, "::1", Some("ada")).unwrap();
        assert_eq!(first.take_user("ada"), Ok(()), "it has her already");
        let mut second = enter(&limits, "::1", None).unwrap();
        assert_eq!(second.take_user("ada"), Err(Excess::User(1)));
        second.take_user("bob").unwrap();
        assert_eq!(first.take_user("bob"), Err(Excess::User(1)));
        assert!(limits.enter(None, Some("ada")).is_err(), "a failed change gives nothing away");
        first.take_user("eve").unwrap();
        second.take_user("ada").unwrap();
        assert!(limits.enter(None, Some("bob")).is_ok());
        drop((first, second));
        let open = limits.open();
        assert!(open.users.is_empty() && open.addresses.is_empty(), "{open:?}");
    }

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(50, 200, start);
        let taken = (0..10_000).filter(|_| bucket.take(start)).count();
        assert_eq!(taken, 200);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..10_000).filter(|_| bucket.take(later)).count(), 50);
        // Time that runs backward gives nothing.
        assert!(!bucket.take(start));
        let long = later + Duration::from_secs(3600);
        assert_eq!(
            (0..10_000).filter(|_| bucket.take(long)).count(),
            200,
            "no more than the burst"
        );
        let steady = (1..=500).all(|n| bucket.take(long + Duration::from_millis(20 * n)));
        assert!(steady, "the rate itself never ends");
        let mut free = Bucket::new(0, 1, start);
        assert!((0..10_000).all(|_| free.take(start)));
    }
}
