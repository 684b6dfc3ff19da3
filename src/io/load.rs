//! Loads rows into columns of a schema. A row goes in cell by cell; if one of its cells is odd, its cells are taken back
//! and the row comes again as a whole, so that the error can say all that is wrong with it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::DataError;
use super::cell::{CellRules, RawCell, parse_iso_datetime};
use super::infer::Inferred;
use super::lex::{self, Raw};
use super::mend::{Mend, Mends};
use super::options::{BadRows, Loaded};
use super::rows::{ColumnNames, Row, RowVisitor};
use super::sink::ColumnSink;
use crate::column::Column;
use crate::types::{ScalarType, Schema};

/// What is loaded, and into which columns.
pub(super) struct LoadTask {
    pub schema: Schema,
    /// What the last columns' cells were in the rows that types were inferred from; nothing where all types are given.
    pub guesses: Option<Vec<Inferred>>,
    /// For each column, whether it is kept.
    pub wanted: Vec<bool>,
    /// How cells are read.
    pub rules: CellRules,
    pub bad_rows: BadRows,
}

impl LoadTask {
    fn guess(&self, column: usize) -> Option<Inferred> {
        let guesses = self.guesses.as_ref()?;
        guesses.get((column + guesses.len()).checked_sub(self.schema.len())?).copied()
    }
}

/// Why loading ended early.
#[derive(Debug)]
pub(super) enum LoadStop<E> {
    Error(Box<DataError>),
    /// A row contradicts an inferred type.
    Guess,
    /// The caller's source failed.
    Source(E),
}

impl<E> LoadStop<E> {
    /// The same behind some lines.
    pub(super) fn below(self, lines: usize) -> Self {
        match self {
            Self::Error(mut error) => {
                error.line = error.line.map(|line| line + lines);
                Self::Error(error)
            }
            other => other,
        }
    }
}

/// What is done with the cells of a column of the data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    /// The schema has no such column.
    Unknown,
    /// They are not kept, and nothing can be wrong with them.
    Skip,
    /// They are checked against the inferred type, and not kept.
    Check,
    /// They are kept, in a column of strings that takes every text.
    Text,
    /// They are kept, in a column of datetimes.
    Instant,
    /// They are kept as they are written, in a column of dynamic values.
    Json,
    /// They are kept, in a column of longs.
    Long,
    /// They are kept, in a column of reals.
    Real,
    /// They are kept.
    Keep,
}

impl Action {
    fn keep(data_type: ScalarType, guess: Option<Inferred>) -> Self {
        match (data_type, guess) {
            // The type of a column that had no values yet comes from its first.
            (_, Some(Inferred(None))) => Self::Keep,
            (ScalarType::String, _) => Self::Text,
            (ScalarType::DateTime, _) => Self::Instant,
            (ScalarType::Dynamic, _) => Self::Json,
            (ScalarType::Long, _) => Self::Long,
            (ScalarType::Real, _) => Self::Real,
            _ => Self::Keep,
        }
    }
}

/// Where the cells of a name go.
#[derive(Clone, Copy)]
struct Target {
    action: Action,
    guess: Option<Inferred>,
    column: usize,
}

/// Fills the columns row by row.
pub(super) struct Loader {
    task: Arc<LoadTask>,
    positions: HashMap<String, usize>,
    /// The target of each name, by its number in the data.
    targets: Vec<Target>,
    sinks: Vec<ColumnSink>,
    count: usize,
    /// Memory for a text whose escapes are resolved.
    scratch: Vec<u8>,
    /// The errors of rows that were skipped since the caller last took them.
    pub skipped: Vec<DataError>,
    pub skipped_count: usize,
    /// What was mended in rows since the caller last took it.
    pub mends: Mends,
    /// Why no more rows are taken.
    pub stop: Option<LoadStop<()>>,
}

impl Loader {
    pub(super) fn new(task: Arc<LoadTask>) -> Self {
        Self {
            positions: task.schema.names().enumerate().map(|(at, name)| (name.to_owned(), at)).collect(),
            targets: Vec::new(),
            sinks: task.schema.columns.iter().map(|column| ColumnSink::new(column.data_type)).collect(),
            task,
            count: 0,
            scratch: Vec::new(),
            skipped: Vec::new(),
            skipped_count: 0,
            mends: Mends::default(),
            stop: None,
        }
    }

    /// Reserves memory for about as many rows.
    pub(super) fn expect(&mut self, rows: usize) {
        for (sink, wanted) in self.sinks.iter_mut().zip(&self.task.wanted) {
            if *wanted {
                sink.expect(rows);
            }
        }
    }

    /// The number of rows so far.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// How many bytes the columns take, about.
    pub(super) fn byte_size(&self) -> usize {
        self.sinks.iter().map(ColumnSink::byte_size).sum()
    }

