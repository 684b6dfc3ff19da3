//! Opens plans: makes the stream of a node. The one file of the executor that names every operator; they receive it
//! through their context.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::context::{ExecContext, Site};
use super::profiler::Profiled;
use super::stream::{Chunks, Demand, Stream};
use super::table_source::StoredRows;
use super::{
    aggregate, apply, external, join, limit, match_steps, pipeline, plugin, range, sample, scan, shared,
    sort, source_scan, top_n, union, unnest,
};
use crate::column::{Chunk, Table};
use crate::function::Result;
use crate::plan::{Node, Plan};

/// The stream of a plan, measured if the run is.
pub(super) fn open<'a>(
    plan: &'a Plan,
    demand: Demand<'a>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    if let Node::Visualize { input, .. } = &plan.node {
        // The same rows: whoever takes the whole answer looks at the chart.
        return open(input, demand, context);
    }
    let Some(profiler) = context.run.profiler else { return open_operator(plan, demand, context) };
    // Steps of a pipeline count their runs and rows themselves, wherever they are applied.
    let counts = !pipeline::is_step(plan);
    let operator = profiler.find(plan);
    if counts {
        profiler.begin_run(operator);
    }
    let inside = profiler.enter(Some(operator));
    let stream = open_operator(plan, demand, context)?;
    drop(inside);
    Ok(Box::new(Profiled { stream, profiler, operator, counts }))
}

fn open_operator<'a>(plan: &'a Plan, demand: Demand<'a>, context: &'a ExecContext<'a>) -> Result<Chunks<'a>> {
    // Rows that are there already do not count, nor those of operators that give at most as many.
    let mut counts = true;
    let stream: Chunks<'a> = match &plan.node {
        Node::Scan { table } => {
            counts = false;
            match context.run.tables.table(table) {
                Some(StoredRows::Source(source)) => source_scan::open(source, table, plan, demand, context)?,
                _ => scan::open(plan, context)?,
            }
        }
        Node::External { .. } => external::open(plan, context)?,
        Node::Values { .. } => {
            counts = false;
            scan::open(plan, context)?
        }
        Node::Filter { .. } | Node::Project { .. } | Node::Parse { .. } | Node::Visualize { .. } => {
            counts = false;
            pipeline::open(plan, demand.limit, context)?
        }
        Node::Aggregate { input, keys, aggregates } => {
            aggregate::open(plan, input, keys, aggregates, context)?
        }
        Node::Join { kind, left, right, keys } => {
            join::open(plan, &join::Sides { kind: *kind, left, right, keys }, context)?
        }
        Node::Limit { input, count } => limit::open(plan, input, count, demand.limit, context)?,
        Node::Sort { input, keys } => sort::open(plan, input, keys, context)?,
        Node::TopN { input, count, keys } => top_n::open(plan, (input, count, keys), context)?,
        Node::Sample { input, count } => sample::open(plan, input, count, context)?,
        Node::Range { from, to, step } => range::open(plan, [from, to, step], context)?,
        Node::Union { inputs } => union::open(inputs, demand.limit, context),
        Node::Shared { input, id } => shared::open(plan, input, *id, context),
        Node::Apply { input, runs, body, scope, given, layout, max_runs } => {
            let (scope, max_runs) = (*scope, *max_runs);
            apply::open(
                plan,
                apply::ApplySpec { input, runs, body, scope, given, layout, max_runs },
                context,
            )?
        }
        Node::Outer { scope } => {
            counts = false;
            apply::open_outer(plan, *scope, context)?
        }
        Node::Plugin { call, site, .. } => plugin::open(plan, call, *site, context),
        Node::Unnest { input, columns, layout, kind, limit } => {
            let limit = limit.as_ref();
            unnest::open(plan, &unnest::UnnestSpec { input, columns, layout, kind: *kind, limit }, context)?
        }
        Node::MatchSteps { input, steps, state, defaults, layout } => match_steps::open(
            plan,
            match_steps::StepsSpec { input, steps, state, defaults, layout },
            context,
        )?,
    };
    let rows = counts.then(|| context.row_counter(plan));
    Ok(Box::new(Metered { stream, plan, context, rows }))
}

/// All rows of a plan as a table.
pub(super) fn table(plan: &Plan, context: &ExecContext<'_>) -> Result<Table> {
    let mut account = context.account(Site { name: "the result", span: plan.span });
    if let Node::Sort { input, keys } = &plan.node {
        // All rows in their order at once: no chunk of them is cut out first.
        let work = || sort::rows(plan, input, keys, context);
        let (sorted, _held) = match context.run.profiler {
            Some(profiler) => profiler.measure(plan, work, |(sorted, _)| sorted.len())?,
            None => work()?,
        };
        account.add(sorted.byte_size())?;
        let places = (0..sorted.width()).collect();
        let columns = context.workers(context.threads).map(places, |at: usize| sorted.column(at));
        let sorted = Chunk::new(columns, sorted.len());
        return Ok(Table::from_chunks(plan.schema.clone(), &[sorted]));
    }
    let chunks = context.collect(plan, &mut account)?;
    if chunks.is_empty() {
        return Ok(Table::empty(plan.schema.clone()));
    }
    if chunks.len() > 1 {
        // The columns of the table, beside those of the chunks.
        account.add(chunks.iter().map(Chunk::byte_size).sum())?;
    }
    Ok(Table::from_chunks(plan.schema.clone(), &chunks))
}

/// Counts an operator's rows, looks whether the run shall stop, and holds the operator to its plan's columns.
struct Metered<'a> {
    stream: Chunks<'a>,
    plan: &'a Plan,
    context: &'a ExecContext<'a>,
    /// There if its rows count.
    rows: Option<Arc<AtomicUsize>>,
}

impl Stream for Metered<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let at = Site::of(self.plan);
        self.context.tick(at)?;
        let chunk = self.stream.next()?;
        if let Some(chunk) = &chunk {
            if let Some(rows) = &self.rows {
                let before = rows.fetch_add(chunk.len(), Ordering::Relaxed);
                self.context.check_rows(at, before.saturating_add(chunk.len()))?;
            }
            if !chunk.has_types(self.plan.schema.columns.iter().map(|column| column.data_type)) {
                return Err(at.internal("its rows have other columns than its plan says"));
            }
        }
        Ok(chunk)
    }
}
