//! Bytes to a table: with a given schema or with types that the data tells. It must not know files.

use std::collections::HashSet;
use std::str::FromStr;

use super::DataError;
use super::blocks::{self, BLOCK_BYTES, Cutter, Form};
use super::infer::{Inferred, Inferrer};
use super::load::{Stop, Task};
use super::pieces::Keep;
use super::sink;
use crate::column::{Column, Table};
use crate::types::{ColumnSchema, Schema};

/// A form of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataFormat {
    /// An array of objects, or objects one after the other.
    Json,
    /// One JSON object a line.
    NdJson,
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// Tab-separated values with a header.
    Tsv,
}

impl FromStr for DataFormat {
    type Err = ();

    /// Reads a file name's ending: `json`, `ndjson`, `jsonl`, `csv`, `tsv`.
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::NdJson,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            _ => return Err(()),
        })
    }
}

/// What to do with a row that cannot be read or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BadRows {
    /// Stop and say which.
    #[default]
    Fail,
    /// Leave it out and list it.
    Skip,
}

/// A table and what was left out of it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The table.
    pub table: Table,
    /// The rows that were skipped, each with its reason; at most [`Loaded::MAX_LISTED`] of them.
    pub skipped: Vec<DataError>,
    /// How many rows were skipped.
    pub skipped_count: usize,
}

impl Loaded {
    /// So many skipped rows are listed.
    pub const MAX_LISTED: usize = 1000;
}

/// Reads tables from bytes.
///
/// ```
/// use kqlite::{DataFormat, ScalarType, Schema, TableReader, Value};
///
/// let table = TableReader::new(DataFormat::Csv).read(b"Name,Size\na,1\nb,2\n")?.table;
/// assert_eq!(table.value(1, "Size"), Some(Value::Long(2)));
///
/// let schema = Schema::new([("Name", ScalarType::String), ("Size", ScalarType::Long)]);
/// let error = TableReader::new(DataFormat::Csv)
///     .origin("sizes.csv")
///     .schema(schema)
///     .read(b"Name,Size\na,big\n")
///     .unwrap_err();
/// assert_eq!(error.to_string(), "sizes.csv, line 2, column 'Size': 'big' is not of the type long");
/// # Ok::<(), kqlite::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableReader {
    form: Form,
    origin: String,
    schema: Option<Schema>,
    further_columns: bool,
    bad_rows: BadRows,
    columns: Option<HashSet<String>>,
    threads: usize,
    /// So many rows tell the types at first.
    sample: usize,
}

/// The columns of data: those that were given, and those whose types some or all of the rows tell.
#[derive(Debug, Clone)]
pub struct Outline {
    schema: Schema,
    /// What the cells of the last columns were, where the data tells columns.
    guesses: Option<Vec<Inferred>>,
    /// All rows were looked at.
    whole: bool,
}

impl Outline {
    /// The columns.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// A row may say otherwise: only some were looked at.
    #[must_use]
    pub const fn is_guess(&self) -> bool {
        self.guesses.is_some() && !self.whole
    }
}

impl TableReader {
    /// A reader that takes the columns' types from the data: bool, long, real, datetime (ISO 8601 alone), string
    /// or dynamic.
    #[must_use]
    pub fn new(format: DataFormat) -> Self {
        Self {
            form: Form { format, block_bytes: BLOCK_BYTES, parsed: false, size: None },
            origin: String::new(),
            schema: None,
            further_columns: false,
            bad_rows: BadRows::Fail,
            columns: None,
            threads: 1,
            sample: SAMPLE,
        }
    }

