//! The groups that come out: those that were found while all rows were read, then those of the rows in files.

use super::super::context::Account;
use super::super::spill::{MAX_SPILL_LEVEL, RowSorter, SortedRows, with_number};
use super::super::stream::{Buffered, Stream};
use super::overflow::{FoundGroups, SpilledRows, as_column};
use super::partition::GroupPartition;
use super::spec::AggregateSpec;
use crate::column::{Chunk, Column};
use crate::function::Result;

/// How many files the rows of one file are put into, where their groups are still too many.
const FILES_OF_FILE: usize = 16;

/// The groups of rows in files, and those that were found before.
pub(super) struct SpilledGroups<'a> {
    files: Vec<SpilledRows>,
    /// Where somebody sees the order of groups: all those that were found.
    sorter: Option<RowSorter<'a>>,
    sorted: Option<SortedRows<'a>>,
    ready: Buffered,
    account: Account<'a>,
}

impl<'a> SpilledGroups<'a> {
    /// The groups, some of which are still to be found. The account has what the chunks hold.
    pub(super) fn new(spec: &AggregateSpec<'a>, found: FoundGroups, account: Account<'a>) -> Result<Self> {
        let FoundGroups { chunks, numbered, files } = found;
        let in_order = spec.ordered && !(files.is_empty() && numbered.is_empty());
        let number = spec.schema.columns.len();
        let sorter = in_order
            .then(|| RowSorter::by_numbers(with_number(spec.schema), &[number], spec.context, spec.at))
            .transpose()?;
        let ready = Buffered::new(chunks, spec.context.chunk_rows());
        let mut groups = Self { files, sorter, sorted: None, ready, account };
        for (chunk, numbers) in numbered {
            groups.put(spec, chunk, &numbers)?;
        }
        Ok(groups)
    }

    fn put(&mut self, spec: &AggregateSpec<'a>, mut chunk: Chunk, numbers: &[u64]) -> Result<()> {
        match &mut self.sorter {
            None => self.ready = Buffered::new(vec![chunk], spec.context.chunk_rows()),
            Some(sorter) => {
                chunk.push(as_column(numbers));
                // In pieces, so that those that are too many are put aside.
                for start in (0..chunk.len()).step_by(spec.context.chunk_rows()) {
                    sorter.push(&chunk.slice(start, spec.context.chunk_rows()))?;
                }
            }
        }
        Ok(())
    }

    /// The next groups.
    pub(super) fn next(&mut self, spec: &AggregateSpec<'a>) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next()? {
                return Ok(Some(chunk));
            }
            if let Some(sorted) = &mut self.sorted {
                let Some(numbered) = sorted.next()? else { return Ok(None) };
                let mut chunk = Chunk::without_columns(numbered.len());
                (0..spec.schema.columns.len()).for_each(|at| chunk.push_from(&numbered, at));
                return Ok(Some(chunk));
            }
            // What came out is with whoever asked for it.
            self.ready = Buffered::empty();
            self.account.set(0)?;
            match (self.files.pop(), self.sorter.take()) {
                (Some(rows), sorter) => {
                    self.sorter = sorter;
                    let (chunk, numbers) = self.group(spec, rows)?;
                    self.put(spec, chunk, &numbers)?;
                }
                (None, Some(sorter)) => self.sorted = Some(sorter.finish()?),
                (None, None) => return Ok(None),
            }
        }
    }

    /// The groups of the rows of a file, as far as memory has room; the other rows become files again.
    fn group(&mut self, spec: &AggregateSpec<'a>, file: SpilledRows) -> Result<(Chunk, Vec<u64>)> {
        let SpilledRows { level, mut rows } = file;
        let mut partition = GroupPartition::new(spec)?;
        let arguments = spec.key_types.len() + spec.arguments();
        while let Some(chunk) = rows.next()? {
            spec.context.tick(spec.at)?;
            let mut columns = chunk.columns();
            let numbers = columns.split_off(arguments.min(columns.len()));
            let numbers = match numbers.first() {
                Some(Column::Long(numbers)) => numbers.values(),
                _ => &[],
            };
            let number = |row: u32| numbers.get(row as usize).map_or(0, |number| *number as u64);
            partition.add(spec, &columns, chunk.len(), None, number)?;
            self.account.set(partition.byte_size())?;
            if partition.grows() && level < MAX_SPILL_LEVEL && spec.context.is_short(&self.account, 0) {
                partition = partition.freeze(FILES_OF_FILE, level + 1);
            }
        }
        let (chunk, numbers, files) = partition.finish(spec)?;
        self.files.extend(files);
        self.account.set(chunk.byte_size() + numbers.len() * size_of::<u64>())?;
        Ok((chunk, numbers))
    }
}
