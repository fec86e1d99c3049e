//! A process that is killed with signal 9 while it writes: whatever it acknowledged is there.
//!
//! The child is this test binary again, with [`scripted_child`] as its only test. Several tasks of it
//! write at once and print a line for each operation once its future is ready with `Ok`. The parent
//! kills it after some of these lines, wherever it is by then, and looks at the file.

use super::{
    NO_LIMIT, audit::Snapshot, audit::audit, custom_run, entry, message, outcome, sqlite::File,
    test,
};
use sonocode::{
    judge::{Entry, Event, EventBody, SubmissionId},
    ledger::{Ledger, LedgerError, Receipt, sqlite::SqliteLedger},
};
use std::{
    collections::BTreeMap,
    env,
    fmt::Display,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

const ROUNDS: u64 = 40;
const FILE: &str = "SONOCODE_TEST_KILLED_LEDGER";
const ROUND: &str = "SONOCODE_TEST_KILLED_ROUND";

/// Small numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// One task of the child.
struct Actor {
    ledger: Arc<SqliteLedger>,
    newest: Arc<AtomicI64>,
    dice: Dice,
    /// Unlike every other actor's of every round.
    name: String,
    count: u64,
}

impl Actor {
    /// A text that is used once.
    fn tag(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.name, self.count)
    }

    async fn submit(&mut self) {
        let mut new = if self.dice.roll(4) == 0 { custom_run("ada") } else { entry("bob") };
        new.source = format!("{}\n{}", self.tag(), "x".repeat(self.dice.roll(30_000) as usize));
        let submission = self.ledger.submit(new.clone(), NO_LIMIT).await.unwrap();
        self.newest.fetch_max(submission.id.0, Ordering::SeqCst);
        acknowledge("submit", submission.id, new.source.lines().next().unwrap());
    }

    async fn work(&mut self) {
        let worker = self.tag();
        // Some leases run out while they are held.
        let ttl = Duration::from_micros(self.dice.roll(3) * 1000);
        let Some(lease) = self.ledger.lease(&worker, ttl).await.unwrap() else { return };
        let id = lease.submission.id;
        acknowledge("started", id, &worker);
        for _ in 0..self.dice.roll(4) {
            let name = self.tag();
            if held(self.ledger.append(&lease, vec![test(&name), test("more")]).await) {
                acknowledge("tested", id, &name);
            }
        }
        let last = self.tag();
        if self.dice.roll(8) == 0 {
            if held(self.ledger.release(&lease, &last).await) {
                acknowledge("requeued", id, &last);
            }
        } else if held(self.ledger.finish(&lease, outcome(&last)).await) {
            acknowledge("finished", id, &last);
        }
    }

    /// Posts, and receives some of what is there.
    async fn post(&mut self) {
        let tags: Vec<String> = (0..=self.dice.roll(3)).map(|_| self.tag()).collect();
        let user = ["ada", "bob"][self.dice.roll(2) as usize];
        let to = (self.dice.roll(5) > 0).then_some(user);
        let messages = tags.iter().map(|tag| message(to, tag)).collect();
        let places = self.ledger.post(messages).await.unwrap();
        for (pos, tag) in places.iter().zip(&tags) {
            acknowledge("posted", pos, tag);
        }
        if self.dice.roll(3) == 0 {
            let receipt = Receipt { user: user.into(), pos: places[0] };
            self.ledger.receive(vec![receipt]).await.unwrap();
            acknowledge("received", places[0], user);
        }
    }

    async fn meddle(&mut self) {
        let newest = self.newest.load(Ordering::SeqCst) as u64;
        let id = SubmissionId(1 + self.dice.roll(newest.max(1)) as i64);
        if self.dice.roll(2) == 0 {
            if self.ledger.cancel(id).await.is_ok() {
                acknowledge("cancelled", id, "-");
            }
        } else if self.ledger.rejudge(id).await.is_ok() {
            acknowledge("rejudged", id, "-");
        }
    }
}

