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
use arrow_schema::{DataType, Field, TimeUnit};
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

/// How wide the types are that otherwise depend on a column's values.
#[derive(Debug, Clone, Copy, Default)]
pub struct FixedTypes {
    /// Times in microseconds, not in nanoseconds.
    pub microseconds: bool,
    /// Decimals of 128 bits with that many decimal places, not of 256 bits with all that a decimal can have.
    pub decimal_scale: Option<u8>,
}

impl FixedTypes {
    const fn unit(self) -> TimeUnit {
        if self.microseconds { TimeUnit::Microsecond } else { TimeUnit::Nanosecond }
    }

    const fn decimal(self) -> DataType {
        match self.decimal_scale {
            // A scale is at most `MAX_PLACES`.
            Some(scale) => DataType::Decimal128(DIGITS, scale as i8),
            None => DataType::Decimal256(WIDE_DIGITS, MAX_PLACES as i8),
        }
    }
}

/// The field of a column of a type, whatever values it has.
pub fn fixed_field(name: &str, data_type: ScalarType, types: FixedTypes) -> Field {
    let field = |data_type: DataType| Field::new(name, data_type, true);
    match data_type {
        ScalarType::Bool => field(DataType::Boolean),
        ScalarType::Int => field(DataType::Int32),
        ScalarType::Long => field(DataType::Int64),
        ScalarType::Real => field(DataType::Float64),
        ScalarType::Decimal => field(types.decimal()),
        ScalarType::String => field(DataType::LargeUtf8),
        ScalarType::DateTime => field(DataType::Timestamp(types.unit(), Some("UTC".into()))),
        ScalarType::TimeSpan => field(DataType::Duration(types.unit())),
        ScalarType::Guid => field(DataType::FixedSizeBinary(16)).with_extension_type(Uuid),
        ScalarType::Dynamic => field(DataType::LargeUtf8).with_extension_type(Json::default()),
    }
}

