//! What a file is asked for: columns with their types, and rows. It must not know how a file is laid out.

use arrow_schema::Field;
use kqlite::{DataError, ScalarType, Table};

use crate::types;

/// Selects the rows of a table that each of its readers needs: for each reader the numbers of rows in ascending order, or
/// `None` for all of them.
pub type ReaderFilter<'f> = &'f (dyn Fn(&Table) -> Option<Vec<Vec<u32>>> + Sync);

/// The fewest bytes that are worth several threads.
pub const MIN_BYTES_FOR_THREADS: usize = 1 << 22;

/// A column that is asked for: of the table, and of the data.
#[derive(Debug)]
pub struct ColumnRequest {
    pub name: String,
    /// The column of the data, if it has one.
    pub field: Option<Field>,
    /// Where it stands there.
    pub at: Option<usize>,
    /// The type that the schema asks for.
    pub data_type: Option<ScalarType>,
}

impl ColumnRequest {
    /// The type that it gets; an error where there is none.
    pub fn data_type(&self) -> Result<ScalarType, DataError> {
        match (self.data_type, &self.field) {
            (Some(data_type), _) => Ok(data_type),
            (None, Some(field)) => types::kind_of(field).map_err(|reason| self.fail(reason)),
            (None, None) => Ok(ScalarType::String),
        }
    }

    /// It is a column of strings, in the table and in the data.
    pub fn is_text(&self) -> bool {
        let own = self.field.as_ref().map(types::kind_of);
        own == Some(Ok(ScalarType::String))
            && self.data_type.is_none_or(|data_type| data_type == ScalarType::String)
    }

    pub fn fail(&self, reason: impl Into<String>) -> DataError {
        let mut error = DataError::from_message(reason);
        error.column = Some(self.name.clone());
        error
    }
}

/// Rows that are asked for.
pub struct RowSelection<'r> {
    /// In ascending order.
    pub rows: Vec<u32>,
    /// The rows that each reader needs, and the columns that it reads.
    pub readers: Vec<(&'r [&'r str], Vec<u32>)>,
}

impl RowSelection<'_> {
    /// The rows that are needed of a column; `None` if all are.
    pub fn rows_of(&self, column: &str) -> Option<Vec<u32>> {
        let readers = self.readers.iter().filter(|(columns, _)| columns.contains(&column));
        let rows = union(readers.map(|(_, rows)| rows.as_slice()));
        (rows.len() < self.rows.len()).then_some(rows)
    }
}

/// The rows that are in any of these, which are in ascending order.
pub fn union<'r>(rows: impl Iterator<Item = &'r [u32]>) -> Vec<u32> {
    let mut all = rows.collect::<Vec<_>>().concat();
    // Runs that are in order already are only merged.
    all.sort();
    all.dedup();
    all
}
