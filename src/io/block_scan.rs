//! Reads the blocks of data batch by batch: workers take blocks side by side, a ledger puts their errors and rows in order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::DataError;
use super::blocks::{Block, BlockParser, Buffer, Cutter, Opened, open};
use super::load::{LoadStop, LoadTask, Loader};
use super::mend::Mends;
use super::options::{Loaded, RowFilter};
use super::pieces::Pieces;
use super::rows::{ColumnNames, ReadEnd, RowVisitor};
use super::sink::PieceRows;
use crate::column::Column;

/// The result of one block: its lines, its rows, its skipped rows, its error.
struct BlockReport<E> {
    lines: usize,
    rows: usize,
    skipped: Vec<DataError>,
    skipped_count: usize,
    mends: Mends,
    stop: Option<LoadStop<E>>,
}

/// Collects the results of blocks in the order of the data.
struct BlockLedger<E> {
    /// Those that wait for one before them.
    waiting: BTreeMap<usize, BlockReport<E>>,
    next: usize,
    lines: usize,
    /// The rows of the blocks that were read whole.
    rows: usize,
    skipped: Vec<DataError>,
    skipped_count: usize,
    mends: Mends,
    stop: Option<LoadStop<E>>,
}

impl<E> BlockLedger<E> {
    fn add(&mut self, index: usize, report: BlockReport<E>) {
        self.waiting.insert(index, report);
        while self.stop.is_none()
            && let Some(mut report) = self.waiting.remove(&self.next)
        {
            let before = self.lines;
            let moved = |mut error: DataError| {
                error.line = error.line.map(|line| line + before);
                error
            };
            let room = Loaded::MAX_LISTED.saturating_sub(self.skipped.len());
            self.skipped.extend(report.skipped.drain(..).take(room).map(moved));
            self.skipped_count += report.skipped_count;
            self.mends.append(report.mends, before);
            self.lines += report.lines;
            self.stop = report.stop.map(|stop| match stop {
                LoadStop::Error(error) => LoadStop::Error(Box::new(moved(*error))),
                other => other,
            });
            if self.stop.is_none() {
                self.next += 1;
                self.rows += report.rows;
            }
        }
    }
}

/// Where workers get their blocks from.
struct Supply<S, E> {
    cutter: Cutter<S, E>,
    /// How many blocks the batch may still have.
    left: usize,
    /// Nothing more is read.
    stopped: bool,
}

/// The source and the ledger that workers share.
struct SharedWork<S, E> {
    supply: Mutex<Supply<S, E>>,
    ledger: Mutex<BlockLedger<E>>,
    names: ColumnNames,
    /// How many bytes the batch takes so far, and the most that it may take.
    held: AtomicUsize,
    max_bytes: usize,
}

/// Locks a mutex. A worker's panic is resumed by the thread that joins it; what it held is not used any more.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a worker keeps from batch to batch: memory, and what it learned of the data.
struct Worker {
    parser: BlockParser,
    loader: Loader,
    buffer: Buffer,
    pieces: Pieces,
    /// A block that is in the buffer already.
    block: Option<Block>,
}

impl Worker {
    fn new(task: &Arc<LoadTask>, parser: BlockParser, names: &ColumnNames) -> Self {
        let mut loader = Loader::new(task.clone());
        names.iter().for_each(|name| loader.name(name));
        Self { parser, loader, buffer: Buffer::default(), pieces: Pieces::new(task.clone()), block: None }
    }
}

/// Data that is read batch by batch.
pub(super) struct BlockScan<S, E> {
    shared: SharedWork<S, E>,
    workers: Vec<Worker>,
    task: Arc<LoadTask>,
    threads: usize,
}

/// The rows of a batch, in pieces.
pub(super) struct Filled {
    /// The columns of each piece.
    pub pieces: Vec<Vec<Column>>,
    /// The rows of pieces in the order of the data.
    pub parts: Vec<PieceRows>,
    /// The batch had a block.
    pub any: bool,
}

