//! One thread groups, the others compute keys and arguments: for large states of few groups, which cost as much to merge
//! as to compute. Where a state can be partitioned by the hash of its arguments, all threads add to it.

use std::sync::Arc;

use super::super::context::Account;
use super::super::keys::RowHasher;
use super::super::pipeline::Steps;
use super::first_groups::FirstGroups;
use super::groups::GroupStates;
use super::overflow::FoundGroups;
use super::partitioned_accumulator::PartitionedAccumulator;
use super::spec::AggregateSpec;
use super::strategy::{CHUNKS_PER_THREAD, GroupStrategy};
use crate::column::{Chunk, Column};
use crate::function::{AggregateState, Result};

pub(super) struct SerialGroups<'w> {
    spec: &'w AggregateSpec<'w>,
    steps: &'w Steps<'w>,
    groups: GroupStates,
}

impl<'w> SerialGroups<'w> {
    /// Goes on with the groups of the first rows.
    pub(super) const fn new(spec: &'w AggregateSpec<'w>, steps: &'w Steps<'w>, groups: GroupStates) -> Self {
        Self { spec, steps, groups }
    }

    /// Begins without rows, with the states of some aggregates partitioned.
    pub(super) fn with_partitioned_states(
        spec: &'w AggregateSpec<'w>,
        steps: &'w Steps<'w>,
        partitions: &[Option<usize>],
    ) -> Result<Self> {
        let mut groups = GroupStates::new(spec)?;
        let hasher = Arc::<RowHasher>::default();
        let all = groups.accumulators.iter_mut().zip(spec.aggregates).zip(partitions);
        for ((accumulator, aggregate), partitions) in all {
            if let Some(partitions) = partitions {
                let parts = (0..*partitions).map(|_| spec.accumulator(aggregate)).collect::<Result<_>>()?;
                let state = PartitionedAccumulator::new(parts, hasher.clone(), spec);
                *accumulator = state.into_accumulator(aggregate.span);
            }
        }
        Ok(Self { spec, steps, groups })
    }
}

impl<'w> GroupStrategy<'w> for SerialGroups<'w> {
    fn batch(&self) -> usize {
        self.spec.context.threads.max(1) * CHUNKS_PER_THREAD
    }

    fn consume(&mut self, chunks: Vec<Chunk>, account: &mut Account<'_>) -> Result<()> {
        let (spec, steps, context) = (self.spec, self.steps, self.spec.context);
        let computed =
            context.workers(context.threads).map(chunks, |chunk| -> Result<Option<(Chunk, Vec<Column>)>> {
                let Some(chunk) = steps.apply(context, chunk)? else { return Ok(None) };
                // A chunk, since it keeps what is charged for its columns.
                let computed = spec.program.project(context, &chunk)?;
                let columns = computed.columns();
                Ok(Some((computed, columns)))
            });
        for computed in computed {
            if let Some((chunk, columns)) = computed? {
                context.tick(spec.at)?;
                self.groups.add_columns(spec, &columns, chunk.len(), None)?;
            }
        }
        account.set(self.groups.byte_size())
    }

    fn spill(self: Box<Self>) -> Result<Box<dyn GroupStrategy<'w> + 'w>> {
        let groups = self.groups;
        Ok(Box::new(FirstGroups::new(self.spec, self.steps, groups)))
    }

    fn finish(self: Box<Self>) -> Result<FoundGroups> {
        Ok(FoundGroups::of(vec![self.groups.finish(self.spec)?]))
    }
}
