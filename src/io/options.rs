//! Settings and results of reading that all parts of it use: formats, what is done with bad rows, which rows stay, what was
//! loaded.

use std::str::FromStr;
use std::sync::Arc;

use super::DataError;
use super::dialect::{Dialect, DialectOptions};
use super::mend::MendedRows;
use crate::column::Table;

/// A format of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataFormat {
    /// An array of objects, or objects one after the other.
    Json,
    /// One JSON object a line.
    NdJson,
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// Tab-separated values with a header.
    Tsv,
}

impl FromStr for DataFormat {
    type Err = ();

    /// Reads a file name's ending: `json`, `ndjson`, `jsonl`, `csv`, `tsv`.
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::NdJson,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            _ => return Err(()),
        })
    }
}

/// What to do with a row that cannot be read or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BadRows {
    /// Stop and say which.
    #[default]
    Fail,
    /// Leave it out and list it.
    Skip,
}

/// A table and what was left out of it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The table.
    pub table: Table,
    /// The rows that were skipped, each with its reason; at most [`Loaded::MAX_LISTED`] of them.
    pub skipped: Vec<DataError>,
    /// How many rows were skipped.
    pub skipped_count: usize,
    /// What was wrong with rows that were read nevertheless, of each kind one.
    pub mended: Vec<MendedRows>,
}

impl Loaded {
    /// The most skipped rows that are listed.
    pub const MAX_LISTED: usize = 1000;
}

/// Selects rows of a table: their numbers in ascending order, or `None` for all of them.
pub type RowFilter<'k> = &'k (dyn Fn(&Table) -> Option<Vec<u32>> + Sync);

/// The bytes that are read at once: as many as stay in a processor's cache.
pub(super) const BLOCK_BYTES: usize = 1 << 19;

/// The format and how it is read.
#[derive(Debug, Clone)]
pub(super) struct FormatOptions {
    pub format: DataFormat,
    /// What the caller says of delimited text.
    pub dialect: DialectOptions,
    /// Under which names of JSON the rows are.
    pub path: Option<Arc<str>>,
    /// How the delimited text is laid out, once its first bytes were seen.
    pub layout: Option<Dialect>,
    /// The size of a block, about, in bytes.
    pub block_bytes: usize,
    /// Leaves every row to the format's parser: the model for the faster ways.
    pub parsed: bool,
    /// The size of all data in bytes, if that is known.
    pub size: Option<u64>,
    /// The most bytes of a row.
    pub max_row_bytes: usize,
    /// The most bytes that a table takes, or the text of one that is read as a whole.
    pub max_table_bytes: usize,
}

impl FormatOptions {
    /// Each field is a text between delimiters.
    pub(super) const fn is_delimited(&self) -> bool {
        matches!(self.format, DataFormat::Csv | DataFormat::Tsv)
    }

    /// How delimited text is laid out; as its format has it where nothing was seen yet.
    pub(super) fn layout(&self) -> Dialect {
        self.layout.clone().unwrap_or_else(|| self.layout_of(&[]))
    }

    /// How delimited text that begins so is laid out.
    pub(super) fn layout_of(&self, bytes: &[u8]) -> Dialect {
        let usual = if self.format == DataFormat::Tsv { b'\t' } else { b',' };
        Dialect::of(bytes, usual, self.dialect)
    }
}
