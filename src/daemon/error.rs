//! What keeps a daemon from starting.

use crate::{ledger::LedgerError, templates::TemplateError};
use std::{net::SocketAddr, path::PathBuf};

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
        /// Who holds it: command, pid and address.
        holder: String,
        /// The address at which that daemon listens, once it does.
        addr: Option<SocketAddr>,
    },
    /// Settings that do not go together. The text says what mends them.
    #[error("{0}")]
    Settings(String),
    /// A language file is wrong.
    #[error("{0}")]
    Language(TemplateError),
    /// The disk, the ledger or the network failed.
    #[error("{0}")]
    Other(String),
}

impl DaemonError {
    pub(super) fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }

    pub(super) fn ledger(error: LedgerError) -> Self {
        Self::other(error)
    }
}
