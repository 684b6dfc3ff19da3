//! Rows of Rust values: each field of a record becomes a cell of the type that its Rust type stands for. What a text looks
//! like makes no difference: a `String` is a string whatever it holds. It must not know JSON text.

use std::fmt;

use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeMap, SerializeStruct, Serializer};

use crate::types::{Dynamic, ScalarType, Value, own_type};

/// Why a record is no row.
#[derive(Debug)]
pub(super) struct RecordError(String);

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordError {}

impl serde::ser::Error for RecordError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The fields of a record, by name, in order.
pub(super) type RecordRow = Vec<(String, Value)>;

/// The type of a column that holds these values: nothing for nulls alone.
pub(super) fn common_type(known: Option<ScalarType>, value: &Value) -> Option<ScalarType> {
    use ScalarType::{Dynamic, Long, Real};
    match (known, value.scalar_type()) {
        (known, None) => known,
        (None, found) => found,
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(Long | Real), Some(Long | Real)) => Some(Real),
        _ => Some(Dynamic),
    }
}

/// Reads a record: a struct or a map.
pub(super) struct RecordSerializer;

pub(super) struct Fields {
    row: RecordRow,
    key: Option<String>,
}

macro_rules! refused {
    ($what:literal: $($method:ident($($argument:ty),*);)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<RecordRow, RecordError> {
            Err(RecordError::custom(concat!("a record is a struct or a map, this is ", $what)))
        })*
    };
}

impl Serializer for RecordSerializer {
    type Ok = RecordRow;
    type Error = RecordError;
    type SerializeSeq = Impossible<RecordRow, RecordError>;
    type SerializeTuple = Impossible<RecordRow, RecordError>;
    type SerializeTupleStruct = Impossible<RecordRow, RecordError>;
    type SerializeTupleVariant = Impossible<RecordRow, RecordError>;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Impossible<RecordRow, RecordError>;

