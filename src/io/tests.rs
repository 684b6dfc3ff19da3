//! Reading data: types, places of mistakes, what is skipped.

use super::*;
use crate::column::{Column, Table};
use crate::types::{ScalarType, Schema, Value};

fn read(format: DataFormat, text: &str) -> Result<Table, String> {
    TableReader::new(format)
        .origin("data")
        .read(text.as_bytes())
        .map(|it| it.table)
        .map_err(|e| e.to_string())
}

fn types(table: &Table) -> String {
    let columns: Vec<String> =
        table.schema().columns.iter().map(|it| format!("{}:{}", it.name, it.data_type)).collect();
    columns.join(" ")
}

#[track_caller]
fn check_types(format: DataFormat, text: &str, expected: &str) {
    assert_eq!(read(format, text).map(|table| types(&table)), Ok(expected.to_owned()));
}

#[track_caller]
fn check_error(format: DataFormat, text: &str, expected: &str) {
    assert_eq!(read(format, text).map(|table| types(&table)), Err(expected.to_owned()));
}

#[test]
fn types_from_json() {
    check_types(
        DataFormat::Json,
        r#"[{"b":true,"l":1,"r":1,"d":"2024-01-01T00:00:00Z","s":"x","a":[1],"m":1,"n":null},
            {"r":0.5,"m":"x","s":"2024-01-01","later":{}}]"#,
        "b:bool l:long r:real d:datetime s:string a:dynamic m:dynamic n:string later:dynamic",
    );
}

#[test]
fn types_from_csv() {
    check_types(
        DataFormat::Csv,
        "b,l,r,d,s,a,m,code,none\ntrue,1,1,2024-01-01,x,\"{\"\"k\"\":1}\",1,007,\nfalse,-2,0.5,,2024-01-01,[],y,1,\n",
        "b:bool l:long r:real d:datetime s:string a:dynamic m:string code:string none:string",
    );
}

#[test]
fn what_is_no_json_everywhere_is_text_in_csv() {
    check_types(DataFormat::Csv, "a,b\n[1],x\nx,{}\n", "a:string b:string");
}

#[test]
fn a_late_row_changes_the_types() {
    let mut text = "x,y\n".to_owned();
    text.push_str(&"1,2024-01-01\n".repeat(3000));
    text.push_str("1.5,never\n");
    let table = read(DataFormat::Csv, &text).unwrap();
    assert_eq!(types(&table), "x:real y:string");
    assert_eq!(table.value(3000, "x"), Some(Value::Real(1.5)));
    assert_eq!(table.value(0, "x"), Some(Value::Real(1.0)));

    // A column without a value in the first rows gets the type of those that come later.
    let mut text = "x,y\n1,\n".to_owned() + &"1,\n".repeat(3000);
    text.push_str("1,5\n");
    assert_eq!(types(&read(DataFormat::Csv, &text).unwrap()), "x:long y:long");
    let mut text = "{\"y\":null}\n".repeat(3000);
    text.push_str("{\"y\":\"2024-01-01\"}\n");
    assert_eq!(types(&read(DataFormat::NdJson, &text).unwrap()), "y:datetime");

    let mut text = "{\"x\":1}\n".repeat(3000);
    text.push_str("{\"y\":1}\n");
    let table = read(DataFormat::NdJson, &text).unwrap();
    assert_eq!(types(&table), "x:long y:long");
    assert_eq!(table.value(3000, "x"), Some(Value::Null));
    assert_eq!(table.value(0, "y"), Some(Value::Null));
}

#[test]
fn every_form_of_json_file() {
    for text in ["[]", "", " [ ] ", "\u{feff}[]"] {
        assert_eq!(read(DataFormat::Json, text).unwrap().len(), 0, "{text}");
    }
    let spread = "{\n \"x\": 1\n}\n{\"x\": 2} {\"x\": \"}{\\\"\"}";
    assert_eq!(read(DataFormat::Json, spread).unwrap().len(), 3);
    assert_eq!(read(DataFormat::Json, "[{\"x\":1},{\"x\":2}]").unwrap().len(), 2);
    assert_eq!(read(DataFormat::NdJson, "{\"x\":1}\r\n\n{\"x\":2}").unwrap().len(), 2);
}

