//! Cuts data into blocks of whole rows, and reads the rows of a block.

use std::sync::Arc;

use memchr::memrchr;

use super::csv::{self, Records};
use super::dialect::Dialect;
use super::envelope::{self, RowsInside};
use super::error::{DataCure, DataError};
use super::json;
use super::load::LoadStop;
use super::objects::Objects;
use super::options::{DataFormat, FormatOptions};
use super::rows::{ColumnNames, ReadEnd, RowVisitor};
use crate::types::ScalarType;

/// Cuts the bytes of a source into blocks of whole rows.
pub(super) struct Cutter<S, E> {
    pub form: FormatOptions,
    source: S,
    /// Bytes of the source that were looked at before the first block, how many of them blocks have had, and what the source
    /// failed with behind them.
    peeked: (Vec<u8>, usize, Option<E>),
    /// How many lines before the first block are left out.
    skipped_lines: usize,
    /// The most fields of the first records, where rows may be wider than the header.
    widest: usize,
    /// The beginning of the next block.
    carry: Vec<u8>,
    /// The source has no more bytes.
    pub ended: bool,
    /// The source's error, which comes after the rows before it.
    failed: Option<E>,
    /// How many blocks there were.
    pub blocks: usize,
}

/// Holds a block's bytes; the memory is reused for the next one.
#[derive(Default)]
pub(super) struct Buffer {
    memory: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn bytes(&self) -> &[u8] {
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
    pub index: usize,
    /// Its last row has a quoted field that is not closed.
    open: bool,
}

impl<S, E> Cutter<S, E>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    pub(super) const fn new(form: FormatOptions, source: S) -> Self {
        Self {
            form,
            source,
            peeked: (Vec::new(), 0, None),
            skipped_lines: 0,
            widest: 0,
            carry: Vec::new(),
            ended: false,
            failed: None,
            blocks: 0,
        }
    }

