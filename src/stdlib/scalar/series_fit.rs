//! Series functions that fit lines: one line, or two with a break between them. It must not know how series are made.

use crate::column::Column;
use crate::function::kinds::{ARRAY, returns};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, Returns, ScalarFunction, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

use super::dynamic::map_dynamic;
use super::series::all_reals;
use super::series_columns::{bag, map_columns, named, series_of};

const BASE: ScalarFunction = ScalarFunction { category: Category::Series, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "series_fit_line",
        summary: "The line that fits a series best, with measures of the fit, as columns.",
        signatures: signatures![(series: ARRAY) -> Returns::Columns(line_columns)],
        kernel: Kernel::Columns(series_fit_line),
        examples: &[Example { query: "series_fit_line(dynamic([1, 2, 3]))", result: "1.0" }],
        ..BASE
    },
    ScalarFunction {
        name: "series_fit_line_dynamic",
        summary: "The line that fits a series best, with measures of the fit, as a bag.",
        signatures: signatures![(series: ARRAY) -> returns::DYNAMIC],
        kernel: Kernel::Rows(series_fit_line_dynamic),
        examples: &[Example {
            query: "series_fit_line_dynamic(dynamic([1, 2, 3])).line_fit",
            result: "[1.0,2.0,3.0]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "series_fit_2lines",
        summary: "The two lines, one after the other, that fit a series best, with measures of the fit, as columns.",
        signatures: signatures![(series: ARRAY) -> Returns::Columns(two_lines_columns)],
        kernel: Kernel::Columns(series_fit_2lines),
        examples: &[
            Example { query: "series_fit_2lines(dynamic([1, 2, 3, 4, 4, 3, 2, 1]))", result: "1.0" },
            Example {
                query: "print y = dynamic([1, 2, 3, 4, 9, 8, 7, 6]) | project (r, split) = series_fit_2lines(y) | project split",
                result: "4",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "series_fit_2lines_dynamic",
        summary: "The two lines, one after the other, that fit a series best, with measures of the fit, as a bag.",
        signatures: signatures![(series: ARRAY) -> returns::DYNAMIC],
        kernel: Kernel::Rows(series_fit_2lines_dynamic),
        examples: &[
            Example {
                query: "series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 7, 5])).line_fit",
                result: "[1.0,2.0,3.0,9.0,7.0,5.0]",
            },
            Example {
                query: "series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 7, 5])).right.slope",
                result: "-2.0",
            },
        ],
        ..BASE
    },
];

fn line_columns(arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    use ScalarType as T;
    let parts = [
        ("rsquare", T::Real),
        ("slope", T::Real),
        ("variance", T::Real),
        ("rvariance", T::Real),
        ("interception", T::Real),
        ("line_fit", T::Dynamic),
    ];
    named("series_fit_line", arguments, &parts)
}

fn two_lines_columns(arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    use ScalarType as T;
    let parts = [
        ("rsquare", T::Real),
        ("split_idx", T::Long),
        ("variance", T::Real),
        ("rvariance", T::Real),
        ("line_fit", T::Dynamic),
        ("right_rsquare", T::Real),
        ("right_slope", T::Real),
        ("right_interception", T::Real),
        ("right_variance", T::Real),
        ("right_rvariance", T::Real),
        ("left_rsquare", T::Real),
        ("left_slope", T::Real),
        ("left_interception", T::Real),
        ("left_variance", T::Real),
        ("left_rvariance", T::Real),
    ];
    named("series_fit_2lines", arguments, &parts)
}

/// A line of least squares; places count from 1.
struct FittedLine {
    r_square: f64,
    slope: f64,
    variance: f64,
    residual_variance: f64,
    interception: f64,
    fit: Vec<f64>,
}

impl FittedLine {
    /// The line of two numbers at least.
    fn of(numbers: &[f64]) -> Self {
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let middle = (count + 1.0) / 2.0;
        let places = || (1..=numbers.len()).map(|place| place as f64);
        let spread: f64 = places().map(|x| (x - middle) * (x - middle)).sum();
        let both: f64 = places().zip(numbers).map(|(x, y)| (x - middle) * (y - mean)).sum();
        let slope = both / spread;
        let interception = mean - slope * middle;
        let fit: Vec<f64> = places().map(|x| interception + slope * x).collect();
        let squares = squares(numbers, mean);
        let residuals = residuals(numbers, &fit);
        Self {
            r_square: r_square(residuals, squares),
            slope,
            variance: squares / (count - 1.0),
            residual_variance: residuals / (count - 1.0),
            interception,
            fit,
        }
    }
}

/// The sum of the squares of what numbers are away from their mean.
pub(super) fn squares(numbers: &[f64], mean: f64) -> f64 {
    numbers.iter().map(|y| (y - mean) * (y - mean)).sum()
}

/// The sum of the squares of what numbers are away from a fit.
pub(super) fn residuals(numbers: &[f64], fit: &[f64]) -> f64 {
    fit.iter().zip(numbers).map(|(fit, y)| (y - fit) * (y - fit)).sum()
}

/// The share of the variance that a fit accounts for. The page: 1 is the best possible fit. The definition divides 0 by 0
/// where nothing varies.
pub(super) fn r_square(residuals: f64, squares: f64) -> f64 {
    if squares == 0.0 { 1.0 } else { 1.0 - residuals / squares }
}

/// The numbers of a series that has so many of them at least, all of them finite; else null, which is noted. What does not
/// vary is noted, too.
pub(super) fn fittable(
    call: &Call<'_>,
    series: Option<&Dynamic>,
    least: (usize, &str),
) -> Result<Option<Vec<f64>>> {
    let Some(series) = series else { return Ok(None) };
    let Some(items) = series.as_array() else { return Ok(None) };
    let Some(numbers) = all_reals(call, items)? else { return Ok(None) };
    let squares = squares(&numbers, numbers.iter().sum::<f64>() / numbers.len() as f64);
    let (least, words) = least;
    if numbers.len() < least || !squares.is_finite() {
        let about = format!("a series that has fewer than {words} numbers or one that is not finite");
        call.doubt(&about, "the result is null", series.to_json())?;
        return Ok(None);
    }
    if squares == 0.0 {
        call.doubt("a series that does not vary", "its rsquare is 1", series.to_json())?;
    }
    Ok(Some(numbers))
}

fn line(call: &Call<'_>, row: &[&Dynamic]) -> Result<Option<FittedLine>> {
    let numbers = fittable(call, row.first().copied(), (2, "two"))?;
    Ok(numbers.map(|numbers| FittedLine::of(&numbers)))
}

fn series_fit_line(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let Some(line) = line(call, row)? else { return Ok(None) };
        Ok(Some([
            line.r_square.into(),
            line.slope.into(),
            line.variance.into(),
            line.residual_variance.into(),
            line.interception.into(),
            series_of(line.fit).into(),
        ]))
    })
}

fn series_fit_line_dynamic(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(line) = line(call, row)? else { return Ok(Dynamic::Null) };
        Ok(bag([
            ("slope", Dynamic::Real(line.slope)),
            ("interception", Dynamic::Real(line.interception)),
            ("rsquare", Dynamic::Real(line.r_square)),
            ("variance", Dynamic::Real(line.variance)),
            ("rvariance", Dynamic::Real(line.residual_variance)),
            ("line_fit", series_of(line.fit)),
        ]))
    })
}

