//! The error of data that cannot be read: its place, its column, its value, what was expected.

use std::fmt;
use std::num::NonZeroU32;

use super::cell::is_day_first;
use crate::diagnostic::Code;
use crate::types::ScalarType;

/// Data that cannot be read or does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataError {
    /// What the caller called the data, such as a file name.
    pub origin: String,
    /// The line, from 1; `None` if the error is not in one line.
    pub line: Option<usize>,
    /// The data has no lines: `line` counts rows.
    pub by_row: bool,
    /// The column's name.
    pub column: Option<String>,
    /// The value as written, cut if it is long.
    pub value: Option<String>,
    /// The type that the value should have had.
    pub expected: Option<ScalarType>,
    /// There is too much of the data: it goes beyond a limit.
    pub beyond_limit: bool,
    /// Where in the line, in characters from 1, where that is known.
    pub character: Option<NonZeroU32>,
    /// What may read the data nevertheless.
    pub cure: Option<DataCure>,
    /// One sentence.
    pub message: String,
}

/// A setting of a reader that may read data which cannot be read without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataCure {
    /// The text is in another encoding, perhaps Windows-1252: the caller decodes it.
    Windows1252,
    /// The text is UTF-16: the caller decodes it.
    Utf16,
    /// The day comes first in dates, see [`TableReader::day_first`](crate::TableReader::day_first).
    DayFirst,
    /// Rows are as wide as they like, see [`TableReader::ragged`](crate::TableReader::ragged).
    Ragged,
    /// Lines before the header are to be left out, see [`TableReader::skip_lines`](crate::TableReader::skip_lines).
    SkipLines,
    /// Quotes stand behind backslashes in quoted fields, see [`TableReader::escape`](crate::TableReader::escape).
    Backslash,
    /// The header has a name twice: the columns are to be numbered, see [`TableReader::header`](crate::TableReader::header).
    NoHeader,
}

/// The longest value that a message repeats, in characters.
const MAX_SHOWN: usize = 60;

impl DataError {
    pub(super) fn new(line: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        Self {
            origin: String::new(),
            line: line.into(),
            by_row: false,
            column: None,
            value: None,
            expected: None,
            beyond_limit: false,
            character: None,
            cure: None,
            message: message.into(),
        }
    }

    /// Makes an error of a reader outside this library, which sets the other fields that it knows of.
    ///
    /// ```
    /// let mut error = kqlite::DataError::from_message("the file is cut off");
    /// error.origin = "a.parquet".to_owned();
    /// assert_eq!(error.to_string(), "a.parquet: the file is cut off");
    /// ```
    #[must_use]
    pub fn from_message(message: impl Into<String>) -> Self {
        Self::new(None, message)
    }

    /// Makes the error of a value, as text, that is not of its column's type.
    #[must_use]
    pub fn from_value(column: &str, value: &str, expected: ScalarType) -> Self {
        Self::misfit(None, column, value, expected)
    }

    /// Data that goes beyond a limit; `what` says of what there is too much.
    pub(super) fn beyond(line: impl Into<Option<usize>>, what: &str, limit: usize) -> Self {
        let shown = match limit.checked_shr(20) {
            Some(megabytes) if megabytes > 0 => format!("{megabytes} MB"),
            _ => format!("{limit} bytes"),
        };
        Self { beyond_limit: true, ..Self::new(line, format!("{what} {shown}")) }
    }

    /// A value that is not of its column's type.
    pub(super) fn misfit(
        line: impl Into<Option<usize>>,
        column: &str,
        value: &str,
        expected: ScalarType,
    ) -> Self {
        let mut shown: String = value.chars().take(MAX_SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        let day_first = expected == ScalarType::DateTime && is_day_first(value);
        Self {
            column: Some(column.to_owned()),
            message: format!(
                "'{shown}' is not of the type {expected}{}",
                if day_first { ": the day seems to come first" } else { "" }
            ),
            value: Some(shown),
            expected: Some(expected),
            cure: day_first.then_some(DataCure::DayFirst),
            ..Self::new(line, "")
        }
    }

    /// The same behind so many characters of its line.
    pub(super) fn behind(mut self, characters: usize) -> Self {
        self.character = u32::try_from(characters + 1).ok().and_then(NonZeroU32::new);
        self
    }

    /// The same with what may read the data nevertheless.
    pub(super) const fn cured_by(mut self, cure: DataCure) -> Self {
        self.cure = Some(cure);
        self
    }

    pub(super) fn at(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.origin);
        self
    }

    /// The permanent code, as in the diagnostics of queries.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        Code::BadData.as_str()
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.origin.is_empty() { "data" } else { &self.origin })?;
        if let Some(line) = self.line {
            write!(f, ", {} {line}", if self.by_row { "row" } else { "line" })?;
        }
        if let Some(character) = self.character {
            write!(f, ", character {character}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column '{column}'")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for DataError {}
