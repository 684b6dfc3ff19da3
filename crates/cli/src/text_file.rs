//! A table in a file of text, which may be compressed: its columns are known before its rows are loaded, and a bar shows how
//! far loading is. It must not know queries, but for the rows that one needs.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, IsTerminal, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::bufread::GzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use kqlite::{
    BadRows, DataError, DataFormat, InferredSchema, ScalarType, ScanFilter, ScanRequest, Schema, Table,
    TableReader, TableScan,
};

use crate::data::format_of;
use crate::data_warning::{DataWarning, FileColumns};
use crate::failure::Failure;
use crate::file_source::{FileParts, ScanEnd, ScanFile};
use crate::output::eprint_str;
use crate::source::{ReadOptions, SchemaChoice, SkippedRows, data_failure};

/// A table in a file of text.
#[derive(Clone)]
pub struct TextFile {
    path: PathBuf,
    /// The bytes, where they can be read but once.
    kept: Option<Arc<[u8]>>,
    reader: TableReader,
    inferred: InferredSchema,
    built_in: bool,
    bad_rows: BadRows,
    /// The most bytes that tables may take.
    max_bytes: usize,
}

impl TextFile {
    /// Opens a file, and infers its schema.
    pub fn open(path: &Path, choice: &SchemaChoice, options: ReadOptions) -> Result<Self, Failure> {
        let (format, _) = format_of(path)
            .ok_or_else(|| Failure::usage(format_args!("{}: unknown kind of data", path.display())))?;
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
        let kept = read_once(path, format, &options).map_err(|error| error.failure(path, built_in))?;
        let mut bytes = Bytes::open(path, kept.as_ref(), options.max_bytes)?;
        let inferred = reader
            .infer_schema(|buffer: &mut [u8]| bytes.read(buffer))
            .map_err(|error| error.failure(path, built_in))?;
        if let Some(note) = inferred.note() {
            eprint_str(&format!("note: {}: {note}\n", path.display()));
        }
        Ok(Self {
            path: path.to_owned(),
            kept,
            reader,
            inferred,
            built_in,
            bad_rows: options.bad_rows,
            max_bytes: options.max_bytes,
        })
    }

    /// Makes every column of delimited text a string, as its fields stand; JSON has types of its own.
    pub fn with_fields_as_strings(mut self) -> Result<Self, Failure> {
        if matches!(format_of(&self.path), Some((DataFormat::Csv | DataFormat::Tsv, _))) {
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

    /// The schema, as far as it is known.
    pub const fn schema(&self) -> &Schema {
        self.inferred.schema()
    }

    /// What of the data a table with the columns that were given does not take.
    pub fn warnings(&self, table: &str, given: Option<&Schema>) -> Vec<DataWarning> {
        let origin = self.path.display().to_string();
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
        let mut bytes = Bytes::open(&self.path, self.kept.as_ref(), self.max_bytes)?;
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
            SkippedRows::of(&loaded).print();
            return Ok(Some(loaded.table));
        }
        self.infer_from_all()?;
        Ok(None)
    }

    /// Infers the schema anew from all rows.
    pub fn infer_from_all(&mut self) -> Result<(), Failure> {
        let mut bytes = Bytes::open(&self.path, self.kept.as_ref(), self.max_bytes)?;
        self.inferred = self
            .reader
            .infer_schema_from_all(|buffer: &mut [u8]| bytes.read(buffer))
            .map_err(|error| error.failure(&self.path, self.built_in))?;
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
        let mut bytes = Bytes::open(&self.path, self.kept.as_ref(), self.max_bytes)?;
        let reader = match bytes.size() {
            Some(size) => reader.size(size),
            None => reader,
        };
        let reader = match format_of(&self.path) {
            // It is one part, whose text is held.
            Some((DataFormat::Json, _)) => reader,
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
                Ok((table, more))
            }
            Err(_) if self.scan.is_contradicted() => Err(ScanEnd::Contradicted),
            Err(error) => Err(ScanEnd::Failed(error.failure(&self.path, self.built_in))),
        })
    }
}

