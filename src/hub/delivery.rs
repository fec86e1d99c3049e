//! One reader of the whole log for all sockets.
//!
//! A [`Subscription`] first reads what its user has missed, page by page from the ledger, and then gets
//! what the one reader hands out. It takes its seat with the reader before it reads its pages: what
//! comes meanwhile waits at the seat, and what is both in a page and at the seat is told apart by its
//! place. So there is no gap and nothing comes twice, whenever it joins.
//!
//! What waits at a seat is bounded in bytes. When it would be more, the seat is emptied and its subscription
//! goes back to reading pages, from where it stands: memory is bounded, and nothing is lost, however much
//! passes by and however late it is taken. Whether a peer takes anything at all is for its transport to see.
//! The reader waits for nobody, so no subscription slows another.

use crate::{
    judge::{Entry, EventBody},
    ledger::{Ledger, LedgerError, Whose},
};
use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time,
};
use tokio_util::sync::CancellationToken;

/// Entries that the one reader reads at one time.
const PAGE: usize = 1000;

/// Entries that a subscription reads at one time.
const CATCH_UP: usize = 128;

/// Entries handed out before those who wait for them get a turn.
const SLICE: usize = 64;

/// What an entry takes beside its texts, in bytes.
const FRAME: usize = 256;

/// How long the reader waits after the ledger failed.
const RETRY: Duration = Duration::from_millis(500);

/// Hands the log out to subscriptions.
pub struct Delivery {
    ledger: Arc<dyn Ledger>,
    seats: Mutex<Seats>,
    /// True once the reader knows where it begins.
    ready: watch::Sender<bool>,
    next_seat: AtomicU64,
}

/// Everyone who listens.
#[derive(Default)]
struct Seats {
    /// Everything up to this place was handed out.
    at: u64,
    by_user: HashMap<String, Vec<Arc<Seat>>>,
    /// Why nothing is handed out any more.
    closed: Option<Cut>,
}

/// Why a subscription ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cut {
    /// The ledger failed.
    #[error("{0}")]
    Ledger(String),
    /// The daemon stops.
    #[error("the daemon stops")]
    Shutdown,
}

impl From<LedgerError> for Cut {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.to_string())
    }
}

impl Delivery {
    /// Starts the reader on the present runtime. It ends with `shutdown`, after the last entry that there
    /// is then.
    pub fn start(ledger: Arc<dyn Ledger>, shutdown: CancellationToken) -> Arc<Self> {
        let delivery = Arc::new(Self {
            ledger,
            seats: Mutex::default(),
            ready: watch::Sender::new(false),
            next_seat: AtomicU64::new(0),
        });
        tokio::spawn(read(delivery.clone(), shutdown));
        delivery
    }

    /// Everything of a user's log after a place, and then what comes. `bound`: how many bytes may wait for
    /// its reader in memory.
    pub fn subscribe(self: &Arc<Self>, user: &str, after: u64, bound: usize) -> Subscription {
        Subscription {
            delivery: self.clone(),
            seat: Arc::new(Seat {
                id: self.next_seat.fetch_add(1, Ordering::Relaxed),
                user: user.to_owned(),
                bound,
                waiting: Mutex::default(),
                news: Notify::new(),
            }),
            after,
            page: VecDeque::new(),
            course: Course::Away,
        }
    }

    /// How many subscriptions listen now.
    pub fn listeners(&self) -> usize {
        self.seats().by_user.values().map(Vec::len).sum()
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands one page out, in slices.
    async fn hand_out(&self, page: Vec<Entry>) {
        let mut page = page.into_iter().map(Arc::new).peekable();
        while page.peek().is_some() {
            self.seats().hand_out(page.by_ref().take(SLICE));
            tokio::task::yield_now().await;
        }
    }
}

impl Seats {
    fn hand_out(&mut self, entries: impl Iterator<Item = Arc<Entry>>) {
        entries.for_each(|entry| self.hand_out_one(&entry));
    }

