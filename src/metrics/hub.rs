//! The hub's figures.
//!
//! Labels come from short lists only: a transport, a dialect, a reason. What is counted for every event
//! is registered once, so that counting costs an atomic addition and no look-up.

use super::Metrics;
use crate::wire::{Connections, HubFigures};
use jiff::Timestamp;
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram, with_local_recorder,
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub(super) const LATENCY: &str = "sonocode_hub_event_seconds";

/// Upper bounds of the histogram of event-to-socket times, in seconds.
pub(super) const LATENCY_SECONDS: [f64; 14] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0, 60.0];

/// What is older when it is handed to a socket is no live event.
const LIVE: Duration = Duration::from_secs(60);

/// Every dialect that events are sent in; `journal` is that of `/api/v1/events`.
const DIALECTS: [&str; 6] = ["sonocode", "exechub", "codewar", "chat", "journal", "other"];

/// What is registered once.
pub(super) struct Handles {
    events: [Counter; DIALECTS.len()],
    latency: Histogram,
    receipts: Counter,
    /// The same for `sonocode status`, which reads no Prometheus text.
    sent: AtomicU64,
    received: AtomicU64,
    resumed: AtomicU64,
    cut: AtomicU64,
    refused: AtomicU64,
    /// Sockets by transport and dialect.
    open: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

impl Handles {
    pub(super) fn register() -> Self {
        Self {
            events: DIALECTS
                .map(|dialect| counter!("sonocode_hub_events_total", "dialect" => dialect)),
            latency: histogram!(LATENCY),
            receipts: counter!("sonocode_hub_receipts_total"),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            resumed: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            open: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Counts one more socket for as long as the returned value lives.
    pub fn socket(&self, transport: &'static str, dialect: &'static str) -> Socket {
        let socket = Socket { metrics: self.clone(), transport, dialect };
        socket.add(1.0);
        socket
    }

    /// Counts an event that was handed to a socket, and how long ago it was written to the log. One that
    /// is older than [`LIVE`] waited for its client, and says nothing of the hub's pace.
    pub fn event(&self, dialect: &str, written: Timestamp) {
        let hub = &self.0.hub;
        let at = DIALECTS.iter().position(|known| *known == dialect);
        hub.events[at.unwrap_or(DIALECTS.len() - 1)].increment(1);
        hub.sent.fetch_add(1, Ordering::Relaxed);
        let age = Timestamp::now().duration_since(written);
        // A clock that was set back gives no age.
        let age = Duration::try_from(age).unwrap_or_default();
        if age <= LIVE {
            hub.latency.record(age.as_secs_f64());
        }
        self.observed();
    }

    /// Counts a receipt: a client has everything up to some place.
    pub fn receipt(&self) {
        self.0.hub.receipts.increment(1);
        self.0.hub.received.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a client that came back with the last place it saw: `recovered`, or a reason why not, such
    /// as `unknown_place`.
    pub fn resume(&self, outcome: &'static str) {
        if outcome == "recovered" {
            self.0.hub.resumed.fetch_add(1, Ordering::Relaxed);
        }
        self.count("sonocode_hub_resumes_total", "outcome", outcome);
    }

    /// Counts a connection that was cut: `slow consumer`, `flood`, `ping timeout`, ….
    pub fn cut(&self, reason: &'static str) {
        self.0.hub.cut.fetch_add(1, Ordering::Relaxed);
        self.count("sonocode_hub_cuts_total", "reason", reason);
    }

    /// Counts a connection that was not taken: one of a limit's codes, or `draining`.
    pub fn refused(&self, reason: &'static str) {
        self.0.hub.refused.fetch_add(1, Ordering::Relaxed);
        self.count("sonocode_hub_refused_total", "reason", reason);
    }

    /// How many sockets are open.
    pub fn open_sockets(&self) -> u64 {
        self.0.hub.open.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// What the hub does and did.
    pub fn hub(&self, users: u64, auth_failures: u64) -> HubFigures {
        let hub = &self.0.hub;
        let open = hub.open.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = open.iter().filter(|(_, count)| **count > 0);
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        HubFigures {
            connections: connections
                .map(|((transport, dialect), count)| Connections {
                    transport: (*transport).to_owned(),
                    dialect: (*dialect).to_owned(),
                    count: *count,
                })
                .collect(),
            users,
            events: read(&hub.sent),
            receipts: read(&hub.received),
            resumes: read(&hub.resumed),
            cuts: read(&hub.cut),
            refused: read(&hub.refused),
            auth_failures,
        }
    }

    fn count(&self, name: &'static str, label: &'static str, value: &'static str) {
        with_local_recorder(&self.0.recorder, || counter!(name, label => value).increment(1));
    }
}

/// An open socket, counted until it is dropped.
pub struct Socket {
    metrics: Metrics,
    transport: &'static str,
    dialect: &'static str,
}

impl Socket {
    /// It goes on over another transport, or turns out to speak another dialect.
    pub fn becomes(&mut self, transport: &'static str, dialect: &'static str) {
        if (self.transport, self.dialect) == (transport, dialect) {
            return;
        }
        self.add(-1.0);
        (self.transport, self.dialect) = (transport, dialect);
        self.add(1.0);
    }

    fn add(&self, change: f64) {
        let Self { metrics, transport, dialect } = self;
        let mut open = metrics.0.hub.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry((transport, dialect)).or_default();
        *count = if change > 0.0 { *count + 1 } else { count.saturating_sub(1) };
        with_local_recorder(&metrics.0.recorder, || {
            let gauge: Gauge = gauge!("sonocode_hub_connections", "transport" => *transport, "dialect" => *dialect);
            gauge.increment(change);
        });
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.add(-1.0);
    }
}

pub(super) fn describe() {
    describe_gauge!("sonocode_hub_connections", "Open sockets by transport and dialect.");
    describe_counter!("sonocode_hub_events_total", "Events sent to sockets by dialect.");
    describe_histogram!(LATENCY, "Seconds from the log until a live event was handed to a socket.");
    describe_counter!("sonocode_hub_receipts_total", "Receipts of clients.");
    describe_counter!("sonocode_hub_resumes_total", "Clients that came back by what came of it.");
    describe_counter!("sonocode_hub_cuts_total", "Sockets that were cut by reason.");
    describe_counter!("sonocode_hub_refused_total", "Connections that were refused by reason.");
}