/// What one batch is.
#[derive(Clone, Copy)]
pub(super) struct BatchRequest<'r> {
    /// The most blocks.
    pub blocks: usize,
    /// Rows that it drops may be left out.
    pub filter: Option<RowFilter<'r>>,
    /// How many rows are wanted of all batches: what is wrong behind their blocks is not told.
    pub limit: Option<usize>,
}

impl<S, E> BlockScan<S, E>
where
    S: FnMut(&mut [u8]) -> Result<usize, E> + Send,
    E: Send,
{
    /// Reads up to the first row.
    pub(super) fn open(
        mut cutter: Cutter<S, E>,
        task: LoadTask,
        threads: usize,
    ) -> Result<Self, LoadStop<E>> {
        let task = Arc::new(task);
        let mut buffer = Buffer::default();
        let Opened { parser, names, lines, first, .. } = open(&mut cutter, &mut buffer)?;
        let ledger = BlockLedger {
            waiting: BTreeMap::new(),
            // Empty blocks may come before the header.
            next: first.map_or(0, |block| block.index),
            lines,
            rows: 0,
            skipped: Vec::new(),
            skipped_count: 0,
            mends: Mends::default(),
            stop: None,
        };
        let first = Worker { buffer, block: first, ..Worker::new(&task, parser, &names) };
        let max_bytes = cutter.form.max_table_bytes;
        let supply = Supply { cutter, left: 0, stopped: false };
        let shared = SharedWork {
            supply: Mutex::new(supply),
            ledger: Mutex::new(ledger),
            names,
            held: AtomicUsize::new(0),
            max_bytes,
        };
        Ok(Self { shared, workers: vec![first], task, threads })
    }

    /// The rows that were skipped so far.
    pub(super) fn skipped(&mut self) -> (&[DataError], usize) {
        let ledger = self.shared.ledger.get_mut().unwrap_or_else(PoisonError::into_inner);
        (&ledger.skipped, ledger.skipped_count)
    }

    /// What was mended so far.
    pub(super) fn mends(&mut self) -> Mends {
        self.shared.ledger.get_mut().unwrap_or_else(PoisonError::into_inner).mends
    }

    /// The rows of the next blocks.
    pub(super) fn batch(&mut self, request: BatchRequest<'_>) -> Result<Filled, LoadStop<E>> {
        let waiting = self.workers.iter().filter(|worker| worker.block.is_some()).count();
        let supply = self.shared.supply.get_mut().unwrap_or_else(PoisonError::into_inner);
        supply.left = request.blocks.saturating_sub(waiting);
        let alone = self.threads <= 1 || supply.cutter.ended || supply.left == 0;
        let form = &supply.cutter.form;
        let before = supply.cutter.blocks;
        // A few rows may be nothing like the others.
        let all = form.size.filter(|&size| size >= form.block_bytes as u64);
        let some = (request.blocks as u64).saturating_mul(form.block_bytes as u64);
        let share = all
            .map(|all| all.min(some))
            .map(|bytes| if alone { bytes } else { bytes / self.threads.max(1) as u64 });
        while !alone && self.workers.len() < self.threads {
            self.workers.push(Worker::new(&self.task, BlockParser::new(form), &self.shared.names));
        }
        *self.shared.held.get_mut() = 0;
        let (shared, filter) = (&self.shared, request.filter);
        match self.workers.as_mut_slice() {
            [first, others @ ..] if !alone => std::thread::scope(|scope| {
                for worker in others {
                    // If a thread could not be started, the others do its work.
                    let work = move || work(shared, worker, share, filter);
                    _ = std::thread::Builder::new().spawn_scoped(scope, work);
                }
                work(shared, first, share, filter);
            }),
            [first, ..] => work(shared, first, share, filter),
            [] => {}
        }
        let supply = self.shared.supply.get_mut().unwrap_or_else(PoisonError::into_inner);
        let any = waiting > 0 || supply.cutter.blocks > before;
        let ledger = self.shared.ledger.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(stop) = ledger.stop.take() {
            supply.stopped = true;
            if request.limit.is_none_or(|limit| ledger.rows < limit) {
                return Err(stop);
            }
        }
        Ok(self.filled(any))
    }

    /// Takes the pieces of the workers.
    fn filled(&mut self, any: bool) -> Filled {
        let ledger = self.shared.ledger.get_mut().unwrap_or_else(PoisonError::into_inner);
        let (mut pieces, mut parts) = (Vec::new(), Vec::new());
        for worker in &mut self.workers {
            let before = pieces.len();
            pieces.append(&mut worker.pieces.pieces);
            worker.pieces.bytes = 0;
            let moved =
                |(block, part): (usize, PieceRows)| (block, PieceRows { piece: part.piece + before, ..part });
            parts.extend(worker.pieces.parts.drain(..).map(moved));
        }
        if let (true, Some(worker)) = (pieces.is_empty(), self.workers.first_mut()) {
            pieces.push(worker.loader.take());
        }
        parts.retain(|(block, _)| *block < ledger.next);
        parts.sort_by_key(|(block, _)| *block);
        let mut joined: Vec<PieceRows> = Vec::new();
        for (_, part) in parts {
            match joined.last_mut() {
                Some(last) if last.piece == part.piece && last.offset + last.len == part.offset => {
                    last.len += part.len
                }
                _ => joined.push(part),
            }
        }
        Filled { pieces, parts: joined, any }
    }
}

