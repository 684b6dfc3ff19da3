//! However data is read, the table and the error are the same: by the format's parser or past it, in blocks of any size,
//! on one thread or several, all columns or some.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::read::pieces;
use super::*;
use crate::column::{Column, Table};
use crate::types::{ScalarType, Schema, Value};

/// A name and a value as they stand in a row, mostly right.
fn member() -> impl Strategy<Value = String> {
    let name = select(vec!["a", "b", "c", "d", "a", "b", "c", "d", "e", "\\u0061", "é", "a\"", "\t"]);
    let blank = select(vec!["", "", "", " ", "\t ", "\r", "\n"]);
    (name, blank.clone(), value(), blank)
        .prop_map(|(name, before, value, after)| format!("\"{name}\":{before}{value}{after}"))
}

fn value() -> impl Strategy<Value = &'static str> {
    let usual = select(vec![
        "1",
        "-7",
        "0",
        "1.5",
        "-0.25",
        "true",
        "false",
        "null",
        "\"\"",
        "\"x\"",
        "\"a longer text, of two words\"",
        "\"2024-06-30T12:00:00Z\"",
        "\"2024-06-30T12:00:00.1234567Z\"",
        "\"2024-06-30\"",
        "\"é\"",
        "\"a\\n\\\"b\\\\\"",
        "\"\\u00e9\\ud83d\\ude00\"",
        "[]",
        "[1,{\"k\":[null,\"v\"]}]",
        "{}",
        "{\"k\": {\"l\" : 1}}",
        "\"[1]\"",
        "\"7\"",
    ]);
    let odd = select(vec![
        "-0",
        "01",
        "1e999",
        "1e5",
        "123456789012345678",
        "1234567890123456789",
        "12345678901234567890",
        "123456789012345678901234567890",
        "0.1234567890123456789",
        "-",
        "nul",
        "\"open",
        "\"\\x\"",
        "\"\\ud83d\"",
        "\"\t\"",
        "[1,]",
        "{\"k\":1,}",
        "{1:2}",
        "[\"\\ud83d\"]",
        "[1e999]",
        "{\"k\":1,\"k\":2}",
        "",
        "\"2024-13-30T12:00:00Z\"",
        "\"2024-06-30T12:00:00,5Z\"",
        "\"forty\"",
        "1 2",
        "5.0",
        "3000000000",
    ]);
    prop_oneof![9 => usual, 1 => odd]
}

fn object() -> impl Strategy<Value = Vec<u8>> {
    let usual = (value(), value(), value(), value())
        .prop_map(|(a, b, c, d)| format!("{{\"a\": {a}, \"b\": {b}, \"c\": {c}, \"d\": {d}}}").into_bytes());
    let any = vec(member(), 0..5).prop_map(|members| format!("{{{}}}", members.join(",")).into_bytes());
    let odd = select(vec![
        &b""[..],
        b" ",
        b"{",
        b"x",
        b"[]",
        b"{} {}",
        b"{\"a\":1}x",
        b"\xff",
        b"{\"a\":\"\xff\"}",
        b"{\"\xff\":1}",
        b"\xc2\xa0",
        b"\xc2\xa0{\"a\":1}",
        b"{\"a\":1,\"a\":2}",
        b"{\"a\":1}\r",
        b"{\"a\":1} \t",
        b"\xef\xbb\xbf{\"a\":1}",
        b"{,}",
        b"{\"a\" 1}",
    ])
    .prop_map(<[u8]>::to_vec);
    prop_oneof![12 => usual, 4 => any, 1 => odd]
}

fn json_lines() -> impl Strategy<Value = Vec<u8>> {
    (any::<bool>(), vec(object(), 0..12), any::<bool>()).prop_map(|(mark, rows, end)| {
        [if mark { &b"\xef\xbb\xbf"[..] } else { b"" }, &rows.join(&b'\n'), if end { b"\n" } else { b"" }]
            .concat()
    })
}

fn array() -> impl Strategy<Value = Vec<u8>> {
    (vec(object(), 0..6), select(vec![("[", ",", "]"), ("[", ",\n", "]\n"), ("", "\n", ""), ("[", ",", "")]))
        .prop_map(|(rows, (open, between, close))| {
            [open.as_bytes(), &rows.join(between.as_bytes()), close.as_bytes()].concat()
        })
}

