//! Builds a column value by value. It must not know where the values come from.

use arrow_buffer::BooleanBufferBuilder;

use super::{Column, DynamicColumn, Primitive, StringBuilder, Validity};
use crate::types::{Dynamic, ScalarType, Value};

/// Collects the values of one column.
#[derive(Debug)]
pub struct ColumnBuilder {
    kind: ScalarType,
    cells: Cells,
    /// One bit a row; only asked for types other than string and dynamic.
    valid: BooleanBufferBuilder,
}

#[derive(Debug)]
enum Cells {
    Bool(BooleanBufferBuilder),
    Int(Vec<i32>),
    Long(Vec<i64>),
    Real(Vec<f64>),
    Wide(Vec<i128>),
    String(StringBuilder),
    Dynamic(Vec<Dynamic>),
}

impl ColumnBuilder {
    /// An empty column of a type.
    #[must_use]
    pub fn new(kind: ScalarType) -> Self {
        Self::with_capacity(kind, 0)
    }

    /// An empty column with room for `rows` rows.
    #[must_use]
    pub fn with_capacity(kind: ScalarType, rows: usize) -> Self {
        let cells = match kind {
            ScalarType::Bool => Cells::Bool(BooleanBufferBuilder::new(rows)),
            ScalarType::Int => Cells::Int(Vec::with_capacity(rows)),
            ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan => {
                Cells::Long(Vec::with_capacity(rows))
            }
            ScalarType::Real => Cells::Real(Vec::with_capacity(rows)),
            ScalarType::Decimal | ScalarType::Guid => Cells::Wide(Vec::with_capacity(rows)),
            ScalarType::String => Cells::String(StringBuilder::with_capacity(rows)),
            ScalarType::Dynamic => Cells::Dynamic(Vec::with_capacity(rows)),
        };
        Self { kind, cells, valid: BooleanBufferBuilder::new(rows) }
    }

