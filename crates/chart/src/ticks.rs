//! Where an axis has marks, and what stands there: round numbers, hours, days, months and years, powers of ten. It must not know
//! where on a picture that is.

use chrono::{Datelike, Months, NaiveDate, NaiveDateTime};
use kqlite::{DateTime, TimeSpan};

use crate::axis::{Axis, Measure};
use crate::format::{self, exponent, trimmed, with_separators};

/// A mark of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub value: f64,
    pub label: String,
}

/// More marks than this no axis has.
const MAX_TICKS: usize = 200;

/// Marks of an axis, at most about so many.
pub(crate) fn ticks(axis: &Axis, count: usize) -> Vec<Tick> {
    let count = count.clamp(2, 40);
    match axis.measure {
        Measure::Number if axis.is_log => powers(axis, count),
        Measure::Number => numbers(axis.min, axis.max, count),
        Measure::Span => spans(axis, count),
        Measure::Time => times(axis, count),
        Measure::Category => Vec::new(),
    }
}

/// The ends of an axis of numbers or spans at marks.
pub(crate) fn widen(axis: &mut Axis, count: usize, keep_min: bool, keep_max: bool) {
    if axis.is_log {
        if !keep_min {
            axis.min = 10_f64.powf(axis.min.log10().floor()).max(f64::MIN_POSITIVE);
        }
        if !keep_max {
            axis.max = 10_f64.powf(axis.max.log10().ceil()).min(f64::MAX);
        }
        axis.spread();
        return;
    }
    let step = match axis.measure {
        Measure::Number => number_step(axis.max - axis.min, count),
        Measure::Span => span_step(axis.max - axis.min, count),
        Measure::Time | Measure::Category => return,
    };
    if !keep_min {
        axis.min = (axis.min / step + 1e-9).floor() * step;
    }
    if !keep_max {
        axis.max = (axis.max / step - 1e-9).ceil() * step;
    }
    axis.spread();
}

/// 1, 2 or 5 times a power of ten, so that at most about `count` steps fit.
fn number_step(extent: f64, count: usize) -> f64 {
    let rough = (extent / count as f64).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    let power = if power > 0.0 { power } else { f64::MIN_POSITIVE };
    [1.0, 2.0, 5.0].into_iter().map(|it| it * power).find(|it| *it >= rough * 0.999).unwrap_or(10.0 * power)
}

/// The multiples of a step within the ends.
fn multiples(min: f64, max: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (min / step - 1e-9).ceil();
    (0..MAX_TICKS).map(move |at| (first + at as f64) * step).take_while(move |it| *it <= max + step * 1e-9)
}

fn numbers(min: f64, max: f64, count: usize) -> Vec<Tick> {
    let step = number_step(max - min, count);
    let values: Vec<f64> = multiples(min, max, step).collect();
    let largest = min.abs().max(max.abs());
    let (unit, sign) = [(1e12, "T"), (1e9, "G"), (1e6, "M")]
        .into_iter()
        .find(|(unit, _)| largest >= *unit)
        .unwrap_or((1.0, ""));
    let digits = (-(step / unit).log10().floor()).clamp(0.0, 12.0) as usize;
    let label = |value: f64| {
        if !(1e-6..1e16).contains(&largest) {
            return exponent(value, 3);
        }
        let text = format!("{:.digits$}", value / unit);
        if trimmed(&text) == "0" || trimmed(&text) == "-0" {
            return "0".to_owned();
        }
        format!("{}{sign}", with_separators(&text))
    };
    values.into_iter().map(|value| Tick { value, label: label(value) }).collect()
}

fn powers(axis: &Axis, count: usize) -> Vec<Tick> {
    let (from, to) = (axis.min.log10(), axis.max.log10());
    let decades = to - from;
    let factors: &[f64] = if decades < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let every = (decades / count as f64).ceil().max(1.0) as i32;
    let mut out = Vec::new();
    let mut power = (from.floor() as i32).div_euclid(every) * every;
    while f64::from(power) <= to && out.len() < MAX_TICKS {
        for factor in factors {
            let value = factor * 10_f64.powi(power);
            if value >= axis.min * (1.0 - 1e-9) && value <= axis.max * (1.0 + 1e-9) {
                let is_plain = (-4..7).contains(&power);
                let label = if is_plain { format::number(value) } else { exponent(value, 0) };
                out.push(Tick { value, label });
            }
        }
        power += every;
    }
    out
}

