//! Columns against plain lists of values: whatever the encoding, they behave alike. It must not know queries.

use proptest::prelude::*;

use super::{Chunk, Column, ColumnBuilder, DynamicColumn, NO_ROW, Primitive, StringColumn, Table, Validity};
use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, TimeSpan, Value};

fn value(data_type: ScalarType) -> BoxedStrategy<Value> {
    let null = Just(Value::null_of(data_type));
    let some = match data_type {
        ScalarType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        ScalarType::Int => any::<i32>().prop_map(Value::Int).boxed(),
        ScalarType::Long => any::<i64>().prop_map(Value::Long).boxed(),
        ScalarType::Real => any::<f64>().prop_map(Value::Real).boxed(),
        ScalarType::Decimal => any::<i64>().prop_map(|n| Value::Decimal(Decimal::from(n))).boxed(),
        ScalarType::String => {
            prop::sample::select(vec!["", "a", "ab", "é", "😀", "42", "true"]).prop_map(Value::from).boxed()
        }
        ScalarType::DateTime => (0..DateTime::MAX.0).prop_map(|n| Value::DateTime(DateTime(n))).boxed(),
        ScalarType::TimeSpan => any::<i64>().prop_map(|n| Value::TimeSpan(TimeSpan(n))).boxed(),
        ScalarType::Guid => any::<u128>().prop_map(|n| Value::Guid(Guid(n))).boxed(),
        ScalarType::Dynamic => prop::sample::select(vec!["1", "\"x\"", "[1,null]", "{\"a\":1}"])
            .prop_map(|text| Value::Dynamic(Dynamic::from_json(text).unwrap()))
            .boxed(),
    };
    prop_oneof![1 => null, 3 => some].boxed()
}

fn data_type() -> impl Strategy<Value = ScalarType> {
    prop::sample::select(ScalarType::ALL.to_vec())
}

/// The same values in every encoding that they can have.
fn encodings(data_type: ScalarType, values: &[Value]) -> Vec<Column> {
    let plain = Column::from_values(data_type, values);
    // The rows in the middle of a longer column.
    let around = [&[Value::null_of(data_type)], values, &[Value::null_of(data_type)]].concat();
    let mut all = vec![plain.clone(), Column::from_values(data_type, &around).slice(1, values.len())];
    if let Column::String(texts) = &plain {
        all.push(Column::String(texts.encode(usize::MAX).unwrap()));
    }
    if let Some(first) = values.first()
        && values.iter().all(|value| value == first)
    {
        all.push(Column::constant(first.clone(), data_type, values.len()));
    }
    all
}

fn listed(column: &Column) -> Vec<Value> {
    column.values().collect()
}

fn rows_of(picks: &[Option<prop::sample::Index>], len: usize) -> Vec<u32> {
    picks.iter().map(|it| it.filter(|_| len > 0).map_or(NO_ROW, |it| it.index(len) as u32)).collect()
}

fn column() -> impl Strategy<Value = (ScalarType, Vec<Value>)> {
    (data_type(), any::<bool>()).prop_flat_map(|(data_type, constant)| {
        let values = if constant {
            (value(data_type), 0..20_usize).prop_map(|(value, len)| vec![value; len]).boxed()
        } else {
            prop::collection::vec(value(data_type), 0..20).boxed()
        };
        (Just(data_type), values)
    })
}

