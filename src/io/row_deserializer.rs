//! Hands the rows of a table to serde: a row is a map by the columns' names, or a sequence by their order; a cell is what its
//! column holds. It must not know JSON text.

use std::sync::Arc;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::record_error::RecordError;
use crate::column::{Column, Table};
use crate::types::{
    Bag, ColumnSchema, DateTime, Decimal, Dynamic, Guid, Nested, OwnValue, OwnValueAccess, ScalarType,
    TimeSpan, VALUE_NAME, Value, own_type_of,
};

/// A row of a table.
#[derive(Clone, Copy)]
pub(super) struct RowDeserializer<'t> {
    names: &'t [ColumnSchema],
    columns: &'t [Column],
    row: usize,
}

impl<'t> RowDeserializer<'t> {
    pub(super) fn new(table: &'t Table, row: usize) -> Self {
        Self { names: &table.schema().columns, columns: table.columns(), row }
    }

    fn by_position<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        visitor.visit_seq(RowAccess { rest: self, current: None })
    }

    /// As [`Self::by_position`] for what takes exactly `len` columns.
    fn by_exact_position<V: Visitor<'t>>(self, len: usize, visitor: V) -> Result<V::Value, RecordError> {
        match self.columns.len() {
            columns if columns == len => self.by_position(visitor),
            columns => Err(RecordError::invalid_length(columns, &visitor)),
        }
    }
}

impl<'t> Deserializer<'t> for RowDeserializer<'t> {
    type Error = RecordError;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        visitor.visit_map(RowAccess { rest: self, current: None })
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        self.by_position(visitor)
    }

    fn deserialize_tuple<V: Visitor<'t>>(self, len: usize, visitor: V) -> Result<V::Value, RecordError> {
        self.by_exact_position(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        self.by_exact_position(len, visitor)
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        if self.columns.len() != 1 {
            return Err(RecordError::invalid_type(Unexpected::Map, &visitor));
        }
        MapAccessDeserializer::new(RowAccess { rest: self, current: None })
            .deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct map struct
        identifier
    }
}

/// The columns of a row that are still to be read.
struct RowAccess<'t> {
    rest: RowDeserializer<'t>,
    /// The name and the cell whose name was read.
    current: Option<(&'t str, &'t Column)>,
}

impl<'t> RowAccess<'t> {
    fn next(&mut self) -> Option<(&'t str, &'t Column)> {
        let (name, names) = self.rest.names.split_first()?;
        let (column, columns) = self.rest.columns.split_first()?;
        (self.rest.names, self.rest.columns) = (names, columns);
        Some((&name.name, column))
    }

    fn read<S: DeserializeSeed<'t>>(
        &self,
        (name, column): (&str, &'t Column),
        seed: S,
    ) -> Result<S::Value, RecordError> {
        let found = FoundValue::of_cell(column, self.rest.row);
        seed.deserialize(CellDeserializer { found, is_key: false }).map_err(|error| error.in_column(name))
    }
}

impl<'t> MapAccess<'t> for RowAccess<'t> {
    type Error = RecordError;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, RecordError> {
        self.current = self.next();
        let Some((name, _)) = self.current else { return Ok(None) };
        let key = CellDeserializer { found: FoundValue::Borrowed(name), is_key: true };
        seed.deserialize(key).map(Some).map_err(|error| error.in_column(name))
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, RecordError> {
        let cell = self.current.take();
        let cell = cell.ok_or_else(|| RecordError::custom("a value was read before its name"))?;
        self.read(cell, seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.columns.len())
    }
}

impl<'t> SeqAccess<'t> for RowAccess<'t> {
    type Error = RecordError;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, RecordError> {
        self.next().map(|cell| self.read(cell, seed)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.columns.len())
    }
}

