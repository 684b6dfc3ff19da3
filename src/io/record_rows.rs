//! Rows of Rust values: each field of a record becomes a cell of the type that its Rust type stands for. What a text looks
//! like makes no difference: a `String` is a string whatever it holds. It must not know JSON text.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use serde::ser::{Error as _, SerializeMap, SerializeStruct, Serializer};

use super::cell::{CellRules, RawCell, TypedCell};
use super::record_error::RecordError;
use crate::types::{DateTime, Decimal, Dynamic, ScalarType, TimeSpan, Value, own_type};

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

/// The value as one of a column's type, by the rules of data that is read; `None` if it is none.
pub(super) fn fit(value: &Value, data_type: ScalarType) -> Option<Value> {
    if value.scalar_type() == Some(data_type) {
        return Some(value.clone());
    }
    let raw = match value {
        Value::Null => RawCell::Null,
        Value::Bool(it) => RawCell::Bool(*it),
        Value::Int(it) => RawCell::Long((*it).into()),
        Value::Long(it) => RawCell::Long(*it),
        Value::Real(it) => RawCell::Real(*it),
        Value::String(it) => RawCell::Text(Cow::Borrowed(it)),
        Value::Dynamic(it) => RawCell::Nested(it.clone()),
        own if data_type == ScalarType::Dynamic => return Some(Value::Dynamic(Dynamic::from_value(own))),
        own => RawCell::Text(Cow::Owned(own.to_text().to_string())),
    };
    Some(match raw.fit(data_type, CellRules::default())? {
        TypedCell::Text(text) => Value::string(&text),
        TypedCell::Value(value) => value,
    })
}

/// The fields of a record. An integer that is no long is an error, or a decimal where columns may be of that type.
pub(super) fn record_row<T: Serialize + ?Sized>(
    record: &T,
    with_decimals: bool,
) -> Result<RecordRow, RecordError> {
    match record.serialize(RecordSerializer { is_record: true, with_decimals })? {
        RecordPart::Row(row) => Ok(row),
        RecordPart::Cell(_) => {
            Err(RecordError::custom("a record is a struct or a map, this is a single value"))
        }
        RecordPart::Parts(what) => {
            Err(RecordError::custom(format!("a record is a struct or a map, this is {what}")))
        }
    }
}

/// The value of a field. What has parts becomes a dynamic value.
fn cell<T: Serialize + ?Sized>(value: &T, with_decimals: bool) -> Result<Value, RecordError> {
    match value.serialize(RecordSerializer { is_record: false, with_decimals })? {
        RecordPart::Cell(value) => Ok(value),
        RecordPart::Row(_) | RecordPart::Parts(_) => {
            let json =
                serde_json::to_string(value).map_err(|error| RecordError::custom(error.to_string()))?;
            Ok(Dynamic::from_json(&json).map_or(Value::Null, Value::Dynamic))
        }
    }
}

/// What a value turns out to be.
enum RecordPart {
    /// It has no parts.
    Cell(Value),
    /// A struct or a map; without its fields where it is not a record.
    Row(RecordRow),
    /// A list or a variant with parts.
    Parts(&'static str),
}

/// Reads a record, or a field of one.
#[derive(Clone, Copy)]
struct RecordSerializer {
    /// The fields of a struct or map are wanted.
    is_record: bool,
    /// An integer that is no long is a decimal.
    with_decimals: bool,
}

/// The fields of a struct or map so far.
struct Fields {
    row: RecordRow,
    key: Option<String>,
    serializer: RecordSerializer,
    time: Option<StdTime>,
}

/// The types of the standard library that are structs for serde, and single values here.
#[derive(Clone, Copy)]
enum StdTime {
    Duration,
    SystemTime,
}

impl StdTime {
    fn of_struct(name: &str, len: usize) -> Option<Self> {
        match (name, len) {
            ("Duration", 2) => Some(Self::Duration),
            ("SystemTime", 2) => Some(Self::SystemTime),
            _ => None,
        }
    }

