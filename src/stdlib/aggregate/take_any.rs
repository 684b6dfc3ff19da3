//! `take_any`, `take_anyif`, and the old `any`, `anyif`. It must not know other aggregates.

use super::pick::Picked;
use crate::column::Column;
use crate::function::kinds::SCALAR;
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, ArgumentInfo, Conditional, Example, Result,
    ResultName, Returns, Signature, signatures,
};
use crate::types::ScalarType;

const MANY: u16 = i16::MAX as u16;

/// The form of one column.
const ONE: &[Signature] = signatures![(expr: SCALAR) -> Returns::First];

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "take_any",
        summary: "The values of one row: the first; a single column gives its first value that is not null or empty.",
        signatures: signatures![
            (expr: SCALAR.star_allowed().repeated(1, MANY)) -> Returns::Columns(|arguments| columns(arguments, "", "any_"))
        ],
        result_name: ResultName::None,
        accumulator: any,
        conditional: Some(Conditional {
            signatures: Some(ONE),
            result_name: Some(ResultName::FirstArgument),
            ..Conditional::named(
                "take_anyif",
                &[Example {
                    query: "range x from 1 to 5 step 1 | summarize take_anyif(x, x == 4)",
                    result: "4",
                }],
            )
        }),
        examples: &[
            Example { query: "datatable(x:long)[long(null), 2] | summarize take_any(x)", result: "2" },
            Example { query: "datatable(x:long)[] | summarize take_any(x)", result: "null" },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "any",
        summary: "The old name of take_any; its columns are called `any_x`.",
        signatures: signatures![
            (expr: SCALAR) -> Returns::First;
            (expr: SCALAR.repeated(2, MANY)) -> Returns::Columns(|arguments| columns(arguments, "any_", ""));
            (expr: SCALAR.star_only()) -> Returns::Columns(|arguments| columns(arguments, "any_", ""));
        ],
        accumulator: any,
        conditional: Some(Conditional {
            signatures: Some(ONE),
            ..Conditional::named(
                "anyif",
                &[Example {
                    query: "range x from 1 to 5 step 1 | summarize anyif(x, x == 4) | project anyif_x",
                    result: "4",
                }],
            )
        }),
        examples: &[Example {
            query: "datatable(x:long)[long(null), 2] | summarize any(x) | project any_x",
            result: "2",
        }],
        ..AggregateEntry::DEFAULT
    },
];

/// The arguments' names after a prefix; what has no name is `any_arg1`.
fn columns(arguments: &[ArgumentInfo<'_>], prefix: &str, unnamed: &str) -> Vec<(String, ScalarType)> {
    let name = |(at, argument): (usize, &ArgumentInfo<'_>)| {
        let name = match argument.name {
            "" => format!("{prefix}{unnamed}arg{at}"),
            name => format!("{prefix}{name}"),
        };
        (name, argument.data_type)
    };
    arguments.iter().enumerate().map(name).collect()
}

fn any(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Ok(call.accumulator(AnyRow {
        data_types: call.arguments.to_vec(),
        settled: Vec::new(),
        open: 0,
        picked: Picked::default(),
    }))
}

struct AnyRow {
    data_types: Vec<ScalarType>,
    /// The groups whose row will not change any more.
    settled: Vec<bool>,
    /// How many groups are not settled.
    open: usize,
    picked: Picked,
}

impl AggregateState for AnyRow {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        if self.settled.len() < count {
            self.open += count - self.settled.len();
            self.settled.resize(count, false);
        }
        self.picked.grow(count);
        if self.open == 0 {
            return Ok(());
        }
        for (row, &group) in groups.iter().enumerate() {
            if self.settled[group as usize] {
                continue;
            }
            let missing = match arguments {
                [Column::String(texts)] => texts.get(row).is_empty(),
                [Column::Constant(it)] => it.value.is_null() || it.value.as_str() == Some(""),
                [one] => one.is_null(row),
                _ => false,
            };
            if !missing || !self.picked.has(group) {
                self.picked.pick(group, row);
            }
            if !missing {
                self.settled[group as usize] = true;
                self.open -= 1;
                if self.open == 0 {
                    break;
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
        self.picked.byte_size() + self.settled.capacity()
    }
}
