//! How connections are kept.

use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How connections are kept. Times and bounds that clients must know are told at the handshake.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time between two pings of the server.
    pub ping_interval: Duration,
    /// How long a ping may stay unanswered.
    pub ping_timeout: Duration,
    /// How long a change from polling to WebSocket may take.
    pub upgrade_timeout: Duration,
    /// Longest message and longest polling request that a client may send, in bytes.
    pub max_payload: usize,
    /// How much may wait for a peer that does not read, in bytes. Beyond it nothing more is asked of
    /// whoever sends, and nothing more is read from the peer.
    pub send_buffer: usize,
    /// How long a peer may take nothing while so much waits for it.
    pub send_timeout: Duration,
    /// Whether other daemons serve the same clients: a session that is unknown here may be theirs.
    pub shared: bool,
    /// When it fires, no new connections are taken.
    pub draining: CancellationToken,
    /// When it fires, connections are closed.
    pub shutdown: CancellationToken,
    /// Every open connection.
    pub tracker: TaskTracker,
}

impl Default for Settings {
    /// The official server's times and bounds, where it has such.
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            send_buffer: 1 << 20,
            send_timeout: Duration::from_secs(20),
            shared: false,
            draining: CancellationToken::new(),
            shutdown: CancellationToken::new(),
            tracker: TaskTracker::new(),
        }
    }
}
