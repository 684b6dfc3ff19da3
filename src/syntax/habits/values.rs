//! Habits in place of a value, and units behind numbers.

use super::habit::{Habit, HabitPlace};

const fn value(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Value, written, instead, lesson)
}

const fn unit(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Unit, written, instead, lesson)
}

/// Names of values.
pub const VALUES: &[Habit] = &[
    value(
        &["null", "none", "nil", "undefined", "dbnull", "nothing", "na"],
        "isnull(x), isempty(x)",
        "whether a value is null is asked by isnull(x), of texts by isempty(x); a null itself has a type: long(null), datetime(null)",
    ),
    value(&["nan"], "real(nan)", "the number that is none is written real(nan) and found by isnan(x)")
        .fix("real(nan)"),
    value(&["inf", "infinity"], "real(+inf)", "infinity is written real(+inf) and found by isinf(x)")
        .fix("real(+inf)"),
    value(
        &["sysdate", "current_timestamp", "systimestamp", "localtimestamp", "current_time"],
        "now()",
        "now() is the time of the query",
    )
    .fix("now()"),
    value(&["current_date", "today"], "startofday(now())", "startofday(now()) is today; a day ago: ago(1d)")
        .fix("startofday(now())"),
    value(&["yesterday"], "startofday(ago(1d))", "startofday(ago(1d)) is yesterday")
        .fix("startofday(ago(1d))"),
    value(&["tomorrow"], "startofday(now() + 1d)", "startofday(now() + 1d) is tomorrow")
        .fix("startofday(now() + 1d)"),
    value(
        &[
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
            "weekday",
        ],
        "'minute', 1m",
        "a part of a time is a text, datetime_diff('minute', b, a); a length of time is a number with a unit, 1m",
    ),
    value(
        &["varchar", "integer", "number"],
        "tostring(x), tolong(x)",
        "a type is asked for by a function: tostring(x), tolong(x), todatetime(x)",
    ),
];

/// Units of numbers.
pub const UNITS: &[Habit] = &[
    unit(
        &["month", "months", "mon", "mo", "mth"],
        "startofmonth(t), 30d",
        "months are not all of a length: group by startofmonth(t), go back by datetime_add('month', -1, t), or take 30d",
    ),
    unit(
        &["y", "yr", "yrs", "year", "years"],
        "startofyear(t), 365d",
        "years are not all of a length: group by startofyear(t), go back by datetime_add('year', -1, t), or take 365d",
    ),
    unit(
        &["quarter", "quarters", "q"],
        "datetime_add('quarter', …)",
        "quarters are not all of a length: datetime_add('quarter', -1, t), or 91d",
    ),
    unit(&["w", "wk", "wks", "week", "weeks"], "7d", "a week is written 7d"),
    unit(
        &["M", "mins", "H", "D", "S", "MS", "millisecs", "us", "ns", "dy"],
        "d, h, m, s, ms",
        "units of time are d, h, m, s, ms, microsecond and tick, in small letters: 30m; for months there is startofmonth(t)",
    ),
    unit(
        &["k", "kb", "mb", "gb", "tb", "b", "mil", "bn"],
        "1000, 1e6",
        "a number has no such unit: write it out, 1000 or 1e6",
    ),
    unit(
        &["l", "f", "u", "ul", "ll", "i", "n", "j"],
        "long(1), real(1)",
        "a number has no suffix for its type: long(1), int(1), real(1)",
    ),
];

const fn parameter(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Parameter, written, instead, lesson)
}

/// Values of parameters.
pub const PARAMETERS: &[Habit] = &[
    parameter(
        &["left", "leftjoin", "left_outer"],
        "kind=leftouter",
        "all rows of the left side: join kind=leftouter",
    )
    .fix("leftouter"),
    parameter(
        &["right", "rightjoin", "right_outer"],
        "kind=rightouter",
        "all rows of the right side: join kind=rightouter",
    )
    .fix("rightouter"),
    parameter(
        &["outer", "full", "full_outer"],
        "kind=fullouter",
        "all rows of both sides: join kind=fullouter",
    )
    .fix("fullouter"),
    parameter(&["semi"], "kind=leftsemi", "rows of the left side that have a partner: join kind=leftsemi")
        .fix("leftsemi"),
    parameter(
        &["not", "except"],
        "kind=leftanti",
        "rows of the left side without a partner: join kind=leftanti",
    )
    .fix("leftanti"),
];
