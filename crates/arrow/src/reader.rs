//! What is read, and as what: schemas, columns, rows that do not fit. It must not know how a file is laid out.

use std::collections::HashSet;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Fields, SchemaRef};
use kqlite::{BadRows, Column, DataError, Loaded, ScalarType, Schema, StringColumn, Table};
use parquet::file::reader::ChunkReader;

use crate::ipc::IpcFile;
use crate::misfit::Misfits;
use crate::parquet::ParquetFile;
use crate::source::Shared;
use crate::{array, dictionary, types};

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
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader that takes the columns as the data has them.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            origin: String::new(),
            schema: None,
            further_columns: false,
            bad_rows: BadRows::Fail,
            threads: 1,
        }
    }

    /// What errors call the data, such as its file name.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// The table's columns. Those that the data lacks are null; a column that the data has beside them is an error,
    /// see [`Reader::further_columns`].
    #[must_use]
    pub fn schema(mut self, schema: Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Takes columns that the schema lacks too, as the data has them.
    #[must_use]
    pub const fn further_columns(mut self, yes: bool) -> Self {
        self.further_columns = yes;
        self
    }

    /// What to do with rows that do not fit. Only columns that are read are looked at.
    #[must_use]
    pub const fn bad_rows(mut self, policy: BadRows) -> Self {
        self.bad_rows = policy;
        self
    }

    /// How many threads may read; one if it is not said, and for little data.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Opens a Parquet file, an Arrow file (Feather, version 2) or an Arrow stream, by its first bytes. Only what
    /// tells the columns is read.
    ///
    /// The source may be a [`crate::SharedFile`] or [`bytes::Bytes`].
    ///
    /// # Errors
    /// The source is none of these or broken, or has columns that the schema lacks.
    pub fn open<S: ChunkReader + 'static>(self, source: S) -> Result<DataFile<S>, DataError> {
        let origin = self.origin.clone();
        self.open_layout(Shared(source.into())).map_err(|error| at(error, &origin))
    }

    fn open_layout<S: ChunkReader + 'static>(self, source: Shared<S>) -> Result<DataFile<S>, DataError> {
        let start = source.0.get_bytes(0, source.0.len().min(8) as usize).map_err(|error| broken(&error))?;
        let layout = match &*start {
            [b'P', b'A', b'R', b'1', ..] => Layout::Parquet(ParquetFile::open(source)?),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Layout::Ipc(IpcFile::open(source)?),
            [0xff, 0xff, 0xff, 0xff, ..] => Layout::Ipc(IpcFile::open_stream(source)?),
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

    /// The rows of some batches, which all have the schema.
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
        let wanted: Vec<&Wanted> = wanted.iter().collect();
        let arrays: Vec<Vec<ArrayRef>> = wanted
            .iter()
            .map(|it| match it.at {
                Some(at) => batches.iter().map(|batch| batch.column(at).clone()).collect(),
                None => Vec::new(),
            })
            .collect();
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        let parts = convert(&wanted, arrays, rows, if bytes < WORTH_A_THREAD { 1 } else { self.threads })?;
        self.finish(&wanted, parts, rows)
    }

    /// Which columns the table gets, and from which of the data's.
    fn plan(&self, fields: &Fields) -> Result<Vec<Wanted>, DataError> {
        let mut seen = HashSet::new();
        if let Some(twice) = fields.iter().find(|field| !seen.insert(field.name())) {
            return Err(DataError::from_message(format!("there are two columns '{}'", twice.name())));
        }
        let own = |at: usize, field: &Field| Wanted {
            name: field.name().clone(),
            field: Some(field.clone()),
            at: Some(at),
            kind: None,
        };
        let Some(schema) = &self.schema else {
            return Ok(fields.iter().enumerate().map(|(at, field)| own(at, field)).collect());
        };
        let mut wanted: Vec<Wanted> = Vec::with_capacity(schema.len());
        for column in &schema.columns {
            let found = fields.find(&column.name);
            wanted.push(Wanted {
                name: column.name.to_string(),
                field: found.map(|(_, field)| (**field).clone()),
                at: found.map(|(at, _)| at),
                kind: Some(column.kind),
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

    /// The table of some columns, with what is to be said of its rows.
    fn finish(&self, wanted: &[&Wanted], parts: Vec<Part>, rows: usize) -> Result<Loaded, DataError> {
        // One row may be told of once, by its first column that does not fit.
        let mut errors: Vec<(usize, DataError)> = Vec::new();
        let mut bad: HashSet<usize> = HashSet::new();
        for (wanted, part) in wanted.iter().zip(&parts) {
            bad.extend(part.misfits.rows());
            for (row, mut error) in part.misfits.errors(&wanted.name, part.column.scalar_type()) {
                self.origin.clone_into(&mut error.origin);
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
        Ok(Loaded { table, skipped, skipped_count: bad.len() })
    }
}

/// A message names so many columns.
const MAX_NAMED: usize = 30;

/// Fewer bytes than these are read by one thread.
pub const WORTH_A_THREAD: usize = 1 << 22;

/// The error as one of some data.
fn at(mut error: DataError, origin: &str) -> DataError {
    origin.clone_into(&mut error.origin);
    error
}

/// The error for data that another crate refuses.
pub fn broken(error: &dyn std::fmt::Display) -> DataError {
    DataError::from_message(format!("the data is broken: {error}"))
}

/// Asks another crate to decode something. Those crates are not proof against garbled bytes: where one of them
/// panics, the data is broken, and a program that embeds this one need not end.
pub fn decode<T, E: std::fmt::Display>(work: impl FnOnce() -> Result<T, E>) -> Result<T, DataError> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| broken(&error)),
        Err(_) => Err(broken(&"it cannot be decoded")),
    }
}

/// A column of the table.
#[derive(Debug)]
pub struct Wanted {
    name: String,
    /// The column of the data, if it has one.
    pub field: Option<Field>,
    /// Where it stands there.
    pub at: Option<usize>,
    /// The type that the schema asks for.
    kind: Option<ScalarType>,
}

impl Wanted {
    /// The type that it gets; an error where there is none.
    fn kind(&self) -> Result<ScalarType, DataError> {
        match (self.kind, &self.field) {
            (Some(kind), _) => Ok(kind),
            (None, Some(field)) => types::kind_of(field).map_err(|reason| self.fail(reason)),
            (None, None) => Ok(ScalarType::String),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// It is a column of strings, in the table and in the data.
    pub fn is_text(&self) -> bool {
        let own = self.field.as_ref().map(types::kind_of);
        own == Some(Ok(ScalarType::String)) && self.kind.is_none_or(|kind| kind == ScalarType::String)
    }

    fn fail(&self, reason: impl Into<String>) -> DataError {
        let mut error = DataError::from_message(reason);
        error.column = Some(self.name.clone());
        error
    }
}

/// Rows that are read.
pub struct Picked<'r> {
    /// In ascending order.
    pub rows: Vec<u32>,
    /// Those that matter to each reader, which reads some columns.
    readers: Vec<(&'r [&'r str], Vec<u32>)>,
}

impl Picked<'_> {
    /// The rows that matter in a column; `None` if all do.
    pub fn rows_of(&self, column: &str) -> Option<Vec<u32>> {
        let readers = self.readers.iter().filter(|(columns, _)| columns.contains(&column));
        let rows = union(readers.map(|(_, rows)| rows.as_slice()));
        (rows.len() < self.rows.len()).then_some(rows)
    }
}

/// The rows that are in any of these, which are in ascending order.
fn union<'r>(rows: impl Iterator<Item = &'r [u32]>) -> Vec<u32> {
    let mut all = rows.collect::<Vec<_>>().concat();
    // Runs that are in order already are only merged.
    all.sort();
    all.dedup();
    all
}

