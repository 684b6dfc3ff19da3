//! kqlite: an embeddable engine for KQL, the Kusto Query Language, over tables in memory.
//! It re-exports the public face; the stages behind it stay private.
#![deny(missing_docs)]

mod bind;
mod column;
mod diagnostic;
mod exec;
mod function;
mod io;
mod plan;
mod source;
mod stdlib;
mod syntax;
mod types;

pub use column::Table;
pub use io::{BadRows, DataError, DataFormat, Loaded, OutputFormat, TableReader};
pub use types::{Bag, ColumnSchema, DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, TimeSpan, Value};
