//! Converts a cell as it stands in the data to a value of its column's type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::types::{Bag, DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// A cell as it stands in the data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RawCell<'t> {
    Null,
    Bool(bool),
    Long(i64),
    Real(f64),
    /// A number of JSON that is no long, as it is written: its type says how many of its digits stay.
    Number(Cow<'t, str>),
    /// A JSON string, or any field of a CSV file.
    Text(Cow<'t, str>),
    /// An array or an object.
    Nested(Dynamic),
}

/// How cells are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CellRules {
    /// All cells are texts, as in CSV; then a dynamic is read from any JSON text.
    pub plain: bool,
    /// In dates with slashes or points the day comes first.
    pub day_first: bool,
    /// A comma stands before the fraction of a number.
    pub decimal_comma: bool,
}

/// A cell that fits its column.
pub(super) enum TypedCell<'t> {
    Text(Cow<'t, str>),
    Value(Value),
}

impl<'t> RawCell<'t> {
    /// Converts the cell to a value of a type; `None` if it is not one.
    ///
    /// Lenient where nothing is lost: `"42"` is a long, `5.0` too, and a number is a text. An empty text is null.
    pub(super) fn fit(&self, data_type: ScalarType, rules: CellRules) -> Option<TypedCell<'t>> {
        let value = match (self, data_type) {
            (Self::Null, _) => Value::Null,
            (Self::Text(text), ScalarType::String) => return Some(TypedCell::Text(text.clone())),
            (Self::Text(text), _) => text_as(text, data_type, rules)?,
            (Self::Bool(it), ScalarType::Bool) => Value::Bool(*it),
            (Self::Long(n @ (0 | 1)), ScalarType::Bool) => Value::Bool(*n == 1),
            (Self::Long(n), ScalarType::Long) => Value::Long(*n),
            (Self::Long(n), ScalarType::Int) => Value::Int(i32::try_from(*n).ok()?),
            (Self::Long(n), ScalarType::Real) => Value::Real(*n as f64),
            (Self::Long(n), ScalarType::Decimal) => Value::Decimal(Decimal::from(*n)),
            (Self::Number(text), ScalarType::Decimal) => Value::Decimal(decimal(text)?),
            // All of the digits, and as they are written.
            (Self::Number(text), ScalarType::String) => return Some(TypedCell::Text(text.clone())),
            (Self::Number(text), _) if data_type != ScalarType::Dynamic => {
                return RawCell::Real(text.parse().ok()?).fit(data_type, rules);
            }
            (Self::Real(x), ScalarType::Real) => Value::Real(*x),
            (Self::Real(x), ScalarType::Decimal) => Value::Decimal(Decimal::from_real(*x)?),
            (Self::Real(x), ScalarType::Long | ScalarType::Int)
                if x.fract() == 0.0 && x.abs() < MAX_EXACT =>
            {
                return RawCell::Long(*x as i64).fit(data_type, rules);
            }
            (_, ScalarType::Dynamic) => Value::Dynamic(self.to_dynamic()),
            (_, ScalarType::String) => return Some(TypedCell::Text(self.to_text())),
            _ => return None,
        };
        Some(TypedCell::Value(value))
    }

    /// The cell as text, for messages and for columns of strings.
    pub(super) fn to_text(&self) -> Cow<'t, str> {
        match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Null => Cow::Borrowed(""),
            Self::Real(number) if !number.is_finite() => {
                Cow::Owned(Value::Real(*number).to_text().to_string())
            }
            _ => Cow::Owned(self.to_dynamic().to_json()),
        }
    }

    fn to_dynamic(&self) -> Dynamic {
        match self {
            Self::Null => Dynamic::Null,
            Self::Bool(it) => Dynamic::Bool(*it),
            Self::Long(it) => Dynamic::Long(*it),
            Self::Real(it) => Dynamic::Real(*it),
            Self::Number(text) if is_whole(text) => {
                decimal(text).map_or_else(|| Dynamic::string(text), Dynamic::Decimal)
            }
            Self::Number(text) => text.parse().map_or(Dynamic::Null, Dynamic::Real),
            Self::Text(it) => Dynamic::string(it),
            Self::Nested(it) => it.clone(),
        }
    }
}

