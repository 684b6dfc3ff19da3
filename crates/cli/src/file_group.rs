//! A table in several files: its columns are those of all of them, its rows come file by file. It must not know formats.

use kqlite::{Database, InferredSchema, ScalarType, ScanFilter, ScanRequest, Schema, Table};

use crate::columnar::ColumnarFile;
use crate::data_warning::DataWarning;
use crate::failure::Failure;
use crate::file_source::{FileParts, ScanFile};
use crate::output::eprint_str;
use crate::source::SkippedRows;
use crate::text_file::TextFile;

/// A table in files of text, one at least, which have the columns of all of them.
#[derive(Clone)]
pub struct TextFiles {
    files: Vec<TextFile>,
    /// What was inferred from each of them alone.
    inferred: Vec<InferredSchema>,
}

impl TextFiles {
    /// Joins the columns of files.
    pub fn new(files: Vec<TextFile>) -> Self {
        let inferred = files.iter().map(|file| file.inferred().clone()).collect();
        let mut joined = Self { files, inferred };
        joined.join();
        joined.tell_widened();
        joined
    }

    fn join(&mut self) {
        let mut joined: Option<InferredSchema> = None;
        for own in &self.inferred {
            match &mut joined {
                None => joined = Some(own.clone()),
                Some(joined) => joined.join(own),
            }
        }
        for file in &mut self.files {
            if let Some(joined) = &joined {
                file.set_inferred(joined.clone());
            }
        }
    }

    /// Says which columns have other types in one file than in the files together.
    fn tell_widened(&self) {
        let named = self.files.iter().map(TextFile::origin);
        tell_widened(self.schema(), named.zip(self.inferred.iter().map(InferredSchema::schema)));
    }

    /// The schema, as far as it is known.
    pub fn schema(&self) -> &Schema {
        static NONE: Schema = Schema { columns: Vec::new() };
        self.files.first().map_or(&NONE, TextFile::schema)
    }

    /// What of the data a table with the columns that were given does not take: all files together are its data.
    pub fn warnings(&self, table: &str, given: Option<&Schema>) -> Vec<DataWarning> {
        self.files.first().map(|file| file.warnings(table, given)).unwrap_or_default()
    }

    /// Whether a row that was not looked at may contradict the schema.
    pub fn is_guess(&self) -> bool {
        self.files.iter().any(TextFile::is_guess)
    }

    /// Infers the schema anew from all rows of all files.
    pub fn infer_from_all(&mut self) -> Result<(), Failure> {
        self.infer_beside(None)
    }

    /// The same, but for a file that was read to its end by now.
    fn infer_beside(&mut self, done: Option<usize>) -> Result<(), Failure> {
        for (at, (file, own)) in self.files.iter_mut().zip(&mut self.inferred).enumerate() {
            if done != Some(at) {
                file.infer_from_all()?;
            }
            *own = file.inferred().clone();
        }
        self.join();
        self.tell_widened();
        Ok(())
    }

    /// Reads all rows and keeps none: for what is wrong with them. `Ok(None)` if one contradicts the schema.
    pub fn check(&self) -> Result<Option<SkippedRows>, Failure> {
        let mut skipped = SkippedRows::default();
        for file in &self.files {
            match file.check()? {
                Some(more) => skipped.append(more),
                None => return Ok(None),
            }
        }
        Ok(Some(skipped))
    }

    /// Reads the rows, as [`TextFile::load`] does.
    pub fn load(
        &mut self,
        columns: &[String],
        scan_filter: Option<&ScanFilter<'_>>,
        max_bytes: usize,
    ) -> Result<Option<Table>, Failure> {
        let (mut tables, mut left) = (Vec::new(), max_bytes);
        for (at, file) in self.files.iter_mut().enumerate() {
            let Some(table) = file.load(columns, scan_filter, left)? else {
                self.infer_beside(Some(at))?;
                return Ok(None);
            };
            left = left.saturating_sub(table.byte_size());
            tables.push(table);
        }
        appended(tables).map(Some)
    }
}

impl ScanFile for TextFiles {
    fn schema(&self) -> Schema {
        self.schema().clone()
    }

    fn skips_rows(&self) -> bool {
        self.files.iter().any(ScanFile::skips_rows)
    }

    fn parts<'a>(&'a self, request: ScanRequest<'a>) -> Result<FileParts<'a>, Failure> {
        Ok(chained(&self.files, request))
    }
}

/// A table in Parquet or Arrow files, one at least, which all have the same columns.
#[derive(Clone)]
pub struct ColumnarFiles(Vec<ColumnarFile>);

