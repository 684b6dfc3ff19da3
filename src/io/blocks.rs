//! Cuts data into blocks of whole rows, which workers read side by side; a ledger puts their errors and rows in order.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memchr::memrchr;

use super::csv::{self, Records};
use super::load::{LoadStop, LoadTask, Loader};
use super::objects::Objects;
use super::options::{DataFormat, FormatOptions, Loaded, RowFilter};
use super::pieces::Pieces;
use super::rows::{ColumnNames, ReadEnd, RowVisitor};
use super::sink::PieceRows;
use super::{DataError, json};
use crate::column::Column;

/// Cuts the bytes of a source into blocks of whole rows.
pub(super) struct Cutter<S, E> {
    form: FormatOptions,
    source: S,
    /// The beginning of the next block.
    carry: Vec<u8>,
    ended: bool,
    /// The source's error, which comes after the rows before it.
    failed: Option<E>,
    blocks: usize,
}

/// Holds a block's bytes; the memory is reused for the next one.
#[derive(Default)]
struct Buffer {
    memory: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..self.end).unwrap_or_default()
    }

    /// The memory after the bytes, up to a place.
    fn room(&mut self, upto: usize) -> &mut [u8] {
        if self.memory.is_empty() {
            self.memory = vec![0; upto];
        } else if self.memory.len() < upto {
            self.memory.resize(upto, 0);
        }
        self.memory.get_mut(self.end..upto).unwrap_or_default()
    }

    fn append(&mut self, bytes: &[u8]) {
        let end = self.end + bytes.len();
        self.room(end).copy_from_slice(bytes);
        self.end = end;
    }
}

/// A block of whole rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// Its number, from 0.
    index: usize,
    /// Its last row has a quoted field that is not closed.
    open: bool,
}

impl<S, E> Cutter<S, E>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    pub(super) const fn new(form: FormatOptions, source: S) -> Self {
        Self { form, source, carry: Vec::new(), ended: false, failed: None, blocks: 0 }
    }

    /// Reads the next block into the buffer; `None` at the end.
    fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Block>, E> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        buffer.start = 0;
        buffer.end = 0;
        buffer.append(&self.carry);
        self.carry.clear();
        let mut open = false;
        while !self.ended {
            // A row that is longer than a block is read in growing steps, so that it is not searched over and over.
            let filled = buffer.end;
            let wanted = self.form.block_bytes.max(filled.saturating_mul(2));
            while buffer.end < wanted && self.failed.is_none() {
                let room = buffer.room(wanted);
                match (self.source)(room) {
                    Ok(0) => {
                        self.ended = true;
                        break;
                    }
                    Ok(read) => buffer.end += read.min(room.len()),
                    Err(error) => self.failed = Some(error),
                }
            }
            if self.ended {
                break;
            }
            let end;
            (end, open) = self.rows_end(buffer.bytes());
            if end > 0 {
                self.carry.extend_from_slice(buffer.bytes().get(end..).unwrap_or_default());
                buffer.end = end;
                open = false;
                break;
            }
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
        }
        if self.ended && matches!(self.form.format, DataFormat::Csv | DataFormat::Tsv) {
            open = self.rows_end(buffer.bytes()).1;
        }
        if self.ended && buffer.end == 0 {
            return Ok(None);
        }
        self.blocks += 1;
        Ok(Some(Block { index: self.blocks - 1, open }))
    }

    /// Where the last whole row ends, and whether the rest has a quoted field that is not closed.
    fn rows_end(&self, bytes: &[u8]) -> (usize, bool) {
        match self.form.format {
            // One array is read as a whole.
            DataFormat::Json => (0, false),
            DataFormat::NdJson => (memrchr(b'\n', bytes).map_or(0, |at| at + 1), false),
            DataFormat::Csv => csv::records_end(bytes, b','),
            DataFormat::Tsv => csv::records_end(bytes, b'\t'),
        }
    }
}

/// Reads the rows of blocks of one format.
enum BlockParser {
    Array(Objects),
    Lines(Objects),
    Records(Box<Records>),
}

impl BlockParser {
    fn new(form: FormatOptions) -> Self {
        match form.format {
            DataFormat::Json => Self::Array(Objects::new(false, form.parsed)),
            DataFormat::NdJson => Self::Lines(Objects::new(true, form.parsed)),
            DataFormat::Csv => Self::Records(Box::new(Records::new(b',', form.parsed))),
            DataFormat::Tsv => Self::Records(Box::new(Records::new(b'\t', form.parsed))),
        }
    }

    /// Passes the rows of a block to a visitor. Gives the number of its lines, too.
    fn rows<C: RowVisitor>(
        &mut self,
        bytes: &[u8],
        block: Block,
        names: &ColumnNames,
        cells: &mut C,
    ) -> (usize, ReadEnd) {
        match self {
            Self::Array(objects) => (0, json::rows(bytes, objects, cells)),
            Self::Lines(objects) => json::lines(bytes, objects, cells),
            Self::Records(records) => {
                let read = records.rows(bytes, block.open, names, cells);
                (super::rows::lines_of(bytes, bytes.len()), read)
            }
        }
    }
}

