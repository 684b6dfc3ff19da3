//! A hash table of all rows of the right side; the left rows stream by.

use super::super::context::Account;
use super::super::keys::KeyTable;
use super::super::stream::{Buffered, Chained};
use super::build_side::BuildRows;
use super::spec::JoinSpec;
use super::strategy::{LeftRows, Prepare, Probing};
use crate::function::Result;
use crate::plan::JoinKind;

pub(super) struct BuildRight;

impl Prepare for BuildRight {
    fn prepare<'a>(
        &self,
        spec: &JoinSpec<'a>,
        left: LeftRows<'a>,
        account: &mut Account<'_>,
    ) -> Result<Probing<'a>> {
        let keys_only = matches!(spec.kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
        let mut table = KeyTable::new(&spec.key_types);
        let mut input = spec.context.open(spec.right.plan)?;
        let mut kept = BuildRows::default();
        let mut rows = 0;
        while let Some(chunk) = input.next()? {
            spec.context.tick(spec.at)?;
            spec.at.check_row_numbers(rows, chunk.len())?;
            rows += chunk.len();
            let columns = spec.right.keys.run(spec.context, &chunk)?;
            spec.context.check_room(spec.at, table.growth(chunk.len()))?;
            let keys = table.insert(&columns, chunk.len());
            if !keys_only {
                kept.add(&chunk, &keys.groups);
            }
            account.set(kept.bytes + table.byte_size())?;
        }
        let built = kept.finish(&spec.right.plan.schema, table.len(), false);
        let tracked = matches!(spec.kind, JoinKind::InnerUnique | JoinKind::RightOuter | JoinKind::FullOuter);
        // Nothing can match: the left side need not be read.
        let nothing = table.len() == 0
            && matches!(spec.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi);
        Ok(Probing {
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
        })
    }
}
