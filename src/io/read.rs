//! Reads a table from bytes: infers the schema or takes a given one, loads the rows or gives them part by part.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::DataError;
use super::blocks::{self, Cutter, SeenForm};
use super::cell::CellRules;
use super::dialect::DialectOptions;
use super::infer::{Inferred, Inferrer};
use super::load::{LoadStop, LoadTask};
use super::options::{BLOCK_BYTES, BadRows, DataFormat, FormatOptions, Loaded, RowFilter};
use super::scan::{TableScan, no_types};
use crate::types::{ColumnSchema, ScalarType, Schema};

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
    form: FormatOptions,
    rules: CellRules,
    origin: String,
    schema: Option<Schema>,
    further_columns: bool,
    bad_rows: BadRows,
    columns: Option<HashSet<String>>,
    threads: usize,
    /// How many rows the types are inferred from at first.
    sample: usize,
}

/// The columns of data: given ones, and those whose types were inferred from some or all of the rows.
#[derive(Debug, Clone)]
pub struct InferredSchema {
    schema: Schema,
    /// What the cells of the last columns were, where columns were inferred.
    guesses: Option<Vec<Inferred>>,
    /// All rows were looked at.
    whole: bool,
    /// What was seen beside the rows.
    form: SeenForm,
    /// The given columns that have a value in the rows that were looked at.
    valued: HashSet<String>,
    /// All cells were texts, as in CSV.
    plain: bool,
}

impl InferredSchema {
    /// The columns.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What reading found out about delimited text without being told: one sentence.
    ///
    /// ```
    /// use kqlite::{DataError, DataFormat, TableReader};
    ///
    /// let mut data = &b"id;name\n1;a\n"[..];
    /// let inferred = TableReader::new(DataFormat::Csv).infer_schema(|buffer: &mut [u8]| {
    ///     Ok::<usize, DataError>(std::io::Read::read(&mut data, buffer).unwrap_or(0))
    /// })?;
    /// assert_eq!(inferred.note().as_deref(), Some("fields are separated by ';'"));
    /// # Ok::<(), DataError>(())
    /// ```
    #[must_use]
    pub fn note(&self) -> Option<String> {
        Some(self.form.layout.as_ref()?.found?.note())
    }

    /// Inside of what the rows seem to stand: the names of the one array of objects in the first object of JSON text, as
    /// [`TableReader::path`] takes them. A table with such rows may be one that is meant to have those inside.
    ///
    /// ```
    /// use kqlite::{DataError, DataFormat, TableReader};
    ///
    /// let mut data = &br#"{"took": 5, "hits": {"hits": [{"a": 1}]}}"#[..];
    /// let inferred = TableReader::new(DataFormat::Json).infer_schema(|buffer: &mut [u8]| {
    ///     Ok::<usize, DataError>(std::io::Read::read(&mut data, buffer).unwrap_or(0))
    /// })?;
    /// assert_eq!(inferred.rows_inside(), Some("hits.hits"));
    /// # Ok::<(), DataError>(())
    /// ```
    #[must_use]
    pub fn rows_inside(&self) -> Option<&str> {
        Some(&self.form.rows_inside.as_ref()?.path)
    }

    /// Whether the JSON text is one object, with rows inside of it: see [`InferredSchema::rows_inside`].
    #[must_use]
    pub fn is_one_object_around_rows(&self) -> bool {
        self.form.rows_inside.as_ref().is_some_and(|it| it.alone)
    }

    /// Whether a column that was given has a value in the rows that were looked at. Of a schema that needs no look at
    /// the data nothing is known: no column has.
    #[must_use]
    pub fn has_values(&self, column: &str) -> bool {
        self.valued.contains(column)
    }

