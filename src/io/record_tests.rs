//! Tests of rows as records: every type of column and of field, and the same as by way of JSON text.
#![allow(clippy::unwrap_used, reason = "a test that fails should say so")]

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{DataError, OutputFormat};
use crate::column::{Column, Table};
use crate::types::{Bag, DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, TimeSpan, Value};

/// A table of one row.
fn one<const N: usize>(cells: [(&str, Value); N]) -> Table {
    let data_type = |value: &Value| value.scalar_type().unwrap_or(ScalarType::Long);
    let schema = Schema::new(cells.iter().map(|(name, value)| (*name, data_type(value))));
    Table::from_rows(schema, [cells.into_iter().map(|(_, value)| value).collect()])
}

fn dynamic(json: &str) -> Value {
    Value::Dynamic(Dynamic::from_json(json).unwrap())
}

fn read<'t, T: Deserialize<'t>>(table: &'t Table) -> Result<T, String> {
    table.records().map(|mut records: Vec<T>| records.remove(0)).map_err(|error| error.to_string())
}

#[test]
fn kqlites_own_types_are_the_very_values() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Own {
        at: DateTime,
        took: TimeSpan,
        price: Decimal,
        id: Guid,
        any: HashMap<String, Value>,
    }
    let (at, took) = (DateTime::parse("2024-06-30T12:00:00.5Z").unwrap(), TimeSpan(-5));
    let (price, id) = (Decimal::parse("1.50").unwrap(), Guid(7));
    let cells = || {
        [
            ("at", Value::from(at)),
            ("took", Value::from(took)),
            ("price", Value::from(price)),
            ("id", Value::from(id)),
            ("small", Value::Int(-1)),
            ("nothing", Value::Null),
        ]
    };
    // Each cell as a value of any type is what it was.
    let table = one(cells());
    let values: HashMap<String, Value> = read(&table).unwrap();
    assert_eq!(values, cells().map(|(name, value)| (name.to_owned(), value)).into());
    let bag = [("n", Dynamic::Long(1)), ("at", Dynamic::DateTime(at))].map(|(name, it)| (name.into(), it));
    let any = Value::Dynamic(Dynamic::bag(Bag::from_iter(bag)));
    let table = one([
        ("at", at.into()),
        ("took", took.into()),
        ("price", price.into()),
        ("id", id.into()),
        ("any", any),
    ]);
    let expected = HashMap::from([("n".to_owned(), Value::Long(1)), ("at".to_owned(), Value::from(at))]);
    assert_eq!(read::<Own>(&table), Ok(Own { at, took, price, id, any: expected }));
    // The texts of a column are read as these types too.
    let text = one([("at", Value::from("2024-06-30"))]);
    assert_eq!(read::<(DateTime,)>(&text), Ok((DateTime::from_ymd(2024, 6, 30).unwrap(),)));
    let message = "data, row 1, column 'at': invalid type: a datetime, expected a timespan";
    // A datetime is no timespan, though both are ticks.
    assert!(read::<(TimeSpan,)>(&one([("at", at.into())])).is_err());
    assert_eq!(
        read::<(TimeSpan,)>(&one([("at", Value::Long(5))])).unwrap_err(),
        message.replace("a datetime", "integer `5`")
    );
}

#[test]
fn types_of_others_get_what_they_ask_for() {
    let at = DateTime::parse("2024-06-30T12:00:00.5Z").unwrap();
    assert_eq!(read(&one([("at", at.into())])), Ok(("2024-06-30T12:00:00.5Z".to_owned(),)));
    let since = Duration::new(1_719_748_800, 500_000_000);
    assert_eq!(read(&one([("at", at.into())])), Ok((SystemTime::UNIX_EPOCH + since,)));
    let took = |ticks| one([("took", TimeSpan(ticks).into())]);
    assert_eq!(read(&took(15_000_001)), Ok((Duration::new(1, 500_000_100),)));
    assert_eq!(
        read::<(Duration,)>(&took(-10_000_000)).unwrap_err(),
        "data, row 1, column 'took': a Duration is not negative, this is -00:00:01"
    );
    assert_eq!(read(&took(10_000_000)), Ok(("00:00:01".to_owned(),)));
    let price = one([("price", Decimal::parse("1.50").unwrap().into())]);
    assert_eq!(read(&price), Ok((1.5,)));
    assert_eq!(read(&price), Ok(("1.5".to_owned(),)));
    let not = |x: f64| read::<(f64,)>(&one([("x", Value::Real(x))])).unwrap().0;
    assert!(not(f64::NAN).is_nan() && not(f64::NEG_INFINITY) == f64::NEG_INFINITY);
    assert_eq!(read(&one([("x", Value::Real(f64::INFINITY))])), Ok(("Infinity".to_owned(),)));
    assert_eq!(read(&one([("n", Value::Long(5))])), Ok((5.0,)));
    assert_eq!(read(&one([("n", Value::Int(-5))])), Ok((-5_i8,)));
    assert_eq!(read(&one([("c", "x".into())])), Ok(('x',)));
    assert_eq!(read(&one([("b", true.into()), ("n", Value::Null)])), Ok((true, None::<i64>)));
    // The value of a column that is one constant is borrowed as any other.
    let constant = Table::new(vec![("s", Column::constant("a".into(), ScalarType::String, 2))]).unwrap();
    assert_eq!(constant.records::<(&str,)>().unwrap(), [("a",), ("a",)]);
}

