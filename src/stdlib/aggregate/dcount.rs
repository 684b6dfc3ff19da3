//! `dcount`, `count_distinct` and their `…if` forms: all count exactly. It must not know other aggregates.

use super::arguments::refuse;
use super::distinct::DistinctValues;
use super::read::argument;
use crate::column::Column;
use crate::function::kinds::{NOT_DYNAMIC, SCALAR, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, Conditional, Example, OrderSensitivity,
    Result, signatures,
};
use crate::types::ScalarType;

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "dcount",
        summary: "The number of distinct values that are not null; exact at every accuracy.",
        signatures: signatures![(expr: SCALAR, accuracy: NOT_DYNAMIC.optional()) -> returns::LONG],
        order: OrderSensitivity::Insensitive,
        accumulator: distinct,
        conditional: Some(Conditional::named(
            "dcountif",
            &[Example {
                query: "range x from 1 to 9 step 1 | summarize dcountif(x % 2, x > 4)",
                result: "2",
            }],
        )),
        examples: &[
            Example { query: "datatable(x:string)['a', 'b', 'a', ''] | summarize dcount(x)", result: "3" },
            Example { query: "datatable(x:long)[1, long(null), 1, 2] | summarize dcount(x, 2)", result: "2" },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "count_distinct",
        summary: "The number of distinct values that are not null.",
        signatures: signatures![(expr: NOT_DYNAMIC) -> returns::LONG],
        order: OrderSensitivity::Insensitive,
        accumulator: distinct,
        conditional: Some(Conditional::named(
            "count_distinctif",
            &[Example {
                query: "range x from 1 to 9 step 1 | summarize count_distinctif(x % 3, x > 6)",
                result: "3",
            }],
        )),
        examples: &[Example {
            query: "datatable(x:string)['a', 'b', 'a'] | summarize count_distinct(x)",
            result: "2",
        }],
        ..AggregateEntry::DEFAULT
    },
];

fn distinct(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    if call.arguments.len() > 1 {
        let accuracy = call.constants.get(1).and_then(Option::as_ref);
        if !accuracy.and_then(|value| value.as_long()).is_some_and(|level| (0..=4).contains(&level)) {
            return Err(refuse(call, "takes an accuracy from 0 to 4, as a constant"));
        }
    }
    let data_type = call.arguments.first().copied().unwrap_or(ScalarType::Dynamic);
    Ok(call.accumulator(DistinctCount(DistinctValues::counted(data_type))))
}

struct DistinctCount(DistinctValues);

impl AggregateState for DistinctCount {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.0.grow(count);
        self.0.add(groups, argument(arguments, 0)?, false)
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.0.grow(count);
        self.0.merge(other.0, mapping);
        Ok(())
    }

    fn finish(self, count: usize) -> Result<Vec<Column>> {
        Ok(vec![Column::longs(self.0.counts(count))])
    }

    fn byte_size(&self) -> usize {
        self.0.byte_size()
    }

    fn partials_are_additive(&self) -> bool {
        true
    }
}