    /// Takes the columns with the rows so far.
    pub(super) fn take(&mut self) -> Vec<Column> {
        let rows = std::mem::take(&mut self.count);
        self.sinks.iter_mut().map(|sink| sink.take(rows)).collect()
    }

    /// Keeps or checks a cell that has no short way; `false` if the whole row must be looked at.
    fn keep(&mut self, target: Target, raw: Raw<'_>) -> bool {
        let Some(column) = self.task.schema.columns.get(target.column) else { return false };
        let checked = target.action == Action::Check;
        let cell = match raw {
            // Rows without a cell are null.
            Raw::Null => return true,
            Raw::Bool(it) => RawCell::Bool(it),
            Raw::Long(it) => RawCell::Long(it),
            Raw::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => RawCell::Text(Cow::Borrowed(text)),
                Err(_) => return false,
            },
            Raw::Escaped(text) => match lex::unescape(text, &mut self.scratch) {
                Some(text) => RawCell::Text(Cow::Borrowed(text)),
                None => return false,
            },
            // What is in it does not tell what it is.
            Raw::Nested(_) if checked => RawCell::Nested(crate::types::Dynamic::Null),
            Raw::Nested(text) | Raw::Number(text) => match serde_json::from_slice(text) {
                Ok(cell) => cell,
                Err(_) => return false,
            },
        };
        if target.guess.is_some_and(|guess| !guess.holds(&cell, self.task.rules)) {
            return false;
        }
        if checked {
            return true;
        }
        let Some(fit) = cell.fit(column.data_type, self.task.rules) else { return false };
        if let Some(sink) = self.sinks.get_mut(target.column) {
            sink.push(self.count, &fit);
        }
        true
    }

    /// Adds a whole row, or nothing of it.
    fn add(&mut self, names: &ColumnNames, row: &Row<'_>) -> Result<(), LoadStop<()>> {
        let error = |error: DataError| LoadStop::Error(Box::new(error));
        let mut fits = Vec::with_capacity(row.cells.len());
        for (id, cell) in row.cells {
            let target = self.targets.get(*id).copied();
            let Some(target) = target.filter(|it| it.action != Action::Unknown) else {
                if self.task.guesses.is_some() {
                    return Err(LoadStop::Guess);
                }
                return Err(error(self.unknown(names, row)));
            };
            let Some(column) = self.task.schema.columns.get(target.column) else { continue };
            if target.guess.is_some_and(|guess| !guess.holds(cell, self.task.rules)) {
                return Err(LoadStop::Guess);
            }
            if matches!(target.action, Action::Check | Action::Skip) {
                continue;
            }
            let Some(fit) = cell.fit(column.data_type, self.task.rules) else {
                return Err(error(DataError::misfit(
                    row.line,
                    &column.name,
                    &cell.to_text(),
                    column.data_type,
                )));
            };
            fits.push((target.column, fit));
        }
        for (column, fit) in &fits {
            if let Some(sink) = self.sinks.get_mut(*column) {
                sink.push(self.count, fit);
            }
        }
        self.count += 1;
        Ok(())
    }

    /// The error for a row with columns that the schema lacks.
    fn unknown(&self, names: &ColumnNames, row: &Row<'_>) -> DataError {
        let is_unknown =
            |id: usize| self.targets.get(id).is_none_or(|target| target.action == Action::Unknown);
        let unknown: Vec<&str> = row
            .cells
            .iter()
            .filter(|(id, _)| is_unknown(*id))
            .filter_map(|(id, _)| names.get_index(*id).map(|name| &**name))
            .collect();
        let schema = &self.task.schema;
        let known: Vec<&str> = schema.names().take(MAX_NAMED).collect();
        let more = if schema.len() > MAX_NAMED { ", …" } else { "" };
        let word = if unknown.len() == 1 { "column" } else { "columns" };
        let message = format!(
            "the table has no {word} '{}'; its columns are: {}{more}",
            unknown.join("', '"),
            known.join(", ")
        );
        DataError::new(row.line, message)
    }
}

impl RowVisitor for Loader {
    fn name(&mut self, name: &str) {
        let Some(&column) = self.positions.get(name) else {
            self.targets.push(Target { action: Action::Unknown, guess: None, column: 0 });
            return;
        };
        let (guess, plain) = (self.task.guess(column), self.task.rules.plain);
        let data_type =
            self.task.schema.columns.get(column).map(|it| it.data_type).unwrap_or(ScalarType::String);
        let action = match (self.task.wanted.get(column), guess) {
            (Some(false), None) => Action::Skip,
            // Nothing can contradict these.
            (Some(false), Some(Inferred(Some(ScalarType::Dynamic)))) if !plain => Action::Skip,
            (Some(false), Some(Inferred(Some(ScalarType::String)))) if plain => Action::Skip,
            (Some(false), Some(_)) => Action::Check,
            _ => Action::keep(data_type, guess),
        };
        self.targets.push(Target { action, guess, column });
    }

