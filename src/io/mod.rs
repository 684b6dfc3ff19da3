//! Tables from bytes and back: JSON, NDJSON, CSV and TSV in; text, Markdown and Kusto's answer form too on the way out.
//! It must not know files, streams or queries: the caller hands it bytes and takes text.

mod cell;
mod csv;
mod error;
mod infer;
mod json;
mod read;
mod records;
mod sink;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use error::DataError;
pub use read::{BadRows, DataFormat, Loaded, TableReader};
pub use write::OutputFormat;
