//! `series_outliers`: how far the elements of a series lie outside of a range of percentiles. It must not know where the
//! series comes from.
//!
//! An element above the upper percentile scores `(x - upper) / (upper - lower) * factor`, one below the lower percentile
//! likewise, all others 0. The factor makes 1.5 mean the same for any percentiles: what it means for the quartiles of a
//! normal distribution. Source: the author of the function on a public forum (the formula, interpolation between elements,
//! scores of an example); from these scores follow the quantiles that he takes of the normal distribution.

use crate::column::Column;
use crate::function::kinds::{ARRAY, INTEGER, NUMBER, REAL, STRING, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ResultName, ScalarFunction, signatures};
use crate::types::Dynamic;

use super::dynamic::map_dynamic;
use super::series::note_times;
use super::series_columns::series_of;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "series_outliers",
    category: Category::Series,
    summary: "A score for each element of a series by Tukey's test: above 1.5 it is unusually high, below -1.5 unusually low.",
    signatures: signatures![
        (series: ARRAY, kind: STRING.optional(), ignore_val: NUMBER.optional()) -> returns::DYNAMIC;
        (series: ARRAY, kind: STRING, ignore_val: REAL, min_percentile: REAL,
            max_percentile: REAL.optional(), test_points: INTEGER.optional()) -> returns::DYNAMIC
    ],
    result_name: ResultName::FirstArgument,
    kernel: Kernel::Rows(series_outliers),
    examples: &[
        Example {
            query: "series_outliers(dynamic([1, 2, 3, 4, 100]), 'tukey')",
            result: "[-0.5,0.0,0.0,0.0,48.0]",
        },
        Example {
            query: "series_outliers(dynamic([1, 2, 3, 4, 100, -1]), 'tukey', -1)",
            result: "[-0.5,0.0,0.0,0.0,48.0,0.0]",
        },
    ],
    ..ScalarFunction::DEFAULT
}];

/// Which percentiles count as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fences {
    /// The quartiles.
    Tukey,
    /// Percentiles of choice.
    Custom,
}

impl Fences {
    /// The kind of a name.
    pub(super) fn named(call: &Call<'_>, name: Option<&Dynamic>) -> Result<Self> {
        match name {
            None | Some(Dynamic::Null) => Ok(Self::Custom),
            Some(Dynamic::String(name)) if name.eq_ignore_ascii_case("ctukey") => Ok(Self::Custom),
            Some(Dynamic::String(name)) if name.eq_ignore_ascii_case("tukey") => Ok(Self::Tukey),
            Some(other) => {
                Err(call.fail(format!("'{}' is no kind of test: 'tukey' or 'ctukey'", other.to_text())))
            }
        }
    }

    /// The test with its usual percentiles.
    pub(super) const fn test(self) -> OutlierTest {
        match self {
            Self::Tukey => OutlierTest { lower: 25.0, upper: 75.0, below: 1.0, above: 1.0 },
            Self::Custom => OutlierTest { lower: 10.0, upper: 90.0, below: DECILES, above: DECILES },
        }
    }
}

/// The quantiles of the normal distribution as the scores of the example have them, to their last digit.
const QUARTILE: f64 = 0.675;
const DECILE: f64 = 1.296_820_82;

/// What an element scores that lies 1.5 times the distance of the quartiles outside of them.
const MILD: f64 = 1.5;

/// How far such an element is from the middle.
const FENCE: f64 = QUARTILE * (1.0 + 2.0 * MILD);

/// The factor between the 10th and the 90th percentile.
const DECILES: f64 = MILD * 2.0 * DECILE / (FENCE - DECILE);

/// Percentiles, and factors for what lies below and above them.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutlierTest {
    lower: f64,
    upper: f64,
    below: f64,
    above: f64,
}

impl OutlierTest {
    /// The test between any two percentiles.
    fn between(lower: f64, upper: f64) -> Self {
        let (low, high) = (normal_quantile(lower / 100.0), normal_quantile(upper / 100.0));
        let fence = normal_quantile(0.75) * (1.0 + 2.0 * MILD);
        let factor = |distance: f64| MILD * (high - low) / distance;
        Self { lower, upper, below: factor(fence + low), above: factor(fence - high) }
    }

    /// The score of each number by the percentiles of those numbers that are to be learned from.
    pub(super) fn scores(
        self,
        call: &Call<'_>,
        numbers: &[Option<f64>],
        learned: &[Option<f64>],
    ) -> Result<Vec<f64>> {
        let mut sorted: Vec<f64> = learned.iter().flatten().copied().collect();
        call.work(sorted.len().saturating_mul(16 * size_of::<f64>()))?;
        sorted.sort_by(f64::total_cmp);
        let (Some(lower), Some(upper)) = (percentile(&sorted, self.lower), percentile(&sorted, self.upper))
        else {
            return Ok(vec![0.0; numbers.len()]);
        };
        let range = upper - lower;
        let outside = |n: &f64| *n > upper || *n < lower;
        if range == 0.0
            && let Some(found) = numbers.iter().flatten().find(|n| outside(n))
        {
            let about = "an element outside of percentiles that are the same";
            call.doubt(about, "its score is infinite, as its definition divides by 0", found)?;
        }
        let score = |n: f64| {
            if n > upper {
                (n - upper) / range * self.above
            } else if n < lower {
                (n - lower) / range * self.below
            } else {
                0.0
            }
        };
        Ok(numbers.iter().map(|n| n.map_or(0.0, score)).collect())
    }
}

/// The percentile of sorted numbers, between two of them by their distance.
fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let place = percent / 100.0 * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}

