//! Groups that no further ones are added to: rows with their keys go on to change them.

use super::super::keys::Lookup;
use super::groups::{GroupStates, update};
use super::spec::AggregateSpec;
use crate::column::{Chunk, Column, NO_ROW};
use crate::function::{Accumulator, Result};

/// The groups of some keys, all that there will be.
pub(super) struct FrozenGroups {
    lookup: Lookup,
    pieces: Vec<Vec<Column>>,
    piece_bytes: usize,
    accumulators: Vec<Box<dyn Accumulator>>,
}

impl FrozenGroups {
    /// These groups.
    pub(super) fn new(groups: GroupStates) -> Self {
        let GroupStates { table, pieces, piece_bytes, accumulators } = groups;
        Self { lookup: table.into(), pieces, piece_bytes, accumulators }
    }

    pub(super) fn byte_size(&self) -> usize {
        let states: usize = self.accumulators.iter().map(|it| it.byte_size()).sum();
        self.lookup.byte_size() + self.piece_bytes + states
    }

    /// The keys of the groups.
    pub(super) const fn keys(&self) -> &Lookup {
        &self.lookup
    }

    /// Adds rows to their groups, given by the numbers of their keys, and gives those that have none.
    pub(super) fn add(
        &mut self,
        spec: &AggregateSpec<'_>,
        columns: &[Column],
        groups: Vec<u32>,
    ) -> Result<Vec<u32>> {
        let (of, others): (Vec<u32>, Vec<u32>) =
            (0_u32..).take(groups.len()).partition(|row| groups.get(*row as usize) != Some(&NO_ROW));
        let mut arguments = columns.get(spec.key_types.len()..).unwrap_or_default();
        let known = match others.is_empty() {
            true => groups,
            false => groups.into_iter().filter(|group| *group != NO_ROW).collect(),
        };
        for (accumulator, aggregate) in self.accumulators.iter_mut().zip(spec.aggregates) {
            let (own, rest) = arguments.split_at(aggregate.arguments.len().min(arguments.len()));
            arguments = rest;
            let taken: Vec<Column>;
            let own = if others.is_empty() {
                own
            } else {
                taken = own.iter().map(|column| column.take(&of)).collect();
                &taken
            };
            update(spec, &mut **accumulator, &known, self.lookup.len(), own)?;
        }
        Ok(others)
    }

    /// The rows of the result: keys, then results.
    pub(super) fn finish(self, spec: &AggregateSpec<'_>) -> Result<Chunk> {
        let Self { lookup, pieces, piece_bytes, accumulators } = self;
        GroupStates { table: lookup.into_table(), pieces, piece_bytes, accumulators }.finish(spec)
    }
}
