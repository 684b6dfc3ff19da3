//! Converts Arrow arrays to columns. It must not know files or tables.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp, FixedSizeBinaryArray, PrimitiveArray};
use arrow_buffer::{ArrowNativeType, BooleanBufferBuilder, NullBuffer, i256};
use arrow_schema::{DataType, Field, TimeUnit};
use kqlite::{Column, ColumnBuilder, DateTime, Decimal, Dynamic, DynamicColumn, Primitive, ScalarType};
use kqlite::{StringColumn, TimeSpan, Validity, Value};

use crate::misfit::Misfits;
use crate::{convert, dictionary, nested, types};

/// The array as a column of the type that is wanted, or of its own.
///
/// # Errors
/// There is no type for the array, as a message. Values that do not fit are noted, and null.
pub fn column(
    array: &ArrayRef,
    field: &Field,
    wanted: Option<ScalarType>,
    misfits: &mut Misfits,
) -> Result<Column, String> {
    Ok(converted(natural(array, field, wanted, misfits)?, wanted, misfits))
}

/// The column in the type that is wanted.
pub fn converted(found: Column, wanted: Option<ScalarType>, misfits: &mut Misfits) -> Column {
    let Some(wanted) = wanted.filter(|wanted| *wanted != found.scalar_type()) else { return found };
    let mut further = Misfits::default();
    let converted = convert::column(&found, wanted, &mut further);
    misfits.merge(further);
    converted
}

/// The array as a column of its own type. Bytes, and integers of 64 bits without a sign, look at what is wanted.
fn natural(
    array: &ArrayRef,
    field: &Field,
    wanted: Option<ScalarType>,
    misfits: &mut Misfits,
) -> Result<Column, String> {
    Ok(match array.data_type() {
        DataType::Null => Column::nulls(ScalarType::String, array.len()),
        DataType::Boolean => {
            let array = array.as_boolean();
            Column::Bool(array.values().clone(), validity(array.nulls()))
        }
        DataType::Int8 => Column::Int(mapped::<Int8Type, _>(array, i32::from)),
        DataType::Int16 => Column::Int(mapped::<Int16Type, _>(array, i32::from)),
        DataType::Int32 => Column::Int(same::<Int32Type>(array)),
        DataType::UInt8 => Column::Int(mapped::<UInt8Type, _>(array, i32::from)),
        DataType::UInt16 => Column::Int(mapped::<UInt16Type, _>(array, i32::from)),
        DataType::UInt32 => Column::Long(mapped::<UInt32Type, _>(array, i64::from)),
        DataType::Int64 => Column::Long(same::<Int64Type>(array)),
        DataType::UInt64 if matches!(wanted, None | Some(ScalarType::Long | ScalarType::Int)) => {
            let fits = |n: u64| i64::try_from(n).is_ok();
            Column::Long(checked::<UInt64Type, _>(array, misfits, fits, |n| n as i64, |n| n.to_string()))
        }
        DataType::UInt64 => {
            let bits = |n: u64| Decimal(rust_decimal::Decimal::from(n)).to_bits();
            Column::Decimal(mapped::<UInt64Type, _>(array, bits))
        }
        DataType::Float16 => Column::Real(mapped::<Float16Type, _>(array, f64::from)),
        DataType::Float32 => Column::Real(mapped::<Float32Type, _>(array, f64::from)),
        DataType::Float64 => Column::Real(same::<Float64Type>(array)),
        DataType::Decimal32(_, scale) => {
            decimals::<Decimal32Type>(array, *scale, misfits, |n| Some(n.into()))
        }
        DataType::Decimal64(_, scale) => {
            decimals::<Decimal64Type>(array, *scale, misfits, |n| Some(n.into()))
        }
        DataType::Decimal128(_, scale) => decimals::<Decimal128Type>(array, *scale, misfits, Some),
        DataType::Decimal256(_, scale) => decimals_256(array, *scale, misfits),
        data_type if types::is_plain_string(data_type) => strings(dictionary::plain(array)?, field),
        DataType::Dictionary(_, values) if types::is_plain_string(values) => {
            strings(dictionary::encoded(array)?, field)
        }
        DataType::Dictionary(_, values) => {
            let values = field.clone().with_data_type((**values).clone());
            dictionary_of(array, &values, wanted, misfits)?
        }
        DataType::Timestamp(unit, _) => Column::DateTime(instants(array, *unit, misfits)),
        DataType::Date32 => {
            let factor = TimeSpan::DAY;
            Column::DateTime(instants_of::<Date32Type>(array, factor, "days", misfits))
        }
        DataType::Date64 => {
            Column::DateTime(instants_of::<Date64Type>(array, TimeSpan::MILLISECOND, "ms", misfits))
        }
        DataType::Duration(TimeUnit::Second) => {
            spans::<DurationSecondType>(array, TimeSpan::SECOND, "s", misfits)
        }
        DataType::Duration(TimeUnit::Millisecond) => {
            spans::<DurationMillisecondType>(array, TimeSpan::MILLISECOND, "ms", misfits)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            spans::<DurationMicrosecondType>(array, TimeSpan::MICROSECOND, "µs", misfits)
        }
        DataType::Duration(TimeUnit::Nanosecond) => {
            Column::TimeSpan(mapped::<DurationNanosecondType, _>(array, |n| n / NANOSECONDS))
        }
        DataType::Time32(TimeUnit::Second) => {
            spans::<Time32SecondType>(array, TimeSpan::SECOND, "s", misfits)
        }
        DataType::Time32(TimeUnit::Millisecond) => {
            spans::<Time32MillisecondType>(array, TimeSpan::MILLISECOND, "ms", misfits)
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            spans::<Time64MicrosecondType>(array, TimeSpan::MICROSECOND, "µs", misfits)
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            Column::TimeSpan(mapped::<Time64NanosecondType, _>(array, |n| n / NANOSECONDS))
        }
        DataType::FixedSizeBinary(16)
            if wanted == Some(ScalarType::Guid) || types::kind_of(field) == Ok(ScalarType::Guid) =>
        {
            guids(array.as_fixed_size_binary())
        }
        data_type if types::is_bytes_of_any_length(data_type) => text_of_bytes(array, misfits),
        DataType::FixedSizeBinary(_) if wanted == Some(ScalarType::String) => text_of_bytes(array, misfits),
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::Struct(_)
        | DataType::Map(..) => {
            // What holds for no value is refused before the values are looked at.
            types::kind_of(field)?;
            Column::Dynamic(DynamicColumn::new(nested::values(array, field, misfits, dynamics)?))
        }
        _ => {
            types::kind_of(field)?;
            return Err(format!("its type {} is unknown", array.data_type()));
        }
    })
}