    #[inline]
    fn text(&mut self, id: usize, text: &[u8]) -> bool {
        let Some(&target) = self.targets.get(id) else { return false };
        match target.action {
            Action::Skip => return true,
            Action::Text => {}
            _ => return self.cell(id, Raw::Text(text)),
        }
        let Some(sink) = self.sinks.get_mut(target.column) else { return false };
        sink.push_text(self.count, text);
        true
    }

    fn cell(&mut self, id: usize, raw: Raw<'_>) -> bool {
        let Some(&target) = self.targets.get(id) else { return false };
        let (row, plain) = (self.count, self.task.rules.plain);
        let Some(sink) = self.sinks.get_mut(target.column) else { return false };
        match (target.action, raw) {
            (Action::Text, Raw::Text(text)) => sink.push_text(row, text),
            (Action::Unknown, _) => return false,
            (_, Raw::Null) => {}
            (Action::Text, Raw::Escaped(text)) => match lex::unescape(text, &mut self.scratch) {
                Some(text) => sink.push_text(row, text.as_bytes()),
                None => return false,
            },
            (Action::Instant, Raw::Text(text)) => match parse_iso_datetime(text) {
                Some(it) => sink.push_long(row, it.0),
                None => return self.keep(target, raw),
            },
            (Action::Json, Raw::Nested(text)) => sink.push_text(row, text),
            (Action::Long, Raw::Long(it)) => sink.push_long(row, it),
            (Action::Real, Raw::Long(it)) => sink.push_real(row, it as f64),
            (Action::Real, Raw::Number(text)) => match plain_real(text) {
                Some(it) => sink.push_real(row, it),
                None => return self.keep(target, raw),
            },
            (Action::Long, Raw::Text(text)) if plain => match plain_long(text) {
                Some(it) => sink.push_long(row, it),
                None => return self.keep(target, raw),
            },
            (Action::Real, Raw::Text(text)) if plain && target.guess.is_none() => match plain_real(text) {
                Some(it) => sink.push_real(row, it),
                None => return self.keep(target, raw),
            },
            (Action::Skip, Raw::Escaped(text)) => return lex::unescape(text, &mut self.scratch).is_some(),
            (Action::Skip, _) => {}
            (Action::Check, Raw::Text(_)) if target.guess == Some(Inferred(Some(ScalarType::String))) => {}
            _ => return self.keep(target, raw),
        }
        true
    }

    fn forget(&mut self) {
        for sink in &mut self.sinks {
            sink.truncate(self.count);
        }
    }

    #[inline]
    fn end(&mut self) -> bool {
        self.count += 1;
        true
    }

    fn mended(&mut self, what: Mend, line: usize) {
        self.mends.add(what, line);
    }

    fn row(&mut self, names: &ColumnNames, row: Result<Row<'_>, DataError>) -> bool {
        let taken =
            row.map_err(|error| LoadStop::Error(Box::new(error))).and_then(|row| self.add(names, &row));
        match taken {
            Ok(()) => true,
            Err(LoadStop::Error(error)) if self.task.bad_rows == BadRows::Skip => {
                self.skipped_count += 1;
                if self.skipped.len() < Loaded::MAX_LISTED {
                    self.skipped.push(*error);
                }
                true
            }
            Err(reason) => {
                self.stop = Some(reason);
                false
            }
        }
    }
}

/// The most columns that a message names.
const MAX_NAMED: usize = 30;

/// Reads an integer of at most 18 digits, without a leading zero.
fn plain_long(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 || (digits.len() > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    let value = digits
        .iter()
        .try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))?;
    Some(if negative { -value } else { value })
}

/// Powers of ten that a real holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Reads a number such as `-12.34` of at most 15 digits. Both its digits and the power of ten are exact as reals, so that one
/// division rounds right.
fn plain_real(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut sum, mut count, mut point) = (0_i64, 0, None);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                sum = sum * 10 + i64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() && at > 0 => point = Some(at),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |at| digits.len() - at - 1);
    if count == 0 || count > 15 || (point.is_some() && decimals == 0) {
        return None;
    }
    let value = sum as f64 / TENS.get(decimals)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_parser() {
        assert_eq!(plain_long(b"-120"), Some(-120));
        assert_eq!(plain_long(b"0"), Some(0));
        for odd in ["", "-", "01", "+1", "1 ", "1234567890123456789"] {
            assert_eq!(plain_long(odd.as_bytes()), None, "{odd}");
        }
        for odd in ["", "-", ".", "1.", ".5", "1e5", "1.2.3", "1234567890.123456"] {
            assert_eq!(plain_real(odd.as_bytes()), None, "{odd}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reals_are_rounded_right(text in "-?[0-9]{1,10}(\\.[0-9]{1,8})?") {
            if let Some(found) = plain_real(text.as_bytes()) {
                proptest::prop_assert_eq!(found.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }
    }
}
