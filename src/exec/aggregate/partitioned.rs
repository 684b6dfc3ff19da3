//! Groups of rows where most keys are rare: the rows are partitioned by a hash of their keys, and the groups of each
//! partition are found by one thread alone, so that nothing is merged. With more partitions than threads the groups of a
//! partition are found in the processor's cache, however many there are.

use std::sync::OnceLock;

use super::super::context::Account;
use super::super::hash_partition::{HashPartition, HashPartitions};
use super::super::keys::RowHasher;
use super::super::pipeline::Steps;
use super::overflow::{FILES, FoundGroups};
use super::partition::GroupPartition;
use super::spec::AggregateSpec;
use super::strategy::GroupStrategy;
use crate::column::{Chunk, Column, NO_ROW, StringColumn};
use crate::function::Result;

/// Chunks that each thread takes at once.
const CHUNKS_PER_THREAD: usize = 4;

/// The groups, partition by partition of the keys' hashes.
pub(super) struct PartitionedAggregation<'w> {
    spec: &'w AggregateSpec<'w>,
    steps: &'w Steps<'w>,
    hasher: RowHasher,
    partitions: Vec<WaitingPartition>,
    /// How many rows there were.
    rows: u64,
    /// About how many groups a partition will have.
    expected: usize,
    key: OnceLock<PartitionKey>,
    /// Bytes of the rows whose groups are not found yet.
    waiting_bytes: usize,
}

/// What says which partition a row belongs to.
#[derive(Clone, Copy)]
struct PartitionKey {
    /// This key column alone; all of them where there is none.
    column: Option<usize>,
    /// The only key column is one of texts, mostly different ones: what was hashed need not be hashed again.
    texts: bool,
}

impl PartitionKey {
    fn new(keys: &[Column]) -> Self {
        let column = varied_dictionary(keys);
        let plain = |column: &Column| column.as_strings().is_some_and(|texts| texts.dictionary().is_none());
        Self { column, texts: column.is_none() && matches!(keys, [key] if plain(key)) }
    }
}

/// The groups of one partition, and rows that are to be grouped.
struct WaitingPartition {
    groups: GroupPartition,
    /// The rows whose groups are not found yet: the more of a partition there are, the less often its groups come into
    /// the cache.
    waiting: Vec<PartitionedRows>,
}

impl WaitingPartition {
    /// Finds the groups of the rows that are waiting.
    fn group(&mut self, spec: &AggregateSpec<'_>, expected: usize) -> Result<()> {
        spec.context.tick(spec.at)?;
        let mut empty = self.groups.is_empty();
        for PartitionedRows { columns, rows, hashes, before } in self.waiting.drain(..) {
            let number = |row: u32| before + rows.get(row as usize).map_or(0, |row| u64::from(*row));
            self.groups.add(spec, &columns, rows.len(), hashes.as_deref(), number)?;
            // The first keys tell how long the others may be.
            if std::mem::take(&mut empty) {
                self.groups.reserve(spec, expected);
            }
        }
        Ok(())
    }
}

/// Some rows of a chunk: their keys and arguments, and their numbers among all rows.
struct PartitionedRows {
    columns: Vec<Column>,
    rows: Vec<u32>,
    /// Those of the key, where there is one of texts: of all pieces or of none.
    hashes: Option<Vec<u32>>,
    before: u64,
}

impl PartitionedRows {
    fn byte_size(&self) -> usize {
        // Dictionaries belong to the input.
        let bytes = |column: &Column| match column.as_strings().and_then(|texts| texts.dictionary()) {
            Some((codes, _)) => size_of_val(codes),
            None => column.byte_size(),
        };
        let hashes = self.hashes.as_ref().map_or(0, |hashes| size_of_val(&**hashes));
        self.columns.iter().map(bytes).sum::<usize>() + size_of_val(&*self.rows) + hashes
    }
}

impl<'w> PartitionedAggregation<'w> {
    /// No groups yet, in that many partitions. About `expected` groups will be found in all.
    pub(super) fn new(
        spec: &'w AggregateSpec<'w>,
        steps: &'w Steps<'w>,
        partitions: usize,
        expected: usize,
    ) -> Result<Self> {
        let partition = |_| Ok(WaitingPartition { groups: GroupPartition::new(spec)?, waiting: Vec::new() });
        Ok(Self {
            spec,
            steps,
            hasher: RowHasher::default(),
            expected: expected / partitions.max(1),
            partitions: (0..partitions).map(partition).collect::<Result<_>>()?,
            rows: 0,
            key: OnceLock::new(),
            waiting_bytes: 0,
        })
    }

