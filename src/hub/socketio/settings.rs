//! How Socket.IO is served.

use crate::hub::engineio;
use std::time::Duration;

/// How Socket.IO is served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The connections below.
    pub engine: engineio::Settings,
    /// How long a connection may be in no namespace.
    pub connect_timeout: Duration,
}

impl Default for Settings {
    /// The official server's times and bounds.
    fn default() -> Self {
        let engine = engineio::Settings::default();
        Self { engine, connect_timeout: Duration::from_secs(45) }
    }
}
