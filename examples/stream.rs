//! Rows in and rows out while a program runs: batches are appended to a table, a rule that was compiled once looks at each
//! batch alone or at all rows, and a large answer is handed on part by part.

use std::ops::ControlFlow;

use kqlite::{Database, DateTime, Options, ScalarType, Schema, Table, Value};

fn batch(first: i64) -> Table {
    let schema = Schema::new([("User", ScalarType::String), ("Failures", ScalarType::Long)]);
    let row = |n: i64| vec![Value::from(if n % 10 == 0 { "bob" } else { "ann" }), Value::from(n % 7)];
    Table::from_rows(schema, (first..first + 1000).map(row))
}

/// Runs the example; what it asserts holds.
///
/// # Errors
/// None, unless something is broken.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::new(DateTime::UNIX_EPOCH);
    // What the queries are compiled for: the columns are enough.
    let mut all = Database::new();
    all.declare("Logons", batch(0).schema().clone());
    let per_batch = all.compile("Logons | where Failures == 6 and User == 'bob' | count")?;
    let over_all = all.compile("Logons | summarize total = sum(Failures) by User | order by User asc")?;

    let mut seen = 0;
    for first in (0..50_000).step_by(1000) {
        let rows = batch(first);
        // A rule over the new rows alone: a database of its own, which costs next to nothing.
        let mut fresh = Database::new();
        fresh.insert("Logons", rows.clone());
        seen += per_batch.run(&fresh, &options)?.get::<i64>(0, "Count")?;
        // Rows that are there are not copied.
        all.append("Logons", &rows)?;
    }
    let totals = over_all.run(&all, &options)?;
    assert_eq!(totals.len(), 2);
    assert!(seen > 0);

    // An answer of many rows, a part at a time; nothing is computed that nobody wants.
    let large = all.compile("Logons | extend Text = strcat(User, ':', Failures)")?;
    let mut rows = 0;
    large.stream(&all, &options, |part| {
        rows += part.len();
        if rows < 20_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    assert!((20_000..50_000).contains(&rows));
    Ok(())
}