/// Why a file could not be loaded.
enum ReadError {
    Data(Box<DataError>),
    File(std::io::Error),
}

impl From<DataError> for ReadError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl ReadError {
    fn failure(self, path: &Path, built_in: bool) -> Failure {
        match self {
            Self::File(error) => Failure::file(path, &error),
            Self::Data(error) => data_failure(&error, built_in),
        }
    }
}

/// A file's bytes, unpacked, piece by piece.
struct Bytes {
    path: PathBuf,
    from: Unpacked,
    /// How many bytes the file had when it was opened.
    size: u64,
    /// The bytes that were unpacked, and the lines that ended in them.
    unpacked: u64,
    lines: usize,
    /// The most bytes that may be unpacked.
    max_unpacked: u64,
    bar: Bar,
}

enum Unpacked {
    Plain(Raw),
    Packed(Box<Members>),
}

/// A file's bytes.
enum Raw {
    File(File),
    Memory(Cursor<Arc<[u8]>>),
}

impl Raw {
    fn position(&mut self) -> u64 {
        match self {
            Self::File(file) => file.stream_position().unwrap_or_default(),
            Self::Memory(bytes) => bytes.position(),
        }
    }
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

/// A packed file: members one after the other, with zero bytes behind them, with which tapes and disks fill up blocks.
struct Members {
    /// The member that is read; nothing at the end.
    current: Option<GzDecoder<BufReader<Raw>>>,
}

impl Members {
    fn new(raw: Raw) -> Self {
        Self { current: Some(GzDecoder::new(BufReader::new(raw))) }
    }

    /// How many bytes of the file were read, if it is not at its end.
    fn position(&mut self) -> Option<u64> {
        Some(self.current.as_mut()?.get_mut().get_mut().position())
    }
}

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while let Some(member) = &mut self.current {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(mut rest) = self.current.take().map(GzDecoder::into_inner) else { break };
            loop {
                let piece = rest.fill_buf()?;
                let zeros = piece.iter().take_while(|byte| **byte == 0).count();
                if zeros == 0 {
                    break;
                }
                rest.consume(zeros);
            }
            if !rest.fill_buf()?.is_empty() {
                self.current = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// A packed file that is small for what it unpacks to may be made to fill memory; a log becomes 10 to 100 times as large.
const MAX_GZIP_RATIO: u64 = 256;

impl Bytes {
    fn open(path: &Path, kept: Option<&Arc<[u8]>>, max_bytes: usize) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::file(path, &error);
        let (raw, size) = match kept {
            Some(bytes) => (Raw::Memory(Cursor::new(bytes.clone())), bytes.len() as u64),
            None => {
                let file = File::open(path).map_err(failed)?;
                let size = file.metadata().map_err(failed)?.len();
                (Raw::File(file), size)
            }
        };
        let from = match format_of(path) {
            Some((_, true)) => Unpacked::Packed(Box::new(Members::new(raw))),
            _ => Unpacked::Plain(raw),
        };
        Ok(Self {
            path: path.to_owned(),
            from,
            size,
            unpacked: 0,
            lines: 0,
            max_unpacked: size.saturating_mul(MAX_GZIP_RATIO).max(max_bytes as u64),
            bar: Bar::new(&path.display().to_string(), size),
        })
    }

    /// How many bytes there are, as far as that is known before.
    const fn size(&self) -> Option<u64> {
        match self.from {
            Unpacked::Plain(_) => Some(self.size),
            Unpacked::Packed(_) => None,
        }
    }

    /// Puts the next bytes into the buffer, and says how many they are; none at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let (read, done) = loop {
            let (read, done) = match &mut self.from {
                Unpacked::Plain(raw) => (raw.read(buffer), raw.position()),
                Unpacked::Packed(members) => (members.read(buffer), members.position().unwrap_or(self.size)),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break (read, done),
            }
        };
        self.bar.report(done);
        match (read, &self.from) {
            (Ok(read), Unpacked::Plain(_)) => {
                // A file that grows is read to its new end: that is more of the same. One that shrinks has lost rows.
                if read == 0 && !buffer.is_empty() && done < self.size {
                    let message = "the file became shorter while it was read".to_owned();
                    return Err(self.wrong(message, false));
                }
                Ok(read)
            }
            (Ok(read), Unpacked::Packed(_)) => {
                let bytes = buffer.get(..read).unwrap_or_default();
                self.unpacked += read as u64;
                self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
                if self.unpacked > self.max_unpacked {
                    let message = format!("the file unpacks to more than {} MB", self.max_unpacked >> 20);
                    return Err(self.wrong(message, true));
                }
                Ok(read)
            }
            (Err(error), Unpacked::Packed(_))
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                let message = if error.kind() == ErrorKind::UnexpectedEof {
                    "the gzip data is cut off".to_owned()
                } else if self.unpacked == 0 {
                    "this is no gzip data".to_owned()
                } else {
                    format!("the gzip data is broken behind byte {done} of the file")
                };
                Err(self.wrong(message, false))
            }
            (Err(error), _) => Err(ReadError::File(error)),
        }
    }

    /// Makes the error for bytes that are wrong here.
    fn wrong(&self, message: String, beyond_limit: bool) -> ReadError {
        let mut error = DataError::from_message(message);
        error.origin = self.path.display().to_string();
        error.line = matches!(self.from, Unpacked::Packed(_)).then_some(self.lines + 1);
        error.beyond_limit = beyond_limit;
        error.into()
    }
}

