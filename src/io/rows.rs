//! What the readers of formats show, and to whom: names, rows, cells. It must not know formats or types.

use indexmap::IndexSet;

use super::DataError;
use super::cell::Cell;
use super::lex::Raw;

/// The names of the columns in the data, in the order of their appearance; cells refer to them by number.
pub(super) type Names = IndexSet<String>;

/// One row as it stands in the data: no column twice.
pub(super) struct Row<'r> {
    /// The line it begins in, from 1.
    pub line: usize,
    /// Numbers of names, and cells.
    pub cells: &'r [(usize, Cell<'r>)],
}

/// Is shown the rows.
///
/// A row comes cell by cell while nothing about it is odd, and counts with [`Cells::end`]. What is odd is shown again, as
/// a whole: then everything that is wrong with it can be told.
pub(super) trait Cells {
    /// A name that the data did not have before.
    fn name(&mut self, name: &str);
    /// A cell of the row that is read; `false` asks for the whole row.
    fn cell(&mut self, id: usize, raw: Raw<'_>) -> bool;
    /// A cell that is a text.
    #[inline]
    fn text(&mut self, id: usize, text: &[u8]) -> bool {
        self.cell(id, Raw::Text(text))
    }
    /// The cells since the last row are no row.
    fn forget(&mut self);
    /// The cells are a row. Says whether to go on.
    fn end(&mut self) -> bool;
    /// A whole row, or why there is none. Says whether to go on.
    fn row(&mut self, names: &Names, row: Result<Row<'_>, DataError>) -> bool;
}

/// How the reading of a piece of data ended.
pub(super) enum Read {
    /// All of it was read.
    Whole,
    /// Enough has been seen.
    Stopped,
    /// The rest cannot be read.
    Failed(DataError),
}

/// The error for bytes that are no text: `valid` of them are.
pub(super) fn not_utf8(bytes: &[u8], valid: usize) -> DataError {
    DataError::new(lines_of(bytes, valid) + 1, "the text is not UTF-8")
}

/// How many lines end before a place.
pub(super) fn lines_of(bytes: &[u8], end: usize) -> usize {
    memchr::memchr_iter(b'\n', bytes.get(..end).unwrap_or(bytes)).count()
}
