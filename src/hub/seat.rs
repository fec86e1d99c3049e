//! A connection beside Socket.IO, such as one to the chat: bounded, counted, and told of in the log, for as long
//! as it lasts.

use super::{
    center::Hub,
    limits::{Excess, Permit},
    presence::Connection,
};
use crate::metrics::Socket;
use jiff::Timestamp;
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How long one sleeps at most before the clock is looked at again, which may have been set.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// A connection's place; given back when it is dropped.
pub struct Seat {
    /// The hub.
    pub hub: Arc<Hub>,
    connection: Connection,
    /// Why it ends, once that is known: the first reason counts.
    reason: Option<&'static str>,
    _permit: Permit,
    _counted: Socket,
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwelcome {
    /// The daemon takes no new connections.
    #[error("the daemon stops and takes no new connections; come back in a moment")]
    Draining,
    /// A bound is reached.
    #[error(transparent)]
    Excess(#[from] Excess),
}

impl Unwelcome {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Excess(excess) => excess.code(),
        }
    }
}

impl Seat {
    /// Takes a seat for a connection from this address. One without a user counts for none.
    pub fn take(
        hub: &Arc<Hub>,
        connection: Connection,
        address: Option<IpAddr>,
    ) -> Result<Self, Unwelcome> {
        let user = Some(connection.user.as_str()).filter(|user| !user.is_empty());
        let permit = if hub.draining.is_cancelled() {
            Err(Unwelcome::Draining)
        } else {
            hub.limits.enter(address, user).map_err(Unwelcome::from)
        };
        let permit = permit.inspect_err(|unwelcome| {
            hub.metrics.refused(unwelcome.code());
            connection.refused(unwelcome.code());
        })?;
        connection.came();
        Ok(Self {
            _permit: permit,
            _counted: hub.metrics.socket(connection.transport, connection.dialect),
            hub: Arc::clone(hub),
            connection,
            reason: None,
        })
    }

    /// Whose it is.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Notes why the connection ends. Without this the peer has left.
    pub fn ends(&mut self, reason: &'static str) {
        self.reason.get_or_insert(reason);
    }

    /// The same for one that the daemon cuts, which is counted.
    pub fn cut(&mut self, reason: &'static str) {
        self.ends(reason);
        self.hub.metrics.cut(reason);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connection.left(self.reason.unwrap_or("transport close"));
    }
}

/// Waits until a token has ended; for ever where there is none.
pub async fn token_ends(until: Option<Timestamp>) {
    let Some(until) = until else { return std::future::pending().await };
    while let Ok(left) = Duration::try_from(until.duration_since(Timestamp::now())) {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}
