//! How fast the rows of a table become Rust values: as structs, by serde, and as rows of values. Guards that a struct costs at
//! most twice as much as a row, which it does not once text is made of values and read again.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kqlite::{DateTime, ScalarType, Schema, Table, TimeSpan, Value};
use serde::Deserialize;

const ROWS: i64 = 1_000_000;

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Event {
    user: String,
    bytes: Option<i64>,
    score: f64,
    blocked: bool,
    at: DateTime,
}

/// As another crate's type of instants reads them, and a text that is borrowed.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct BorrowedEvent<'t> {
    user: &'t str,
    bytes: Option<i64>,
    score: f64,
    blocked: bool,
    at: String,
}

fn events() -> Table {
    let types =
        [ScalarType::String, ScalarType::Long, ScalarType::Real, ScalarType::Bool, ScalarType::DateTime];
    let schema = Schema::new(["user", "bytes", "score", "blocked", "at"].into_iter().zip(types));
    let row = |n: i64| {
        let bytes = if n % 10 == 0 { Value::Null } else { Value::Long(n * 31) };
        let at = DateTime(DateTime::UNIX_EPOCH.0 + n * TimeSpan::SECOND + n);
        let user = Value::from(format!("user{}@domain.example", n % 5000));
        vec![user, bytes, Value::Real(n as f64 / 7.0), Value::Bool(n % 3 == 0), Value::from(at)]
    };
    Table::from_rows(schema, (0..ROWS).map(row)).compact()
}

fn records(criterion: &mut Criterion) {
    let table = events();
    let mut group = criterion.benchmark_group("records");
    group.throughput(Throughput::Elements(ROWS as u64)).sample_size(10);
    group.bench_function("rows", |bench| bench.iter(|| black_box(table.rows().collect::<Vec<_>>()).len()));
    group.bench_function("rows, one at a time", |bench| {
        bench.iter(|| table.rows().map(|row| black_box(row).len()).sum::<usize>());
    });
    group.bench_function("structs", |bench| bench.iter(|| black_box(table.records::<Event>()).is_ok()));
    group.bench_function("structs, datetimes as texts", |bench| {
        bench.iter(|| black_box(table.records::<BorrowedEvent>()).is_ok());
    });
    group.bench_function("tuples", |bench| {
        bench.iter(|| black_box(table.records::<(String, Option<i64>, f64, bool, DateTime)>()).is_ok());
    });
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);
