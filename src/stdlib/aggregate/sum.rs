//! `sum`, `sumif`. It must not know other aggregates.

use super::arguments::refuse;
use super::fold::{Fold, fold};
use crate::column::{DecimalType, LongType, RealType};
use crate::function::kinds::SUMMABLE;
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, Conditional, Example, OrderSensitivity, Result, Returns,
    signatures,
};
use crate::types::{Decimal, ScalarType};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[AggregateEntry {
    name: "sum",
    summary: "The sum of the values that are not null; 0 where there are none. Longs wrap around.",
    signatures: signatures![(expr: SUMMABLE) -> Returns::FirstPromoted],
    order: OrderSensitivity::InsensitiveOverIntegers,
    accumulator: sum,
    conditional: Some(Conditional::named(
        "sumif",
        &[Example { query: "range x from 1 to 5 step 1 | summarize sumif(x, x > 3)", result: "9" }],
    )),
    examples: &[
        Example { query: "range x from 1 to 3 step 1 | summarize sum(x)", result: "6" },
        Example { query: "datatable(x:real)[] | summarize sum(x)", result: "0.0" },
        Example { query: "datatable(x:timespan)[1h, 30m] | summarize sum(x)", result: "\"01:30:00\"" },
    ],
    ..AggregateEntry::DEFAULT
}];

fn sum(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    match call.arguments.first() {
        Some(ScalarType::Int | ScalarType::Long | ScalarType::TimeSpan) => fold::<LongType, LongSum>(call),
        Some(ScalarType::DateTime) => Err(refuse(call, "of datetimes has no known meaning")),
        Some(ScalarType::Decimal) => fold::<DecimalType, DecimalSum>(call),
        _ => fold::<RealType, RealSum>(call),
    }
}

#[derive(Default)]
struct LongSum(i64);

impl Fold<LongType> for LongSum {
    type Out = LongType;

    #[inline]
    fn add(&mut self, item: i64) {
        self.0 = self.0.wrapping_add(item);
    }

    fn merge(&mut self, other: Self) {
        self.add(other.0);
    }

    fn finish(self) -> Option<i64> {
        Some(self.0)
    }
}

#[derive(Default)]
struct RealSum(f64);

impl Fold<RealType> for RealSum {
    type Out = RealType;

    #[inline]
    fn add(&mut self, item: f64) {
        self.0 += item;
    }

    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }

    fn finish(self) -> Option<f64> {
        Some(self.0)
    }
}

/// The sum so far; `None` once it has left the range.
pub(super) struct DecimalSum(pub(super) Option<Decimal>);

impl Default for DecimalSum {
    fn default() -> Self {
        Self(Some(Decimal::default()))
    }
}

impl DecimalSum {
    fn plus(&mut self, other: Option<Decimal>) {
        self.0 = self.0.zip(other).and_then(|(a, b)| a.0.checked_add(b.0)).map(Decimal);
    }
}

impl Fold<DecimalType> for DecimalSum {
    type Out = DecimalType;

    fn add(&mut self, item: Decimal) {
        self.plus(Some(item));
    }

    fn merge(&mut self, other: Self) {
        self.plus(other.0);
    }

    fn finish(self) -> Option<Decimal> {
        self.0
    }
}