/// Says whether a number of JSON is written with digits alone.
pub(super) fn is_whole(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// A number of JSON as a decimal: whole numbers with all of their digits or not at all, others as near as there is one.
pub(super) fn decimal(number: &str) -> Option<Decimal> {
    match Decimal::parse(number) {
        Some(decimal) => Some(decimal),
        None if is_whole(number) => None,
        None => Decimal::from_real(number.parse().ok()?),
    }
}

/// Below this every integer is a real of its own (2^53).
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Converts a text to a value of a type other than string.
fn text_as(text: &str, data_type: ScalarType, rules: CellRules) -> Option<Value> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    let value = match data_type {
        ScalarType::Dynamic => Value::Dynamic(
            // Exports often hold arrays and objects as text.
            if rules.plain || text.starts_with(['{', '[']) {
                Dynamic::parse(text)
            } else {
                Dynamic::string(text)
            },
        ),
        ScalarType::DateTime => {
            let found = parse_iso_datetime(text.as_bytes()).or_else(|| other_datetime(text, rules));
            Value::DateTime(found.or_else(|| epoch_seconds(text).filter(|_| rules.plain))?)
        }
        ScalarType::Long => match text.parse() {
            Ok(n) => Value::Long(n),
            Err(_) => Value::string(text).convert(data_type),
        },
        // Zeek writes them so.
        ScalarType::Bool if rules.plain && matches!(text, "T" | "F") => Value::Bool(text == "T"),
        ScalarType::Guid => Value::Guid(Guid::parse(text)?),
        ScalarType::Real | ScalarType::Decimal if rules.decimal_comma => {
            Value::string(&with_point(text)).convert(data_type)
        }
        _ => Value::string(text).convert(data_type),
    };
    (value != Value::Null).then_some(value)
}

/// A number with a point in place of its comma. Points before it stood between thousands.
pub(super) fn with_point(text: &str) -> String {
    if text.contains(',') { text.replace('.', "").replace(',', ".") } else { text.to_owned() }
}

/// Reads an instant that is not written as ISO 8601 has it, such as `6/30/2024, 11:50:00.123 AM` of a portal.
fn other_datetime(text: &str, rules: CellRules) -> Option<DateTime> {
    let Some((first, second, rest)) = slashed(text) else { return DateTime::parse(text) };
    let (month, day) = if rules.day_first { (second, first) } else { (first, second) };
    DateTime::parse(&format!("{month}/{day}/{}", rest.replacen(", ", " ", 1)))
}

/// Reads the seconds since 1970 with their parts, as logs of Zeek have them: `1719748211.315110`.
fn epoch_seconds(text: &str) -> Option<DateTime> {
    let (seconds, parts) = text.split_once('.')?;
    let is_number = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if !matches!(seconds.len(), 9 | 10)
        || !matches!(parts.len(), 1..=9)
        || !is_number(seconds)
        || !is_number(parts)
    {
        return None;
    }
    let parts = parts.get(..7).unwrap_or(parts);
    let ticks = parts.parse::<i64>().ok()? * 10_i64.pow(7 - parts.len() as u32);
    DateTime::UNIX_EPOCH.checked_add(TimeSpan(seconds.parse::<i64>().ok()? * TimeSpan::SECOND + ticks))
}

/// The first two numbers of a date with slashes, or points, and what follows them.
fn slashed(text: &str) -> Option<(&str, &str, &str)> {
    let mut parts = text.splitn(3, ['/', '.']);
    let (first, second, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|it| it.is_ascii_digit());
    (is_number(first) && is_number(second) && rest.starts_with(|it: char| it.is_ascii_digit()))
        .then_some((first, second, rest))
}

/// Says whether a date can be one only if its day comes first.
pub(super) fn is_day_first(text: &str) -> bool {
    slashed(text)
        .and_then(|(first, _, _)| first.parse().ok())
        .is_some_and(|first: u8| (13..=31).contains(&first))
}

/// Reads ISO 8601 alone: `2024-06-30`, `2024-06-30T12:00`, `2024-06-30T12:00:00.123Z`, `2024-06-30 12:00:00+02:00`.
pub(super) fn parse_iso_datetime(bytes: &[u8]) -> Option<DateTime> {
    // Logs mostly have one of two forms.
    if let Some((start, end)) = bytes.split_first_chunk::<19>()
        && let Some(instant) = fixed_datetime(start)
    {
        match end {
            b"Z" | b"" => return Some(instant),
            [b'.', digits @ .., b'Z'] if matches!(digits.len(), 1..=7) => {
                let ticks = digits.iter().try_fold(0_i64, |ticks, digit| {
                    digit.is_ascii_digit().then(|| ticks * 10 + i64::from(digit - b'0'))
                })?;
                return instant.checked_add(TimeSpan(ticks * 10_i64.pow(7 - digits.len() as u32)));
            }
            _ => {}
        }
    }
    let digits = |from: usize, count: usize| -> Option<i64> {
        bytes.get(from..from + count)?.iter().try_fold(0_i64, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
        })
    };
    let is = |at: usize, wanted: u8| bytes.get(at) == Some(&wanted);
    if !is(4, b'-') || !is(7, b'-') {
        return None;
    }
    let date = DateTime::from_ymd(digits(0, 4)? as i32, digits(5, 2)? as u32, digits(8, 2)? as u32)?;
    if bytes.len() == 10 {
        return Some(date);
    }
    if !(is(10, b'T') || is(10, b' ') || is(10, b't')) || !is(13, b':') {
        return None;
    }
    let (hours, minutes) = (digits(11, 2)?, digits(14, 2)?);
    let (mut seconds, mut fraction, mut at) = (0, 0, 16);
    if is(at, b':') {
        seconds = digits(17, 2)?;
        at = 19;
        if is(at, b'.') || is(at, b',') {
            let count = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let kept = count.min(7);
            if count == 0 {
                return None;
            }
            fraction = digits(at + 1, kept)? * 10_i64.pow(7 - kept as u32);
            at += 1 + count;
        }
    }
    let offset = offset_minutes(bytes.get(at..)?)?;
    if hours > 23 || minutes > 59 || seconds > 59 || offset.abs() > 14 * 60 {
        return None;
    }
    let ticks = hours * TimeSpan::HOUR + (minutes - offset) * TimeSpan::MINUTE;
    date.checked_add(TimeSpan(ticks + seconds * TimeSpan::SECOND + fraction))
}

