//! Scalar types and their values: what a cell can hold, how it is read from text and printed.
//! It must not know columns, functions or queries.

mod datetime;
mod decimal;
mod dynamic;
mod external_format;
mod guid;
mod hidden;
mod interop;
pub mod json;
mod json_string;
mod nested;
mod real;
mod scalar_type;
mod schema;
mod serde_form;
mod timespan;
mod value;

pub use datetime::{Civil, DateTime};
pub use decimal::Decimal;
pub use dynamic::{Bag, Dynamic};
pub use external_format::ExternalFormat;
pub use guid::Guid;
pub use hidden::{CARRIED_INGESTION_TIME, INGESTION_TIME};
pub(crate) use hidden::{hidden, is_hidden, shown};
pub use interop::ValueTypeError;
pub(crate) use json_string::{plain_prefix, write_json_string};
pub use nested::{MAX_DEPTH, Nested};
pub use real::format_real;
pub use scalar_type::ScalarType;
pub use schema::{ColumnSchema, Schema};
pub(crate) use serde_form::{OwnValue, OwnValueAccess, VALUE_NAME, own_type, own_type_of};
pub use timespan::TimeSpan;
pub use value::Value;
