//! Columns of a Rust type, without a value of it: serde asks a deserializer for what each field is read from, and what it asks
//! for is the column's type. It must not know rows.

use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::mem::discriminant;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, VariantAccess, Visitor};

use super::record_error::RecordError;
use crate::types::{Dynamic, ScalarType, Schema, VALUE_NAME, own_type_of};

/// Why a Rust type does not tell the columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordTypeError {
    /// It is no struct whose fields have names.
    #[error(
        "the columns of {type_name} are not known: a struct with named fields is needed, this is {found}"
    )]
    NotAStruct {
        /// The Rust type.
        type_name: &'static str,
        /// What it is read from.
        found: &'static str,
    },
    /// The type of a field does not tell the type of the column.
    #[error(
        "the type of the column '{field}' is not known, its field is {found}: give it to `Schema::of_with`"
    )]
    UnknownType {
        /// The column's name.
        field: String,
        /// What the field is read from.
        found: &'static str,
    },
    /// A field has several names, by serde's `alias`; which one it is written under is not told.
    #[error(
        "'{field}' and '{alias}' are the same field (serde's alias): which one is the column is not known"
    )]
    SeveralNames {
        /// One of the names.
        field: String,
        /// Another one.
        alias: String,
    },
    /// A type was given for a column that the Rust type does not have.
    #[error("there is no column '{column}' to give a type to; there are: {}", .fields.join(", "))]
    NoColumn {
        /// The name.
        column: String,
        /// The columns that there are.
        fields: Vec<String>,
    },
}

impl Schema {
    /// The columns of a Rust struct, in the order of its fields, without a value of it: those of an empty slice too.
    ///
    /// | field | column |
    /// |---|---|
    /// | `bool` | bool |
    /// | integers | long |
    /// | `f32`, `f64` | real |
    /// | `String`, `&str`, `char`, an enum without fields | string |
    /// | [`DateTime`](crate::DateTime), [`SystemTime`](std::time::SystemTime) | datetime |
    /// | [`TimeSpan`](crate::TimeSpan), [`Duration`](std::time::Duration) | timespan |
    /// | [`Decimal`](crate::Decimal), [`Guid`](crate::Guid) | decimal, guid |
    /// | structs, tuples, lists, maps, bytes, enums with fields, [`Dynamic`], [`Value`](crate::Value), `serde_json::Value` | dynamic |
    /// | `Option<T>`, `Box<T>`, a struct around one `T` without a name | as `T` |
    ///
    /// A type that is read from a text is a string here, such as `chrono::DateTime<Utc>` or a `Uuid`: serde does not tell it
    /// from one. [`Schema::with`] and [`Schema::of_with`] give such a column its type.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema, Table};
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Logon { user: String, failures: u32, at: String, tags: Option<Vec<String>> }
    ///
    /// let schema = Schema::of::<Logon>()?.with("at", ScalarType::DateTime);
    /// let types = [ScalarType::String, ScalarType::Long, ScalarType::DateTime, ScalarType::Dynamic];
    /// assert_eq!(schema, Schema::new(["user", "failures", "at", "tags"].into_iter().zip(types)));
    ///
    /// let none: [Logon; 0] = [];
    /// assert_eq!(*Table::from_records_with(schema.clone(), &none)?.schema(), schema);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A type that is no struct with named fields, or has serde's `flatten`, which makes a map of it; a field that can hold
    /// values of several types (an untagged or internally tagged enum) or none; a field with an alias.
    pub fn of<'de, T: Deserialize<'de>>() -> Result<Self, RecordTypeError> {
        Self::of_with::<T>(&[])
    }

