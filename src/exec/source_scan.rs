//! Scans of tables that are not in memory: what they ask a source for, and the parts that it gives. It must not know where
//! the rows come from.

use std::sync::{Arc, OnceLock};

use super::conditions::conditions;
use super::context::{ExecContext, Site};
use super::eval::Program;
use super::scan::columns_of;
use super::stream::{Buffered, Chunks, Demand, Stream};
use super::table_source::{PartFilter, ScanRequest, TableParts, TableSource};
use crate::column::{Chunk, Column, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Failure, Result};
use crate::plan::{Expr, Plan};

struct SourceStream<'a> {
    parts: TableParts<'a>,
    name: &'a str,
    plan: &'a Plan,
    context: &'a ExecContext<'a>,
    ready: Buffered,
}

pub(super) fn open<'a>(
    source: &'a dyn TableSource,
    name: &'a str,
    plan: &'a Plan,
    demand: Demand<'a>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let conditions = demand.conjuncts.iter().flat_map(|it| conditions(it, plan, context)).collect();
    let request = ScanRequest::new(
        plan.schema.names().collect(),
        conditions,
        demand.limit,
        filter(demand, plan, context),
    );
    let parts = source.scan(request).map_err(|message| failure(plan, name, &message))?;
    Ok(Box::new(SourceStream { parts, name, plan, context, ready: Buffered::empty() }))
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
            // A source may give parts without rows for ever.
            self.context.tick(Site::of(self.plan))?;
            let Some(part) = self.parts.next() else { return Ok(None) };
            let part = part.map_err(|message| failure(self.plan, self.name, &message))?;
            if !part.is_empty() {
                let columns = columns_of(&part, self.name, self.plan, false)?;
                self.ready = Buffered::new(vec![columns], self.context.chunk_rows());
            }
        }
    }
}

/// The conjuncts above a scan that a part of its rows is enough for.
struct Conjuncts<'a> {
    exprs: Vec<&'a Expr>,
    /// The columns that they read.
    columns: Vec<&'a str>,
    plan: &'a Plan,
    context: &'a ExecContext<'a>,
    /// Made when a source first asks. A conjunct that cannot be made is left to the engine.
    programs: OnceLock<Vec<Program>>,
}

/// The filter of the conjuncts that read nothing but their row; `None` if there are none.
pub(super) fn filter<'a>(
    demand: Demand<'a>,
    plan: &'a Plan,
    context: &'a ExecContext<'a>,
) -> Option<Arc<dyn PartFilter + 'a>> {
    let exprs: Vec<&Expr> = demand.conjuncts.into_iter().filter(|it| it.reads_only_its_row()).collect();
    if exprs.is_empty() {
        return None;
    }
    let mut columns: Vec<&str> = Vec::new();
    for column in exprs.iter().flat_map(|it| it.columns()).filter_map(|at| plan.schema.columns.get(at)) {
        if !columns.contains(&&*column.name) {
            columns.push(&column.name);
        }
    }
    Some(Arc::new(Conjuncts { exprs, columns, plan, context, programs: OnceLock::new() }))
}

impl PartFilter for Conjuncts<'_> {
    fn columns(&self) -> &[&str] {
        &self.columns
    }

    /// A conjunct that fails or is in doubt drops nothing: what becomes of that is told by the engine's own filter, over the
    /// rows that the others leave, as it would be without this one.
    fn passing(&self, part: &Table) -> Option<Vec<u32>> {
        let rows = u32::try_from(part.len()).ok()?;
        let columns = self.plan.schema.columns.iter().map(|wanted| {
            if !self.columns.contains(&&*wanted.name) {
                return Some(Column::nulls(wanted.data_type, part.len()));
            }
            part.column(&wanted.name).filter(|column| column.scalar_type() == wanted.data_type).cloned()
        });
        let mut columns: Vec<Column> = columns.collect::<Option<_>>()?;
        let number = columns.len();
        columns.push(Column::longs((0..i64::from(rows)).collect()));
        let mut chunk = Chunk::new(columns, part.len());
        let programs = self.programs.get_or_init(|| {
            let made = self.exprs.iter().map(|expr| Program::new(self.context, std::slice::from_ref(*expr)));
            made.filter_map(Result::ok).collect()
        });
        for program in programs {
            let Ok(computed) = program.compute(self.context, &chunk) else { continue };
            if computed.is_doubtful() {
                continue;
            }
            let Some(column) = computed.take_down(self.context).pop() else { continue };
            let passing = column.true_rows();
            if passing.len() < chunk.len() {
                chunk = chunk.select(passing);
            }
        }
        let Column::Long(numbers) = chunk.column(number).to_flat() else { return None };
        numbers.values().iter().map(|row| u32::try_from(*row).ok()).collect()
    }
}
