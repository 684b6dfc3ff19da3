//! Tables that are not in memory: whoever brings one gives its rows part by part, as a scan asks for them. It must not know
//! where they come from.

use std::fmt;
use std::sync::Arc;

use super::scan_condition::{ScanCondition, time_range};
use crate::column::Table;
use crate::types::{DateTime, Schema};

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
///     fn scan<'a>(&'a self, _: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
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
    /// The request also says which of the rows are needed. The engine filters and counts by itself: rows that nobody asked
    /// for change no answer, and a source may ignore all but the columns. It asks once for each place of the query that
    /// reads the table, and drops what it was given when it needs no more.
    ///
    /// # Errors
    /// The rows cannot be had; the text says why. It becomes an error of the query that names the table.
    fn scan<'a>(&'a self, request: ScanRequest<'a>) -> Result<TableParts<'a>, String>;
}

/// Where the rows of a table are.
pub enum StoredRows<'a> {
    /// In memory, in parts, one behind the other.
    Parts(&'a [Table]),
    /// Anywhere else.
    Source(&'a dyn TableSource),
}

/// What a scan asks a [`TableSource`] for: columns, and which rows the query can need. What is constant in a run is
/// computed: `now()`, parameters.
///
/// ```
/// use std::sync::Mutex;
/// use kqlite::{
///     Database, DateTime, Options, ScalarType, ScanRequest, ScanTest, Schema, TableParts, TableSource, Value,
/// };
///
/// #[derive(Default)]
/// struct Logons(Mutex<Vec<String>>);
///
/// impl TableSource for Logons {
///     fn schema(&self) -> Schema {
///         Schema::new([("Timestamp", ScalarType::DateTime), ("User", ScalarType::String)])
///     }
///
///     fn scan<'a>(&'a self, request: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
///         // A program would ask its store for the rows of this time and this user.
///         assert_eq!(request.columns, ["Timestamp", "User"]);
///         let (from, to) = request.time_range("Timestamp");
///         assert_eq!((from, to), (DateTime::parse("2024-06-29T12:00:00Z"), None));
///         assert_eq!(request.conditions[1].column, "User");
///         assert_eq!(request.conditions[1].test, ScanTest::Equal(Value::from("ann")));
///         Ok(Box::new(std::iter::empty()))
///     }
/// }
///
/// let mut db = Database::new();
/// db.add_source("Logons", Logons::default());
/// let query = db.compile("Logons | where Timestamp >= ago(1d) and User == 'ann' | count")?;
/// query.run(&db, &Options::new(DateTime::parse("2024-06-30T12:00:00Z").unwrap()))?;
/// # Ok::<(), kqlite::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct ScanRequest<'a> {
    /// The columns that the query reads; none if it only counts rows.
    pub columns: Vec<&'a str>,
    /// What every row meets that the query needs: all of these. Only what one column tells exactly is here; conditions that
    /// stay with the engine alone, such as `has` and `or`, are in [`ScanRequest::passing_rows`].
    pub conditions: Vec<ScanCondition<'a>>,
    /// After so many rows nobody asks for more. There are no conditions then: a filter drops rows, and how many is not known.
    pub limit: Option<usize>,
    filter: Option<Arc<dyn PartFilter + 'a>>,
}

/// Tells which rows of a part pass a filter.
pub(super) trait PartFilter: Send + Sync {
    /// The columns that the filter reads.
    fn columns(&self) -> &[&str];

    /// The numbers of the rows that pass, in ascending order; `None` if all may be needed.
    fn passing(&self, part: &Table) -> Option<Vec<u32>>;
}

impl<'a> ScanRequest<'a> {
    pub(super) fn new(
        columns: Vec<&'a str>,
        conditions: Vec<ScanCondition<'a>>,
        limit: Option<usize>,
        filter: Option<Arc<dyn PartFilter + 'a>>,
    ) -> Self {
        Self { columns, conditions, limit, filter }
    }

    /// Finds the earliest and the latest instant, both included, that the conditions leave for a datetime column. `None` is
    /// no bound; where nothing is left, the first is after the second. Nulls are never in a range with a bound.
    ///
    /// See [`ScanRequest`] for an example.
    #[must_use]
    pub fn time_range(&self, column: &str) -> (Option<DateTime>, Option<DateTime>) {
        time_range(self.conditions.iter().filter(|it| it.column == column).map(|it| &it.test))
    }

    /// Lists the columns that the whole filter of the scan reads; none if there is no filter.
    #[must_use]
    pub fn filter_columns(&self) -> &[&str] {
        self.filter.as_ref().map_or(&[], |filter| filter.columns())
    }

    /// Selects the rows of a part that pass the whole filter: their numbers in ascending order. The part needs no other
    /// columns than [`ScanRequest::filter_columns`]. `None` if there is no filter, if the part lacks a column of it, or if
    /// it cannot be computed, so that all rows are needed.
    ///
    /// A source need not do so. It saves what it costs to make the other columns of rows that are dropped. Several threads may ask
    /// at once.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options, ScalarType, ScanRequest, Schema, Table, TableParts, TableSource, Value};
    ///
    /// struct Words;
    ///
    /// impl TableSource for Words {
    ///     fn schema(&self) -> Schema {
    ///         Schema::new([("word", ScalarType::String), ("length", ScalarType::Long)])
    ///     }
    ///
    ///     fn scan<'a>(&'a self, request: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
    ///         let words = ["one", "two", "three"];
    ///         assert_eq!(request.filter_columns(), ["word"]);
    ///         let narrow = Schema::new([("word", ScalarType::String)]);
    ///         let part = Table::from_rows(narrow, words.map(|word| vec![Value::from(word)]));
    ///         let passing = request.passing_rows(&part).ok_or("the filter can be computed")?;
    ///         assert_eq!(passing, [1, 2]);
    ///         let row = |at: u32| vec![Value::from(words[at as usize]), Value::from(words[at as usize].len() as i64)];
    ///         Ok(Box::new(std::iter::once(Ok(Table::from_rows(self.schema(), passing.into_iter().map(row))))))
    ///     }
    /// }
    ///
    /// let mut db = Database::new();
    /// db.add_source("Words", Words);
    /// let query = db.compile("Words | where word contains 'T' | summarize sum(length)")?;
    /// assert_eq!(query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?.value(0, "sum_length"), Some(Value::Long(8)));
    /// # Ok::<(), kqlite::Error>(())
    /// ```
    #[must_use]
    pub fn passing_rows(&self, part: &Table) -> Option<Vec<u32>> {
        self.filter.as_ref()?.passing(part)
    }
}

impl fmt::Debug for ScanRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanRequest")
            .field("columns", &self.columns)
            .field("conditions", &self.conditions)
            .field("limit", &self.limit)
            .field("filter_columns", &self.filter_columns())
            .finish()
    }
}
