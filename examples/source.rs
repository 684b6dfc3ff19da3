//! A table that is not in memory: lines of a log are parsed when a query asks for them, only as far as it reads: the columns
//! that it names, the blocks of the time that it looks at, and no more lines than it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kqlite::{
    Database, DateTime, Options, ScalarType, ScanRequest, Schema, Table, TableParts, TableSource, Value,
};

/// A log of 100,000 lines, one each second, 1,000 in each block.
struct Log {
    /// How many lines were parsed.
    parsed: Arc<AtomicUsize>,
}

/// The ticks of a second.
const SECOND: i64 = 10_000_000;

impl Log {
    /// The time of a line.
    fn time(line: i64) -> DateTime {
        DateTime(DateTime::UNIX_EPOCH.0 + line * SECOND)
    }

    /// Some lines, with some of the columns.
    fn lines(&self, lines: std::ops::Range<i64>, columns: &[&str]) -> Table {
        self.parsed.fetch_add(lines.clone().count(), Ordering::Relaxed);
        if columns.is_empty() {
            return Table::without_columns(lines.count());
        }
        let schema = self.schema();
        let wanted = schema.columns.iter().filter(|column| columns.contains(&&*column.name));
        let wanted = Schema::new(wanted.map(|column| (column.name.clone(), column.data_type)));
        let cell = |name: &str, line: i64| match name {
            "Timestamp" => Value::DateTime(Self::time(line)),
            "Line" => Value::Long(line),
            _ => Value::from(format!("user{}", line % 7)),
        };
        let rows = lines.map(|line| wanted.names().map(|name| cell(name, line)).collect());
        let rows: Vec<Vec<Value>> = rows.collect();
        Table::from_rows(wanted, rows)
    }
}

impl TableSource for Log {
    fn schema(&self) -> Schema {
        let columns = ["Timestamp", "Line", "User"];
        Schema::new(columns.into_iter().zip([ScalarType::DateTime, ScalarType::Long, ScalarType::String]))
    }

    fn scan<'a>(&'a self, request: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
        let (from, to) = request.time_range("Timestamp");
        let in_range = move |block: &i64| {
            let (first, last) = (Self::time(block * 1000), Self::time(block * 1000 + 999));
            from.is_none_or(|from| last >= from) && to.is_none_or(|to| first <= to)
        };
        let lines = request.limit.map_or(1000, |limit| limit.clamp(1, 1000) as i64);
        let part = move |block: i64| Ok(self.lines(block * 1000..block * 1000 + lines, &request.columns));
        // A limit below the size of a block ends in the first one: nobody asks for the next.
        Ok(Box::new((0..100).filter(in_range).map(part)))
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
    // A bit after the last line.
    let options = Options::new(Log::time(100_000));
    let run = |query: &str| -> Result<(Table, usize), kqlite::Error> {
        let before = parsed.load(Ordering::Relaxed);
        let answer = db.compile(query)?.run(&db, &options)?;
        Ok((answer, parsed.load(Ordering::Relaxed) - before))
    };
    // Three lines are asked for.
    let (answer, lines) = run("Log | take 3")?;
    assert_eq!((answer.len(), lines), (3, 3));
    // The last half hour is in the last two blocks.
    let (answer, lines) = run("Log | where Timestamp >= ago(30m) | count")?;
    assert_eq!((answer.get::<i64>(0, "Count")?, lines), (1800, 2000));
    // All are read, of one column.
    let (answer, lines) = run("Log | summarize lines = count() by User | order by User asc | take 1")?;
    assert_eq!((answer.get::<String>(0, "User")?.as_str(), answer.get::<i64>(0, "lines")?), ("user0", 14286));
    assert_eq!(lines, 100_000);
    Ok(())
}
