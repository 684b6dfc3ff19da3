//! How text files are laid out, where that cannot be seen. It must not know files, nor arguments.

use encoding_rs::Encoding;
use kqlite::{DataFormat, TableReader};

/// How text is laid out, where it cannot be seen.
#[derive(Debug, Clone)]
pub struct TextLayout {
    /// The format of files whose names do not tell it.
    pub format: Option<DataFormat>,
    /// The encoding; UTF-8 or, by its byte order mark, UTF-16 where nothing is said.
    pub encoding: Option<&'static Encoding>,
    /// What separates the fields of delimited text.
    pub delimiter: Option<u8>,
    /// So many lines come before the header.
    pub skip_lines: usize,
    /// There is no header.
    pub no_header: bool,
    /// What quotes fields of delimited text, if anything does.
    pub quote: Option<u8>,
    /// What stands before quotes in quoted fields, beside quotes that are doubled.
    pub escape: Option<u8>,
    /// Rows have as many fields as they like.
    pub ragged: bool,
    /// In dates with slashes or points the day comes first.
    pub day_first: bool,
    /// A comma stands before the fraction of numbers.
    pub decimal_comma: bool,
    /// Under which names of JSON the rows are.
    pub path: Option<String>,
}

impl TextLayout {
    /// The reader for text that is laid out so.
    pub fn reader(&self, format: DataFormat) -> TableReader {
        let mut reader = TableReader::new(format)
            .skip_lines(self.skip_lines)
            .header(!self.no_header)
            .quote(self.quote)
            .escape(self.escape)
            .ragged(self.ragged)
            .day_first(self.day_first)
            .decimal_comma(self.decimal_comma);
        if let Some(delimiter) = self.delimiter {
            reader = reader.delimiter(delimiter);
        }
        match &self.path {
            Some(path) => reader.path(path),
            None => reader,
        }
    }
}
