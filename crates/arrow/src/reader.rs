//! Reads tables from files and record batches: columns by a schema, rows that pass a filter, rows that do not fit.
//! It must not know how a file is laid out.

use std::collections::HashSet;
use std::ops::Range;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Fields, SchemaRef};
use kqlite::{BadRows, Column, DataError, Loaded, ScalarType, Schema, Table};
use parquet::file::reader::ChunkReader;

use crate::decode::broken;
use crate::ipc::{IpcFile, IpcPlace};
use crate::limit::MemoryLimit;
use crate::parquet::ParquetFile;
use crate::part::{ColumnPart, convert};
use crate::request::{ColumnRequest, MIN_BYTES_FOR_THREADS, ReaderFilter, RowSelection, union};
use crate::source::SharedSource;

/// Reads tables from Parquet files, Arrow files and streams, and record batches.
///
/// ```
/// use kqlite::{DateTime, ScalarType, Schema, Table, Value};
/// use kqlite_arrow::{FileFormat, Reader};
///
/// let schema = Schema::new([("Name", ScalarType::String), ("Size", ScalarType::Long)]);
/// let table = Table::from_rows(schema, [vec![Value::from("a"), Value::from(1_i64)]]);
/// let mut file = Vec::new();
/// kqlite_arrow::write(&table, FileFormat::Parquet, &mut file)?;
///
/// let file = Reader::new().origin("sizes.parquet").open(bytes::Bytes::from(file))?;
/// assert_eq!(file.schema().position("Size"), Some(1));
/// assert_eq!(file.read(Some(&["Size"]))?.table.value(0, "Size"), Some(Value::Long(1)));
/// # Ok::<(), kqlite::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader {
    origin: String,
    schema: Option<Schema>,
    further_columns: bool,
    bad_rows: BadRows,
    threads: usize,
    limit: MemoryLimit,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// Makes a reader that takes the columns as the data has them.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            origin: String::new(),
            schema: None,
            further_columns: false,
            bad_rows: BadRows::Fail,
            threads: 1,
            limit: MemoryLimit::NONE,
        }
    }

    /// Names the data in errors, such as by its file name.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// Sets the table's columns. Those that the data lacks are null; a column that the data has beside them is an error,
    /// see [`Reader::further_columns`].
    #[must_use]
    pub fn schema(mut self, schema: Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Accepts columns that the schema lacks too, as the data has them.
    #[must_use]
    pub const fn further_columns(mut self, yes: bool) -> Self {
        self.further_columns = yes;
        self
    }

    /// Sets what is done with rows that do not fit. Only columns that are read are checked.
    #[must_use]
    pub const fn bad_rows(mut self, policy: BadRows) -> Self {
        self.bad_rows = policy;
        self
    }

    /// Sets how many threads may read; one by default, and for little data.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Limits how many bytes of memory the table may take: a small file may unpack to very much. The parts of a scan are tables of
    /// their own. What is more is refused before it is read, as far as the file tells how much it is.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema, Table, Value};
    /// use kqlite_arrow::{FileFormat, Reader};
    ///
    /// let schema = Schema::new([("n", ScalarType::Long)]);
    /// let table = Table::from_rows(schema, (0..100_000).map(|_| vec![Value::Long(1)]));
    /// let mut file = Vec::new();
    /// kqlite_arrow::write(&table, FileFormat::Parquet, &mut file)?;
    /// assert!(file.len() < 10_000);
    ///
    /// let file = Reader::new().max_table_bytes(100_000).open(bytes::Bytes::from(file))?;
    /// let error = file.read(None).unwrap_err();
    /// assert!(error.beyond_limit);
    /// assert_eq!(error.to_string(), "data: the table takes more memory than 100000 bytes");
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    #[must_use]
    pub const fn max_table_bytes(mut self, bytes: usize) -> Self {
        self.limit = MemoryLimit(bytes);
        self
    }

    /// Opens a Parquet file, an Arrow file (Feather, version 2) or an Arrow stream, by its first bytes. Only its schema is
    /// read.
    ///
    /// The source may be a [`crate::SharedFile`] or [`bytes::Bytes`].
    ///
    /// # Errors
    /// The source is none of these or broken, or has columns that the schema lacks.
    pub fn open<S: ChunkReader + 'static>(self, source: S) -> Result<DataFile<S>, DataError> {
        let origin = self.origin.clone();
        self.open_layout(SharedSource(source.into())).map_err(|error| at(error, &origin))
    }

    fn open_layout<S: ChunkReader + 'static>(
        self,
        source: SharedSource<S>,
    ) -> Result<DataFile<S>, DataError> {
        let start = source.0.get_bytes(0, source.0.len().min(8) as usize).map_err(|error| broken(&error))?;
        let layout = match &*start {
            [b'P', b'A', b'R', b'1', ..] => Layout::Parquet(ParquetFile::open(source, self.limit)?),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Layout::Ipc(IpcFile::open(source, self.limit)?),
            [0xff, 0xff, 0xff, 0xff, ..] => Layout::Ipc(IpcFile::open_stream(source, self.limit)?),
            [b'F', b'E', b'A', b'1', ..] => {
                let message =
                    "this is Feather, version 1; write it anew as version 2, which is an Arrow file";
                return Err(DataError::from_message(message));
            }
            [b'P', b'A', b'R', b'E', ..] => {
                return Err(DataError::from_message(
                    "this is an encrypted Parquet file, which cannot be read",
                ));
            }
            _ => return Err(DataError::from_message("this is neither a Parquet nor an Arrow file")),
        };
        let wanted = match &layout {
            Layout::Parquet(file) => self.plan(file.fields())?,
            Layout::Ipc(file) => self.plan(file.fields())?,
        };
        let schema = schema_of(&wanted);
        Ok(DataFile { reader: self, layout, wanted, schema })
    }

    /// Makes a table of the rows of some batches, which all have the schema.
    ///
    /// # Errors
    /// A type that kqlite lacks, a column that the schema lacks, a value that does not fit.
    pub fn table(&self, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Loaded, DataError> {
        self.table_of(schema, batches).map_err(|error| at(error, &self.origin))
    }

    fn table_of(&self, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Loaded, DataError> {
        let wanted = self.plan(schema.fields())?;
        if let Some(other) = batches.iter().find(|batch| batch.num_columns() != schema.fields().len()) {
            let message =
                format!("a batch has {} columns, not {}", other.num_columns(), schema.fields().len());
            return Err(DataError::from_message(message));
        }
        let wanted: Vec<&ColumnRequest> = wanted.iter().collect();
        let arrays: Vec<Vec<ArrayRef>> = wanted
            .iter()
            .map(|it| match it.at {
                Some(at) => batches.iter().map(|batch| batch.column(at).clone()).collect(),
                None => Vec::new(),
            })
            .collect();
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        let parts =
            convert(&wanted, arrays, rows, if bytes < MIN_BYTES_FOR_THREADS { 1 } else { self.threads })?;
        self.finish(&wanted, parts, rows, 0)
    }

    /// Which columns the table gets, and from which of the data's.
    fn plan(&self, fields: &Fields) -> Result<Vec<ColumnRequest>, DataError> {
        let mut seen = HashSet::new();
        if let Some(twice) = fields.iter().find(|field| !seen.insert(field.name())) {
            return Err(DataError::from_message(format!("there are two columns '{}'", twice.name())));
        }
        let own = |at: usize, field: &Field| ColumnRequest {
            name: field.name().clone(),
            field: Some(field.clone()),
            at: Some(at),
            data_type: None,
        };
        let Some(schema) = &self.schema else {
            return Ok(fields.iter().enumerate().map(|(at, field)| own(at, field)).collect());
        };
        let mut wanted: Vec<ColumnRequest> = Vec::with_capacity(schema.len());
        for column in &schema.columns {
            let found = fields.find(&column.name);
            wanted.push(ColumnRequest {
                name: column.name.to_string(),
                field: found.map(|(_, field)| (**field).clone()),
                at: found.map(|(at, _)| at),
                data_type: Some(column.data_type),
            });
        }
        let mut further = fields.iter().enumerate().filter(|(_, it)| schema.position(it.name()).is_none());
        if self.further_columns {
            wanted.extend(further.map(|(at, field)| own(at, field)));
        } else if let Some((_, field)) = further.next() {
            let known: Vec<&str> = schema.names().take(MAX_NAMED).collect();
            let more = if schema.len() > MAX_NAMED { ", …" } else { "" };
            return Err(DataError::from_message(format!(
                "the table has no column '{}'; its columns are: {}{more}",
                field.name(),
                known.join(", ")
            )));
        }
        Ok(wanted)
    }

    /// The table of some columns, with what is to be said of its rows; `before` rows come before them.
    fn finish(
        &self,
        wanted: &[&ColumnRequest],
        parts: Vec<ColumnPart>,
        rows: usize,
        before: usize,
    ) -> Result<Loaded, DataError> {
        // A row is reported once, by its first column that does not fit.
        let mut errors: Vec<(usize, DataError)> = Vec::new();
        let mut bad: HashSet<usize> = HashSet::new();
        for (wanted, part) in wanted.iter().zip(&parts) {
            bad.extend(part.misfits.rows());
            for (row, mut error) in part.misfits.errors(&wanted.name, part.column.scalar_type()) {
                self.origin.clone_into(&mut error.origin);
                error.line = error.line.map(|line| line + before);
                errors.push((row, error));
            }
        }
        errors.sort_by_key(|(row, _)| *row);
        errors.dedup_by_key(|(row, _)| *row);
        if self.bad_rows == BadRows::Fail && !errors.is_empty() {
            return Err(errors.swap_remove(0).1);
        }
        let mut columns: Vec<Column> = parts.into_iter().map(|part| part.column).collect();
        let mut rows = rows;
        if !bad.is_empty() {
            let kept: Vec<u32> = (0..rows).filter(|row| !bad.contains(row)).map(|row| row as u32).collect();
            columns = columns.into_iter().map(|column| column.take(&kept)).collect();
            rows = kept.len();
        }
        let table = if columns.is_empty() {
            Table::without_columns(rows)
        } else {
            let names = wanted.iter().map(|it| it.name.clone());
            Table::new(names.zip(columns).collect()).map_err(DataError::from_message)?
        };
        errors.truncate(Loaded::MAX_LISTED);
        let skipped = errors.into_iter().map(|(_, error)| error).collect();
        Ok(Loaded { table, skipped, skipped_count: bad.len(), mended: Vec::new() })
    }
}

/// The most columns that a message names.
const MAX_NAMED: usize = 30;

/// The error as one of some data.
fn at(mut error: DataError, origin: &str) -> DataError {
    origin.clone_into(&mut error.origin);
    error
}

/// Names and types; a column that no type of kqlite fits is dynamic, and refused once it is read.
fn schema_of(wanted: &[ColumnRequest]) -> Schema {
    Schema::new(wanted.iter().map(|it| (it.name.clone(), it.data_type().unwrap_or(ScalarType::Dynamic))))
}

/// A Parquet or Arrow file whose columns are known.
#[derive(Debug)]
pub struct DataFile<S> {
    reader: Reader,
    layout: Layout<S>,
    wanted: Vec<ColumnRequest>,
    schema: Schema,
}

/// How far a file was read: the next row group; or the place in an Arrow file, and the rows before it.
pub(crate) enum ScanPlace {
    Parquet(usize),
    Ipc(Box<IpcPlace>, usize),
}

/// How much is read at once, about.
#[derive(Clone, Copy)]
pub(crate) struct PartSize {
    /// Of a Parquet file: the bytes of the columns, unpacked.
    pub bytes: usize,
    pub rows: usize,
}

/// Which rows of a part are needed.
pub(crate) struct PartFilter<'f> {
    /// The columns that tell.
    pub columns: Vec<String>,
    /// The columns that are read of the rows that pass.
    pub reads: Vec<&'f str>,
    pub passing: Box<PassingRows<'f>>,
}

