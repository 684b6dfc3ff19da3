//! The scalar types as Rust types, so that a function over rows can be written once and run over columns.

use arrow_buffer::{BooleanBuffer, ScalarBuffer};

use super::{Column, DynamicColumn, Primitive, StringBuilder, StringColumn, Validity};
use crate::types::{DateTime, Decimal, Dynamic, Guid, ScalarType, TimeSpan, Value};

/// A scalar type, for reading rows of a column and for building one.
pub trait Element: 'static {
    /// The type it stands for.
    const TYPE: ScalarType;
    /// A row's value as it is read.
    type Item<'a>: Clone;
    /// A row's value as it is built.
    type Owned;
    /// The column's rows, ready to be read; `None` if the column is of another type.
    fn view(column: &Column) -> Option<View<'_, Self>>;
    /// A single value; `None` if it is null or of another type.
    fn read(value: &Value) -> Option<Self::Item<'_>>;
    /// A column of these values.
    fn build(values: impl Iterator<Item = Option<Self::Owned>>) -> Column;
    /// A single value.
    fn wrap(value: Self::Owned) -> Value;
    /// About how many bytes a value that is read has; 0 where all are of one small size.
    fn item_bytes(_: &Self::Item<'_>) -> usize {
        0
    }
    /// About how many bytes a value takes beside those of the column; 0 where all are of one small size.
    fn owned_bytes(_: &Self::Owned) -> usize {
        0
    }
}

/// The rows of a column of a known type.
pub enum View<'a, E: Element + ?Sized> {
    /// One value for every row.
    Constant(Option<E::Item<'a>>),
    /// A value for each row.
    Rows(RowReader<'a, E>),
}

/// Reads one row of a column.
pub struct RowReader<'a, E: Element + ?Sized> {
    column: &'a Column,
    read: fn(&'a Column, usize) -> Option<E::Item<'a>>,
}

impl<'a, E: Element + ?Sized> View<'a, E> {
    /// The row's value; `None` if it is null.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Option<E::Item<'a>> {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Rows(rows) => (rows.read)(rows.column, row),
        }
    }
}

macro_rules! elements {
    ($($(#[$doc:meta])* $name:ident: $type:ident, $item:ty, $owned:ty,
        read $column:ident $row:ident => $read:expr,
        value $value:ident => $from:expr,
        build $values:ident => $build:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Element for $name {
                const TYPE: ScalarType = ScalarType::$type;
                type Item<'a> = $item;
                type Owned = $owned;

                fn view(column: &Column) -> Option<View<'_, Self>> {
                    match column {
                        Column::Constant(it) if it.data_type == Self::TYPE => Some(View::Constant(Self::read(&it.value))),
                        _ if column.scalar_type() == Self::TYPE => {
                            Some(View::Rows(RowReader { column, read: |$column, $row| $read }))
                        }
                        _ => None,
                    }
                }

                fn read($value: &Value) -> Option<$item> {
                    $from
                }

                fn build($values: impl Iterator<Item = Option<$owned>>) -> Column {
                    $build
                }

                fn wrap(value: $owned) -> Value {
                    Value::from(value)
                }
            }
        )*
    };
}

/// The row of a fixed-width column.
macro_rules! cell {
    ($column:ident, $row:ident, $variant:ident) => {
        if let Column::$variant(it) = $column { it.get($row) } else { None }
    };
}

elements! {
    /// `bool`
    BoolType: Bool, bool, bool,
        read column row => match column {
            Column::Bool(values, validity) if validity.is_valid(row) => Some(values.value(row)),
            _ => None,
        },
        value value => if let Value::Bool(it) = value { Some(*it) } else { None },
        build values => build_bools(values);
    /// `int`
    IntType: Int, i32, i32,
        read column row => cell!(column, row, Int),
        value value => if let Value::Int(it) = value { Some(*it) } else { None },
        build values => Column::Int(values.collect());
    /// `long`
    LongType: Long, i64, i64,
        read column row => cell!(column, row, Long),
        value value => if let Value::Long(it) = value { Some(*it) } else { None },
        build values => Column::Long(values.collect());
    /// `real`
    RealType: Real, f64, f64,
        read column row => cell!(column, row, Real),
        value value => if let Value::Real(it) = value { Some(*it) } else { None },
        build values => Column::Real(values.collect());
    /// `decimal`
    DecimalType: Decimal, Decimal, Decimal,
        read column row => cell!(column, row, Decimal).map(Decimal::from_bits),
        value value => if let Value::Decimal(it) = value { Some(*it) } else { None },
        build values => Column::Decimal(values.map(|value| value.map(Decimal::to_bits)).collect());
    /// `datetime`
    DateTimeType: DateTime, DateTime, DateTime,
        read column row => cell!(column, row, DateTime).map(DateTime),
        value value => if let Value::DateTime(it) = value { Some(*it) } else { None },
        build values => Column::DateTime(values.map(|value| value.map(|it| it.0)).collect());
    /// `timespan`
    TimeSpanType: TimeSpan, TimeSpan, TimeSpan,
        read column row => cell!(column, row, TimeSpan).map(TimeSpan),
        value value => if let Value::TimeSpan(it) = value { Some(*it) } else { None },
        build values => Column::TimeSpan(values.map(|value| value.map(|it| it.0)).collect());
    /// `guid`
    GuidType: Guid, Guid, Guid,
        read column row => cell!(column, row, Guid).map(|bits| Guid(bits as u128)),
        value value => if let Value::Guid(it) = value { Some(*it) } else { None },
        build values => Column::Guid(values.map(|value| value.map(|it| it.0 as i128)).collect());
}