    fn hand_out_one(&mut self, entry: &Arc<Entry>) {
        self.at = entry.pos();
        let weight = weight(entry);
        let hand = |seats: &Vec<Arc<Seat>>| seats.iter().for_each(|seat| seat.put(entry, weight));
        match entry.user() {
            Some(user) => self.by_user.get(user).into_iter().for_each(hand),
            None => self.by_user.values().for_each(hand),
        }
    }
}

/// The one reader.
async fn read(delivery: Arc<Delivery>, shutdown: CancellationToken) {
    let mut grown = delivery.ledger.grown();
    let mut begun = false;
    let end = loop {
        // Before the read: what is committed after it must end the wait, and what was committed before the
        // shutdown must be read.
        grown.mark_unchanged();
        let ending = shutdown.is_cancelled();
        match delivery.step(&mut begun).await {
            Ok(true) => continue,
            Ok(false) if ending => break Cut::Shutdown,
            Ok(false) => {}
            Err(error) if ending => break error.into(),
            Err(error) => {
                tracing::warn!("events are late, for the log cannot be read: {error}");
                let _ = shutdown.run_until_cancelled(time::sleep(RETRY)).await;
                continue;
            }
        }
        tokio::select! {
            changed = grown.changed() => if changed.is_err() {
                break Cut::Ledger("the ledger is closed".into());
            },
            () = shutdown.cancelled() => {}
        }
    };
    let mut seats = delivery.seats();
    for seat in mem::take(&mut seats.by_user).into_values().flatten() {
        seat.close(&end);
    }
    seats.closed = Some(end);
    drop(seats);
    delivery.ready.send_replace(true);
}

impl Delivery {
    /// Reads a page and hands it out; whether there was something.
    async fn step(&self, begun: &mut bool) -> Result<bool, LedgerError> {
        if !*begun {
            self.seats().at = self.ledger.last_place().await?;
            *begun = true;
            self.ready.send_replace(true);
        }
        let at = self.seats().at;
        let page = self.ledger.log(&Whose::All, at, PAGE).await?;
        let some = !page.is_empty();
        self.hand_out(page).await;
        Ok(some)
    }
}

/// Where entries wait for one subscription.
struct Seat {
    id: u64,
    user: String,
    bound: usize,
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Arc<Entry>>,
    /// The weight of the entries.
    bytes: usize,
    /// It was emptied, and its subscription is to read on from the ledger.
    overflowed: bool,
    cut: Option<Cut>,
}

impl Seat {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an entry down.
    fn put(&self, entry: &Arc<Entry>, weight: usize) {
        let mut waiting = self.waiting();
        if waiting.overflowed {
            return;
        }
        let bytes = waiting.bytes.saturating_add(weight);
        // One entry may be as long as it likes.
        if bytes <= self.bound || waiting.entries.is_empty() {
            waiting.entries.push_back(entry.clone());
            waiting.bytes = bytes;
        } else {
            *waiting = Waiting { overflowed: true, ..Waiting::default() };
        }
        drop(waiting);
        self.news.notify_one();
    }

    fn close(&self, cut: &Cut) {
        self.waiting().cut.get_or_insert_with(|| cut.clone());
        self.news.notify_one();
    }
}

/// One reader's way through a user's log. It ends when it is dropped.
pub struct Subscription {
    delivery: Arc<Delivery>,
    seat: Arc<Seat>,
    /// The last place that was taken.
    after: u64,
    /// What was read from the ledger and not taken yet.
    page: VecDeque<Arc<Entry>>,
    course: Course,
}

/// How far a subscription has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It has no seat.
    Away,
    /// It has a seat, which gets everything after this place; up to it, the ledger is read.
    CatchingUp(u64),
    /// What it has not taken is in the page or at the seat.
    Live,
}

impl Subscription {
    /// The next entry, in the order of the log, each once. A future that is dropped takes nothing. After
    /// the end it ends again.
    pub async fn next(&mut self) -> Result<Arc<Entry>, Cut> {
        loop {
            if let Some(entry) = self.page.pop_front() {
                if let Some(entry) = self.take(entry) {
                    return Ok(entry);
                }
                continue;
            }
            match self.course {
                Course::Away => self.sit_down().await,
                Course::CatchingUp(from) => self.catch_up(from).await?,
                Course::Live => {
                    if let Some(entry) = self.take_seated().await? {
                        return Ok(entry);
                    }
                }
            }
        }
    }

