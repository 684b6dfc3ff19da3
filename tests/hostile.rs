//! Hostile queries end in a clear error, within the limits given in `Options`, and never in a panic.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use kqlite::{Code, Database, DateTime, Limits, Options, ScalarType, Schema, Table, Tuning, Value};

const LIMITS: Limits = Limits { rows: 1_000_000, bytes: 64 << 20, depth: 16 };

fn options() -> Options {
    let start = Instant::now();
    Options::new(DateTime::UNIX_EPOCH)
        .limits(LIMITS)
        .time_limit(Duration::from_secs(20), move || start.elapsed())
}

fn database() -> Database {
    let mut db = Database::new();
    let rows = (0..2_000_i64).map(|n| vec![Value::from(n % 2), Value::from("x")]);
    db.insert("T", Table::from_rows(Schema::new([("k", ScalarType::Long), ("s", ScalarType::String)]), rows));
    db
}

/// The codes that a query fails with.
fn codes(query: &str) -> Vec<Code> {
    let db = database();
    match db.compile(query).and_then(|compiled| compiled.run(&db, &options())) {
        Ok(table) => panic!("{} rows instead of an error", table.len()),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.diagnostics().iter().map(|it| it.code).collect()
        }
    }
}

#[track_caller]
fn reaches_a_limit(query: &str) {
    let found = codes(query);
    assert!(found.iter().any(|code| code.is_limit()), "{found:?}");
}

#[track_caller]
fn fails_with(query: &str, code: Code) {
    let found = codes(query);
    assert!(found.contains(&code), "{found:?}");
}

#[test]
fn deep_nesting() {
    for (open, close) in [("(", ")"), ("not(", ")"), ("dynamic([", "])"), ("-", ""), ("iff(true, 1, ", ")")] {
        let query = format!("print x = {}1{}", open.repeat(10_000), close.repeat(10_000));
        let found = codes(&query);
        assert!(found.iter().all(|code| code.class() == kqlite::CodeClass::Syntax), "{open}: {found:?}");
    }
    fails_with(&format!("print x = {}1{}", "(".repeat(100_000), ")".repeat(100_000)), Code::TooDeep);
    fails_with(&format!("print x = {}", "[".repeat(100_000)), Code::TooDeep);
}

#[test]
fn long_texts() {
    fails_with(&format!("print x = '{}'", "a".repeat(10 << 20)), Code::TooLong);
    let wide = format!("print x = 1{}", " or true".repeat(20_000));
    assert!(!codes(&wide).is_empty());
    let long = format!("T{}", " | take 1".repeat(5_000));
    fails_with(&long, Code::TooDeep);
}

#[test]
fn what_is_allowed_runs() {
    let db = database();
    for step in [
        "where k >= 0",
        "extend x = k",
        "sort by k asc",
        "summarize s = take_any(s) by k",
        "take 100",
        "top 5 by k",
    ] {
        let query = format!("T{}", format!(" | {step}").repeat(290));
        let table = db.compile(&query).and_then(|compiled| compiled.run(&db, &options()));
        assert!(table.is_ok_and(|table| !table.is_empty()), "{step}");
    }
}

#[test]
fn what_is_allowed_is_explained() {
    let db = database();
    let explained = |text: &str| {
        let query = db.compile(text).expect("a query");
        let steps = query.explain(&db, &options()).expect("steps").steps().count();
        query.why(&db, &options(), &[kqlite::explain::RowRef::new("T", 1_999)]).expect("a trace");
        query.origins(&db, &options(), 0).expect("a lineage");
        steps
    };
    for step in
        ["where k >= 0", "extend x = k", "sort by k asc", "summarize s = take_any(s) by k", "top 5 by k"]
    {
        assert_eq!(explained(&format!("T{}", format!(" | {step}").repeat(290))), 291, "{step}");
    }
    assert_eq!(explained(&format!("T | where k{} >= 0", " + k".repeat(400))), 2);
    assert_eq!(explained(&format!("T | where k == 0{}", " or k == 1".repeat(2_000))), 2);
    assert_eq!(explained(&format!("T | where {}k == 0{}", "not(".repeat(50), ")".repeat(50))), 2);
    let (open, close) = ("(T | where k in (".repeat(14), "))".repeat(14));
    assert_eq!(explained(&format!("T | where k in ({open}T{close})")), 2 + 2 * 14 + 1);
}

