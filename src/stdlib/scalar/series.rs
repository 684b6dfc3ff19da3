//! Series functions that work element by element or reduce a series to one number.
//! It must not know how series are made.

use crate::column::{Column, RealType};
use crate::function::kinds::{ARRAY, NUMBER, REAL, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, Signature, signatures};
use crate::types::{Dynamic, ScalarType};

use super::dynamic::{map_dynamic, map_rows};

const PAIR: &[Signature] = signatures![
    (series1: ARRAY, series2: ARRAY) -> returns::DYNAMIC;
    (series1: ARRAY, series2: NUMBER) -> returns::DYNAMIC;
    (series1: NUMBER, series2: ARRAY) -> returns::DYNAMIC
];
const ONE: &[Signature] = signatures![(series: ARRAY) -> returns::DYNAMIC];
const ONE_TO_REAL: &[Signature] = signatures![(series: ARRAY) -> returns::REAL];

const fn function(
    name: &'static str,
    summary: &'static str,
    signatures: &'static [Signature],
    kernel: fn(&Call<'_>) -> Result<Column>,
    examples: &'static [Example],
) -> ScalarFunction {
    ScalarFunction {
        name,
        category: Category::Series,
        summary,
        signatures,
        kernel: Kernel::Rows(kernel),
        examples,
        ..ScalarFunction::DEFAULT
    }
}

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "series_add",
        "The sum of two series, element by element.",
        PAIR,
        |call| pairwise(call, i64::wrapping_add, |a, b| a + b),
        &[Example { query: "series_add(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", result: "[5,4,5]" }],
    ),
    function(
        "series_subtract",
        "The difference of two series, element by element.",
        PAIR,
        |call| pairwise(call, i64::wrapping_sub, |a, b| a - b),
        &[Example { query: "series_subtract(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", result: "[-3,0,3]" }],
    ),
    function(
        "series_multiply",
        "The product of two series, element by element.",
        PAIR,
        |call| pairwise(call, i64::wrapping_mul, |a, b| a * b),
        &[
            Example { query: "series_multiply(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", result: "[4,4,4]" },
            Example { query: "series_multiply(dynamic([1, 2, 4]), 2)", result: "[2,4,8]" },
        ],
    ),
    function(
        "series_divide",
        "The quotient of two series, element by element, always as reals.",
        PAIR,
        |call| real_pairs(call, |a, b| a / b),
        &[Example {
            query: "series_divide(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
            result: "[0.25,1.0,4.0]",
        }],
    ),
    function(
        "series_pow",
        "A series raised to the power of another one, element by element, as reals.",
        PAIR,
        |call| real_pairs(call, f64::powf),
        &[Example {
            query: "series_pow(dynamic([1, 2, 3, 4]), dynamic([1, 2, 3, 0.5]))",
            result: "[1.0,4.0,27.0,2.0]",
        }],
    ),
    function(
        "series_equals",
        "Whether the elements of two series are equal, element by element.",
        PAIR,
        |call| compare(call, |a, b| a == b, |a, b| a == b),
        &[Example {
            query: "series_equals(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
            result: "[false,true,false]",
        }],
    ),
    function(
        "series_not_equals",
        "Whether the elements of two series differ, element by element.",
        PAIR,
        |call| compare(call, |a, b| a != b, |a, b| a != b),
        &[Example {
            query: "series_not_equals(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
            result: "[true,false,true]",
        }],
    ),
    function(
        "series_less",
        "Whether the first series is less than the second, element by element.",
        PAIR,
        |call| compare(call, |a, b| a < b, |a, b| a < b),
        &[Example {
            query: "series_less(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
            result: "[true,false,false]",
        }],
    ),
    function(
        "series_less_equals",
        "Whether the first series is at most the second, element by element.",
        PAIR,
        |call| compare(call, |a, b| a <= b, |a, b| a <= b),
        &[Example {
            query: "series_less_equals(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
            result: "[true,true,false]",
        }],
    ),
    function(
        "series_greater",
        "Whether the first series is greater than the second, element by element.",
        PAIR,
        |call| compare(call, |a, b| a > b, |a, b| a > b),
        &[
            Example {
                query: "series_greater(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
                result: "[false,false,true]",
            },
            Example { query: "series_greater(dynamic([10, 15, 20]), 15)", result: "[false,false,true]" },
        ],
    ),
    function(
        "series_greater_equals",
        "Whether the first series is at least the second, element by element.",
        PAIR,
        |call| compare(call, |a, b| a >= b, |a, b| a >= b),
        &[Example {
            query: "series_greater_equals(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
            result: "[false,true,true]",
        }],
    ),
    function(
        "series_abs",
        "The absolute values of a series.",
        ONE,
        |call| each(call, i64::wrapping_abs, f64::abs),
        &[Example { query: "series_abs(dynamic([-6.5, 0, 8.2]))", result: "[6.5,0.0,8.2]" }],
    ),
    function(
        "series_ceiling",
        "The elements of a series rounded up.",
        ONE,
        |call| real_each(call, f64::ceil),
        &[Example { query: "series_ceiling(dynamic([-1.5, 1, 2.5]))", result: "[-1.0,1.0,3.0]" }],
    ),
    function(
        "series_floor",
        "The elements of a series rounded down.",
        ONE,
        |call| real_each(call, f64::floor),
        &[Example { query: "series_floor(dynamic([-1.5, 1, 2.5]))", result: "[-2.0,1.0,2.0]" }],
    ),
    function(
        "series_sign",
        "The signs of a series: -1, 0 or 1.",
        ONE,
        |call| each(call, i64::signum, |n| if n == 0.0 || n.is_nan() { 0.0 } else { n.signum() }),
        &[
            Example { query: "series_sign(dynamic([-6, 0, 8]))", result: "[-1,0,1]" },
            Example { query: "series_sign(dynamic([-6.5, 0, 8]))", result: "[-1.0,0.0,1.0]" },
        ],
    ),
    function(
        "series_exp",
        "e to the power of each element of a series.",
        ONE,
        |call| real_each(call, f64::exp),
        &[Example { query: "series_exp(dynamic([0]))", result: "[1.0]" }],
    ),
    function(
        "series_log",
        "The natural logarithm of each element of a series.",
        ONE,
        |call| real_each_within(call, |n| n >= 0.0 || n.is_nan(), f64::ln, "a negative element"),
        &[Example { query: "series_log(dynamic([1]))", result: "[0.0]" }],
    ),
    function(
        "series_sin",
        "The sine of each element of a series.",
        ONE,
        |call| real_each(call, f64::sin),
        &[Example { query: "series_sin(dynamic([0]))", result: "[0.0]" }],
    ),
    function(
        "series_cos",
        "The cosine of each element of a series.",
        ONE,
        |call| real_each(call, f64::cos),
        &[Example { query: "series_cos(dynamic([0]))", result: "[1.0]" }],
    ),
    function(
        "series_tan",
        "The tangent of each element of a series.",
        ONE,
        |call| real_each(call, f64::tan),
        &[Example { query: "series_tan(dynamic([0]))", result: "[0.0]" }],
    ),
    function(
        "series_asin",
        "The arc sine of each element of a series.",
        ONE,
        |call| real_each_within(call, within_one, f64::asin, OUTSIDE_ONE),
        &[Example { query: "series_asin(dynamic([0]))", result: "[0.0]" }],
    ),
    function(
        "series_acos",
        "The arc cosine of each element of a series.",
        ONE,
        |call| real_each_within(call, within_one, f64::acos, OUTSIDE_ONE),
        &[Example { query: "series_acos(dynamic([1]))", result: "[0.0]" }],
    ),
    function(
        "series_atan",
        "The arc tangent of each element of a series.",
        ONE,
        |call| real_each(call, f64::atan),
        &[Example { query: "series_atan(dynamic([0]))", result: "[0.0]" }],
    ),
    function(
        "series_sum",
        "The sum of a series.",
        ONE_TO_REAL,
        |call| reduce(call, |numbers| numbers.iter().sum()),
        &[Example { query: "series_sum(dynamic([1, 2, 3, 4]))", result: "10.0" }],
    ),
    function(
        "series_product",
        "The product of a series.",
        ONE_TO_REAL,
        |call| reduce(call, |numbers| numbers.iter().product()),
        &[Example { query: "series_product(dynamic([1, 2, 3, 4]))", result: "24.0" }],
    ),
    function(
        "series_magnitude",
        "The magnitude of a series: the square root of the sum of its squares.",
        ONE_TO_REAL,
        |call| reduce(call, |numbers| numbers.iter().map(|n| n * n).sum::<f64>().sqrt()),
        &[Example { query: "series_magnitude(dynamic([3, 4]))", result: "5.0" }],
    ),
    function(
        "series_dot_product",
        "The sum of the products of two series' elements; the longer one is cut.",
        signatures![
            (series1: ARRAY, series2: ARRAY) -> returns::REAL;
            (series1: ARRAY, series2: NUMBER) -> returns::REAL;
            (series1: NUMBER, series2: ARRAY) -> returns::REAL
        ],
        series_dot_product,
        &[
            Example { query: "series_dot_product(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", result: "12.0" },
            Example { query: "series_dot_product(dynamic([1, 2, 3]), 10)", result: "60.0" },
        ],
    ),
    function(
        "series_cosine_similarity",
        "The cosine of the angle between two series read as vectors; their magnitudes may be given.",
        signatures![
            (series1: ARRAY, series2: ARRAY, series1_magnitude: REAL.optional(),
                series2_magnitude: REAL.optional()) -> returns::REAL
        ],
        series_cosine_similarity,
        &[Example { query: "series_cosine_similarity(dynamic([3, 4]), dynamic([4, 3]))", result: "0.96" }],
    ),
    function(
        "series_pearson_correlation",
        "Pearson's coefficient of correlation of two series; null if one is longer or holds what is no number.",
        signatures![(series1: ARRAY, series2: ARRAY) -> returns::REAL],
        series_pearson_correlation,
        &[Example {
            query: "round(series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6])), 9)",
            result: "1.0",
        }],
    ),
];

