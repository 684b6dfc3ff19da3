//! What follows once one table of groups is full: rows of its groups go on to change them, all others go into files.

use super::super::context::Account;
use super::super::pipeline::Steps;
use super::frozen::FrozenGroups;
use super::groups::GroupStates;
use super::overflow::{FILES, FoundGroups, Overflow};
use super::spec::AggregateSpec;
use super::strategy::{CHUNKS_PER_THREAD, GroupStrategy};
use crate::column::{Chunk, Column};
use crate::function::Result;

/// The groups that were found while there was room; all others come after them.
pub(super) struct FirstGroups<'w> {
    spec: &'w AggregateSpec<'w>,
    steps: &'w Steps<'w>,
    groups: FrozenGroups,
    overflow: Overflow,
    /// How many rows came after the table was full.
    rows: u64,
}

/// Rows whose groups were looked up.
struct KnownRows {
    /// Keys and arguments.
    columns: Vec<Column>,
    /// The group of each row; [`crate::column::NO_ROW`] for those that have none.
    groups: Vec<u32>,
    /// The same columns: a chunk keeps what is charged for them.
    computed: Chunk,
}

impl<'w> FirstGroups<'w> {
    pub(super) fn new(spec: &'w AggregateSpec<'w>, steps: &'w Steps<'w>, groups: GroupStates) -> Self {
        Self { spec, steps, groups: FrozenGroups::new(groups), overflow: Overflow::new(FILES, 0), rows: 0 }
    }
}

impl<'w> GroupStrategy<'w> for FirstGroups<'w> {
    fn batch(&self) -> usize {
        if self.spec.in_any_order { self.spec.context.threads.max(1) * CHUNKS_PER_THREAD } else { 1 }
    }

    fn consume(&mut self, chunks: Vec<Chunk>, account: &mut Account<'_>) -> Result<()> {
        let (spec, steps, context) = (self.spec, self.steps, self.spec.context);
        let threads = if spec.in_any_order { context.threads } else { 1 };
        let known = self.groups.keys();
        let found = context.workers(threads).map(chunks, |chunk| -> Result<Option<KnownRows>> {
            let Some(chunk) = steps.apply(context, chunk)? else { return Ok(None) };
            let computed = spec.program.project(context, &chunk)?;
            let columns = computed.columns();
            let keys = columns.get(..spec.key_types.len()).unwrap_or_default();
            let groups = known.find(keys, chunk.len());
            Ok(Some(KnownRows { columns, groups, computed }))
        });
        for found in found {
            let Some(KnownRows { columns, groups, computed }) = found? else { continue };
            context.tick(spec.at)?;
            let others = self.groups.add(spec, &columns, groups)?;
            let taken = columns.iter().map(|column| column.take(&others)).collect();
            let numbers: Vec<u64> = others.iter().map(|row| self.rows + u64::from(*row)).collect();
            self.overflow.push(spec, taken, &numbers)?;
            self.rows += computed.len() as u64;
        }
        account.set(self.groups.byte_size())
    }

    fn spill(self: Box<Self>) -> Result<Box<dyn GroupStrategy<'w> + 'w>> {
        Ok(self)
    }

    fn finish(self: Box<Self>) -> Result<FoundGroups> {
        Ok(FoundGroups {
            chunks: vec![self.groups.finish(self.spec)?],
            numbered: Vec::new(),
            files: self.overflow.into_files()?,
        })
    }
}