    /// The columns of a Rust struct as [`Schema::of`] gives them, but for those whose types are given here.
    ///
    /// ```
    /// use kqlite::{ScalarType, Schema};
    ///
    /// #[derive(serde::Deserialize)]
    /// # #[allow(dead_code)]
    /// struct Reading { sensor: String, value: NumberOrText }
    /// #[derive(serde::Deserialize)]
    /// #[serde(untagged)]
    /// # #[allow(dead_code)]
    /// enum NumberOrText { Number(f64), Text(String) }
    ///
    /// assert!(Schema::of::<Reading>().is_err());
    /// let schema = Schema::of_with::<Reading>(&[("value", ScalarType::Dynamic)])?;
    /// assert_eq!(schema.position("value"), Some(1));
    /// # Ok::<(), kqlite::RecordTypeError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Schema::of`] for the other columns; a name that is no column.
    pub fn of_with<'de, T: Deserialize<'de>>(known: &[(&str, ScalarType)]) -> Result<Self, RecordTypeError> {
        let fields = fields::<T>()?;
        if let Some((column, _)) = known.iter().find(|(name, _)| !fields.contains(name)) {
            let fields = fields.iter().map(|&it| it.to_owned()).collect();
            return Err(RecordTypeError::NoColumn { column: (*column).to_owned(), fields });
        }
        let (mut columns, mut names): (_, Vec<(String, &str)>) = (Vec::new(), Vec::new());
        // What a name stands for that the struct does not have; nothing where it refuses such a name.
        let unknown = ask::<T>(NO_FIELD, 0).field.take();
        for &field in fields {
            let mut trace = ask::<T>(field, 0);
            let mut variant = 1;
            while trace.found.get() == Some(TracedForm::Variant) && variant < trace.variants.get() {
                trace = ask::<T>(field, variant);
                variant += 1;
            }
            if let Some(name) = trace.field.take()
                && Some(&name) != unknown.as_ref()
            {
                if let Some((_, other)) = names.iter().find(|(known, _)| *known == name) {
                    let (field, alias) = ((*other).to_owned(), field.to_owned());
                    return Err(RecordTypeError::SeveralNames { field, alias });
                }
                names.push((name, field));
            }
            let given = known.iter().find(|(name, _)| *name == field).map(|(_, data_type)| *data_type);
            let data_type = match (given, trace.found.get()) {
                (Some(given), _) => given,
                (None, Some(TracedForm::Type(data_type))) => data_type,
                (None, Some(TracedForm::Variant)) => ScalarType::String,
                (None, found) => {
                    let found = if let Some(TracedForm::Untold(found)) = found { found } else { "not read" };
                    return Err(RecordTypeError::UnknownType { field: field.to_owned(), found });
                }
            };
            columns.push((field, data_type));
        }
        Ok(Self::new(columns))
    }
}

/// A name that no field has.
const NO_FIELD: &str = "\0";

/// How deep structs around a single value may lie in each other.
const MAX_DEPTH: usize = 64;

/// What a field, or the struct, asks to be read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TracedForm {
    Type(ScalarType),
    /// An enum, whose variant that was asked about has no fields.
    Variant,
    /// What it is, in words.
    Untold(&'static str),
}

/// What serde asked for while it read a record; the record itself never comes to be.
#[derive(Default)]
struct TypeTrace {
    found: Cell<Option<TracedForm>>,
    /// The names of the struct's fields, aliases included.
    fields: Cell<Option<&'static [&'static str]>>,
    /// What the struct made of the name of the field.
    field: RefCell<Option<String>>,
    /// How many variants the field's enum has.
    variants: Cell<usize>,
}

/// The names of the fields of a struct.
fn fields<'de, T: Deserialize<'de>>() -> Result<&'static [&'static str], RecordTypeError> {
    let trace = ask::<T>(NO_FIELD, 0);
    trace.fields.get().ok_or_else(|| {
        let found =
            if let Some(TracedForm::Untold(found)) = trace.found.get() { found } else { "a single value" };
        RecordTypeError::NotAStruct { type_name: type_name::<T>(), found }
    })
}

/// Reads a record of which there is one field, and that one only up to what it asks for.
fn ask<'de, T: Deserialize<'de>>(field: &'static str, variant: usize) -> TypeTrace {
    let trace = TypeTrace::default();
    // That this fails is the end of it: what was asked for is in the trace.
    let _ = T::deserialize(RecordTracer { trace: &trace, field, variant, depth: 0 });
    trace
}