#[test]
fn rows_without_end() {
    reaches_a_limit("range x from 1 to 1e15 step 1");
    reaches_a_limit("range x from 1 to 1000000000000 step 1 | where x < 0");
    reaches_a_limit("range x from 1 to 1000000000000 step 1 | summarize count() by x");
    reaches_a_limit("print x = range(1, 1000000) | mv-expand x | mv-expand y = range(1, 1000)");
}

#[test]
fn a_join_that_blows_up() {
    reaches_a_limit("T | join kind=inner T on k | join kind=inner T on k");
    reaches_a_limit(
        "let A = T; union A, A | join kind=fullouter (T | extend z = s) on k | summarize count()",
    );
}

#[test]
fn texts_without_end() {
    reaches_a_limit("print x = strrep(strrep(strrep('a', 1024), 1024), 1024)");
    reaches_a_limit("range i from 1 to 2000 step 1 | extend x = strrep(strrep(tostring(i), 1024), 100)");
    let mut doubling = String::from("let a = 'xxxxxxxxxxxxxxxx';");
    for _ in 0..40 {
        doubling.push_str("let b = strcat(a, a); ");
    }
    assert!(!codes(&format!("{doubling} print b")).is_empty());
}

#[test]
fn expressions_that_double() {
    let mut query = String::from("declare query_parameters(v0: long = 1);");
    for n in 0..60 {
        query.push_str(&format!("let v{} = v{n} + v{n};", n + 1));
    }
    reaches_a_limit(&format!("{query} print v60"));
    let mut query = String::from("let f0 = () { T };");
    for n in 0..30 {
        query.push_str(&format!("let f{} = () {{ union f{n}(), f{n}() }};", n + 1));
    }
    fails_with(&format!("{query} f30() | count"), Code::CallDepth);
}

#[test]
fn regular_expressions() {
    let huge = format!("T | where s matches regex '{}'", "(a|b)".repeat(200_000));
    assert!(!codes(&huge).is_empty());
    let nested = format!("T | where s matches regex '{}'", "(a{1,100}){1,100}".repeat(50));
    assert!(!codes(&nested).is_empty());
    fails_with("T | where s matches regex '('", Code::BadRegex);
}

#[test]
fn time_and_cancellation() {
    let db = database();
    let query = db.compile("range x from 1 to 900000 step 1 | summarize count() by x").expect("a query");
    let late =
        Options::new(DateTime::UNIX_EPOCH).time_limit(Duration::from_secs(1), || Duration::from_secs(2));
    let error = query.run(&db, &late).expect_err("too late");
    assert_eq!(error.diagnostics()[0].code, Code::TimeLimit);
    let cancelled = Options::new(DateTime::UNIX_EPOCH).cancel(Arc::new(AtomicBool::new(true)));
    let error = query.run(&db, &cancelled).expect_err("cancelled");
    assert_eq!(error.diagnostics()[0].code, Code::Cancelled);
}

