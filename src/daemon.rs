//! The only place that chooses engines and wires the parts.

use std::{net::SocketAddr, path::PathBuf};

/// What a daemon is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes any free one.
    pub addr: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Evaluations at one time.
    pub workers: usize,
    /// A folder of problem packages to add at start, each that is new or has changed.
    pub problems: Option<PathBuf>,
    /// The rest of the configuration.
    pub config: crate::config::Config,
}

/// A running daemon.
pub struct Daemon {
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Daemon {
    /// Takes the data directory's lock, binds the port, opens the ledger and starts every part.
    pub async fn start(_options: Options) -> Result<Self, DaemonError> {
        todo!()
    }

    /// Drains: running submissions finish within `grace` or go back to the queue, cells are removed,
    /// sockets are closed.
    pub async fn shutdown(self, _grace: std::time::Duration) {
        todo!()
    }
}

/// Why a daemon could not start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Another process listens there.
    #[error("{addr} is in use by {holder}")]
    AddrInUse {
        /// The address.
        addr: SocketAddr,
        /// The process, as `name (pid N)`, or `another process`.
        holder: String,
    },
    /// Another daemon uses the data directory.
    #[error("{} is in use by {holder}", dir.display())]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// Who holds it: pid, command and address.
        holder: String,
        /// The address at which that daemon listens, once it does.
        addr: Option<SocketAddr>,
    },
    /// The disk, the ledger or the network failed.
    #[error("{0}")]
    Other(String),
}
