//! Tables to Arrow, Parquet and IPC and back; what schemas make of data; rows that do not fit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeBinaryBuilder, Int32Builder, ListBuilder, MapBuilder, StringBuilder, StringDictionaryBuilder,
};
use arrow_array::types::{Decimal256Type, Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, Decimal256Array,
    DictionaryArray, DurationSecondArray, Float16Array, Float32Array, Int8Array, Int16Array, Int64Array,
    IntervalDayTimeArray, LargeStringArray, NullArray, RecordBatch, StringArray, StringViewArray,
    StructArray, Time32SecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, i256};
use arrow_schema::extension::{Json, Uuid};
use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use bytes::Bytes;
use kqlite::{
    BadRows, Column, DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, StringColumn, Table, TimeSpan,
    Value,
};
use proptest::prelude::*;

use crate::{FileFormat, Reader, batch_from_table, table_from_batches};

/// Days whose ticks 64 bits of nanoseconds hold.
const NANOSECONDS_FROM: &str = "1700-01-01";
const NANOSECONDS_TO: &str = "2260-01-01";

fn ticks(text: &str) -> i64 {
    DateTime::parse(text).unwrap().0
}

/// Values that one column may hold together: all those of nanoseconds, or all those of microseconds.
fn value(data_type: ScalarType, fine: bool) -> BoxedStrategy<Value> {
    let null = Just(Value::null_of(data_type));
    let some = match data_type {
        ScalarType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        ScalarType::Int => any::<i32>().prop_map(Value::Int).boxed(),
        ScalarType::Long => any::<i64>().prop_map(Value::Long).boxed(),
        ScalarType::Real => any::<f64>().prop_map(Value::Real).boxed(),
        ScalarType::Decimal => (any::<i64>(), 0..29_u32, any::<bool>())
            .prop_map(|(n, scale, wide)| {
                let n = if wide { i128::from(n) << 32 } else { i128::from(n) };
                Value::Decimal(Decimal(rust_decimal::Decimal::from_i128_with_scale(n, scale)))
            })
            .boxed(),
        ScalarType::String => prop::sample::select(vec!["", "a", "ab", "é", "😀", "42", "true", "null"])
            .prop_map(Value::from)
            .boxed(),
        ScalarType::DateTime if fine => (ticks(NANOSECONDS_FROM)..ticks(NANOSECONDS_TO))
            .prop_map(|n| Value::DateTime(DateTime(n)))
            .boxed(),
        ScalarType::DateTime => {
            (0..DateTime::MAX.0 / 10).prop_map(|n| Value::DateTime(DateTime(n * 10))).boxed()
        }
        ScalarType::TimeSpan if fine => {
            (-(i64::MAX / 100)..i64::MAX / 100).prop_map(|n| Value::TimeSpan(TimeSpan(n))).boxed()
        }
        ScalarType::TimeSpan => {
            (i64::MIN / 10..i64::MAX / 10).prop_map(|n| Value::TimeSpan(TimeSpan(n * 10))).boxed()
        }
        ScalarType::Guid => any::<u128>().prop_map(|n| Value::Guid(Guid(n))).boxed(),
        ScalarType::Dynamic => {
            prop::sample::select(vec!["1", "1.5", "true", "\"x\"", "\"[\"", "[1,null]", "{\"a\":{\"b\":[]}}"])
                .prop_map(|text| Value::Dynamic(Dynamic::from_json(text).unwrap()))
                .boxed()
        }
    };
    prop_oneof![1 => null, 4 => some].boxed()
}

/// The same values in some encoding.
fn encoded(data_type: ScalarType, values: &[Value], form: u8) -> Column {
    let plain = Column::from_values(data_type, values);
    match (&plain, form) {
        (Column::String(texts), 1) => {
            let mut distinct: Vec<&str> = (0..texts.len()).map(|row| texts.get(row)).collect();
            distinct.sort_unstable();
            distinct.dedup();
            let code = |row: usize| distinct.binary_search(&texts.get(row)).unwrap() as u32;
            let codes: Vec<u32> = (0..texts.len()).map(code).collect();
            let column: StringColumn = distinct.iter().copied().collect();
            let (_, offsets, bytes) = column.to_parts();
            Column::String(StringColumn::from_parts(Some(codes.into()), offsets, bytes).unwrap())
        }
        // The rows in the middle of a longer column.
        (_, 2) => {
            let around = [&[Value::null_of(data_type)], values, &[Value::null_of(data_type)]].concat();
            Column::from_values(data_type, &around).slice(1, values.len())
        }
        (_, 3) if !values.is_empty() && values.iter().all(|it| *it == values[0]) => {
            Column::constant(values[0].clone(), data_type, values.len())
        }
        _ => plain,
    }
}