/// A body is under the limits of the whole query: over all of its runs, not for each of them.
#[test]
fn limits_hold_inside_bodies() {
    let fails = |query: &str, limits: Limits| {
        let db = database();
        let compiled = db.compile(query).unwrap_or_else(|error| panic!("{error}"));
        for threads in [1, 3] {
            for tuning in [Tuning::DEFAULT, Tuning::SMALL] {
                let options = options().limits(limits).threads(threads).tuning(tuning);
                let outcome = compiled.run(&db, &options).map(|table| table.len());
                let error = outcome.expect_err(query);
                let found = &error.diagnostics()[0];
                assert!(found.code.is_limit(), "{query}: {error}");
                assert!(
                    found.help.iter().any(|it| it.contains("in the run of the subquery over")),
                    "{error}"
                );
            }
        }
    };
    // Each of 1000 keys of two rows makes 3000 rows: a run is within the limit of rows, all of them together are not.
    let rows = Limits { rows: 100_000, ..LIMITS };
    let keyed = "T | serialize k = row_number() / 2 | partition hint.strategy=native by k";
    fails(&format!("{keyed} (mv-expand x = range(1, 1500) | where x < 0)"), rows);
    fails("T | mv-apply k = range(1, 1500) on (mv-expand y = range(1, 10) | where y < 0)", rows);
    // What a body holds counts: one run would need far more than there is.
    let bytes = Limits { bytes: 4 << 20, ..LIMITS };
    fails(
        "T | serialize n = row_number() | partition by k (extend x = strrep(tostring(n), 9000) | sort by x)",
        bytes,
    );
    fails(
        "T | partition by k (mv-expand x = range(1, 1000) | summarize make_list(strcat(s, tostring(x))))",
        bytes,
    );
    fails("T | mv-apply k = range(1, 100) on (extend x = strrep(tostring(k), 90000) | sort by x)", bytes);
}

#[test]
fn a_body_ends_when_the_query_does() {
    let db = database();
    let query =
        "T | partition by k (mv-expand x = range(1, 400) to typeof(long) | summarize count() by x) | count";
    let query = db.compile(query).expect("a query");
    for threads in [1, 3] {
        let late = Options::new(DateTime::UNIX_EPOCH)
            .threads(threads)
            .time_limit(Duration::from_secs(1), || Duration::from_secs(2));
        let error = query.run(&db, &late).expect_err("too late");
        assert_eq!(error.diagnostics()[0].code, Code::TimeLimit);
        let cancelled =
            Options::new(DateTime::UNIX_EPOCH).threads(threads).cancel(Arc::new(AtomicBool::new(true)));
        let error = query.run(&db, &cancelled).expect_err("cancelled");
        assert_eq!(error.diagnostics()[0].code, Code::Cancelled);
    }
}

/// A body in a body in a body …: each is a level of the text and of the run.
#[test]
fn bodies_in_bodies() {
    let nested =
        |depth: usize| format!("T{}{}", " | partition by k (where k >= 0".repeat(depth), ")".repeat(depth));
    let db = database();
    let run = |query: &str| db.compile(query).and_then(|compiled| compiled.run(&db, &options()));
    assert_eq!(run(&nested(50)).map(|table| table.len()).map_err(|error| error.to_string()), Ok(2000));
    for depth in [200, 1000, 50_000] {
        assert!(!codes(&nested(depth)).is_empty());
    }
}

#[test]
fn bytes_of_any_kind() {
    let db = database();
    for seed in 0..200_u32 {
        let bytes: Vec<u8> = (0..300_u32)
            .map(|n| (seed.wrapping_mul(2_654_435_761).wrapping_add(n * n * 97) >> 7) as u8)
            .collect();
        let text = String::from_utf8_lossy(&bytes);
        let check = db.check(&text);
        assert!(!check.is_ok(), "{text:?}");
        for it in check.diagnostics() {
            assert!(it.span().range().end <= text.len(), "{:?} is outside {text:?}", it.span());
            assert!(!it.render("query", &text, false).is_empty());
        }
    }
}

#[test]
fn long_chains_of_operators() {
    let db = database();
    // Of the first row, whose k is 0.
    for (first, piece, expected) in [("1", "+1", 440), ("k", " - 1", -439), ("k + 1", " * 1", 1)] {
        let chain = |terms: usize| format!("T | take 1 | project x = {first}{}", piece.repeat(terms - 1));
        for terms in [900, 1_600, 100_000] {
            fails_with(&chain(terms), Code::TooDeep);
        }
        let table =
            db.compile(&chain(440)).and_then(|compiled| compiled.run(&db, &options())).expect("a table");
        assert_eq!(table.value(0, "x"), Some(Value::from(i64::from(expected))), "{piece}");
    }
}
