//! Hears that others have written: publish and subscribe, on a connection of its own.
//!
//! What is heard is a hint and nothing more: readers read by cursor. Hints may be lost, while the connection is broken for
//! one; therefore all who wait are woken whenever it was made anew, and now and then the log's end is looked at.

use super::{
    LedgerError,
    backoff::Backoff,
    client::Client,
    given::Given,
    link::{ANSWER, closed, config, told},
};
use crate::ledger::signals::{News, Signals};
use redis::{Msg, ProtocolVersion, PushInfo, PushKind, aio::MultiplexedConnection, aio::SendError};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time};

/// How often the log's end is looked at: whether the connection still works, and whether all was heard.
const PROBE: Duration = Duration::from_secs(5);

/// A subscription.
pub(super) struct Ear {
    client: Arc<Client>,
    conn: MultiplexedConnection,
    /// The last place of the log when it was looked at last.
    place: Option<String>,
    /// Told when the connection breaks.
    broken: Arc<Notify>,
}

impl Ear {
    /// Subscribes. What is committed after this is heard.
    pub(super) async fn open(client: Arc<Client>) -> Result<Self, LedgerError> {
        let broken = Arc::new(Notify::new());
        let (signals, own) = (client.signals.clone(), client.name.clone());
        let given = client.link.given().clone();
        let telling = broken.clone();
        let config = config().set_push_sender(move |info: PushInfo| -> Result<(), SendError> {
            if info.kind == PushKind::Disconnection {
                telling.notify_one();
            } else if let Some(message) = Msg::from_push_info(info) {
                hear(&signals, &given, &own, message.get_payload_bytes());
            }
            Ok(())
        });
        let channel = format!("{}news", client.prefix);
        let subscribe = async {
            let mut conn = client.link.address.connect(ProtocolVersion::RESP3, &config).await?;
            conn.subscribe(&channel).await?;
            Ok(conn)
        };
        let conn = match time::timeout(2 * ANSWER, subscribe).await {
            Ok(Ok(conn)) => conn,
            Ok(Err(error)) => return Err(client.link.away(&told(&error))),
            Err(_) => return Err(client.link.away("no answer")),
        };
        Ok(Self { client, conn, place: None, broken })
    }

    /// Listens until the ledger is closed.
    pub(super) async fn run(mut self) {
        loop {
            let client = self.client.clone();
            tokio::select! {
                biased;
                () = client.link.closed() => return,
                () = self.listen() => {}
            }
            match self.again().await {
                Ok(ear) => self = ear,
                Err(_closed) => return,
            }
            self.client.signals.tell(News::ALL);
        }
    }

    /// Returns when the connection is broken.
    async fn listen(&mut self) {
        loop {
            tokio::select! {
                biased;
                () = self.broken.notified() => return,
                () = time::sleep(PROBE) => {}
            }
            let tally = format!("{}tally", self.client.prefix);
            let mut look = redis::cmd("HGET");
            let answer = look.arg(tally).arg("place").query_async(&mut self.conn).await;
            let Ok(place) = answer else { return };
            if place != self.place {
                // Of all this some may not have been heard.
                self.place = place;
                self.client.signals.tell(News::ALL);
            }
        }
    }

    /// Subscribes anew, as often as it takes.
    async fn again(&self) -> Result<Self, LedgerError> {
        let mut backoff = Backoff::new();
        loop {
            tokio::select! {
                biased;
                () = self.client.link.closed() => return Err(closed()),
                () = time::sleep(backoff.pause(&self.client.link.address)) => {}
            }
            if let Ok(ear) = Self::open(self.client.clone()).await {
                return Ok(ear);
            }
        }
    }
}

/// Tells of what others have written, `NAME NEWS` as `batch.lua` publishes it; whoever waits here was told of our own before.
fn hear(signals: &Signals, given: &Given, own: &str, message: &[u8]) {
    let text = String::from_utf8_lossy(message);
    let (name, news) = text.split_once(' ').unwrap_or(("", &text));
    if name != own {
        signals.tell(given.read_news(news));
    }
}
