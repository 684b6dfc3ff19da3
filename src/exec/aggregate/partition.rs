//! The groups of rows with some of the keys: as many as memory has room for, and files with the rows of all others.

use super::frozen::FrozenGroups;
use super::groups::GroupStates;
use super::overflow::{Overflow, SpilledRows};
use super::spec::AggregateSpec;
use crate::column::{Chunk, Column};
use crate::function::Result;

/// The groups of some of the keys, and the row in which each was first seen.
pub(super) struct GroupPartition {
    groups: PartitionGroups,
    /// Numbers of rows, where somebody sees the order of the groups.
    first: Vec<u64>,
}

enum PartitionGroups {
    /// Any row finds a group.
    Growing(GroupStates),
    /// Rows of further keys go elsewhere.
    Frozen(FrozenGroups, Overflow),
}

impl GroupPartition {
    /// No groups yet.
    pub(super) fn new(spec: &AggregateSpec<'_>) -> Result<Self> {
        Ok(Self { groups: PartitionGroups::Growing(GroupStates::new(spec)?), first: Vec::new() })
    }

    /// The same, which takes no further groups: rows of further keys go into so many files.
    pub(super) fn freeze(self, files: usize, level: u32) -> Self {
        let groups = match self.groups {
            PartitionGroups::Growing(groups) => {
                PartitionGroups::Frozen(FrozenGroups::new(groups), Overflow::new(files, level))
            }
            frozen @ PartitionGroups::Frozen(..) => frozen,
        };
        Self { groups, ..self }
    }

    /// It takes further groups.
    pub(super) const fn grows(&self) -> bool {
        matches!(self.groups, PartitionGroups::Growing(_))
    }

    /// There are no groups.
    pub(super) const fn is_empty(&self) -> bool {
        matches!(&self.groups, PartitionGroups::Growing(groups) if groups.len() == 0)
    }

    pub(super) fn byte_size(&self) -> usize {
        let groups = match &self.groups {
            PartitionGroups::Growing(groups) => groups.byte_size(),
            PartitionGroups::Frozen(groups, _) => groups.byte_size(),
        };
        groups + self.first.len() * size_of::<u64>()
    }

    /// Makes room for about as many groups.
    pub(super) fn reserve(&mut self, spec: &AggregateSpec<'_>, groups: usize) {
        if let PartitionGroups::Growing(growing) = &mut self.groups {
            growing.reserve(groups);
            self.first.reserve(if spec.ordered { groups } else { 0 });
        }
    }

    /// Adds rows by their key and argument columns; `number` tells the number of one of them among all rows. For `hashes` see
    /// [`super::super::keys::KeyTable::insert_hashed`].
    pub(super) fn add(
        &mut self,
        spec: &AggregateSpec<'_>,
        columns: &[Column],
        rows: usize,
        hashes: Option<&[u32]>,
        number: impl Fn(u32) -> u64,
    ) -> Result<()> {
        match &mut self.groups {
            PartitionGroups::Growing(groups) => {
                let fresh = groups.add_columns(spec, columns, rows, hashes)?;
                if spec.ordered {
                    self.first.extend(fresh.into_iter().map(number));
                }
            }
            PartitionGroups::Frozen(groups, overflow) => {
                let keys = columns.get(..spec.key_types.len()).unwrap_or_default();
                let found = match hashes {
                    Some(hashes) => groups.keys().find_hashed(keys, hashes),
                    None => groups.keys().find(keys, rows),
                };
                let others = groups.add(spec, columns, found)?;
                if !others.is_empty() {
                    let columns = columns.iter().map(|column| column.take(&others)).collect();
                    let numbers: Vec<u64> = others.into_iter().map(number).collect();
                    overflow.push(spec, columns, &numbers)?;
                }
            }
        }
        Ok(())
    }

    /// A row for each group, the number of the row in which it was first seen, and the rows that have no group yet.
    pub(super) fn finish(self, spec: &AggregateSpec<'_>) -> Result<(Chunk, Vec<u64>, Vec<SpilledRows>)> {
        Ok(match self.groups {
            PartitionGroups::Growing(groups) => (groups.finish(spec)?, self.first, Vec::new()),
            PartitionGroups::Frozen(groups, overflow) => {
                (groups.finish(spec)?, self.first, overflow.into_files()?)
            }
        })
    }
}
