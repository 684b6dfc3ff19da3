//! Maps Arrow types to types of kqlite. It must not know values.

use arrow_schema::extension::{EXTENSION_TYPE_NAME_KEY, ExtensionType, Json, Uuid};
use arrow_schema::{DataType, Field};
use kqlite::ScalarType;

/// How deep lists, structs and maps may lie in each other.
const MAX_DEPTH: usize = 64;

/// The type of a column, where a schema does not ask for another one.
///
/// # Errors
/// Why there is none, as a message.
pub fn kind_of(field: &Field) -> Result<ScalarType, String> {
    kind_within(field, 0)
}

fn kind_within(field: &Field, depth: usize) -> Result<ScalarType, String> {
    if depth > MAX_DEPTH {
        return Err(format!("its type is nested more than {MAX_DEPTH} deep"));
    }
    // Only whether there is a type for what lies within is asked.
    let nested = |inner: &Field| kind_within(inner, depth + 1).map(|_| ScalarType::Dynamic);
    Ok(match field.data_type() {
        DataType::Boolean => ScalarType::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            ScalarType::Int
        }
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => ScalarType::Long,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => ScalarType::Real,
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => ScalarType::Decimal,
        data_type if is_string(data_type) => {
            if has_extension(field, Json::NAME) {
                ScalarType::Dynamic
            } else {
                ScalarType::String
            }
        }
        DataType::Null => ScalarType::String,
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => ScalarType::DateTime,
        DataType::Duration(_) | DataType::Time32(_) | DataType::Time64(_) => ScalarType::TimeSpan,
        DataType::FixedSizeBinary(16) if has_extension(field, Uuid::NAME) => ScalarType::Guid,
        DataType::Dictionary(_, values) => {
            kind_within(&field.clone().with_data_type((**values).clone()), depth + 1)?
        }
        DataType::List(inner) | DataType::LargeList(inner) | DataType::FixedSizeList(inner, _) => {
            nested(inner)?
        }
        DataType::Struct(fields) => {
            for inner in fields {
                nested(inner)?;
            }
            ScalarType::Dynamic
        }
        DataType::Map(entries, _) => nested(entries)?,
        // Old writers of Parquet call texts so.
        data_type if is_bytes_of_any_length(data_type) => ScalarType::String,
        data_type if is_bytes(data_type) => {
            return Err(format!("it holds bytes ({data_type}), for which KQL has no type"));
        }
        data_type => return Err(format!("its type is {data_type}, for which KQL has none")),
    })
}

/// Text, one value for each row.
pub const fn is_plain_string(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Text, with a dictionary or without.
pub fn is_string(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_plain_string(values),
        data_type => is_plain_string(data_type),
    }
}

/// Bytes of any length, one value for each row.
pub const fn is_bytes_of_any_length(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

/// Bytes, one value for each row.
pub const fn is_bytes(data_type: &DataType) -> bool {
    is_bytes_of_any_length(data_type) || matches!(data_type, DataType::FixedSizeBinary(_))
}

fn has_extension(field: &Field, name: &str) -> bool {
    field.metadata().get(EXTENSION_TYPE_NAME_KEY).is_some_and(|it| it == name)
}

/// Text that is JSON.
pub fn is_json(field: &Field) -> bool {
    is_string(field.data_type()) && has_extension(field, Json::NAME)
}
