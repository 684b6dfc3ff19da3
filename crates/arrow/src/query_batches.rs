//! The answer of a query as record batches, one after the other, all of one schema that is known before the first row. It must
//! not know files.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow_schema::{ArrowError, Schema as ArrowSchema, SchemaRef};
use kqlite::{DataError, Database, Options, Query, Table, Warning};

use crate::batch::unfit_error;
use crate::export::{self, FixedTypes};

/// Runs a query and gives its rows as record batches as they are ready. All batches have the same schema, whatever they hold.
///
/// Types are as the crate's page says, but for those that depend on the values of a whole column there: a string is
/// LargeUtf8 without a dictionary, a decimal Decimal256(76, 28), which holds all of them, a datetime Timestamp(Nanosecond,
/// UTC) and a timespan Duration(Nanosecond).
///
/// ```
/// use std::ops::ControlFlow;
///
/// use kqlite::{Database, DateTime, Options};
/// use kqlite_arrow::QueryBatches;
///
/// let db = Database::new();
/// let query = db.compile("range x from 1 to 100000 step 1 | extend text = strcat('row ', x)")?;
/// let batches = QueryBatches::new(&query)?;
/// let mut file = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batches.schema())?;
/// let mut written = Ok(());
/// batches.for_each(&db, &Options::new(DateTime::UNIX_EPOCH), |batch| {
///     written = file.write(&batch);
///     if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
/// })?;
/// written?;
/// file.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct QueryBatches<'q> {
    query: &'q Query,
    types: FixedTypes,
}

/// Why there are no more batches.
#[derive(Debug)]
#[non_exhaustive]
pub enum QueryBatchesError {
    /// Which columns the query gives depends on the data, see [`Query::is_open`], so there is no schema before it runs.
    OpenColumns,
    /// The query failed.
    Query(kqlite::Error),
    /// A value that the schema cannot hold; rows are counted over all batches.
    Data(DataError),
}

impl fmt::Display for QueryBatchesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenColumns => f.write_str(
                "the columns of the query depend on its data, so the schema is not known before it runs: run it as a whole, \
                 or give the plugin a schema",
            ),
            Self::Query(error) => error.fmt(f),
            Self::Data(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for QueryBatchesError {}

impl From<kqlite::Error> for QueryBatchesError {
    fn from(error: kqlite::Error) -> Self {
        Self::Query(error)
    }
}

impl<'q> QueryBatches<'q> {
    /// The batches of a query; those of its first table, if it gives several.
    ///
    /// # Errors
    /// [`QueryBatchesError::OpenColumns`].
    pub fn new(query: &'q Query) -> Result<Self, QueryBatchesError> {
        if query.is_open() {
            return Err(QueryBatchesError::OpenColumns);
        }
        Ok(Self { query, types: FixedTypes::default() })
    }

    /// Gives datetimes and timespans in microseconds: for those before 1677, after 2262, or longer than 292 years. A value with
    /// parts of a microsecond is an error then.
    #[must_use]
    pub const fn microseconds(mut self) -> Self {
        self.types.microseconds = true;
        self
    }

    /// Gives decimals as Decimal128(38, `scale`), which more readers know. A value with more decimal places, or with more than
    /// 38 digits, is an error then. A decimal has at most 28 places, so a larger scale is taken for 28.
    #[must_use]
    pub fn decimal_scale(mut self, scale: u8) -> Self {
        self.types.decimal_scale = Some(scale.min(export::MAX_PLACES));
        self
    }

    /// The schema of all batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        let columns = self.query.schema().columns.iter();
        let fields: Vec<_> =
            columns.map(|it| export::fixed_field(&it.name, it.data_type, self.types)).collect();
        Arc::new(ArrowSchema::new(fields))
    }

    /// Runs the query and hands over its batches, none of them empty. `each` ends the run by breaking off. Gives the warnings,
    /// which are complete only if it did not.
    ///
    /// # Errors
    /// As [`Query::run`], and a value that the schema cannot hold; batches that were handed over before stay valid.
    pub fn for_each(
        &self,
        database: &Database,
        options: &Options,
        mut each: impl FnMut(RecordBatch) -> ControlFlow<()>,
    ) -> Result<Vec<Warning>, QueryBatchesError> {
        let (schema, mut rows, mut failed) = (self.schema(), 0, None);
        let warnings =
            self.query.stream(database, options, |part| match self.batch(&schema, &part, rows) {
                Ok(batch) => {
                    rows += part.len();
                    each(batch)
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })?;
        failed.map_or(Ok(warnings), |error| Err(QueryBatchesError::Data(error)))
    }

    /// Runs the query on a thread of its own while `read` takes its batches, one at a time, as from any other
    /// [`RecordBatchReader`]. The run ends at its next batch once `read` returns.
    ///
    /// ```
    /// use kqlite::{Database, DateTime, Options};
    ///
    /// let db = Database::new();
    /// let query = db.compile("range x from 1 to 100000 step 1 | where x % 2 == 0")?;
    /// let batches = kqlite_arrow::QueryBatches::new(&query)?;
    /// let rows = batches.read(&db, &Options::new(DateTime::UNIX_EPOCH), |reader| {
    ///     reader.map(|batch| batch.map(|batch| batch.num_rows())).sum::<Result<usize, _>>()
    /// })?;
    /// assert_eq!(rows, 50_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// What goes wrong is an item of the reader: an [`ArrowError::ExternalError`] with a [`QueryBatchesError`].
    pub fn read<R>(
        &self,
        database: &Database,
        options: &Options,
        read: impl FnOnce(&mut QueryBatchReader) -> R,
    ) -> R {
        std::thread::scope(|scope| {
            let (sender, batches) = sync_channel(1);
            scope.spawn(move || {
                let send = |batch| match sender.send(Ok(batch)) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                };
                if let Err(error) = self.for_each(database, options, send) {
                    // Fails only where nobody wants to know any more.
                    let _ = sender.send(Err(ArrowError::ExternalError(Box::new(error))));
                }
            });
            let mut reader = QueryBatchReader { schema: self.schema(), batches };
            read(&mut reader)
        })
    }

    /// Some rows as a batch; `before` rows came before them.
    fn batch(&self, schema: &SchemaRef, part: &Table, before: usize) -> Result<RecordBatch, DataError> {
        let mut arrays = Vec::<ArrayRef>::new();
        for (name, column) in part.schema().names().zip(part.columns()) {
            let array = export::fixed_array(column, self.types);
            arrays.push(array.map_err(|unfit| unfit_error(name, &unfit, before))?);
        }
        let rows = RecordBatchOptions::new().with_row_count(Some(part.len()));
        RecordBatch::try_new_with_options(schema.clone(), arrays, &rows)
            .map_err(|error| DataError::from_message(error.to_string()))
    }
}