/// Two lines, the second of which begins at the split.
struct TwoLines {
    split: usize,
    r_square: f64,
    variance: f64,
    residual_variance: f64,
    left: FittedLine,
    right: FittedLine,
}

impl TwoLines {
    /// All that lies on the lines.
    fn fit(&self) -> Dynamic {
        series_of(self.left.fit.iter().chain(&self.right.fit).copied())
    }
}

/// Sums over the first elements of a series, from which those of any part follow.
#[derive(Clone, Copy, Default)]
struct Sums {
    y: f64,
    yy: f64,
    xy: f64,
}

/// The sum of squares that the line of a part leaves, by the sums up to its start and up to its end.
fn left_over(from: (usize, Sums), to: (usize, Sums)) -> f64 {
    let count = (to.0 - from.0) as f64;
    let middle = (from.0 + to.0 - 1) as f64 / 2.0;
    let mean = (to.1.y - from.1.y) / count;
    let spread = count * (count * count - 1.0) / 12.0;
    let both = to.1.xy - from.1.xy - count * middle * mean;
    to.1.yy - from.1.yy - count * mean * mean - both * both / spread
}

/// Where a series is best split, so that each part has two elements at least; the first of several such places.
fn best_split(numbers: &[f64]) -> usize {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let mut sums = Sums::default();
    let mut all = vec![sums];
    for (x, y) in numbers.iter().enumerate() {
        let y = y - mean;
        sums = Sums { y: sums.y + y, yy: sums.yy + y * y, xy: sums.xy + x as f64 * y };
        all.push(sums);
    }
    let count = numbers.len();
    let (start, end) = ((0, Sums::default()), (count, sums));
    let mut best = (2, f64::INFINITY);
    for (split, at) in all.into_iter().enumerate().take(count - 1).skip(2) {
        let left = left_over(start, (split, at)) + left_over((split, at), end);
        // What is less by a rounding error is not less.
        if left < best.1 - 1e-12 * sums.yy {
            best = (split, left);
        }
    }
    best.0
}

