//! Files to tables: which file is which table, which schema it gets, gzip, the bar while it loads.
//! It must not know queries.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use kqlite::{BadRows, DataFormat, Schema, Table, TableReader};

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
            for entry in entries.into_iter().filter(|entry| entry.is_file() && format_of(entry).is_some()) {
                add(table_name(&entry), entry)?;
            }
            continue;
        }
        if format_of(path).is_none() {
            let known = ".json, .ndjson, .jsonl, .csv, .tsv, or one of these with .gz";
            return Err(Failure::usage(format_args!("{}: the name must end in {known}", path.display())));
        }
        add(name.map_or_else(|| table_name(path), str::to_owned), path.to_owned())?;
    }
    Ok(files.into_iter().map(|(name, path)| DataFile { name, path }).collect())
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
    /// What the query declares: the engine converts, so fields stay the texts that they are.
    Declared,
}

/// Reads a file into a table; what was skipped is told on the standard error.
pub fn load(path: &Path, shape: &Shape, bad_rows: BadRows) -> Result<Table, Failure> {
    let (format, compressed) = format_of(path)
        .ok_or_else(|| Failure::usage(format_args!("{}: unknown kind of data", path.display())))?;
    let bytes = read_bytes(path, compressed)?;
    let bar = Bar::new(&path.display().to_string(), bytes.len());
    let report = |done: usize| bar.report(done);
    let reader =
        TableReader::new(format).origin(path.display().to_string()).bad_rows(bad_rows).progress(&report);
    let loaded = match shape {
        Shape::Exactly(schema) => reader.schema(schema.clone()).read(&bytes),
        Shape::BuiltIn(schema) => reader.schema(schema.clone()).further_columns(true).read(&bytes),
        Shape::Inferred => reader.read(&bytes),
        Shape::Declared => reader.clone().read(&bytes).and_then(|inferred| {
            if !matches!(format, DataFormat::Csv | DataFormat::Tsv) {
                return Ok(inferred);
            }
            let names = inferred.table.schema().names();
            let texts = Schema::new(names.map(|name| (name, kqlite::ScalarType::String)));
            reader.schema(texts).read(&bytes)
        }),
    };
    bar.finish();
    let loaded = loaded.map_err(|error| {
        let mut text = format!("error[{}]: {error}\n", error.code());
        if matches!(shape, Shape::BuiltIn(_)) && error.expected.is_some() {
            text.push_str(" = help: the table has built-in columns; --schema FILE gives it others\n");
        }
        Failure::Wrong(text)
    })?;
    if loaded.skipped_count > 0 {
        let mut text = String::new();
        for error in loaded.skipped.iter().take(MAX_TOLD) {
            text.push_str(&format!("skipped: {error}\n"));
        }
        if loaded.skipped_count > MAX_TOLD {
            text.push_str(&format!("skipped: {} more rows\n", loaded.skipped_count - MAX_TOLD));
        }
        crate::tell(&text);
    }
    Ok(loaded.table)
}

/// So many skipped rows are told one by one.
const MAX_TOLD: usize = 20;

/// The file's bytes, unpacked.
fn read_bytes(path: &Path, compressed: bool) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    if !compressed {
        return std::fs::read(path).map_err(failed);
    }
    let mut bytes = Vec::new();
    MultiGzDecoder::new(File::open(path).map_err(failed)?).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A bar on a terminal once a file takes longer than a second.
struct Bar {
    name: String,
    total: usize,
    started: Instant,
    shown: Cell<bool>,
    bar: ProgressBar,
}

impl Bar {
    fn new(name: &str, total: usize) -> Self {
        Self {
            name: name.to_owned(),
            total,
            started: Instant::now(),
            shown: Cell::new(false),
            bar: ProgressBar::hidden(),
        }
    }

    fn report(&self, done: usize) {
        if !self.shown.get() {
            if self.started.elapsed() < Duration::from_secs(1) || !std::io::stderr().is_terminal() {
                return;
            }
            self.shown.set(true);
            self.bar.set_length(self.total as u64);
            self.bar.set_message(self.name.clone());
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}") {
                self.bar.set_style(style);
            }
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.set_position(done as u64);
    }

    fn finish(&self) {
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
