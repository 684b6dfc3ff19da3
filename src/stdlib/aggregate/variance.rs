//! `variance`, `stdev`, `covariance`, of samples and populations, and their `…if` forms.
//! It must not know other aggregates.

use super::arguments::refuse;
use super::exact::ExactSum;
use super::fold::{Fold, fold};
use super::read::{Pair, Read};
use super::sum::add_reals;
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

const VARIANCE: AccumulatorFn = |call| numbers(call, fold::<RealType, Moments<SAMPLE, false>>);
const VARIANCEP: AccumulatorFn = |call| numbers(call, fold::<RealType, Moments<POPULATION, false>>);
const STDEV: AccumulatorFn = |call| numbers(call, fold::<RealType, Moments<SAMPLE, true>>);
const STDEVP: AccumulatorFn = |call| numbers(call, fold::<RealType, Moments<POPULATION, true>>);
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
/// few rows.
fn spread(rows: i64, less: i64, x: &ExactSum, y: &ExactSum, products: [&ExactSum; 2]) -> f64 {
    // One row is no spread, but an infinity or a NaN is a NaN.
    if x.special().is_some() || y.special().is_some() {
        return f64::NAN;
    }
    if rows <= less.max(1) {
        return 0.0;
    }
    let of_means = x.lowest().zip(y.lowest()).map(|(x, y)| x + y);
    let lowest = products.iter().filter_map(|it| it.lowest()).chain(of_means).min();
    let mut numerator = WideInteger::from_exponent(lowest.unwrap_or(0));
    products.into_iter().for_each(|it| it.add_times(rows, &mut numerator));
    x.subtract_product(y, &mut numerator);
    // The numerator alone may be too large for a real: both sides are divided by a power of two.
    let divided_by = rows.ilog2() as i32;
    let scale = 2_f64.powi(-divided_by);
    let denominator = (rows as f64 * scale) * ((rows - less) as f64 * scale);
    numerator.into_real(2 * divided_by) / denominator
}

/// The exact sums that a variance is computed of.
#[derive(Default)]
struct Moments<const LESS: i64, const ROOT: bool> {
    rows: i64,
    sum: ExactSum,
    squares: ExactSum,
    /// What the squares lost when they were rounded.
    errors: ExactSum,
}

impl<const LESS: i64, const ROOT: bool> Fold<RealType> for Moments<LESS, ROOT> {
    type Out = RealType;

    #[inline]
    fn add(&mut self, item: f64) {
        self.add_counted(item);
    }

    #[inline]
    fn add_counted(&mut self, item: f64) -> isize {
        self.rows += 1;
        (self.sum.add(item) + self.squares.add_product(&mut self.errors, item, item)) as isize
    }

    fn add_columns(&mut self, columns: &[Column]) -> Result<()> {
        add_reals(columns, |reals| {
            self.rows += reals.len() as i64;
            self.sum.add_all(reals);
            self.squares.add_products(&mut self.errors, reals, reals);
        })
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
        self.errors.merge(other.errors);
    }

    fn finish(self) -> Option<f64> {
        let variance = spread(self.rows, LESS, &self.sum, &self.sum, [&self.squares, &self.errors]);
        Some(if ROOT { variance.sqrt() } else { rounded(variance) })
    }

    #[inline]
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
        Some(rounded(spread(self.rows, LESS, &self.sum_x, &self.sum_y, [&self.products, &self.errors])))
    }

    #[inline]
    fn heap(&self) -> usize {
        self.sum_x.heap() + self.sum_y.heap() + self.products.heap() + self.errors.heap()
    }
}
