//! `variance`, `stdev`, `covariance`, of samples and populations, and their `…if` forms.
//! It must not know other aggregates.

use super::arguments::refuse;
use super::exact::ExactSum;
use super::fixed_point::{Digits, FixedPoint, Squares};
use super::fold::{Fold, fold};
use super::read::{Pair, Read};
use super::real_states::{FarState, FixedState, real_states};
use super::wide::WideInteger;
use crate::column::{Column, RealType};
use crate::function::kinds::{SUMMABLE, returns};
use crate::function::{
    Accumulator, AccumulatorFn, AggregateCall, AggregateEntry, ArgumentInfo, Conditional, Example,
    OrderSensitivity, Result, Returns, Signature, signatures,
};
use crate::types::ScalarType;

const ONE: &[Signature] = signatures![(expr: SUMMABLE) -> returns::REAL];
const TWO: &[Signature] =
    signatures![(expr: SUMMABLE, expr: SUMMABLE) -> Returns::Columns(|it| both("covariance", it))];
const TWO_IF: &[Signature] =
    signatures![(expr: SUMMABLE, expr: SUMMABLE) -> Returns::Columns(|it| both("covarianceif", it))];
const TWO_P: &[Signature] =
    signatures![(expr: SUMMABLE, expr: SUMMABLE) -> Returns::Columns(|it| both("covariancep", it))];
const TWO_P_IF: &[Signature] =
    signatures![(expr: SUMMABLE, expr: SUMMABLE) -> Returns::Columns(|it| both("covariancepif", it))];

/// `covariance_x_y`: named after both values, as the real engine's recorded answers are.
fn both(prefix: &str, arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    let names: Vec<&str> = arguments.iter().take(2).map(|it| it.name).collect();
    vec![(format!("{prefix}_{}", names.join("_")), ScalarType::Real)]
}

/// What the family has in common.
const BASE: AggregateEntry =
    AggregateEntry { signatures: ONE, order: OrderSensitivity::Insensitive, ..AggregateEntry::DEFAULT };

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "variance",
        summary: "The variance of a sample, to 10 decimals; 0 for fewer than two values.",
        accumulator: VARIANCE,
        conditional: Some(Conditional::named(
            "varianceif",
            &[Example {
                query: "range x from 1 to 100 step 1 | summarize varianceif(x, x % 2 == 0)",
                result: "850.0",
            }],
        )),
        examples: &[Example { query: "range x from 1 to 5 step 1 | summarize variance(x)", result: "2.5" }],
        ..BASE
    },
    AggregateEntry {
        name: "variancep",
        summary: "The variance of a population, to 10 decimals; 0 without values.",
        accumulator: VARIANCEP,
        conditional: Some(Conditional::named(
            "variancepif",
            &[Example {
                query: "range x from 1 to 100 step 1 | summarize variancepif(x, x % 2 == 0)",
                result: "833.0",
            }],
        )),
        examples: &[Example { query: "range x from 1 to 5 step 1 | summarize variancep(x)", result: "2.0" }],
        ..BASE
    },
    AggregateEntry {
        name: "stdev",
        summary: "The standard deviation of a sample; 0 for fewer than two values.",
        accumulator: STDEV,
        conditional: Some(Conditional::named(
            "stdevif",
            &[Example {
                query: "range x from 1 to 100 step 1 | summarize stdevif(x, x % 2 == 0)",
                result: "29.154759474226502",
            }],
        )),
        examples: &[Example {
            query: "range x from 1 to 5 step 1 | summarize stdev(x)",
            result: "1.5811388300841898",
        }],
        ..BASE
    },
    AggregateEntry {
        name: "stdevp",
        summary: "The standard deviation of a population; 0 without values.",
        accumulator: STDEVP,
        examples: &[Example {
            query: "range x from 1 to 5 step 1 | summarize stdevp(x)",
            result: "1.4142135623730951",
        }],
        ..BASE
    },
    AggregateEntry {
        name: "covariance",
        summary: "The covariance of a sample of pairs, to 10 decimals; rows with a null do not count.",
        signatures: TWO,
        accumulator: COVARIANCE,
        conditional: Some(Conditional {
            signatures: Some(TWO_IF),
            ..Conditional::named(
                "covarianceif",
                &[Example {
                    query: "datatable(x:real, y:real)[1, 1, 2, 2, 3, 9] | summarize covarianceif(x, y, y < 5)",
                    result: "0.5",
                }],
            )
        }),
        examples: &[Example {
            query: "datatable(x:real, y:real)[1, 14, 2, 10, 3, 17, 4, 20, 5, 50] | summarize covariance(x, y)",
            result: "20.5",
        }],
        ..BASE
    },
    AggregateEntry {
        name: "covariancep",
        summary: "The covariance of a population of pairs, to 10 decimals; rows with a null do not count.",
        signatures: TWO_P,
        accumulator: COVARIANCEP,
        conditional: Some(Conditional {
            signatures: Some(TWO_P_IF),
            ..Conditional::named(
                "covariancepif",
                &[Example {
                    query: "datatable(x:real, y:real)[1, 1, 2, 2, 3, 9] | summarize covariancepif(x, y, y < 5)",
                    result: "0.25",
                }],
            )
        }),
        examples: &[Example {
            query: "datatable(x:real, y:real)[1, 14, 2, 10, 3, 17, 4, 20, 5, 50] | summarize covariancep(x, y)",
            result: "16.4",
        }],
        ..BASE
    },
];

