//! Builds a column value by value.

use arrow_buffer::BooleanBufferBuilder;

use super::{Column, DynamicColumn, Primitive, StringBuilder, Validity};
use crate::types::{Dynamic, ScalarType, Value};

/// Collects the values of one column.
#[derive(Debug)]
pub struct ColumnBuilder {
    data_type: ScalarType,
    cells: BuilderBuffer,
    /// One bit a row; only asked for types other than string and dynamic.
    valid: BooleanBufferBuilder,
}

#[derive(Debug)]
enum BuilderBuffer {
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
    pub fn new(data_type: ScalarType) -> Self {
        Self::with_capacity(data_type, 0)
    }

    /// An empty column with room for `rows` rows.
    #[must_use]
    pub fn with_capacity(data_type: ScalarType, rows: usize) -> Self {
        let cells = match data_type {
            ScalarType::Bool => BuilderBuffer::Bool(BooleanBufferBuilder::new(rows)),
            ScalarType::Int => BuilderBuffer::Int(Vec::with_capacity(rows)),
            ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan => {
                BuilderBuffer::Long(Vec::with_capacity(rows))
            }
            ScalarType::Real => BuilderBuffer::Real(Vec::with_capacity(rows)),
            ScalarType::Decimal | ScalarType::Guid => BuilderBuffer::Wide(Vec::with_capacity(rows)),
            ScalarType::String => BuilderBuffer::String(StringBuilder::with_capacity(rows)),
            ScalarType::Dynamic => BuilderBuffer::Dynamic(Vec::with_capacity(rows)),
        };
        Self { data_type, cells, valid: BooleanBufferBuilder::new(rows) }
    }

    /// The type.
    #[must_use]
    pub const fn scalar_type(&self) -> ScalarType {
        self.data_type
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.cells {
            BuilderBuffer::String(texts) => texts.len(),
            BuilderBuffer::Dynamic(values) => values.len(),
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
            (BuilderBuffer::String(texts), value) => return texts.push(value.as_str().unwrap_or_default()),
            (BuilderBuffer::Dynamic(values), Value::Dynamic(it)) => return values.push(it.clone()),
            (BuilderBuffer::Dynamic(values), value) => return values.push(Dynamic::from_value(value)),
            (BuilderBuffer::Bool(bits), Value::Bool(it)) => {
                bits.append(*it);
                true
            }
            (BuilderBuffer::Int(cells), Value::Int(it)) => push(cells, *it),
            (BuilderBuffer::Long(cells), Value::Long(it)) if self.data_type == ScalarType::Long => {
                push(cells, *it)
            }
            (BuilderBuffer::Long(cells), Value::DateTime(it)) if self.data_type == ScalarType::DateTime => {
                push(cells, it.0)
            }
            (BuilderBuffer::Long(cells), Value::TimeSpan(it)) if self.data_type == ScalarType::TimeSpan => {
                push(cells, it.0)
            }
            (BuilderBuffer::Real(cells), Value::Real(it)) => push(cells, *it),
            (BuilderBuffer::Wide(cells), Value::Decimal(it)) if self.data_type == ScalarType::Decimal => {
                push(cells, it.to_bits())
            }
            (BuilderBuffer::Wide(cells), Value::Guid(it)) if self.data_type == ScalarType::Guid => {
                push(cells, it.0 as i128)
            }
            (BuilderBuffer::Bool(bits), _) => {
                bits.append(false);
                false
            }
            (BuilderBuffer::Int(cells), _) => !push(cells, 0),
            (BuilderBuffer::Long(cells), _) => !push(cells, 0),
            (BuilderBuffer::Real(cells), _) => !push(cells, 0.0),
            (BuilderBuffer::Wide(cells), _) => !push(cells, 0),
        };
        self.valid.append(valid);
    }

    /// Appends a long, or the ticks of a datetime or timespan; null for a column of another type.
    #[inline]
    pub fn push_long(&mut self, value: i64) {
        match &mut self.cells {
            BuilderBuffer::Long(cells) => {
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
            BuilderBuffer::Real(cells) => {
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
            BuilderBuffer::Bool(_) => Ok(()),
            BuilderBuffer::Int(cells) => cells.try_reserve(more),
            BuilderBuffer::Long(cells) => cells.try_reserve(more),
            BuilderBuffer::Real(cells) => cells.try_reserve(more),
            BuilderBuffer::Wide(cells) => cells.try_reserve(more),
            BuilderBuffer::String(texts) => {
                texts.expect(rows);
                Ok(())
            }
            BuilderBuffer::Dynamic(values) => values.try_reserve(more),
        };
    }

    /// Takes the last rows away, so that there are no more than `len`.
    pub fn truncate(&mut self, len: usize) {
        match &mut self.cells {
            BuilderBuffer::Bool(bits) => bits.truncate(len),
            BuilderBuffer::Int(cells) => cells.truncate(len),
            BuilderBuffer::Long(cells) => cells.truncate(len),
            BuilderBuffer::Real(cells) => cells.truncate(len),
            BuilderBuffer::Wide(cells) => cells.truncate(len),
            BuilderBuffer::String(texts) => return texts.truncate(len),
            BuilderBuffer::Dynamic(values) => return values.truncate(len),
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
            BuilderBuffer::String(texts) => texts.push(text),
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
            (BuilderBuffer::Int(cells), Column::Int(it)) => bulk(cells, valid, it),
            (BuilderBuffer::Long(cells), Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it))
                if column.scalar_type() == self.data_type =>
            {
                bulk(cells, valid, it);
            }
            (BuilderBuffer::Real(cells), Column::Real(it)) => bulk(cells, valid, it),
            (BuilderBuffer::Wide(cells), Column::Decimal(it) | Column::Guid(it))
                if column.scalar_type() == self.data_type =>
            {
                bulk(cells, valid, it);
            }
            (BuilderBuffer::Dynamic(values), Column::Dynamic(it)) => values.extend_from_slice(it.values()),
            (BuilderBuffer::String(texts), Column::String(it)) => texts.append(it),
            _ => column.values().for_each(|value| self.push(&value)),
        }
    }

    /// The column.
    #[must_use]
    pub fn finish(mut self) -> Column {
        let valid = |valid: &mut BooleanBufferBuilder| Validity::new(valid.finish());
        match self.cells {
            BuilderBuffer::Bool(mut bits) => Column::Bool(bits.finish(), valid(&mut self.valid)),
            BuilderBuffer::Int(cells) => Column::Int(Primitive::new(cells, valid(&mut self.valid))),
            BuilderBuffer::Long(cells) => {
                let cells = Primitive::new(cells, valid(&mut self.valid));
                match self.data_type {
                    ScalarType::DateTime => Column::DateTime(cells),
                    ScalarType::TimeSpan => Column::TimeSpan(cells),
                    _ => Column::Long(cells),
                }
            }
            BuilderBuffer::Real(cells) => Column::Real(Primitive::new(cells, valid(&mut self.valid))),
            BuilderBuffer::Wide(cells) => {
                let cells = Primitive::new(cells, valid(&mut self.valid));
                if self.data_type == ScalarType::Decimal {
                    Column::Decimal(cells)
                } else {
                    Column::Guid(cells)
                }
            }
            BuilderBuffer::String(texts) => Column::String(texts.finish()),
            BuilderBuffer::Dynamic(values) => Column::Dynamic(DynamicColumn::new(values)),
        }
    }
}

/// Appends and says that there is a value.
fn push<T>(cells: &mut Vec<T>, value: T) -> bool {
    cells.push(value);
    true
}
