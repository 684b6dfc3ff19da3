//! Rows of both sides of a join in files, such that rows with one key are in one pair of files.

use std::sync::Arc;

use super::super::hash_partition::{HashPartition, HashPartitions};
use super::super::keys::RowHasher;
use super::super::parallel::Batch;
use super::super::spill::{EncodedRows, SpillReader, SpillWriter};
use super::super::stream::{Stream, take};
use super::spec::{JoinSpec, Side};
use crate::column::{Chunk, Column};
use crate::function::Result;
use crate::types::ScalarType;

/// How many pairs of files rows are put into.
const PAIRS: usize = 16;

/// So often rows are put into smaller files. A pair that is too large then is too large for the limit.
const MAX_LEVEL: u32 = 3;

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
            spec.context.tick(spec.at)?;
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
            let (hasher, wanted) = (&*self.hasher, &wanted);
            let split =
                spec.context.workers(spec.threads).map(numbered, |(chunk, first): (Chunk, Option<i64>)| {
                    split(spec, side, &chunk, first, hasher, wanted)
                });
            for split in split {
                let (types, parts) = split?;
                for (file, part) in self.files.iter_mut().zip(parts).filter(|(_, part)| !part.is_empty()) {
                    let file = match file {
                        Some(file) => file,
                        None => file.insert(SpillWriter::new(spec.context, spec.at, types.clone())?),
                    };
                    file.write(&part)?;
                }
            }
        }
    }

    /// The file has rows.
    pub(super) fn has(&self, file: usize) -> bool {
        self.files.get(file).is_some_and(Option::is_some)
    }

    /// The pairs of this side's files and the right side's.
    pub(super) fn pairs(self, right: Self, level: u32) -> Result<Vec<SpilledPair>> {
        let reader = |file: Option<SpillWriter>| file.map(SpillWriter::into_reader).transpose();
        let pairs = self.files.into_iter().zip(right.files);
        let pairs = pairs.filter(|(left, right)| left.is_some() || right.is_some());
        let pairs = pairs.map(|(left, right)| {
            Ok(SpilledPair { left: reader(left)?, right: reader(right)?, level: level + 1 })
        });
        pairs.collect()
    }
}

/// The rows of a chunk for each file, with the types of their columns. Rows get numbers from `first` on, if there is one.
fn split(
    spec: &JoinSpec<'_>,
    side: &Side<'_>,
    chunk: &Chunk,
    first: Option<i64>,
    hasher: &RowHasher,
    wanted: &impl Fn(usize) -> bool,
) -> Result<(Vec<ScalarType>, Vec<EncodedRows>)> {
    let keys = side.keys(spec.context, chunk)?;
    let mut columns = chunk.columns();
    columns.extend(first.map(|first| Column::longs((first..first + chunk.len() as i64).collect())));
    let types = columns.iter().map(Column::scalar_type).collect();
    let parts = HashPartitions::new(&keys, chunk.len(), hasher, PAIRS).split(&columns);
    let encoded = parts.into_iter().enumerate().map(|(file, HashPartition { rows, columns, .. })| {
        if wanted(file) { EncodedRows::new(&columns, rows.len()) } else { EncodedRows::none() }
    });
    Ok((types, encoded.collect()))
}