fn field() -> impl Strategy<Value = &'static str> {
    let usual = select(vec![
        "",
        "1",
        "-7",
        "1.5",
        "true",
        "x",
        "a longer text of words",
        "2024-06-30T12:00:00Z",
        "2024-06-30",
        "\"\"",
        "\"x\"",
        "\"a,b\"",
        "\"a\"\"b\"",
        "é",
        "\"{\"\"k\"\":1}\"",
        "[1]",
        "\"two\nlines\"",
    ]);
    let odd = select(vec![
        "a\"b",
        "\"a\"b",
        "\"open",
        "\"",
        "\"\"\"",
        "007",
        "-0",
        "+1",
        "1e5",
        ".5",
        "5.",
        "1\r",
        "\"a\r\nb\"",
        " 1",
        "inf",
        "123456789012345678901",
        "0.12345678901234567890",
        "-",
        "forty",
        "5.0",
        "\t",
    ]);
    prop_oneof![12 => usual, 1 => odd]
}

fn csv() -> impl Strategy<Value = Vec<u8>> {
    let row = prop_oneof![
        10 => vec(field(), 4..=4).prop_map(|fields| fields.join(",").into_bytes()),
        1 => vec(field(), 0..6).prop_map(|fields| fields.join(",").into_bytes()),
        1 => select(vec![&b""[..], b"\r", b"\xff,1,2,3", b"\xef\xbb\xbf1,2,3,4", b"1,2,3,\"\xff\"", b"1,2,\"x\n\xff\",3"]).prop_map(<[u8]>::to_vec),
    ];
    let header = select(vec![
        "a,b,c,d",
        "a,b,c,d",
        "a,b,c,d",
        "\na,b,c,d",
        "\"a\", b ,c,d",
        "\u{feff}a,b,c,d",
        "a,a",
        "",
        "a,b,c,e",
    ]);
    (header, vec(row, 0..10), select(vec!["\n", "\n", "\r\n", "\r"]), any::<bool>()).prop_map(
        |(header, rows, line, end)| {
            let mut text = header.as_bytes().to_vec();
            for row in &rows {
                text.extend_from_slice(line.as_bytes());
                text.extend_from_slice(row);
            }
            text.extend_from_slice(if end { line.as_bytes() } else { b"" });
            text
        },
    )
}

/// Text of a format.
fn data() -> impl Strategy<Value = (DataFormat, Vec<u8>)> {
    prop_oneof![
        4 => json_lines().prop_map(|text| (DataFormat::NdJson, text)),
        2 => array().prop_map(|text| (DataFormat::Json, text)),
        3 => csv().prop_map(|text| (DataFormat::Csv, text)),
        1 => csv().prop_map(|text| {
            let tabs = text.iter().map(|&byte| if byte == b',' { b'\t' } else { byte });
            (DataFormat::Tsv, tabs.collect())
        }),
    ]
}

/// A schema for some of the columns, or none.
fn schema() -> impl Strategy<Value = Option<Schema>> {
    let data_type = || select(ScalarType::ALL.to_vec());
    let given = vec((select(vec!["a", "b", "c", "d", "z"]), data_type()), 1..5).prop_map(|columns| {
        let mut schema = Schema::default();
        for (name, data_type) in columns {
            if schema.position(name).is_none() {
                schema.columns.push(crate::types::ColumnSchema { name: name.into(), data_type });
            }
        }
        Some(schema)
    });
    prop_oneof![1 => Just(None), 2 => given]
}

/// A reader of any kind.
fn reader() -> impl Strategy<Value = TableReader> {
    (schema(), any::<bool>(), any::<bool>(), 1..4_usize).prop_map(|(schema, further, skip, sample)| {
        let mut reader =
            TableReader::new(DataFormat::Json).further_columns(further).sample(sample).origin("it");
        reader = reader.bad_rows(if skip { BadRows::Skip } else { BadRows::Fail });
        if let Some(schema) = schema { reader.schema(schema) } else { reader }
    })
}

/// Everything that there is to see of a result.
fn seen(result: Result<Loaded, DataError>) -> Result<(Table, Vec<DataError>, usize), DataError> {
    result.map(|loaded| (loaded.table, loaded.skipped, loaded.skipped_count))
}

/// The table with nulls in place of the columns that are not kept.
fn projected(table: &Table, kept: &[&str]) -> Table {
    let columns = table.schema().columns.iter().zip(table.columns()).map(|(described, column)| {
        let column = if kept.contains(&&*described.name) {
            column.clone()
        } else {
            Column::nulls(described.data_type, column.len())
        };
        (described.name.clone(), column)
    });
    Table::new(columns.collect()).unwrap()
}

