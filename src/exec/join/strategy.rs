//! How a join finds its pairs, and which way is chosen.

use super::super::context::Account;
use super::super::keys::Lookup;
use super::super::stream::Chunks;
use super::build_side::{BuildSide, Probe};
use super::spec::JoinSpec;
use super::spilled_pair::SpilledPair;
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::JoinKind;

/// Which way is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinMethod {
    /// A hash table of all right rows; left rows stream by.
    BuildRight,
    /// A hash table of the few left keys; right rows stream by and mark the keys that they have.
    MarkKeys,
    /// A hash table of the few left rows; right rows stream by and are paired.
    BuildLeft,
    /// A hash table of the few left keys; right rows with one of them are kept, and the left rows are paired with them in
    /// their order.
    KeepMatches,
}

/// The strategy for a kind of join. The left side is small if all its rows were read; `any_order` says that nobody sees
/// the order of the pairs.
pub(super) const fn choose(kind: JoinKind, left_is_small: bool, any_order: bool) -> JoinMethod {
    match kind {
        _ if !left_is_small => JoinMethod::BuildRight,
        // The right rows without a partner come out too.
        JoinKind::RightOuter | JoinKind::FullOuter => JoinMethod::BuildRight,
        JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::RightSemi | JoinKind::RightAnti => {
            JoinMethod::MarkKeys
        }
        JoinKind::Inner | JoinKind::InnerUnique if any_order => JoinMethod::BuildLeft,
        JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftOuter => JoinMethod::KeepMatches,
    }
}

/// The left rows: some that were read already, and the rest.
pub(super) struct LeftRows<'a> {
    pub(super) read: Vec<Chunk>,
    pub(super) rest: Chunks<'a>,
}

/// What is left to do once one side is read: rows are looked up and paired.
pub(super) struct Probing<'a> {
    /// An `innerunique` join whose left rows are made unique is an inner join.
    pub(super) kind: JoinKind,
    pub(super) built: BuildSide,
    /// The keys of the build side, if there are rows to be looked up.
    pub(super) keys: Option<Lookup>,
    /// Rows whose keys are known.
    pub(super) probes: Vec<Probe>,
    /// Rows to be looked up, and whether they are of the right side.
    pub(super) input: Chunks<'a>,
    pub(super) input_is_right: bool,
}

/// What was found out before the first pair comes out.
pub(super) enum Prepared<'a> {
    /// How pairs are found.
    Probing(Box<Probing<'a>>),
    /// The rows of both sides are in files, for memory has no room for the build side.
    Spilled(Vec<SpilledPair>),
}

impl<'a> From<Probing<'a>> for Prepared<'a> {
    fn from(probing: Probing<'a>) -> Self {
        Self::Probing(Box::new(probing))
    }
}

/// Reads what must be read before the first pair comes out.
pub(super) trait Prepare {
    fn prepare<'a>(
        &self,
        spec: &JoinSpec<'a>,
        left: LeftRows<'a>,
        account: &mut Account<'_>,
    ) -> Result<Prepared<'a>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_left_side_is_read_first() {
        use JoinKind::*;
        use JoinMethod::*;
        for (kind, small, ordered, any_order) in [
            (Inner, true, KeepMatches, BuildLeft),
            (InnerUnique, true, KeepMatches, BuildLeft),
            (LeftOuter, true, KeepMatches, KeepMatches),
            (LeftSemi, true, MarkKeys, MarkKeys),
            (LeftAnti, true, MarkKeys, MarkKeys),
            (RightSemi, true, MarkKeys, MarkKeys),
            (RightAnti, true, MarkKeys, MarkKeys),
            (RightOuter, true, BuildRight, BuildRight),
            (FullOuter, true, BuildRight, BuildRight),
            (Inner, false, BuildRight, BuildRight),
            (InnerUnique, false, BuildRight, BuildRight),
            (LeftOuter, false, BuildRight, BuildRight),
            (LeftSemi, false, BuildRight, BuildRight),
            (LeftAnti, false, BuildRight, BuildRight),
        ] {
            assert_eq!(choose(kind, small, false), ordered, "{kind:?}, small {small}");
            assert_eq!(choose(kind, small, true), any_order, "{kind:?}, small {small}, any order");
        }
    }
}