    /// Gives the rows of chunks to the partitions.
    fn partition(&mut self, chunks: Vec<Chunk>) -> Result<()> {
        let (spec, steps, hasher, key) = (self.spec, self.steps, &self.hasher, &self.key);
        let partitions = self.partitions.len();
        let context = spec.context;
        let split =
            context.workers(context.threads).map(chunks, |chunk| -> Result<(usize, Vec<PartitionedRows>)> {
                let Some(chunk) = steps.apply(context, chunk)? else { return Ok((0, Vec::new())) };
                context.tick(spec.at)?;
                let columns = spec.program.run(context, &chunk)?;
                let keys = columns.get(..spec.key_types.len()).unwrap_or_default();
                // Whichever chunk is first decides for all of them.
                let key = *key.get_or_init(|| PartitionKey::new(keys));
                let keys = match key.column {
                    Some(at) => keys.get(at..=at).unwrap_or_default(),
                    None => keys,
                };
                let split = HashPartitions::new(keys, chunk.len(), hasher, partitions).split(&columns);
                let piece = |HashPartition { rows, hashes, columns }: HashPartition| PartitionedRows {
                    columns,
                    rows,
                    hashes: key.texts.then_some(hashes),
                    before: 0,
                };
                Ok((chunk.len(), split.into_iter().map(piece).collect()))
            });
        for split in split {
            let (len, pieces) = split?;
            for (partition, piece) in self.partitions.iter_mut().zip(pieces) {
                if !piece.rows.is_empty() {
                    self.waiting_bytes += piece.byte_size();
                    partition.waiting.push(PartitionedRows { before: self.rows, ..piece });
                }
            }
            self.rows += len as u64;
        }
        Ok(())
    }

    /// Finds the groups of the rows that are waiting.
    fn group(&mut self) -> Result<()> {
        let (spec, expected) = (self.spec, self.expected);
        let partitions = std::mem::take(&mut self.partitions);
        let grouped =
            spec.context.workers(spec.context.threads).map(partitions, |mut partition: WaitingPartition| {
                partition.group(spec, expected).map(|()| partition)
            });
        self.partitions = grouped.into_iter().collect::<Result<_>>()?;
        self.waiting_bytes = 0;
        Ok(())
    }
}

impl<'w> GroupStrategy<'w> for PartitionedAggregation<'w> {
    fn batch(&self) -> usize {
        self.spec.context.threads.max(1) * CHUNKS_PER_THREAD
    }

    fn consume(&mut self, chunks: Vec<Chunk>, account: &mut Account<'_>) -> Result<()> {
        self.partition(chunks)?;
        let run = self.spec.context.run;
        // Few partitions are in the cache already: their rows need not wait.
        let many = self.partitions.len() > self.spec.context.threads;
        let max =
            if many { run.context.budget.max_bytes() / run.tuning.partitioned_rows_share.max(1) } else { 0 };
        if self.waiting_bytes > max {
            self.group()?;
        }
        let held: usize = self.partitions.iter().map(|partition| partition.groups.byte_size()).sum();
        account.set(self.waiting_bytes + held)
    }

    fn spill(mut self: Box<Self>) -> Result<Box<dyn GroupStrategy<'w> + 'w>> {
        self.group()?;
        // They have files together, not each of them.
        let files = (FILES / self.partitions.len().max(1)).max(1);
        let frozen = self.partitions.into_iter().map(|it| {
            let groups = it.groups.freeze(files, 0);
            WaitingPartition { groups, ..it }
        });
        self.partitions = frozen.collect();
        Ok(self)
    }

    /// A partition's table is gone before the next one's grows, so that they have the same memory.
    fn finish(self: Box<Self>) -> Result<FoundGroups> {
        let (spec, expected) = (self.spec, self.expected);
        let finished = spec.context.workers(spec.context.threads).map(self.partitions, |mut partition| {
            partition.group(spec, expected)?;
            partition.groups.finish(spec)
        });
        let (mut numbered, mut files) = (Vec::new(), Vec::new());
        for finished in finished {
            let (chunk, numbers, spilled) = finished?;
            numbered.push((chunk, numbers));
            files.extend(spilled);
        }
        let groups = numbered.iter().map(|(chunk, _)| chunk.len()).sum();
        spec.at.check_row_numbers(groups, 0)?;
        spec.context.check_rows(spec.at, groups)?;
        if spec.ordered && !files.is_empty() {
            return Ok(FoundGroups { chunks: Vec::new(), numbered, files });
        }
        let (mut chunks, firsts): (Vec<Chunk>, Vec<Vec<u64>>) = numbered.into_iter().unzip();
        if spec.ordered {
            let order = in_order(&firsts, groups, self.rows);
            chunks = vec![Chunk::concat(spec.schema, &chunks).select(order)];
        } else {
            chunks.retain(|chunk| !chunk.is_empty());
        }
        Ok(FoundGroups { chunks, numbered: Vec::new(), files })
    }
}

