//! Dynamic values: JSON with KQL's further scalars.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::json_string::write_json_string;
use super::nested::Nested;
use super::{DateTime, Decimal, Guid, TimeSpan};

/// A property bag: keys in their order.
pub type Bag = IndexMap<Arc<str>, Dynamic>;

/// A dynamic value. Copies share arrays and bags.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Dynamic {
    /// JSON's null; also the null of a dynamic column.
    #[default]
    Null,
    /// A bool.
    Bool(bool),
    /// An integer.
    Long(i64),
    /// A number with a fraction or an exponent.
    Real(f64),
    /// Text.
    String(Arc<str>),
    /// An instant: from a `datetime(…)` inside a dynamic literal.
    DateTime(DateTime),
    /// A span of time.
    TimeSpan(TimeSpan),
    /// A guid.
    Guid(Guid),
    /// A decimal number.
    Decimal(Decimal),
    /// An array.
    Array(Nested<Vec<Dynamic>>),
    /// A property bag.
    Bag(Nested<Bag>),
}

impl Dynamic {
    /// An array.
    #[must_use]
    pub fn array(items: Vec<Dynamic>) -> Self {
        {
            let measured = sum(items.iter().map(|item| (0, item)));
            Self::Array(Nested::of(items, measured))
        }
    }

    /// A property bag.
    #[must_use]
    pub fn bag(bag: Bag) -> Self {
        {
            let measured = sum(bag.iter().map(|(key, value)| (key.len() + ENTRY_BYTES, value)));
            Self::Bag(Nested::of(bag, measured))
        }
    }

