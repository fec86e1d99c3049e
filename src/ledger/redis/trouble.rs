//! Kinds of failures.

use redis::RedisError;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection is broken; nobody knows whether the request was done.
    Connection,
    /// The server refuses now and may take it later; nothing was done.
    Passing,
    /// It will not be better next time.
    Lasting,
}

impl Trouble {
    /// That of an error.
    pub(super) fn of(error: &RedisError) -> Self {
        const PASSING: [&str; 9] = [
            "BUSY",
            "CLUSTERDOWN",
            "LOADING",
            "MASTERDOWN",
            "MISCONF",
            "NOREPLICAS",
            "OOM",
            "READONLY",
            "TRYAGAIN",
        ];
        match error.code() {
            Some(code) if PASSING.contains(&code) => Self::Passing,
            _ if error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() => {
                Self::Connection
            }
            _ => Self::Lasting,
        }
    }
}