/// Names and types; a column that no type of kqlite fits is dynamic, and refused once it is read.
fn schema_of(wanted: &[Wanted]) -> Schema {
    Schema::new(wanted.iter().map(|it| (it.name.clone(), it.kind().unwrap_or(ScalarType::Dynamic))))
}

/// Some rows of a column, and those of its values that do not fit.
#[derive(Debug)]
pub struct Part {
    column: Column,
    misfits: Misfits,
}

impl Part {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Some of the rows. What does not fit is told by its row among all.
    pub fn take(self, rows: &[u32]) -> Self {
        Self { column: self.column.take(rows), misfits: self.misfits }
    }
}

/// The rows of some arrays as one part. A column that the data lacks has `rows` nulls.
pub fn part(wanted: &Wanted, arrays: &[ArrayRef], rows: usize) -> Result<Part, DataError> {
    let (Some(field), Some(_)) = (&wanted.field, wanted.at) else {
        return Ok(Part { column: Column::nulls(wanted.kind()?, rows), misfits: Misfits::default() });
    };
    let convert = |array: &ArrayRef| {
        let mut misfits = Misfits::default();
        match array::column(array, field, wanted.kind, &mut misfits) {
            Ok(column) => Ok(Part { column, misfits }),
            // What is asked for cannot be had either.
            Err(reason) => Err(wanted.fail(reason)),
        }
    };
    let parts = arrays.iter().map(convert).collect::<Result<Vec<Part>, _>>()?;
    join(wanted, parts)
}

