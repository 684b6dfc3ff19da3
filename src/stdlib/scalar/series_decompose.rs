//! A series as season, trend and what is left: `series_decompose`, its anomalies and its forecast, `series_seasonal`. It must
//! not know how a period is found, nor how outliers are scored.
//!
//! Source: the pages of these functions. They tell the steps: the season is the median of what stands at the same place of
//! the periods; the trend is the mean, or the line of least squares, of the series without the season; anomalies are the
//! outliers of what is left. How a season is found they do not tell: there the answer is in doubt.

use crate::column::Column;
use crate::function::kinds::{ARRAY, INTEGER, NUMBER, STRING, returns};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, Returns, ScalarFunction, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

use super::dynamic::map_dynamic;
use super::series_columns::{map_columns, named_series, series_of};
use super::series_outliers::Fences;
use super::series_periods::{best_period, finite_reals};

const BASE: ScalarFunction = ScalarFunction { category: Category::Series, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "series_seasonal",
        summary: "The seasonal part of a series: for each place within the period the median of the elements there.",
        signatures: signatures![
            (series: ARRAY) -> returns::DYNAMIC;
            (series: ARRAY, period: INTEGER) -> returns::DYNAMIC;
            (series: ARRAY, period: INTEGER, test_points: INTEGER) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(series_seasonal),
        examples: &[
            Example {
                query: "series_seasonal(dynamic([1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6]), 3)",
                result: "[1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5,1.5,3.5,5.5]",
            },
            Example {
                query: "series_seasonal(dynamic([8, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10]))",
                result: "[10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0,10.0,12.0,14.0,12.0,10.0]",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "series_decompose",
        summary: "A series as baseline (season and trend), season, trend and residual, as columns.",
        signatures: signatures![
            (series: ARRAY, period: INTEGER.optional(), trend: STRING.optional(), test_points: INTEGER.optional(),
                seasonality_threshold: NUMBER.optional())
                -> Returns::Columns(|arguments| parts("series_decompose", arguments))
        ],
        kernel: Kernel::Columns(series_decompose),
        examples: &[
            Example {
                query: "series_decompose(dynamic([1, 2, 3, 4, 1, 2, 3, 8]), 4)",
                result: "[1.0,2.0,3.0,6.0,1.0,2.0,3.0,6.0]",
            },
            Example {
                query: "print s = dynamic([1, 2, 3, 5]) \
                    | project (b, season, trend) = series_decompose(s, 0, 'avg') | project trend",
                result: "[2.75,2.75,2.75,2.75]",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "series_decompose_anomalies",
        summary: "What is unusual in a series beside season and trend, as columns: flags (1 high, -1 low), scores, the baseline.",
        signatures: signatures![
            (series: ARRAY, threshold: NUMBER.optional(), period: INTEGER.optional(), trend: STRING.optional(),
                test_points: INTEGER.optional(), method: STRING.optional(), seasonality_threshold: NUMBER.optional())
                -> Returns::Columns(anomaly_columns)
        ],
        kernel: Kernel::Columns(series_decompose_anomalies),
        examples: &[
            Example {
                query: "series_decompose_anomalies(dynamic([1, 2, 1, 2, 1, 50, 1, 2, 1, 2]), 1.5, 0, 'avg')",
                result: "[0,0,0,0,0,1,0,0,0,0]",
            },
            Example {
                query: "print s = dynamic([1, 2, 3, 4, 95]) \
                    | project (flag, score) = series_decompose_anomalies(s, 1.5, 0, 'none', 0, 'tukey') | project score",
                result: "[-0.5,0.0,0.0,0.0,45.5]",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "series_decompose_forecast",
        summary: "The season and trend of a series, learned without the points at its end, which they forecast; as columns.",
        signatures: signatures![
            (series: ARRAY, test_points: INTEGER, period: INTEGER.optional(), trend: STRING.optional(),
                seasonality_threshold: NUMBER.optional())
                -> Returns::Columns(|arguments| parts("series_decompose_forecast", arguments))
        ],
        kernel: Kernel::Columns(series_decompose_forecast),
        examples: &[
            Example {
                query: "series_decompose_forecast(dynamic([1, 2, 3, 4, 0, 0]), 2, 0, 'linefit')",
                result: "[1.0,2.0,3.0,4.0,5.0,6.0]",
            },
            Example {
                query: "series_decompose_forecast(dynamic([1, 5, 9, 1, 5, 9, null, null, null]), 3, 3, 'avg')",
                result: "[1.0,5.0,9.0,1.0,5.0,9.0,1.0,5.0,9.0]",
            },
        ],
        ..BASE
    },
];

fn parts(function: &str, arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    named_series(function, arguments, &["baseline", "seasonal", "trend", "residual"])
}

fn anomaly_columns(arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    named_series("series_decompose_anomalies", arguments, &["ad_flag", "ad_score", "baseline"])
}

/// What is taken for the trend.
#[derive(Debug, Clone, Copy)]
enum Trend {
    Average,
    Line,
    None,
}

/// What scores less is no season, unless a threshold is given: in a decomposition, and in `series_seasonal`.
const THRESHOLD: f64 = 0.6;
const SEASONAL_THRESHOLD: f64 = 0.7;

/// How a series is taken apart.
struct DecompositionPlan {
    /// -1: the period is to be found; 0: there is none.
    period: i64,
    trend: Trend,
    /// So many elements at the end are not learned from.
    tested: usize,
    threshold: f64,
}

/// The arguments of a row; one that is left out or null is what it is by default.
struct DecompositionArguments<'r> {
    call: &'r Call<'r>,
    row: &'r [&'r Dynamic],
}

impl DecompositionArguments<'_> {
    fn given(&self, at: Option<usize>) -> Option<&Dynamic> {
        self.row.get(at?).copied().filter(|it| !it.is_null())
    }

    fn plan(
        &self,
        period: usize,
        trend: usize,
        tested: usize,
        threshold: Option<usize>,
    ) -> Result<DecompositionPlan> {
        let long = |at: usize, usual: i64| match self.given(Some(at)) {
            Some(Dynamic::Long(given)) => Ok(*given),
            Some(other) => Err(self.call.fail(format!("an integer is wanted, not {}", other.to_text()))),
            None => Ok(usual),
        };
        let tested = long(tested, 0)?;
        let Ok(tested) = usize::try_from(tested) else {
            let message = format!("the number of test points must not be negative, it is {tested}");
            return Err(self.call.fail(message));
        };
        let trend = match self.given(Some(trend)) {
            None => Trend::Average,
            Some(given) => {
                const NAMES: [(&str, Trend); 3] =
                    [("avg", Trend::Average), ("linefit", Trend::Line), ("none", Trend::None)];
                let name = given.to_text();
                let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
                let message = || format!("'{name}' is no trend: 'avg', 'linefit' or 'none'");
                known.map(|(_, trend)| *trend).ok_or_else(|| self.call.fail(message()))?
            }
        };
        let threshold = self.given(threshold).and_then(Dynamic::as_real).unwrap_or(THRESHOLD);
        Ok(DecompositionPlan { period: long(period, -1)?, trend, tested, threshold })
    }
}

/// A series taken apart. What has no value has no residual.
struct Decomposition {
    baseline: Vec<f64>,
    seasonal: Vec<f64>,
    trend: Vec<f64>,
    residual: Vec<Option<f64>>,
    /// So many elements at the start were learned from.
    learned: usize,
}

/// The elements that are learned from, all of them finite numbers; else `None`, which is noted.
fn learned(call: &Call<'_>, series: &Dynamic, tested: usize) -> Result<Option<Vec<f64>>> {
    let Some(items) = series.as_array() else { return Ok(None) };
    let items = items.get(..items.len().saturating_sub(tested)).unwrap_or_default();
    finite_reals(call, items)
}

/// The period that is given, or found; 0 if there is none.
fn period_of(call: &Call<'_>, series: &Dynamic, learned: &[f64], plan: &DecompositionPlan) -> Result<usize> {
    match usize::try_from(plan.period) {
        Ok(period) => {
            if period > learned.len() {
                // The median of the one element there is at each place.
                let example = format!("{period} and {}", series.to_json());
                call.doubt("a period longer than the series", "the season is the series itself", example)?;
            }
            Ok(period.min(learned.len()))
        }
        Err(_) if plan.period == -1 => {
            let found = best_period(call, learned)?;
            // A series that is too short has none, as the page says.
            if learned.len() >= 8 {
                let taken = "it is a wave that stands out of the spectrum, if its autocorrelation reaches the threshold";
                call.doubt("a season that is to be found", taken, series.to_json())?;
            }
            Ok(found.filter(|it| it.score >= plan.threshold).map_or(0, |it| it.length))
        }
        // The page of series_seasonal says so; those of the others say nothing.
        Err(_) => Ok(0),
    }
}

/// For each place within the period the median of the elements there, over and over.
fn season(call: &Call<'_>, learned: &[f64], period: usize, count: usize) -> Result<Vec<f64>> {
    if period == 0 {
        return Ok(vec![0.0; count]);
    }
    call.work(learned.len().saturating_mul(16 * size_of::<f64>()))?;
    let medians: Vec<f64> = (0..period)
        .map(|phase| {
            let mut there: Vec<f64> = learned.iter().skip(phase).step_by(period).copied().collect();
            there.sort_by(f64::total_cmp);
            let middle = there.len() / 2;
            let value = |at: usize| there.get(at).copied().unwrap_or(f64::NAN);
            if there.len() % 2 == 1 {
                value(middle)
            } else {
                (value(middle.saturating_sub(1)) + value(middle)) / 2.0
            }
        })
        .collect();
    Ok(medians.iter().cycle().take(count).copied().collect())
}

/// The trend of numbers, carried on over so many places.
fn trend_of(numbers: &[f64], trend: Trend, count: usize) -> Vec<f64> {
    let learned = numbers.len() as f64;
    let (mean, middle) = (numbers.iter().sum::<f64>() / learned, (learned - 1.0) / 2.0);
    match trend {
        Trend::None => vec![0.0; count],
        Trend::Average => vec![mean; count],
        Trend::Line => {
            let places = || (0..count).map(|at| at as f64 - middle);
            let spread = learned * (learned * learned - 1.0) / 12.0;
            let both: f64 = places().zip(numbers).map(|(x, y)| x * (y - mean)).sum();
            // The line through a single number does not rise.
            let slope = if spread > 0.0 { both / spread } else { 0.0 };
            places().map(|x| mean + slope * x).collect()
        }
    }
}

fn decompose(call: &Call<'_>, series: &Dynamic, plan: &DecompositionPlan) -> Result<Option<Decomposition>> {
    let Some(items) = series.as_array() else { return Ok(None) };
    let Some(learned) = learned(call, series, plan.tested)? else { return Ok(None) };
    let count = items.len();
    if learned.is_empty() && count > 0 {
        call.doubt("a series that is all test points", "the result is null", series.to_json())?;
        return Ok(None);
    }
    call.reserve(count.saturating_mul(4 * size_of::<Dynamic>() + 8 * size_of::<f64>()))?;
    let period = period_of(call, series, &learned, plan)?;
    let seasonal = season(call, &learned, period, count)?;
    let flat: Vec<f64> = learned.iter().zip(&seasonal).map(|(y, season)| y - season).collect();
    let trend = trend_of(&flat, plan.trend, count);
    let baseline: Vec<f64> = seasonal.iter().zip(&trend).map(|(season, trend)| season + trend).collect();
    let residual = items.iter().zip(&baseline).map(|(y, base)| Some(y.as_real()? - base)).collect();
    Ok(Some(Decomposition { baseline, seasonal, trend, residual, learned: learned.len() }))
}

/// The columns of a decomposition.
fn columns(found: Option<Decomposition>) -> Option<[Value; 4]> {
    let found = found?;
    let residual = found.residual.into_iter().map(|n| n.map_or(Dynamic::Null, Dynamic::Real));
    Some([
        series_of(found.baseline).into(),
        series_of(found.seasonal).into(),
        series_of(found.trend).into(),
        Dynamic::array(residual.collect()).into(),
    ])
}

fn series_decompose(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let plan = DecompositionArguments { call, row }.plan(1, 2, 3, Some(4))?;
        let Some(series) = row.first() else { return Ok(None) };
        Ok(columns(decompose(call, series, &plan)?))
    })
}

fn series_decompose_forecast(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let plan = DecompositionArguments { call, row }.plan(2, 3, 1, Some(4))?;
        let Some(series) = row.first() else { return Ok(None) };
        Ok(columns(decompose(call, series, &plan)?))
    })
}

