//! Sorts rows as they come. Those that memory has no room for are put aside in sorted runs, which are merged at the end.
//! Equal rows keep their order.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::context::{Account, ExecContext, Site};
use super::super::eval::Program;
use super::super::gather::Gather;
use super::super::sort_keys::EncodedKeys;
use super::super::stream::{Buffered, Stream};
use super::rows::{EncodedRows, SpillReader, SpillWriter};
use crate::column::{Chunk, Column};
use crate::function::Result;
use crate::plan::{Expr, SortKey};
use crate::types::{ColumnSchema, ScalarType, Schema};

/// The most runs that are merged at once: each has a file that is open, and a piece of it in memory.
const MAX_RUNS: usize = 64;

/// All pieces of runs in memory are this part of the run's bytes.
const PIECES_SHARE: usize = 8;

/// Pieces of a run that each thread writes down at once.
const PIECES_PER_THREAD: usize = 4;

/// How rows are compared.
struct RowOrder<'a> {
    schema: Arc<Schema>,
    program: Program,
    keys: Vec<SortKey>,
    context: &'a ExecContext<'a>,
    at: Site,
}

impl RowOrder<'_> {
    /// The numbers of rows in their order, which are looked at for the first time.
    fn of(&self, rows: &Chunk) -> Result<Vec<u32>> {
        Ok(self.of_keys(&self.program.run(self.context, rows)?, rows))
    }

    /// The same for rows that were looked at before.
    fn again(&self, rows: &Chunk) -> Result<Vec<u32>> {
        Ok(self.of_keys(&self.program.run_again(self.context, rows)?, rows))
    }

    fn of_keys(&self, columns: &[Column], rows: &Chunk) -> Vec<u32> {
        // Fewer rows are sorted before a second thread has started.
        let parallel = rows.len() >= self.context.run.tuning.rows_to_sort_in_parallel;
        let threads = if parallel { self.context.threads } else { 1 };
        EncodedKeys::new(columns, &self.keys).all(rows.len(), &self.context.workers(threads))
    }

    /// What it takes to order so many rows: a word and a row number for each key, sorted in place, and the order.
    const fn bytes(&self, rows: usize) -> usize {
        rows.saturating_mul(16 * self.keys.len() + size_of::<u32>())
    }

    /// The same, with the keys before they are words; texts may take more.
    const fn most_bytes(&self, rows: usize) -> usize {
        rows.saturating_mul(16 * self.keys.len()).saturating_add(self.bytes(rows))
    }

    /// An empty file for such rows.
    fn file(&self) -> Result<SpillWriter> {
        let types: Vec<ScalarType> = self.schema.columns.iter().map(|column| column.data_type).collect();
        SpillWriter::new(self.context, self.at, types)
    }
}

/// Columns, and one behind them that has a number for each row.
pub(in crate::exec) fn with_number(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    schema.columns.push(ColumnSchema { name: "".into(), data_type: ScalarType::Long });
    schema
}

/// Rows that are to be sorted.
pub(in crate::exec) struct RowSorter<'a> {
    order: RowOrder<'a>,
    chunks: Vec<Chunk>,
    gather: Gather,
    rows: usize,
    /// Bytes of the chunks.
    held: usize,
    account: Account<'a>,
    runs: Vec<SpillReader>,
}

impl<'a> RowSorter<'a> {
    /// No rows yet. The keys are over the columns of the schema.
    pub(in crate::exec) fn new(
        schema: Arc<Schema>,
        keys: &[SortKey],
        context: &'a ExecContext<'a>,
        at: Site,
    ) -> Result<Self> {
        let program = Program::new(context, keys.iter().map(|key| &key.expr))?;
        Ok(Self {
            order: RowOrder { schema, program, keys: keys.to_vec(), context, at },
            chunks: Vec::new(),
            gather: Gather::default(),
            rows: 0,
            held: 0,
            account: context.account(at),
            runs: Vec::new(),
        })
    }

    /// No rows yet, which are sorted by the numbers in these columns; rows without a number come last.
    pub(in crate::exec) fn by_numbers(
        schema: Schema,
        places: &[usize],
        context: &'a ExecContext<'a>,
        at: Site,
    ) -> Result<Self> {
        let key = |at: &usize| {
            let expr = Expr::column(*at, ScalarType::Long);
            SortKey { expr, descending: false, nulls_first: false }
        };
        let keys: Vec<SortKey> = places.iter().map(key).collect();
        Self::new(Arc::new(schema), &keys, context, at)
    }

    /// Takes in rows, behind all others.
    pub(in crate::exec) fn push(&mut self, chunk: &Chunk) -> Result<()> {
        let RowOrder { context, at, .. } = self.order;
        context.tick(at)?;
        at.check_row_numbers(self.rows, chunk.len())?;
        let (chunk, bytes) = self.gather.add(chunk);
        self.account.add(bytes)?;
        self.rows += chunk.len();
        self.held += bytes;
        self.chunks.push(chunk);
        // The columns are put together when they are read, and the chunks are still there.
        if context.is_short(&self.account, self.held.saturating_add(self.order.most_bytes(self.rows))) {
            self.end_run()?;
        }
        Ok(())
    }

