//! The hub's own promises: what is pending, what was received, what is swept.

#![allow(clippy::unwrap_used)] // A test may panic.

use super::*;
use crate::{
    judge::{Audience, Channel, NewMessage},
    ledger::sqlite::SqliteLedger,
};

struct House {
    hub: Arc<Hub>,
    _dir: tempfile::TempDir,
}

impl House {
    fn new(config: HubConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = SqliteLedger::open(&dir.path().join("ledger.db")).unwrap();
        let hub = Hub::start(Arc::new(ledger), config, CancellationToken::new());
        Self { hub, _dir: dir }
    }

    async fn post(&self, user: &str, count: usize) -> Vec<u64> {
        let message = NewMessage {
            to: Audience::User(user.into()),
            channel: Channel::Push,
            topic: "t".into(),
            payload: "{}".into(),
        };
        self.hub.ledger.post(vec![message; count]).await.unwrap()
    }
}

#[tokio::test]
async fn what_was_received_is_not_pending() {
    let house = House::new(HubConfig::default());
    let places = house.post("ada", 5).await;
    assert_eq!(house.hub.pending("ada").await.unwrap(), 0);
    assert!(!house.hub.has_received("ada", places[2]).await.unwrap());
    house.hub.received("ada", places[2]);
    house.hub.received("ada", places[1]);
    // At once, whether it is written by now or not.
    assert_eq!(house.hub.pending("ada").await.unwrap(), places[2]);
    assert!(house.hub.has_received("ada", places[2]).await.unwrap());
    assert!(!house.hub.has_received("ada", places[3]).await.unwrap());
    assert_eq!(house.hub.pending("bob").await.unwrap(), 0);
    house.hub.flush().await.unwrap();
    assert_eq!(house.hub.ledger.received("ada").await.unwrap(), places[2]);
    assert_eq!(house.hub.pending("ada").await.unwrap(), places[2]);
}

#[tokio::test]
async fn receipts_are_written_without_being_asked_for() {
    let house = House::new(HubConfig::default());
    let places = house.post("ada", 100).await;
    let written = async {
        for place in &places {
            house.hub.received("ada", *place);
            while house.hub.ledger.received("ada").await.unwrap() < *place {
                tokio::task::yield_now().await;
            }
        }
    };
    time::timeout(Duration::from_secs(60), written).await.unwrap();
    while !house.hub.noted_receipts().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_too_old_is_not_pending() {
    let house = House::new(HubConfig { pending_hours: 0, ..HubConfig::default() });
    let places = house.post("ada", 3).await;
    assert_eq!(house.hub.pending("ada").await.unwrap(), places[2]);
    assert!(house.hub.has_expired(Timestamp::UNIX_EPOCH));
    let house = House::new(HubConfig::default());
    assert!(house.hub.has_expired(ago(hours(25))));
    assert!(!house.hub.has_expired(ago(hours(23))));
}

#[tokio::test]
async fn a_sweep_goes_on_until_nothing_is_left_to_sweep() {
    let count = 2 * SWEEP_STEP + 3;
    let house = House::new(HubConfig::default());
    house.post("ada", count).await;
    assert_eq!(house.hub.sweep_once().await.unwrap(), 0, "all of it is young");
    let house = House::new(HubConfig { keep_hours: 0, ..HubConfig::default() });
    let places = house.post("ada", count).await;
    assert_eq!(house.hub.sweep_once().await.unwrap(), 0, "all of it is pending");
    house.hub.received("ada", places[9]);
    house.hub.flush().await.unwrap();
    assert_eq!(house.hub.sweep_once().await.unwrap(), 10, "but what was received");
    let config = HubConfig { keep_hours: 0, pending_hours: 0, ..HubConfig::default() };
    let house = House::new(config);
    house.post("ada", count).await;
    assert_eq!(house.hub.sweep_once().await.unwrap(), count as u64);
    house.hub.shutdown.cancel();
    let sweeping = time::timeout(Duration::from_secs(60), house.hub.clone().sweep());
    sweeping.await.expect("it ends with the hub");
}
