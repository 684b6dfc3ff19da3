//! What is counted, and how it is told to Prometheus. It must not know what requests mean.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The labels of a request: the route, not the path, so that there are few.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    /// Queries and commands that run.
    pub running: Gauge,
    /// Those that wait for their turn.
    pub waiting: Gauge,
    /// Those that were turned away.
    pub turned_away: Counter,
    /// Connections that are open.
    pub connections: Gauge,
    /// Rows of answers.
    pub rows: Counter,
    /// Rows that were ingested by the streaming endpoint.
    pub ingested: Counter<u64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("kqlite");
        let it = Self {
            requests: Family::default(),
            // From a millisecond to a minute.
            seconds: Histogram::new(exponential_buckets(0.001, 3.0, 11)),
            running: Gauge::default(),
            waiting: Gauge::default(),
            turned_away: Counter::default(),
            connections: Gauge::default(),
            rows: Counter::default(),
            ingested: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests, by route and status", it.requests.clone());
        registry.register("work_seconds", "How long queries and commands ran", it.seconds.clone());
        registry.register("running", "Queries and commands that run", it.running.clone());
        registry.register("waiting", "Queries and commands that wait for their turn", it.waiting.clone());
        registry.register("turned_away", "Requests that were turned away", it.turned_away.clone());
        registry.register("connections", "Connections that are open", it.connections.clone());
        registry.register("answer_rows", "Rows of answers", it.rows.clone());
        registry.register("ingested_rows", "Rows that came by streaming ingestion", it.ingested.clone());
        Self { registry, ..it }
    }

    /// Counts a request.
    pub(crate) fn request(&self, route: &str, status: u16) {
        self.requests.get_or_create(&RequestLabels { route: route.to_owned(), status }).inc();
    }

    /// Notes how long a query or command ran.
    pub(crate) fn ran(&self, time: Duration) {
        self.seconds.observe(time.as_secs_f64());
    }

    /// All of it, as Prometheus reads it.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut out, &self.registry);
        out
    }
}
