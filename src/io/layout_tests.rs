//! Data as programs write it: other delimiters, titles, logs, exports of portals, rows inside of something.

use super::*;
use crate::column::Table;
use crate::types::{Decimal, ScalarType, Schema, Value};

#[track_caller]
fn rows(reader: &TableReader, text: &str) -> Vec<String> {
    let table = reader.read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}")).table;
    lines(&table)
}

fn lines(table: &Table) -> Vec<String> {
    let names: Vec<String> =
        table.schema().columns.iter().map(|it| format!("{}:{}", it.name, it.data_type)).collect();
    let cells = table.rows().map(|row| {
        row.iter()
            .map(|cell| if cell.is_null() { "null".into() } else { cell.to_text().to_string() })
            .collect::<Vec<_>>()
            .join(" ")
    });
    std::iter::once(names.join(" ")).chain(cells).collect()
}

fn csv() -> TableReader {
    TableReader::new(DataFormat::Csv)
}

fn json() -> TableReader {
    TableReader::new(DataFormat::Json)
}

#[track_caller]
fn error(reader: &TableReader, text: &str) -> String {
    reader.read(text.as_bytes()).map(|it| lines(&it.table)).unwrap_err().to_string()
}

#[test]
fn fields_are_separated_as_the_first_line_has_it() {
    let expected = ["id:long name:string", "1 a,b", "2 c"];
    assert_eq!(rows(&csv(), "id;name\n1;a,b\n2;c\n"), expected);
    assert_eq!(rows(&csv(), "id|name\n1|a,b\n2|c\n"), expected);
    assert_eq!(rows(&csv(), "id\tname\n1\ta,b\n2\tc\n"), expected);
    assert_eq!(rows(&csv(), "sep=;\r\nid;name\r\n1;a,b\r\n2;c\r\n"), expected);
    assert_eq!(rows(&csv(), "\u{feff}id;name\n1;\"a,b\"\n2;c\n"), expected);
    assert_eq!(rows(&csv().delimiter(b':'), "id:name\n1:a,b\n2:c\n"), expected);
    // In blocks of a few bytes, too.
    assert_eq!(rows(&csv().block_bytes(3), "sep=;\nid;name\n1;a,b\n2;c\n"), expected);
    assert_eq!(error(&csv(), "sep=;\nid;name\n1;a;b\n"), "data, line 3: the row has 3 fields, the header 2");
}

#[test]
fn lines_before_the_header_and_no_header() {
    assert_eq!(
        rows(&csv().skip_lines(1), "Extract of today\nid;name\n1;a\n"),
        ["id:long name:string", "1 a"]
    );
    assert_eq!(rows(&csv().header(false), "1,a\n2,b\n"), ["Column1:long Column2:string", "1 a", "2 b"]);
    let wrong = error(&csv().header(false).skip_lines(2), "x\ny\n1,a\n2\n");
    assert_eq!(wrong, "data, line 4: the row has 1 fields, the header 2");
}

#[test]
fn logs_of_zeek() {
    let text = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
        #fields\tts\tuid\tnote\tok\n#types\ttime\tstring\tset[string]\tbool\n1719748211.315110\tC1\t\"x\tT\n-\tC2\t(empty)\tF\n#close\t2024\n";
    let expected = [
        "ts:datetime uid:string note:string ok:bool",
        "2024-06-30T11:50:11.3151100Z C1 \"x True",
        "null C2  False",
    ];
    for reader in [csv(), TableReader::new(DataFormat::Tsv), csv().block_bytes(5)] {
        assert_eq!(rows(&reader, text), expected);
    }
    assert_eq!(error(&csv(), &text.replace("C2\t", "")), "data, line 9: the row has 3 fields, the header 4");
    // Without types they are those that the values have, and another word may stand for none.
    let bare = "#separator \\x09\n#unset_field\tNONE\n#fields\tts\tuid\n1.5\tNONE\n2\t-\n";
    assert_eq!(rows(&csv(), bare), ["ts:real uid:string", "1.5 ", "2.0 -"]);
}

