//! The thread that brings what was written from the write-ahead log into the file.
//!
//! `SQLite` lets the writer do that by itself, in the midst of a commit: that one, and all that wait behind it,
//! would take some milliseconds longer. So another connection does it beside the writer, who only does the
//! rest: begins the log anew once it is long (see `file.rs`), when nearly all of it is in the file already.
//! What is in the log is on the disk; nothing depends on when this is done.

use rusqlite::Connection;
use std::{
    io,
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

/// Transactions between two rounds. The smallest write three pages, so that the log is some megabytes long by then.
const TRANSACTIONS: u32 = 512;

/// The checkpointing thread. Dropping this waits until it has closed the file.
pub(super) struct Checkpoints {
    /// `None` only while it is dropped.
    rounds: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    transactions: u32,
}

impl Checkpoints {
    /// Starts the thread on its own connection.
    pub(super) fn start(conn: Connection) -> io::Result<Self> {
        let (rounds, due) = sync_channel(1);
        let thread = thread::Builder::new().name("ledger-checkpoint".into()).spawn(move || {
            while let Ok(()) = due.recv() {
                // Its row says how far it came. It may be stopped by readers; the next one goes on there.
                if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()))
                {
                    tracing::warn!("the ledger's write-ahead log grows for now: {error}");
                }
            }
        })?;
        Ok(Self { rounds: Some(rounds), thread: Some(thread), transactions: 0 })
    }

    /// Counts a transaction; now and then there is a round.
    pub(super) fn committed(&mut self) {
        self.transactions += 1;
        if self.transactions < TRANSACTIONS {
            return;
        }
        let asked = self.rounds.as_ref().map(|rounds| rounds.try_send(()));
        // While one waits already, or the thread has died, the writer keeps the log short by itself.
        if !matches!(asked, Some(Err(TrySendError::Full(())))) {
            self.transactions = 0;
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.rounds = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the ledger's checkpointing thread had died of a panic");
        }
    }
}
