//! One table of all groups, filled by one thread. Also how the first rows are looked at.

use super::super::context::Account;
use super::super::pipeline::Steps;
use super::first_groups::FirstGroups;
use super::groups::GroupStates;
use super::overflow::FoundGroups;
use super::spec::AggregateSpec;
use super::strategy::{GroupStrategy, RowSample, StateSample};
use crate::column::Chunk;
use crate::function::Result;

pub(super) struct SingleTable<'w> {
    spec: &'w AggregateSpec<'w>,
    steps: &'w Steps<'w>,
    pub(super) groups: GroupStates,
    /// Rows read, before any filter.
    rows: usize,
}

impl<'w> SingleTable<'w> {
    pub(super) fn new(spec: &'w AggregateSpec<'w>, steps: &'w Steps<'w>) -> Result<Self> {
        Ok(Self { spec, steps, groups: GroupStates::new(spec)?, rows: 0 })
    }

    /// What the rows so far tell of the others.
    pub(super) fn sample(&self, source_rows: Option<usize>) -> RowSample {
        let state = |bytes: usize, additive: bool| StateSample { bytes, additive };
        RowSample {
            rows: self.rows,
            groups: self.groups.len(),
            states: self
                .groups
                .accumulators
                .iter()
                .map(|it| state(it.byte_size(), it.partials_are_additive()))
                .collect(),
            arguments: self.spec.arguments(),
            source_rows,
            threads: self.spec.context.threads.max(1),
        }
    }
}

impl<'w> GroupStrategy<'w> for SingleTable<'w> {
    fn batch(&self) -> usize {
        1
    }

    fn consume(&mut self, chunks: Vec<Chunk>, account: &mut Account<'_>) -> Result<()> {
        for chunk in chunks {
            self.rows += chunk.len();
            if let Some(chunk) = self.steps.apply(self.spec.context, chunk)? {
                self.groups.add(self.spec, &chunk)?;
                account.set(self.groups.byte_size())?;
            }
        }
        Ok(())
    }

    fn spill(self: Box<Self>) -> Result<Box<dyn GroupStrategy<'w> + 'w>> {
        let groups = self.groups;
        Ok(Box::new(FirstGroups::new(self.spec, self.steps, groups)))
    }

    fn finish(self: Box<Self>) -> Result<FoundGroups> {
        Ok(FoundGroups::of(vec![self.groups.finish(self.spec)?]))
    }
}