proptest! {
    #[test]
    fn columns_hold_what_they_were_given((data_type, values) in column()) {
        for column in encodings(data_type, &values) {
            prop_assert_eq!(column.scalar_type(), data_type);
            prop_assert_eq!(column.len(), values.len());
            prop_assert_eq!(&listed(&column), &values);
            prop_assert_eq!(&column, &column.to_flat());
            for (row, value) in values.iter().enumerate() {
                prop_assert_eq!(column.is_null(row), value.is_null());
            }
            prop_assert_eq!(column.value(values.len()), Value::Null);
        }
    }

    #[test]
    fn slices_agree_with_lists((data_type, values) in column(), offset in 0..25_usize, len in 0..25_usize) {
        let start = offset.min(values.len());
        let end = (start + len).min(values.len());
        for column in encodings(data_type, &values) {
            prop_assert_eq!(&listed(&column.slice(offset, len)), &values[start..end]);
        }
    }

    #[test]
    fn taken_rows_agree_with_lists(
        (data_type, values) in column(),
        picks in prop::collection::vec(prop::option::weighted(0.8, any::<prop::sample::Index>()), 0..20),
    ) {
        let rows = rows_of(&picks, values.len());
        let pick = |row: &u32| values.get(*row as usize).cloned().unwrap_or(Value::null_of(data_type));
        let expected: Vec<Value> = rows.iter().map(pick).collect();
        for column in encodings(data_type, &values) {
            prop_assert_eq!(&listed(&column.take(&rows)), &expected);
        }
    }

    #[test]
    fn columns_concatenate(parts in data_type().prop_flat_map(|data_type| (Just(data_type), prop::collection::vec(prop::collection::vec(value(data_type), 0..6), 0..5)))) {
        let (data_type, parts) = parts;
        let all: Vec<Value> = parts.concat();
        // Each part in an encoding of its own.
        let columns: Vec<Column> = parts.iter().enumerate().map(|(at, part)| {
            let mut forms = encodings(data_type, part);
            forms.swap_remove(at % forms.len())
        }).collect();
        let joined = Column::concat(data_type, &columns);
        prop_assert_eq!(joined.scalar_type(), data_type);
        prop_assert_eq!(&listed(&joined), &all);
        let mut builder = ColumnBuilder::new(data_type);
        columns.iter().for_each(|column| builder.append(column));
        prop_assert_eq!(builder.len(), all.len());
        prop_assert_eq!(&listed(&builder.finish()), &all);
    }

    #[test]
    fn columns_convert_as_values_do((data_type, values) in column(), to in data_type()) {
        let expected: Vec<Value> = values.iter().map(|value| {
            let value = value.convert(to);
            if value.is_null() { Value::null_of(to) } else { value }
        }).collect();
        for column in encodings(data_type, &values) {
            let converted = column.convert(to);
            prop_assert_eq!(converted.scalar_type(), to);
            prop_assert_eq!(format!("{:?}", listed(&converted)), format!("{expected:?}"));
        }
    }

    #[test]
    fn selections_compose((data_type, values) in column(), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..12), again in prop::collection::vec(any::<prop::sample::Index>(), 0..12), offset in 0..6_usize, len in 0..6_usize) {
        for column in encodings(data_type, &values) {
            let chunk = Chunk::new(vec![column], values.len());
            let rows: Vec<u32> = if values.is_empty() { vec![] } else { picks.iter().map(|it| it.index(values.len()) as u32).collect() };
            let once: Vec<Value> = rows.iter().map(|row| values[*row as usize].clone()).collect();
            let picked = chunk.select(rows);
            prop_assert_eq!(&listed(&picked.column(0)), &once);
            let rows: Vec<u32> = if once.is_empty() { vec![] } else { again.iter().map(|it| it.index(once.len()) as u32).collect() };
            let twice: Vec<Value> = rows.iter().map(|row| once[*row as usize].clone()).collect();
            let picked = picked.select(rows);
            prop_assert_eq!(&listed(&picked.column(0)), &twice);
            let start = offset.min(twice.len());
            let end = (start + len).min(twice.len());
            prop_assert_eq!(&listed(&picked.slice(offset, len).column(0)), &twice[start..end]);
        }
    }

    #[test]
    fn pushed_rows_may_be_missing(
        (data_type, values) in column(),
        picks in prop::collection::vec(prop::option::of(any::<prop::sample::Index>()), 1..12),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let rows = rows_of(&picks, values.len());
        let once: Vec<Value> =
            rows.iter().map(|row| values.get(*row as usize).cloned().unwrap_or(Value::null_of(data_type))).collect();
        let second: Vec<u32> = again.iter().map(|it| it.index(once.len()) as u32).collect();
        let twice: Vec<Value> = second.iter().map(|row| once[*row as usize].clone()).collect();
        for column in encodings(data_type, &values) {
            let mut chunk = Chunk::without_columns(rows.len());
            let of = Chunk::new(vec![column], values.len());
            chunk.push_rows(&of, &rows.clone().into());
            prop_assert_eq!(&listed(&chunk.column(0)), &once);
            prop_assert_eq!(&listed(&chunk.select(second.clone()).column(0)), &twice);
        }
    }

    #[test]
    fn true_rows_are_the_true_ones(values in prop::collection::vec(value(ScalarType::Bool), 0..30)) {
        let expected: Vec<u32> =
            (0..values.len()).filter(|row| values[*row] == Value::Bool(true)).map(|row| row as u32).collect();
        for column in encodings(ScalarType::Bool, &values) {
            prop_assert_eq!(&column.true_rows(), &expected);
        }
    }
}

#[test]
fn equality_sees_values_and_not_encodings() {
    let reals = |reals: &[f64]| {
        Column::from_values(ScalarType::Real, &reals.iter().map(|it| Value::Real(*it)).collect::<Vec<_>>())
    };
    assert_eq!(reals(&[f64::NAN, 1.0]), reals(&[f64::NAN, 1.0]));
    assert_ne!(reals(&[f64::NAN, 1.0]), reals(&[1.0, f64::NAN]));
    assert_ne!(reals(&[1.0]), Column::longs(vec![1]));
    assert_eq!(reals(&[1.0, 1.0]), Column::constant(Value::Real(1.0), ScalarType::Real, 2));
    let nulls = Column::nulls(ScalarType::Long, 1);
    assert_ne!(nulls, Column::longs(vec![0]));
    assert_eq!(nulls, nulls.to_flat());
}