/// Nanoseconds in a tick.
const NANOSECONDS: i64 = 100;

/// Which rows hold a value.
pub fn validity(nulls: Option<&NullBuffer>) -> Validity {
    nulls.map_or(Validity::ALL, |nulls| Validity::new(nulls.inner().clone()))
}

/// The values as they are, without a copy.
fn same<T: ArrowPrimitiveType>(array: &ArrayRef) -> Primitive<T::Native> {
    let array = array.as_primitive::<T>();
    Primitive::new(array.values().clone(), validity(array.nulls()))
}

fn mapped<T: ArrowPrimitiveType, U: ArrowNativeType>(
    array: &ArrayRef,
    map: impl Fn(T::Native) -> U,
) -> Primitive<U> {
    let array = array.as_primitive::<T>();
    let values: Vec<U> = array.values().iter().map(|&value| map(value)).collect();
    Primitive::new(values, validity(array.nulls()))
}

/// Values that may not fit. `map` is given any value.
fn checked<T: ArrowPrimitiveType, U: ArrowNativeType>(
    array: &ArrayRef,
    misfits: &mut Misfits,
    fits: impl Fn(T::Native) -> bool,
    map: impl Fn(T::Native) -> U,
    show: impl Fn(T::Native) -> String,
) -> Primitive<U> {
    let array = array.as_primitive::<T>();
    let mut all = true;
    let map = |&value: &T::Native| {
        all &= fits(value);
        map(value)
    };
    let values: Vec<U> = array.values().iter().map(map).collect();
    if all {
        return Primitive::new(values, validity(array.nulls()));
    }
    // Whatever stands behind a null is no misfit.
    let valid =
        valid_rows(array, misfits, |array, row| fits(array.value(row)), |array, row| show(array.value(row)));
    Primitive::new(values, valid)
}

