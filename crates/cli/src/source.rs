//! What files of every format share: the choice of a schema, the options of reading, reports of wrong and skipped rows.
//! It must not know formats.

use kqlite::{BadRows, Code, DataCure, DataError, Loaded, MendedRows, Schema};

use crate::failure::Failure;
use crate::layout::TextLayout;
use crate::output::eprint_str;

/// Where the schema of a table comes from.
#[derive(Debug)]
pub enum SchemaChoice {
    /// These columns and no others.
    Exactly(Schema),
    /// These columns, and what the data has beside them.
    BuiltIn(Schema),
    /// Columns and types that are inferred from the data.
    Inferred,
}

/// Options for all data.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// What is done with rows that do not fit.
    pub bad_rows: BadRows,
    /// How many threads may read.
    pub threads: usize,
    /// The most bytes that tables may take together.
    pub max_bytes: usize,
    /// How text is laid out.
    pub layout: TextLayout,
}

impl ReadOptions {
    /// The most bytes that a row of text may have.
    pub const fn max_row_bytes(&self) -> usize {
        self.max_bytes / 128
    }
}

/// The failure for data that is wrong.
pub fn data_failure(error: &DataError, built_in: bool) -> Failure {
    let mut text = format!("error[{}]: {error}\n", error.code());
    if built_in && error.expected.is_some() {
        text.push_str(" = help: the table has built-in columns; --schema FILE gives it others\n");
    }
    let cure = match error.cure {
        Some(DataCure::DayFirst) => "--dates dmy reads 30/6/2024 and 30.06.2024".to_owned(),
        Some(DataCure::Windows1252) => "--encoding windows-1252 reads it as that".to_owned(),
        Some(DataCure::Utf16) => "--encoding utf-16 reads it as that".to_owned(),
        Some(DataCure::Backslash) => {
            "--escape '\\' reads quotes behind a backslash as a part of the field".to_owned()
        }
        Some(DataCure::Ragged) => {
            "--ragged pad takes such rows: what is missing is null, what is more gets columns".to_owned()
        }
        Some(DataCure::SkipLines) => {
            "--skip-lines N leaves out lines before the header, such as a title; --ragged pad takes rows of any width"
                .to_owned()
        }
        Some(DataCure::NoHeader) => {
            let lines = error.line.unwrap_or(1);
            format!("--skip-lines {lines} --no-header calls the columns Column1, Column2 and so on")
        }
        _ => String::new(),
    };
    if !cure.is_empty() {
        text.push_str(&format!(" = help: {cure}\n"));
    }
    if error.beyond_limit {
        text.push_str(" = help: --max-load-mb N allows more\n");
    }
    Failure::Wrong(text)
}

/// Rows that were skipped, and what was mended in others.
#[derive(Debug, Default)]
pub struct SkippedRows {
    /// The first ones.
    listed: Vec<DataError>,
    count: usize,
    /// What was wrong with rows that were read nevertheless, by file.
    mended: Vec<(String, MendedRows)>,
}

impl SkippedRows {
    /// The rows that were skipped while a table was loaded.
    pub fn of(loaded: &Loaded) -> Self {
        Self::new(&loaded.skipped, loaded.skipped_count)
    }

    /// The same, with what was mended in the rows of a file.
    #[must_use]
    pub fn with_mended(mut self, origin: &str, mended: &[MendedRows]) -> Self {
        self.mended = mended.iter().map(|it| (origin.to_owned(), *it)).collect();
        self
    }

    /// Rows, the first ones of which are listed.
    pub fn new(listed: &[DataError], count: usize) -> Self {
        let listed = listed.iter().take(MAX_REPORTED_ROWS).cloned().collect();
        Self { listed, count, mended: Vec::new() }
    }

    /// Adds rows that stand behind these.
    pub fn append(&mut self, more: Self) {
        let room = MAX_REPORTED_ROWS.saturating_sub(self.listed.len());
        self.listed.extend(more.listed.into_iter().take(room));
        self.count += more.count;
        // What a file has told is told anew with every part of it.
        for (origin, it) in more.mended {
            let known = self.mended.iter_mut().find(|(own, known)| *own == origin && known.what == it.what);
            match known {
                Some((_, known)) => *known = it,
                None => self.mended.push((origin, it)),
            }
        }
    }

    /// Reports the rows on the standard error, and what was mended.
    pub fn print(&self) {
        let mut text = String::new();
        for (origin, it) in &self.mended {
            text.push_str(&format!("warning[{}]: {origin}: {it}\n", Code::BadData));
        }
        for error in &self.listed {
            text.push_str(&format!("skipped: {error}\n"));
        }
        if self.count > MAX_REPORTED_ROWS {
            text.push_str(&format!("skipped: {} more rows\n", self.count - MAX_REPORTED_ROWS));
        }
        eprint_str(&text);
    }
}

/// The most skipped rows that are reported one by one.
const MAX_REPORTED_ROWS: usize = 20;