const SECOND: i64 = TimeSpan::SECOND;
const MINUTE: i64 = TimeSpan::MINUTE;
const HOUR: i64 = TimeSpan::HOUR;
const DAY: i64 = TimeSpan::DAY;
const MILLISECOND: i64 = SECOND / 1000;

/// Steps that divide the next larger unit, in ticks.
const STEPS: &[i64] = &[
    MILLISECOND,
    2 * MILLISECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    20 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    200 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];

fn span_step(extent: f64, count: usize) -> f64 {
    let rough = extent / count as f64;
    if rough < MILLISECOND as f64 {
        return number_step(extent, count);
    }
    STEPS
        .iter()
        .map(|it| *it as f64)
        .find(|it| *it >= rough)
        .unwrap_or_else(|| number_step(extent / DAY as f64, count) * DAY as f64)
}

fn spans(axis: &Axis, count: usize) -> Vec<Tick> {
    let step = span_step(axis.max - axis.min, count);
    multiples(axis.min, axis.max, step).map(|value| Tick { value, label: format::span(value) }).collect()
}

/// Marks of time: in UTC, at the beginnings of units.
fn times(axis: &Axis, count: usize) -> Vec<Tick> {
    let rough = (axis.max - axis.min) / count as f64;
    let from = format::instant(axis.origin, axis.min);
    let to = format::instant(axis.origin, axis.max);
    let months = [1_u32, 2, 3, 6];
    const MONTH: f64 = 30.4 * DAY as f64;
    const YEAR: f64 = 365.25 * DAY as f64;
    if let Some(step) = STEPS.iter().copied().find(|it| *it as f64 >= rough) {
        return even_times(axis.origin, from, to, step);
    }
    if let Some(step) = months.into_iter().find(|it| f64::from(*it) * MONTH >= rough) {
        return calendar_times(axis.origin, from, to, step);
    }
    let years = number_step((axis.max - axis.min) / YEAR, count).max(1.0);
    calendar_times(axis.origin, from, to, 12 * years as u32)
}

fn even_times(origin: i64, from: DateTime, to: DateTime, step: i64) -> Vec<Tick> {
    // The year 1 began on a Monday, so that weeks do as well.
    let first = from.0.div_euclid(step).saturating_add(i64::from(from.0.rem_euclid(step) > 0));
    (0..MAX_TICKS as i64)
        .map(|at| first.saturating_add(at).saturating_mul(step))
        .take_while(|ticks| *ticks <= to.0)
        .filter_map(|ticks| {
            let at = DateTime::from_ticks(ticks)?.to_chrono();
            Some(Tick { value: (ticks - origin) as f64, label: time_label(at, step) })
        })
        .collect()
}

/// The label of a time among others that are a step apart.
fn time_label(at: NaiveDateTime, step: i64) -> String {
    let is_midnight = at.time() == chrono::NaiveTime::MIN;
    let format = match step {
        _ if is_midnight || step >= DAY => return day_label(at.date()),
        _ if step >= MINUTE => "%H:%M",
        _ if step >= SECOND => "%H:%M:%S",
        _ => "%H:%M:%S%.3f",
    };
    at.format(format).to_string()
}

fn day_label(day: NaiveDate) -> String {
    let format = if day.ordinal() == 1 { "%-d %b %Y" } else { "%-d %b" };
    day.format(format).to_string()
}

/// The first days of every so many months, counted from January of the year 0.
fn calendar_times(origin: i64, from: DateTime, to: DateTime, step: u32) -> Vec<Tick> {
    let first = from.date();
    let month = i64::from(first.year()) * 12 + i64::from(first.month0());
    let month = month.div_euclid(i64::from(step)) * i64::from(step);
    let year = i32::try_from(month.div_euclid(12)).unwrap_or_default();
    let start = NaiveDate::from_ymd_opt(year, month.rem_euclid(12) as u32 + 1, 1);
    let mut out = Vec::new();
    let mut day = start;
    while let Some(at) = day.filter(|_| out.len() < MAX_TICKS) {
        if let Some(it) = DateTime::from_date(at) {
            if it > to {
                break;
            }
            if it >= from {
                let format = if step >= 12 || at.month() == 1 { "%Y" } else { "%b" };
                out.push(Tick { value: (it.0 - origin) as f64, label: at.format(format).to_string() });
            }
        }
        day = at.checked_add_months(Months::new(step));
    }
    out
}