/// The bytes of what can be read but once, such as a pipe. They are not more than tables may have, nor more than a row may
/// have without the end of a line.
fn read_once(path: &Path, format: DataFormat, options: &ReadOptions) -> Result<Option<Arc<[u8]>>, ReadError> {
    if std::fs::metadata(path).map_err(ReadError::File)?.is_file() {
        return Ok(None);
    }
    let packed = matches!(format_of(path), Some((_, true)));
    let mut file = File::open(path).map_err(ReadError::File)?;
    let (mut bytes, mut line) = (Vec::new(), 0_usize);
    loop {
        let start = bytes.len();
        Read::by_ref(&mut file).take(PIECE_BYTES).read_to_end(&mut bytes).map_err(ReadError::File)?;
        let piece = bytes.get(start..).unwrap_or_default();
        if piece.is_empty() {
            return Ok(Some(bytes.into()));
        }
        line = match piece.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => piece.len() - at - 1,
            None => line + piece.len(),
        };
        let row = if packed || format == DataFormat::Json { usize::MAX } else { options.max_row_bytes() };
        let beyond = [("a row", line, row), ("the text", bytes.len(), options.max_bytes)];
        if let Some((what, _, limit)) = beyond.into_iter().find(|(_, found, limit)| found > limit) {
            let mut error = DataError::from_message(format!("{what} is longer than {} MB", limit >> 20));
            error.origin = path.display().to_string();
            error.beyond_limit = true;
            return Err(error.into());
        }
    }
}

/// The bytes of a pipe that are read at once.
const PIECE_BYTES: u64 = 1 << 20;

/// A bar on a terminal once a file takes longer than a second.
struct Bar {
    name: String,
    total: u64,
    started: Instant,
    shown: bool,
    bar: ProgressBar,
}

impl Bar {
    fn new(name: &str, total: u64) -> Self {
        Self {
            name: name.to_owned(),
            total,
            started: Instant::now(),
            shown: false,
            bar: ProgressBar::hidden(),
        }
    }

    fn report(&mut self, done: u64) {
        if !self.shown {
            if self.started.elapsed() < Duration::from_secs(1) || !std::io::stderr().is_terminal() {
                return;
            }
            self.shown = true;
            self.bar.set_length(self.total);
            self.bar.set_message(self.name.clone());
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}") {
                self.bar.set_style(style);
            }
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
