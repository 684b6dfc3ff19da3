//! Reads a file part by part: some row groups of a Parquet file at a time, some batches of an Arrow file; and brings a file to
//! a database as a table that is not in memory. It must not know how a file is laid out.

use kqlite::{BadRows, DataError, Loaded, ScanRequest, Schema, TableParts, TableSource};
use parquet::file::reader::ChunkReader;

use crate::reader::{DataFile, PartFilter, PartSize, ScanPlace};
use crate::request::ColumnRequest;

/// The parts of a file's table, one after the other, see [`DataFile::scan`]. An error ends them.
pub struct DataFileScan<'a, S> {
    file: &'a DataFile<S>,
    wanted: Vec<&'a ColumnRequest>,
    place: ScanPlace,
    filter: Option<PartFilter<'a>>,
    /// How many rows are yet asked for.
    left: usize,
    ended: bool,
}

/// The bytes that a thread reads at once, unpacked, about. A row group is read as a whole.
const PART_BYTES: usize = 1 << 25;

/// The rows that a thread reads at once, about: of a Parquet file, whose bytes are counted too, so that dictionaries pay; and of
/// an Arrow file.
const PARQUET_ROWS: usize = 1 << 20;
const ARROW_ROWS: usize = 1 << 17;

impl<S: ChunkReader + 'static> DataFile<S> {
    /// Reads the table part by part, so that it need not be in memory as a whole: columns of some names, in the order of
    /// the schema, or all. A part is one row group or record batch, or several small ones.
    ///
    /// ```
    /// # use kqlite::{ScalarType, Schema, Table, Value};
    /// # use kqlite_arrow::{FileFormat, Reader};
    /// # let schema = Schema::new([("Size", ScalarType::Long)]);
    /// # let table = Table::from_rows(schema, [vec![Value::from(1_i64)], vec![Value::from(2_i64)]]);
    /// # let mut file = Vec::new();
    /// # kqlite_arrow::write(&table, FileFormat::Parquet, &mut file)?;
    /// let file = Reader::new().origin("sizes.parquet").open(bytes::Bytes::from(file))?;
    /// let mut rows = 0;
    /// for part in file.scan(Some(&["Size"]))? {
    ///     rows += part?.table.len();
    /// }
    /// assert_eq!(rows, 2);
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    ///
    /// # Errors
    /// There is no such column. What is wrong with the data is told by the parts, as for [`DataFile::read`].
    pub fn scan(&self, columns: Option<&[&str]>) -> Result<DataFileScan<'_, S>, DataError> {
        let wanted = self.wanted(columns)?;
        let place = self.start(&wanted);
        Ok(DataFileScan { file: self, wanted, place, filter: None, left: usize::MAX, ended: false })
    }

    /// Reads what a query's scan asks for, part by part: its columns, and rows that pass its filter, or a few more.
    ///
    /// # Errors
    /// As for [`DataFile::scan`].
    pub fn scan_request<'a>(&'a self, request: ScanRequest<'a>) -> Result<DataFileScan<'a, S>, DataError> {
        let mut scan = self.scan(Some(&request.columns))?;
        if self.bad_rows() == BadRows::Fail {
            scan.left = request.limit.unwrap_or(usize::MAX);
            let columns: Vec<String> = request.filter_columns().iter().map(|it| (*it).to_owned()).collect();
            if !columns.is_empty() {
                let reads = request.columns.clone();
                let passing = Box::new(move |part: &kqlite::Table| request.passing_rows(part));
                scan.filter = Some(PartFilter { columns, reads, passing });
            }
        }
        Ok(scan)
    }
}

impl<S: ChunkReader + 'static> Iterator for DataFileScan<'_, S> {
    type Item = Result<Loaded, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended || self.left == 0 {
            return None;
        }
        let threads = self.file.threads().max(1);
        let rows = match self.place {
            ScanPlace::Parquet(_) => PARQUET_ROWS,
            ScanPlace::Ipc(..) => ARROW_ROWS,
        };
        let size = PartSize {
            bytes: PART_BYTES.saturating_mul(threads),
            rows: rows.saturating_mul(threads).min(self.left),
        };
        let next = self.file.read_next(&mut self.place, &self.wanted, size, self.filter.as_ref());
        self.ended = !matches!(next, Ok(Some(_)));
        if let Ok(Some(loaded)) = &next {
            self.left = self.left.saturating_sub(loaded.table.len());
        }
        next.transpose()
    }
}

/// A file as a table that is read while queries run. Rows that are skipped are not told.
///
/// ```
/// # use kqlite::{ScalarType, Schema, Table, Value};
/// # use kqlite_arrow::{FileFormat, Reader};
/// # let schema = Schema::new([("Size", ScalarType::Long)]);
/// # let table = Table::from_rows(schema, [vec![Value::from(1_i64)], vec![Value::from(2_i64)]]);
/// # let mut file = Vec::new();
/// # kqlite_arrow::write(&table, FileFormat::Parquet, &mut file)?;
/// use kqlite::{Database, DateTime, Options};
///
/// let mut db = Database::new();
/// db.add_source("Sizes", Reader::new().open(bytes::Bytes::from(file))?);
/// let answer = db.compile("Sizes | where Size > 1 | count")?.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(answer.value(0, "Count"), Some(Value::Long(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<S: ChunkReader + 'static> TableSource for DataFile<S> {
    fn schema(&self) -> Schema {
        DataFile::schema(self).clone()
    }

    fn scan<'a>(&'a self, request: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
        let parts = self.scan_request(request).map_err(|error| error.to_string())?;
        Ok(Box::new(parts.map(|part| part.map(|it| it.table).map_err(|error| error.to_string()))))
    }
}
