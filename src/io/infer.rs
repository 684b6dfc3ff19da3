//! Infers the types of columns from their cells.

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;

use super::DataError;
use super::cell::{CellRules, RawCell, decimal, is_whole, parse_iso_datetime, with_point};
use super::lex::{self, Raw};
use super::rows::{ColumnNames, Row, RowVisitor};
use crate::types::{Dynamic, ScalarType};

/// What the cells of a column have been so far; `None` while all were empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Inferred(pub(super) Option<ScalarType>);

impl Inferred {
    /// What one cell is: bool, long, real, datetime (ISO 8601 alone), string or dynamic; a whole number beyond 64 bits is a
    /// decimal, and one that is no decimal either a string.
    pub(super) fn of(cell: &RawCell<'_>, rules: CellRules) -> Self {
        Self(Some(match cell {
            RawCell::Null => return Self(None),
            RawCell::Bool(_) => ScalarType::Bool,
            RawCell::Long(_) => ScalarType::Long,
            RawCell::Real(_) => ScalarType::Real,
            // A real would lose digits.
            RawCell::Number(text) if is_whole(text) => match decimal(text) {
                Some(_) => ScalarType::Decimal,
                None => ScalarType::String,
            },
            RawCell::Number(_) => ScalarType::Real,
            RawCell::Nested(_) => ScalarType::Dynamic,
            RawCell::Text(text) if text.is_empty() => return Self(None),
            RawCell::Text(text) if parse_iso_datetime(text.as_bytes()).is_some() => ScalarType::DateTime,
            RawCell::Text(text) if rules.plain => of_text(text, rules),
            RawCell::Text(_) => ScalarType::String,
        }))
    }

    /// The type that holds both. In JSON what has nothing in common is dynamic, in CSV it is text.
    pub(super) fn join(self, other: Self, plain: bool) -> Self {
        use ScalarType::{DateTime, Decimal, Dynamic, Long, Real, String};
        match (self.0, other.0) {
            (None, it) | (it, None) => Self(it),
            (Some(a), Some(b)) if a == b => self,
            (Some(Long | Real), Some(Long | Real)) => Self(Some(Real)),
            (Some(Long | Decimal), Some(Long | Decimal)) => Self(Some(Decimal)),
            (Some(DateTime | String), Some(DateTime | String)) => Self(Some(String)),
            _ => Self(Some(if plain { String } else { Dynamic })),
        }
    }

    /// The column stays what it is with this cell; one that had no value yet does not with the first.
    pub(super) fn holds(self, cell: &RawCell<'_>, rules: CellRules) -> bool {
        match (self.0, cell) {
            // Most cells are texts in columns of texts: those are not worth a closer look.
            (Some(ScalarType::String), RawCell::Text(_)) | (Some(ScalarType::Dynamic), _) if !rules.plain => {
                true
            }
            (Some(ScalarType::String), _) if rules.plain => true,
            _ => self.join(Self::of(cell, rules), rules.plain) == self,
        }
    }

    /// The column's type; one without any value is a string.
    pub(super) fn data_type(self) -> ScalarType {
        self.0.unwrap_or(ScalarType::String)
    }
}

/// Infers the types of columns from rows.
pub(super) struct Inferrer {
    rules: CellRules,
    /// The names in the order of their appearance.
    found: IndexMap<String, Inferred>,
    /// Those whose types the data itself tells.
    told: HashSet<String>,
    /// The cells of the row that is read.
    row: Vec<(usize, Inferred)>,
    scratch: Vec<u8>,
    /// How many rows are yet to be looked at.
    left: usize,
}

impl Inferrer {
    pub(super) fn new(rules: CellRules, rows: usize) -> Self {
        Self {
            rules,
            found: IndexMap::new(),
            told: HashSet::new(),
            row: Vec::new(),
            scratch: Vec::new(),
            left: rows,
        }
    }

    /// What each column's cells were, and whether the data itself tells the type.
    pub(super) fn finish(self) -> impl Iterator<Item = (String, Inferred, bool)> {
        let told = self.told;
        self.found.into_iter().map(move |(name, found)| {
            let is_told = told.contains(&name);
            (name, found, is_told)
        })
    }

