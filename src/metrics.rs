//! Figures for Prometheus, one set for each daemon: nothing here is global to the process.

mod hub;

pub use hub::Socket;

use crate::{
    judge::Outcome,
    ledger::{Counts, Remote},
};
use metrics::{
    counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Upper bounds of the histogram of request times, in seconds.
const REQUEST_SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Upper bounds of the histogram of judging times, in seconds.
const JUDGE_SECONDS: [f64; 12] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];

/// Requests and events of the hub between two clean-ups of the recorder.
const UPKEEP: u64 = 4096;

/// The figures of one daemon. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    recorder: PrometheusRecorder,
    observed: AtomicU64,
    hub: hub::Handles,
}

/// What is read from the daemon's parts at the moment of a scrape.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The ledger's counts; `None` while it is away.
    pub counts: Option<Counts>,
    /// The Redis that keeps it, if one does.
    pub redis: Option<Remote>,
    /// Attempts of this daemon that came too late.
    pub late: u64,
    /// Workers of this daemon.
    pub workers: usize,
    /// Those of them that hold a submission.
    pub busy: usize,
    /// Whether programs can be run.
    pub ready: bool,
    /// Requests and sockets that were not let in, by the code of their refusal.
    pub auth_failures: Vec<(&'static str, u64)>,
    /// Users with a socket at least.
    pub users: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// A fresh set, every figure zero.
    pub fn new() -> Self {
        let recorder = recorder();
        let hub = with_local_recorder(&recorder, || {
            describe();
            hub::Handles::register()
        });
        Self(Arc::new(Inner { recorder, observed: AtomicU64::new(0), hub }))
    }

    /// Records one answered request. `route` is the route's pattern, never the address itself, so that
    /// the number of series stays bounded.
    pub fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let (route, status) = (route.to_owned(), status.to_string());
        with_local_recorder(&self.0.recorder, || {
            histogram!("sonocode_http_request_seconds", "route" => route.clone())
                .record(took.as_secs_f64());
            counter!("sonocode_http_requests_total",
                "method" => method, "route" => route, "status" => status)
            .increment(1);
        });
        self.observed();
    }

    /// The recorder keeps each time until it is asked for them, and perhaps nobody ever scrapes.
    fn observed(&self) {
        if self.0.observed.fetch_add(1, Ordering::Relaxed) % UPKEEP == UPKEEP - 1 {
            self.0.recorder.handle().run_upkeep();
        }
    }

    /// Counts one verdict, and how long its evaluation took from its first event on; `None` when that
    /// is not known.
    pub fn judged(&self, outcome: &Outcome, took: Option<Duration>) {
        with_local_recorder(&self.0.recorder, || {
            counter!("sonocode_verdicts_total", "verdict" => outcome.verdict.code()).increment(1);
            if let Some(took) = took {
                histogram!("sonocode_judge_seconds").record(took.as_secs_f64());
            }
        });
        self.observed();
    }

    /// All figures as Prometheus text.
    pub fn render(&self, now: &Snapshot) -> String {
        with_local_recorder(&self.0.recorder, || {
            for (code, count) in &now.auth_failures {
                counter!("sonocode_auth_failures_total", "code" => *code).absolute(*count);
            }
            gauge!("sonocode_hub_users").set(now.users as f64);
            // What nobody knows is no number, and not the last that was known.
            let count =
                |of: fn(&Counts) -> u64| now.counts.as_ref().map_or(f64::NAN, |c| of(c) as f64);
            let queued = count(|counts| counts.queued);
            for (state, count) in [
                ("queued", queued),
                ("running", count(|counts| counts.running)),
                ("finished", count(|counts| counts.finished)),
                ("cancelled", count(|counts| counts.cancelled)),
            ] {
                gauge!("sonocode_submissions", "state" => state).set(count);
            }
            gauge!("sonocode_queue_depth").set(queued);
            counter!("sonocode_late_verdicts_total").absolute(now.late);
            if let Some(redis) = &now.redis {
                let away = if redis.trouble.is_some() { redis.lasts.as_secs_f64() } else { 0.0 };
                gauge!("sonocode_redis_up").set(f64::from(u8::from(redis.trouble.is_none())));
                gauge!("sonocode_redis_away_seconds").set(away);
                counter!("sonocode_redis_reconnects_total").absolute(redis.reconnects);
            }
            let idle = now.workers.saturating_sub(now.busy);
            gauge!("sonocode_workers", "state" => "busy").set(now.busy as f64);
            gauge!("sonocode_workers", "state" => "idle").set(idle as f64);
            gauge!("sonocode_ready").set(f64::from(u8::from(now.ready)));
        });
        self.0.recorder.handle().render()
    }
}

fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full("sonocode_http_request_seconds".to_owned()),
            &REQUEST_SECONDS,
        )
        .and_then(|builder| {
            let judge = Matcher::Full("sonocode_judge_seconds".to_owned());
            builder.set_buckets_for_metric(judge, &JUDGE_SECONDS)
        })
        .and_then(|builder| {
            let latency = Matcher::Full(hub::LATENCY.to_owned());
            builder.set_buckets_for_metric(latency, &hub::LATENCY_SECONDS)
        })
        .expect("the lists of bounds are not empty")
        .build_recorder()
}

fn describe() {
    describe_gauge!("sonocode_submissions", "Submissions in the ledger by state.");
    describe_gauge!("sonocode_queue_depth", "Submissions that wait for a worker.");
    describe_gauge!("sonocode_workers", "Workers of this daemon by state.");
    describe_counter!(
        "sonocode_late_verdicts_total",
        "Attempts that came too late: another worker had taken the submission up."
    );
    describe_gauge!("sonocode_redis_up", "1 when this daemon reaches its Redis, else 0.");
    describe_gauge!(
        "sonocode_redis_away_seconds",
        "For how long Redis has been away; 0 while it is not."
    );
    describe_counter!(
        "sonocode_redis_reconnects_total",
        "Connections to Redis that were made anew."
    );
    describe_gauge!("sonocode_ready", "1 when programs can be run, else 0.");
    describe_counter!("sonocode_verdicts_total", "Verdicts since the daemon started.");
    describe_histogram!(
        "sonocode_judge_seconds",
        "Seconds from the first step of an evaluation until its verdict."
    );
    describe_counter!(
        "sonocode_auth_failures_total",
        "Requests and sockets that were not let in, by the code of their refusal."
    );
    describe_gauge!("sonocode_hub_users", "Users with a socket at least.");
    hub::describe();
    describe_counter!("sonocode_http_requests_total", "Requests answered.");
    describe_histogram!(
        "sonocode_http_request_seconds",
        "Seconds until the head of the response was ready."
    );
}
