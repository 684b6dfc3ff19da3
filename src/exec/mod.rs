//! Runs a plan over tables: pull-based streams of chunks, one file a physical operator.
//! It must not know the query's text, nor where tables are stored, nor which functions there are.

mod aggregate;
mod apply;
mod branches;
mod build;
mod conditions;
mod context;
mod dictionary_results;
mod eval;
mod external;
mod gather;
mod hash_partition;
mod join;
mod key_value;
mod keys;
mod limit;
mod match_steps;
mod parallel;
mod parse;
mod pipeline;
mod plugin;
mod profiler;
mod range;
mod run;
mod sample;
mod scan;
mod scan_condition;
mod shared;
mod sliced;
mod sort;
mod sort_keys;
mod source_scan;
mod spill;
mod step;
mod stream;
mod table_source;
#[cfg(test)]
mod tests;
mod top_n;
mod tuning;
mod union;
mod unnest;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::column::Table;
#[cfg(test)]
use crate::column::{Chunk, Column};
use crate::diagnostic::Diagnostic;
use crate::function::{PluginRows, Result};
use crate::plan::{Expr, Node, Plan};
use context::{Accounting, ExecContext};
pub use profiler::{Measured, OperatorId, Profiler};
pub use run::{
    CHUNK_ROWS, DEFAULT_BYTES, ExternalData, ExternalRequest, ExternalSource, Run, RunLimits, Tables,
};
pub use scan_condition::{ScanCondition, ScanTest};
pub use spill::{SpillFile, SpillStore};
use stream::Demand;
pub use table_source::{ScanRequest, StoredRows, TableParts, TableSource};
pub use tuning::Tuning;

/// Runs a plan and gives all its rows, with the plan's columns.
///
/// # Errors
/// A table or parameter is missing, a limit is reached, the run is cancelled, or a function refuses a value.
pub fn execute(plan: &Plan, run: &Run<'_>) -> Result<Table> {
    let accounting = Accounting::new(build::open);
    table(plan, &ExecContext::new(run, &accounting))
}

/// Selects the rows of a part of a table that pass conditions right above a scan of it, which read nothing but their row: their
/// numbers in ascending order. `None` if all may be needed.
pub fn passing_rows(scan: &Plan, conjuncts: &[Expr], part: &Table, run: &Run<'_>) -> Option<Vec<u32>> {
    let accounting = Accounting::new(build::open);
    let context = ExecContext::new(run, &accounting);
    let demand = Demand { conjuncts: conjuncts.iter().collect(), limit: None };
    source_scan::filter(demand, scan, &context)?.passing(part)
}

/// Runs several plans; what they share is computed once.
///
/// # Errors
/// As [`execute`].
pub fn execute_all(plans: &[&Arc<Plan>], run: &Run<'_>) -> Result<Vec<Table>> {
    let accounting = Accounting::new(build::open);
    let context = ExecContext::new(run, &accounting);
    let one = |plan: &&Arc<Plan>| {
        let _inside = run.profiler.map(|profiler| profiler.run(plan));
        table(plan, &context)
    };
    plans.iter().map(one).collect()
}

/// Runs a plan and hands its rows on as they are ready, until there are no more or `each` breaks off.
///
/// # Errors
/// As [`execute`].
pub fn stream(plan: &Plan, run: &Run<'_>, each: &mut dyn FnMut(Table) -> ControlFlow<()>) -> Result<()> {
    let accounting = Accounting::new(build::open);
    let context = ExecContext::new(run, &accounting);
    let mut chunks = context.open(plan)?;
    while let Some(chunk) = chunks.next()? {
        if each(Table::from_chunks(plan.schema.clone(), &[chunk])).is_break() {
            break;
        }
    }
    Ok(())
}

fn table(plan: &Plan, context: &ExecContext<'_>) -> Result<Table> {
    let table = build::table(plan, context)?;
    if let Node::Visualize { visualization, .. } = &plan.node {
        return Ok(table.with_visualization(Some(visualization.clone())));
    }
    Ok(table)
}

/// Runs the plugin of a plan over its input: one whose columns are not known yet, or one that is explained. It tells where
/// its rows came from.
///
/// # Errors
/// As [`execute`], and what the plugin fails with.
pub fn run_plugin(plan: &Arc<Plan>, run: &Run<'_>) -> Result<PluginRows> {
    let accounting = Accounting::new(build::open);
    let context = ExecContext::new(run, &accounting);
    if let Node::Plugin { call, .. } = &plan.node {
        let work = || plugin::run(plan, call, &context, true);
        let Some(profiler) = run.profiler else { return work() };
        let _inside = profiler.run(plan);
        return profiler.measure(plan, work, |found| found.table.len());
    }
    Err(Box::new(Diagnostic::internal(plan.span, "what is run as a plugin is none")))
}

/// How many rows each location of external data has; what cannot be read has none.
pub fn external_row_counts(plan: &Plan, run: &Run<'_>) -> Vec<usize> {
    let accounting = Accounting::new(build::open);
    external::row_counts(plan, &ExecContext::new(run, &accounting))
}

/// Evaluates an expression over a chunk.
///
/// # Errors
/// As [`execute`].
#[cfg(test)]
pub fn evaluate(expr: &Expr, chunk: &Chunk, run: &Run<'_>) -> Result<Column> {
    let accounting = Accounting::new(build::open);
    let context = ExecContext::new(run, &accounting);
    let mut columns = eval::Program::new(&context, std::slice::from_ref(expr))?.run(&context, chunk)?;
    Ok(columns.pop().unwrap_or_else(|| Column::nulls(expr.scalar_type(), chunk.len())))
}