/// A number of a series.
#[derive(Debug, Clone, Copy)]
enum Number {
    Long(i64),
    Real(f64),
}

impl Number {
    const fn real(self) -> f64 {
        match self {
            Self::Long(n) => n as f64,
            Self::Real(n) => n,
        }
    }
}

/// A number; `None` for what is none.
fn number(value: &Dynamic) -> Option<Number> {
    match value {
        Dynamic::Long(n) => Some(Number::Long(*n)),
        Dynamic::Real(_) | Dynamic::Decimal(_) => value.as_real().map(Number::Real),
        _ => None,
    }
}

/// Notes a row with instants or spans in its series: as JSON they are texts, and so no numbers; but the engine is known to
/// turn some of them into numbers.
pub(super) fn note_times(call: &Call<'_>, row: &[&Dynamic]) -> Result<()> {
    let time = |item: &&Dynamic| matches!(item, Dynamic::DateTime(_) | Dynamic::TimeSpan(_));
    let found = row.iter().filter_map(|series| series.as_array()).find_map(|items| items.iter().find(time));
    match found {
        Some(time) => call.doubt(
            "a series with datetimes or timespans",
            "they count as elements that are no numbers",
            time.to_text(),
        ),
        None => Ok(()),
    }
}

/// The numbers of an array, as reals; `None` stands for an element that is no number.
pub(super) fn reals(items: &[Dynamic]) -> Vec<Option<f64>> {
    items.iter().map(|item| number(item).map(Number::real)).collect()
}