/// The texts of a column that the data has as one part.
pub fn part_of_texts(wanted: &Wanted, texts: StringColumn) -> Result<Part, DataError> {
    let Some(field) = &wanted.field else { return part(wanted, &[], texts.len()) };
    let mut misfits = Misfits::default();
    let column = array::strings(dictionary::if_it_pays(texts), field);
    let column = array::converted(column, wanted.kind, &mut misfits);
    Ok(Part { column, misfits })
}

/// The arrays of each column as one part.
pub fn convert(
    wanted: &[&Wanted],
    arrays: Vec<Vec<ArrayRef>>,
    rows: usize,
    threads: usize,
) -> Result<Vec<Part>, DataError> {
    let items: Vec<(&Wanted, Vec<ArrayRef>)> = wanted.iter().copied().zip(arrays).collect();
    kqlite::map_in_parallel(threads, items, |(wanted, arrays)| part(wanted, &arrays, rows))
        .into_iter()
        .collect()
}

/// One part of a column after the other.
pub fn join(wanted: &Wanted, mut parts: Vec<Part>) -> Result<Part, DataError> {
    let kind = wanted.kind().or_else(|error| parts.first().map(|it| it.column.scalar_type()).ok_or(error))?;
    let mut misfits = Misfits::default();
    let mut rows = 0;
    for part in &mut parts {
        misfits.append(std::mem::take(&mut part.misfits), rows);
        rows += part.column.len();
    }
    let column = if kind == ScalarType::String && parts.iter().all(|it| it.column.as_constant().is_none()) {
        let texts = parts.into_iter().filter_map(|part| match part.column {
            Column::String(texts) => Some(texts),
            _ => None,
        });
        dictionary::concat(texts.collect()).map_err(|reason| wanted.fail(reason))?
    } else {
        Column::concat(kind, &parts.into_iter().map(|part| part.column).collect::<Vec<_>>())
    };
    Ok(Part { column, misfits })
}

