//! Converts record batches to a table and back. It must not know files.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema as ArrowSchema, SchemaRef};
use kqlite::{DataError, Table};

use crate::export::{self, Unfit};
use crate::reader::Reader;

/// The rows of some batches as a table: see the crate's page for the types.
///
/// [`Reader::table`] does the same with a schema, or several threads.
///
/// # Errors
/// A type that kqlite lacks, a value that does not fit.
pub fn table_from_batches(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Table, DataError> {
    Ok(Reader::new().table(schema, batches)?.table)
}

/// The error of a value that Arrow cannot hold, in rows of which `before` others came before.
pub fn unfit_error(column: &str, unfit: &Unfit, before: usize) -> DataError {
    let mut error = DataError::from_message(format!("'{}' {}", unfit.value, unfit.reason));
    error.line = Some(before + unfit.row + 1);
    error.by_row = true;
    error.column = Some(column.to_owned());
    error
}

/// A table as one batch: see the crate's page for the types. Numbers and texts are not copied.
///
/// # Errors
/// A time that Arrow cannot hold.
pub fn batch_from_table(table: &Table) -> Result<RecordBatch, DataError> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::<ArrayRef>::new());
    for (name, column) in table.schema().names().zip(table.columns()) {
        let (field, array) = export::column(name, column).map_err(|unfit| unfit_error(name, &unfit, 0))?;
        fields.push(field);
        arrays.push(array);
    }
    let rows = RecordBatchOptions::new().with_row_count(Some(table.len()));
    RecordBatch::try_new_with_options(Arc::new(ArrowSchema::new(fields)), arrays, &rows)
        .map_err(|error| DataError::from_message(error.to_string()))
}
