//! Columns made of values and of other columns: converted, concatenated, written out. These need builders, which need
//! columns.

use super::dynamic::push_text;
use super::{Column, ColumnBuilder, DynamicColumn, StringBuilder, StringColumn};
use crate::types::json;
use crate::types::{ScalarType, Value};

impl Column {
    /// Makes a column of single values; a value of another type becomes null.
    #[must_use]
    pub fn from_values<'v>(data_type: ScalarType, values: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut builder = ColumnBuilder::new(data_type);
        for value in values {
            builder.push(value);
        }
        builder.finish()
    }

    /// Concatenates columns. All are of the first one's type; `data_type` is the type if there is none.
    #[must_use]
    pub fn concat(data_type: ScalarType, columns: &[Column]) -> Column {
        let constant = |column: &Column| column.as_constant().cloned();
        match columns {
            [] => return Self::nulls(data_type, 0),
            [one] => return one.clone(),
            [first, rest @ ..] => {
                if let Some(value) = constant(first)
                    && rest.iter().all(|column| column.as_constant() == Some(&value))
                {
                    return Self::constant(value, data_type, columns.iter().map(Column::len).sum());
                }
            }
        }
        if data_type == ScalarType::String {
            return Self::String(StringColumn::concat(columns));
        }
        let dynamics = columns.iter().map(|it| if let Self::Dynamic(it) = it { Some(it) } else { None });
        if let Some(dynamics) = dynamics.collect::<Option<Vec<&DynamicColumn>>>() {
            return Self::Dynamic(DynamicColumn::concat(&dynamics));
        }
        let mut builder = ColumnBuilder::with_capacity(data_type, columns.iter().map(Column::len).sum());
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
        let mut builder = ColumnBuilder::with_capacity(it.data_type, it.len);
        for _ in 0..it.len {
            builder.push(&it.value);
        }
        builder.finish()
    }

    /// Converts the column to another type, by the rules of [`Value::convert`].
    #[must_use]
    pub fn convert(&self, data_type: ScalarType) -> Column {
        if self.scalar_type() == data_type {
            return self.clone();
        }
        match self {
            Self::Constant(it) => Self::constant(it.value.convert(data_type), data_type, it.len),
            Self::Int(it) if data_type == ScalarType::Long => Self::Long(it.map(i64::from)),
            Self::Int(it) if data_type == ScalarType::Real => Self::Real(it.map(f64::from)),
            Self::Long(it) if data_type == ScalarType::Real => Self::Real(it.map(|n| n as f64)),
            Self::Dynamic(it) if it.json().is_some() => {
                it.convert(data_type).unwrap_or_else(|| Self::nulls(data_type, it.len()))
            }
            // Once for each dictionary value, else for each row.
            Self::String(it) => match it.dictionary() {
                Some((codes, values)) if values <= codes.len() => {
                    texts_as(data_type, values, |code| it.dictionary_value(code)).take(codes)
                }
                _ => texts_as(data_type, it.len(), |row| it.get(row)),
            },
            _ if data_type == ScalarType::String => {
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
                let mut builder = ColumnBuilder::with_capacity(data_type, self.len());
                for row in 0..self.len() {
                    builder.push(&self.value(row).convert(data_type));
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
    pub(super) fn convert(&self, data_type: ScalarType) -> Option<Column> {
        let texts = self.json()?;
        if data_type == ScalarType::String {
            return Some(Column::String(texts.map_bytes(push_text)));
        }
        let convert = |count: usize, text: &dyn Fn(usize) -> Value| {
            let mut builder = ColumnBuilder::with_capacity(data_type, count);
            (0..count).for_each(|at| builder.push(&text(at)));
            builder.finish()
        };
        Some(match texts.dictionary() {
            Some((codes, values)) if values <= codes.len() => {
                convert(values, &|code| json::to_value(texts.dictionary_bytes(code), data_type)).take(codes)
            }
            _ => convert(texts.len(), &|row| json::to_value(texts.bytes(row), data_type)),
        })
    }
}

/// Reads texts as another type.
fn texts_as<'t>(data_type: ScalarType, count: usize, text: impl Fn(usize) -> &'t str) -> Column {
    let mut builder = ColumnBuilder::with_capacity(data_type, count);
    (0..count).for_each(|at| builder.push(&Value::from_text(text(at), data_type)));
    builder.finish()
}
