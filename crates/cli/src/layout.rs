//! How text files are laid out, where that cannot be seen. It must not know files, nor arguments.

use kqlite::{DataFormat, TableReader};

/// How text is laid out, where it cannot be seen.
#[derive(Debug, Clone, Default)]
pub struct TextLayout {
    /// What separates the fields of delimited text.
    pub delimiter: Option<u8>,
    /// So many lines come before the header.
    pub skip_lines: usize,
    /// There is no header.
    pub no_header: bool,
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
