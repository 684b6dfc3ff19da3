//! Rows that are added to a table: queries see them as if the table had been made at once, and clones of the database do not.
#![allow(clippy::unwrap_used, reason = "a test that fails should say so")]

use std::ops::ControlFlow;

use kqlite::{AppendError, Database, DateTime, Options, ScalarType, Schema, Table, Value};
use proptest::collection::vec;
use proptest::prelude::*;

fn rows(numbers: &[i64]) -> Table {
    let schema = Schema::new([("n", ScalarType::Long), ("s", ScalarType::String)]);
    let cells = |n: &i64| vec![Value::from(*n), Value::from(["a", "b", "c"][(*n % 3) as usize])];
    Table::from_rows(schema, numbers.iter().map(cells))
}

fn run(db: &Database, query: &str, threads: usize) -> Table {
    let options = Options::new(DateTime::UNIX_EPOCH).threads(threads);
    db.compile(query).unwrap().run(db, &options).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn batches_are_as_one_table(batches in vec(vec(0..50_i64, 0..400), 1..8), threads in 1..3_usize) {
        let mut parts = Database::new();
        for batch in &batches {
            parts.append("T", &rows(batch)).unwrap();
        }
        let mut whole = Database::new();
        whole.insert("T", rows(&batches.concat()));
        prop_assert_eq!(parts.table("T"), whole.table("T"));
        for query in [
            "T",
            "T | count",
            "T | where n > 20 and s == 'a'",
            "T | summarize count(), sum(n), make_list(n) by s",
            "T | sort by n desc, s asc",
            "T | join kind=inner (T | summarize top = max(n) by s) on s | where n == top",
            "T | serialize r = row_number() | where r % 100 == 0",
        ] {
            prop_assert_eq!(run(&parts, query, threads), run(&whole, query, threads), "{}", query);
            // What is handed on part by part is the same.
            let (compiled, mut found) = (parts.compile(query).unwrap(), Vec::new());
            let options = Options::new(DateTime::UNIX_EPOCH).threads(threads).chunk_rows(64);
            compiled
                .stream(&parts, &options, |part| {
                    found.extend(part.rows());
                    ControlFlow::Continue(())
                })
                .unwrap();
            let expected: Vec<Vec<Value>> = run(&whole, query, 1).rows().collect();
            prop_assert_eq!(found, expected, "{}", query);
        }
    }
}

#[test]
fn many_small_batches_are_few_parts() {
    let mut db = Database::new();
    for n in 0..2_000 {
        db.append("T", &rows(&[n])).unwrap();
    }
    let before = db.clone();
    db.append("T", &rows(&[7])).unwrap();
    assert_eq!(run(&db, "T | count", 1).value(0, "Count"), Some(Value::Long(2_001)));
    assert_eq!(run(&before, "T | count", 1).value(0, "Count"), Some(Value::Long(2_000)));
    assert_eq!(run(&db, "T | where n == 1999", 1).len(), 1);
}

#[test]
fn rows_of_another_schema_change_nothing() {
    let mut db = Database::new();
    db.insert("T", rows(&[1]));
    let other = |columns: &[(&str, ScalarType)]| Table::empty(Schema::new(columns.iter().copied()));
    let n = ("n", ScalarType::Long);
    let error = |db: &mut Database, table: Table| db.append("T", &table).map(|_| ()).unwrap_err();
    assert_eq!(error(&mut db, other(&[n])), AppendError::MissingColumn("s".to_owned()));
    let found = error(&mut db, other(&[n, ("s", ScalarType::Long)]));
    assert_eq!(found.to_string(), "the column 's' is of type string, in the rows it is long");
    let more = [n, ("s", ScalarType::String), ("t", ScalarType::Long)];
    assert_eq!(error(&mut db, other(&more)), AppendError::UnknownColumn("t".to_owned()));
    assert_eq!(run(&db, "T | count", 1).value(0, "Count"), Some(Value::Long(1)));
    // The order of the columns is free.
    let swapped = Schema::new([("s", ScalarType::String), n]);
    db.append("T", &Table::from_rows(swapped, [vec![Value::from("x"), Value::from(5_i64)]])).unwrap();
    assert_eq!(run(&db, "T | where s == 'x'", 1).value(0, "n"), Some(Value::Long(5)));
}

#[test]
fn a_stream_ends_when_it_is_told_to() {
    let db = Database::new();
    let query = db.compile("range x from 1 to 1000000000000 step 1 | where x % 2 == 0").unwrap();
    let mut parts = 0;
    let each = |_| {
        parts += 1;
        if parts == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    query.stream(&db, &Options::new(DateTime::UNIX_EPOCH), each).unwrap();
    assert_eq!(parts, 3);
}