#[test]
fn logs_of_web_servers() {
    let iis = "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2024-06-30 11:50:00\r\n\
        #Fields: date time cs-method cs-uri-query sc-status cs(User-Agent)\r\n2024-06-30 11:50:00 GET - 200 Mozilla/5.0+\"x\r\n\
        #Software: Microsoft Internet Information Services 10.0\r\n2024-06-30 11:50:01 POST a=1 404 -\r\n";
    let expected = [
        "date:datetime time:string cs-method:string cs-uri-query:string sc-status:long cs(User-Agent):string",
        "2024-06-30T00:00:00.0000000Z 11:50:00 GET  200 Mozilla/5.0+\"x",
        "2024-06-30T00:00:00.0000000Z 11:50:01 POST a=1 404 ",
    ];
    for reader in [csv(), csv().block_bytes(7), csv().parsed()] {
        assert_eq!(rows(&reader, iis), expected);
    }
    // CloudFront has tabs between the fields, and blanks between their names.
    let tabs = "#Version: 1.0\n#Fields: date x-edge-location\n2024-06-30\tFRA 50\n";
    assert_eq!(
        rows(&csv(), tabs),
        ["date:datetime x-edge-location:string", "2024-06-30T00:00:00.0000000Z FRA 50"]
    );
    assert_eq!(
        error(&csv(), &(tabs.to_owned() + "2024\n")),
        "data, line 4: the row has 1 fields, the header 2"
    );
    assert_eq!(rows(&csv(), "#Version: 1.0\n#Fields: date a\n"), ["date:string a:string"]);
}

#[test]
fn exports_of_a_portal() {
    let schema = Schema::new([("TimeGenerated", ScalarType::DateTime), ("ResultType", ScalarType::String)]);
    let text = "\"TimeGenerated [UTC]\",ResultType\n\"6/30/2024, 11:50:00.123 AM\",50126\n";
    let expected = ["TimeGenerated:datetime ResultType:string", "2024-06-30T11:50:00.1230000Z 50126"];
    assert_eq!(rows(&csv().schema(schema.clone()), text), expected);
    let british = text.replace("6/30/2024, 11:50:00.123 AM", "30/06/2024, 11:50:00.123");
    assert_eq!(
        error(&csv().schema(schema.clone()), &british),
        "data, line 2, column 'TimeGenerated': '30/06/2024, 11:50:00.123' is not of the type datetime: the day seems to come first"
    );
    assert_eq!(rows(&csv().schema(schema).day_first(true), &british), expected);
    assert_eq!(
        rows(&csv().decimal_comma(true), "a;b\n1,5;x\n1.000,25;y\n"),
        ["a:real b:string", "1.5 x", "1000.25 y"]
    );
    let quoted = "\"foo\",\"bar\"\n\"1\",\"foo (\\\"foo\\\")\"\n";
    assert_eq!(
        error(&csv(), quoted),
        "data, line 2, character 13: text stands behind the closing quote of a field; a quote within a field is doubled"
    );
    assert_eq!(rows(&csv().escape(Some(b'\\')), quoted), ["foo:long bar:string", "1 foo (\"foo\")"]);
}

#[test]
fn rows_are_as_wide_as_they_like() {
    let text = "Level,Source\nInformation,Security,\"An account, logged on\",x\nError\n\nWarning,System\n";
    let expected = [
        "Level:string Source:string Column3:string Column4:string",
        "Information Security An account, logged on x",
        "Error   ",
        "Warning System  ",
    ];
    let reader = csv().ragged(true);
    for reader in [reader.clone(), reader.clone().block_bytes(5), reader.parsed().threads(3)] {
        assert_eq!(rows(&reader, text), expected);
    }
    assert_eq!(
        rows(&csv().ragged(true).header(false), "1\n2,a\n"),
        ["Column1:long Column2:string", "1 ", "2 a"]
    );
    // The name is another's.
    assert_eq!(rows(&csv().ragged(true), "Column2\n1,2\n")[0], "Column2:long Column3:long");
    let wide = format!("a\n{}1,2,3\n", "1,2\n".repeat(20_000));
    assert_eq!(error(&csv().ragged(true), &wide), "data, line 20002: the row has 3 fields, the header 2");
}

#[test]
fn quotes_may_be_others_or_none() {
    let text = "a,b\n'x,\n''y','it\\'s'\n\"z,1\n";
    let quoted = csv().quote(Some(b'\'')).escape(Some(b'\\'));
    let expected = ["a:string b:string", "x,\n'y it's", "\"z 1"];
    for reader in [quoted.clone(), quoted.clone().block_bytes(4), quoted.parsed()] {
        assert_eq!(rows(&reader, text), expected);
    }
    assert_eq!(rows(&csv().quote(None), "a,b\n\"x,y\"\n"), ["a:string b:string", "\"x y\""]);
}

