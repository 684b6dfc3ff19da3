//! kqlite: an embeddable engine for KQL, the Kusto Query Language, over tables in memory.
//! It re-exports the public face; the stages behind it stay private.
#![deny(missing_docs)]

mod bind;
mod column;
mod database;
mod diagnostic;
mod exec;
mod explain;
mod function;
mod io;
mod optimize;
mod parallel;
mod plan;
mod reference;
mod source;
mod stdlib;
mod syntax;
mod types;

pub use bind::nearest;
pub use column::{
    Column, ColumnBuilder, ConstantColumn, DynamicColumn, Primitive, StringColumn, Table, Validity,
    Visualization,
};
pub use database::{
    Check, Database, Error, Limits, Lookback, NamedTable, Options, PlanStep, Query, Sieve, Tuning, format,
};
pub use diagnostic::{Code, Diagnostic, Drawing, Kind, Label, Severity};
pub use explain::{
    Cell, ColumnInfo, End, Explanation, Fate, Input, InputRole, Loss, Missed, Origin, Origins, Partner, Path,
    Pipeline, PipelineKind, Place, Reason, RowRef, Stage, Step, StepRef, Verdict, Why,
};
pub use function::{
    Accepts, AggregateEntry, AggregateFunction, Category, Example, Parameter, Registry, ScalarFunction,
    Signature, TypeSet,
};
pub use io::{
    BadRows, DataError, DataFormat, InferredSchema, Loaded, OutputFormat, RowFilter, TableReader,
    write_tables,
};
pub use parallel::map_in_parallel;
pub use reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
pub use source::{LineIndex, Span};
pub use types::{Bag, ColumnSchema, DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, TimeSpan, Value};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