    /// A string.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::String(text.into())
    }

    /// Reads JSON; `None` if the text is no JSON.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// What `parse_json` makes of a text: nothing for an empty text, the text itself where it is no JSON.
    ///
    /// Source: recorded answers of the real engine.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.is_empty() {
            return Self::Null;
        }
        Self::from_json(text).unwrap_or_else(|| Self::string(text))
    }

    /// About how many bytes it takes, and how many it takes to write it down: what is shared is counted as often as it is
    /// there. Known without a walk.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let inner = match self {
            // The text and its counts.
            Self::String(text) => text.len() + 16,
            Self::Array(items) => items.byte_size(),
            Self::Bag(bag) => bag.byte_size(),
            _ => 0,
        };
        inner.saturating_add(size_of::<Self>())
    }

    /// How deep it is nested: 0 for a scalar, 1 for an array of scalars. Known without a walk.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Array(items) => items.depth(),
            Self::Bag(bag) => bag.depth(),
            _ => 0,
        }
    }

    /// Null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The items, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Dynamic]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The bag, if it is one.
    #[must_use]
    pub fn as_bag(&self) -> Option<&Bag> {
        if let Self::Bag(bag) = self { Some(bag) } else { None }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// A number as a real; `None` for all else.
    #[must_use]
    pub fn as_real(&self) -> Option<f64> {
        match self {
            Self::Long(n) => Some(*n as f64),
            Self::Real(n) => Some(*n),
            Self::Decimal(n) => Some(n.to_real()),
            _ => None,
        }
    }

    /// The member of a bag; null where there is none or it is no bag.
    #[must_use]
    pub fn member(&self, key: &str) -> Dynamic {
        self.as_bag().and_then(|bag| bag.get(key)).cloned().unwrap_or_default()
    }

    /// The item of an array, counted from 0, negative from the end; null where there is none or it is no array.
    #[must_use]
    pub fn item(&self, index: i64) -> Dynamic {
        let Some(items) = self.as_array() else { return Self::Null };
        let at = if index < 0 { index + items.len() as i64 } else { index };
        usize::try_from(at).ok().and_then(|at| items.get(at)).cloned().unwrap_or_default()
    }

    /// What `gettype` says of it.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Long(_) => "long",
            Self::Real(_) => "double",
            Self::String(_) => "string",
            Self::DateTime(_) => "datetime",
            Self::TimeSpan(_) => "timespan",
            Self::Guid(_) => "guid",
            Self::Decimal(_) => "decimal",
            Self::Array(_) => "array",
            Self::Bag(_) => "dictionary",
        }
    }

    /// The value as text for `tostring`: a string as it is, null as the empty text, all else as compact JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::String(text) => text.to_string(),
            Self::DateTime(it) => it.to_string(),
            Self::TimeSpan(it) => it.to_string(),
            Self::Guid(it) => it.to_string(),
            Self::Decimal(it) => it.to_string(),
            _ => self.to_json(),
        }
    }

    /// Compact JSON; scalars that JSON lacks become strings.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends compact JSON.
    pub fn write_json(&self, out: &mut String) {
        // Writing into a text cannot fail.
        let _ = self.write_json_to(out);
    }

    /// Writes compact JSON.
    ///
    /// # Errors
    /// What it is written to fails.
    pub(crate) fn write_json_to(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(it) => out.write_str(if *it { "true" } else { "false" }),
            Self::Long(it) => write!(out, "{it}"),
            Self::Real(it) => write_json_real(*it, out),
            Self::String(it) => write_json_string(it, out),
            Self::DateTime(it) => write!(out, "\"{it}\""),
            Self::TimeSpan(it) => write!(out, "\"{it}\""),
            Self::Guid(it) => write!(out, "\"{it}\""),
            Self::Decimal(it) => write!(out, "\"{it}\""),
            Self::Array(items) => {
                out.write_char('[')?;
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.write_char(',')?;
                    }
                    item.write_json_to(out)?;
                }
                out.write_char(']')
            }
            Self::Bag(bag) => {
                out.write_char('{')?;
                for (at, (key, value)) in bag.iter().enumerate() {
                    if at > 0 {
                        out.write_char(',')?;
                    }
                    write_json_string(key, out)?;
                    out.write_char(':')?;
                    value.write_json_to(out)?;
                }
                out.write_char('}')
            }
        }
    }

    /// A key that is equal exactly for values that group together: type and content, bags whatever their order.
    #[must_use]
    pub fn group_key(&self) -> String {
        match self {
            Self::Bag(bag) if bag.len() > 1 => {
                let mut members: Vec<_> = bag.iter().collect();
                members.sort_by(|a, b| a.0.cmp(b.0));
                let mut out = String::from("{");
                for (key, value) in members {
                    let _ = write_json_string(key, &mut out);
                    out.push(':');
                    out.push_str(&value.group_key());
                    out.push(',');
                }
                out
            }
            Self::Array(items) => {
                let mut out = String::from("[");
                for item in items.iter() {
                    out.push_str(&item.group_key());
                    out.push(',');
                }
                out
            }
            _ => self.to_json(),
        }
    }
}

/// Adds up sizes, and finds the deepest.
fn sum<'a>(members: impl Iterator<Item = (usize, &'a Dynamic)>) -> (usize, usize) {
    members.fold((HEADER_BYTES, 0), |(bytes, depth), (key, value)| {
        (bytes.saturating_add(key).saturating_add(value.byte_size()), depth.max(value.depth()))
    })
}

/// What an array or a bag takes beside its members: counts, size and depth, and what the allocator rounds up.
const HEADER_BYTES: usize = 88;

/// What an entry of a bag takes beside its key's text and its value: the key's reference and counts, a hash, and its place
/// in the table, of which a part is empty.
const ENTRY_BYTES: usize = 96;

