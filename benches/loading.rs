//! How fast rows become tables: NDJSON and CSV, all columns and some, usual rows and rows with escapes and nested values.
//! Guards the way past the parsers: a row that needs one takes several times as long.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kqlite::{DataFormat, TableReader};

const ROWS: usize = 20_000;

/// Rows of log data: few names and kinds, an identifier each, a time.
fn lines(escapes: bool) -> String {
    let mut text = String::new();
    for row in 0..ROWS {
        let (kind, user, day) =
            (["Delivered", "Blocked", "Junked"][row % 3], row * 7919 % 1000, row % 28 + 1);
        let path = if escapes { "C:\\\\Windows\\\\é" } else { "/var/log/messages" };
        let more = if escapes { "{\"k\":[1,\"v\"]}" } else { "0.25" };
        let _ = writeln!(
            text,
            "{{\"Timestamp\": \"2024-06-{day:02}T20:29:46Z\", \"Id\": \"{:032x}\", \"User\": \"user{user}@domain.example\", \
             \"Kind\": \"{kind}\", \"Path\": \"{path}\", \"Size\": {}, \"More\": {more}}}",
            row as u128 * 0x9e37_79b9_7f4a_7c15_f39c_c060,
            row * 31
        );
    }
    text
}

fn csv() -> String {
    let mut text = String::from("Timestamp,Id,User,Kind,Note,Size\n");
    for row in 0..ROWS {
        let (user, day) = (row * 7919 % 1000, row % 28 + 1);
        let note = if row % 10 == 0 { "\"with, a comma\"" } else { "\"\"" };
        let _ = writeln!(
            text,
            "2024-06-{day:02}T20:29:46Z,id{row},user{user}@domain.example,Delivered,{note},{}",
            row * 31
        );
    }
    text
}

fn loading(criterion: &mut Criterion) {
    let (usual, odd, csv) = (lines(false), lines(true), csv());
    let json = TableReader::new(DataFormat::NdJson);
    let cases = [
        ("ndjson", &usual, json.clone()),
        ("ndjson, one column", &usual, json.clone().columns(["Size"])),
        ("ndjson, escapes and nested", &odd, json.clone()),
        ("ndjson, escapes and nested, one column", &odd, json.columns(["Size"])),
        ("csv", &csv, TableReader::new(DataFormat::Csv)),
        ("csv, one column", &csv, TableReader::new(DataFormat::Csv).columns(["Size"])),
    ];
    let mut group = criterion.benchmark_group("loading");
    for (name, text, reader) in cases {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bench| bench.iter(|| reader.read(black_box(text.as_bytes())).is_ok()));
    }
    group.finish();
}

criterion_group!(benches, loading);
criterion_main!(benches);
