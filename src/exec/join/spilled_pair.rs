//! Rows of both sides of a join in files, such that rows with one key are in one pair of files.

use std::sync::Arc;

use super::super::hash_partition::{HashPartition, HashPartitions};
use super::super::keys::RowHasher;
use super::super::spill::{SpillReader, SpillWriter};
use super::spec::{JoinSpec, Side};
use crate::column::{Chunk, Column};
use crate::function::Result;

/// How many pairs of files rows are put into.
const PAIRS: usize = 16;

/// So often rows are put into smaller files. A pair that is too large then is too large for the limit.
const MAX_LEVEL: u32 = 6;

/// Rows of both sides whose keys have equal hashes, none of a side where there are none.
pub(super) struct SpilledPair {
    pub(super) left: Option<SpillReader>,
    pub(super) right: Option<SpillReader>,
    /// How often the rows were put into files.
    pub(super) level: u32,
}

impl SpilledPair {
    /// Its rows may be put into smaller files.
    pub(super) const fn may_be_split(level: u32) -> bool {
        level < MAX_LEVEL
    }
}

/// The rows of one side, in files by a hash of their keys.
pub(super) struct SpilledSide {
    /// One for both sides, since it has a secret of its own.
    hasher: Arc<RowHasher>,
    files: Vec<Option<SpillWriter>>,
    /// The number of the next row, where rows get one as a further column.
    next: Option<i64>,
}

impl SpilledSide {
    /// Of rows that were put into files `level` times.
    pub(super) fn new(level: u32, numbers: bool) -> Self {
        Self::with(RowHasher::seeded(u64::from(level) + 1).into(), numbers)
    }

    /// The other side of the join.
    pub(super) fn other(&self) -> Self {
        Self::with(self.hasher.clone(), self.next.is_some())
    }

    fn with(hasher: Arc<RowHasher>, numbers: bool) -> Self {
        Self { hasher, files: (0..PAIRS).map(|_| None).collect(), next: numbers.then_some(0) }
    }

    /// Takes in rows; only those that a pair is wanted of.
    pub(super) fn push(
        &mut self,
        spec: &JoinSpec<'_>,
        side: &Side<'_>,
        chunk: &Chunk,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<()> {
        spec.context.tick(spec.at)?;
        let keys = side.keys.run(spec.context, chunk)?;
        let mut columns = chunk.columns();
        if let Some(next) = &mut self.next {
            let end = *next + chunk.len() as i64;
            columns.push(Column::longs((*next..end).collect()));
            *next = end;
        }
        let split = HashPartitions::new(&keys, chunk.len(), &self.hasher, self.files.len()).split(&columns);
        for (at, (file, part)) in self.files.iter_mut().zip(split).enumerate() {
            let HashPartition { rows, columns, .. } = part;
            if rows.is_empty() || !wanted(at) {
                continue;
            }
            let file = match file {
                Some(file) => file,
                None => {
                    let types = columns.iter().map(Column::scalar_type).collect();
                    file.insert(SpillWriter::new(spec.context, spec.at, types)?)
                }
            };
            file.push(&columns, rows.len())?;
        }
        Ok(())
    }

    /// The file has rows.
    pub(super) fn has(&self, file: usize) -> bool {
        self.files.get(file).is_some_and(Option::is_some)
    }

    /// The pairs of this side's files and the right side's.
    pub(super) fn pairs(self, right: Self, level: u32) -> Result<Vec<SpilledPair>> {
        let reader = |file: Option<SpillWriter>| file.map(SpillWriter::into_reader).transpose();
        let pairs = self.files.into_iter().zip(right.files);
        let pairs = pairs.map(|(left, right)| {
            Ok(SpilledPair { left: reader(left)?, right: reader(right)?, level: level + 1 })
        });
        pairs.collect()
    }
}