    refused! {
        "a single value":
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<RecordRow, RecordError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<RecordRow, RecordError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<RecordRow, RecordError> {
        Err(RecordError::custom("a record is a struct or a map, this is a variant"))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, RecordError> {
        Err(RecordError::custom("a record is a struct or a map, this is a list"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, RecordError> {
        Err(RecordError::custom("a record is a struct or a map, this is a tuple"))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, RecordError> {
        Err(RecordError::custom("a record has named fields, those of this struct have no names"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, RecordError> {
        Err(RecordError::custom("a record is a struct or a map, this is a variant"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, RecordError> {
        Ok(Fields { row: Vec::new(), key: None })
    }

    fn serialize_struct(self, _: &'static str, fields: usize) -> Result<Fields, RecordError> {
        Ok(Fields { row: Vec::with_capacity(fields), key: None })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, RecordError> {
        Err(RecordError::custom("a record is a struct or a map, this is a variant"))
    }
}

impl SerializeStruct for Fields {
    type Ok = RecordRow;
    type Error = RecordError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), RecordError> {
        let value = cell(value).map_err(|error| RecordError::custom(format!("field '{name}': {error}")))?;
        self.row.push((name.to_owned(), value));
        Ok(())
    }

    fn end(self) -> Result<RecordRow, RecordError> {
        Ok(self.row)
    }
}

impl SerializeMap for Fields {
    type Ok = RecordRow;
    type Error = RecordError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), RecordError> {
        self.key = Some(cell(key)?.to_text().to_string());
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
        let name = self.key.take().unwrap_or_default();
        let value = cell(value).map_err(|error| RecordError::custom(format!("field '{name}': {error}")))?;
        self.row.push((name, value));
        Ok(())
    }

    fn end(self) -> Result<RecordRow, RecordError> {
        Ok(self.row)
    }
}

/// The value of a field. What has parts becomes a dynamic value.
fn cell<T: Serialize + ?Sized>(value: &T) -> Result<Value, RecordError> {
    match value.serialize(CellSerializer) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => {
            let json =
                serde_json::to_string(value).map_err(|error| RecordError::custom(error.to_string()))?;
            Ok(Dynamic::from_json(&json).map_or(Value::Null, Value::Dynamic))
        }
        Err(error) => Err(error),
    }
}

/// Gives the value of what has no parts, and nothing for the rest.
struct CellSerializer;

type Cell = Option<Value>;

macro_rules! integers {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, n: $type) -> Result<Cell, RecordError> {
            match i64::try_from(n) {
                Ok(n) => Ok(Some(Value::Long(n))),
                Err(_) => Err(RecordError::custom(format!("{n} does not fit into a long"))),
            }
        })*
    };
}

impl Serializer for CellSerializer {
    type Ok = Cell;
    type Error = RecordError;
    type SerializeSeq = Skipped;
    type SerializeTuple = Skipped;
    type SerializeTupleStruct = Skipped;
    type SerializeTupleVariant = Skipped;
    type SerializeMap = Skipped;
    type SerializeStruct = Skipped;
    type SerializeStructVariant = Skipped;

    integers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    fn serialize_bool(self, it: bool) -> Result<Cell, RecordError> {
        Ok(Some(Value::Bool(it)))
    }

    fn serialize_f32(self, it: f32) -> Result<Cell, RecordError> {
        Ok(Some(Value::Real(it.into())))
    }

    fn serialize_f64(self, it: f64) -> Result<Cell, RecordError> {
        Ok(Some(Value::Real(it)))
    }

    fn serialize_char(self, it: char) -> Result<Cell, RecordError> {
        Ok(Some(it.to_string().into()))
    }

    fn serialize_str(self, it: &str) -> Result<Cell, RecordError> {
        Ok(Some(it.into()))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Cell, RecordError> {
        Ok(None)
    }

    fn serialize_none(self) -> Result<Cell, RecordError> {
        Ok(Some(Value::Null))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Cell, RecordError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Cell, RecordError> {
        Ok(Some(Value::Null))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Cell, RecordError> {
        Ok(Some(Value::Null))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Cell, RecordError> {
        Ok(Some(variant.into()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Cell, RecordError> {
        let found = value.serialize(Self)?;
        Ok(match found.as_ref().and_then(Value::as_str).and_then(|text| own_type(name, text)) {
            Some(own) => Some(own),
            None => found,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Cell, RecordError> {
        Ok(None)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Skipped, RecordError> {
        Ok(Skipped)
    }

    fn serialize_tuple(self, _: usize) -> Result<Skipped, RecordError> {
        Ok(Skipped)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Skipped, RecordError> {
        Ok(Skipped)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Skipped, RecordError> {
        Ok(Skipped)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Skipped, RecordError> {
        Ok(Skipped)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Skipped, RecordError> {
        Ok(Skipped)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Skipped, RecordError> {
        Ok(Skipped)
    }
}

/// The parts of a value that becomes dynamic: they are read again as a whole.
struct Skipped;

macro_rules! skipped {
    ($($trait:ident: $($method:ident($($argument:ty),*)),+;)*) => {
        $(impl serde::ser::$trait for Skipped {
            type Ok = Cell;
            type Error = RecordError;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $(_: $argument,)* _: &T) -> Result<(), RecordError> {
                Ok(())
            })+

            fn end(self) -> Result<Cell, RecordError> {
                Ok(None)
            }
        })*
    };
}

skipped! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(&'static str);
    SerializeStructVariant: serialize_field(&'static str);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Table;
    use crate::types::{DateTime, TimeSpan};

    #[derive(Serialize)]
    struct Event {
        user: String,
        bytes: Option<u64>,
        note: Option<String>,
        at: DateTime,
        took: TimeSpan,
        tags: Option<Vec<String>>,
        level: Level,
    }

    #[derive(Serialize, Clone, Copy)]
    enum Level {
        Low,
        High,
    }

    fn event(user: &str, level: Level) -> Event {
        let (at, took) = (DateTime::UNIX_EPOCH, TimeSpan(5));
        Event { user: user.to_owned(), bytes: None, note: None, at, took, tags: None, level }
    }

    // Two batches of one struct: what the texts look like makes no difference.
    #[test]
    fn types_come_from_the_type() {
        let full = |user: &str| Event {
            bytes: Some(7),
            note: Some("2024-06-30T12:00:00Z".to_owned()),
            tags: Some(vec!["a".to_owned()]),
            ..event(user, Level::High)
        };
        let types = |events: &[Event]| -> Vec<(String, ScalarType)> {
            let table = Table::from_records(events).unwrap();
            table.schema().columns.iter().map(|it| (it.name.to_string(), it.data_type)).collect()
        };
        let expected = [
            ("user", ScalarType::String),
            ("bytes", ScalarType::Long),
            ("note", ScalarType::String),
            ("at", ScalarType::DateTime),
            ("took", ScalarType::TimeSpan),
            ("tags", ScalarType::Dynamic),
            ("level", ScalarType::String),
        ]
        .map(|(name, data_type)| (name.to_owned(), data_type));
        assert_eq!(types(&[full("ann"), event("bob", Level::Low)]), expected);
        assert_eq!(types(&[full("2024-06-30"), full("1")]), expected);
        let table = Table::from_records(&[full("ann")]).unwrap();
        assert_eq!(table.get::<DateTime>(0, "at"), Ok(DateTime::UNIX_EPOCH));
        assert_eq!(table.value(0, "tags").map(|it| it.to_string()), Some("[\"a\"]".to_owned()));
        assert_eq!(table.get::<String>(0, "level"), Ok("High".to_owned()));
    }

    #[test]
    fn maps_are_records_and_numbers_are_as_wide_as_needed() {
        let rows: Vec<std::collections::BTreeMap<&str, f64>> = vec![[("a", 1.5)].into(), [("b", 2.0)].into()];
        let table = Table::from_records(&rows).unwrap();
        assert_eq!(table.row(1), [Value::Null, Value::Real(2.0)]);
        let json = [serde_json::json!({"n": 1, "x": "a"}), serde_json::json!({"n": 1.5, "x": 2})];
        let table = Table::from_records(&json).unwrap();
        let types: Vec<_> = table.schema().columns.iter().map(|it| it.data_type).collect();
        assert_eq!(types, [ScalarType::Real, ScalarType::Dynamic]);
    }

    #[test]
    fn what_is_no_record_is_told() {
        let error = |text: Result<Table, crate::io::DataError>| text.unwrap_err().to_string();
        assert!(error(Table::from_records(&[1])).contains("record 0: a record is a struct or a map"));
        let large = [std::collections::BTreeMap::from([("n", u64::MAX)])];
        let message = "record 0: field 'n': 18446744073709551615 does not fit into a long";
        assert!(error(Table::from_records(&large)).contains(message));
    }
}