/// The numbers of an array, as reals; `None` if there are elements that are no numbers: for functions that are not known
/// to take these. That is noted.
///
/// The page of `series_fill_const` says that all but one of the functions take no nulls, and elementwise functions
/// give null where there is no number.
pub(super) fn all_reals(call: &Call<'_>, items: &[Dynamic]) -> Result<Option<Vec<f64>>> {
    let numbers: Option<Vec<f64>> = reals(items).into_iter().collect();
    if numbers.is_none() {
        let found =
            items.iter().find(|item| number(item).is_none()).map(Dynamic::to_json).unwrap_or_default();
        call.doubt("a series with an element that is no number", "the result is null", found)?;
    }
    Ok(numbers)
}

/// The two arguments as series of numbers, as long as the longer one; a single number stands for any length.
///
/// `None` if an argument is no array where one is wanted.
#[allow(clippy::type_complexity, reason = "pairs of what may be missing")]
fn pairs(call: &Call<'_>, row: &[&Dynamic]) -> Result<Option<Vec<(Option<Number>, Option<Number>)>>> {
    let [a, b] = row else { return Ok(None) };
    let single = |at: usize| call.argument(at).is_ok_and(|it| it.scalar_type() != ScalarType::Dynamic);
    let (single_a, single_b) = (single(0), single(1));
    let length = match (a.as_array(), b.as_array()) {
        (Some(a), Some(b)) => a.len().max(b.len()),
        (Some(a), None) if single_b => a.len(),
        (None, Some(b)) if single_a => b.len(),
        _ => return Ok(None),
    };
    note_times(call, row)?;
    let element = |side: &Dynamic, at: usize| match side {
        Dynamic::Array(items) => items.get(at).and_then(number),
        value => number(value),
    };
    Ok(Some((0..length).map(|at| (element(a, at), element(b, at))).collect()))
}

