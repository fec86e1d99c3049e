//! Tells Redis of this daemon's sockets.

use super::{Pace, Record};
use crate::{
    hub::presence::Connection,
    ledger::{
        LedgerError,
        redis::{
            Client,
            link::State,
            scripts::{Args, Script},
        },
    },
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{self, Instant, MissedTickBehavior},
};

/// Changes that one script makes.
const BATCH: usize = 500;

/// The sockets of this daemon, as Redis is told of them.
#[derive(Default)]
pub(super) struct Own {
    sockets: Mutex<HashMap<String, Arc<Told>>>,
    /// By how many microseconds the server's clock is ahead of ours.
    ahead: AtomicI64,
    /// The last stamp that was given.
    last: AtomicI64,
}

/// A socket as Redis is told of it.
pub(super) struct Told {
    pub(super) user: String,
    socket: String,
    /// When it registered, as [`Record::stamp`].
    pub(super) stamp: i64,
    /// Whether pushes are for it.
    pushes: bool,
    /// All of it as JSON.
    text: String,
}

/// What is to be told.
pub(super) enum Change {
    Came(Arc<Told>, oneshot::Sender<()>),
    Gone(Arc<Told>),
    /// Everything before this has been told when the sender is dropped.
    Farewell(oneshot::Sender<()>),
}

impl Own {
    pub(super) fn sockets(&self) -> MutexGuard<'_, HashMap<String, Arc<Told>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time by the server's clock, and later than every stamp before.
    pub(super) fn stamp(&self) -> i64 {
        let now = Timestamp::now().as_microsecond() + self.ahead.load(Ordering::Relaxed);
        let step = |last: i64| Some(now.max(last + 1));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        last.map_or(now, |last| now.max(last + 1))
    }

    /// Notes the server's time, which was told in answer to a request between these two times. What is known of its
    /// clock is only changed where this proves it wrong: of clocks that agree, however slow the answer, it stays right.
    fn note(&self, server: i64, asked: Timestamp, answered: Timestamp) {
        let (least, most) = (server - answered.as_microsecond(), server - asked.as_microsecond());
        // Our own clock may have been set meanwhile.
        if least <= most {
            let ahead = self.ahead.load(Ordering::Relaxed).clamp(least, most);
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

impl Told {
    pub(super) fn of(connection: &Connection, instance: &str, stamp: i64) -> Self {
        let Connection { socket, user, .. } = connection;
        let record = Record::of(connection, instance, stamp);
        // It is made of texts and numbers.
        let text = serde_json::to_string(&record).unwrap_or_default();
        Self { user: user.clone(), socket: socket.clone(), stamp, pushes: record.pushes, text }
    }

    fn args(&self, change: &str, args: Args) -> Args {
        let bare = if self.pushes { self.socket.as_str() } else { "" };
        args.arg(change).arg(&self.user).arg(bare).arg(&self.text)
    }
}

/// The task that tells Redis.
pub(super) struct Teller {
    pub(super) client: Arc<Client>,
    pub(super) own: Arc<Own>,
    pub(super) script: Script,
    pub(super) pace: Pace,
    pub(super) bare_keys: bool,
    pub(super) told: mpsc::UnboundedReceiver<Change>,
}

impl Teller {
    /// Tells what changes, and of all sockets at every beat and whenever Redis is back, until the ledger is closed.
    pub(super) async fn run(mut self) {
        let client = self.client.clone();
        let mut link = client.link.watch();
        let mut beat = time::interval_at(Instant::now() + self.pace.beat, self.pace.beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changes = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = client.link.closed() => return,
                count = self.told.recv_many(&mut changes, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.tell(&mut changes).await;
                }
                _ = link.changed() => self.tell_all().await,
                _ = beat.tick() => self.tell_all().await,
            }
        }
    }

    fn is_away(&self) -> bool {
        matches!(*self.client.link.watch().borrow(), State::Down { .. })
    }

    /// Tells of changes, or forgets them when Redis is away: it is told of everything when it is back, and what is gone
    /// runs out by itself.
    async fn tell(&self, changes: &mut Vec<Change>) {
        let mut args = Vec::new();
        let mut waiting = Vec::new();
        for change in changes.drain(..) {
            match change {
                Change::Came(told, done) => {
                    args.push(("+", told));
                    waiting.push(done);
                }
                Change::Gone(told) => args.push(("-", told)),
                Change::Farewell(done) => waiting.push(done),
            }
        }
        if !self.is_away()
            && !args.is_empty()
            && let Err(error) = self.write(&args).await
        {
            tracing::debug!("other daemons do not know all sockets for now: {error}");
        }
        drop(waiting);
    }

    /// Tells of every socket, piece by piece; what changes meanwhile goes first.
    async fn tell_all(&mut self) {
        let all: Vec<_> = self.own.sockets().values().cloned().collect();
        let mut changes = Vec::new();
        for piece in all.chunks(BATCH) {
            while let Ok(change) = self.told.try_recv() {
                changes.push(change);
                if changes.len() == BATCH {
                    self.tell(&mut changes).await;
                }
            }
            self.tell(&mut changes).await;
            let still: Vec<_> = {
                let own = self.own.sockets();
                let is_own = |told: &&Arc<Told>| {
                    own.get(&told.socket).is_some_and(|now| Arc::ptr_eq(now, told))
                };
                piece.iter().filter(is_own).map(|told| ("=", told.clone())).collect()
            };
            if self.is_away() {
                return;
            }
            if let Err(error) = self.write(&still).await {
                tracing::debug!("other daemons may not know all sockets for now: {error}");
                return;
            }
        }
    }

    /// Tells of these changes, and learns the server's time.
    pub(super) async fn write(&self, changes: &[(&str, Arc<Told>)]) -> Result<(), LedgerError> {
        let ttl = u64::try_from(self.pace.ttl.as_millis()).unwrap_or(u64::MAX);
        let args = Args::new().arg(ttl).arg(u8::from(self.bare_keys));
        let args = changes.iter().fold(args, |args, (change, told)| told.args(change, args));
        let asked = Timestamp::now();
        let server = self.client.read(&self.script, args).await?.number()?;
        self.own.note(server, asked, Timestamp::now());
        Ok(())
    }
}
