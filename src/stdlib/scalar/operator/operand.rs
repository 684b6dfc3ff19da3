//! Operands of fixed width as slices or single values, and tight loops over two of them and over texts.
//! It must not know operators.

use arrow_buffer::{ArrowNativeType, BooleanBuffer};

use crate::column::{Column, Primitive, StringColumn, Validity, bits_of};
use crate::function::{Call, Result};
use crate::types::{DateTime, Decimal, Guid, ScalarType, TimeSpan, Value};

/// The values of one operand.
pub(super) enum Operand<T: ArrowNativeType> {
    /// One value for every row; `None` is null.
    Constant(Option<T>),
    /// A value for each row.
    Rows(Primitive<T>),
}

/// A type that the loops run over.
pub(super) trait Native: ArrowNativeType {
    /// The column's values, where it is stored in this type.
    fn rows(column: &Column) -> Option<&Primitive<Self>>;
    /// A single value.
    fn read(value: &Value) -> Option<Self>;
    /// A single value as one of a type.
    fn wrap(self, data_type: ScalarType) -> Value;
    /// A column of a type.
    fn column(values: Primitive<Self>, data_type: ScalarType) -> Column;
}

impl Native for i64 {
    fn rows(column: &Column) -> Option<&Primitive<Self>> {
        match column {
            Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => Some(it),
            _ => None,
        }
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::DateTime(it) => Some(it.0),
            Value::TimeSpan(it) => Some(it.0),
            Value::Bool(it) => Some(i64::from(*it)),
            _ => value.as_long(),
        }
    }

    fn wrap(self, data_type: ScalarType) -> Value {
        match data_type {
            ScalarType::DateTime => Value::DateTime(DateTime(self)),
            ScalarType::TimeSpan => Value::TimeSpan(TimeSpan(self)),
            _ => Value::Long(self),
        }
    }

    fn column(values: Primitive<Self>, data_type: ScalarType) -> Column {
        match data_type {
            ScalarType::DateTime => Column::DateTime(values),
            ScalarType::TimeSpan => Column::TimeSpan(values),
            _ => Column::Long(values),
        }
    }
}

impl Native for f64 {
    fn rows(column: &Column) -> Option<&Primitive<Self>> {
        if let Column::Real(it) = column { Some(it) } else { None }
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_real()
    }

    fn wrap(self, _: ScalarType) -> Value {
        Value::Real(self)
    }

    fn column(values: Primitive<Self>, _: ScalarType) -> Column {
        Column::Real(values)
    }
}

impl Native for i128 {
    fn rows(column: &Column) -> Option<&Primitive<Self>> {
        match column {
            Column::Decimal(it) | Column::Guid(it) => Some(it),
            _ => None,
        }
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Decimal(it) => Some(it.to_bits()),
            Value::Guid(it) => Some(it.0 as i128),
            _ => None,
        }
    }

    fn wrap(self, data_type: ScalarType) -> Value {
        match data_type {
            ScalarType::Guid => Value::Guid(Guid(self as u128)),
            _ => Value::Decimal(Decimal::from_bits(self)),
        }
    }

    fn column(values: Primitive<Self>, data_type: ScalarType) -> Column {
        if data_type == ScalarType::Guid { Column::Guid(values) } else { Column::Decimal(values) }
    }
}

impl<T: Native> Operand<T> {
    /// A column read as a type.
    ///
    /// # Errors
    /// The type is not stored as `T`, which is an internal error.
    pub(super) fn of(call: &Call<'_>, column: &Column, data_type: ScalarType) -> Result<Self> {
        let column = column.convert(data_type);
        match column.as_constant() {
            Some(value) => Ok(Self::Constant(T::read(value))),
            None => match T::rows(&column) {
                Some(rows) => Ok(Self::Rows(rows.clone())),
                None => Err(call.broken(format!("an operand of type {data_type} is read as numbers"))),
            },
        }
    }

    /// The column.
    pub(super) fn into_column(self, data_type: ScalarType, rows: usize) -> Column {
        match self {
            Self::Constant(value) => {
                Column::constant(value.map_or(Value::Null, |it| it.wrap(data_type)), data_type, rows)
            }
            Self::Rows(values) => T::column(values, data_type),
        }
    }

    /// A function of each value. Null stays null.
    pub(super) fn map<R: Native>(&self, f: impl Fn(T) -> R) -> Operand<R> {
        match self {
            Self::Constant(value) => Operand::Constant(value.map(f)),
            Self::Rows(values) => Operand::Rows(values.map(f)),
        }
    }
}

