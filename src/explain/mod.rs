//! Explains runs of a query by their provenance: what each step did, why a source row is in the answer or why not, and which
//! source rows a row of the answer was made of.
//!
//! A plan is run node by node, each one rewritten to carry the ids of its input rows in a hidden column (`row_ids`). The
//! ordinary operators run it, and every intermediate table is kept with the lineage of its rows (`trace`, `lineage_graph`).
//! The relations of the trace are grouped into the operators that the author wrote (`steps`); reports of these are data
//! (`report`, `row_trace`) with sentences (`sentence`, `condition`, `drop_reason`).
//! It must not know the syntax tree, nor where tables are stored, nor how reports are printed.

mod answer_rows;
mod collect_row_ids;
mod condition;
mod drop_reason;
mod explainer;
mod explanation;
mod lineage;
mod lineage_graph;
mod near_conditions;
mod query_texts;
mod report;
mod row_ids;
mod row_key;
mod row_trace;
mod sentence;
mod source_index;
mod steps;
mod subtables;
#[cfg(test)]
mod tests;
mod trace;
mod why;

pub(crate) use explainer::{ExplainedQuery, QueryAnswer};
pub use report::{
    ColumnInfo, ExplainedPipeline, ExplainedStep, ExplainedTable, Explanation, InputRole, NamedValue,
    PipelineKind, QueryLocation, RowRef, StepInput,
};
pub use row_trace::{
    ConditionResult, DropReason, DroppedRow, ExplainedStepRef, JoinMatch, Lineage, NearMiss, Outcome,
    RowPath, RowTrace, RowTraces, SourceRow, TableRows, TraceStep,
};

use crate::exec::Run;
use crate::function::Result;

/// Runs a query and says what each of its steps did.
///
/// # Errors
/// As [`crate::exec::execute`]. All of the plan is run and kept, so that limits may be reached that an ordinary run does
/// not reach.
pub(crate) fn explain(query: &ExplainedQuery<'_>, run: &Run<'_>) -> Result<Explanation> {
    query.explain_with(run, |explainer| explainer.explanation())
}

/// Runs a query and says for source rows why they are in the answer or why not.
///
/// # Errors
/// As [`explain`], and if the query does not read such a row.
pub(crate) fn why(query: &ExplainedQuery<'_>, run: &Run<'_>, rows: &[RowRef]) -> Result<RowTraces> {
    query.explain_with(run, |explainer| explainer.why(rows))
}

/// Runs a query and lists the source rows of a row of its first table.
///
/// # Errors
/// As [`explain`], and if the answer has no such row.
pub(crate) fn origins(query: &ExplainedQuery<'_>, run: &Run<'_>, row: usize) -> Result<Lineage> {
    query.explain_with(run, |explainer| explainer.origins(row))
}

/// Runs a query whose rows are rows of one table, and gives their numbers in it.
///
/// # Errors
/// As [`explain`].
pub(crate) fn rows_of_source(query: &ExplainedQuery<'_>, run: &Run<'_>) -> Result<Vec<RowRef>> {
    query.explain_with(run, |explainer| explainer.source_rows())
}
