//! Values as people read them: numbers with separators, times without what is zero, spans in their unit. It must not know where they stand.

use kqlite::{DateTime, TimeSpan};

use crate::axis::{Axis, Measure};

/// A value of an axis, whole.
pub(crate) fn value(axis: &Axis, value: f64) -> String {
    match axis.measure {
        Measure::Number => number(value),
        Measure::Span => span(value),
        Measure::Time => time(axis.origin, value),
        Measure::Category => category(axis, value).to_owned(),
    }
}

/// The text at a place of an axis of categories.
pub(crate) fn category(axis: &Axis, value: f64) -> &str {
    axis.categories.get(value as usize).map_or("", String::as_str)
}

/// The instant that is so many ticks behind an origin.
pub(crate) fn instant(origin: i64, ticks: f64) -> DateTime {
    DateTime::from_ticks(origin.saturating_add(ticks as i64)).unwrap_or(DateTime::UNIX_EPOCH)
}

fn time(origin: i64, ticks: f64) -> String {
    let text = instant(origin, ticks).to_short_string();
    let text = text.trim_end_matches('Z').replace('T', " ");
    text.strip_suffix(" 00:00:00").map(str::to_owned).unwrap_or(text)
}

/// A note on what is left out: `left out: 2 values below zero`.
pub(crate) fn left_out(count: usize, what: &str, why: &str) -> String {
    // The plural of 'series' is the same.
    let s = if count == 1 || what.ends_with('s') { "" } else { "s" };
    format!("left out: {} {what}{s} {why}", with_separators(&count.to_string()))
}

/// A number in about six digits, or all of an integer that is not too long.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if value == value.trunc() && size < 1e15 {
        return with_separators(&format!("{value:.0}"));
    }
    if !(1e-4..1e15).contains(&size) {
        return exponent(value, 3);
    }
    let digits = (4 - size.log10().floor() as i32).clamp(0, 8) as usize;
    with_separators(trimmed(&format!("{value:.digits$}")))
}

/// A number with so many digits behind the point, in its shortest form: `1.5e9`.
pub(crate) fn exponent(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", trimmed(mantissa)),
        None => text,
    }
}

/// The number without zeros at the end of its fraction.
pub(crate) fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Commas between the thousands: `-1,234.5`.
pub(crate) fn with_separators(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, it)| (whole, Some(it)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    // No number is less than nothing by nothing.
    if out == "-0" { "0".to_owned() } else { out }
}

/// A span in the largest unit that gives at least 1: `1.5h`.
pub(crate) fn span(ticks: f64) -> String {
    let units = [
        ("d", TimeSpan::DAY),
        ("h", TimeSpan::HOUR),
        ("m", TimeSpan::MINUTE),
        ("s", TimeSpan::SECOND),
        ("ms", TimeSpan::SECOND / 1000),
    ];
    let (name, unit) = units
        .into_iter()
        .find(|(_, unit)| ticks.abs() >= *unit as f64)
        .unwrap_or(("ms", TimeSpan::SECOND / 1000));
    if ticks == 0.0 { "0".to_owned() } else { format!("{}{name}", number(ticks / unit as f64)) }
}
