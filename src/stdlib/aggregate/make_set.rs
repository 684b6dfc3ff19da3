//! `make_set`, `make_set_if`, `makeset`. It must not know other aggregates.

use super::distinct::Distinct;
use super::masked::masked;
use super::{MAX_SIZE, OLD_MAX_SIZE, max_size};
use crate::column::{Column, DynamicColumn};
use crate::function::kinds::{BOOL, INTEGER, SCALAR, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateFunction, AggregateState, Example, Result, ResultName, signatures,
};
use crate::types::{Dynamic, ScalarType};

pub(super) const FUNCTIONS: &[AggregateFunction] = &[
    AggregateFunction {
        name: "make_set",
        aliases: &[],
        summary: "An array of the distinct values that are not null, in the order of their first row; items of arrays count as values.",
        signatures: signatures![(expr: SCALAR, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("set"),
        accumulator: |call| make_set(call, MAX_SIZE),
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
    },
    AggregateFunction {
        name: "make_set_if",
        aliases: &[],
        summary: "An array of the distinct values of the rows where the predicate is true.",
        signatures: signatures![
            (expr: SCALAR, predicate: BOOL, maxSize: INTEGER.optional()) -> returns::DYNAMIC
        ],
        result_name: ResultName::PrefixAndFirstArgument("set"),
        accumulator: |call| masked(call, 1, |call| make_set(call, MAX_SIZE)),
        examples: &[Example {
            query: "range x from 1 to 9 step 1 | summarize make_set_if(x % 3, x > 4)",
            result: "[2,0,1]",
        }],
    },
    AggregateFunction {
        name: "makeset",
        aliases: &[],
        summary: "The old name of make_set; it keeps 128 values unless told otherwise.",
        signatures: signatures![(expr: SCALAR, maxSize: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::PrefixAndFirstArgument("set"),
        accumulator: |call| make_set(call, OLD_MAX_SIZE),
        examples: &[Example {
            query: "range x from 1 to 200 step 1 | summarize array_length(makeset(x))",
            result: "128",
        }],
    },
];

fn make_set(call: &AggregateCall<'_>, most: usize) -> Result<Box<dyn Accumulator>> {
    let kind = call.arguments.first().copied().unwrap_or(ScalarType::Dynamic);
    Ok(call.accumulator(Set(Distinct::listed(kind, max_size(call, most)?))))
}

struct Set(Distinct);

impl AggregateState for Set {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.0.grow(count);
        if let Some(column) = arguments.first() {
            self.0.add(groups, column, true);
        }
        Ok(())
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
}
