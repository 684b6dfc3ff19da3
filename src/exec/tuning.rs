//! The sizes at which operators change their strategy. It must not know the strategies.

/// Sizes at which an operator changes its strategy.
///
/// They change how long a run takes and how much memory it needs, never what it gives. The defaults are what
/// measurements on common processors gave; tests run under [`Tuning::SMALL`] too, so that small data takes the
/// strategies of large data.
///
/// ```
/// use kqlite::{Database, DateTime, Options, Tuning};
/// let query = Database::new().compile("range x from 1 to 9 step 1 | summarize count() by x % 2")?;
/// let plain = Options::new(DateTime::UNIX_EPOCH);
/// let small = plain.clone().tuning(Tuning::SMALL).threads(2);
/// assert_eq!(query.run(&Database::new(), &plain)?, query.run(&Database::new(), &small)?);
/// # Ok::<(), kqlite::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tuning {
    /// A join reads up to this many left rows before it builds a hash table of the right side: if these are all, the
    /// hash table is one of their keys, which stay in the processor's cache.
    pub small_left_rows: usize,
    /// Rows that a `summarize` looks at before it chooses how to group the others.
    pub sampled_rows: usize,
    /// One thread partitions the rows of a table with at least this many; fewer have a hash table that stays in the
    /// processor's cache.
    pub rows_to_partition: usize,
    /// Groups of which a hash table stays in the processor's cache.
    pub groups_per_partition: usize,
    /// Groups that each thread must have for it to pay that it has a partition of them.
    pub groups_per_thread: usize,
    /// Partitions of groups, at the most.
    pub max_partitions: usize,
    /// The share of the run's bytes, one of this many, that partitioned rows may hold before they are grouped.
    pub partitioned_rows_share: usize,
    /// Rows that are given at once to an aggregate whose state is partitioned.
    pub rows_per_state_batch: usize,
    /// Rows from which on a sort uses several threads.
    pub rows_to_sort_in_parallel: usize,
    /// Operators put rows aside once the run holds this part of its bytes, one of this many; if it has files for them.
    pub spill_share: usize,
    /// The fewest rows of a chunk, where a table is cut so that every thread has some.
    pub min_chunk_rows: usize,
}

impl Tuning {
    /// What measurements gave.
    pub const DEFAULT: Self = Self {
        small_left_rows: 1 << 16,
        sampled_rows: 1 << 12,
        rows_to_partition: 1 << 21,
        groups_per_partition: 1 << 16,
        groups_per_thread: 1 << 8,
        max_partitions: 1 << 8,
        partitioned_rows_share: 4,
        rows_per_state_batch: 1 << 22,
        rows_to_sort_in_parallel: 1 << 15,
        spill_share: 2,
        min_chunk_rows: 1 << 14,
    };

    /// Sizes that a handful of rows reaches, for tests.
    pub const SMALL: Self = Self {
        small_left_rows: 1,
        sampled_rows: 1,
        rows_to_partition: 2,
        groups_per_partition: 1,
        groups_per_thread: 1,
        max_partitions: 8,
        partitioned_rows_share: 1 << 30,
        rows_per_state_batch: 2,
        rows_to_sort_in_parallel: 2,
        spill_share: usize::MAX,
        min_chunk_rows: 1,
    };
}

impl Default for Tuning {
    fn default() -> Self {
        Self::DEFAULT
    }
}
