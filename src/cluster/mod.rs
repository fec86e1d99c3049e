//! What several daemons and workers share beside the ledger, over the same Redis.
//!
//! - [`Packages`]: the catalogue of problems, and their packages by content.
//! - [`SharedPresence`]: which user has which sockets at which daemon.
//! - [`Members`]: which daemons and workers there are, and what they do.
//!
//! Nothing here is the truth about anything that must not be lost: it may all go with Redis, and whoever owns it puts it
//! back. Each file lists the keys that it owns.

mod members;
mod packages;
mod presence;

pub use members::Members;
pub use packages::Packages;
pub use presence::{Pace, SharedPresence};

use std::time::Duration;

/// How long the end of a daemon waits for Redis to know of it.
const FAREWELL: Duration = Duration::from_secs(2);