    /// The value, of whole seconds and the nanoseconds beside them; nothing if the fields are others.
    fn value(self, row: &RecordRow) -> Option<Value> {
        let names = match self {
            Self::Duration => ["secs", "nanos"],
            Self::SystemTime => ["secs_since_epoch", "nanos_since_epoch"],
        };
        let [(seconds_name, Value::Long(seconds)), (nanos_name, Value::Long(nanos))] = row.as_slice() else {
            return None;
        };
        if [seconds_name, nanos_name] != names {
            return None;
        }
        let duration = Duration::new(u64::try_from(*seconds).ok()?, u32::try_from(*nanos).ok()?);
        let span = TimeSpan::from(duration);
        match self {
            Self::Duration => Some(span.into()),
            Self::SystemTime => DateTime::UNIX_EPOCH.checked_add(span).map(Value::from),
        }
    }
}

impl Fields {
    fn add<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), RecordError> {
        if self.serializer.is_record || self.time.is_some() {
            let value = cell(value, self.serializer.with_decimals)
                .map_err(|error| RecordError::custom(format!("field '{name}': {error}")))?;
            self.row.push((name, value));
        }
        Ok(())
    }
}

impl SerializeStruct for Fields {
    type Ok = RecordPart;
    type Error = RecordError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), RecordError> {
        self.add(name.to_owned(), value)
    }

    fn end(self) -> Result<RecordPart, RecordError> {
        let value = self.time.and_then(|time| time.value(&self.row));
        Ok(value.map_or(RecordPart::Row(self.row), RecordPart::Cell))
    }
}

impl SerializeMap for Fields {
    type Ok = RecordPart;
    type Error = RecordError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), RecordError> {
        self.key = Some(cell(key, self.serializer.with_decimals)?.to_text().to_string());
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
        let name = self.key.take().unwrap_or_default();
        self.add(name, value)
    }

    fn end(self) -> Result<RecordPart, RecordError> {
        Ok(RecordPart::Row(self.row))
    }
}

macro_rules! integers {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, n: $type) -> Result<RecordPart, RecordError> {
            match i64::try_from(n) {
                Ok(n) => Ok(RecordPart::Cell(Value::Long(n))),
                Err(_) => match Decimal::parse(&n.to_string()) {
                    Some(n) if self.with_decimals => Ok(RecordPart::Cell(Value::Decimal(n))),
                    _ => Err(RecordError::custom(format!("{n} does not fit into a long"))),
                },
            }
        })*
    };
}

macro_rules! cells {
    ($($method:ident($it:ident: $type:ty) => $value:expr;)*) => {
        $(fn $method(self, $it: $type) -> Result<RecordPart, RecordError> {
            Ok(RecordPart::Cell($value))
        })*
    };
}

macro_rules! parts {
    ($($method:ident($($argument:ty),*) => $what:literal;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<Skipped, RecordError> {
            Ok(Skipped($what))
        })*
    };
}

impl Serializer for RecordSerializer {
    type Ok = RecordPart;
    type Error = RecordError;
    type SerializeSeq = Skipped;
    type SerializeTuple = Skipped;
    type SerializeTupleStruct = Skipped;
    type SerializeTupleVariant = Skipped;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
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