/// The rows of tables, one behind the other.
fn appended(schema: &Schema, parts: &[Table]) -> Table {
    let columns = schema.columns.iter().enumerate().map(|(at, column)| {
        let parts: Vec<Column> = parts.iter().map(|part| part.columns()[at].clone()).collect();
        (column.name.clone(), Column::concat(column.data_type, &parts))
    });
    Table::new(columns.collect()).unwrap()
}

fn first_rows(table: &Table, rows: usize) -> Table {
    let columns = table.schema().names().zip(table.columns());
    Table::new(columns.map(|(name, column)| (name.to_owned(), column.slice(0, rows))).collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_short_way_is_the_parsers_way((format, text) in data(), reader in reader()) {
        let reader = reader.format(format);
        let shown = String::from_utf8_lossy(&text);
        prop_assert_eq!(seen(reader.clone().read(&text)), seen(reader.parsed().read(&text)), "{}", shown);
    }

    #[test]
    fn blocks_and_threads_change_nothing((format, text) in data(), reader in reader(), bytes in 1..60_usize, threads in 1..4_usize) {
        let reader = reader.format(format);
        let whole = seen(reader.clone().read(&text));
        let shown = String::from_utf8_lossy(&text);
        prop_assert_eq!(seen(reader.clone().block_bytes(bytes).read(&text)), whole.clone(), "{}", &shown);
        prop_assert_eq!(seen(reader.block_bytes(bytes).threads(threads).read(&text)), whole, "{}", shown);
    }

    /// Part by part, the rows and what is wrong with them are the same.
    #[test]
    fn parts_are_the_table((format, text) in data(), reader in reader(), bytes in 1..60_usize, threads in 1..4_usize) {
        let reader = reader.format(format).block_bytes(bytes).threads(threads);
        let shown = String::from_utf8_lossy(&text);
        let Ok(inferred) = reader.infer_schema(pieces(&text)) else { return Ok(()) };
        let whole = reader.load(&inferred, pieces(&text));
        let mut scan = reader.scan(&inferred, pieces(&text));
        let parts: Result<Vec<Table>, DataError> = scan.by_ref().collect();
        prop_assert!(scan.next().is_none());
        match (whole, parts) {
            (Ok(Some(whole)), Ok(parts)) => {
                prop_assert_eq!(appended(inferred.schema(), &parts), whole.table, "{}", shown);
                prop_assert_eq!(scan.skipped(), (whole.skipped, whole.skipped_count), "{}", shown);
            }
            (Ok(None), Err(_)) => prop_assert!(scan.is_contradicted(), "{}", shown),
            (Err(whole), Err(part)) => prop_assert_eq!(whole, part, "{}", shown),
            (whole, parts) => prop_assert!(false, "{:?} {:?} {}", whole, parts, shown),
        }
    }

    /// Threads read ahead; what is wrong behind the rows that are wanted is not told all the same.
    #[test]
    fn first_rows_are_the_same_with_any_number_of_threads((format, text) in data(), reader in reader(), bytes in 1..60_usize, rows in 0..12_usize) {
        let reader = reader.format(format).block_bytes(bytes);
        let shown = String::from_utf8_lossy(&text);
        let Ok(inferred) = reader.infer_schema(pieces(&text)) else { return Ok(()) };
        let first = |threads: usize| {
            let mut scan = reader.clone().threads(threads).scan(&inferred, pieces(&text)).limit(rows);
            let parts: Result<Vec<Table>, DataError> = scan.by_ref().collect();
            (parts.map(|parts| first_rows(&appended(inferred.schema(), &parts), rows)), scan.is_contradicted())
        };
        let alone = first(1);
        prop_assert_eq!(first(3), alone.clone(), "{}", &shown);
        if let (Ok(Some(whole)), (Ok(first), _)) = (reader.load(&inferred, pieces(&text)), alone) {
            prop_assert_eq!(first_rows(&whole.table, rows), first, "{}", shown);
        }
    }

    /// Where types come from the data, all values are looked at; where they are given, only those that are kept.
    #[test]
    fn some_columns_are_those_of_all((format, text) in data(), reader in reader(), kept in vec(select(vec!["a", "b", "c", "d", "e"]), 0..4)) {
        let given = reader.has_schema();
        let reader = reader.format(format);
        let all = seen(reader.clone().read(&text));
        let some = seen(reader.columns(kept.iter().copied()).read(&text));
        let shown = String::from_utf8_lossy(&text);
        match (all, some) {
            (Ok((all, skipped, count)), Ok(some)) if !given || count == 0 => {
                prop_assert_eq!((projected(&all, &kept), skipped, count), some, "{}", shown);
            }
            // A row may be skipped for a value that is not looked at.
            (Ok(_), Ok(_)) => {}
            (Err(all), Err(some)) if !given => prop_assert_eq!(all, some, "{}", shown),
            (Err(_), _) if given => {}
            (all, some) => prop_assert!(false, "{:?} {:?} {}", all, some, shown),
        }
    }
}

/// The rows that are asked for, and no others, in their order.
#[test]
fn rows_that_are_not_needed_are_left_out() {
    let (mut text, mut expected) = (String::new(), String::new());
    for row in 0..60_000 {
        let line = format!("{{\"n\":{row},\"few\":\"f{}\",\"many\":\"m{row}\",\"none\":null}}\n", row % 7);
        text.push_str(&line);
        if row % 11 == 3 {
            expected.push_str(&line);
        }
    }
    let data_types = [("n", ScalarType::Long), ("few", ScalarType::String), ("many", ScalarType::String)];
    let reader = TableReader::new(DataFormat::NdJson).schema(Schema::new(data_types)).further_columns(true);
    let expected = reader.read(expected.as_bytes()).unwrap().table;
    let keep = |part: &Table| {
        let numbers = part.column("n").unwrap().values();
        Some((0..).zip(numbers).filter(|(_, n)| n.as_long().unwrap() % 11 == 3).map(|(at, _)| at).collect())
    };
    for (bytes, threads) in [(1000, 1), (1000, 3), (1 << 19, 1), (1 << 19, 2)] {
        let reader = reader.clone().block_bytes(bytes).threads(threads);
        let outline = reader.infer_schema(pieces(text.as_bytes())).unwrap();
        let loaded = reader.load_filtered(&outline, pieces(text.as_bytes()), &keep).unwrap().unwrap();
        assert_eq!(loaded.table, expected);
        // Where all are needed, all are there.
        let all = reader.load_filtered(&outline, pieces(text.as_bytes()), &|_| None).unwrap().unwrap();
        assert_eq!(all.table, reader.read(text.as_bytes()).unwrap().table);
    }
}

/// Rows that are asked for come without the rest of the data being read.
#[test]
fn a_scan_reads_no_further_than_it_is_asked() {
    let text: String = (0..100_000).map(|row| format!("{{\"n\":{row}}}\n")).collect();
    for threads in [1, 3] {
        let reader = TableReader::new(DataFormat::NdJson).block_bytes(1000).threads(threads);
        let inferred = reader.infer_schema(pieces(text.as_bytes())).unwrap();
        let read = std::sync::atomic::AtomicUsize::new(0);
        let mut source = pieces(text.as_bytes());
        let counted = |buffer: &mut [u8]| {
            let count = source(buffer)?;
            read.fetch_add(count, std::sync::atomic::Ordering::Relaxed);
            Ok::<usize, DataError>(count)
        };
        let mut scan = reader.scan(&inferred, counted);
        assert_eq!(read.load(std::sync::atomic::Ordering::Relaxed), 0);
        let part = scan.next().unwrap().unwrap();
        assert_eq!(part.value(10, "n"), Some(Value::Long(10)));
        assert!(read.load(std::sync::atomic::Ordering::Relaxed) <= 1000 * (threads + 1));
        // The filter sees all rows, and those that pass it are there.
        let odd = |part: &Table| {
            let numbers = part.column("n").unwrap().values();
            Some(
                (0..).zip(numbers).filter(|(_, n)| n.as_long().unwrap() % 9 == 1).map(|(at, _)| at).collect(),
            )
        };
        let scan = reader.scan(&inferred, pieces(text.as_bytes())).filter(odd);
        let parts: Vec<Table> = scan.map(Result::unwrap).collect();
        assert!(parts.len() > 5);
        let expected = (0..100_000).filter(|n| n % 9 == 1).map(|n| vec![Value::Long(n)]);
        let expected = Table::from_rows(inferred.schema().clone(), expected);
        assert_eq!(appended(inferred.schema(), &parts), expected);
    }
}

#[test]
fn a_mistake_in_a_later_block_is_placed() {
    let mut text = "{\"x\":1}\n".repeat(5000);
    text.push_str("\n{\"x\":oh}\n{\"x\":2\n");
    text.push_str(&"{\"x\":1}\n".repeat(5000));
    let reader = TableReader::new(DataFormat::NdJson).origin("t").block_bytes(100);
    for threads in [1, 2, 3] {
        let reader = reader.clone().threads(threads);
        let error = reader.read(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "t, line 5002, character 6: no valid JSON object: expected value");
        let loaded = reader.bad_rows(BadRows::Skip).read(text.as_bytes()).unwrap();
        assert_eq!((loaded.table.len(), loaded.skipped_count), (10_000, 2));
        assert_eq!(loaded.skipped.iter().map(|it| it.line).collect::<Vec<_>>(), [Some(5002), Some(5003)]);
    }

    let mut text = "x,y\n\n".to_owned() + &"1,\"a\nb\"\n".repeat(5000);
    text.push_str("1,2,3\n");
    let reader = TableReader::new(DataFormat::Csv).origin("t").block_bytes(100);
    for threads in [1, 2, 3] {
        let error = reader.clone().threads(threads).read(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "t, line 10003: the row has 3 fields, the header 2");
    }
    let wrong = [text.as_bytes(), b"\"\xff\",2\n"].concat();
    let error = reader.bad_rows(BadRows::Skip).read(&wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t, line 10004, character 2: the text is not UTF-8, by the byte 0xFF: it may be Windows-1252"
    );
}

#[test]
fn many_mistakes_are_counted_and_some_listed() {
    let text = "{\"x\":oh}\n".repeat(3000);
    let reader = TableReader::new(DataFormat::NdJson).bad_rows(BadRows::Skip).block_bytes(1000).threads(2);
    let loaded = reader.read(text.as_bytes()).unwrap();
    assert_eq!(loaded.skipped_count, 3000);
    assert_eq!(loaded.skipped.len(), Loaded::MAX_LISTED);
    assert!(loaded.skipped.iter().enumerate().all(|(at, error)| error.line == Some(at + 1)));
}

#[test]
fn an_error_of_the_source_comes_in_its_place() {
    #[derive(Debug, PartialEq)]
    enum Wrong {
        Data(usize),
        Source,
    }
    impl From<DataError> for Wrong {
        fn from(error: DataError) -> Self {
            Self::Data(error.line.unwrap_or_default())
        }
    }
    let check = |pieces: &[&str], threads: usize, expected: Wrong| {
        let mut pieces = pieces.iter();
        let reader = TableReader::new(DataFormat::NdJson).schema(Schema::new([("x", ScalarType::Long)]));
        let reader = reader.block_bytes(1).threads(threads);
        let outline = reader.infer_schema(|_| Err(Wrong::Source)).unwrap();
        let mut rest: &[u8] = &[];
        let found = reader.load(&outline, |buffer: &mut [u8]| {
            if rest.is_empty() {
                rest = pieces.next().ok_or(Wrong::Source)?.as_bytes();
            }
            buffer[0] = rest[0];
            rest = &rest[1..];
            Ok(1)
        });
        assert_eq!(found.map(|_| ()), Err(expected));
    };
    for threads in [1, 2] {
        check(&["{\"x\":1}\n", "{\"x\":2}\n"], threads, Wrong::Source);
        check(&["{\"x\":1}\n", "{\"x\":oh}\n"], threads, Wrong::Data(2));
    }
}

#[test]
fn dictionaries_of_several_threads_become_one() {
    let mut text = "few,many,none\n".to_owned();
    for row in 0..40_000 {
        text.push_str(&format!("{},v{row},\n", row % 7));
    }
    let schema = Schema::new(["few", "many", "none"].map(|name| (name, ScalarType::String)));
    let reader = TableReader::new(DataFormat::Csv).schema(schema).block_bytes(1000);
    let one = reader.read(text.as_bytes()).unwrap().table;
    let two = reader.threads(2).read(text.as_bytes()).unwrap().table;
    assert_eq!(one, two);
    let distinct = |name: &str| two.column(name).unwrap().as_strings().unwrap().dictionary().map(|it| it.1);
    assert_eq!((distinct("few"), distinct("many"), distinct("none")), (Some(7), None, Some(1)));
    assert_eq!(two.value(39_999, "many"), Some(Value::from("v39999")));
}
