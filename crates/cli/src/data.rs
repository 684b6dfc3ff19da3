//! Files to tables: which file is which table, which schema it gets, which of its columns are read, gzip, the bar while
//! it loads. It must not know queries.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Cursor, ErrorKind, IsTerminal, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use kqlite::{BadRows, DataError, DataFormat, InferredSchema, Loaded, RowFilter, Schema, Table, TableReader};

use crate::columnar::{self, ColumnarFile};
use crate::failure::Failure;

/// The schemas of `--schema`, by table.
pub type Schemas = HashMap<String, Schema>;

/// One table and its file.
#[derive(Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The table's name.
    pub name: String,
    /// Its data.
    pub path: PathBuf,
}

/// The files behind the values of `--data`.
pub fn data_files(values: &[String]) -> Result<Vec<DataFile>, Failure> {
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut add = |name: String, path: PathBuf| match files.insert(name.clone(), path) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format_args!("the table '{name}' is given twice"))),
    };
    for value in values {
        let (name, path) = match value.split_once('=') {
            // A path may hold an equals sign too.
            Some((name, path)) if !Path::new(value).exists() => (Some(name), Path::new(path)),
            _ => (None, Path::new(value.as_str())),
        };
        if name.is_none() && path.is_dir() {
            let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
                .and_then(|entries| entries.map(|entry| entry.map(|it| it.path())).collect())
                .map_err(|error| Failure::file(path, &error))?;
            entries.sort();
            for entry in entries.into_iter().filter(|entry| entry.is_file() && is_data(entry)) {
                add(table_name(&entry), entry)?;
            }
            continue;
        }
        if !is_data(path) {
            let known =
                ".json, .ndjson, .jsonl, .csv, .tsv, or one of these with .gz; .parquet, .arrow, .feather";
            return Err(Failure::usage(format_args!("{}: the name must end in {known}", path.display())));
        }
        add(name.map_or_else(|| table_name(path), str::to_owned), path.to_owned())?;
    }
    Ok(files.into_iter().map(|(name, path)| DataFile { name, path }).collect())
}

/// The name is one of data.
fn is_data(path: &Path) -> bool {
    format_of(path).is_some() || columnar::is_columnar(path)
}

/// The form of a file by its name, and whether it is compressed.
fn format_of(path: &Path) -> Option<(DataFormat, bool)> {
    let name = path.file_name()?.to_str()?;
    let (name, compressed) = name.strip_suffix(".gz").map_or((name, false), |name| (name, true));
    let (_, ending) = name.rsplit_once('.')?;
    Some((ending.parse().ok()?, compressed))
}

/// The file's name without its endings.
fn table_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// Reads `--schema`: `{"Table": {"Column": "type"}}`, columns in their order.
pub fn read_schemas(path: &Path) -> Result<Schemas, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    parse_schemas(&bytes).map_err(|message| Failure::wrong(format_args!("{}: {message}", path.display())))
}

fn parse_schemas(bytes: &[u8]) -> Result<Schemas, String> {
    let tables: indexmap::IndexMap<String, indexmap::IndexMap<String, String>> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    tables
        .into_iter()
        .map(|(table, columns)| {
            let columns = columns
                .into_iter()
                .map(|(name, kind)| match kind.parse() {
                    Ok(kind) => Ok((name, kind)),
                    Err(()) => Err(format!("table '{table}', column '{name}': there is no type '{kind}'")),
                })
                .collect::<Result<Vec<_>, String>>()?;
            Ok((table, Schema::new(columns)))
        })
        .collect()
}

/// Which schema a table's data gets.
#[derive(Debug)]
pub enum Shape {
    /// These columns and no others.
    Exactly(Schema),
    /// These columns, and what the data has beside them.
    BuiltIn(Schema),
    /// What the data tells.
    Inferred,
}

/// How all data is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// What is done with rows that do not fit.
    pub bad_rows: BadRows,
    /// How many threads may read.
    pub threads: usize,
}

/// Which rows are needed.
#[derive(Clone, Copy)]
pub struct Needed<'k> {
    /// What it can be told by.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only files by column look at it"))]
    pub columns: &'k [&'k str],
    /// Who reads the table: the columns of each.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only files by column look at it"))]
    pub readers: &'k [Vec<&'k str>],
    /// Tells it for each reader.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only files by column look at it"))]
    pub keep_each: &'k (dyn Fn(&Table) -> Option<Vec<Vec<u32>>> + Sync),
    /// Tells it for all readers together.
    pub keep: RowFilter<'k>,
}

/// A table in a file: its columns are known before its rows are loaded.
pub enum TableFile {
    Text(Box<TextFile>),
    Columnar(ColumnarFile),
}

