//! One run of a plan: what it reads, what it may use, and what stops it. It must not know operators.

use std::collections::HashMap;
use std::sync::Arc;

use super::profiler::Profiler;
use super::table_source::StoredRows;
use super::tuning::Tuning;
use crate::column::Table;
use crate::function::Context;
use crate::types::Value;

/// The tables that a run reads.
pub trait Tables: Sync {
    /// The rows of the table of a name.
    fn table(&self, name: &str) -> Option<StoredRows<'_>>;

    /// The data under a location that is outside the database, such as a URL.
    fn external(&self, location: &str) -> Option<Table>;
}

/// One run of a plan: what it reads, what it may use, and what stops it.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The tables.
    pub tables: &'a dyn Tables,
    /// What functions may know; it has the run's budget of bytes and time.
    pub context: &'a Context,
    /// The values of the query's parameters.
    pub parameters: &'a HashMap<String, Value>,
    /// How much the run may use.
    pub limits: &'a RunLimits,
    /// How many rows a chunk has at the most.
    pub chunk_rows: usize,
    /// How many threads the run may use.
    pub threads: usize,
    /// The sizes at which operators change their strategy.
    pub tuning: Tuning,
    /// What plugins gave whose columns are known only when they run, by the number of their site: they are not run again.
    pub resolved: &'a [Table],
    /// Measures what the operators do, if the caller wants to know it.
    pub profiler: Option<&'a Arc<Profiler>>,
}

/// The most bytes that a run holds where nothing is said: 4 GiB, or half of what 32 bits address.
pub const DEFAULT_BYTES: usize = match usize::BITS {
    0..=32 => usize::MAX / 2,
    _ => (4_u64 << 30) as usize,
};

/// How many rows a chunk has unless the caller wants otherwise.
pub const CHUNK_ROWS: usize = 1 << 16;

/// How much a run may use, beside its [`Budget`](crate::budget::Budget) of bytes and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// The most rows that one operator gives. Tables that are there already do not count.
    pub rows: usize,
    /// How deep subqueries may be nested in one another.
    pub depth: usize,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self { rows: 100_000_000, depth: 64 }
    }
}