/// The number below which a share of a normal distribution lies, which is not 0 or 1.
fn normal_quantile(share: f64) -> f64 {
    let below = |z: f64| 0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2);
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if below(middle) < share { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

fn series_outliers(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(series @ Dynamic::Array(items)) = row.first().copied() else { return Ok(Dynamic::Null) };
        let fences = Fences::named(call, row.get(1).copied())?;
        let ignored = row.get(2).and_then(|it| it.as_real());
        let percent = |at: usize, usual: f64| match row.get(at) {
            None | Some(Dynamic::Null) => Ok(usual),
            Some(given) => match given.as_real() {
                Some(percent) if (2.0..=98.0).contains(&percent) || fences == Fences::Tukey => Ok(percent),
                _ => Err(call.fail(format!("a percentile is from 2 to 98, not {}", given.to_text()))),
            },
        };
        let (lower, upper) = (percent(3, 10.0)?, percent(4, 90.0)?);
        let usual = fences == Fences::Tukey || (lower, upper) == (10.0, 90.0);
        if !usual && lower >= upper {
            return Err(call.fail(format!("the range of percentiles, {lower} to {upper}, is empty")));
        }
        note_times(call, &[series])?;
        let number = |item: &Dynamic| match item {
            Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_) => item.as_real(),
            _ => None,
        };
        let odd = |item: &&Dynamic| match number(item) {
            Some(n) => !n.is_finite(),
            None => !item.is_null(),
        };
        if let Some(odd) = items.iter().find(odd) {
            let about = "a series with an element that is no finite number";
            call.doubt(about, "it scores 0, as a null does", odd.to_json())?;
        }
        let kept = |n: &f64| n.is_finite() && Some(*n) != ignored;
        let numbers: Vec<Option<f64>> = items.iter().map(|item| number(item).filter(kept)).collect();
        let tested = match row.get(5) {
            None | Some(Dynamic::Null) => 0,
            Some(given) => {
                let taken =
                    "so many elements at the end get scores, and the percentiles are those of the others";
                call.doubt("test points", taken, given.to_json())?;
                if let Dynamic::Long(tested) = given { usize::try_from(*tested).unwrap_or(0) } else { 0 }
            }
        };
        let learned = numbers.get(..numbers.len().saturating_sub(tested)).unwrap_or_default();
        let test = if usual {
            fences.test()
        } else {
            let about = "percentiles other than 10 and 90";
            let taken = "scores are scaled by the exact quantiles of the normal distribution";
            call.doubt(about, taken, format!("{lower} and {upper}"))?;
            OutlierTest::between(lower, upper)
        };
        Ok(series_of(test.scores(call, &numbers, learned)?))
    })
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, OutlierTest, normal_quantile};
    use crate::column::Column;
    use crate::function::testing::{call, check, doubted, json, refused};
    use crate::types::{Dynamic, ScalarType, Value};

    // The scores that the real engine gave for a published example.
    #[test]
    fn scores_of_the_real_engine() {
        let series = "[-3,2.4,15,3.9,5,6,4.5,5.2,3,4,5,16,7,5,5,4]";
        let column = Column::constant(json(series), ScalarType::Dynamic, 1);
        let Value::Dynamic(found) = call(FUNCTIONS, "series_outliers", &[column]).value(0) else { panic!() };
        let mut expected = [0.0; 16];
        expected[0] = -1.904_078_548_360_857;
        expected[1] = -0.100_214_660_440_045_19;
        expected[2] = 1.336_195_472_533_934_7;
        expected[11] = 1.670_244_340_667_418_6;
        for (found, expected) in found.as_array().unwrap().iter().zip(expected) {
            assert!((found.as_real().unwrap() - expected).abs() < 1e-12, "{found:?} {expected}");
        }
    }

    // The quartiles need no factor, whichever way it is computed.
    #[test]
    fn quartiles_are_not_scaled() {
        let test = OutlierTest::between(25.0, 75.0);
        assert!((test.above - 1.0).abs() < 1e-12 && (test.below - 1.0).abs() < 1e-12);
        assert!((normal_quantile(0.9) - 1.281_551_565_544_6).abs() < 1e-12);
    }

    #[test]
    fn nulls_and_ignored_values_score_nothing() {
        check(FUNCTIONS, "series_outliers", &[json("[]")], json("[]"));
        check(FUNCTIONS, "series_outliers", &[json("[null]")], json("[0.0]"));
        check(FUNCTIONS, "series_outliers", &[json("7")], Value::Null);
        let arguments = [json("[1,2,3,4,100,null,9]"), "TUKEY".into(), Value::Long(9)];
        check(FUNCTIONS, "series_outliers", &arguments, json("[-0.5,0.0,0.0,0.0,48.0,0.0,0.0]"));
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        let infinite = Value::Dynamic(Dynamic::array(vec![
            Dynamic::Real(0.0),
            Dynamic::Real(0.0),
            Dynamic::Real(0.0),
            Dynamic::Real(0.0),
            Dynamic::Real(f64::INFINITY),
        ]));
        doubted(FUNCTIONS, "series_outliers", &[json("[1,1,1,1,5]"), "tukey".into()], infinite);
        doubted(FUNCTIONS, "series_outliers", &[json(r#"[1,"a"]"#)], json("[0.0,0.0]"));
        let percentiles = |low: f64, high: f64| {
            [json("[2,2,2]"), "ctukey".into(), Value::Real(f64::NAN), low.into(), high.into()]
        };
        doubted(FUNCTIONS, "series_outliers", &percentiles(2.0, 98.0), json("[0.0,0.0,0.0]"));
        refused(FUNCTIONS, "series_outliers", &percentiles(1.0, 90.0));
        refused(FUNCTIONS, "series_outliers", &percentiles(90.0, 10.0));
        refused(FUNCTIONS, "series_outliers", &[json("[1]"), "x".into()]);
    }
}
