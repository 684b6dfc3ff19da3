//! Rows of both sides of a join in files, such that rows with one key are in one pair of files.

use super::super::parallel::Batch;
use super::super::spill::{SpillPartitions, SpillReader};
use super::super::stream::{Stream, take};
use super::spec::{JoinSpec, Side};
use crate::column::{Chunk, Column};
use crate::function::Result;

/// How many pairs of files rows are put into.
const PAIRS: usize = 16;

/// Rows of both sides whose keys have equal hashes, none of a side where there are none.
pub(super) struct SpilledPair {
    pub(super) left: Option<SpillReader>,
    pub(super) right: Option<SpillReader>,
    /// How often the rows were put into files.
    pub(super) level: u32,
}

/// The rows of one side, in files by a hash of their keys.
pub(super) struct SpilledSide {
    files: SpillPartitions,
    /// The number of the next row, where rows get one as a further column.
    next: Option<i64>,
}

impl SpilledSide {
    /// Of rows that were put into files `level` times.
    pub(super) fn new(level: u32, numbers: bool) -> Self {
        Self { files: SpillPartitions::new(PAIRS, level), next: numbers.then_some(0) }
    }

    /// The other side of the join.
    pub(super) fn other(&self) -> Self {
        Self { files: self.files.alike(), next: self.next.map(|_| 0) }
    }

    /// Takes in the rows of a stream; only those whose pair is wanted.
    pub(super) fn push_all(
        &mut self,
        spec: &JoinSpec<'_>,
        side: &Side<'_>,
        rows: &mut dyn Stream,
        wanted: impl Fn(usize) -> bool + Sync,
    ) -> Result<()> {
        let mut batch = Batch::new(spec.threads);
        loop {
            let chunks = take(rows, batch.next())?;
            if chunks.is_empty() {
                return Ok(());
            }
            let numbered = chunks.into_iter().map(|chunk| {
                let first = self.next;
                self.next = first.map(|first| first + chunk.len() as i64);
                (chunk, first)
            });
            let numbered: Vec<(Chunk, Option<i64>)> = numbered.collect();
            let files = &self.files;
            let split = spec.context.workers(spec.threads).map(
                numbered,
                |(chunk, first): (Chunk, Option<i64>)| -> Result<_> {
                    let keys = side.keys(spec.context, &chunk)?;
                    let mut columns = chunk.columns();
                    let number = |first| Column::longs((first..first + chunk.len() as i64).collect());
                    columns.extend(first.map(number));
                    Ok(files.split(&keys, &columns, chunk.len(), &wanted))
                },
            );
            for split in split {
                self.files.write(spec.context, spec.at, &split?)?;
            }
        }
    }

    /// The file has rows.
    pub(super) fn has(&self, file: usize) -> bool {
        self.files.has(file)
    }

    /// The pairs of this side's files and the right side's.
    pub(super) fn pairs(self, right: Self, level: u32) -> Result<Vec<SpilledPair>> {
        let pairs = self.files.into_readers()?.into_iter().zip(right.files.into_readers()?);
        let pairs = pairs.filter(|(left, right)| left.is_some() || right.is_some());
        Ok(pairs.map(|(left, right)| SpilledPair { left, right, level: level + 1 }).collect())
    }
}
