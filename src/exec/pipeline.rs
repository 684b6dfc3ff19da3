//! Steps that make one chunk of one chunk, run in a loop: filters, projections, `parse`.
//! A step keeps nothing between chunks, so that several threads may run the same steps over different chunks.
//! It must not know where the chunks come from.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::context::{ExecContext, Site};
use super::eval::Program;
use super::gather::Gather;
use super::parallel::{Batch, in_any_order};
use super::parse::{Parse, ParseSpec};
use super::profiler::{Inside, OperatorId, Profiler};
use super::step::ChunkStep;
use super::stream::{Chunks, Demand, Stream, take};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Expr, Node, Plan};

/// Steps, and the plan whose rows they are applied to.
pub(super) struct Steps<'a> {
    steps: Vec<(Site, Box<dyn ChunkStep + 'a>)>,
    pub(super) below: &'a Plan,
    /// The conditions of the lowest steps, if these are filters.
    conjuncts: Vec<&'a Expr>,
    /// Each row that comes in comes out.
    keeps_rows: bool,
    /// The lowest step needs all rows at once.
    whole: Option<Site>,
    /// Chunks may be worked on in any order.
    in_any_order: bool,
    /// Where the run is measured.
    profiled: Option<ProfiledSteps>,
}

/// The steps as a profiler knows them.
struct ProfiledSteps {
    profiler: Arc<Profiler>,
    /// An operator for each step.
    operators: Vec<OperatorId>,
    /// The rows are given to the steps once more: they were counted already.
    again: AtomicBool,
}

impl ProfiledSteps {
    fn apply(&self, at: usize, work: impl FnOnce() -> Result<Chunk>) -> Result<Chunk> {
        let Some(operator) = self.operators.get(at) else { return work() };
        let inside = self.profiler.enter(Some(*operator));
        let chunk = work()?;
        drop(inside);
        if !self.again.load(Ordering::Relaxed) {
            self.profiler.count(*operator, chunk.len());
        }
        Ok(chunk)
    }
}

/// A plan is run as a step, not as an operator with a stream of its own.
pub(super) const fn is_step(plan: &Plan) -> bool {
    matches!(&plan.node, Node::Filter { .. } | Node::Project { .. } | Node::Parse { .. })
}

impl<'a> Steps<'a> {
    /// The steps that end in this plan, whose stream is being opened.
    fn of_stream(plan: &'a Plan, context: &ExecContext<'a>) -> Result<Self> {
        let top = context.run.profiler.and_then(|profiler| profiler.current());
        let all = Self::new(plan, context, top)?;
        all.begin_run();
        Ok(all)
    }

    /// The steps that end in this plan. The last of them is the operator `top`, if there is one already.
    fn new(plan: &'a Plan, context: &ExecContext<'a>, mut top: Option<OperatorId>) -> Result<Self> {
        let mut all = Self::none(plan);
        all.profiled = context.run.profiler.map(|profiler| ProfiledSteps {
            profiler: profiler.clone(),
            operators: Vec::new(),
            again: AtomicBool::new(false),
        });
        let mut above = None;
        while all.whole.is_none() {
            let at = Site::of(all.below);
            // Subqueries in its expressions run while it is made.
            let _inside = match context.run.profiler.filter(|_| is_step(all.below)) {
                Some(profiler) => {
                    let operator = match (top.take(), above) {
                        (Some(top), _) => top,
                        (None, Some(above)) => profiler.operator(above, all.below),
                        (None, None) => profiler.find(all.below),
                    };
                    all.profiled.iter_mut().for_each(|it| it.operators.push(operator));
                    above = Some(operator);
                    Some(profiler.enter(above))
                }
                None => None,
            };
            match &all.below.node {
                Node::Filter { input, conjuncts } => {
                    all.steps.push((at, Box::new(Filter::new(context, conjuncts)?)));
                    all.in_any_order &= in_any_order(conjuncts);
                    all.conjuncts.extend(conjuncts);
                    all.keeps_rows = false;
                    all.below = input;
                }
                Node::Project { input, columns } => {
                    all.steps.push((at, Box::new(Project(Program::new(context, columns)?))));
                    all.in_any_order &= in_any_order(columns);
                    if columns.iter().any(Expr::has_window) {
                        all.whole = Some(at);
                    }
                    all.conjuncts.clear();
                    all.below = input;
                }
                Node::Parse { input, text, steps, columns, kind, only_matches, layout } => {
                    let only_matches = *only_matches;
                    let parts = ParseSpec { text, steps, columns, kind, only_matches, layout };
                    all.steps.push((at, Box::new(Parse::new(&parts, at, context)?)));
                    all.in_any_order &= in_any_order([text]);
                    all.conjuncts.clear();
                    all.keeps_rows &= !only_matches;
                    all.below = input;
                }
                Node::Visualize { input, .. } => all.below = input,
                Node::Scan { .. }
                | Node::External { .. }
                | Node::Values { .. }
                | Node::Range { .. }
                | Node::Aggregate { .. }
                | Node::Join { .. }
                | Node::Sort { .. }
                | Node::TopN { .. }
                | Node::Limit { .. }
                | Node::Sample { .. }
                | Node::Union { .. }
                | Node::Unnest { .. }
                | Node::MatchSteps { .. }
                | Node::Apply { .. }
                | Node::Outer { .. }
                | Node::Plugin { .. }
                | Node::Shared { .. } => break,
            }
        }
        all.steps.reverse();
        all.profiled.iter_mut().for_each(|it| it.operators.reverse());
        Ok(all)
    }

