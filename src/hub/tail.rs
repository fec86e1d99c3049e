//! Anything in the ledger as a live stream: the same paged read, begun again whenever the ledger says that something
//! came.

use super::PAGE;
use crate::{
    judge::{Entry, Event},
    ledger::{Cursor, Ledger, LedgerError, Whose},
};
use futures_util::{Stream, stream::try_unfold};
use std::{sync::Arc, vec};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where a reader stands, and how it reads on from there.
pub trait Pages: Send + 'static {
    /// What is read.
    type Item: Send;

    /// Changes whenever there may be more.
    fn news(ledger: &dyn Ledger) -> watch::Receiver<u64>;

    /// What comes next, up to [`PAGE`]; empty: there is no more now.
    fn page(
        &self,
        ledger: &dyn Ledger,
    ) -> impl Future<Output = Result<Vec<Self::Item>, LedgerError>> + Send;

    /// This one was read.
    fn advance(&mut self, item: &Self::Item);
}

impl Pages for Cursor {
    type Item = Event;

    fn news(ledger: &dyn Ledger) -> watch::Receiver<u64> {
        ledger.changed()
    }

    async fn page(&self, ledger: &dyn Ledger) -> Result<Vec<Event>, LedgerError> {
        ledger.read(self, PAGE).await
    }

    fn advance(&mut self, event: &Event) {
        Self::advance(self, event);
    }
}

/// Somebody's log after a place.
pub(super) struct LogCursor {
    pub(super) whose: Whose,
    pub(super) after: u64,
}

impl Pages for LogCursor {
    type Item = Entry;

    fn news(ledger: &dyn Ledger) -> watch::Receiver<u64> {
        ledger.grown()
    }

    async fn page(&self, ledger: &dyn Ledger) -> Result<Vec<Entry>, LedgerError> {
        ledger.log(&self.whose, self.after, PAGE).await
    }

    fn advance(&mut self, entry: &Entry) {
        self.after = entry.pos();
    }
}

/// Everything after the cursor, in order, each exactly once: history first, then live for ever.
///
/// Ends when the ledger is gone, after the first error, and when `shutdown` fires: then after the last
/// that there is, so that whoever watched a submission to its end hears of the end.
pub fn tail<P: Pages>(
    ledger: Arc<dyn Ledger>,
    cursor: P,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<P::Item, LedgerError>> + Send + 'static {
    let news = P::news(&*ledger);
    let tail = Tail { ledger, cursor, news, shutdown, page: Vec::new().into_iter() };
    try_unfold(tail, |mut tail| async move { Ok(tail.next().await?.map(|item| (item, tail))) })
}

struct Tail<P: Pages> {
    ledger: Arc<dyn Ledger>,
    cursor: P,
    news: watch::Receiver<u64>,
    shutdown: CancellationToken,
    page: vec::IntoIter<P::Item>,
}

impl<P: Pages> Tail<P> {
    async fn next(&mut self) -> Result<Option<P::Item>, LedgerError> {
        loop {
            if let Some(item) = self.page.next() {
                self.cursor.advance(&item);
                return Ok(Some(item));
            }
            // Both before the read: what is committed between the read and the wait must end the wait,
            // and what was committed before the shutdown must be read.
            self.news.mark_unchanged();
            let ending = self.shutdown.is_cancelled();
            self.page = self.cursor.page(&*self.ledger).await?.into_iter();
            if self.page.len() == 0 && (ending || !self.wait().await) {
                return Ok(None);
            }
        }
    }

    /// Waits until it is worth to read again; false when it never will be.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            changed = self.news.changed() => changed.is_ok(),
            () = self.shutdown.cancelled() => true,
        }
    }
}
