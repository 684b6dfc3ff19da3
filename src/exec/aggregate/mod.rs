//! Aggregate: groups of rows by equal keys, and distinct rows. Unless the plan says that nobody sees it, groups come out
//! in the order in which they were first seen. It must not know any particular aggregate.

mod distinct;
mod first_groups;
mod frozen;
mod groups;
mod merge_partials;
mod overflow;
mod partition;
mod partitioned;
mod partitioned_accumulator;
mod serial;
mod single;
mod spec;
mod spilled_groups;
mod strategy;

use super::context::{Account, ExecContext};
use super::pipeline::Steps;
use super::scan;
use super::sliced::batches;
use super::stream::{Chunks, Stream, take};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{AggregateExpr, Expr, Plan};
use distinct::DistinctRows;
use merge_partials::MergePartials;
use overflow::FoundGroups;
use partitioned::PartitionedAggregation;
use serial::SerialGroups;
use single::SingleTable;
use spec::AggregateSpec;
use spilled_groups::SpilledGroups;
use strategy::{GroupStrategy, GroupingMethod, choose, is_single};

pub(super) fn open<'a>(
    plan: &'a Plan,
    input: &'a Plan,
    keys: &'a [Expr],
    aggregates: &'a [AggregateExpr],
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let spec = AggregateSpec::new(plan, input, keys, aggregates, context)?;
    if aggregates.is_empty() && !keys.is_empty() {
        return Ok(Box::new(DistinctRows::new(spec)?));
    }
    Ok(Box::new(Aggregation { spec, groups: None }))
}

/// All rows in, then all groups out. Aggregations lie below aggregations: what is large is in a box, and made by calls that
/// are over when the rows below are asked for.
struct Aggregation<'a> {
    spec: AggregateSpec<'a>,
    /// There once all rows were seen.
    groups: Option<Box<SpilledGroups<'a>>>,
}

impl<'a> Aggregation<'a> {
    fn find(&mut self) -> Result<()> {
        let mut account = self.spec.context.account(self.spec.at);
        let found = run(&self.spec, &mut account)?;
        self.keep(found, account)
    }

    fn keep(&mut self, found: FoundGroups, mut account: Account<'a>) -> Result<()> {
        // The states are gone.
        account.set(found.byte_size())?;
        self.groups = Some(Box::new(SpilledGroups::new(&self.spec, found, account)?));
        Ok(())
    }
}

impl Stream for Aggregation<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if self.groups.is_none() {
            self.find()?;
        }
        self.groups.as_mut().map_or(Ok(None), |groups| groups.next(&self.spec))
    }
}

/// Groups the first rows, chooses by them how the others are grouped, and gives the groups of all.
fn run(spec: &AggregateSpec<'_>, account: &mut Account<'_>) -> Result<FoundGroups> {
    let context = spec.context;
    let tuning = &context.run.tuning;
    // What can be done to a chunk alone is done where the chunk is grouped.
    let steps = Steps::parallel(spec.input, context)?;
    let source_rows = scan::row_count(steps.below, context);
    let mut input = steps.open_below(None, context)?;
    let mut sample = SingleTable::new(spec, &steps)?;
    let mut strategy: Box<dyn GroupStrategy<'_> + '_> =
        if is_single(spec.in_any_order, context.threads, source_rows, tuning) {
            Box::new(sample)
        } else {
            let first = take(&mut *input, sample.batch())?;
            for batch in batches(first.clone(), sample.batch(), context) {
                sample.consume(batch, account)?;
            }
            match choose(&sample.sample(source_rows), tuning) {
                GroupingMethod::MergePartials => Box::new(MergePartials::new(spec, &steps, sample.groups)),
                GroupingMethod::Partitioned { partitions, expected_groups } => {
                    let groups = PartitionedAggregation::new(spec, &steps, partitions, expected_groups)?;
                    again(Box::new(groups), (&steps, context), first, account)?
                }
                GroupingMethod::SerialGroups { state_partitions } => {
                    if state_partitions.iter().all(Option::is_none) {
                        Box::new(SerialGroups::new(spec, &steps, sample.groups))
                    } else {
                        let groups = SerialGroups::with_partitioned_states(spec, &steps, &state_partitions)?;
                        again(Box::new(groups), (&steps, context), first, account)?
                    }
                }
            }
        };
    loop {
        let chunks = take(&mut *input, strategy.batch())?;
        if chunks.is_empty() {
            return strategy.finish();
        }
        for batch in batches(chunks, strategy.batch(), context) {
            strategy.consume(batch, account)?;
            if !spec.key_types.is_empty() && context.is_short(account, 0) {
                strategy = strategy.spill()?;
            }
        }
    }
}

/// Gives the first rows to a strategy that cannot go on with the sample's groups.
fn again<'w>(
    mut strategy: Box<dyn GroupStrategy<'w> + 'w>,
    (steps, context): (&Steps<'_>, &ExecContext<'_>),
    first: Vec<Chunk>,
    account: &mut Account<'_>,
) -> Result<Box<dyn GroupStrategy<'w> + 'w>> {
    steps.again(|| {
        let batches = batches(first, strategy.batch(), context);
        batches.into_iter().try_for_each(|batch| strategy.consume(batch, account))
    })?;
    Ok(strategy)
}
