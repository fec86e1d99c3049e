//! Figures for Prometheus, one set for each daemon: nothing here is global to the process.

use crate::{
    hub,
    judge::{EventBody, Verdict},
    ledger::{Counts, Cursor, Ledger, LedgerError},
};
use futures_util::StreamExt;
use metrics::{
    counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Upper bounds of the histogram of request times, in seconds.
const REQUEST_SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Requests between two clean-ups of the recorder.
const UPKEEP: u64 = 4096;

/// The figures of one daemon. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    recorder: PrometheusRecorder,
    observed: AtomicU64,
}

/// What is read from the daemon's parts at the moment of a scrape.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// The ledger's counts.
    pub counts: Counts,
    /// Workers of this daemon.
    pub workers: usize,
    /// Those of them that hold a submission.
    pub busy: usize,
    /// Whether programs can be run.
    pub ready: bool,
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
        with_local_recorder(&recorder, describe);
        Self(Arc::new(Inner { recorder, observed: AtomicU64::new(0) }))
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
        // The recorder keeps each time until it is asked for them, and perhaps nobody ever scrapes.
        if self.0.observed.fetch_add(1, Ordering::Relaxed) % UPKEEP == UPKEEP - 1 {
            self.0.recorder.handle().run_upkeep();
        }
    }

    /// Counts one more client of a live stream for as long as the returned value lives.
    pub fn stream_client(&self, form: &'static str) -> StreamClient {
        let client = StreamClient { metrics: self.clone(), form };
        client.add(1.0);
        client
    }

    /// Counts one verdict.
    fn verdict(&self, verdict: Verdict) {
        with_local_recorder(&self.0.recorder, || {
            counter!("sonocode_verdicts_total", "verdict" => verdict.code()).increment(1);
        });
    }

    /// All figures as Prometheus text.
    pub fn render(&self, now: &Snapshot) -> String {
        with_local_recorder(&self.0.recorder, || {
            for (state, count) in [
                ("queued", now.counts.queued),
                ("running", now.counts.running),
                ("finished", now.counts.finished),
                ("cancelled", now.counts.cancelled),
            ] {
                gauge!("sonocode_submissions", "state" => state).set(count as f64);
            }
            gauge!("sonocode_queue_depth").set(now.counts.queued as f64);
            let idle = now.workers.saturating_sub(now.busy);
            gauge!("sonocode_workers", "state" => "busy").set(now.busy as f64);
            gauge!("sonocode_workers", "state" => "idle").set(idle as f64);
            gauge!("sonocode_ready").set(f64::from(u8::from(now.ready)));
        });
        self.0.recorder.handle().render()
    }
}

/// A client of a live stream, counted until it is dropped.
pub struct StreamClient {
    metrics: Metrics,
    form: &'static str,
}

impl StreamClient {
    fn add(&self, change: f64) {
        with_local_recorder(&self.metrics.0.recorder, || {
            gauge!("sonocode_stream_clients", "form" => self.form).increment(change);
        });
    }
}

impl Drop for StreamClient {
    fn drop(&mut self) {
        self.add(-1.0);
    }
}

/// Counts every verdict that is committed after the place `after` in the journal, until `shutdown`.
///
/// The daemon runs this beside the API, from the place where the journal stood at its start.
pub async fn count_verdicts(
    metrics: Metrics,
    ledger: Arc<dyn Ledger>,
    after: u64,
    shutdown: CancellationToken,
) -> Result<(), LedgerError> {
    let mut events = pin!(hub::tail(ledger, Cursor::All { after }, shutdown));
    while let Some(event) = events.next().await {
        if let EventBody::Finished(outcome) = event?.body {
            metrics.verdict(outcome.verdict);
        }
    }
    Ok(())
}

fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full("sonocode_http_request_seconds".to_owned()),
            &REQUEST_SECONDS,
        )
        .expect("the list of bounds is not empty")
        .build_recorder()
}

fn describe() {
    describe_gauge!("sonocode_submissions", "Submissions in the ledger by state.");
    describe_gauge!("sonocode_queue_depth", "Submissions that wait for a worker.");
    describe_gauge!("sonocode_workers", "Workers of this daemon by state.");
    describe_gauge!("sonocode_ready", "1 when programs can be run, else 0.");
    describe_gauge!("sonocode_stream_clients", "Clients of live streams by form.");
    describe_counter!("sonocode_verdicts_total", "Verdicts since the daemon started.");
    describe_counter!("sonocode_http_requests_total", "Requests answered.");
    describe_histogram!(
        "sonocode_http_request_seconds",
        "Seconds until the head of the response was ready."
    );
}
