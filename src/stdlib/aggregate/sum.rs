//! `sum`, `sumif`. It must not know other aggregates.

use arrow_buffer::i256;

use super::arguments::refuse;
use super::exact::ExactSum;
use super::fold::{Fold, fold};
use super::read::Read;
use crate::column::{Column, DecimalType, LongType, RealType};
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
        _ => fold::<RealType, ExactSum>(call),
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

impl Fold<RealType> for ExactSum {
    type Out = RealType;

    #[inline]
    fn add(&mut self, item: f64) {
        self.add(item);
    }

    #[inline]
    fn add_counted(&mut self, item: f64) -> isize {
        self.add(item) as isize
    }

    fn add_columns(&mut self, columns: &[Column]) -> Result<()> {
        add_reals(columns, |reals| self.add_all(reals))
    }

    fn merge(&mut self, other: Self) {
        self.merge(other);
    }

    fn finish(self) -> Option<f64> {
        Some(self.rounded())
    }

    #[inline]
    fn heap(&self) -> usize {
        self.heap()
    }
}

/// Calls `add` with all values of a column of reals that are not null, many at once.
pub(super) fn add_reals(columns: &[Column], mut add: impl FnMut(&[f64])) -> Result<()> {
    const AT_ONCE: usize = 1024;
    if let [Column::Real(column), ..] = columns
        && column.validity().nulls().is_none()
    {
        add(column.values());
        return Ok(());
    }
    let mut waiting = Vec::with_capacity(AT_ONCE);
    RealType::each(columns, |_, real| {
        waiting.push(real);
        if waiting.len() == AT_ONCE {
            add(&waiting);
            waiting.clear();
        }
    })?;
    add(&waiting);
    Ok(())
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
