//! Series functions that describe a series: statistics and filters.
//! It must not know how series are made.

use crate::column::{Column, DynamicType, Element, LongType, RealType};
use crate::function::kinds::{ARRAY, BOOL, returns};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, ResultName, Returns, ScalarFunction, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

use super::dynamic::{as_long, map_dynamic};
use super::series::{all_reals, note_times, reals};
use super::series_columns::{bag, named};

const BASE: ScalarFunction = ScalarFunction { category: Category::Series, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "series_stats",
        summary: "Minimum, maximum, their places, average, standard deviation and variance of a series, as columns.",
        signatures: signatures![
            (series: ARRAY, ignore_nonfinite: BOOL.optional().constant()) -> Returns::Columns(stats_columns)
        ],
        kernel: Kernel::Columns(series_stats),
        examples: &[Example { query: "series_stats(dynamic([23, 46, 4, 87]))", result: "4.0" }],
        ..BASE
    },
    ScalarFunction {
        name: "series_stats_dynamic",
        summary: "Minimum, maximum, their places, average, standard deviation, variance, sum and length of a series, as a bag.",
        signatures: signatures![
            (series: ARRAY, ignore_nonfinite: BOOL.optional().constant()) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(series_stats_dynamic),
        examples: &[Example {
            query: "series_stats_dynamic(dynamic([1, 3]))",
            result: r#"{"min":1.0,"min_idx":0,"max":3.0,"max_idx":1,"avg":2.0,"stdev":1.4142135623730951,"variance":2.0,"sum":4.0,"len":2}"#,
        }],
        ..BASE
    },
    ScalarFunction {
        name: "series_iir",
        summary: "A series filtered recursively (infinite impulse response) by numerators and denominators.",
        signatures: signatures![
            (series: ARRAY, numerators: ARRAY, denominators: ARRAY) -> returns::DYNAMIC
        ],
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(series_iir),
        examples: &[Example {
            query: "series_iir(dynamic([1, 2, 3, 4]), dynamic([1]), dynamic([1, -1]))",
            result: "[1.0,3.0,6.0,10.0]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "series_fir",
        summary: "A series filtered by coefficients (finite impulse response), such as a moving average.",
        signatures: signatures![
            (series: ARRAY, filter: ARRAY, normalize: BOOL.optional(), center: BOOL.optional())
                -> returns::DYNAMIC
        ],
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(series_fir),
        examples: &[
            Example {
                query: "series_fir(dynamic([0, 0, 2, 2, 3]), dynamic([1, -1]), false, false)",
                result: "[0,0,2,0,1]",
            },
            Example {
                query: "series_fir(dynamic([0, 0, 8, 0, 0]), dynamic([1, 2, 1]), true, true)",
                result: "[0.0,2.0,4.0,2.0,0.0]",
            },
        ],
        ..BASE
    },
];

fn stats_columns(arguments: &[ArgumentInfo<'_>]) -> Vec<(String, ScalarType)> {
    use ScalarType as T;
    let parts = [
        ("min", T::Real),
        ("min_idx", T::Long),
        ("max", T::Real),
        ("max_idx", T::Long),
        ("avg", T::Real),
        ("stdev", T::Real),
        ("variance", T::Real),
    ];
    named("series_stats", arguments, &parts)
}

struct Stats {
    min: f64,
    min_index: i64,
    max: f64,
    max_index: i64,
    average: f64,
    variance: f64,
    sum: f64,
}

/// The sample variance of numbers around a mean; 0 for a single one.
fn variance(numbers: &[f64], mean: f64) -> f64 {
    if numbers.len() < 2 {
        return 0.0;
    }
    let squares: f64 = numbers.iter().map(|n| (n - mean) * (n - mean)).sum();
    squares / (numbers.len() - 1) as f64
}

/// The statistics of a series; `None` for what is no array, is empty or holds what is not finite.
fn stats(call: &Call<'_>, series: Option<&Dynamic>) -> Result<Option<Stats>> {
    let ignore = matches!(call.constant(1), Some(Value::Bool(true)));
    let Some(series) = series else { return Ok(None) };
    let Some(items) = series.as_array() else { return Ok(None) };
    note_times(call, &[series])?;
    let numbers = reals(items);
    let finite: Vec<(usize, f64)> = numbers
        .iter()
        .enumerate()
        .filter_map(|(at, n)| n.filter(|n| n.is_finite()).map(|n| (at, n)))
        .collect();
    let (Some(&first), false) = (finite.first(), !ignore && finite.len() < numbers.len()) else {
        return Ok(None);
    };
    let (mut min, mut max) = (first, first);
    for &(at, n) in &finite {
        if n < min.1 {
            min = (at, n);
        }
        if n > max.1 {
            max = (at, n);
        }
    }
    let values: Vec<f64> = finite.iter().map(|(_, n)| *n).collect();
    if values.len() < 2 {
        // As the aggregate `variance` gives for one value.
        call.doubt("a series of a single number", "its deviation and variance are 0", series.to_json())?;
    }
    let sum: f64 = values.iter().sum();
    let average = sum / values.len() as f64;
    Ok(Some(Stats {
        min: min.1,
        min_index: min.0 as i64,
        max: max.1,
        max_index: max.0 as i64,
        average,
        variance: variance(&values, average),
        sum,
    }))
}

/// The values of the first argument, row by row.
fn series_rows<R>(call: &Call<'_>, f: impl Fn(Option<&Dynamic>) -> Result<R>) -> Result<Vec<R>> {
    let column = call.argument_as(0, ScalarType::Dynamic)?;
    let view = call.view::<DynamicType>(&column)?;
    (0..call.rows).map(|row| f(view.get(row))).collect()
}

fn series_stats(call: &Call<'_>) -> Result<Vec<Column>> {
    let rows = series_rows(call, |series| stats(call, series))?;
    let reals = |f: fn(&Stats) -> f64| RealType::build(rows.iter().map(|it| it.as_ref().map(f)));
    let longs = |f: fn(&Stats) -> i64| LongType::build(rows.iter().map(|it| it.as_ref().map(f)));
    Ok(vec![
        reals(|it| it.min),
        longs(|it| it.min_index),
        reals(|it| it.max),
        longs(|it| it.max_index),
        reals(|it| it.average),
        reals(|it| it.variance.sqrt()),
        reals(|it| it.variance),
    ])
}

fn series_stats_dynamic(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(series @ Dynamic::Array(items)) = row.first().copied() else { return Ok(Dynamic::Null) };
        let Some(stats) = stats(call, Some(series))? else {
            // The page gives null where elements are not finite; `series_stats` gives nulls here too.
            if items.is_empty() || matches!(call.constant(1), Some(Value::Bool(true))) {
                let about = "a series without a finite number";
                call.doubt(about, "the result is null", series.to_json())?;
            }
            return Ok(Dynamic::Null);
        };
        Ok(bag([
            ("min", Dynamic::Real(stats.min)),
            ("min_idx", Dynamic::Long(stats.min_index)),
            ("max", Dynamic::Real(stats.max)),
            ("max_idx", Dynamic::Long(stats.max_index)),
            ("avg", Dynamic::Real(stats.average)),
            ("stdev", Dynamic::Real(stats.variance.sqrt())),
            ("variance", Dynamic::Real(stats.variance)),
            ("sum", Dynamic::Real(stats.sum)),
            ("len", Dynamic::Long(items.len() as i64)),
        ]))
    })
}

/// Several arrays as reals; `None` if one of them holds what is no number, which is noted once.
fn all_of<const N: usize>(call: &Call<'_>, arrays: [&[Dynamic]; N]) -> Result<Option<[Vec<f64>; N]>> {
    let mut numbers = [const { Vec::new() }; N];
    for (numbers, items) in numbers.iter_mut().zip(arrays) {
        match all_reals(call, items)? {
            Some(found) => *numbers = found,
            None => return Ok(None),
        }
    }
    Ok(Some(numbers))
}

fn series_iir(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(series), Dynamic::Array(numerators), Dynamic::Array(denominators)] = row else {
            return Ok(Dynamic::Null);
        };
        let Some([series, b, a]) = all_of(call, [series, numerators, denominators])? else {
            return Ok(Dynamic::Null);
        };
        let Some((&lead, a)) = a.split_first() else {
            call.doubt("denominators that are empty", "the result is null", "[]")?;
            return Ok(Dynamic::Null);
        };
        if lead == 0.0 {
            // The page forbids it "to avoid division by 0", which gives an infinity or NaN.
            let about = "denominators of which the first is 0";
            call.doubt(about, "numbers are divided by 0", row[2].to_json())?;
        }
        call.reserve(series.len().saturating_mul(a.len() + b.len()))?;
        let mut out: Vec<f64> = Vec::with_capacity(series.len());
        // The latest value comes first; there is nothing before the start.
        let weighted = |weights: &[f64], values: &[f64]| -> f64 {
            weights.iter().zip(values.iter().rev()).map(|(weight, value)| weight * value).sum()
        };
        for at in 0..series.len() {
            let forward = weighted(&b, series.get(..=at).unwrap_or_default());
            let value = (forward - weighted(a, &out)) / lead;
            out.push(value);
        }
        Ok(Dynamic::array(out.into_iter().map(Dynamic::Real).collect()))
    })
}

