//! Reading argument columns: typed values, row by row, nulls left out. It must not know any aggregate.

use crate::column::{Bool, Column, Dec, Dyn, Element, Gid, Long, Primitive, Real, Str};
use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// The types that aggregates are written over. Integers, instants and spans are all read as [`Long`]: see [`widen`].
pub(super) trait Read: 'static {
    /// What one row gives.
    type Row<'a>;

    /// Calls `f` with each row whose arguments are not null, in order.
    fn each(columns: &[Column], f: impl for<'a> FnMut(usize, Self::Row<'a>));
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
            Value::Null if is_widened(it.kind) => Column::nulls(ScalarType::Long, it.len),
            _ => column.clone(),
        },
        _ => column.clone(),
    }
}

/// Whether [`widen`] makes a long of the type.
pub(super) const fn is_widened(kind: ScalarType) -> bool {
    matches!(kind, ScalarType::Int | ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan)
}

/// A `long` column as the type that [`widen`] made it from; an instant out of range is null.
pub(super) fn narrow(column: Column, kind: ScalarType) -> Column {
    match (column, kind) {
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
pub(super) const fn narrow_dynamic(n: i64, kind: ScalarType) -> Dynamic {
    match kind {
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
fn repeat<T: Clone>(value: Option<T>, len: usize, mut f: impl FnMut(usize, T)) {
    if let Some(value) = value {
        (0..len).for_each(|row| f(row, value.clone()));
    }
}

impl Read for Long {
    type Row<'a> = i64;

    #[inline]
    fn each(columns: &[Column], f: impl for<'a> FnMut(usize, i64)) {
        match columns.first().map(widen) {
            Some(Column::Long(it)) => each_cell(&it, f),
            Some(Column::Constant(it)) => repeat(it.value.as_long(), it.len, f),
            _ => {}
        }
    }
}

impl Read for Real {
    type Row<'a> = f64;

    #[inline]
    fn each(columns: &[Column], f: impl for<'a> FnMut(usize, f64)) {
        match columns.first().map(|column| column.convert(ScalarType::Real)) {
            Some(Column::Real(it)) => each_cell(&it, f),
            Some(Column::Constant(it)) => repeat(it.value.as_real(), it.len, f),
            _ => {}
        }
    }
}

impl Read for Dec {
    type Row<'a> = Decimal;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, Decimal)) {
        match columns.first() {
            Some(Column::Decimal(it)) => each_cell(it, |row, bits| f(row, Decimal::from_bits(bits))),
            Some(Column::Constant(it)) => repeat(Dec::read(&it.value), it.len, f),
            _ => {}
        }
    }
}

impl Read for Gid {
    type Row<'a> = Guid;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, Guid)) {
        match columns.first() {
            Some(Column::Guid(it)) => each_cell(it, |row, bits| f(row, Guid(bits as u128))),
            Some(Column::Constant(it)) => repeat(Gid::read(&it.value), it.len, f),
            _ => {}
        }
    }
}

impl Read for Bool {
    type Row<'a> = bool;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, bool)) {
        match columns.first() {
            Some(Column::Bool(bits, validity)) => {
                (0..bits.len()).filter(|&row| validity.is_valid(row)).for_each(|row| f(row, bits.value(row)));
            }
            Some(Column::Constant(it)) => repeat(Bool::read(&it.value), it.len, f),
            _ => {}
        }
    }
}

/// Texts are read as bytes: their order is that of the characters, and nothing need be checked.
impl Read for Str {
    type Row<'a> = &'a [u8];

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, &'a [u8])) {
        match columns.first() {
            Some(Column::String(it)) => (0..it.len()).for_each(|row| f(row, it.bytes(row))),
            Some(Column::Constant(it)) => {
                let text = it.value.as_str().unwrap_or_default().as_bytes();
                (0..it.len).for_each(|row| f(row, text));
            }
            _ => {}
        }
    }
}

impl Read for Dyn {
    type Row<'a> = &'a Dynamic;

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, &'a Dynamic)) {
        match columns.first() {
            Some(Column::Dynamic(it)) => {
                for (row, value) in it.values().iter().enumerate() {
                    if !value.is_null() {
                        f(row, value);
                    }
                }
            }
            Some(Column::Constant(it)) => {
                if let Some(value) = Dyn::read(&it.value) {
                    (0..it.len).for_each(|row| f(row, value));
                }
            }
            _ => {}
        }
    }
}

/// Two numbers; a row counts where it has both.
pub(super) struct Pair;

impl Read for Pair {
    type Row<'a> = (f64, f64);

    fn each(columns: &[Column], mut f: impl for<'a> FnMut(usize, (f64, f64))) {
        let [a, b, ..] = columns else { return };
        let (a, b) = (a.convert(ScalarType::Real), b.convert(ScalarType::Real));
        let (Some(a), Some(b)) = (Real::view(&a), Real::view(&b)) else { return };
        let rows = columns.first().map_or(0, Column::len);
        for row in 0..rows {
            if let (Some(a), Some(b)) = (a.get(row), b.get(row)) {
                f(row, (a, b));
            }
        }
    }
}