impl<S, E> SharedWork<S, E> {
    /// Notes how many bytes a worker holds, in place of what it held before; an error if all of them hold too much.
    fn hold(&self, before: &mut usize, now: usize) -> Option<LoadStop<E>> {
        let more = now.saturating_sub(*before);
        *before = now.max(*before);
        let all = self.held.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        let error = || DataError::beyond(None, "the table takes more memory than", self.max_bytes);
        (all > self.max_bytes).then(|| LoadStop::Error(Box::new(error())))
    }
}

/// Takes blocks and loads their rows, until the batch has no more.
fn work<S, E>(
    shared: &SharedWork<S, E>,
    worker: &mut Worker,
    share: Option<u64>,
    filter: Option<RowFilter<'_>>,
) where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let Worker { parser, loader, buffer, pieces, block } = worker;
    let mut held = 0;
    while let Some(current) = block.take().or_else(|| next_block(shared, buffer)) {
        let offset = loader.count();
        let first = offset == 0;
        let (lines, read) = parser.rows(buffer.bytes(), current, &shared.names, loader);
        let stop = match (read, loader.stop.take()) {
            (ReadEnd::Failed(error), _) => Some(LoadStop::Error(Box::new(error))),
            (_, Some(LoadStop::Error(error))) => Some(LoadStop::Error(error)),
            (_, Some(_)) => Some(LoadStop::Guess),
            (_, None) => shared.hold(&mut held, loader.byte_size() + pieces.bytes),
        };
        if first && let Some(rows) = pieces.expected(loader, buffer.bytes().len(), share, filter) {
            loader.expect(rows);
        }
        let stopped = stop.is_some();
        if stopped {
            lock(&shared.supply).stopped = true;
        }
        let report = BlockReport {
            lines,
            rows: loader.count() - offset,
            skipped: std::mem::take(&mut loader.skipped),
            skipped_count: std::mem::take(&mut loader.skipped_count),
            mends: std::mem::take(&mut loader.mends),
            stop,
        };
        lock(&shared.ledger).add(current.index, report);
        if stopped {
            break;
        }
        pieces.add(current.index, offset, loader, filter);
    }
    pieces.end(loader, filter);
}

/// Reads the next block of the batch. An error of the source takes the place of one.
fn next_block<S, E>(shared: &SharedWork<S, E>, buffer: &mut Buffer) -> Option<Block>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut supply = lock(&shared.supply);
    if supply.stopped || supply.left == 0 {
        return None;
    }
    supply.left -= 1;
    match supply.cutter.next(buffer) {
        Ok(block) => {
            supply.stopped |= block.is_none();
            block
        }
        Err(stop) => {
            supply.stopped = true;
            let index = supply.cutter.blocks;
            drop(supply);
            let stop = Some(stop);
            let report = BlockReport {
                lines: 0,
                rows: 0,
                skipped: Vec::new(),
                skipped_count: 0,
                mends: Mends::default(),
                stop,
            };
            lock(&shared.ledger).add(index, report);
            None
        }
    }
}