    /// Joins the columns of other data of the same table and format: each is of a type that holds the values of both. With the
    /// result both are loaded.
    ///
    /// ```
    /// use kqlite::{DataError, DataFormat, ScalarType, TableReader};
    ///
    /// let reader = TableReader::new(DataFormat::NdJson);
    /// let columns_of = |text: &'static str| {
    ///     let mut data = text.as_bytes();
    ///     reader.infer_schema(move |buffer: &mut [u8]| {
    ///         Ok::<usize, DataError>(std::io::Read::read(&mut data, buffer).unwrap_or(0))
    ///     })
    /// };
    /// let mut joined = columns_of("{\"a\":1}")?;
    /// joined.join(&columns_of("{\"a\":1.5,\"b\":true}")?);
    /// let types: Vec<ScalarType> = joined.schema().columns.iter().map(|it| it.data_type).collect();
    /// assert_eq!(types, [ScalarType::Real, ScalarType::Bool]);
    /// # Ok::<(), DataError>(())
    /// ```
    pub fn join(&mut self, other: &Self) {
        self.valued.extend(other.valued.iter().cloned());
        let (Some(own), Some(more)) = (&self.guesses, &other.guesses) else { return };
        let fixed = |schema: &Schema, guesses: &[Inferred]| schema.len().saturating_sub(guesses.len());
        let (own_fixed, more_fixed) = (fixed(&self.schema, own), fixed(&other.schema, more));
        // Types that were given, or that both data tell.
        let same = self.schema.columns.iter().zip(&other.schema.columns).take(own_fixed.min(more_fixed));
        let same = same.take_while(|(a, b)| a == b).count();
        let columns = |schema: &Schema, guesses: &[Inferred], fixed: usize| -> Vec<(String, Inferred)> {
            let found = schema.columns.iter().enumerate().skip(same).map(|(at, column)| {
                let guess = at.checked_sub(fixed).and_then(|at| guesses.get(at)).copied();
                (column.name.to_string(), guess.unwrap_or(Inferred(Some(column.data_type))))
            });
            found.collect()
        };
        let plain = self.plain && other.plain;
        let mut joined: IndexMap<String, Inferred> =
            columns(&self.schema, own, own_fixed).into_iter().collect();
        for (name, inferred) in columns(&other.schema, more, more_fixed) {
            let known = joined.entry(name).or_default();
            *known = known.join(inferred, plain);
        }
        self.schema.columns.truncate(same);
        for (name, inferred) in &joined {
            let data_type = inferred.data_type();
            self.schema.columns.push(ColumnSchema { name: name.as_str().into(), data_type });
        }
        self.guesses = Some(joined.into_values().collect());
        self.whole &= other.whole;
        self.plain = plain;
    }

    /// Whether a row may contradict the types: only some were looked at.
    #[must_use]
    pub const fn is_guess(&self) -> bool {
        self.guesses.is_some() && !self.whole
    }
}

impl TableReader {
    /// Makes a reader that infers the columns' types from the data: bool, long, real, datetime (ISO 8601 alone), string
    /// or dynamic.
    #[must_use]
    pub fn new(format: DataFormat) -> Self {
        Self {
            form: FormatOptions {
                format,
                dialect: DialectOptions::DEFAULT,
                path: None,
                layout: None,
                block_bytes: BLOCK_BYTES,
                parsed: false,
                size: None,
                max_row_bytes: usize::MAX,
                max_table_bytes: usize::MAX,
            },
            rules: CellRules { plain: false, day_first: false, decimal_comma: false },
            origin: String::new(),
            schema: None,
            further_columns: false,
            bad_rows: BadRows::Fail,
            columns: None,
            threads: 1,
            sample: SAMPLE_ROWS,
        }
    }

    /// Names the data in errors, such as by its file name.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// Sets the table's columns. Those that the data lacks are null; a column that the data has beside them is an error,
    /// see [`TableReader::further_columns`].
    #[must_use]
    pub fn schema(mut self, schema: Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Accepts columns that the schema lacks too, with inferred types.
    #[must_use]
    pub const fn further_columns(mut self, yes: bool) -> Self {
        self.further_columns = yes;
        self
    }

    /// Sets what is done with rows that do not fit.
    #[must_use]
    pub const fn bad_rows(mut self, policy: BadRows) -> Self {
        self.bad_rows = policy;
        self
    }

    /// Keeps only these columns, which is faster: the others are in the table, but null.
    ///
    /// Their values must be well-formed, but they are not checked against the types of a given schema. Inferred types are
    /// the same whatever is kept.
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

    /// Sets what separates the fields of delimited text. Without it that of the format is taken, or, if the first line has none of
    /// it, a comma, a semicolon, a tab or a bar, whichever stands there most often. A first line such as `sep=;` is followed.
    #[must_use]
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.form.dialect.delimiter = Some(delimiter);
        self
    }

    /// Leaves out so many lines before the header of delimited text.
    ///
    /// ```
    /// use kqlite::{DataFormat, TableReader, Value};
    ///
    /// let reader = TableReader::new(DataFormat::Csv).skip_lines(1);
    /// let table = reader.read(b"Extract of 2025-01-06\nid;name\n1;a\n")?.table;
    /// assert_eq!(table.value(0, "name"), Some(Value::from("a")));
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    #[must_use]
    pub const fn skip_lines(mut self, lines: usize) -> Self {
        self.form.dialect.skip_lines = lines;
        self
    }

