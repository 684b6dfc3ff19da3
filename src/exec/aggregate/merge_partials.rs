//! Every thread groups some chunks; the partial groups are merged in the order of the rows, so that groups come out as if
//! there had been one table.

use super::super::context::Account;
use super::super::pipeline::Steps;
use super::first_groups::FirstGroups;
use super::groups::GroupStates;
use super::overflow::FoundGroups;
use super::spec::AggregateSpec;
use super::strategy::{CHUNKS_PER_THREAD, GroupStrategy};
use crate::column::Chunk;
use crate::function::Result;

pub(super) struct MergePartials<'w> {
    spec: &'w AggregateSpec<'w>,
    steps: &'w Steps<'w>,
    /// The groups of the rows so far; the first thread goes on with them.
    groups: Option<GroupStates>,
}

impl<'w> MergePartials<'w> {
    /// Goes on with the groups of the first rows.
    pub(super) const fn new(spec: &'w AggregateSpec<'w>, steps: &'w Steps<'w>, groups: GroupStates) -> Self {
        Self { spec, steps, groups: Some(groups) }
    }

    fn groups(&mut self) -> Result<GroupStates> {
        match self.groups.take() {
            Some(groups) => Ok(groups),
            None => GroupStates::new(self.spec),
        }
    }
}

impl<'w> GroupStrategy<'w> for MergePartials<'w> {
    fn batch(&self) -> usize {
        self.spec.context.threads.max(1) * CHUNKS_PER_THREAD
    }

    fn consume(&mut self, chunks: Vec<Chunk>, account: &mut Account<'_>) -> Result<()> {
        let (spec, steps, context) = (self.spec, self.steps, self.spec.context);
        let threads = context.threads.max(1);
        let mut before = Some(self.groups()?);
        // Whoever goes on with them counts them.
        account.set(0)?;
        let parts = chunks.chunks(chunks.len().div_ceil(threads).max(1));
        let parts = parts.map(|part| (before.take(), part)).collect();
        let found = context.workers(threads).map(
            parts,
            |(before, part): (Option<GroupStates>, &[Chunk])| -> Result<(GroupStates, Account<'_>)> {
                let mut groups = match before {
                    Some(before) => before,
                    None => GroupStates::new(spec)?,
                };
                let mut account = context.account(spec.at);
                for chunk in part {
                    if let Some(chunk) = steps.apply(context, chunk.clone())? {
                        groups.add(spec, &chunk)?;
                        account.set(groups.byte_size())?;
                    }
                }
                Ok((groups, account))
            },
        );
        // Where there were no chunks, the groups are still here.
        let mut whole = before;
        // What is merged is held until all is.
        let mut held = Vec::new();
        for found in found {
            let (groups, account) = found?;
            held.push(account);
            match &mut whole {
                None => whole = Some(groups),
                Some(whole) => whole.merge(spec, groups)?,
            }
        }
        drop(held);
        let whole = match whole {
            Some(whole) => whole,
            None => GroupStates::new(spec)?,
        };
        account.set(whole.byte_size())?;
        self.groups = Some(whole);
        Ok(())
    }

    fn spill(mut self: Box<Self>) -> Result<Box<dyn GroupStrategy<'w> + 'w>> {
        let groups = self.groups()?;
        Ok(Box::new(FirstGroups::new(self.spec, self.steps, groups)))
    }

    fn finish(mut self: Box<Self>) -> Result<FoundGroups> {
        Ok(FoundGroups::of(vec![self.groups()?.finish(self.spec)?]))
    }
}