/// What lies outside of the series counts as 0, and the filter's sum stays what it is.
///
/// Source: the charts of the time series tutorial, where moving averages sink towards both ends.
fn series_fir(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let (Some(Dynamic::Array(series)), Some(Dynamic::Array(filter))) = (row.first(), row.get(1)) else {
            return Ok(Dynamic::Null);
        };
        let whole = series.iter().chain(filter.iter()).all(|item| matches!(item, Dynamic::Long(_)));
        let Some([numbers, weights]) = all_of(call, [series, filter])? else { return Ok(Dynamic::Null) };
        let negative = weights.iter().any(|weight| *weight < 0.0);
        let normalize = match row.get(2) {
            None | Some(Dynamic::Null) => !negative,
            Some(given) => **given == Dynamic::Bool(true),
        };
        if normalize && negative {
            return Ok(Dynamic::Null);
        }
        let center = matches!(row.get(3), Some(Dynamic::Bool(true)));
        let filter_text = || Dynamic::array(filter.to_vec()).to_json();
        if weights.is_empty() {
            call.doubt("an empty filter", "the result is null", "[]")?;
            return Ok(Dynamic::Null);
        }
        if center && weights.len() % 2 == 0 {
            // An odd filter has as many places ahead as half its length, rounded down.
            let taken = "half of its places are ahead of the element";
            call.doubt("a centred filter of even length", taken, filter_text())?;
        }
        let sum: f64 = weights.iter().sum();
        if normalize && sum == 0.0 {
            // The page divides by the sum.
            call.doubt("a normalized filter whose sum is 0", "0 is divided by 0", filter_text())?;
        }
        call.reserve(numbers.len().saturating_mul(weights.len()))?;
        let ahead = if center { weights.len() / 2 } else { 0 };
        // The places of the filter that fall on elements, with the element's place.
        let taps =
            |at: usize| (0..weights.len()).filter_map(move |tap| Some((tap, (at + ahead).checked_sub(tap)?)));
        let filtered = (0..numbers.len()).map(|at| {
            if whole && !normalize {
                let long = |items: &[Dynamic], at: usize| items.get(at).and_then(as_long).unwrap_or(0);
                let products = taps(at).map(|(tap, from)| long(filter, tap).wrapping_mul(long(series, from)));
                return Dynamic::Long(products.fold(0, i64::wrapping_add));
            }
            let products = taps(at).filter_map(|(tap, from)| Some(weights.get(tap)? * numbers.get(from)?));
            let total: f64 = products.sum();
            Dynamic::Real(if normalize { total / sum } else { total })
        });
        Ok(Dynamic::array(filtered.collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, stats_columns};
    use crate::column::Column;
    use crate::function::ArgumentInfo;
    use crate::function::testing::{call_all, check, doubted, find, json, near};
    use crate::types::{Dynamic, ScalarType, Value};

    fn columns(name: &str, series: &str) -> Vec<Value> {
        let column = Column::constant(json(series), ScalarType::Dynamic, 1);
        let columns = call_all(find(FUNCTIONS, name), &[column]).unwrap();
        columns.iter().map(|column| column.value(0)).collect()
    }

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn statistics() {
        let found = columns("series_stats", "[23,46,23,87,4,8,3,75,2,56,13,75,32,16,29]");
        near(&found[0], 2.0);
        assert_eq!((&found[1], &found[3]), (&Value::Long(8), &Value::Long(3)));
        near(&found[4], 32.8);
        near(&found[5], 28.503_633_853_548_27);
        near(&found[6], 812.457_142_857_142_9);
        assert!(columns("series_stats", "[1,null,3]").iter().all(Value::is_null));
        let info = ArgumentInfo { data_type: ScalarType::Dynamic, name: "x", constant: None };
        assert_eq!(stats_columns(&[info])[1], ("series_stats_x_min_idx".to_owned(), ScalarType::Long));
    }

    #[test]
    fn filters() {
        let series = json("[0,0,0,10,20,40,100]");
        let found = json("[0.0,0.0,0.0,2.0,6.0,14.0,34.0]");
        check(FUNCTIONS, "series_fir", &[series.clone(), json("[1,1,1,1,1]")], found);
        let arguments = [series, json("[1,-1]"), Value::Bool(true)];
        check(FUNCTIONS, "series_fir", &arguments, Value::Null);
        let arguments = [json("[1,2]"), json("[0.5]"), Value::Bool(false)];
        check(FUNCTIONS, "series_fir", &arguments, json("[0.5,1.0]"));
        let expected = json("[0.0,1.0,3.0,6.0,10.0]");
        check(FUNCTIONS, "series_iir", &[json("[0,1,2,3,4]"), json("[1]"), json("[1,-1]")], expected);
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        doubted(FUNCTIONS, "series_stats", &[json("[7]")], 7.0);
        let one = json(
            r#"{"min":7.0,"min_idx":0,"max":7.0,"max_idx":0,"avg":7.0,"stdev":0.0,"variance":0.0,"sum":7.0,"len":1}"#,
        );
        doubted(FUNCTIONS, "series_stats_dynamic", &[json("[7]")], one);
        doubted(FUNCTIONS, "series_stats_dynamic", &[json("[]")], Value::Null);
        doubted(FUNCTIONS, "series_stats_dynamic", &[json("[null]"), Value::Bool(true)], Value::Null);
        doubted(FUNCTIONS, "series_iir", &[json("[1,null]"), json("[null]"), json("[1]")], Value::Null);
        doubted(FUNCTIONS, "series_iir", &[json("[1]"), json("[1]"), json("[]")], Value::Null);
        let infinite = Value::Dynamic(Dynamic::array(vec![Dynamic::Real(f64::INFINITY)]));
        doubted(FUNCTIONS, "series_iir", &[json("[1]"), json("[1]"), json("[0]")], infinite);
        doubted(FUNCTIONS, "series_fir", &[json("[1]"), json("[]")], Value::Null);
        let (no, yes) = (Value::Bool(false), Value::Bool(true));
        let arguments = [json("[1,2,4]"), json("[1,1]"), no, yes];
        doubted(FUNCTIONS, "series_fir", &arguments, json("[3,6,4]"));
    }

    // The page of series_stats_dynamic.
    #[test]
    fn a_bag_of_statistics() {
        check(FUNCTIONS, "series_stats_dynamic", &[json("[1,null,3]")], Value::Null);
        let left_out = r#"{"min":1.0,"min_idx":0,"max":3.0,"max_idx":2,"avg":2.0,"stdev":1.4142135623730951,"variance":2.0,"sum":4.0,"len":3}"#;
        let arguments = [json("[1,null,3]"), Value::Bool(true)]
            .map(|it| Column::constant(it.clone(), it.scalar_type().unwrap(), 1));
        let found = call_all(find(FUNCTIONS, "series_stats_dynamic"), &arguments).unwrap();
        assert_eq!(found[0].value(0), json(left_out));
    }
}
