//! Power lost between any two writes: `SQLite` writes its log from front to back, so that every state
//! of the disk is a log cut somewhere. Cut anywhere, the file must hold exactly the operations whose
//! `fsync` lies before the cut, and each of them wholly.

use super::{
    LONG, NO_LIMIT,
    audit::{Snapshot, audit, snapshot},
    custom_run, entry, message, outcome,
    sqlite::File,
    take, test,
};
use sonocode::{
    judge::SubmissionId,
    ledger::{Keep, Lease, Ledger, Receipt, sqlite::SqliteLedger},
};
use std::{fs, path::PathBuf, time::Duration};

/// The header of `SQLite`'s log, and one page with its header.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

/// A ledger and what it held at which length of its log.
struct Recording {
    file: File,
    ledger: SqliteLedger,
    states: Vec<(usize, Snapshot)>,
}

impl Recording {
    fn log(file: &File) -> PathBuf {
        file.path().with_extension("db-wal")
    }

    async fn mark(&mut self) {
        let length = fs::metadata(Self::log(&self.file)).unwrap().len() as usize;
        let last = self.states.last().map_or(0, |(length, _)| *length);
        assert!(length > last, "the log only grows, or the cuts say nothing");
        self.states.push((length, snapshot(&self.ledger).await));
    }

    async fn submit(&mut self, run: bool) {
        let new = if run { custom_run("ada") } else { entry("bob") };
        self.ledger.submit(new, NO_LIMIT).await.unwrap();
        self.mark().await;
    }

    async fn take(&mut self) -> Lease {
        let lease = take(&self.ledger, "w").await;
        self.mark().await;
        lease
    }

    async fn append(&mut self, lease: &Lease) {
        self.ledger.append(lease, vec![test("1"), test("2"), test("3")]).await.unwrap();
        self.mark().await;
    }

    async fn post(&mut self) -> u64 {
        let messages =
            vec![message(Some("ada"), "1"), message(None, "2"), message(Some("eve"), "3")];
        let places = self.ledger.post(messages).await.unwrap();
        self.mark().await;
        places[2]
    }

    async fn receive(&mut self, pos: u64) {
        self.ledger.receive(vec![Receipt { user: "ada".into(), pos }]).await.unwrap();
        self.mark().await;
    }

    async fn finish(&mut self, lease: &Lease) {
        self.ledger.finish(lease, outcome("done")).await.unwrap();
        self.mark().await;
    }
}

/// One operation of each kind, and a source that fills many pages.
async fn record() -> Recording {
    let file = File::new();
    let ledger = file.ledger();
    let mut it = Recording { file, ledger, states: Vec::new() };
    it.mark().await;
    it.submit(false).await;
    let first = it.take().await;
    it.append(&first).await;
    let posted = it.post().await;
    it.submit(true).await;
    it.finish(&first).await;
    it.receive(posted).await;
    it.post().await;
    let second = it.take().await;
    it.ledger.release(&second, "shutdown").await.unwrap();
    it.mark().await;
    let mut long = entry("eve");
    long.source = "x".repeat(50_000);
    it.ledger.submit(long, NO_LIMIT).await.unwrap();
    it.mark().await;
    it.ledger.rejudge(SubmissionId(1)).await.unwrap();
    it.mark().await;
    it.ledger.cancel(SubmissionId(2)).await.unwrap();
    it.mark().await;
    let third = it.take().await;
    it.ledger.renew(&third, 2 * LONG).await.unwrap();
    it.mark().await;
    it.append(&third).await;
    it.ledger.recover().await.unwrap();
    it.mark().await;
    let again = it.take().await;
    it.finish(&again).await;
    let keep = Keep {
        messages: Duration::ZERO,
        pending: LONG,
        sessions: LONG,
        finished: None,
        unreceived: LONG,
    };
    assert_eq!(it.ledger.sweep(&keep, 1).await.unwrap(), 1);
    it.mark().await;
    it.post().await;
    it
}

#[tokio::test]
async fn a_log_cut_anywhere_holds_what_was_acknowledged() {
    let recording = record().await;
    let base = fs::read(recording.file.path()).unwrap();
    let log = fs::read(Recording::log(&recording.file)).unwrap();
    let mut whole = 0;
    for frame in 0..=(log.len() - HEADER) / FRAME {
        let boundary = HEADER + frame * FRAME;
        // Between two pages; within the header of a page; within a page; within the log's header.
        let cuts = if frame == 0 { vec![0, 20, boundary] } else { vec![boundary] };
        for cut in cuts.into_iter().chain([boundary + 11, boundary + 2000]) {
            let cut = cut.min(log.len());
            let copy = File::new();
            fs::write(copy.path(), &base).unwrap();
            fs::write(Recording::log(&copy), &log[..cut]).unwrap();
            let before_cut = recording.states.iter().rev().find(|(length, _)| *length <= cut);
            let expected = before_cut.map_or(&recording.states[0].1, |(_, state)| state);
            let ledger = copy.ledger();
            assert_eq!(&audit(&ledger).await, expected, "cut at {cut} of {}", log.len());
            whole += 1;
        }
    }
    assert!(whole > 3 * recording.states.len(), "only {whole} cuts");
}
