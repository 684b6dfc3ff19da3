//! Every example of every function runs, and gives what its entry says.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that fails should say so")]

use kqlite::{Database, DateTime, Options};

/// The time of all examples.
fn now() -> DateTime {
    DateTime::parse("2024-06-30T12:00:00Z").expect("a datetime")
}

/// The only cell of a query's result, as JSON.
fn cell(query: &str) -> Result<String, String> {
    let db = Database::new();
    let compiled = db.compile(query).map_err(|error| error.to_string())?;
    let table = compiled.run(&db, &Options::new(now())).map_err(|error| error.to_string())?;
    if table.len() != 1 || table.columns().len() != 1 {
        return Err(format!("{} rows, {} columns", table.len(), table.columns().len()));
    }
    Ok(table.columns()[0].value(0).to_json().to_string())
}

/// An example of a scalar function is an expression, or a query where it needs rows or tables.
fn query_of(example: &str) -> String {
    let is_query = example.starts_with("let ") || example.starts_with("print ");
    if is_query { example.to_owned() } else { format!("print x = {example}") }
}

fn check(name: &str, query: &str, expected: &str, wrong: &mut Vec<String>) {
    match cell(query) {
        Ok(found) if found == expected => {}
        Ok(found) => wrong.push(format!("{name}: {query}\n    gives {found}, the entry says {expected}")),
        Err(error) => wrong.push(format!("{name}: {query}\n    {error}")),
    }
}

#[test]
fn scalar_examples_hold() {
    let db = Database::new();
    let mut wrong = Vec::new();
    for function in db.registry().scalars() {
        for example in function.examples {
            check(function.name, &query_of(example.query), example.result, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} examples fail:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn aggregate_examples_hold() {
    let db = Database::new();
    let mut wrong = Vec::new();
    for function in db.registry().aggregates() {
        for example in function.examples {
            check(&function.name, example.query, example.result, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} examples fail:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_function_says_what_it_does() {
    let db = Database::new();
    for function in db.registry().scalars() {
        assert!(!function.summary.is_empty(), "{} has no summary", function.name);
        assert!(!function.signatures.is_empty(), "{} has no signature", function.name);
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
    }
    for function in db.registry().aggregates() {
        assert!(!function.summary.is_empty(), "{} has no summary", function.name);
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
    }
}
