//! Steps that make one chunk of one chunk, run in a loop: filters, projections, `parse`.
//! A step keeps nothing between chunks, so that several threads may run the same steps over different chunks.
//! It must not know where the chunks come from.

use std::collections::VecDeque;

use super::context::{ExecContext, Site};
use super::eval::Program;
use super::gather::Gather;
use super::parallel::{Batch, in_any_order};
use super::parse::{Parse, ParseSpec};
use super::step::ChunkStep;
use super::stream::{Chunks, Demand, Stream, take};
use crate::column::Chunk;
use crate::function::Result;
use crate::parallel::map_in_parallel;
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
}

impl<'a> Steps<'a> {
    /// The steps that end in this plan.
    pub(super) fn new(plan: &'a Plan, context: &ExecContext<'_>) -> Result<Self> {
        let mut all = Self::none(plan);
        while all.whole.is_none() {
            let at = Site::of(all.below);
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
                | Node::Apply { .. }
                | Node::Outer { .. }
                | Node::Plugin { .. }
                | Node::Shared { .. } => break,
            }
        }
        all.steps.reverse();
        Ok(all)
    }

    /// The steps that end in this plan if different threads may take different chunks, else none.
    pub(super) fn parallel(plan: &'a Plan, context: &ExecContext<'_>) -> Result<Self> {
        let all = Self::new(plan, context)?;
        Ok(if all.is_parallel() { all } else { Self::none(plan) })
    }

    /// No steps.
    const fn none(plan: &'a Plan) -> Self {
        Self {
            steps: Vec::new(),
            below: plan,
            conjuncts: Vec::new(),
            keeps_rows: true,
            whole: None,
            in_any_order: true,
        }
    }

    /// The stream of the rows that the steps are applied to; of what comes out of them at most `limit` rows are asked for.
    pub(super) fn open_below(
        &self,
        limit: Option<usize>,
        context: &'a ExecContext<'a>,
    ) -> Result<Chunks<'a>> {
        let limit = limit.filter(|_| self.keeps_rows && self.whole.is_none());
        context.open_for(self.below, Demand { conjuncts: self.conjuncts.clone(), limit })
    }

    /// Different threads may take different chunks.
    const fn is_parallel(&self) -> bool {
        self.in_any_order && self.whole.is_none()
    }

    /// What comes of a chunk; `None` where no row is left.
    pub(super) fn apply(&self, context: &ExecContext<'_>, mut chunk: Chunk) -> Result<Option<Chunk>> {
        for (at, step) in &self.steps {
            context.tick(*at)?;
            chunk = step.apply(context, chunk)?;
            if chunk.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(chunk))
    }
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
            for chunk in map_in_parallel(self.threads, chunks, |chunk| self.steps.apply(self.context, chunk))
            {
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
    let steps = Steps::new(plan, context)?;
    let source = steps.open_below(limit, context)?;
    let source: Chunks<'a> = match steps.whole {
        Some(at) => Box::new(Whole { input: Some(source), plan: steps.below, context, at }),
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
}

impl Stream for Whole<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
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