/// What the marks of a time axis leave out: the day or the year, and that it is UTC.
fn context(axis: &Axis) -> String {
    if axis.measure != Measure::Time {
        return String::new();
    }
    let from = format::instant(axis.origin, axis.min).date();
    let to = format::instant(axis.origin, axis.max).date();
    if from == to {
        format!("{} UTC", from.format("%-d %b %Y"))
    } else if from.year() == to.year() {
        format!("{} UTC", from.format("%Y"))
    } else {
        "UTC".to_owned()
    }
}

/// The title of an axis with what its marks leave out.
pub(crate) fn captioned(axis: &Axis) -> String {
    let context = context(axis);
    match (axis.title.is_empty(), context.is_empty()) {
        (true, _) => context,
        (false, true) => axis.title.clone(),
        (false, false) => format!("{} · {context}", axis.title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, count: usize) -> String {
        ticks(axis, count).into_iter().map(|it| it.label).collect::<Vec<_>>().join(" ")
    }

    fn of_numbers(min: f64, max: f64) -> Axis {
        Axis::over(String::new(), Measure::Number, [min, max].into_iter())
    }

    fn of_times(from: &str, to: &str) -> Axis {
        let [from, to] = [from, to].map(|text| DateTime::parse(text).unwrap().0);
        let mut axis = Axis::over(String::new(), Measure::Time, [0.0, (to - from) as f64].into_iter());
        axis.origin = from;
        axis
    }

    #[test]
    fn numbers_are_round() {
        assert_eq!(labels(&of_numbers(0.0, 10.0), 5), "0 2 4 6 8 10");
        assert_eq!(labels(&of_numbers(-3.0, 7.0), 5), "-2 0 2 4 6");
        assert_eq!(labels(&of_numbers(0.0, 1.0), 5), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(labels(&of_numbers(0.0, 4_701.0), 5), "0 1,000 2,000 3,000 4,000");
        assert_eq!(labels(&of_numbers(0.0, 2.5e6), 5), "0 0.5M 1.0M 1.5M 2.0M 2.5M");
        assert_eq!(labels(&of_numbers(0.0, 3e-9), 3), "0e0 1e-9 2e-9 3e-9");
    }

    #[test]
    fn powers_of_ten() {
        let mut axis = of_numbers(1.0, 1e6);
        axis.is_log = true;
        assert_eq!(labels(&axis, 7), "1 10 100 1,000 10,000 100,000 1,000,000");
        assert_eq!(labels(&axis, 3), "1 100 10,000 1,000,000");
        (axis.min, axis.max) = (1.0, 50.0);
        assert_eq!(labels(&axis, 7), "1 2 5 10 20 50");
    }

    #[test]
    fn times_begin_units() {
        let axis = of_times("2024-06-30T10:07:00Z", "2024-06-30T11:02:00Z");
        assert_eq!(labels(&axis, 6), "10:10 10:20 10:30 10:40 10:50 11:00");
        assert_eq!(context(&axis), "30 Jun 2024 UTC");
        let axis = of_times("2024-06-30T20:00:00Z", "2024-07-01T08:00:00Z");
        assert_eq!(labels(&axis, 6), "20:00 22:00 1 Jul 02:00 04:00 06:00 08:00");
        assert_eq!(context(&axis), "2024 UTC");
        // Weeks begin on Mondays.
        let axis = of_times("2024-06-01T00:00:00Z", "2024-07-01T00:00:00Z");
        assert_eq!(labels(&axis, 5), "3 Jun 10 Jun 17 Jun 24 Jun 1 Jul");
        let axis = of_times("2023-11-15T00:00:00Z", "2024-04-02T00:00:00Z");
        assert_eq!(labels(&axis, 6), "Dec 2024 Feb Mar Apr");
        let axis = of_times("0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z");
        assert_eq!(labels(&axis, 5), "2000 4000 6000 8000");
        let axis = of_times("2024-06-30T10:00:00Z", "2024-06-30T10:00:00.02Z");
        assert_eq!(labels(&axis, 4), "10:00:00.000 10:00:00.005 10:00:00.010 10:00:00.015 10:00:00.020");
    }

    #[test]
    fn spans_have_units() {
        let axis = Axis::over(String::new(), Measure::Span, [0.0, 90.0 * MINUTE as f64].into_iter());
        assert_eq!(labels(&axis, 4), "0 30m 1h 1.5h");
    }
}