fn table() -> impl Strategy<Value = Table> {
    let column = |rows: usize| {
        (prop::sample::select(ScalarType::ALL.to_vec()), any::<bool>(), 0..4_u8, any::<bool>()).prop_flat_map(
            move |(data_type, fine, form, alike)| {
                let values = if alike {
                    value(data_type, fine).prop_map(move |it| vec![it; rows]).boxed()
                } else {
                    prop::collection::vec(value(data_type, fine), rows).boxed()
                };
                values.prop_map(move |values| encoded(data_type, &values, form))
            },
        )
    };
    (0..12_usize).prop_flat_map(move |rows| {
        prop::collection::vec(column(rows), 1..6).prop_map(|columns| {
            let named = columns.into_iter().enumerate().map(|(at, column)| (format!("c{at}"), column));
            Table::new(named.collect()).unwrap()
        })
    })
}

fn through(table: &Table, format: FileFormat, threads: usize) -> Table {
    let mut file = Vec::new();
    crate::write(table, format, &mut file).unwrap();
    Reader::new().threads(threads).open(Bytes::from(file)).unwrap().read(None).unwrap().table
}

proptest! {
    #[test]
    fn tables_come_back_from_batches(table in table()) {
        let batch = batch_from_table(&table).unwrap();
        prop_assert_eq!(&table_from_batches(&batch.schema(), std::slice::from_ref(&batch)).unwrap(), &table);
        // In two pieces, which have to be put together.
        let cut = batch.num_rows() / 2;
        let parts = [batch.slice(0, cut), batch.slice(cut, batch.num_rows() - cut)];
        prop_assert_eq!(&table_from_batches(&batch.schema(), &parts).unwrap(), &table);
    }

    #[test]
    fn tables_come_back_from_files(table in table()) {
        for format in [FileFormat::Parquet, FileFormat::Arrow, FileFormat::ArrowStream] {
            prop_assert_eq!(&through(&table, format, 1), &table, "{:?}", format);
        }
    }

    #[test]
    fn columns_that_are_asked_for_are_as_in_the_whole(table in table(), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let names: Vec<String> = table.schema().names().map(str::to_owned).collect();
        let asked: Vec<&str> = picks.iter().map(|it| it.get(&names).as_str()).collect();
        let places = (0..names.len()).filter(|at| asked.contains(&names[*at].as_str()));
        let expected = table.with_columns(places);
        for format in [FileFormat::Parquet, FileFormat::Arrow, FileFormat::ArrowStream] {
            let mut file = Vec::new();
            crate::write(&table, format, &mut file).unwrap();
            let found = Reader::new().open(Bytes::from(file)).unwrap().read(Some(&asked)).unwrap().table;
            prop_assert_eq!(found.len(), table.len());
            prop_assert_eq!(&found, &expected);
        }
    }
}

/// A table of one column from an array.
fn read(field: Field, array: ArrayRef, wanted: Option<ScalarType>) -> Result<Vec<Value>, String> {
    let schema = Arc::new(ArrowSchema::new(vec![field]));
    let batch = RecordBatch::try_new(schema.clone(), vec![array]).unwrap();
    let mut reader = Reader::new().origin("T");
    if let Some(data_type) = wanted {
        reader = reader.schema(Schema::new([("x", data_type)]));
    }
    let loaded = reader.table(&schema, &[batch]).map_err(|error| error.to_string())?;
    Ok(loaded.table.columns()[0].values().collect())
}

fn natural(array: impl arrow_array::Array + 'static) -> Result<Vec<Value>, String> {
    read(Field::new("x", array.data_type().clone(), true), Arc::new(array), None)
}

fn datetime(text: &str) -> Value {
    Value::DateTime(DateTime::parse(text).unwrap())
}

