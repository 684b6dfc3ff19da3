//! Joins by equal keys. The pairs come in the order of the left rows, unless the plan says that nobody sees it.
//! Null keys are equal. It must not know where the rows come from.

mod build_right;
mod build_side;
mod pairing;
mod small_left;
mod spec;
mod spilled;
mod spilled_pair;
mod strategy;

use super::context::{Account, ExecContext, Site};
use super::eval::Program;
use super::parallel::in_any_order;
use super::stream::{Chunks, Stream};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::{Expr, JoinKind, Plan};
use build_right::BuildRight;
use pairing::Pairing;
use small_left::{BuildLeft, KeepMatches, MarkKeys};
use spec::{JoinSpec, Side};
use spilled::SpilledPairs;
use strategy::{JoinMethod, LeftRows, Prepare, Prepared, choose};

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
    let left = Side::new(sides.left, Program::new(context, sides.keys.iter().map(|(left, _)| left))?);
    let right = Side::new(sides.right, Program::new(context, sides.keys.iter().map(|(_, right)| right))?);
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
        spills: fixed && context.run.spill.is_some(),
        threads,
        context,
        at: Site::of(plan),
    };
    let account = context.account(spec.at);
    Ok(Box::new(Join { input: Some(context.open(spec.left.plan)?), pairs: None, account, spec }))
}

struct Join<'a> {
    spec: JoinSpec<'a>,
    /// The left rows, before anything is read.
    input: Option<Chunks<'a>>,
    /// There once one side is read.
    pairs: Option<PairSource<'a>>,
    account: Account<'a>,
}

/// Where the pairs come from.
enum PairSource<'a> {
    Found(Box<Pairing<'a>>),
    Spilled(Box<SpilledPairs<'a>>),
}

impl<'a> Join<'a> {
    /// Looks how many left rows there are, and reads what the strategy for so many reads.
    fn prepare(&mut self, mut rest: Chunks<'a>) -> Result<PairSource<'a>> {
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
        Ok(match strategy.prepare(spec, LeftRows { read, rest }, &mut self.account)? {
            Prepared::Probing(probing) => PairSource::Found(Box::new(Pairing::new(spec, *probing))),
            Prepared::Spilled(pairs) => PairSource::Spilled(Box::new(SpilledPairs::new(spec, pairs)?)),
        })
    }
}

impl Stream for Join<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Some(input) = self.input.take() {
            self.pairs = Some(self.prepare(input)?);
        }
        match &mut self.pairs {
            Some(PairSource::Found(pairing)) => pairing.next(&self.spec),
            Some(PairSource::Spilled(pairs)) => pairs.next(),
            None => Ok(None),
        }
    }
}
