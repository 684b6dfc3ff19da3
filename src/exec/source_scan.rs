//! Scans of tables that are not in memory. It must not know where their rows come from.

use super::context::{ExecContext, Site};
use super::scan::columns_of;
use super::stream::{Buffered, Chunks, Stream};
use super::table_source::{ScanRequest, TableParts, TableSource};
use crate::column::Chunk;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Failure, Result};
use crate::plan::Plan;

struct SourceStream<'a> {
    parts: TableParts<'a>,
    name: &'a str,
    plan: &'a Plan,
    rows: usize,
    ready: Buffered,
}

pub(super) fn open<'a>(
    source: &'a dyn TableSource,
    name: &'a str,
    plan: &'a Plan,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let columns: Vec<&str> = plan.schema.names().collect();
    let parts =
        source.scan(&ScanRequest { columns: &columns }).map_err(|message| failure(plan, name, &message))?;
    Ok(Box::new(SourceStream { parts, name, plan, rows: context.chunk_rows(), ready: Buffered::empty() }))
}

fn failure(plan: &Plan, name: &str, message: &str) -> Failure {
    let message = format!("the source of the table '{name}': {message}");
    Box::new(Diagnostic::error(Code::BadData, Site::of(plan).span, message))
}

impl Stream for SourceStream<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.next()? {
                return Ok(Some(chunk));
            }
            let Some(part) = self.parts.next() else { return Ok(None) };
            let part = part.map_err(|message| failure(self.plan, self.name, &message))?;
            if !part.is_empty() {
                self.ready = Buffered::new(vec![columns_of(&part, self.name, self.plan, false)?], self.rows);
            }
        }
    }
}