#[test]
fn numbers_become_the_type_that_holds_them() {
    let ints = vec![Value::Int(7), Value::Null];
    assert_eq!(natural(Int8Array::from(vec![Some(7), None])).unwrap(), ints);
    assert_eq!(natural(Int16Array::from(vec![Some(7), None])).unwrap(), ints);
    assert_eq!(natural(UInt8Array::from(vec![Some(7), None])).unwrap(), ints);
    assert_eq!(natural(UInt16Array::from(vec![Some(7), None])).unwrap(), ints);
    assert_eq!(natural(UInt32Array::from(vec![u32::MAX])).unwrap(), [Value::Long(4_294_967_295)]);
    assert_eq!(natural(UInt64Array::from(vec![Some(7), None])).unwrap(), [Value::Long(7), Value::Null]);
    assert_eq!(natural(Float32Array::from(vec![0.5])).unwrap(), [Value::Real(0.5)]);
    let half = Float16Array::from_iter_values([half(0x3800)]);
    assert_eq!(natural(half).unwrap(), [Value::Real(0.5)]);
    assert_eq!(
        natural(BooleanArray::from(vec![Some(true), None])).unwrap(),
        [Value::Bool(true), Value::Null]
    );
    assert_eq!(natural(NullArray::new(2)).unwrap(), [Value::from(""), Value::from("")]);
}

/// A half-precision number from its bits.
fn half(bits: u16) -> <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native {
    <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native::from_bits(bits)
}

#[test]
fn a_number_past_a_long_is_an_error_and_a_decimal_if_asked_for() {
    let array = || UInt64Array::from(vec![1, u64::MAX]);
    let error = natural(array()).unwrap_err();
    assert_eq!(error, "T, row 2, column 'x': '18446744073709551615' is not of the type long");
    let field = || Field::new("x", DataType::UInt64, true);
    let found = read(field(), Arc::new(array()), Some(ScalarType::Decimal)).unwrap();
    assert_eq!(found[1].to_text().as_ref(), "18446744073709551615");
    let found = read(field(), Arc::new(array()), Some(ScalarType::String)).unwrap();
    assert_eq!(found[1], Value::from("18446744073709551615"));
    // Whatever stands behind a null is not looked at.
    let hidden = UInt64Array::new(vec![u64::MAX, 1].into(), Some(NullBuffer::from(vec![false, true])));
    assert_eq!(natural(hidden).unwrap(), [Value::Null, Value::Long(1)]);
}

#[test]
fn times_in_every_unit() {
    let epoch = datetime("1970-01-01");
    assert_eq!(
        natural(TimestampSecondArray::from(vec![Some(0), None])).unwrap(),
        [epoch.clone(), Value::Null]
    );
    assert_eq!(
        natural(TimestampMillisecondArray::from(vec![1_719_748_800_123]).with_timezone("+02:00")).unwrap(),
        [datetime("2024-06-30T12:00:00.123Z")]
    );
    assert_eq!(
        natural(TimestampMicrosecondArray::from(vec![-1, 1])).unwrap(),
        [datetime("1969-12-31T23:59:59.999999Z"), datetime("1970-01-01T00:00:00.000001Z")]
    );
    // Parts of a tick are cut as the digits of a text are: before 1970 too.
    assert_eq!(
        natural(TimestampNanosecondArray::from(vec![-1, 199])).unwrap(),
        [datetime("1969-12-31T23:59:59.9999999Z"), datetime("1970-01-01T00:00:00.0000001Z")]
    );
    assert_eq!(natural(Date32Array::from(vec![1])).unwrap(), [datetime("1970-01-02")]);
    assert_eq!(natural(Date64Array::from(vec![86_400_000])).unwrap(), [datetime("1970-01-02")]);
    let span = |ticks| Value::TimeSpan(TimeSpan(ticks));
    assert_eq!(natural(DurationSecondArray::from(vec![-2])).unwrap(), [span(-20_000_000)]);
    assert_eq!(natural(Time32SecondArray::from(vec![3600])).unwrap(), [span(TimeSpan::HOUR)]);
    assert_eq!(natural(Time64NanosecondArray::from(vec![299])).unwrap(), [span(2)]);
}