    /// Sets whether the first line of delimited text has the names of the columns, as it does unless told otherwise. Without such a
    /// line they are `Column1`, `Column2` and so on.
    #[must_use]
    pub const fn header(mut self, yes: bool) -> Self {
        self.form.dialect.header = yes;
        self
    }

    /// Sets what quotes the fields of delimited text that have delimiters or line breaks in them: `"` unless told otherwise,
    /// nothing at all for `None`. A quote within such a field is doubled.
    ///
    /// ```
    /// use kqlite::{DataFormat, TableReader, Value};
    ///
    /// let reader = TableReader::new(DataFormat::Csv).quote(Some(b'\''));
    /// let table = reader.read(b"a,b\n'x,y',\"z\n")?.table;
    /// assert_eq!(table.value(0, "a"), Some(Value::from("x,y")));
    /// assert_eq!(table.value(0, "b"), Some(Value::from("\"z")));
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    #[must_use]
    pub const fn quote(mut self, quote: Option<u8>) -> Self {
        self.form.dialect.quote = quote;
        self
    }

    /// Sets what may stand before a quote within a quoted field, such as a backslash; it takes away the meaning of whatever
    /// follows it there. Reading is slower with it.
    ///
    /// ```
    /// use kqlite::{DataFormat, TableReader, Value};
    ///
    /// let reader = TableReader::new(DataFormat::Csv).escape(Some(b'\\'));
    /// let table = reader.read(br#"a
    /// "say \"yes\", he said"
    /// "#)?.table;
    /// assert_eq!(table.value(0, "a"), Some(Value::from("say \"yes\", he said")));
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    #[must_use]
    pub const fn escape(mut self, escape: Option<u8>) -> Self {
        self.form.dialect.escape = escape;
        self
    }

    /// Sets whether rows may have more or fewer fields than the header. Fields that are missing are null, and the further ones
    /// of the rows in the first 64 KB are columns `Column6`, `Column7` and so on. A row that is wider than these is an error.
    ///
    /// ```
    /// use kqlite::{DataFormat, TableReader, Value};
    ///
    /// let reader = TableReader::new(DataFormat::Csv).ragged(true);
    /// let table = reader.read(b"Level,Source\nInformation,Security,An account was logged on.\nError\n")?.table;
    /// assert_eq!(table.value(0, "Column3"), Some(Value::from("An account was logged on.")));
    /// assert_eq!(table.value(1, "Source"), Some(Value::from("")));
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    #[must_use]
    pub const fn ragged(mut self, yes: bool) -> Self {
        self.form.dialect.ragged = yes;
        self
    }

    /// Sets whether the day comes first in dates such as `30/6/2024 11:50` and `30.06.2024`; else it is the month. What is written as ISO
    /// 8601 has it is not concerned.
    #[must_use]
    pub const fn day_first(mut self, yes: bool) -> Self {
        self.rules.day_first = yes;
        self
    }

    /// Sets whether a comma stands before the fraction of numbers that are texts, as in `1.234,5`.
    #[must_use]
    pub const fn decimal_comma(mut self, yes: bool) -> Self {
        self.rules.decimal_comma = yes;
        self
    }

    /// Says inside of what the rows of JSON that is not one object a line stand: names with points between them, where an array on
    /// the way stands for its items. What is there is an array of rows, or a row. Without it
    /// an object that holds nothing but an array `Records`, `records` or `value` of objects, and the tables of answers of Kusto and Log
    /// Analytics, are seen as what they are.
    ///
    /// ```
    /// use kqlite::{DataFormat, TableReader, Value};
    ///
    /// let reader = TableReader::new(DataFormat::Json).path("log.entries");
    /// let table = reader.read(br#"{"log":{"entries":[{"a":1},{"a":2}]}}"#)?.table;
    /// assert_eq!(table.value(1, "a"), Some(Value::Long(2)));
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    #[must_use]
    pub fn path(mut self, names: &str) -> Self {
        self.form.path = Some(names.into());
        self
    }

    /// Tells how many bytes the data has, so that memory is reserved once.
    #[must_use]
    pub const fn size(mut self, bytes: u64) -> Self {
        self.form.size = Some(bytes);
        self
    }

