//! The protocol between readers of formats and what takes their rows: names, rows, cells.

use indexmap::IndexSet;

use super::cell::RawCell;
use super::error::{DataCure, DataError};
use super::lex::Raw;
use super::mend::Mend;
use crate::types::ScalarType;

/// The names of the columns in the data, in the order of their appearance; cells refer to them by number.
pub(super) type ColumnNames = IndexSet<String>;

/// One row as it stands in the data: no column twice.
pub(super) struct Row<'r> {
    /// The line it begins in, from 1.
    pub line: usize,
    /// Numbers of names, and cells.
    pub cells: &'r [(usize, RawCell<'r>)],
}

/// Takes the rows of data.
///
/// A row comes cell by cell while nothing about it is odd, and counts with [`RowVisitor::end`]. An odd row comes again as
/// a whole, so that everything that is wrong with it can be reported.
pub(super) trait RowVisitor {
    /// Takes a name that the data did not have before.
    fn name(&mut self, name: &str);
    /// Takes such a name with the type that the data says its cells are of.
    fn typed_name(&mut self, name: &str, _: ScalarType) {
        self.name(name);
    }
    /// Takes a cell of the current row; `false` asks for the whole row.
    fn cell(&mut self, id: usize, raw: Raw<'_>) -> bool;
    /// Takes a cell that is a text.
    #[inline]
    fn text(&mut self, id: usize, text: &[u8]) -> bool {
        self.cell(id, Raw::Text(text))
    }
    /// Drops the cells since the last row.
    fn forget(&mut self);
    /// Makes a row of the cells since the last one. Gives whether to go on.
    fn end(&mut self) -> bool;
    /// Takes note that the row that comes next, which begins in a line, was mended.
    fn mended(&mut self, _: Mend, _: usize) {}
    /// Takes a whole row, or its error. Gives whether to go on.
    fn row(&mut self, names: &ColumnNames, row: Result<Row<'_>, DataError>) -> bool;
}

/// How reading a block ended.
pub(super) enum ReadEnd {
    /// All of it was read.
    Whole,
    /// Enough has been seen.
    Stopped,
    /// The rest cannot be read.
    Failed(DataError),
}

/// Makes the error for bytes that are not UTF-8: the first `valid` of them are.
pub(super) fn not_utf8(bytes: &[u8], valid: usize) -> DataError {
    let before = bytes.get(..valid).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let line = before.get(start..).unwrap_or_default();
    let characters = std::str::from_utf8(line).map_or(line.len(), |line| line.chars().count());
    let byte = bytes.get(valid).copied().unwrap_or_default();
    let message = format!("the text is not UTF-8, by the byte 0x{byte:02X}: it may be Windows-1252");
    DataError::new(lines_of(bytes, valid) + 1, message).behind(characters).cured_by(DataCure::Windows1252)
}

/// Counts the lines that end before a place.
pub(super) fn lines_of(bytes: &[u8], end: usize) -> usize {
    memchr::memchr_iter(b'\n', bytes.get(..end).unwrap_or(bytes)).count()
}