#[test]
fn times_out_of_range_are_errors() {
    let last = natural(TimestampSecondArray::from(vec![253_402_300_799])).unwrap();
    assert_eq!(last, [datetime("9999-12-31T23:59:59Z")]);
    assert_eq!(
        natural(TimestampSecondArray::from(vec![0, 253_402_300_800])).unwrap_err(),
        "T, row 2, column 'x': '253402300800 s since 1970-01-01' is not of the type datetime"
    );
    assert!(natural(TimestampSecondArray::from(vec![-62_135_596_800])).is_ok());
    assert!(natural(TimestampSecondArray::from(vec![-62_135_596_801])).is_err());
    assert!(natural(TimestampMicrosecondArray::from(vec![i64::MAX])).is_err());
    assert!(natural(Date32Array::from(vec![i32::MIN])).is_err());
    assert!(natural(DurationSecondArray::from(vec![i64::MAX])).is_err());
}

#[test]
fn decimals_of_every_scale() {
    let decimal = |text: &str| Value::Decimal(Decimal::parse(text).unwrap());
    let array = |n: i128, scale| {
        Decimal128Array::from(vec![Some(n), None]).with_precision_and_scale(38, scale).unwrap()
    };
    assert_eq!(natural(array(12345, 2)).unwrap(), [decimal("123.45"), Value::Null]);
    assert_eq!(natural(array(12, -2)).unwrap(), [decimal("1200"), Value::Null]);
    // Zeros at the end are no digits that would be lost.
    assert_eq!(natural(array(10_i128.pow(34), 34)).unwrap(), [decimal("1"), Value::Null]);
    let error = natural(array(10_i128.pow(37) + 1, 0)).unwrap_err();
    assert_eq!(
        error,
        "T, row 1, column 'x': '10000000000000000000000000000000000001' is not of the type decimal"
    );
    let wide: Decimal256Array =
        [Some(i256::from_i128(7).wrapping_mul(i256::from_i128(10).wrapping_pow(50)))].into_iter().collect();
    let wide = wide.with_data_type(DataType::Decimal256(76, 50));
    assert_eq!(natural(wide).unwrap(), [decimal("7")]);
    let _: Decimal256Array = arrow_array::PrimitiveArray::<Decimal256Type>::from(vec![Some(i256::ZERO)]);
}

#[test]
fn texts_in_every_form() {
    let expected = [Value::from("a"), Value::from(""), Value::from("é")];
    assert_eq!(natural(StringArray::from(vec![Some("a"), None, Some("é")])).unwrap(), expected);
    assert_eq!(natural(LargeStringArray::from(vec![Some("a"), None, Some("é")])).unwrap(), expected);
    assert_eq!(natural(StringViewArray::from(vec![Some("a"), None, Some("é")])).unwrap(), expected);
    let mut texts = StringDictionaryBuilder::<Int8Type>::new();
    texts.append_value("a");
    texts.append_null();
    texts.append_value("é");
    assert_eq!(natural(texts.finish()).unwrap(), expected);
    // A text behind a null does not come to light.
    let offsets = OffsetBuffer::new(vec![0, 1, 2].into());
    let hidden = StringArray::new(offsets, b"ab".to_vec().into(), Some(NullBuffer::from(vec![true, false])));
    assert_eq!(natural(hidden).unwrap(), [Value::from("a"), Value::from("")]);
    // Nor does a key behind a null.
    let keys = arrow_array::Int32Array::new(vec![0, 0].into(), Some(NullBuffer::from(vec![false, true])));
    let keyed = DictionaryArray::<Int32Type>::new(keys, Arc::new(StringArray::from(vec!["a"])));
    assert_eq!(natural(keyed).unwrap(), [Value::from(""), Value::from("a")]);
    let keys = arrow_array::Int32Array::from(vec![1, 0]);
    let numbers = DictionaryArray::<Int32Type>::new(keys, Arc::new(Int64Array::from(vec![5, 6])));
    assert_eq!(natural(numbers).unwrap(), [Value::Long(6), Value::Long(5)]);
}

#[test]
fn dictionaries_stay_and_become_one() {
    let part = |texts: &[&str]| -> ArrayRef {
        let texts: DictionaryArray<Int32Type> = texts.iter().copied().collect();
        Arc::new(texts)
    };
    let schema = Arc::new(ArrowSchema::new(vec![Field::new(
        "x",
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        true,
    )]));
    let batch = |texts: &[&str]| RecordBatch::try_new(schema.clone(), vec![part(texts)]).unwrap();
    let batches = [batch(&["a", "b", "a", "a"]), batch(&["b", "c", "b", "b"])];
    let table = table_from_batches(&schema, &batches).unwrap();
    let Column::String(texts) = &table.columns()[0] else { panic!("a column of strings") };
    assert_eq!(texts.dictionary().unwrap(), (&[0, 1, 0, 0, 1, 2, 1, 1][..], 3));
    // One that saves nothing is left.
    let table = table_from_batches(&schema, &[batch(&["a", "b", "c"])]).unwrap();
    let Column::String(texts) = &table.columns()[0] else { panic!("a column of strings") };
    assert!(texts.dictionary().is_none());
}

