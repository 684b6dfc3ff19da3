//! An aggregate with a large state, partitioned by the hash of its arguments: a partition's state stays in the processor's
//! cache while rows are added to it, and several threads have partitions of their own.

use std::sync::Arc;

use super::super::hash_partition::{HashPartition, HashPartitions};
use super::super::keys::RowHasher;
use super::super::parallel::Workers;
use super::spec::AggregateSpec;
use crate::column::{Column, Primitive};
use crate::diagnostic::Diagnostic;
use crate::function::{Accumulator, AggregateState, Result};
use crate::source::Span;

/// Several accumulators of one call, each with the rows of one partition.
pub(super) struct PartitionedAccumulator {
    parts: Vec<Box<dyn Accumulator>>,
    hasher: Arc<RowHasher>,
    workers: Workers,
    /// Rows that are given to the partitions at once: the more there are, the less often a state comes into the cache.
    batch_rows: usize,
    span: Span,
    /// The rows that no partition has yet, with the groups of each.
    waiting: Vec<PendingRows>,
    waiting_rows: usize,
    count: usize,
}

/// Some rows: their groups and arguments.
struct PendingRows {
    groups: Vec<u32>,
    arguments: Vec<Column>,
}

impl PartitionedAccumulator {
    /// One of these empty accumulators, for which [`Accumulator::partials_are_additive`] holds.
    pub(super) fn new(
        parts: Vec<Box<dyn Accumulator>>,
        hasher: Arc<RowHasher>,
        spec: &AggregateSpec<'_>,
    ) -> Self {
        Self {
            parts,
            hasher,
            workers: spec.context.workers(spec.context.threads),
            batch_rows: spec.context.run.tuning.rows_per_state_batch,
            span: spec.at.span,
            waiting: Vec::new(),
            waiting_rows: 0,
            count: 0,
        }
    }

    /// Gives the waiting rows to their partitions.
    fn flush(&mut self) -> Result<()> {
        let (parts, hasher, count) = (self.parts.len(), &*self.hasher, self.count);
        self.waiting_rows = 0;
        let split = self.workers.map(std::mem::take(&mut self.waiting), |all: PendingRows| {
            let piece = |share: HashPartition| PendingRows {
                groups: share.rows.iter().filter_map(|&row| all.groups.get(row as usize).copied()).collect(),
                arguments: share.columns,
            };
            let shares = HashPartitions::new(&all.arguments, all.groups.len(), hasher, parts);
            shares.split(&all.arguments).into_iter().map(piece).collect::<Vec<PendingRows>>()
        });
        let mut pieces: Vec<Vec<PendingRows>> = self.parts.iter().map(|_| Vec::new()).collect();
        for (at, rows) in split.into_iter().flat_map(|split| split.into_iter().enumerate()) {
            if let Some(pieces) = pieces.get_mut(at) {
                pieces.push(rows);
            }
        }
        let work = std::mem::take(&mut self.parts).into_iter().zip(pieces).collect();
        let done = self.workers.map(work, |(mut part, pieces): (_, Vec<PendingRows>)| {
            for PendingRows { groups, arguments } in &pieces {
                Box::as_mut(&mut part).update(groups, count, arguments)?;
            }
            Ok::<Box<dyn Accumulator>, _>(part)
        });
        self.parts = done.into_iter().collect::<Result<_>>()?;
        Ok(())
    }
}

impl AggregateState for PartitionedAccumulator {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.count = count;
        self.waiting_rows += groups.len();
        self.waiting.push(PendingRows { groups: groups.to_vec(), arguments: arguments.to_vec() });
        if self.waiting_rows >= self.batch_rows { self.flush() } else { Ok(()) }
    }

    fn merge(&mut self, mut other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.count = count;
        self.flush()?;
        other.flush()?;
        // They share the hasher: a partition's rows are those of the same partition there.
        self.parts.iter_mut().zip(other.parts).try_for_each(|(own, other)| own.merge(other, mapping, count))
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.flush()?;
        let parts = self.workers.map(self.parts, |part| part.finish(count));
        let mut sums: Vec<Column> = Vec::new();
        for columns in parts {
            let columns = columns?;
            sums = if sums.is_empty() {
                columns
            } else {
                let pairs = sums.iter().zip(&columns);
                pairs.map(|(sum, column)| add(sum, column, self.span)).collect::<Result<_>>()?
            };
        }
        Ok(sums)
    }

    fn byte_size(&self) -> usize {
        let bytes = |rows: &PendingRows| rows.arguments.iter().map(Column::byte_size).sum::<usize>();
        let waiting: usize = self.waiting.iter().map(|rows| bytes(rows) + rows.groups.len() * 4).sum();
        waiting + self.parts.iter().map(|part| part.byte_size()).sum::<usize>()
    }

    fn partials_are_additive(&self) -> bool {
        true
    }
}

/// The sums of two columns' numbers; null counts as 0.
fn add(left: &Column, right: &Column, span: Span) -> Result<Column> {
    let (Column::Long(left), Column::Long(right)) = (left.to_flat(), right.to_flat()) else {
        return Err(Box::new(Diagnostic::internal(span, "only states of longs add up")));
    };
    let number = |column: &Primitive<i64>, row: usize| column.get(row).unwrap_or_default();
    let sum = |row: usize| number(&left, row).wrapping_add(number(&right, row));
    Ok(Column::longs((0..left.len()).map(sum).collect()))
}

#[cfg(test)]
mod tests {
    use crate::{Database, DateTime, Options, Tuning, Value};

    #[test]
    fn distinct_values_are_counted_in_partitions() {
        let mut database = Database::new();
        let run = |database: &Database, text: &str, threads: usize| {
            let sizes =
                Tuning { rows_to_partition: 1 << 13, groups_per_partition: 1 << 9, ..Tuning::DEFAULT };
            let tuning = Tuning { rows_per_state_batch: 1 << 13, ..sizes };
            let options = Options::new(DateTime::UNIX_EPOCH).threads(threads).chunk_rows(5000).tuning(tuning);
            database.compile(text).and_then(|query| query.run(database, &options)).unwrap()
        };
        let table = run(&database, "range x from 1 to 20000 step 1", 1);
        database.insert("T", table);
        // Every text but those of the last 2000 rows is seen once; the last ones stand in other groups too.
        let query = "T | extend text = strcat('a text of some length, number ', iff(x > 18000, x - 18000, x)) \
                     | summarize n = dcount(text), m = dcountif(text, x <= 6000), few = dcount(x % 7), count() \
                       by third = x % 3";
        // Of each three rows of 18,000 one: 6000 texts; of 1..=2000 moved by 18,000, which 3 divides, none is new.
        let expected = |third: i64| -> Vec<Value> {
            let rows = (1..=20_000).filter(|x| x % 3 == third).count() as i64;
            [third, 6000, 2000, 7, rows].map(Value::Long).to_vec()
        };
        for threads in [1, 2, 3] {
            let found = run(&database, query, threads);
            assert_eq!(found.rows().collect::<Vec<_>>(), [1, 2, 0].map(expected), "{threads} threads");
        }
    }
}
