//! Gives the rows of data part by part, as they are asked for.

use super::DataError;
use super::block_scan::{BatchRequest, BlockScan, Filled};
use super::blocks::Cutter;
use super::load::{LoadStop, LoadTask};
use super::mend::MendedRows;
use super::options::RowFilter;
use super::sink;
use crate::column::{Column, Table};
use crate::types::Schema;

/// A filter that a scan keeps, see [`RowFilter`].
type OwnFilter<'f> = Box<dyn Fn(&Table) -> Option<Vec<u32>> + Sync + 'f>;

/// The parts of a table, one after the other, see [`TableReader::scan`](crate::TableReader::scan). An error ends them.
pub struct TableScan<'f, S, E> {
    state: ScanState<S, E>,
    schema: Schema,
    wanted: Vec<bool>,
    origin: String,
    threads: usize,
    /// A row may contradict the schema.
    guess: bool,
    contradicted: bool,
    filter: Option<OwnFilter<'f>>,
    limit: Option<usize>,
    /// How many rows were given.
    given: usize,
    /// How many blocks a thread gets in the next batch.
    blocks: usize,
}

enum ScanState<S, E> {
    /// No byte was read.
    New(Box<(Cutter<S, E>, LoadTask)>),
    Open(Box<BlockScan<S, E>>),
    Ended,
}

/// The most blocks that a thread gets in a batch. The first batches are smaller, for those who want the first rows alone; the
/// later ones are large enough for dictionaries to pay.
const MAX_BATCH_BLOCKS: usize = 32;

/// The error for types that the data does not have.
pub(super) fn no_types() -> DataError {
    DataError::new(None, "the types of the columns cannot be told")
}

impl<'f, S, E> TableScan<'f, S, E>
where
    S: FnMut(&mut [u8]) -> Result<usize, E> + Send,
    E: From<DataError> + Send,
{
    pub(super) fn new(
        cutter: Cutter<S, E>,
        task: LoadTask,
        threads: usize,
        origin: &str,
        guess: bool,
    ) -> Self {
        Self {
            schema: task.schema.clone(),
            wanted: task.wanted.clone(),
            state: ScanState::New(Box::new((cutter, task))),
            origin: origin.to_owned(),
            threads: threads.max(1),
            guess,
            contradicted: false,
            filter: None,
            limit: None,
            given: 0,
            blocks: 1,
        }
    }

    /// Leaves out rows that a filter drops: it is given rows with the columns that are kept, and may be called by several
    /// threads. Others may stay, too.
    #[must_use]
    pub fn filter(mut self, filter: impl Fn(&Table) -> Option<Vec<u32>> + Sync + 'f) -> Self {
        self.filter = Some(Box::new(filter));
        self
    }

    /// Ends after so many rows, or a few more. What is wrong with the data behind their blocks is not told; with any number
    /// of threads the same is.
    #[must_use]
    pub const fn limit(mut self, rows: usize) -> Self {
        self.limit = Some(rows);
        self
    }

    /// The rows that were skipped so far: the first ones, at most [`Loaded::MAX_LISTED`](crate::Loaded::MAX_LISTED), and how many there are.
    pub fn skipped(&mut self) -> (Vec<DataError>, usize) {
        let ScanState::Open(scan) = &mut self.state else { return (Vec::new(), 0) };
        let (skipped, count) = scan.skipped();
        (skipped.iter().map(|error| error.clone().at(&self.origin)).collect(), count)
    }

    /// What was wrong with the rows so far that were read nevertheless, of each kind one.
    pub fn mended(&mut self) -> Vec<MendedRows> {
        match &mut self.state {
            ScanState::Open(scan) => scan.mends().rows().collect(),
            ScanState::New(_) | ScanState::Ended => Vec::new(),
        }
    }

    /// Whether the error that ended the parts is a row that contradicts types which were inferred from other rows:
    /// then [`TableReader::infer_schema_from_all`](crate::TableReader::infer_schema_from_all) has the right ones.
    pub const fn is_contradicted(&self) -> bool {
        self.contradicted
    }

    /// All rows of the next blocks; and whether there were any blocks.
    pub(super) fn batch(&mut self, blocks: usize, filter: Option<RowFilter<'_>>) -> Result<(Table, bool), E> {
        let opened = match std::mem::replace(&mut self.state, ScanState::Ended) {
            ScanState::New(new) => BlockScan::open(new.0, new.1, self.threads).map(Box::new),
            ScanState::Open(scan) => Ok(scan),
            ScanState::Ended => return Ok((Table::empty(self.schema.clone()), false)),
        };
        let mut scan = opened.map_err(|stop| self.failed(stop))?;
        let filled = scan.batch(BatchRequest { blocks, filter, limit: self.limit });
        self.state = ScanState::Open(scan);
        let filled = filled.map_err(|stop| self.failed(stop))?;
        let any = filled.any;
        self.table(filled).map(|table| (table, any))
    }

    /// Joins the pieces of a batch.
    fn table(&mut self, mut filled: Filled) -> Result<Table, E> {
        let rows = filled.parts.iter().map(|part| part.len).sum();
        let mut columns = Vec::with_capacity(self.schema.len());
        // Column by column, so that only one is held twice.
        for (column, wanted) in self.schema.columns.iter().zip(&self.wanted).rev() {
            let pieces: Vec<Column> = filled.pieces.iter_mut().filter_map(Vec::pop).collect();
            let joined = if *wanted {
                sink::join(column.data_type, pieces, &filled.parts)
            } else {
                Column::nulls(column.data_type, rows)
            };
            columns.push((column.name.clone(), joined));
        }
        columns.reverse();
        Table::new(columns).map_err(|message| {
            let error = DataError::new(None, message);
            self.failed(LoadStop::Error(Box::new(error)))
        })
    }

    fn failed(&mut self, stop: LoadStop<E>) -> E {
        let error = match stop {
            LoadStop::Source(error) => return error,
            LoadStop::Error(error) => *error,
            LoadStop::Guess if self.guess => {
                self.contradicted = true;
                DataError::new(None, "a row contradicts the types that were inferred from the first rows")
            }
            LoadStop::Guess => no_types(),
        };
        error.at(&self.origin).into()
    }
}

impl<S, E> Iterator for TableScan<'_, S, E>
where
    S: FnMut(&mut [u8]) -> Result<usize, E> + Send,
    E: From<DataError> + Send,
{
    type Item = Result<Table, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.limit.is_some_and(|limit| self.given >= limit) {
            return None;
        }
        let blocks = self.blocks * self.threads;
        self.blocks = (self.blocks * 2).min(MAX_BATCH_BLOCKS);
        let filter = self.filter.take();
        let batch = self.batch(blocks, filter.as_deref().map(|filter| filter as RowFilter<'_>));
        self.filter = filter;
        match batch {
            Ok((_, false)) => None,
            Ok((table, true)) => {
                self.given += table.len();
                Some(Ok(table))
            }
            Err(error) => Some(Err(error)),
        }
    }
}
