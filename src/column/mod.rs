//! Columns: contiguous typed buffers with validity, dictionary-encoded strings, constants; chunks and tables of them.
//! It must not know functions, plans or queries.

mod bits;
mod builder;
mod chunk;
mod convert;
mod dynamic;
mod element;
mod encoding;
mod interner;
mod per_dictionary;
mod primitive;
mod string;
mod table;
#[cfg(test)]
mod tests;

pub use bits::{NO_ROW, bits_of, take_bits};
pub use builder::ColumnBuilder;
pub use chunk::{Chunk, Selection};
pub use dynamic::DynamicColumn;
pub use element::{
    BoolType, DateTimeType, DecimalType, DynamicType, Element, GuidType, IntType, LongType, RealType,
    RowReader, StringType, TimeSpanType, View,
};
pub(crate) use encoding::{decode_rows, encode_rows};
pub use interner::{Interner, KnownCodes};
pub use per_dictionary::PerDictionary;
pub use primitive::{Primitive, Validity};
pub(crate) use string::same_bytes;
pub use string::{DictionaryBuilder, StringBuilder, StringColumn};
pub use table::{CellError, Table, Visualization};

use std::sync::Arc;

use arrow_buffer::BooleanBuffer;

use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// A column of one scalar type. Copies and slices share their buffers.
#[derive(Debug, Clone)]
pub enum Column {
    /// `bool`
    Bool(BooleanBuffer, Validity),
    /// `int`
    Int(Primitive<i32>),
    /// `long`
    Long(Primitive<i64>),
    /// `real`
    Real(Primitive<f64>),
    /// `decimal`, as [`Decimal::to_bits`]
    Decimal(Primitive<i128>),
    /// `string`
    String(StringColumn),
    /// `datetime`, in ticks
    DateTime(Primitive<i64>),
    /// `timespan`, in ticks
    TimeSpan(Primitive<i64>),
    /// `guid`, as bits
    Guid(Primitive<i128>),
    /// `dynamic`
    Dynamic(DynamicColumn),
    /// One value for every row.
    Constant(ConstantColumn),
}

/// One value, repeated.
#[derive(Debug, Clone)]
pub struct ConstantColumn {
    /// The value; null for a column of nulls.
    pub value: Value,
    /// The column's type.
    pub data_type: ScalarType,
    /// How many rows it stands for.
    pub len: usize,
}

impl Column {
    /// One value for `len` rows.
    #[must_use]
    pub fn constant(value: Value, data_type: ScalarType, len: usize) -> Self {
        let value = if value.is_null() { Value::null_of(data_type) } else { value };
        Self::Constant(ConstantColumn { value, data_type, len })
    }

    /// Nulls (empty strings) for `len` rows.
    #[must_use]
    pub fn nulls(data_type: ScalarType, len: usize) -> Self {
        Self::constant(Value::null_of(data_type), data_type, len)
    }

