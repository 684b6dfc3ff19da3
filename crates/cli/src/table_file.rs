//! Opens and loads a table in a file of any format. It must not know queries, but for the rows that one needs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use kqlite::{Database, ScanFilter, Schema, Table};

use crate::columnar::{ColumnarFile, is_columnar};
use crate::data_warning::DataWarning;
use crate::failure::Failure;
use crate::file_group::{ColumnarFiles, TextFiles};
use crate::file_source::{FileSource, ScanFile, SharedReport};
use crate::output::eprint_str;
use crate::source::{ReadOptions, SchemaChoice, SkippedRows};
use crate::text_file::TextFile;

/// A table in one file or several: its columns are known before its rows are loaded.
pub enum TableFile {
    Text(TextFiles),
    Columnar(ColumnarFiles),
}

impl TableFile {
    /// Opens the files of a table, and reads or infers their schemas.
    pub fn open(paths: &[PathBuf], choice: &SchemaChoice, options: &ReadOptions) -> Result<Self, Failure> {
        if let Some(first) = paths.iter().find(|path| is_columnar(path)) {
            if let Some(other) = paths.iter().find(|path| !is_columnar(path)) {
                return Err(mixed(other, first));
            }
            let open = |path: &PathBuf| ColumnarFile::open(path, choice, options.clone());
            let files = paths.iter().map(open).collect::<Result<Vec<_>, Failure>>()?;
            let again = |file: &ColumnarFile, schema: &Schema| {
                ColumnarFile::open(file.path(), &SchemaChoice::Exactly(schema.clone()), options.clone())
            };
            return ColumnarFiles::open(files, again).map(Self::Columnar);
        }
        let mut files: Vec<TextFile> = Vec::new();
        let mut told = HashSet::new();
        for path in paths {
            let file = TextFile::open(path, choice, options.clone())?;
            if let Some(other) = files.first().filter(|it| it.is_delimited() != file.is_delimited()) {
                return Err(mixed(path, Path::new(&other.origin())));
            }
            // What one file shows, its kin do too.
            for note in notes(&file, choice).filter(|note| told.insert(note.clone())) {
                eprint_str(&format!("note: {}: {note}\n", file.origin()));
            }
            files.push(file);
        }
        Ok(Self::Text(TextFiles::new(files)))
    }

    /// The schema, as far as it is known.
    pub fn schema(&self) -> &Schema {
        match self {
            Self::Text(files) => files.schema(),
            Self::Columnar(files) => files.schema(),
        }
    }

    /// What of the data a table does not take that has these columns, whatever the data.
    pub fn warnings(&self, table: &str, given: Option<&Schema>) -> Vec<DataWarning> {
        match self {
            Self::Text(files) => files.warnings(table, given),
            Self::Columnar(files) => files.warnings(table, given),
        }
    }

    /// Whether a row that was not looked at may contradict the schema.
    pub fn is_guess(&self) -> bool {
        match self {
            Self::Text(files) => files.is_guess(),
            Self::Columnar(_) => false,
        }
    }

    /// Adds the files to a database as a table whose rows are read as a query asks for them.
    pub fn add_source(&self, database: &mut Database, name: &str) -> SharedReport {
        let report = SharedReport::default();
        match self {
            Self::Text(files) => add(files, database, name, &report),
            Self::Columnar(files) => add(files, database, name, &report),
        }
        report
    }

    /// Reads all rows and keeps none: for what is wrong with them. `Ok(None)` if one contradicts the schema.
    pub fn check(&self) -> Result<Option<SkippedRows>, Failure> {
        match self {
            Self::Text(files) => files.check(),
            Self::Columnar(files) => files.check().map(Some),
        }
    }

    /// Infers the schema anew from all rows, where it was a guess.
    pub fn infer_from_all(&mut self) -> Result<(), Failure> {
        match self {
            Self::Text(files) => files.infer_from_all(),
            Self::Columnar(_) => Ok(()),
        }
    }

    /// Reads the rows, as [`TextFile::load`] does. Columns that are not among `columns` may be missing.
    ///
    /// # Errors
    /// What is wrong with the data, and a table of more than `max_bytes`.
    pub fn load(
        &mut self,
        columns: &[String],
        scan_filter: Option<&ScanFilter<'_>>,
        max_bytes: usize,
    ) -> Result<Option<Table>, Failure> {
        match self {
            Self::Text(files) => files.load(columns, scan_filter, max_bytes),
            Self::Columnar(files) => files.load(columns, scan_filter, max_bytes).map(Some),
        }
    }
}

/// What is told of how a file is read.
fn notes(file: &TextFile, choice: &SchemaChoice) -> impl Iterator<Item = String> {
    let inferred = file.inferred();
    // Where nothing else is in the row, that is a warning.
    let is_told = matches!(choice, SchemaChoice::Inferred)
        && inferred.is_one_object_around_rows()
        && file.schema().len() > 1;
    let rows = inferred.rows_inside().filter(|_| is_told);
    let rows = rows.map(|path| format!("there is one row; --path {path} reads the rows in it"));
    inferred.note().into_iter().chain(rows)
}

/// The failure for files of a table whose values are written in different ways.
fn mixed(one: &Path, other: &Path) -> Failure {
    Failure::usage(format_args!(
        "{}: the files of one table are all of one kind, JSON, delimited text or Parquet and Arrow, and {} is of another",
        one.display(),
        other.display()
    ))
}

fn add<F: ScanFile + Clone>(file: &F, database: &mut Database, name: &str, report: &SharedReport) {
    database.add_source(name, FileSource { file: file.clone(), report: report.clone() });
}

/// Reads a Parquet or Arrow file.
pub fn load_columnar(path: &Path, options: ReadOptions) -> Result<Table, Failure> {
    let max_bytes = options.max_bytes;
    let file = ColumnarFile::open(path, &SchemaChoice::Inferred, options)?;
    let columns: Vec<String> = file.schema().names().map(str::to_owned).collect();
    file.load(&columns, None, max_bytes)
}

/// Reads a file whose fields stay the texts that they are: whoever reads the table knows their types.
pub fn load_declared(path: &Path, options: ReadOptions) -> Result<Table, Failure> {
    if is_columnar(path) {
        return load_columnar(path, options);
    }
    let max_bytes = options.max_bytes;
    let mut file = TextFile::open(path, &SchemaChoice::Inferred, options)?.with_fields_as_strings()?;
    loop {
        let columns: Vec<String> = file.schema().names().map(str::to_owned).collect();
        if let Some(table) = file.load(&columns, None, max_bytes)? {
            return Ok(table);
        }
    }
}