#[test]
fn nested_values_are_dynamic() {
    let json = |text: &str| Value::Dynamic(Dynamic::from_json(text).unwrap());
    let mut lists = ListBuilder::new(Int32Builder::new());
    lists.append_value([Some(1), None]);
    lists.append_null();
    lists.append_value([]);
    assert_eq!(natural(lists.finish()).unwrap(), [json("[1,null]"), Value::Null, json("[]")]);

    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    maps.keys().append_value("k");
    maps.values().append_value(1);
    maps.append(true).unwrap();
    maps.append(false).unwrap();
    assert_eq!(natural(maps.finish()).unwrap(), [json("{\"k\":1}"), Value::Null]);

    let times: ArrayRef = Arc::new(TimestampSecondArray::from(vec![Some(0), None]));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("n"), None]));
    let field = |name: &str, array: &ArrayRef| Arc::new(Field::new(name, array.data_type().clone(), true));
    let structs = StructArray::from(vec![(field("t", &times), times.clone()), (field("n", &names), names)]);
    let found = natural(structs).unwrap();
    let Value::Dynamic(first) = &found[0] else { panic!("a bag") };
    assert_eq!(first.member("t"), Dynamic::DateTime(DateTime::UNIX_EPOCH));
    assert_eq!(found[1], json("{\"t\":null,\"n\":null}"));

    // A part that does not fit is told with its row.
    let times: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, i64::MAX]));
    let structs = StructArray::from(vec![(field("t", &times), times)]);
    let error = natural(structs).unwrap_err();
    assert!(error.starts_with("T, row 2, column 'x': '9223372036854775807 s since"), "{error}");
}

#[test]
fn extensions_tell_json_and_guids() {
    let field = Field::new("x", DataType::Utf8, true).with_extension_type(Json::default());
    let array: ArrayRef = Arc::new(StringArray::from(vec![Some("[1]"), None, Some("\"x\"")]));
    let found = read(field.clone(), array, None).unwrap();
    assert_eq!(found[0], Value::Dynamic(Dynamic::array(vec![Dynamic::Long(1)])));
    assert_eq!(found[1..], [Value::Null, Value::Dynamic(Dynamic::string("x"))]);
    let found = read(field, Arc::new(StringArray::from(vec!["[1"])), None).unwrap();
    assert_eq!(found, [Value::Dynamic(Dynamic::string("[1"))]);

    let field = Field::new("x", DataType::FixedSizeBinary(16), true);
    let mut bytes = FixedSizeBinaryBuilder::new(16);
    bytes.append_value(0x74be_27de_1e4e_49d9_b579_fe0b_331d_3642_u128.to_be_bytes()).unwrap();
    let array: ArrayRef = Arc::new(bytes.finish());
    let guid = Value::Guid(Guid::parse("74be27de-1e4e-49d9-b579-fe0b331d3642").unwrap());
    assert_eq!(
        read(field.clone().with_extension_type(Uuid), array.clone(), None).unwrap(),
        std::slice::from_ref(&guid)
    );
    assert_eq!(read(field.clone(), array.clone(), Some(ScalarType::Guid)).unwrap(), [guid]);
    let error = read(field, array, None).unwrap_err();
    assert_eq!(error, "T, column 'x': it holds bytes (FixedSizeBinary(16)), for which KQL has no type");
}

#[test]
fn bytes_are_texts_where_they_are_utf8() {
    let array: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"abc"[..]), None, Some(b"\xff\x00")]));
    let field = Field::new("x", DataType::Binary, true);
    for wanted in [None, Some(ScalarType::String)] {
        let found = read(field.clone(), array.slice(0, 2), wanted).unwrap();
        assert_eq!(found, [Value::from("abc"), Value::from("")]);
        let error = read(field.clone(), array.clone(), wanted).unwrap_err();
        assert_eq!(error, "T, row 3, column 'x': 'ff00' is not of the type string");
    }
    let numbers: ArrayRef = Arc::new(BinaryArray::from(vec![&b"42"[..]]));
    assert_eq!(read(field, numbers, Some(ScalarType::Long)).unwrap(), [Value::Long(42)]);
    assert!(natural(IntervalDayTimeArray::from(vec![None])).unwrap_err().contains("Interval"));
}

