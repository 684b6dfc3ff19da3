//! Rows that are there already: tables, known values. It must not know where they come from.

use super::context::{ExecContext, Site};
use super::stream::{Buffered, Chunks};
use super::table_source::StoredRows;
use crate::column::{Chunk, Column, Table};
use crate::diagnostic::Code;
use crate::function::Result;
use crate::plan::{Node, Plan};

pub(super) fn open<'a>(plan: &'a Plan, context: &'a ExecContext<'a>) -> Result<Chunks<'a>> {
    let chunks = chunks(plan, context)?;
    let rows = chunk_rows(chunks.iter().map(Chunk::len).sum(), context);
    Ok(Box::new(Buffered::new(chunks, rows)))
}

/// The rows of a chunk of a table of this size: each of several threads shall have some, so that all end at about the
/// same time.
fn chunk_rows(all: usize, context: &ExecContext<'_>) -> usize {
    const CHUNKS_PER_THREAD: usize = 16;
    let max = context.chunk_rows();
    match context.threads {
        0 | 1 => max,
        threads => {
            (all / (threads * CHUNKS_PER_THREAD)).clamp(context.run.tuning.min_chunk_rows.min(max), max)
        }
    }
}

/// All rows of a plan that is one table, sharing its buffers; `None` if it is anything else.
pub(super) fn whole_leaf(plan: &Plan, context: &ExecContext<'_>) -> Result<Option<Chunk>> {
    let mut tables = chunks(plan, context)?;
    let whole = if tables.len() == 1 { tables.pop() } else { None };
    match (whole, context.run.profiler) {
        (Some(whole), Some(profiler)) => {
            profiler.measure(plan, || Ok(Some(whole)), |it| it.as_ref().map_or(0, Chunk::len))
        }
        (whole, _) => Ok(whole),
    }
}

/// How many rows a plan has that is one table.
pub(super) fn row_count(plan: &Plan, context: &ExecContext<'_>) -> Option<usize> {
    let Node::Scan { table } = &plan.node else { return None };
    match context.run.tables.table(table)? {
        StoredRows::Parts(parts) => Some(parts.iter().map(Table::len).sum()),
        StoredRows::Source(_) => None,
    }
}

/// The rows of a leaf, one chunk a table.
pub(super) fn chunks(plan: &Plan, context: &ExecContext<'_>) -> Result<Vec<Chunk>> {
    let at = Site::of(plan);
    match &plan.node {
        Node::Scan { table: name } => match context.run.tables.table(name) {
            Some(StoredRows::Parts(parts)) => {
                parts.iter().map(|part| columns_of(part, name, plan, false)).collect()
            }
            // Its rows come when they are asked for.
            Some(StoredRows::Source(_)) => Ok(Vec::new()),
            None => Err(at.fail(Code::UnknownTable, format!("there is no table '{name}'"))),
        },
        Node::Values { table } => Ok(vec![Chunk::new(table.columns().to_vec(), table.len())]),
        // No leaf with rows of its own in memory.
        Node::External { .. }
        | Node::Range { .. }
        | Node::Filter { .. }
        | Node::Project { .. }
        | Node::Aggregate { .. }
        | Node::Join { .. }
        | Node::Sort { .. }
        | Node::TopN { .. }
        | Node::Limit { .. }
        | Node::Sample { .. }
        | Node::Union { .. }
        | Node::Unnest { .. }
        | Node::Parse { .. }
        | Node::MatchSteps { .. }
        | Node::Apply { .. }
        | Node::Outer { .. }
        | Node::Plugin { .. }
        | Node::Visualize { .. }
        | Node::Shared { .. } => Ok(Vec::new()),
    }
}

/// The columns that the plan names, in its order. External data is read as the declared types.
pub(super) fn columns_of(table: &Table, name: &str, plan: &Plan, convert: bool) -> Result<Chunk> {
    let at = Site::of(plan);
    let mut columns: Vec<Column> = Vec::with_capacity(plan.schema.len());
    for wanted in &plan.schema.columns {
        let column = table.column(&wanted.name).ok_or_else(|| {
            at.fail(Code::BadData, format!("the table '{name}' has no column '{}' any more", wanted.name))
        })?;
        if column.scalar_type() != wanted.data_type && !convert {
            let message = format!(
                "the column '{}' of the table '{name}' is of type {}, the query was made for {}",
                wanted.name,
                column.scalar_type(),
                wanted.data_type
            );
            return Err(at.fail(Code::BadData, message));
        }
        columns.push(column.convert(wanted.data_type));
    }
    Ok(Chunk::new(columns, table.len()))
}
