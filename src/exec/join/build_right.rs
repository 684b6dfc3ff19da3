//! A hash table of all rows of the right side; the left rows stream by. Where memory has no room for the table, the rows of
//! both sides are put aside in pairs of files, each of which is joined by itself.

use super::super::context::Account;
use super::super::keys::KeyTable;
use super::super::spill::MAX_SPILL_LEVEL;
use super::super::stream::{Buffered, Chained, Chunks};
use super::build_side::BuildRows;
use super::spec::JoinSpec;
use super::spilled_pair::SpilledSide;
use super::strategy::{LeftRows, Prepare, Prepared, Probing};
use crate::column::Chunk;
use crate::function::Result;
use crate::plan::JoinKind;

pub(super) struct BuildRight;

impl Prepare for BuildRight {
    fn prepare<'a>(
        &self,
        spec: &JoinSpec<'a>,
        left: LeftRows<'a>,
        account: &mut Account<'_>,
    ) -> Result<Prepared<'a>> {
        let right = spec.context.open(spec.right.plan)?;
        build(spec, left, right, account, 0)
    }
}

/// Without a right row there is no pair.
const fn needs_right(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi)
}

/// Reads the right rows, which were put into files `level` times.
pub(super) fn build<'a>(
    spec: &JoinSpec<'a>,
    left: LeftRows<'a>,
    mut right: Chunks<'a>,
    account: &mut Account<'_>,
    level: u32,
) -> Result<Prepared<'a>> {
    let keys_only = matches!(spec.kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
    let mut table = KeyTable::new(&spec.key_types);
    let mut kept = BuildRows::default();
    // Where keys suffice: a row of each key, if it may have to be put aside.
    let mut of_keys = BuildRows::default();
    let mut rows = 0;
    while let Some(chunk) = right.next()? {
        spec.context.tick(spec.at)?;
        spec.at.check_row_numbers(rows, chunk.len())?;
        rows += chunk.len();
        let columns = spec.right.keys(spec.context, &chunk)?;
        spec.context.check_room(spec.at, table.growth(chunk.len()))?;
        let keys = table.insert(&columns, chunk.len());
        if !keys_only {
            kept.add(&chunk, &keys.groups);
        } else if spec.spills && !keys.fresh.is_empty() {
            of_keys.add(&chunk.select(keys.fresh), &[]);
        }
        account.set(kept.bytes + of_keys.bytes + table.byte_size())?;
        let may_spill = spec.spills && level < MAX_SPILL_LEVEL;
        // The columns are put together when the rows are complete, and the chunks are still there.
        if may_spill && spec.context.is_short(account, kept.bytes) {
            drop(table);
            let read = if keys_only { of_keys } else { kept };
            return spill(spec, left, (read.into_chunks(), right), account, level);
        }
    }
    drop(of_keys);
    account.set(kept.bytes + table.byte_size())?;
    let built = kept.finish(&spec.right.schema, table.len(), false);
    let tracked = matches!(spec.kind, JoinKind::InnerUnique | JoinKind::RightOuter | JoinKind::FullOuter);
    // Nothing can match: the left side need not be read.
    let nothing = table.len() == 0 && needs_right(spec.kind);
    Ok(Prepared::from(Probing {
        kind: spec.kind,
        built: if tracked { built.tracked() } else { built },
        keys: Some(table.into()),
        probes: Vec::new(),
        input: if nothing {
            Box::new(Buffered::empty())
        } else {
            Box::new(Chained::new(left.read, left.rest))
        },
        input_is_right: false,
    }))
}

/// Puts the rows of both sides into files: right ones that were read, and the rest.
fn spill<'a>(
    spec: &JoinSpec<'a>,
    left: LeftRows<'a>,
    (read, mut rest): (Vec<Chunk>, Chunks<'a>),
    account: &mut Account<'_>,
    level: u32,
) -> Result<Prepared<'a>> {
    // Rows that come from files have their numbers.
    let numbers = !spec.any_order && level == 0;
    let mut of_right = SpilledSide::new(level, numbers);
    // What was read goes as it is written.
    of_right.push_all(
        spec,
        &spec.right.again(),
        &mut Buffered::new(read, spec.context.chunk_rows()),
        |_| true,
    )?;
    account.set(0)?;
    of_right.push_all(spec, &spec.right, &mut *rest, |_| true)?;
    drop(rest);
    let mut of_left = of_right.other();
    let mut left = Chained::new(left.read, left.rest);
    let wanted = |file: usize| of_right.has(file) || !needs_right(spec.kind);
    of_left.push_all(spec, &spec.left, &mut left, wanted)?;
    Ok(Prepared::Spilled(of_left.pairs(of_right, level)?))
}
