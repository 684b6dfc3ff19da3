//! `arg_max`, `arg_min` and their old names. It must not know other aggregates.

use super::arguments::refuse;
use super::order::OrderedElement;
use super::pick::Picked;
use crate::column::{BoolType, Column, DecimalType, LongType, RealType, StringType};
use crate::function::kinds::{ORDERABLE, SCALAR};
use crate::function::{
    Accumulator, AccumulatorFn, AggregateCall, AggregateEntry, AggregateState, ArgumentInfo, Example, Result,
    ResultName, Returns, signatures,
};
use crate::types::ScalarType;

const MANY: u16 = i16::MAX as u16;

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "arg_max",
        summary: "The largest value and other columns of the row that has it; all columns for `*`.",
        signatures: signatures![
            (maximized: ORDERABLE, returned: SCALAR.star_allowed().repeated(0, MANY))
                -> Returns::Columns(|arguments| columns(arguments, "max"))
        ],
        result_name: ResultName::None,
        accumulator: MAX,
        examples: &[
            Example {
                query: "datatable(n:long, s:string)[1, 'a', 3, 'b', 2, 'c'] | summarize arg_max(n, s) | project s",
                result: "\"b\"",
            },
            Example {
                query: "datatable(n:long, s:string)[long(null), 'a'] | summarize arg_max(n, *) | project s",
                result: "\"a\"",
            },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "arg_min",
        summary: "The smallest value and other columns of the row that has it; all columns for `*`.",
        signatures: signatures![
            (minimized: ORDERABLE, returned: SCALAR.star_allowed().repeated(0, MANY))
                -> Returns::Columns(|arguments| columns(arguments, "min"))
        ],
        result_name: ResultName::None,
        accumulator: MIN,
        examples: &[Example {
            query: "datatable(n:long, s:string)[2, 'a', 1, 'b', 3, 'c'] | summarize arg_min(n, s) | project s",
            result: "\"b\"",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "argmax",
        summary: "The old name of arg_max; its columns are called `max_n`, `max_n_s`.",
        signatures: signatures![
            (maximized: ORDERABLE, returned: SCALAR.star_allowed().repeated(0, MANY))
                -> Returns::Columns(|arguments| old_columns(arguments, "max"))
        ],
        result_name: ResultName::None,
        accumulator: MAX,
        examples: &[Example {
            query: "datatable(n:long, s:string)[1, 'a', 3, 'b'] | summarize argmax(n, s) | project max_n_s",
            result: "\"b\"",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "argmin",
        summary: "The old name of arg_min; its columns are called `min_n`, `min_n_s`.",
        signatures: signatures![
            (minimized: ORDERABLE, returned: SCALAR.star_allowed().repeated(0, MANY))
                -> Returns::Columns(|arguments| old_columns(arguments, "min"))
        ],
        result_name: ResultName::None,
        accumulator: MIN,
        examples: &[Example {
            query: "datatable(n:long, s:string)[1, 'a', 3, 'b'] | summarize argmin(n, s) | project min_n_s",
            result: "\"a\"",
        }],
        ..AggregateEntry::DEFAULT
    },
];

/// `n`, `s`; what has no name is `max_` or, from the second on, `max_n_arg1`.
fn columns(arguments: &[ArgumentInfo<'_>], prefix: &str) -> Vec<(String, ScalarType)> {
    let first = arguments.first().map_or("", |argument| argument.name);
    let name = |(at, argument): (usize, &ArgumentInfo<'_>)| {
        let name = match argument.name {
            "" if at == 0 => format!("{prefix}_"),
            "" => format!("{prefix}_{first}_arg{at}"),
            name => name.to_owned(),
        };
        (name, argument.data_type)
    };
    arguments.iter().enumerate().map(name).collect()
}

/// `max_n`, `max_n_s`, `max_n_arg2`.
fn old_columns(arguments: &[ArgumentInfo<'_>], prefix: &str) -> Vec<(String, ScalarType)> {
    let first = arguments.first().map_or("", |argument| argument.name);
    let name = |(at, argument): (usize, &ArgumentInfo<'_>)| {
        let name = match argument.name {
            _ if at == 0 => format!("{prefix}_{first}"),
            "" => format!("{prefix}_{first}_arg{at}"),
            name => format!("{prefix}_{first}_{name}"),
        };
        (name, argument.data_type)
    };
    arguments.iter().enumerate().map(name).collect()
}

const MIN: AccumulatorFn = extreme_row::<false>;
const MAX: AccumulatorFn = extreme_row::<true>;

fn extreme_row<const MAX: bool>(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    fn make<E: OrderedElement, const MAX: bool>(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(call.accumulator(ExtremeRow::<E, MAX> {
            data_types: call.arguments.to_vec(),
            extremes: Vec::new(),
            heap: 0,
            picked: Picked::default(),
        }))
    }
    match call.arguments.first() {
        Some(ScalarType::Real) => make::<RealType, MAX>(call),
        Some(ScalarType::Decimal) => make::<DecimalType, MAX>(call),
        Some(ScalarType::String) => make::<StringType, MAX>(call),
        Some(ScalarType::Bool) => make::<BoolType, MAX>(call),
        Some(ScalarType::Guid | ScalarType::Dynamic) | None => {
            Err(refuse(call, "by values that have no order"))
        }
        Some(_) => make::<LongType, MAX>(call),
    }
}

/// The row with the extreme value; where all values are null, the first row. Of equal ones the first is taken.
struct ExtremeRow<E: OrderedElement, const MAX: bool> {
    data_types: Vec<ScalarType>,
    extremes: Vec<Option<E::Owned>>,
    heap: usize,
    picked: Picked,
}

impl<E: OrderedElement, const MAX: bool> AggregateState for ExtremeRow<E, MAX> {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        if self.extremes.len() < count {
            self.extremes.resize_with(count, || None);
        }
        self.picked.grow(count);
        let (extremes, picked, heap) = (&mut self.extremes, &mut self.picked, &mut self.heap);
        let mut seen = 0;
        E::each(arguments, |row, item| {
            seen += 1;
            let group = groups[row];
            let extreme = &mut extremes[group as usize];
            if extreme.as_ref().is_none_or(|kept| E::beats::<MAX>(&item, kept)) {
                let kept = E::keep(item);
                *heap += E::heap(&kept);
                *heap -= extreme.replace(kept).as_ref().map_or(0, E::heap);
                picked.pick(group, row);
            }
        })?;
        if seen < groups.len() {
            for (row, &group) in groups.iter().enumerate() {
                if !picked.has(group) {
                    picked.pick(group, row);
                }
            }
        }
        self.picked.gather(arguments);
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        let (groups, columns) = other.picked.into_rows(&self.data_types);
        let groups: Vec<u32> = groups.iter().map(|&group| mapping[group as usize]).collect();
        self.update(&groups, count, &columns)
    }

    fn finish(self, count: usize) -> Result<Vec<Column>> {
        Ok(self.picked.finish(&self.data_types, count))
    }

    fn byte_size(&self) -> usize {
        self.picked.byte_size() + self.extremes.capacity() * size_of::<Option<E::Owned>>() + self.heap
    }
}