/// Over a sample, over the whole population.
const SAMPLE: i64 = 1;
const POPULATION: i64 = 0;

const VARIANCE: AccumulatorFn = |call| numbers(call, real_states::<FixedMoments<SAMPLE, false>>);
const VARIANCEP: AccumulatorFn = |call| numbers(call, real_states::<FixedMoments<POPULATION, false>>);
const STDEV: AccumulatorFn = |call| numbers(call, real_states::<FixedMoments<SAMPLE, true>>);
const STDEVP: AccumulatorFn = |call| numbers(call, real_states::<FixedMoments<POPULATION, true>>);
const COVARIANCE: AccumulatorFn = |call| numbers(call, fold::<Pair, Comoments<SAMPLE>>);
const COVARIANCEP: AccumulatorFn = |call| numbers(call, fold::<Pair, Comoments<POPULATION>>);

/// Instants and spans are accepted by the signatures, but in which unit they are taken is not known.
fn numbers(call: &AggregateCall<'_>, make: AccumulatorFn) -> Result<Box<dyn Accumulator>> {
    let ticks = |data_type: &ScalarType| matches!(data_type, ScalarType::DateTime | ScalarType::TimeSpan);
    if call.arguments.iter().any(ticks) {
        return Err(refuse(call, "of datetimes or timespans: convert them to numbers first"));
    }
    make(call)
}

/// To 10 decimals, as the engine gives variances; never -0.0.
fn rounded(value: f64) -> f64 {
    let scaled = value * 1e10;
    // From 2^53 on there are no such decimals.
    if scaled.abs() < 9_007_199_254_740_992.0 { scaled.round() / 1e10 + 0.0 } else { value }
}

/// The mean of the products of what two values are apart from their means: `(n Σxy - Σx Σy) / n (n - less)`, where the
/// numerator is exact and rounded once, so that equal values have no spread, however large they are. 0 where there are too
/// few rows. `products` is multiplied by `n` already.
fn spread(rows: i64, less: i64, x: &WideInteger, y: &WideInteger, mut products: WideInteger) -> f64 {
    if rows <= less.max(1) {
        return 0.0;
    }
    products.subtract_product(x, y);
    // The numerator alone may be too large for a real: both sides are divided by a power of two.
    let divided_by = rows.ilog2() as i32;
    let scale = 2_f64.powi(-divided_by);
    let denominator = (rows as f64 * scale) * ((rows - less) as f64 * scale);
    products.into_real(2 * divided_by) / denominator
}

/// The spread of any reals: those whose exact sums these are, and what their products lost.
fn far_spread(rows: i64, less: i64, [x, y]: [&ExactSum; 2], products: [&ExactSum; 2]) -> f64 {
    // One row is no spread, but an infinity or a NaN is a NaN.
    if x.special().is_some() || y.special().is_some() {
        return f64::NAN;
    }
    let mut whole = WideInteger::default();
    products.into_iter().for_each(|it| it.add_times(rows, &mut whole));
    spread(rows, less, &x.whole(), &y.whole(), whole)
}

/// The exact sums that the variance of some rows in fixed point is computed of.
#[derive(Default)]
struct FixedMoments<const LESS: i64, const ROOT: bool> {
    rows: i64,
    sum: Digits,
    squares: Squares,
}

/// The exact sums that a variance is computed of.
#[derive(Default)]
struct FarMoments<const LESS: i64, const ROOT: bool> {
    rows: i64,
    sum: ExactSum,
    squares: ExactSum,
    /// What the squares lost when they were rounded.
    errors: ExactSum,
}

fn of_variance<const ROOT: bool>(variance: f64) -> f64 {
    if ROOT { variance.sqrt() } else { rounded(variance) }
}

impl<const LESS: i64, const ROOT: bool> FixedState for FixedMoments<LESS, ROOT> {
    type Far = FarMoments<LESS, ROOT>;

