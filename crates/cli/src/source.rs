//! What files of every format share: the choice of a schema, the options of reading, reports of wrong and skipped rows.
//! It must not know formats.

use kqlite::{BadRows, DataError, Loaded, Schema};

use crate::failure::Failure;
use crate::output::eprint_str;

/// Where the schema of a table comes from.
#[derive(Debug)]
pub enum SchemaChoice {
    /// These columns and no others.
    Exactly(Schema),
    /// These columns, and what the data has beside them.
    BuiltIn(Schema),
    /// Columns and types that are inferred from the data.
    Inferred,
}

/// Options for all data.
#[derive(Debug, Clone, Copy)]
pub struct ReadOptions {
    /// What is done with rows that do not fit.
    pub bad_rows: BadRows,
    /// How many threads may read.
    pub threads: usize,
}

/// The failure for data that is wrong.
pub fn data_failure(error: &DataError, built_in: bool) -> Failure {
    let mut text = format!("error[{}]: {error}\n", error.code());
    if built_in && error.expected.is_some() {
        text.push_str(" = help: the table has built-in columns; --schema FILE gives it others\n");
    }
    Failure::Wrong(text)
}

/// Reports the rows that were skipped on the standard error.
pub fn report_skipped(loaded: &Loaded) {
    let mut text = String::new();
    for error in loaded.skipped.iter().take(MAX_REPORTED_ROWS) {
        text.push_str(&format!("skipped: {error}\n"));
    }
    if loaded.skipped_count > MAX_REPORTED_ROWS {
        text.push_str(&format!("skipped: {} more rows\n", loaded.skipped_count - MAX_REPORTED_ROWS));
    }
    eprint_str(&text);
}

/// The most skipped rows that are reported one by one.
const MAX_REPORTED_ROWS: usize = 20;
