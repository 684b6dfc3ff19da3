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
        |call| real_pairs(call, |a, b| Ok(a / b)),
        &[Example {
            query: "series_divide(dynamic([1, 2, 4]), dynamic([4, 2, 1]))",
            result: "[0.25,1.0,4.0]",
        }],
    ),
    function(
        "series_pow",
        "A series raised to the power of another one, element by element, as reals.",
        PAIR,
        |call| real_pairs(call, |a, b| Ok(a.powf(b))),
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
        series_abs,
        &[Example { query: "series_abs(dynamic([-6.5, 0, 8.2]))", result: "[6.5,0.0,8.2]" }],
    ),
    function(
        "series_ceiling",
        "The elements of a series rounded up.",
        ONE,
        |call| real_each(call, |n| Ok(n.ceil())),
        &[Example { query: "series_ceiling(dynamic([-1.5, 1, 2.5]))", result: "[-1.0,1.0,3.0]" }],
    ),
    function(
        "series_floor",
        "The elements of a series rounded down.",
        ONE,
        |call| real_each(call, |n| Ok(n.floor())),
        &[Example { query: "series_floor(dynamic([-1.5, 1, 2.5]))", result: "[-2.0,1.0,2.0]" }],
    ),
    function(
        "series_sign",
        "The signs of a series: -1, 0 or 1.",
        ONE,
        |call| real_each(call, |n| Ok(if n == 0.0 || n.is_nan() { 0.0 } else { n.signum() })),
        &[Example { query: "series_sign(dynamic([-6, 0, 8]))", result: "[-1.0,0.0,1.0]" }],
    ),
    function(
        "series_exp",
        "e to the power of each element of a series.",
        ONE,
        |call| real_each(call, |n| Ok(n.exp())),
        &[Example { query: "series_exp(dynamic([0]))", result: "[1.0]" }],
    ),
    function(
        "series_log",
        "The natural logarithm of each element of a series.",
        ONE,
        |call| {
            real_each(call, |n| {
                if n < 0.0 { Err(call.fail("a negative number is not supported")) } else { Ok(n.ln()) }
            })
        },
        &[Example { query: "series_log(dynamic([1]))", result: "[0.0]" }],
    ),
    function(
        "series_sin",
        "The sine of each element of a series.",
        ONE,
        |call| real_each(call, |n| Ok(n.sin())),
        &[Example { query: "series_sin(dynamic([0]))", result: "[0.0]" }],
    ),
    function(
        "series_cos",
        "The cosine of each element of a series.",
        ONE,
        |call| real_each(call, |n| Ok(n.cos())),
        &[Example { query: "series_cos(dynamic([0]))", result: "[1.0]" }],
    ),
    function(
        "series_tan",
        "The tangent of each element of a series.",
        ONE,
        |call| real_each(call, |n| Ok(n.tan())),
        &[Example { query: "series_tan(dynamic([0]))", result: "[0.0]" }],
    ),
    function(
        "series_asin",
        "The arc sine of each element of a series.",
        ONE,
        |call| real_each(call, |n| within_one(call, n).map(f64::asin)),
        &[Example { query: "series_asin(dynamic([0]))", result: "[0.0]" }],
    ),
    function(
        "series_acos",
        "The arc cosine of each element of a series.",
        ONE,
        |call| real_each(call, |n| within_one(call, n).map(f64::acos)),
        &[Example { query: "series_acos(dynamic([1]))", result: "[0.0]" }],
    ),
    function(
        "series_atan",
        "The arc tangent of each element of a series.",
        ONE,
        |call| real_each(call, |n| Ok(n.atan())),
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
///
/// # Errors
/// A time: the engine turns some of them into numbers, which ones is not known.
fn number(call: &Call<'_>, value: &Dynamic) -> Result<Option<Number>> {
    match value {
        Dynamic::Long(n) => Ok(Some(Number::Long(*n))),
        Dynamic::Real(_) | Dynamic::Decimal(_) => Ok(value.as_real().map(Number::Real)),
        Dynamic::DateTime(_) | Dynamic::TimeSpan(_) => {
            Err(call.fail("a series of datetimes or timespans is not supported"))
        }
        _ => Ok(None),
    }
}

/// The numbers of an array, as reals; `None` stands for an element that is no number.
pub(super) fn reals(call: &Call<'_>, items: &[Dynamic]) -> Result<Vec<Option<f64>>> {
    items.iter().map(|item| Ok(number(call, item)?.map(Number::real))).collect()
}

/// The numbers of an array, as reals.
///
/// # Errors
/// There are elements that are no numbers, which the function is not known to take.
pub(super) fn all_reals(call: &Call<'_>, items: &[Dynamic]) -> Result<Vec<f64>> {
    let reals: Option<Vec<f64>> = reals(call, items)?.into_iter().collect();
    reals.ok_or_else(|| call.fail("an element that is no number is not supported"))
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
    let element = |side: &Dynamic, at: usize| match side {
        Dynamic::Array(items) => items.get(at).map_or(Ok(None), |item| number(call, item)),
        value => number(call, value),
    };
    (0..length).map(|at| Ok((element(a, at)?, element(b, at)?))).collect::<Result<Vec<_>>>().map(Some)
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

fn real_pairs(call: &Call<'_>, f: impl Fn(f64, f64) -> Result<f64>) -> Result<Column> {
    map_dynamic(call, |row| {
        let Some(pairs) = pairs(call, row)? else { return Ok(Dynamic::Null) };
        let results = pairs.into_iter().map(|pair| match pair {
            (Some(a), Some(b)) => f(a.real(), b.real()).map(Dynamic::Real),
            _ => Ok(Dynamic::Null),
        });
        Ok(Dynamic::array(results.collect::<Result<_>>()?))
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

fn real_each(call: &Call<'_>, f: impl Fn(f64) -> Result<f64>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items)] = row else { return Ok(Dynamic::Null) };
        let results = items.iter().map(|item| match number(call, item)? {
            Some(n) => f(n.real()).map(Dynamic::Real),
            None => Ok(Dynamic::Null),
        });
        Ok(Dynamic::array(results.collect::<Result<_>>()?))
    })
}

fn within_one(call: &Call<'_>, n: f64) -> Result<f64> {
    if n.abs() > 1.0 { Err(call.fail("a number outside of -1 .. 1 is not supported")) } else { Ok(n) }
}

fn series_abs(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let [Dynamic::Array(items)] = row else { return Ok(Dynamic::Null) };
        let numbers = items.iter().map(|item| number(call, item)).collect::<Result<Vec<_>>>()?;
        let real = numbers.iter().any(|it| matches!(it, Some(Number::Real(_))));
        let results = numbers.into_iter().map(|it| match it {
            Some(Number::Long(n)) if !real => Dynamic::Long(n.wrapping_abs()),
            Some(n) => Dynamic::Real(n.real().abs()),
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
        Ok(if numbers.is_empty() { None } else { Some(f(&numbers)) })
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

fn series_cosine_similarity(call: &Call<'_>) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let (Some(Dynamic::Array(a)), Some(Dynamic::Array(b))) = (row.first(), row.get(1)) else {
            return Ok(None);
        };
        if a.is_empty() || b.is_empty() {
            return Ok(None);
        }
        let (a, b) = (all_reals(call, a)?, all_reals(call, b)?);
        if a.len() != b.len() && row.len() < 4 {
            return Err(call.fail("series of different lengths are not supported without their magnitudes"));
        }
        let magnitude = |at: usize, series: &[f64]| match row.get(at) {
            Some(given) => given.as_real(),
            None => Some(series.iter().map(|n| n * n).sum::<f64>().sqrt()),
        };
        let (Some(first), Some(second)) = (magnitude(2, &a), magnitude(3, &b)) else { return Ok(None) };
        if first * second == 0.0 {
            return Err(call.fail("a magnitude of 0 is not supported"));
        }
        let dot: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        Ok(Some(dot / (first * second)))
    })
}

fn series_pearson_correlation(call: &Call<'_>) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let [Dynamic::Array(a), Dynamic::Array(b)] = row else { return Ok(None) };
        let numbers =
            |items: &[Dynamic]| -> Result<Option<Vec<f64>>> { Ok(reals(call, items)?.into_iter().collect()) };
        let (Some(a), Some(b)) = (numbers(a)?, numbers(b)?) else { return Ok(None) };
        if a.len() != b.len() {
            return Ok(None);
        }
        let mean = |series: &[f64]| series.iter().sum::<f64>() / series.len() as f64;
        let (mean_a, mean_b) = (mean(&a), mean(&b));
        let (mut both, mut squares_a, mut squares_b) = (0.0, 0.0, 0.0);
        for (a, b) in a.iter().zip(&b) {
            both += (a - mean_a) * (b - mean_b);
            squares_a += (a - mean_a) * (a - mean_a);
            squares_b += (b - mean_b) * (b - mean_b);
        }
        let spread = (squares_a * squares_b).sqrt();
        // Also where there are no elements.
        if spread == 0.0 || spread.is_nan() {
            return Err(call.fail("a series that does not vary is not supported"));
        }
        Ok(Some(both / spread))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call, check};
    use crate::types::{Dynamic, ScalarType, Value};

    fn json(text: &str) -> Value {
        Value::Dynamic(Dynamic::from_json(text).unwrap())
    }

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
}