    const fn none(below: &'a Plan) -> Self {
        Self {
            steps: Vec::new(),
            below,
            conjuncts: Vec::new(),
            keeps_rows: true,
            whole: None,
            in_any_order: true,
            profiled: None,
        }
    }

    /// The steps that end in this plan if different threads may take different chunks, else none.
    pub(super) fn parallel(plan: &'a Plan, context: &ExecContext<'a>) -> Result<Self> {
        let all = Self::new(plan, context, None)?;
        if !all.is_parallel() {
            return Ok(Self::none(plan));
        }
        all.begin_run();
        Ok(all)
    }

    fn begin_run(&self) {
        if let Some(it) = &self.profiled {
            it.operators.iter().for_each(|operator| it.profiler.begin_run(*operator));
        }
    }

    fn lowest_operator(&self) -> Option<OperatorId> {
        self.profiled.as_ref()?.operators.first().copied()
    }

    /// The stream of the rows that the steps are applied to; of what comes out of them at most `limit` rows are asked for.
    pub(super) fn open_below(
        &self,
        limit: Option<usize>,
        context: &'a ExecContext<'a>,
    ) -> Result<Chunks<'a>> {
        let _inside = inside(context, self.lowest_operator());
        let limit = limit.filter(|_| self.keeps_rows && self.whole.is_none());
        context.open_for(self.below, Demand { conjuncts: self.conjuncts.clone(), limit })
    }

    /// Does something with rows that were given to the steps before: they are not counted twice.
    pub(super) fn again<T>(&self, work: impl FnOnce() -> T) -> T {
        let set = |again| self.profiled.iter().for_each(|it| it.again.store(again, Ordering::Relaxed));
        set(true);
        let done = work();
        set(false);
        done
    }

    /// Different threads may take different chunks.
    const fn is_parallel(&self) -> bool {
        self.in_any_order && self.whole.is_none()
    }

    /// What comes of a chunk; `None` where no row is left.
    pub(super) fn apply(&self, context: &ExecContext<'_>, mut chunk: Chunk) -> Result<Option<Chunk>> {
        for (at, (site, step)) in self.steps.iter().enumerate() {
            context.tick(*site)?;
            chunk = match &self.profiled {
                None => step.apply(context, chunk)?,
                Some(profiled) => profiled.apply(at, || step.apply(context, chunk))?,
            };
            if chunk.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(chunk))
    }
}

/// This thread is inside a step that asks for rows, if the run is measured.
fn inside<'a>(context: &ExecContext<'a>, operator: Option<OperatorId>) -> Option<Inside<'a>> {
    Some(context.run.profiler?.enter(Some(operator?)))
}