/// The end of reading, where all is known.
fn stop() -> RecordError {
    RecordError::custom("only the types are read")
}

/// Answers what a record asks for: it has fields.
#[derive(Clone, Copy)]
struct RecordTracer<'a> {
    trace: &'a TypeTrace,
    field: &'static str,
    variant: usize,
    depth: usize,
}

impl RecordTracer<'_> {
    fn refuse<T>(self, found: &'static str) -> Result<T, RecordError> {
        self.trace.found.set(Some(TracedForm::Untold(found)));
        Err(stop())
    }
}

/// The methods that end reading: what each one is called with beside the visitor, and what it means.
macro_rules! ends {
    ($with:ident: $($method:ident($($argument:ty),*) => $found:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, $(_: $argument,)* _: V) -> Result<V::Value, RecordError> {
            self.$with($found)
        })*
    };
}

impl<'de> Deserializer<'de> for RecordTracer<'_> {
    type Error = RecordError;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        self.trace.fields.set(Some(fields));
        visitor.visit_map(FieldAccess { record: self, is_read: false })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RecordError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        if self.depth == MAX_DEPTH {
            return self.refuse("a struct within itself without an end");
        }
        visitor.visit_newtype_struct(Self { depth: self.depth + 1, ..self })
    }

    ends! { refuse:
        deserialize_any() => "of any type, as an untagged enum is";
        deserialize_bool() => "a single value";
        deserialize_i8() => "a single value";
        deserialize_i16() => "a single value";
        deserialize_i32() => "a single value";
        deserialize_i64() => "a single value";
        deserialize_i128() => "a single value";
        deserialize_u8() => "a single value";
        deserialize_u16() => "a single value";
        deserialize_u32() => "a single value";
        deserialize_u64() => "a single value";
        deserialize_u128() => "a single value";
        deserialize_f32() => "a single value";
        deserialize_f64() => "a single value";
        deserialize_char() => "a single value";
        deserialize_str() => "a single value";
        deserialize_string() => "a single value";
        deserialize_bytes() => "a single value";
        deserialize_byte_buf() => "a single value";
        deserialize_identifier() => "a single value";
        deserialize_unit() => "nothing";
        deserialize_unit_struct(&'static str) => "nothing";
        deserialize_ignored_any() => "nothing";
        deserialize_seq() => "a list";
        deserialize_tuple(usize) => "a tuple";
        deserialize_tuple_struct(&'static str, usize) => "a struct whose fields have no names";
        deserialize_map() => "a map, as a struct with serde's flatten is";
        deserialize_enum(&'static str, &'static [&'static str]) => "an enum";
    }
}

/// The one field of a record.
struct FieldAccess<'a> {
    record: RecordTracer<'a>,
    is_read: bool,
}

impl<'de> MapAccess<'de> for FieldAccess<'_> {
    type Error = RecordError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, RecordError> {
        if std::mem::replace(&mut self.is_read, true) {
            return Err(stop());
        }
        let key = seed.deserialize(StrDeserializer::<RecordError>::new(self.record.field))?;
        // The variant that stands for the field: the same for all names of one field.
        *self.record.trace.field.borrow_mut() = Some(format!("{:?}", discriminant(&key)));
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, RecordError> {
        seed.deserialize(FieldTracer { trace: self.record.trace, variant: self.record.variant, depth: 0 })
    }
}

/// Notes what a field asks to be read from.
#[derive(Clone, Copy)]
struct FieldTracer<'a> {
    trace: &'a TypeTrace,
    /// The variant to ask about, if it is an enum.
    variant: usize,
    depth: usize,
}

impl FieldTracer<'_> {
    fn note<T>(self, found: TracedForm) -> Result<T, RecordError> {
        if self.trace.found.get().is_none() {
            self.trace.found.set(Some(found));
        }
        Err(stop())
    }

    fn is<T>(self, data_type: ScalarType) -> Result<T, RecordError> {
        self.note(TracedForm::Type(data_type))
    }
}

