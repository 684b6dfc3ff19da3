//! A table in a file of text: its columns are known before its rows are loaded. It must not know queries, but for the rows
//! that one needs.

use std::path::{Path, PathBuf};

use kqlite::{
    BadRows, DataFormat, InferredSchema, ScalarType, ScanFilter, ScanRequest, Schema, Table, TableReader,
    TableScan,
};

use crate::data_warning::{DataWarning, FileColumns};
use crate::failure::Failure;
use crate::file_bytes::{ByteOptions, Packing, ReadError, TextSource};
use crate::file_kind::{FileKind, kind_of};
use crate::file_source::{FileParts, ScanEnd, ScanFile};
use crate::output::eprint_str;
use crate::source::{ReadOptions, SchemaChoice, SkippedRows};

/// A table in a file of text.
#[derive(Clone)]
pub struct TextFile {
    path: PathBuf,
    format: DataFormat,
    source: TextSource,
    reader: TableReader,
    inferred: InferredSchema,
    built_in: bool,
    bad_rows: BadRows,
}

impl TextFile {
    /// Opens a file, and infers its schema.
    pub fn open(path: &Path, choice: &SchemaChoice, options: ReadOptions) -> Result<Self, Failure> {
        let limits = ByteOptions {
            max_bytes: options.max_bytes,
            max_line_bytes: options.max_row_bytes(),
            encoding: options.layout.encoding,
        };
        let start = |packing| first_bytes(path, packing, limits);
        let FileKind { format, packing } = kind_of(path, options.layout.format, &start)?;
        // What stands inside of something is not one object a line.
        let format = match format {
            DataFormat::NdJson if options.layout.path.is_some() => DataFormat::Json,
            format => format,
        };
        let reader = options
            .layout
            .reader(format)
            .origin(path.display().to_string())
            .bad_rows(options.bad_rows)
            .threads(options.threads)
            .max_row_bytes(options.max_row_bytes())
            .max_table_bytes(options.max_bytes);
        let (reader, built_in) = match choice {
            SchemaChoice::Exactly(schema) => (reader.schema(schema.clone()), false),
            SchemaChoice::BuiltIn(schema) => (reader.schema(schema.clone()).further_columns(true), true),
            SchemaChoice::Inferred => (reader, false),
        };
        let limits = match format {
            DataFormat::Json => ByteOptions { max_line_bytes: usize::MAX, ..limits },
            _ => limits,
        };
        let failed = |error: ReadError| error.failure(path, built_in);
        let source = TextSource::open(path, packing, limits).map_err(failed)?;
        let mut bytes = source.bytes().map_err(failed)?;
        let inferred = reader.infer_schema(|buffer: &mut [u8]| bytes.read(buffer)).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            format,
            source,
            reader,
            inferred,
            built_in,
            bad_rows: options.bad_rows,
        })
    }

    /// Makes every column of delimited text a string, as its fields stand; JSON has types of its own.
    pub fn with_fields_as_strings(mut self) -> Result<Self, Failure> {
        if self.is_delimited() {
            let texts = Schema::new(self.schema().names().map(|name| (name, ScalarType::String)));
            self.reader = self.reader.schema(texts);
            // No byte is read for a schema that is given.
            self.inferred = self
                .reader
                .infer_schema(|_| Ok(0))
                .map_err(|error: ReadError| error.failure(&self.path, false))?;
        }
        Ok(self)
    }

    /// The file's name.
    pub fn origin(&self) -> String {
        self.path.display().to_string()
    }

    /// Each field is a text, as in CSV.
    pub const fn is_delimited(&self) -> bool {
        matches!(self.format, DataFormat::Csv | DataFormat::Tsv)
    }

    /// What was inferred.
    pub const fn inferred(&self) -> &InferredSchema {
        &self.inferred
    }

    /// Reads the file with the columns of other files of the table, too.
    pub fn set_inferred(&mut self, inferred: InferredSchema) {
        self.inferred = inferred;
    }

    /// The schema, as far as it is known.
    pub const fn schema(&self) -> &Schema {
        self.inferred.schema()
    }

    /// What of the data a table with the columns that were given does not take.
    pub fn warnings(&self, table: &str, given: Option<&Schema>) -> Vec<DataWarning> {
        let origin = self.origin();
        let rows_inside = self.inferred.rows_inside();
        let Some(given) = given else {
            let alone = rows_inside.filter(|_| self.schema().len() == 1);
            return alone.map(|path| DataWarning::of_rows_inside(&origin, path)).into_iter().collect();
        };
        DataWarning::of_columns(&FileColumns {
            origin: &origin,
            table,
            given,
            all: self.schema(),
            rows_inside,
            has_values: &|name| self.inferred.has_values(name),
        })
    }

    /// Whether a row that was not looked at may contradict the schema.
    pub const fn is_guess(&self) -> bool {
        self.inferred.is_guess()
    }

    /// Reads the rows; skipped ones are reported on the standard error. Columns that are not among `columns` are null,
    /// save that skipped rows must not depend on the query: then all are read.
    ///
    /// Rows that the query does not need may be left out.
    ///
    /// `None` if a row contradicts the schema. Then it has been inferred anew from all rows, see [`TextFile::schema`].
    pub fn load(
        &mut self,
        columns: &[String],
        scan_filter: Option<&ScanFilter<'_>>,
        max_bytes: usize,
    ) -> Result<Option<Table>, Failure> {
        let reader = match self.bad_rows {
            BadRows::Fail => self.reader.clone().columns(columns),
            BadRows::Skip => self.reader.clone(),
        };
        let reader = reader.max_table_bytes(max_bytes);
        let mut bytes = self.source.bytes().map_err(|error| error.failure(&self.path, self.built_in))?;
        let reader = match bytes.size() {
            Some(size) => reader.size(size),
            None => reader,
        };
        let source = |buffer: &mut [u8]| bytes.read(buffer);
        let loaded = match scan_filter {
            Some(scan_filter) => reader.load_filtered(&self.inferred, source, &|rows| scan_filter.rows(rows)),
            None => reader.load(&self.inferred, source),
        };
        if let Some(loaded) = loaded.map_err(|error| error.failure(&self.path, self.built_in))? {
            SkippedRows::of(&loaded).with_mended(&self.origin(), &loaded.mended).print();
            return Ok(Some(loaded.table));
        }
        self.infer_from_all()?;
        Ok(None)
    }

    /// Infers the schema anew from all rows.
    pub fn infer_from_all(&mut self) -> Result<(), Failure> {
        let mut bytes = self.source.bytes().map_err(|error| error.failure(&self.path, self.built_in))?;
        let inferred = self
            .reader
            .infer_schema_from_all(|buffer: &mut [u8]| bytes.read(buffer))
            .map_err(|error| error.failure(&self.path, self.built_in))?;
        let first = std::mem::replace(&mut self.inferred, inferred);
        tell_widened(&self.origin(), first.schema(), self.schema());
        Ok(())
    }

    /// Reads all rows and keeps none: for what is wrong with them. `Ok(None)` if one contradicts the schema.
    pub fn check(&self) -> Result<Option<SkippedRows>, Failure> {
        let mut skipped = SkippedRows::default();
        for part in self.scan(&[])? {
            match part {
                Ok((_, more)) => skipped.append(more),
                Err(ScanEnd::Contradicted) => return Ok(None),
                Err(ScanEnd::Failed(failure)) => return Err(failure),
            }
        }
        Ok(Some(skipped))
    }

    /// Begins to read the rows. Columns that are not among `columns` are null, as with [`TextFile::load`].
    fn scan<'a>(&self, columns: &[&str]) -> Result<TextParts<'a, impl NextBytes + use<>>, Failure> {
        let reader = match self.bad_rows {
            BadRows::Fail => self.reader.clone().columns(columns.iter().copied()),
            BadRows::Skip => self.reader.clone(),
        };
        let mut bytes = self.source.bytes().map_err(|error| error.failure(&self.path, self.built_in))?;
        let reader = match bytes.size() {
            Some(size) => reader.size(size),
            None => reader,
        };
        let reader = match self.format {
            // It is one part, whose text is held.
            DataFormat::Json => reader,
            _ => reader.max_table_bytes(usize::MAX),
        };
        let scan = reader.scan(&self.inferred, move |buffer: &mut [u8]| bytes.read(buffer));
        Ok(TextParts { scan, path: self.path.clone(), built_in: self.built_in, skipped: 0 })
    }
}