fn build_bools(values: impl Iterator<Item = Option<bool>>) -> Column {
    let capacity = values.size_hint().0;
    let mut bits = arrow_buffer::BooleanBufferBuilder::new(capacity);
    let mut valid = arrow_buffer::BooleanBufferBuilder::new(capacity);
    for value in values {
        bits.append(value.unwrap_or(false));
        valid.append(value.is_some());
    }
    Column::Bool(bits.finish(), Validity::new(valid.finish()))
}

/// `string`; reading never gives `None`, and a missing value is built as the empty string.
#[derive(Debug, Clone, Copy)]
pub struct StringType;

impl Element for StringType {
    const TYPE: ScalarType = ScalarType::String;
    type Item<'a> = &'a str;
    type Owned = String;

    fn view(column: &Column) -> Option<View<'_, Self>> {
        match column {
            Column::Constant(it) if it.data_type == ScalarType::String => {
                Some(View::Constant(Self::read(&it.value)))
            }
            Column::String(_) => Some(View::Rows(RowReader {
                column,
                read: |column, row| if let Column::String(it) = column { Some(it.get(row)) } else { None },
            })),
            _ => None,
        }
    }

    fn read(value: &Value) -> Option<&str> {
        Some(value.as_str().unwrap_or_default())
    }

    fn build(values: impl Iterator<Item = Option<String>>) -> Column {
        let mut builder = StringBuilder::with_capacity(values.size_hint().0);
        for value in values {
            builder.push(value.as_deref().unwrap_or_default());
        }
        Column::String(builder.finish())
    }

    fn wrap(value: String) -> Value {
        Value::string(&value)
    }

    #[inline]
    fn item_bytes(text: &&str) -> usize {
        text.len()
    }

    #[inline]
    fn owned_bytes(text: &String) -> usize {
        text.len()
    }
}

/// `dynamic`; reading gives `None` for null.
#[derive(Debug, Clone, Copy)]
pub struct DynamicType;

impl Element for DynamicType {
    const TYPE: ScalarType = ScalarType::Dynamic;
    type Item<'a> = &'a Dynamic;
    type Owned = Dynamic;

    fn view(column: &Column) -> Option<View<'_, Self>> {
        match column {
            Column::Constant(it) if it.data_type == ScalarType::Dynamic => {
                Some(View::Constant(Self::read(&it.value)))
            }
            Column::Dynamic(_) => Some(View::Rows(RowReader {
                column,
                read: |column, row| match column {
                    Column::Dynamic(it) => it.values().get(row).filter(|value| !value.is_null()),
                    _ => None,
                },
            })),
            _ => None,
        }
    }

    fn read(value: &Value) -> Option<&Dynamic> {
        if let Value::Dynamic(it) = value { Some(it).filter(|it| !it.is_null()) } else { None }
    }

    fn build(values: impl Iterator<Item = Option<Dynamic>>) -> Column {
        Column::Dynamic(DynamicColumn::new(values.map(Option::unwrap_or_default).collect()))
    }

    fn wrap(value: Dynamic) -> Value {
        Value::Dynamic(value)
    }

    #[inline]
    fn item_bytes(value: &&Dynamic) -> usize {
        value.byte_size()
    }

    #[inline]
    fn owned_bytes(value: &Dynamic) -> usize {
        value.byte_size()
    }
}

impl Column {
    /// A bool column from bits and validity.
    #[must_use]
    pub fn bools(values: BooleanBuffer, validity: Validity) -> Self {
        Self::Bool(values, validity)
    }

    /// A long column without nulls.
    #[must_use]
    pub fn longs(values: Vec<i64>) -> Self {
        Self::Long(Primitive::new(ScalarBuffer::from(values), Validity::ALL))
    }

    /// The strings, if the column holds them row by row or in a dictionary.
    #[must_use]
    pub const fn as_strings(&self) -> Option<&StringColumn> {
        if let Self::String(it) = self { Some(it) } else { None }
    }
}