#[test]
fn mistakes_are_placed() {
    check_error(
        DataFormat::Json,
        "[{\"x\":1}\n,{\"x\":}]",
        "data, line 2, character 7: no valid JSON object: expected value",
    );
    check_error(
        DataFormat::Json,
        "[{\"x\":1}\n{}]",
        "data, line 2, character 1: expected ',' or ']' after an object",
    );
    check_error(
        DataFormat::Json,
        "[{\"x\":1}",
        "data, line 1, character 9: expected ',' or ']' after an object",
    );
    check_error(
        DataFormat::Json,
        "[1]",
        "data, line 1, character 2: expected an object with the cells of a row",
    );
    check_error(DataFormat::Json, "[{}] x", "data, line 1, character 6: more text after the array");
    check_error(
        DataFormat::Json,
        "\n{\"x\":1",
        "data, line 2, character 1: the object that begins here is not closed",
    );
    check_error(
        DataFormat::NdJson,
        "{\"x\":1}\nx",
        "data, line 2, character 1: no valid JSON object: expected value",
    );
    // Characters are counted, not bytes, and blanks before the object too.
    check_error(
        DataFormat::NdJson,
        "  {\"é\":oh}",
        "data, line 1, character 8: no valid JSON object: expected value",
    );
    check_error(
        DataFormat::Json,
        "[{\"é\":1}, {\"é\":oh}]",
        "data, line 1, character 16: no valid JSON object: expected value",
    );
    check_error(DataFormat::Csv, "", "data: there is no header");
    check_error(DataFormat::Csv, "a,a\n", "data, line 1: the column 'a' stands twice in the header");
    check_error(DataFormat::Csv, "a,b\n\n1,2\n3\n", "data, line 4: the row has 1 fields, the header 2");
    check_error(DataFormat::Csv, "a\n\"x\ny\n", "data, line 2: a quoted field is not closed");
    let error = TableReader::new(DataFormat::Csv).read(b"a\n\xff\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "data, line 2, character 1: the text is not UTF-8, by the byte 0xFF: it may be Windows-1252"
    );
}

#[test]
fn text_in_utf16_is_told() {
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let swapped = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let text = "name,size\na,1\n";
    for bytes in [utf16(text), swapped(text), utf16(&format!("\u{feff}{text}")), swapped("{\"a\":1}")] {
        for format in [DataFormat::Csv, DataFormat::NdJson, DataFormat::Json] {
            let error = TableReader::new(format).read(&bytes).unwrap_err().to_string();
            assert!(error.starts_with("data: the text is UTF-16, not UTF-8"), "{error}");
        }
    }
}

#[test]
fn data_is_held_to_limits() {
    let long = format!("{{\"x\":\"{}\"}}\n", "y".repeat(3000));
    let text = "{\"x\":\"\"}\n".repeat(500) + &long + "{\"x\":\"\"}\n";
    let reader = TableReader::new(DataFormat::NdJson).block_bytes(100);
    for threads in [1, 3] {
        let reader = reader.clone().threads(threads);
        let error = reader.clone().max_row_bytes(2000).read(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "data, line 501: the row is longer than 2000 bytes");
        assert!(error.beyond_limit);
        assert_eq!(reader.clone().max_row_bytes(8000).read(text.as_bytes()).unwrap().table.len(), 502);
        let error = reader.clone().max_table_bytes(3000).read(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "data: the table takes more memory than 3000 bytes");
        assert_eq!(reader.max_table_bytes(20_000).read(text.as_bytes()).unwrap().table.len(), 502);
    }
    // Of a column that nobody reads nothing is held.
    let none = reader.columns::<&str>([]).max_table_bytes(100);
    assert_eq!(none.read(text.as_bytes()).unwrap().table.len(), 502);

    let quoted = format!("x\n1\n\"{}", "y".repeat(3000));
    let error =
        TableReader::new(DataFormat::Csv).block_bytes(100).max_row_bytes(2000).read(quoted.as_bytes());
    assert_eq!(
        error.unwrap_err().to_string(),
        "data, line 3: a quoted field is not closed within 2000 bytes"
    );
    let array = format!("[{}]", ["{\"a\":1}"; 1000].join(","));
    let reader = TableReader::new(DataFormat::Json).block_bytes(100);
    let error = reader.clone().max_table_bytes(2000).read(array.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "data: the text is longer than 2000 bytes");
    assert_eq!(reader.max_row_bytes(2000).read(array.as_bytes()).unwrap().table.len(), 1000);
}

#[test]
fn csv_quotes_and_breaks() {
    let table = read(DataFormat::Csv, "a,b\r\n\"x,\"\"y\"\"\nz\",\r\n\"\",2\r\n").unwrap();
    assert_eq!(table.value(0, "a"), Some(Value::string("x,\"y\"\nz")));
    assert_eq!(table.value(0, "b"), Some(Value::Null));
    assert_eq!(table.value(1, "b"), Some(Value::Long(2)));
    let table = read(DataFormat::Tsv, "a\tb\n1,5\tx\n").unwrap();
    assert_eq!(table.value(0, "a"), Some(Value::string("1,5")));
}