#[test]
fn rows_inside_of_something() {
    let expected = ["a:long b:string", "1 x", "2 "];
    for (before, after) in [
        ("{\"Records\":", "}"),
        ("{ \"@odata.context\": \"c\", \"value\" :\n ", ", \"next\": null }\n"),
        ("{\"records\":", "}"),
        ("", ""),
    ] {
        let text = format!("{before}[{{\"a\":1,\"b\":\"x\"}},\n{{\"a\":2}}]{after}");
        assert_eq!(rows(&json(), &text), expected, "{text}");
    }
    // These are rows themselves.
    assert_eq!(rows(&json(), "{\"other\":[{\"a\":1}]}").len(), 2);
    assert_eq!(rows(&json(), "{\"value\":[1,2]}")[0], "value:dynamic");
    assert_eq!(rows(&json(), "{\"value\":[{\"a\":1}]}\n{\"value\":[{\"a\":1}]}").len(), 3);
    let nested = "{\"log\":{\"entries\":[{\"a\":1,\"b\":\"x\"},{\"a\":2}]}}";
    assert_eq!(rows(&json().path("log.entries"), nested), expected);
    assert_eq!(error(&json().path("log.rows"), nested), "data: there is no 'rows' in it; there are: entries");
    assert_eq!(
        error(&json().path("log.entries.a"), nested),
        "data: 'log.entries.a' is no object, and no array of objects"
    );
    assert_eq!(rows(&json().path("log"), nested)[0], "entries:dynamic");
    // Files that were put together, lines around a row, answers of Elasticsearch.
    for name in ["Records", "records"] {
        let text = format!("{{\"{name}\":[{{\"a\":1,\"b\":\"x\"}}]}}\n{{\"{name}\":[{{\"a\":2}}]}}");
        assert_eq!(rows(&json(), &text), expected);
    }
    let lines = "{\"preview\":false,\"result\":{\"a\":1,\"b\":\"x\"}}\n{\"result\":{\"a\":2}}\n";
    assert_eq!(rows(&json().path("result"), lines), expected);
    let hits = "{\"hits\":{\"hits\":[{\"_source\":{\"a\":1,\"b\":\"x\"}},\n{\"_source\":{\"a\":2}}]}}";
    assert_eq!(rows(&json().path("hits.hits._source"), hits), expected);
    let wrong = hits.replace("{\"a\":2}", "{\"a\":2,\"c\":\"\\ud83d\"}");
    assert_eq!(rows(&json().path("hits.hits._source"), &wrong)[2], "2  \u{fffd}");
    // Places are those in the file.
    let wrong = "{\"Records\":[{\"a\":1},\n{\"a\":}]}";
    assert_eq!(error(&json(), wrong), "data, line 2, character 6: no valid JSON object: expected value");
}

#[test]
fn answers_of_services() {
    let cells = "[\"2024-06-30T12:00:00Z\",\"1.50\",null,\"01:00:00\",\"007\"],\n[null,null,7,null,\"\"]";
    let named = |name: &str, data_type: &str| {
        ["t:datetime", "d:decimal", "l:long", "s:timespan", "c:string"]
            .map(|column| {
                let (column, of) = column.split_once(':').unwrap_or_default();
                format!("{{\"{name}\":\"{column}\",\"{data_type}\":\"{of}\"}}")
            })
            .join(",")
    };
    let analytics = format!(
        "{{\"tables\":[{{\"name\":\"PrimaryResult\",\"columns\":[{}],\"rows\":[{cells}]}}]}}",
        named("name", "type")
    );
    let columns = named("ColumnName", "ColumnType");
    let first =
        format!("{{\"Tables\":[{{\"TableName\":\"Table_0\",\"Columns\":[{columns}],\"Rows\":[{cells}]}}]}}");
    let second = format!(
        "[{{\"FrameType\":\"DataSetHeader\"}},\n{{\"FrameType\":\"DataTable\",\"TableKind\":\"PrimaryResult\",\"Columns\":[{columns}],\"Rows\":[{cells}]}}]"
    );
    for text in [analytics, first, second] {
        assert_eq!(
            rows(&json(), &text),
            [
                "t:datetime d:decimal l:long s:timespan c:string",
                "2024-06-30T12:00:00.0000000Z 1.5 null 01:00:00 007",
                "null null 7 null "
            ],
            "{text}"
        );
        let short = error(&json(), &text.replace("null,7,", "7,"));
        assert_eq!(short.split(',').next_back(), Some(" the table 5 columns"), "{short}");
    }
}