    /// Limits how many bytes of text a row may have, if that is more than half a megabyte; JSON that is not one object a line is
    /// left aside. Data without a line break would be held as a whole.
    ///
    /// ```
    /// use kqlite::{DataFormat, TableReader};
    /// let reader = TableReader::new(DataFormat::NdJson).max_row_bytes(1 << 20);
    /// let error = reader.read(&vec![b' '; 2 << 20]).unwrap_err();
    /// assert_eq!(error.to_string(), "data, line 1: the row is longer than 1 MB");
    /// assert!(error.beyond_limit);
    /// ```
    #[must_use]
    pub const fn max_row_bytes(mut self, bytes: usize) -> Self {
        self.form.max_row_bytes = bytes;
        self
    }

    /// Limits how many bytes of memory the table may take, or the text of JSON that is not one object a line. The parts of a
    /// scan are tables of their own.
    #[must_use]
    pub const fn max_table_bytes(mut self, bytes: usize) -> Self {
        self.form.max_table_bytes = bytes;
        self
    }

    /// Sets how many threads may read at once. It never changes a table or an error. Data of half a megabyte or less, and JSON
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
        let inferred = self.infer_schema(pieces(bytes))?;
        if let Some(loaded) = sized.load(&inferred, pieces(bytes))? {
            return Ok(loaded);
        }
        // The first rows nearly always have the types of all; where a later one contradicts, all are looked at.
        let inferred = self.infer_schema_from_all(pieces(bytes))?;
        sized.load(&inferred, pieces(bytes))?.ok_or_else(|| self.at_origin(no_types()))
    }

    /// Infers the columns from the first rows. No byte is read if a given schema has them all.
    ///
    /// The source puts the next bytes into the buffer and says how many they are, none at the end of the data, as
    /// [`std::io::Read::read`] does; so do those of [`TableReader::load`] and [`TableReader::infer_schema_from_all`].
    ///
    /// # Errors
    /// Those of the source, and data that cannot be read at all. Wrong rows are reported when they are loaded.
    pub fn infer_schema<E: From<DataError>>(
        &self,
        source: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<InferredSchema, E> {
        if let Some(schema) = self.schema.clone().filter(|_| !self.further_columns) {
            return Ok(InferredSchema {
                schema,
                guesses: None,
                whole: true,
                form: SeenForm::default(),
                valued: HashSet::new(),
                plain: self.plain(),
            });
        }
        self.infer(source, self.sample)
    }

    /// Infers the columns from all rows.
    ///
    /// # Errors
    /// See [`TableReader::infer_schema`].
    pub fn infer_schema_from_all<E: From<DataError>>(
        &self,
        source: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<InferredSchema, E> {
        self.infer(source, usize::MAX)
    }

    /// The given columns and those that the first `max_rows` rows have beside them.
    fn infer<E: From<DataError>>(
        &self,
        source: impl FnMut(&mut [u8]) -> Result<usize, E>,
        max_rows: usize,
    ) -> Result<InferredSchema, E> {
        let mut inferrer = Inferrer::new(self.rules(), max_rows);
        let mut form = blocks::visit(Cutter::new(self.form.clone(), source), &mut inferrer)
            .map_err(|stop| self.failed(stop))?;
        let (mut schema, mut guesses) = (self.schema.clone().unwrap_or_default(), Vec::new());
        // A set, since data may have very many columns.
        let given: HashSet<String> = schema.names().map(str::to_owned).collect();
        // Types that are guesses come last.
        let (told, guessed): (Vec<_>, Vec<_>) = inferrer.finish().partition(|(_, _, told)| *told);
        let mut valued = HashSet::new();
        for (name, data_type, is_told) in told.into_iter().chain(guessed) {
            if given.contains(&name) {
                if data_type.0.is_some() {
                    valued.insert(name);
                }
            } else {
                schema.columns.push(ColumnSchema { name: name.into(), data_type: data_type.data_type() });
                if !is_told {
                    guesses.push(data_type);
                }
            }
        }
        // Rows that were found inside of something have no such column.
        form.rows_inside = form
            .rows_inside
            .filter(|it| it.path.split('.').next().is_some_and(|name| schema.position(name).is_some()));
        // Every field is a text, and the header has all columns.
        let certain =
            self.plain() && guesses.iter().all(|guess| *guess == Inferred(Some(ScalarType::String)));
        let whole = certain || max_rows == usize::MAX;
        Ok(InferredSchema { schema, guesses: Some(guesses), whole, form, valued, plain: self.plain() })
    }

    /// Loads the data into the columns of a schema; `None` if a row contradicts the types that were inferred from others:
    /// then [`TableReader::infer_schema_from_all`] is asked.
    ///
    /// The data is not held as a whole, unless it is JSON that is not one object a line.
    ///
    /// # Errors
    /// Those of [`TableReader::read`] and of the source, whichever comes first in the data.
    pub fn load<E: From<DataError> + Send>(
        &self,
        inferred: &InferredSchema,
        source: impl FnMut(&mut [u8]) -> Result<usize, E> + Send,
    ) -> Result<Option<Loaded>, E> {
        self.load_rows(inferred, source, None)
    }

    /// Loads the rows that a filter lets through: it is given rows with the columns that are kept. Others may stay, too;
    /// leaving them out saves memory.
    ///
    /// # Errors
    /// Those of [`TableReader::load`], also of rows that the filter drops.
    pub fn load_filtered<E: From<DataError> + Send>(
        &self,
        inferred: &InferredSchema,
        source: impl FnMut(&mut [u8]) -> Result<usize, E> + Send,
        filter: RowFilter<'_>,
    ) -> Result<Option<Loaded>, E> {
        self.load_rows(inferred, source, Some(filter))
    }

    fn load_rows<E: From<DataError> + Send>(
        &self,
        inferred: &InferredSchema,
        source: impl FnMut(&mut [u8]) -> Result<usize, E> + Send,
        filter: Option<RowFilter<'_>>,
    ) -> Result<Option<Loaded>, E> {
        let mut scan = self.scan(inferred, source);
        match scan.batch(usize::MAX, filter) {
            Ok((table, _)) => {
                let (skipped, skipped_count) = scan.skipped();
                Ok(Some(Loaded { table, skipped, skipped_count, mended: scan.mended() }))
            }
            Err(_) if scan.is_contradicted() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the data part by part, so that it need not be in memory as a whole: each part is a table of the rows of some
    /// blocks, with the columns of the schema. JSON that is not one object a line comes in one part.
    ///
    /// No byte is read before the first part is asked for, and no more than a few blocks before they are.
    ///
    /// ```
    /// use kqlite::{DataError, DataFormat, TableReader};
    ///
    /// let data = b"Name,Size\na,1\nb,2\n";
    /// let reader = TableReader::new(DataFormat::Csv).columns(["Size"]);
    /// let opened = || {
    ///     let mut rest = &data[..];
    ///     move |buffer: &mut [u8]| std::io::Read::read(&mut rest, buffer).map_err(|error| {
    ///         DataError::from_message(error.to_string())
    ///     })
    /// };
    /// let schema = reader.infer_schema(opened())?;
    /// let mut rows = 0;
    /// for part in reader.scan(&schema, opened()) {
    ///     rows += part?.len();
    /// }
    /// assert_eq!(rows, 2);
    /// # Ok::<(), kqlite::DataError>(())
    /// ```
    pub fn scan<'f, S, E>(&self, inferred: &InferredSchema, source: S) -> TableScan<'f, S, E>
    where
        S: FnMut(&mut [u8]) -> Result<usize, E> + Send,
        E: From<DataError> + Send,
    {
        let schema = inferred.schema.clone();
        let kept = |name: &str| self.columns.as_ref().is_none_or(|columns| columns.contains(name));
        let task = LoadTask {
            wanted: schema.names().map(kept).collect(),
            schema,
            guesses: inferred.guesses.clone(),
            rules: self.rules(),
            bad_rows: self.bad_rows,
        };
        TableScan::new(
            Cutter::new(self.form.clone(), source),
            task,
            self.threads,
            &self.origin,
            inferred.is_guess(),
        )
    }

    const fn rules(&self) -> CellRules {
        CellRules { plain: self.plain(), ..self.rules }
    }

    const fn plain(&self) -> bool {
        self.form.is_delimited()
    }

    fn at_origin(&self, error: DataError) -> DataError {
        error.at(&self.origin)
    }

    fn failed<E: From<DataError>>(&self, stop: LoadStop<E>) -> E {
        match stop {
            LoadStop::Error(error) => self.at_origin(*error).into(),
            LoadStop::Guess => self.at_origin(no_types()).into(),
            LoadStop::Source(error) => error,
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

    /// For tests: the number of rows that the types are inferred from at first.
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

/// How many rows the types are inferred from at first.
const SAMPLE_ROWS: usize = 1000;