#[test]
fn small_files_that_become_large_are_refused() {
    use parquet::basic::Encoding;
    use parquet::file::properties::WriterProperties;

    // A text that goes on where the one before it ended.
    let text = "x".repeat(100_000);
    let texts = (0..1000).map(|n| format!("{text}{n}")).collect::<Vec<_>>();
    let array: ArrayRef = Arc::new(StringArray::from(texts));
    let batch = RecordBatch::try_from_iter([("x", array)]).unwrap();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BYTE_ARRAY)
        .build();
    let mut file = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert!(file.len() < 1 << 20, "{}", file.len());
    let refused = |reader: Reader, file: &[u8]| {
        let file = reader.open(Bytes::copy_from_slice(file)).unwrap();
        let error = file.read(None).unwrap_err();
        assert!(error.beyond_limit, "{error}");
        let part = file.scan(None).unwrap().next().unwrap().unwrap_err();
        assert!(part.beyond_limit, "{part}");
    };
    refused(Reader::new().max_table_bytes(10 << 20), &file);
    assert_eq!(
        Reader::new()
            .max_table_bytes(200 << 20)
            .open(Bytes::from(file))
            .unwrap()
            .read(None)
            .unwrap()
            .table
            .len(),
        1000
    );

    // The same value in very many rows.
    let schema = Schema::new([("n", ScalarType::Long), ("s", ScalarType::String)]);
    let row = || vec![Value::Long(1), Value::from("a text that is repeated")];
    let table = Table::from_rows(schema, (0..1_000_000).map(|_| row()));
    for format in [FileFormat::Parquet, FileFormat::Arrow] {
        let mut file = Vec::new();
        crate::write(&table, format, &mut file).unwrap();
        refused(Reader::new().max_table_bytes(2 << 20).threads(2), &file);
    }
}

#[test]
fn a_refused_column_does_no_harm_until_it_is_read() {
    let mut bytes = FixedSizeBinaryBuilder::new(1);
    bytes.append_value(b"x").unwrap();
    let fields =
        vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::FixedSizeBinary(1), true)];
    let arrays: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![1])), Arc::new(bytes.finish())];
    let batch = RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).unwrap();
    let mut file = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let file = Reader::new().origin("f").open(Bytes::from(file)).unwrap();
    assert_eq!(file.schema().columns[1].data_type, ScalarType::Dynamic);
    assert_eq!(file.read(Some(&["a"])).unwrap().table.len(), 1);
    assert_eq!(file.read(Some(&[])).unwrap().table.len(), 1);
    assert!(file.read(None).unwrap_err().to_string().starts_with("f, column 'b': it holds bytes"));
    assert_eq!(file.read(Some(&["c"])).unwrap_err().to_string(), "f: there is no column 'c'");
}

#[test]
fn schemas_add_miss_and_convert_columns() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["1", "", "3"]));
    let longs: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let batch = RecordBatch::try_from_iter([("n", texts), ("more", longs)]).unwrap();
    let schema = Schema::new([("n", ScalarType::Int), ("none", ScalarType::DateTime)]);
    let reader = Reader::new().origin("T").schema(schema);
    let error = reader.table(&batch.schema(), std::slice::from_ref(&batch)).unwrap_err();
    assert_eq!(error.to_string(), "T: the table has no column 'more'; its columns are: n, none");
    let table = reader.further_columns(true).table(&batch.schema(), &[batch]).unwrap().table;
    assert_eq!(table.schema().names().collect::<Vec<_>>(), ["n", "none", "more"]);
    assert_eq!(table.row(0), [Value::Int(1), Value::Null, Value::Long(1)]);
    assert_eq!(table.row(1), [Value::Null, Value::Null, Value::Long(2)]);
}

