//! The desk of the chat: writes entries, follows the log, wakes those who are concerned.

use super::{
    Person, Refusal, RefusalKind, Thread,
    book::Book,
    frame::{Draft, EVERYONE, SETTERS},
    record::{Letter, Notice, Said},
};
use crate::{
    hub::{log::locate, place::Place},
    judge::{Audience, Entry, Message, NewMessage, Slug},
    ledger::{Ledger, LedgerError, Receipt, Whose},
};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Entries read from the log at one time.
const PAGE: usize = 256;

/// Texts of the latest entries that are kept beside the index, in bytes.
const RECENT: usize = 4 << 20;

/// How long to wait before a ledger that failed is asked again.
const RETRY: Duration = Duration::from_secs(1);

/// `TYPING` frames that may wait for one socket; more are dropped, since they are old by then.
const LIVE: usize = 16;

/// The chat of one daemon.
pub struct Chat {
    ledger: Arc<dyn Ledger>,
    shutdown: CancellationToken,
    shelf: Mutex<Shelf>,
    /// The place up to which the index is made; `None` until the log was read to its end once.
    made: watch::Sender<Option<u64>>,
    /// What is being written, so that nothing is written twice at one time.
    claims: Mutex<HashSet<Claim>>,
    /// Changes when a claim is given back.
    freed: Notify,
    ears: Mutex<HashMap<String, Vec<Ear>>>,
    next_ear: AtomicU64,
}

/// The index and the latest entries.
#[derive(Default)]
struct Shelf {
    book: Book,
    recent: VecDeque<Arc<Message>>,
    bytes: usize,
    last: u64,
}

/// Something that must be written once.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Claim {
    Sent(String, String),
    Delivered(u64),
    Read(u64, String),
}

/// A claim, given back when it is dropped.
struct Held<'a> {
    chat: &'a Chat,
    claim: Claim,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        lock(&self.chat.claims).remove(&self.claim);
        self.chat.freed.notify_waiters();
    }
}

/// What came of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The message's id.
    pub id: u64,
    /// Whether it had been sent before, under the same id of its sender; nothing was written now.
    pub again: bool,
}

/// A message as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its id.
    pub id: u64,
    /// When it was written.
    pub ts: Timestamp,
    /// For whom it is.
    pub to: Audience,
    /// What it says.
    pub letter: Letter,
}

/// A socket that wants to be told.
struct Ear {
    id: u64,
    live: mpsc::Sender<String>,
    news: Arc<Notify>,
}

/// A socket's place at the desk: woken by news, and where `TYPING` comes in.
pub(super) struct Listener {
    chat: Arc<Chat>,
    names: Vec<String>,
    id: u64,
    pub(super) live: mpsc::Receiver<String>,
    pub(super) news: Arc<Notify>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut ears = lock(&self.chat.ears);
        for name in &self.names {
            if let Some(list) = ears.get_mut(name) {
                list.retain(|ear| ear.id != self.id);
                if list.is_empty() {
                    ears.remove(name);
                }
            }
        }
    }
}

impl Chat {
    /// The chat over this ledger. Its index is made by a task that ends with `shutdown`; it needs a
    /// runtime.
    pub fn start(ledger: Arc<dyn Ledger>, shutdown: CancellationToken) -> Arc<Self> {
        let chat = Arc::new(Self {
            ledger,
            shutdown,
            shelf: Mutex::default(),
            made: watch::Sender::new(None),
            claims: Mutex::default(),
            freed: Notify::new(),
            ears: Mutex::default(),
            next_ear: AtomicU64::new(0),
        });
        let follower = Arc::clone(&chat);
        tokio::spawn(async move {
            let shutdown = follower.shutdown.clone();
            shutdown.run_until_cancelled(follower.follow()).await;
        });
        chat
    }

