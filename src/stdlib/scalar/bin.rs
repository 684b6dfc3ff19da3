//! `bin`, `bin_at` and `bin_auto`: values rounded down to a multiple of a size. It must not know calendars: weeks and days are spans.

use super::datetime::map_ticks;
use crate::column::{Column, DateTimeType, DecimalType, LongType, RealType, TimeSpanType};
use crate::function::kinds::{DATETIME, NUMBER, SUMMABLE, TIMESPAN, returns};
use crate::function::{
    Call, CallSite, Category, Example, Expansion, Kernel, Result, ResultName, Returns, ScalarFunction,
    signatures,
};
use crate::types::{DateTime, Decimal, ScalarType, TimeSpan, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "bin",
        aliases: &["floor"],
        category: Category::Math,
        summary: "A number, timespan or instant rounded down to a multiple of a size; instants count from 0001-01-01.",
        signatures: signatures![
            (value: NUMBER, roundTo: NUMBER) -> Returns::Widest;
            (value: TIMESPAN, roundTo: TIMESPAN) -> returns::TIMESPAN;
            (value: DATETIME, roundTo: DATETIME) -> returns::DATETIME;
            (value: DATETIME, roundTo: TIMESPAN) -> returns::DATETIME
        ],
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(bin),
        examples: &[
            Example { query: "bin(4.5, 1)", result: "4.0" },
            Example { query: "bin(-5.5, 2)", result: "-6.0" },
            Example { query: "bin(time(16d), 7d)", result: "\"14.00:00:00\"" },
            Example { query: "bin(datetime(1970-05-11 13:45:07), 1d)", result: "\"1970-05-11T00:00:00Z\"" },
            Example { query: "bin(datetime(1955-11-05), 7d)", result: "\"1955-10-31T00:00:00Z\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "bin_at",
        category: Category::Math,
        summary: "A value rounded down to a fixed point plus a multiple of a size.",
        signatures: signatures![
            (value: NUMBER, bin_size: NUMBER, fixed_point: NUMBER) -> Returns::Widest;
            (value: TIMESPAN, bin_size: NUMBER, fixed_point: TIMESPAN) -> returns::TIMESPAN;
            (value: TIMESPAN, bin_size: TIMESPAN, fixed_point: TIMESPAN) -> returns::TIMESPAN;
            (value: DATETIME, bin_size: SUMMABLE, fixed_point: DATETIME) -> returns::DATETIME
        ],
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(bin_at),
        examples: &[
            Example { query: "bin_at(6.5, 2.5, 7)", result: "4.5" },
            Example { query: "bin_at(time(1h), 1d, 12h)", result: "\"-12:00:00\"" },
            Example {
                query: "bin_at(datetime(2017-05-17 10:20), 7d, datetime(2017-06-04))",
                result: "\"2017-05-14T00:00:00Z\"",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "bin_auto",
        category: Category::Math,
        summary: "A value rounded down to bins of the size that `set query_bin_auto_size` gives, of which one starts at `query_bin_auto_at`.",
        signatures: signatures![(value: SUMMABLE) -> Returns::FirstPromoted],
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(|call| {
            let wanted =
                "set query_bin_auto_size = … must give a size that fits the value, in front of the query";
            Err(call.fail(wanted))
        }),
        expand: Some(bin_auto),
        examples: &[
            Example { query: "let n = 7; set query_bin_auto_size = 5; print bin_auto(n)", result: "5" },
            Example {
                query: "let t = datetime(2017-01-01 01:10); set query_bin_auto_size = 1h; \
                    set query_bin_auto_at = datetime(2017-01-01 00:05); print bin_auto(t)",
                result: "\"2017-01-01T01:05:00Z\"",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
];

/// The same as `bin` or `bin_at` with what the statements give; the kernel, which refuses, if they do not fit.
fn bin_auto(site: &mut dyn CallSite) -> Option<Expansion> {
    use ScalarType as T;
    if site.argument_count() != 1 || site.is_star(0) {
        return None;
    }
    let Some(of) = site.argument(0).data_type else { return Some(Expansion::Unknown(None)) };
    let (sizes, points): (&[T], &[T]) = match of {
        T::Int | T::Long => (&[T::Int, T::Long], &[T::Int, T::Long]),
        T::Real => (&[T::Int, T::Long, T::Real], &[T::Int, T::Long, T::Real]),
        T::Decimal => (&[T::Int, T::Long, T::Decimal], &[T::Int, T::Long, T::Decimal]),
        T::DateTime => (&[T::TimeSpan], &[T::DateTime]),
        T::TimeSpan => (&[T::TimeSpan], &[T::TimeSpan]),
        // What has no bins is told where the arguments are held against the signature.
        T::Bool | T::String | T::Guid | T::Dynamic => return None,
    };
    let returns = if of == T::Int { T::Long } else { of };
    let literal = |(value, data_type)| Expansion::Literal(value, data_type);
    let size = site.option("query_bin_auto_size").filter(|(_, data_type)| sizes.contains(data_type));
    let point = site.option("query_bin_auto_at");
    let fits = point.as_ref().is_none_or(|(_, data_type)| points.contains(data_type));
    Some(match (size, point) {
        (Some(size), None) => Expansion::Call("bin", vec![Expansion::Argument(0), literal(size)]),
        (Some(size), Some(point)) if fits => {
            Expansion::Call("bin_at", vec![Expansion::Argument(0), literal(size), literal(point)])
        }
        _ => Expansion::Kernel(vec![Expansion::Argument(0)], returns),
    })
}

/// The greatest multiple of a positive size that is not above a number.
fn floor(number: i64, size: i64) -> i64 {
    number.wrapping_sub(number.rem_euclid(size))
}

fn floor_real(number: f64, size: f64) -> Option<f64> {
    (size > 0.0 || size.is_nan()).then(|| (number / size).floor() * size)
}

fn floor_decimal(number: Decimal, size: Decimal) -> Option<Decimal> {
    if size <= Decimal::default() {
        return None;
    }
    number.0.checked_div(size.0)?.floor().checked_mul(size.0).map(Decimal)
}

fn bin(call: &Call<'_>) -> Result<Column> {
    match call.returns {
        ScalarType::DateTime => bin_instants(call),
        ScalarType::TimeSpan => call.map2::<TimeSpanType, TimeSpanType, TimeSpanType>(|it, size| {
            (size.0 > 0).then(|| TimeSpan(floor(it.0, size.0)))
        }),
        ScalarType::Real => call.map2::<RealType, RealType, RealType>(floor_real),
        ScalarType::Decimal => call.map2::<DecimalType, DecimalType, DecimalType>(floor_decimal),
        data_type => {
            let longs =
                call.map2::<LongType, LongType, LongType>(|it, size| (size > 0).then(|| floor(it, size)))?;
            Ok(longs.convert(data_type))
        }
    }
}

fn bin_instants(call: &Call<'_>) -> Result<Column> {
    let Some(size) = call.constant(1) else {
        let sizes = call.argument_as(1, ScalarType::Long)?;
        let arguments = [call.argument_as(0, ScalarType::DateTime)?, sizes];
        return Call { arguments: &arguments, ..*call }.map2::<DateTimeType, LongType, DateTimeType>(
            |at, size| (size > 0).then(|| DateTime(floor(at.0, size))),
        );
    };
    match size.convert(ScalarType::Long) {
        // Instants are never negative, so that truncating is flooring; the sizes in use get a division by a constant.
        Value::Long(TimeSpan::DAY) => map_ticks(call, |ticks| ticks - ticks % TimeSpan::DAY),
        Value::Long(TimeSpan::HOUR) => map_ticks(call, |ticks| ticks - ticks % TimeSpan::HOUR),
        Value::Long(TimeSpan::MINUTE) => map_ticks(call, |ticks| ticks - ticks % TimeSpan::MINUTE),
        Value::Long(size) if size > 0 => map_ticks(call, |ticks| ticks - ticks % size),
        _ => Ok(call.nulls()),
    }
}

fn bin_at(call: &Call<'_>) -> Result<Column> {
    let floor_at = |it: i64, size: i64, point: i64| -> Option<i64> {
        (size > 0).then(|| point.wrapping_add(floor(it.wrapping_sub(point), size)))
    };
    let spans =
        || match call.argument(1)?.scalar_type() {
            ScalarType::TimeSpan => Ok(()),
            data_type => Err(call
                .fail(format!("a bin size of type {data_type} for instants or timespans is not supported"))),
        };
    match call.returns {
        ScalarType::DateTime => {
            spans()?;
            call.map3::<DateTimeType, TimeSpanType, DateTimeType, DateTimeType>(|it, size, point| {
                DateTime::from_ticks(floor_at(it.0, size.0, point.0)?)
            })
        }
        ScalarType::TimeSpan => {
            spans()?;
            call.map3::<TimeSpanType, TimeSpanType, TimeSpanType, TimeSpanType>(|it, size, point| {
                floor_at(it.0, size.0, point.0).map(TimeSpan)
            })
        }
        ScalarType::Real => call.map3::<RealType, RealType, RealType, RealType>(|it, size, point| {
            floor_real(it - point, size).map(|below| point + below)
        }),
        ScalarType::Decimal => {
            call.map3::<DecimalType, DecimalType, DecimalType, DecimalType>(|it, size, point| {
                let below = floor_decimal(Decimal(it.0.checked_sub(point.0)?), size)?;
                point.0.checked_add(below.0).map(Decimal)
            })
        }
        data_type => Ok(call.map3::<LongType, LongType, LongType, LongType>(floor_at)?.convert(data_type)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call, check};

    fn at(text: &str) -> Value {
        DateTime::parse(text).map_or(Value::Null, Value::DateTime)
    }

    fn days(count: i64) -> Value {
        TimeSpan(count * TimeSpan::DAY).into()
    }

    // Expectations: Microsoft's pages of the functions and recorded answers.
    #[test]
    fn numbers_go_down() {
        check(FUNCTIONS, "bin", &[4.5.into(), 1_i64.into()], 4.0);
        check(FUNCTIONS, "bin", &[(-5.5).into(), 2_i64.into()], -6.0);
        check(FUNCTIONS, "bin", &[(-7_i64).into(), 5_i64.into()], -10_i64);
        check(FUNCTIONS, "bin", &[7_i64.into(), 0_i64.into()], Value::Null);
        check(FUNCTIONS, "bin", &[7_i64.into(), (-5_i64).into()], Value::Null);
        check(FUNCTIONS, "bin", &[7.5.into(), (-5.0).into()], Value::Null);
        check(FUNCTIONS, "bin", &[7_i64.into(), Value::Null], Value::Null);
        check(FUNCTIONS, "floor", &[7_i32.into(), 5_i64.into()], 5_i64);
        let decimal = |text: &str| Value::Decimal(Decimal::parse(text).unwrap());
        check(FUNCTIONS, "bin", &[decimal("-5.5"), decimal("2")], decimal("-6"));
        check(FUNCTIONS, "bin_at", &[6.5.into(), 2.5.into(), 7_i64.into()], 4.5);
    }

    #[test]
    fn instants_count_from_the_first_of_january_of_year_1() {
        check(FUNCTIONS, "bin", &[at("1955-11-05 12:00"), days(7)], at("1955-10-31"));
        check(FUNCTIONS, "bin", &[at("2007-03-09"), days(30)], at("2007-02-14"));
        check(FUNCTIONS, "bin", &[at("1970-05-11 13:45:07"), days(1)], at("1970-05-11"));
        check(
            FUNCTIONS,
            "bin",
            &[at("1970-05-11 13:45:07"), TimeSpan(TimeSpan::HOUR).into()],
            at("1970-05-11 13:00"),
        );
        check(FUNCTIONS, "bin", &[at("1970-05-11"), days(0)], Value::Null);
        check(FUNCTIONS, "bin", &[Value::TimeSpan(TimeSpan(-1)), days(1)], days(-1));
        let point = |text: &str, size: i64, point: &str, expected: &str| {
            check(FUNCTIONS, "bin_at", &[at(text), days(size), at(point)], at(expected));
        };
        point("2017-05-17 10:20", 7, "2017-06-04", "2017-05-14");
        point("2017-05-15 10:20", 1, "1970-01-01 12:00", "2017-05-14 12:00");
        point("0001-01-01", 7, "0001-01-02", "null");
        let hours = |count: i64| Value::from(TimeSpan(count * TimeSpan::HOUR));
        check(FUNCTIONS, "bin_at", &[hours(1), days(1), hours(12)], TimeSpan(-12 * TimeSpan::HOUR));
    }

    #[test]
    fn null_rows_stay_null() {
        let values = [at("2017-01-01 10:10:17"), Value::Null];
        let arguments = [
            Column::from_values(ScalarType::DateTime, &values),
            Column::constant(days(1), ScalarType::TimeSpan, 2),
        ];
        let found: Vec<Value> = call(FUNCTIONS, "bin", &arguments).values().collect();
        assert_eq!(found, [at("2017-01-01"), Value::Null]);
    }
}