    /// The rows in memory and their order.
    fn sort(&mut self) -> Result<(Chunk, Vec<u32>)> {
        if self.chunks.len() > 1 {
            self.account.add(self.held)?;
        }
        let whole = Chunk::concat(&self.order.schema, &std::mem::take(&mut self.chunks));
        let order = self.order_of(&whole)?;
        (self.gather, self.rows, self.held) = Default::default();
        Ok((whole, order))
    }

    fn order_of(&mut self, whole: &Chunk) -> Result<Vec<u32>> {
        self.order.at.check_row_numbers(whole.len(), 0)?;
        self.account.add(self.order.bytes(whole.len()))?;
        self.order.of(whole)
    }

    /// Puts the rows in memory aside, in their order.
    fn end_run(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        if self.runs.len() == MAX_RUNS {
            let runs = std::mem::take(&mut self.runs);
            let mut merged = MergedRuns::new(runs);
            let mut file = self.order.file()?;
            while let Some(chunk) = merged.next(&self.order)? {
                file.push(&chunk.columns(), chunk.len())?;
            }
            self.runs.push(file.into_reader()?);
        }
        let row_bytes = (self.held / self.rows).max(1);
        let max_bytes = self.order.context.budget().max_bytes() / PIECES_SHARE / MAX_RUNS;
        let rows = (max_bytes / row_bytes).clamp(1, self.order.context.chunk_rows());
        let (whole, order) = self.sort()?;
        let mut file = self.order.file()?;
        let workers = self.order.context.workers(self.order.context.threads);
        let pieces: Vec<&[u32]> = order.chunks(rows).collect();
        for pieces in pieces.chunks(self.order.context.threads.max(1) * PIECES_PER_THREAD) {
            self.order.context.tick(self.order.at)?;
            let encoded = workers.map(pieces.to_vec(), |piece: &[u32]| {
                let piece = whole.select(piece.to_vec());
                EncodedRows::new(&piece.columns(), piece.len())
            });
            encoded.iter().try_for_each(|piece| file.write(piece))?;
        }
        self.runs.push(file.into_reader()?);
        drop((whole, order));
        self.account.set(0)
    }

    /// Rows that are all there already, sorted: no others were taken in.
    pub(in crate::exec) fn sort_whole(mut self, whole: Chunk) -> Result<SortedRows<'a>> {
        let order = self.order_of(&whole)?;
        Ok(SortedRows {
            order: self.order,
            rows: Sorted::InMemory { whole, order, out: 0 },
            _account: self.account,
        })
    }

    /// All rows, sorted.
    pub(in crate::exec) fn finish(mut self) -> Result<SortedRows<'a>> {
        let rows = if self.runs.is_empty() {
            let (whole, order) = self.sort()?;
            Sorted::InMemory { whole, order, out: 0 }
        } else {
            self.end_run()?;
            Sorted::Merged(MergedRuns::new(std::mem::take(&mut self.runs)))
        };
        Ok(SortedRows { order: self.order, rows, _account: self.account })
    }
}

/// Sorted rows, as a stream.
pub(in crate::exec) struct SortedRows<'a> {
    order: RowOrder<'a>,
    rows: Sorted,
    _account: Account<'a>,
}

enum Sorted {
    /// The rows, their order, and how many are out.
    InMemory {
        whole: Chunk,
        order: Vec<u32>,
        out: usize,
    },
    Merged(MergedRuns),
}

impl<'a> SortedRows<'a> {
    /// All rows as one chunk, with the account of what it holds.
    pub(in crate::exec) fn into_whole(mut self) -> Result<(Chunk, Account<'a>)> {
        if let Sorted::InMemory { whole, order, out: 0 } = self.rows {
            self.order.context.check_rows(self.order.at, order.len())?;
            return Ok((whole.select(order), self._account));
        }
        let mut chunks = Vec::new();
        let mut gather = Gather::default();
        while let Some(chunk) = self.next()? {
            let (chunk, bytes) = gather.add(&chunk);
            self._account.add(bytes)?;
            chunks.push(chunk);
        }
        Ok((Chunk::concat(&self.order.schema, &chunks), self._account))
    }
}

impl Stream for SortedRows<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        match &mut self.rows {
            Sorted::InMemory { whole, order, out } => {
                let end = order.len().min(out.saturating_add(self.order.context.chunk_rows()));
                let piece = order.get(*out..end).filter(|piece| !piece.is_empty());
                *out = end;
                Ok(piece.map(|piece| whole.select(piece.to_vec())))
            }
            Sorted::Merged(runs) => runs.next(&self.order),
        }
    }
}

