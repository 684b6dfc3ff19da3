//! One cell's value, and how it turns into another type.

use std::fmt;
use std::sync::Arc;

use super::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, format_real};

/// A cell: a value of one of the scalar types, or null.
///
/// A string is never null: a missing string is the empty one.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Null of any type but string.
    #[default]
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i32),
    /// `long`
    Long(i64),
    /// `real`
    Real(f64),
    /// `decimal`
    Decimal(Decimal),
    /// `string`
    String(Arc<str>),
    /// `datetime`
    DateTime(DateTime),
    /// `timespan`
    TimeSpan(TimeSpan),
    /// `guid`
    Guid(Guid),
    /// `dynamic`
    Dynamic(Dynamic),
}

impl Value {
    /// A string.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::String(text.into())
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let inner = match self {
            Self::String(text) => text.len(),
            Self::Dynamic(value) => value.byte_size(),
            _ => 0,
        };
        inner.saturating_add(size_of::<Self>())
    }

    /// What stands for a missing value of a type: the empty string for strings, null otherwise.
    #[must_use]
    pub fn null_of(data_type: ScalarType) -> Self {
        if data_type == ScalarType::String { Self::String("".into()) } else { Self::Null }
    }

    /// Null, or a dynamic null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::Dynamic(Dynamic::Null))
    }

    /// The type; `None` for null.
    #[must_use]
    pub const fn scalar_type(&self) -> Option<ScalarType> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => ScalarType::Bool,
            Self::Int(_) => ScalarType::Int,
            Self::Long(_) => ScalarType::Long,
            Self::Real(_) => ScalarType::Real,
            Self::Decimal(_) => ScalarType::Decimal,
            Self::String(_) => ScalarType::String,
            Self::DateTime(_) => ScalarType::DateTime,
            Self::TimeSpan(_) => ScalarType::TimeSpan,
            Self::Guid(_) => ScalarType::Guid,
            Self::Dynamic(_) => ScalarType::Dynamic,
        })
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// An `int` or `long` as 64 bits.
    #[must_use]
    pub const fn as_long(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n as i64),
            Self::Long(n) => Some(*n),
            _ => None,
        }
    }

    /// A number as a real.
    #[must_use]
    pub fn as_real(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(f64::from(*n)),
            Self::Long(n) => Some(*n as f64),
            Self::Real(n) => Some(*n),
            Self::Decimal(n) => Some(n.to_real()),
            _ => None,
        }
    }

    /// The value as `tostring` gives it.
    ///
    /// Null is the empty text; a bool is `True` or `False`; a real always shows a fraction.
    #[must_use]
    pub fn to_text(&self) -> Arc<str> {
        match self {
            Self::Null => "".into(),
            Self::Bool(it) => if *it { "True" } else { "False" }.into(),
            Self::Int(it) => it.to_string().into(),
            Self::Long(it) => it.to_string().into(),
            Self::Real(it) => format_real(*it).into(),
            Self::Decimal(it) => it.to_string().into(),
            Self::String(it) => it.clone(),
            Self::DateTime(it) => it.to_string().into(),
            Self::TimeSpan(it) => it.to_string().into(),
            Self::Guid(it) => it.to_string().into(),
            Self::Dynamic(Dynamic::String(it)) => it.clone(),
            Self::Dynamic(it) => it.to_text().into(),
        }
    }

    /// Appends the value as `tostring` gives it.
    pub fn write_text(&self, out: &mut String) {
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Int(it) => write!(out, "{it}"),
            Self::Long(it) => write!(out, "{it}"),
            Self::DateTime(it) => write!(out, "{it}"),
            Self::TimeSpan(it) => write!(out, "{it}"),
            Self::Guid(it) => write!(out, "{it}"),
            Self::Decimal(it) => write!(out, "{it}"),
            Self::Real(it) => out.write_str(&format_real(*it)),
            Self::Dynamic(Dynamic::Array(_) | Dynamic::Bag(_)) => {
                if let Self::Dynamic(it) = self {
                    it.write_json(out);
                }
                Ok(())
            }
            _ => out.write_str(&self.to_text()),
        };
    }

    /// The value in another type, by the rules of `tolong`, `todouble`, `todatetime` and their kin.
    ///
    /// What cannot be converted is null (the empty string for strings); it is never an error.
    /// Source: the conversion functions' pages and recorded answers.
    #[must_use]
    pub fn convert(&self, data_type: ScalarType) -> Value {
        if self.scalar_type() == Some(data_type) {
            return self.clone();
        }
        let found = match (self, data_type) {
            (Self::Null, _) => None,
            (Self::Dynamic(it), _) => return it.to_value(data_type),
            (_, ScalarType::String) => Some(Self::String(self.to_text())),
            (_, ScalarType::Dynamic) => Some(Self::Dynamic(Dynamic::from_value(self))),
            (Self::String(text), _) => return Self::from_text(text, data_type),
            (_, ScalarType::Bool) => self.to_bool().map(Self::Bool),
            (_, ScalarType::Long) => self.to_long().map(Self::Long),
            (_, ScalarType::Int) => self.to_int().map(Self::Int),
            (_, ScalarType::Real) => self.to_real().map(Self::Real),
            (_, ScalarType::Decimal) => self.to_decimal().map(Self::Decimal),
            (_, ScalarType::DateTime) => self.to_ticks().and_then(DateTime::from_ticks).map(Self::DateTime),
            (_, ScalarType::TimeSpan) => self.to_ticks().map(|ticks| Self::TimeSpan(TimeSpan(ticks))),
            (_, ScalarType::Guid) => None,
        };
        found.unwrap_or_else(|| Self::null_of(data_type))
    }

    /// A text as a value of a type, by the same rules.
    #[must_use]
    pub fn from_text(text: &str, data_type: ScalarType) -> Value {
        let found = match data_type {
            ScalarType::String => Some(Self::string(text)),
            ScalarType::Dynamic => Some(Self::Dynamic(Dynamic::string(text))),
            ScalarType::Bool if text.eq_ignore_ascii_case("true") => Some(Self::Bool(true)),
            ScalarType::Bool if text.eq_ignore_ascii_case("false") => Some(Self::Bool(false)),
            ScalarType::Bool => parse_integer(text).map(|n| Self::Bool(n != 0)),
            ScalarType::Int => parse_integer_within::<32>(text).map(|n| Self::Int(n as i32)),
            ScalarType::Long => parse_integer(text).map(Self::Long),
            ScalarType::Real => parse_real(text).map(Self::Real),
            ScalarType::Decimal => Decimal::parse(text).map(Self::Decimal),
            ScalarType::DateTime => DateTime::parse(text).map(Self::DateTime),
            ScalarType::TimeSpan => parse_timespan(text).map(Self::TimeSpan),
            ScalarType::Guid => Guid::parse(text).map(Self::Guid),
        };
        found.unwrap_or_else(|| Self::null_of(data_type))
    }

    fn to_bool(&self) -> Option<bool> {
        match self {
            Self::Int(n) => Some(*n != 0),
            Self::Long(n) => Some(*n != 0),
            Self::Real(n) => Some(*n != 0.0),
            Self::Decimal(n) => Some(*n != Decimal::default()),
            _ => None,
        }
    }

    fn to_long(&self) -> Option<i64> {
        match self {
            Self::Bool(it) => Some(i64::from(*it)),
            Self::Int(n) => Some(i64::from(*n)),
            Self::Long(n) => Some(*n),
            Self::Real(n) => truncate(*n),
            Self::Decimal(n) => truncate(n.to_real()),
            Self::DateTime(it) => Some(it.0),
            Self::TimeSpan(it) => Some(it.0),
            _ => None,
        }
    }

    fn to_int(&self) -> Option<i32> {
        match self {
            // A real saturates at 32 bits; an integer keeps its low 32 bits; text out of range is null.
            Self::Real(n) => truncate(*n).map(|n| n.clamp(i32::MIN.into(), i32::MAX.into()) as i32),
            Self::Decimal(n) => {
                truncate(n.to_real()).map(|n| n.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
            }
            _ => self.to_long().map(|n| n as i32),
        }
    }

    fn to_real(&self) -> Option<f64> {
        match self {
            Self::Bool(it) => Some(f64::from(u8::from(*it))),
            Self::Int(n) => Some(f64::from(*n)),
            Self::Long(n) => Some(*n as f64),
            Self::Decimal(n) => Some(n.to_real()),
            Self::DateTime(it) => Some(it.0 as f64),
            Self::TimeSpan(it) => Some(it.0 as f64),
            _ => None,
        }
    }

    fn to_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Real(n) => Decimal::from_real(*n),
            _ => self.to_long().map(Decimal::from),
        }
    }

    fn to_ticks(&self) -> Option<i64> {
        match self {
            Self::Bool(_) | Self::DateTime(_) | Self::Guid(_) => None,
            _ => self.to_long(),
        }
    }

    /// The value as JSON with KQL's own scalars as strings; datetimes in the short form of result tables.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Bool(it) => Json::Bool(*it),
            Self::Int(it) => Json::from(*it),
            Self::Long(it) => Json::from(*it),
            Self::Real(it) if it.is_nan() => Json::from("NaN"),
            Self::Real(it) if it.is_infinite() => {
                Json::from(if *it > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::Real(it) => Json::from(*it),
            Self::String(it) => Json::from(&**it),
            Self::DateTime(it) => Json::from(it.to_short_string()),
            Self::Decimal(it) => Json::from(it.to_string()),
            Self::TimeSpan(it) => Json::from(it.to_string()),
            Self::Guid(it) => Json::from(it.to_string()),
            Self::Dynamic(it) => it.to_serde_json(),
        }
    }
}

