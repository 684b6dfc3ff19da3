//! Instants, timespans and sizes as text by a pattern. It must not know how text becomes an instant.

use crate::column::{Column, DateTimeType, StringBuilder, StringType, TimeSpanType};
use crate::function::kinds::{DATETIME, NUMBER, STRING, TIMESPAN, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ResultName, ScalarFunction, signatures};
use crate::types::{Civil, DateTime, ScalarType, TimeSpan, Value};

const BASE: ScalarFunction = ScalarFunction {
    category: Category::DateTime,
    result_name: ResultName::FirstArgument,
    ..ScalarFunction::DEFAULT
};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "format_datetime",
        summary: "An instant as text by a pattern of y, M, d, h, H, m, s, f, F and tt.",
        signatures: signatures![(date: DATETIME, format: STRING.literal()) -> returns::STRING],
        kernel: Kernel::Rows(format_datetime),
        examples: &[
            Example {
                query: "format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [HH:mm:ss]')",
                result: "\"17-01-29 [09:00:05]\"",
            },
            Example {
                query: "format_datetime(datetime(2017-01-29 09:00:05), 'yyyy-M-dd [h:mm:ss tt]')",
                result: "\"2017-1-29 [9:00:05 AM]\"",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "format_timespan",
        summary: "A timespan as text by a pattern of d, H, h, m, s, f and F; a negative one gets a leading minus.",
        signatures: signatures![(timespan: TIMESPAN, format: STRING.literal()) -> returns::STRING],
        kernel: Kernel::Rows(format_timespan),
        examples: &[
            Example {
                query: "format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss:FF')",
                result: "\"29.09:00:05:12\"",
            },
            Example {
                query: "format_timespan(time(29.09:00:05.12345), 'ddd.h:mm:ss [fffffff]')",
                result: "\"029.9:00:05 [1234500]\"",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "format_bytes",
        summary: "A number of bytes as text with a unit of 1024 bytes, 1024 of those, and so on.",
        signatures: signatures![
            (size: NUMBER, precision: NUMBER.constant().optional(), format: STRING.constant().optional())
                -> returns::STRING
        ],
        kernel: Kernel::Rows(format_bytes),
        examples: &[
            Example { query: "format_bytes(564)", result: "\"564 Bytes\"" },
            Example { query: "format_bytes(20010332, 2)", result: "\"19.08 MB\"" },
            Example { query: "format_bytes(20010332, 0, 'KB')", result: "\"19541 KB\"" },
        ],
        ..BASE
    },
];

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FormatPart {
    /// A character that stands for itself.
    Text(char),
    /// A field's letter and how often it is repeated.
    Field(char, usize),
}

const SEPARATORS: &[char] = &[' ', '/', '-', ':', ',', '.', '_', '[', ']'];

/// Splits a pattern; `fields` gives the lengths that a letter may have, longest first.
///
/// A longer run is several fields: the engine prints `ddd` as `dd` and `d`.
fn pieces(call: &Call<'_>, fields: fn(char) -> &'static [usize]) -> Result<Vec<FormatPart>> {
    let pattern = match call.arguments.get(1) {
        Some(_) => call.constant_str(1).ok_or_else(|| call.fail("the format must be a literal"))?,
        None => "",
    };
    let mut found = Vec::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if SEPARATORS.contains(&letter) {
            found.push(FormatPart::Text(letter));
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        let run = rest.len() - rest.trim_start_matches(letter).len();
        let length = fields(letter).iter().copied().find(|length| *length <= run);
        let refused =
            || call.fail(format!("the format '{pattern}' holds '{letter}', which is not supported"));
        let length = length.ok_or_else(refused)?;
        // More than seven digits of a fraction have no known form.
        if matches!(letter, 'f' | 'F') && run > 7 {
            return Err(refused());
        }
        found.push(FormatPart::Field(letter, length));
        rest = &rest[length..];
    }
    Ok(found)
}

fn put_number(out: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    while number > 0 || first == digits.len() {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    let first = first.min(digits.len().saturating_sub(width));
    out.push_str(std::str::from_utf8(digits.get(first..).unwrap_or_default()).unwrap_or_default());
}

/// The first `width` digits of a fraction of a second, zeros at the end kept or cut.
fn put_fraction(out: &mut String, ticks: u64, width: usize, cut: bool) {
    let start = out.len();
    put_number(out, ticks, 7);
    out.truncate(start + width.min(7));
    if cut {
        let kept = out.trim_end_matches('0').len().max(start);
        out.truncate(kept);
    }
}

/// Texts made one after the other in one buffer; empty for nulls.
fn texts(count: usize, mut put: impl FnMut(&mut String, usize)) -> Column {
    let mut builder = StringBuilder::with_capacity(count);
    let mut text = String::with_capacity(32);
    for row in 0..count {
        text.clear();
        put(&mut text, row);
        builder.push(&text);
    }
    Column::String(builder.finish())
}

fn format_datetime(call: &Call<'_>) -> Result<Column> {
    let pieces = pieces(call, |letter| match letter {
        'y' => &[4, 2, 1],
        'M' | 'd' | 'h' | 'H' | 'm' | 's' => &[2, 1],
        't' => &[2],
        'f' | 'F' => &[7, 6, 5, 4, 3, 2, 1],
        _ => &[],
    })?;
    if let Column::DateTime(cells) = call.argument(0)? {
        return Ok(texts(cells.len(), |out, row| {
            if let Some(ticks) = cells.get(row) {
                put_datetime(out, DateTime(ticks), &pieces);
            }
        }));
    }
    call.map1::<DateTimeType, StringType>(|at| {
        let mut out = String::new();
        put_datetime(&mut out, at, &pieces);
        Some(out)
    })
}

fn put_datetime(out: &mut String, at: DateTime, pieces: &[FormatPart]) {
    let date = Civil::from_days(at.0.div_euclid(TimeSpan::DAY));
    let ticks = at.time_of_day().0.unsigned_abs();
    let within = |unit: i64, count: u64| ticks / unit.unsigned_abs() % count;
    let (year, month, day) = (date.year.unsigned_abs(), date.month.unsigned_abs(), date.day.unsigned_abs());
    let hour = within(TimeSpan::HOUR, 24);
    for piece in pieces {
        match *piece {
            FormatPart::Text(letter) => out.push(letter),
            FormatPart::Field('y', 4) => put_number(out, year, 4),
            FormatPart::Field('y', width) => put_number(out, year % 100, width),
            FormatPart::Field('M', width) => put_number(out, month, width),
            FormatPart::Field('d', width) => put_number(out, day, width),
            FormatPart::Field('h', width) => put_number(out, (hour + 11) % 12 + 1, width),
            FormatPart::Field('H', width) => put_number(out, hour, width),
            FormatPart::Field('t', _) => out.push_str(if hour < 12 { "AM" } else { "PM" }),
            FormatPart::Field(letter, width) => put_clock(out, ticks, letter, width),
        }
    }
}

/// The fields that instants and timespans share.
fn put_clock(out: &mut String, ticks: u64, letter: char, width: usize) {
    let within = |unit: i64, count: u64| ticks / unit.unsigned_abs() % count;
    match letter {
        'm' => put_number(out, within(TimeSpan::MINUTE, 60), width),
        's' => put_number(out, within(TimeSpan::SECOND, 60), width),
        'f' => put_fraction(out, within(1, TimeSpan::SECOND.unsigned_abs()), width, false),
        'F' => put_fraction(out, within(1, TimeSpan::SECOND.unsigned_abs()), width, true),
        _ => {}
    }
}

fn format_timespan(call: &Call<'_>) -> Result<Column> {
    let pieces = pieces(call, |letter| match letter {
        'd' => &[8, 7, 6, 5, 4, 3, 2, 1],
        'h' | 'H' | 'm' | 's' => &[2, 1],
        'f' | 'F' => &[7, 6, 5, 4, 3, 2, 1],
        _ => &[],
    })?;
    if let Column::TimeSpan(cells) = call.argument(0)? {
        return Ok(texts(cells.len(), |out, row| {
            if let Some(ticks) = cells.get(row) {
                put_timespan(out, TimeSpan(ticks), &pieces);
            }
        }));
    }
    call.map1::<TimeSpanType, StringType>(|span| {
        let mut out = String::new();
        put_timespan(&mut out, span, &pieces);
        Some(out)
    })
}

fn put_timespan(out: &mut String, span: TimeSpan, pieces: &[FormatPart]) {
    let ticks = span.0.unsigned_abs();
    if span.0 < 0 {
        out.push('-');
    }
    for piece in pieces {
        match *piece {
            FormatPart::Text(letter) => out.push(letter),
            FormatPart::Field('d', width) => put_number(out, ticks / TimeSpan::DAY.unsigned_abs(), width),
            FormatPart::Field('h' | 'H', width) => {
                put_number(out, ticks / TimeSpan::HOUR.unsigned_abs() % 24, width);
            }
            FormatPart::Field(letter, width) => put_clock(out, ticks, letter, width),
        }
    }
}

const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

fn format_bytes(call: &Call<'_>) -> Result<Column> {
    let digits = match call.constant(1).map(|value| value.convert(ScalarType::Long)) {
        None => 0,
        Some(Value::Long(digits)) if (0..=15).contains(&digits) => digits as usize,
        Some(_) => return Err(call.fail("the precision must be from 0 to 15")),
    };
    let unit = match call.constant_str(2).unwrap_or_default() {
        "" => None,
        name => match UNITS.iter().position(|unit| *unit == name) {
            Some(at) => Some(at),
            None => return Err(call.fail(format!("'{name}' is no unit; units are {}", UNITS.join(", ")))),
        },
    };
    let sizes = call.argument_as(0, ScalarType::Real)?;
    let print = |size: f64| -> Result<String> {
        if !size.is_finite() {
            call.doubt("a size that is not finite", "the result is empty", size)?;
            return Ok(String::new());
        }
        let unit =
            unit.unwrap_or_else(|| (1..UNITS.len()).rev().find(|&at| size.abs() >= scale(at)).unwrap_or(0));
        let text = format!("{:.*}", digits, round(size / scale(unit), digits));
        // The page says that the number is rounded, not how it is written: 1.50 rounded is 1.5.
        let (text, zeros) = match digits {
            0 => (text.as_str(), false),
            _ => (text.trim_end_matches('0').trim_end_matches('.'), text.ends_with('0')),
        };
        if size < 0.0 {
            // There is one kind of doubt a row; the zeros are the lesser one.
            call.doubt("a negative size", "it is written as its amount, after a minus", size)?;
        } else if zeros {
            let about = "a size whose digits end in zeros at the precision";
            call.doubt(about, "zeros at the end of the fraction are left out", size)?;
        }
        Ok(format!("{text} {}", UNITS[unit]))
    };
    let text = |size: Option<f64>| size.map_or_else(|| Ok(String::new()), print);
    if let Some(value) = sizes.as_constant() {
        return Ok(Column::constant(Value::string(&text(value.as_real())?), ScalarType::String, call.rows));
    }
    let texts = sizes.values().map(|value| text(value.as_real())).collect::<Result<Vec<_>>>()?;
    Ok(Column::String(texts.iter().map(String::as_str).collect()))
}

/// Bytes in a unit.
fn scale(unit: usize) -> f64 {
    1024_f64.powi(unit as i32)
}

/// Rounds halves away from zero.
fn round(number: f64, digits: usize) -> f64 {
    let unit = 10_f64.powi(digits as i32);
    (number * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call_all, doubted, find};

    /// A call whose arguments after the first are constant; `None` if it is refused.
    fn run(name: &str, arguments: &[Value]) -> Option<String> {
        let columns: Vec<Column> = arguments
            .iter()
            .map(|value| {
                Column::constant(value.clone(), value.scalar_type().unwrap_or(ScalarType::DateTime), 1)
            })
            .collect();
        let by_row = [&[columns[0].to_flat()], &columns[1..]].concat();
        let found = call_all(find(FUNCTIONS, name), &columns).ok()?[0].value(0);
        assert_eq!(call_all(find(FUNCTIONS, name), &by_row).unwrap()[0].value(0), found);
        found.as_str().map(str::to_owned)
    }

    #[track_caller]
    fn datetime(at: &str, format: &str, expected: Option<&str>) {
        let at = DateTime::parse(at).map_or(Value::Null, Value::DateTime);
        assert_eq!(run("format_datetime", &[at, format.into()]).as_deref(), expected, "{format}");
    }

    #[track_caller]
    fn timespan(span: &str, format: &str, expected: Option<&str>) {
        let span = TimeSpan::parse(span).unwrap().into();
        assert_eq!(run("format_timespan", &[span, format.into()]).as_deref(), expected, "{format}");
    }

    // Expectations: Microsoft's pages of the functions and recorded answers.
    #[test]
    fn formats_instants() {
        let when = "2009-06-15T13:45:30.6175420";
        datetime("2017-01-29 09:00:05", "yy-MM-dd [HH:mm:ss]", Some("17-01-29 [09:00:05]"));
        datetime("2017-01-29 09:00:05", "yy-MM-dd [hh:mm:ss tt]", Some("17-01-29 [09:00:05 AM]"));
        datetime(when, "h:m:s tt", Some("1:45:30 PM"));
        datetime(when, "f ff fff FFFFFFF fffffff", Some("6 61 617 617542 6175420"));
        datetime("0001-01-01", "y yy yyyy h F", Some("1 01 0001 12 "));
        datetime("2020-01-05", "ddd", Some("055"));
        datetime("2020-01-05", "dddd", Some("0505"));
        datetime("2020-01-05", "MMM y", Some("011 20"));
        datetime("null", "yyyy", Some(""));
        for refused in ["yyyy-MM-ddTHH:mm:ss", "zzz", "K", "t", "é", "ffffffff"] {
            datetime(when, refused, None);
        }
    }

    #[test]
    fn formats_timespans() {
        timespan("29.09:00:05.12345", "dd.hh:mm:ss:FF", Some("29.09:00:05:12"));
        timespan("29.09:00:05.12345", "ddd.h:mm:ss [fffffff]", Some("029.9:00:05 [1234500]"));
        timespan("-1.02:03:04", "d.hh:mm:ss", Some("-1.02:03:04"));
        timespan("15.13:45:30", "dddd H", Some("0015 13"));
        for refused in ["c", "g", "%d", "d\\.hh", "tt"] {
            timespan("1h", refused, None);
        }
    }

    #[test]
    fn formats_sizes() {
        let bytes = |size: i64, digits: i64, unit: &str| {
            run("format_bytes", &[size.into(), digits.into(), unit.into()])
        };
        assert_eq!(bytes(564, 0, "").as_deref(), Some("564 Bytes"));
        assert_eq!(bytes(10_332, 1, "").as_deref(), Some("10.1 KB"));
        assert_eq!(bytes(20_010_332, 0, "").as_deref(), Some("19 MB"));
        assert_eq!(bytes(20_010_332, 2, "").as_deref(), Some("19.08 MB"));
        assert_eq!(bytes(20_010_332, 0, "KB").as_deref(), Some("19541 KB"));
        for (size, digits, unit) in [(1, -1, ""), (1, 16, ""), (1, 0, "KiB")] {
            assert_eq!(bytes(size, digits, unit), None);
        }
    }

    #[test]
    fn sizes_in_doubt() {
        let sizes = |size: Value, digits: i64, expected: &str| {
            doubted(FUNCTIONS, "format_bytes", &[size, digits.into()], Value::from(expected));
        };
        sizes(1024_i64.into(), 2, "1 KB");
        sizes(1536_i64.into(), 2, "1.5 KB");
        sizes(100_i64.into(), 1, "100 Bytes");
        sizes((-2048_i64).into(), 0, "-2 KB");
        sizes(f64::NAN.into(), 0, "");
    }
}