impl TableFile {
    /// Looks at a file as far as it takes to tell the columns.
    pub fn open(path: &Path, shape: &Shape, reading: Reading) -> Result<Self, Failure> {
        if columnar::is_columnar(path) {
            return ColumnarFile::open(path, shape, reading).map(Self::Columnar);
        }
        TextFile::open(path, shape, reading).map(|file| Self::Text(Box::new(file)))
    }

    /// The columns, as far as they were looked at.
    pub fn schema(&self) -> &Schema {
        match self {
            Self::Text(file) => file.schema(),
            Self::Columnar(file) => file.schema(),
        }
    }

    /// A row that was not looked at may have other columns or types.
    pub fn is_guess(&self) -> bool {
        match self {
            Self::Text(file) => file.is_guess(),
            Self::Columnar(_) => false,
        }
    }

    /// Reads the rows, as [`TextFile::load`] does. Columns that are not among `columns` may be missing.
    pub fn load(&mut self, columns: &[String], needed: Option<Needed<'_>>) -> Result<Option<Table>, Failure> {
        match self {
            Self::Text(file) => file.load(columns, needed.map(|it| it.keep)),
            Self::Columnar(file) => file.load(columns, needed).map(Some),
        }
    }
}

/// A table in a file of text.
pub struct TextFile {
    path: PathBuf,
    /// The bytes, where they can be read but once.
    kept: Option<Arc<[u8]>>,
    reader: TableReader,
    inferred: InferredSchema,
    built_in: bool,
    bad_rows: BadRows,
}

impl TextFile {
    /// Looks at a file as far as it takes to tell the columns.
    pub fn open(path: &Path, shape: &Shape, reading: Reading) -> Result<Self, Failure> {
        let (format, _) = format_of(path)
            .ok_or_else(|| Failure::usage(format_args!("{}: unknown kind of data", path.display())))?;
        let reader = TableReader::new(format)
            .origin(path.display().to_string())
            .bad_rows(reading.bad_rows)
            .threads(reading.threads);
        let (reader, built_in) = match shape {
            Shape::Exactly(schema) => (reader.schema(schema.clone()), false),
            Shape::BuiltIn(schema) => (reader.schema(schema.clone()).further_columns(true), true),
            Shape::Inferred => (reader, false),
        };
        let kept = read_once(path)?;
        let mut bytes = Bytes::open(path, kept.as_ref())?;
        let inferred = reader
            .infer_schema(|buffer: &mut [u8]| bytes.read(buffer))
            .map_err(|trouble| trouble.failure(path, built_in))?;
        Ok(Self { path: path.to_owned(), kept, reader, inferred, built_in, bad_rows: reading.bad_rows })
    }

    /// The columns, as far as they were looked at.
    pub const fn schema(&self) -> &Schema {
        self.inferred.schema()
    }

    /// A row that was not looked at may have other columns or types.
    pub const fn is_guess(&self) -> bool {
        self.inferred.is_guess()
    }

    /// Reads the rows; what was skipped is told on the standard error. Columns that are not among `columns` are null,
    /// save that skipped rows must not depend on the query: then all are read.
    ///
    /// Rows that `keep` does not ask for may be left out.
    ///
    /// `None` if a row says that the columns are others. Then all rows have been looked at, and [`TextFile::schema`] tells.
    pub fn load(
        &mut self,
        columns: &[String],
        keep: Option<RowFilter<'_>>,
    ) -> Result<Option<Table>, Failure> {
        let reader = match self.bad_rows {
            BadRows::Fail => self.reader.clone().columns(columns),
            BadRows::Skip => self.reader.clone(),
        };
        let mut bytes = Bytes::open(&self.path, self.kept.as_ref())?;
        let reader = match bytes.size() {
            Some(size) => reader.size(size),
            None => reader,
        };
        let source = |buffer: &mut [u8]| bytes.read(buffer);
        let loaded = match keep {
            Some(keep) => reader.load_filtered(&self.inferred, source, keep),
            None => reader.load(&self.inferred, source),
        };
        if let Some(loaded) = loaded.map_err(|trouble| trouble.failure(&self.path, self.built_in))? {
            tell_skipped(&loaded);
            return Ok(Some(loaded.table));
        }
        let mut bytes = Bytes::open(&self.path, self.kept.as_ref())?;
        self.inferred = reader
            .infer_schema_from_all(|buffer: &mut [u8]| bytes.read(buffer))
            .map_err(|trouble| trouble.failure(&self.path, self.built_in))?;
        Ok(None)
    }
}

