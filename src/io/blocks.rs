//! Data in blocks: cut where rows end, read side by side, put together in order. It must not know files or types.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memchr::memrchr;

use super::csv::{self, Records};
use super::load::{Loader, Stop, Task};
use super::objects::Objects;
use super::pieces::{Keep, Pieces};
use super::read::Loaded;
use super::rows::{Cells, Names, Read};
use super::sink::Part;
use super::{DataError, DataFormat, json};
use crate::column::Column;

/// So many bytes are read at once: they stay in a processor's cache.
pub(super) const BLOCK_BYTES: usize = 1 << 19;

/// How the bytes are to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub format: DataFormat,
    /// A block has about so many bytes.
    pub block_bytes: usize,
    /// Every row is left to the format's parser: the model for the faster ways.
    pub parsed: bool,
    /// How many bytes there are in all, if that is known.
    pub size: Option<u64>,
}

/// Cuts what a source gives into blocks of whole rows.
pub(super) struct Cutter<S, E> {
    form: Form,
    source: S,
    /// The beginning of the next block.
    carry: Vec<u8>,
    ended: bool,
    /// The source's error, which comes after the rows before it.
    failed: Option<E>,
    blocks: usize,
}

/// A block's bytes. The memory is used again for the next one.
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

/// What a block is.
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
    pub(super) const fn new(form: Form, source: S) -> Self {
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

/// Reads the rows of blocks.
enum Parser {
    Array(Objects),
    Lines(Objects),
    Records(Box<Records>),
}

impl Parser {
    fn new(form: Form) -> Self {
        match form.format {
            DataFormat::Json => Self::Array(Objects::new(false, form.parsed)),
            DataFormat::NdJson => Self::Lines(Objects::new(true, form.parsed)),
            DataFormat::Csv => Self::Records(Box::new(Records::new(b',', form.parsed))),
            DataFormat::Tsv => Self::Records(Box::new(Records::new(b'\t', form.parsed))),
        }
    }

    /// Shows the rows of a block. Tells how many lines it has, too.
    fn rows<C: Cells>(&mut self, bytes: &[u8], block: Block, names: &Names, cells: &mut C) -> (usize, Read) {
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

/// The data at its first row.
struct Opened {
    parser: Parser,
    /// The names of the columns, where a header tells them.
    names: Names,
    /// How many lines come before the first row.
    lines: usize,
    /// The first block, from its first row on.
    first: Option<Block>,
}

/// Reads up to the first row: a byte order mark and the header, if there are such.
fn open<S, E>(cutter: &mut Cutter<S, E>, buffer: &mut Buffer) -> Result<Opened, Stop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut parser = Parser::new(cutter.form);
    let (mut names, mut lines) = (Names::new(), 0);
    let wrong = |mut error: DataError, lines: usize| {
        error.line = error.line.map(|line| line + lines);
        Stop::Error(Box::new(error))
    };
    let mut first = cutter.next(buffer).map_err(Stop::Source)?;
    if buffer.bytes().starts_with(b"\xef\xbb\xbf") {
        buffer.start += 3;
    }
    if let Parser::Records(records) = &mut parser {
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
            first = cutter.next(buffer).map_err(Stop::Source)?;
        }
    }
    Ok(Opened { parser, names, lines, first })
}

/// Shows all rows, one after the other, as long as they are wanted.
pub(super) fn show<S, E, C: Cells>(mut cutter: Cutter<S, E>, cells: &mut C) -> Result<(), Stop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut buffer = Buffer::default();
    let Opened { mut parser, names, mut lines, mut first } = open(&mut cutter, &mut buffer)?;
    names.iter().for_each(|name| cells.name(name));
    while let Some(block) = first {
        let (count, read) = parser.rows(buffer.bytes(), block, &names, cells);
        match read {
            Read::Whole => {}
            Read::Stopped => break,
            Read::Failed(mut error) => {
                error.line = error.line.map(|line| line + lines);
                return Err(Stop::Error(Box::new(error)));
            }
        }
        lines += count;
        first = cutter.next(&mut buffer).map_err(Stop::Source)?;
    }
    Ok(())
}