/// Integers with integers give integers; a single real makes the whole result real.
fn pairwise(call: &Call<'_>, longs: fn(i64, i64) -> i64, reals: fn(f64, f64) -> f64) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(pairs) = pairs(call, row)? else { return Ok(Dynamic::Null) };
        let real = |it: &Option<Number>| matches!(it, Some(Number::Real(_)));
        let real = pairs.iter().any(|(a, b)| real(a) || real(b));
        let results = pairs.into_iter().map(|pair| match pair {
            (Some(Number::Long(a)), Some(Number::Long(b))) if !real => Dynamic::Long(longs(a, b)),
            (Some(a), Some(b)) => Dynamic::Real(reals(a.real(), b.real())),
            _ => Dynamic::Null,
        });
        Ok(Dynamic::array(results.collect()))
    })
}

fn real_pairs(call: &Call<'_>, f: impl Fn(f64, f64) -> f64) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(pairs) = pairs(call, row)? else { return Ok(Dynamic::Null) };
        let results = pairs.into_iter().map(|pair| match pair {
            (Some(a), Some(b)) => Dynamic::Real(f(a.real(), b.real())),
            _ => Dynamic::Null,
        });
        Ok(Dynamic::array(results.collect()))
    })
}

fn compare(call: &Call<'_>, longs: fn(&i64, &i64) -> bool, reals: fn(&f64, &f64) -> bool) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(pairs) = pairs(call, row)? else { return Ok(Dynamic::Null) };
        let results = pairs.into_iter().map(|pair| match pair {
            (Some(Number::Long(a)), Some(Number::Long(b))) => Dynamic::Bool(longs(&a, &b)),
            (Some(a), Some(b)) => Dynamic::Bool(reals(&a.real(), &b.real())),
            _ => Dynamic::Null,
        });
        Ok(Dynamic::array(results.collect()))
    })
}

fn real_each(call: &Call<'_>, f: impl Fn(f64) -> f64) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items)] = row else { return Ok(Dynamic::Null) };
        note_times(call, row)?;
        let result = |item| number(item).map_or(Dynamic::Null, |n| Dynamic::Real(f(n.real())));
        Ok(Dynamic::array(items.iter().map(result).collect()))
    })
}

/// The same for a function that is not defined for all numbers; `outside` is what the others are called.
///
/// Where the function of a single number gives null, a series of numbers is taken to do so too; NaN is the other choice.
fn real_each_within(
    call: &Call<'_>,
    defined: fn(f64) -> bool,
    f: fn(f64) -> f64,
    outside: &str,
) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items)] = row else { return Ok(Dynamic::Null) };
        note_times(call, row)?;
        let mut undefined = None;
        let results = items.iter().map(|item| match number(item).map(Number::real) {
            Some(n) if defined(n) => Dynamic::Real(f(n)),
            Some(_) => {
                undefined = undefined.or(Some(item));
                Dynamic::Null
            }
            None => Dynamic::Null,
        });
        let results = Dynamic::array(results.collect());
        if let Some(item) = undefined {
            call.doubt(&format!("a series with {outside}"), "the result has a null there", item.to_json())?;
        }
        Ok(results)
    })
}

const OUTSIDE_ONE: &str = "an element outside of -1 .. 1";

fn within_one(n: f64) -> bool {
    n.abs() <= 1.0 || n.is_nan()
}

/// Integers give integers; a single real makes the whole result real.
fn each(call: &Call<'_>, longs: fn(i64) -> i64, reals: fn(f64) -> f64) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items)] = row else { return Ok(Dynamic::Null) };
        note_times(call, row)?;
        let numbers: Vec<Option<Number>> = items.iter().map(number).collect();
        let real = numbers.iter().any(|it| matches!(it, Some(Number::Real(_))));
        let results = numbers.into_iter().map(|it| match it {
            Some(Number::Long(n)) if !real => Dynamic::Long(longs(n)),
            Some(n) => Dynamic::Real(reals(n.real())),
            None => Dynamic::Null,
        });
        Ok(Dynamic::array(results.collect()))
    })
}