/// The minutes by which the zone that stands behind a time is ahead of UTC; none is UTC.
fn offset_minutes(zone: &[u8]) -> Option<i64> {
    let zone = zone.strip_prefix(b" ").filter(|zone| !zone.is_empty()).unwrap_or(zone);
    // Go writes both.
    let zone = zone.strip_suffix(b" UTC").unwrap_or(zone);
    let (sign, digits) = match zone {
        b"" | b"Z" | b"z" | b"UTC" | b"GMT" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let number = |tens: u8, ones: u8| {
        let all = tens.is_ascii_digit() && ones.is_ascii_digit();
        all.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (hours, minutes) = match *digits {
        [a, b] => (number(a, b)?, 0),
        [a, b, c, d] | [a, b, b':', c, d] => (number(a, b)?, number(c, d)?),
        _ => return None,
    };
    Some(sign * (hours * 60 + minutes))
}

/// Reads `2024-06-30T12:00:00`, digit by digit.
#[inline]
fn fixed_datetime(text: &[u8; 19]) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = *text
    else {
        return None;
    };
    let mut wrong = false;
    let mut pair = |tens: u8, ones: u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        wrong |= (tens > 9) | (ones > 9);
        u32::from(tens) * 10 + u32::from(ones)
    };
    let (year, month, day) = (pair(y1, y2) * 100 + pair(y3, y4), pair(m1, m2), pair(d1, d2));
    let (hours, minutes, seconds) = (pair(h1, h2), pair(n1, n2), pair(s1, s2));
    if wrong {
        return None;
    }
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let date = DateTime::from_ymd(year as i32, month, day)?;
    let seconds = i64::from(hours * 3600 + minutes * 60 + seconds);
    date.checked_add(TimeSpan(seconds * TimeSpan::SECOND))
}