/// The rows that hold a value that fits; the others are noted.
fn valid_rows<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    misfits: &mut Misfits,
    fits: impl Fn(&PrimitiveArray<T>, usize) -> bool,
    show: impl Fn(&PrimitiveArray<T>, usize) -> String,
) -> Validity {
    let mut valid = BooleanBufferBuilder::new(array.len());
    for row in 0..array.len() {
        let there = array.is_valid(row);
        let good = there && fits(array, row);
        if there && !good {
            misfits.push(row, || show(array, row));
        }
        valid.append(good);
    }
    Validity::new(valid.finish())
}

fn instants(array: &ArrayRef, unit: TimeUnit, misfits: &mut Misfits) -> Primitive<i64> {
    match unit {
        TimeUnit::Second => instants_of::<TimestampSecondType>(array, TimeSpan::SECOND, "s", misfits),
        TimeUnit::Millisecond => {
            instants_of::<TimestampMillisecondType>(array, TimeSpan::MILLISECOND, "ms", misfits)
        }
        TimeUnit::Microsecond => {
            instants_of::<TimestampMicrosecondType>(array, TimeSpan::MICROSECOND, "µs", misfits)
        }
        // All of them are in range. Rounded down, which cuts digits before 1970 as well as after.
        TimeUnit::Nanosecond => mapped::<TimestampNanosecondType, _>(array, |n| {
            n.div_euclid(NANOSECONDS) + DateTime::UNIX_EPOCH.0
        }),
    }
}

/// Units since 1970, each of `factor` ticks, as ticks since the year 1.
fn instants_of<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    factor: i64,
    unit: &str,
    misfits: &mut Misfits,
) -> Primitive<i64>
where
    i64: From<T::Native>,
{
    let epoch = DateTime::UNIX_EPOCH.0;
    let (low, high) = (-(epoch / factor), (DateTime::MAX.0 - epoch) / factor);
    checked::<T, _>(
        array,
        misfits,
        |n| (low..=high).contains(&i64::from(n)),
        |n| i64::from(n).wrapping_mul(factor).wrapping_add(epoch),
        |n| format!("{} {unit} since 1970-01-01", i64::from(n)),
    )
}

/// Spans in units of `factor` ticks.
fn spans<T: ArrowPrimitiveType>(array: &ArrayRef, factor: i64, unit: &str, misfits: &mut Misfits) -> Column
where
    i64: From<T::Native>,
{
    Column::TimeSpan(checked::<T, _>(
        array,
        misfits,
        |n| i64::from(n).checked_mul(factor).is_some(),
        |n| i64::from(n).wrapping_mul(factor),
        |n| format!("{} {unit}", i64::from(n)),
    ))
}

fn decimals<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    scale: i8,
    misfits: &mut Misfits,
    wide: impl Fn(T::Native) -> Option<i128>,
) -> Column {
    let array = array.as_primitive::<T>();
    let number = |n: T::Native| decimal(wide(n)?, scale.into());
    let bits = |&n: &T::Native| number(n).unwrap_or_default().to_bits();
    let values: Vec<i128> = array.values().iter().map(bits).collect();
    let valid = valid_rows(
        array,
        misfits,
        |array, row| number(array.value(row)).is_some(),
        |array, row| shown(&wide(array.value(row)).unwrap_or_default().to_string(), scale.into()),
    );
    Column::Decimal(Primitive::new(values, valid))
}

fn decimals_256(array: &ArrayRef, scale: i8, misfits: &mut Misfits) -> Column {
    let array = array.as_primitive::<Decimal256Type>();
    // Zeros at the end may be all that does not fit into 128 bits.
    let number = |mut n: i256| {
        let (ten, mut scale) = (i256::from_i128(10), i32::from(scale));
        while n.to_i128().is_none() && scale > 0 && n.mod_wrapping(ten) == i256::ZERO {
            n = n.div_wrapping(ten);
            scale -= 1;
        }
        decimal(n.to_i128()?, scale)
    };
    let bits = |&n: &i256| number(n).unwrap_or_default().to_bits();
    let values: Vec<i128> = array.values().iter().map(bits).collect();
    let valid = valid_rows(
        array,
        misfits,
        |array, row| number(array.value(row)).is_some(),
        |array, row| shown(&array.value(row).to_string(), scale.into()),
    );
    Column::Decimal(Primitive::new(values, valid))
}

