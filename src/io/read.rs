//! Bytes to a table: with a given schema or with types that the data tells. It must not know files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use indexmap::{IndexMap, IndexSet};

use super::cell::Cell;
use super::infer::Inferred;
use super::sink::Sink;
use super::{DataError, csv, json};
use crate::column::Table;
use crate::types::{ColumnSchema, ScalarType, Schema};

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
#[derive(Clone)]
pub struct TableReader<'a> {
    format: DataFormat,
    origin: String,
    schema: Option<Schema>,
    further_columns: bool,
    bad_rows: BadRows,
    progress: Option<&'a dyn Fn(usize)>,
}

impl fmt::Debug for TableReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableReader")
            .field("format", &self.format)
            .field("origin", &self.origin)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl<'a> TableReader<'a> {
    /// A reader that takes the columns' types from the data: bool, long, real, datetime (ISO 8601 alone), string
    /// or dynamic.
    #[must_use]
    pub fn new(format: DataFormat) -> Self {
        Self {
            format,
            origin: String::new(),
            schema: None,
            further_columns: false,
            bad_rows: BadRows::Fail,
            progress: None,
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

    /// Called now and then with the number of bytes that have been read.
    #[must_use]
    pub const fn progress(mut self, report: &'a dyn Fn(usize)) -> Self {
        self.progress = Some(report);
        self
    }

    /// Reads the table.
    ///
    /// # Errors
    /// Bytes that are not of the format, a value that is not of its column's type, a column that the schema lacks.
    pub fn read(&self, bytes: &[u8]) -> Result<Loaded, DataError> {
        self.read_text(bytes).map_err(|error| error.at(&self.origin))
    }

    fn read_text(&self, bytes: &[u8]) -> Result<Loaded, DataError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
            DataError::new(line, "the text is not UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let given = self.schema.clone().unwrap_or_default();
        let failed = |stop: Stop| match stop {
            Stop::Error(error) => *error,
            Stop::Guess => DataError::new(None, "the types of the columns cannot be told"),
        };
        if self.schema.is_some() && !self.further_columns {
            return self.load(text, &given, None).map_err(failed);
        }
        // The first rows tell the types nearly always; where a later one says otherwise, all are looked at.
        let (sampled, guesses) = self.infer(text, &given, SAMPLE)?;
        match self.load(text, &sampled, Some(&guesses)) {
            Err(Stop::Guess) => {
                let (full, guesses) = self.infer(text, &given, usize::MAX)?;
                self.load(text, &full, Some(&guesses)).map_err(failed)
            }
            done => done.map_err(failed),
        }
    }

    /// The rows in order, until `visit` says stop.
    fn rows(&self, text: &str, visit: &mut Visit<'_>) -> Result<(), DataError> {
        match self.format {
            DataFormat::Json => json::rows(text, visit),
            DataFormat::NdJson => json::lines(text, visit),
            DataFormat::Csv => csv::rows(text, b',', visit),
            DataFormat::Tsv => csv::rows(text, b'\t', visit),
        }
    }

    const fn plain(&self) -> bool {
        matches!(self.format, DataFormat::Csv | DataFormat::Tsv)
    }

    /// The given columns and those that the first `most` rows have beside them; what the cells of the latter are.
    fn infer(&self, text: &str, given: &Schema, most: usize) -> Result<(Schema, Vec<Inferred>), DataError> {
        let plain = self.plain();
        let mut found: IndexMap<String, Inferred> = IndexMap::new();
        let mut seen = 0;
        let mut visit = |names: &Names<'_>, row: Result<Row<'_>, DataError>| {
            while let Some(name) = names.get_index(found.len()) {
                found.insert(name.to_string(), Inferred::default());
            }
            // A row that cannot be read is reported when it is loaded.
            let Ok(row) = row else { return true };
            for (id, cell) in row.cells {
                if let Some((_, kind)) = found.get_index_mut(*id)
                    && kind.0 != Some(ScalarType::Dynamic)
                {
                    *kind = kind.join(Inferred::of(cell, plain), plain);
                }
            }
            seen += 1;
            seen < most
        };
        self.rows(text, &mut visit)?;
        let (mut schema, mut guesses) = (given.clone(), Vec::new());
        for (name, kind) in found {
            if given.position(&name).is_none() {
                schema.columns.push(ColumnSchema { name, kind: kind.kind() });
                guesses.push(kind);
            }
        }
        Ok((schema, guesses))
    }

    /// Loads into a schema. Its last columns are `guesses` from some rows: a cell that says otherwise, or a column that
    /// the schema lacks, stops the loading.
    fn load(&self, text: &str, schema: &Schema, guesses: Option<&[Inferred]>) -> Result<Loaded, Stop> {
        let mut loader = Loader {
            schema,
            guesses,
            plain: self.plain(),
            positions: schema.names().enumerate().map(|(at, name)| (name, at)).collect(),
            targets: Vec::new(),
            sinks: schema.columns.iter().map(|column| Sink::new(column.kind)).collect(),
            count: 0,
        };
        let (mut skipped, mut skipped_count, mut reported) = (Vec::new(), 0, 0);
        let mut stop = None;
        let mut visit = |names: &Names<'_>, row: Result<Row<'_>, DataError>| {
            if let (Some(report), Ok(row)) = (self.progress, &row)
                && row.offset > reported + PROGRESS_STEP
            {
                reported = row.offset;
                report(reported);
            }
            let error =
                match row.map_err(|error| Stop::Error(Box::new(error))).and_then(|it| loader.row(names, &it))
                {
                    Ok(()) => return true,
                    Err(Stop::Error(error)) if self.bad_rows == BadRows::Skip => error,
                    Err(reason) => {
                        stop = Some(reason);
                        return false;
                    }
                };
            skipped_count += 1;
            if skipped.len() < Loaded::MAX_LISTED {
                skipped.push(error.at(&self.origin));
            }
            true
        };
        let read = self.rows(text, &mut visit);
        if let Some(stop) = stop {
            return Err(stop);
        }
        read.map_err(|error| Stop::Error(Box::new(error)))?;
        let table =
            loader.finish().map_err(|message| Stop::Error(Box::new(DataError::new(None, message))))?;
        Ok(Loaded { table, skipped, skipped_count })
    }
}

/// Fills the columns of a schema row by row.
struct Loader<'s> {
    schema: &'s Schema,
    /// What the last columns' cells were in some rows, where the schema is a guess.
    guesses: Option<&'s [Inferred]>,
    plain: bool,
    positions: HashMap<&'s str, usize>,
    /// The number of a name in the data → the column.
    targets: Vec<Option<usize>>,
    sinks: Vec<Sink>,
    count: usize,
}

impl Loader<'_> {
    /// Appends a row whole, or nothing of it.
    fn row(&mut self, names: &Names<'_>, row: &Row<'_>) -> Result<(), Stop> {
        while let Some(name) = names.get_index(self.targets.len()) {
            self.targets.push(self.positions.get(&**name).copied());
        }
        let mut cells = Vec::with_capacity(row.cells.len());
        for (id, cell) in row.cells {
            let Some(at) = self.targets.get(*id).copied().flatten() else {
                if self.guesses.is_some() {
                    return Err(Stop::Guess);
                }
                return Err(Stop::Error(Box::new(self.unknown(names, row))));
            };
            let column = &self.schema.columns[at];
            if let Some(guesses) = self.guesses
                && let Some(guess) = (at + guesses.len()).checked_sub(self.schema.len())
                && guesses.get(guess).is_some_and(|guess| !guess.holds(cell, self.plain))
            {
                return Err(Stop::Guess);
            }
            let Some(fit) = cell.fit(column.kind, self.plain) else {
                let error = DataError::misfit(row.line, &column.name, &cell.to_text(), column.kind);
                return Err(Stop::Error(Box::new(error)));
            };
            cells.push((at, fit));
        }
        for (at, fit) in &cells {
            self.sinks[*at].push(self.count, fit);
        }
        self.count += 1;
        Ok(())
    }

    /// The error for a row with columns that the schema lacks.
    fn unknown(&self, names: &Names<'_>, row: &Row<'_>) -> DataError {
        let unknown: Vec<&str> = row
            .cells
            .iter()
            .filter(|(id, _)| self.targets.get(*id).is_none_or(Option::is_none))
            .filter_map(|(id, _)| names.get_index(*id).map(|name| &**name))
            .collect();
        let known: Vec<&str> = self.schema.names().take(MAX_NAMED).collect();
        let more = if self.schema.len() > MAX_NAMED { ", …" } else { "" };
        let word = if unknown.len() == 1 { "column" } else { "columns" };
        let message = format!(
            "the table has no {word} '{}'; its columns are: {}{more}",
            unknown.join("', '"),
            known.join(", ")
        );
        DataError::new(row.line, message)
    }

    fn finish(self) -> Result<Table, String> {
        let columns = self.schema.columns.iter().zip(self.sinks);
        Table::new(columns.map(|(column, sink)| (column.name.clone(), sink.finish(self.count))).collect())
    }
}

/// So many rows tell the types at first.
const SAMPLE: usize = 1000;

/// Progress is reported after so many bytes.
const PROGRESS_STEP: usize = 1 << 20;

/// A message names so many columns.
const MAX_NAMED: usize = 30;

/// Why a loading ended early.
enum Stop {
    Error(Box<DataError>),
    /// A type was guessed wrong.
    Guess,
}

/// The names of the columns in the data, in the order of their appearance; cells refer to them by number.
pub(super) type Names<'t> = IndexSet<Cow<'t, str>>;

/// One row as it stands in the data: no column twice.
pub(super) struct Row<'r> {
    /// The line it begins in, from 1.
    pub line: usize,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// Numbers of names, and cells.
    pub cells: &'r [(usize, Cell<'r>)],
}

/// Is shown each row, and says whether to go on.
pub(super) type Visit<'f> = dyn FnMut(&Names<'_>, Result<Row<'_>, DataError>) -> bool + 'f;