    #[inline]
    fn add(&mut self, row: Digits) {
        self.rows += 1;
        self.sum.add(row);
        self.squares.add(row);
    }

    fn take_back(&mut self, row: Digits) {
        self.rows -= 1;
        self.sum.take_back(row);
        self.squares.take_back(row);
    }

    #[inline]
    fn carry(&mut self) -> bool {
        self.sum.carry()
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum.add(other.sum);
        self.squares.merge(other.squares);
    }

    fn flush(&mut self, format: FixedPoint, far: &mut Self::Far) -> usize {
        far.rows += std::mem::take(&mut self.rows);
        let squares = std::mem::take(&mut self.squares).parts(format);
        let grown = squares.map(|(number, exponent)| far.squares.add_whole(number, exponent));
        self.sum.flush(format, &mut far.sum) + grown.iter().sum::<usize>()
    }

    fn finish(self, format: FixedPoint) -> f64 {
        let mut sum = WideInteger::from_exponent(format.exponent);
        sum.add(self.sum.whole(), format.exponent);
        let mut squares = WideInteger::from_exponent(2 * format.exponent);
        self.squares.parts(format).into_iter().for_each(|(number, exponent)| squares.add(number, exponent));
        let mut products = WideInteger::from_exponent(2 * format.exponent);
        squares
            .each_digit(|digit, exponent| products.add(i128::from(digit) * i128::from(self.rows), exponent));
        of_variance::<ROOT>(spread(self.rows, LESS, &sum, &sum, products))
    }
}

impl<const LESS: i64, const ROOT: bool> FarState for FarMoments<LESS, ROOT> {
    fn add(&mut self, real: f64) -> usize {
        self.rows += 1;
        self.sum.add(real) + self.squares.add_product(&mut self.errors, real, real)
    }

    fn merge(&mut self, other: Self) -> usize {
        let before = self.heap();
        self.rows += other.rows;
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
        self.errors.merge(other.errors);
        self.heap() - before
    }

    fn is_empty(&self) -> bool {
        self.rows == 0
    }

    fn finish(self) -> f64 {
        let variance = far_spread(self.rows, LESS, [&self.sum; 2], [&self.squares, &self.errors]);
        of_variance::<ROOT>(variance)
    }
}

impl<const LESS: i64, const ROOT: bool> FarMoments<LESS, ROOT> {
    fn heap(&self) -> usize {
        self.sum.heap() + self.squares.heap() + self.errors.heap()
    }
}

/// The exact sums that a covariance is computed of.
#[derive(Default)]
struct Comoments<const LESS: i64> {
    rows: i64,
    sum_x: ExactSum,
    sum_y: ExactSum,
    products: ExactSum,
    /// What the products lost when they were rounded.
    errors: ExactSum,
}

impl<const LESS: i64> Fold<Pair> for Comoments<LESS> {
    type Out = RealType;

    #[inline]
    fn add(&mut self, item: (f64, f64)) {
        self.add_counted(item);
    }

    #[inline]
    fn add_counted(&mut self, (x, y): (f64, f64)) -> isize {
        self.rows += 1;
        let grown = self.sum_x.add(x) + self.sum_y.add(y);
        (grown + self.products.add_product(&mut self.errors, x, y)) as isize
    }

    fn add_columns(&mut self, columns: &[Column]) -> Result<()> {
        const AT_ONCE: usize = 1024;
        let (mut left, mut right) = (Vec::with_capacity(AT_ONCE), Vec::with_capacity(AT_ONCE));
        let mut flush = |left: &mut Vec<f64>, right: &mut Vec<f64>| {
            self.rows += left.len() as i64;
            self.sum_x.add_all(left);
            self.sum_y.add_all(right);
            self.products.add_products(&mut self.errors, left, right);
            left.clear();
            right.clear();
        };
        Pair::each(columns, |_, (x, y)| {
            left.push(x);
            right.push(y);
            if left.len() == AT_ONCE {
                flush(&mut left, &mut right);
            }
        })?;
        flush(&mut left, &mut right);
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum_x.merge(other.sum_x);
        self.sum_y.merge(other.sum_y);
        self.products.merge(other.products);
        self.errors.merge(other.errors);
    }

    fn finish(self) -> Option<f64> {
        let sums = [&self.sum_x, &self.sum_y];
        Some(rounded(far_spread(self.rows, LESS, sums, [&self.products, &self.errors])))
    }

    #[inline]
    fn heap(&self) -> usize {
        self.sum_x.heap() + self.sum_y.heap() + self.products.heap() + self.errors.heap()
    }
}
