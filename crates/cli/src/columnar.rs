//! Parquet and Arrow files, which a build with the feature `parquet` reads and writes. It must not know queries, but for
//! the rows that one needs.

use std::path::Path;

use crate::failure::Failure;

/// The endings of names.
const ENDINGS: [&str; 5] = ["parquet", "arrow", "feather", "ipc", "arrows"];

/// The name says that it is a Parquet or Arrow file.
pub fn is_columnar(path: &Path) -> bool {
    path.extension()
        .and_then(|it| it.to_str())
        .is_some_and(|ending| ENDINGS.iter().any(|it| it.eq_ignore_ascii_case(ending)))
}

/// A format to write.
#[derive(Debug, Clone, Copy)]
pub enum ColumnarFormat {
    Parquet,
    Arrow,
}

#[cfg(feature = "parquet")]
pub use with::{ColumnarFile, can_write, write};
#[cfg(not(feature = "parquet"))]
pub use without::{ColumnarFile, can_write, write};

#[cfg(feature = "parquet")]
mod with {
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use kqlite::{BadRows, DataError, ScanFilter, ScanRequest, Schema, Table};
    use kqlite_arrow::{DataFile, FileFormat, Reader, SharedFile};

    use super::{ColumnarFormat, Failure};
    use crate::data_warning::{DataWarning, FileColumns};
    use crate::file_source::{FileParts, ScanEnd, ScanFile};
    use crate::source::{ReadOptions, SchemaChoice, SkippedRows, data_failure};

    /// A table in a Parquet or Arrow file.
    #[derive(Clone)]
    pub struct ColumnarFile {
        path: PathBuf,
        file: Arc<DataFile<SharedFile>>,
        built_in: bool,
        bad_rows: BadRows,
    }

    impl ColumnarFile {
        /// Opens a file and reads its schema.
        pub fn open(path: &Path, choice: &SchemaChoice, options: ReadOptions) -> Result<Self, Failure> {
            let reader = Reader::new()
                .origin(path.display().to_string())
                .bad_rows(options.bad_rows)
                .max_table_bytes(options.max_bytes)
                .threads(options.threads);
            let (reader, built_in) = match choice {
                SchemaChoice::Exactly(schema) => (reader.schema(schema.clone()), false),
                SchemaChoice::BuiltIn(schema) => (reader.schema(schema.clone()).further_columns(true), true),
                SchemaChoice::Inferred => (reader, false),
            };
            let source = SharedFile::open(path).map_err(|error| Failure::file(path, &error))?;
            let file = reader.open(source).map_err(|error| data_failure(&error, built_in))?;
            Ok(Self { path: path.to_owned(), file: Arc::new(file), built_in, bad_rows: options.bad_rows })
        }

        pub fn schema(&self) -> &Schema {
            self.file.schema()
        }

        /// The file's name.
        pub fn origin(&self) -> String {
            self.path.display().to_string()
        }

        /// The file's path.
        pub fn path(&self) -> &Path {
            &self.path
        }

        /// What of the data a table with the columns that were given does not take.
        pub fn warnings(&self, table: &str, given: Option<&Schema>) -> Vec<DataWarning> {
            let Some(given) = given else { return Vec::new() };
            DataWarning::of_columns(&FileColumns {
                origin: &self.origin(),
                table,
                given,
                all: self.schema(),
                rows_inside: None,
                has_values: &|name| self.file.has_column(name),
            })
        }

        /// Reads some of the columns, and of the rows those that are needed; all of them where rows may be skipped,
        /// which must not depend on the query.
        pub fn load(
            &self,
            columns: &[String],
            scan_filter: Option<&ScanFilter<'_>>,
            max_bytes: usize,
        ) -> Result<Table, Failure> {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            // What a file says of itself is known before it is read; packed twice, it may take less.
            if scan_filter.is_none() && self.file.unpacked_bytes(&columns) / 8 > max_bytes {
                return Err(data_failure(&self.too_large(max_bytes), self.built_in));
            }
            let loaded = match (scan_filter, self.bad_rows) {
                (_, BadRows::Skip) => self.file.read(None),
                (Some(scan_filter), BadRows::Fail) => {
                    let filter = |rows: &Table| scan_filter.rows_per_scan(rows);
                    let readers: Vec<Vec<&str>> = scan_filter.columns_per_scan();
                    self.file.read_filtered(&columns, &scan_filter.columns(), &readers, &filter)
                }
                (None, BadRows::Fail) => self.file.read(Some(&columns)),
            };
            let loaded = loaded.map_err(|error| data_failure(&error, self.built_in))?;
            if loaded.table.byte_size() > max_bytes {
                return Err(data_failure(&self.too_large(max_bytes), self.built_in));
            }
            SkippedRows::of(&loaded).print();
            Ok(loaded.table)
        }