fn series_decompose_anomalies(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let arguments = DecompositionArguments { call, row };
        let plan = arguments.plan(2, 3, 4, Some(6))?;
        let threshold = arguments.given(Some(1)).and_then(Dynamic::as_real).unwrap_or(1.5);
        let fences = Fences::named(call, row.get(5).copied())?;
        let Some(series) = row.first() else { return Ok(None) };
        let Some(found) = decompose(call, series, &plan)? else { return Ok(None) };
        let learned = found.residual.get(..found.learned).unwrap_or_default();
        let scores = fences.test().scores(call, &found.residual, learned)?;
        let flag =
            |score: &f64| Dynamic::Long(i64::from(*score > threshold) - i64::from(*score < -threshold));
        let flags = Dynamic::array(scores.iter().map(flag).collect());
        Ok(Some([flags.into(), series_of(scores).into(), series_of(found.baseline).into()]))
    })
}

fn series_seasonal(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(series @ Dynamic::Array(items)) = row.first().copied() else { return Ok(Dynamic::Null) };
        let period = match row.get(1) {
            None => -1,
            Some(Dynamic::Long(period)) => *period,
            Some(_) => return Ok(Dynamic::Null),
        };
        let tested = match row.get(2) {
            None => 0,
            Some(given) => {
                // The page does not have them.
                let taken = "so many elements at the end are not learned from";
                call.doubt("test points", taken, given.to_json())?;
                if let Dynamic::Long(tested) = given { usize::try_from(*tested).unwrap_or(0) } else { 0 }
            }
        };
        let Some(learned) = learned(call, series, tested)? else { return Ok(Dynamic::Null) };
        let plan = DecompositionPlan { period, trend: Trend::None, tested, threshold: SEASONAL_THRESHOLD };
        let period = period_of(call, series, &learned, &plan)?;
        Ok(series_of(season(call, &learned, period, items.len())?))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call_all, check, doubted, find, json, refused};
    use crate::types::{Dynamic, Value};

    fn columns(name: &str, arguments: &[Value]) -> Vec<Value> {
        let arguments: Vec<Column> =
            arguments.iter().map(|it| Column::constant(it.clone(), it.scalar_type().unwrap(), 1)).collect();
        call_all(find(FUNCTIONS, name), &arguments).unwrap().iter().map(|column| column.value(0)).collect()
    }

    // Expectations: the pages of the functions.
    #[test]
    fn seasons() {
        let series = json("[1,3,5,1,3,5,2,4,6]");
        let expected = json("[1.0,3.0,5.0,1.0,3.0,5.0,1.0,3.0,5.0]");
        check(FUNCTIONS, "series_seasonal", &[series, Value::Long(3)], expected);
        let found = json("[2,5,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1]");
        let expected: Vec<Dynamic> =
            [1, 2, 3, 4, 3, 2].iter().cycle().take(25).map(|n| Dynamic::Real(f64::from(*n))).collect();
        doubted(FUNCTIONS, "series_seasonal", &[found], Dynamic::array(expected));
        let none = json("[1,3,5,2,4,6,1,3,5,2,4,6]");
        doubted(FUNCTIONS, "series_seasonal", &[none], Dynamic::array(vec![Dynamic::Real(0.0); 12]));
    }

    // The page: any positive period is taken, -1 finds it, all others give zeros.
    #[test]
    fn periods() {
        let series = json("[1,3,5]");
        check(FUNCTIONS, "series_seasonal", &[series.clone(), Value::Long(0)], json("[0.0,0.0,0.0]"));
        check(FUNCTIONS, "series_seasonal", &[series.clone(), Value::Long(-7)], json("[0.0,0.0,0.0]"));
        check(FUNCTIONS, "series_seasonal", &[series.clone(), Value::Long(3)], json("[1.0,3.0,5.0]"));
        check(FUNCTIONS, "series_seasonal", &[series.clone(), Value::Long(-1)], json("[0.0,0.0,0.0]"));
        doubted(FUNCTIONS, "series_seasonal", &[series, Value::Long(4)], json("[1.0,3.0,5.0]"));
    }

    // The steps of the page, by hand: medians 2, 4; without them -1, -1, 0, 0, 1, 1, whose line rises by 16 / 35.
    #[test]
    fn parts_add_up() {
        let arguments = [json("[1,3,2,4,3,5]"), Value::Long(2), "linefit".into()];
        let found = columns("series_decompose", &arguments);
        assert_eq!(found[1], json("[2.0,4.0,2.0,4.0,2.0,4.0]"));
        let trend: Vec<f64> = (0..6).map(|at| (f64::from(at) - 2.5) * 16.0 / 35.0).collect();
        let number = |value: &Value, at: usize| match value {
            Value::Dynamic(series) => series.item(at as i64).as_real().unwrap(),
            other => panic!("{other:?}"),
        };
        for (at, expected) in trend.iter().enumerate() {
            assert!((number(&found[2], at) - expected).abs() < 1e-12);
            let sum = number(&found[1], at) + number(&found[2], at);
            assert!((number(&found[0], at) - sum).abs() < 1e-12);
            let series = [1.0, 3.0, 2.0, 4.0, 3.0, 5.0];
            assert!((number(&found[3], at) - (series[at] - sum)).abs() < 1e-12);
        }
        let nothing = [json("[1,2]"), Value::Long(0), "none".into()];
        let found = columns("series_decompose", &nothing);
        assert_eq!((&found[0], &found[3]), (&json("[0.0,0.0]"), &json("[1.0,2.0]")));
    }

    // What is to be forecast is not learned from, and need not be there.
    #[test]
    fn forecasts() {
        let arguments = [json("[1,2,3,100,null]"), Value::Long(2), Value::Long(0), "linefit".into()];
        let found = columns("series_decompose_forecast", &arguments);
        assert_eq!(found[0], json("[1.0,2.0,3.0,4.0,5.0]"));
        assert_eq!(found[3], json("[0.0,0.0,0.0,96.0,null]"));
    }

    // -2.8 and 3.6 are the 10th and 90th percentiles of -3, -2 and 5.
    #[test]
    fn anomalies() {
        let found = columns("series_decompose_anomalies", &[json("[1.0,2.0,9.0]")]);
        assert_eq!((&found[0], &found[2]), (&json("[0,0,0]"), &json("[4.0,4.0,4.0]")));
        let Value::Dynamic(scores) = &found[1] else { panic!("no array") };
        let factor = 2.772_605_605_507_915;
        for (at, expected) in [-0.2 / 6.4 * factor, 0.0, 1.4 / 6.4 * factor].into_iter().enumerate() {
            assert!((scores.item(at as i64).as_real().unwrap() - expected).abs() < 1e-12);
        }
        let series = json("[1,2,1,2,1,2,1,2,1,2,1,-40]");
        let arguments = [series, Value::Real(1.5), Value::Long(0), "avg".into(), Value::Long(1)];
        let found = columns("series_decompose_anomalies", &arguments);
        assert_eq!(found[0], json("[0,0,0,0,0,0,0,0,0,0,0,-1]"));
        assert_eq!(columns("series_decompose_anomalies", &[json("[]")]), vec![json("[]"); 3]);
    }

    #[test]
    fn what_is_not_known() {
        let long = json("[1,2,3,4,1,2,3,5]");
        doubted(
            FUNCTIONS,
            "series_decompose",
            &[long, Value::Long(-1), "none".into()],
            json("[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]"),
        );
        doubted(FUNCTIONS, "series_decompose", &[json("[1,null]"), Value::Long(0)], Value::Null);
        doubted(FUNCTIONS, "series_decompose_forecast", &[json("[1,2]"), Value::Long(2)], Value::Null);
        refused(FUNCTIONS, "series_decompose", &[json("[1]"), Value::Long(0), "x".into()]);
        refused(FUNCTIONS, "series_decompose_forecast", &[json("[1]"), Value::Long(-1)]);
        let method =
            [json("[1]"), Value::Real(1.5), Value::Long(0), "avg".into(), Value::Long(0), "x".into()];
        refused(FUNCTIONS, "series_decompose_anomalies", &method);
    }
}
