//! The aggregate that collects the row ids of a group. No query can name it: the rewrite for provenance alone puts it into
//! plans.

use crate::column::{Column, DynamicColumn};
use crate::diagnostic::Diagnostic;
use crate::function::{AggregateEntry, AggregateState, Result};
use crate::source::Span;
use crate::types::{Dynamic, hidden};

/// Collects the ids of the group's rows in an array, in the order of the rows.
pub(super) const COLLECT_ROW_IDS: &AggregateEntry = &AggregateEntry {
    name: hidden!("row ids"),
    summary: "Collects the ids of the group's rows.",
    accumulator: |call| Ok(call.accumulator(CollectRowIds::default())),
    ..AggregateEntry::DEFAULT
};

#[derive(Default)]
struct CollectRowIds {
    groups: Vec<Vec<u32>>,
    rows: usize,
}

impl CollectRowIds {
    fn grow(&mut self, count: usize) {
        if self.groups.len() < count {
            self.groups.resize_with(count, Vec::new);
        }
    }
}

impl AggregateState for CollectRowIds {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.grow(count);
        let Some(ids) = arguments.first() else { return Err(broken("without row ids to collect")) };
        for (at, &group) in groups.iter().enumerate() {
            let id = ids.value(at).as_long().and_then(|id| u32::try_from(id).ok());
            match (self.groups.get_mut(group as usize), id) {
                (Some(ids), Some(id)) => ids.push(id),
                _ => return Err(broken("a row without a group or an id")),
            }
        }
        self.rows += groups.len();
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.grow(count);
        self.rows += other.rows;
        for (ids, &group) in other.groups.into_iter().zip(mapping) {
            match self.groups.get_mut(group as usize) {
                Some(mine) => mine.extend(ids),
                None => return Err(broken("merged into a group that is not there")),
            }
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.groups.resize_with(count, Vec::new);
        let array =
            |ids: Vec<u32>| Dynamic::array(ids.into_iter().map(|id| Dynamic::Long(i64::from(id))).collect());
        let arrays = self.groups.into_iter().map(array).collect();
        Ok(vec![Column::Dynamic(DynamicColumn::new(arrays))])
    }

    fn byte_size(&self) -> usize {
        self.rows * size_of::<Dynamic>() + self.groups.capacity() * size_of::<Vec<u32>>()
    }
}

fn broken(what: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::internal(Span::default(), format!("collecting row ids: {what}")))
}
