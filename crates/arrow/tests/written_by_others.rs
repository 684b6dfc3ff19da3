//! Files that DuckDB, Polars and pyarrow wrote: `data/make.py` tells how each was made and what is in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::path::PathBuf;

use kqlite::{DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, Table, TimeSpan, Value};
use kqlite_arrow::{Reader, SharedFile};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn read(name: &str) -> Table {
    let source = SharedFile::open(path(name)).unwrap();
    let file = Reader::new().origin(name).threads(2).open(source).unwrap();
    file.read(None).unwrap().table
}

fn datetime(text: &str) -> Value {
    Value::DateTime(DateTime::parse(text).unwrap())
}

fn json(text: &str) -> Value {
    Value::Dynamic(Dynamic::from_json(text).unwrap())
}

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}

/// What every writer was given.
fn column(name: &str) -> (ScalarType, Vec<Value>) {
    let thrice = |values: [Value; 3]| [values.clone(), values].concat();
    match name {
        "Time" => {
            let (a, b) = ("2024-06-30T12:00:00.123456Z", "1969-12-31T23:59:59.999999Z");
            (ScalarType::DateTime, thrice([datetime(a), Value::Null, datetime(b)]))
        }
        "Name" => (ScalarType::String, ["ann", "", "Zoë", "ann", "", "ann"].map(Value::from).to_vec()),
        "Count" => {
            let longs = [Some(1), None, Some(-3), Some(4), Some(5), Some(6)];
            (ScalarType::Long, longs.map(|it| it.map_or(Value::Null, Value::Long)).to_vec())
        }
        "Small" => {
            let ints = [Some(1), None, Some(-3), Some(4), Some(5), Some(6)];
            (ScalarType::Int, ints.map(|it| it.map_or(Value::Null, Value::Int)).to_vec())
        }
        "Ratio" => {
            let reals = [Some(0.5), None, Some(-1.25), Some(0.0), Some(1e300), Some(2.0)];
            (ScalarType::Real, reals.map(|it| it.map_or(Value::Null, Value::Real)).to_vec())
        }
        "Flag" => {
            let bools = [Some(true), None, Some(false), Some(true), Some(true), Some(false)];
            (ScalarType::Bool, bools.map(|it| it.map_or(Value::Null, Value::Bool)).to_vec())
        }
        "Day" => {
            (ScalarType::DateTime, thrice([datetime("2024-02-29"), Value::Null, datetime("0001-01-01")]))
        }
        "Price" => (ScalarType::Decimal, thrice([decimal("12.34"), Value::Null, decimal("-0.01")])),
        "Tags" => (ScalarType::Dynamic, thrice([json("[\"a\",null]"), Value::Null, json("[]")])),
        "Owner" => {
            let (a, b) = ("{\"name\":\"x\",\"age\":3}", "{\"name\":null,\"age\":4}");
            (ScalarType::Dynamic, thrice([json(a), Value::Null, json(b)]))
        }
        _ => panic!("no column is called {name}"),
    }
}

#[track_caller]
fn check(name: &str, columns: usize) {
    let table = read(name);
    assert_eq!(table.schema().len(), columns, "{name}");
    for described in &table.schema().columns {
        let (data_type, values) = column(&described.name);
        assert_eq!(described.data_type, data_type, "{name}, {}", described.name);
        let found: Vec<Value> = table.column(&described.name).unwrap().values().collect();
        assert_eq!(found, values, "{name}, {}", described.name);
    }
}

#[test]
fn the_same_rows_from_every_writer() {
    for name in ["duckdb.parquet", "polars.parquet", "polars.arrow", "pyarrow.parquet", "pyarrow.feather"] {
        check(name, 10);
    }
}

#[test]
fn every_compression_and_encoding() {
    for name in ["v2_zstd", "gzip_plain", "lz4", "delta"] {
        check(&format!("pyarrow_{name}.parquet"), 3);
    }
    check("pyarrow_int96.parquet", 2);
}

#[test]
fn further_types() {
    for name in ["pyarrow_more.parquet", "pyarrow.arrows"] {
        let source = SharedFile::open(path(name)).unwrap();
        let file = Reader::new().origin(name).open(source).unwrap();
        let data_types: Vec<ScalarType> = file.schema().columns.iter().map(|it| it.data_type).collect();
        let (dynamic, span) = (ScalarType::Dynamic, ScalarType::TimeSpan);
        let text = ScalarType::String;
        assert_eq!(data_types, [ScalarType::Guid, dynamic, dynamic, span, span, text, text, text], "{name}");
        let asked = ["Id", "Json", "Map", "Span", "Clock", "Word", "None"];
        let table = file.read(Some(&asked)).unwrap().table;
        let guid = Guid::parse("74be27de-1e4e-49d9-b579-fe0b331d3642").unwrap();
        let expected = [
            Value::Guid(guid),
            json("{\"a\":[1]}"),
            json("{\"k\":1}"),
            Value::TimeSpan(TimeSpan(TimeSpan::HOUR)),
            Value::TimeSpan(TimeSpan::parse("01:02:03").unwrap()),
            Value::from("x"),
            Value::from(""),
        ];
        assert_eq!(table.row(0), expected, "{name}");
        let nulls = [Value::Null, Value::Null, Value::Null, Value::Null, Value::Null];
        assert_eq!(table.row(1)[..5], nulls, "{name}");
        // Bytes are texts, or ought to be.
        let error = file.read(None).unwrap_err().to_string();
        assert_eq!(error, format!("{name}, row 1, column 'Bytes': 'ff' is not of the type string"));
    }
}

#[test]
fn further_types_of_duckdb() {
    let name = "duckdb_more.parquet";
    let open = |reader: Reader| reader.origin(name).open(SharedFile::open(path(name)).unwrap()).unwrap();
    let file = open(Reader::new());
    let table = file.read(Some(&["Id", "Small", "Fine", "Map", "Clock"])).unwrap().table;
    let guid = Guid::parse("74be27de-1e4e-49d9-b579-fe0b331d3642").unwrap();
    let expected = [
        Value::Guid(guid),
        Value::Int(7),
        // Two digits less: a tick is 100 ns.
        datetime("2024-06-30T12:00:00.1234567Z"),
        json("{\"k\":1}"),
        Value::TimeSpan(TimeSpan::parse("01:02:03").unwrap()),
    ];
    assert_eq!(table.row(0), expected);
    let error = file.read(Some(&["Large"])).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{name}, row 1, column 'Large': '18446744073709551615' is not of the type long")
    );
    let error = file.read(Some(&["Span"])).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{name}, column 'Span': its type is Interval")), "{error}");
    let schema = Schema::new([("Large", ScalarType::Decimal)]);
    let file = open(Reader::new().schema(schema).further_columns(true));
    let table = file.read(Some(&["Large"])).unwrap().table;
    assert_eq!(table.value(0, "Large"), Some(decimal("18446744073709551615")));
}