struct PipelineStream<'a> {
    source: Chunks<'a>,
    steps: Steps<'a>,
    context: &'a ExecContext<'a>,
    threads: usize,
    batch: Batch,
    ready: VecDeque<Chunk>,
}

impl Stream for PipelineStream<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Ok(Some(chunk));
            }
            let chunks = take(&mut *self.source, self.batch.next())?;
            if chunks.is_empty() {
                return Ok(None);
            }
            let workers = self.context.workers(self.threads);
            for chunk in workers.map(chunks, |chunk| self.steps.apply(self.context, chunk)) {
                self.ready.extend(chunk?);
            }
        }
    }
}

/// The steps that end in this plan, over the stream of what comes before them.
pub(super) fn open<'a>(
    plan: &'a Plan,
    limit: Option<usize>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let steps = Steps::of_stream(plan, context)?;
    let source = steps.open_below(limit, context)?;
    let source: Chunks<'a> = match steps.whole {
        Some(at) => {
            let operator = steps.lowest_operator();
            Box::new(Whole { input: Some(source), plan: steps.below, context, at, operator })
        }
        None => source,
    };
    let threads = if steps.in_any_order { context.threads } else { 1 };
    let batch = Batch::new(threads);
    Ok(Box::new(PipelineStream { source, steps, context, threads, batch, ready: VecDeque::new() }))
}

/// The rows for which every conjunct is true. Later conjuncts see only what the earlier ones left.
struct Filter(Vec<Program>);

impl Filter {
    fn new(context: &ExecContext<'_>, conjuncts: &[Expr]) -> Result<Self> {
        conjuncts
            .iter()
            .map(|conjunct| Program::new(context, std::slice::from_ref(conjunct)))
            .collect::<Result<_>>()
            .map(Self)
    }
}

impl ChunkStep for Filter {
    fn apply(&self, context: &ExecContext<'_>, mut chunk: Chunk) -> Result<Chunk> {
        let mut todo: Vec<&Program> = self.0.iter().collect();
        // A conjunct that fails waits for the others: perhaps they leave no row that it fails for. So does one that is in
        // doubt. The last one left has its way.
        while !todo.is_empty() {
            let mut waiting = Vec::new();
            for (at, conjunct) in todo.iter().enumerate() {
                if chunk.is_empty() {
                    return Ok(chunk);
                }
                let is_last = waiting.len() == at && at + 1 == todo.len();
                let computed = match conjunct.compute(context, &chunk) {
                    Ok(computed) if is_last || !computed.is_doubtful() => computed,
                    Err(failure) if is_last => return Err(failure),
                    _ => {
                        waiting.push(*conjunct);
                        continue;
                    }
                };
                let Some(column) = computed.take_down(context).pop() else { continue };
                let rows = column.true_rows();
                if rows.len() < chunk.len() {
                    chunk = chunk.select(rows);
                }
            }
            todo = waiting;
        }
        Ok(chunk)
    }
}

/// New columns from each row. Columns that only move are not gathered.
struct Project(Program);

impl ChunkStep for Project {
    fn apply(&self, context: &ExecContext<'_>, chunk: Chunk) -> Result<Chunk> {
        self.0.project(context, &chunk)
    }
}

/// All rows as one chunk, for functions that look at other rows.
struct Whole<'a> {
    input: Option<Chunks<'a>>,
    plan: &'a Plan,
    context: &'a ExecContext<'a>,
    at: Site,
    /// The step that wants all rows, where the run is measured.
    operator: Option<OperatorId>,
}

impl Stream for Whole<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
        let _inside = inside(self.context, self.operator);
        let mut account = self.context.account(self.at);
        let mut chunks = Vec::new();
        let mut gather = Gather::default();
        while let Some(chunk) = input.next()? {
            let (chunk, bytes) = gather.add(&chunk);
            account.add(bytes)?;
            chunks.push(chunk);
        }
        match chunks.len() {
            0 | 1 => Ok(chunks.pop()),
            _ => Ok(Some(Chunk::concat(&self.plan.schema, &chunks))),
        }
    }
}
