//! Which daemons and workers there are.
//!
//! Each says every few seconds that it is there, and what it does. One that says nothing any more is past its time soon; one
//! that drains says that it goes.
//!
//! | key | type | what | written by | goes |
//! | --- | --- | --- | --- | --- |
//! | `members` | sorted set | the names of daemons and workers, by when they are past their time | each of them, every 4 seconds | 12 seconds after the last of them |
//! | `records` | hash | name → what it says of itself, as JSON | the same | with the name |

use super::{FAREWELL, Pace};
use crate::{
    api::{Cluster, StoreFigures},
    ledger::{
        LedgerError,
        redis::{
            Client, RedisLedger,
            link::State,
            scripts::{Args, Script},
        },
    },
    wire::Member,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{self, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

/// What tells of a member as it is now.
type Say = Box<dyn Fn() -> Member + Send + Sync>;

/// The members of a cluster, of which this process may be one.
pub struct Members {
    client: Arc<Client>,
    tell: Script,
    list: Script,
    pace: Pace,
    /// Told when something changed that others should know at once.
    news: Notify,
    /// Nothing is told after it fired.
    gone: CancellationToken,
}

impl Members {
    /// Those who share the Redis of this ledger.
    pub fn of(ledger: &RedisLedger, pace: Pace) -> Arc<Self> {
        Arc::new(Self {
            client: ledger.client(),
            tell: Script::with_head(include_str!("member.lua")),
            list: Script::with_head(include_str!("members.lua")),
            pace,
            news: Notify::new(),
            gone: CancellationToken::new(),
        })
    }

    /// The times by which members are told of.
    pub fn pace() -> Pace {
        Pace { beat: Duration::from_secs(4), ttl: Duration::from_secs(12) }
    }

    /// Makes this process a member, until it leaves or the ledger is closed. Its name is its own and never changes.
    pub fn join(self: &Arc<Self>, say: impl Fn() -> Member + Send + Sync + 'static) {
        tokio::spawn(self.clone().keep(Box::new(say)));
    }

    /// Something changed that others should know at once.
    pub fn changed(&self) {
        self.news.notify_one();
    }

    /// This process, with this name, goes. Returns when Redis knows, or after two seconds.
    pub async fn leave(&self, name: &str) {
        self.gone.cancel();
        if !self.is_away() {
            let _ = time::timeout(FAREWELL, self.write(name, String::new())).await;
        }
    }

    async fn keep(self: Arc<Self>, say: Say) {
        let mut link = self.client.link.watch();
        let mut beat = time::interval(self.pace.beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.gone.cancelled() => return,
                () = self.client.link.closed() => return,
                _ = beat.tick() => {}
                _ = link.changed() => {}
                () = self.news.notified() => {}
            }
            // Redis that comes back changes the link.
            if self.is_away() {
                continue;
            }
            let member = say();
            // It is made of texts and numbers.
            let text = serde_json::to_string(&member).unwrap_or_default();
            let told = tokio::select! {
                () = self.gone.cancelled() => return,
                told = self.write(&member.name, text) => told,
            };
            if let Err(error) = told {
                tracing::debug!("others do not know for now that this daemon is there: {error}");
            }
        }
    }

    fn is_away(&self) -> bool {
        matches!(*self.client.link.watch().borrow(), State::Down { .. })
    }

    async fn write(&self, name: &str, text: String) -> Result<(), LedgerError> {
        let ttl = u64::try_from(self.pace.ttl.as_millis()).unwrap_or(u64::MAX);
        let args = Args::new().arg(name).arg(text).arg(ttl);
        self.client.read(&self.tell, args).await.map(drop)
    }
}

#[async_trait]
impl Cluster for Members {
    async fn members(&self) -> Result<Vec<Member>, LedgerError> {
        let mut texts = self.client.read(&self.list, Args::new()).await?;
        let mut members = Vec::new();
        while let Some(text) = texts.maybe()? {
            // Another version of this program may say other things.
            members.extend(serde_json::from_str::<Member>(&text));
        }
        members.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(members)
    }

    async fn store(&self) -> Result<StoreFigures, LedgerError> {
        let (version, used_memory) = self.client.server().await?;
        Ok(StoreFigures { version, used_memory })
    }
}