/// What stands in a cell, or in a part of a dynamic value.
enum FoundValue<'t> {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Real(f64),
    Decimal(Decimal),
    Borrowed(&'t str),
    Shared(Arc<str>),
    DateTime(DateTime),
    /// Within a dynamic value, whose instants are written with all their digits.
    PartDateTime(DateTime),
    TimeSpan(TimeSpan),
    Guid(Guid),
    Array(Nested<Vec<Dynamic>>),
    Bag(Nested<Bag>),
}

impl<'t> FoundValue<'t> {
    #[inline]
    fn of_cell(column: &'t Column, row: usize) -> Self {
        match column {
            Column::Bool(values, validity) if validity.is_valid(row) => Self::Bool(values.value(row)),
            Column::Bool(..) => Self::Null,
            Column::Int(it) => it.get(row).map_or(Self::Null, Self::Int),
            Column::Long(it) => it.get(row).map_or(Self::Null, Self::Long),
            Column::Real(it) => it.get(row).map_or(Self::Null, Self::Real),
            Column::Decimal(it) => {
                it.get(row).map_or(Self::Null, |bits| Self::Decimal(Decimal::from_bits(bits)))
            }
            Column::String(it) => Self::Borrowed(it.get(row)),
            Column::DateTime(it) => it.get(row).map_or(Self::Null, |ticks| Self::DateTime(DateTime(ticks))),
            Column::TimeSpan(it) => it.get(row).map_or(Self::Null, |ticks| Self::TimeSpan(TimeSpan(ticks))),
            Column::Guid(it) => it.get(row).map_or(Self::Null, |bits| Self::Guid(Guid(bits as u128))),
            Column::Dynamic(it) => it.value(row).into(),
            Column::Constant(it) => Self::of_value(&it.value),
        }
    }

    fn of_value(value: &'t Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(it) => Self::Bool(*it),
            Value::Int(it) => Self::Int(*it),
            Value::Long(it) => Self::Long(*it),
            Value::Real(it) => Self::Real(*it),
            Value::Decimal(it) => Self::Decimal(*it),
            Value::String(it) => Self::Borrowed(it),
            Value::DateTime(it) => Self::DateTime(*it),
            Value::TimeSpan(it) => Self::TimeSpan(*it),
            Value::Guid(it) => Self::Guid(*it),
            Value::Dynamic(it) => it.clone().into(),
        }
    }

    /// The bits of a value that JSON has not.
    fn own(&self) -> Option<OwnValue> {
        Some(match self {
            Self::Int(it) => OwnValue { data_type: ScalarType::Int, bits: i128::from(*it) },
            Self::Decimal(it) => (*it).into(),
            Self::DateTime(it) | Self::PartDateTime(it) => (*it).into(),
            Self::TimeSpan(it) => (*it).into(),
            Self::Guid(it) => (*it).into(),
            _ => return None,
        })
    }

    /// Reads the text of what JSON has as a string.
    fn with_text<R>(&self, read: impl FnOnce(&str) -> R) -> Option<R> {
        Some(match self {
            Self::Borrowed(it) => read(it),
            Self::Shared(it) => read(it),
            Self::DateTime(it) => read(it.short_text().as_str()),
            Self::PartDateTime(it) => read(&it.to_string()),
            Self::TimeSpan(it) => read(&it.to_string()),
            Self::Guid(it) => read(&it.to_string()),
            Self::Decimal(it) => read(&it.to_string()),
            Self::Real(it) if it.is_nan() => read("NaN"),
            Self::Real(it) if it.is_infinite() => read(if *it > 0.0 { "Infinity" } else { "-Infinity" }),
            _ => return None,
        })
    }

    /// What serde calls it in messages.
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(it) => Unexpected::Bool(*it),
            Self::Int(it) => Unexpected::Signed((*it).into()),
            Self::Long(it) => Unexpected::Signed(*it),
            Self::Real(it) => Unexpected::Float(*it),
            Self::Borrowed(it) => Unexpected::Str(it),
            Self::Shared(it) => Unexpected::Str(it),
            Self::Decimal(_) => Unexpected::Other("a decimal"),
            Self::DateTime(_) | Self::PartDateTime(_) => Unexpected::Other("a datetime"),
            Self::TimeSpan(_) => Unexpected::Other("a timespan"),
            Self::Guid(_) => Unexpected::Other("a guid"),
            Self::Array(_) => Unexpected::Seq,
            Self::Bag(_) => Unexpected::Map,
        }
    }
}

