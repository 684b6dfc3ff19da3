//! Steps that make one chunk of one chunk, run in a loop: filters, projections, `parse`.
//! A step keeps nothing between chunks, so that several threads may run the same steps over different chunks.
//! It must not know where the chunks come from.

use super::eval::Program;
use super::parse::{Parse, Parts};
use super::stream::{Chunks, Gather, Operator, State, Stream, build as build_stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Expr, Node, Plan};

/// Makes a chunk of a chunk.
pub(super) trait Step {
    /// The rows that come of these; may be none.
    fn apply(&self, state: &State<'_>, chunk: Chunk) -> Result<Chunk>;
}

struct Pipeline<'a> {
    source: Chunks<'a>,
    steps: Vec<(Operator, Box<dyn Step + 'a>)>,
    state: &'a State<'a>,
}

impl Stream for Pipeline<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        'chunks: while let Some(mut chunk) = self.source.next()? {
            for (at, step) in &self.steps {
                self.state.tick(*at)?;
                chunk = step.apply(self.state, chunk)?;
                if chunk.is_empty() {
                    continue 'chunks;
                }
            }
            return Ok(Some(chunk));
        }
        Ok(None)
    }
}

/// The steps that end in this plan, over the stream of what comes before them.
pub(super) fn build<'a>(plan: &'a Plan, state: &'a State<'a>) -> Result<Chunks<'a>> {
    let mut steps: Vec<(Operator, Box<dyn Step + 'a>)> = Vec::new();
    let mut below = plan;
    let mut whole = None;
    while whole.is_none() {
        let at = Operator::of(below);
        match &below.node {
            Node::Filter { input, conjuncts } => {
                steps.push((at, Box::new(Filter::new(state, conjuncts)?)));
                below = input;
            }
            Node::Project { input, columns } => {
                steps.push((at, Box::new(Project(Program::new(state, columns)?))));
                if columns.iter().any(Expr::has_window) {
                    whole = Some(at);
                }
                below = input;
            }
            Node::Parse { input, text, steps: parts, columns, kind, only_matches, layout } => {
                let only_matches = *only_matches;
                let parts = Parts { text, steps: parts, columns, kind, only_matches, layout };
                steps.push((at, Box::new(Parse::new(&parts, at, state)?)));
                below = input;
            }
            Node::Visualize { input, .. } => below = input,
            _ => break,
        }
    }
    steps.reverse();
    let source = build_stream(below, state)?;
    let source: Chunks<'a> = match whole {
        Some(at) => Box::new(Whole { input: Some(source), plan: below, state, at }),
        None => source,
    };
    Ok(Box::new(Pipeline { source, steps, state }))
}

/// The rows for which every conjunct is true. Later conjuncts see only what the earlier ones left.
struct Filter(Vec<Program>);

impl Filter {
    fn new(state: &State<'_>, conjuncts: &[Expr]) -> Result<Self> {
        conjuncts
            .iter()
            .map(|conjunct| Program::new(state, std::slice::from_ref(conjunct)))
            .collect::<Result<_>>()
            .map(Self)
    }
}

impl Step for Filter {
    fn apply(&self, state: &State<'_>, mut chunk: Chunk) -> Result<Chunk> {
        for conjunct in &self.0 {
            if chunk.is_empty() {
                break;
            }
            let Some(column) = conjunct.run(state, &chunk)?.pop() else { continue };
            let rows = column.true_rows();
            if rows.len() < chunk.len() {
                chunk = chunk.select(rows);
            }
        }
        Ok(chunk)
    }
}

/// New columns from each row. Columns that only move are not gathered.
struct Project(Program);

impl Step for Project {
    fn apply(&self, state: &State<'_>, chunk: Chunk) -> Result<Chunk> {
        self.0.project(state, &chunk)
    }
}

/// All rows as one chunk, for functions that look at other rows.
struct Whole<'a> {
    input: Option<Chunks<'a>>,
    plan: &'a Plan,
    state: &'a State<'a>,
    at: Operator,
}

impl Stream for Whole<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
        let mut account = self.state.account(self.at);
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
