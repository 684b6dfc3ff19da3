//! How values look to serde: under which names kqlite's own types are written and read, so that a table knows them again,
//! while other formats see texts. It must not know columns.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{I128Deserializer, U32Deserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::{Serialize, Serializer};

use super::{Bag, DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// The name under which a [`Value`] asks to be read: then it may come as an [`OwnValue`].
pub(crate) const VALUE_NAME: &str = "$kqlite::Value";

impl Serialize for Value {
    /// As JSON has it: numbers that JSON has not, instants, spans and guids as texts, dynamic values as they are.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// A value of one of kqlite's own scalar types as bits, which no text has to be made of and read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnValue {
    /// The type: int, decimal, datetime, timespan or guid.
    pub(crate) data_type: ScalarType,
    /// The number, ticks or bits.
    pub(crate) bits: i128,
}

/// The types that may come as an [`OwnValue`], by the number that stands for each.
const OWN_VALUES: [ScalarType; 5] =
    [ScalarType::Int, ScalarType::Decimal, ScalarType::DateTime, ScalarType::TimeSpan, ScalarType::Guid];

impl OwnValue {
    fn to_value(self) -> Option<Value> {
        Some(match self.data_type {
            ScalarType::Int => Value::Int(self.bits.try_into().ok()?),
            ScalarType::Decimal => Value::Decimal(Decimal::from_own_bits(self.bits)?),
            ScalarType::DateTime => Value::DateTime(DateTime::from_own_bits(self.bits)?),
            ScalarType::TimeSpan => Value::TimeSpan(TimeSpan::from_own_bits(self.bits)?),
            ScalarType::Guid => Value::Guid(Guid::from_own_bits(self.bits)?),
            _ => return None,
        })
    }
}

/// A [`Value`] meets an own value as a variant with a number, which no other format gives it.
pub(crate) struct OwnValueAccess<E> {
    value: OwnValue,
    error: PhantomData<E>,
}

impl<E> OwnValueAccess<E> {
    pub(crate) const fn new(value: OwnValue) -> Self {
        Self { value, error: PhantomData }
    }
}

impl<'de, E: Error> EnumAccess<'de> for OwnValueAccess<E> {
    type Error = E;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), E> {
        let code = OWN_VALUES.iter().position(|it| *it == self.value.data_type).unwrap_or(OWN_VALUES.len());
        Ok((seed.deserialize(U32Deserializer::<E>::new(code as u32))?, self))
    }
}

impl<'de, E: Error> VariantAccess<'de> for OwnValueAccess<E> {
    type Error = E;

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, E> {
        seed.deserialize(I128Deserializer::<E>::new(self.value.bits))
    }

    fn unit_variant(self) -> Result<(), E> {
        Err(E::invalid_type(Unexpected::NewtypeVariant, &"a variant without a value"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, E> {
        Err(E::invalid_type(Unexpected::NewtypeVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, E> {
        Err(E::invalid_type(Unexpected::NewtypeVariant, &visitor))
    }
}

impl<'de> Deserialize<'de> for Value {
    /// Of a table's cell the very value; of other formats null, bools, numbers and texts, what has parts as a dynamic value.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
                inner.deserialize_any(self)
            }
            fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
                let (code, access) = data.variant::<u32>()?;
                let bits: i128 = access.newtype_variant()?;
                let data_type = OWN_VALUES.get(code as usize);
                let value = data_type.and_then(|&data_type| OwnValue { data_type, bits }.to_value());
                value.ok_or_else(|| A::Error::custom("the value is out of range"))
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
                Deserialize::deserialize(inner)
            }
            fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
                Ok(Value::Bool(it))
            }
            fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
                Ok(Value::Long(it))
            }
            fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
                Ok(i64::try_from(it).map_or(Value::Real(it as f64), Value::Long))
            }
            fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
                Ok(Value::Real(it))
            }
            fn visit_str<E>(self, it: &str) -> Result<Value, E> {
                Ok(Value::string(it))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut out = Vec::new();
                while let Some(item) = items.next_element()? {
                    out.push(item);
                }
                Ok(Value::Dynamic(Dynamic::array(out)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                let mut out = Bag::new();
                while let Some((key, value)) = members.next_entry::<String, Dynamic>()? {
                    out.insert(key.into(), value);
                }
                Ok(Value::Dynamic(Dynamic::bag(out)))
            }
        }
        deserializer.deserialize_newtype_struct(VALUE_NAME, ValueVisitor)
    }
}