impl Dynamic {
    /// The value as a JSON tree.
    #[must_use]
    pub fn to_serde_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Array(items) => Json::Array(items.iter().map(Dynamic::to_serde_json).collect()),
            Self::Bag(bag) => Json::Object(
                bag.iter().map(|(key, value)| (key.to_string(), value.to_serde_json())).collect(),
            ),
            Self::Null => Json::Null,
            Self::Bool(it) => Json::Bool(*it),
            Self::Long(it) => Json::from(*it),
            Self::Real(it) => Value::Real(*it).to_json(),
            _ => Json::from(self.to_text()),
        }
    }
}

/// Truncates toward zero and saturates; NaN and infinities are null.
fn truncate(real: f64) -> Option<i64> {
    real.is_finite().then_some(real as i64)
}

/// Decimal digits with a sign, or `0x` and hex digits; blanks around are skipped. Out of range is null.
fn parse_integer(text: &str) -> Option<i64> {
    parse_integer_within::<64>(text)
}

fn parse_integer_within<const BITS: u32>(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        if hex.is_empty() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let bits = u64::from_str_radix(hex, 16).ok()?;
        return if BITS == 32 {
            u32::try_from(bits).ok().map(|n| i64::from(n as i32))
        } else {
            Some(bits as i64)
        };
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    if BITS == 32 { i32::try_from(number).ok().map(i64::from) } else { Some(number) }
}

