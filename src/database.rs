//! The library's face: a database of tables and functions, queries compiled once and run often, options of a run.
//! It must not know how any stage works inside.

mod catalog;
mod check;
mod compile;
mod compile_options;
mod error;
mod explain;
mod lookback;
mod options;
mod profile;
mod query;
mod scan_filter;
mod stored_table;

use crate::types::{ColumnSchema, Schema};

pub use crate::bind::CompileLimits;
pub use crate::exec::{
    ExternalData, ExternalRequest, ExternalSource, ScanCondition, ScanRequest, ScanTest, SpillFile,
    SpillStore, TableParts, TableSource, Tuning,
};
pub use crate::plan::Lookback;
pub use catalog::Database;
pub use check::Check;
pub use compile::format;
pub use compile_options::CompileOptions;
pub use error::Error;
pub use options::{Limits, Options};
pub use profile::{Profile, ProfiledOperator, ProfiledTable};
pub use query::{NamedTable, PlanStep, Query};
pub use scan_filter::ScanFilter;
pub use stored_table::AppendError;

/// A column list as it is often needed: names and types.
impl From<Vec<ColumnSchema>> for Schema {
    fn from(columns: Vec<ColumnSchema>) -> Self {
        Self { columns }
    }
}