/// The names under which kqlite's own types serialize, so that they are known again here; other formats write the text.
macro_rules! own_types {
    ($($type:ident = $name:literal, $word:literal, |$it:ident| $to_bits:expr, |$bits:ident| $from_bits:expr;)*) => {
        $(impl Serialize for $type {
            /// As the text that `tostring` gives; [`Table::from_records`](crate::Table::from_records) knows the type.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct($name, &self.to_string())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            /// Of the text that it is written as; [`Table::records`](crate::Table::records) makes no text of it.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct OwnVisitor;
                impl<'de> Visitor<'de> for OwnVisitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($word)
                    }
                    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<$type, D::Error> {
                        inner.deserialize_str(self)
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$type, E> {
                        $type::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
                    }
                    // Only a table's cell comes as bits.
                    fn visit_i128<E: Error>(self, bits: i128) -> Result<$type, E> {
                        $type::from_own_bits(bits).ok_or_else(|| E::custom("the value is out of range"))
                    }
                }
                deserializer.deserialize_newtype_struct($name, OwnVisitor)
            }
        }

        impl $type {
            fn from_own_bits($bits: i128) -> Option<Self> {
                $from_bits
            }
        }

        impl From<$type> for OwnValue {
            fn from($it: $type) -> Self {
                Self { data_type: ScalarType::$type, bits: $to_bits }
            }
        })*

        /// The value of one of these types, by the name that it serializes under.
        pub(crate) fn own_type(name: &str, text: &str) -> Option<Value> {
            match name {
                $($name => $type::parse(text).map(Value::from),)*
                _ => None,
            }
        }

        /// Which of these types a name stands for.
        pub(crate) fn own_type_of(name: &str) -> Option<ScalarType> {
            match name {
                $($name => Some(ScalarType::$type),)*
                _ => None,
            }
        }
    };
}

own_types! {
    DateTime = "$kqlite::DateTime", "a datetime", |it| it.0.into(), |bits| Self::from_ticks(bits.try_into().ok()?);
    TimeSpan = "$kqlite::TimeSpan", "a timespan", |it| it.0.into(), |bits| bits.try_into().ok().map(Self);
    Decimal = "$kqlite::Decimal", "a decimal", |it| it.to_bits(), |bits| Some(Self::from_bits(bits));
    Guid = "$kqlite::Guid", "a guid", |it| it.0 as i128, |bits| Some(Self(bits as u128));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_types_are_texts_for_other_formats() {
        let instant = DateTime::parse("2024-06-30T12:00:00.5Z").unwrap();
        let text = serde_json::to_string(&instant).unwrap();
        assert_eq!(text, "\"2024-06-30T12:00:00.5000000Z\"");
        assert_eq!(serde_json::from_str::<DateTime>(&text).unwrap(), instant);
        assert_eq!(serde_json::from_str::<TimeSpan>("\"1.00:00:00\"").unwrap(), TimeSpan(TimeSpan::DAY));
        assert_eq!(serde_json::from_str::<Decimal>("\"1.50\"").unwrap(), Decimal::parse("1.5").unwrap());
        let guid = Guid(7);
        assert_eq!(serde_json::from_value::<Guid>(serde_json::to_value(guid).unwrap()).unwrap(), guid);
        let error = serde_json::from_str::<DateTime>("\"noon\"").unwrap_err().to_string();
        assert!(error.contains("invalid value: string \"noon\", expected a datetime"), "{error}");
        assert!(serde_json::from_str::<DateTime>("5").is_err());
    }

    #[test]
    fn values_are_read_as_json_has_them() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read("null"), Value::Null);
        assert_eq!(read("-1"), Value::Long(-1));
        assert_eq!(read("1.5"), Value::Real(1.5));
        assert_eq!(read("\"2024-06-30\""), Value::from("2024-06-30"));
        assert_eq!(read("[1]"), Value::Dynamic(Dynamic::array(vec![Dynamic::Long(1)])));
    }

    #[test]
    fn own_values_come_as_they_are() {
        type Access = OwnValueAccess<serde::de::value::Error>;
        let values = [
            Value::Int(-5),
            Value::Decimal(Decimal::parse("-1.50").unwrap()),
            Value::DateTime(DateTime::MAX),
            Value::TimeSpan(TimeSpan(i64::MIN)),
            Value::Guid(Guid(u128::MAX)),
        ];
        for value in values {
            let own = match &value {
                Value::Int(it) => OwnValue { data_type: ScalarType::Int, bits: i128::from(*it) },
                Value::Decimal(it) => (*it).into(),
                Value::DateTime(it) => (*it).into(),
                Value::TimeSpan(it) => (*it).into(),
                Value::Guid(it) => (*it).into(),
                _ => unreachable!(),
            };
            assert_eq!(own.to_value(), Some(value.clone()));
            let (code, access) = Access::new(own).variant::<u32>().unwrap();
            assert_eq!(OWN_VALUES[code as usize], own.data_type);
            assert_eq!(access.newtype_variant::<i128>().unwrap(), own.bits);
        }
    }
}
