//! Finds the lineage of a row of the answer: the source rows that it was made of.

use std::collections::BTreeMap;

use super::explainer::{Explainer, cells};
use super::lineage_graph::LineageGraph;
use super::report::RowRef;
use super::row_trace::{Lineage, SourceRow};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Failure, Result};
use crate::source::Span;

impl Explainer<'_> {
    /// Lists the source rows of a row of the first table that the query gives.
    ///
    /// # Errors
    /// The table has no such row.
    pub(super) fn origins(&self, row: usize) -> Result<Lineage> {
        let (Some(answer), Some(&root)) = (self.answers.first(), self.trace.roots.first()) else {
            let what = "a query gives no table";
            return Err(Box::new(Diagnostic::internal(Span::default(), what)));
        };
        if row >= answer.table.len() {
            let message = format!("the answer has no row {row}: it has {}", row_range(answer.table.len()));
            return Err(refusal(Code::BadData, message));
        }
        let graph = LineageGraph::new(self.trace);
        let mut sources: BTreeMap<RowRef, SourceRow> = BTreeMap::new();
        for (id, found) in graph.sources(root, answer.row_at(row))? {
            let (step, table) = (self.step_ref(id), &self.trace.relation(id).table);
            for row in found {
                let Some(named) = self.sources.name(id, row) else { continue };
                let source = || SourceRow { row: named.clone(), read: Vec::new(), cells: cells(table, row) };
                sources.entry(named.clone()).or_insert_with(source).read.extend(step.clone());
            }
        }
        let mut sources: Vec<SourceRow> = sources.into_values().collect();
        for source in &mut sources {
            source.read.sort_by_key(|step| step.number);
        }
        Ok(Lineage { row, cells: cells(answer.table, row), sources })
    }

    /// Lists the source rows of the first table that the query gives, in its order.
    pub(super) fn source_rows(&self) -> Result<Vec<RowRef>> {
        let graph = LineageGraph::new(self.trace);
        let mut rows = Vec::new();
        if let Some(&root) = self.trace.roots.first() {
            for row in 0..self.trace.relation(root).table.len() {
                for (id, found) in graph.sources(root, row)? {
                    rows.extend(found.into_iter().filter_map(|row| self.sources.name(id, row)));
                }
            }
        }
        Ok(rows)
    }
}

/// Makes an error about the question, which points at no place in the query.
pub(super) fn refusal(code: Code, message: String) -> Failure {
    let diagnostic = Diagnostic::error(code, Span::default(), message);
    Box::new(Diagnostic { labels: Vec::new(), ..diagnostic })
}

/// Writes a number of rows with the numbers that they have: `3 rows, 0 to 2`.
pub(super) fn row_range(count: usize) -> String {
    match count {
        0 => "no rows".to_owned(),
        1 => "1 row, row 0".to_owned(),
        _ => format!("{count} rows, 0 to {}", count - 1),
    }
}