/// A Parquet or Arrow file whose columns are known.
#[derive(Debug)]
pub struct DataFile<S> {
    reader: Reader,
    layout: Layout<S>,
    wanted: Vec<Wanted>,
    schema: Schema,
}

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

    /// Reads the columns of some names, in the order of the schema, or all.
    ///
    /// # Errors
    /// The data is broken, a column is of a type that kqlite lacks, a value does not fit, there is no such column.
    pub fn read(&self, columns: Option<&[&str]>) -> Result<Loaded, DataError> {
        self.read_columns(columns).map_err(|error| at(error, &self.reader.origin))
    }

    /// Reads columns of the rows that are needed by some readers, each of which reads some of the columns: `keep` is
    /// shown rows with the columns `first` (the others are null), and says which of them each reader needs, in
    /// ascending order; `None` for all of them. Rows that nobody needs may be among the table's; texts that no reader
    /// of their column needs may be empty.
    ///
    /// Of texts, only those that are needed are unpacked. Values of other types are looked at in every row, needed or
    /// not; where rows that do not fit are left out, `keep` is not asked.
    ///
    /// # Errors
    /// As for [`DataFile::read`].
    pub fn read_some(
        &self,
        columns: &[&str],
        first: &[&str],
        readers: &[Vec<&str>],
        keep: &(dyn Fn(&Table) -> Option<Vec<Vec<u32>>> + Sync),
    ) -> Result<Loaded, DataError> {
        let Layout::Parquet(file) = &self.layout else { return self.read(Some(columns)) };
        if self.reader.bad_rows == BadRows::Skip {
            return self.read(Some(columns));
        }
        self.sift(file, columns, first, readers, keep).map_err(|error| at(error, &self.reader.origin))
    }

    fn sift(
        &self,
        file: &ParquetFile<S>,
        columns: &[&str],
        first: &[&str],
        readers: &[Vec<&str>],
        keep: &(dyn Fn(&Table) -> Option<Vec<Vec<u32>>> + Sync),
    ) -> Result<Loaded, DataError> {
        let threads = self.reader.threads;
        let (wanted, rows) = (self.wanted(Some(columns))?, self.rows(file.rows()?)?);
        let (early, late): (Vec<&Wanted>, Vec<&Wanted>) =
            wanted.iter().copied().partition(|it| first.contains(&it.name.as_str()));
        let parts = file.read(&early, None, threads)?;
        let shown = self.reader.finish(&early, parts, rows)?.table;
        let needed = self.needed(&wanted, &shown, rows, readers, keep)?;
        // Most of the rows are read as fast as all.
        let needed = needed.filter(|needed| needed.rows.len() < rows - rows / 4);
        let rest = self.reader.finish(&late, file.read(&late, needed.as_ref(), threads)?, rows)?.table;
        let column = |it: &&Wanted| -> Result<(String, Column), DataError> {
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
        Ok(Loaded { table, skipped: Vec::new(), skipped_count: 0 })
    }

    /// Asks which rows are needed, some rows at a time.
    fn needed<'r>(
        &self,
        wanted: &[&Wanted],
        shown: &Table,
        rows: usize,
        readers: &'r [Vec<&'r str>],
        keep: &(dyn Fn(&Table) -> Option<Vec<Vec<u32>>> + Sync),
    ) -> Result<Option<Picked<'r>>, DataError> {
        let columns = wanted.iter().map(|it| {
            let column = match shown.column(&it.name) {
                Some(column) => column.clone(),
                None => Column::nulls(it.kind().unwrap_or(ScalarType::Dynamic), rows),
            };
            (it.name.clone(), column)
        });
        let columns: Vec<(String, Column)> = columns.collect();
        if columns.is_empty() {
            return Ok(None);
        }
        let starts: Vec<usize> = (0..rows).step_by(ASKED_AT_ONCE).collect();
        let asked = kqlite::map_in_parallel(self.reader.threads, starts, |start| {
            let part =
                columns.iter().map(|(name, column)| (name.clone(), column.slice(start, ASKED_AT_ONCE)));
            let part = Table::new(part.collect()).ok()?;
            let mut by_reader = keep(&part)?;
            by_reader.iter_mut().flatten().for_each(|row| *row += start as u32);
            Some((union(by_reader.iter().map(Vec::as_slice)), by_reader))
        });
        let Some(asked) = asked.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let (rows, by_reader): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let reader =
            |at: usize| by_reader.iter().filter_map(|part| part.get(at)).flatten().copied().collect();
        let readers = readers.iter().enumerate().map(|(at, columns)| (&**columns, reader(at)));
        Ok(Some(Picked { rows: rows.concat(), readers: readers.collect() }))
    }

    fn read_columns(&self, columns: Option<&[&str]>) -> Result<Loaded, DataError> {
        let wanted = self.wanted(columns)?;
        let (rows, parts) = match &self.layout {
            Layout::Parquet(file) => (file.rows()?, file.read(&wanted, None, self.reader.threads)?),
            Layout::Ipc(file) => file.read(&wanted, self.reader.threads)?,
        };
        self.reader.finish(&wanted, parts, self.rows(rows)?)
    }

    /// The columns of some names, or all.
    fn wanted(&self, columns: Option<&[&str]>) -> Result<Vec<&Wanted>, DataError> {
        let unknown = |name: &&&str| self.schema.position(name).is_none();
        if let Some(name) = columns.unwrap_or_default().iter().find(unknown) {
            return Err(DataError::from_message(format!("there is no column '{name}'")));
        }
        let asked = |it: &&Wanted| columns.is_none_or(|columns| columns.contains(&it.name.as_str()));
        Ok(self.wanted.iter().filter(asked).collect())
    }

    /// So many rows can be numbered.
    fn rows(&self, rows: usize) -> Result<usize, DataError> {
        match u32::try_from(rows) {
            Ok(u32::MAX) | Err(_) => {
                Err(DataError::from_message(format!("there are {rows} rows, which is too many")))
            }
            Ok(_) => Ok(rows),
        }
    }
}

/// So many rows are asked about at once.
const ASKED_AT_ONCE: usize = 1 << 16;
