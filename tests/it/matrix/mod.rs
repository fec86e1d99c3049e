//! The kill matrix: two daemons, two workers and one Redis, or one daemon on `SQLite` that does it all; twenty submissions in
//! flight, clients connected. One part dies, hangs or is cut off at a random point; then every submission that was accepted has one verdict and the right one, every
//! client has heard every event once and in order, and nothing is left over. `scripts/kill-matrix.sh N` runs it N times for
//! each kind and prints the table of docs/reliability.md.

mod balancer;
mod cluster;
mod crowd;
mod net;
mod store;

use crate::{
    house::{House, http},
    record::Record,
    sockets::proxy::{roll, seed},
};
use cluster::Cluster;
use crowd::{Crowd, Journal};
use futures_util::future::OptionFuture;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::AtomicU64,
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// How many submissions are in flight at every moment until the part is struck.
const IN_FLIGHT: u64 = 20;

/// That happens after so many events at most; a submission makes about six.
const EVENTS: u64 = 120;

/// The most that a round may take before something must be lost.
const PATIENCE: Duration = Duration::from_secs(120);

/// A language that starts at once: what is judged is not what is measured.
const SHELL: &str = r#"
id = "shell"
name = "Shell"
extensions = ["sh"]
source = "main.sh"
compile = ["sh", "-n", "main.sh"]
run = ["sh", "main.sh"]
version = ["sh", "-c", "echo POSIX"]

[toolchain]
host = ["sh"]
image = "debian:12-slim"
"#;

/// Verdict and program. The submission's user is its verdict, so that the journal itself says what each must get.
const PROGRAMS: [(&str, &str); 5] = [
    ("AC", "read a b; echo $((a + b))"),
    ("WA", "echo 3"),
    ("AC", "read a b; printf %s $((b + a))"),
    ("RE", "exit 3"),
    ("CE", "if"),
];

/// What happens to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of a daemon that takes submissions and tells of them.
    Daemon,
    /// `kill -9` of a daemon that only tells.
    Hub,
    /// `kill -9` of a worker; its containers outlive it.
    Worker,
    /// `kill -9` of Redis, with `appendfsync always`.
    Redis,
    /// The same with `appendfsync everysec`: what was written is in the kernel's hands, which outlive the process.
    Everysec,
    /// As when the power is cut: the same, and the end of its file is gone, in the middle of a write.
    Torn,
    /// `kill -9` of the workers' Docker engine.
    Engine,
    /// A worker stops (`SIGSTOP`) until its lease has run out and others have done its work, and goes on (`SIGCONT`).
    Stop,
    /// Packets between a daemon or a worker and Redis vanish for a while.
    Cut,
    /// `kill -9` of a daemon that does it all, on `SQLite`; its containers outlive it.
    Sqlite,
    /// `kill -9` of such a daemon's Docker engine.
    SqliteEngine,
}

