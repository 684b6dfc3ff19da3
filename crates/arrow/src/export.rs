//! Converts columns to Arrow arrays. It must not know files.

use std::sync::Arc;

use arrow_array::types::{
    Decimal128Type, Decimal256Type, DurationMicrosecondType, DurationNanosecondType, Float64Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, DictionaryArray, FixedSizeBinaryArray, LargeStringArray,
    PrimitiveArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::extension::{Json, Uuid};
use arrow_schema::{DataType, Field};
use kqlite::{
    Column, DateTime, Decimal, Dynamic, DynamicColumn, Primitive, ScalarType, StringColumn, Validity,
};

/// A value that Arrow cannot hold: its row from 0, the value, and why.
pub struct Unfit {
    pub row: usize,
    pub value: String,
    pub reason: &'static str,
}

/// The column as a field and an array.
pub fn column(name: &str, column: &Column) -> Result<(Field, ArrayRef), Unfit> {
    let field = |data_type: DataType| Field::new(name, data_type, true);
    Ok(match column.to_flat() {
        Column::Bool(values, validity) => {
            (field(DataType::Boolean), Arc::new(BooleanArray::new(values, nulls(&validity))))
        }
        Column::Int(it) => (field(DataType::Int32), same::<Int32Type>(&it)),
        Column::Long(it) => (field(DataType::Int64), same::<Int64Type>(&it)),
        Column::Real(it) => (field(DataType::Float64), same::<Float64Type>(&it)),
        Column::Decimal(it) => {
            let array = decimals(&it);
            (field(array.data_type().clone()), array)
        }
        Column::String(it) => {
            let array = strings(&it);
            (field(array.data_type().clone()), array)
        }
        Column::DateTime(it) => {
            let array = instants(&it)?;
            (field(array.data_type().clone()), array)
        }
        Column::TimeSpan(it) => {
            let array = spans(&it)?;
            (field(array.data_type().clone()), array)
        }
        Column::Guid(it) => {
            let bytes: Vec<u8> = it.values().iter().flat_map(|guid| guid.to_be_bytes()).collect();
            let array = FixedSizeBinaryArray::new(16, bytes.into(), nulls(it.validity()));
            (field(DataType::FixedSizeBinary(16)).with_extension_type(Uuid), Arc::new(array))
        }
        Column::Dynamic(it) => (field(DataType::LargeUtf8).with_extension_type(Json::default()), json(&it)),
        // `to_flat` leaves none.
        Column::Constant(it) => {
            let data_type =
                if it.data_type == ScalarType::String { DataType::LargeUtf8 } else { DataType::Null };
            let array = arrow_array::new_null_array(&data_type, it.len);
            (field(data_type), array)
        }
    })
}

fn nulls(validity: &Validity) -> Option<NullBuffer> {
    validity.nulls().cloned()
}

/// The values as they are, without a copy.
fn same<T: ArrowPrimitiveType>(column: &Primitive<T::Native>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(column.buffer().clone(), nulls(column.validity())))
}

fn strings(column: &StringColumn) -> ArrayRef {
    let (codes, offsets, bytes) = column.to_parts();
    let texts = LargeStringArray::new(wide(&offsets), bytes, None);
    let Some(codes) = codes else { return Arc::new(texts) };
    match i32::try_from(arrow_array::Array::len(&texts)) {
        Ok(_) => {
            // Codes below 2^31: the same bits.
            let keys = ScalarBuffer::<i32>::new(codes.inner().clone(), 0, codes.len());
            Arc::new(DictionaryArray::<Int32Type>::new(PrimitiveArray::new(keys, None), Arc::new(texts)))
        }
        Err(_) => strings(&column.to_plain()),
    }
}

fn json(column: &DynamicColumn) -> ArrayRef {
    let valid: BooleanBuffer = (0..column.len()).map(|row| !column.is_null(row)).collect();
    let nulls = Some(NullBuffer::new(valid)).filter(|nulls| nulls.null_count() > 0);
    match column.json().map(StringColumn::to_parts) {
        Some((None, offsets, bytes)) => Arc::new(LargeStringArray::new(wide(&offsets), bytes, nulls)),
        Some((Some(_), ..)) => {
            let text = |texts: &StringColumn, row| (!column.is_null(row)).then(|| texts.get(row).to_owned());
            let rows = |texts: &StringColumn| (0..texts.len()).map(|row| text(texts, row)).collect();
            Arc::new(column.json().map_or_else(|| LargeStringArray::new_null(column.len()), rows))
        }
        None => {
            let text = |value: &Dynamic| (!value.is_null()).then(|| value.to_json());
            Arc::new(column.values().iter().map(text).collect::<LargeStringArray>())
        }
    }
}

