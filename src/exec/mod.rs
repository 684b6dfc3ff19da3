//! Runs a plan over tables: pull-based streams of chunks, one file a physical operator.
//! It must not know the query's text, nor where tables are stored, nor which functions there are.

mod aggregate;
mod apply;
mod build;
mod context;
mod dictionary_results;
mod eval;
mod gather;
mod hash_partition;
mod join;
mod keys;
mod limit;
mod parallel;
mod parse;
mod pipeline;
mod plugin;
mod range;
mod sample;
mod scan;
mod shared;
mod sort;
mod step;
mod stream;
#[cfg(test)]
mod tests;
mod top_n;
mod tuning;
mod union;
mod unnest;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::column::Table;
#[cfg(test)]
use crate::column::{Chunk, Column};
use crate::diagnostic::Diagnostic;
use crate::function::{Context, PluginRows, Result};
#[cfg(test)]
use crate::plan::Expr;
use crate::plan::{Node, Plan};
use crate::types::Value;
use context::{Accounting, ExecContext};
pub use tuning::Tuning;

/// The tables that a run reads.
pub trait Tables: Sync {
    /// The table of a name.
    fn table(&self, name: &str) -> Option<Table>;

    /// The data under a location that is outside the database, such as a URL.
    fn external(&self, location: &str) -> Option<Table>;
}

/// One run of a plan: what it reads, what it may use, and what stops it.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The tables.
    pub tables: &'a dyn Tables,
    /// What functions may know.
    pub context: &'a Context,
    /// The values of the query's parameters.
    pub parameters: &'a HashMap<String, Value>,
    /// How much the run may use.
    pub limits: &'a RunLimits,
    /// Stops the run once it is true.
    pub cancel: Option<&'a AtomicBool>,
    /// Stops the run once its time is up.
    pub deadline: Option<Deadline<'a>>,
    /// How many rows a chunk has at the most.
    pub chunk_rows: usize,
    /// How many threads the run may use.
    pub threads: usize,
    /// The sizes at which operators change their strategy.
    pub tuning: Tuning,
    /// What plugins gave whose columns are known only when they run, by the number of their site: they are not run again.
    pub resolved: &'a [Table],
}

/// How many rows a chunk has unless the caller wants otherwise.
pub const CHUNK_ROWS: usize = 1 << 16;

/// A limit on time. The library reads no clock, so the caller gives one.
#[derive(Clone, Copy)]
pub struct Deadline<'a> {
    /// The time that has gone by since the run began.
    pub elapsed: &'a (dyn Fn() -> Duration + Sync),
    /// The time that it may take.
    pub limit: Duration,
}

/// How much a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// The most rows that one operator gives. Tables that are there already do not count.
    pub rows: usize,
    /// The most bytes that the run holds at once: sorted rows, join tables, groups, shared parts, the result.
    pub bytes: usize,
    /// How deep subqueries may be nested in one another.
    pub depth: usize,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self { rows: 100_000_000, bytes: 4 << 30, depth: 64 }
    }
}

/// Runs a plan and gives all its rows, with the plan's columns.
///
/// # Errors
/// A table or parameter is missing, a limit is reached, the run is cancelled, or a function refuses a value.
pub fn execute(plan: &Plan, run: &Run<'_>) -> Result<Table> {
    let accounting = Accounting::new(build::open);
    table(plan, &ExecContext::new(run, &accounting))
}

/// Runs several plans; what they share is computed once.
///
/// # Errors
/// As [`execute`].
pub fn execute_all(plans: &[&Arc<Plan>], run: &Run<'_>) -> Result<Vec<Table>> {
    let accounting = Accounting::new(build::open);
    let context = ExecContext::new(run, &accounting);
    plans.iter().map(|plan| table(plan, &context)).collect()
}

fn table(plan: &Plan, context: &ExecContext<'_>) -> Result<Table> {
    let table = build::table(plan, context)?;
    if let Node::Visualize { visualization, .. } = &plan.node {
        return Ok(table.with_visualization(Some(visualization.clone())));
    }
    Ok(table)
}

/// Runs the plugin of a plan, whose columns are not known yet, over its input.
///
/// # Errors
/// As [`execute`], and what the plugin fails with.
pub fn run_plugin(plan: &Plan, run: &Run<'_>) -> Result<PluginRows> {
    let accounting = Accounting::new(build::open);
    let context = ExecContext::new(run, &accounting);
    if let Node::Plugin { input, call, .. } = &plan.node {
        return plugin::run(plan, input.as_deref(), call, &context);
    }
    Err(Box::new(Diagnostic::internal(plan.span, "what is run as a plugin is none")))
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
