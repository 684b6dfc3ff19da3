//! The values of a column that do not fit its type. It must not know where they come from.

use kqlite::{DataError, ScalarType};

/// Values that do not fit, by row.
#[derive(Debug, Default)]
pub struct Misfits(Vec<(usize, Option<Box<str>>)>);

/// The most values that are kept as text; of others only the row is known.
const MAX_SHOWN: usize = 1000;

impl Misfits {
    /// Notes a value; rows are noted in their order.
    pub fn push(&mut self, row: usize, value: impl FnOnce() -> String) {
        let shown = (self.0.len() < MAX_SHOWN).then(|| value().into());
        self.0.push((row, shown));
    }

    /// All values fit.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().map(|(row, _)| *row)
    }

    /// The first value that is noted within some rows; the text is empty where it was not kept.
    pub fn within(&self, rows: std::ops::Range<usize>) -> Option<&str> {
        let at = self.0.partition_point(|(row, _)| *row < rows.start);
        self.0.get(at).filter(|(row, _)| *row < rows.end).map(|(_, text)| text.as_deref().unwrap_or_default())
    }

    /// Appends those of a later part of the column, which begins at row `from`.
    pub fn append(&mut self, later: Self, from: usize) {
        self.0.extend(later.0.into_iter().map(|(row, text)| (from + row, text)));
    }

    /// Notes those of another step over the same rows.
    pub fn merge(&mut self, other: Self) {
        if !other.is_empty() {
            self.0.extend(other.0);
            self.0.sort_by_key(|(row, _)| *row);
            self.0.dedup_by_key(|(row, _)| *row);
        }
    }

    /// The errors of the values that are kept, by row from 0.
    pub fn errors<'m>(
        &'m self,
        column: &'m str,
        expected: ScalarType,
    ) -> impl Iterator<Item = (usize, DataError)> + 'm {
        self.0.iter().filter_map(move |(row, text)| {
            let mut error = DataError::from_value(column, text.as_deref()?, expected);
            error.line = Some(row + 1);
            error.by_row = true;
            Some((*row, error))
        })
    }
}
