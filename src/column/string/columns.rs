//! Strings of several columns as one, and columns of other types made of strings.

use super::{DictionaryBuilder, StringBuilder, StringColumn};
use crate::column::{Column, ColumnBuilder};
use crate::types::{ScalarType, Value};

impl StringColumn {
    /// Concatenates columns; those of one dictionary keep it.
    #[must_use]
    pub(crate) fn concat(columns: &[Column]) -> Self {
        let shared = columns.first().and_then(|column| match column {
            Column::String(it) if it.codes.is_some() => Some(&it.values),
            _ => None,
        });
        if let Some(values) = shared {
            let same = |column: &Column| match column {
                Column::String(it) => {
                    it.codes.is_some()
                        && it.values.bytes.ptr_eq(&values.bytes)
                        && it.values.offsets.inner().ptr_eq(values.offsets.inner())
                }
                _ => false,
            };
            if columns.iter().all(same) {
                let codes: Vec<u32> = columns
                    .iter()
                    .filter_map(
                        |column| if let Column::String(it) = column { it.codes.as_ref() } else { None },
                    )
                    .flat_map(|codes| codes.iter().copied())
                    .collect();
                return Self { codes: Some(codes.into()), values: values.clone() };
            }
        }
        let mut builder = StringBuilder::with_capacity(columns.iter().map(Column::len).sum());
        let bytes = |column: &Column| match column {
            Column::String(it) if it.codes.is_none() => it.values.byte_len() as usize,
            _ => 0,
        };
        builder.bytes.reserve(columns.iter().map(bytes).sum());
        for column in columns {
            match column {
                Column::String(it) => builder.append(it),
                _ => column.values().for_each(|value| builder.push(value.as_str().unwrap_or_default())),
            }
        }
        builder.finish()
    }

    /// Concatenates rows of columns: `parts` names them by (column, offset, length). There is one dictionary if all columns
    /// have one. `None` if a column is not one of strings.
    #[must_use]
    pub fn join(
        columns: &[Column],
        parts: impl Iterator<Item = (usize, usize, usize)> + Clone,
    ) -> Option<Self> {
        if columns.iter().any(|column| column.scalar_type() != ScalarType::String) {
            return None;
        }
        // A column of nulls is one empty string.
        let texts: Vec<Self> = columns.iter().filter_map(|it| it.to_flat().as_strings().cloned()).collect();
        let rows = parts.clone().map(|(_, _, len)| len).sum();
        if !texts.iter().all(|it| it.codes.is_some()) {
            let mut builder = StringBuilder::with_capacity(rows);
            for (at, offset, len) in parts {
                builder.append(&texts.get(at)?.slice(offset, len));
            }
            return Some(builder.finish());
        }
        let mut merged = DictionaryBuilder::default();
        let moved: Vec<Vec<u32>> = texts
            .iter()
            .map(|it| (0..it.values.len()).map(|code| merged.code_of(it.values.bytes_of(code))).collect())
            .collect();
        merged.codes.reserve(rows);
        for (at, offset, len) in parts {
            let (codes, moved) = (texts.get(at)?.codes.as_ref()?.get(offset..offset + len)?, moved.get(at)?);
            merged.codes.extend(codes.iter().map(|&code| moved[code as usize]));
        }
        Some(merged.finish())
    }

    /// Maps the texts to a column of another type, once for each dictionary value (for each row without a dictionary).
    #[must_use]
    pub(crate) fn map_dictionary(&self, data_type: ScalarType, f: impl Fn(Value) -> Value) -> Column {
        let mut builder = ColumnBuilder::with_capacity(data_type, self.values.len());
        for code in 0..self.values.len() {
            builder.push(&f(Value::string(self.values.get(code))));
        }
        let mapped = builder.finish();
        match &self.codes {
            None => mapped,
            Some(codes) => match &mapped {
                Column::String(values) => {
                    Column::String(Self { codes: Some(codes.clone()), values: values.to_plain().values })
                }
                _ => mapped.take(codes),
            },
        }
    }
}
