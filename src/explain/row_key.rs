//! Keys of hash tables for rows and for the values of keys, which are compared as grouping compares them.

use std::sync::Arc;

use crate::types::{DateTime, Decimal, Dynamic, Guid, TimeSpan, Value};

/// Identifies a row by its values. Null equals null, NaN equals NaN, 0.0 equals -0.0; dynamic values are equal if their
/// JSON is the same text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RowKey(Vec<ValueKey>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ValueKey {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    /// The bits of a real that stands for all that are equal to it.
    Real(u64),
    Decimal(Decimal),
    String(Arc<str>),
    DateTime(DateTime),
    TimeSpan(TimeSpan),
    Guid(Guid),
    Json(String),
}

impl RowKey {
    /// Makes the key of a row.
    pub fn new(row: &[Value]) -> Self {
        Self(row.iter().map(ValueKey::new).collect())
    }
}

impl ValueKey {
    fn new(value: &Value) -> Self {
        match value {
            Value::Null | Value::Dynamic(Dynamic::Null) => Self::Null,
            Value::Bool(it) => Self::Bool(*it),
            Value::Int(it) => Self::Int(*it),
            Value::Long(it) => Self::Long(*it),
            Value::Real(it) if it.is_nan() => Self::Real(f64::NAN.to_bits()),
            // Adding zero takes the sign of a zero away.
            Value::Real(it) => Self::Real((it + 0.0).to_bits()),
            Value::Decimal(it) => Self::Decimal(*it),
            Value::String(it) => Self::String(it.clone()),
            Value::DateTime(it) => Self::DateTime(*it),
            Value::TimeSpan(it) => Self::TimeSpan(*it),
            Value::Guid(it) => Self::Guid(*it),
            Value::Dynamic(it) => Self::Json(it.to_json()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &Value) -> RowKey {
        RowKey::new(std::slice::from_ref(value))
    }

    fn real(value: f64) -> Value {
        Value::Real(value)
    }

    fn json(text: &str) -> Value {
        Value::Dynamic(Dynamic::from_json(text).unwrap())
    }

    #[test]
    fn values_that_group_together_have_one_key() {
        let other_nan = f64::from_bits(f64::NAN.to_bits() | 1);
        assert!(other_nan.is_nan() && other_nan.to_bits() != f64::NAN.to_bits());
        for (a, b) in [
            (Value::Null, Value::Null),
            (Value::Null, Value::Dynamic(Dynamic::Null)),
            (real(f64::NAN), real(other_nan)),
            (real(f64::NAN), real(-f64::NAN)),
            (real(0.0), real(-0.0)),
            (real(1.5), real(1.5)),
            (json(r#"{"a": [1, "x"]}"#), json(r#"{"a":[1,"x"]}"#)),
            (Value::string("a"), Value::string("a")),
        ] {
            assert_eq!(key(&a), key(&b), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn other_values_have_other_keys() {
        let values = [
            Value::Null,
            Value::Bool(false),
            Value::Int(0),
            Value::Long(1),
            real(f64::NAN),
            real(0.0),
            real(f64::INFINITY),
            real(f64::NEG_INFINITY),
            Value::string(""),
            Value::string("null"),
            Value::DateTime(DateTime(1)),
            Value::TimeSpan(TimeSpan(1)),
            Value::Guid(Guid(1)),
            json("1"),
            json("1.0"),
            json(r#""1""#),
            json("[]"),
            json("{}"),
            json(r#"{"a":1,"b":2}"#),
            json(r#"{"b":2,"a":1}"#),
        ];
        for (at, a) in values.iter().enumerate() {
            for b in &values[at + 1..] {
                assert_ne!(key(a), key(b), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn a_row_is_all_of_its_values_in_their_order() {
        let (a, b) = (Value::string("a"), Value::Null);
        assert_eq!(RowKey::new(&[a.clone(), b.clone()]), RowKey::new(&[a.clone(), b.clone()]));
        assert_ne!(RowKey::new(&[a.clone(), b.clone()]), RowKey::new(&[b.clone(), a.clone()]));
        assert_ne!(key(&a), RowKey::new(&[a.clone(), b]));
        assert_ne!(key(&Value::string("a, b")), RowKey::new(&[a, Value::string("b")]));
    }
}
