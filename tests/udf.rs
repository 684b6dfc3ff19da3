//! Functions that a program brings: what goes wrong in one is an error that names it, and nothing else is harmed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use kqlite::udf::{AggregateUdf, Element, LongType, ScalarUdf, StringType, Volatility, kinds};
use kqlite::{Code, Database, DateTime, Options, ScalarType, Schema, Table, Value};

fn database() -> Database {
    let mut db = Database::new();
    let rows =
        (0..1000_i64).map(|n| vec![Value::from(n), Value::from(if n % 2 == 0 { "even" } else { "odd" })]);
    db.insert("T", Table::from_rows(Schema::new([("n", ScalarType::Long), ("s", ScalarType::String)]), rows));
    db
}

fn run(db: &Database, query: &str) -> Result<Table, kqlite::Error> {
    db.compile(query)?.run(db, &Options::new(DateTime::UNIX_EPOCH).threads(2).chunk_rows(100))
}

#[track_caller]
fn fails(db: &Database, query: &str, message: &str) {
    let error = run(db, query).map(|table| table.len()).unwrap_err();
    assert_eq!(error.diagnostics()[0].code, Code::EvaluationFailed, "{error}");
    assert!(error.to_string().contains(message), "{error}");
    // The database is as it was.
    assert_eq!(run(db, "T | count").unwrap().value(0, "Count"), Some(Value::Long(1000)));
}

#[test]
fn a_function_that_panics_is_named() {
    let mut db = database();
    db.add_scalar(ScalarUdf::of1::<LongType, LongType>("bad", |n| {
        assert!(n < 500, "too much: {n}");
        Some(n)
    }));
    fails(&db, "T | where bad(n) > 3 | count", "the function 'bad' panicked: too much:");
    db.add_aggregate(AggregateUdf::new::<LongType, LongType, i64>(
        "worse",
        || 0,
        |_, _| panic!("no states today"),
        |_, _| {},
        Some,
    ));
    fails(&db, "T | summarize worse(n)", "the function 'worse' panicked: no states today");
}

#[test]
fn a_function_that_lies_is_named() {
    let mut db = database();
    db.add_scalar(ScalarUdf::of_columns("short", vec![kinds::NUMBER], ScalarType::Long, |_| {
        Ok(LongType::build([Some(1)].into_iter()))
    }));
    fails(&db, "T | extend x = short(n)", "the function 'short' gave 1 rows for");
    db.add_scalar(ScalarUdf::of_columns("other", vec![kinds::NUMBER], ScalarType::Long, |call| {
        Ok(StringType::build((0..call.rows).map(|_| Some("a".into()))))
    }));
    fails(&db, "T | extend x = other(n)", "the function 'other' gave a column of type string, it says long");
}

#[test]
fn a_wrong_call_is_told_when_it_is_compiled() {
    let mut db = database();
    db.add_scalar(
        ScalarUdf::of2::<StringType, LongType, LongType>("pick", |_, n| Some(n)).parameters(&["text", "at"]),
    );
    let error = |query: &str| db.compile(query).map(|_| ()).unwrap_err().to_string();
    assert!(error("T | extend x = pick(s)").contains("'pick' takes 2 arguments, 1 given"));
    assert!(
        error("T | extend x = pick(s, s)").contains("'at' of 'pick' must be"),
        "{}",
        error("T | extend x = pick(s, s)")
    );
    assert!(error("T | extend x = pickk(s, n)").contains("did you mean 'pick'?"));
    // A literal int is read as a long.
    assert_eq!(run(&db, "print x = pick('a', int(3))").unwrap().value(0, "x"), Some(Value::Long(3)));
}

#[test]
fn an_aggregate_is_the_same_for_any_threads() {
    let mut db = database();
    db.add_aggregate(AggregateUdf::new::<LongType, StringType, Vec<i64>>(
        "ends",
        Vec::new,
        |all, n| all.push(n),
        |all, later| all.extend(later),
        |all| Some(format!("{:?}..{:?}", all.first()?, all.last()?)),
    ));
    let query = db.compile("T | summarize ends(n) by s | order by s asc").unwrap();
    for threads in [1, 3] {
        let options = Options::new(DateTime::UNIX_EPOCH).threads(threads).chunk_rows(7);
        let table = query.run(&db, &options).unwrap();
        assert_eq!(table.get::<String>(0, "ends_n").unwrap(), "0..998");
        assert_eq!(table.get::<String>(1, "ends_n").unwrap(), "1..999");
    }
    assert_eq!(run(&db, "T | where n < 0 | summarize ends(n)").unwrap().value(0, "ends_n"), Some("".into()));
}

#[test]
fn a_volatile_function_is_called_for_every_row() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    let (calls, mut db) = (Arc::new(AtomicI64::new(0)), database());
    let counter = calls.clone();
    let next = move |_: &str| Some(counter.fetch_add(1, Ordering::Relaxed));
    db.add_scalar(ScalarUdf::of1::<StringType, LongType>("next", next).volatility(Volatility::Volatile));
    let table = run(&db, "T | extend x = next(strcat(s, n)) | summarize dcount(x)").unwrap();
    assert_eq!(table.value(0, "dcount_x"), Some(Value::Long(1000)));
}

#[test]
fn the_reference_knows_it() {
    let mut db = database();
    db.add_scalar(
        ScalarUdf::of1::<LongType, LongType>("twice", |n| n.checked_mul(2)).summary("Twice a number."),
    );
    let function = db.registry().scalar("twice").unwrap();
    assert_eq!((function.summary, function.signatures().len()), ("Twice a number.", 1));
    // It may stand in for a name that KQL knows and that does not run here.
    assert!(db.compile("print x = hll_isvalid('8.8.8.8')").is_err());
    db.add_scalar(ScalarUdf::of1::<StringType, StringType>("hll_isvalid", |_| Some("NO".into())));
    assert_eq!(run(&db, "print x = hll_isvalid('8.8.8.8')").unwrap().value(0, "x"), Some("NO".into()));
}