/// Runs of sorted rows that become one, in the order of the runs where rows are equal.
struct MergedRuns {
    runs: Vec<SortedRun>,
    /// Rows that come out next.
    ready: Buffered,
}

/// A run, and its next rows.
struct SortedRun {
    file: SpillReader,
    piece: Chunk,
    /// How many rows the file gives at once.
    rows: usize,
}

impl SortedRun {
    /// Has at least about half as many rows at hand as the file gives at once: with few of one run few of all would come out.
    fn fill(&mut self, order: &RowOrder<'_>) -> Result<()> {
        if self.goes_on()
            && self.piece.len() <= self.rows / 2
            && let Some(more) = self.file.next()?
        {
            self.rows = self.rows.max(more.len());
            self.piece = match self.piece.is_empty() {
                true => more,
                false => {
                    let both = Chunk::concat(&order.schema, &[std::mem::take(&mut self.piece), more]);
                    Chunk::new(both.columns(), both.len())
                }
            };
        }
        Ok(())
    }

    /// The last row at hand is not the last of the run.
    const fn goes_on(&self) -> bool {
        self.file.len() > 0
    }
}

impl MergedRuns {
    fn new(files: Vec<SpillReader>) -> Self {
        let run = |file| SortedRun { file, piece: Chunk::default(), rows: 0 };
        Self { runs: files.into_iter().map(run).collect(), ready: Buffered::empty() }
    }

    fn next(&mut self, order: &RowOrder<'_>) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next()? {
                return Ok(Some(chunk));
            }
            order.context.tick(order.at)?;
            for run in &mut self.runs {
                run.fill(order)?;
            }
            self.runs.retain(|run| !run.piece.is_empty());
            if self.runs.is_empty() {
                return Ok(None);
            }
            self.ready = Buffered::new(vec![self.merge(order)?], order.context.chunk_rows());
        }
    }

    /// The rows at hand that no other row comes before: those up to the first row that is the last of its piece.
    fn merge(&mut self, order: &RowOrder<'_>) -> Result<Chunk> {
        if let [only] = self.runs.as_mut_slice() {
            return Ok(std::mem::take(&mut only.piece));
        }
        let (bound, merged) = self.bound(order)?;
        let of_runs: Vec<&mut SortedRun> =
            self.runs.iter_mut().zip(&merged).filter(|(_, merged)| **merged).map(|(run, _)| run).collect();
        let pieces: Vec<Chunk> = of_runs.iter().map(|run| run.piece.clone()).collect();
        if let [only] = pieces.as_slice() {
            of_runs.into_iter().for_each(|run| run.piece = Chunk::default());
            return Ok(only.clone());
        }
        let whole = Chunk::concat(&order.schema, &pieces);
        let mut sorted = order.again(&whole)?;
        if let Some(bound) = bound {
            // The last row of the bounding run's piece, as the whole counts rows.
            let at = merged.iter().take(bound + 1).filter(|merged| **merged).count();
            let last = pieces.iter().take(at).map(Chunk::len).sum::<usize>().wrapping_sub(1);
            if let Some(end) = sorted.iter().position(|row| *row as usize == last) {
                sorted.truncate(end + 1);
            }
        }
        // A row comes out if all rows of its run before it do.
        let mut start = 0;
        for run in of_runs {
            let rows = start..start + run.piece.len();
            let out = sorted.iter().filter(|row| rows.contains(&(**row as usize))).count();
            run.piece = run.piece.slice(out, rows.len() - out);
            start = rows.end;
        }
        Ok(whole.select(sorted))
    }

    /// The run whose piece ends first, of those that go on; and which runs have rows up to there.
    fn bound(&self, order: &RowOrder<'_>) -> Result<(Option<usize>, Vec<bool>)> {
        if !self.runs.iter().any(SortedRun::goes_on) {
            return Ok((None, vec![true; self.runs.len()]));
        }
        // The first and the last row of each piece.
        let ends = self
            .runs
            .iter()
            .flat_map(|run| [run.piece.slice(0, 1), run.piece.slice(run.piece.len().saturating_sub(1), 1)]);
        let ends = Chunk::concat(&order.schema, &ends.collect::<Vec<_>>());
        let mut places = vec![0; ends.len()];
        for (place, row) in order.again(&ends)?.into_iter().enumerate() {
            if let Some(slot) = places.get_mut(row as usize) {
                *slot = place;
            }
        }
        let last = |run: usize| places.get(2 * run + 1).copied().unwrap_or_default();
        let going = (0..self.runs.len()).filter(|run| self.runs.get(*run).is_some_and(SortedRun::goes_on));
        let bound = going.min_by_key(|run| last(*run));
        let end = bound.map_or(usize::MAX, last);
        let merged = places
            .chunks(2)
            .map(|ends| ends.first().is_some_and(|first| first.cmp(&end) != Ordering::Greater));
        Ok((bound, merged.collect()))
    }
}
