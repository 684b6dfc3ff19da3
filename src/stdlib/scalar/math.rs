//! Functions of one or two numbers: rounding, powers, logarithms, trigonometry, special functions.
//! It must not know bits or instants.

use crate::column::{Column, DecimalType, LongType, RealType, TimeSpanType};
use crate::function::ResultName::{FirstArgument, None as Unnamed};
use crate::function::kinds::{INTEGER, LONG, NUMBER, TIMESPAN, returns};
use crate::function::{
    Call, Category, Example, Kernel, Result, Returns, ScalarFunction, Signature, signatures,
};
use crate::types::{Decimal, ScalarType, TimeSpan, Value};

use super::rows::Guard;

const BASE: ScalarFunction = ScalarFunction { category: Category::Math, ..ScalarFunction::DEFAULT };

/// One number in, a real out.
const REAL: &[Signature] = signatures![(number: NUMBER) -> returns::REAL];

/// Entries of functions of one real.
macro_rules! reals {
    ($($name:literal, $named:expr, $summary:literal, $f:expr, $query:literal => $result:literal;)*) => {
        [$(ScalarFunction {
            name: $name,
            summary: $summary,
            signatures: REAL,
            result_name: $named,
            kernel: Kernel::Rows(|call| real(call, $f)),
            examples: &[Example { query: $query, result: $result }],
            ..BASE
        }),*]
    };
}

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "abs",
        summary: "A number or timespan without its sign.",
        signatures: signatures![
            (number: INTEGER) -> returns::LONG;
            (number: NUMBER) -> Returns::First;
            (number: TIMESPAN) -> returns::TIMESPAN
        ],
        result_name: FirstArgument,
        kernel: Kernel::Rows(abs),
        examples: &[
            Example { query: "abs(-5)", result: "5" },
            Example { query: "abs(-1.5)", result: "1.5" },
            Example { query: "abs(-1h)", result: "\"01:00:00\"" },
            Example { query: "abs(int(-2147483648))", result: "2147483648" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "ceiling",
        summary: "The smallest whole number that is not below a number.",
        // A real also for integers, as recorded answers have it; the language service says the argument's type.
        signatures: signatures![
            (number: INTEGER) -> returns::REAL;
            (number: NUMBER) -> Returns::First
        ],
        result_name: FirstArgument,
        kernel: Kernel::Rows(|call| match call.returns {
            ScalarType::Decimal => call.map1::<DecimalType, DecimalType>(|it| Some(Decimal(it.0.ceil()))),
            _ => real(call, f64::ceil),
        }),
        examples: &[
            Example { query: "ceiling(-1.1)", result: "-1.0" },
            Example { query: "ceiling(0)", result: "0.0" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "round",
        summary: "A number rounded to a number of digits after the point, halves away from zero.",
        signatures: signatures![
            (number: NUMBER, precision: LONG.constant().optional()) -> Returns::First
        ],
        result_name: FirstArgument,
        kernel: Kernel::Rows(round),
        examples: &[
            Example { query: "round(2.15, 1)", result: "2.2" },
            Example { query: "round(-2.5)", result: "-3.0" },
            Example { query: "round(-50.55, -2)", result: "-100.0" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "sign",
        summary: "1 for a positive number, 0 for zero, -1 for a negative one, as a real.",
        signatures: REAL,
        kernel: Kernel::Rows(|call| {
            real(call, |it| if it == 0.0 || it.is_nan() { 0.0 } else { it.signum() })
        }),
        examples: &[
            Example { query: "sign(-42)", result: "-1.0" },
            Example { query: "sign(11.2)", result: "1.0" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "pow",
        summary: "A number raised to a power, as a real.",
        signatures: signatures![(base: NUMBER, exponent: NUMBER) -> returns::REAL],
        result_name: FirstArgument,
        kernel: Kernel::Rows(|call| {
            call.map2::<RealType, RealType, RealType>(|base, power| Some(base.powf(power)))
        }),
        examples: &[
            Example { query: "pow(2, 3)", result: "8.0" },
            Example { query: "pow(-8, 1.0 / 3)", result: "\"NaN\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "log",
        summary: "The natural logarithm; null for negative numbers.",
        signatures: REAL,
        result_name: FirstArgument,
        kernel: Kernel::Rows(|call| log(call, f64::ln)),
        examples: &[
            Example { query: "log(1)", result: "0.0" },
            Example { query: "log(-1)", result: "null" },
            Example { query: "log(0)", result: "\"-Infinity\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "log10",
        summary: "The logarithm to base 10; null for negative numbers.",
        signatures: REAL,
        result_name: FirstArgument,
        kernel: Kernel::Rows(|call| log(call, f64::log10)),
        examples: &[Example { query: "log10(1000)", result: "3.0" }],
        ..BASE
    },
    ScalarFunction {
        name: "log2",
        summary: "The logarithm to base 2; null for negative numbers.",
        signatures: REAL,
        result_name: FirstArgument,
        kernel: Kernel::Rows(|call| log(call, f64::log2)),
        examples: &[Example { query: "log2(8)", result: "3.0" }],
        ..BASE
    },
    ScalarFunction {
        name: "atan2",
        summary: "The angle, in radians, from the x-axis to the point (x, y).",
        signatures: signatures![(y: NUMBER, x: NUMBER) -> returns::REAL],
        result_name: FirstArgument,
        kernel: Kernel::Rows(|call| call.map2::<RealType, RealType, RealType>(|y, x| Some(y.atan2(x)))),
        examples: &[Example { query: "atan2(0, 1)", result: "0.0" }],
        ..BASE
    },
    ScalarFunction {
        name: "pi",
        summary: "The number π.",
        signatures: signatures![() -> returns::REAL],
        kernel: Kernel::Rows(|call| {
            Ok(Column::constant(std::f64::consts::PI.into(), ScalarType::Real, call.rows))
        }),
        examples: &[Example { query: "pi()", result: "3.141592653589793" }],
        ..BASE
    },
    ScalarFunction {
        name: "beta_pdf",
        summary: "The density of the beta distribution; NaN outside of 0 to 1 or for parameters that are not positive.",
        signatures: BETA,
        kernel: Kernel::Rows(|call| {
            call.map3::<RealType, RealType, RealType, RealType>(|x, a, b| Some(beta_pdf(x, a, b)))
        }),
        examples: &[
            Example { query: "round(beta_pdf(0.5, 10.0, 20.0), 12)", result: "0.746176019311" },
            Example { query: "beta_pdf(1.5, 10.0, 20.0)", result: "\"NaN\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "beta_cdf",
        summary: "The cumulative beta distribution; NaN outside of 0 to 1 or for parameters outside of 0 to 10000.",
        signatures: BETA,
        kernel: Kernel::Rows(|call| {
            call.map3::<RealType, RealType, RealType, RealType>(|x, a, b| Some(beta_cdf(x, a, b)))
        }),
        examples: &[
            Example { query: "round(beta_cdf(0.5, 2, 2), 12)", result: "0.5" },
            Example { query: "beta_cdf(-10, 10.0, 20.0)", result: "\"NaN\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "beta_inv",
        summary: "The inverse of `beta_cdf`: the number below which a share of the beta distribution lies.",
        signatures: signatures![(probability: NUMBER, alpha: NUMBER, beta: NUMBER) -> returns::REAL],
        kernel: Kernel::Rows(beta_inv),
        examples: &[
            Example { query: "round(beta_inv(0.1, 10.0, 20.0), 12)", result: "0.226415022389" },
            Example { query: "round(beta_inv(0.5, 2, 2), 12)", result: "0.5" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "welch_test",
        summary: "The p-value of Welch's t-test, from mean, variance and count of two samples.",
        signatures: signatures![
            (mean1: NUMBER, variance1: NUMBER, count1: NUMBER, mean2: NUMBER, variance2: NUMBER, count2: NUMBER)
                -> returns::REAL
        ],
        kernel: Kernel::Rows(welch_test),
        examples: &[Example {
            query: "round(welch_test(20.82, 7.87, 15, 22.99, 3.81, 15), 3)",
            result: "0.021",
        }],
        ..BASE
    },
];

const BETA: &[Signature] = signatures![(x: NUMBER, alpha: NUMBER, beta: NUMBER) -> returns::REAL];

/// Functions of one real.
pub(super) const REALS: &[ScalarFunction] = &reals![
    "sqrt", FirstArgument, "The square root; NaN for negative numbers.", f64::sqrt, "sqrt(16)" => "4.0";
    "exp", FirstArgument, "e raised to a power.", f64::exp, "exp(0)" => "1.0";
    "exp2", FirstArgument, "2 raised to a power.", f64::exp2, "exp2(3)" => "8.0";
    "exp10", FirstArgument, "10 raised to a power.", |it| 10_f64.powf(it), "exp10(2)" => "100.0";
    "sin", FirstArgument, "The sine of an angle in radians.", f64::sin, "sin(0)" => "0.0";
    "cos", FirstArgument, "The cosine of an angle in radians.", f64::cos, "cos(0)" => "1.0";
    "tan", FirstArgument, "The tangent of an angle in radians.", f64::tan, "tan(0)" => "0.0";
    "asin", FirstArgument, "The angle, in radians, that has a sine.", f64::asin, "asin(0)" => "0.0";
    "acos", FirstArgument, "The angle, in radians, that has a cosine.", f64::acos, "acos(1)" => "0.0";
    "atan", FirstArgument, "The angle, in radians, that has a tangent.", f64::atan, "atan(0)" => "0.0";
    "cot", Unnamed, "The cotangent of an angle in radians.", |it| it.tan().recip(),
        "round(cot(1), 12)" => "0.642092615934";
    "degrees", Unnamed, "An angle in radians as degrees.", |it| it * 180.0 / std::f64::consts::PI,
        "degrees(pi() * 1.5)" => "270.0";
    "radians", Unnamed, "An angle in degrees as radians.", |it| it * std::f64::consts::PI / 180.0,
        "radians(180)" => "3.141592653589793";
    "gamma", FirstArgument, "The gamma function.", libm::tgamma, "round(gamma(5), 9)" => "24.0";
    "loggamma", FirstArgument, "The natural logarithm of the gamma function's absolute value.", libm::lgamma,
        "loggamma(1)" => "0.0";
    "erf", FirstArgument, "The error function.", libm::erf, "erf(0)" => "0.0";
    "erfc", FirstArgument, "1 minus the error function.", libm::erfc, "erfc(0)" => "1.0";
];

/// A real for each number.
fn real(call: &Call<'_>, f: impl Fn(f64) -> f64) -> Result<Column> {
    match call.argument_as(0, ScalarType::Real)? {
        Column::Real(cells) => Ok(Column::Real(cells.map(f))),
        _ => call.map1::<RealType, RealType>(|it| Some(f(it))),
    }
}

fn log(call: &Call<'_>, f: impl Fn(f64) -> f64) -> Result<Column> {
    call.map1::<RealType, RealType>(|it| if it < 0.0 { None } else { Some(f(it)) })
}

fn abs(call: &Call<'_>) -> Result<Column> {
    match call.returns {
        ScalarType::Real => real(call, f64::abs),
        ScalarType::Decimal => call.map1::<DecimalType, DecimalType>(|it| Some(Decimal(it.0.abs()))),
        ScalarType::TimeSpan => {
            call.map1::<TimeSpanType, TimeSpanType>(|it| Some(TimeSpan(it.0.wrapping_abs())))
        }
        _ => call.map1::<LongType, LongType>(|it| Some(it.wrapping_abs())),
    }
}

fn round(call: &Call<'_>) -> Result<Column> {
    let digits = match call.arguments.get(1) {
        None => 0,
        Some(_) => match call.constant(1).map(|value| value.convert(ScalarType::Long)) {
            Some(Value::Long(digits)) => digits.clamp(-400, 400) as i32,
            Some(_) => return Ok(call.nulls()),
            None => return Err(call.fail("the precision must be a constant")),
        },
    };
    match call.returns {
        ScalarType::Real => real(call, |it| round_real(it, digits)),
        ScalarType::Decimal => call.map1::<DecimalType, DecimalType>(|it| round_decimal(it, digits)),
        data_type => {
            let longs = call.map1::<LongType, LongType>(|it| round_long(it, digits))?;
            Ok(longs.convert(data_type))
        }
    }
}

fn round_real(number: f64, digits: i32) -> f64 {
    if digits < 0 {
        let unit = 10_f64.powi(-digits);
        return if unit.is_finite() { (number / unit).round() * unit } else { number * 0.0 };
    }
    let unit = 10_f64.powi(digits);
    let scaled = number * unit;
    // Past 2^52 a real has no digits after the point that could be rounded.
    if scaled.abs() < 4_503_599_627_370_496.0 { scaled.round() / unit } else { number }
}

fn round_long(number: i64, digits: i32) -> Option<i64> {
    if digits >= 0 {
        return Some(number);
    }
    if digits < -19 {
        return Some(0);
    }
    let unit = 10_i128.pow(digits.unsigned_abs());
    let number = i128::from(number);
    let half = if number < 0 { -unit / 2 } else { unit / 2 };
    i64::try_from((number + half) / unit * unit).ok()
}

fn round_decimal(number: Decimal, digits: i32) -> Option<Decimal> {
    use rust_decimal::RoundingStrategy::MidpointAwayFromZero as AWAY;
    if digits >= 0 {
        return Some(Decimal(number.0.round_dp_with_strategy(digits.unsigned_abs(), AWAY)));
    }
    if digits < -28 {
        return Some(Decimal::default());
    }
    let unit = rust_decimal::Decimal::from_i128_with_scale(10_i128.pow(digits.unsigned_abs()), 0);
    number.0.checked_div(unit)?.round_dp_with_strategy(0, AWAY).checked_mul(unit).map(Decimal)
}

fn beta_pdf(x: f64, a: f64, b: f64) -> f64 {
    let inside = x > 0.0 && x < 1.0 && a > 0.0 && b > 0.0;
    if !inside {
        return f64::NAN;
    }
    (log_beta_weight(x, a, b) - x.ln() - (-x).ln_1p()).exp()
}

fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    // A recorded answer; the page says NaN.
    if (0.0..=1.0).contains(&x) && a < 0.0 && b > 0.0 && b <= 10_000.0 {
        return 1.0;
    }
    let parameter = |it: f64| it > 0.0 && it <= 10_000.0;
    if (0.0..=1.0).contains(&x) && parameter(a) && parameter(b) {
        beta_regularized(x, a, b)
    } else {
        f64::NAN
    }
}

/// What is out of range is as in the example of the page, of which its text says the opposite.
fn beta_inv(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    let column = call.map3::<RealType, RealType, RealType, RealType>(|share, a, b| {
        guard.row(|| {
            if a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 {
                let about = "parameters that are not positive";
                call.doubt(about, "the result is NaN", format!("{a} and {b}"))?;
                return Ok(Some(f64::NAN));
            }
            if !(share > 0.0 && share <= 1.0) {
                call.doubt("a probability outside of 0 to 1, or 0", "the result is null", share)?;
                return Ok(None);
            }
            if share == 1.0 {
                return Ok(Some(1.0));
            }
            // Positive numbers are in the order of their bits: so each step halves what is left, near 0 too.
            let (mut low, mut high) = (0, 1.0_f64.to_bits());
            while low < high {
                guard.work(1 << 10)?;
                let middle = low + (high - low) / 2;
                if beta_regularized(f64::from_bits(middle), a, b) < share {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            Ok(Some(f64::from_bits(low)))
        })
    });
    guard.finish(column)
}

/// The logarithm of xᵃ(1-x)ᵇ / B(a, b).
fn log_beta_weight(x: f64, a: f64, b: f64) -> f64 {
    libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * (-x).ln_1p()
}

/// The regularized incomplete beta function, by its continued fraction.
fn beta_regularized(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let weight = log_beta_weight(x, a, b).exp();
    // The fraction converges fast below the mean; above it the symmetry is used.
    if x < (a + 1.0) / (a + b + 2.0) {
        weight * beta_fraction(x, a, b) / a
    } else {
        1.0 - weight * beta_fraction(1.0 - x, b, a) / b
    }
}

/// Lentz's method; the fraction is DLMF 8.17.22.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let nonzero = |it: f64| if it.abs() < 1e-300 { 1e-300 } else { it };
    let mut numerator = 1.0;
    let mut denominator = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = denominator;
    for m in 1..1000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            denominator = 1.0 / nonzero(1.0 + term * denominator);
            numerator = nonzero(1.0 + term / numerator);
            step = denominator * numerator;
            value *= step;
        }
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

fn welch_test(call: &Call<'_>) -> Result<Column> {
    let p_value = |row: &[Value]| -> Option<f64> {
        let mut numbers = [0.0; 6];
        for (number, value) in numbers.iter_mut().zip(row) {
            *number = value.as_real()?;
        }
        let [mean1, variance1, count1, mean2, variance2, count2] = numbers;
        let (error1, error2) = (variance1 / count1, variance2 / count2);
        let error = error1 + error2;
        let t = (mean1 - mean2) / error.sqrt();
        let freedom = error * error / (error1 * error1 / (count1 - 1.0) + error2 * error2 / (count2 - 1.0));
        // Both tails of Student's distribution.
        let x = freedom / (freedom + t * t);
        Some(if x.is_nan() { f64::NAN } else { beta_regularized(x, freedom / 2.0, 0.5) })
    };
    call.map_values(|row| Ok(p_value(row).map_or(Value::Null, Value::Real)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call, check, doubted};

    // Expectations: Microsoft's pages of the functions and recorded answers.
    #[test]
    fn rounds_halves_away_from_zero() {
        for (number, expected) in [(2.5, 3.0), (-2.5, -3.0), (-0.5, -1.0), (2.15, 2.0), (0.4, 0.0)] {
            check(FUNCTIONS, "round", &[number.into()], expected);
        }
        let digits = |number: f64, digits: i64, expected: f64| {
            let arguments = [
                Column::from_values(ScalarType::Real, &[number.into()]),
                Column::constant(digits.into(), ScalarType::Long, 1),
            ];
            assert_eq!(call(FUNCTIONS, "round", &arguments).value(0), Value::Real(expected));
        };
        digits(2.98765, 3, 2.988);
        digits(2.15, 1, 2.2);
        digits(-50.55, -2, -100.0);
        digits(21.5, -1, 20.0);
        digits(1e300, 20, 1e300);
        assert_eq!(round_long(155, -1), Some(160));
        assert_eq!(round_long(-155, -1), Some(-160));
        assert_eq!(round_long(i64::MAX, -1), None);
        assert_eq!(round_long(i64::MIN, -25), Some(0));
        assert_eq!(round_decimal(Decimal::parse("-2.5").unwrap(), 0), Decimal::parse("-3"));
        assert_eq!(round_decimal(Decimal::parse("1250").unwrap(), -2), Decimal::parse("1300"));
    }

    #[test]
    fn widens_and_keeps_types() {
        check(FUNCTIONS, "abs", &[i32::MIN.into()], 2_147_483_648_i64);
        check(FUNCTIONS, "abs", &[(-1.5).into()], 1.5);
        check(FUNCTIONS, "abs", &[TimeSpan(-5).into()], TimeSpan(5));
        check(FUNCTIONS, "ceiling", &[0_i64.into()], 0.0);
        check(FUNCTIONS, "ceiling", &[(-1.1).into()], -1.0);
        check(FUNCTIONS, "sign", &[f64::NAN.into()], 0.0);
        check(FUNCTIONS, "sign", &[(-42_i64).into()], -1.0);
        check(FUNCTIONS, "pow", &[2_i64.into(), 3_i64.into()], 8.0);
        check(FUNCTIONS, "pow", &[(-8_i64).into(), (1.0 / 3.0).into()], f64::NAN);
    }

    #[test]
    fn logarithms_of_negatives_are_null_and_roots_nan() {
        check(FUNCTIONS, "log", &[(-1_i64).into()], Value::Null);
        check(FUNCTIONS, "log", &[0_i64.into()], f64::NEG_INFINITY);
        check(REALS, "sqrt", &[(-1_i64).into()], f64::NAN);
        check(FUNCTIONS, "log", &[Value::Null], Value::Null);
    }

    #[test]
    fn special_functions_reach_known_digits() {
        #[track_caller]
        fn close(found: f64, expected: f64) {
            assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} instead of {expected}");
        }
        close(beta_pdf(0.5, 10.0, 20.0), 0.746_176_019_310_951);
        close(beta_cdf(0.9, 10.0, 20.0), 0.999_999_999_999_959);
        close(beta_cdf(0.25, 2.0, 2.0), 0.156_25);
        close(beta_cdf(0.1, -1.0, 20.0), 1.0);
        let inverse = |share: f64, a: f64, b: f64| {
            let row = [share, a, b].map(|it| Column::constant(it.into(), ScalarType::Real, 1));
            call(FUNCTIONS, "beta_inv", &row).value(0).as_real().unwrap()
        };
        close(inverse(0.1, 10.0, 20.0), 0.226_415_022_388_749);
        close(inverse(1.0, 2.0, 3.0), 1.0);
        for (x, a, b) in [(0.3, 0.5, 0.5), (0.9, 5.0, 1.0), (1e-9, 3.0, 400.0), (0.999, 40.0, 0.1)] {
            close(inverse(beta_cdf(x, a, b), a, b), x);
        }
        doubted(FUNCTIONS, "beta_inv", &[1.5.into(), 10.0.into(), 20.0.into()], Value::Null);
        doubted(FUNCTIONS, "beta_inv", &[0.1.into(), (-1.0).into(), 20.0.into()], f64::NAN);
        close(libm::erfc(3.0), 2.209_049_699_858_544e-5);
        close(libm::lgamma(5.0), 24_f64.ln());
        for (x, a, b) in [(1.5, 10.0, 20.0), (-10.0, 10.0, 20.0), (0.1, 0.0, 20.0), (0.5, 10_001.0, 1.0)] {
            assert!(beta_cdf(x, a, b).is_nan(), "{x} {a} {b}");
        }
        // Two samples of equal means differ by chance for sure; the far tail vanishes.
        let row = [1.0, 1.0, 9.0, 1.0, 2.0, 9.0].map(Value::Real);
        check(FUNCTIONS, "welch_test", &row, 1.0);
    }
}