#[test]
fn serdes_attributes_work() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Logon {
        #[serde(alias = "Account")]
        user: String,
        #[serde(default)]
        failures: u32,
        level: Level,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    enum Level {
        Low,
        #[serde(rename = "very high")]
        High,
        Custom(u8),
        Range {
            from: u8,
        },
    }
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[allow(dead_code)]
        n: i64,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    struct Wrapped((i64, String));
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Either {
        Number(f64),
        Text(String),
    }
    let logon = |level: Value| one([("Account", "ann".into()), ("Level", level), ("x", Value::Long(7))]);
    let expected = |level| {
        let rest = BTreeMap::from([("x".to_owned(), Value::Long(7))]);
        Ok(Logon { user: "ann".to_owned(), failures: 0, level, rest })
    };
    assert_eq!(read(&logon("very high".into())), expected(Level::High));
    assert_eq!(read(&logon("Low".into())), expected(Level::Low));
    assert_eq!(read(&logon(dynamic("\"Low\""))), expected(Level::Low));
    assert_eq!(read(&logon(dynamic(r#"{"Custom": 3}"#))), expected(Level::Custom(3)));
    assert_eq!(read(&logon(dynamic(r#"{"Range": {"from": 3}}"#))), expected(Level::Range { from: 3 }));
    let error = read::<Logon>(&logon("high".into())).unwrap_err();
    assert!(error.starts_with("data, row 1, column 'Level': unknown variant `high`"), "{error}");
    let error = read::<Logon>(&logon(Value::Bool(true))).unwrap_err();
    assert_eq!(error, "data, row 1, column 'Level': invalid type: boolean `true`, expected enum Level");
    let two = one([("n", Value::Long(1)), ("s", "a".into())]);
    assert_eq!(read::<Strict>(&two).unwrap_err(), "data, row 1, column 's': unknown field `s`, expected `n`");
    assert_eq!(read(&two), Ok(Wrapped((1, "a".to_owned()))));
    assert_eq!(read(&two), Ok(vec![Value::Long(1), Value::from("a")]));
    assert_eq!(read(&two), Ok((Either::Number(1.0), Either::Text("a".to_owned()))));
    assert_eq!(read(&two), Ok(Some(("1".parse::<i64>().unwrap(), "a".to_owned()))));
    assert_eq!(
        read::<(i64,)>(&two).unwrap_err(),
        "data, row 1: invalid length 2, expected a tuple of size 1"
    );
    // Names of members are texts, also those of a map by number.
    let bag = one([("d", dynamic(r#"{"1": [1, 2.5], "2": null}"#))]);
    let expected = HashMap::from([(1_u8, Some((1_u8, 2.5_f32))), (2, None)]);
    assert_eq!(read(&bag), Ok((expected,)));
    assert!(read::<(HashMap<u8, Option<(u8,)>>,)>(&bag).unwrap_err().contains("invalid length 2"));
}

#[test]
fn errors_name_row_and_column() {
    #[derive(Deserialize, Debug)]
    struct Named {
        #[allow(dead_code)]
        user: String,
    }
    let schema = Schema::new([("user", ScalarType::Dynamic)]);
    let rows = [dynamic("\"a\""), dynamic("\"b\""), Value::Null].map(|value| vec![value]);
    let table = Table::from_rows(schema, rows);
    let error = table.records::<Named>().unwrap_err();
    assert_eq!(error.to_string(), "data, row 3, column 'user': invalid type: null, expected a string");
    assert_eq!((error.line, error.by_row, error.column.as_deref()), (Some(3), true, Some("user")));
    let table = one([("User", "a".into())]);
    assert_eq!(read::<Named>(&table).unwrap_err(), "data, row 1: missing field `user`");
    assert_eq!(
        read::<(u8,)>(&one([("n", Value::Long(256))])).unwrap_err(),
        "data, row 1, column 'n': invalid value: integer `256`, expected u8"
    );
    assert!(read::<i64>(&table).unwrap_err().contains("invalid type: map, expected i64"));
}

/// The way through JSON text.
fn by_json<T: DeserializeOwned>(table: &Table) -> Result<Vec<T>, DataError> {
    serde_json::from_str(&table.to_text(OutputFormat::Json))
        .map_err(|error| DataError::new(None, error.to_string()))
}

fn tree() -> impl Strategy<Value = Dynamic> {
    let leaf = prop_oneof![
        Just(Dynamic::Null),
        any::<bool>().prop_map(Dynamic::Bool),
        any::<i64>().prop_map(Dynamic::Long),
        proptest::num::f64::NORMAL.prop_map(Dynamic::Real),
        ".{0,4}".prop_map(|text| Dynamic::string(&text)),
        (0..DateTime::MAX.0).prop_map(|ticks| Dynamic::DateTime(DateTime(ticks))),
        any::<i64>().prop_map(|ticks| Dynamic::TimeSpan(TimeSpan(ticks))),
        any::<u128>().prop_map(|bits| Dynamic::Guid(Guid(bits))),
        any::<i64>().prop_map(|n| Dynamic::Decimal(n.into())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let members = vec((".{0,3}", inner.clone()), 0..4);
        let bag = |members: Vec<(String, Dynamic)>| {
            Dynamic::bag(members.into_iter().map(|(name, it)| (name.into(), it)).collect())
        };
        prop_oneof![vec(inner, 0..4).prop_map(Dynamic::array), members.prop_map(bag)]
    })
}

/// A row with a cell of each type, in the order of [`ScalarType::ALL`]; some are null.
fn row() -> impl Strategy<Value = Vec<Value>> {
    let instants = prop_oneof![
        (0..DateTime::MAX.0).prop_map(DateTime),
        (0..4_000_i64).prop_map(|seconds| DateTime(seconds * TimeSpan::SECOND)),
    ];
    let cells = (
        any::<bool>(),
        any::<i32>(),
        any::<i64>(),
        prop_oneof![proptest::num::f64::NORMAL, (-99..99_i8).prop_map(f64::from)],
        (any::<i64>(), 0..20_u32),
        ".{0,4}",
        instants,
        any::<i64>(),
        any::<u128>(),
        tree(),
    );
    (cells, any::<u16>()).prop_map(
        |((bit, int, long, real, decimal, text, instant, span, guid, tree), nulls)| {
            let decimal = Decimal(rust_decimal::Decimal::new(decimal.0, decimal.1));
            let value = |data_type| match data_type {
                ScalarType::Bool => Value::Bool(bit),
                ScalarType::Int => Value::Int(int),
                ScalarType::Long => Value::Long(long),
                ScalarType::Real => Value::Real(real),
                ScalarType::Decimal => Value::Decimal(decimal),
                ScalarType::String => Value::string(&text),
                ScalarType::DateTime => Value::DateTime(instant),
                ScalarType::TimeSpan => Value::TimeSpan(TimeSpan(span)),
                ScalarType::Guid => Value::Guid(Guid(guid)),
                ScalarType::Dynamic => Value::Dynamic(tree.clone()),
            };
            let cell = |(at, data_type)| if nulls >> at & 3 == 3 { Value::Null } else { value(data_type) };
            ScalarType::ALL.into_iter().enumerate().map(cell).collect()
        },
    )
}

/// A field of each type, as a program without kqlite's types has it; in each row some are null.
#[derive(Deserialize, Debug, PartialEq)]
struct Everything {
    bool: Option<bool>,
    int: Option<i16>,
    long: Option<u64>,
    real: Option<f64>,
    decimal: Option<String>,
    string: Option<String>,
    datetime: Option<String>,
    timespan: Option<String>,
    guid: Option<String>,
    dynamic: Option<serde_json::Value>,
}

/// Both ways give the same; where the way through JSON fails so does the other.
fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>(table: &Table) -> Result<(), TestCaseError> {
    match (table.records::<T>(), by_json::<T>(table)) {
        (Ok(found), Ok(expected)) => prop_assert_eq!(found, expected),
        (found, expected) => prop_assert_eq!(found.is_err(), expected.is_err()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_are_those_of_the_json_text(rows in vec(row(), 0..6), compact in any::<bool>()) {
        let names = ScalarType::ALL.map(|data_type| (data_type.as_str(), data_type));
        let table = Table::from_rows(Schema::new(names), rows);
        // Trees become texts where that says the same.
        let table = if compact { table.compact() } else { table };
        same::<BTreeMap<String, serde_json::Value>>(&table)?;
        same::<serde_json::Value>(&table)?;
        same::<BTreeMap<String, Dynamic>>(&table)?;
        same::<BTreeMap<String, Option<String>>>(&table)?;
        same::<BTreeMap<String, Option<f32>>>(&table)?;
        same::<Everything>(&table)?;
        for (name, column) in table.schema().names().zip(table.columns()) {
            let alone = Table::new(vec![(name, column.clone())]).unwrap();
            same::<BTreeMap<String, Option<bool>>>(&alone)?;
            same::<BTreeMap<String, Option<i32>>>(&alone)?;
            same::<BTreeMap<String, Option<u64>>>(&alone)?;
            same::<BTreeMap<String, String>>(&alone)?;
            same::<BTreeMap<String, Vec<Option<serde_json::Value>>>>(&alone)?;
            same::<BTreeMap<String, BTreeMap<String, i64>>>(&alone)?;
            same::<BTreeMap<String, Option<(serde_json::Value, serde_json::Value)>>>(&alone)?;
            // A decimal, a text in JSON, is read as a number too.
            if name != "decimal" && name != "dynamic" {
                same::<BTreeMap<String, Option<f64>>>(&alone)?;
            }
        }
    }
}
