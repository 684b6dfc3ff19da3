//! Rows in a file: written piece by piece, read in the same pieces.

use std::io::{self, Read, SeekFrom};

use super::super::context::{ExecContext, Site};
use super::super::stream::Stream;
use super::store::SpillFile;
use crate::column::{Chunk, Column, decode_rows, encode_rows};
use crate::diagnostic::Code;
use crate::function::{Failure, Result};
use crate::types::ScalarType;

/// A file that rows are written to.
pub(in crate::exec) struct SpillWriter {
    file: Box<dyn SpillFile>,
    types: Vec<ScalarType>,
    at: Site,
    rows: usize,
}

/// Rows as they are written.
pub(in crate::exec) struct EncodedRows {
    bytes: Vec<u8>,
    rows: usize,
}

impl EncodedRows {
    /// The rows of some columns.
    pub(in crate::exec) fn new(columns: &[Column], rows: usize) -> Self {
        let mut bytes = Vec::new();
        if rows > 0 {
            encode_rows(columns, rows, &mut bytes);
        }
        Self { bytes, rows }
    }

    /// There are none.
    pub(in crate::exec) const fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

fn failed(at: Site, error: &io::Error) -> Failure {
    let message = format!("{} cannot put rows aside: {error}", at.name);
    at.fail(Code::SpillFailed, message)
}

impl SpillWriter {
    /// An empty file for rows of these types.
    pub(in crate::exec) fn new(context: &ExecContext<'_>, at: Site, types: Vec<ScalarType>) -> Result<Self> {
        let Some(store) = context.run.spill else {
            return Err(at.internal("rows are put aside, but there is nowhere to put them"));
        };
        let file = store.create().map_err(|error| failed(at, &error))?;
        Ok(Self { file, types, at, rows: 0 })
    }

    /// Adds rows; a reader gets them as one chunk.
    pub(in crate::exec) fn push(&mut self, columns: &[Column], rows: usize) -> Result<()> {
        self.write(&EncodedRows::new(columns, rows))
    }

    /// As [`Self::push`], for rows that were encoded elsewhere.
    pub(in crate::exec) fn write(&mut self, rows: &EncodedRows) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.rows += rows.rows;
        let length = (rows.bytes.len() as u64).to_le_bytes();
        let written = self.file.write_all(&length).and_then(|()| self.file.write_all(&rows.bytes));
        written.map_err(|error| failed(self.at, &error))
    }

    /// The rows, from the first one on.
    pub(in crate::exec) fn into_reader(mut self) -> Result<SpillReader> {
        let rewound = self.file.flush().and_then(|()| self.file.seek(SeekFrom::Start(0)));
        rewound.map_err(|error| failed(self.at, &error))?;
        Ok(SpillReader {
            file: self.file,
            types: self.types,
            at: self.at,
            rows: self.rows,
            buffer: Vec::new(),
        })
    }
}

/// The rows of a file, one piece after the other.
pub(in crate::exec) struct SpillReader {
    file: Box<dyn SpillFile>,
    types: Vec<ScalarType>,
    at: Site,
    /// How many are left.
    rows: usize,
    buffer: Vec<u8>,
}

impl SpillReader {
    /// How many rows are left.
    pub(in crate::exec) const fn len(&self) -> usize {
        self.rows
    }
}

impl Stream for SpillReader {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if self.rows == 0 {
            return Ok(None);
        }
        let mut length = [0; 8];
        self.file.read_exact(&mut length).map_err(|error| failed(self.at, &error))?;
        let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
        self.buffer.clear();
        // Not more than there is: a damaged length allocates nothing.
        let read = (&mut self.file).take(length as u64).read_to_end(&mut self.buffer);
        read.map_err(|error| failed(self.at, &error))?;
        let rows = decode_rows(&self.types, &self.buffer).filter(|(_, rows)| (1..=self.rows).contains(rows));
        let Some((columns, rows)) = rows else {
            let message =
                format!("{}: a file of rows that were put aside is not what was written", self.at.name);
            return Err(self.at.fail(Code::SpillFailed, message));
        };
        self.rows -= rows;
        Ok(Some(Chunk::new(columns, rows)))
    }
}
