//! `+ - * / %` and unary minus. It must not know comparisons.
//!
//! Integers widen to `long` and wrap; an integer divided by zero is null; a remainder is never negative; what leaves
//! the range of datetimes, timespans or decimals is null. Two dynamic operands are refused: the language asks for a cast.

use super::operand::{Native, Operand, try_zip, zip};
use crate::column::Column;
use crate::function::kinds::{DATETIME, DYNAMIC, NUMBER, ONLY_DATETIME, ONLY_TIMESPAN, TIMESPAN, returns};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, Returns, ScalarFunction, Semantics, TimeShift,
    signatures,
};
use crate::types::{DateTime, Decimal, ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "+",
        category: Category::Operator,
        summary: "The sum of two numbers or timespans, or a datetime moved by a timespan.",
        signatures: signatures![
            (left: NUMBER, right: NUMBER) -> Returns::Rule(number);
            (left: TIMESPAN, right: TIMESPAN) -> returns::TIMESPAN;
            (left: DATETIME, right: TIMESPAN) -> returns::DATETIME;
            (left: TIMESPAN, right: DATETIME) -> returns::DATETIME;
        ],
        kernel: Kernel::Rows(add),
        of_row: Some(|operands, returns| {
            of_row(operands, returns, i64::wrapping_add, |a, b| a + b, i64::checked_add)
        }),
        semantics: Semantics::TimeShift(TimeShift::FirstArgumentForward),
        type_help: Some(|data_types| {
            data_types
                .iter()
                .all(|data_type| *data_type == ScalarType::String)
                .then_some("strcat(a, b) joins strings")
        }),
        examples: &[
            Example { query: "int(2147483647) + 1", result: "2147483648" },
            Example { query: "9223372036854775807 + 1", result: "-9223372036854775808" },
            Example { query: "datetime(2024-01-31) + 1d", result: "\"2024-02-01T00:00:00Z\"" },
            Example { query: "datetime(9999-12-31) + 1d", result: "null" },
            Example { query: "long(null) + 1", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "-",
        category: Category::Operator,
        summary: "The difference of two numbers, timespans or datetimes, or a datetime moved back by a timespan.",
        signatures: signatures![
            (left: NUMBER, right: NUMBER) -> Returns::Rule(number);
            (left: TIMESPAN, right: TIMESPAN) -> returns::TIMESPAN;
            (left: DATETIME, right: DATETIME) -> returns::TIMESPAN;
            (left: DATETIME, right: TIMESPAN) -> returns::DATETIME;
        ],
        kernel: Kernel::Rows(subtract),
        of_row: Some(|operands, returns| {
            of_row(operands, returns, i64::wrapping_sub, |a, b| a - b, i64::checked_sub)
        }),
        semantics: Semantics::TimeShift(TimeShift::FirstArgumentBack),
        examples: &[
            Example { query: "1 - 1.5", result: "-0.5" },
            Example { query: "datetime(2024-03-01) - datetime(2024-02-01)", result: "\"29.00:00:00\"" },
            Example { query: "datetime(0001-01-01) - 1tick", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "*",
        category: Category::Operator,
        summary: "The product of two numbers, or a timespan scaled by a number.",
        signatures: signatures![
            (left: NUMBER, right: NUMBER) -> Returns::Rule(number);
            (left: NUMBER, right: ONLY_TIMESPAN) -> returns::TIMESPAN;
            (left: ONLY_TIMESPAN, right: NUMBER) -> returns::TIMESPAN;
        ],
        kernel: Kernel::Rows(multiply),
        of_row: Some(|operands, returns| {
            let is_span = returns == ScalarType::TimeSpan;
            if is_span {
                None
            } else {
                of_row(operands, returns, i64::wrapping_mul, |a, b| a * b, |_, _| None)
            }
        }),
        examples: &[
            Example { query: "6 * 7", result: "42" },
            Example { query: "1s * 5", result: "\"00:00:05\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "/",
        category: Category::Operator,
        summary: "The quotient of two numbers or timespans; of two integers it is cut toward zero.",
        signatures: signatures![
            (left: NUMBER, right: NUMBER) -> Returns::Rule(number);
            (left: ONLY_TIMESPAN, right: ONLY_TIMESPAN) -> returns::REAL;
            (left: ONLY_TIMESPAN, right: NUMBER) -> returns::TIMESPAN;
        ],
        kernel: Kernel::Rows(divide),
        examples: &[
            Example { query: "-7 / 2", result: "-3" },
            Example { query: "1 / 0", result: "null" },
            Example { query: "1 / 2.0", result: "0.5" },
            Example { query: "10m / 4m", result: "2.5" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "%",
        category: Category::Operator,
        summary: "The remainder of a division: never negative, below the divisor's magnitude.",
        signatures: signatures![
            (left: NUMBER, right: NUMBER) -> Returns::Rule(number);
            (left: ONLY_TIMESPAN, right: ONLY_TIMESPAN) -> returns::TIMESPAN;
            (left: ONLY_DATETIME, right: ONLY_TIMESPAN) -> returns::TIMESPAN;
        ],
        kernel: Kernel::Rows(remainder),
        examples: &[
            Example { query: "-14 % 12", result: "10" },
            Example { query: "14 % -12", result: "2" },
            Example { query: "-7.5 % 2", result: "0.5" },
            Example { query: "7 % 0", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "unary-",
        category: Category::Operator,
        summary: "A number or timespan with its sign changed.",
        signatures: signatures![
            (operand: DYNAMIC) -> returns::DYNAMIC;
            (operand: NUMBER) -> Returns::FirstPromoted;
            (operand: TIMESPAN) -> returns::TIMESPAN;
        ],
        kernel: Kernel::Rows(negate),
        examples: &[Example { query: "-int(-2147483648)", result: "2147483648" }],
        ..ScalarFunction::DEFAULT
    },
];

/// The widest of the operands, at least `long`; a dynamic operand takes the other one's type.
fn number(operands: &[ArgumentInfo<'_>]) -> ScalarType {
    let numbers = operands.iter().map(|it| it.data_type).filter(|data_type| data_type.is_number());
    match numbers.max() {
        None => ScalarType::Dynamic,
        Some(ScalarType::Int) => ScalarType::Long,
        Some(data_type) => data_type,
    }
}

/// The operands' types; refuses what the language has no arithmetic for although the types pass.
fn data_types(call: &Call<'_>) -> Result<(ScalarType, ScalarType)> {
    let (a, b) = (call.argument(0)?.scalar_type(), call.argument(1)?.scalar_type());
    if call.returns == ScalarType::Dynamic {
        return Err(
            call.fail("both operands are dynamic: cast one of them, such as with tolong() or todouble()")
        );
    }
    Ok((a, b))
}

/// Both operands in one type.
fn both<T: Native>(call: &Call<'_>, data_type: ScalarType) -> Result<(Operand<T>, Operand<T>)> {
    Ok((Operand::of(call, call.argument(0)?, data_type)?, Operand::of(call, call.argument(1)?, data_type)?))
}

fn longs(call: &Call<'_>, f: impl Fn(i64, i64) -> i64) -> Result<Column> {
    let (a, b) = both(call, ScalarType::Long)?;
    Ok(zip(&a, &b, f).into_column(call.returns, call.rows))
}

fn reals(call: &Call<'_>, f: impl Fn(f64, f64) -> f64) -> Result<Column> {
    let (a, b) = both(call, ScalarType::Real)?;
    Ok(zip(&a, &b, f).into_column(call.returns, call.rows))
}

fn decimals(call: &Call<'_>, f: impl Fn(Decimal, Decimal) -> Option<Decimal>) -> Result<Column> {
    let (a, b) = both::<i128>(call, ScalarType::Decimal)?;
    let f = |a, b| f(Decimal::from_bits(a), Decimal::from_bits(b)).map(Decimal::to_bits);
    Ok(try_zip(&a, &b, f).into_column(call.returns, call.rows))
}

/// Ticks of both operands, read as these types.
fn ticks(
    call: &Call<'_>,
    left: ScalarType,
    right: ScalarType,
    f: impl Fn(i64, i64) -> Option<i64>,
) -> Result<Column> {
    let a: Operand<i64> = Operand::of(call, call.argument(0)?, left)?;
    let b: Operand<i64> = Operand::of(call, call.argument(1)?, right)?;
    let instant = call.returns == ScalarType::DateTime;
    let f = |a, b| f(a, b).filter(|it| !instant || DateTime::from_ticks(*it).is_some());
    Ok(try_zip(&a, &b, f).into_column(call.returns, call.rows))
}

/// A sum, difference or product of one row's operands. `None` where the kernel has to tell: of decimals and dynamic values.
fn of_row(
    operands: &[(Value, ScalarType)],
    returns: ScalarType,
    longs: impl Fn(i64, i64) -> i64,
    reals: impl Fn(f64, f64) -> f64,
    ticks: impl Fn(i64, i64) -> Option<i64>,
) -> Option<Value> {
    use ScalarType::{DateTime, Int, Long, Real, TimeSpan};
    let [(a, of_a), (b, of_b)] = operands else { return None };
    let both = |is: fn(ScalarType) -> bool| is(*of_a) && is(*of_b);
    let is_null = a.is_null() || b.is_null();
    match returns {
        _ if is_null && both(|it| matches!(it, DateTime | Int | Long | Real | TimeSpan)) => Some(Value::Null),
        Long if both(ScalarType::is_integer) => Some(Value::Long(longs(a.as_long()?, b.as_long()?))),
        Real if both(|it| matches!(it, Int | Long | Real)) => {
            Some(Value::Real(reals(a.as_real()?, b.as_real()?)))
        }
        DateTime | TimeSpan if both(|it| matches!(it, DateTime | TimeSpan)) => {
            let found = ticks(i64::read(a)?, i64::read(b)?);
            let in_range = |it: &i64| returns == TimeSpan || self::DateTime::from_ticks(*it).is_some();
            Some(found.filter(in_range).map_or(Value::Null, |it| it.wrap(returns)))
        }
        _ => None,
    }
}

fn add(call: &Call<'_>) -> Result<Column> {
    use ScalarType::{DateTime, Decimal, Real, TimeSpan};
    let (a, b) = data_types(call)?;
    match call.returns {
        Real => reals(call, |a, b| a + b),
        Decimal => decimals(call, |a, b| a.0.checked_add(b.0).map(self::Decimal)),
        TimeSpan => ticks(call, TimeSpan, TimeSpan, i64::checked_add),
        DateTime if a == DateTime && b == DateTime => Err(call.fail("two datetimes cannot be added")),
        DateTime if a == DateTime => ticks(call, DateTime, TimeSpan, i64::checked_add),
        DateTime => ticks(call, TimeSpan, DateTime, i64::checked_add),
        _ => longs(call, i64::wrapping_add),
    }
}

fn subtract(call: &Call<'_>) -> Result<Column> {
    use ScalarType::{DateTime, Decimal, Real, TimeSpan};
    let (a, b) = data_types(call)?;
    match call.returns {
        Real => reals(call, |a, b| a - b),
        Decimal => decimals(call, |a, b| a.0.checked_sub(b.0).map(self::Decimal)),
        TimeSpan if a == DateTime || b == DateTime => ticks(call, DateTime, DateTime, i64::checked_sub),
        TimeSpan => ticks(call, TimeSpan, TimeSpan, i64::checked_sub),
        DateTime => ticks(call, DateTime, TimeSpan, i64::checked_sub),
        _ => longs(call, i64::wrapping_sub),
    }
}

fn multiply(call: &Call<'_>) -> Result<Column> {
    use ScalarType::{Decimal, Real, TimeSpan};
    let (a, b) = data_types(call)?;
    match call.returns {
        Real => reals(call, |a, b| a * b),
        Decimal => decimals(call, |a, b| a.0.checked_mul(b.0).map(self::Decimal)),
        TimeSpan => {
            let (span, factor) = if a == TimeSpan { (0, 1) } else { (1, 0) };
            let whole = if factor == 0 { a } else { b }.is_integer();
            let span: Operand<i64> = Operand::of(call, call.argument(span)?, TimeSpan)?;
            let factor = call.argument(factor)?;
            let product = if whole {
                try_zip(&span, &Operand::of(call, factor, ScalarType::Long)?, i64::checked_mul)
            } else {
                try_zip(&span, &Operand::of(call, factor, Real)?, |span: i64, factor: f64| {
                    to_ticks(span as f64 * factor)
                })
            };
            Ok(product.into_column(call.returns, call.rows))
        }
        _ => longs(call, i64::wrapping_mul),
    }
}

/// The nearest tick; `None` out of range.
fn to_ticks(ticks: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    let ticks = ticks.round();
    (-END..END).contains(&ticks).then_some(ticks as i64)
}

fn divide(call: &Call<'_>) -> Result<Column> {
    use ScalarType::{Decimal, Long, Real, TimeSpan};
    let (a, b) = data_types(call)?;
    match call.returns {
        Real if a == TimeSpan || b == TimeSpan => {
            let (a, b) = both::<i64>(call, TimeSpan)?;
            Ok(zip(&a, &b, |a, b| a as f64 / b as f64).into_column(Real, call.rows))
        }
        Real => reals(call, |a, b| a / b),
        Decimal => decimals(call, |a, b| a.0.checked_div(b.0).map(self::Decimal)),
        TimeSpan => {
            let span: Operand<i64> = Operand::of(call, call.argument(0)?, TimeSpan)?;
            let quotient = if b.is_integer() {
                try_zip(&span, &Operand::of(call, call.argument(1)?, Long)?, i64::checked_div)
            } else {
                try_zip(&span, &Operand::of(call, call.argument(1)?, Real)?, |span: i64, by: f64| {
                    to_ticks(span as f64 / by)
                })
            };
            Ok(quotient.into_column(call.returns, call.rows))
        }
        _ => {
            let (a, b) = both::<i64>(call, Long)?;
            let quotient = match b {
                Operand::Constant(Some(by)) if by != 0 => a.map(|a| a.wrapping_div(by)),
                b => try_zip(&a, &b, |a: i64, b| (b != 0).then(|| a.wrapping_div(b))),
            };
            Ok(quotient.into_column(call.returns, call.rows))
        }
    }
}

fn remainder(call: &Call<'_>) -> Result<Column> {
    use ScalarType::{DateTime, Decimal, Long, Real, TimeSpan};
    let (a, _) = data_types(call)?;
    let positive = |a: i64, b: i64| (b != 0).then(|| a.wrapping_rem_euclid(b));
    match call.returns {
        Real => reals(call, f64::rem_euclid),
        Decimal => decimals(call, |a, b| {
            let rest = a.0.checked_rem(b.0)?;
            Some(self::Decimal(if rest.is_sign_negative() && !rest.is_zero() {
                rest + b.0.abs()
            } else {
                rest
            }))
        }),
        TimeSpan => ticks(call, if a == DateTime { DateTime } else { TimeSpan }, TimeSpan, positive),
        _ => {
            let (a, b) = both::<i64>(call, Long)?;
            let rest = match b {
                Operand::Constant(Some(by)) if by != 0 => a.map(|a| a.wrapping_rem_euclid(by)),
                b => try_zip(&a, &b, positive),
            };
            Ok(rest.into_column(call.returns, call.rows))
        }
    }
}

fn negate(call: &Call<'_>) -> Result<Column> {
    let (column, data_type) = (call.argument(0)?, call.returns);
    Ok(match data_type {
        ScalarType::Dynamic => {
            return Err(call.fail("the operand is dynamic: cast it, such as with tolong() or todouble()"));
        }
        ScalarType::Real => {
            Operand::of(call, column, data_type)?.map(|it: f64| -it).into_column(data_type, call.rows)
        }
        ScalarType::Decimal => Operand::of(call, column, data_type)?
            .map(|it: i128| Decimal(-Decimal::from_bits(it).0).to_bits())
            .into_column(data_type, call.rows),
        _ => Operand::of(call, column, data_type)?.map(i64::wrapping_neg).into_column(data_type, call.rows),
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::check;
    use crate::types::{DateTime, Decimal, Dynamic, TimeSpan, Value};

    fn decimal(text: &str) -> Value {
        Value::Decimal(Decimal::parse(text).unwrap())
    }

    // Expectations: SEMANTICS' recorded answers and two's complement.
    #[test]
    fn integers_widen_and_wrap() {
        check(FUNCTIONS, "+", &[i32::MAX.into(), 1.into()], 2_147_483_648_i64);
        check(FUNCTIONS, "+", &[i64::MAX.into(), 1_i64.into()], i64::MIN);
        check(FUNCTIONS, "-", &[5_i64.into(), 7.into()], -2_i64);
        check(FUNCTIONS, "*", &[i64::MAX.into(), 2_i64.into()], -2_i64);
        check(FUNCTIONS, "/", &[i64::MIN.into(), (-1_i64).into()], i64::MIN);
        check(FUNCTIONS, "unary-", &[i32::MIN.into()], 2_147_483_648_i64);
        check(FUNCTIONS, "unary-", &[i64::MIN.into()], i64::MIN);
    }

    #[test]
    fn division_cuts_and_remainder_is_positive() {
        check(FUNCTIONS, "/", &[(-7_i64).into(), 2_i64.into()], -3_i64);
        check(FUNCTIONS, "/", &[1_i64.into(), 0_i64.into()], Value::Null);
        check(FUNCTIONS, "/", &[1.0.into(), 0_i64.into()], f64::INFINITY);
        check(FUNCTIONS, "/", &[0.0.into(), 0.0.into()], f64::NAN);
        for (a, b, rest) in [(-7, 3, 2), (7, -3, 1), (-14, 12, 10), (14, -12, 2), (-14, -12, 10)] {
            check(FUNCTIONS, "%", &[i64::from(a).into(), i64::from(b).into()], i64::from(rest));
        }
        check(FUNCTIONS, "%", &[1_i64.into(), 0_i64.into()], Value::Null);
        check(FUNCTIONS, "%", &[(-7.5).into(), 2_i64.into()], 0.5);
        check(FUNCTIONS, "%", &[decimal("-7.5"), 2_i64.into()], decimal("0.5"));
    }

    #[test]
    fn decimals_are_exact() {
        check(FUNCTIONS, "+", &[decimal("0.1"), decimal("0.2")], decimal("0.3"));
        check(FUNCTIONS, "/", &[decimal("1"), decimal("0")], Value::Null);
        check(FUNCTIONS, "*", &[decimal("1.5"), 2.into()], decimal("3"));
    }

    #[test]
    fn time_moves_within_its_range() {
        let day = Value::TimeSpan(TimeSpan(TimeSpan::DAY));
        check(FUNCTIONS, "+", &[DateTime::MAX.into(), day.clone()], Value::Null);
        check(FUNCTIONS, "-", &[DateTime::MIN.into(), day.clone()], Value::Null);
        check(FUNCTIONS, "+", &[day.clone(), DateTime::MIN.into()], DateTime(TimeSpan::DAY));
        check(FUNCTIONS, "-", &[DateTime(TimeSpan::DAY).into(), DateTime::MIN.into()], day.clone());
        check(FUNCTIONS, "/", &[day.clone(), TimeSpan(TimeSpan::HOUR).into()], 24.0);
        check(FUNCTIONS, "/", &[day.clone(), 24_i64.into()], TimeSpan(TimeSpan::HOUR));
        check(FUNCTIONS, "*", &[day.clone(), 0.5.into()], TimeSpan(TimeSpan::DAY / 2));
        check(FUNCTIONS, "*", &[2.into(), day.clone()], TimeSpan(TimeSpan::DAY * 2));
        check(FUNCTIONS, "%", &[TimeSpan(-TimeSpan::HOUR).into(), day], TimeSpan(TimeSpan::HOUR * 23));
    }

    #[test]
    fn a_dynamic_operand_takes_the_other_ones_type() {
        check(FUNCTIONS, "+", &[Dynamic::Long(2).into(), 1.5.into()], 3.5);
        check(FUNCTIONS, "+", &[Dynamic::string("2").into(), 1.into()], 3_i64);
        check(FUNCTIONS, "+", &[Dynamic::array(vec![]).into(), 1.into()], Value::Null);
    }

    #[test]
    fn nulls_stay_null() {
        check(FUNCTIONS, "+", &[Value::Null, 1_i64.into()], Value::Null);
        check(FUNCTIONS, "-", &[1.5.into(), Value::Null], Value::Null);
    }
}