    /// What errors call the data, such as its file name.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// The table's columns. Those that the data lacks are null; a column that the data has beside them is an error,
    /// see [`TableReader::further_columns`].
    #[must_use]
    pub fn schema(mut self, schema: Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Takes columns that the schema lacks too, with the types that the data tells.
    #[must_use]
    pub const fn further_columns(mut self, yes: bool) -> Self {
        self.further_columns = yes;
        self
    }

    /// What to do with rows that do not fit.
    #[must_use]
    pub const fn bad_rows(mut self, policy: BadRows) -> Self {
        self.bad_rows = policy;
        self
    }

    /// Keeps only these columns, which is faster: the others are in the table, but null.
    ///
    /// Their values must be well-formed, but they are not checked against the types of a given schema. Types that the data
    /// tells are the same whatever is kept.
    ///
    /// ```
    /// use kqlite::{DataFormat, TableReader, Value};
    ///
    /// let reader = TableReader::new(DataFormat::NdJson).columns(["Size"]);
    /// let table = reader.read(br#"{"Name":"a","Size":1}"#)?.table;
    /// assert_eq!(table.value(0, "Size"), Some(Value::Long(1)));
    /// assert_eq!(table.value(0, "Name"), Some(Value::from("")));
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    #[must_use]
    pub fn columns<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// How many bytes the data has: then memory is asked for once.
    #[must_use]
    pub const fn size(mut self, bytes: u64) -> Self {
        self.form.size = Some(bytes);
        self
    }

    /// How many threads may read at once. It never changes a table or an error. Data of half a megabyte or less, and JSON
    /// that is not one object a line, is read by one.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Reads the table.
    ///
    /// # Errors
    /// Bytes that are not of the format, a value that is not of its column's type, a column that the schema lacks.
    pub fn read(&self, bytes: &[u8]) -> Result<Loaded, DataError> {
        let sized = self.clone().size(bytes.len() as u64);
        let outline = self.outline(pieces(bytes))?;
        if let Some(loaded) = sized.load(&outline, pieces(bytes))? {
            return Ok(loaded);
        }
        // The first rows tell the types nearly always; where a later one says otherwise, all are looked at.
        let outline = self.whole_outline(pieces(bytes))?;
        sized.load(&outline, pieces(bytes))?.ok_or_else(|| self.untold())
    }

    /// The columns as the first rows tell them. No byte is asked for if a schema tells them all.
    ///
    /// The source puts the next bytes into the buffer and says how many they are, none at the end of the data, as
    /// [`std::io::Read::read`] does; so do those of [`TableReader::load`] and [`TableReader::whole_outline`].
    ///
    /// # Errors
    /// Those of the source, and data that cannot be read at all. Wrong rows are told when they are loaded.
    pub fn outline<E: From<DataError>>(
        &self,
        source: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<Outline, E> {
        if let Some(schema) = self.schema.clone().filter(|_| !self.further_columns) {
            return Ok(Outline { schema, guesses: None, whole: true });
        }
        self.look(source, self.sample)
    }

    /// The columns as all rows tell them.
    ///
    /// # Errors
    /// See [`TableReader::outline`].
    pub fn whole_outline<E: From<DataError>>(
        &self,
        source: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<Outline, E> {
        self.look(source, usize::MAX)
    }

    /// The given columns and those that the first `most` rows have beside them.
    fn look<E: From<DataError>>(
        &self,
        source: impl FnMut(&mut [u8]) -> Result<usize, E>,
        most: usize,
    ) -> Result<Outline, E> {
        let mut inferrer = Inferrer::new(self.plain(), most);
        blocks::show(Cutter::new(self.form, source), &mut inferrer).map_err(|stop| self.failed(stop))?;
        let (mut schema, mut guesses) = (self.schema.clone().unwrap_or_default(), Vec::new());
        for (name, kind) in inferrer.finish() {
            if schema.position(&name).is_none() {
                schema.columns.push(ColumnSchema { name: name.into(), kind: kind.kind() });
                guesses.push(kind);
            }
        }
        Ok(Outline { schema, guesses: Some(guesses), whole: most == usize::MAX })
    }

    /// Loads the data into the columns of an outline; `None` if a row says otherwise than those that were looked at: then
    /// [`TableReader::whole_outline`] tells.
    ///
    /// The data is not held as a whole, unless it is JSON that is not one object a line.
    ///
    /// # Errors
    /// Those of [`TableReader::read`] and of the source, whichever comes first in the data.
    pub fn load<E: From<DataError> + Send>(
        &self,
        outline: &Outline,
        source: impl FnMut(&mut [u8]) -> Result<usize, E> + Send,
    ) -> Result<Option<Loaded>, E> {
        self.load_rows(outline, source, None)
    }

    /// The same for some rows: `keep` is shown rows, with the columns that are kept, and says which of them are needed.
    /// Others may be left out, so that less memory is used.
    ///
    /// # Errors
    /// Those of [`TableReader::load`]: of rows that are left out, too.
    pub fn load_some<E: From<DataError> + Send>(
        &self,
        outline: &Outline,
        source: impl FnMut(&mut [u8]) -> Result<usize, E> + Send,
        keep: Keep<'_>,
    ) -> Result<Option<Loaded>, E> {
        self.load_rows(outline, source, Some(keep))
    }

    fn load_rows<E: From<DataError> + Send>(
        &self,
        outline: &Outline,
        source: impl FnMut(&mut [u8]) -> Result<usize, E> + Send,
        keep: Option<Keep<'_>>,
    ) -> Result<Option<Loaded>, E> {
        let schema = &outline.schema;
        let kept = |name: &str| self.columns.as_ref().is_none_or(|columns| columns.contains(name));
        let task = Task {
            schema,
            guesses: outline.guesses.as_deref(),
            wanted: schema.names().map(kept).collect(),
            plain: self.plain(),
            bad_rows: self.bad_rows,
        };
        let mut filled = match blocks::load(Cutter::new(self.form, source), &task, self.threads, keep) {
            Ok(done) => done,
            Err(Stop::Guess) if outline.is_guess() => return Ok(None),
            Err(stop) => return Err(self.failed(stop)),
        };
        let rows = filled.parts.iter().map(|part| part.len).sum();
        let mut columns = Vec::with_capacity(schema.len());
        // Column by column, so that only one is held twice.
        for (column, wanted) in schema.columns.iter().zip(&task.wanted).rev() {
            let pieces: Vec<Column> = filled.pieces.iter_mut().filter_map(Vec::pop).collect();
            let joined = if *wanted {
                sink::join(column.kind, pieces, &filled.parts)
            } else {
                Column::nulls(column.kind, rows)
            };
            columns.push((column.name.clone(), joined));
        }
        columns.reverse();
        let table = Table::new(columns).map_err(|message| self.at_origin(DataError::new(None, message)))?;
        let skipped = filled.skipped.into_iter().map(|error| error.at(&self.origin)).collect();
        Ok(Some(Loaded { table, skipped, skipped_count: filled.skipped_count }))
    }

    const fn plain(&self) -> bool {
        matches!(self.form.format, DataFormat::Csv | DataFormat::Tsv)
    }

    fn at_origin(&self, error: DataError) -> DataError {
        error.at(&self.origin)
    }

    fn untold(&self) -> DataError {
        self.at_origin(DataError::new(None, "the types of the columns cannot be told"))
    }

    fn failed<E: From<DataError>>(&self, stop: Stop<E>) -> E {
        match stop {
            Stop::Error(error) => self.at_origin(*error).into(),
            Stop::Guess => self.untold().into(),
            Stop::Source(error) => error,
        }
    }

    /// For tests: blocks of another size.
    #[cfg(test)]
    pub(super) const fn block_bytes(mut self, bytes: usize) -> Self {
        self.form.block_bytes = bytes;
        self
    }

    /// For tests: the same reader for another format.
    #[cfg(test)]
    pub(super) const fn format(mut self, format: DataFormat) -> Self {
        self.form.format = format;
        self
    }

    /// For tests: the columns' types are given.
    #[cfg(test)]
    pub(super) const fn has_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// For tests: so many rows tell the types at first.
    #[cfg(test)]
    pub(super) const fn sample(mut self, rows: usize) -> Self {
        self.sample = rows;
        self
    }

    /// For tests: every row is left to the format's parser.
    #[cfg(test)]
    pub(super) const fn parsed(mut self) -> Self {
        self.form.parsed = true;
        self
    }
}

/// A source that gives these bytes.
pub(super) fn pieces(mut bytes: &[u8]) -> impl FnMut(&mut [u8]) -> Result<usize, DataError> {
    move |buffer| {
        let (piece, rest) = bytes.split_at(buffer.len().min(bytes.len()));
        if let Some(room) = buffer.get_mut(..piece.len()) {
            room.copy_from_slice(piece);
        }
        bytes = rest;
        Ok(piece.len())
    }
}

/// So many rows tell the types at first.
const SAMPLE: usize = 1000;