        fn too_large(&self, max_bytes: usize) -> DataError {
            let mut error =
                DataError::from_message(format!("the table takes more memory than {} MB", max_bytes >> 20));
            error.origin = self.path.display().to_string();
            error.beyond_limit = true;
            error
        }

        /// Reads all rows and keeps none: for those that do not fit.
        pub fn check(&self) -> Result<SkippedRows, Failure> {
            let mut skipped = SkippedRows::default();
            let failed = |error: DataError| data_failure(&error, self.built_in);
            for part in self.file.scan(None).map_err(failed)? {
                skipped.append(SkippedRows::of(&part.map_err(failed)?));
            }
            Ok(skipped)
        }
    }

    impl ScanFile for ColumnarFile {
        fn schema(&self) -> Schema {
            self.file.schema().clone()
        }

        fn skips_rows(&self) -> bool {
            self.bad_rows == BadRows::Skip
        }

        fn parts<'a>(&'a self, request: ScanRequest<'a>) -> Result<FileParts<'a>, Failure> {
            let parts = match self.bad_rows {
                BadRows::Skip => self.file.scan(None),
                BadRows::Fail => self.file.scan_request(request),
            };
            let parts = parts.map_err(|error| data_failure(&error, self.built_in))?;
            Ok(Box::new(parts.map(|part| match part {
                Ok(loaded) => {
                    let skipped = SkippedRows::of(&loaded);
                    Ok((loaded.table, skipped))
                }
                Err(error) => Err(ScanEnd::Failed(data_failure(&error, self.built_in))),
            })))
        }
    }

    /// This build can.
    pub const fn can_write() -> Result<(), Failure> {
        Ok(())
    }

    /// Writes a table.
    pub fn write(table: &Table, format: ColumnarFormat, out: impl Write + Send) -> Result<(), Failure> {
        let format = match format {
            ColumnarFormat::Parquet => FileFormat::Parquet,
            ColumnarFormat::Arrow => FileFormat::Arrow,
        };
        kqlite_arrow::write(table, format, out).map_err(|error| {
            let mut error = error;
            "the answer".clone_into(&mut error.origin);
            Failure::wrong(error)
        })
    }
}

#[cfg(not(feature = "parquet"))]
mod without {
    use std::io::Write;
    use std::path::Path;

    use kqlite::{ScanFilter, ScanRequest, Schema, Table};

    use super::{ColumnarFormat, Failure};
    use crate::data_warning::DataWarning;
    use crate::file_source::{FileParts, ScanFile};
    use crate::source::{ReadOptions, SchemaChoice, SkippedRows};

    const HELP: &str = "\n = help: a build with the feature 'parquet' does, such as: cargo run --release --features parquet -- run …";

    /// There is none in this build.
    #[derive(Clone)]
    pub enum ColumnarFile {}

    impl ColumnarFile {
        pub fn open(path: &Path, _: &SchemaChoice, _: ReadOptions) -> Result<Self, Failure> {
            let path = path.display();
            Err(Failure::usage(format_args!(
                "{path}: this build does not read Parquet and Arrow files{HELP}"
            )))
        }

        pub const fn schema(&self) -> &Schema {
            match *self {}
        }

        pub const fn origin(&self) -> String {
            match *self {}
        }

        pub const fn path(&self) -> &Path {
            match *self {}
        }

        pub const fn warnings(&self, _: &str, _: Option<&Schema>) -> Vec<DataWarning> {
            match *self {}
        }

        pub const fn check(&self) -> Result<SkippedRows, Failure> {
            match *self {}
        }

        pub const fn load(
            &self,
            _: &[String],
            _: Option<&ScanFilter<'_>>,
            _: usize,
        ) -> Result<Table, Failure> {
            match *self {}
        }
    }

    impl ScanFile for ColumnarFile {
        fn schema(&self) -> Schema {
            match *self {}
        }

        fn skips_rows(&self) -> bool {
            match *self {}
        }

        fn parts<'a>(&'a self, _: ScanRequest<'a>) -> Result<FileParts<'a>, Failure> {
            match *self {}
        }
    }

    /// Says which build can.
    pub fn can_write() -> Result<(), Failure> {
        Err(Failure::usage(format_args!("this build does not write Parquet and Arrow files{HELP}")))
    }

    pub fn write(_: &Table, _: ColumnarFormat, _: impl Write + Send) -> Result<(), Failure> {
        can_write()
    }
}
