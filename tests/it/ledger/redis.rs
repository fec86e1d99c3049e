//! The Redis engine: the suite, and what only several clients of one server can be put through.

use super::{
    Engine, NO_LIMIT, Opened, audit::audit, conformance::conformance, entry, fairness, model,
    outcome, take, test,
};
use crate::redis::RedisServer;
use async_trait::async_trait;
use sonocode::ledger::{
    Ledger, LedgerError,
    redis::{Address, RedisLedger},
};
use std::sync::Arc;

struct Redis;

#[async_trait]
impl Engine for Redis {
    async fn open() -> Opened {
        let server = RedisServer::start();
        Opened { ledger: Arc::new(client(&server).await), keep: Box::new(server) }
    }
}

conformance!(Redis);

#[test]
fn agrees_with_the_model() {
    model::agrees_with_the_model::<Redis>();
}

#[test]
fn is_fair() {
    fairness::is_fair::<Redis>();
}

/// A client of its own, as another daemon would be.
async fn client(server: &RedisServer) -> RedisLedger {
    RedisLedger::open(Address::parse(&server.url()).unwrap(), "test").await.unwrap()
}