#[test]
fn a_slice_is_as_large_as_its_rows() {
    let texts: StringColumn = ["a", "bbbb", "cc"].into_iter().collect();
    let whole = Column::String(texts);
    let parts: usize = (0..3).map(|row| whole.slice(row, 1).byte_size()).sum();
    assert!(whole.slice(1, 1).byte_size() < whole.byte_size());
    assert!(parts >= whole.byte_size());
    let values =
        Column::Dynamic(DynamicColumn::new(vec![Dynamic::string("x"), Dynamic::string(&"y".repeat(100))]));
    assert!(values.slice(0, 1).byte_size() < 100 && values.byte_size() > 100);
}

#[test]
fn tables_need_columns_of_one_length() {
    let column = |len| Column::longs(vec![0; len]);
    assert!(Table::new(vec![("a", column(1)), ("b", column(2))]).is_err());
    let short = Primitive::new(vec![1_i64, 2], Validity::new([true, false, true].into_iter().collect()));
    assert!(Table::new(vec![("a", Column::Long(short))]).is_err());
    let table = Table::new(vec![("a", column(3))]).unwrap();
    assert_eq!(table.chunk(2, 5).len(), 1);
    assert_eq!(Table::empty(Schema::new([("a", ScalarType::Long)])).column("a").map(Column::len), Some(0));
}

#[test]
fn foreign_buffers_are_checked() {
    let build = |codes: Option<&[u32]>, offsets: &[u64], bytes: &[u8]| {
        StringColumn::from_parts(codes.map(|it| it.to_vec().into()), offsets.to_vec().into(), bytes.into())
            .map(|column| (0..column.len()).map(|row| column.get(row).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(build(None, &[1, 3, 3, 6], "xé--\ny".as_bytes()).unwrap(), ["é", "", "--\n"]);
    assert_eq!(build(Some(&[1, 0, 1]), &[0, 1, 3], b"abc").unwrap(), ["bc", "a", "bc"]);
    assert_eq!(build(None, &[0], b"").unwrap(), [""; 0]);
    assert_eq!(build(Some(&[]), &[0], b"").unwrap(), [""; 0]);
    // No offset, falling offsets, past the end, within a character, no text, no such code.
    assert!(build(None, &[], b"").is_err());
    assert!(build(None, &[0, 2, 1, 3], b"abc").is_err());
    assert!(build(None, &[0, 4], b"abc").is_err());
    assert!(build(None, &[0, u64::MAX], b"abc").is_err());
    assert!(build(None, &[0, 1, 2], "é".as_bytes()).is_err());
    assert!(build(None, &[0, 1], b"\xff").is_err());
    assert!(build(Some(&[1]), &[0, 1], b"a").is_err());
    assert!(build(Some(&[0]), &[0], b"").is_err());
    // Bytes that no text has a part in are not looked at.
    assert_eq!(build(None, &[1, 2], b"\xffa\xff").unwrap(), ["a"]);
}

#[test]
fn a_sample_tells_many_distinct_texts_from_fewer() {
    let column = |rows: usize, distinct: usize, run: usize| -> StringColumn {
        let texts: Vec<String> = (0..rows).map(|row| format!("{}", row / run % distinct)).collect();
        texts.iter().map(String::as_str).collect()
    };
    let max = 1 << 14;
    assert!(column(100_000, 100_000, 1).seems_to_exceed(max));
    assert!(column(100_000, 50_000, 1).seems_to_exceed(max));
    // As many as are allowed, one after the other or in order.
    assert!(!column(100_000, max, 1).seems_to_exceed(max));
    assert!(!column(100_000, max, 6).seems_to_exceed(max));
    assert!(!column(100_000, 3, 1).seems_to_exceed(max));
    // Few rows are encoded to find out.
    assert!(!column(60_000, 60_000, 1).seems_to_exceed(max));
}

#[test]
fn trees_become_text_where_it_says_the_same() {
    let json = |text: &str| Dynamic::from_json(text).unwrap();
    let trees = [json(r#"{"b":[1,2.0,"x"],"a":null}"#), Dynamic::Null, json("1e300"), json("\"\\n\"")];
    let column = Column::Dynamic(DynamicColumn::new(trees.to_vec()));
    let compact = column.clone().compact();
    assert!(matches!(&compact, Column::Dynamic(it) if it.json().is_some()));
    assert_eq!(compact, column);
    assert!(compact.is_null(1) && !compact.is_null(0));
    for odd in [Dynamic::Real(f64::NAN), Dynamic::DateTime(DateTime(5))] {
        let column = Column::Dynamic(DynamicColumn::new(vec![json("1"), Dynamic::array(vec![odd])]));
        assert!(matches!(column.compact(), Column::Dynamic(it) if it.json().is_none()));
    }
}