/// What became of one block.
struct Report<E> {
    lines: usize,
    skipped: Vec<DataError>,
    skipped_count: usize,
    stop: Option<Stop<E>>,
}

/// The blocks that are done, in order.
struct Ledger<E> {
    /// Those that wait for one before them.
    waiting: BTreeMap<usize, Report<E>>,
    next: usize,
    lines: usize,
    skipped: Vec<DataError>,
    skipped_count: usize,
    stop: Option<Stop<E>>,
}

/// What was read.
pub(super) struct Filled {
    /// Columns, some of them for some rows.
    pub pieces: Vec<Vec<Column>>,
    /// Which rows of which piece come one after the other.
    pub parts: Vec<Part>,
    pub skipped: Vec<DataError>,
    pub skipped_count: usize,
}

impl<E> Ledger<E> {
    fn add(&mut self, index: usize, report: Report<E>) {
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
                Stop::Error(error) => Stop::Error(Box::new(moved(*error))),
                other => other,
            });
        }
    }
}

/// What the workers share.
struct Shared<S, E> {
    cutter: Mutex<(Cutter<S, E>, bool)>,
    ledger: Mutex<Ledger<E>>,
    names: Names,
    /// About how many bytes a worker will read, if that is known.
    share: Option<u64>,
}

/// A worker that panicked is told by its thread; what it held is not used any more.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Loads all rows, on as many threads as there are to use; of those, the ones that `keep` asks for stay.
pub(super) fn load<S, E>(
    mut cutter: Cutter<S, E>,
    task: &Task<'_>,
    threads: usize,
    keep: Option<Keep<'_>>,
) -> Result<Filled, Stop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E> + Send,
    E: Send,
{
    let mut buffer = Buffer::default();
    let Opened { parser, names, lines, first } = open(&mut cutter, &mut buffer)?;
    let alone = cutter.ended || threads <= 1;
    let form = cutter.form;
    let shared = Shared {
        cutter: Mutex::new((cutter, false)),
        ledger: Mutex::new(Ledger {
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
        vec![work(&shared, Pieces::new(task, keep), task, parser, buffer, first)]
    } else {
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|_| {
                    let (shared, pieces) = (&shared, Pieces::new(task, keep));
                    let parser = Parser::new(form);
                    std::thread::Builder::new().spawn_scoped(scope, move || {
                        work(shared, pieces, task, parser, Buffer::default(), None)
                    })
                })
                .collect();
            let mut workers = vec![work(&shared, Pieces::new(task, keep), task, parser, buffer, first)];
            // Without a thread that was not to be had, the others do its work.
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
        let moved = |(block, part): (usize, Part)| (block, Part { piece: part.piece + before, ..part });
        parts.extend(worker.parts.into_iter().map(moved));
    }
    parts.sort_by_key(|(block, _)| *block);
    let mut joined: Vec<Part> = Vec::new();
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
    shared: &Shared<S, E>,
    mut pieces: Pieces<'k>,
    task: &Task<'_>,
    mut parser: Parser,
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
                        let stop = Some(Stop::Source(error));
                        let report = Report { lines: 0, skipped: Vec::new(), skipped_count: 0, stop };
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
            (Read::Failed(error), _) => Some(Stop::Error(Box::new(error))),
            (_, Some(Stop::Error(error))) => Some(Stop::Error(error)),
            (_, Some(_)) => Some(Stop::Guess),
            (_, None) => None,
        };
        if first && let Some(rows) = pieces.expected(&loader, buffer.bytes().len(), shared.share) {
            loader.expect(rows);
        }
        let stopped = stop.is_some();
        if stopped {
            lock(&shared.cutter).1 = true;
        }
        let report = Report {
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