impl Fault {
    /// Whether it may take what was acknowledged just before; how much is measured.
    fn may_lose(self) -> bool {
        matches!(self, Self::Everysec | Self::Torn)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn daemon() {
    matrix(Fault::Daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hub() {
    matrix(Fault::Hub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn worker() {
    matrix(Fault::Worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis() {
    matrix(Fault::Redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everysec() {
    matrix(Fault::Everysec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn torn() {
    matrix(Fault::Torn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn engine() {
    matrix(Fault::Engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop() {
    matrix(Fault::Stop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut() {
    matrix(Fault::Cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    matrix(Fault::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_engine() {
    matrix(Fault::SqliteEngine).await;
}

/// How often each kind strikes: `SONOCODE_MATRIX_KILLS`, 10 unless it is set.
fn kills() -> usize {
    let text = std::env::var("SONOCODE_MATRIX_KILLS").unwrap_or_else(|_| "10".into());
    text.parse().unwrap_or_else(|_| panic!("SONOCODE_MATRIX_KILLS={text}: expected a number"))
}

async fn matrix(fault: Fault) {
    let dice = AtomicU64::new(seed());
    // In boxes, for clients of many kinds are large.
    let mut cluster = Box::pin(Cluster::start(fault, &dice)).await;
    // What was heard and then lost is not in the log, with which it would be compared.
    let crowd = (!fault.may_lose()).then_some(&cluster.hub.url);
    let crowd = OptionFuture::from(crowd.map(|url| Box::pin(Crowd::gather(url)))).await;
    let mut rounds = Rounds {
        url: cluster.api.url.clone(),
        journal: Journal::follow(&cluster.hub.url),
        record: Record::default(),
        sent: JoinSet::new(),
        submitted: 0,
        resumes: Vec::new(),
        strays: Vec::new(),
        since: BTreeMap::new(),
        lost: Vec::new(),
    };
    let kills = kills();
    for kill in 1..=kills {
        let round = timeout(PATIENCE, Box::pin(rounds.round(&mut cluster, &dice))).await;
        assert!(round.is_ok(), "{fault:?} {kill}: something never ends: {}", rounds.told());
        let took = rounds.resumes.last().copied().unwrap_or_default();
        eprintln!("{fault:?} {kill} of {kills}: the last one resumed after {took:.1} s");
    }
    cluster.whole().await;
    let mut audit = rounds.record.audit(&House::at(&cluster.hub.url)).await;
    let submissions = |user: &str| audit.users.get(user).copied().unwrap_or_default();
    let connects = match crowd {
        Some(crowd) => Box::pin(crowd.compare(&cluster.hub.url, submissions)).await,
        None => 0,
    };
    rounds.strays.extend(cluster.drain().await);
    let [p50, p99] = quantiles(&mut rounds.resumes);
    // One row of the table.
    eprintln!(
        "matrix | {fault:?} | {kills} | {} | {} | {} | {} | {} | {} | {p50:.1} / {p99:.1} | {connects} |",
        audit.submissions,
        audit.requeued,
        audit.lost.len() + rounds.lost.len(),
        audit.double.len(),
        audit.wrong.len(),
        rounds.strays.len(),
    );
    if fault.may_lose() {
        let window = rounds.lost.iter().max().copied().unwrap_or_default();
        eprintln!("{} were lost, the oldest {window:?} after it was accepted", rounds.lost.len());
        audit.double.clear();
    }
    audit.assert_clean();
    assert_eq!(rounds.strays, [""; 0]);
}

/// What goes on from one strike to the next.
struct Rounds {
    url: String,
    journal: Journal,
    record: Record,
    /// Submissions that are not answered yet.
    sent: JoinSet<(String, Instant)>,
    submitted: usize,
    /// From a strike until the last of those that were in flight had its verdict, in seconds.
    resumes: Vec<f64>,
    strays: Vec<String>,
    /// When each was accepted that came since the last strike.
    since: BTreeMap<String, Instant>,
    /// How long before the strike those were accepted of which nothing is left.
    lost: Vec<Duration>,
}

impl Rounds {
    async fn round(&mut self, cluster: &mut Cluster, dice: &AtomicU64) {
        for _ in 0..IN_FLIGHT {
            self.submit();
        }
        for _ in 0..roll(dice, EVENTS) {
            if self.step().await.is_some() {
                self.submit();
            }
        }
        let mut flying: BTreeSet<_> =
            self.record.accepted.difference(&self.record.finished).cloned().collect();
        let began = Instant::now();
        let struck = cluster.strike(dice).await;
        if cluster.fault.may_lose() {
            self.forget_the_lost(cluster, began).await;
        }
        let mut ended = began;
        loop {
            while !(self.sent.is_empty() && self.record.is_settled()) {
                if let Some((at, id)) = self.step().await
                    && flying.remove(&id)
                {
                    ended = ended.max(at);
                }
            }
            // One whose answer was lost may be on its way still.
            let under_way = cluster.store.under_way();
            if cluster.fault.may_lose() {
                // A verdict that was heard and then lost is given again.
                self.record.finished.retain(|id| !under_way.contains(id));
            }
            let held = under_way.iter().filter(|id| self.record.finished.contains(*id));
            self.strays.extend(held.map(|id| format!("#{id} has its verdict and is held still")));
            if under_way.iter().all(|id| self.record.finished.contains(id)) {
                break;
            }
            self.record.accepted.extend(under_way);
        }
        cluster.mend(&struck);
        if ended > began {
            self.resumes.push((ended - began).as_secs_f64());
        }
        self.strays.extend(cluster.strays().await);
    }

    /// Takes those from the record that were accepted and that are not there any more after a strike.
    async fn forget_the_lost(&mut self, cluster: &Cluster, struck: Instant) {
        while !self.sent.is_empty() {
            self.step().await;
        }
        // What was there after an earlier strike is on the disk since.
        for (id, since) in std::mem::take(&mut self.since) {
            if !cluster.store.knows(&id) {
                self.record.accepted.remove(&id);
                self.lost.push(struck.saturating_duration_since(since));
            }
        }
    }

    /// Waits for an answer or an event; tells which submission has its verdict with it, and since when.
    async fn step(&mut self) -> Option<(Instant, String)> {
        tokio::select! {
            Some(id) = self.sent.join_next() => {
                let (id, since) = id.unwrap();
                self.since.insert(id.clone(), since);
                self.record.accepted.insert(id);
                None
            }
            (at, event) = self.journal.next() => {
                self.record.note(&event).then(|| (at, event.submission.to_string()))
            }
        }
    }

    fn submit(&mut self) {
        let (user, code) = PROGRAMS[self.submitted % PROGRAMS.len()];
        self.submitted += 1;
        self.sent.spawn(accepted(self.url.clone(), user, code));
    }

    fn told(&self) -> String {
        let waits: Vec<_> = self.record.accepted.difference(&self.record.finished).collect();
        format!(
            "{} not answered, without verdict {waits:?}, at {}",
            self.sent.len(),
            self.record.last
        )
    }
}

/// Submits until it is accepted, as a client does that tries again; the id, and when that was. What was accepted without an answer is there as
/// well, and is judged as well.
async fn accepted(url: String, user: &str, code: &str) -> (String, Instant) {
    let http = http();
    let body = json!({"userId": user, "problemId": "sum", "language": "shell", "code": code});
    loop {
        let request = http.post(format!("{url}/api/v1/submissions")).json(&body);
        match request.send().await {
            Ok(response) if response.status() == StatusCode::CREATED => {
                if let Ok(reply) = response.json::<Value>().await {
                    let id = reply["data"]["submission"]["id"].as_str().unwrap().to_owned();
                    return (id, Instant::now());
                }
            }
            Ok(response) => {
                let status = response.status();
                assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", response.text().await);
            }
            Err(_) => {}
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The middle one and the one below which are 99 of a hundred.
fn quantiles(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [0.5, 0.99].map(|share| {
        let at = (share * values.len() as f64).ceil() as usize;
        values.get(at.max(1) - 1).copied().unwrap_or(f64::NAN)
    })
}