/// A column of texts that are hashed once for all rows, and so many that they fill all partitions alike.
fn varied_dictionary(keys: &[Column]) -> Option<usize> {
    const VARIED_VALUES: usize = 1 << 14;
    keys.iter().position(|column| {
        let dictionary = column.as_strings().and_then(StringColumn::dictionary);
        dictionary.is_some_and(|(_, values)| values >= VARIED_VALUES)
    })
}

/// The places of the groups, partition after partition, in the order of the rows in which they were first seen.
fn in_order(firsts: &[Vec<u64>], groups: usize, rows: u64) -> Vec<u32> {
    let placed = (0_u32..).zip(firsts.iter().flatten());
    match usize::try_from(rows) {
        // A slot a row, if that is not many more than there are groups.
        Ok(rows) if rows / 8 <= groups => {
            let mut slots = vec![NO_ROW; rows];
            for (place, &row) in placed {
                if let Some(slot) = slots.get_mut(row as usize) {
                    *slot = place;
                }
            }
            slots.retain(|place| *place != NO_ROW);
            slots
        }
        _ => {
            let mut order: Vec<(u64, u32)> = placed.map(|(place, &row)| (row, place)).collect();
            // Each partition is in order: this sort finds that and merges them.
            order.sort();
            order.into_iter().map(|(_, place)| place).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_put_in_order_in_both_ways() {
        let firsts = [vec![0, 4, 9], vec![], vec![1, 2], vec![7]];
        let expected = [0, 3, 4, 1, 5, 2];
        assert_eq!(in_order(&firsts, 6, 10), expected);
        assert_eq!(in_order(&firsts, 6, 1 << 20), expected);
    }

    #[test]
    fn more_partitions_than_threads_give_the_groups_of_a_model() {
        use std::collections::HashMap;

        use crate::{Database, DateTime, Options, Tuning, Value};

        let key = |x: i64| x * 7919 % 9973;
        let mut groups: Vec<(i64, i64, i64, Vec<i64>)> = Vec::new();
        let mut places: HashMap<i64, usize> = HashMap::new();
        for x in 1..=20_000_i64 {
            let place = *places.entry(key(x)).or_insert_with(|| {
                groups.push((key(x), 0, 0, Vec::new()));
                groups.len() - 1
            });
            let group = &mut groups[place];
            (group.1, group.2) = (group.1 + 1, group.2 + x);
            group.3.push(x);
        }
        let expected: Vec<Vec<Value>> = groups
            .into_iter()
            .map(|(key, count, sum, list)| {
                let list = serde_json::to_string(&list).unwrap();
                vec![format!("k{key}").as_str().into(), count.into(), sum.into(), list.as_str().into()]
            })
            .collect();
        let mut database = Database::new();
        let run = |database: &Database, text: &str, threads: usize, limit: usize| {
            let limits = crate::Limits { bytes: limit, ..crate::Limits::default() };
            let tuning =
                Tuning { rows_to_partition: 1 << 13, groups_per_partition: 1 << 9, ..Tuning::DEFAULT };
            let tuning = Tuning { partitioned_rows_share: 16, ..tuning };
            let options = Options::new(DateTime::UNIX_EPOCH).threads(threads).chunk_rows(5000);
            let options = options.limits(limits).tuning(tuning);
            database.compile(text).and_then(|query| query.run(database, &options)).unwrap()
        };
        let table = run(&database, "range x from 1 to 20000 step 1", 1, 1 << 30);
        database.insert("T", table);
        let query = "T | summarize count(), sum(x), l = make_list(x) by k = strcat('k', x * 7919 % 9973) \
                     | project k, count_, sum_x, tostring(l)";
        // With the smaller limit the rows are grouped in several goes.
        for (threads, limit) in [(1, 1 << 30), (3, 1 << 30), (2, 4 << 20)] {
            let found = run(&database, query, threads, limit);
            assert!(found.rows().eq(expected.iter().cloned()), "{threads} threads, {limit} bytes");
        }
    }
}
