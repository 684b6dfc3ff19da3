//! `hll`, `hll_if`, `hll_merge`: the hashes of all distinct values. It must not know other aggregates.

use xxhash_rust::xxh64::xxh64;

use super::arguments::refuse;
use super::distinct::DistinctValues;
use super::distinct::LIST_BYTES;
use super::read::argument;
use crate::column::{Column, DynamicColumn};
use crate::function::kinds::{ARRAY, INTEGER, NOT_REAL_OR_BOOL, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, Conditional, DoubtsOfRun, Example, Failure,
    OrderSensitivity, Result, signatures,
};
use crate::stdlib::sketch::{ESTIMATE, NO_HASHES, hashes_of, hashes_to_dynamic, is_estimate};
use crate::types::{Dynamic, ScalarType, Value};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "hll",
        summary: "The distinct values as hashes, to be counted by dcount_hll or merged by hll_merge; nothing is estimated.",
        signatures: signatures![(expr: NOT_REAL_OR_BOOL, accuracy: INTEGER.optional()) -> returns::DYNAMIC],
        order: OrderSensitivity::InsensitiveButForDetails,
        accumulator: hll,
        conditional: Some(Conditional::named(
            "hll_if",
            &[Example {
                query: "range x from 1 to 10 step 1 | summarize h = hll_if(x, x > 8) | project dcount_hll(h)",
                result: "2",
            }],
        )),
        examples: &[Example {
            query: "range x from 1 to 10 step 1 | summarize h = hll(x % 3) | project dcount_hll(h)",
            result: "3",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "hll_merge",
        summary: "What hll would give for all the values that the merged ones took in.",
        signatures: signatures![(hll: ARRAY) -> returns::DYNAMIC],
        accumulator: hll_merge,
        examples: &[Example {
            query: "range x from 1 to 10 step 1 | summarize h = hll(x / 2) by x % 2 | summarize dcount_hll(hll_merge(h))",
            result: "6",
        }],
        ..AggregateEntry::DEFAULT
    },
];

fn hll(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    let precision = match call.constants.get(1) {
        None => 14,
        Some(accuracy) => match accuracy.as_ref().and_then(Value::as_long) {
            Some(0) => 12,
            Some(1) => 14,
            Some(2) => 16,
            Some(3) => 17,
            Some(4) => 18,
            _ => return Err(refuse(call, "takes an accuracy from 0 to 4, as a constant")),
        },
    };
    let hashes = DistinctValues::listed(ScalarType::Long, usize::MAX);
    Ok(call.accumulator(Hashes { hashes, precision, merged: None }))
}

fn hll_merge(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    let refusal = refuse(call, &format!("of a value that holds no hashes: {ESTIMATE}"));
    let hashes = DistinctValues::listed(ScalarType::Long, usize::MAX);
    let merged = Some(Merged { doubts: call.doubts(), refusal });
    Ok(call.accumulator(Hashes { hashes, precision: 14, merged }))
}

struct Hashes {
    hashes: DistinctValues,
    precision: i64,
    /// For values to be merged.
    merged: Option<Merged>,
}

/// What becomes of values to be merged that are no hashes.
struct Merged {
    doubts: DoubtsOfRun,
    /// For estimates of the real engine, which would count.
    refusal: Failure,
}

/// The hash of a value, over its text.
fn hash(value: Value) -> Value {
    if value.is_null() { Value::Null } else { Value::Long(xxh64(value.to_text().as_bytes(), 0) as i64) }
}

impl AggregateState for Hashes {
    fn update(&mut self, groups: &[u32], count: usize, arguments: &[Column]) -> Result<()> {
        self.hashes.grow(count);
        let column = argument(arguments, 0)?;
        let Some(merged) = &self.merged else {
            let hashes = match column {
                Column::Constant(it) => Column::constant(hash(it.value.clone()), ScalarType::Long, it.len),
                Column::String(it) => it.map_dictionary(ScalarType::Long, hash),
                _ => Column::from_values(ScalarType::Long, &column.values().map(hash).collect::<Vec<_>>()),
            };
            return self.hashes.add(groups, &hashes, false);
        };
        for (row, &group) in groups.iter().enumerate() {
            let Value::Dynamic(value) = column.value(row) else { continue };
            let Some((hashes, precision)) = hashes_of(&value) else {
                if is_estimate(&value) {
                    return Err(merged.refusal.clone());
                }
                if !value.is_null() {
                    // As a null is.
                    merged.doubts.note(NO_HASHES, "it is left out", value.to_json())?;
                }
                continue;
            };
            self.precision = precision;
            self.hashes.add(&vec![group; hashes.len()], &Column::longs(hashes), false)?;
        }
        Ok(())
    }

    fn merge(&mut self, other: Self, mapping: &[u32], count: usize) -> Result<()> {
        self.hashes.grow(count);
        self.hashes.merge(other.hashes, mapping);
        self.precision = other.precision;
        Ok(())
    }

    fn finish(self, count: usize) -> Result<Vec<Column>> {
        let precision = self.precision;
        let hashes = self.hashes.lists(count).into_iter();
        // A recorded answer: null without rows.
        let value = |hashes: Vec<Dynamic>| match hashes.is_empty() {
            true => Dynamic::Null,
            false => hashes_to_dynamic(hashes, precision),
        };
        let values = hashes.map(value).collect();
        Ok(vec![Column::Dynamic(DynamicColumn::new(values))])
    }

    fn byte_size(&self) -> usize {
        self.hashes.byte_size()
    }

    /// An array of arrays for each group, and what it is made of.
    fn result_bytes(&self, count: usize) -> usize {
        self.hashes.list_bytes(count).saturating_mul(2).saturating_add(count.saturating_mul(2 * LIST_BYTES))
    }
}