/// The column as an array of the type of its [`fixed_field`].
pub fn fixed_array(column: &Column, types: FixedTypes) -> Result<ArrayRef, Unfit> {
    let column = column.to_flat();
    Ok(match &column {
        Column::String(it) => strings(&it.to_plain()),
        Column::Decimal(it) => fixed_decimals(it, types)?,
        Column::DateTime(it) => {
            let show = |ticks: i64| DateTime(ticks).to_string();
            let values = in_unit(it, |ticks| ticks.wrapping_sub(DateTime::UNIX_EPOCH.0), show, types)?;
            instants_of(values, it)
        }
        Column::TimeSpan(it) => {
            spans_of(in_unit(it, |ticks| ticks, |ticks| kqlite::TimeSpan(ticks).to_string(), types)?, it)
        }
        other => self::column("", other)?.1,
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

const PARTS: &str = "has parts of a microsecond: round it, as with bin(…, 1microsecond)";

const RANGE: &str = "is outside the range of nanoseconds in 64 bits: ask for microseconds";

fn instants(column: &Primitive<i64>) -> Result<ArrayRef, Unfit> {
    let since = |ticks: i64| ticks.wrapping_sub(DateTime::UNIX_EPOCH.0);
    Ok(instants_of(scaled(column, since, |ticks| DateTime(ticks).to_string())?, column))
}

fn instants_of(values: Scaled, column: &Primitive<i64>) -> ArrayRef {
    match values {
        Scaled::Nanoseconds(values) => Arc::new(
            PrimitiveArray::<TimestampNanosecondType>::new(values, nulls(column.validity()))
                .with_timezone("UTC"),
        ),
        Scaled::Microseconds(values) => Arc::new(
            PrimitiveArray::<TimestampMicrosecondType>::new(values, nulls(column.validity()))
                .with_timezone("UTC"),
        ),
    }
}

fn spans(column: &Primitive<i64>) -> Result<ArrayRef, Unfit> {
    Ok(spans_of(scaled(column, |ticks| ticks, |ticks| kqlite::TimeSpan(ticks).to_string())?, column))
}

fn spans_of(values: Scaled, column: &Primitive<i64>) -> ArrayRef {
    match values {
        Scaled::Nanoseconds(values) => {
            Arc::new(PrimitiveArray::<DurationNanosecondType>::new(values, nulls(column.validity())))
        }
        Scaled::Microseconds(values) => {
            Arc::new(PrimitiveArray::<DurationMicrosecondType>::new(values, nulls(column.validity())))
        }
    }
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

/// Ticks in the unit that was asked for, or the first value that it does not hold.
fn in_unit(
    column: &Primitive<i64>,
    since: impl Fn(i64) -> i64,
    show: impl Fn(i64) -> String,
    types: FixedTypes,
) -> Result<Scaled, Unfit> {
    let unfit = |fits: &dyn Fn(i64) -> bool, reason| {
        let mut some = (0..column.len()).filter_map(|row| Some((row, column.get(row)?)));
        let found = some.find(|(_, ticks)| !fits(since(*ticks)));
        found.map_or(Ok(()), |(row, ticks)| Err(Unfit { row, value: show(ticks), reason }))
    };
    if types.microseconds {
        unfit(&|ticks| ticks % TICKS == 0, PARTS)?;
        return Ok(Scaled::Microseconds(column.values().iter().map(|&ticks| since(ticks) / TICKS).collect()));
    }
    unfit(&|ticks| ticks.checked_mul(NANOSECONDS).is_some(), RANGE)?;
    let nanoseconds = |&ticks: &i64| since(ticks).wrapping_mul(NANOSECONDS);
    Ok(Scaled::Nanoseconds(column.values().iter().map(nanoseconds).collect()))
}

/// The most digits that 128 bits hold for sure.
const DIGITS: u8 = 38;

/// The most digits that 256 bits hold for sure.
const WIDE_DIGITS: u8 = 76;

/// The most decimal places of a decimal.
pub const MAX_PLACES: u8 = 28;

fn decimals(column: &Primitive<i128>) -> ArrayRef {
    let number = |row: usize| decimal(column, row);
    let scale = (0..column.len()).filter_map(number).map(|it| it.scale()).max().unwrap_or(0);
    // A decimal has at most 28 places.
    let places = i8::try_from(scale).unwrap_or(28);
    let narrow = |row: usize| number(row).map(|it| narrow(it, scale)).map_or(Some(None), |it| it.map(Some));
    if let Some(values) = (0..column.len()).map(narrow).collect::<Option<Vec<Option<i128>>>>() {
        let array: PrimitiveArray<Decimal128Type> = values.into_iter().collect();
        return Arc::new(array.with_data_type(DataType::Decimal128(DIGITS, places)));
    }
    wide_decimals(column, scale, DataType::Decimal256(WIDE_DIGITS, places))
}

/// The row's decimal without zeros at its end.
fn decimal(column: &Primitive<i128>, row: usize) -> Option<rust_decimal::Decimal> {
    column.get(row).map(|bits| Decimal::from_bits(bits).0.normalize())
}

/// The decimal as a whole number of parts of that many places; `None` if it has more places or too many digits.
fn narrow(number: rust_decimal::Decimal, scale: u32) -> Option<i128> {
    let power = 10_i128.checked_pow(scale.checked_sub(number.scale())?)?;
    let mantissa = number.mantissa().checked_mul(power)?;
    (mantissa.unsigned_abs() < 10_u128.pow(DIGITS.into())).then_some(mantissa)
}

/// Decimals of 256 bits. None has more places than `scale`.
fn wide_decimals(column: &Primitive<i128>, scale: u32, data_type: DataType) -> ArrayRef {
    let exact = |row: usize| {
        let number = decimal(column, row)?;
        // 29 digits and 28 places fit into 76 digits.
        let power = i256::from_i128(10).wrapping_pow(scale - number.scale());
        Some(i256::from_i128(number.mantissa()).wrapping_mul(power))
    };
    let array: PrimitiveArray<Decimal256Type> = (0..column.len()).map(exact).collect();
    Arc::new(array.with_data_type(data_type))
}

fn fixed_decimals(column: &Primitive<i128>, types: FixedTypes) -> Result<ArrayRef, Unfit> {
    let Some(scale) = types.decimal_scale else {
        return Ok(wide_decimals(column, MAX_PLACES.into(), types.decimal()));
    };
    let mut values = Vec::with_capacity(column.len());
    for row in 0..column.len() {
        let number = decimal(column, row);
        let value = number.map(|number| {
            narrow(number, scale.into()).ok_or_else(|| Unfit {
                row,
                value: number.to_string(),
                reason: "does not fit into the decimals of the batches",
            })
        });
        values.push(value.transpose()?);
    }
    let array: PrimitiveArray<Decimal128Type> = values.into_iter().collect();
    Ok(Arc::new(array.with_data_type(types.decimal())))
}
