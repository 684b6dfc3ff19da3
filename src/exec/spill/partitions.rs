//! Rows in files by a hash of their keys, such that rows with one key are in one file.

use std::sync::Arc;

use super::super::context::{ExecContext, Site};
use super::super::hash_partition::{HashPartition, HashPartitions};
use super::super::keys::RowHasher;
use super::rows::{EncodedRows, SpillReader, SpillWriter};
use crate::column::Column;
use crate::function::Result;
use crate::types::ScalarType;

/// So often rows are put into smaller files. A file that is too large then is too large for the limit.
pub(in crate::exec) const MAX_SPILL_LEVEL: u32 = 3;

/// Files of rows, by a hash of the rows' keys.
pub(in crate::exec) struct SpillPartitions {
    hasher: Arc<RowHasher>,
    files: Vec<Option<SpillWriter>>,
}

/// Rows for each of the files, and the types of their columns.
pub(in crate::exec) struct PartitionedPiece {
    types: Vec<ScalarType>,
    parts: Vec<EncodedRows>,
}

impl SpillPartitions {
    /// So many files, for rows that were put into files `level` times: all rows of a file have the same hashes of the level
    /// before, so that every level wants others.
    pub(in crate::exec) fn new(files: usize, level: u32) -> Self {
        Self::with(RowHasher::seeded(u64::from(level) + 1).into(), files)
    }

    /// Other files, in which equal keys are at equal places.
    pub(in crate::exec) fn alike(&self) -> Self {
        Self::with(self.hasher.clone(), self.files.len())
    }

    fn with(hasher: Arc<RowHasher>, files: usize) -> Self {
        Self { hasher, files: (0..files.max(1)).map(|_| None).collect() }
    }

    /// Cuts rows by their keys, for those files alone that are wanted; several threads may cut some at once.
    pub(in crate::exec) fn split(
        &self,
        keys: &[Column],
        columns: &[Column],
        rows: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> PartitionedPiece {
        let types = columns.iter().map(Column::scalar_type).collect();
        let encode = |file: usize, columns: &[Column], rows: usize| {
            EncodedRows::new(columns, if wanted(file) { rows } else { 0 })
        };
        let parts = match self.files.len() {
            1 => vec![encode(0, columns, rows)],
            files => {
                let parts = HashPartitions::new(keys, rows, &self.hasher, files).split(columns);
                let parts = parts.into_iter().enumerate();
                parts
                    .map(|(file, HashPartition { rows, columns, .. })| encode(file, &columns, rows.len()))
                    .collect()
            }
        };
        PartitionedPiece { types, parts }
    }

    /// Adds rows to their files.
    pub(in crate::exec) fn write(
        &mut self,
        context: &ExecContext<'_>,
        at: Site,
        piece: &PartitionedPiece,
    ) -> Result<()> {
        context.tick(at)?;
        for (file, part) in self.files.iter_mut().zip(&piece.parts).filter(|(_, part)| !part.is_empty()) {
            let file = match file {
                Some(file) => file,
                None => file.insert(SpillWriter::new(context, at, piece.types.clone())?),
            };
            file.write(part)?;
        }
        Ok(())
    }

    /// The file has rows.
    pub(in crate::exec) fn has(&self, file: usize) -> bool {
        self.files.get(file).is_some_and(Option::is_some)
    }

    /// The rows of each file; none for a file that has none.
    pub(in crate::exec) fn into_readers(self) -> Result<Vec<Option<SpillReader>>> {
        self.files.into_iter().map(|file| file.map(SpillWriter::into_reader).transpose()).collect()
    }
}