    /// The type.
    #[must_use]
    pub const fn scalar_type(&self) -> ScalarType {
        match self {
            Self::Bool(..) => ScalarType::Bool,
            Self::Int(_) => ScalarType::Int,
            Self::Long(_) => ScalarType::Long,
            Self::Real(_) => ScalarType::Real,
            Self::Decimal(_) => ScalarType::Decimal,
            Self::String(_) => ScalarType::String,
            Self::DateTime(_) => ScalarType::DateTime,
            Self::TimeSpan(_) => ScalarType::TimeSpan,
            Self::Guid(_) => ScalarType::Guid,
            Self::Dynamic(_) => ScalarType::Dynamic,
            Self::Constant(it) => it.data_type,
        }
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bool(values, _) => values.len(),
            Self::Int(it) => it.len(),
            Self::Long(it) | Self::DateTime(it) | Self::TimeSpan(it) => it.len(),
            Self::Real(it) => it.len(),
            Self::Decimal(it) | Self::Guid(it) => it.len(),
            Self::String(it) => it.len(),
            Self::Dynamic(it) => it.len(),
            Self::Constant(it) => it.len,
        }
    }

    /// No rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The validity tells of every row and of no other.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Bool(values, validity) => validity.fits(values.len()),
            Self::Int(it) => it.validity().fits(it.len()),
            Self::Long(it) | Self::DateTime(it) | Self::TimeSpan(it) => it.validity().fits(it.len()),
            Self::Real(it) => it.validity().fits(it.len()),
            Self::Decimal(it) | Self::Guid(it) => it.validity().fits(it.len()),
            Self::String(_) | Self::Dynamic(_) | Self::Constant(_) => true,
        }
    }

    /// The value of a row; null past the end.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        if row >= self.len() {
            return Value::Null;
        }
        fn cell<T: arrow_buffer::ArrowNativeType>(
            it: &Primitive<T>,
            row: usize,
            make: fn(T) -> Value,
        ) -> Value {
            it.get(row).map_or(Value::Null, make)
        }
        match self {
            Self::Bool(values, validity) => {
                if validity.is_valid(row) {
                    Value::Bool(values.value(row))
                } else {
                    Value::Null
                }
            }
            Self::Int(it) => cell(it, row, Value::Int),
            Self::Long(it) => cell(it, row, Value::Long),
            Self::Real(it) => cell(it, row, Value::Real),
            Self::Decimal(it) => cell(it, row, |bits| Value::Decimal(Decimal::from_bits(bits))),
            Self::String(it) => it.value(row),
            Self::DateTime(it) => cell(it, row, |ticks| Value::DateTime(DateTime(ticks))),
            Self::TimeSpan(it) => cell(it, row, |ticks| Value::TimeSpan(TimeSpan(ticks))),
            Self::Guid(it) => cell(it, row, |bits| Value::Guid(Guid(bits as u128))),
            Self::Dynamic(it) => match it.value(row) {
                Dynamic::Null => Value::Null,
                value => Value::Dynamic(value),
            },
            Self::Constant(it) => it.value.clone(),
        }
    }

    /// The values in order.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.len()).map(|row| self.value(row))
    }

    /// The row is null. Strings never are.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Bool(_, validity) => !validity.is_valid(row),
            Self::Int(it) => it.is_null(row),
            Self::Long(it) | Self::DateTime(it) | Self::TimeSpan(it) => it.is_null(row),
            Self::Real(it) => it.is_null(row),
            Self::Decimal(it) | Self::Guid(it) => it.is_null(row),
            Self::String(_) => false,
            Self::Dynamic(it) => it.is_null(row),
            Self::Constant(it) => it.value.is_null(),
        }
    }

    /// The value, if the column is a constant.
    #[must_use]
    pub fn as_constant(&self) -> Option<&Value> {
        if let Self::Constant(it) = self { Some(&it.value) } else { None }
    }

    /// Rows `offset .. offset + len`, sharing the buffers. Both are cut to the column's end.
    #[must_use]
    pub fn slice(&self, offset: usize, len: usize) -> Column {
        let offset = offset.min(self.len());
        let len = len.min(self.len() - offset);
        match self {
            Self::Bool(values, validity) => {
                Self::Bool(values.slice(offset, len), validity.slice(offset, len))
            }
            Self::Int(it) => Self::Int(it.slice(offset, len)),
            Self::Long(it) => Self::Long(it.slice(offset, len)),
            Self::Real(it) => Self::Real(it.slice(offset, len)),
            Self::Decimal(it) => Self::Decimal(it.slice(offset, len)),
            Self::String(it) => Self::String(it.slice(offset, len)),
            Self::DateTime(it) => Self::DateTime(it.slice(offset, len)),
            Self::TimeSpan(it) => Self::TimeSpan(it.slice(offset, len)),
            Self::Guid(it) => Self::Guid(it.slice(offset, len)),
            Self::Dynamic(it) => Self::Dynamic(it.slice(offset, len)),
            Self::Constant(it) => Self::Constant(ConstantColumn { len, ..it.clone() }),
        }
    }

    /// The given rows in the given order; `NO_ROW` gives null (the empty string).
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Column {
        match self {
            Self::Bool(values, validity) => Self::Bool(take_bits(values, rows), validity.take(rows)),
            Self::Int(it) => Self::Int(it.take(rows)),
            Self::Long(it) => Self::Long(it.take(rows)),
            Self::Real(it) => Self::Real(it.take(rows)),
            Self::Decimal(it) => Self::Decimal(it.take(rows)),
            Self::String(it) => Self::String(it.take(rows)),
            Self::DateTime(it) => Self::DateTime(it.take(rows)),
            Self::TimeSpan(it) => Self::TimeSpan(it.take(rows)),
            Self::Guid(it) => Self::Guid(it.take(rows)),
            Self::Dynamic(it) => Self::Dynamic(it.take(rows)),
            Self::Constant(it) => {
                if it.value == Value::null_of(it.data_type) || !rows.contains(&NO_ROW) {
                    Self::Constant(ConstantColumn { len: rows.len(), ..it.clone() })
                } else {
                    self.to_flat().take(rows)
                }
            }
        }
    }

    /// The column in the form that is fastest to query: texts of which few are distinct get a dictionary.
    #[must_use]
    pub fn compact(self) -> Column {
        /// The fewest rows for which a dictionary saves something.
        const MIN_ROWS: usize = 256;
        /// The most values of a dictionary that fits a processor's cache; larger ones do not pay.
        const MAX_VALUES: usize = 1 << 16;
        match &self {
            Self::String(texts)
                if texts.dictionary().is_none()
                    && texts.len() >= MIN_ROWS
                    && !texts.seems_to_exceed(MAX_VALUES) =>
            {
                texts.encode(MAX_VALUES.min(texts.len() / 4)).map_or(self, Self::String)
            }
            Self::Dynamic(values) => values.compact().map_or(self, Self::Dynamic),
            _ => self,
        }
    }

    /// The column without a dictionary: a text of its own for each row.
    #[must_use]
    pub(crate) fn to_plain(&self) -> Column {
        match self {
            Self::String(texts) => Self::String(texts.to_plain()),
            other => other.clone(),
        }
    }

    /// The numbers of the rows that hold `true`.
    #[must_use]
    pub fn true_rows(&self) -> Vec<u32> {
        match self {
            Self::Bool(values, validity) => match validity.nulls() {
                None => places_of_ones(values),
                Some(nulls) => places_of_ones(&(values & nulls.inner())),
            },
            Self::Constant(it) if it.value == Value::Bool(true) => (0..it.len as u32).collect(),
            _ => Vec::new(),
        }
    }

    /// About how many bytes the column's buffers hold.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        match self {
            Self::Bool(values, _) => values.len().div_ceil(8),
            Self::Int(it) => it.len() * 4,
            Self::Long(it) | Self::DateTime(it) | Self::TimeSpan(it) => it.len() * 8,
            Self::Real(it) => it.len() * 8,
            Self::Decimal(it) | Self::Guid(it) => it.len() * 16,
            Self::String(it) => it.byte_size(),
            Self::Dynamic(it) => it.byte_size(),
            Self::Constant(_) => 64,
        }
    }

    /// The most bytes that [`Self::expanded_bytes`] can be, known without a look at the values.
    #[must_use]
    pub(crate) fn most_bytes(&self) -> usize {
        match self {
            Self::Constant(it) => it.value.byte_size().saturating_mul(it.len),
            Self::Dynamic(it) if it.json().is_some() => it.byte_size().saturating_mul(64),
            _ => self.byte_size(),
        }
    }

    /// About how many bytes the values have if each row has its own, read from text where they are JSON.
    #[must_use]
    pub(crate) fn expanded_bytes(&self) -> usize {
        match self {
            Self::Constant(it) => it.value.byte_size().saturating_mul(it.len),
            Self::Dynamic(it) => it.unread_bytes().max(it.byte_size()),
            _ => self.byte_size(),
        }
    }

    /// How many bytes were made for the column, if not for one of these: a function may give what it was given.
    #[must_use]
    pub(crate) fn bytes_beside(&self, others: &[Column]) -> usize {
        let is_shared = |other: &Column| match (self, other) {
            (Self::String(own), Self::String(other)) => own.shares_texts(other),
            (Self::Dynamic(own), Self::Dynamic(other)) => own.shares_values(other),
            (Self::Constant(own), Self::Constant(other)) => own.shares_value(other),
            _ => false,
        };
        if others.iter().any(is_shared) {
            return 0;
        }
        match self {
            Self::Constant(it) => it.value.byte_size(),
            _ => self.byte_size(),
        }
    }

    /// How deep the deepest dynamic value is nested; JSON text is bounded where it is read, and counts as flat.
    #[must_use]
    pub fn max_depth(&self) -> usize {
        match self {
            Self::Dynamic(it) => it.max_depth(),
            Self::Constant(ConstantColumn { value: Value::Dynamic(value), .. }) => value.depth(),
            _ => 0,
        }
    }
}

