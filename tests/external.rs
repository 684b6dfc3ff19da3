//! What `externaldata` makes of the bytes behind an address, format by format, and what it does with garbage.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test may fail")]

use kqlite::{
    Code, Database, DateTime, ExternalData, ExternalRequest, ExternalSource, Limits, Options, OutputFormat,
    Table,
};
use proptest::prelude::*;

const NOW: DateTime = DateTime::UNIX_EPOCH;

fn run(columns: &str, with: &str, bytes: &[u8], options: &Options) -> Result<Table, kqlite::Error> {
    let mut db = Database::new();
    db.insert_external_bytes("https://example.com/feed", bytes);
    let text = format!("externaldata ({columns}) ['https://example.com/feed'] {with}");
    db.compile(&text)?.run(&db, options)
}

/// The rows as JSON lines.
fn rows(columns: &str, with: &str, bytes: &str) -> String {
    let table = run(columns, with, bytes.as_bytes(), &Options::new(NOW)).unwrap();
    table.to_text(OutputFormat::NdJson)
}

#[test]
fn csv_is_read_by_places() {
    let with = "with (format='csv', ignoreFirstRecord=true)";
    let bytes = "\u{feff}b,a,more\r\n\"x, \"\"y\"\"\",1,zzz\r\n\r\nonly\r\n,no number,\n";
    let expected = "{\"a\":\"x, \\\"y\\\"\",\"n\":1}\n{\"a\":\"only\",\"n\":null}\n{\"a\":\"\",\"n\":null}\n";
    assert_eq!(rows("a: string, n: long", with, bytes), expected);
    // Without the property a header is a row.
    assert_eq!(
        rows("a: string, n: long", "", "a,n\nx,1\n"),
        "{\"a\":\"a\",\"n\":null}\n{\"a\":\"x\",\"n\":1}\n"
    );
    // A field may go over lines, and the last line may have no end.
    assert_eq!(rows("a: string", "", "\"x\ny\""), "{\"a\":\"x\\ny\"}\n");
    assert_eq!(rows("a: string", "", ""), "");
}

#[test]
fn other_delimiters() {
    for (format, delimiter) in [("tsv", "\t"), ("scsv", ";"), ("psv", "|"), ("sohsv", "\u{1}")] {
        let bytes = format!("x,y{delimiter}2\n");
        let found = rows("a: string, n: long", &format!("with (format='{format}')"), &bytes);
        assert_eq!(found, "{\"a\":\"x,y\",\"n\":2}\n", "{format}");
    }
}

#[test]
fn fields_become_values_of_their_types() {
    let columns = "b: bool, d: datetime, t: timespan, r: real, g: dynamic";
    let found =
        rows(columns, "", "true,2024-06-30T12:00:00Z,01:00:00,1.5,\"{\"\"a\"\":[1]}\"\n,,,,\nx,x,x,x,x\n");
    let expected = "{\"b\":true,\"d\":\"2024-06-30T12:00:00Z\",\"t\":\"01:00:00\",\"r\":1.5,\"g\":{\"a\":[1]}}\n\
        {\"b\":null,\"d\":null,\"t\":null,\"r\":null,\"g\":null}\n\
        {\"b\":null,\"d\":null,\"t\":null,\"r\":null,\"g\":\"x\"}\n";
    assert_eq!(found, expected);
}

#[test]
fn lines_and_raw_text() {
    let bytes = "# \"quoted, not read\n\nb\r\nc";
    assert_eq!(
        rows("a: string, n: long", "with (format='txt')", bytes),
        "{\"a\":\"# \\\"quoted, not read\",\"n\":null}\n{\"a\":\"\",\"n\":null}\n{\"a\":\"b\",\"n\":null}\n{\"a\":\"c\",\"n\":null}\n"
    );
    assert_eq!(rows("a: string", "with (format=txt, ignorefirstrecord=true)", "x\ny\n"), "{\"a\":\"y\"}\n");
    assert_eq!(rows("a: string", "with (format='raw')", "x\ny\n"), "{\"a\":\"x\\ny\\n\"}\n");
    let log = "#Version: 1.0\n#Fields: date time c-ip\n2024-06-30 12:00:00 10.0.0.1\n";
    assert_eq!(
        rows("a: datetime, t: string, ip: string", "with (format='w3clogfile')", log),
        "{\"a\":\"2024-06-30T00:00:00Z\",\"t\":\"12:00:00\",\"ip\":\"10.0.0.1\"}\n"
    );
}

