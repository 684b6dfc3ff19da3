//! `avg`, `avgif`. It must not know other aggregates.

use super::exact::ExactSum;
use super::fixed_point::{Digits, FixedPoint};
use super::fold::{Fold, fold};
use super::real_states::{FarState, FixedState, real_states};
use super::sum::DecimalSum;
use crate::column::{DecimalType, LongType, RealType};
use crate::function::kinds::{DATETIME, DECIMAL, INTEGER, REAL, TIMESPAN, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, Conditional, Example, OrderSensitivity, Result, signatures,
};
use crate::types::{Decimal, ScalarType};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[AggregateEntry {
    name: "avg",
    summary: "The mean of the values that are not null; for numbers NaN where there are none.",
    signatures: signatures![
        (expr: INTEGER) -> returns::REAL;
        (expr: REAL) -> returns::REAL;
        (expr: DECIMAL) -> returns::DECIMAL;
        (expr: TIMESPAN) -> returns::TIMESPAN;
        (expr: DATETIME) -> returns::DATETIME;
    ],
    order: OrderSensitivity::Insensitive,
    accumulator: avg,
    conditional: Some(Conditional::named(
        "avgif",
        &[Example { query: "range x from 1 to 5 step 1 | summarize avgif(x, x > 3)", result: "4.5" }],
    )),
    examples: &[
        Example { query: "range x from 1 to 4 step 1 | summarize avg(x)", result: "2.5" },
        Example { query: "datatable(x:long)[] | summarize avg(x)", result: "\"NaN\"" },
        Example {
            query: "datatable(x:datetime)[datetime(2024-01-01), datetime(2024-01-03)] | summarize avg(x)",
            result: "\"2024-01-02T00:00:00Z\"",
        },
    ],
    ..AggregateEntry::DEFAULT
}];

fn avg(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    match call.arguments.first() {
        Some(ScalarType::Int | ScalarType::Long) => fold::<LongType, LongMean>(call),
        Some(ScalarType::TimeSpan | ScalarType::DateTime) => fold::<LongType, TickMean>(call),
        Some(ScalarType::Decimal) => fold::<DecimalType, DecimalMean>(call),
        _ => real_states::<FixedMean>(call),
    }
}

/// The engine divides the wrapped sum.
#[derive(Default)]
struct LongMean {
    sum: i64,
    rows: i64,
}

impl Fold<LongType> for LongMean {
    type Out = RealType;

    #[inline]
    fn add(&mut self, item: i64) {
        self.sum = self.sum.wrapping_add(item);
        self.rows += 1;
    }

    fn merge(&mut self, other: Self) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.rows += other.rows;
    }

    fn finish(self) -> Option<f64> {
        Some(self.sum as f64 / self.rows as f64)
    }
}

/// The exact sum of some rows in fixed point.
#[derive(Default)]
struct FixedMean {
    sum: Digits,
    rows: i64,
}

/// The exact sum of some rows.
#[derive(Default)]
struct FarMean {
    sum: ExactSum,
    rows: i64,
}

fn mean(sum: f64, rows: i64) -> f64 {
    // Without rows it is 0 / 0; one NaN for all.
    let mean = sum / rows as f64;
    if mean.is_nan() { f64::NAN } else { mean }
}

impl FixedState for FixedMean {
    type Far = FarMean;

    #[inline]
    fn add(&mut self, row: Digits) {
        self.sum.add(row);
        self.rows += 1;
    }

    fn take_back(&mut self, row: Digits) {
        self.sum.take_back(row);
        self.rows -= 1;
    }

    #[inline]
    fn carry(&mut self) -> bool {
        self.sum.carry()
    }

    fn merge(&mut self, other: Self) {
        self.sum.add(other.sum);
        self.rows += other.rows;
    }

    fn flush(&mut self, format: FixedPoint, far: &mut FarMean) -> usize {
        far.rows += std::mem::take(&mut self.rows);
        self.sum.flush(format, &mut far.sum)
    }

    fn finish(self, format: FixedPoint) -> f64 {
        mean(self.sum.rounded(format), self.rows)
    }
}

impl FarState for FarMean {
    fn add(&mut self, real: f64) -> usize {
        self.rows += 1;
        self.sum.add(real)
    }

    fn merge(&mut self, other: Self) -> usize {
        let before = self.sum.heap();
        self.sum.merge(other.sum);
        self.rows += other.rows;
        self.sum.heap() - before
    }

    fn is_empty(&self) -> bool {
        self.rows == 0
    }

    fn finish(self) -> f64 {
        mean(self.sum.rounded(), self.rows)
    }
}

/// Ticks of a few instants already leave 64 bits.
#[derive(Default)]
struct TickMean {
    sum: i128,
    rows: i128,
}

impl Fold<LongType> for TickMean {
    type Out = LongType;

    #[inline]
    fn add(&mut self, item: i64) {
        self.sum += i128::from(item);
        self.rows += 1;
    }

    fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.rows += other.rows;
    }

    fn finish(self) -> Option<i64> {
        self.sum.checked_div(self.rows).and_then(|ticks| i64::try_from(ticks).ok())
    }
}

#[derive(Default)]
struct DecimalMean {
    sum: DecimalSum,
    rows: i64,
}

impl Fold<DecimalType> for DecimalMean {
    type Out = DecimalType;

    fn add(&mut self, item: Decimal) {
        self.sum.add(item);
        self.rows += 1;
    }

    fn merge(&mut self, other: Self) {
        self.sum.merge(other.sum);
        self.rows += other.rows;
    }

    fn finish(self) -> Option<Decimal> {
        self.sum.rounded()?.0.checked_div(self.rows.into()).map(Decimal)
    }
}
