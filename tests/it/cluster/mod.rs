//! What daemons and workers share over one Redis beside the ledger.

mod deaf;
mod late;
mod members;
mod packages;
mod presence;
mod push;

use crate::{
    house::{Builder, House},
    redis::RedisServer,
};
use sonocode::config::Secret;

/// A daemon over this Redis, to be changed before it starts.
fn over(url: &str) -> Builder {
    let url = Secret::new(url.to_owned());
    House::build().config(|config| config.redis.url = Some(url))
}

/// A daemon over this Redis that judges nothing.
async fn daemon(server: &RedisServer) -> House {
    over(&server.url()).workers(0).start().await
}
