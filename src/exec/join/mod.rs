//! Joins by equal keys. The pairs come in the order of the left rows, unless the plan says that nobody sees it.
//! Null keys are equal. It must not know where the rows come from.

mod build_right;
mod build_side;
mod small_left;
mod spec;
mod strategy;

use std::collections::VecDeque;

use super::context::{Account, ExecContext, Site};
use super::eval::Program;
use super::parallel::{Batch, in_any_order};
use super::stream::{Chunks, Stream, take};
use crate::column::{Chunk, Column, NO_ROW};
use crate::function::Result;
use crate::plan::{Expr, JoinKind, Plan};
use build_right::BuildRight;
use build_side::Probe;
use small_left::{BuildLeft, KeepMatches, MarkKeys};
use spec::{JoinSpec, Side};
use strategy::{JoinMethod, LeftRows, Prepare, Probing, choose};

/// What a [`crate::plan::Node::Join`] holds.
pub(super) struct Sides<'a> {
    pub(super) kind: JoinKind,
    pub(super) left: &'a Plan,
    pub(super) right: &'a Plan,
    pub(super) keys: &'a [(Expr, Expr)],
}

pub(super) fn open<'a>(
    plan: &'a Plan,
    sides: &Sides<'a>,
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let fixed = in_any_order(sides.keys.iter().flat_map(|(left, right)| [left, right]));
    let left =
        Side { plan: sides.left, keys: Program::new(context, sides.keys.iter().map(|(left, _)| left))? };
    let right =
        Side { plan: sides.right, keys: Program::new(context, sides.keys.iter().map(|(_, right)| right))? };
    let (kind, left, right) = match sides.kind {
        JoinKind::RightSemi => (JoinKind::LeftSemi, right, left),
        JoinKind::RightAnti => (JoinKind::LeftAnti, right, left),
        kind @ (JoinKind::InnerUnique
        | JoinKind::Inner
        | JoinKind::LeftOuter
        | JoinKind::RightOuter
        | JoinKind::FullOuter
        | JoinKind::LeftSemi
        | JoinKind::LeftAnti) => (kind, left, right),
    };
    let threads = if fixed { context.threads } else { 1 };
    let spec = JoinSpec {
        kind,
        key_types: sides.keys.iter().map(|(left, _)| left.scalar_type()).collect(),
        left,
        right,
        any_order: plan.any_order && fixed,
        threads,
        context,
        at: Site::of(plan),
    };
    Ok(Box::new(Join {
        input: Some(context.open(spec.left.plan)?),
        probing: None,
        probes: VecDeque::new(),
        batch: Batch::new(threads),
        unmatched: None,
        account: context.account(spec.at),
        spec,
    }))
}

struct Join<'a> {
    spec: JoinSpec<'a>,
    /// The left rows, before anything is read.
    input: Option<Chunks<'a>>,
    /// There once one side is read.
    probing: Option<Probing<'a>>,
    /// The probe rows at hand, and those that come after them.
    probes: VecDeque<Probe>,
    batch: Batch,
    /// After all probe rows: the build rows without a match, and how many of them are out.
    unmatched: Option<(Vec<u32>, usize)>,
    account: Account<'a>,
}

impl<'a> Join<'a> {
    /// Looks how many left rows there are, and reads what the strategy for so many reads.
    fn prepare(&mut self, mut rest: Chunks<'a>) -> Result<Probing<'a>> {
        let spec = &self.spec;
        let (mut read, mut rows, mut small) = (Vec::new(), 0, false);
        let looks = choose(spec.kind, true, spec.any_order) != JoinMethod::BuildRight;
        while looks && !small && rows <= spec.context.run.tuning.small_left_rows {
            match rest.next()? {
                Some(chunk) => {
                    rows += chunk.len();
                    read.push(chunk);
                }
                None => small = true,
            }
        }
        let strategy: &dyn Prepare = match choose(spec.kind, small, spec.any_order) {
            JoinMethod::BuildRight => &BuildRight,
            JoinMethod::MarkKeys => &MarkKeys,
            JoinMethod::BuildLeft => &BuildLeft,
            JoinMethod::KeepMatches => &KeepMatches,
        };
        let mut probing = strategy.prepare(spec, LeftRows { read, rest }, &mut self.account)?;
        self.probes = probing.probes.drain(..).collect();
        Ok(probing)
    }

    /// The next probe rows with the numbers of their keys.
    fn probe(&mut self) -> Result<Option<Probe>> {
        if let Some(probe) = self.probes.pop_front() {
            return Ok(Some(probe));
        }
        let Some(probing) = &mut self.probing else { return Ok(None) };
        let chunks = take(&mut *probing.input, self.batch.next())?;
        let (spec, max) = (&self.spec, self.spec.context.chunk_rows());
        spec.context.tick(spec.at)?;
        let program = if probing.input_is_right { &spec.right.keys } else { &spec.left.keys };
        let (kind, keys, built) = (probing.kind, &probing.keys, &probing.built);
        let found = spec.context.workers(spec.threads).map(chunks, |chunk| -> Result<Probe> {
            let columns = program.run(spec.context, &chunk)?;
            let keys = match keys {
                Some(keys) => keys.find(&columns, chunk.len()),
                None => vec![NO_ROW; chunk.len()],
            };
            let mut probe = Probe::new(chunk, keys);
            if kind != JoinKind::InnerUnique {
                built.begin(kind, &mut probe, max);
            }
            Ok(probe)
        });
        for probe in found {
            self.probes.push_back(probe?);
        }
        Ok(self.probes.pop_front())
    }

    /// The next build rows that no probe row had the key of.
    fn unmatched(&mut self) -> Option<Chunk> {
        let built = &self.probing.as_ref()?.built;
        let (rows, out) = self.unmatched.get_or_insert_with(|| (built.unmatched(), 0));
        let end = rows.len().min(out.saturating_add(self.spec.context.chunk_rows()));
        let piece = rows.get(*out..end).filter(|piece| !piece.is_empty())?;
        *out = end;
        let mut chunk = Chunk::without_columns(piece.len());
        for column in &self.spec.left.plan.schema.columns {
            chunk.push(Column::nulls(column.data_type, piece.len()));
        }
        built.append_to(&mut chunk, piece.to_vec());
        Some(chunk)
    }
}

impl Stream for Join<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(input) = self.input.take() {
            self.probing = Some(self.prepare(input)?);
        }
        let max = self.spec.context.chunk_rows();
        loop {
            if self.unmatched.is_some() {
                return Ok(self.unmatched());
            }
            let Some(mut probe) = self.probe()? else {
                let right = matches!(self.spec.kind, JoinKind::RightOuter | JoinKind::FullOuter);
                return Ok(if right { self.unmatched() } else { None });
            };
            let Some(probing) = &self.probing else { return Ok(None) };
            if let Some(chunk) = probing.built.next(probing.kind, &mut probe, max) {
                // There may be more of it.
                self.probes.push_front(probe);
                return Ok(Some(chunk));
            }
        }
    }
}
