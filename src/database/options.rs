//! How a query is run: the time that it is, parameters, limits, and what changes nothing but how long it takes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use indexmap::IndexMap;

use crate::budget::Stop;
use crate::exec::{self, Profiler, SpillStore, Tuning};
use crate::function::Session;
use crate::types::{DateTime, Value};

/// How much a run may use. Each limit ends the query with a clear error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most rows that one operator may give.
    pub rows: usize,
    /// The most bytes that the run may hold at once, and that one value or column may have.
    pub bytes: usize,
    /// How deep subqueries may be nested.
    pub depth: usize,
}

impl Default for Limits {
    /// 100 million rows, 4 GiB (on 32 bits 2 GiB), depth 64.
    fn default() -> Self {
        Self { rows: 100_000_000, bytes: exec::DEFAULT_BYTES, depth: 64 }
    }
}

/// How a query is run. The library reads no clock: the time of the query is given here.
#[derive(Clone)]
pub struct Options {
    pub(super) now: DateTime,
    pub(super) parameters: IndexMap<String, Value>,
    pub(super) limits: Limits,
    pub(super) stop: Stop,
    pub(super) seed: u64,
    pub(super) threads: usize,
    pub(super) chunk_rows: usize,
    pub(super) tuning: Tuning,
    pub(super) spill: Option<Arc<dyn SpillStore>>,
    pub(super) optimize: bool,
    pub(super) strict: bool,
    pub(super) session: Arc<Session>,
    /// Of the run that is measured, if one is.
    pub(super) profiler: Option<Arc<Profiler>>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("now", &self.now)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The defaults, with the time that `now()` gives: UTC, in ticks of 100 ns.
    #[must_use]
    pub fn new(now: DateTime) -> Self {
        Self {
            now,
            parameters: IndexMap::new(),
            limits: Limits::default(),
            stop: Stop::default(),
            seed: 0,
            threads: 1,
            chunk_rows: exec::CHUNK_ROWS,
            tuning: Tuning::DEFAULT,
            spill: None,
            optimize: true,
            strict: false,
            session: Arc::default(),
            profiler: None,
        }
    }

    /// What `now()` is.
    #[must_use]
    pub const fn now(&self) -> DateTime {
        self.now
    }

    /// Gives a query parameter its value, which is converted to the declared type.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Sets the limits on rows, bytes and depth.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Stops the run when `elapsed` says that more time has gone by than `limit`.
    ///
    /// ```
    /// let start = std::time::Instant::now();
    /// let options = kqlite::Options::new(kqlite::DateTime::UNIX_EPOCH)
    ///     .time_limit(std::time::Duration::from_secs(5), move || start.elapsed());
    /// ```
    #[must_use]
    pub fn time_limit(
        mut self,
        limit: Duration,
        elapsed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        self.stop = self.stop.after(limit, elapsed);
        self
    }

    /// Stops the run soon after the flag is set.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = self.stop.on(flag);
        self
    }

    /// The seed of `rand()`, `new_guid()` and `sample`: the same seed gives the same rows.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many threads the run may use.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How many rows are worked on at once. It never changes a result.
    #[must_use]
    pub const fn chunk_rows(mut self, rows: usize) -> Self {
        self.chunk_rows = rows;
        self
    }

    /// The sizes at which operators change their strategy. It never changes a result.
    #[must_use]
    pub const fn tuning(mut self, tuning: Tuning) -> Self {
        self.tuning = tuning;
        self
    }

    /// Where `sort`, `summarize`, `distinct` and `join` put rows that the limit of bytes has no room for. Without it such a
    /// run ends with an error. What a single group or value holds stays in memory. It never changes a result.
    #[must_use]
    pub fn spill_to(mut self, store: impl SpillStore + 'static) -> Self {
        self.spill = Some(Arc::new(store));
        self
    }

    /// Whether a value of which it is not known what the real engine gives for it ends the run. Without it the best-founded
    /// result is taken, and the answer has a [`Warning`](crate::Warning): see [`Table::warnings`](crate::Table::warnings).
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Where and for whom the query runs.
    #[must_use]
    pub fn session(mut self, session: Session) -> Self {
        self.session = Arc::new(session);
        self
    }

    /// Runs the plan as it was bound. It never changes a result; it is there for tests.
    #[must_use]
    pub const fn without_optimizer(mut self) -> Self {
        self.optimize = false;
        self
    }
}