fn two_lines(call: &Call<'_>, row: &[&Dynamic]) -> Result<Option<TwoLines>> {
    let series = row.first().copied();
    let Some(numbers) = fittable(call, series, (4, "four"))? else { return Ok(None) };
    call.reserve(numbers.len().saturating_mul(8 * size_of::<f64>()))?;
    let split = best_split(&numbers);
    let (left, right) = numbers.split_at_checked(split).unwrap_or((&numbers, &[]));
    let (left, right) = (FittedLine::of(left), FittedLine::of(right));
    let count = numbers.len() as f64;
    let squares = squares(&numbers, numbers.iter().sum::<f64>() / count);
    let fit: Vec<f64> = left.fit.iter().chain(&right.fit).copied().collect();
    let residuals = residuals(&numbers, &fit);
    // The page says that the split is counted from 0, not which side the element belongs to, nor where places are 1.
    let taken =
        "split_idx is the place of the right line's first element, and the right line counts from 1 again";
    call.doubt("the split of a series", taken, series.map(Dynamic::to_json).unwrap_or_default())?;
    Ok(Some(TwoLines {
        split,
        r_square: r_square(residuals, squares),
        variance: squares / (count - 1.0),
        residual_variance: residuals / (count - 1.0),
        left,
        right,
    }))
}

fn series_fit_2lines(call: &Call<'_>) -> Result<Vec<Column>> {
    map_columns(call, |row| {
        let Some(lines) = two_lines(call, row)? else { return Ok(None) };
        let (left, right) = (&lines.left, &lines.right);
        Ok(Some([
            lines.r_square.into(),
            Value::Long(lines.split as i64),
            lines.variance.into(),
            lines.residual_variance.into(),
            lines.fit().into(),
            right.r_square.into(),
            right.slope.into(),
            right.interception.into(),
            right.variance.into(),
            right.residual_variance.into(),
            left.r_square.into(),
            left.slope.into(),
            left.interception.into(),
            left.variance.into(),
            left.residual_variance.into(),
        ]))
    })
}

