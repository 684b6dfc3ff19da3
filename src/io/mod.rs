//! Reads tables from bytes and writes them: JSON, NDJSON, CSV and TSV in; text, Markdown and Kusto's answer form too on the
//! way out.
//! It must not know files, streams or queries: the caller hands it bytes and takes text.

mod block_scan;
mod blocks;
mod cell;
mod csv;
mod dialect;
mod envelope;
mod error;
mod infer;
mod json;
#[cfg(test)]
mod layout_tests;
mod lex;
mod load;
mod log_header;
mod mend;
mod objects;
mod options;
mod pieces;
mod read;
mod record_error;
mod record_rows;
#[cfg(test)]
mod record_tests;
mod record_types;
mod records;
mod row_deserializer;
mod rows;
#[cfg(test)]
mod same_tests;
mod scan;
mod sink;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use error::{DataCure, DataError};
pub use mend::{Mend, MendedRows};
pub use options::{BadRows, DataFormat, Loaded, RowFilter};
pub use read::{InferredSchema, TableReader};
pub use record_types::RecordTypeError;
pub use scan::TableScan;
pub use write::{OutputFormat, write_tables};