/// A real in JSON: 5.0 keeps its fraction, NaN and infinities are strings.
fn write_json_real(real: f64, out: &mut impl fmt::Write) -> fmt::Result {
    if real.is_nan() {
        out.write_str("\"NaN\"")
    } else if real.is_infinite() {
        out.write_str(if real > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" })
    } else {
        write!(out, "{real:?}")
    }
}

impl fmt::Display for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl<'de> Deserialize<'de> for Dynamic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DynamicVisitor;
        impl<'de> Visitor<'de> for DynamicVisitor {
            type Value = Dynamic;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Dynamic, E> {
                Ok(Dynamic::Null)
            }
            fn visit_none<E>(self) -> Result<Dynamic, E> {
                Ok(Dynamic::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Dynamic, D::Error> {
                Deserialize::deserialize(deserializer)
            }
            fn visit_bool<E>(self, it: bool) -> Result<Dynamic, E> {
                Ok(Dynamic::Bool(it))
            }
            fn visit_i64<E>(self, it: i64) -> Result<Dynamic, E> {
                Ok(Dynamic::Long(it))
            }
            fn visit_u64<E>(self, it: u64) -> Result<Dynamic, E> {
                Ok(i64::try_from(it).map_or(Dynamic::Real(it as f64), Dynamic::Long))
            }
            fn visit_f64<E>(self, it: f64) -> Result<Dynamic, E> {
                Ok(Dynamic::Real(it))
            }
            fn visit_str<E>(self, it: &str) -> Result<Dynamic, E> {
                Ok(Dynamic::string(it))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Dynamic, A::Error> {
                let mut out = Vec::new();
                while let Some(item) = items.next_element()? {
                    out.push(item);
                }
                Ok(Dynamic::array(out))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Dynamic, A::Error> {
                let mut out = Bag::new();
                while let Some((key, value)) = members.next_entry::<String, Dynamic>()? {
                    out.insert(key.into(), value);
                }
                Ok(Dynamic::bag(out))
            }
        }
        deserializer.deserialize_any(DynamicVisitor)
    }
}

/// A text that [`Dynamic::from_json`] reads, of which nothing is kept.
pub(super) struct ValidJson;

impl<'de> Deserialize<'de> for ValidJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValidJsonVisitor;
        impl<'de> Visitor<'de> for ValidJsonVisitor {
            type Value = ValidJson;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<ValidJson, E> {
                Ok(ValidJson)
            }
            fn visit_bool<E>(self, _: bool) -> Result<ValidJson, E> {
                Ok(ValidJson)
            }
            fn visit_i64<E>(self, _: i64) -> Result<ValidJson, E> {
                Ok(ValidJson)
            }
            fn visit_u64<E>(self, _: u64) -> Result<ValidJson, E> {
                Ok(ValidJson)
            }
            fn visit_f64<E>(self, _: f64) -> Result<ValidJson, E> {
                Ok(ValidJson)
            }
            fn visit_str<E>(self, _: &str) -> Result<ValidJson, E> {
                Ok(ValidJson)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ValidJson, A::Error> {
                while items.next_element::<ValidJson>()?.is_some() {}
                Ok(ValidJson)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<ValidJson, A::Error> {
                while members.next_entry::<ValidJson, ValidJson>()?.is_some() {}
                Ok(ValidJson)
            }
        }
        // Not `IgnoredAny`, which takes numbers that no real can hold.
        deserializer.deserialize_any(ValidJsonVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_there_and_back() {
        let text = r#"{"b":[1,5.0,"x\n",null,true],"a":{"é":-0.5}}"#;
        assert_eq!(Dynamic::from_json(text).unwrap().to_json(), text);
    }

    #[test]
    fn what_is_no_json_is_text() {
        assert_eq!(Dynamic::parse(""), Dynamic::Null);
        assert_eq!(Dynamic::parse("null"), Dynamic::Null);
        assert_eq!(Dynamic::parse("{a"), Dynamic::string("{a"));
        assert_eq!(Dynamic::parse("7"), Dynamic::Long(7));
    }

    #[test]
    fn shared_content_counts_as_often_as_it_is_there() {
        let mut value = Dynamic::array(vec![Dynamic::Long(1)]);
        for depth in 2..100 {
            let before = value.byte_size();
            value = Dynamic::array(vec![value; 10]);
            assert_eq!(value.depth(), depth);
            assert!(value.byte_size() >= before.saturating_mul(10));
        }
        // 10^98 leaves: more than can be counted, and counted at once.
        assert_eq!(value.byte_size(), usize::MAX);
    }

    #[test]
    fn items_count_from_both_ends() {
        let items = Dynamic::from_json("[1,2,3]").unwrap();
        assert_eq!(items.item(-1), Dynamic::Long(3));
        assert_eq!(items.item(3), Dynamic::Null);
        assert_eq!(items.item(i64::MIN), Dynamic::Null);
    }
}
