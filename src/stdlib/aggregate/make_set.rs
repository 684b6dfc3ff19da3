//! `make_set`, `make_set_if`, `makeset`. It must not know other aggregates.

use super::arguments::{MAX_SIZE, OLD_MAX_SIZE, max_size};
use super::distinct::DistinctValues;
use super::read::argument;
use crate::column::{Column, DynamicColumn};
use crate::function::kinds::{INTEGER, SCALAR, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, Conditional, Example, Result, ResultName,
    signatures,
};
use crate::types::{Dynamic, ScalarType};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "make_set",
        summary: "An array of the distinct values that are not null, in the order of their first row; items of arrays count as values.",
        signatures: signatures![(expr: SCALAR, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("set"),
        accumulator: |call| make_set(call, MAX_SIZE),
        conditional: Some(Conditional::named(
            "make_set_if",
            &[Example {
                query: "range x from 1 to 9 step 1 | summarize make_set_if(x % 3, x > 4)",
                result: "[2,0,1]",
            }],
        )),
        examples: &[
            Example {
                query: "datatable(x:long)[2, 1, long(null), 2] | summarize make_set(x)",
                result: "[2,1]",
            },
            Example {
                query: "datatable(x:dynamic)[dynamic(['a', 'b']), dynamic(['b', 'c'])] | summarize make_set(x)",
                result: "[\"a\",\"b\",\"c\"]",
            },
            Example {
                query: "datatable(x:string)['c', '', 'b', 'c'] | summarize make_set(x, 2)",
                result: "[\"c\",\"\"]",
            },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "makeset",
        summary: "The old name of make_set; it keeps 128 values unless told otherwise.",
        signatures: signatures![(expr: SCALAR, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("set"),
        accumulator: |call| make_set(call, OLD_MAX_SIZE),
        examples: &[Example {
            query: "range x from 1 to 200 step 1 | summarize array_length(makeset(x))",
            result: "128",
        }],
        ..AggregateEntry::DEFAULT
    },
];

fn make_set(call: &AggregateCall<'_>, max: usize) -> Result<Box<dyn Accumulator>> {
    let data_type = call.arguments.first().copied().unwrap_or(ScalarType::Dynamic);
    Ok(call.accumulator(Set(DistinctValues::listed(data_type, max_size(call, max)?))))
}

struct Set(DistinctValues);

impl AggregateState for Set {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.0.grow(count);
        self.0.add(groups, argument(arguments, 0)?, true)
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.0.grow(count);
        self.0.merge(other.0, mapping);
        Ok(())
    }

    fn finish(self, count: usize) -> Result<Vec<Column>> {
        let sets = self.0.lists(count).into_iter().map(Dynamic::array).collect();
        Ok(vec![Column::Dynamic(DynamicColumn::new(sets))])
    }

    fn byte_size(&self) -> usize {
        self.0.byte_size()
    }

    fn result_bytes(&self, count: usize) -> usize {
        self.0.list_bytes(count)
    }
}