/// A function of both values that always gives one. Null in, null out.
pub(super) fn zip<T: Native, U: Native, R: Native>(
    a: &Operand<T>,
    b: &Operand<U>,
    f: impl Fn(T, U) -> R,
) -> Operand<R> {
    match (a, b) {
        (Operand::Constant(None), _) | (_, Operand::Constant(None)) => Operand::Constant(None),
        (Operand::Constant(Some(a)), Operand::Constant(Some(b))) => Operand::Constant(Some(f(*a, *b))),
        (Operand::Rows(a), Operand::Constant(Some(b))) => Operand::Rows(a.map(|a| f(a, *b))),
        (Operand::Constant(Some(a)), Operand::Rows(b)) => Operand::Rows(b.map(|b| f(*a, b))),
        (Operand::Rows(a), Operand::Rows(b)) => {
            let values: Vec<R> = a.values().iter().zip(b.values()).map(|(a, b)| f(*a, *b)).collect();
            Operand::Rows(Primitive::new(values, a.validity().and(b.validity())))
        }
    }
}

/// A function of both values that may give none. Null in, null out.
pub(super) fn try_zip<T: Native, U: Native, R: Native>(
    a: &Operand<T>,
    b: &Operand<U>,
    f: impl Fn(T, U) -> Option<R>,
) -> Operand<R> {
    match (a, b) {
        (Operand::Constant(None), _) | (_, Operand::Constant(None)) => Operand::Constant(None),
        (Operand::Constant(Some(a)), Operand::Constant(Some(b))) => Operand::Constant(f(*a, *b)),
        (Operand::Rows(a), Operand::Constant(Some(b))) => {
            Operand::Rows((0..a.len()).map(|row| f(a.get(row)?, *b)).collect())
        }
        (Operand::Constant(Some(a)), Operand::Rows(b)) => {
            Operand::Rows((0..b.len()).map(|row| f(*a, b.get(row)?)).collect())
        }
        (Operand::Rows(a), Operand::Rows(b)) => {
            Operand::Rows((0..a.len()).map(|row| f(a.get(row)?, b.get(row)?)).collect())
        }
    }
}

/// The rows for which a predicate of both values holds, and which of the operands' rows hold a value.
///
/// The bit of a row with a null is arbitrary.
pub(super) struct Tested {
    pub bits: BooleanBuffer,
    pub left: Validity,
    pub right: Validity,
}

/// Tests two operands row by row; `None` if one is null throughout.
pub(super) fn test<T: ArrowNativeType>(
    rows: usize,
    a: &Operand<T>,
    b: &Operand<T>,
    f: impl Fn(T, T) -> bool,
) -> Option<Tested> {
    Some(match (a, b) {
        (Operand::Constant(None), _) | (_, Operand::Constant(None)) => return None,
        (Operand::Constant(Some(a)), Operand::Constant(Some(b))) => Tested {
            bits: if f(*a, *b) { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) },
            left: Validity::ALL,
            right: Validity::ALL,
        },
        (Operand::Rows(a), Operand::Constant(Some(b))) => Tested {
            bits: bits_of(a.values(), |a| f(a, *b)),
            left: a.validity().clone(),
            right: Validity::ALL,
        },
        (Operand::Constant(Some(a)), Operand::Rows(b)) => Tested {
            bits: bits_of(b.values(), |b| f(*a, b)),
            left: Validity::ALL,
            right: b.validity().clone(),
        },
        (Operand::Rows(a), Operand::Rows(b)) => {
            let (left, right) = (a.values(), b.values());
            let rows = left.len().min(right.len());
            let (left, right) = (&left[..rows], &right[..rows]);
            Tested {
                bits: BooleanBuffer::collect_bool(rows, |row| f(left[row], right[row])),
                left: a.validity().clone(),
                right: b.validity().clone(),
            }
        }
    })
}

/// Tests each text: once for each dictionary value, else once a row.
pub(super) fn test_texts(texts: &StringColumn, mut f: impl FnMut(&[u8]) -> bool) -> BooleanBuffer {
    match texts.dictionary() {
        Some((codes, values)) if values <= codes.len() => {
            let hits: Vec<bool> = (0..values).map(|code| f(texts.dictionary_bytes(code))).collect();
            bits_of(codes, |code| hits.get(code as usize).copied().unwrap_or_default())
        }
        _ => BooleanBuffer::collect_bool(texts.len(), |row| f(texts.bytes(row))),
    }
}
