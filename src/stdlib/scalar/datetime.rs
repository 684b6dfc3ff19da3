//! Functions of instants: now, parts, starts and ends of periods, adding, counting, making. It must not know how
//! instants are printed.

use crate::column::{Column, DateTimeType, LongType, RealType, TimeSpanType};
use crate::function::kinds::{DATETIME, INTEGER, LONG, NUMBER, SCALAR, STRING, TIMESPAN, returns};
use crate::function::{
    ArgumentInfo, Call, Category, Example, Kernel, Result, ResultName, Returns, ScalarFunction, Semantics,
    TimeShift, Volatility, signatures,
};
use crate::types::{Civil, DateTime, ScalarType, TimeSpan, Value};

const BASE: ScalarFunction = ScalarFunction { category: Category::DateTime, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "now",
        summary: "The query's time, plus an offset if there is one; it stays the same for a whole query.",
        signatures: signatures![(offset: TIMESPAN.optional()) -> returns::DATETIME],
        volatility: Volatility::Stable,
        kernel: Kernel::Rows(|call| from_now(call, 1)),
        semantics: Semantics::TimeShift(TimeShift::NowForward),
        examples: &[Example { query: "now(1h) - now()", result: "\"01:00:00\"" }],
        ..BASE
    },
    ScalarFunction {
        name: "ago",
        summary: "The query's time minus a timespan.",
        signatures: signatures![(timespan: TIMESPAN) -> returns::DATETIME],
        volatility: Volatility::Stable,
        kernel: Kernel::Rows(|call| from_now(call, -1)),
        semantics: Semantics::TimeShift(TimeShift::NowBack),
        examples: &[Example { query: "now() - ago(1d)", result: "\"1.00:00:00\"" }],
        ..BASE
    },
    ScalarFunction {
        name: "startofday",
        summary: "The start of the day, shifted by a number of days.",
        signatures: PERIOD,
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(|call| starts(call, Period::Day)),
        examples: &[Example {
            query: "startofday(datetime(2017-01-01 10:10:17), -1)",
            result: "\"2016-12-31T00:00:00Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "startofweek",
        summary: "The start of the week, a Sunday, shifted by a number of weeks.",
        signatures: PERIOD,
        kernel: Kernel::Rows(|call| starts(call, Period::Week)),
        examples: &[Example {
            query: "startofweek(datetime(2025-06-14))",
            result: "\"2025-06-08T00:00:00Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "startofmonth",
        summary: "The start of the month, shifted by a number of months.",
        signatures: PERIOD,
        kernel: Kernel::Rows(|call| starts(call, Period::Month)),
        examples: &[Example {
            query: "startofmonth(datetime(2017-01-31 10:10:17), 1)",
            result: "\"2017-02-01T00:00:00Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "startofyear",
        summary: "The start of the year, shifted by a number of years.",
        signatures: PERIOD,
        kernel: Kernel::Rows(|call| starts(call, Period::Year)),
        examples: &[Example {
            query: "startofyear(datetime(2017-05-01 10:10:17), -1)",
            result: "\"2016-01-01T00:00:00Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "endofday",
        summary: "The last tick of the day, shifted by a number of days.",
        signatures: PERIOD,
        kernel: Kernel::Rows(|call| ends(call, Period::Day)),
        examples: &[Example {
            query: "endofday(datetime(2017-01-01 10:10:17))",
            result: "\"2017-01-01T23:59:59.9999999Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "endofweek",
        summary: "The last tick of the week, on a Saturday, shifted by a number of weeks.",
        signatures: PERIOD,
        kernel: Kernel::Rows(|call| ends(call, Period::Week)),
        examples: &[Example {
            query: "endofweek(datetime(2017-01-01 10:10:17), -1)",
            result: "\"2016-12-31T23:59:59.9999999Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "endofmonth",
        summary: "The last tick of the month, shifted by a number of months.",
        signatures: PERIOD,
        kernel: Kernel::Rows(|call| ends(call, Period::Month)),
        examples: &[Example {
            query: "endofmonth(datetime(2024-01-31 10:10:17), 1)",
            result: "\"2024-02-29T23:59:59.9999999Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "endofyear",
        summary: "The last tick of the year, shifted by a number of years.",
        signatures: PERIOD,
        kernel: Kernel::Rows(|call| ends(call, Period::Year)),
        examples: &[Example {
            query: "endofyear(datetime(9999-01-01))",
            result: "\"9999-12-31T23:59:59.9999999Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "dayofweek",
        summary: "Whole days since the last Sunday, as a timespan.",
        signatures: signatures![(date: DATETIME) -> returns::TIMESPAN],
        kernel: Kernel::Rows(days_of_week),
        examples: &[
            Example { query: "dayofweek(datetime(1947-11-30 10:00:05))", result: "\"00:00:00\"" },
            Example { query: "dayofweek(datetime(1970-05-11))", result: "\"1.00:00:00\"" },
        ],
        ..BASE
    },
    // The next ones are longs, as recorded answers have them; the signatures of the language service say int.
    ScalarFunction {
        name: "dayofmonth",
        summary: "The day of the month, from 1.",
        signatures: PART,
        kernel: Kernel::Rows(|call| part(call, |ticks| civil(ticks).day)),
        examples: &[Example { query: "dayofmonth(datetime(2015-12-14))", result: "14" }],
        ..BASE
    },
    ScalarFunction {
        name: "dayofyear",
        summary: "The day of the year, from 1.",
        signatures: PART,
        kernel: Kernel::Rows(|call| part(call, day_of_year)),
        examples: &[Example { query: "dayofyear(datetime(2015-12-14))", result: "348" }],
        ..BASE
    },
    ScalarFunction {
        name: "hourofday",
        summary: "The hour of the day, from 0 to 23.",
        signatures: PART,
        kernel: Kernel::Rows(|call| part(call, |ticks| ticks.rem_euclid(TimeSpan::DAY) / TimeSpan::HOUR)),
        examples: &[Example { query: "hourofday(datetime(2015-12-14 18:54))", result: "18" }],
        ..BASE
    },
    ScalarFunction {
        name: "monthofyear",
        aliases: &["getmonth"],
        summary: "The month of the year, from 1 to 12.",
        signatures: PART,
        kernel: Kernel::Rows(|call| part(call, |ticks| civil(ticks).month)),
        examples: &[Example { query: "monthofyear(datetime(2015-12-14))", result: "12" }],
        ..BASE
    },
    ScalarFunction {
        name: "getyear",
        summary: "The year.",
        signatures: PART,
        kernel: Kernel::Rows(|call| part(call, |ticks| civil(ticks).year)),
        examples: &[Example { query: "getyear(datetime(2015-10-12))", result: "2015" }],
        ..BASE
    },
    ScalarFunction {
        name: "week_of_year",
        aliases: &["weekofyear"],
        summary: "The week of the year by ISO 8601: weeks start on Monday, and the first one has the first Thursday.",
        signatures: PART,
        kernel: Kernel::Rows(|call| part(call, iso_week)),
        examples: &[
            Example { query: "week_of_year(datetime(2020-12-31))", result: "53" },
            Example { query: "week_of_year(datetime(2000-01-01))", result: "52" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "datetime_part",
        aliases: &["datepart"],
        summary: "A part of an instant as a number; parts of a second count from the second's start.",
        signatures: signatures![
            (part: STRING.literal().one_of(&[
                "year", "quarter", "month", "week_of_year", "day", "dayofyear", "hour", "minute", "second",
                "millisecond", "microsecond", "nanosecond",
            ]), date: DATETIME) -> returns::LONG
        ],
        kernel: Kernel::Rows(datetime_part),
        examples: &[
            Example { query: "datetime_part('quarter', datetime(2017-10-30 01:02:03.7654321))", result: "4" },
            Example {
                query: "datetime_part('microsecond', datetime(2017-10-30 01:02:03.7654321))",
                result: "765432",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "datetime_add",
        summary: "An instant plus a number of periods; a day that the month does not have becomes its last one.",
        signatures: signatures![
            (part: STRING.literal().one_of(Period::NAMES), value: INTEGER, datetime: DATETIME) -> returns::DATETIME
        ],
        kernel: Kernel::Rows(datetime_add),
        examples: &[
            Example {
                query: "datetime_add('month', 1, datetime(2024-01-31))",
                result: "\"2024-02-29T00:00:00Z\"",
            },
            Example {
                query: "datetime_add('week', 100, datetime(2017-01-01))",
                result: "\"2018-12-02T00:00:00Z\"",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "datetime_diff",
        summary: "How many boundaries of a period lie between two instants; positive if the first one is the later.",
        signatures: signatures![
            (part: STRING.literal().one_of(Period::NAMES), datetime1: DATETIME, datetime2: DATETIME)
                -> Returns::Rule(diff_type)
        ],
        kernel: Kernel::Rows(datetime_diff),
        examples: &[
            Example {
                query: "datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31))",
                result: "17",
            },
            Example {
                query: "datetime_diff('week', datetime(2017-10-29 00:00), datetime(2017-09-30 23:59))",
                result: "5.0",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "make_datetime",
        summary: "An instant from its parts; null if one is out of range.",
        signatures: signatures![
            (year: NUMBER, month: NUMBER, day: NUMBER, hour: NUMBER.optional(), minute: NUMBER.optional(),
                second: NUMBER.optional()) -> returns::DATETIME;
            (value: SCALAR) -> returns::DATETIME
        ],
        result_name: ResultName::OnlyArgument,
        kernel: Kernel::Rows(make_datetime),
        examples: &[
            Example {
                query: "make_datetime(2017, 10, 1, 12, 11, 0.1234567)",
                result: "\"2017-10-01T12:11:00.1234567Z\"",
            },
            Example { query: "make_datetime(2017, 2, 29)", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "make_timespan",
        summary: "A timespan from days, hours, minutes and seconds, or from fewer of them; null if one is out of range.",
        signatures: signatures![
            (days: INTEGER, hours: INTEGER, minutes: INTEGER, seconds: NUMBER) -> returns::TIMESPAN;
            (hours: INTEGER, minutes: INTEGER, seconds: NUMBER.optional()) -> returns::TIMESPAN;
            (value: SCALAR) -> returns::TIMESPAN
        ],
        result_name: ResultName::OnlyArgument,
        kernel: Kernel::Rows(make_timespan),
        examples: &[
            Example { query: "make_timespan(1, 12, 30, 55.123)", result: "\"1.12:30:55.1230000\"" },
            Example { query: "make_timespan(25, 70)", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "unixtime_seconds_todatetime",
        summary: "The instant that is a number of seconds after 1970-01-01.",
        signatures: UNIX,
        kernel: Kernel::Rows(|call| unix(call, TimeSpan::SECOND, 1)),
        examples: &[Example {
            query: "unixtime_seconds_todatetime(1546300800)",
            result: "\"2019-01-01T00:00:00Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "unixtime_milliseconds_todatetime",
        summary: "The instant that is a number of milliseconds after 1970-01-01.",
        signatures: UNIX,
        kernel: Kernel::Rows(|call| unix(call, TimeSpan::MILLISECOND, 1)),
        examples: &[Example {
            query: "unixtime_milliseconds_todatetime(1546300800001)",
            result: "\"2019-01-01T00:00:00.001Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "unixtime_microseconds_todatetime",
        summary: "The instant that is a number of microseconds after 1970-01-01.",
        signatures: UNIX,
        kernel: Kernel::Rows(|call| unix(call, TimeSpan::MICROSECOND, 1)),
        examples: &[Example {
            query: "unixtime_microseconds_todatetime(1546300800000001)",
            result: "\"2019-01-01T00:00:00.000001Z\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "unixtime_nanoseconds_todatetime",
        summary: "The instant that is a number of nanoseconds after 1970-01-01; parts of a tick are cut.",
        signatures: UNIX,
        kernel: Kernel::Rows(|call| unix(call, 1, 100)),
        examples: &[Example {
            query: "unixtime_nanoseconds_todatetime(1546300800000000100)",
            result: "\"2019-01-01T00:00:00.0000001Z\"",
        }],
        ..BASE
    },
];

const PERIOD: &[crate::function::Signature] =
    signatures![(date: DATETIME, offset: LONG.optional()) -> returns::DATETIME];
const PART: &[crate::function::Signature] = signatures![(date: DATETIME) -> returns::LONG];
const UNIX: &[crate::function::Signature] = signatures![(number: NUMBER) -> returns::DATETIME];

/// A column of instants, each computed from the ticks of another one; ticks out of a datetime's range become null.
///
/// `f` also sees the arbitrary ticks of null rows, so it must be total.
pub(super) fn map_ticks(call: &Call<'_>, f: impl Fn(i64) -> i64) -> Result<Column> {
    let outside = |ticks: i64| DateTime::from_ticks(ticks).is_none();
    if let Column::DateTime(cells) = call.argument(0)? {
        let mapped = cells.map(&f);
        // The check is a loop of its own so that both loops stay free of branches.
        if !mapped.values().iter().fold(false, |any, &ticks| any | outside(ticks)) {
            return Ok(Column::DateTime(mapped));
        }
        let checked = (0..cells.len()).map(|row| cells.get(row).map(&f).filter(|&ticks| !outside(ticks)));
        return Ok(Column::DateTime(checked.collect()));
    }
    call.map1::<DateTimeType, DateTimeType>(|at| DateTime::from_ticks(f(at.0)))
}

/// A long for each instant.
fn part(call: &Call<'_>, f: impl Fn(i64) -> i64) -> Result<Column> {
    if let Column::DateTime(cells) = call.argument(0)? {
        return Ok(Column::Long(cells.map(f)));
    }
    call.map1::<DateTimeType, LongType>(|at| Some(f(at.0)))
}

fn from_now(call: &Call<'_>, sign: i64) -> Result<Column> {
    let now = call.context.now;
    if call.count() == 0 {
        return Ok(Column::constant(now.into(), ScalarType::DateTime, call.rows));
    }
    call.map1::<TimeSpanType, DateTimeType>(|span| now.checked_add(TimeSpan(span.0.checked_mul(sign)?)))
}

/// A unit that instants are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Period {
    const NAMES: &'static [&'static str] = &[
        "year",
        "quarter",
        "month",
        "week",
        "day",
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
    ];
    const ALL: [Period; 11] = [
        Self::Year,
        Self::Quarter,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Millisecond,
        Self::Microsecond,
        Self::Nanosecond,
    ];

    fn parse(name: &str) -> Option<Self> {
        let at = Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Self::ALL.get(at).copied()
    }

    /// The period that a call names first.
    fn of(call: &Call<'_>) -> Result<Self> {
        let name = call.constant_str(0).unwrap_or_default();
        Self::parse(name).ok_or_else(|| call.fail(format!("'{name}' is no period")))
    }

    /// Ticks in a period of fixed length.
    const fn ticks(self) -> i64 {
        match self {
            Self::Year | Self::Quarter | Self::Month => 0,
            Self::Week => 7 * TimeSpan::DAY,
            Self::Day => TimeSpan::DAY,
            Self::Hour => TimeSpan::HOUR,
            Self::Minute => TimeSpan::MINUTE,
            Self::Second => TimeSpan::SECOND,
            Self::Millisecond => TimeSpan::MILLISECOND,
            Self::Microsecond => TimeSpan::MICROSECOND,
            Self::Nanosecond => 1,
        }
    }

    /// The start of the period that holds an instant, `offset` periods later. May be out of range.
    fn start(self, ticks: i64, offset: i64) -> i64 {
        // More periods than any datetime spans: clamping keeps the arithmetic small and the result out of range.
        let offset = offset.clamp(-4_000_000, 4_000_000);
        let day = ticks.div_euclid(TimeSpan::DAY);
        let day = match self {
            Self::Day => day + offset,
            // 0001-01-01 is a Monday.
            Self::Week => day - (day + 1).rem_euclid(7) + 7 * offset,
            Self::Month if offset == 0 => day - (Civil::from_days(day).day - 1),
            Self::Month => {
                let civil = Civil::from_days(day);
                Civil::days(civil.year, civil.month + offset, 1)
            }
            _ => Civil::days(Civil::from_days(day).year + offset, 1, 1),
        };
        day.saturating_mul(TimeSpan::DAY)
    }
}

fn starts(call: &Call<'_>, period: Period) -> Result<Column> {
    shifted(call, move |ticks, offset| period.start(ticks, offset))
}

fn ends(call: &Call<'_>, period: Period) -> Result<Column> {
    shifted(call, move |ticks, offset| period.start(ticks, offset.saturating_add(1)).saturating_sub(1))
}

/// Instants with an offset that may be left out.
fn shifted(call: &Call<'_>, f: impl Fn(i64, i64) -> i64) -> Result<Column> {
    if call.count() < 2 {
        return map_ticks(call, |ticks| f(ticks, 0));
    }
    if let Some(offset) = call.constant(1) {
        return match offset.convert(ScalarType::Long) {
            Value::Long(offset) => map_ticks(call, |ticks| f(ticks, offset)),
            _ => Ok(call.nulls()),
        };
    }
    call.map2::<DateTimeType, LongType, DateTimeType>(|at, offset| DateTime::from_ticks(f(at.0, offset)))
}

fn civil(ticks: i64) -> Civil {
    Civil::from_days(ticks.div_euclid(TimeSpan::DAY))
}

fn day_of_year(ticks: i64) -> i64 {
    let day = ticks.div_euclid(TimeSpan::DAY);
    day - Civil::days(Civil::from_days(day).year, 1, 1) + 1
}

fn iso_week(ticks: i64) -> i64 {
    let day = ticks.div_euclid(TimeSpan::DAY);
    // The week belongs to the year of its Thursday; day 0 is a Monday.
    let thursday = day - day.rem_euclid(7) + 3;
    (thursday - Civil::days(Civil::from_days(thursday).year, 1, 1)) / 7 + 1
}

/// The start of the very last day, for which the engine gives null.
const LAST_DAY: i64 = DateTime::MAX.0 / TimeSpan::DAY * TimeSpan::DAY;

fn days_of_week(call: &Call<'_>) -> Result<Column> {
    let since_sunday = |ticks: i64| (ticks.div_euclid(TimeSpan::DAY) + 1).rem_euclid(7) * TimeSpan::DAY;
    if let Column::DateTime(cells) = call.argument(0)?
        && !cells.values().iter().fold(false, |any, &ticks| any | (ticks >= LAST_DAY))
    {
        return Ok(Column::TimeSpan(cells.map(since_sunday)));
    }
    call.map1::<DateTimeType, TimeSpanType>(|at| (at.0 < LAST_DAY).then(|| TimeSpan(since_sunday(at.0))))
}

fn datetime_part(call: &Call<'_>) -> Result<Column> {
    let name = call.constant_str(0).unwrap_or_default().to_ascii_lowercase();
    let within = |whole: i64, unit: i64| move |ticks: i64| ticks.rem_euclid(whole) / unit;
    let f: Box<dyn Fn(i64) -> i64> = match name.as_str() {
        "year" => Box::new(|ticks| civil(ticks).year),
        "quarter" => Box::new(|ticks| (civil(ticks).month + 2) / 3),
        "month" => Box::new(|ticks| civil(ticks).month),
        "week_of_year" => Box::new(iso_week),
        "day" => Box::new(|ticks| civil(ticks).day),
        "dayofyear" => Box::new(day_of_year),
        "hour" => Box::new(within(TimeSpan::DAY, TimeSpan::HOUR)),
        "minute" => Box::new(within(TimeSpan::HOUR, TimeSpan::MINUTE)),
        "second" => Box::new(within(TimeSpan::MINUTE, TimeSpan::SECOND)),
        "millisecond" => Box::new(within(TimeSpan::SECOND, TimeSpan::MILLISECOND)),
        "microsecond" => Box::new(within(TimeSpan::SECOND, TimeSpan::MICROSECOND)),
        "nanosecond" => Box::new(|ticks| ticks.rem_euclid(TimeSpan::SECOND) * 100),
        _ => return Err(call.fail(format!("'{name}' is no part of a datetime"))),
    };
    if let Column::DateTime(cells) = call.argument(1)? {
        return Ok(Column::Long(cells.map(f)));
    }
    let dates = call.argument_as(1, ScalarType::DateTime)?;
    let one = Call { arguments: std::slice::from_ref(&dates), ..*call };
    one.map1::<DateTimeType, LongType>(|at| Some(f(at.0)))
}

fn datetime_add(call: &Call<'_>) -> Result<Column> {
    let period = Period::of(call)?;
    let add = move |amount: i64, at: DateTime| -> Option<DateTime> {
        let months = match period {
            Period::Year => amount.checked_mul(12)?,
            Period::Quarter => amount.checked_mul(3)?,
            Period::Month => amount,
            Period::Nanosecond => return at.checked_add(TimeSpan(amount / 100)),
            _ => return at.checked_add(TimeSpan(amount.checked_mul(period.ticks())?)),
        };
        if months.unsigned_abs() > 12 * 10_000 {
            return None;
        }
        let from = civil(at.0);
        let (start, next) = (
            Civil::days(from.year, from.month + months, 1),
            Civil::days(from.year, from.month + months + 1, 1),
        );
        let day = start + from.day.min(next - start) - 1;
        DateTime::from_ticks(day * TimeSpan::DAY + at.time_of_day().0)
    };
    rest(call).map2::<LongType, DateTimeType, DateTimeType>(add)
}

/// The call without its first argument.
fn rest<'a>(call: &Call<'a>) -> Call<'a> {
    Call { arguments: call.arguments.get(1..).unwrap_or_default(), ..*call }
}

/// Weeks come back as reals, as recorded answers have them.
fn diff_type(arguments: &[ArgumentInfo<'_>]) -> ScalarType {
    let name = arguments.first().and_then(|it| it.constant).and_then(Value::as_str);
    if name.and_then(Period::parse) == Some(Period::Week) { ScalarType::Real } else { ScalarType::Long }
}

fn datetime_diff(call: &Call<'_>) -> Result<Column> {
    let period = Period::of(call)?;
    // The number of the period that an instant lies in.
    let index = move |at: DateTime| -> i64 {
        match period {
            Period::Year => civil(at.0).year,
            Period::Quarter => {
                let civil = civil(at.0);
                civil.year * 4 + (civil.month - 1) / 3
            }
            Period::Month => {
                let civil = civil(at.0);
                civil.year * 12 + civil.month
            }
            Period::Week => (at.0.div_euclid(TimeSpan::DAY) + 1).div_euclid(7),
            _ => at.0.div_euclid(period.ticks()),
        }
    };
    let call = rest(call);
    match period {
        Period::Week => {
            call.map2::<DateTimeType, DateTimeType, RealType>(|a, b| Some((index(a) - index(b)) as f64))
        }
        Period::Nanosecond => {
            call.map2::<DateTimeType, DateTimeType, LongType>(|a, b| Some((a.0 - b.0).wrapping_mul(100)))
        }
        _ => call.map2::<DateTimeType, DateTimeType, LongType>(|a, b| Some(index(a) - index(b))),
    }
}

/// The numbers of a row, with `missing` for arguments that are left out; `None` if one is null.
fn whole(row: &[Value], at: usize, missing: i64) -> Option<i64> {
    match row.get(at) {
        None => Some(missing),
        Some(value) => match value.convert(ScalarType::Long) {
            Value::Long(n) => Some(n),
            _ => None,
        },
    }
}

/// Seconds with a fraction, in ticks; `None` if there is no such second.
fn second_ticks(row: &[Value], at: usize) -> Option<i64> {
    let ticks = match row.get(at) {
        None => 0,
        Some(Value::Int(n)) => i64::from(*n).checked_mul(TimeSpan::SECOND)?,
        Some(Value::Long(n)) => n.checked_mul(TimeSpan::SECOND)?,
        Some(value) => match value.convert(ScalarType::Real) {
            Value::Real(seconds) if (0.0..60.0).contains(&seconds) => {
                (seconds * TimeSpan::SECOND as f64).round() as i64
            }
            _ => return None,
        },
    };
    (0..TimeSpan::MINUTE).contains(&ticks).then_some(ticks)
}

fn make_datetime(call: &Call<'_>) -> Result<Column> {
    if call.count() == 1 {
        return call.argument_as(0, ScalarType::DateTime);
    }
    let make = |row: &[Value]| -> Option<DateTime> {
        let (year, month, day) = (whole(row, 0, 1)?, whole(row, 1, 1)?, whole(row, 2, 1)?);
        let hour = whole(row, 3, 0).filter(|hour| (0..24).contains(hour))?;
        let minute = whole(row, 4, 0).filter(|minute| (0..60).contains(minute))?;
        let day = DateTime::from_ymd(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)?;
        let time = hour * TimeSpan::HOUR + minute * TimeSpan::MINUTE + second_ticks(row, 5)?;
        day.checked_add(TimeSpan(time))
    };
    call.map_values(|row| Ok(make(row).map_or(Value::Null, Value::DateTime)))
}

fn make_timespan(call: &Call<'_>) -> Result<Column> {
    if call.count() == 1 {
        return call.argument_as(0, ScalarType::TimeSpan);
    }
    let days = usize::from(call.count() == 4);
    let make = |row: &[Value]| -> Option<TimeSpan> {
        let day = if days == 1 { whole(row, 0, 0).filter(|day| *day >= 0)? } else { 0 };
        let hour = whole(row, days, 0).filter(|hour| (0..24).contains(hour))?;
        let minute = whole(row, days + 1, 0).filter(|minute| (0..60).contains(minute))?;
        let time = hour * TimeSpan::HOUR + minute * TimeSpan::MINUTE + second_ticks(row, days + 2)?;
        day.checked_mul(TimeSpan::DAY)?.checked_add(time).map(TimeSpan)
    };
    call.map_values(|row| Ok(make(row).map_or(Value::Null, Value::TimeSpan)))
}

/// Instants from numbers of `ticks / parts` ticks since 1970.
fn unix(call: &Call<'_>, ticks: i64, parts: i64) -> Result<Column> {
    let from = |count: i64| -> Option<DateTime> {
        DateTime::UNIX_EPOCH.checked_add(TimeSpan(count.checked_mul(ticks)? / parts))
    };
    if matches!(call.argument(0)?.scalar_type(), ScalarType::Int | ScalarType::Long) {
        return call.map1::<LongType, DateTimeType>(from);
    }
    call.map1::<RealType, DateTimeType>(|number| {
        // Whole and fraction apart: their product with the ticks would not fit a real's digits.
        let whole = number.trunc();
        if whole.abs() >= 9e18 || !number.is_finite() {
            return None;
        }
        let fraction = ((number - whole) * ticks as f64 / parts as f64).round() as i64;
        from(whole as i64)?.checked_add(TimeSpan(fraction))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{NOW, call, check};

    fn at(text: &str) -> Value {
        DateTime::parse(text).map_or(Value::Null, Value::DateTime)
    }

    /// Instants and a constant in front of them.
    #[track_caller]
    fn with_part(name: &str, part: &str, arguments: &[Value], expected: impl Into<Value>) {
        let expected = expected.into();
        let mut columns = vec![Column::constant(part.into(), ScalarType::String, 2)];
        for value in arguments {
            let data_type = value.scalar_type().unwrap_or(ScalarType::DateTime);
            columns.push(Column::constant(value.clone(), data_type, 2));
        }
        assert_eq!(call(FUNCTIONS, name, &columns).value(1), expected, "{name}({part}, {arguments:?})");
        for column in columns.iter_mut().skip(1) {
            *column = column.to_flat();
        }
        assert_eq!(
            call(FUNCTIONS, name, &columns).value(1),
            expected,
            "{name}({part}, {arguments:?}) by row"
        );
    }

    #[test]
    fn now_is_the_querys_time() {
        assert_eq!(call(FUNCTIONS, "now", &[]).value(0), Value::DateTime(NOW));
        check(FUNCTIONS, "ago", &[TimeSpan(TimeSpan::DAY).into()], at("2024-01-01T03:04:05Z"));
        check(FUNCTIONS, "now", &[TimeSpan(-TimeSpan::HOUR).into()], at("2024-01-02T02:04:05Z"));
        check(FUNCTIONS, "ago", &[TimeSpan(i64::MIN).into()], Value::Null);
    }

    // Expectations: Microsoft's pages of the functions and recorded answers.
    #[test]
    fn starts_and_ends() {
        let when = at("2017-01-01 10:10:17");
        let check = |name: &str, offset: i64, expected: &str| {
            check(FUNCTIONS, name, &[when.clone(), offset.into()], at(expected));
        };
        check("startofday", -1, "2016-12-31");
        check("startofday", 1, "2017-01-02");
        check("startofweek", -1, "2016-12-25");
        check("startofweek", 0, "2017-01-01");
        check("startofmonth", -1, "2016-12-01");
        check("startofmonth", 1, "2017-02-01");
        check("startofyear", -1, "2016-01-01");
        check("endofday", 0, "2017-01-01 23:59:59.9999999");
        check("endofweek", -1, "2016-12-31 23:59:59.9999999");
        check("endofweek", 1, "2017-01-14 23:59:59.9999999");
        check("endofmonth", 1, "2017-02-28 23:59:59.9999999");
        check("endofyear", 0, "2017-12-31 23:59:59.9999999");
        check("startofday", i64::MAX, "null");
        check("endofyear", i64::MIN, "null");
        check("startofyear", -2017, "null");
    }

    #[test]
    fn the_ends_of_time_have_no_week() {
        check(FUNCTIONS, "startofweek", &[at("0001-01-01")], Value::Null);
        check(FUNCTIONS, "endofweek", &[DateTime::MAX.into()], Value::Null);
        check(FUNCTIONS, "endofyear", &[DateTime::MAX.into()], DateTime::MAX);
        check(FUNCTIONS, "dayofweek", &[at("9999-12-31")], Value::Null);
        check(FUNCTIONS, "startofday", &[Value::Null], Value::Null);
    }

    #[test]
    fn null_rows_stay_null() {
        let values = [at("2017-01-01 10:10:17"), Value::Null, at("0001-01-02")];
        let column = Column::from_values(ScalarType::DateTime, &values);
        let weeks: Vec<Value> = call(FUNCTIONS, "startofweek", &[column]).values().collect();
        assert_eq!(weeks, [at("2017-01-01"), Value::Null, Value::Null]);
    }

    #[test]
    fn parts() {
        let when = at("2017-10-30 01:02:03.7654321");
        let expected = [
            ("year", 2017),
            ("quarter", 4),
            ("month", 10),
            ("week_of_year", 44),
            ("day", 30),
            ("dayOfYear", 303),
            ("hour", 1),
            ("minute", 2),
            ("second", 3),
            ("millisecond", 765),
            ("microsecond", 765_432),
            ("nanosecond", 765_432_100_i64),
        ];
        for (part, expected) in expected {
            with_part("datetime_part", part, std::slice::from_ref(&when), expected);
        }
        for (date, week) in [
            ("2020-12-31", 53),
            ("2020-06-15", 25),
            ("1970-01-01", 1),
            ("2000-01-01", 52),
            ("2016-01-01", 53),
        ] {
            check(FUNCTIONS, "week_of_year", &[at(date)], i64::from(week));
        }
        check(FUNCTIONS, "getmonth", &[at("2015-12-14")], 12_i64);
    }

    #[test]
    fn adds_periods() {
        let add = |part: &str, amount: i64, from: &str, expected: &str| {
            with_part("datetime_add", part, &[amount.into(), at(from)], at(expected));
        };
        add("year", -5, "2017-01-01", "2012-01-01");
        add("quarter", 12, "2017-01-01", "2020-01-01");
        add("month", -15, "2017-01-01", "2015-10-01");
        add("week", 100, "2017-01-01", "2018-12-02");
        add("month", 1, "2024-01-31", "2024-02-29");
        add("year", 1, "2024-02-29 01:02:03", "2025-02-28 01:02:03");
        add("nanosecond", 250, "2017-01-01", "2017-01-01 00:00:00.0000002");
        add("year", 8000, "2017-01-01", "null");
        add("week", i64::MAX, "2017-01-01", "null");
        add("month", i64::MIN, "2017-01-01", "null");
    }

    #[test]
    fn counts_boundaries() {
        let diff = |part: &str, a: &str, b: &str, expected: Value| {
            with_part("datetime_diff", part, &[at(a), at(b)], expected);
        };
        diff("year", "2017-01-01", "2000-12-31", 17_i64.into());
        diff("year", "2020-12-31", "2021-01-01", (-1_i64).into());
        diff("quarter", "2017-07-01", "2017-03-30", 2_i64.into());
        diff("month", "2017-01-01", "2015-12-30", 13_i64.into());
        diff("week", "2017-10-29 00:00", "2017-09-30 23:59", 5.0.into());
        diff("day", "2017-10-29 00:00", "2017-09-30 23:59", 29_i64.into());
        diff("day", "2020-01-01 23:00", "2020-01-01 01:00", 0_i64.into());
        diff("minute", "2017-10-30 23:05:01", "2017-10-30 23:00:59", 5_i64.into());
        diff("second", "2017-10-30 23:00:10.100", "2017-10-30 23:00:00.900", 10_i64.into());
        diff("millisecond", "2017-10-30 23:00:00.200100", "2017-10-30 23:00:00.100900", 100_i64.into());
        diff("nanosecond", "2017-10-30 23:00:00", "2017-10-30 23:00:00.0000007", (-700_i64).into());
    }

    #[test]
    fn makes_instants_and_spans() {
        let make = |parts: &[f64], expected: Value| {
            let parts: Vec<Value> = parts.iter().map(|&part| part.into()).collect();
            check(FUNCTIONS, "make_datetime", &parts, expected);
        };
        make(&[2017.0, 10.0, 1.0], at("2017-10-01"));
        make(&[2017.0, 10.0, 1.0, 12.0, 10.0], at("2017-10-01 12:10"));
        make(&[2017.0, 10.0, 1.0, 12.0, 11.0, 0.123_456_7], at("2017-10-01 12:11:00.1234567"));
        make(&[2017.0, 13.0, 1.0], Value::Null);
        make(&[2017.0, 1.0, 1.0, 24.0, 0.0], Value::Null);
        make(&[2017.0, 1.0, 1.0, 0.0, 0.0, 60.0], Value::Null);
        let span = |days: i64, hours: i64, minutes: i64, seconds: f64, expected: Value| {
            let parts = [days.into(), hours.into(), minutes.into(), seconds.into()];
            check(FUNCTIONS, "make_timespan", &parts, expected);
        };
        span(1, 12, 30, 55.123, TimeSpan::parse("1.12:30:55.123").unwrap().into());
        span(i64::MAX, 0, 0, 0.0, Value::Null);
        check(FUNCTIONS, "make_timespan", &[25_i64.into(), 70_i64.into()], Value::Null);
        check(FUNCTIONS, "make_timespan", &["1.5h".into()], TimeSpan(TimeSpan::HOUR * 3 / 2));
    }

    #[test]
    fn counts_from_1970() {
        let seconds = "unixtime_seconds_todatetime";
        check(FUNCTIONS, seconds, &[1_546_300_800_i64.into()], at("2019-01-01"));
        check(FUNCTIONS, seconds, &[1_546_300_800.5.into()], at("2019-01-01 00:00:00.5"));
        check(FUNCTIONS, seconds, &[(-1_i64).into()], at("1969-12-31 23:59:59"));
        check(FUNCTIONS, seconds, &[i64::MAX.into()], Value::Null);
        check(FUNCTIONS, seconds, &[f64::NAN.into()], Value::Null);
        check(
            FUNCTIONS,
            "unixtime_milliseconds_todatetime",
            &[1_546_300_800_000_i64.into()],
            at("2019-01-01"),
        );
        let nanoseconds = "unixtime_nanoseconds_todatetime";
        check(
            FUNCTIONS,
            nanoseconds,
            &[1_546_300_800_000_000_100_i64.into()],
            at("2019-01-01 00:00:00.0000001"),
        );
    }

    proptest::proptest! {
        // Laws that hold for every instant; the ends of time, where a week leaves the range, are left out.
        #[test]
        fn periods_hold_their_instants(ticks in 7 * TimeSpan::DAY..DateTime::MAX.0 - 7 * TimeSpan::DAY, offset in -40_i64..40) {
            for period in [Period::Day, Period::Week, Period::Month, Period::Year] {
                let (start, next) = (period.start(ticks, 0), period.start(ticks, 1));
                proptest::prop_assert!(start <= ticks && ticks < next, "{period:?}");
                proptest::prop_assert_eq!(period.start(start, 0), start);
                proptest::prop_assert_eq!(period.start(period.start(ticks, offset), -offset), start);
            }
            let week = iso_week(ticks);
            proptest::prop_assert!((1..=53).contains(&week));
            proptest::prop_assert_eq!(iso_week(period_monday(ticks)), week);
        }
    }

    fn period_monday(ticks: i64) -> i64 {
        ticks - ticks % (7 * TimeSpan::DAY)
    }
}
