//! What several daemons share over one Redis beside the ledger.

mod packages;
