//! `count`, `countif`, `cnt`. It must not know other aggregates.

use super::arguments::refuse;
use crate::column::Column;
use crate::function::kinds::{SCALAR, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, Conditional, Example, OrderSensitivity,
    Result, signatures,
};
use crate::types::ScalarType;

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "count",
        summary: "The number of rows; an argument is looked at by no row, so nulls count too.",
        signatures: signatures![() -> returns::LONG; (expr: SCALAR) -> returns::LONG],
        order: OrderSensitivity::Insensitive,
        accumulator: count,
        conditional: Some(Conditional {
            signatures: Some(signatures![() -> returns::LONG]),
            ..Conditional::named(
                "countif",
                &[Example { query: "range x from 1 to 5 step 1 | summarize countif(x > 3)", result: "2" }],
            )
        }),
        examples: &[
            Example { query: "range x from 1 to 3 step 1 | summarize count()", result: "3" },
            Example { query: "datatable(x:long)[1, long(null)] | summarize count(x)", result: "2" },
            Example { query: "datatable(x:long)[] | summarize count()", result: "0" },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "cnt",
        summary: "The number of rows; an old name for count.",
        signatures: signatures![() -> returns::LONG],
        order: OrderSensitivity::Insensitive,
        accumulator: count,
        examples: &[Example { query: "range x from 1 to 3 step 1 | summarize cnt()", result: "3" }],
        ..AggregateEntry::DEFAULT
    },
];

fn count(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    if call.arguments.first() == Some(&ScalarType::Bool) {
        return Err(refuse(
            call,
            "of a bool: write countif() for the rows where it is true, count() for all rows",
        ));
    }
    Ok(call.accumulator(Count(Vec::new())))
}

/// The number of rows of each group.
struct Count(Vec<i64>);

impl AggregateState for Count {
    fn update(&mut self, groups: &[u32], count: usize, _: &[Column]) -> Result<()> {
        if self.0.len() < count {
            self.0.resize(count, 0);
        }
        match &mut self.0[..] {
            [one] => *one += groups.len() as i64,
            counts => groups.iter().for_each(|&group| counts[group as usize] += 1),
        }
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        if self.0.len() < count {
            self.0.resize(count, 0);
        }
        for (rows, &group) in other.0.into_iter().zip(mapping) {
            self.0[group as usize] += rows;
        }
        Ok(())
    }

    fn finish(mut self, count: usize) -> Result<Vec<Column>> {
        self.0.resize(count, 0);
        Ok(vec![Column::longs(self.0)])
    }

    fn byte_size(&self) -> usize {
        self.0.capacity() * 8
    }
}
