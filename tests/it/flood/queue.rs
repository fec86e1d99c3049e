//! Thousands of submissions queued at once: `SONOCODE_FLOOD`, 2,000 unless it is set.

use super::{Gate, body, memory, number};
use crate::{
    house::{Builder, House, Package, Watcher},
    redis::RedisServer,
    stub::Cells,
};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use sonocode::{
    config::Secret,
    judge::{EventBody, Verdict},
};
use std::{collections::BTreeMap, pin::pin, sync::Arc};

const WORKERS: usize = 2;

/// Submissions beyond the limit.
const EXTRA: usize = 50;

/// Requests on their way at one time.
const AHEAD: usize = 64;

/// By how much the process, its clients and what they remember included, may grow for each submission, in bytes, and
/// once for all, in KiB.
const GROWTH: (u64, u64) = (1024, 96 << 10);

/// A program's answer is 3.
const PROGRAMS: [(&str, Verdict); 2] = [("3", Verdict::Accepted), ("4", Verdict::WrongAnswer)];

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_queue_on_sqlite() {
    flood(House::build(), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_queue_on_redis() {
    let server = RedisServer::start();
    let url = Secret::new(server.url());
    flood(House::build().config(|config| config.redis.url = Some(url)), Some(&server)).await;
}

/// Queues, judges, and looks at every verdict. Where there is a server, its work is counted.
async fn flood(builder: Builder, server: Option<&RedisServer>) {
    let count = number("SONOCODE_FLOOD", 2_000);
    let gate = Gate::shut();
    let builder = builder.workers(WORKERS).sandbox(Arc::new(Cells(gate.clone())));
    let house = builder.config(|config| config.limits.queue = count as u64).start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let (before, stored) = (memory("VmRSS"), server.map_or(0, used));

    let began = Timestamp::now();
    let accepted = fill(&house, count).await;
    let took = Timestamp::now().duration_since(began).as_secs_f64();
    println!("queued {count} in {took:.1} s");
    told_memory("queued", before, count);
    if let Some(server) = server {
        println!("Redis keeps {} bytes for each that waits", kept(server, stored, count));
    }

    gate.open();
    gate.settled(WORKERS).await;
    // As many at the beginning as at the end, with everything else between them.
    let part = count / 10;
    let mut costs = Vec::new();
    for programs in [part, count - 2 * part - WORKERS, part] {
        let work = server.map(work);
        gate.let_go(programs);
        gate.settled(WORKERS).await;
        if let (Some(server), Some(earlier)) = (server, work) {
            costs.push((self::work(server) - earlier) as f64 / programs as f64);
        }
    }
    gate.let_go(WORKERS);
    if let [first, _, last] = costs[..] {
        println!("commands of Redis for each: {first:.1} of the first, {last:.1} of the last");
        // Calls that are made at one time share some, so that no two runs have the same.
        assert!(last < 1.5 * first, "the last cost {last} commands, the first {first}");
    }

    let verdicts = Journal::read(&house, count).await;
    verdicts.compare(&accepted);
    verdicts.print_pace();
    told_memory("judged", before, count);
    if let Some(server) = server {
        println!("Redis keeps {} bytes for each that was judged", kept(server, stored, count));
    }
    house.stop().await;
}

/// Sends more than may wait; every submission that was accepted, and the verdict that it ought to have.
async fn fill(house: &House, count: usize) -> BTreeMap<String, Verdict> {
    let sent = stream::iter(0..count + EXTRA).map(|number| async move {
        let (code, verdict) = PROGRAMS[number % PROGRAMS.len()];
        let reply = house.post("/api/v1/submissions", body(&user(number), code)).await;
        (reply, verdict)
    });
    let mut accepted = BTreeMap::new();
    // Taken one by one: all replies together would be most of the memory that is measured.
    let mut replies = pin!(sent.buffer_unordered(AHEAD));
    while let Some((reply, verdict)) = replies.next().await {
        if reply.status == 429 {
            assert!(reply.retry_after.is_some(), "{reply:?}");
            assert_eq!(reply.body["error"]["code"], "queue_full", "{reply:?}");
            continue;
        }
        assert_eq!(reply.status, 201, "{reply:?}");
        let id = reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
        assert_eq!(accepted.insert(id, verdict), None, "{reply:?}");
    }
    assert_eq!(accepted.len(), count, "of {} some more or less than the limit", count + EXTRA);
    accepted
}

fn user(number: usize) -> String {
    format!("user-{}", number % 50)
}

/// What the journal says of every submission.
#[derive(Default)]
struct Journal {
    queued: usize,
    started: BTreeMap<String, Timestamp>,
    /// Since the lease, in microseconds, in the order of their ends.
    took: Vec<i64>,
    ends: Vec<Timestamp>,
    verdicts: BTreeMap<String, Verdict>,
}

impl Journal {
    /// Reads from the beginning until so many submissions have ended.
    async fn read(house: &House, count: usize) -> Self {
        let mut journal = Self::default();
        let mut watcher: Watcher = house.watch("/api/v1/events?after=0").await;
        while journal.took.len() < count {
            let event = watcher.next().await.expect("the stream ended before all had a verdict");
            let id = event.submission.to_string();
            match event.body {
                EventBody::Queued { .. } => journal.queued += 1,
                EventBody::Started { .. } => {
                    let again = journal.started.insert(id.clone(), event.ts);
                    assert_eq!(again, None, "#{id} was leased twice");
                }
                EventBody::Finished(outcome) => {
                    let since = event.ts.duration_since(journal.started[&id]);
                    journal.took.push(since.as_micros() as i64);
                    journal.ends.push(event.ts);
                    let again = journal.verdicts.insert(id.clone(), outcome.verdict);
                    assert_eq!(again, None, "#{id} has two verdicts");
                }
                _ => {}
            }
        }
        journal
    }

    /// Every accepted submission has its verdict, and nothing else was ever queued.
    fn compare(&self, accepted: &BTreeMap<String, Verdict>) {
        assert_eq!(self.queued, accepted.len(), "something that was refused is kept");
        let wrong: Vec<_> = accepted
            .iter()
            .filter(|(id, verdict)| self.verdicts.get(*id) != Some(verdict))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(self.verdicts.len(), accepted.len());
    }

    /// For whoever looks: times are not asserted.
    fn print_pace(&self) {
        let thousands = self.took.len().div_ceil(1000);
        let pieces = self.took.chunks(1000).zip(self.ends.chunks(1000)).enumerate();
        for (number, (took, ends)) in pieces {
            if number > 0 && number + 1 < thousands {
                continue;
            }
            let mut sorted = took.to_vec();
            sorted.sort_unstable();
            let all = ends[ends.len() - 1].duration_since(ends[0]).as_secs_f64();
            println!(
                "thousand {}: lease to finish p50 {} µs, {:.0} verdicts/s",
                number + 1,
                sorted[sorted.len() / 2],
                ends.len() as f64 / all.max(1e-6),
            );
        }
    }
}

/// Prints and bounds by how much the process has grown at most.
fn told_memory(when: &str, before: u64, count: usize) {
    let grown = memory("VmHWM").saturating_sub(before);
    println!("{when}: grown by {grown} KiB at most, {} bytes each", (grown << 10) / count as u64);
    let (each, once) = GROWTH;
    let bound = once + ((each * count as u64) >> 10);
    assert!(grown < bound, "{when}: the process grew by {grown} KiB, more than {bound}");
}

/// A number that redis-server tells of itself.
fn figure(server: &RedisServer, section: &str, name: &str) -> u64 {
    let info = server.cli(&["INFO", section]);
    let line = info.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().parse().unwrap()
}

/// Its memory in bytes.
fn used(server: &RedisServer) -> u64 {
    figure(server, "memory", "used_memory:")
}

/// What it keeps for each of so many since it held `before`, in bytes.
fn kept(server: &RedisServer, before: u64, count: usize) -> u64 {
    used(server).saturating_sub(before) / count as u64
}

/// Commands that it has run, those inside scripts included.
fn work(server: &RedisServer) -> u64 {
    let info = server.cli(&["INFO", "commandstats"]);
    let calls = info.lines().filter_map(|line| {
        let calls = line.split_once(":calls=")?.1;
        calls.split(',').next()?.parse::<u64>().ok()
    });
    calls.sum()
}
