//! What one run writes, another one reads: the same table from every format.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use std::path::Path;

use program::kqlite;

/// Values of every type, odd ones and nulls.
const ROWS: &str = r#"datatable(b: bool, i: int, l: long, r: real, m: decimal, s: string, t: datetime, d: timespan, g: guid, j: dynamic) [
    true, int(-2147483648), long(9223372036854775807), real(-0.25), decimal(79228162514264337593543950335),
        'a,"b"\n\tc', datetime(2024-06-30T11:50:11.123456Z), timespan(1.02:03:04.5), guid(74be27de-1e4e-49d9-b579-fe0b331d3642),
        dynamic({"k": [1, null, "x"], "z": {}}),
    false, int(0), long(-9223372036854775808), real(1e300), decimal(0.1234567890123456789),
        ' NaN ', datetime(0001-01-01), timespan(-00:00:00.0000001), guid(00000000-0000-0000-0000-000000000000), dynamic([]),
    bool(null), int(null), long(null), real(null), decimal(null), '', datetime(null), timespan(null), guid(null), dynamic(null),
    true, int(1), long(1), real(nan), decimal(1), 'null', datetime(9999-12-31), 0h, guid(null), dynamic([[1.5, true]]),
    true, int(1), long(1), real(+inf), decimal(-1), '\u00e9\U0001f600', datetime(1970-01-01), 1d, guid(null), dynamic({"": ""}),
]"#;

/// The columns of these rows.
const COLUMNS: &str = r#"{"T": {"b": "bool", "i": "int", "l": "long", "r": "real", "m": "decimal", "s": "string", "t": "datetime",
    "d": "timespan", "g": "guid", "j": "dynamic"}}"#;

#[test]
fn every_format_gives_the_same_table() {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("round_trip");
    std::fs::create_dir_all(&here).unwrap();
    let path = |name: &str| here.join(name).display().to_string();
    std::fs::write(here.join("schema.json"), COLUMNS).unwrap();
    let schema = path("schema.json");
    let expected = kqlite(&["run", ROWS, "--format", "kusto"]).code(0).out;
    // What the file is called, how it is written, and whether it tells the types itself.
    let mut forms = vec![
        ("T.csv", "csv", false),
        ("T.json", "json", false),
        ("T.ndjson", "ndjson", false),
        ("K.json", "kusto", true),
    ];
    if cfg!(feature = "parquet") {
        forms.extend([("T.parquet", "parquet", true), ("T.arrow", "arrow", true)]);
    }
    for (name, format, has_types) in forms {
        let file = path(name);
        kqlite(&["run", ROWS, "--format", format, "--output", &file]).code(0);
        let data = format!("T={file}");
        let read = ["run", "T", "--data", &data, "--format", "kusto"];
        kqlite(&[&read[..], &["--schema", &schema]].concat()).code(0).out(&expected);
        if has_types {
            kqlite(&read).code(0).out(&expected);
        }
    }
}
