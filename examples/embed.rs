//! The library alone: a table in memory, a query compiled once, an answer as Rust structs.

use kqlite::{Database, DateTime, Options, Table};

#[derive(serde::Serialize)]
struct Logon {
    user: &'static str,
    failures: i64,
}

#[derive(Debug, serde::Deserialize)]
struct Suspect {
    user: String,
    total: i64,
}

/// Runs the example; what it asserts holds.
///
/// # Errors
/// None, unless something is broken.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let logons = [
        Logon { user: "ann", failures: 2 },
        Logon { user: "bob", failures: 7 },
        Logon { user: "bob", failures: 4 },
    ];
    let mut db = Database::new();
    db.insert("Logons", Table::from_records(&logons)?);

    let query = db.compile("Logons | summarize total = sum(failures) by user | where total > 5")?;
    let answer = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;

    let suspects: Vec<Suspect> = answer.records()?;
    assert_eq!(suspects.len(), 1);
    assert_eq!((suspects[0].user.as_str(), suspects[0].total), ("bob", 11));
    Ok(())
}
