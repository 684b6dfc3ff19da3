//! One run of a plan: what it reads, what it may use, and what stops it. It must not know operators.

use std::collections::HashMap;
use std::sync::Arc;

use super::profiler::Profiler;
use super::spill::SpillStore;
use super::table_source::StoredRows;
use super::tuning::Tuning;
use crate::column::Table;
use crate::function::Context;
use crate::types::{ExternalFormat, Value};

/// The tables that a run reads.
pub trait Tables: Sync {
    /// The rows of the table of a name.
    fn table(&self, name: &str) -> Option<StoredRows<'_>>;

    /// The data under a location that is outside the database, such as a URL; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be had; the text says why.
    fn external(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String>;
}

/// What `externaldata` asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExternalRequest<'a> {
    /// The address, as the query writes it.
    pub location: &'a str,
    /// How the data is written, as the query or the address says.
    pub format: ExternalFormat,
    /// The most bytes that the data may have: what is left of the run's limit.
    pub max_bytes: usize,
}

impl<'a> ExternalRequest<'a> {
    pub(super) const fn new(location: &'a str, format: ExternalFormat, max_bytes: usize) -> Self {
        Self { location, format, max_bytes }
    }
}

/// What is behind an address.
#[derive(Debug, Clone)]
pub enum ExternalData {
    /// Rows, whose columns are found by their names.
    Table(Table),
    /// The bytes of a file, unpacked: they are read in the format of the request, columns by their places.
    Bytes(Arc<[u8]>),
}

/// Brings what is behind the addresses of `externaldata` when a query asks for it.
///
/// ```
/// use kqlite::{Database, DateTime, ExternalData, ExternalRequest, ExternalSource, Options};
///
/// struct Feeds;
///
/// impl ExternalSource for Feeds {
///     fn open(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String> {
///         let is_known = request.location == "https://example.com/feed.csv";
///         Ok(is_known.then(|| ExternalData::Bytes(b"ip,score\n10.0.0.1,7\n".as_slice().into())))
///     }
/// }
///
/// let mut db = Database::new();
/// db.add_external_source(Feeds);
/// let text = "externaldata (Ip: string, Score: long) ['https://example.com/feed.csv'] with (ignoreFirstRecord=true)";
/// let answer = db.compile(text)?.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(answer.value(0, "Score"), Some(7_i64.into()));
/// # Ok::<(), kqlite::Error>(())
/// ```
pub trait ExternalSource: Send + Sync {
    /// The data behind an address; `None` if this source has none.
    ///
    /// # Errors
    /// It cannot be had; the text says why.
    fn open(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String>;
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
    /// Brings files for rows that memory has no room for.
    pub spill: Option<&'a dyn SpillStore>,
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