#[test]
fn json_is_read_by_names() {
    let expected = "{\"n\":1,\"d\":{\"x\":[1,2]}}\n{\"n\":null,\"d\":null}\n";
    let lines = "{\"d\":{\"x\":[1,2]},\"n\":\"1\",\"other\":2}\n\n{\"N\":3}\n";
    assert_eq!(rows("n: long, d: dynamic", "with (format='json')", lines), expected);
    for format in ["multijson", "singlejson"] {
        let with = format!("with (format='{format}')");
        let array = "[ {\"d\":{\"x\":[1,2]},\"n\":1},\n {} ]";
        assert_eq!(rows("n: long, d: dynamic", &with, array), expected, "{format}");
        let values = "{\"d\":{\"x\":[1,2]},\n\"n\":1}\n[{}]";
        assert_eq!(rows("n: long, d: dynamic", &with, values), expected, "{format}");
    }
    for (format, bytes) in
        [("json", "[{}]"), ("json", "{\"a\":\n1}"), ("multijson", "{"), ("multijson", "1"), ("json", "x")]
    {
        let with = format!("with (format='{format}')");
        let error = run("n: long", &with, bytes.as_bytes(), &Options::new(NOW)).unwrap_err();
        assert_eq!(error.diagnostics()[0].code, Code::BadData, "{format} {bytes}");
    }
}

#[test]
fn several_files_and_pruned_columns() {
    let mut db = Database::new();
    db.insert_external_bytes("https://example.com/a.csv", b"h,1\nx,2\n".as_slice());
    db.insert_external_bytes("https://example.com/b.csv?sig=1", b"h,1\ny,3\n".as_slice());
    let text =
        "externaldata (a: string, n: long) ['https://example.com/a.csv', 'https://example.com/b.csv?sig=1']
        with (ignoreFirstRecord=true) | project n | sort by n desc";
    for options in
        [Options::new(NOW), Options::new(NOW).without_optimizer(), Options::new(NOW).chunk_rows(1).threads(3)]
    {
        let query = db.compile(text).unwrap();
        let answer = query.run(&db, &options).unwrap();
        assert_eq!(answer.to_text(OutputFormat::NdJson), "{\"n\":3}\n{\"n\":2}\n");
        let lineage = query.origins(&db, &options, 0).unwrap();
        assert_eq!(lineage.sources[0].row.table, "https://example.com/b.csv?sig=1");
    }
}

struct Failing;

impl ExternalSource for Failing {
    fn open(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String> {
        match request.location {
            "https://example.com/away" => Err("it is away".to_owned()),
            _ => Ok(None),
        }
    }
}

#[test]
fn a_source_may_fail() {
    let mut db = Database::new();
    db.add_external_source(Failing);
    for (location, expected) in [("away", "it is away"), ("other", "no data is given")] {
        let query =
            db.compile(&format!("externaldata (a: string) ['https://example.com/{location}']")).unwrap();
        let error = query.run(&db, &Options::new(NOW)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn large_files_are_held_to_the_limit() {
    let options = Options::new(NOW).limits(Limits { bytes: 1 << 20, ..Limits::default() });
    let line = "x".repeat(1 << 18) + "\n";
    for format in ["csv", "txt", "raw"] {
        let with = format!("with (format='{format}')");
        let error = run("a: string", &with, line.repeat(16).as_bytes(), &options).unwrap_err();
        assert_eq!(error.diagnostics()[0].code, Code::ByteLimit, "{format}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Garbage gives rows or an error, and the same ones however it is run.
    #[test]
    fn garbage(bytes in "[a,;\"\\[\\]{}:1 \\n\\r#é]{0,40}", format in 0..9_usize, skip: bool) {
        let format = ["csv", "tsv", "scsv", "psv", "txt", "raw", "json", "multijson", "w3clogfile"][format];
        let with = format!("with (format='{format}', ignoreFirstRecord={skip})");
        let columns = "a: string, n: long, d: dynamic";
        let whole = run(columns, &with, bytes.as_bytes(), &Options::new(NOW));
        let pieces = run(columns, &with, bytes.as_bytes(), &Options::new(NOW).chunk_rows(1).without_optimizer());
        let text = |found: Result<Table, kqlite::Error>| found.map(|it| it.to_text(OutputFormat::NdJson)).map_err(|it| it.to_string());
        let (whole, pieces) = (text(whole), text(pieces));
        if format == "txt" {
            let lines = bytes.strip_suffix('\n').unwrap_or(&bytes).split('\n').count() - usize::from(bytes.is_empty());
            let expected = lines - usize::from(skip && lines > 0);
            prop_assert_eq!(whole.as_ref().map(|it| it.lines().count()).ok(), Some(expected));
        }
        prop_assert_eq!(whole, pieces);
    }
}