/// `mantissa` / 10^`scale`, if it is a decimal without losing a digit.
fn decimal(mut mantissa: i128, mut scale: i32) -> Option<Decimal> {
    if scale < 0 {
        mantissa = mantissa.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?;
        scale = 0;
    }
    loop {
        let number = rust_decimal::Decimal::try_from_i128_with_scale(mantissa, scale.unsigned_abs());
        match number {
            Ok(number) => return Some(Decimal(number)),
            Err(_) if scale > 0 && mantissa % 10 == 0 => {
                mantissa /= 10;
                scale -= 1;
            }
            Err(_) => return None,
        }
    }
}

/// A number that is no decimal, for people.
fn shown(digits: &str, scale: i32) -> String {
    if scale == 0 { digits.to_owned() } else { format!("{digits}e{}", -scale) }
}

fn guids(array: &FixedSizeBinaryArray) -> Column {
    let guid = |row| {
        let bytes = <[u8; 16]>::try_from(array.value(row)).unwrap_or_default();
        u128::from_be_bytes(bytes) as i128
    };
    let values: Vec<i128> = (0..array.len()).map(guid).collect();
    Column::Guid(Primitive::new(values, validity(array.nulls())))
}

/// Texts, or what they say where they are JSON. What is no JSON is a string, as with `parse_json`.
pub fn strings(texts: StringColumn, field: &Field) -> Column {
    if types::is_json(field) { Column::Dynamic(DynamicColumn::parse(&texts)) } else { Column::String(texts) }
}

/// Rows that point into values of another type than text.
fn dictionary_of(
    array: &ArrayRef,
    values: &Field,
    wanted: Option<ScalarType>,
    misfits: &mut Misfits,
) -> Result<Column, String> {
    let (codes, nulls) = dictionary::codes(array)?;
    let array = array.as_any_dictionary();
    let mut inner = Misfits::default();
    let values = natural(array.values(), values, wanted, &mut inner)?;
    let bad: std::collections::HashSet<usize> = inner.rows().collect();
    let mut rows = Vec::with_capacity(codes.len());
    for (row, &code) in codes.iter().enumerate() {
        let null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        if !null && code as usize >= values.len() {
            return Err(format!("the key {code} has no value in the dictionary"));
        }
        if !null && bad.contains(&(code as usize)) {
            misfits
                .push(row, || inner.within(code as usize..code as usize + 1).unwrap_or_default().to_owned());
        }
        // The number of no row.
        rows.push(if null { u32::MAX } else { code });
    }
    Ok(values.take(&rows))
}

/// Bytes that are texts, or ought to be.
fn text_of_bytes(array: &ArrayRef, misfits: &mut Misfits) -> Column {
    let bytes = |row: usize| -> &[u8] {
        match array.data_type() {
            DataType::Binary => array.as_binary::<i32>().value(row),
            DataType::LargeBinary => array.as_binary::<i64>().value(row),
            DataType::BinaryView => array.as_binary_view().value(row),
            _ => array.as_fixed_size_binary().value(row),
        }
    };
    let mut texts = ColumnBuilder::with_capacity(ScalarType::String, array.len());
    for row in 0..array.len() {
        match std::str::from_utf8(if array.is_null(row) { &[] } else { bytes(row) }) {
            Ok(text) => texts.push_str(text),
            Err(_) => {
                misfits.push(row, || bytes(row).iter().map(|byte| format!("{byte:02x}")).collect());
                texts.push_null();
            }
        }
    }
    texts.finish()
}

/// The rows of an array as dynamic values, null where the row is.
fn dynamics(array: &ArrayRef, field: &Field, misfits: &mut Misfits) -> Result<Vec<Dynamic>, String> {
    let column = natural(array, field, None, misfits)?;
    let nulls = array.logical_nulls();
    let value = |row| match column.value(row) {
        _ if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) => Dynamic::Null,
        Value::String(text) => Dynamic::String(Arc::clone(&text)),
        value => Dynamic::from_value(&value),
    };
    Ok((0..column.len()).map(value).collect())
}