#[test]
fn rows_that_do_not_fit_are_left_out_if_so_wished() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["1", "two", "3", "four"]));
    let longs: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, i64::MAX, i64::MAX]));
    let batch = RecordBatch::try_from_iter([("a", texts), ("b", longs)]).unwrap();
    let schema = Schema::new([("a", ScalarType::Long), ("b", ScalarType::Int)]);
    let reader = Reader::new().origin("T").schema(schema);
    let batches = [batch.slice(0, 1), batch.slice(1, 3)];
    let error = reader.table(&batch.schema(), &batches).unwrap_err();
    assert_eq!(error.to_string(), "T, row 2, column 'a': 'two' is not of the type long");
    let loaded = reader.bad_rows(BadRows::Skip).table(&batch.schema(), &batches).unwrap();
    assert_eq!(loaded.table.rows().collect::<Vec<_>>(), [[Value::Long(1), Value::Int(1)]]);
    assert_eq!(loaded.skipped_count, 3);
    let told: Vec<String> = loaded.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "T, row 2, column 'a': 'two' is not of the type long",
            "T, row 3, column 'b': '9223372036854775807' is not of the type int",
            "T, row 4, column 'a': 'four' is not of the type long",
        ]
    );
}

#[test]
fn times_that_arrow_cannot_hold_are_errors() {
    let column = |values: &[&str]| {
        let values: Vec<Value> = values.iter().map(|it| datetime(it)).collect();
        Table::new(vec![("t", Column::from_values(ScalarType::DateTime, &values))]).unwrap()
    };
    let data_type =
        |table: &Table| batch_from_table(table).unwrap().schema().field(0).data_type().to_string();
    assert_eq!(data_type(&column(&["2024-01-01T00:00:00.0000001Z"])), "Timestamp(ns, \"UTC\")");
    assert_eq!(data_type(&column(&["2024-01-01", "9999-12-31T23:59:59Z"])), "Timestamp(µs, \"UTC\")");
    let error = batch_from_table(&column(&["2024-01-01", "9999-12-31T23:59:59.9999999Z"])).unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("data, row 2, column 't': '9999-12-31T23:59:59.9999999Z' is outside"),
        "{error}"
    );
}

#[test]
fn many_row_groups_and_threads_give_the_same() {
    let rows = 40_000;
    let text = |row: usize| format!("text {}", row * 7919 % rows);
    let few = |row: usize| ["a", "", "c"][row / 1000 % 3];
    let texts: ArrayRef = Arc::new((0..rows).map(|row| Some(text(row))).collect::<StringArray>());
    let fews: ArrayRef =
        Arc::new((0..rows).map(|row| (row % 7 > 0).then(|| few(row))).collect::<StringArray>());
    let longs: ArrayRef =
        Arc::new((0..rows).map(|row| (row % 3 > 0).then_some(row as i64)).collect::<Int64Array>());
    let batch = RecordBatch::try_from_iter([("text", texts), ("few", fews), ("long", longs)]).unwrap();
    let expected = table_from_batches(&batch.schema(), std::slice::from_ref(&batch)).unwrap();
    for group in [rows, 7_000, 1_000] {
        for version in [
            parquet::file::properties::WriterVersion::PARQUET_1_0,
            parquet::file::properties::WriterVersion::PARQUET_2_0,
        ] {
            let properties = parquet::file::properties::WriterProperties::builder()
                .set_max_row_group_row_count(Some(group))
                .set_data_page_row_count_limit(900)
                .set_dictionary_page_size_limit(20_000)
                .set_writer_version(version)
                .build();
            let mut file = Vec::new();
            let mut writer =
                parquet::arrow::ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            let file = Bytes::from(file);
            for threads in [1, 3, 64] {
                let opened = Reader::new().threads(threads).open(file.clone()).unwrap();
                let table = opened.read(None).unwrap().table;
                assert_eq!(table, expected, "{group} {threads}");
                let Column::String(few) = table.column("few").unwrap() else { panic!("strings") };
                assert!(few.dictionary().is_some_and(|(_, values)| values == 3), "{group} {threads}");
            }
        }
    }
}

/// The column `n`.
fn numbers_of(table: &Table) -> Vec<u32> {
    table.column("n").unwrap().values().map(|n| n.as_long().unwrap() as u32).collect()
}