impl<'de> Deserialize<'de> for RawCell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CellVisitor;
        impl<'de> Visitor<'de> for CellVisitor {
            type Value = RawCell<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<RawCell<'de>, E> {
                Ok(RawCell::Null)
            }
            fn visit_bool<E>(self, it: bool) -> Result<RawCell<'de>, E> {
                Ok(RawCell::Bool(it))
            }
            fn visit_i64<E>(self, it: i64) -> Result<RawCell<'de>, E> {
                Ok(RawCell::Long(it))
            }
            fn visit_u64<E: serde::de::Error>(self, it: u64) -> Result<RawCell<'de>, E> {
                i64::try_from(it).map(RawCell::Long).map_err(E::custom)
            }
            fn visit_borrowed_str<E>(self, it: &'de str) -> Result<RawCell<'de>, E> {
                Ok(RawCell::Text(Cow::Borrowed(it)))
            }
            fn visit_str<E>(self, it: &str) -> Result<RawCell<'de>, E> {
                Ok(RawCell::Text(Cow::Owned(it.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawCell<'de>, A::Error> {
                let mut out = Vec::new();
                while let Some(item) = items.next_element()? {
                    out.push(item);
                }
                Ok(RawCell::Nested(Dynamic::array(out)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawCell<'de>, A::Error> {
                let mut out = Bag::new();
                while let Some((key, value)) = members.next_entry::<String, Dynamic>()? {
                    out.insert(key.into(), value);
                }
                Ok(RawCell::Nested(Dynamic::bag(out)))
            }
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            // What a reader of numbers makes of them has lost digits.
            return match (raw.parse(), raw.parse::<f64>()) {
                (Ok(n), _) => Ok(RawCell::Long(n)),
                (_, Ok(real)) if real.is_finite() => Ok(RawCell::Number(Cow::Borrowed(raw))),
                _ => Err(D::Error::custom("number out of range")),
            };
        }
        serde_json::Deserializer::from_str(raw).deserialize_any(CellVisitor).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_alone_is_read() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                parse_iso_datetime(text.as_bytes()).map(DateTime::to_short_string).as_deref(),
                expected,
                "{text}"
            );
        };
        check("2024-06-30", Some("2024-06-30T00:00:00Z"));
        check("2024-06-30T12:00", Some("2024-06-30T12:00:00Z"));
        check("2024-06-30 12:00:00", Some("2024-06-30T12:00:00Z"));
        check("2024-06-30T12:00:00.1234567Z", Some("2024-06-30T12:00:00.1234567Z"));
        check("2024-06-30T12:00:00.123456789Z", Some("2024-06-30T12:00:00.1234567Z"));
        check("2024-06-30T12:00:00+02:00", Some("2024-06-30T10:00:00Z"));
        check("2024-06-30T00:30:00+01:00", Some("2024-06-29T23:30:00Z"));
        check("2024-06-30T11:50:11.315110+0000", Some("2024-06-30T11:50:11.31511Z"));
        check("2024-06-30T00:30:00-0130", Some("2024-06-30T02:00:00Z"));
        check("2024-06-30 11:50:11,5", Some("2024-06-30T11:50:11.5Z"));
        for zone in [" UTC", " GMT", "z", " Z", "+00", " +0000", " +00:00", " +0000 UTC"] {
            check(&format!("2024-06-30 11:50:11{zone}"), Some("2024-06-30T11:50:11Z"));
        }
        check("2024-06-30t11:50:11.5z", Some("2024-06-30T11:50:11.5Z"));
        for odd in [" ", " CET", "+0", "+000", "+00000", "+x0", "UTC+1"] {
            check(&format!("2024-06-30 11:50:11{odd}"), None);
        }
        check("2024-06-31", None);
        check("2024-06-30T24:00:00", None);
        check("2024-06-30T12", None);
        check("06/30/2024", None);
        check("20240630", None);
        check("2024-06-30T12:00:00.Z", None);
        check("2024-06-30x", None);
        check("2024-06-é0", None);
    }

    #[test]
    fn what_fits_and_what_does_not() {
        let text = |text: &'static str| RawCell::Text(Cow::Borrowed(text));
        let check = |cell: RawCell<'static>, data_type: ScalarType, expected: Option<Value>| {
            let found = cell.fit(data_type, CellRules::default()).map(|fit| match fit {
                TypedCell::Text(text) => Value::string(&text),
                TypedCell::Value(value) => value,
            });
            assert_eq!(found, expected, "{cell:?} as {data_type}");
        };
        check(text("42"), ScalarType::Long, Some(Value::Long(42)));
        check(text("forty"), ScalarType::Long, None);
        check(text(""), ScalarType::Long, Some(Value::Null));
        check(RawCell::Long(3_000_000_000), ScalarType::Int, None);
        check(RawCell::Real(5.0), ScalarType::Long, Some(Value::Long(5)));
        check(RawCell::Real(5.5), ScalarType::Long, None);
        check(RawCell::Long(5), ScalarType::String, Some(Value::string("5")));
        check(RawCell::Long(5), ScalarType::DateTime, None);
        check(RawCell::Bool(true), ScalarType::Long, None);
        check(RawCell::Long(1), ScalarType::Bool, Some(Value::Bool(true)));
        check(RawCell::Long(2), ScalarType::Bool, None);
        check(text("yesterday"), ScalarType::DateTime, None);
        let portal = DateTime::parse("2024-06-30T11:50:00.123Z").map(Value::DateTime);
        check(text("6/30/2024, 11:50:00.123 AM"), ScalarType::DateTime, portal.clone());
        check(text("30/6/2024, 11:50:00.123"), ScalarType::DateTime, None);
        let rules = CellRules { day_first: true, decimal_comma: true, ..CellRules::default() };
        for written in ["30/6/2024, 11:50:00.123", "30.06.2024 11:50:00.123"] {
            assert_eq!(text_as(written, ScalarType::DateTime, rules), portal, "{written}");
        }
        assert_eq!(text_as("1.234,5", ScalarType::Real, rules), Some(Value::Real(1234.5)));
        check(text("a"), ScalarType::Dynamic, Some(Value::Dynamic(Dynamic::string("a"))));
        check(text("[1]"), ScalarType::Dynamic, Some(Value::Dynamic(Dynamic::array(vec![Dynamic::Long(1)]))));
    }
}
