//! The error of a row that is no record, or of a record that is no row. It must not know either.

use std::fmt;

use serde::de::{Expected, Unexpected};

use super::DataError;

/// Why a record is no row, or a row no such record.
#[derive(Debug)]
pub(super) struct RecordError(Box<RecordFault>);

#[derive(Debug)]
struct RecordFault {
    column: Option<String>,
    message: String,
}

impl RecordError {
    /// The error happened in a column, if it is not known where yet.
    pub(super) fn in_column(mut self, name: &str) -> Self {
        if self.0.column.is_none() {
            self.0.column = Some(name.to_owned());
        }
        self
    }

    /// The error of the row of a table, counted from 0.
    pub(super) fn at_row(self, row: usize) -> DataError {
        let mut error = DataError::new(row + 1, self.0.message);
        error.by_row = true;
        error.column = self.0.column;
        error
    }

    fn new(message: String) -> Self {
        Self(Box::new(RecordFault { column: None, message }))
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for RecordError {}

impl serde::ser::Error for RecordError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::de::Error for RecordError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        // serde's own word for null is "unit value".
        match found {
            Unexpected::Unit => Self::new(format!("invalid type: null, expected {expected}")),
            found => Self::new(format!("invalid type: {found}, expected {expected}")),
        }
    }
}
