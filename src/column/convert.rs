//! Columns made of values and of other columns: converted, concatenated, written out. These need builders, which need
//! columns.

use super::dynamic::push_text;
use super::{Column, ColumnBuilder, DynamicColumn, StringBuilder, StringColumn};
use crate::types::json;
use crate::types::{ScalarType, Value};

impl Column {
    /// Makes a column of single values; a value of another type becomes null.
    #[must_use]
    pub fn from_values<'v>(kind: ScalarType, values: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut builder = ColumnBuilder::new(kind);
        for value in values {
            builder.push(value);
        }
        builder.finish()
    }

    /// Concatenates columns. All are of the first one's type; `kind` is the type if there is none.
    #[must_use]
    pub fn concat(kind: ScalarType, columns: &[Column]) -> Column {
        let constant = |column: &Column| column.as_constant().cloned();
        match columns {
            [] => return Self::nulls(kind, 0),
            [one] => return one.clone(),
            [first, rest @ ..] => {
                if let Some(value) = constant(first)
                    && rest.iter().all(|column| column.as_constant() == Some(&value))
                {
                    return Self::constant(value, kind, columns.iter().map(Column::len).sum());
                }
            }
        }
        if kind == ScalarType::String {
            return Self::String(StringColumn::concat(columns));
        }
        let dynamics = columns.iter().map(|it| if let Self::Dynamic(it) = it { Some(it) } else { None });
        if let Some(dynamics) = dynamics.collect::<Option<Vec<&DynamicColumn>>>() {
            return Self::Dynamic(DynamicColumn::concat(&dynamics));
        }
        let mut builder = ColumnBuilder::with_capacity(kind, columns.iter().map(Column::len).sum());
        for column in columns {
            builder.append(column);
        }
        builder.finish()
    }

    /// The column with its constant written out for each row.
    #[must_use]
    pub fn to_flat(&self) -> Column {
        let Self::Constant(it) = self else { return self.clone() };
        if let Value::String(text) = &it.value {
            return Self::String(StringColumn::repeat(text, it.len));
        }
        let mut builder = ColumnBuilder::with_capacity(it.kind, it.len);
        for _ in 0..it.len {
            builder.push(&it.value);
        }
        builder.finish()
    }

    /// Converts the column to another type, by the rules of [`Value::convert`].
    #[must_use]
    pub fn convert(&self, kind: ScalarType) -> Column {
        if self.scalar_type() == kind {
            return self.clone();
        }
        match self {
            Self::Constant(it) => Self::constant(it.value.convert(kind), kind, it.len),
            Self::Int(it) if kind == ScalarType::Long => Self::Long(it.map(i64::from)),
            Self::Int(it) if kind == ScalarType::Real => Self::Real(it.map(f64::from)),
            Self::Long(it) if kind == ScalarType::Real => Self::Real(it.map(|n| n as f64)),
            Self::Dynamic(it) if it.json().is_some() => {
                it.convert(kind).unwrap_or_else(|| Self::nulls(kind, it.len()))
            }
            // Once for each dictionary value, else for each row.
            Self::String(it) => match it.dictionary() {
                Some((codes, values)) if values <= codes.len() => {
                    texts_as(kind, values, |code| it.dictionary_value(code)).take(codes)
                }
                _ => texts_as(kind, it.len(), |row| it.get(row)),
            },
            _ if kind == ScalarType::String => {
                let mut builder = StringBuilder::with_capacity(self.len());
                let mut text = String::new();
                for row in 0..self.len() {
                    text.clear();
                    self.value(row).write_text(&mut text);
                    builder.push(&text);
                }
                Self::String(builder.finish())
            }
            _ => {
                let mut builder = ColumnBuilder::with_capacity(kind, self.len());
                for row in 0..self.len() {
                    builder.push(&self.value(row).convert(kind));
                }
                builder.finish()
            }
        }
    }
}

impl DynamicColumn {
    /// Concatenates columns, as text if all of them are.
    pub(super) fn concat(columns: &[&Self]) -> Self {
        let texts: Option<Vec<Column>> =
            columns.iter().map(|column| column.json().cloned().map(Column::String)).collect();
        match texts {
            Some(texts) => Self::from_json(StringColumn::concat(&texts)),
            None => Self::new(columns.iter().flat_map(|column| column.values().iter().cloned()).collect()),
        }
    }

    /// Converts the values to another type, by the rules of [`Dynamic::to_value`](crate::types::Dynamic::to_value); `None` if
    /// they are held as trees.
    pub(super) fn convert(&self, kind: ScalarType) -> Option<Column> {
        let texts = self.json()?;
        if kind == ScalarType::String {
            return Some(Column::String(texts.map_bytes(push_text)));
        }
        let convert = |count: usize, text: &dyn Fn(usize) -> Value| {
            let mut builder = ColumnBuilder::with_capacity(kind, count);
            (0..count).for_each(|at| builder.push(&text(at)));
            builder.finish()
        };
        Some(match texts.dictionary() {
            Some((codes, values)) if values <= codes.len() => {
                convert(values, &|code| json::to_value(texts.dictionary_bytes(code), kind)).take(codes)
            }
            _ => convert(texts.len(), &|row| json::to_value(texts.bytes(row), kind)),
        })
    }
}

/// Reads texts as another type.
fn texts_as<'t>(kind: ScalarType, count: usize, text: impl Fn(usize) -> &'t str) -> Column {
    let mut builder = ColumnBuilder::with_capacity(kind, count);
    (0..count).for_each(|at| builder.push(&Value::from_text(text(at), kind)));
    builder.finish()
}