/// Whether the lease still held.
fn held(result: Result<(), LedgerError>) -> bool {
    match result {
        Ok(()) => true,
        Err(LedgerError::Fenced(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

/// One line, at once. The marker tells it from what the test harness prints.
fn acknowledge(what: &str, id: impl Display, tag: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("\nack {what} {id} {tag}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}

/// The process that is killed. Run as a test of its own it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripted_child() {
    let Some(path) = env::var_os(FILE) else { return };
    let round: u64 = env::var(ROUND).unwrap().parse().unwrap();
    let ledger = Arc::new(SqliteLedger::open(Path::new(&path)).unwrap());
    ledger.recover().await.unwrap();
    let newest = Arc::new(AtomicI64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let mut actor = Actor {
            ledger: ledger.clone(),
            newest: newest.clone(),
            dice: Dice(round * 100 + number),
            name: format!("{round}-{number}"),
            count: 0,
        };
        tasks.spawn(async move {
            // An end, should the parent be gone.
            for _ in 0..2000 {
                match number {
                    0 | 1 => actor.submit().await,
                    2 => actor.meddle().await,
                    3 | 4 => actor.post().await,
                    _ => actor.work().await,
                }
            }
        });
    }
    tasks.join_all().await;
}

/// Starts the child, kills it after `lines` acknowledgements, and returns all it made until then.
fn run_and_kill(path: &Path, round: u64, lines: u64) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "ledger::kill::scripted_child", "--nocapture", "--test-threads=1"])
        .env(FILE, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        output.read_line(&mut line).unwrap();
        // The last line before the end may be torn.
        if let Some(ack) = line.strip_prefix("ack ").and_then(|ack| ack.strip_suffix('\n')) {
            acknowledged.push(ack.to_owned());
            if acknowledged.len() as u64 == lines {
                child.kill().unwrap();
            }
        } else if line.is_empty() {
            break;
        }
    }
    assert!(!child.wait().unwrap().success(), "it was killed and did not end by itself");
    assert!(acknowledged.len() as u64 >= lines);
    acknowledged
}

/// How an event would have been acknowledged.
fn line_of(event: &Event, sources: &BTreeMap<SubmissionId, &str>) -> String {
    let (what, tag) = match &event.body {
        EventBody::Queued { .. } => ("submit", sources[&event.submission]),
        EventBody::Started { worker, .. } => ("started", worker.as_str()),
        EventBody::Test { name, .. } => ("tested", name.as_str()),
        EventBody::Requeued { reason } => ("requeued", reason.as_str()),
        EventBody::Finished(result) => ("finished", result.message.as_deref().unwrap_or("-")),
        EventBody::Cancelled => ("cancelled", "-"),
        EventBody::Rejudged => ("rejudged", "-"),
        other => panic!("nobody wrote {other:?}"),
    };
    format!("{what} {} {tag}", event.submission)
}

/// Everything acknowledged is in the log, as often as it was.
fn assert_kept(acknowledged: &[String], all: &Snapshot) {
    let sources = all
        .submissions
        .iter()
        .map(|submission| (submission.id, submission.source.lines().next().unwrap()))
        .collect();
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    for event in &all.events {
        *left.entry(line_of(event, &sources)).or_default() += 1;
    }
    for entry in &all.log {
        if let Entry::Message(message) = entry {
            *left.entry(format!("posted {} {}", message.pos, message.topic)).or_default() += 1;
        }
    }
    for line in acknowledged {
        if let Some((pos, user)) = line.strip_prefix("received ").and_then(|r| r.split_once(' ')) {
            assert!(all.received[user] >= pos.parse().unwrap(), "{line}");
            continue;
        }
        let count = left.entry(line.clone()).or_default();
        *count -= 1;
        assert!(*count >= 0, "`{line}` was acknowledged but is not in the log");
    }
}

#[tokio::test]
async fn killed_at_any_moment_it_keeps_what_it_acknowledged() {
    let file = File::new();
    let mut dice = Dice(2);
    let mut acknowledged = Vec::new();
    for round in 1..=ROUNDS {
        let lines = 1 + dice.roll(80);
        acknowledged.extend(run_and_kill(&file.path(), round, lines));
        let sound: String =
            file.raw().pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        let all = audit(&file.ledger()).await;
        assert_kept(&acknowledged, &all);
    }
}
