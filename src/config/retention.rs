//! How long finished submissions are kept: the section `[retention]`.

use std::time::Duration;

/// When submissions that have ended are removed, with everything of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days since their end; 0: never.
    pub finished_days: u64,
    /// Days at least for those whose end no socket of their user has received.
    pub unreceived_days: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { finished_days: 0, unreceived_days: 30 }
    }
}

impl Retention {
    /// [`Retention::finished_days`] as a time; `None`: for ever.
    pub fn finished(&self) -> Option<Duration> {
        (self.finished_days > 0).then(|| days(self.finished_days))
    }

    /// [`Retention::unreceived_days`] as a time.
    pub fn unreceived(&self) -> Duration {
        days(self.unreceived_days)
    }
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}
