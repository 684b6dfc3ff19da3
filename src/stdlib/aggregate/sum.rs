//! `sum`, `sumif`. It must not know other aggregates.

use arrow_buffer::i256;

use super::arguments::refuse;
use super::exact::ExactSum;
use super::fixed_point::{Digits, FixedPoint};
use super::fold::{Fold, fold};
use super::real_states::{FarState, FixedState, real_states};
use crate::column::{DecimalType, LongType};
use crate::function::kinds::SUMMABLE;
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, Conditional, Example, OrderSensitivity, Result, Returns,
    signatures,
};
use crate::types::{Decimal, ScalarType};

pub(super) const FUNCTIONS: &[AggregateEntry] = &[AggregateEntry {
    name: "sum",
    summary: "The sum of the values that are not null; 0 where there are none. Longs wrap around; reals and decimals are rounded once.",
    signatures: signatures![(expr: SUMMABLE) -> Returns::FirstPromoted],
    order: OrderSensitivity::Insensitive,
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
        _ => real_states::<Digits>(call),
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

impl FixedState for Digits {
    type Far = ExactSum;

    #[inline]
    fn add(&mut self, row: Digits) {
        self.add(row);
    }

    fn take_back(&mut self, row: Digits) {
        self.take_back(row);
    }

    #[inline]
    fn carry(&mut self) -> bool {
        self.carry()
    }

    fn merge(&mut self, other: Self) {
        self.add(other);
    }

    fn flush(&mut self, format: FixedPoint, far: &mut ExactSum) -> usize {
        self.flush(format, far)
    }

    fn finish(self, format: FixedPoint) -> f64 {
        self.rounded(format)
    }
}

impl FarState for ExactSum {
    fn add(&mut self, real: f64) -> usize {
        self.add(real)
    }

    fn merge(&mut self, other: Self) -> usize {
        let before = self.heap();
        self.merge(other);
        self.heap() - before
    }

    fn is_empty(&self) -> bool {
        self.is_zero()
    }

    fn finish(self) -> f64 {
        self.rounded()
    }
}

/// The most digits behind the point that a decimal has.
const MAX_SCALE: u32 = 28;

/// The exact sum, so that neither its last digit nor whether it is in range depends on the order of the rows.
#[derive(Default)]
pub(super) struct DecimalSum {
    /// In units of the last digit that a decimal can have. 2^64 decimals of 96 bits have room.
    total: i256,
    /// The most digits behind the point that one of the decimals has.
    scale: u32,
}

/// A power of ten up to that of the last digit.
fn power_of_ten(exponent: u32) -> i256 {
    i256::from_i128(10).wrapping_pow(exponent)
}

impl DecimalSum {
    /// The sum with as many digits as a decimal holds, half of the last one rounded to even; `None` where it is out of range.
    pub(super) fn rounded(&self) -> Option<Decimal> {
        (0..=self.scale).rev().find_map(|scale| {
            let unit = power_of_ten(MAX_SCALE - scale);
            let (whole, left) = self.total.checked_div_rem(unit)?;
            let whole = whole.to_i128()?;
            let twice = left.wrapping_abs().wrapping_add(left.wrapping_abs());
            let up = twice > unit || twice == unit && whole & 1 == 1;
            let away = if self.total.is_negative() { -1 } else { 1 };
            let rounded = if up { whole.checked_add(away)? } else { whole };
            rust_decimal::Decimal::try_from_i128_with_scale(rounded, scale).ok().map(Decimal)
        })
    }
}

impl Fold<DecimalType> for DecimalSum {
    type Out = DecimalType;

    fn add(&mut self, item: Decimal) {
        let (digits, scale) = (i256::from_i128(item.0.mantissa()), item.0.scale());
        self.total =
            self.total.wrapping_add(digits.wrapping_mul(power_of_ten(MAX_SCALE.saturating_sub(scale))));
        self.scale = self.scale.max(scale);
    }

    fn merge(&mut self, other: Self) {
        self.total = self.total.wrapping_add(other.total);
        self.scale = self.scale.max(other.scale);
    }

    fn finish(self) -> Option<Decimal> {
        self.rounded()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_sum(decimals: &[&str], expected: Option<&str>) {
        let mut sum = DecimalSum::default();
        let mut parts = DecimalSum::default();
        for text in decimals {
            let decimal = Decimal::parse(text).unwrap();
            sum.add(decimal);
            let mut part = DecimalSum::default();
            part.add(decimal);
            part.merge(parts);
            parts = part;
        }
        assert_eq!(sum.rounded().map(|it| it.to_string()).as_deref(), expected);
        assert_eq!(parts.rounded().map(|it| it.to_string()).as_deref(), expected);
    }

    #[test]
    fn decimals_are_summed_exactly() {
        const MAX: &str = "79228162514264337593543950335";
        assert_sum(&[], Some("0"));
        assert_sum(&["1.50", "-0.25"], Some("1.25"));
        assert_sum(&["0.0000000000000000000000000001"; 3], Some("0.0000000000000000000000000003"));
        // In between it is out of range.
        assert_sum(&[MAX, "1.5", "-1.5"], Some(MAX));
        assert_sum(&[MAX, "0.4"], Some(MAX));
        assert_sum(&[MAX, "0.5"], None);
        assert_sum(&[MAX, "1"], None);
        // What has no room among the digits counts all the same once there is enough of it.
        assert_sum(&["1000000000000000000000000000", "0.04", "0.04"], Some("1000000000000000000000000000.1"));
        assert_sum(&["1000000000000000000000000000", "0.25"], Some("1000000000000000000000000000.2"));
        assert_sum(&["-1000000000000000000000000000", "-0.35"], Some("-1000000000000000000000000000.4"));
    }
}