    cells! {
        serialize_bool(it: bool) => Value::Bool(it);
        serialize_f32(it: f32) => Value::Real(it.into());
        serialize_f64(it: f64) => Value::Real(it);
        serialize_char(it: char) => it.to_string().into();
        serialize_str(it: &str) => it.into();
        serialize_unit_struct(_name: &'static str) => Value::Null;
    }

    parts! {
        serialize_seq(Option<usize>) => "a list";
        serialize_tuple(usize) => "a tuple";
        serialize_tuple_struct(&'static str, usize) => "a struct whose fields have no names";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) => "a variant";
        serialize_struct_variant(&'static str, u32, &'static str, usize) => "a variant";
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<RecordPart, RecordError> {
        Ok(RecordPart::Parts("bytes"))
    }

    fn serialize_none(self) -> Result<RecordPart, RecordError> {
        Ok(RecordPart::Cell(Value::Null))
    }

    fn serialize_unit(self) -> Result<RecordPart, RecordError> {
        Ok(RecordPart::Cell(Value::Null))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<RecordPart, RecordError> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<RecordPart, RecordError> {
        Ok(RecordPart::Cell(variant.into()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<RecordPart, RecordError> {
        let found = value.serialize(self)?;
        let own =
            if let RecordPart::Cell(Value::String(text)) = &found { own_type(name, text) } else { None };
        Ok(own.map_or(found, RecordPart::Cell))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<RecordPart, RecordError> {
        Ok(RecordPart::Parts("a variant"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, RecordError> {
        Ok(Fields { row: Vec::new(), key: None, serializer: self, time: None })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Fields, RecordError> {
        let time = if self.is_record { None } else { StdTime::of_struct(name, len) };
        Ok(Fields { row: Vec::new(), key: None, serializer: self, time })
    }
}

/// The parts of a value that are read again as a whole.
struct Skipped(&'static str);

macro_rules! skipped {
    ($($trait:ident: $method:ident($($argument:ty),*);)*) => {
        $(impl serde::ser::$trait for Skipped {
            type Ok = RecordPart;
            type Error = RecordError;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $argument,)* _: &T) -> Result<(), RecordError> {
                Ok(())
            }

            fn end(self) -> Result<RecordPart, RecordError> {
                Ok(RecordPart::Parts(self.0))
            }
        })*
    };
}

skipped! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStructVariant: serialize_field(&'static str);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Table;
    use crate::types::Schema;

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

    #[test]
    fn times_of_the_standard_library_are_values() {
        #[derive(Serialize)]
        struct Run {
            took: Duration,
            at: std::time::SystemTime,
        }
        let took = Duration::new(1, 500_000_100);
        let table =
            Table::from_records(&[Run { took, at: std::time::SystemTime::UNIX_EPOCH + took }]).unwrap();
        let at = DateTime(DateTime::UNIX_EPOCH.0 + 15_000_001);
        assert_eq!(table.row(0), [TimeSpan(15_000_001).into(), Value::from(at)]);
        // A record that is such a type has its fields as columns.
        assert_eq!(
            Table::from_records(&[took]).unwrap().schema().names().collect::<Vec<_>>(),
            ["secs", "nanos"]
        );
    }

    #[test]
    fn a_schema_says_what_values_become() {
        use ScalarType::{Decimal, Guid, Int, Real, String};
        let types = [
            ("n", Int),
            ("x", Real),
            ("large", Decimal),
            ("at", ScalarType::DateTime),
            ("id", Guid),
            ("s", String),
        ];
        let schema = Schema::new(types);
        let id = "74be27de-1e4e-49d9-b579-fe0b331d3642";
        let json =
            serde_json::json!({"n": "7", "x": 1, "large": u64::MAX, "at": "2024-06-30", "id": id, "s": 1.5});
        let table = Table::from_records_with(schema.clone(), &[json, serde_json::json!({})]).unwrap();
        let expected = vec![
            Value::Int(7),
            Value::Real(1.0),
            Value::Decimal(crate::types::Decimal::parse("18446744073709551615").unwrap()),
            DateTime::from_ymd(2024, 6, 30).unwrap().into(),
            crate::types::Guid::parse(id).unwrap().into(),
            Value::from("1.5"),
        ];
        assert_eq!(table.row(0), expected);
        assert_eq!(table, Table::from_rows(schema.clone(), [expected, vec![]]));
        let error =
            |json| Table::from_records_with(schema.clone(), &[serde_json::json!({}), json]).unwrap_err();
        let found = error(serde_json::json!({"n": 3_000_000_000_i64}));
        assert_eq!(found.to_string(), "records, row 2, column 'n': '3000000000' is not of the type int");
        assert_eq!((found.value.as_deref(), found.expected), (Some("3000000000"), Some(Int)));
        let found = error(serde_json::json!({"N": 1})).to_string();
        assert_eq!(
            found,
            "records, row 2: the table has no column 'N'; its columns are: n, x, large, at, id, s"
        );
        assert!(
            error(serde_json::json!(1)).to_string().contains("records, row 2: a record is a struct or a map")
        );
        let none: [Event; 0] = [];
        assert_eq!(Table::from_records_with(schema.clone(), &none), Ok(Table::empty(schema)));
    }
}