    /// Moves past an entry; `None` when that was done before.
    fn take(&mut self, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        let fresh = entry.pos() > self.after;
        self.after = self.after.max(entry.pos());
        fresh.then_some(entry)
    }

    /// Takes a seat, or the present one anew and empty.
    async fn sit_down(&mut self) {
        // The sender is in `self.delivery`: there is always an answer.
        let _ = self.delivery.ready.subscribe().wait_for(|ready| *ready).await;
        let mut seats = self.delivery.seats();
        let mut waiting = self.seat.waiting();
        let at_seat = waiting.overflowed;
        *waiting = Waiting { cut: seats.closed.clone(), ..Waiting::default() };
        if !at_seat && seats.closed.is_none() {
            seats.by_user.entry(self.seat.user.clone()).or_default().push(self.seat.clone());
        }
        drop(waiting);
        self.course = Course::CatchingUp(seats.at);
    }

    /// Reads the next page. What was committed up to `from` is seen once a page ends beyond it, or is
    /// empty.
    async fn catch_up(&mut self, from: u64) -> Result<(), Cut> {
        if self.after >= from {
            self.course = Course::Live;
            return Ok(());
        }
        let whose = Whose::User(self.seat.user.clone());
        let page = match self.delivery.ledger.log(&whose, self.after, CATCH_UP).await {
            // Its socket stays open, and goes on from here when the ledger is back.
            Err(LedgerError::Away(_)) => {
                time::sleep(RETRY).await;
                let cut = self.seat.waiting().cut.clone();
                return cut.map_or(Ok(()), Err);
            }
            page => page?,
        };
        if page.last().is_none_or(|last| last.pos() > from) {
            self.course = Course::Live;
        }
        self.page = page.into_iter().map(Arc::new).collect();
        Ok(())
    }

    /// What is at the seat, or a wait for it.
    async fn take_seated(&mut self) -> Result<Option<Arc<Entry>>, Cut> {
        let next = {
            let mut waiting = self.seat.waiting();
            if waiting.overflowed {
                self.course = Course::Away;
                return Ok(None);
            }
            match waiting.entries.pop_front() {
                Some(entry) => {
                    waiting.bytes = waiting.bytes.saturating_sub(weight(&entry));
                    Some(entry)
                }
                None => match &waiting.cut {
                    Some(cut) => return Err(cut.clone()),
                    None => None,
                },
            }
        };
        if let Some(entry) = next {
            return Ok(self.take(entry));
        }
        self.seat.news.notified().await;
        Ok(None)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut seats = self.delivery.seats();
        if let Some(of_user) = seats.by_user.get_mut(&self.seat.user) {
            of_user.retain(|seat| seat.id != self.seat.id);
            if of_user.is_empty() {
                seats.by_user.remove(&self.seat.user);
            }
        }
    }
}

/// About how many bytes an entry is.
fn weight(entry: &Entry) -> usize {
    FRAME
        + match entry {
            Entry::Message(message) => message.topic.len() + message.payload.len(),
            Entry::Event(event) => match &event.body {
                EventBody::Compiled { output, .. } => output.len(),
                EventBody::Output { text, .. } => text.len(),
                EventBody::Ran { stdout, stderr, .. } => stdout.len() + stderr.len(),
                EventBody::Compared { expected, .. } => expected.len(),
                EventBody::Running { tests, .. } => tests.iter().map(|name| name.len() + 24).sum(),
                EventBody::Test { message, .. } => message.as_ref().map_or(0, String::len),
                EventBody::Finished(outcome) => {
                    outcome.message.as_ref().map_or(0, String::len) + outcome.groups.len() * 128
                }
                _ => 0,
            },
        }
}

#[cfg(test)]
mod tests;