#[test]
fn a_schema_is_kept() {
    let schema = Schema::new([("Absent", ScalarType::DateTime), ("x", ScalarType::Int)]);
    let reader = TableReader::new(DataFormat::NdJson).origin("t.ndjson").schema(schema);
    let table = reader.read(b"{\"x\":\"5\"}\n{}\n").unwrap().table;
    assert_eq!(types(&table), "Absent:datetime x:int");
    assert_eq!(table.value(0, "x"), Some(Value::Int(5)));
    assert_eq!(table.value(1, "x"), Some(Value::Null));
    assert_eq!(
        reader.read(b"{\"x\":1}\n{\"y\":1,\"x\":2,\"z\":null}").unwrap_err().to_string(),
        "t.ndjson, line 2: the table has no columns 'y', 'z'; its columns are: Absent, x"
    );
    let error = reader.read(b"{\"x\":1}\n{\"x\":2.5}").unwrap_err();
    assert_eq!(error.to_string(), "t.ndjson, line 2, column 'x': '2.5' is not of the type int");
    assert_eq!(
        (error.line, error.column.as_deref(), error.expected),
        (Some(2), Some("x"), Some(ScalarType::Int))
    );
    assert_eq!(error.code(), "KQL0401");

    let open = reader.further_columns(true);
    let table = open.read(b"{\"x\":1}\n{\"y\":1,\"x\":2,\"z\":null}").unwrap().table;
    assert_eq!(types(&table), "Absent:datetime x:int y:long z:string");
}

#[test]
fn bad_rows_can_be_skipped() {
    let schema = Schema::new([("x", ScalarType::Long)]);
    let reader = TableReader::new(DataFormat::NdJson).origin("t").schema(schema).bad_rows(BadRows::Skip);
    let loaded = reader.read(b"{\"x\":1}\n{\"x\":\"no\"}\n{oops\n{\"x\":3}\n").unwrap();
    assert_eq!(loaded.table.columns()[0].values().collect::<Vec<_>>(), [Value::Long(1), Value::Long(3)]);
    assert_eq!(loaded.skipped_count, 2);
    let listed: Vec<String> = loaded.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            "t, line 2, column 'x': 'no' is not of the type long",
            "t, line 3, character 2: no valid JSON object: key must be a string"
        ]
    );
}

#[test]
fn few_strings_get_a_dictionary() {
    let mut text = "few,many\n".to_owned();
    for row in 0..5000 {
        text.push_str(&format!("{},v{row}\n", row % 7));
    }
    let schema = Schema::new([("few", ScalarType::String), ("many", ScalarType::String)]);
    let table = TableReader::new(DataFormat::Csv).schema(schema).read(text.as_bytes()).unwrap().table;
    let encoded = |name: &str| match table.column(name) {
        Some(Column::String(it)) => it.dictionary().is_some(),
        _ => panic!("no strings"),
    };
    assert!(encoded("few") && !encoded("many"));
    assert_eq!(table.value(4999, "many"), Some(Value::string("v4999")));
    assert_eq!(table.value(4999, "few"), Some(Value::string("1")));
}

#[test]
fn output_is_read_back() {
    let text =
        r#"[{"s":"a,\"b\"\n","l":-5,"r":0.5,"d":"2024-06-30T12:00:00.5Z","j":{"z":[1,2.0]},"b":true}]"#;
    let table = read(DataFormat::Json, text).unwrap();
    for (output, input) in [
        (OutputFormat::Json, DataFormat::Json),
        (OutputFormat::NdJson, DataFormat::NdJson),
        (OutputFormat::Csv, DataFormat::Csv),
    ] {
        assert_eq!(read(input, &table.to_text(output)).as_ref(), Ok(&table), "{output:?}");
    }
}