impl ConstantColumn {
    /// The value is a copy of the other's.
    fn shares_value(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::String(own), Value::String(other)) => Arc::ptr_eq(own, other),
            (Value::Dynamic(own), Value::Dynamic(other)) => match (own, other) {
                (Dynamic::Array(own), Dynamic::Array(other)) => own.address() == other.address(),
                (Dynamic::Bag(own), Dynamic::Bag(other)) => own.address() == other.address(),
                _ => false,
            },
            _ => false,
        }
    }
}

/// The places of the bits that are set.
fn places_of_ones(bits: &BooleanBuffer) -> Vec<u32> {
    let mut places = Vec::with_capacity(bits.count_set_bits());
    for (first, mut word) in (0..).step_by(64).zip(bits.bit_chunks().iter_padded()) {
        while word != 0 {
            places.push(first + word.trailing_zeros());
            word &= word - 1;
        }
    }
    places
}

impl PartialEq for Column {
    /// Equal in type and values, whatever the encoding. NaN equals NaN, so that a column equals itself.
    fn eq(&self, other: &Self) -> bool {
        fn same<T: arrow_buffer::ArrowNativeType>(
            a: &Primitive<T>,
            b: &Primitive<T>,
            equal: impl Fn(&T, &T) -> bool,
        ) -> bool {
            (0..a.len()).all(|row| match (a.get(row), b.get(row)) {
                (Some(a), Some(b)) => equal(&a, &b),
                (a, b) => a.is_none() && b.is_none(),
            })
        }
        if self.scalar_type() != other.scalar_type() || self.len() != other.len() {
            return false;
        }
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => same(a, b, i32::eq),
            (Self::Long(a), Self::Long(b))
            | (Self::DateTime(a), Self::DateTime(b))
            | (Self::TimeSpan(a), Self::TimeSpan(b)) => same(a, b, i64::eq),
            (Self::Guid(a), Self::Guid(b)) => same(a, b, i128::eq),
            (Self::Real(a), Self::Real(b)) => same(a, b, |a, b| a == b || a.is_nan() && b.is_nan()),
            (Self::String(a), Self::String(b)) => (0..a.len()).all(|row| a.bytes(row) == b.bytes(row)),
            _ => self.values().zip(other.values()).all(|(a, b)| match (&a, &b) {
                (Value::Real(a), Value::Real(b)) => a == b || a.is_nan() && b.is_nan(),
                _ => a == b,
            }),
        }
    }
}