    /// Looks at the first bytes of delimited text for its layout. What comes before the header is in no block.
    fn look(&mut self) {
        const BYTES: usize = 1 << 16;
        let mut bytes = vec![0; BYTES];
        let (mut read, mut failed) = (0, None);
        while let Some(room) = bytes.get_mut(read..).filter(|room| !room.is_empty()) {
            match (self.source)(room) {
                Ok(0) => break,
                Ok(more) => read += more.min(room.len()),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        bytes.truncate(read);
        let layout = self.form.layout_of(&bytes);
        self.skipped_lines = super::rows::lines_of(&bytes, layout.preamble);
        let preamble = layout.preamble;
        self.form.layout = Some(layout.clone());
        if self.form.dialect.ragged {
            let records = bytes.get(preamble..).unwrap_or_default();
            let end = if read < BYTES { records.len() } else { self.rows_end(records).0 };
            let whole = records.get(..end).unwrap_or_default();
            self.widest = Records::new(layout, true, true).widest(whole);
        }
        self.peeked = (bytes, preamble, failed);
    }

    /// Puts the next bytes of the source into the room.
    fn pull(&mut self, room: &mut [u8]) -> Result<usize, E> {
        let (bytes, taken, failed) = &mut self.peeked;
        let rest = bytes.get(*taken..).unwrap_or_default();
        if rest.is_empty() {
            *bytes = Vec::new();
            return failed.take().map_or_else(|| (self.source)(room), Err);
        }
        let count = rest.len().min(room.len());
        let (Some(room), Some(rest)) = (room.get_mut(..count), rest.get(..count)) else { return Ok(0) };
        room.copy_from_slice(rest);
        *taken += count;
        Ok(count)
    }

    /// Reads the next block into the buffer; `None` at the end.
    pub(super) fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Block>, LoadStop<E>> {
        if self.blocks == 0 && self.form.is_delimited() && self.form.layout.is_none() {
            self.look();
        } else if let Some(error) = self.failed.take() {
            return Err(LoadStop::Source(error));
        }
        buffer.start = 0;
        buffer.end = 0;
        buffer.append(&self.carry);
        self.carry.clear();
        let mut open = false;
        while !self.ended {
            // A row that is longer than a block is read in growing steps, so that it is not searched over and over.
            let filled = buffer.end;
            let longest = self.max_bytes().saturating_add(1);
            let wanted = self.form.block_bytes.max(filled.saturating_mul(2).min(longest));
            while buffer.end < wanted && self.failed.is_none() {
                let room = buffer.room(wanted);
                match self.pull(room) {
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
                return Err(LoadStop::Source(error));
            }
            self.check_size(buffer.end, open)?;
        }
        if self.ended && self.form.is_delimited() {
            open = self.rows_end(buffer.bytes()).1;
        }
        if self.ended && buffer.end == 0 {
            return Ok(None);
        }
        self.blocks += 1;
        Ok(Some(Block { index: self.blocks - 1, open }))
    }

    /// The most bytes that are read without the end of a row.
    const fn max_bytes(&self) -> usize {
        match self.form.format {
            DataFormat::Json => self.form.max_table_bytes,
            _ => self.form.max_row_bytes,
        }
    }

    /// Checks the length of a row that does not end.
    fn check_size(&self, bytes: usize, open: bool) -> Result<(), LoadStop<E>> {
        let limit = self.max_bytes();
        let what = match self.form.format {
            DataFormat::Json => "the text is longer than",
            _ if open => "a quoted field is not closed within",
            _ => "the row is longer than",
        };
        if bytes <= limit {
            return Ok(());
        }
        let line = (self.form.format != DataFormat::Json).then_some(1);
        Err(LoadStop::Error(Box::new(DataError::beyond(line, what, limit))))
    }

    /// Where the last whole row ends, and whether the rest has a quoted field that is not closed.
    fn rows_end(&self, bytes: &[u8]) -> (usize, bool) {
        match self.form.format {
            // One array is read as a whole.
            DataFormat::Json => (0, false),
            DataFormat::NdJson => (memrchr(b'\n', bytes).map_or(0, |at| at + 1), false),
            DataFormat::Csv | DataFormat::Tsv => {
                let layout = self.form.layout();
                match layout.quoting {
                    Some(quoting) => csv::records_end(bytes, layout.delimiter, quoting),
                    None => (memrchr(b'\n', bytes).map_or(0, |at| at + 1), false),
                }
            }
        }
    }
}

/// Reads the rows of blocks of one format.
pub(super) enum BlockParser {
    Array(Objects, Option<Arc<str>>),
    Lines(Objects),
    Records(Box<Records>),
}

impl BlockParser {
    pub(super) fn new(form: &FormatOptions) -> Self {
        match form.format {
            DataFormat::Json => Self::Array(Objects::new(false, form.parsed), form.path.clone()),
            DataFormat::NdJson => Self::Lines(Objects::new(true, form.parsed)),
            DataFormat::Csv | DataFormat::Tsv => {
                Self::Records(Box::new(Records::new(form.layout(), form.dialect.ragged, form.parsed)))
            }
        }
    }

    /// Passes the rows of a block to a visitor. Gives the number of its lines, too.
    pub(super) fn rows<C: RowVisitor>(
        &mut self,
        bytes: &[u8],
        block: Block,
        names: &ColumnNames,
        cells: &mut C,
    ) -> (usize, ReadEnd) {
        match self {
            Self::Array(objects, path) => (0, json::rows(bytes, path.as_deref(), objects, cells)),
            Self::Lines(objects) => json::lines(bytes, objects, cells),
            Self::Records(records) => {
                let read = records.rows(bytes, block.open, names, cells);
                (super::rows::lines_of(bytes, bytes.len()), read)
            }
        }
    }
}

/// Data whose header was read: it stands at its first row.
pub(super) struct Opened {
    pub parser: BlockParser,
    /// The names of the columns, if there is a header.
    pub names: ColumnNames,
    /// The types of the first columns, as far as the header tells them.
    pub types: Vec<ScalarType>,
    /// How many lines come before the first row.
    pub lines: usize,
    /// The first block, from its first row on.
    pub first: Option<Block>,
}

/// Reads up to the first row: a byte order mark and the header, if there are such.
pub(super) fn open<S, E>(cutter: &mut Cutter<S, E>, buffer: &mut Buffer) -> Result<Opened, LoadStop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut names = ColumnNames::new();
    let wrong = |mut error: DataError, lines: usize| {
        error.line = error.line.map(|line| line + lines);
        LoadStop::Error(Box::new(error))
    };
    let mut first = cutter.next(buffer)?;
    let mut parser = BlockParser::new(&cutter.form);
    let mut lines = cutter.skipped_lines;
    if is_utf16(buffer.bytes()) {
        let message = "the text is UTF-16, not UTF-8: convert it, such as by iconv -f UTF-16 -t UTF-8";
        let error = DataError::new(None, message).cured_by(DataCure::Utf16);
        return Err(LoadStop::Error(Box::new(error)));
    }
    if buffer.bytes().starts_with(b"\xef\xbb\xbf") {
        buffer.start += 3;
    }
    let log = cutter.form.layout.as_ref().and_then(|layout| layout.log.clone());
    if let Some(header) = &log {
        for name in &header.names {
            if !names.insert(name.clone()) {
                let message = format!("the column '{name}' stands twice in the header");
                return Err(wrong(DataError::new(None, message), 0));
            }
        }
    } else if let BlockParser::Records(records) = &mut parser {
        loop {
            if first.is_none() {
                return Err(wrong(csv::no_header(), 0));
            }
            let bytes = buffer.bytes();
            if !cutter.form.dialect.header {
                if let Some(width) = records.width(bytes) {
                    let width = width.max(cutter.widest);
                    names = (1..=width).map(|number| format!("Column{number}")).collect();
                    break;
                }
                first = cutter.next(buffer).map_err(|stop| stop.below(lines))?;
                continue;
            }
            let header = records.header(bytes).map_err(|error| wrong(error, lines))?;
            let end = header.as_ref().map_or(bytes.len(), |(_, end)| *end);
            lines += super::rows::lines_of(bytes, end);
            if let Some((found, _)) = header {
                names = found;
                while names.len() < cutter.widest {
                    let mut numbered = (names.len() + 1..).map(|number| format!("Column{number}"));
                    let own = numbered.find(|name| !names.contains(name));
                    names.extend(own);
                }
                buffer.start += end;
                break;
            }
            first = cutter.next(buffer).map_err(|stop| stop.below(lines))?;
        }
    }
    let types = log.map(|header| header.types.clone()).unwrap_or_default();
    Ok(Opened { parser, names, types, lines, first })
}

/// Says whether text begins as UTF-16 does: with its byte order mark, or with letters of which one byte is zero.
fn is_utf16(bytes: &[u8]) -> bool {
    let zeros = |at: usize| bytes.chunks_exact(2).take(8).all(|pair| pair.get(at) == Some(&0));
    bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || (bytes.len() >= 4 && zeros(0) != zeros(1))
}

/// What was seen of the form of data beside its rows.
#[derive(Debug, Clone, Default)]
pub(super) struct SeenForm {
    /// The layout of delimited text.
    pub layout: Option<Dialect>,
    /// Inside of what rows of JSON seem to stand, where nobody said so.
    pub rows_inside: Option<RowsInside>,
}

/// Passes all rows to a visitor, one after the other, until it wants no more.
pub(super) fn visit<S, E, C: RowVisitor>(
    mut cutter: Cutter<S, E>,
    cells: &mut C,
) -> Result<SeenForm, LoadStop<E>>
where
    S: FnMut(&mut [u8]) -> Result<usize, E>,
{
    let mut buffer = Buffer::default();
    let Opened { mut parser, names, types, mut lines, mut first } = open(&mut cutter, &mut buffer)?;
    let rows_inside = match parser {
        BlockParser::Array(..) | BlockParser::Lines(_) if cutter.form.path.is_none() => {
            envelope::rows_inside(buffer.bytes())
        }
        _ => None,
    };
    for (at, name) in names.iter().enumerate() {
        match types.get(at) {
            Some(data_type) => cells.typed_name(name, *data_type),
            None => cells.name(name),
        }
    }
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
        first = cutter.next(&mut buffer).map_err(|stop| stop.below(lines))?;
    }
    Ok(SeenForm { layout: cutter.form.layout, rows_inside })
}