proptest::proptest! {
    /// Whatever the bytes are, there is a table or an error.
    #[test]
    fn odd_bytes_are_no_accident(bytes in proptest::collection::vec(odd_byte(), 0..60)) {
        for format in [DataFormat::Json, DataFormat::NdJson, DataFormat::Csv, DataFormat::Tsv] {
            for policy in [BadRows::Fail, BadRows::Skip] {
                let reader = TableReader::new(format).bad_rows(policy);
                if let Ok(loaded) = reader.read(&bytes) {
                    for output in [OutputFormat::Table, OutputFormat::Csv, OutputFormat::Kusto] {
                        let _ = loaded.table.to_text(output);
                    }
                }
                let schema = Schema::new([("a", ScalarType::DateTime), ("b", ScalarType::Dynamic)]);
                let _ = reader.schema(schema).further_columns(true).read(&bytes);
            }
        }
    }

    /// Values of every type are read back the same from every format, by the schema; Kusto's answer tells it itself.
    #[test]
    fn every_type_goes_there_and_back(rows in proptest::collection::vec(any_row(), 0..8)) {
        let schema = Schema::new(ScalarType::ALL.map(|data_type| (format!("a {data_type}"), data_type)));
        let table = Table::from_rows(schema.clone(), rows);
        for (output, input) in [
            (OutputFormat::Json, DataFormat::Json),
            (OutputFormat::NdJson, DataFormat::NdJson),
            (OutputFormat::Csv, DataFormat::Csv),
            (OutputFormat::Kusto, DataFormat::Json),
        ] {
            let text = table.to_text(output);
            let reader = TableReader::new(input);
            let reader = if output == OutputFormat::Kusto { reader } else { reader.schema(schema.clone()) };
            let back = reader.read(text.as_bytes()).map(|it| it.table.to_text(OutputFormat::Kusto));
            proptest::prop_assert_eq!(back, Ok(table.to_text(OutputFormat::Kusto)), "{:?}: {}", output, text);
        }
    }

    /// What is written is read back the same, as long as it goes by the schema.
    #[test]
    fn rows_go_there_and_back(rows in proptest::collection::vec(("[ -~é\n\r]{0,6}", proptest::option::of(proptest::num::i64::ANY),
        proptest::option::of(proptest::num::f64::NORMAL)), 0..20)) {
        let schema = Schema::new([("s", ScalarType::String), ("l", ScalarType::Long), ("r", ScalarType::Real)]);
        let cell = |value: Option<Value>| value.unwrap_or_default();
        let table = Table::from_rows(schema.clone(), rows.into_iter().map(|(s, l, r)| {
            vec![Value::string(&s), cell(l.map(Value::Long)), cell(r.map(Value::Real))]
        }));
        for (output, input) in [
            (OutputFormat::Json, DataFormat::Json),
            (OutputFormat::NdJson, DataFormat::NdJson),
            (OutputFormat::Csv, DataFormat::Csv),
        ] {
            let text = table.to_text(output);
            let back = TableReader::new(input).schema(schema.clone()).read(text.as_bytes());
            proptest::prop_assert_eq!(back.map(|it| it.table), Ok(table.clone()), "{:?}: {}", output, text);
        }
    }
}

/// A value of each type, in the order of all types; nulls and odd ones are among them.
fn any_row() -> impl proptest::strategy::Strategy<Value = Vec<Value>> {
    use crate::types::{DateTime, Decimal, Guid, TimeSpan};
    use proptest::prelude::*;
    use proptest::sample::select;

    let text = prop_oneof![
        "[ -~é\n\r\t\u{0}\u{feff}]{0,6}",
        select(vec!["null", "NaN", "-", "a\"b,c", "\u{1f600}", "[1", "{}", "'"]).prop_map(str::to_owned)
    ];
    let real =
        prop_oneof![any::<f64>(), select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300])];
    let ticks = prop_oneof![
        DateTime::MIN.0..=DateTime::MAX.0,
        select(vec![DateTime::MIN.0, DateTime::MAX.0, DateTime::UNIX_EPOCH.0])
    ];
    let decimal =
        select(vec!["0", "-1.5", "79228162514264337593543950335", "0.0000000000000000000000000001"]);
    // A text alone is no JSON in CSV: what it would be read as is another value.
    let dynamic =
        select(vec!["[1,null,{\"k\":\"a,b\\n\"}]", "{\"z\":1,\"a\":[]}", "{}", "1.5", "true", "[\"\"]"]);
    let values = (
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Long),
        real.prop_map(Value::Real),
        decimal.prop_map(|it| Value::Decimal(Decimal::parse(it).unwrap())),
        text.prop_map(|it| Value::string(&it)),
        ticks.prop_map(|it| Value::DateTime(DateTime(it))),
        any::<i64>().prop_map(|it| Value::TimeSpan(TimeSpan(it))),
        any::<u128>().prop_map(|it| Value::Guid(Guid(it))),
        dynamic.prop_map(|it| Value::Dynamic(crate::types::Dynamic::from_json(it).unwrap())),
    );
    (values, proptest::array::uniform10(0..4_u8)).prop_map(|(values, nulls)| {
        let (b, i, l, r, m, s, t, d, g, j) = values;
        let values = [b, i, l, r, m, s, t, d, g, j].into_iter().zip(nulls);
        // A string is never null.
        values
            .map(
                |(value, null)| {
                    if null == 0 && !matches!(value, Value::String(_)) { Value::Null } else { value }
                },
            )
            .collect()
    })
}

/// Bytes that mean something to one of the formats, and some that do not.
fn odd_byte() -> impl proptest::strategy::Strategy<Value = u8> {
    proptest::sample::select(b"{}[]\":,\\ab12.-e+nul \t\r\n\xc3\xa9\xff\x00".to_vec())
}