    /// The type.
    #[must_use]
    pub const fn scalar_type(&self) -> ScalarType {
        self.kind
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::String(texts) => texts.len(),
            Cells::Dynamic(values) => values.len(),
            _ => self.valid.len(),
        }
    }

    /// No rows yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a value; one of another type becomes null (the empty string).
    pub fn push(&mut self, value: &Value) {
        let valid = match (&mut self.cells, value) {
            (Cells::String(texts), value) => return texts.push(value.as_str().unwrap_or_default()),
            (Cells::Dynamic(values), Value::Dynamic(it)) => return values.push(it.clone()),
            (Cells::Dynamic(values), value) => return values.push(Dynamic::from_value(value)),
            (Cells::Bool(bits), Value::Bool(it)) => {
                bits.append(*it);
                true
            }
            (Cells::Int(cells), Value::Int(it)) => push(cells, *it),
            (Cells::Long(cells), Value::Long(it)) if self.kind == ScalarType::Long => push(cells, *it),
            (Cells::Long(cells), Value::DateTime(it)) if self.kind == ScalarType::DateTime => {
                push(cells, it.0)
            }
            (Cells::Long(cells), Value::TimeSpan(it)) if self.kind == ScalarType::TimeSpan => {
                push(cells, it.0)
            }
            (Cells::Real(cells), Value::Real(it)) => push(cells, *it),
            (Cells::Wide(cells), Value::Decimal(it)) if self.kind == ScalarType::Decimal => {
                push(cells, it.to_bits())
            }
            (Cells::Wide(cells), Value::Guid(it)) if self.kind == ScalarType::Guid => {
                push(cells, it.0 as i128)
            }
            (Cells::Bool(bits), _) => {
                bits.append(false);
                false
            }
            (Cells::Int(cells), _) => !push(cells, 0),
            (Cells::Long(cells), _) => !push(cells, 0),
            (Cells::Real(cells), _) => !push(cells, 0.0),
            (Cells::Wide(cells), _) => !push(cells, 0),
        };
        self.valid.append(valid);
    }

    /// Appends a long, or the ticks of a datetime or timespan; null for a column of another type.
    #[inline]
    pub fn push_long(&mut self, value: i64) {
        match &mut self.cells {
            Cells::Long(cells) => {
                cells.push(value);
                self.valid.append(true);
            }
            _ => self.push_null(),
        }
    }

    /// Appends a real; null for a column of another type.
    #[inline]
    pub fn push_real(&mut self, value: f64) {
        match &mut self.cells {
            Cells::Real(cells) => {
                cells.push(value);
                self.valid.append(true);
            }
            _ => self.push_null(),
        }
    }

    /// Makes room for about as many rows, if there is the memory.
    pub fn expect(&mut self, rows: usize) {
        let more = rows.saturating_sub(self.len());
        // Without it the column grows step by step.
        let _ = match &mut self.cells {
            Cells::Bool(_) => Ok(()),
            Cells::Int(cells) => cells.try_reserve(more),
            Cells::Long(cells) => cells.try_reserve(more),
            Cells::Real(cells) => cells.try_reserve(more),
            Cells::Wide(cells) => cells.try_reserve(more),
            Cells::String(texts) => {
                texts.expect(rows);
                Ok(())
            }
            Cells::Dynamic(values) => values.try_reserve(more),
        };
    }

    /// Takes the last rows away, so that there are no more than `len`.
    pub fn truncate(&mut self, len: usize) {
        match &mut self.cells {
            Cells::Bool(bits) => bits.truncate(len),
            Cells::Int(cells) => cells.truncate(len),
            Cells::Long(cells) => cells.truncate(len),
            Cells::Real(cells) => cells.truncate(len),
            Cells::Wide(cells) => cells.truncate(len),
            Cells::String(texts) => return texts.truncate(len),
            Cells::Dynamic(values) => return values.truncate(len),
        }
        self.valid.truncate(len);
    }

    /// Appends null (the empty string).
    pub fn push_null(&mut self) {
        self.push(&Value::Null);
    }

    /// Appends a string without copying it twice; null for a column of another type.
    pub fn push_str(&mut self, text: &str) {
        match &mut self.cells {
            Cells::String(texts) => texts.push(text),
            _ => self.push(&Value::string(text)),
        }
    }

    /// Appends all rows of a column; rows of another type become null.
    pub fn append(&mut self, column: &Column) {
        fn bulk<T: arrow_buffer::ArrowNativeType>(
            cells: &mut Vec<T>,
            valid: &mut BooleanBufferBuilder,
            column: &Primitive<T>,
        ) {
            cells.extend_from_slice(column.values());
            match column.validity().nulls() {
                None => valid.append_n(column.len(), true),
                Some(nulls) => valid.append_buffer(nulls.inner()),
            }
        }
        let valid = &mut self.valid;
        match (&mut self.cells, column) {
            (Cells::Int(cells), Column::Int(it)) => bulk(cells, valid, it),
            (Cells::Long(cells), Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it))
                if column.scalar_type() == self.kind =>
            {
                bulk(cells, valid, it);
            }
            (Cells::Real(cells), Column::Real(it)) => bulk(cells, valid, it),
            (Cells::Wide(cells), Column::Decimal(it) | Column::Guid(it))
                if column.scalar_type() == self.kind =>
            {
                bulk(cells, valid, it);
            }
            (Cells::Dynamic(values), Column::Dynamic(it)) => values.extend_from_slice(it.values()),
            (Cells::String(texts), Column::String(it)) => texts.append(it),
            _ => column.values().for_each(|value| self.push(&value)),
        }
    }

    /// The column.
    #[must_use]
    pub fn finish(mut self) -> Column {
        let valid = |valid: &mut BooleanBufferBuilder| Validity::new(valid.finish());
        match self.cells {
            Cells::Bool(mut bits) => Column::Bool(bits.finish(), valid(&mut self.valid)),
            Cells::Int(cells) => Column::Int(Primitive::new(cells, valid(&mut self.valid))),
            Cells::Long(cells) => {
                let cells = Primitive::new(cells, valid(&mut self.valid));
                match self.kind {
                    ScalarType::DateTime => Column::DateTime(cells),
                    ScalarType::TimeSpan => Column::TimeSpan(cells),
                    _ => Column::Long(cells),
                }
            }
            Cells::Real(cells) => Column::Real(Primitive::new(cells, valid(&mut self.valid))),
            Cells::Wide(cells) => {
                let cells = Primitive::new(cells, valid(&mut self.valid));
                if self.kind == ScalarType::Decimal { Column::Decimal(cells) } else { Column::Guid(cells) }
            }
            Cells::String(texts) => Column::String(texts.finish()),
            Cells::Dynamic(values) => Column::Dynamic(DynamicColumn::new(values)),
        }
    }
}

/// Appends and says that there is a value.
fn push<T>(cells: &mut Vec<T>, value: T) -> bool {
    cells.push(value);
    true
}