impl<'de> Deserializer<'de> for FieldTracer<'_> {
    type Error = RecordError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, RecordError> {
        // These two say that they are any value, and mean it.
        let read = type_name::<V::Value>();
        if read == type_name::<Dynamic>() || read == type_name::<serde_json::Value>() {
            return self.is(ScalarType::Dynamic);
        }
        self.note(TracedForm::Untold("of any type, as an untagged or internally tagged enum is"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RecordError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        match own_type_of(name) {
            Some(own) => self.is(own),
            None if name == VALUE_NAME => self.is(ScalarType::Dynamic),
            None if self.depth == MAX_DEPTH => {
                self.note(TracedForm::Untold("a struct within itself without an end"))
            }
            None => visitor.visit_newtype_struct(Self { depth: self.depth + 1, ..self }),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, RecordError> {
        self.is(match (name, fields) {
            ("Duration", ["secs", "nanos"]) => ScalarType::TimeSpan,
            ("SystemTime", ["secs_since_epoch", "nanos_since_epoch"]) => ScalarType::DateTime,
            _ => ScalarType::Dynamic,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RecordError> {
        self.trace.variants.set(variants.len());
        match variants.get(self.variant) {
            Some(name) => visitor.visit_enum(VariantTracer { field: self, name }),
            None => self.note(TracedForm::Untold("an enum without variants")),
        }
    }

    ends! { is:
        deserialize_bool() => ScalarType::Bool;
        deserialize_i8() => ScalarType::Long;
        deserialize_i16() => ScalarType::Long;
        deserialize_i32() => ScalarType::Long;
        deserialize_i64() => ScalarType::Long;
        deserialize_i128() => ScalarType::Long;
        deserialize_u8() => ScalarType::Long;
        deserialize_u16() => ScalarType::Long;
        deserialize_u32() => ScalarType::Long;
        deserialize_u64() => ScalarType::Long;
        deserialize_u128() => ScalarType::Long;
        deserialize_f32() => ScalarType::Real;
        deserialize_f64() => ScalarType::Real;
        deserialize_char() => ScalarType::String;
        deserialize_str() => ScalarType::String;
        deserialize_string() => ScalarType::String;
        deserialize_identifier() => ScalarType::String;
        deserialize_bytes() => ScalarType::Dynamic;
        deserialize_byte_buf() => ScalarType::Dynamic;
        deserialize_seq() => ScalarType::Dynamic;
        deserialize_tuple(usize) => ScalarType::Dynamic;
        deserialize_tuple_struct(&'static str, usize) => ScalarType::Dynamic;
        deserialize_map() => ScalarType::Dynamic;
    }

    ends! { note:
        deserialize_unit() => TracedForm::Untold("of a type without values");
        deserialize_unit_struct(&'static str) => TracedForm::Untold("of a type without values");
        deserialize_ignored_any() => TracedForm::Untold("ignored");
    }
}

/// One variant of a field's enum.
struct VariantTracer<'a> {
    field: FieldTracer<'a>,
    name: &'static str,
}

impl<'de> EnumAccess<'de> for VariantTracer<'_> {
    type Error = RecordError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), RecordError> {
        Ok((seed.deserialize(StrDeserializer::<RecordError>::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for VariantTracer<'_> {
    type Error = RecordError;

    fn unit_variant(self) -> Result<(), RecordError> {
        self.field.note(TracedForm::Variant)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, RecordError> {
        self.field.is(ScalarType::Dynamic)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, RecordError> {
        self.field.is(ScalarType::Dynamic)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, RecordError> {
        self.field.is(ScalarType::Dynamic)
    }
}

#[cfg(test)]
mod tests {
    #![allow(dead_code, reason = "the types alone are read")]

    use std::collections::BTreeMap;
    use std::net::IpAddr;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::types::{DateTime, Decimal, Guid, TimeSpan, Value};

    #[derive(Deserialize)]
    enum Level {
        Low,
        High,
    }

    #[derive(Deserialize)]
    enum Shape {
        Point,
        Circle(f64),
    }

    #[derive(Deserialize)]
    struct Meters(f64);

    #[derive(Deserialize)]
    struct Node {
        next: Option<Box<Node>>,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }

    #[derive(Deserialize)]
    struct Endless(Box<Endless>);

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Everything<'t> {
        is_it: bool,
        small: u8,
        large: Option<u64>,
        float: f32,
        text: &'t str,
        letter: char,
        #[serde(rename = "Level")]
        level: Level,
        length: Meters,
        address: IpAddr,
        at: DateTime,
        took: Option<TimeSpan>,
        price: Decimal,
        id: Guid,
        any: Value,
        tree: Dynamic,
        json: serde_json::Value,
        waited: Duration,
        started: SystemTime,
        shape: Shape,
        node: Box<Node>,
        tags: Vec<String>,
        pair: (i64, String),
        map: BTreeMap<String, i64>,
        #[serde(skip)]
        skipped: Option<Either>,
        #[serde(default)]
        last: String,
    }

    #[test]
    fn each_field_tells_its_type() {
        use ScalarType::{Bool, Dynamic, Long, Real, String};
        let expected = Schema::new([
            ("isIt", Bool),
            ("small", Long),
            ("large", Long),
            ("float", Real),
            ("text", String),
            ("letter", String),
            ("Level", String),
            ("length", Real),
            ("address", String),
            ("at", ScalarType::DateTime),
            ("took", ScalarType::TimeSpan),
            ("price", ScalarType::Decimal),
            ("id", ScalarType::Guid),
            ("any", Dynamic),
            ("tree", Dynamic),
            ("json", Dynamic),
            ("waited", ScalarType::TimeSpan),
            ("started", ScalarType::DateTime),
            ("shape", Dynamic),
            ("node", Dynamic),
            ("tags", Dynamic),
            ("pair", Dynamic),
            ("map", Dynamic),
            ("last", String),
        ]);
        assert_eq!(Schema::of::<Everything>(), Ok(expected));
        // A struct around a struct, and one that may be missing, have its columns.
        #[derive(Deserialize)]
        struct Around(Option<Node>);
        assert_eq!(Schema::of::<Around>(), Ok(Schema::new([("next", Dynamic)])));
    }

    #[test]
    fn what_is_not_told_is_refused() {
        #[derive(Deserialize)]
        struct Untagged {
            n: i64,
            either: Either,
        }
        #[derive(Deserialize)]
        struct Recursive {
            inner: Endless,
        }
        #[derive(Deserialize)]
        struct Aliased {
            #[serde(alias = "account")]
            user: String,
        }
        #[derive(Deserialize)]
        struct Flat {
            n: i64,
            #[serde(flatten)]
            rest: Node,
        }
        #[derive(Deserialize)]
        struct Void {
            nothing: (),
        }
        fn error<'de, T: Deserialize<'de>>() -> String {
            Schema::of::<T>().unwrap_err().to_string()
        }
        assert_eq!(
            error::<Untagged>(),
            "the type of the column 'either' is not known, its field is of any type, as an untagged or internally tagged \
             enum is: give it to `Schema::of_with`"
        );
        assert!(error::<Recursive>().contains("'inner' is not known, its field is a struct within itself"));
        assert!(error::<Void>().contains("'nothing' is not known, its field is of a type without values"));
        let aliased = RecordTypeError::SeveralNames { field: "account".into(), alias: "user".into() };
        assert_eq!(Schema::of::<Aliased>(), Err(aliased));
        assert!(error::<Flat>().contains("this is a map, as a struct with serde's flatten is"));
        assert!(error::<(i64, String)>().contains("this is a tuple"));
        assert!(error::<String>().contains("this is a single value"));
        assert!(error::<Endless>().contains("without an end"));
        assert!(error::<BTreeMap<String, i64>>().contains("this is a map"));
        let given = Schema::of_with::<Untagged>(&[("either", ScalarType::Dynamic)]);
        assert_eq!(given, Ok(Schema::new([("n", ScalarType::Long), ("either", ScalarType::Dynamic)])));
        let missing = Schema::of_with::<Untagged>(&[("Either", ScalarType::Dynamic)]).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "there is no column 'Either' to give a type to; there are: n, either"
        );
    }
}