/// A real as text: exponents, `.5`, `5.`, `nan`, `inf`, `Infinity` in the spellings that the engine takes.
fn parse_real(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, body) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    match body {
        "nan" | "NaN" => return Some(f64::NAN),
        "inf" | "Inf" | "Infinity" | "infinity" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    let plain =
        body.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !plain || !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    body.parse::<f64>().ok().map(|real| sign * real)
}

/// A span as text; a bare integer counts days.
fn parse_timespan(text: &str) -> Option<TimeSpan> {
    let text = text.trim();
    if let Some(days) = text.parse::<i64>().ok().filter(|_| !text.starts_with('+')) {
        return days.checked_mul(TimeSpan::DAY).map(TimeSpan);
    }
    TimeSpan::parse(text)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

macro_rules! from {
    ($($kind:ty => $variant:ident;)*) => {
        $(impl From<$kind> for Value {
            fn from(it: $kind) -> Self {
                Self::$variant(it)
            }
        })*
    };
}

from! {
    bool => Bool;
    i32 => Int;
    i64 => Long;
    f64 => Real;
    Decimal => Decimal;
    Arc<str> => String;
    DateTime => DateTime;
    TimeSpan => TimeSpan;
    Guid => Guid;
    Dynamic => Dynamic;
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl Dynamic {
    /// A value of another type as a dynamic value.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(it) => Self::Bool(*it),
            Value::Int(it) => Self::Long(i64::from(*it)),
            Value::Long(it) => Self::Long(*it),
            Value::Real(it) => Self::Real(*it),
            Value::Decimal(it) => Self::Decimal(*it),
            Value::String(it) => Self::String(it.clone()),
            Value::DateTime(it) => Self::DateTime(*it),
            Value::TimeSpan(it) => Self::TimeSpan(*it),
            Value::Guid(it) => Self::Guid(*it),
            Value::Dynamic(it) => it.clone(),
        }
    }

    /// The value read as another type, by the rules of `tolong`, `todatetime` and their kin; null where it cannot be.
    #[must_use]
    pub fn to_value(&self, data_type: ScalarType) -> Value {
        match self {
            Self::Null => Value::null_of(data_type),
            Self::Bool(it) if data_type == ScalarType::String => {
                Value::string(if *it { "true" } else { "false" })
            }
            Self::Bool(it) => Value::Bool(*it).convert(data_type),
            Self::Long(it) => Value::Long(*it).convert(data_type),
            Self::Real(it) => Value::Real(*it).convert(data_type),
            Self::String(it) => Value::String(it.clone()).convert(data_type),
            Self::DateTime(it) => Value::DateTime(*it).convert(data_type),
            Self::TimeSpan(it) => Value::TimeSpan(*it).convert(data_type),
            Self::Guid(it) => Value::Guid(*it).convert(data_type),
            Self::Decimal(it) => Value::Decimal(*it).convert(data_type),
            Self::Array(_) | Self::Bag(_) => match data_type {
                ScalarType::Dynamic => Value::Dynamic(self.clone()),
                ScalarType::String => Value::String(self.to_json().into()),
                _ => Value::null_of(data_type),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: impl Into<Value>, data_type: ScalarType, expected: impl Into<Value>) {
        assert_eq!(from.into().convert(data_type), expected.into());
    }

    // Expectations: recorded answers of the real engine (conversion of text and numbers).
    #[test]
    fn text_becomes_numbers() {
        check(" 42 ", ScalarType::Long, 42_i64);
        check("0xFFFFFFFFFFFFFFFF", ScalarType::Long, -1_i64);
        check("-0x10", ScalarType::Long, Value::Null);
        check("1.5", ScalarType::Long, Value::Null);
        check("1,000", ScalarType::Long, Value::Null);
        check("2147483648", ScalarType::Int, Value::Null);
        check(".5", ScalarType::Real, 0.5);
        check("5.", ScalarType::Real, 5.0);
        check("1e400", ScalarType::Real, f64::INFINITY);
        check("INF", ScalarType::Real, Value::Null);
        check("1_000", ScalarType::Real, Value::Null);
    }

    #[test]
    fn numbers_become_numbers() {
        check(2.9, ScalarType::Long, 2_i64);
        check(-2.9, ScalarType::Long, -2_i64);
        check(1e300, ScalarType::Long, i64::MAX);
        check(2_147_483_648_i64, ScalarType::Int, i32::MIN);
        check(TimeSpan(TimeSpan::HOUR), ScalarType::Int, 1_640_261_632);
        check(f64::INFINITY, ScalarType::Long, Value::Null);
    }

    #[test]
    fn bools_from_text() {
        check("TRUE", ScalarType::Bool, true);
        check("-1", ScalarType::Bool, true);
        check("yes", ScalarType::Bool, Value::Null);
        check(" true", ScalarType::Bool, Value::Null);
    }

    #[test]
    fn dynamics_convert_by_content() {
        check(Dynamic::string("42"), ScalarType::Int, 42);
        check(Dynamic::Real(1.9), ScalarType::Int, 1);
        check(Dynamic::Long(2_147_483_648), ScalarType::Int, i32::MIN);
        check(Dynamic::array(vec![]), ScalarType::Int, Value::Null);
        check(Dynamic::Bool(true), ScalarType::String, "true");
    }
}
