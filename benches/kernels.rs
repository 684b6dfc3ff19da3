//! How long queries take over 100,000 rows in memory, a query a kernel family: text search, groups, joins, sorts, dynamic
//! values. Guards the hot loops; `small` guards what a query over few rows costs beside them.

#![allow(clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kqlite::{Database, DateTime, Options, Table};

/// Rows with the cardinalities of logs: unique ids, a long tail of senders, few actions, JSON, arrays.
const ROWS: &str = "range i from 1 to 100000 step 1
| extend sender = toint(1000000.0 / (i * 7919 % 100003 + 20)) % 5000
| project
    Time = datetime(2024-06-01) + 1s * (i * 7907 % 2592000),
    Id = hash_md5(i),
    Sender = strcat('user', sender, '@domain', sender % 97, '.example'),
    Action = iff(i % 10 < 8, 'Delivered', iff(i % 10 == 8, 'Blocked', 'Junked')),
    Subject = strcat(iff(i % 4 == 0, 'RE: invoice ', 'Weekly report '), '#', i, ' from Person', i % 300),
    Details = strcat('{\"SPF\":\"', iff(i % 3 == 0, 'pass', 'fail'), '\",\"Score\":', i, ',\"Hops\":[\"a\",\"b', i % 90, '\"]}'),
    Size = i * 7901 % 500000";

/// Family, name, query.
const QUERIES: &[(&str, &str, &str)] = &[
    ("text", "contains", "T | where Id contains 'ABC1' | count"),
    ("text", "has", "T | where Subject has 'invoice' | count"),
    ("text", "regex", "T | where Subject matches regex '#[0-9]*77[0-9]* from' | count"),
    ("text", "few values", "T | where Action =~ 'delivered' and Sender contains 'USER1' | count"),
    ("text", "split", "T | summarize count() by tolower(tostring(split(Subject, ' ')[1]))"),
    ("text", "parse", "T | parse Subject with * '#' n:long ' from ' who | summarize sum(n) by who"),
    ("groups", "few keys", "T | summarize count(), sum(Size) by Action"),
    ("groups", "many keys", "T | summarize count() by Sender"),
    ("groups", "unique keys", "T | summarize count() by Id"),
    ("groups", "two keys", "T | summarize count(), max(Size) by Sender, bin(Time, 1h)"),
    ("groups", "dcount", "T | summarize dcount(Id), dcount(Sender) by Action"),
    ("groups", "arg_max", "T | summarize arg_max(Time, *) by Sender"),
    ("groups", "make_set", "T | summarize make_set(Action), make_list(Size) by Sender"),
    (
        "joins",
        "inner",
        "T | join kind=inner (T | summarize n = count() by Sender | where n > 9) on Sender | count",
    ),
    ("joins", "leftanti", "T | join kind=leftanti (T | where Size < 50000) on Id | count"),
    ("order", "sort", "T | sort by Sender asc, Time asc"),
    ("order", "top", "T | top 100 by Time"),
    (
        "dynamic",
        "path",
        "T | extend d = parse_json(Details) | summarize sum(tolong(d.Score)) by tostring(d.SPF)",
    ),
    (
        "dynamic",
        "mv-expand",
        "T | mv-expand hop = parse_json(Details).Hops to typeof(string) | summarize count() by hop",
    ),
];

fn options() -> Options {
    Options::new(DateTime::parse("2024-06-30T12:00:00Z").unwrap_or(DateTime::UNIX_EPOCH))
}

fn run(database: &Database, query: &str) -> Table {
    database.compile(query).and_then(|query| query.run(database, &options())).expect("the queries are right")
}

/// A database with the table `T` of that many rows.
fn database(rows: usize) -> Database {
    let mut database = Database::new();
    let table = run(&database, &format!("{ROWS} | take {rows}"));
    database.insert("T", table);
    database
}

fn kernels(criterion: &mut Criterion) {
    let database = database(100_000);
    for (family, name, text) in QUERIES {
        let query = database.compile(text).expect("the queries are right");
        criterion.bench_function(&format!("{family}/{name}"), |bench| {
            bench.iter(|| black_box(query.run(&database, &options()).map(|table| table.len())));
        });
    }
}

fn small(criterion: &mut Criterion) {
    let database = database(100);
    for (_, name, text) in QUERIES.iter().filter(|(family, ..)| matches!(*family, "groups" | "joins")) {
        criterion.bench_function(&format!("small/{name}"), |bench| {
            bench.iter(|| black_box(run(&database, text).len()));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = kernels, small
}
criterion_main!(benches);
