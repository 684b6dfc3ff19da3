//! The aggregate that collects the numbers of a group's rows. No query can name it: it goes into plans only here.
//! It must not know what the numbers stand for.

use crate::column::{Column, DynamicColumn};
use crate::function::{AggregateEntry, AggregateState, Result};
use crate::types::Dynamic;

/// An array of the numbers of the group's rows, in their order.
pub(super) const COLLECT_ROWS: &AggregateEntry = &AggregateEntry {
    name: "\u{0}rows",
    summary: "The numbers of the group's rows.",
    accumulator: |call| Ok(call.accumulator(CollectRows::default())),
    ..AggregateEntry::DEFAULT
};

#[derive(Default)]
struct CollectRows {
    groups: Vec<Vec<u32>>,
    rows: usize,
}

impl CollectRows {
    fn grow(&mut self, count: usize) {
        if self.groups.len() < count {
            self.groups.resize_with(count, Vec::new);
        }
    }
}

impl AggregateState for CollectRows {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.grow(count);
        let Some(rows) = arguments.first() else { return Ok(()) };
        for (at, &group) in groups.iter().enumerate() {
            let row = rows.value(at).as_long().and_then(|row| u32::try_from(row).ok());
            if let (Some(rows), Some(row)) = (self.groups.get_mut(group as usize), row) {
                rows.push(row);
            }
        }
        self.rows += groups.len();
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.grow(count);
        self.rows += other.rows;
        for (rows, &group) in other.groups.into_iter().zip(mapping) {
            if let Some(mine) = self.groups.get_mut(group as usize) {
                mine.extend(rows);
            }
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.groups.resize_with(count, Vec::new);
        let array = |rows: Vec<u32>| {
            Dynamic::array(rows.into_iter().map(|row| Dynamic::Long(i64::from(row))).collect())
        };
        let arrays = self.groups.into_iter().map(array).collect();
        Ok(vec![Column::Dynamic(DynamicColumn::new(arrays))])
    }

    fn byte_size(&self) -> usize {
        self.rows * size_of::<Dynamic>() + self.groups.capacity() * size_of::<Vec<u32>>()
    }
}
