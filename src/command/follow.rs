//! One stream of events over as many connections as it takes: nothing lost, nothing twice.
//!
//! The place of the last event is the cursor: after a lost connection the stream is opened again
//! after it. Events that come again are dropped; a gap in a submission's own numbers, which can only
//! be the connection's fault, counts as a lost connection.

use super::session::Session;
use crate::{
    client::{self, Client, ClientError, Events, Source},
    error::Error,
    judge::Event,
};
use futures_util::stream::{Stream, unfold};
use std::time::Duration;

/// The first pause before a connection is tried again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a stream brings.
#[derive(Debug)]
pub(super) enum News {
    /// An event.
    Event(Box<Event>),
    /// The connection was lost and is being taken up again; said once for each loss.
    Lost(String),
    /// The connection is there again.
    Back,
    /// The place is not known to the daemon that answers now; all events follow.
    Reset(String),
}

/// Follows events after a place. A submission's stream ends when it has come to rest; the others
/// do not end. An error is final.
pub(super) fn follow(
    session: &Session,
    source: Source,
    after: u64,
) -> impl Stream<Item = Result<News, Error>> + '_ {
    let state = Following {
        session,
        source,
        after,
        events: None,
        resting: false,
        lost: false,
        failures: 0,
        ended: false,
    };
    unfold(state, async |mut state| {
        let news = state.next().await.transpose()?;
        // Nothing comes after an error.
        state.ended |= news.is_err();
        Some((news, state))
    })
}

struct Following<'a> {
    session: &'a Session,
    source: Source,
    after: u64,
    events: Option<(Client, Events)>,
    /// Whether the last event was one after which the submission is at rest.
    resting: bool,
    /// Whether the user was told that the connection is lost.
    lost: bool,
    /// Attempts since the last event.
    failures: u32,
    ended: bool,
}

impl Following<'_> {
    async fn next(&mut self) -> Result<Option<News>, Error> {
        if self.ended {
            return Ok(None);
        }
        loop {
            let Some((client, events)) = &mut self.events else {
                match self.connect().await? {
                    Some(news) => return Ok(Some(news)),
                    None => continue,
                }
            };
            let client = client.clone();
            match events.next().await {
                Ok(Some(client::News::Reset(reason))) => {
                    self.after = 0;
                    return Ok(Some(News::Reset(reason)));
                }
                Ok(Some(client::News::Event(event))) => match self.take(*event) {
                    Taken::News(news) => return Ok(Some(news)),
                    Taken::Known => {}
                    Taken::Gap => self.events = None,
                },
                Ok(None) if self.rests(&client).await? => return Ok(None),
                // The daemon ended the stream although more is to come: it is going.
                Ok(None) => {
                    if let Some(news) = self.lose(&client, "the daemon is ending").await {
                        return Ok(Some(news));
                    }
                }
                Err(ClientError::Lost(reason)) => {
                    if let Some(news) = self.lose(&client, &reason).await {
                        return Ok(Some(news));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether the stream ended because its submission is at rest. With the last event that is
    /// known; a stream that began after it does not show it.
    async fn rests(&self, client: &Client) -> Result<bool, Error> {
        match &self.source {
            Source::Submission(_) if self.resting => Ok(true),
            Source::Submission(id) => match client.submission(*id).await {
                Ok(submission) => Ok(submission.state.is_final()),
                Err(ClientError::Lost(_)) => Ok(false),
                Err(error) => Err(error.into()),
            },
            Source::User(_) | Source::All => Ok(false),
        }
    }

    fn take(&mut self, event: Event) -> Taken {
        let place = self.source.place(&event);
        if place <= self.after {
            return Taken::Known;
        }
        if self.source.ends() && place != self.after + 1 {
            return Taken::Gap;
        }
        self.after = place;
        self.resting = event.body.is_final();
        self.failures = 0;
        Taken::News(News::Event(Box::new(event)))
    }

    /// Opens the stream. `Some` when there is something to tell.
    async fn connect(&mut self) -> Result<Option<News>, Error> {
        if self.failures > 0 {
            tokio::time::sleep(pause(self.failures)).await;
        }
        self.failures += 1;
        let client = self.session.client();
        match client.events(&self.source, self.after).await {
            Ok(events) => {
                self.events = Some((client, events));
                Ok(std::mem::take(&mut self.lost).then_some(News::Back))
            }
            Err(ClientError::Lost(reason)) => Ok(self.lose(&client, &reason).await),
            Err(error) if error.passes() => Ok(self.lose(&client, &error.to_string()).await),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets the connection go and looks for a daemon again. `Some` when the user must be told.
    async fn lose(&mut self, client: &Client, reason: &str) -> Option<News> {
        self.events = None;
        // When no daemon is found now, the next attempt looks again.
        let again = self.session.find_again(client).await;
        tracing::debug!(reason, ?again, "connection lost");
        if std::mem::replace(&mut self.lost, true) {
            return None;
        }
        let url = client.url();
        Some(News::Lost(format!(
            "lost the daemon at {url} ({reason}); trying again until it is back"
        )))
    }
}

enum Taken {
    News(News),
    Known,
    Gap,
}

/// A random part of a time that doubles with each failure, so that many clients of one daemon do
/// not come back all at once.
fn pause(failures: u32) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE);
    let part = f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX);
    longest.mul_f64(part.max(0.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        for failures in 1..100 {
            let pause = pause(failures);
            assert!(pause >= FIRST_PAUSE / 10 && pause <= LONGEST_PAUSE, "{failures}: {pause:?}");
        }
        assert!(pause(1) <= 2 * FIRST_PAUSE);
    }
}
