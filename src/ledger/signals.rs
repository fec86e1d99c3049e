//! How readers and workers are woken.

use tokio::sync::watch;

/// The things that can be waited for.
#[derive(Clone)]
pub(super) struct Signals {
    /// The journal has grown, or a lease ran out.
    pub(super) changed: watch::Sender<u64>,
    /// The log has grown, by events or by messages.
    pub(super) grown: watch::Sender<u64>,
    /// The catalogue of problems has changed, or somebody wants a package.
    pub(super) catalogue: watch::Sender<u64>,
}

/// What a change has added to the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Events.
    pub(super) journal: bool,
    /// Messages.
    pub(super) messages: bool,
    /// In the catalogue of problems.
    pub(super) catalogue: bool,
}

impl Signals {
    pub(super) fn new() -> Self {
        let sender = || watch::Sender::new(0);
        Self { changed: sender(), grown: sender(), catalogue: sender() }
    }

    /// Wakes those who wait for such news.
    pub(super) fn tell(&self, news: News) {
        if news.journal {
            self.changed.send_modify(|n| *n += 1);
        }
        if news.journal || news.messages {
            self.grown.send_modify(|n| *n += 1);
        }
        if news.catalogue {
            self.catalogue.send_modify(|n| *n += 1);
        }
    }
}

impl News {
    /// Whatever may have happened.
    pub(super) const ALL: Self = Self { journal: true, messages: true, catalogue: true };
}

impl std::ops::BitOrAssign for News {
    fn bitor_assign(&mut self, other: Self) {
        self.journal |= other.journal;
        self.messages |= other.messages;
        self.catalogue |= other.catalogue;
    }
}