    /// Makes the index of the log, and goes on as the log grows.
    async fn follow(&self) {
        let mut grown = self.ledger.grown();
        let mut after = 0;
        loop {
            // Before the read: what is written between the read and the wait must end the wait.
            grown.mark_unchanged();
            match self.page(after).await {
                Ok((entries, end)) if entries.is_empty() => {
                    // There is nothing of the chat up to here: not to be looked through again.
                    after = after.max(end);
                    self.made.send_replace(Some(after));
                    if grown.changed().await.is_err() {
                        return;
                    }
                }
                Ok((entries, _)) => {
                    for entry in entries {
                        after = entry.pos();
                        self.note(entry);
                    }
                    // Those who wait for their own entry may go on before the log's end is reached.
                    self.made.send_if_modified(|made| {
                        let known = made.is_some();
                        *made = made.map(|_| after);
                        known
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "the chat cannot read the log");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// The chat's entries after a place, and a place up to which they are all in it if they fit in.
    async fn page(&self, after: u64) -> Result<(Vec<Entry>, u64), LedgerError> {
        let end = self.ledger.last_place().await?;
        Ok((self.ledger.log(&Whose::Chat, after, PAGE).await?, end))
    }

    fn note(&self, entry: Entry) {
        let Entry::Message(message) = entry else { return };
        let Some(said) = Said::of(&message) else { return };
        let shelves = self.shelf().put(message, &said);
        let ears = lock(&self.ears);
        let everyone = shelves.iter().any(|name| name == EVERYONE);
        let named = shelves.iter().filter_map(|name| ears.get(name)).flatten();
        if everyone {
            ears.values().flatten().for_each(|ear| ear.news.notify_one());
        } else {
            named.for_each(|ear| ear.news.notify_one());
        }
    }

    /// A place of this log, as the wire has it.
    pub(super) fn place(&self, pos: u64) -> Place {
        Place::whole(self.ledger.epoch(), pos)
    }

    /// Where a client stands that names this place; the text says why it is unknown here.
    pub(super) async fn locate(&self, place: &Place) -> Result<Result<u64, String>, Refusal> {
        self.made(0).await?;
        Ok(locate(&*self.ledger, place).await?.map_err(|unknown| unknown.to_string()))
    }

    /// Waits until the index holds what is at this place and before; 0: what there was at the start.
    async fn made(&self, place: u64) -> Result<(), Refusal> {
        let mut made = self.made.subscribe();
        let waiting = made.wait_for(|made| made.is_some_and(|made| made >= place));
        match self.shutdown.run_until_cancelled(waiting).await {
            Some(Ok(_)) => Ok(()),
            _ => Err(Refusal::new(RefusalKind::Unavailable, "the daemon stops")),
        }
    }

    /// Sends a message; it is durable when this returns, and every socket that it concerns is woken.
    /// With a `client_id` that this sender used before nothing is written.
    pub async fn send(&self, person: &Person, draft: Draft) -> Result<Posted, Refusal> {
        self.made(0).await?;
        let claim = draft.client_id.clone().map(|id| Claim::Sent(person.user.clone(), id));
        let known =
            |book: &Book| draft.client_id.as_deref().and_then(|id| book.sent(&person.user, id));
        let _held = match claim {
            Some(claim) => match self.claim(claim, known).await? {
                Ok(held) => Some(held),
                Err(id) => return Ok(Posted { id, again: true }),
            },
            None => None,
        };
        let (to, mut letter) = self.shelf().book.address(person, draft)?;
        let question = letter.thread.filter(|id| self.shelf().book.is_question(*id));
        if let (Audience::Everyone, Some(thread)) = (&to, question) {
            letter.quote = self.post(thread).await?.map(|post| post.letter.content);
        }
        let id = self.write(vec![Said::Message(letter).for_(to)]).await?;
        Ok(Posted { id, again: false })
    }

    /// Notes that this person has read a message; its sender is told once.
    pub async fn read(&self, person: &Person, id: u64) -> Result<(), Refusal> {
        self.made(0).await?;
        let mut refused = None;
        let claim = Claim::Read(id, person.user.clone());
        let known = |book: &Book| match book.read(person, id) {
            Ok(Some(_)) => None,
            Ok(None) => Some(()),
            Err(refusal) => {
                refused = Some(refusal);
                Some(())
            }
        };
        let held = self.claim(claim, known).await?;
        if let Some(refusal) = refused {
            return Err(refusal);
        }
        let Ok(_held) = held else { return Ok(()) };
        let Some(told) = self.shelf().book.read(person, id)? else { return Ok(()) };
        let notice = Notice { message: id, by: person.user.clone() };
        self.write(vec![Said::Read(notice).for_(told)]).await.map(drop)
    }

    /// Notes that a socket of this person has everything in `after..=upto`: the senders are told, and
    /// what comes after is what is pending from now on.
    pub(super) async fn received(
        &self,
        person: &Person,
        after: u64,
        upto: u64,
    ) -> Result<(), Refusal> {
        let found = self.shelf().book.undelivered(person, after, upto);
        let (mut notices, mut held) = (Vec::new(), Vec::new());
        for (id, from) in found {
            let known = |book: &Book| book.is_delivered(id).then_some(());
            let Ok(claim) = self.claim(Claim::Delivered(id), known).await? else { continue };
            held.push(claim);
            let notice = Notice { message: id, by: person.user.clone() };
            notices.push(Said::Delivered(notice).for_(Audience::User(from)));
        }
        // The word to the senders first: after a crash in between the message comes again and nobody
        // is told twice, because the index says so.
        if !notices.is_empty() {
            self.write(notices).await?;
        }
        self.ledger.receive(vec![Receipt { user: cursor(person), pos: upto }]).await?;
        Ok(())
    }

    /// Notes that this person has everything up to a place that they named.
    pub(super) async fn caught_up(&self, person: &Person, pos: u64) -> Result<(), Refusal> {
        let before = self.ledger.received(&cursor(person)).await?;
        if pos <= before {
            return Ok(());
        }
        self.received(person, before, pos).await
    }

    /// Where a person stands who does not say: after what a socket of theirs has received, and
    /// nothing from before `since`.
    pub(super) async fn pending(&self, person: &Person, since: Timestamp) -> Result<u64, Refusal> {
        self.made(0).await?;
        let received = self.ledger.received(&cursor(person)).await?;
        Ok(received.max(self.ledger.place_before(since).await?))
    }

    /// Writes entries and waits until the index has them; returns the last one's place.
    async fn write(&self, entries: Vec<NewMessage>) -> Result<u64, Refusal> {
        let places = self.ledger.post(entries).await?;
        let last = places.last().copied().unwrap_or_default();
        self.made(last).await?;
        Ok(last)
    }

    /// Takes a claim, unless `known` says that it was written already. Waits for who holds it.
    async fn claim<T>(
        &self,
        claim: Claim,
        mut known: impl FnMut(&Book) -> Option<T>,
    ) -> Result<Result<Held<'_>, T>, Refusal> {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            // The claim first: who gives one back has written, and the index shows it.
            if lock(&self.claims).insert(claim.clone()) {
                let held = Held { chat: self, claim };
                let known = known(&self.shelf().book);
                return Ok(known.map_or(Ok(held), Err));
            }
            if self.shutdown.run_until_cancelled(freed).await.is_none() {
                return Err(Refusal::new(RefusalKind::Unavailable, "the daemon stops"));
            }
        }
    }

    /// Tells the sockets of a user, or of the setters, that somebody is typing. Not kept.
    pub(super) fn typing(&self, to: &str, frame: &str) {
        for ear in lock(&self.ears).get(to).into_iter().flatten() {
            // A socket that does not keep up has no use for old ones.
            let _ = ear.live.try_send(frame.to_owned());
        }
    }

    /// A place at the desk for a socket of this person.
    pub(super) fn listen(self: &Arc<Self>, person: &Person) -> Listener {
        let (sender, live) = mpsc::channel(LIVE);
        let news = Arc::new(Notify::new());
        let id = self.next_ear.fetch_add(1, Ordering::Relaxed);
        let mut names = vec![person.user.clone()];
        names.extend(person.setter.then(|| SETTERS.to_owned()));
        let mut ears = lock(&self.ears);
        for name in &names {
            let ear = Ear { id, live: sender.clone(), news: Arc::clone(&news) };
            ears.entry(name.clone()).or_default().push(ear);
        }
        drop(ears);
        Listener { chat: Arc::clone(self), names, id, live, news }
    }

    /// The first entry after a place that this person gets; `None` when there is none now.
    pub(super) async fn next(
        &self,
        person: &Person,
        after: u64,
    ) -> Result<Option<Arc<Message>>, LedgerError> {
        let next = self.shelf().book.next(person, after);
        match next {
            Some(pos) => self.entry(pos).await,
            None => Ok(None),
        }
    }

    /// The entry at a place.
    pub(super) async fn entry(&self, pos: u64) -> Result<Option<Arc<Message>>, LedgerError> {
        let recent = self.shelf().recent(pos);
        match recent {
            Some(message) => Ok(Some(message)),
            None => Ok(self.ledger.message(pos).await?.map(Arc::new)),
        }
    }

    /// A message; `None` when there is none with this id. Who may see it is not asked.
    pub async fn post(&self, id: u64) -> Result<Option<Post>, LedgerError> {
        let Some(message) = self.entry(id).await? else { return Ok(None) };
        let Some(Said::Message(letter)) = Said::of(&message) else { return Ok(None) };
        Ok(Some(Post { id, ts: message.ts, to: message.to.clone(), letter }))
    }

    /// One question that this person may see.
    pub async fn thread(&self, person: &Person, id: u64) -> Result<Option<Thread>, Refusal> {
        self.made(0).await?;
        Ok(self.shelf().book.visible(person, id))
    }

    /// The questions that this person may see, the newest first, as far as `wanted` takes them; at
    /// most `limit`, before the one with this id.
    pub async fn threads(
        &self,
        person: &Person,
        before: Option<u64>,
        limit: usize,
        wanted: impl Fn(&Thread) -> bool,
    ) -> Result<Vec<(u64, Thread)>, Refusal> {
        self.made(0).await?;
        Ok(self.shelf().book.newest(person, before, limit, wanted))
    }

    /// The announcements, the newest first; at most `limit`, before the one with this id. Those about
    /// one problem when it is named.
    pub async fn announcements(
        &self,
        problem: Option<&Slug>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Post>, Refusal> {
        self.made(0).await?;
        let ids = self.shelf().book.announcements(problem, before, limit);
        let mut posts = Vec::with_capacity(ids.len());
        for id in ids {
            posts.extend(self.post(id).await?);
        }
        Ok(posts)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        lock(&self.shelf)
    }
}

impl Shelf {
    fn put(&mut self, message: Message, said: &Said) -> Vec<String> {
        if message.pos <= self.last {
            return Vec::new();
        }
        self.last = message.pos;
        let names = self.book.note(&message, said);
        self.bytes += message.payload.len();
        self.recent.push_back(Arc::new(message));
        while self.bytes > RECENT
            && let Some(old) = self.recent.pop_front()
        {
            self.bytes -= old.payload.len();
        }
        names
    }

    fn recent(&self, pos: u64) -> Option<Arc<Message>> {
        let at = self.recent.binary_search_by_key(&pos, |message| message.pos).ok()?;
        self.recent.get(at).cloned()
    }
}

/// Under which name the chat keeps a user's receipts: other sockets of theirs, which carry no chat,
/// have their own. No user can be called so.
fn cursor(person: &Person) -> String {
    format!("chat\u{1f}{}", person.user)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