/// Gives the batches of a query while it runs, see [`QueryBatches::read`].
#[derive(Debug)]
pub struct QueryBatchReader {
    schema: SchemaRef,
    batches: Receiver<Result<RecordBatch, ArrowError>>,
}

impl Iterator for QueryBatchReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        // The sender goes away when the query has ended.
        self.batches.recv().ok()
    }
}

impl RecordBatchReader for QueryBatchReader {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails should say so")]
mod tests {
    use kqlite::{DateTime, OutputFormat, ScalarType, Schema, TimeSpan, Value};

    use super::*;
    use crate::batch::table_from_batches;

    fn options() -> Options {
        Options::new(DateTime::UNIX_EPOCH)
    }

    /// All types, over several chunks: texts that repeat in some and not in others, decimals of more and more places, nulls
    /// in some chunks alone.
    fn database() -> Database {
        let schema = Schema::new(ScalarType::ALL.map(|data_type| (data_type.as_str(), data_type)));
        let row = |n: i64| -> Vec<Value> {
            let text = |data_type| match data_type {
                ScalarType::Bool => (n % 3 == 0).to_string(),
                ScalarType::String => format!("text {}", if n < 70_000 { n % 3 } else { n }),
                ScalarType::Decimal => format!("{n}.{}", "5".repeat((n / 10_000) as usize + 1)),
                ScalarType::DateTime => DateTime(DateTime::UNIX_EPOCH.0 + n * TimeSpan::HOUR + n).to_string(),
                ScalarType::TimeSpan => TimeSpan(n - 5).to_string(),
                ScalarType::Guid => format!("{n:032x}"),
                ScalarType::Dynamic => format!("{{\"n\":{n}}}"),
                ScalarType::Real => format!("{n}.25"),
                ScalarType::Int | ScalarType::Long => n.to_string(),
            };
            if n > 100_000 && n % 2 == 0 {
                return Vec::new();
            }
            ScalarType::ALL.iter().map(|&it| Value::from(text(it)).convert(it)).collect()
        };
        let mut db = Database::new();
        db.insert("T", Table::from_rows(schema, (0..150_000).map(row)));
        db
    }