impl ScanFile for TextFile {
    fn schema(&self) -> Schema {
        self.inferred.schema().clone()
    }

    fn skips_rows(&self) -> bool {
        self.bad_rows == BadRows::Skip
    }

    fn parts<'a>(&'a self, request: ScanRequest<'a>) -> Result<FileParts<'a>, Failure> {
        let mut parts = self.scan(&request.columns)?;
        if let Some(limit) = request.limit.filter(|_| !self.skips_rows()) {
            parts.scan = parts.scan.limit(limit);
        }
        if !request.filter_columns().is_empty() {
            parts.scan = parts.scan.filter(move |rows| request.passing_rows(rows));
        }
        Ok(Box::new(parts))
    }
}

/// The first bytes of a file, unpacked; none of what can be read but once.
fn first_bytes(path: &Path, packing: Option<Packing>, limits: ByteOptions) -> Result<Vec<u8>, Failure> {
    const BYTES: usize = 1 << 16;
    if !std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?.is_file() {
        return Ok(Vec::new());
    }
    let failed = |error: ReadError| error.failure(path, false);
    let mut bytes = TextSource::open(path, packing, limits).and_then(|it| it.bytes()).map_err(failed)?;
    let (mut start, mut read) = (vec![0; BYTES], 0);
    while let Some(room) = start.get_mut(read..).filter(|room| !room.is_empty()) {
        match bytes.read(room).map_err(failed)? {
            0 => break,
            more => read += more,
        }
    }
    start.truncate(read);
    Ok(start)
}

