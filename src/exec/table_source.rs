//! Tables that are not in memory: whoever brings one gives its rows part by part, as a scan asks for them. It must not know
//! where they come from.

use crate::column::Table;
use crate::types::Schema;

/// The parts of a table, one after the other; an error ends them.
pub type TableParts<'a> = Box<dyn Iterator<Item = Result<Table, String>> + 'a>;

/// A table that a program brings without holding it: a log that is read as it is asked for, rows of another database.
///
/// ```
/// use kqlite::{Database, DateTime, Options, ScalarType, ScanRequest, Schema, Table, TableParts, TableSource, Value};
///
/// struct Squares;
///
/// impl TableSource for Squares {
///     fn schema(&self) -> Schema {
///         Schema::new([("n", ScalarType::Long), ("square", ScalarType::Long)])
///     }
///
///     fn scan<'a>(&'a self, _: &ScanRequest<'_>) -> Result<TableParts<'a>, String> {
///         let part = |first: i64| {
///             let rows = (first..first + 100).map(|n| vec![Value::from(n), Value::from(n * n)]);
///             Ok(Table::from_rows(self.schema(), rows))
///         };
///         Ok(Box::new((0..).step_by(100).map(part)))
///     }
/// }
///
/// let mut db = Database::new();
/// db.add_source("Squares", Squares);
/// // The source has no end; what nobody asks for is not made.
/// let query = db.compile("Squares | where square % 10 == 6 | take 3")?;
/// let answer = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(answer.get::<i64>(2, "n").unwrap(), 14);
/// # Ok::<(), kqlite::Error>(())
/// ```
pub trait TableSource: Send + Sync {
    /// The names and types of the columns.
    fn schema(&self) -> Schema;

    /// The rows, part by part. Each part has at least the columns that are wanted, of the types that the schema says; those
    /// columns may stand in any order.
    ///
    /// # Errors
    /// The rows cannot be had; the text says why. It becomes an error of the query that names the table.
    fn scan<'a>(&'a self, request: &ScanRequest<'_>) -> Result<TableParts<'a>, String>;
}

/// Where the rows of a table are.
pub enum StoredRows<'a> {
    /// In memory, in parts, one behind the other.
    Parts(&'a [Table]),
    /// Anywhere else.
    Source(&'a dyn TableSource),
}

/// What a scan asks a [`TableSource`] for.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScanRequest<'a> {
    /// The columns that the query reads; none if it only counts rows.
    pub columns: &'a [&'a str],
}
