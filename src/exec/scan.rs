//! Rows that are there already: tables, external data, known values. It must not know where they come from.

use super::stream::{Chunks, Operator, Ready, State, Stream};
use crate::column::{Chunk, Column, Table};
use crate::diagnostic::Code;
use crate::function::Result;
use crate::plan::{Node, Plan};

/// A table, chunk by chunk; the columns share the table's buffers.
struct Scan<'a> {
    state: &'a State<'a>,
    at: Operator,
    rows: Ready,
}

impl Stream for Scan<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        self.state.tick(self.at)?;
        self.rows.next()
    }
}

pub(super) fn build<'a>(plan: &'a Plan, state: &'a State<'a>) -> Result<Chunks<'a>> {
    let at = Operator::of(plan);
    let chunks = chunks(plan, state)?;
    let rows = chunk_rows(chunks.iter().map(Chunk::len).sum(), state);
    Ok(Box::new(Scan { state, at, rows: Ready::new(chunks, rows) }))
}

/// The most rows of a chunk of so many: each of several threads shall have some, so that all end at about the same time.
fn chunk_rows(all: usize, state: &State<'_>) -> usize {
    const CHUNKS_A_THREAD: usize = 16;
    /// The work for a chunk, whatever its size, is little beside that for so many rows.
    const LEAST: usize = 1 << 14;
    let most = state.chunk_rows();
    match state.run.threads {
        0 | 1 => most,
        threads => (all / (threads * CHUNKS_A_THREAD)).clamp(LEAST.min(most), most),
    }
}

/// All rows of a plan that is one table, sharing its buffers; `None` if it is anything else.
pub(super) fn whole_leaf(plan: &Plan, state: &State<'_>) -> Result<Option<Chunk>> {
    let mut tables = chunks(plan, state)?;
    Ok(if tables.len() == 1 { tables.pop() } else { None })
}

/// How many rows a plan has that is one table.
pub(super) fn row_count(plan: &Plan, state: &State<'_>) -> Option<usize> {
    match &plan.node {
        Node::Scan { table } => state.run.tables.table(table).map(|table| table.len()),
        _ => None,
    }
}

/// The rows of a leaf, one chunk a table.
pub(super) fn chunks(plan: &Plan, state: &State<'_>) -> Result<Vec<Chunk>> {
    let at = Operator::of(plan);
    match &plan.node {
        Node::Scan { table: name } => {
            let table = state
                .run
                .tables
                .table(name)
                .ok_or_else(|| at.fail(Code::UnknownTable, format!("there is no table '{name}'")))?;
            Ok(vec![columns_of(&table, name, plan, false)?])
        }
        Node::External { locations } => locations
            .iter()
            .map(|location| {
                let table = state.run.tables.external(location).ok_or_else(|| {
                    at.fail(Code::BadData, format!("no data is given for the external location '{location}'"))
                })?;
                columns_of(&table, location, plan, true)
            })
            .collect(),
        Node::Values { table } => Ok(vec![Chunk::new(table.columns().to_vec(), table.len())]),
        _ => Ok(Vec::new()),
    }
}

/// The columns that the plan names, in its order. External data is read as the declared types.
fn columns_of(table: &Table, name: &str, plan: &Plan, convert: bool) -> Result<Chunk> {
    let at = Operator::of(plan);
    let mut columns: Vec<Column> = Vec::with_capacity(plan.schema.len());
    for wanted in &plan.schema.columns {
        let column = table.column(&wanted.name).ok_or_else(|| {
            at.fail(Code::BadData, format!("the table '{name}' has no column '{}' any more", wanted.name))
        })?;
        if column.scalar_type() != wanted.kind && !convert {
            let message = format!(
                "the column '{}' of the table '{name}' is of type {}, the query was made for {}",
                wanted.name,
                column.scalar_type(),
                wanted.kind
            );
            return Err(at.fail(Code::BadData, message));
        }
        columns.push(column.convert(wanted.kind));
    }
    Ok(Chunk::new(columns, table.len()))
}