/// Reads a file that a query declares the columns of: the engine converts, so fields stay the texts that they are.
pub fn load_declared(path: &Path, reading: Reading) -> Result<Table, Failure> {
    if columnar::is_columnar(path) {
        let file = ColumnarFile::open(path, &Shape::Inferred, reading)?;
        let columns: Vec<String> = file.schema().names().map(str::to_owned).collect();
        return file.load(&columns, None);
    }
    let mut file = TextFile::open(path, &Shape::Inferred, reading)?;
    if matches!(format_of(path), Some((DataFormat::Csv | DataFormat::Tsv, _))) {
        let texts = Schema::new(file.schema().names().map(|name| (name, kqlite::ScalarType::String)));
        file.reader = file.reader.schema(texts);
        file.inferred = file.reader.infer_schema(|_| Ok(0)).map_err(|it: Trouble| it.failure(path, false))?;
    }
    loop {
        let columns: Vec<String> = file.schema().names().map(str::to_owned).collect();
        if let Some(table) = file.load(&columns, None)? {
            return Ok(table);
        }
    }
}

/// Says which rows were skipped.
pub fn tell_skipped(loaded: &Loaded) {
    let mut text = String::new();
    for error in loaded.skipped.iter().take(MAX_TOLD) {
        text.push_str(&format!("skipped: {error}\n"));
    }
    if loaded.skipped_count > MAX_TOLD {
        text.push_str(&format!("skipped: {} more rows\n", loaded.skipped_count - MAX_TOLD));
    }
    crate::tell(&text);
}

/// So many skipped rows are told one by one.
const MAX_TOLD: usize = 20;

/// Why a file could not be loaded.
enum Trouble {
    Data(Box<DataError>),
    File(std::io::Error),
}

impl From<DataError> for Trouble {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl Trouble {
    fn failure(self, path: &Path, built_in: bool) -> Failure {
        match self {
            Self::File(error) => Failure::file(path, &error),
            Self::Data(error) => wrong(&error, built_in),
        }
    }
}

/// The failure for data that is wrong.
pub fn wrong(error: &DataError, built_in: bool) -> Failure {
    let mut text = format!("error[{}]: {error}\n", error.code());
    if built_in && error.expected.is_some() {
        text.push_str(" = help: the table has built-in columns; --schema FILE gives it others\n");
    }
    Failure::Wrong(text)
}

/// A file's bytes, unpacked, piece by piece.
struct Bytes {
    from: Unpacked,
    bar: Bar,
}

enum Unpacked {
    Plain(Raw),
    Packed(Box<MultiGzDecoder<Raw>>),
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

impl Bytes {
    fn open(path: &Path, kept: Option<&Arc<[u8]>>) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::file(path, &error);
        let (raw, total) = match kept {
            Some(bytes) => (Raw::Memory(Cursor::new(bytes.clone())), bytes.len() as u64),
            None => {
                let file = File::open(path).map_err(failed)?;
                let total = file.metadata().map_err(failed)?.len();
                (Raw::File(file), total)
            }
        };
        let from = match format_of(path) {
            Some((_, true)) => Unpacked::Packed(Box::new(MultiGzDecoder::new(raw))),
            _ => Unpacked::Plain(raw),
        };
        Ok(Self { from, bar: Bar::new(&path.display().to_string(), total) })
    }

    /// How many bytes there are, as far as that is known before.
    const fn size(&self) -> Option<u64> {
        match self.from {
            Unpacked::Plain(_) => Some(self.bar.total),
            Unpacked::Packed(_) => None,
        }
    }

    /// Puts the next bytes into the buffer, and says how many they are; none at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        let (read, done) = loop {
            let (read, done) = match &mut self.from {
                Unpacked::Plain(raw) => (raw.read(buffer), raw.position()),
                Unpacked::Packed(decoder) => (decoder.read(buffer), decoder.get_mut().position()),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break (read.map_err(Trouble::File)?, done),
            }
        };
        self.bar.report(done);
        Ok(read)
    }
}

/// The bytes of what can be read but once, such as a pipe.
fn read_once(path: &Path) -> Result<Option<Arc<[u8]>>, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    if std::fs::metadata(path).map_err(failed)?.is_file() {
        return Ok(None);
    }
    Ok(Some(std::fs::read(path).map_err(failed)?.into()))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_files() {
        let files = data_files(&["T=x/a.csv".into(), "b.ndjson.gz".into()]).unwrap();
        let expected = [("T", "x/a.csv"), ("b", "b.ndjson.gz")];
        assert_eq!(files, expected.map(|(name, path)| DataFile { name: name.into(), path: path.into() }));
        assert!(data_files(&["a.csv".into(), "x/a.json".into()]).is_err());
        assert!(data_files(&["T=notes.txt".into()]).is_err());
    }

    #[test]
    fn schemas_keep_the_order_of_columns() {
        let schemas = parse_schemas(br#"{"T":{"z":"long","a":"double"}}"#).unwrap();
        assert_eq!(schemas["T"].names().collect::<Vec<_>>(), ["z", "a"]);
        let error = parse_schemas(br#"{"T":{"z":"text"}}"#).unwrap_err();
        assert_eq!(error, "table 'T', column 'z': there is no type 'text'");
    }
}
