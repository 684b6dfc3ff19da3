//! `variance`, `stdev`, `covariance`, of samples and populations, and their `…if` forms.
//! It must not know other aggregates.

use super::arguments::refuse;
use super::fold::{Fold, fold};
use super::read::Pair;
use crate::column::RealType;
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
const BASE: AggregateEntry = AggregateEntry {
    signatures: ONE,
    order: OrderSensitivity::InsensitiveButForDetails,
    ..AggregateEntry::DEFAULT
};

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

/// A moment over its rows; 0 where there are too few of them.
fn mean(moment: f64, rows: i64, less: i64) -> f64 {
    if rows > less { moment / (rows - less) as f64 } else { 0.0 }
}

/// Welford's sums: stable where the values are large and their spread is small.
#[derive(Default)]
struct Moments<const LESS: i64, const ROOT: bool> {
    rows: i64,
    mean: f64,
    squares: f64,
}

impl<const LESS: i64, const ROOT: bool> Fold<RealType> for Moments<LESS, ROOT> {
    type Out = RealType;

    #[inline]
    fn add(&mut self, item: f64) {
        self.rows += 1;
        let before = item - self.mean;
        self.mean += before / self.rows as f64;
        self.squares += before * (item - self.mean);
    }

    fn merge(&mut self, other: Self) {
        if other.rows == 0 {
            return;
        }
        if self.rows == 0 {
            *self = other;
            return;
        }
        let (a, b) = (self.rows as f64, other.rows as f64);
        let apart = other.mean - self.mean;
        self.rows += other.rows;
        self.mean += apart * b / (a + b);
        self.squares += other.squares + apart * apart * a * b / (a + b);
    }

    fn finish(self) -> Option<f64> {
        // One row is no spread, but a NaN is a NaN.
        let variance =
            mean(self.squares, self.rows, LESS) + if self.mean.is_finite() { 0.0 } else { f64::NAN };
        Some(if ROOT { variance.sqrt() } else { rounded(variance) })
    }
}

#[derive(Default)]
struct Comoments<const LESS: i64> {
    rows: i64,
    mean_x: f64,
    mean_y: f64,
    products: f64,
}

impl<const LESS: i64> Fold<Pair> for Comoments<LESS> {
    type Out = RealType;

    #[inline]
    fn add(&mut self, (x, y): (f64, f64)) {
        self.rows += 1;
        let before = x - self.mean_x;
        self.mean_x += before / self.rows as f64;
        self.mean_y += (y - self.mean_y) / self.rows as f64;
        self.products += before * (y - self.mean_y);
    }

    fn merge(&mut self, other: Self) {
        if other.rows == 0 {
            return;
        }
        if self.rows == 0 {
            *self = other;
            return;
        }
        let (a, b) = (self.rows as f64, other.rows as f64);
        let (apart_x, apart_y) = (other.mean_x - self.mean_x, other.mean_y - self.mean_y);
        self.rows += other.rows;
        self.mean_x += apart_x * b / (a + b);
        self.mean_y += apart_y * b / (a + b);
        self.products += other.products + apart_x * apart_y * a * b / (a + b);
    }

    fn finish(self) -> Option<f64> {
        let finite = self.mean_x.is_finite() && self.mean_y.is_finite();
        Some(rounded(mean(self.products, self.rows, LESS) + if finite { 0.0 } else { f64::NAN }))
    }
}
