//! Whether programs can be run now.

use crate::sandbox::Engine;

/// What is known of the container engine. It changes while the daemon runs: an engine may come or go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The engine has not answered yet since the daemon started.
    Starting,
    /// Cells can be made.
    Ready(Engine),
    /// They cannot.
    Unavailable {
        /// What is wrong.
        reason: String,
        /// What mends it: a sentence or a command.
        mend: String,
    },
}

impl Health {
    /// The engine, if cells can be made.
    pub fn engine(&self) -> Option<&Engine> {
        match self {
            Self::Ready(engine) => Some(engine),
            Self::Starting | Self::Unavailable { .. } => None,
        }
    }

    /// Why no cells can be made and what mends it; `None` when they can.
    pub fn complaint(&self) -> Option<String> {
        match self {
            Self::Ready(_) => None,
            Self::Starting => Some("the container engine has not answered yet; wait".to_owned()),
            Self::Unavailable { reason, mend } => Some(format!("{reason}; {mend}")),
        }
    }
}