    #[test]
    fn all_batches_have_the_schema_that_is_known_before() {
        let db = database();
        for text in ["T", "T | where ['long'] % 7 < 3", "T | extend constant = 'a', none = datetime(null)"] {
            let query = db.compile(text).unwrap();
            let batches = QueryBatches::new(&query).unwrap();
            let (schema, mut all) = (batches.schema(), Vec::new());
            batches
                .for_each(&db, &options(), |batch| {
                    assert_eq!(batch.schema(), schema);
                    assert!(batch.num_rows() > 0);
                    all.push(batch);
                    ControlFlow::Continue(())
                })
                .unwrap();
            assert!(all.len() > 1);
            let expected = query.run(&db, &options()).unwrap();
            assert_eq!(table_from_batches(&schema, &all).unwrap(), expected, "{text}");
            let read: Result<Vec<RecordBatch>, _> = batches.read(&db, &options(), |reader| {
                assert_eq!(reader.schema(), schema);
                reader.collect()
            });
            assert_eq!(read.unwrap(), all);
        }
    }

    #[test]
    fn a_schema_is_there_without_rows() {
        let db = Database::new();
        let query = db.compile("datatable(s: string, d: decimal) []").unwrap();
        let batches = QueryBatches::new(&query).unwrap();
        let schema = batches.schema();
        let types: Vec<String> = schema.fields().iter().map(|it| it.data_type().to_string()).collect();
        assert_eq!(types, ["LargeUtf8", "Decimal256(76, 28)"]);
        assert_eq!(batches.read(&db, &options(), |reader| reader.count()), 0);
    }

    #[test]
    fn readers_may_stop() {
        let db = Database::new();
        let query = db.compile("range x from 1 to 1000000000000 step 1").unwrap();
        let batches = QueryBatches::new(&query).unwrap();
        let first = batches.read(&db, &options(), |reader| reader.next().unwrap().unwrap().num_rows());
        assert!(first > 0);
    }

    #[test]
    fn the_types_can_be_narrower_and_what_does_not_fit_is_told() {
        let db = Database::new();
        let query = |text: &str| db.compile(text).unwrap();
        let run = |batches: QueryBatches<'_>| {
            let mut all = Vec::new();
            let ended = batches.for_each(&db, &options(), |batch| {
                all.push(batch);
                ControlFlow::Continue(())
            });
            ended.map(|_| table_from_batches(&batches.schema(), &all).unwrap().to_text(OutputFormat::Csv))
        };
        let old =
            query("print at = datetime(1066-10-14 09:00:00.000001), took = 400000d, price = decimal(1.25)");
        let batches = QueryBatches::new(&old).unwrap();
        let error = run(batches.clone()).unwrap_err().to_string();
        assert!(
            error.starts_with("data, row 1, column 'at': '1066-10-14T09:00:00.0000010Z' is outside"),
            "{error}"
        );
        let narrow = batches.microseconds().decimal_scale(2);
        let expected = "at,took,price\n1066-10-14T09:00:00.000001Z,400000.00:00:00,1.25\n";
        assert_eq!(run(narrow.clone()).unwrap(), expected);
        assert_eq!(narrow.schema().field(2).data_type().to_string(), "Decimal128(38, 2)");
        let error = run(narrow.decimal_scale(1)).unwrap_err().to_string();
        assert_eq!(
            error,
            "data, row 1, column 'price': '1.25' does not fit into the decimals of the batches"
        );
        let tick = query(
            "range n from 1 to 100000 step 1 | project at = datetime(2024-01-01) + iff(n == 99999, 1tick, 0s)",
        );
        let error = run(QueryBatches::new(&tick).unwrap().microseconds()).unwrap_err().to_string();
        assert!(
            error.starts_with("data, row 99999, column 'at': '2024-01-01T00:00:00.0000001Z' has parts"),
            "{error}"
        );
    }

    #[test]
    fn columns_that_depend_on_the_data_are_refused() {
        let db = Database::new();
        let query = db.compile("print d = dynamic({'a': 1}) | evaluate bag_unpack(d)").unwrap();
        assert!(matches!(QueryBatches::new(&query), Err(QueryBatchesError::OpenColumns)));
    }
}
