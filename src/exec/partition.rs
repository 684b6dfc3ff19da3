//! Groups of rows where most keys are rare: each thread has the keys of one part of the hashes, so that nothing is merged.
//! It must not know any particular aggregate.

use super::group_by::{Partial, Work, check_groups};
use super::keys::{RowHasher, hash_rows};
use super::pipeline::Steps;
use super::stream::{Account, Operator, State, Stream, take};
use crate::column::{Chunk, Column};
use crate::function::Result;
use crate::parallel::map_in_parallel;

/// Fewer rows tell too little about how many keys there are.
pub(super) const LEAST_ROWS: usize = 4096;

/// So many chunks a thread are taken at once.
const CHUNKS_A_THREAD: usize = 4;

/// The groups by part of the hashes.
pub(super) struct Apart<'w, 's> {
    work: &'w Work<'w>,
    state: &'s State<'s>,
    at: Operator,
    threads: usize,
    hasher: RowHasher,
    parts: Vec<Part>,
}

/// The groups of one part, and the row in which each was first seen.
struct Part {
    partial: Partial,
    first: Vec<u64>,
}

/// The keys and arguments of a chunk, and which of its rows belong to each part.
struct Split {
    columns: Vec<Column>,
    rows: Vec<Vec<u32>>,
    len: usize,
}

impl<'w, 's> Apart<'w, 's> {
    pub(super) fn new(
        work: &'w Work<'w>,
        state: &'s State<'s>,
        at: Operator,
        threads: usize,
    ) -> Result<Self> {
        let part = |_| Ok(Part { partial: work.partial(state)?, first: Vec::new() });
        let parts = (0..threads).map(part).collect::<Result<_>>()?;
        Ok(Self { work, state, at, threads, hasher: RowHasher::default(), parts })
    }

    /// The groups of the chunks and of those that the input still gives, in the order of their first rows.
    pub(super) fn run(
        mut self,
        steps: &Steps<'_>,
        mut chunks: Vec<Chunk>,
        input: &mut dyn Stream,
        account: &mut Account<'_>,
    ) -> Result<Chunk> {
        let mut before = 0;
        while !chunks.is_empty() {
            before = self.add(steps, chunks, before)?;
            account
                .set(self.parts.iter().map(|part| part.partial.byte_size() + part.first.len() * 8).sum())?;
            chunks = take(input, self.threads * CHUNKS_A_THREAD)?;
        }
        self.finish()
    }

    /// Adds chunks with that many rows before them; how many there are after them.
    fn add(&mut self, steps: &Steps<'_>, chunks: Vec<Chunk>, before: u64) -> Result<u64> {
        let (work, state, at, threads) = (self.work, self.state, self.at, self.threads);
        let hasher = &self.hasher;
        let splits = map_in_parallel(threads, chunks, |chunk| -> Result<Option<Split>> {
            let Some(chunk) = steps.apply(state, chunk)? else { return Ok(None) };
            state.tick(at)?;
            let columns = work.program.run(state, &chunk)?;
            let keys = columns.get(..work.kinds.len()).unwrap_or_default();
            let mut rows = vec![Vec::with_capacity(chunk.len() / threads + chunk.len() / 8); threads];
            for (row, hash) in (0_u32..).zip(hash_rows(keys, chunk.len(), hasher)) {
                // The upper half, in as many equal parts as there are threads.
                let part = ((hash >> 32) * threads as u64) >> 32;
                if let Some(rows) = rows.get_mut(part as usize) {
                    rows.push(row);
                }
            }
            Ok(Some(Split { columns, rows, len: chunk.len() }))
        });
        let splits: Vec<Split> = splits.into_iter().filter_map(Result::transpose).collect::<Result<_>>()?;
        let parts = std::mem::take(&mut self.parts).into_iter().enumerate().collect();
        let parts = map_in_parallel(threads, parts, |(place, mut part): (usize, Part)| -> Result<Part> {
            let mut before = before;
            for Split { columns, rows, len } in &splits {
                let rows = rows.get(place).map_or(&[][..], Vec::as_slice);
                let columns: Vec<Column> = columns.iter().map(|column| column.take(rows)).collect();
                let fresh = part.partial.add_columns(work, at, &columns, rows.len())?;
                let first = fresh.iter().filter_map(|&row| rows.get(row as usize));
                part.first.extend(first.map(|&row| before + u64::from(row)));
                before += *len as u64;
            }
            Ok(part)
        });
        self.parts = parts.into_iter().collect::<Result<_>>()?;
        Ok(before + splits.iter().map(|split| split.len as u64).sum::<u64>())
    }

    fn finish(self) -> Result<Chunk> {
        let (work, state, at) = (self.work, self.state, self.at);
        let groups = self.parts.iter().map(|part| part.first.len()).sum();
        check_groups(at, groups, 0)?;
        state.check_rows(at, groups)?;
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(groups);
        let mut partials = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            let place = order.len() as u32;
            order.extend(part.first.into_iter().zip(place..));
            partials.push(part.partial);
        }
        let chunks = map_in_parallel(self.threads, partials, |partial| partial.finish(work, state, at));
        let chunks = chunks.into_iter().collect::<Result<Vec<Chunk>>>()?;
        // Each part is in order: this sort finds that and merges them.
        order.sort();
        let whole = Chunk::concat(work.schema, &chunks);
        Ok(whole.select(order.into_iter().map(|(_, place)| place).collect()))
    }
}