#[test]
fn rows_that_are_needed_are_as_in_the_whole() {
    let rows = 5_000_usize;
    let none = |row: usize| row % 11 == 3;
    let texts: ArrayRef =
        Arc::new((0..rows).map(|row| (!none(row)).then(|| format!("text é {row}"))).collect::<StringArray>());
    let plain: ArrayRef = Arc::new((0..rows).map(|row| Some(format!("{row}"))).collect::<StringArray>());
    let few: ArrayRef = Arc::new(
        (0..rows).map(|row| (!none(row)).then(|| ["a", "", "c"][row / 7 % 3])).collect::<StringArray>(),
    );
    let longs: ArrayRef = Arc::new((0..rows).map(|row| Some(row as i64)).collect::<Int64Array>());
    let batch =
        RecordBatch::try_from_iter([("text", texts), ("plain", plain), ("few", few), ("n", longs)]).unwrap();
    for (version, dictionary) in [(1, 100_000), (2, 100_000), (1, 3_000), (2, 3_000), (1, 0), (2, 0)] {
        let properties = parquet::file::properties::WriterProperties::builder()
            .set_max_row_group_row_count(Some(1_900))
            .set_data_page_row_count_limit(300)
            .set_write_batch_size(100)
            .set_dictionary_enabled(dictionary > 0)
            .set_dictionary_page_size_limit(dictionary.max(1))
            .set_writer_version(if version == 1 {
                parquet::file::properties::WriterVersion::PARQUET_1_0
            } else {
                parquet::file::properties::WriterVersion::PARQUET_2_0
            })
            .set_column_encoding("plain".into(), parquet::basic::Encoding::PLAIN)
            .set_compression(if dictionary == 3_000 {
                parquet::basic::Compression::UNCOMPRESSED
            } else {
                parquet::basic::Compression::SNAPPY
            })
            .build();
        let mut file = Vec::new();
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let open = |threads| Reader::new().threads(threads).open(Bytes::from(file.clone())).unwrap();
        let names = ["text", "plain", "few", "n"];
        let whole = open(1).read(Some(&names)).unwrap().table;
        assert_eq!(whole, table_from_batches(&batch.schema(), std::slice::from_ref(&batch)).unwrap());
        let wishes: [&(dyn Fn(i64) -> bool + Sync); 7] = [
            &|_| false,
            &|n| n == 4_999,
            &|n| n % 97 == 0,
            &|n| n > 1_000 && n < 1_010 || n == 3_800,
            &|n| n % 2 == 0,
            &|n| n % 11 == 3,
            &|_| true,
        ];
        for wish in wishes {
            let kept = |part: &Table, wish: &dyn Fn(i64) -> bool| -> Option<Vec<u32>> {
                let numbers = part.column("n")?.values().enumerate();
                let kept = numbers.filter(|(_, n)| n.as_long().is_some_and(wish)).map(|(row, _)| row as u32);
                Some(kept.collect())
            };
            let one = |part: &Table| Some(vec![kept(part, wish)?]);
            for threads in [1, 3] {
                let readers = [names.to_vec()];
                let table = open(threads).read_filtered(&names, &["n"], &readers, &one).unwrap().table;
                let numbers = numbers_of(&table);
                assert!((0..rows as i64).filter(|n| wish(*n)).all(|n| numbers.contains(&(n as u32))));
                for (name, column) in table.schema().names().zip(table.columns()) {
                    assert_eq!(column, &whole.column(name).unwrap().take(&numbers), "{name}");
                }
            }
            // Of two readers each sees the rows that it needs as they are.
            let second = |n: i64| n % 5 == 0;
            let two = |part: &Table| Some(vec![kept(part, wish)?, kept(part, &second)?]);
            for threads in [1, 3] {
                let readers = [vec!["text", "few", "n"], vec!["plain", "few", "n"]];
                let table = open(threads).read_filtered(&names, &["n"], &readers, &two).unwrap().table;
                let numbers = numbers_of(&table);
                for (columns, wish) in readers.iter().zip([wish, &second]) {
                    let seen: Vec<u32> = (0..numbers.len() as u32)
                        .filter(|row| wish(i64::from(numbers[*row as usize])))
                        .collect();
                    let meant: Vec<u32> = (0..rows as u32).filter(|row| wish(i64::from(*row))).collect();
                    for name in columns {
                        let seen = table.column(name).unwrap().take(&seen);
                        assert_eq!(seen, whole.column(name).unwrap().take(&meant), "{name}");
                    }
                }
            }
        }
        assert_eq!(open(1).read_filtered(&names, &["n"], &[names.to_vec()], &|_| None).unwrap().table, whole);
    }
}