    fn join(&mut self, id: usize, cell: Inferred) {
        if let Some((name, data_type)) = self.found.get_index_mut(id)
            && !self.told.contains(name)
        {
            *data_type = data_type.join(cell, self.rules.plain);
        }
    }

    fn counted(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

impl RowVisitor for Inferrer {
    fn name(&mut self, name: &str) {
        self.found.insert(name.to_owned(), Inferred::default());
    }

    fn typed_name(&mut self, name: &str, data_type: ScalarType) {
        self.found.insert(name.to_owned(), Inferred(Some(data_type)));
        self.told.insert(name.to_owned());
    }

    fn cell(&mut self, id: usize, raw: Raw<'_>) -> bool {
        let cell = match raw {
            Raw::Null => RawCell::Null,
            Raw::Bool(it) => RawCell::Bool(it),
            Raw::Long(it) => RawCell::Long(it),
            Raw::Number(text) => match serde_json::from_slice(text) {
                Ok(cell) => cell,
                Err(_) => return false,
            },
            Raw::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => RawCell::Text(Cow::Borrowed(text)),
                Err(_) => return false,
            },
            Raw::Escaped(text) => match lex::unescape(text, &mut self.scratch) {
                Some(text) => RawCell::Text(Cow::Borrowed(text)),
                None => return false,
            },
            // Its content does not matter for its type.
            Raw::Nested(_) => RawCell::Nested(Dynamic::Null),
        };
        let data_type = Inferred::of(&cell, self.rules);
        self.row.push((id, data_type));
        true
    }

    fn forget(&mut self) {
        self.row.clear();
    }

    fn end(&mut self) -> bool {
        let row = std::mem::take(&mut self.row);
        row.iter().for_each(|(id, data_type)| self.join(*id, *data_type));
        self.row = row;
        self.row.clear();
        self.counted()
    }

    fn row(&mut self, _: &ColumnNames, row: Result<Row<'_>, DataError>) -> bool {
        // A row that cannot be read is reported when it is loaded.
        let Ok(row) = row else { return true };
        for (id, cell) in row.cells {
            self.join(*id, Inferred::of(cell, self.rules));
        }
        self.counted()
    }
}

/// Infers the type of a CSV field. A number with a leading zero or plus is likely a code: text.
fn of_text(text: &str, rules: CellRules) -> ScalarType {
    let pointed = (rules.decimal_comma && text.contains(',')).then(|| with_point(text));
    let text = pointed.as_deref().unwrap_or(text);
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return ScalarType::Bool;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1
        && digits.starts_with('0')
        && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if digits.starts_with(|c: char| c.is_ascii_digit()) && !leading_zero {
        if text.parse::<i64>().is_ok() {
            return ScalarType::Long;
        }
        let number =
            digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
        // Digits alone that are no long would lose some of them as a real.
        if is_whole(text) && decimal(text).is_some() {
            return ScalarType::Decimal;
        }
        if number && !is_whole(text) && text.parse::<f64>().is_ok_and(f64::is_finite) {
            return ScalarType::Real;
        }
    }
    if text.starts_with(['{', '[']) && Dynamic::from_json(text).is_some() {
        return ScalarType::Dynamic;
    }
    ScalarType::String
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_fields() {
        let check = |text: &str, data_type: ScalarType| {
            assert_eq!(of_text(text, CellRules::default()), data_type, "{text}")
        };
        check("TRUE", ScalarType::Bool);
        check("-7", ScalarType::Long);
        check("007", ScalarType::String);
        check("+49123", ScalarType::String);
        check("0.5", ScalarType::Real);
        check("1e3", ScalarType::Real);
        check("99999999999999999999", ScalarType::Decimal);
        check("999999999999999999999999999999999999", ScalarType::String);
        check("1.2.3.4", ScalarType::String);
        check("[1,2]", ScalarType::Dynamic);
        check("[x", ScalarType::String);
        check("NaN", ScalarType::String);
    }
}