impl From<Dynamic> for FoundValue<'_> {
    fn from(value: Dynamic) -> Self {
        match value {
            Dynamic::Null => Self::Null,
            Dynamic::Bool(it) => Self::Bool(it),
            Dynamic::Long(it) => Self::Long(it),
            Dynamic::Real(it) => Self::Real(it),
            Dynamic::String(it) => Self::Shared(it),
            Dynamic::DateTime(it) => Self::PartDateTime(it),
            Dynamic::TimeSpan(it) => Self::TimeSpan(it),
            Dynamic::Guid(it) => Self::Guid(it),
            Dynamic::Decimal(it) => Self::Decimal(it),
            Dynamic::Array(it) => Self::Array(it),
            Dynamic::Bag(it) => Self::Bag(it),
        }
    }
}

/// A cell, or a part of one.
struct CellDeserializer<'t> {
    found: FoundValue<'t>,
    /// The name of a column or a member: a text, also where a number is asked for.
    is_key: bool,
}

impl<'t> CellDeserializer<'t> {
    /// The key as what it spells.
    #[inline]
    fn key<T: std::str::FromStr>(&self) -> Option<T> {
        if self.is_key { self.found.with_text(|text| text.parse().ok()).flatten() } else { None }
    }
}

macro_rules! spelled {
    ($($method:ident: $type:ty => $visit:ident;)*) => {
        $(#[inline]
        fn $method<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
            match self.key::<$type>() {
                Some(it) => visitor.$visit(it),
                None => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'t> Deserializer<'t> for CellDeserializer<'t> {
    type Error = RecordError;

    #[inline]
    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        match self.found {
            FoundValue::Null => visitor.visit_unit(),
            FoundValue::Bool(it) => visitor.visit_bool(it),
            FoundValue::Int(it) => match u64::try_from(it) {
                Ok(it) => visitor.visit_u64(it),
                Err(_) => visitor.visit_i64(it.into()),
            },
            FoundValue::Long(it) => match u64::try_from(it) {
                Ok(it) => visitor.visit_u64(it),
                Err(_) => visitor.visit_i64(it),
            },
            FoundValue::Real(it) => visitor.visit_f64(it),
            FoundValue::Borrowed(it) => visitor.visit_borrowed_str(it),
            FoundValue::Shared(it) => visitor.visit_str(&it),
            FoundValue::DateTime(it) => visitor.visit_str(it.short_text().as_str()),
            FoundValue::PartDateTime(it) => visitor.visit_string(it.to_string()),
            FoundValue::TimeSpan(it) => visitor.visit_string(it.to_string()),
            FoundValue::Guid(it) => visitor.visit_string(it.to_string()),
            FoundValue::Decimal(it) => visitor.visit_string(it.to_string()),
            FoundValue::Array(items) => {
                let mut access = ItemAccess { items, at: 0 };
                let read = visitor.visit_seq(&mut access)?;
                match access.items.len() {
                    all if access.at < all => Err(RecordError::invalid_length(all, &"fewer items")),
                    _ => Ok(read),
                }
            }
            FoundValue::Bag(bag) => visitor.visit_map(MemberAccess { bag, at: 0 }),
        }
    }

    spelled! {
        deserialize_bool: bool => visit_bool;
        deserialize_i8: i64 => visit_i64;
        deserialize_i16: i64 => visit_i64;
        deserialize_i32: i64 => visit_i64;
        deserialize_i64: i64 => visit_i64;
        deserialize_i128: i128 => visit_i128;
        deserialize_u8: u64 => visit_u64;
        deserialize_u16: u64 => visit_u64;
        deserialize_u32: u64 => visit_u64;
        deserialize_u64: u64 => visit_u64;
        deserialize_u128: u128 => visit_u128;
    }

    fn deserialize_f32<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        match (&self.found, self.key::<f64>()) {
            (_, Some(it)) => visitor.visit_f64(it),
            // A text to all who do not ask for a number.
            (FoundValue::Decimal(it), None) => visitor.visit_f64(it.to_real()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        match &self.found {
            // JSON has these as strings, so whoever wants a string gets one.
            FoundValue::Real(it) if !it.is_finite() => {
                let text = self.found.with_text(str::to_owned).unwrap_or_default();
                visitor.visit_string(text)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        match self.found {
            FoundValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        match self.found.own() {
            Some(own) if own_type_of(name) == Some(own.data_type) => visitor.visit_i128(own.bits),
            Some(own) if name == VALUE_NAME => visitor.visit_enum(OwnValueAccess::new(own)),
            _ if own_type_of(name).is_some() && self.found.with_text(|_| ()).is_none() => {
                Err(RecordError::invalid_type(self.found.unexpected(), &visitor))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'t>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        // The two types of the standard library that have no text for serde.
        let ticks = match (&self.found, name, fields) {
            (FoundValue::TimeSpan(it), "Duration", ["secs", "nanos"]) => it.0,
            (
                FoundValue::DateTime(it) | FoundValue::PartDateTime(it),
                "SystemTime",
                ["secs_since_epoch", "nanos_since_epoch"],
            ) => it.0 - DateTime::UNIX_EPOCH.0,
            _ => return self.deserialize_any(visitor),
        };
        let Ok(ticks) = u64::try_from(ticks) else {
            let message = format!(
                "a {name} is not negative, this is {}",
                self.found.with_text(str::to_owned).unwrap_or_default()
            );
            return Err(RecordError::custom(message));
        };
        let second = TimeSpan::SECOND.unsigned_abs();
        visitor.visit_seq(SeqDeserializer::new([ticks / second, ticks % second * 100].into_iter()))
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        match self.found {
            FoundValue::Borrowed(it) => visitor.visit_enum(BorrowedStrDeserializer::new(it)),
            FoundValue::Bag(bag) if bag.len() == 1 => MapAccessDeserializer::new(MemberAccess { bag, at: 0 })
                .deserialize_enum(name, variants, visitor),
            found => match found.with_text(str::to_owned) {
                Some(text) => visitor.visit_enum(StrDeserializer::new(&text)),
                None => Err(RecordError::invalid_type(found.unexpected(), &visitor)),
            },
        }
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, RecordError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        char bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier
    }
}

/// The items of an array.
struct ItemAccess {
    items: Nested<Vec<Dynamic>>,
    at: usize,
}

impl<'t> SeqAccess<'t> for ItemAccess {
    type Error = RecordError;

    fn next_element_seed<S: DeserializeSeed<'t>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, RecordError> {
        let Some(item) = self.items.get(self.at) else { return Ok(None) };
        self.at += 1;
        seed.deserialize(CellDeserializer { found: item.clone().into(), is_key: false }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.at)
    }
}

/// The members of a bag.
struct MemberAccess {
    bag: Nested<Bag>,
    /// The member that is read next; its name may have been read.
    at: usize,
}

impl<'t> MapAccess<'t> for MemberAccess {
    type Error = RecordError;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, RecordError> {
        let Some((name, _)) = self.bag.get_index(self.at) else { return Ok(None) };
        seed.deserialize(CellDeserializer { found: FoundValue::Shared(name.clone()), is_key: true }).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'t>>(&mut self, seed: S) -> Result<S::Value, RecordError> {
        let found = self.bag.get_index(self.at).map_or(FoundValue::Null, |(_, value)| value.clone().into());
        self.at += 1;
        seed.deserialize(CellDeserializer { found, is_key: false })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bag.len() - self.at)
    }
}
