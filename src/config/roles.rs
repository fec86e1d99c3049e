//! What a daemon does: `roles`.

use std::fmt;

/// One part of a daemon's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Takes submissions and problems, and answers questions about them.
    Api,
    /// Holds sockets and streams, and takes pushes.
    Hub,
    /// Judges what waits.
    Worker,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Api, Self::Hub, Self::Worker];

    /// The names of all roles, as configuration files have them.
    pub const NAMES: &'static [&'static str] = &["api", "hub", "worker"];

    /// Its name in configuration files.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// The roles of a daemon: one at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// A daemon that does everything.
    pub const ALL: Self = Self(0b111);

    /// A daemon that only judges.
    pub const WORKER: Self = Self(1 << Role::Worker as u8);

    /// Those that are named; names that are none are passed over. `None` when there is none.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let role = |name| Role::ALL.into_iter().find(|role| role.name() == name);
        let bits = names.into_iter().filter_map(role).fold(0, |bits, role| bits | 1 << role as u8);
        (bits != 0).then_some(Self(bits))
    }

    /// Whether this one is among them.
    pub fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// Each of them, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl Default for Roles {
    /// All.
    fn default() -> Self {
        Self::ALL
    }
}

impl fmt::Display for Roles {
    /// Such as `api,hub`, as `--roles` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Role::name).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn roles_are_told_by_name() {
        for role in Role::ALL {
            let one = Roles::named([role.name()]).unwrap();
            assert_eq!(one.iter().collect::<Vec<_>>(), [role]);
        }
        let two = Roles::named(["worker", "api", "worker"]).unwrap();
        assert_eq!(two.to_string(), "api,worker");
        assert!(!two.has(Role::Hub));
        assert_eq!(Roles::named(Role::NAMES.iter().copied()), Some(Roles::ALL));
        assert_eq!(Roles::named(["judge"]), None);
        assert_eq!(Roles::WORKER.to_string(), "worker");
    }
}