/// Tells the rows of a part that pass; `None` if all may.
pub(crate) type PassingRows<'f> = dyn Fn(&Table) -> Option<Vec<u32>> + Sync + 'f;

#[derive(Debug)]
enum Layout<S> {
    Parquet(ParquetFile<S>),
    Ipc(IpcFile<S>),
}

impl<S: ChunkReader + 'static> DataFile<S> {
    /// The columns that the table gets. One of a type that kqlite lacks is dynamic, and an error once it is read.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether the data has a column, or the table alone.
    #[must_use]
    pub fn has_column(&self, name: &str) -> bool {
        self.wanted.iter().any(|it| it.name == name && it.at.is_some())
    }

    /// About how many bytes the columns of some names have, unpacked, as the file says; nothing for an Arrow file.
    #[must_use]
    pub fn unpacked_bytes(&self, columns: &[&str]) -> usize {
        let Layout::Parquet(file) = &self.layout else { return 0 };
        let wanted = self.wanted.iter().filter(|it| columns.contains(&it.name.as_str()));
        wanted.fold(0, |sum: usize, it| sum.saturating_add(file.cost(it, 0..file.groups())))
    }

    /// Reads the columns of some names, in the order of the schema, or all.
    ///
    /// # Errors
    /// The data is broken, a column is of a type that kqlite lacks, a value does not fit, there is no such column.
    pub fn read(&self, columns: Option<&[&str]>) -> Result<Loaded, DataError> {
        self.read_columns(columns).map_err(|error| at(error, &self.reader.origin))
    }

    /// Reads columns of the rows that are needed by some readers, each of which reads some of the columns. The filter is
    /// given rows with the columns `first` (the others are null). Rows that no reader needs may be among the table's; texts
    /// that no reader of their column needs may be empty.
    ///
    /// Of texts, only those that are needed are unpacked. Values of other types are checked in every row, needed or not;
    /// where rows that do not fit are skipped, nothing is filtered.
    ///
    /// # Errors
    /// As for [`DataFile::read`].
    pub fn read_filtered(
        &self,
        columns: &[&str],
        first: &[&str],
        readers: &[Vec<&str>],
        filter: ReaderFilter<'_>,
    ) -> Result<Loaded, DataError> {
        let Layout::Parquet(file) = &self.layout else { return self.read(Some(columns)) };
        if self.reader.bad_rows == BadRows::Skip {
            return self.read(Some(columns));
        }
        let wanted = self.wanted(Some(columns)).map_err(|error| at(error, &self.reader.origin))?;
        self.filtered(file, &wanted, 0..file.groups(), first, readers, filter)
            .map_err(|error| at(error, &self.reader.origin))
    }

    fn filtered(
        &self,
        file: &ParquetFile<S>,
        wanted: &[&ColumnRequest],
        groups: Range<usize>,
        first: &[&str],
        readers: &[Vec<&str>],
        filter: ReaderFilter<'_>,
    ) -> Result<Loaded, DataError> {
        let threads = self.reader.threads;
        let (before, rows) = (file.rows(0..groups.start)?, self.rows(file.rows(groups.clone())?)?);
        let (early, late): (Vec<&ColumnRequest>, Vec<&ColumnRequest>) =
            wanted.iter().copied().partition(|it| first.contains(&it.name.as_str()));
        let parts = file.read(&early, groups.clone(), None, threads)?;
        let shown = self.reader.finish(&early, parts, rows, before)?.table;
        let needed = self.needed(wanted, &shown, rows, readers, filter)?;
        // Most of the rows are read as fast as all.
        let needed = needed.filter(|needed| needed.rows.len() < rows - rows / 4);
        let late_parts = file.read(&late, groups, needed.as_ref(), threads)?;
        let rest = self.reader.finish(&late, late_parts, rows, before)?.table;
        let column = |it: &&ColumnRequest| -> Result<(String, Column), DataError> {
            let found = match (shown.column(&it.name), &needed) {
                (Some(column), Some(needed)) => column.take(&needed.rows),
                (Some(column), None) => column.clone(),
                (None, _) => rest.column(&it.name).cloned().ok_or_else(|| it.fail("it was not read"))?,
            };
            Ok((it.name.clone(), found))
        };
        let columns = wanted.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let table = if columns.is_empty() {
            Table::without_columns(needed.map_or(rows, |needed| needed.rows.len()))
        } else {
            Table::new(columns).map_err(DataError::from_message)?
        };
        Ok(Loaded { table, skipped: Vec::new(), skipped_count: 0, mended: Vec::new() })
    }

    /// Filters rows, some at a time.
    fn needed<'r>(
        &self,
        wanted: &[&ColumnRequest],
        shown: &Table,
        rows: usize,
        readers: &'r [Vec<&'r str>],
        filter: ReaderFilter<'_>,
    ) -> Result<Option<RowSelection<'r>>, DataError> {
        let columns = wanted.iter().map(|it| {
            let column = match shown.column(&it.name) {
                Some(column) => column.clone(),
                None => Column::nulls(it.data_type().unwrap_or(ScalarType::Dynamic), rows),
            };
            (it.name.clone(), column)
        });
        let columns: Vec<(String, Column)> = columns.collect();
        if columns.is_empty() {
            return Ok(None);
        }
        let starts: Vec<usize> = (0..rows).step_by(FILTER_ROWS).collect();
        let asked = kqlite::map_in_parallel(self.reader.threads, starts, |start| {
            let part = columns.iter().map(|(name, column)| (name.clone(), column.slice(start, FILTER_ROWS)));
            let part = Table::new(part.collect()).ok()?;
            let mut by_reader = filter(&part)?;
            by_reader.iter_mut().flatten().for_each(|row| *row += start as u32);
            Some((union(by_reader.iter().map(Vec::as_slice)), by_reader))
        });
        let Some(asked) = asked.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let (rows, by_reader): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let reader =
            |at: usize| by_reader.iter().filter_map(|part| part.get(at)).flatten().copied().collect();
        let readers = readers.iter().enumerate().map(|(at, columns)| (&**columns, reader(at)));
        Ok(Some(RowSelection { rows: rows.concat(), readers: readers.collect() }))
    }

    fn read_columns(&self, columns: Option<&[&str]>) -> Result<Loaded, DataError> {
        let wanted = self.wanted(columns)?;
        let (rows, parts) = match &self.layout {
            Layout::Parquet(file) => {
                let groups = 0..file.groups();
                (file.rows(groups.clone())?, file.read(&wanted, groups, None, self.reader.threads)?)
            }
            Layout::Ipc(file) => file.read(&wanted, self.reader.threads)?,
        };
        self.reader.finish(&wanted, parts, self.rows(rows)?, 0)
    }

    /// The columns of some names, or all.
    pub(crate) fn wanted(&self, columns: Option<&[&str]>) -> Result<Vec<&ColumnRequest>, DataError> {
        let unknown = |name: &&&str| self.schema.position(name).is_none();
        if let Some(name) = columns.unwrap_or_default().iter().find(unknown) {
            return Err(DataError::from_message(format!("there is no column '{name}'")));
        }
        let asked = |it: &&ColumnRequest| columns.is_none_or(|columns| columns.contains(&it.name.as_str()));
        Ok(self.wanted.iter().filter(asked).collect())
    }

    /// The place before the first row.
    pub(crate) fn start(&self, wanted: &[&ColumnRequest]) -> ScanPlace {
        match &self.layout {
            Layout::Parquet(_) => ScanPlace::Parquet(0),
            Layout::Ipc(file) => ScanPlace::Ipc(Box::new(file.start(wanted)), 0),
        }
    }

    /// Reads the next rows of some columns: at least one row group or record batch, and as many as make up about so many
    /// bytes, or rows. `None` at the end.
    pub(crate) fn read_next(
        &self,
        place: &mut ScanPlace,
        wanted: &[&ColumnRequest],
        size: PartSize,
        filter: Option<&PartFilter<'_>>,
    ) -> Result<Option<Loaded>, DataError> {
        let next = match (&self.layout, place) {
            (Layout::Parquet(file), ScanPlace::Parquet(next)) => {
                self.next_groups(file, next, wanted, size, filter)
            }
            (Layout::Ipc(file), ScanPlace::Ipc(place, before)) => {
                file.read_next(place, wanted, size.rows, self.reader.threads).and_then(|parts| match parts {
                    None => Ok(None),
                    Some((rows, parts)) => {
                        let loaded = self.reader.finish(wanted, parts, self.rows(rows)?, *before)?;
                        *before += rows;
                        Ok(Some(loaded))
                    }
                })
            }
            _ => Ok(None),
        };
        next.map_err(|error| at(error, &self.reader.origin))
    }

    fn next_groups(
        &self,
        file: &ParquetFile<S>,
        next: &mut usize,
        wanted: &[&ColumnRequest],
        size: PartSize,
        filter: Option<&PartFilter<'_>>,
    ) -> Result<Option<Loaded>, DataError> {
        let first = *next;
        let cost = |group: usize| -> usize {
            wanted.iter().fold(0, |sum: usize, it| sum.saturating_add(file.cost(it, group..group + 1)))
        };
        let (mut bytes, mut rows) = (0_usize, 0_usize);
        while *next < file.groups() && (*next == first || (bytes < size.bytes && rows < size.rows)) {
            bytes = bytes.saturating_add(cost(*next));
            rows = rows.saturating_add(file.rows(*next..*next + 1)?);
            *next += 1;
        }
        let groups = first..*next;
        if groups.is_empty() {
            return Ok(None);
        }
        if let Some(filter) = filter.filter(|_| self.reader.bad_rows == BadRows::Fail) {
            let columns = [filter.reads.to_vec()];
            let one = |part: &Table| Some(vec![(filter.passing)(part)?]);
            let first: Vec<&str> = filter.columns.iter().map(String::as_str).collect();
            return self.filtered(file, wanted, groups, &first, &columns, &one).map(Some);
        }
        let before = file.rows(0..groups.start)?;
        let rows = self.rows(file.rows(groups.clone())?)?;
        let parts = file.read(wanted, groups, None, self.reader.threads)?;
        self.reader.finish(wanted, parts, rows, before).map(Some)
    }

    /// What rows that do not fit become.
    pub(crate) const fn bad_rows(&self) -> BadRows {
        self.reader.bad_rows
    }

    /// How many threads may read.
    pub(crate) const fn threads(&self) -> usize {
        self.reader.threads
    }

    /// Refuses more rows than can be numbered.
    fn rows(&self, rows: usize) -> Result<usize, DataError> {
        match u32::try_from(rows) {
            Ok(u32::MAX) | Err(_) => {
                Err(DataError::from_message(format!("there are {rows} rows, which is too many")))
            }
            Ok(_) => Ok(rows),
        }
    }
}

/// The rows that are filtered at once.
const FILTER_ROWS: usize = 1 << 16;
