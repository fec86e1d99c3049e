//! What several daemons and workers share beside the ledger, over the same Redis.
//!
//! - [`Packages`]: the catalogue of problems, and their packages by content.
//!
//! Nothing here is the truth about anything that must not be lost: it may all go with Redis, and whoever owns it puts it
//! back. Each file lists the keys that it owns.

mod packages;

pub use packages::Packages;
