//! Reading argument columns: typed values, row by row, nulls left out. It must not know any aggregate.

use crate::column::{
    BoolType, Column, ConstantColumn, DecimalType, DynamicType, Element, GuidType, LongType, Primitive,
    RealType, StringType,
};
use crate::function::{Failure, Result, broken};
use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// The types that aggregates are written over. Integers, datetimes and timespans are all read as
/// [`LongType`]: see [`widen`].
pub(super) trait Read: 'static {
    /// What one row gives.
    type Row<'a>;

    /// Calls `f` with each row whose arguments are not null, in order.
    ///
    /// # Errors
    /// A column is missing or of another type.
    fn each(columns: &[Column], f: impl for<'a> FnMut(usize, Self::Row<'a>)) -> Result<()>;
}

/// The column of an argument.
pub(super) fn argument(columns: &[Column], at: usize) -> Result<&Column> {
    columns.get(at).ok_or_else(|| broken(format!("the column of argument {} is missing", at + 1)))
}

/// The failure of a column that is not of the type that it is read as.
fn misread(column: &Column, data_type: ScalarType) -> Failure {
    broken(format!("a column of type {} is read as {data_type}", column.scalar_type()))
}

/// An `int`, `datetime` or `timespan` column as a `long` one; any other column as it is.
pub(super) fn widen(column: &Column) -> Column {
    match column {
        Column::Int(it) => Column::Long(it.map(i64::from)),
        Column::DateTime(it) | Column::TimeSpan(it) => Column::Long(it.clone()),
        Column::Constant(it) => match &it.value {
            Value::Int(n) => Column::constant(Value::Long(i64::from(*n)), ScalarType::Long, it.len),
            Value::DateTime(DateTime(n)) | Value::TimeSpan(TimeSpan(n)) => {
                Column::constant(Value::Long(*n), ScalarType::Long, it.len)
            }
            Value::Null if is_widened(it.data_type) => Column::nulls(ScalarType::Long, it.len),
            _ => column.clone(),
        },
        _ => column.clone(),
    }
}

/// Whether [`widen`] makes a long of the type.
pub(super) const fn is_widened(data_type: ScalarType) -> bool {
    matches!(data_type, ScalarType::Int | ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan)
}

/// A `long` column as the type that [`widen`] made it from; an instant out of range is null.
pub(super) fn narrow(column: Column, data_type: ScalarType) -> Column {
    match (column, data_type) {
        (Column::Long(it), ScalarType::Int) => Column::Int(it.map(|n| n as i32)),
        (Column::Long(it), ScalarType::DateTime) => {
            let ticks = (0..it.len()).map(|row| it.get(row).filter(|&n| DateTime::from_ticks(n).is_some()));
            Column::DateTime(ticks.collect())
        }
        (Column::Long(it), ScalarType::TimeSpan) => Column::TimeSpan(it),
        (column, _) => column,
    }
}

/// One value of a widened column as a value of the type that it was widened from.
pub(super) const fn narrow_dynamic(n: i64, data_type: ScalarType) -> Dynamic {
    match data_type {
        ScalarType::DateTime => Dynamic::DateTime(DateTime(n)),
        ScalarType::TimeSpan => Dynamic::TimeSpan(TimeSpan(n)),
        _ => Dynamic::Long(n),
    }
}

/// The rows of a fixed-width column that hold a value.
#[inline]
fn each_cell<T: arrow_buffer::ArrowNativeType>(column: &Primitive<T>, mut f: impl FnMut(usize, T)) {
    let values = column.values();
    match column.validity().nulls() {
        None => values.iter().enumerate().for_each(|(row, &value)| f(row, value)),
        Some(nulls) => nulls.valid_indices().for_each(|row| f(row, values[row])),
    }
}

/// Every row of a constant.
fn repeat<T: Clone>(column: &ConstantColumn, value: Option<T>, mut f: impl FnMut(usize, T)) -> Result<()> {
    match value {
        Some(value) => (0..column.len).for_each(|row| f(row, value.clone())),
        None if column.value.is_null() => {}
        None => {
            return Err(broken(format!("a constant of type {} is read as another one", column.data_type)));
        }
    }
    Ok(())
}

impl Read for LongType {
    type Row<'a> = i64;

