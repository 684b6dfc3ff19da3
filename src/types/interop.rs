//! Conversions between KQL's values and Rust's own types. It must not know columns.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// A value is not of the Rust type that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {expected} was asked for, the value is {}", match .found { Some(found) => found.as_str(), None => "null" })]
pub struct ValueTypeError {
    /// The KQL type that the Rust type stands for.
    pub expected: ScalarType,
    /// The type of the value; `None` for null.
    pub found: Option<ScalarType>,
}

macro_rules! read {
    ($($target:ty, $data_type:ident: $($pattern:pat => $value:expr),+;)*) => {$(
        impl TryFrom<Value> for $target {
            type Error = ValueTypeError;

            fn try_from(value: Value) -> Result<Self, ValueTypeError> {
                match value {
                    $($pattern => Ok($value),)+
                    other => Err(ValueTypeError {
                        expected: ScalarType::$data_type,
                        found: other.scalar_type(),
                    }),
                }
            }
        }

        /// Null is `None`.
        impl TryFrom<Value> for Option<$target> {
            type Error = ValueTypeError;

            fn try_from(value: Value) -> Result<Self, ValueTypeError> {
                match value {
                    Value::Null => Ok(None),
                    value => <$target>::try_from(value).map(Some),
                }
            }
        }
    )*};
}

read! {
    bool, Bool: Value::Bool(it) => it;
    i32, Int: Value::Int(it) => it;
    i64, Long: Value::Int(it) => i64::from(it), Value::Long(it) => it;
    f64, Real: Value::Int(it) => f64::from(it), Value::Long(it) => it as f64, Value::Real(it) => it;
    Decimal, Decimal: Value::Decimal(it) => it;
    Arc<str>, String: Value::String(it) => it;
    String, String: Value::String(it) => it.to_string();
    DateTime, DateTime: Value::DateTime(it) => it;
    TimeSpan, TimeSpan: Value::TimeSpan(it) => it;
    Guid, Guid: Value::Guid(it) => it;
    Dynamic, Dynamic: Value::Dynamic(it) => it;
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Long(n.into())
    }
}

/// Nothing is null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(it: Option<T>) -> Self {
        it.map_or(Self::Null, Into::into)
    }
}

/// Null, bools, texts and numbers become values of these types, an integer beyond 64 bits a real; arrays and objects become
/// dynamic values.
impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(it) => Self::Bool(it),
            Json::String(it) => Self::String(it.into()),
            Json::Number(it) => match it.as_i64() {
                Some(n) => Self::Long(n),
                None => it.as_f64().map_or(Self::Null, Self::Real),
            },
            Json::Array(_) | Json::Object(_) => {
                Dynamic::from_json(&json.to_string()).map_or(Self::Null, Self::Dynamic)
            }
        }
    }
}

impl From<Duration> for TimeSpan {
    /// Parts of a tick of 100 ns are cut; what is longer than a timespan becomes the longest one.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX))
    }
}

impl From<SystemTime> for DateTime {
    /// Parts of a tick of 100 ns are cut; what is out of range becomes the first or the last instant.
    fn from(time: SystemTime) -> Self {
        let ticks = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => TimeSpan::from(since).0,
            Err(error) => -TimeSpan::from(error.duration()).0,
        };
        Self(Self::UNIX_EPOCH.0.saturating_add(ticks).clamp(Self::MIN.0, Self::MAX.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_rust_has_them() {
        assert_eq!(i64::try_from(Value::Int(3)), Ok(3));
        assert_eq!(f64::try_from(Value::Long(3)), Ok(3.0));
        assert_eq!(String::try_from(Value::from("a")), Ok("a".to_owned()));
        assert_eq!(Option::<i64>::try_from(Value::Null), Ok(None));
        let error = i64::try_from(Value::from("a")).unwrap_err();
        assert_eq!(error.to_string(), "a long was asked for, the value is string");
        assert_eq!(
            bool::try_from(Value::Null).unwrap_err().to_string(),
            "a bool was asked for, the value is null"
        );
    }

    #[test]
    fn rust_types_as_values() {
        assert_eq!(Value::from("a".to_owned()), Value::from("a"));
        assert_eq!(Value::from(None::<i64>), Value::Null);
        assert_eq!(Value::from(Some("a")), Value::from("a"));
        let json = |text: &str| Value::from(serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!((json("1"), json("1.5"), json("\"a\"")), (1_i64.into(), 1.5.into(), "a".into()));
        assert_eq!(json("[1]"), Value::Dynamic(Dynamic::array(vec![Dynamic::Long(1)])));
        assert_eq!(TimeSpan::from(Duration::from_millis(1)), TimeSpan(10_000));
        assert_eq!(DateTime::from(SystemTime::UNIX_EPOCH), DateTime::UNIX_EPOCH);
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(DateTime::from(before).to_string(), "1969-12-31T23:59:59.0000000Z");
    }
}