impl ColumnarFiles {
    /// Opens files with the columns of all of them. `open` opens one, with other columns than its own if there are such.
    pub fn open(
        files: Vec<ColumnarFile>,
        open: impl Fn(&ColumnarFile, &Schema) -> Result<ColumnarFile, Failure>,
    ) -> Result<Self, Failure> {
        let mut joined = Schema::default();
        for file in &files {
            for column in &file.schema().columns {
                match joined.columns.iter_mut().find(|it| it.name == column.name) {
                    None => joined.columns.push(column.clone()),
                    Some(known) => known.data_type = widened(known.data_type, column.data_type),
                }
            }
        }
        tell_widened(&joined, files.iter().map(|file| (file.origin(), file.schema())));
        let opened = files.iter().map(|file| match file.schema() {
            own if *own == joined => Ok(file.clone()),
            _ => open(file, &joined),
        });
        opened.collect::<Result<_, Failure>>().map(Self)
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        static NONE: Schema = Schema { columns: Vec::new() };
        self.0.first().map_or(&NONE, ColumnarFile::schema)
    }

    /// What of the data a table with the columns that were given does not take.
    pub fn warnings(&self, table: &str, given: Option<&Schema>) -> Vec<DataWarning> {
        self.0.first().map(|file| file.warnings(table, given)).unwrap_or_default()
    }

    /// Reads all rows and keeps none: for those that do not fit.
    pub fn check(&self) -> Result<SkippedRows, Failure> {
        let mut skipped = SkippedRows::default();
        for file in &self.0 {
            skipped.append(file.check()?);
        }
        Ok(skipped)
    }

    /// Reads some of the columns, and of the rows those that are needed.
    pub fn load(
        &self,
        columns: &[String],
        scan_filter: Option<&ScanFilter<'_>>,
        max_bytes: usize,
    ) -> Result<Table, Failure> {
        let (mut tables, mut left) = (Vec::new(), max_bytes);
        for file in &self.0 {
            let table = file.load(columns, scan_filter, left)?;
            left = left.saturating_sub(table.byte_size());
            tables.push(table);
        }
        appended(tables)
    }
}

impl ScanFile for ColumnarFiles {
    fn schema(&self) -> Schema {
        self.schema().clone()
    }

    fn skips_rows(&self) -> bool {
        self.0.iter().any(ScanFile::skips_rows)
    }

    fn parts<'a>(&'a self, request: ScanRequest<'a>) -> Result<FileParts<'a>, Failure> {
        Ok(chained(&self.0, request))
    }
}

/// The parts of one file after those of another, each opened when it is reached.
fn chained<'a, F: ScanFile>(files: &'a [F], request: ScanRequest<'a>) -> FileParts<'a> {
    Box::new(files.iter().flat_map(move |file| match file.parts(request.clone()) {
        Ok(parts) => parts,
        Err(failure) => Box::new(std::iter::once(Err(crate::file_source::ScanEnd::Failed(failure)))),
    }))
}

/// The rows of tables one after the other.
fn appended(mut tables: Vec<Table>) -> Result<Table, Failure> {
    if let [_] = tables[..] {
        return Ok(tables.remove(0));
    }
    let mut rows = Database::new();
    for table in &tables {
        rows.append("rows", table).map_err(Failure::wrong)?;
    }
    Ok(rows.table("rows").cloned().unwrap_or_else(|| Table::empty(Schema::default())))
}

/// The type that holds the values of two.
fn widened(a: ScalarType, b: ScalarType) -> ScalarType {
    use ScalarType::{Decimal, Dynamic, Int, Long, Real};
    match (a, b) {
        _ if a == b => a,
        (Int | Long, Int | Long) => Long,
        (Int | Long | Real, Int | Long | Real) => Real,
        (Int | Long | Decimal, Int | Long | Decimal) => Decimal,
        _ => Dynamic,
    }
}

/// Says which columns are read as another type than one of the files has.
fn tell_widened<'f>(joined: &Schema, files: impl Iterator<Item = (String, &'f Schema)>) {
    let mut told = std::collections::HashSet::new();
    for (origin, own) in files {
        for column in &own.columns {
            let Some(at) = joined.position(&column.name) else { continue };
            let Some(all) = joined.columns.get(at).filter(|all| all.data_type != column.data_type) else {
                continue;
            };
            if told.len() < MAX_TOLD && told.insert(at) {
                eprint_str(&format!(
                    "note: {origin}: the column '{}' is {}, and read as {}, which holds the values of all files\n",
                    column.name, column.data_type, all.data_type
                ));
            }
        }
    }
}

/// The most columns that are told.
const MAX_TOLD: usize = 20;