/// Says which columns have other types in all rows than in the first ones.
fn tell_widened(origin: &str, first: &Schema, all: &Schema) {
    let changed = first.columns.iter().filter_map(|column| {
        let found = all.columns.get(all.position(&column.name)?)?;
        (found.data_type != column.data_type).then_some((column, found))
    });
    for (column, found) in changed.take(MAX_TOLD) {
        eprint_str(&format!(
            "note: {origin}: the column '{}' is {} in the first rows, and read as {}, which holds the values of all\n",
            column.name, column.data_type, found.data_type
        ));
    }
}

/// The most columns that are told.
const MAX_TOLD: usize = 20;

/// Puts the next bytes of a file into a buffer.
trait NextBytes: FnMut(&mut [u8]) -> Result<usize, ReadError> + Send {}

impl<F: FnMut(&mut [u8]) -> Result<usize, ReadError> + Send> NextBytes for F {}

/// The parts of a file.
struct TextParts<'a, S> {
    scan: TableScan<'a, S, ReadError>,
    path: PathBuf,
    built_in: bool,
    /// How many skipped rows were told.
    skipped: usize,
}

impl<S: NextBytes> Iterator for TextParts<'_, S> {
    type Item = Result<(Table, SkippedRows), ScanEnd>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.scan.next()? {
            Ok(table) => {
                let (listed, count) = self.scan.skipped();
                let more =
                    SkippedRows::new(listed.get(self.skipped..).unwrap_or_default(), count - self.skipped);
                self.skipped = count;
                let mended = self.scan.mended();
                Ok((table, more.with_mended(&self.path.display().to_string(), &mended)))
            }
            Err(_) if self.scan.is_contradicted() => Err(ScanEnd::Contradicted),
            Err(error) => Err(ScanEnd::Failed(error.failure(&self.path, self.built_in))),
        })
    }
}
