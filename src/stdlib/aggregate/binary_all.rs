//! `binary_all_and`, `binary_all_or`, `binary_all_xor`. It must not know other aggregates.

use super::arguments::refuse;
use super::fold::{Fold, fold};
use crate::column::LongType;
use crate::function::kinds::SUMMABLE;
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, Example, OrderSensitivity, Result, ResultName, Returns,
    signatures,
};
use crate::types::ScalarType;

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "binary_all_and",
        summary: "The bits that are set in all values.",
        signatures: signatures![(expr: SUMMABLE) -> Returns::First],
        result_name: ResultName::FirstArgument,
        order: OrderSensitivity::Insensitive,
        accumulator: bits::<AND>,
        examples: &[Example {
            query: "datatable(n:long)[0xFFFFFFFF, 0xFFFFF00F, 0xCFFFFFFD, 0xFAFEFFFF] | summarize binary_all_and(n)",
            result: "3405705229",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "binary_all_or",
        summary: "The bits that are set in any value.",
        signatures: signatures![(expr: SUMMABLE) -> Returns::First],
        result_name: ResultName::FirstArgument,
        order: OrderSensitivity::Insensitive,
        accumulator: bits::<OR>,
        examples: &[Example {
            query: "datatable(n:long)[0x88888008, 0x42000000, 0x00767000, 0x00000005] | summarize binary_all_or(n)",
            result: "3405705229",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "binary_all_xor",
        summary: "The bits that are set in an odd number of values.",
        signatures: signatures![(expr: SUMMABLE) -> Returns::First],
        result_name: ResultName::FirstArgument,
        order: OrderSensitivity::Insensitive,
        accumulator: bits::<XOR>,
        examples: &[Example {
            query: "datatable(n:long)[0x44404440, 0x1E1E1E1E, 0x90ABBA09, 0x000B105A] | summarize binary_all_xor(n)",
            result: "3405705229",
        }],
        ..AggregateEntry::DEFAULT
    },
];

const AND: u8 = 0;
const OR: u8 = 1;
const XOR: u8 = 2;

fn bits<const HOW: u8>(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    match call.arguments.first() {
        Some(ScalarType::Int | ScalarType::Long) => fold::<LongType, Bits<HOW>>(call),
        _ => Err(refuse(call, "of other values than int and long has no known meaning")),
    }
}

/// The bits so far; `None` without rows.
#[derive(Default)]
struct Bits<const HOW: u8>(Option<i64>);

impl<const HOW: u8> Fold<LongType> for Bits<HOW> {
    type Out = LongType;

    #[inline]
    fn add(&mut self, item: i64) {
        self.0 = Some(match (self.0, HOW) {
            (None, _) => item,
            (Some(bits), AND) => bits & item,
            (Some(bits), OR) => bits | item,
            (Some(bits), _) => bits ^ item,
        });
    }

    fn merge(&mut self, other: Self) {
        if let Some(bits) = other.0 {
            self.add(bits);
        }
    }

    fn finish(self) -> Option<i64> {
        self.0
    }
}