    #[inline]
    fn each(columns: &[Column], f: impl for<'a> FnMut(usize, i64)) -> Result<()> {
        match widen(argument(columns, 0)?) {
            Column::Long(it) => each_cell(&it, f),
            Column::Constant(it) => return repeat(&it, it.value.as_long(), f),
            other => return Err(misread(&other, ScalarType::Long)),
        }
        Ok(())
    }
}

impl Read for RealType {
    type Row<'a> = f64;

    #[inline]
    fn each(columns: &[Column], f: impl for<'a> FnMut(usize, f64)) -> Result<()> {
        match argument(columns, 0)?.convert(ScalarType::Real) {
            Column::Real(it) => each_cell(&it, f),
            Column::Constant(it) => return repeat(&it, it.value.as_real(), f),
            other => return Err(misread(&other, ScalarType::Real)),
        }
        Ok(())
    }
}

impl Read for DecimalType {
    type Row<'a> = Decimal;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, Decimal)) -> Result<()> {
        match argument(columns, 0)? {
            Column::Decimal(it) => each_cell(it, |row, bits| f(row, Decimal::from_bits(bits))),
            Column::Constant(it) => return repeat(it, DecimalType::read(&it.value), f),
            other => return Err(misread(other, ScalarType::Decimal)),
        }
        Ok(())
    }
}

impl Read for GuidType {
    type Row<'a> = Guid;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, Guid)) -> Result<()> {
        match argument(columns, 0)? {
            Column::Guid(it) => each_cell(it, |row, bits| f(row, Guid(bits as u128))),
            Column::Constant(it) => return repeat(it, GuidType::read(&it.value), f),
            other => return Err(misread(other, ScalarType::Guid)),
        }
        Ok(())
    }
}

impl Read for BoolType {
    type Row<'a> = bool;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, bool)) -> Result<()> {
        match argument(columns, 0)? {
            Column::Bool(bits, validity) => {
                (0..bits.len()).filter(|&row| validity.is_valid(row)).for_each(|row| f(row, bits.value(row)));
            }
            Column::Constant(it) => return repeat(it, BoolType::read(&it.value), f),
            other => return Err(misread(other, ScalarType::Bool)),
        }
        Ok(())
    }
}

/// Texts are read as bytes: their order is that of the characters, and nothing need be checked.
impl Read for StringType {
    type Row<'a> = &'a [u8];

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, &'a [u8])) -> Result<()> {
        match argument(columns, 0)? {
            Column::String(it) => (0..it.len()).for_each(|row| f(row, it.bytes(row))),
            Column::Constant(it) if it.data_type == ScalarType::String => {
                // A null text is the empty one.
                let text = it.value.as_str().unwrap_or_default().as_bytes();
                (0..it.len).for_each(|row| f(row, text));
            }
            other => return Err(misread(other, ScalarType::String)),
        }
        Ok(())
    }
}

impl Read for DynamicType {
    type Row<'a> = &'a Dynamic;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, &'a Dynamic)) -> Result<()> {
        match argument(columns, 0)? {
            Column::Dynamic(it) => {
                for (row, value) in it.values().iter().enumerate() {
                    if !value.is_null() {
                        f(row, value);
                    }
                }
            }
            Column::Constant(it) if it.data_type == ScalarType::Dynamic => {
                if let Some(value) = DynamicType::read(&it.value) {
                    (0..it.len).for_each(|row| f(row, value));
                }
            }
            other => return Err(misread(other, ScalarType::Dynamic)),
        }
        Ok(())
    }
}

/// Two numbers; a row counts where it has both.
pub(super) struct Pair;

impl Read for Pair {
    type Row<'a> = (f64, f64);

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, (f64, f64))) -> Result<()> {
        let real = |at| argument(columns, at).map(|column| column.convert(ScalarType::Real));
        let (a, b) = (real(0)?, real(1)?);
        let rows = a.len();
        let (Some(a), Some(b)) = (RealType::view(&a), RealType::view(&b)) else {
            return Err(broken("a column is not of numbers"));
        };
        for row in 0..rows {
            if let (Some(a), Some(b)) = (a.get(row), b.get(row)) {
                f(row, (a, b));
            }
        }
        Ok(())
    }
}
