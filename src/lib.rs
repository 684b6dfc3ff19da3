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
    CellError, Column, ColumnBuilder, ConstantColumn, DynamicColumn, Primitive, StringColumn, Table,
    Validity, Visualization,
};
pub use database::{
    AppendError, Check, Database, Error, Limits, Lookback, NamedTable, Options, PlanStep, Query, ScanFilter,
    Tuning, format,
};
pub use diagnostic::{Code, CodeClass, Diagnostic, Label, Severity, SourceReport, Warning};
pub use explain::{
    ColumnInfo, ConditionResult, DropReason, DroppedRow, ExplainedPipeline, ExplainedStep, ExplainedStepRef,
    ExplainedTable, Explanation, InputRole, JoinMatch, Lineage, NamedValue, NearMiss, Outcome, PipelineKind,
    QueryLocation, RowPath, RowRef, RowTrace, RowTraces, SourceRow, StepInput, TableRows, TraceStep,
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
pub use types::{
    Bag, ColumnSchema, DateTime, Decimal, Dynamic, Guid, ScalarType, Schema, TimeSpan, Value, ValueTypeError,
};

/// Functions that a program brings to a [`Database`]: closures over rows, over columns, and over groups of rows.
///
/// A row function is made by [`udf::ScalarUdf::of1`] and its kin, a column function by [`udf::ScalarUdf::of_columns`], an
/// aggregate by [`udf::AggregateUdf::new`]; the types of arguments and results are `StringType`, `LongType` and the like.
pub mod udf {
    pub use crate::column::{
        BoolType, DateTimeType, DecimalType, DynamicType, Element, GuidType, IntType, LongType, RealType,
        RowReader, StringType, TimeSpanType, View,
    };
    pub use crate::function::{
        Accepts, AggregateUdf, ArgumentForm, Call, Context, Failure, FunctionRef, KernelLimits, Parameter,
        Result, ScalarUdf, TypeSet, Volatility, kinds,
    };
}

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