/// Data whose header was read: it stands at its first row.
struct Opened {
    parser: BlockParser,
    /// The names of the columns, if there is a header.
    names: ColumnNames,
    /// How many lines come before the first row.
    lines: usize,
    /// The first block, from its first row on.
    first: Option<Block>,
}

/// Reads up to the first row: a byte order mark and the header, if there are such.
fn open<S, E>(cutter: &mut Cutter<S, E>, buffer: &mut Buffer) -> Result<Opened, LoadStop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut parser = BlockParser::new(cutter.form);
    let (mut names, mut lines) = (ColumnNames::new(), 0);
    let wrong = |mut error: DataError, lines: usize| {
        error.line = error.line.map(|line| line + lines);
        LoadStop::Error(Box::new(error))
    };
    let mut first = cutter.next(buffer).map_err(LoadStop::Source)?;
    if buffer.bytes().starts_with(b"\xef\xbb\xbf") {
        buffer.start += 3;
    }
    if let BlockParser::Records(records) = &mut parser {
        loop {
            if first.is_none() {
                return Err(wrong(csv::no_header(), 0));
            }
            let bytes = buffer.bytes();
            let header = records.header(bytes).map_err(|error| wrong(error, lines))?;
            let end = header.as_ref().map_or(bytes.len(), |(_, end)| *end);
            lines += super::rows::lines_of(bytes, end);
            if let Some((found, _)) = header {
                names = found;
                buffer.start += end;
                break;
            }
            first = cutter.next(buffer).map_err(LoadStop::Source)?;
        }
    }
    Ok(Opened { parser, names, lines, first })
}

/// Passes all rows to a visitor, one after the other, until it wants no more.
pub(super) fn visit<S, E, C: RowVisitor>(mut cutter: Cutter<S, E>, cells: &mut C) -> Result<(), LoadStop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut buffer = Buffer::default();
    let Opened { mut parser, names, mut lines, mut first } = open(&mut cutter, &mut buffer)?;
    names.iter().for_each(|name| cells.name(name));
    while let Some(block) = first {
        let (count, read) = parser.rows(buffer.bytes(), block, &names, cells);
        match read {
            ReadEnd::Whole => {}
            ReadEnd::Stopped => break,
            ReadEnd::Failed(mut error) => {
                error.line = error.line.map(|line| line + lines);
                return Err(LoadStop::Error(Box::new(error)));
            }
        }
        lines += count;
        first = cutter.next(&mut buffer).map_err(LoadStop::Source)?;
    }
    Ok(())
}

/// The result of one block: its lines, its skipped rows, its error.
struct BlockReport<E> {
    lines: usize,
    skipped: Vec<DataError>,
    skipped_count: usize,
    stop: Option<LoadStop<E>>,
}

/// Collects the results of blocks in the order of the data.
struct BlockLedger<E> {
    /// Those that wait for one before them.
    waiting: BTreeMap<usize, BlockReport<E>>,
    next: usize,
    lines: usize,
    skipped: Vec<DataError>,
    skipped_count: usize,
    stop: Option<LoadStop<E>>,
}

/// All rows that were loaded, in pieces.
pub(super) struct Filled {
    /// The columns of each piece.
    pub pieces: Vec<Vec<Column>>,
    /// The rows of pieces in the order of the data.
    pub parts: Vec<PieceRows>,
    pub skipped: Vec<DataError>,
    pub skipped_count: usize,
}

impl<E> BlockLedger<E> {
    fn add(&mut self, index: usize, report: BlockReport<E>) {
        self.waiting.insert(index, report);
        while let Some(mut report) = self.waiting.remove(&self.next).filter(|_| self.stop.is_none()) {
            self.next += 1;
            let before = self.lines;
            let moved = |mut error: DataError| {
                error.line = error.line.map(|line| line + before);
                error
            };
            let room = Loaded::MAX_LISTED.saturating_sub(self.skipped.len());
            self.skipped.extend(report.skipped.drain(..).take(room).map(moved));
            self.skipped_count += report.skipped_count;
            self.lines += report.lines;
            self.stop = report.stop.map(|stop| match stop {
                LoadStop::Error(error) => LoadStop::Error(Box::new(moved(*error))),
                other => other,
            });
        }
    }
}

/// The source and the ledger that workers share.
struct SharedWork<S, E> {
    cutter: Mutex<(Cutter<S, E>, bool)>,
    ledger: Mutex<BlockLedger<E>>,
    names: ColumnNames,
    /// About how many bytes a worker will read, if that is known.
    share: Option<u64>,
}