/// A number made of all numbers of a series; null of what is no array and of an empty one.
fn reduce(call: &Call<'_>, f: impl Fn(&[f64]) -> f64) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let [Dynamic::Array(items)] = row else { return Ok(None) };
        let numbers = all_reals(call, items)?;
        Ok(numbers.filter(|numbers| !numbers.is_empty()).map(|numbers| f(&numbers)))
    })
}

fn series_dot_product(call: &Call<'_>) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let Some(pairs) = pairs(call, row)? else { return Ok(None) };
        if row.iter().any(|side| side.as_array().is_some_and(<[Dynamic]>::is_empty)) {
            return Ok(None);
        }
        // What is no number, and what the shorter series lacks, is left out.
        let products = pairs.into_iter().filter_map(|(a, b)| Some(a?.real() * b?.real()));
        Ok(Some(products.sum()))
    })
}

/// The page says that the longer series is cut to the length of the shorter one, and that what is no number is ignored.
fn series_cosine_similarity(call: &Call<'_>) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let (Some(Dynamic::Array(a)), Some(Dynamic::Array(b))) = (row.first(), row.get(1)) else {
            return Ok(None);
        };
        if a.is_empty() || b.is_empty() {
            return Ok(None);
        }
        note_times(call, row)?;
        let length = a.len().min(b.len());
        let (a, b) = (reals(&a[..length]), reals(&b[..length]));
        let magnitude = |at: usize, series: &[Option<f64>]| match row.get(at) {
            Some(given) => given.as_real(),
            None => Some(series.iter().flatten().map(|n| n * n).sum::<f64>().sqrt()),
        };
        let (Some(first), Some(second)) = (magnitude(2, &a), magnitude(3, &b)) else { return Ok(None) };
        let dot: f64 = a.iter().zip(&b).filter_map(|(a, b)| Some((*a)? * (*b)?)).sum();
        if first * second == 0.0 {
            // What the definition gives.
            let magnitudes = format!("{first} and {second}");
            call.doubt("a series whose magnitude is 0", "the dot product is divided by 0", magnitudes)?;
        }
        Ok(Some(dot / (first * second)))
    })
}

