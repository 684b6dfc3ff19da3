//! A file as the source of a table: its rows are read as a query asks for them, and what is wrong with them is kept for the
//! command. It must not know which query asks, nor formats.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kqlite::{ScanRequest, Schema, Table, TableParts, TableSource};

use crate::failure::Failure;
use crate::source::SkippedRows;

/// How far a file was read, and what was found there.
#[derive(Debug, Default)]
pub struct FileReport {
    /// Why reading failed.
    pub failure: Option<Failure>,
    /// A row contradicts the types that were inferred from others.
    pub contradicted: bool,
    /// All that the query can need was read.
    pub ended: bool,
    /// The rows that were skipped.
    pub skipped: SkippedRows,
}

/// Shares a report between a source and the command.
#[derive(Debug, Default, Clone)]
pub struct SharedReport(Arc<Mutex<FileReport>>);

impl SharedReport {
    /// The report so far.
    pub fn lock(&self) -> MutexGuard<'_, FileReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a failure; the text stands for it in the engine's error, which nobody sees.
    fn fail(&self, failure: Failure) -> String {
        let text = failure.text().to_owned();
        self.lock().failure = Some(failure);
        text
    }
}

/// Why a file's rows end before their end.
#[derive(Debug)]
pub enum ScanEnd {
    /// Reading failed.
    Failed(Failure),
    /// A row contradicts the types that were inferred from others.
    Contradicted,
}

/// The rows of a file, part by part; with the rows that were skipped on the way.
pub type FileParts<'a> = Box<dyn Iterator<Item = Result<(Table, SkippedRows), ScanEnd>> + 'a>;

/// A file whose rows can be read part by part.
pub trait ScanFile: Send + Sync + 'static {
    /// The columns.
    fn schema(&self) -> Schema;

    /// Rows that do not fit are skipped: which ones must not depend on the query, so all are read.
    fn skips_rows(&self) -> bool;

    /// The rows that a request asks for.
    fn parts<'a>(&'a self, request: ScanRequest<'a>) -> Result<FileParts<'a>, Failure>;
}

/// A table whose rows are in a file.
pub struct FileSource<F> {
    pub file: F,
    pub report: SharedReport,
}

impl<F: ScanFile> TableSource for FileSource<F> {
    fn schema(&self) -> Schema {
        self.file.schema()
    }

    fn scan<'a>(&'a self, request: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
        let limit = request.limit.filter(|_| !self.file.skips_rows());
        let parts = self.file.parts(request).map_err(|failure| self.report.fail(failure))?;
        Ok(Box::new(Reported { parts, report: &self.report, left: limit }))
    }
}

/// Writes down what comes of the parts.
struct Reported<'a> {
    parts: FileParts<'a>,
    report: &'a SharedReport,
    /// How many rows are yet asked for, if that is known.
    left: Option<usize>,
}

impl Iterator for Reported<'_> {
    type Item = Result<Table, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.parts.next();
        let mut report = self.report.lock();
        match next {
            None => {
                report.ended = true;
                None
            }
            Some(Ok((table, skipped))) => {
                report.skipped.append(skipped);
                if let Some(left) = &mut self.left {
                    *left = left.saturating_sub(table.len());
                    report.ended |= *left == 0;
                }
                Some(Ok(table))
            }
            Some(Err(ScanEnd::Contradicted)) => {
                report.contradicted = true;
                Some(Err("a row contradicts the types of the first rows".to_owned()))
            }
            Some(Err(ScanEnd::Failed(failure))) => {
                drop(report);
                Some(Err(self.report.fail(failure)))
            }
        }
    }
}
