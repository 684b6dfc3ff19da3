//! Rows whose groups memory has no room for: in files by a hash of their keys, each of which is grouped by itself when
//! all rows were seen.

use super::super::spill::{SpillPartitions, SpillReader};
use super::spec::AggregateSpec;
use crate::column::{Chunk, Column};
use crate::function::Result;

/// How many files rows are put into at first, all partitions of groups together.
pub(super) const FILES: usize = 32;

/// Rows with keys that no group in memory has.
pub(super) struct Overflow {
    /// How often the rows were put into files before.
    level: u32,
    files: SpillPartitions,
}

/// Rows in a file: keys, arguments of the aggregates, and where somebody sees the order of groups, the row's number.
pub(super) struct SpilledRows {
    pub(super) level: u32,
    pub(super) rows: SpillReader,
}

impl Overflow {
    pub(super) fn new(files: usize, level: u32) -> Self {
        Self { level, files: SpillPartitions::new(files, level) }
    }

    /// Takes in rows: keys and arguments, and their numbers, which are kept where they count.
    pub(super) fn push(
        &mut self,
        spec: &AggregateSpec<'_>,
        mut columns: Vec<Column>,
        numbers: &[u64],
    ) -> Result<()> {
        if spec.ordered {
            columns.push(as_column(numbers));
        }
        let keys = columns.get(..spec.key_types.len()).unwrap_or_default();
        let split = self.files.split(keys, &columns, numbers.len(), |_| true);
        self.files.write(spec.context, spec.at, &split)
    }

    /// The files that have rows.
    pub(super) fn into_files(self) -> Result<Vec<SpilledRows>> {
        let level = self.level;
        let files = self.files.into_readers()?.into_iter().flatten();
        Ok(files.map(|rows| SpilledRows { level, rows }).collect())
    }
}

/// Groups that were found: a row for each.
#[derive(Default)]
pub(super) struct FoundGroups {
    /// Those that come first, in their order.
    pub(super) chunks: Vec<Chunk>,
    /// Those that come after them in an order that is still to be found, each with the number of the row in which it was
    /// first seen.
    pub(super) numbered: Vec<(Chunk, Vec<u64>)>,
    /// Rows whose groups are still to be found.
    pub(super) files: Vec<SpilledRows>,
}

impl FoundGroups {
    /// These, which are all.
    pub(super) fn of(chunks: Vec<Chunk>) -> Self {
        Self { chunks, ..Self::default() }
    }

    /// What those hold that were found.
    pub(super) fn byte_size(&self) -> usize {
        let numbered =
            self.numbered.iter().map(|(chunk, numbers)| chunk.byte_size() + size_of_val(&**numbers));
        self.chunks.iter().map(Chunk::byte_size).chain(numbered).sum()
    }
}

/// Numbers of rows, as they are written.
pub(super) fn as_column(numbers: &[u64]) -> Column {
    Column::longs(numbers.iter().map(|number| *number as i64).collect())
}
