//! The heartbeat: when a ping is due, and when a peer has been silent, or has taken nothing, for too long.

use super::settings::Settings;
use std::{pin::Pin, time::Duration};
use tokio::time::{Instant, Sleep, sleep_until};

/// One connection's heartbeat. At most one ping is unanswered at any time, whatever it was sent for.
pub(super) struct Heart {
    interval: Duration,
    timeout: Duration,
    /// When the last ping was sent, or the connection was opened.
    beat: Instant,
    /// Whether that ping is unanswered.
    waiting: bool,
    /// The connection is closed then, whatever the peer does.
    last_words: Option<Instant>,
    /// It is closed then unless the peer takes something before.
    stall: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

/// What the time has come for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A ping must be sent.
    Ping,
    /// A ping was not answered.
    Timeout,
    /// The server stops and has waited long enough.
    LastWords,
    /// The peer may have taken nothing for too long.
    Stall,
}

impl Heart {
    /// Of a connection that is opened now: the first ping is due one interval later.
    pub(super) fn new(settings: &Settings, now: Instant) -> Self {
        Self {
            interval: settings.ping_interval,
            timeout: settings.ping_timeout,
            beat: now,
            waiting: false,
            last_words: None,
            stall: None,
            timer: Box::pin(sleep_until(now + settings.ping_interval)),
        }
    }

    /// Waits for the next thing that is due. Cancel safe.
    pub(super) async fn due(&mut self) -> Due {
        loop {
            let (time, due) = self.next();
            if Instant::now() >= time {
                return due;
            }
            // The timer is set again only when it would fire too late: moving it costs more than
            // waking once too often.
            if self.timer.is_elapsed() || time < self.timer.deadline() {
                self.timer.as_mut().reset(time);
            }
            self.timer.as_mut().await;
        }
    }

    /// What is due next, and when.
    fn next(&self) -> (Instant, Due) {
        let next = if self.waiting {
            (self.beat + self.timeout, Due::Timeout)
        } else {
            (self.beat + self.interval, Due::Ping)
        };
        let next = match self.stall {
            Some(stall) if stall <= next.0 => (stall, Due::Stall),
            _ => next,
        };
        match self.last_words {
            Some(end) if end <= next.0 => (end, Due::LastWords),
            _ => next,
        }
    }

    /// Whether a ping may be sent now.
    pub(super) fn rests(&self) -> bool {
        !self.waiting
    }

    /// A ping that was due is sent. Its time is when it was due, so that lateness does not add up.
    pub(super) fn beats(&mut self) {
        self.beat += self.interval;
        self.waiting = true;
    }

    /// A ping is sent before it is due.
    pub(super) fn beats_early(&mut self, now: Instant) {
        self.beat = now;
        self.waiting = true;
    }

    /// The peer answered. False if nothing was asked.
    pub(super) fn answered(&mut self) -> bool {
        std::mem::take(&mut self.waiting)
    }

    /// Until then the peer must take something of what waits; `None`: it need not.
    pub(super) fn stalls_at(&mut self, time: Option<Instant>) {
        self.stall = time;
    }

    /// The connection ends then at the latest.
    pub(super) fn ends_at(&mut self, time: Instant) {
        self.last_words = Some(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn heart(start: Instant) -> Heart {
        let settings = Settings {
            ping_interval: seconds(25),
            ping_timeout: seconds(60),
            ..Settings::default()
        };
        Heart::new(&settings, start)
    }

    #[tokio::test]
    async fn beats_one_interval_after_another() {
        let start = Instant::now();
        let mut heart = heart(start);
        for beat in 1..=3 {
            assert_eq!(heart.next(), (start + seconds(25 * beat), Due::Ping));
            heart.beats();
            assert!(!heart.rests());
            assert!(heart.answered());
            assert!(!heart.answered());
        }
    }

    #[tokio::test]
    async fn a_silent_peer_is_noticed() {
        let start = Instant::now();
        let mut heart = heart(start);
        heart.beats();
        assert_eq!(heart.next(), (start + seconds(85), Due::Timeout));
    }

    #[tokio::test]
    async fn an_early_ping_moves_the_next_one() {
        let start = Instant::now();
        let mut heart = heart(start);
        heart.beats_early(start + seconds(10));
        assert_eq!(heart.next(), (start + seconds(70), Due::Timeout));
        assert!(heart.answered());
        assert_eq!(heart.next(), (start + seconds(35), Due::Ping));
    }

    #[tokio::test]
    async fn last_words_end_earlier() {
        let start = Instant::now();
        let mut heart = heart(start);
        heart.ends_at(start + seconds(1));
        assert_eq!(heart.next(), (start + seconds(1), Due::LastWords));
        heart.ends_at(start + seconds(26));
        assert_eq!(heart.next(), (start + seconds(25), Due::Ping));
    }

    #[tokio::test]
    async fn a_stall_ends_before_a_peer_is_silent_for_too_long() {
        let start = Instant::now();
        let mut heart = heart(start);
        heart.beats();
        heart.stalls_at(Some(start + seconds(30)));
        assert_eq!(heart.next(), (start + seconds(30), Due::Stall));
        heart.stalls_at(Some(start + seconds(90)));
        assert_eq!(heart.next(), (start + seconds(85), Due::Timeout));
        heart.stalls_at(None);
        assert_eq!(heart.next(), (start + seconds(85), Due::Timeout));
    }

    #[tokio::test]
    async fn what_is_due_is_told_at_once_and_later_when_it_comes() {
        let late = Instant::now().checked_sub(seconds(30)).expect("the machine runs for a while");
        let mut heart = heart(late);
        assert_eq!(heart.due().await, Due::Ping);
        heart.beats();
        heart.ends_at(Instant::now() + Duration::from_millis(5));
        assert_eq!(heart.due().await, Due::LastWords);
    }
}
