//! Cells as a chart reads them: places on an axis, and labels. It must not know which column
//! plays which part.

use kqlite::{DateTime, Dynamic, ScalarType, Table, Value};

use crate::axis::Measure;

/// What the cells of a column can be drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnShape {
    pub measure: Measure,
    /// Each cell is an array of such values, as `make-series` gives them.
    pub is_array: bool,
    /// A chart reads it without being told to. It does not read bags, and dynamic values that are no arrays.
    pub is_plain: bool,
}

/// How many rows of a dynamic column are looked at for what it holds.
const LOOKED_AT: usize = 1000;

impl ColumnShape {
    /// What the column at a place holds: by its type, or for a dynamic column by its first value that is not null.
    pub(crate) fn of(table: &Table, at: usize) -> Self {
        let plain = |measure| Self { measure, is_array: false, is_plain: true };
        let data_type = table.schema().columns.get(at).map_or(ScalarType::String, |it| it.data_type);
        match data_type {
            ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal => {
                plain(Measure::Number)
            }
            ScalarType::DateTime => plain(Measure::Time),
            ScalarType::TimeSpan => plain(Measure::Span),
            ScalarType::String | ScalarType::Bool | ScalarType::Guid => plain(Measure::Category),
            ScalarType::Dynamic => Self::of_dynamic(table, at),
        }
    }

    fn of_dynamic(table: &Table, at: usize) -> Self {
        let cells = (0..table.len().min(LOOKED_AT)).filter_map(|row| dynamic(table, row, at));
        let mut found = Self { measure: Measure::Category, is_array: false, is_plain: false };
        for cell in cells {
            match cell {
                Dynamic::Null => {}
                Dynamic::Array(ref items) => {
                    if let Some(first) = items.iter().find(|item| !item.is_null()) {
                        return Self { measure: measure_of(first), is_array: true, is_plain: true };
                    }
                    found.is_array = true;
                }
                other => return Self { measure: measure_of(&other), is_array: false, is_plain: false },
            }
        }
        found
    }
}

fn dynamic(table: &Table, row: usize, at: usize) -> Option<Dynamic> {
    match table.columns().get(at)?.value(row) {
        Value::Dynamic(it) => Some(it),
        _ => None,
    }
}

/// What one dynamic value measures; texts that are times are times, since JSON has no others.
fn measure_of(value: &Dynamic) -> Measure {
    match value {
        Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_) => Measure::Number,
        Dynamic::DateTime(_) => Measure::Time,
        Dynamic::TimeSpan(_) => Measure::Span,
        Dynamic::String(text) if looks_like_time(text) => Measure::Time,
        _ => Measure::Category,
    }
}

/// A text of the form in which datetimes are written into arrays.
fn looks_like_time(text: &str) -> bool {
    text.len() >= 19 && text.as_bytes().get(10) == Some(&b'T') && DateTime::parse(text).is_some()
}

/// A value as a number, with times and spans in ticks; `None` for null, and for what is no number.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Dynamic(it) => dynamic_number(it),
        Value::TimeSpan(it) => Some(it.0 as f64),
        Value::DateTime(it) => Some(it.0 as f64),
        other => other.as_real(),
    }
}

fn dynamic_number(value: &Dynamic) -> Option<f64> {
    match value {
        Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_) => value.as_real(),
        Dynamic::TimeSpan(it) => Some(it.0 as f64),
        // NaN and the infinities are texts in JSON.
        Dynamic::String(it) => match &**it {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// The ticks of a time.
pub(crate) fn ticks(value: &Value) -> Option<i64> {
    match value {
        Value::DateTime(it) => Some(it.0),
        Value::Dynamic(Dynamic::DateTime(it)) => Some(it.0),
        Value::Dynamic(Dynamic::String(it)) => DateTime::parse(it).map(|it| it.0),
        _ => None,
    }
}

/// A value as the label of a category or a series.
pub(crate) fn label(value: &Value) -> String {
    match value {
        Value::Null | Value::Dynamic(Dynamic::Null) => "(null)".to_owned(),
        Value::DateTime(it) => it.to_short_string(),
        other => match &*other.to_text() {
            "" => "(empty)".to_owned(),
            text => text.to_owned(),
        },
    }
}