/// Offsets into memory, which are below 2^63: the same bits.
fn wide(offsets: &ScalarBuffer<u64>) -> OffsetBuffer<i64> {
    OffsetBuffer::new(ScalarBuffer::new(offsets.inner().clone(), 0, offsets.len()))
}

/// Nanoseconds in a tick.
const NANOSECONDS: i64 = 100;
/// Ticks in a microsecond.
const TICKS: i64 = 10;

const NEITHER: &str = "is outside the range of nanoseconds in 64 bits, and the column has values of less than a \
                       microsecond: round them, as with bin(…, 1microsecond)";

fn instants(column: &Primitive<i64>) -> Result<ArrayRef, Unfit> {
    let since = |ticks: i64| ticks.wrapping_sub(DateTime::UNIX_EPOCH.0);
    let show = |ticks: i64| DateTime(ticks).to_string();
    let array: ArrayRef = match scaled(column, since, show)? {
        Scaled::Nanoseconds(values) => Arc::new(
            PrimitiveArray::<TimestampNanosecondType>::new(values, nulls(column.validity()))
                .with_timezone("UTC"),
        ),
        Scaled::Microseconds(values) => Arc::new(
            PrimitiveArray::<TimestampMicrosecondType>::new(values, nulls(column.validity()))
                .with_timezone("UTC"),
        ),
    };
    Ok(array)
}

fn spans(column: &Primitive<i64>) -> Result<ArrayRef, Unfit> {
    let show = |ticks: i64| kqlite::TimeSpan(ticks).to_string();
    let array: ArrayRef = match scaled(column, |ticks| ticks, show)? {
        Scaled::Nanoseconds(values) => {
            Arc::new(PrimitiveArray::<DurationNanosecondType>::new(values, nulls(column.validity())))
        }
        Scaled::Microseconds(values) => {
            Arc::new(PrimitiveArray::<DurationMicrosecondType>::new(values, nulls(column.validity())))
        }
    };
    Ok(array)
}

/// Ticks in the unit that holds all of a column's.
enum Scaled {
    Nanoseconds(ScalarBuffer<i64>),
    Microseconds(ScalarBuffer<i64>),
}

fn scaled(
    column: &Primitive<i64>,
    since: impl Fn(i64) -> i64,
    show: impl Fn(i64) -> String,
) -> Result<Scaled, Unfit> {
    let some = || (0..column.len()).filter_map(|row| Some((row, column.get(row)?)));
    let Some((row, ticks)) = some().find(|(_, ticks)| since(*ticks).checked_mul(NANOSECONDS).is_none())
    else {
        let nanoseconds = |&ticks: &i64| since(ticks).wrapping_mul(NANOSECONDS);
        return Ok(Scaled::Nanoseconds(column.values().iter().map(nanoseconds).collect()));
    };
    if some().any(|(_, ticks)| ticks % TICKS != 0) {
        return Err(Unfit { row, value: show(ticks), reason: NEITHER });
    }
    Ok(Scaled::Microseconds(column.values().iter().map(|&ticks| since(ticks) / TICKS).collect()))
}

/// The most digits that 128 bits hold for sure.
const DIGITS: u8 = 38;

fn decimals(column: &Primitive<i128>) -> ArrayRef {
    let number = |row: usize| column.get(row).map(|bits| Decimal::from_bits(bits).0.normalize());
    let scale = (0..column.len()).filter_map(number).map(|it| it.scale()).max().unwrap_or(0);
    // A decimal has at most 28 places.
    let places = i8::try_from(scale).unwrap_or(28);
    let narrow = |row: usize| -> Option<Option<i128>> {
        let Some(number) = number(row) else { return Some(None) };
        let mantissa = number.mantissa().checked_mul(10_i128.checked_pow(scale - number.scale())?)?;
        (mantissa.unsigned_abs() < 10_u128.pow(DIGITS.into())).then_some(Some(mantissa))
    };
    if let Some(values) = (0..column.len()).map(narrow).collect::<Option<Vec<Option<i128>>>>() {
        let array: PrimitiveArray<Decimal128Type> = values.into_iter().collect();
        return Arc::new(array.with_data_type(DataType::Decimal128(DIGITS, places)));
    }
    let exact = |row: usize| {
        let number = number(row)?;
        // 29 digits and 28 places fit into 76 digits.
        let power = i256::from_i128(10).wrapping_pow(scale - number.scale());
        Some(i256::from_i128(number.mantissa()).wrapping_mul(power))
    };
    let array: PrimitiveArray<Decimal256Type> = (0..column.len()).map(exact).collect();
    Arc::new(array.with_data_type(DataType::Decimal256(76, places)))
}