/// Locks a mutex. A worker's panic is resumed by the thread that joins it; what it held is not used any more.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Loads all rows on several threads; those that the filter drops may be left out.
pub(super) fn load<S, E>(
    mut cutter: Cutter<S, E>,
    task: &LoadTask<'_>,
    threads: usize,
    filter: Option<RowFilter<'_>>,
) -> Result<Filled, LoadStop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E> + Send,
    E: Send,
{
    let mut buffer = Buffer::default();
    let Opened { parser, names, lines, first } = open(&mut cutter, &mut buffer)?;
    let alone = cutter.ended || threads <= 1;
    let form = cutter.form;
    let shared = SharedWork {
        cutter: Mutex::new((cutter, false)),
        ledger: Mutex::new(BlockLedger {
            waiting: BTreeMap::new(),
            next: 0,
            lines,
            skipped: Vec::new(),
            skipped_count: 0,
            stop: None,
        }),
        names,
        // A few rows may be nothing like the others.
        share: form
            .size
            .filter(|&size| size >= form.block_bytes as u64)
            .map(|size| if alone { size } else { size / threads.max(1) as u64 }),
    };
    // Empty blocks may come before the header.
    if let Some(block) = first {
        lock(&shared.ledger).next = block.index;
    }
    let workers = if alone {
        vec![work(&shared, Pieces::new(task, filter), task, parser, buffer, first)]
    } else {
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|_| {
                    let (shared, pieces) = (&shared, Pieces::new(task, filter));
                    let parser = BlockParser::new(form);
                    std::thread::Builder::new().spawn_scoped(scope, move || {
                        work(shared, pieces, task, parser, Buffer::default(), None)
                    })
                })
                .collect();
            let mut workers = vec![work(&shared, Pieces::new(task, filter), task, parser, buffer, first)];
            // If a thread could not be started, the others do its work.
            for other in others.into_iter().flatten() {
                match other.join() {
                    Ok(pieces) => workers.push(pieces),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            workers
        })
    };
    let ledger = shared.ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(stop) = ledger.stop {
        return Err(stop);
    }
    let (mut pieces, mut parts) = (Vec::new(), Vec::new());
    for worker in workers {
        let before = pieces.len();
        pieces.extend(worker.pieces);
        let moved =
            |(block, part): (usize, PieceRows)| (block, PieceRows { piece: part.piece + before, ..part });
        parts.extend(worker.parts.into_iter().map(moved));
    }
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
    Ok(Filled { pieces, parts: joined, skipped: ledger.skipped, skipped_count: ledger.skipped_count })
}

/// Takes blocks and loads their rows, until there are none left.
fn work<'k, S, E>(
    shared: &SharedWork<S, E>,
    mut pieces: Pieces<'k>,
    task: &LoadTask<'_>,
    mut parser: BlockParser,
    mut buffer: Buffer,
    mut block: Option<Block>,
) -> Pieces<'k>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut loader = Loader::new(task);
    shared.names.iter().for_each(|name| loader.name(name));
    loop {
        let current = match block.take() {
            Some(block) => block,
            None => {
                let mut guard = lock(&shared.cutter);
                let (cutter, stopped) = &mut *guard;
                if *stopped {
                    return pieces;
                }
                match cutter.next(&mut buffer) {
                    Ok(Some(block)) => block,
                    Ok(None) => {
                        drop(guard);
                        pieces.end(&mut loader);
                        return pieces;
                    }
                    Err(error) => {
                        *stopped = true;
                        let index = cutter.blocks;
                        drop(guard);
                        let stop = Some(LoadStop::Source(error));
                        let report = BlockReport { lines: 0, skipped: Vec::new(), skipped_count: 0, stop };
                        lock(&shared.ledger).add(index, report);
                        return pieces;
                    }
                }
            }
        };
        let offset = loader.count();
        let first = offset == 0;
        let (lines, read) = parser.rows(buffer.bytes(), current, &shared.names, &mut loader);
        let stop = match (read, loader.stop.take()) {
            (ReadEnd::Failed(error), _) => Some(LoadStop::Error(Box::new(error))),
            (_, Some(LoadStop::Error(error))) => Some(LoadStop::Error(error)),
            (_, Some(_)) => Some(LoadStop::Guess),
            (_, None) => None,
        };
        if first && let Some(rows) = pieces.expected(&loader, buffer.bytes().len(), shared.share) {
            loader.expect(rows);
        }
        let stopped = stop.is_some();
        if stopped {
            lock(&shared.cutter).1 = true;
        }
        let report = BlockReport {
            lines,
            skipped: std::mem::take(&mut loader.skipped),
            skipped_count: std::mem::take(&mut loader.skipped_count),
            stop,
        };
        lock(&shared.ledger).add(current.index, report);
        if stopped {
            return pieces;
        }
        pieces.add(current.index, offset, &mut loader);
    }
}