fn series_pearson_correlation(call: &Call<'_>) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let [Dynamic::Array(a), Dynamic::Array(b)] = row else { return Ok(None) };
        note_times(call, row)?;
        let numbers = |items: &[Dynamic]| -> Option<Vec<f64>> { reals(items).into_iter().collect() };
        let (Some(x), Some(y)) = (numbers(a), numbers(b)) else { return Ok(None) };
        if x.len() != y.len() {
            return Ok(None);
        }
        let mean = |series: &[f64]| series.iter().sum::<f64>() / series.len() as f64;
        let (mean_x, mean_y) = (mean(&x), mean(&y));
        let (mut both, mut squares_x, mut squares_y) = (0.0, 0.0, 0.0);
        for (x, y) in x.iter().zip(&y) {
            both += (x - mean_x) * (y - mean_y);
            squares_x += (x - mean_x) * (x - mean_x);
            squares_y += (y - mean_y) * (y - mean_y);
        }
        let spread = (squares_x * squares_y).sqrt();
        // Also where there are no elements.
        if spread == 0.0 || spread.is_nan() {
            // The definition divides 0 by 0.
            let steady = if squares_y == 0.0 { row.get(1) } else { row.first() };
            let example = steady.map(|series| series.to_json()).unwrap_or_default();
            call.doubt(
                "a series that does not vary or holds what is not finite",
                "the result is NaN",
                example,
            )?;
            return Ok(Some(f64::NAN));
        }
        Ok(Some(both / spread))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call, check, doubted, json};
    use crate::types::{DateTime, Dynamic, ScalarType, Value};

    #[track_caller]
    fn is(name: &str, arguments: &[Value], expected: &str) {
        check(FUNCTIONS, name, arguments, json(expected));
    }

    #[track_caller]
    fn near(name: &str, arguments: &[Value], expected: f64) {
        let columns: Vec<Column> = arguments
            .iter()
            .map(|it| Column::constant(it.clone(), it.scalar_type().unwrap_or(ScalarType::Dynamic), 1))
            .collect();
        let found = call(FUNCTIONS, name, &columns).value(0).as_real().unwrap();
        assert!((found - expected).abs() < 1e-12, "{name}: {found}");
    }

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn element_by_element() {
        is("series_add", &[json("[1,2]"), json("[0.5,1,3]")], "[1.5,3.0,null]");
        is("series_add", &[json(r#"[1,"x",null]"#), json("[1,1,1]")], "[2,null,null]");
        is("series_subtract", &[Value::Long(10), json("[1,2]")], "[9,8]");
        is("series_divide", &[json("[2]"), Value::Long(4)], "[0.5]");
        is("series_abs", &[json("[-3,0]")], "[3,0]");
        is("series_pow", &[json("[4]"), Value::Real(0.5)], "[2.0]");
        is("series_equals", &[json("[1,2.0]"), Value::Long(2)], "[false,true]");
        check(FUNCTIONS, "series_add", &[json("{}"), json("[1]")], Value::Null);
        let found = call(
            FUNCTIONS,
            "series_divide",
            &[
                Column::constant(json("[1]"), ScalarType::Dynamic, 1),
                Column::constant(Value::Long(0), ScalarType::Long, 1),
            ],
        );
        assert_eq!(found.value(0), Value::Dynamic(Dynamic::array(vec![Dynamic::Real(f64::INFINITY)])));
    }

    #[test]
    fn trigonometry() {
        is("series_sin", &[json("[-1,0,1]")], "[-0.8414709848078965,0.0,0.8414709848078965]");
        is("series_acos", &[json("[-1,0,1]")], "[3.141592653589793,1.5707963267948966,0.0]");
        is("series_atan", &[json("[-1,0,1]")], "[-0.7853981633974483,0.0,0.7853981633974483]");
    }

    #[test]
    fn reductions() {
        near("series_magnitude", &[json("[1,2,3,4]")], 5.477_225_575_051_661);
        near("series_product", &[json("[1,2,3,4]")], 24.0);
        near("series_dot_product", &[json("[1,2,4]"), Value::Long(1)], 7.0);
        near("series_dot_product", &[json("[1,2,4]"), json("[4,2]")], 8.0);
        near("series_pearson_correlation", &[json("[1,2,3,4,5]"), json("[2,4,6,8,10]")], 1.0);
        near(
            "series_cosine_similarity",
            &[json("[0.1,0.2,0.1,0.2]"), json("[1,2,3,4]")],
            0.923_760_430_703_401,
        );
        check(FUNCTIONS, "series_pearson_correlation", &[json("[1,2]"), json("[1,2,3]")], Value::Null);
        check(FUNCTIONS, "series_dot_product", &[json("[]"), json("[1]")], Value::Null);
    }

    // The page of series_cosine_similarity: the longer series is cut, what is no number is ignored.
    #[test]
    fn angles_of_uneven_series() {
        near("series_cosine_similarity", &[json("[3,4,100]"), json("[4,3]")], 0.96);
        near("series_cosine_similarity", &[json(r#"[3,"x",4]"#), json("[4,0,3]")], 0.96);
        near("series_cosine_similarity", &[json("[3,4]"), json("[4,3]"), 5.0.into(), 10.0.into()], 0.48);
        check(FUNCTIONS, "series_cosine_similarity", &[json("[]"), json("[4,3]")], Value::Null);
    }

    #[test]
    fn signs_are_of_the_type_of_the_series() {
        is("series_sign", &[json("[-3,0,5,null]")], "[-1,0,1,null]");
        is("series_sign", &[json("[-3,0,5.5]")], "[-1.0,0.0,1.0]");
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        doubted(FUNCTIONS, "series_log", &[json("[1,-1,-2]")], json("[0.0,null,null]"));
        doubted(FUNCTIONS, "series_asin", &[json("[0,2]")], json("[0.0,null]"));
        doubted(FUNCTIONS, "series_acos", &[json("[1,-1.5]")], json("[0.0,null]"));
        doubted(FUNCTIONS, "series_sum", &[json("[1,null,null]")], Value::Null);
        doubted(FUNCTIONS, "series_cosine_similarity", &[json("[0,0]"), json("[1,2]")], f64::NAN);
        doubted(FUNCTIONS, "series_pearson_correlation", &[json("[1,1]"), json("[1,2]")], f64::NAN);
        doubted(FUNCTIONS, "series_pearson_correlation", &[json("[]"), json("[]")], f64::NAN);
        let times = Value::Dynamic(Dynamic::array(vec![
            Dynamic::DateTime(DateTime(0)),
            Dynamic::DateTime(DateTime(1)),
            Dynamic::Long(2),
        ]));
        doubted(FUNCTIONS, "series_exp", std::slice::from_ref(&times), json("[null,null,7.38905609893065]"));
        doubted(FUNCTIONS, "series_add", &[times.clone(), times], json("[null,null,4]"));
    }
}