#[test]
fn halves_of_characters_cost_no_file() {
    let text = r#"[{"a":"x"},{"a":"cut \ud83d"},{"a":"\ude00\ud83d\ude00\\ud83d"}]"#;
    assert_eq!(rows(&json(), text), ["a:string", "x", "cut \u{fffd}", "\u{fffd}\u{1f600}\\ud83d"]);
}

#[test]
fn what_is_odd_in_json_costs_no_row() {
    let text = "{\"a\":1,\"b\":2}\n{\"a\":1,\"a\":\"x\",\"n\":{\"k\":1,\"k\":2}}\n{\"r\":NaN,\"d\":[NaN,-1]}\n{\"r\":-Infinity}\n";
    for reader in
        [TableReader::new(DataFormat::NdJson), json(), TableReader::new(DataFormat::NdJson).block_bytes(20)]
    {
        let loaded = reader.read(text.as_bytes()).unwrap();
        assert_eq!(
            lines(&loaded.table),
            [
                "a:dynamic b:long n:dynamic r:real d:dynamic",
                "1 2 null null null",
                "x null {\"k\":2} null null",
                "null null null NaN [null,-1]",
                "null null null -inf null",
            ]
        );
        let mended: Vec<(Mend, usize, usize)> =
            loaded.mended.iter().map(|it| (it.what, it.rows, it.first_line)).collect();
        assert_eq!(mended, [(Mend::NameTwice, 1, 2), (Mend::NoJsonNumber, 2, 3)]);
    }
    let schema = Schema::new([("r", ScalarType::Long)]);
    let reader = TableReader::new(DataFormat::NdJson).schema(schema);
    assert_eq!(
        error(&reader, "{\"r\":1}\n{\"r\":NaN}\n"),
        "data, line 2, column 'r': 'NaN' is not of the type long"
    );
}

#[test]
fn no_digit_is_lost() {
    let ndjson = || TableReader::new(DataFormat::NdJson);
    let text = "{\"a\":9223372036854775807}\n{\"a\":9223372036854775808}\n";
    let expected = ["a:decimal", "9223372036854775807", "9223372036854775808"];
    assert_eq!(rows(&ndjson(), text), expected);
    assert_eq!(rows(&csv(), "a\n9223372036854775807\n9223372036854775808\n"), expected);
    let long = "123456789012345678901234567890";
    assert_eq!(rows(&ndjson(), &format!("{{\"a\":{long}}}")), ["a:string", long]);
    assert_eq!(
        rows(&ndjson(), &format!("{{\"a\":{long}}}\n{{\"a\":[]}}")),
        ["a:dynamic".to_owned(), long.to_owned(), "[]".to_owned()]
    );
    let schema =
        Schema::new([("id", ScalarType::String), ("d", ScalarType::Decimal), ("r", ScalarType::Real)]);
    let table = ndjson()
        .schema(schema)
        .read(br#"{"id":18446744073709551615,"d":0.1234567890123456789,"r":18446744073709551615}"#)
        .unwrap()
        .table;
    assert_eq!(table.value(0, "id"), Some(Value::from("18446744073709551615")));
    assert_eq!(table.value(0, "d"), Decimal::parse("0.1234567890123456789").map(Value::Decimal));
    assert_eq!(table.value(0, "r"), Some(Value::Real(18_446_744_073_709_551_615.0)));
    // A text is what is written, whatever is written.
    let texts = Schema::new([("a", ScalarType::String)]);
    for written in ["0.1234567890123456789", "1.50", "1e5", "12345678901234567890123"] {
        assert_eq!(
            rows(&ndjson().schema(texts.clone()), &format!("{{\"a\":{written}}}")),
            ["a:string", written]
        );
        assert_eq!(rows(&csv().schema(texts.clone()), &format!("a\n{written}\n")), ["a:string", written]);
    }
    // What is no integer of a long's range is none, and is not rounded to one.
    let longs = Schema::new([("a", ScalarType::Long)]);
    for written in ["9007199254740993.5", "9223372036854775808", "1.5"] {
        for (reader, text) in [(ndjson(), format!("{{\"a\":{written}}}")), (csv(), format!("a\n{written}\n"))]
        {
            let found = error(&reader.schema(longs.clone()), &text);
            assert!(found.ends_with(&format!("'{written}' is not of the type long")), "{found}");
        }
    }
}