fn series_fit_2lines_dynamic(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(lines) = two_lines(call, row)? else { return Ok(Dynamic::Null) };
        let side = |line: &FittedLine| {
            bag([
                ("rsquare", Dynamic::Real(line.r_square)),
                ("slope", Dynamic::Real(line.slope)),
                ("interception", Dynamic::Real(line.interception)),
                ("variance", Dynamic::Real(line.variance)),
                ("rvariance", Dynamic::Real(line.residual_variance)),
            ])
        };
        Ok(bag([
            ("rsquare", Dynamic::Real(lines.r_square)),
            ("split_idx", Dynamic::Long(lines.split as i64)),
            ("variance", Dynamic::Real(lines.variance)),
            ("rvariance", Dynamic::Real(lines.residual_variance)),
            ("line_fit", lines.fit()),
            ("right", side(&lines.right)),
            ("left", side(&lines.left)),
        ]))
    })
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, FittedLine, best_split, residuals};
    use crate::column::Column;
    use crate::function::testing::{call_all, doubted, find, json, near};
    use crate::types::{ScalarType, Value};

    fn columns(name: &str, series: &str) -> Vec<Value> {
        let column = Column::constant(json(series), ScalarType::Dynamic, 1);
        let columns = call_all(find(FUNCTIONS, name), &[column]).unwrap();
        columns.iter().map(|column| column.value(0)).collect()
    }

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn a_line() {
        let found = columns("series_fit_line", "[2,5,6,8,11,15,17,18,25,26,30,30]");
        near(&found[0], 0.982_900_730_884_447);
        near(&found[1], 2.730_769_230_769_231);
        near(&found[2], 98.628_787_878_787_89);
        near(&found[3], 1.686_480_186_480_187);
        near(&found[4], -1.666_666_666_666_671_6);
        let Value::Dynamic(fit) = &found[5] else { panic!("no array") };
        near(&Value::Real(fit.item(0).as_real().unwrap()), 1.064_102_564_102_559_2);
        near(&Value::Real(fit.item(-1).as_real().unwrap()), 31.102_564_102_564_102);
    }

    #[test]
    fn two_lines() {
        let found = columns("series_fit_2lines", "[1,2.2,2.5,4.7,5.0,12,10.3,10.3,9,8.3,6.2]");
        let Value::Dynamic(fit) = &found[4] else { panic!("no array") };
        let expected = [
            0.98,
            2.03,
            3.08,
            4.13,
            5.18,
            11.942_857_142_857_143,
            10.905_714_285_714_286,
            9.868_571_428_571_428,
            8.831_428_571_428_573,
            7.794_285_714_285_716,
            6.757_142_857_142_86,
        ];
        for (found, expected) in fit.as_array().unwrap().iter().zip(expected) {
            assert!((found.as_real().unwrap() - expected).abs() < 1e-12);
        }
        assert_eq!(found[1], Value::Long(5));
        near(&found[6], -1.037_142_857_142_857);
        near(&found[11], 1.05);
    }

    // What the definition says, in n² steps.
    #[test]
    fn the_split_is_the_best_of_all() {
        let mut state = 7_u64;
        for count in 4..40 {
            let numbers: Vec<f64> = (0..count)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 40) as f64 / 1e3
                })
                .collect();
            let left = |split: usize| -> f64 {
                let (a, b) = numbers.split_at(split);
                residuals(a, &FittedLine::of(a).fit) + residuals(b, &FittedLine::of(b).fit)
            };
            let best = (2..count - 1).map(left).fold(f64::INFINITY, f64::min);
            let found = left(best_split(&numbers));
            assert!(found <= best + 1e-9 * (1.0 + best), "{numbers:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        let steady = json(
            r#"{"slope":0.0,"interception":4.0,"rsquare":1.0,"variance":0.0,"rvariance":0.0,"line_fit":[4.0,4.0]}"#,
        );
        doubted(FUNCTIONS, "series_fit_line_dynamic", &[json("[4,4]")], steady);
        for series in ["[4]", "[]", "[4,null]"] {
            doubted(FUNCTIONS, "series_fit_line_dynamic", &[json(series)], Value::Null);
            doubted(FUNCTIONS, "series_fit_2lines_dynamic", &[json(series)], Value::Null);
        }
        doubted(FUNCTIONS, "series_fit_2lines", &[json("[1,2,4]")], Value::Null);
    }
}
