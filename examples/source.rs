//! A table that is not in memory: lines of a log are parsed when a query asks for them, only as far as it reads, and only the
//! columns that it names.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kqlite::{
    Database, DateTime, Options, ScalarType, ScanRequest, Schema, Table, TableParts, TableSource, Value,
};

/// A log of 100,000 lines, 1,000 in each block.
struct Log {
    /// How many blocks were parsed.
    parsed: Arc<AtomicUsize>,
}

impl Log {
    fn block(&self, number: usize, columns: &[&str]) -> Table {
        self.parsed.fetch_add(1, Ordering::Relaxed);
        let schema = self.schema();
        let wanted = schema.columns.iter().filter(|column| columns.contains(&&*column.name));
        let wanted = Schema::new(wanted.map(|column| (column.name.clone(), column.data_type)));
        let cell = |name: &str, line: usize| match name {
            "Line" => Value::Long(line as i64),
            _ => Value::from(format!("user{}", line % 7)),
        };
        let row = |line: usize| wanted.names().map(|name| cell(name, line)).collect();
        let lines = number * 1000..(number + 1) * 1000;
        if wanted.is_empty() {
            return Table::without_columns(lines.len());
        }
        let rows: Vec<Vec<Value>> = lines.map(row).collect();
        Table::from_rows(wanted, rows)
    }
}

impl TableSource for Log {
    fn schema(&self) -> Schema {
        Schema::new([("Line", ScalarType::Long), ("User", ScalarType::String)])
    }

    fn scan<'a>(&'a self, request: &ScanRequest<'_>) -> Result<TableParts<'a>, String> {
        let columns: Vec<String> = request.columns.iter().map(|it| (*it).to_owned()).collect();
        Ok(Box::new((0..100).map(move |number| {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            Ok(self.block(number, &columns))
        })))
    }
}

/// Runs the example; what it asserts holds.
///
/// # Errors
/// None, unless something is broken.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parsed = Arc::new(AtomicUsize::new(0));
    let mut db = Database::new();
    db.add_source("Log", Log { parsed: parsed.clone() });
    let options = Options::new(DateTime::UNIX_EPOCH);
    let run = |query: &str| -> Result<(Table, usize), kqlite::Error> {
        let before = parsed.load(Ordering::Relaxed);
        let answer = db.compile(query)?.run(&db, &options)?;
        Ok((answer, parsed.load(Ordering::Relaxed) - before))
    };
    // Three lines are in the first block.
    let (answer, blocks) = run("Log | take 3")?;
    assert_eq!((answer.len(), blocks), (3, 1));
    // All are read, of one column.
    let (answer, blocks) = run("Log | summarize lines = count() by User | order by User asc | take 1")?;
    assert_eq!((answer.get::<String>(0, "User")?.as_str(), answer.get::<i64>(0, "lines")?), ("user0", 14286));
    assert_eq!(blocks, 100);
    let (answer, _) = run("Log | count")?;
    assert_eq!(answer.get::<i64>(0, "Count")?, 100_000);
    Ok(())
}
