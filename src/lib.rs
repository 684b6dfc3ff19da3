//! kqlite runs KQL, the Kusto Query Language (Azure Data Explorer, Microsoft Sentinel, Defender XDR), over tables in memory.
//!
//! ```
//! use kqlite::{Database, DateTime, Options, Table};
//!
//! let logons = serde_json::json!([{"user": "ann", "failures": 2}, {"user": "bob", "failures": 9}]);
//! let mut db = Database::new();
//! db.insert("Logons", Table::from_json_rows(logons.as_array().unwrap())?);
//!
//! let query = db.compile("Logons | where failures > 5 | project user")?;
//! let now = DateTime::parse("2024-06-30T12:00:00Z").unwrap();
//! let answer = query.run(&db, &Options::new(now))?;
//! assert_eq!(answer.get::<String>(0, "user")?, "bob");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | make tables | [`Table::from_records`], [`Table::from_json_rows`], [`Table::from_rows`], [`TableReader`] for CSV and JSON |
//! | hold them | [`Database::insert`], [`Database::append`], [`Database::declare`], [`Database::define`] for functions in KQL |
//! | read what is not in memory | [`TableSource`], [`Database::add_source`] |
//! | compile | [`Database::compile`]; [`Database::check`] finds all mistakes and tells the columns without rows; [`CompileOptions`] for limits, time and a flag to cancel |
//! | run | [`Query::run`], [`Query::run_all`] for several tables, [`Query::stream`] part by part; [`Options`] for the time, parameters, threads, limits and a flag to cancel |
//! | read the answer | [`Table::get`], [`Table::records`] as structs, [`Table::rows`], [`Table::column`], [`Table::warnings`] |
//! | complete a text | [`Database::complete`]: what may stand at a place, as data |
//! | measure it | [`Query::run_profiled`] for rows, bytes and time of each operator: [`Profile`] |
//! | explain it | [`Query::explain`], [`Query::why`], [`Query::origins`] with the module [`explain`]; [`Query::plan`] |
//! | measure a run | [`Query::run_profiled`] |
//! | work on query texts | the module [`syntax`]: parse, walk, print, [colour](syntax::highlight()); [`Edit`], [`Fix`]; [`Check::references`] |
//! | bring functions | [`Database::add_scalar`], [`Database::add_aggregate`], the module [`udf`] |
//!
//! The library reads no clock and no files, keeps no global state and does not panic: what is wrong with a query is an
//! [`Error`] with [`Diagnostic`]s that have a permanent [`Code`] and a place. A part of KQL that does not run yet is an error
//! of the code [`Code::Unsupported`]; where it is not known what the real engine gives for a value, the best-founded result
//! is taken and the answer has a [`Warning`], which [`Options::strict`] makes an error.
//!
//! It re-exports the public face; the stages behind it stay private.
#![deny(missing_docs)]

mod bind;
mod budget;
mod column;
mod complete;
mod database;
mod diagnostic;
mod exec;
pub mod explain;
mod function;
mod io;
mod nearest;
mod optimize;
mod parallel;
mod plan;
mod reference;
mod source;
mod stdlib;
pub mod syntax;
mod types;
mod wildcard;

pub use bind::{Reference, ReferenceKind};
pub use column::{
    CellError, Column, ColumnBuilder, ConstantColumn, DynamicColumn, Primitive, StringColumn, Table,
    Validity, Visualization,
};
pub use complete::{Completion, CompletionKind, Completions};
pub use database::{
    AppendError, Check, CompileLimits, CompileOptions, Database, Error, ExternalData, ExternalRequest,
    ExternalSource, Limits, Lookback, NamedTable, Options, PlanStep, Profile, ProfiledOperator,
    ProfiledTable, Query, ScanCondition, ScanFilter, ScanRequest, ScanTest, SpillFile, SpillStore,
    TableParts, TableSource, Tuning, format,
};
pub use diagnostic::{Code, CodeClass, Diagnostic, Fix, Label, Severity, SourceReport, Warning};
pub use function::{
    Accepts, AggregateEntry, AggregateFunction, Category, Example, IpLocation, IpLocator, IpRanges,
    Parameter, Registry, ScalarFunction, Session, Signature, TypeSet,
};
pub use io::{
    BadRows, DataCure, DataError, DataFormat, InferredSchema, Loaded, Mend, MendedRows, OutputFormat,
    RecordTypeError, RowFilter, TableReader, TableScan, write_tables,
};
pub use nearest::nearest;
pub use parallel::map_in_parallel;
pub use reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
pub use source::{Edit, EditError, LineIndex, Span};
pub use types::{
    Bag, ColumnSchema, DateTime, Decimal, Dynamic, ExternalFormat, Guid, Nested, ScalarType, Schema,
    TimeSpan, Value, ValueTypeError,
};
pub use wildcard::fits_wildcard;

/// Functions that a program brings to a [`Database`]: closures over rows, over columns, and over groups of rows.
///
/// A row function is made by [`udf::ScalarUdf::of1`] and its kin, a column function by [`udf::ScalarUdf::of_columns`], an
/// aggregate by [`udf::AggregateUdf::new`]; the types of arguments and results are `StringType`, `LongType` and the like.
pub mod udf {
    pub use crate::budget::{Budget, Charge, Stop, Used};
    pub use crate::column::{
        BoolType, Chunk, DateTimeType, DecimalType, DynamicType, Element, GuidType, IntType, LongType,
        NO_ROW, RealType, RowReader, StringType, TimeSpanType, View,
    };
    pub use crate::function::{
        Accepts, AggregateUdf, ArgumentForm, Call, Context, Failure, FunctionRef, Parameter, Result,
        ScalarUdf, TypeSet, Volatility, kinds,
    };

    /// What entries of functions and plugins are made of: for those who write them as the standard library does.
    pub mod entry {
        pub use crate::function::{
            Accumulator, AggregateCall, AggregateState, ArgumentInfo, ArgumentKind, ArgumentValue,
            BoundArgument, BudgetedText, CallSite, Common, Comparison, ComparisonKind, Conditional, Cost,
            DeclaredColumns, Doubt, Doubts, DoubtsOfRun, Evaluated, Expand, Expansion, Holds, InputColumn,
            Kernel, OrderSensitivity, Plugin, PluginArgument, PluginBinding, PluginCall, PluginColumns,
            PluginGroups, PluginRows, PluginRun, PluginTable, RandomStream, ResultName, Returns, RowOrigins,
            Semantics, SiteColumn, TimeShift,
        };
        pub use crate::reference::Refusal;
    }
}

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
